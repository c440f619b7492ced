using System.Numerics;
using Gradient.Backend.Cpu;

namespace Gradient.LinearAlgebra;

/// <summary>
/// A batch of matrices [..., rows, columns], contiguous, where the host computes on them. The only place that knows of devices: the memory of
/// the CPU, and the shared memory of a GPU, is used as it is, without a copy, after the device has finished what it was told; what the
/// host does not see passes through the CPU.
/// </summary>
internal readonly unsafe struct HostMatrices<T>
    where T : unmanaged
{
    private readonly T* first;

    private HostMatrices(Tensor tensor, int batchRank)
    {
        Tensor = tensor;
        var shape = tensor.Shape;
        (Rows, Columns) = (batchRank <= shape.Rank - 2 ? (nint)shape[^2] : 1, batchRank <= shape.Rank - 1 ? (nint)shape[^1] : 1);
        Count = 1;
        for (int i = 0; i < batchRank; i++) Count *= shape[i];
        first = (T*)tensor.Storage.Buffer.HostAddress + tensor.Layout.Offset;
        tensor.Device.Synchronize();
    }

    /// <summary>Keeps the memory alive, for as long as it is used afterwards (<see cref="GC.KeepAlive"/>).</summary>
    public Tensor Tensor { get; }

    public nint Rows { get; }

    public nint Columns { get; }

    public long Count { get; }

    /// <summary>A matrix, row-major.</summary>
    public T* this[long matrix] => first + (matrix * Rows * Columns);

    /// <summary>A copy of a matrix to work in.</summary>
    public NativeBuffer<T> Work(long matrix)
    {
        var work = new NativeBuffer<T>(Rows * Columns);
        Line.Copy(this[matrix], work.Pointer, Rows * Columns);
        return work;
    }

    /// <summary>To be read: the tensor itself where it lies well, else a copy.</summary>
    public static HostMatrices<T> Read(Tensor x) => new(Visible(x).Contiguous(), x.Rank - 2);

    /// <summary>To be overwritten: a copy.</summary>
    public static HostMatrices<T> Copy(Tensor x)
    {
        var visible = Visible(x);
        if (!ReferenceEquals(visible, x)) return new(visible, x.Rank - 2);
        if (!x.IsContiguous) return new(x.Copy(), x.Rank - 2);
        var copy = Empty(x.Shape, x);
        long bytes = x.ElementCount * sizeof(T);
        Buffer.MemoryCopy((T*)x.Storage.Buffer.HostAddress + x.Layout.Offset, copy.first, bytes, bytes);
        GC.KeepAlive(x);
        return copy;
    }

    /// <summary>To be filled, on the device of x if the host sees that, for each matrix of x: a matrix, or a vector, or a number.</summary>
    public static HostMatrices<T> Empty(in Shape shape, Tensor x)
    {
        var made = Tensor.Empty(shape, DTypes.Of<T>(), x.Device);
        return new(IsVisible(made) ? made : Tensor.Empty(shape, DTypes.Of<T>(), Devices.Cpu), x.Rank - 2);
    }

    /// <summary>The matrices as a tensor on a device.</summary>
    public Tensor On(Device device) => Tensor.To(device);

    private static Tensor Visible(Tensor x) => IsVisible(x) ? x : x.To(Devices.Cpu);

    private static bool IsVisible(Tensor x) => x.ElementCount == 0 || x.Storage.Buffer.HostAddress != 0;
}

/// <summary>The loop over the matrices of a batch.</summary>
internal static class Batch
{
    /// <summary>Work worth a thread, in multiply-adds.</summary>
    private const double Grain = 30_000;

    /// <summary>
    /// From this work on, with fewer matrices than threads, one matrix after the other, whose products take all threads.
    /// </summary>
    private const double Large = 2_000_000;

    /// <summary>Does the work for each matrix, on several threads where it pays. Every matrix is one thread's, so that results do not depend on their number.</summary>
    /// <param name="count">How many matrices.</param>
    /// <param name="cost">About how many multiply-adds one takes.</param>
    /// <param name="work">The work for one.</param>
    public static void Run(long count, double cost, Action<long> work)
    {
        if (cost >= Large && count < WorkerPool.Shared.Threads)
            for (long i = 0; i < count; i++) work(i);
        else
            WorkerPool.Shared.For(count, (long)Math.Clamp(Grain / Math.Max(cost, 1), 1, count + 1), new Body(work));
    }

    private readonly struct Body(Action<long> work) : IParallelBody
    {
        public void Run(long start, long end)
        {
            for (long i = start; i < end; i++) work(i);
        }
    }
}

/// <summary>The first matrix of a batch that went wrong, whichever thread met it.</summary>
internal sealed class FirstFailure
{
    private long matrix = long.MaxValue, pivot;
    private double value;

    public void Report<T>(long matrix, long pivot, T value) where T : INumber<T>
    {
        lock (this) // seen by nobody else
        {
            if (matrix >= this.matrix) return;
            (this.matrix, this.pivot, this.value) = (matrix, pivot, double.CreateTruncating(value));
        }
    }

    /// <summary>Throws if a matrix was reported.</summary>
    /// <param name="operation">What the user called.</param>
    /// <param name="shape">The shape of the batch of matrices.</param>
    /// <param name="what">What is wrong, from the pivot and its value.</param>
    public void Throw(string operation, in Shape shape, Func<long, double, string> what)
    {
        if (matrix == long.MaxValue) return;
        var index = new long[shape.Rank - 2];
        long rest = matrix;
        for (int axis = index.Length - 1; axis >= 0; axis--) (rest, index[axis]) = (rest / shape[axis], rest % shape[axis]);
        string name = index.Length == 0 ? $"the matrix of shape {shape}" : $"matrix [{string.Join(", ", index)}] of the batch {shape}";
        throw new MatrixException(FormattableString.Invariant($"{operation}: {name} {what(pivot, value)}"))
        {
            BatchIndex = index, Pivot = pivot, PivotValue = value,
        };
    }
}

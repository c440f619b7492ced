using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>How a test tensor lies in its storage.</summary>
public enum Placement
{
    Contiguous,
    Transposed,
    Offset,
    StepSlice,
    Negative,
    Mixed,
}

/// <summary>Tensors of any placement, written and read through <see cref="Layout.PositionOf"/> alone: no kernel takes part.</summary>
internal static unsafe class LayoutFixture
{
    private const int Margin = 5;

    public static readonly Placement[] Placements = Enum.GetValues<Placement>();

    public static readonly Shape[] Shapes =
    [
        [], [1], [5], [0], [3, 0, 2], [17], [1030], [3, 4], [2, 3, 4], [33, 17], [3, 600], [2, 1, 3, 2, 2], [2, 2, 1, 2, 1, 3], [40, 3, 7],
    ];

    /// <summary>The layout of a placement for a shape, and how many elements its storage needs.</summary>
    public static (Layout Layout, long Elements) Lay(in Shape shape, Placement placement)
    {
        int rank = shape.Rank;
        Span<long> strides = stackalloc long[Shape.MaxRank];
        Span<int> order = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < rank; i++) order[i] = placement is Placement.Transposed or Placement.Mixed ? i : rank - 1 - i;
        long stride = placement is Placement.StepSlice or Placement.Mixed ? 2 : 1, offset = placement == Placement.Contiguous ? 0 : Margin;
        for (int i = 0; i < rank; i++)
        {
            strides[order[i]] = stride;
            stride *= Math.Max(1, shape[order[i]]);
            if (placement == Placement.StepSlice) stride += 3;
        }

        long elements = offset + stride + Margin;
        for (int i = 0; i < rank; i++)
        {
            bool flip = placement == Placement.Negative || (placement == Placement.Mixed && i % 2 == 0);
            if (!flip || shape[i] == 0) continue;
            offset += strides[i] * (shape[i] - 1);
            strides[i] = -strides[i];
        }

        return (new(shape, strides[..rank], offset), elements);
    }

    /// <summary>A tensor with these elements in row-major order; all other bytes of its storage are 0x5A.</summary>
    public static Tensor Make(double[] values, in Shape shape, DType dtype, Placement placement)
    {
        var (layout, elements) = Lay(shape, placement);
        var tensor = new Tensor(new Storage(CpuDevice.Instance, elements * dtype.Size()), layout, dtype);
        byte* memory = (byte*)tensor.Storage.Buffer.Handle;
        new Span<byte>(memory, (int)(elements * dtype.Size())).Fill(0x5A);
        for (long i = 0; i < shape.ElementCount; i++) Write(memory, layout.PositionOf(i), dtype, values[i]);
        return tensor;
    }

    /// <summary>A tensor to be written to.</summary>
    public static Tensor MakeOutput(in Shape shape, DType dtype, Placement placement) =>
        Make(new double[shape.ElementCount], shape, dtype, placement);

    /// <summary>The elements in row-major order.</summary>
    public static double[] Read(Tensor tensor)
    {
        byte* memory = (byte*)tensor.Storage.Buffer.Handle;
        var values = new double[tensor.ElementCount];
        for (long i = 0; i < values.Length; i++) values[i] = Read(memory, tensor.Layout.PositionOf(i), tensor.DType);
        GC.KeepAlive(tensor);
        return values;
    }

    /// <summary>Checks that nothing was written beside the elements.</summary>
    public static void AssertMarginsIntact(Tensor tensor)
    {
        int size = tensor.DType.Size();
        var bytes = new ReadOnlySpan<byte>((byte*)tensor.Storage.Buffer.Handle, (int)tensor.Storage.Bytes);
        var inside = new bool[tensor.Storage.Bytes / size];
        for (long i = 0; i < tensor.ElementCount; i++) inside[tensor.Layout.PositionOf(i)] = true;
        for (int i = 0; i < bytes.Length; i++)
            if (!inside[i / size] && bytes[i] != 0x5A) Assert.Fail($"byte {i} beside the elements of {tensor.Layout} was overwritten");
        GC.KeepAlive(tensor);
    }

    /// <summary>The value that an element of that type takes on.</summary>
    public static double Round(double value, DType dtype)
    {
        long place = 0;
        Write((byte*)&place, 0, dtype, value);
        return Read((byte*)&place, 0, dtype);
    }

    private static void Write(byte* memory, long at, DType dtype, double value)
    {
        switch (dtype)
        {
            case DType.Float32: ((float*)memory)[at] = (float)value; break;
            case DType.Float64: ((double*)memory)[at] = value; break;
            case DType.Float16: ((Half*)memory)[at] = (Half)value; break;
            case DType.BFloat16: ((BFloat16*)memory)[at] = (BFloat16)(float)value; break;
            case DType.Int32: ((int*)memory)[at] = (int)value; break;
            case DType.Int64: ((long*)memory)[at] = (long)value; break;
            default: memory[at] = value != 0 ? (byte)1 : (byte)0; break;
        }
    }

    private static double Read(byte* memory, long at, DType dtype) => dtype switch
    {
        DType.Float32 => ((float*)memory)[at],
        DType.Float64 => ((double*)memory)[at],
        DType.Float16 => (double)((Half*)memory)[at],
        DType.BFloat16 => ((BFloat16*)memory)[at],
        DType.Int32 => ((int*)memory)[at],
        DType.Int64 => ((long*)memory)[at],
        _ => memory[at],
    };
}

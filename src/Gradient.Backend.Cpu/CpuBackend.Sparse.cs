using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Products with a sparse matrix in compressed rows.</content>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void SparseMatMul(Tensor offsets, Tensor columns, Tensor? values, Tensor? b, Tensor y)
    {
        if (y.ElementCount == 0) return;
        if (columns.ElementCount == 0)
        {
            Fill(y, 0);
            return;
        }

        if (y.DType is DType.Float16 or DType.BFloat16)
        {
            using var wide = Tensor.Empty(y.Shape, DType.Float32, y.Device);
            using Copied numbers = Copied.As(values, DType.Float32), dense = Copied.As(b, DType.Float32);
            SparseMatMul(offsets, columns, numbers.Tensor, dense.Tensor, wide);
            Copy(wide, y);
            return;
        }

        if (b is not null && y.Shape[1] > 1 && y.Layout.Stride(1) != 1)
        {
            using var rows = Tensor.Empty(y.Shape, y.DType, y.Device);
            SparseMatMul(offsets, columns, values, b, rows);
            Copy(rows, y);
            return;
        }

        using Copied packed = Copied.Dense(values, y.DType);
        if (b is null)
        {
            Fill(y, 0);
            var expand = new SparseExpandCall { Offsets = offsets, Columns = columns, Values = packed.Tensor, Y = y };
            SparseFloating("sparse to dense", y, ref expand);
        }
        else
        {
            using Copied right = Rows(b);
            var product = new SparseProductCall { Offsets = offsets, Columns = columns, Values = packed.Tensor, B = right.Tensor!, Y = y };
            SparseFloating("sparse matmul", y, ref product);
        }

        GC.KeepAlive(offsets);
        GC.KeepAlive(columns);
        GC.KeepAlive(values);
        GC.KeepAlive(b);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void SparseSample(Tensor offsets, Tensor columns, Tensor a, Tensor? b, Tensor y)
    {
        if (y.ElementCount == 0) return;
        if (a.Shape[1] == 0)
        {
            Fill(y, 0);
            return;
        }

        if (y.DType is DType.Float16 or DType.BFloat16)
        {
            using var wide = Tensor.Empty(y.Shape, DType.Float32, y.Device);
            using Copied left = Copied.As(a, DType.Float32), right = Copied.As(b, DType.Float32);
            SparseSample(offsets, columns, left.Tensor!, right.Tensor, wide);
            Copy(wide, y);
            return;
        }

        using Copied aRows = b is null ? default : Rows(a), bRows = b is null ? default : Rows(b);
        var sample = new SparseSampleCall { Offsets = offsets, Columns = columns, A = aRows.Tensor ?? a, B = bRows.Tensor, Y = y };
        SparseFloating("sparse sample", y, ref sample);
        GC.KeepAlive(offsets);
        GC.KeepAlive(columns);
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        GC.KeepAlive(y);
    }

    /// <summary>A matrix whose rows are contiguous, or, if they have one element, whose column is.</summary>
    private static Copied Rows(Tensor matrix) => matrix.Layout.Stride(matrix.Shape[1] == 1 ? 0 : 1) == 1 ? Copied.As(matrix, matrix.DType) : Copied.Dense(matrix, matrix.DType);

    /// <summary>Float32 and Float64; what is narrower was widened before.</summary>
    private static void SparseFloating<TKernel>(string operation, Tensor y, ref TKernel kernel) where TKernel : struct, ISparseKernel
    {
        switch (y.DType)
        {
            case DType.Float32: kernel.Run<float>(); break;
            case DType.Float64: kernel.Run<double>(); break;
            default: throw Unsupported(operation, y.DType);
        }
    }

    private interface ISparseKernel
    {
        void Run<T>() where T : unmanaged, IFloatingPointIeee754<T>;
    }

    private struct SparseProductCall : ISparseKernel
    {
        public Tensor Offsets, Columns, B, Y;
        public Tensor? Values;

        public readonly void Run<T>() where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint width = (nint)Y.Shape[1];
            var path = new MergePath(Pointer<int>(Offsets), (int)Y.Shape[0], (int)Columns.ElementCount, width == 1 ? SparseProduct<T>.VectorPiece : SparseProduct<T>.MatrixPiece);
            var product = new SparseProduct<T>
            {
                Path = path, Columns = Pointer<int>(Columns), Values = Values is null ? null : Pointer<T>(Values),
                B = Pointer<T>(B), BRow = (nint)B.Layout.Stride(0), Y = Pointer<T>(Y), YRow = (nint)Y.Layout.Stride(0), Width = width,
                Carries = Scratch.Get<T>(ScratchPurpose.Partials, path.Pieces * width), CarryRows = Scratch.Get<int>(ScratchPurpose.Offsets, path.Pieces),
            };
            WorkerPool.Shared.For(path.Pieces, Math.Max(1, (1 << 14) / (path.Length * width)), product);
            product.AddCarries();
        }
    }

    private struct SparseExpandCall : ISparseKernel
    {
        public Tensor Offsets, Columns, Y;
        public Tensor? Values;

        public readonly void Run<T>() where T : unmanaged, IFloatingPointIeee754<T>
        {
            var body = new SparseExpand<T>
            {
                Offsets = Pointer<int>(Offsets), Rows = (int)Y.Shape[0], Columns = Pointer<int>(Columns), Values = Values is null ? null : Pointer<T>(Values),
                Y = Pointer<T>(Y), YRow = (nint)Y.Layout.Stride(0), YColumn = (nint)Y.Layout.Stride(1),
            };
            WorkerPool.Shared.For(Columns.ElementCount, 1 << 13, body);
        }
    }

    private struct SparseSampleCall : ISparseKernel
    {
        public Tensor Offsets, Columns, A, Y;
        public Tensor? B;

        public readonly void Run<T>() where T : unmanaged, IFloatingPointIeee754<T>
        {
            var body = new SparseSample<T>
            {
                Offsets = Pointer<int>(Offsets), Rows = (int)A.Shape[0], Columns = Pointer<int>(Columns), Width = (nint)A.Shape[1],
                A = Pointer<T>(A), ARow = (nint)A.Layout.Stride(0), AColumn = (nint)A.Layout.Stride(1),
                B = B is null ? null : Pointer<T>(B), BRow = B is null ? 0 : (nint)B.Layout.Stride(0), Y = Pointer<T>(Y), YStep = (nint)Y.Layout.Stride(0),
            };
            WorkerPool.Shared.For(Y.ElementCount, Math.Max(64, (1 << 14) / (B is null ? 1 : body.Width)), body);
        }
    }
}

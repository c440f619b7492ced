using System.Numerics;
using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>Products with a sparse matrix: shaders/sparse.metal. Dense operands may have any layout; 16-bit ones are widened before.</content>
public sealed partial class MetalBackend
{
    private const string SparseFamily = "sparse";

    /// <summary>
    /// Items that a thread does at most, and at least, between which the width decides: one thread per piece and column must keep a GPU busy.
    /// </summary>
    private const int LongestSparsePiece = 256, ShortestSparsePiece = 16;

    /// <inheritdoc/>
    public void SparseMatMul(Tensor offsets, Tensor columns, Tensor? values, Tensor? b, Tensor y)
    {
        if (y.ElementCount == 0) return;
        if (columns.ElementCount == 0)
        {
            Fill(y, 0);
            return;
        }

        FloatingName("sparse matmul", y.DType);
        Tensor? numbers = Packed(values), dense = b?.To(DType.Float32);
        var sum = y.DType == DType.Float32 ? y : Tensor.Empty(y.Shape, DType.Float32, y.Device);
        if (dense is null) Expand(offsets, columns, numbers, sum);
        else Multiply(offsets, columns, numbers, dense, sum);
        if (!ReferenceEquals(numbers, values)) numbers!.Dispose();
        if (!ReferenceEquals(dense, b)) dense!.Dispose();
        if (!ReferenceEquals(sum, y))
        {
            Copy(sum, y);
            sum.Dispose();
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
        FloatingName("sparse sample", y.DType);
        Tensor left = a.To(DType.Float32);
        Tensor? right = b?.To(DType.Float32);
        var sample = y.DType == DType.Float32 ? y : Tensor.Empty(y.Shape, DType.Float32, y.Device);
        var parameters = new SparseParameters
        {
            Rows = a.Shape[0], Entries = y.ElementCount, Width = a.Shape[1],
            ARow = left.Layout.Stride(0), AColumn = left.Layout.Stride(1),
            BRow = right?.Layout.Stride(0) ?? 0, BColumn = right?.Layout.Stride(1) ?? 0, YRow = sample.Layout.Stride(0),
        };
        var kernel = cache.Get(SparseFamily, "sparse_sample", 1, b is null ? 0 : 1);
        Launch(
            kernel, [In(offsets), In(columns), InOr(left, sample), InOr(right, sample), Out(sample)], parameters, parameters.Entries,
            4 + (b is null ? 2 : 2 * parameters.Width));
        if (!ReferenceEquals(left, a)) left.Dispose();
        if (!ReferenceEquals(right, b)) right!.Dispose();
        if (!ReferenceEquals(sample, y))
        {
            Copy(sample, y);
            sample.Dispose();
        }

        GC.KeepAlive(offsets);
        GC.KeepAlive(columns);
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        GC.KeepAlive(y);
    }

    private void Multiply(Tensor offsets, Tensor columns, Tensor? values, Tensor b, Tensor y)
    {
        long width = y.Shape[1], items = y.Shape[0] + columns.ElementCount;
        long length = Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)(items * width / MinimumThreads)), ShortestSparsePiece, LongestSparsePiece);
        var parameters = new SparseParameters
        {
            Rows = y.Shape[0], Entries = columns.ElementCount, Width = width, Length = length, Pieces = (items + length - 1) / length,
            BRow = b.Layout.Stride(0), BColumn = b.Layout.Stride(1), YRow = y.Layout.Stride(0), YColumn = y.Layout.Stride(1),
        };
        using var carries = Tensor.Empty([parameters.Pieces, width], DType.Float32, y.Device);
        using var carryRows = Tensor.Empty([parameters.Pieces], DType.Int32, y.Device);
        long threads = parameters.Pieces * width;
        Launch(
            cache.Get(SparseFamily, "sparse_pieces", values is null ? 0 : 1, 1),
            [In(offsets), In(columns), InOr(values, y), In(b), Out(y), Out(carries), Out(carryRows)], parameters, threads, 3 * length);
        Launch(cache.Get(SparseFamily, "sparse_carries", 1, 1), [In(carries), In(carryRows), Out(y)], parameters, threads);
    }

    private void Expand(Tensor offsets, Tensor columns, Tensor? values, Tensor y)
    {
        Fill(y, 0);
        var parameters = new SparseParameters
        {
            Rows = y.Shape[0], Entries = columns.ElementCount, YRow = y.Layout.Stride(0), YColumn = y.Layout.Stride(1),
        };
        Launch(
            cache.Get(SparseFamily, "sparse_expand", values is null ? 0 : 1, 0), [In(offsets), In(columns), InOr(values, y), Out(y)], parameters, parameters.Entries, 8);
    }

    /// <summary>Float32, one behind the other.</summary>
    private static Tensor? Packed(Tensor? values) => values is { DType: DType.Float32 } ? Contiguous(values) : values?.To(DType.Float32);

    /// <summary>The parameters of sparse.metal.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SparseParameters
    {
        public long Rows, Entries;
        public long Width;
        public long Pieces;
        public long Length;
        public long ARow, AColumn;
        public long BRow, BColumn;
        public long YRow, YColumn;
    }
}

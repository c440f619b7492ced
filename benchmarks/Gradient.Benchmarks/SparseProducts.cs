using Gradient.LinearAlgebra;

namespace Gradient.Benchmarks;

/// <summary>Products with sparse matrices of a million non-zeros, named as in peers/sparse_peer.py, and what the cost model is made of.</summary>
internal static class SparseProducts
{
    private const int Rows = 100_000, PerRow = 10;

    public static void Run(Timer timer)
    {
        if (!timer.Wants("sparse/")) return;
        foreach (string kind in new[] { "even", "skewed" })
        {
            var matrix = Matrix(Rows, kind == "skewed");
            foreach (int width in new[] { 1, 16, 64 })
            {
                GradientTensor b = width == 1 ? GradientTensor.Randn([Rows]) : GradientTensor.Randn([Rows, width]);
                timer.Time($"sparse/{kind}-1M-x-{width}", () => matrix.MatMul(b));
            }
        }

        var a = Matrix(Rows, skewed: false);
        var left = GradientTensor.Randn([64, Rows]);
        timer.Time("sparse/64-x-even-1M", () => left.MatMul(a));
        timer.Time("sparse/even-1M-x-sparse", () => a.MatMul(a));
        var transposed = a.Transpose();
        timer.Time("sparse/add-1M", () => a.Add(transposed));
        int[] order = [.. Enumerable.Range(0, a.NonZeros)], rows = a.RowIndices.ToArray<int>(), columns = a.ColumnIndices.ToArray<int>();
        new Random(0).Shuffle(order);
        (rows, columns) = (Array.ConvertAll(order, e => rows[e]), Array.ConvertAll(order, e => columns[e]));
        timer.Time("sparse/coo-to-csr-1M", () => SparseTensor.FromCoordinates(Rows, Rows, rows, columns, a.Values).ToCsr());
        // A new matrix each time, as a matrix keeps the places of its transposed one.
        int[] offsets = a.Offsets.ToArray<int>(), indices = a.ColumnIndices.ToArray<int>();
        timer.Time("sparse/csr-to-csc-1M", () => SparseTensor.FromCsr(Rows, Rows, offsets, indices, a.Values).ToCsc());
        var values = a.Values.Clone().RequireGrad();
        var operand = GradientTensor.Randn([Rows, 64], requiresGrad: true);
        var upstream = GradientTensor.Randn([Rows, 64]);
        timer.Time("sparse/even-1M-x-64-fwd-bwd", () =>
        {
            values.Grad = operand.Grad = null;
            a.WithValues(values).MatMul(operand).Backward(upstream);
        });
        CostModel(timer);
    }

    /// <summary>Sparse and dense products of one shape: what <see cref="SparseTensor.IsWorthwhile"/> compares.</summary>
    private static void CostModel(Timer timer)
    {
        foreach (int n in new[] { 256, 1024, 2048 })
        {
            foreach (int width in new[] { 1, 64 })
            {
                var b = GradientTensor.Randn([n, width]);
                var dense = GradientTensor.Randn([n, n]);
                timer.Time($"sparse/model-{n}-x-{width}-dense", () => dense.MatMul(b));
                foreach (double density in new[] { 0.001, 0.01, 0.1, 0.3 })
                {
                    using var mode = Tape.NoGrad();
                    var sparse = (dense * GradientTensor.Rand([n, n]).LessThan(density).To(DType.Float32)).ToSparse();
                    timer.Time($"sparse/model-{n}-x-{width}-{density}", () => sparse.MatMul(b));
                }
            }
        }
    }

    /// <summary>1M entries: ten per row, or, skewed, half of all in one row; those in one place are one.</summary>
    private static SparseTensor Matrix(int size, bool skewed)
    {
        int count = size * PerRow;
        int[] rows = new int[count], columns = new int[count];
        for (int i = 0; i < count; i++)
        {
            bool inLongRow = skewed && i % 2 == 0;
            rows[i] = inLongRow ? 7 : i / PerRow;
            columns[i] = inLongRow ? i / 2 % size : (int)((uint)i * 2654435761u % (uint)size);
        }

        var matrix = SparseTensor.FromCoordinates(size, size, rows, columns, GradientTensor.Ones([count])).ToCsr();
        return matrix.WithValues(GradientTensor.From<float>([.. Enumerable.Range(0, matrix.NonZeros).Select(i => (i % 7) - 3f)]));
    }
}

using System.Numerics;

namespace Gradient.LinearAlgebra;

public static partial class Linalg
{
    /// <summary>
    /// A = Q·R by Householder reflections. The gradient exists where the first min(m, n) columns are independent, and not for a complete Q of
    /// more rows than columns, whose last columns are arbitrary.
    /// </summary>
    /// <param name="a">[..., m, n].</param>
    /// <param name="mode">Which part of Q is wanted.</param>
    /// <exception cref="MatrixException">In backward: the first columns are dependent.</exception>
    /// <exception cref="UnsupportedOperationException">In backward: Q is complete, and m above n.</exception>
    public static QrFactors Qr(this GradientTensor a, QrMode mode = QrMode.Reduced)
    {
        CheckMatrices("qr", a);
        long rows = a.Shape[^2], columns = a.Shape[^1];
        bool complete = mode == QrMode.Complete && rows > columns;
        var (q, r) = a.DType == DType.Float32 ? Qr<float>(a.Value, complete) : Qr<double>(a.Value, complete);
        var factors = Record("qr", a, [q, r], (y, g) => complete
            ? throw new UnsupportedOperationException(
                $"qr: the complete Q of shape {a.Shape} has no gradient, as its last columns are arbitrary; use QrMode.Reduced.")
            : QrGradient(y[0], y[1], g[0], g[1]));
        return new(factors[0], factors[1]);
    }

    /// <summary>
    /// With M = triu(gR·Rᵀ − Qᵀ·gQ): (gQ + Q·(M + Mᵀ − diag M))·R⁻ᵀ (S. Walter and L. Lehmann, Algorithmic Differentiation of Linear Algebra
    /// Functions, 2018; the form is PyTorch's). Of a wide matrix [X, Y], R = [U, V] with V = Qᵀ·Y, which adds Y·gVᵀ to gQ.
    /// </summary>
    private static GradientTensor QrGradient(GradientTensor q, GradientTensor r, GradientTensor? gq, GradientTensor? gr)
    {
        long rows = r.Shape[^2], columns = r.Shape[^1];
        if (columns > rows)
        {
            GradientTensor right = r.Narrow(-1, rows, columns - rows), left = r.Narrow(-1, 0, rows);
            if (gr is null) return GradientTensor.Cat([QrGradient(q, left, gq, null), right.ZerosLike()], -1);
            var rest = gr.Narrow(-1, rows, columns - rows);
            gq = Sum(gq, q.MatMul(right).MatMul(rest.Transpose()));
            return GradientTensor.Cat([QrGradient(q, left, gq, gr.Narrow(-1, 0, rows)), q.MatMul(rest)], -1);
        }

        var m = Sum(gr?.MatMul(r.Transpose()), gq is null ? null : -q.Transpose().MatMul(gq))!.Triu();
        var whole = Sum(q.MatMul(m + m.Triu(1).Transpose()), gq)!;
        return r.SolveTriangular(whole.Transpose(), upper: true).Transpose();
    }

    private static unsafe (Tensor Q, Tensor R) Qr<T>(Tensor x, bool complete) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var batch = BatchShape(x.Shape);
        var a = HostMatrices<T>.Read(x);
        nint count = Math.Min(a.Rows, a.Columns), width = complete ? a.Rows : count;
        var q = HostMatrices<T>.Empty(MatrixShape(batch, a.Rows, width), x);
        var r = HostMatrices<T>.Empty(MatrixShape(batch, width, a.Columns), x);
        Batch.Run(a.Count, 2 * Cubic(a.Rows, a.Columns, width), i =>
        {
            using var tau = new NativeBuffer<T>(count);
            using var work = a.Work(i);
            T* matrix = work.Pointer;
            Decompositions<T>.Current.Qr(matrix, a.Rows, a.Columns, a.Columns, tau.Pointer);
            for (nint row = 0; row < width; row++)
            {
                nint zeros = Math.Min(row, a.Columns);
                T* target = r[i] + (row * a.Columns);
                Line.Clear(target, zeros);
                Line.Copy(matrix + (row * a.Columns) + zeros, target + zeros, a.Columns - zeros);
            }

            Decompositions<T>.Current.FormQ(matrix, a.Rows, count, a.Columns, tau.Pointer, q[i], width, width);
        });
        GC.KeepAlive(a.Tensor);
        return (q.On(x.Device), r.On(x.Device));
    }
}

using System.Numerics;

namespace Gradient.LinearAlgebra;

public static partial class Linalg
{
    /// <summary>
    /// A = V·diag(w)·Vᵀ of symmetric matrices (eigh). Only the lower triangle is read; the gradient is symmetric, as if both were. The signs of
    /// vectors are arbitrary, and so are bases of equal eigenvalues: a function whose value depends on them has no gradient. Gradients of vectors
    /// are finite only for distinct eigenvalues; those of values always are.
    /// </summary>
    /// <param name="a">[..., n, n], symmetric.</param>
    /// <exception cref="MatrixException">A matrix holds NaN or infinity.</exception>
    public static EigenFactors EigenSymmetric(this GradientTensor a)
    {
        CheckSquare("eigenSymmetric", a);
        var (w, v) = a.DType == DType.Float32 ? EigenSymmetric<float>(a.Value) : EigenSymmetric<double>(a.Value);
        // V·(skew(Vᵀ·gV)/E + diag(gw))·Vᵀ with Eᵢⱼ = wⱼ − wᵢ (Giles 2008, 3.1; Ionescu et al. 2015).
        var factors = Record("eigenSymmetric", a, [w, v], (y, g) =>
        {
            var (values, vectors) = (y[0], y[1]);
            if (g[0] is { } gw) return (vectors * gw.Unsqueeze(-2)).MatMul(vectors.Transpose());
            GradientTensor inner = vectors.Transpose().MatMul(g[1]!), row = values.Unsqueeze(-2);
            var distance = GradientTensor.Eye(values.Shape[^1], DType.Bool, values.Device).Where(row.OnesLike(), row - values.Unsqueeze(-1));
            return vectors.MatMul((inner - inner.Transpose()) * 0.5 / distance).MatMul(vectors.Transpose());
        });
        return new(factors[0], factors[1]);
    }

    /// <summary>
    /// The eigenvalues of general matrices, by balancing, Hessenberg form and QR steps. Gradients exist for distinct eigenvalues; near a
    /// matrix without enough eigenvectors they grow beyond bounds. There are no second derivatives.
    /// </summary>
    /// <param name="a">[..., n, n].</param>
    /// <exception cref="MatrixException">A matrix holds NaN or infinity; in backward: it has not enough eigenvectors.</exception>
    /// <exception cref="UnsupportedOperationException">In backward of backward.</exception>
    public static ComplexValues Eigenvalues(this GradientTensor a)
    {
        CheckSquare("eigenvalues", a);
        bool vectors = a.RequiresGrad && Tape.IsRecording;
        var (real, imaginary, w) = a.DType == DType.Float32 ? Eigenvalues<float>(a.Value, vectors) : Eigenvalues<double>(a.Value, vectors);
        var (re, im) = (new GradientTensor(real), new GradientTensor(imaginary));
        var factors = Record("eigenvalues", a, [real, imaginary], (y, g) => Tape.Record(
            "eigenvalues of second order", () => EigenvaluesGradient(im, new(w!), g[0] ?? re.ZerosLike(), g[1] ?? im.ZerosLike()), [g[0] ?? g[1]!, a],
            _ => throw new UnsupportedOperationException("eigenvalues: there are no second derivatives; EigenSymmetric and Svd have them.")));
        return new(factors[0], factors[1]);
    }

    /// <summary>
    /// W⁻ᵀ·G·Wᵀ, where A·W = W·D with real and imaginary parts of vectors in the columns of W. dD = W⁻¹·dA·W; a real value is its diagonal
    /// element, a pair at p and q = p + 1 has ½(dDpp + dDqq) ± ½i(dDpq − dDqp) (P. Lancaster, On Eigenvalues of Matrices Dependent on a
    /// Parameter, 1964, in real numbers).
    /// </summary>
    private static GradientTensor EigenvaluesGradient(GradientTensor imaginary, GradientTensor w, GradientTensor gReal, GradientTensor gImaginary)
    {
        long n = imaginary.Shape[^1];
        if (n == 0) return w;
        // Of the first of a pair, the second: one place on.
        GradientTensor first = imaginary.GreaterThan(0).To(w.DType), second = imaginary.LessThan(0).To(w.DType), real = 1 - first - second;
        var sum = (gReal + gReal.Roll(-1, -1)) * 0.5 * first;
        var difference = (gImaginary - gImaginary.Roll(-1, -1)) * 0.5 * first;
        var middle = OnDiagonal((gReal * real) + sum + sum.Roll(1, -1), n, n);
        if (n > 1)
        {
            var above = OnDiagonal(difference.Narrow(-1, 0, n - 1), n - 1, n - 1);
            var padding = new (long, long)[above.Rank];
            (padding[^2], padding[^1]) = ((0, 1), (1, 0));
            var upper = above.Pad(padding);
            middle = middle + upper - upper.Transpose();
        }

        return w.Transpose().Solve(middle.MatMul(w.Transpose()));
    }

    private static unsafe (Tensor W, Tensor V) EigenSymmetric<T>(Tensor x) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var batch = BatchShape(x.Shape);
        var a = HostMatrices<T>.Read(x);
        nint n = a.Rows;
        HostMatrices<T> w = HostMatrices<T>.Empty(VectorShape(batch, n), x), v = HostMatrices<T>.Empty(x.Shape, x);
        var failure = new FirstFailure();
        Batch.Run(a.Count, 5 * Cubic(n, n, n), i =>
        {
            // The other triangle shall not be read, not even to be scaled by.
            using var work = a.Work(i);
            for (nint row = 0; row < n; row++) Line.Clear(work.Pointer + (row * n) + row + 1, n - row - 1);
            if (!IsFinite(work.Pointer, n * n)) failure.Report(i, -1, T.NaN);
            else if (Decompositions<T>.Current.EigenSymmetric(work.Pointer, n, w[i], v[i]) is >= 0 and var value) failure.Report(i, value, T.Zero);
        });
        GC.KeepAlive(a.Tensor);
        failure.Throw("eigenSymmetric", x.Shape, NotConverged);
        return (w.On(x.Device), v.On(x.Device));
    }

    private static unsafe (Tensor Real, Tensor Imaginary, Tensor? Vectors) Eigenvalues<T>(Tensor x, bool vectors)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var batch = BatchShape(x.Shape);
        var a = HostMatrices<T>.Read(x);
        nint n = a.Rows;
        HostMatrices<T> real = HostMatrices<T>.Empty(VectorShape(batch, n), x), imaginary = HostMatrices<T>.Empty(VectorShape(batch, n), x);
        HostMatrices<T> v = vectors ? HostMatrices<T>.Empty(x.Shape, x) : default;
        var failure = new FirstFailure();
        Batch.Run(a.Count, 10 * Cubic(n, n, n), i =>
        {
            using var work = a.Work(i);
            if (!IsFinite(work.Pointer, n * n)) failure.Report(i, -1, T.NaN);
            else if (Decompositions<T>.Current.Eigenvalues(work.Pointer, n, real[i], imaginary[i], vectors ? v[i] : null) is >= 0 and var value)
                failure.Report(i, value, T.Zero);
        });
        GC.KeepAlive(a.Tensor);
        failure.Throw("eigenvalues", x.Shape, NotConverged);
        return (real.On(x.Device), imaginary.On(x.Device), vectors ? v.On(x.Device) : null);
    }
}

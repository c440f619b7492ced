using System.Numerics;

namespace Gradient.LinearAlgebra;

public static partial class Linalg
{
    /// <summary>
    /// A = U·diag(S)·Vᵀ, reduced. The signs of pairs of vectors are arbitrary, and so are bases of equal singular values: a function whose value
    /// depends on them has no gradient. Gradients of U and V are finite only for distinct singular values (and of a
    /// rectangular matrix, values other than 0); those of S always are, though where a value is 0 it has a kink and they are one choice of several.
    /// </summary>
    /// <param name="a">[..., m, n].</param>
    /// <exception cref="MatrixException">A matrix holds NaN or infinity.</exception>
    public static SvdFactors Svd(this GradientTensor a)
    {
        CheckMatrices("svd", a);
        var (u, s, vt) = a.DType == DType.Float32 ? Svd<float>("svd", a.Value, true) : Svd<double>("svd", a.Value, true);
        var factors = Record("svd", a, [u!, s, vt!], (y, g) => SvdGradient(y[0], y[1], y[2], g[0], g[1], g[2]));
        return new(factors[0], factors[1], factors[2]);
    }

    /// <summary>The singular values [..., min(m, n)], falling; the vectors are not computed unless gradients are wanted.</summary>
    /// <param name="a">[..., m, n].</param>
    /// <exception cref="MatrixException">A matrix holds NaN or infinity.</exception>
    public static GradientTensor SingularValues(this GradientTensor a)
    {
        CheckMatrices("singularValues", a);
        if (a.RequiresGrad && Tape.IsRecording) return a.Svd().S;
        return new(a.DType == DType.Float32 ? Svd<float>("singularValues", a.Value, false).S : Svd<double>("singularValues", a.Value, false).S);
    }

    /// <summary>
    /// U·[((Uᵀ·gU − gUᵀ·U)/E)·S + S·((Vᵀ·gV − gVᵀ·V)/E) + diag(gS)]·Vᵀ with Eᵢⱼ = sⱼ² − sᵢ², and what U and V miss of their spaces:
    /// (I − U·Uᵀ)·gU·S⁻¹·Vᵀ + U·S⁻¹·gVᵀ·(I − V·Vᵀ) (J. Townsend, Differentiating the Singular Value Decomposition, 2016; C. Ionescu et al.,
    /// Matrix Backpropagation, 2015; the form is PyTorch's).
    /// </summary>
    private static GradientTensor SvdGradient(
        GradientTensor u, GradientTensor s, GradientTensor vt, GradientTensor? gu, GradientTensor? gs, GradientTensor? gvt)
    {
        if (gs is not null) return (u * gs.Unsqueeze(-2)).MatMul(vt);
        GradientTensor row = s.Unsqueeze(-2), column = s.Unsqueeze(-1);
        var eye = GradientTensor.Eye(s.Shape[^1], DType.Bool, s.Device);
        var distance = eye.Where(row.OnesLike(), (row - column) * (row + column));
        if (gu is not null)
        {
            var inner = u.Transpose().MatMul(gu);
            var result = u.MatMul((inner - inner.Transpose()) / distance * row);
            if (u.Shape[^2] > u.Shape[^1]) result += (gu - u.MatMul(inner)) / row;
            return result.MatMul(vt);
        }

        var outer = vt.MatMul(gvt!.Transpose());
        var right = (column * ((outer - outer.Transpose()) / distance)).MatMul(vt);
        if (vt.Shape[^1] > vt.Shape[^2]) right += (gvt - outer.Transpose().MatMul(vt)) / column;
        return u.MatMul(right);
    }

    private static unsafe (Tensor? U, Tensor S, Tensor? Vt) Svd<T>(string name, Tensor x, bool vectors) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var batch = BatchShape(x.Shape);
        var a = HostMatrices<T>.Read(x);
        nint count = Math.Min(a.Rows, a.Columns);
        var s = HostMatrices<T>.Empty(VectorShape(batch, count), x);
        HostMatrices<T> u = vectors ? HostMatrices<T>.Empty(MatrixShape(batch, a.Rows, count), x) : default;
        HostMatrices<T> vt = vectors ? HostMatrices<T>.Empty(MatrixShape(batch, count, a.Columns), x) : default;
        var failure = new FirstFailure();
        Batch.Run(a.Count, (vectors ? 8 : 3) * Cubic(a.Rows, a.Columns, count), i =>
        {
            using var work = a.Work(i);
            if (!IsFinite(work.Pointer, a.Rows * a.Columns)) failure.Report(i, -1, T.NaN);
            else if (Decompositions<T>.Current.Svd(work.Pointer, a.Rows, a.Columns, s[i], vectors ? u[i] : null, vectors ? vt[i] : null) is >= 0 and var value)
                failure.Report(i, value, T.Zero);
        });
        GC.KeepAlive(a.Tensor);
        failure.Throw(name, x.Shape, NotConverged);
        var device = x.Device;
        return (vectors ? u.On(device) : null, s.On(device), vectors ? vt.On(device) : null);
    }

    private static string NotConverged(long place, double value) =>
        place < 0 ? "holds NaN or infinity." : $"did not converge: value {place} is still coupled to others after many iterations.";
}

using System.Numerics;

namespace Gradient.LinearAlgebra;

public static partial class Linalg
{
    /// <summary>The determinant, by LU; 1 of an empty matrix. Its gradient is the cofactors, right for singular matrices too.</summary>
    /// <param name="a">[..., n, n].</param>
    public static GradientTensor Determinant(this GradientTensor a)
    {
        CheckSquare("determinant", a);
        var (_, result, singular) = a.DType == DType.Float32 ? Determinants<float>(a.Value, false) : Determinants<double>(a.Value, false);
        return Tape.RecordWithOutput("determinant", result, [a], (y, g) =>
        {
            // d det A = det A·tr(A⁻¹·dA) (Giles 2008, 2.2.4).
            g = g.Unsqueeze(-1).Unsqueeze(-1);
            return [singular ? g * Cofactors(a) : g * y.Unsqueeze(-1).Unsqueeze(-1) * a.Inverse().Transpose()];
        }, a);
    }

    /// <summary>Sign and logarithm of the absolute value of the determinant, by LU.</summary>
    /// <param name="a">[..., n, n].</param>
    /// <exception cref="MatrixException">In backward: a matrix is singular.</exception>
    public static SignAndLogDeterminant LogDeterminant(this GradientTensor a)
    {
        CheckSquare("logDeterminant", a);
        var (sign, log, _) = a.DType == DType.Float32 ? Determinants<float>(a.Value, true) : Determinants<double>(a.Value, true);
        return new(new(sign!), Tape.Record("logDeterminant", log, [a], g => [g.Unsqueeze(-1).Unsqueeze(-1) * a.Inverse().Transpose()], a));
    }

    /// <summary>
    /// det U·det V·U·diag(Πⱼ≠ᵢ sⱼ)·Vᵀ: what det A·A⁻ᵀ is in the limit (G. Stewart, On the Adjugate Matrix, 1998). Its own gradient is that of
    /// the singular vectors, and needs distinct singular values.
    /// </summary>
    private static GradientTensor Cofactors(GradientTensor a)
    {
        var (u, s, vt) = a.Svd();
        var others = GradientTensor.Eye(s.Shape[^1], DType.Bool, a.Device).Where(s.Unsqueeze(-2).OnesLike(), s.Unsqueeze(-2)).Prod(-1);
        var sign = u.Detach().Determinant() * vt.Detach().Determinant();
        return sign.Unsqueeze(-1).Unsqueeze(-1) * (u * others.Unsqueeze(-2)).MatMul(vt);
    }

    /// <summary>The determinants; or their signs, and the logarithms of their absolute values.</summary>
    private static unsafe (Tensor? Sign, Tensor Value, bool Singular) Determinants<T>(Tensor x, bool logarithm)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var batch = BatchShape(x.Shape);
        var a = HostMatrices<T>.Read(x);
        var value = HostMatrices<T>.Empty(batch, x);
        var sign = logarithm ? HostMatrices<T>.Empty(batch, x) : default;
        nint n = a.Rows;
        bool singular = false;
        Batch.Run(a.Count, Cubic(n, n, n) / 3, i =>
        {
            using var pivots = new NativeBuffer<long>(n);
            using var work = a.Work(i);
            T* matrix = work.Pointer;
            Decompositions<T>.Current.Lu(matrix, n, n, n, pivots.Pointer);
            T product = T.One, sum = T.Zero;
            for (nint j = 0; j < n; j++)
            {
                T pivot = matrix[(j * n) + j];
                if (pivot == T.Zero) singular = true;
                if (pivots.Pointer[j] != j) product = -product;
                product *= logarithm && !T.IsNaN(pivot) ? T.CreateTruncating(T.Sign(pivot)) : pivot;
                if (logarithm) sum += T.Log(T.Abs(pivot));
            }

            *value[i] = logarithm ? sum : product;
            if (logarithm) *sign[i] = product;
        });
        GC.KeepAlive(a.Tensor);
        return (logarithm ? sign.On(x.Device) : null, value.On(x.Device), singular);
    }
}

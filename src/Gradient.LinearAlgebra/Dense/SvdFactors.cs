namespace Gradient.LinearAlgebra;

/// <summary>A = U·diag(S)·Vᵀ of a batch of matrices [..., m, n], with k = min(m, n).</summary>
/// <param name="U">[..., m, k], orthonormal columns.</param>
/// <param name="S">[..., k], the singular values, falling.</param>
/// <param name="Vt">[..., k, n], V transposed: orthonormal rows.</param>
public readonly record struct SvdFactors(GradientTensor U, GradientTensor S, GradientTensor Vt);

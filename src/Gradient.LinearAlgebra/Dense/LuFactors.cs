namespace Gradient.LinearAlgebra;

/// <summary>A = P·L·U of a batch of matrices [..., m, n], with k = min(m, n).</summary>
/// <param name="P">[..., m, m], the permutation as a matrix; without a gradient.</param>
/// <param name="L">[..., m, k], lower triangular with ones on the diagonal.</param>
/// <param name="U">[..., k, n], upper triangular.</param>
/// <param name="Pivots">[..., k], Int64: row i was exchanged with row Pivots[i], in this order, counted from 0 (LAPACK and PyTorch count from 1).</param>
public readonly record struct LuFactors(GradientTensor P, GradientTensor L, GradientTensor U, GradientTensor Pivots);

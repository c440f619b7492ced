namespace Gradient.LinearAlgebra;

/// <summary>Which part of Q is wanted.</summary>
public enum QrMode
{
    /// <summary>The first k = min(m, n) columns, which A needs.</summary>
    Reduced,

    /// <summary>All m columns.</summary>
    Complete,
}

/// <summary>A = Q·R of a batch of matrices [..., m, n]. Signs are LAPACK's: the diagonal of R may be negative.</summary>
/// <param name="Q">[..., m, k], or [..., m, m] if complete; orthonormal columns.</param>
/// <param name="R">[..., k, n], or [..., m, n] if complete; upper triangular.</param>
public readonly record struct QrFactors(GradientTensor Q, GradientTensor R);

namespace Gradient.LinearAlgebra;

/// <summary>A norm of matrices.</summary>
public enum MatrixNormKind
{
    /// <summary>√Σ aᵢⱼ².</summary>
    Frobenius,

    /// <summary>The sum of the singular values.</summary>
    Nuclear,

    /// <summary>The largest sum of absolute values of a column.</summary>
    One,

    /// <summary>The largest sum of absolute values of a row.</summary>
    Infinity,

    /// <summary>The largest singular value: the 2-norm.</summary>
    Two,
}

namespace Gradient.LinearAlgebra;

/// <summary>A = V·diag(Values)·Vᵀ of a batch of symmetric matrices [..., n, n].</summary>
/// <param name="Values">[..., n], rising.</param>
/// <param name="Vectors">[..., n, n], V: orthonormal columns.</param>
public readonly record struct EigenFactors(GradientTensor Values, GradientTensor Vectors);

/// <summary>The eigenvalues of a batch of matrices [..., n, n]; there are no complex tensors. Conjugate pairs are neighbours, the positive imaginary part first.</summary>
/// <param name="Real">[..., n], the real parts.</param>
/// <param name="Imaginary">[..., n], the imaginary parts.</param>
public readonly record struct ComplexValues(GradientTensor Real, GradientTensor Imaginary);

namespace Gradient.LinearAlgebra;

/// <summary>
/// The seam between the operations and who computes: one matrix at a time, row-major in main memory, with a stride from row to row.
/// Results do not depend on the number of threads. Methods that return an index return −1 when all went well.
/// </summary>
/// <remarks>
/// <see cref="ManagedDecompositions{T}"/> is the only implementation. LAPACK, as in Apple's Accelerate, could be another: its matrices are
/// column-major, so that it would be given the transposed problem or a copy.
/// </remarks>
internal unsafe interface IDecompositions<T>
    where T : unmanaged
{
    /// <summary>P·A = L·U in place, L below the diagonal with ones on it. Row i was exchanged with row pivots[i] ≥ i, in order.</summary>
    void Lu(T* a, nint rows, nint columns, nint stride, long* pivots);

    /// <summary>A = L·Lᵀ in place from the lower triangle; the upper one becomes 0. Returns the first pivot that is not positive; it lies on the diagonal.</summary>
    nint Cholesky(T* a, nint n, nint stride);

    /// <summary>B[n, columns] ← A⁻¹·B with a triangle of A[n, n], its diagonal taken as ones if <paramref name="unit"/>.</summary>
    void SolveTriangular(T* a, nint n, nint stride, bool upper, bool unit, T* b, nint columns, nint bStride);

    /// <summary>
    /// Q·R = A in place by Householder reflections: R in and above the diagonal, below it the vectors v, whose first element is an unstored 1;
    /// H = I − τ·v·vᵀ. tau has min(rows, columns) elements.
    /// </summary>
    void Qr(T* a, nint rows, nint columns, nint stride, T* tau);

    /// <summary>Q[rows, columns] ← the first columns of the product of the reflections of <see cref="Qr"/>.</summary>
    void FormQ(T* reflectors, nint rows, nint count, nint stride, T* tau, T* q, nint columns, nint qStride);

    /// <summary>
    /// A[rows, columns] = U·diag(s)·Vᵀ, s falling, k = min(rows, columns) of them; A is overwritten. u[rows, k] and vt[k, columns] are contiguous, or both null:
    /// values only. Returns the place of the value that did not converge.
    /// </summary>
    nint Svd(T* a, nint rows, nint columns, T* s, T* u, T* vt);

    /// <summary>
    /// A = V·diag(w)·Vᵀ of the symmetric matrix whose lower triangle is in a (contiguous, overwritten), w rising; v[n, n] holds vectors as columns, or is null.
    /// Returns the place of the value that did not converge.
    /// </summary>
    nint EigenSymmetric(T* a, nint n, T* w, T* v);

    /// <summary>
    /// The eigenvalues of A (contiguous, overwritten); conjugate pairs are neighbours, the positive imaginary part first. v[n, n], or null, gets
    /// vectors as columns; of a pair the real part in the first, the imaginary part in the second. Returns the place of the value that did not converge.
    /// </summary>
    nint Eigenvalues(T* a, nint n, T* real, T* imaginary, T* v);
}

/// <summary>Who computes decompositions of an element type.</summary>
internal static class Decompositions<T>
    where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
{
    public static IDecompositions<T> Current { get; } = new ManagedDecompositions<T>();
}

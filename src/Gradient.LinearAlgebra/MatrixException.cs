namespace Gradient.LinearAlgebra;

/// <summary>
/// A matrix that has no such decomposition or inverse: singular, not positive definite, not finite. The message and the properties say
/// which matrix of the batch it is, and at which pivot that came out.
/// </summary>
public class MatrixException : GradientException
{
    /// <summary>An error with a general message.</summary>
    public MatrixException() { }

    /// <summary>An error with its message.</summary>
    public MatrixException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public MatrixException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>The place of the matrix: one index per leading axis, none for a single matrix.</summary>
    public IReadOnlyList<long> BatchIndex { get; init; } = [];

    /// <summary>The row and column of the pivot, from 0; −1 where it is not about a pivot.</summary>
    public long Pivot { get; init; } = -1;

    /// <summary>The value of the pivot.</summary>
    public double PivotValue { get; init; } = double.NaN;
}

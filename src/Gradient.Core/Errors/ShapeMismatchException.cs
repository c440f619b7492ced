namespace Gradient.Core;

/// <summary>Shapes, axes or indices that an operation cannot take, or cannot take together.</summary>
public class ShapeMismatchException : GradientException
{
    /// <summary>An error with a general message.</summary>
    public ShapeMismatchException() { }

    /// <summary>An error with its message.</summary>
    public ShapeMismatchException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public ShapeMismatchException(string message, Exception innerException) : base(message, innerException) { }
}

namespace Gradient.Core;

/// <summary>An element type that an operation cannot take, or types it cannot take together.</summary>
public class DTypeMismatchException : GradientException
{
    /// <summary>An error with a general message.</summary>
    public DTypeMismatchException() { }

    /// <summary>An error with its message.</summary>
    public DTypeMismatchException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public DTypeMismatchException(string message, Exception innerException) : base(message, innerException) { }
}

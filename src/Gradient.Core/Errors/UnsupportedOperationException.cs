namespace Gradient.Core;

/// <summary>A kernel that a backend does not have for that operation and element type.</summary>
public class UnsupportedOperationException : GradientException
{
    /// <summary>An error with a general message.</summary>
    public UnsupportedOperationException() { }

    /// <summary>An error with its message.</summary>
    public UnsupportedOperationException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public UnsupportedOperationException(string message, Exception innerException) : base(message, innerException) { }
}

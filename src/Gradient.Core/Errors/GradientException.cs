namespace Gradient.Core;

/// <summary>
/// The base of Gradient's own errors. A message names the operation, the shapes involved, and what to do about it.
/// </summary>
public class GradientException : Exception
{
    /// <summary>An error with a general message.</summary>
    public GradientException() { }

    /// <summary>An error with its message.</summary>
    public GradientException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public GradientException(string message, Exception innerException) : base(message, innerException) { }
}

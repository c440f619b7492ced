namespace Gradient.Core;

/// <summary>A file that is truncated, damaged, or not of the format it should be; nothing of it was used.</summary>
public class CorruptFileException : GradientException
{
    /// <summary>An error with a general message.</summary>
    public CorruptFileException() { }

    /// <summary>An error with its message.</summary>
    public CorruptFileException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public CorruptFileException(string message, Exception innerException) : base(message, innerException) { }
}

namespace Gradient.Core;

/// <summary>A tape asked for what it cannot give: a freed graph, an overwritten value, a gradient of what needs none.</summary>
public class TapeException : GradientException
{
    /// <summary>An error with a general message.</summary>
    public TapeException() { }

    /// <summary>An error with its message.</summary>
    public TapeException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public TapeException(string message, Exception innerException) : base(message, innerException) { }
}

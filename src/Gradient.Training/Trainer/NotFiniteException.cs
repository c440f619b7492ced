namespace Gradient.Training;

/// <summary>A training step made a NaN or an infinity; the message names the step and the operation.</summary>
public sealed class NotFiniteException : GradientException
{
    /// <summary>An error without a message.</summary>
    public NotFiniteException() { }

    /// <summary>An error with a message.</summary>
    public NotFiniteException(string message) : base(message) { }

    /// <summary>An error with a message and a cause.</summary>
    public NotFiniteException(string message, Exception inner) : base(message, inner) { }
}

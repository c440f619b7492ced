namespace Gradient.Core;

/// <summary>An allocation that failed after the pool was trimmed and unreachable tensors were collected.</summary>
public class OutOfDeviceMemoryException : GradientException
{
    /// <summary>An error with a general message.</summary>
    public OutOfDeviceMemoryException() { }

    /// <summary>An error with its message.</summary>
    public OutOfDeviceMemoryException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public OutOfDeviceMemoryException(string message, Exception innerException) : base(message, innerException) { }
}

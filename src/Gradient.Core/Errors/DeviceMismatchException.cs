namespace Gradient.Core;

/// <summary>Tensors of different devices in one operation.</summary>
public class DeviceMismatchException : GradientException
{
    /// <summary>An error with a general message.</summary>
    public DeviceMismatchException() { }

    /// <summary>An error with its message.</summary>
    public DeviceMismatchException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public DeviceMismatchException(string message, Exception innerException) : base(message, innerException) { }
}

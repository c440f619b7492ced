namespace Gradient.Data;

/// <summary>An item of a dataset that could not be read; <see cref="Exception.InnerException"/> says why.</summary>
public class DatasetException : GradientException
{
    /// <summary>An error with a general message.</summary>
    public DatasetException() { }

    /// <summary>An error with its message.</summary>
    public DatasetException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public DatasetException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>An error with the item's index, its message and cause.</summary>
    public DatasetException(long index, string message, Exception innerException) : base(message, innerException) => Index = index;

    /// <summary>Which item it was; −1 if it is not known.</summary>
    public long Index { get; } = -1;
}

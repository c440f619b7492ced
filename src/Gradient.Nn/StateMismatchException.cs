namespace Gradient.Nn;

/// <summary>A state dictionary that does not fit a module; nothing of it was loaded.</summary>
public class StateMismatchException : GradientException
{
    /// <summary>An error with a general message.</summary>
    public StateMismatchException() { }

    /// <summary>An error with its message.</summary>
    public StateMismatchException(string message) : base(message) { }

    /// <summary>An error with its message and cause.</summary>
    public StateMismatchException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>An error that lists what does not fit.</summary>
    /// <param name="module">The type of the module.</param>
    /// <param name="missing">Paths of the module that the dictionary lacks.</param>
    /// <param name="unexpected">Paths of the dictionary that the module lacks.</param>
    /// <param name="differing">Paths of both, with both shapes or element types.</param>
    public StateMismatchException(
        string module, IReadOnlyList<string> missing, IReadOnlyList<string> unexpected, IReadOnlyList<string> differing)
        : base(Describe(module, missing, unexpected, differing)) =>
        (Missing, Unexpected, Differing) = (missing, unexpected, differing);

    /// <summary>Paths of the module that the dictionary lacks.</summary>
    public IReadOnlyList<string> Missing { get; } = [];

    /// <summary>Paths of the dictionary that the module lacks.</summary>
    public IReadOnlyList<string> Unexpected { get; } = [];

    /// <summary>Paths of both, with both shapes or element types.</summary>
    public IReadOnlyList<string> Differing { get; } = [];

    private static string Describe(
        string module, IReadOnlyList<string> missing, IReadOnlyList<string> unexpected, IReadOnlyList<string> differing)
    {
        string text = $"The state does not fit this {module}; nothing was loaded.";
        if (missing.Count > 0) text += $" Missing: {string.Join(", ", missing)}.";
        if (unexpected.Count > 0) text += $" Unexpected: {string.Join(", ", unexpected)}.";
        if (differing.Count > 0) text += $" Of another shape or type: {string.Join("; ", differing)}.";
        return differing.Count > 0 ? text : text + " Pass strict: false to load what fits.";
    }
}

namespace Gradient.Mutation.Tests;

/// <summary>What a mutant does to its place.</summary>
public enum MutantKind
{
    /// <summary>A barrier is deleted.</summary>
    Barrier,

    /// <summary>A comparison is off by one: &lt; and &lt;=, &gt; and &gt;= trade places.</summary>
    Boundary,

    /// <summary>A comparison lets everything pass.</summary>
    Guard,

    /// <summary>A minimum of two is one of them.</summary>
    Minimum,
}

/// <summary>One change of one shader.</summary>
/// <param name="Number">What softmetal_mutant asks for, from 1.</param>
/// <param name="File">The file in shaders/.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Function">The function around it.</param>
/// <param name="Kind">What is done.</param>
/// <param name="Change">What was there → what is there now; told apart by an ordinal where a function has it twice.</param>
public sealed record Mutant(int Number, string File, int Line, string Function, MutantKind Kind, string Change)
{
    /// <summary>Stays the same when lines move.</summary>
    public string Key => $"{File} {Function}: {Change}";

    /// <summary>Whether it takes a barrier or a check away: all kinds but a comparison that is off by one.</summary>
    public bool IsDeletion => Kind != MutantKind.Boundary;

    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line} {Function}: {Change}";
}

namespace Gradient.Data;

/// <summary>How a CSV file is to be read (RFC 4180: quoted fields may have separators, line ends and doubled quotes in them).</summary>
public sealed record CsvOptions
{
    /// <summary>What parts fields; a comma if not given.</summary>
    public char Separator { get; init; } = ',';

    /// <summary>Whether the first row names the columns; otherwise their names are "0", "1", …</summary>
    public bool Header { get; init; } = true;

    /// <summary>The columns of the input, in this order; all that are not targets if null.</summary>
    public IReadOnlyList<string>? Inputs { get; init; }

    /// <summary>The columns of the target, in this order; the last column if null.</summary>
    public IReadOnlyList<string>? Targets { get; init; }

    /// <summary>Whether the one target is a class (Int64, 0-d) rather than numbers (Float32 [targets]).</summary>
    public bool TargetIsClass { get; init; }

    /// <summary>
    /// The names of the classes, in the order of their numbers. If null, fields that are whole numbers are the classes' numbers; otherwise
    /// <see cref="CsvDataset"/> numbers the names that it finds in the order of their characters.
    /// </summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>What an empty field counts as; an error if null.</summary>
    public float? Missing { get; init; }
}

using System.Globalization;

namespace Gradient.Data;

/// <summary>The classes of a CSV file's target: by name, or whole numbers as they are.</summary>
internal sealed class CsvClasses
{
    private readonly Dictionary<string, long>? numbers;
    private readonly string path;

    /// <summary>Classes of these names; whole numbers if null.</summary>
    public CsvClasses(IReadOnlyList<string>? names, string path)
    {
        this.path = path;
        Names = names ?? [];
        if (names is null) return;
        numbers = [];
        foreach (string name in names)
            if (!numbers.TryAdd(name, numbers.Count)) throw new DatasetException($"{path}: the class '{name}' is given twice.");
    }

    /// <summary>Their names; none if they are numbers.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Those that rows have: whole numbers if all are, else the names in the order of their characters.</summary>
    public static CsvClasses Find(List<CsvRow> rows, string path)
    {
        var names = new HashSet<string>(rows.Select(row => row.Class!));
        return new(names.All(name => IsNumber(name, out _)) ? null : [.. names.Order(StringComparer.Ordinal)], path);
    }

    /// <summary>A row's class.</summary>
    /// <exception cref="CorruptFileException">It is none of them.</exception>
    public long Of(CsvRow row)
    {
        if (numbers is null ? IsNumber(row.Class!, out long number) : numbers.TryGetValue(row.Class!, out number)) return number;
        throw new CorruptFileException($"{path}, line {row.Line}: '{row.Class}' is no class; {(numbers is null ? "CsvOptions.Classes names them" : $"they are {string.Join(", ", Names.Take(20))}")}.");
    }

    private static bool IsNumber(string text, out long number) => long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

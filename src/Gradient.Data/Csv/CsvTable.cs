using System.Globalization;
using nietras.SeparatedValues;

namespace Gradient.Data;

/// <summary>A row: the numbers of inputs and targets, or in place of the latter the name of a class.</summary>
internal readonly record struct CsvRow(float[] Inputs, float[] Targets, string? Class, int Line);

/// <summary>A CSV file's rows by the package Sep, with columns chosen and fields made into numbers.</summary>
internal sealed class CsvTable(string path, CsvOptions options)
{
    /// <summary>The names of the input's columns, known from the first row on.</summary>
    public IReadOnlyList<string> Inputs { get; private set; } = [];

    /// <summary>The names of the target's columns, known from the first row on.</summary>
    public IReadOnlyList<string> Targets { get; private set; } = [];

    /// <summary>The rows of the file.</summary>
    /// <exception cref="CorruptFileException">A row has another number of fields, or a field is no number.</exception>
    /// <exception cref="DatasetException">There is no such column.</exception>
    public IEnumerable<CsvRow> Read()
    {
        using var reader = Open();
        string[]? names = null;
        int[] inputs = [], targets = [];
        while (MoveNext(reader))
        {
            if (names is null) (inputs, targets) = Choose(names = Names(reader));
            yield return Parse(reader.Current, names.Length, inputs, targets);
        }
    }

    private SepReader Open()
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return new Sep(options.Separator).Reader(o => o with { HasHeader = options.Header, Unescape = true, DisableColCountCheck = true }).From(file);
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            file.Dispose();
            throw new CorruptFileException($"{path} is no CSV file: {e.Message}", e);
        }
    }

    private bool MoveNext(SepReader reader)
    {
        try
        {
            return reader.MoveNext();
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            throw new CorruptFileException($"{path} is no CSV file: {e.Message}", e);
        }
    }

    /// <summary>What Sep throws for text that it cannot take: a row above its limits, a column's name that is there twice.</summary>
    private static bool IsOfTheFile(Exception e) => e is InvalidDataException or NotSupportedException or ArgumentException or InvalidOperationException;

    private string[] Names(SepReader reader)
    {
        if (options.Header) return [.. reader.Header.ColNames];
        var names = new string[reader.Current.ColCount];
        for (int i = 0; i < names.Length; i++) names[i] = i.ToString(CultureInfo.InvariantCulture);
        return names;
    }

    private (int[] Inputs, int[] Targets) Choose(string[] names)
    {
        Targets = options.Targets ?? [names[^1]];
        Inputs = options.Inputs ?? [.. names.Where(name => !Targets.Contains(name))];
        if (options.TargetIsClass && Targets.Count != 1) throw new DatasetException($"{path}: a class is one column, not {Targets.Count}: {string.Join(", ", Targets)}.");
        return (Places(Inputs), Places(Targets));

        int[] Places(IReadOnlyList<string> columns)
        {
            var places = new int[columns.Count];
            for (int i = 0; i < places.Length; i++)
            {
                places[i] = Array.IndexOf(names, columns[i]);
                if (places[i] < 0) throw new DatasetException($"{path} has no column '{columns[i]}'. It has {string.Join(", ", names.Take(20))}{(names.Length > 20 ? ", …" : "")}.");
            }

            return places;
        }
    }

    private CsvRow Parse(SepReader.Row row, int fields, int[] inputs, int[] targets)
    {
        if (row.ColCount != fields)
            throw new CorruptFileException($"{path}, line {row.LineNumberFrom}: {row.ColCount} fields, where the first row has {fields}.");
        var x = new float[inputs.Length];
        for (int i = 0; i < x.Length; i++) x[i] = Number(row, inputs[i], Inputs[i]);
        if (options.TargetIsClass) return new(x, [], row[targets[0]].ToString(), row.LineNumberFrom);
        var y = new float[targets.Length];
        for (int i = 0; i < y.Length; i++) y[i] = Number(row, targets[i], Targets[i]);
        return new(x, y, null, row.LineNumberFrom);
    }

    private float Number(SepReader.Row row, int column, string name)
    {
        var text = row[column].Span.Trim();
        if (text.IsEmpty && options.Missing is { } missing) return missing;
        if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)) return value;
        throw new CorruptFileException(
            $"{path}, line {row.LineNumberFrom}, column '{name}': {(text.IsEmpty ? "an empty field; CsvOptions.Missing says what it counts as" : $"'{text}' is no number")}.");
    }
}

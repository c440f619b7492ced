using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>
/// The rows of a CSV file, read into memory: inputs Float32 [columns]; targets Float32 [columns], or a class, Int64, 0-d. For files larger
/// than memory there is <see cref="CsvStream"/>.
/// </summary>
public sealed class CsvDataset : Dataset
{
    private readonly TensorDataset rows;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, in UTF-8.</param>
    /// <param name="options">Columns, separator, classes; those of <see cref="CsvOptions"/> if null.</param>
    /// <exception cref="CorruptFileException">It has no row, rows differ in length, or a field is no number or class; the message names the line.</exception>
    /// <exception cref="DatasetException">There is no such column.</exception>
    /// <exception cref="IOException">It cannot be opened (<see cref="FileNotFoundException"/> if there is none).</exception>
    public CsvDataset(string path, CsvOptions? options = null)
    {
        options ??= new();
        var table = new CsvTable(path, options);
        List<CsvRow> all = [.. table.Read()];
        if (all.Count == 0) throw new CorruptFileException($"{path} has no row.");
        Inputs = table.Inputs;
        Targets = table.Targets;
        var inputs = Stack(all, row => row.Inputs);
        if (!options.TargetIsClass)
        {
            rows = new(inputs, Stack(all, row => row.Targets));
            return;
        }

        var classes = options.Classes is null ? CsvClasses.Find(all, path) : new(options.Classes, path);
        Classes = classes.Names;
        rows = new(inputs, Tensor.From<long>([.. all.Select(classes.Of)], [all.Count], Devices.Cpu));
    }

    /// <inheritdoc/>
    public override int Count => rows.Count;

    /// <summary>The names of the input's columns.</summary>
    public IReadOnlyList<string> Inputs { get; }

    /// <summary>The names of the target's columns.</summary>
    public IReadOnlyList<string> Targets { get; }

    /// <summary>The names of the classes, in the order of their numbers; none if the file has the numbers, or no classes.</summary>
    public IReadOnlyList<string> Classes { get; } = [];

    /// <inheritdoc/>
    public override (Tensor Input, Tensor Target) GetItem(int index) => rows.GetItem(index);

    /// <inheritdoc/>
    public override (Tensor Inputs, Tensor Targets) GetBatch(ReadOnlySpan<int> indices) => rows.GetBatch(indices);

    private static Tensor Stack(List<CsvRow> rows, Func<CsvRow, float[]> part)
    {
        int width = part(rows[0]).Length;
        var tensor = Tensor.Empty([rows.Count, width], DType.Float32, Devices.Cpu);
        var to = tensor.AsSpan<float>();
        for (int i = 0; i < rows.Count; i++) part(rows[i]).CopyTo(to[(i * width)..]);
        GC.KeepAlive(tensor);
        return tensor;
    }
}

using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>
/// The rows of a CSV file, one after the other, never all in memory: inputs Float32 [columns]; targets Float32 [columns], or a class, Int64,
/// 0-d. Each epoch reads the file again.
/// </summary>
/// <param name="path">The file, in UTF-8.</param>
/// <param name="options">Columns, separator, classes; those of <see cref="CsvOptions"/> if null. Classes that are no numbers must be named.</param>
public sealed class CsvStream(string path, CsvOptions? options = null) : StreamingDataset
{
    private readonly CsvOptions options = options ?? new();

    /// <inheritdoc/>
    /// <exception cref="CorruptFileException">Rows differ in length, or a field is no number or class; the message names the line.</exception>
    /// <exception cref="DatasetException">There is no such column.</exception>
    /// <exception cref="IOException">The file cannot be opened (<see cref="FileNotFoundException"/> if there is none).</exception>
    public override IEnumerable<Func<(Tensor Input, Tensor Target)>> Read(long epoch)
    {
        var classes = new CsvClasses(options.Classes, path);
        foreach (var row in new CsvTable(path, options).Read())
            yield return () => (
                Tensor.From<float>(row.Inputs, [row.Inputs.Length], Devices.Cpu),
                options.TargetIsClass ? Tensor.From<long>([classes.Of(row)], [], Devices.Cpu) : Tensor.From<float>(row.Targets, [row.Targets.Length], Devices.Cpu));
    }
}

namespace Gradient.Data;

/// <summary>An example per file, read when it is asked for.</summary>
public class FileDataset : Dataset
{
    private readonly string[] paths;
    private readonly Func<string, (Tensor Input, Tensor Target)> load;

    /// <summary>The examples of these files, in this order.</summary>
    /// <param name="paths">Their paths.</param>
    /// <param name="load">Reads one; called by several threads at once.</param>
    public FileDataset(IEnumerable<string> paths, Func<string, (Tensor Input, Tensor Target)> load)
    {
        ArgumentNullException.ThrowIfNull(load);
        this.paths = [.. paths];
        this.load = load;
    }

    /// <summary>The files below a folder, in the order of their paths' characters, which is the same on every machine.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="pattern">As of <see cref="Directory.EnumerateFiles(string, string)"/>: "*.npy".</param>
    /// <param name="load">Reads one; called by several threads at once.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public FileDataset(string root, string pattern, Func<string, (Tensor Input, Tensor Target)> load)
        : this(Directory.EnumerateFiles(root, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal), load)
    {
    }

    /// <inheritdoc/>
    public override int Count => paths.Length;

    /// <summary>The files, in the order of the examples.</summary>
    public IReadOnlyList<string> Paths => paths;

    /// <summary>Inputs and targets in files of their own.</summary>
    /// <param name="inputs">The inputs' paths.</param>
    /// <param name="targets">The targets' paths, one for each input.</param>
    /// <param name="loadInput">Reads an input: <c>path => Npy.Load(path)</c>.</param>
    /// <param name="loadTarget">Reads a target.</param>
    /// <exception cref="ArgumentException">Not as many targets as inputs.</exception>
    public static FileDataset Pairs(
        IReadOnlyList<string> inputs, IReadOnlyList<string> targets, Func<string, Tensor> loadInput, Func<string, Tensor> loadTarget)
    {
        if (inputs.Count != targets.Count) throw new ArgumentException($"{inputs.Count} inputs and {targets.Count} targets; there is one target per input.", nameof(targets));
        var of = new Dictionary<string, string>(inputs.Count);
        for (int i = 0; i < inputs.Count; i++)
            if (!of.TryAdd(inputs[i], targets[i])) throw new ArgumentException($"The input {inputs[i]} is there twice.", nameof(inputs));
        return new(inputs, path => (loadInput(path), loadTarget(of[path])));
    }

    /// <inheritdoc/>
    public override (Tensor Input, Tensor Target) GetItem(int index)
    {
        Check(index);
        return load(paths[index]);
    }
}

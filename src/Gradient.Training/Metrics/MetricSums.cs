namespace Gradient.Training;

/// <summary>What a <see cref="Metric"/> has gathered.</summary>
internal sealed class MetricSums
{
    private readonly SortedDictionary<string, RunningSum> sums = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, List<Tensor>> kept = new(StringComparer.Ordinal);

    public RunningSum Sum(string name)
    {
        if (!sums.TryGetValue(name, out var sum)) sums.Add(name, sum = new());
        return sum;
    }

    public void Append(string name, Tensor values)
    {
        if (!kept.TryGetValue(name, out var list)) kept.Add(name, list = []);
        list.Add(values.Copy().Persist());
    }

    public Tensor First(string name, Tensor value)
    {
        if (!kept.ContainsKey(name)) Append(name, value);
        return kept[name][0];
    }

    public double[] Kept(string name)
    {
        if (!kept.TryGetValue(name, out var list)) return [];
        using var scope = TensorScope.Begin();
        var all = new double[list.Sum(tensor => tensor.ElementCount)];
        int at = 0;
        foreach (var tensor in list)
        {
            tensor.To(Devices.Cpu).To(DType.Float64).CopyTo<double>(all.AsSpan(at, (int)tensor.ElementCount));
            at += (int)tensor.ElementCount;
        }

        return all;
    }

    /// <summary>Forgets everything, and gives the memory back.</summary>
    public void Clear()
    {
        foreach (var (_, sum) in sums) sum.Clear();
        foreach (var (_, list) in kept)
            foreach (var tensor in list) tensor.Dispose();
        sums.Clear();
        kept.Clear();
    }

    /// <summary>Everything as tensors: sums, and what was kept, numbered.</summary>
    public void Save(string prefix, IDictionary<string, Tensor> into)
    {
        foreach (var (name, sum) in sums) sum.Save(prefix + name, into);
        foreach (var (name, list) in kept)
            for (int i = 0; i < list.Count; i++) into.Add($"{prefix}{name}.{i}", list[i]);
    }

    /// <summary>What <see cref="Save"/> put under a prefix.</summary>
    public static MetricSums Restore(string prefix, IReadOnlyDictionary<string, Tensor> from, Device device)
    {
        var restored = new MetricSums();
        foreach (var (key, tensor) in from)
        {
            if (!key.StartsWith(prefix, StringComparison.Ordinal)) continue;
            int dot = key.LastIndexOf('.');
            string name = key[prefix.Length..dot], part = key[(dot + 1)..];
            if (part == "sum") restored.sums[name] = RunningSum.Restore(tensor, from.GetValueOrDefault($"{prefix}{name}.lost"), device);
            if (part != "0") continue;
            using var _ = TensorScope.Suppress();
            var list = restored.kept[name] = [];
            for (int i = 0; from.TryGetValue($"{prefix}{name}.{i}", out var values); i++) list.Add(values.To(device).Copy().Persist());
        }

        return restored;
    }
}

namespace Gradient.Data;

/// <summary>Examples that lie in two tensors, along the first axis.</summary>
public sealed class TensorDataset : Dataset
{
    private readonly Tensor inputs, targets;

    /// <summary>Inputs [count, …] and targets [count, …]; shared, not copied, if they are contiguous.</summary>
    /// <exception cref="ShapeMismatchException">A tensor has no axes, or they do not have the same number of rows.</exception>
    public TensorDataset(Tensor inputs, Tensor targets)
    {
        if (inputs.Rank == 0 || targets.Rank == 0 || inputs.Shape[0] != targets.Shape[0])
            throw new ShapeMismatchException($"TensorDataset: inputs {inputs.Shape} and targets {targets.Shape} need the same number of rows.");
        if (inputs.Shape[0] > int.MaxValue)
            throw new ShapeMismatchException($"TensorDataset: inputs {inputs.Shape} have more than {int.MaxValue:N0} rows.");
        this.inputs = inputs.Contiguous().Persist();
        this.targets = targets.Contiguous().Persist();
    }

    /// <summary>Inputs and targets one by one, copied into one tensor each: those of all examples have equal shapes and types.</summary>
    /// <exception cref="DatasetException">Shapes or types differ; the error names the index.</exception>
    /// <exception cref="ArgumentException">There are none, or not as many inputs as targets.</exception>
    public TensorDataset(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> targets)
        : this(Stacked(inputs, targets))
    {
    }

    private TensorDataset((Tensor Inputs, Tensor Targets) stacked)
        : this(stacked.Inputs, stacked.Targets)
    {
    }

    /// <inheritdoc/>
    public override int Count => (int)inputs.Shape[0];

    /// <summary>An example as views of the tensors.</summary>
    public override (Tensor Input, Tensor Target) GetItem(int index)
    {
        Check(index);
        return (inputs.View(inputs.Layout.Select(0, index)), targets.View(targets.Layout.Select(0, index)));
    }

    /// <inheritdoc/>
    public override (Tensor Inputs, Tensor Targets) GetBatch(ReadOnlySpan<int> indices)
    {
        if (indices.IsEmpty) throw new ArgumentException("A batch needs at least one index.", nameof(indices));
        foreach (int index in indices) Check(index);
        return (Rows.Gather(inputs, indices), Rows.Gather(targets, indices));
    }

    private static (Tensor Inputs, Tensor Targets) Stacked(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> targets)
    {
        if (inputs.Count == 0 || inputs.Count != targets.Count)
            throw new ArgumentException($"TensorDataset: {inputs.Count} inputs and {targets.Count} targets; one target per input, and at least one.", nameof(targets));
        var all = new int[inputs.Count];
        for (int i = 0; i < all.Length; i++) all[i] = i;
        return Rows.Stack<int>(all, i => (inputs[i], targets[i]), i => i, nameof(TensorDataset));
    }
}

namespace Gradient.Autograd;

/// <summary>
/// What the tape keeps of one recorded operation: how to get from the gradient of its output to those of its inputs. A node
/// refers to the nodes of its inputs, not to their values, so that a value nobody saved can be reclaimed at once.
/// </summary>
internal sealed class Node
{
    private static long lastSequence;

    public Node(string name, GradientTensor output, Node?[] inputs)
    {
        Name = name;
        Inputs = inputs;
        Shape = output.Shape;
        DType = output.DType;
        Sequence = Interlocked.Increment(ref lastSequence);
    }

    private Node(GradientTensor leaf)
    {
        Name = "leaf";
        Inputs = [];
        Leaf = leaf;
        Shape = leaf.Shape;
        DType = leaf.DType;
    }

    /// <summary>The <see cref="Sequence"/> of the newest node.</summary>
    public static long LastSequence => Volatile.Read(ref lastSequence);

    /// <summary>The node of a tensor that the user made: what reaches it is added to its gradient.</summary>
    public static Node ForLeaf(GradientTensor leaf) => new(leaf);

    public string Name { get; }

    /// <summary>The nodes that made the inputs; null for inputs that need no gradient.</summary>
    public Node?[] Inputs { get; }

    /// <summary>Later operations have higher numbers; leaves have 0 and so come last.</summary>
    public long Sequence { get; }

    /// <summary>The shape of the output, and so of its gradient.</summary>
    public Shape Shape { get; }

    /// <summary>The type of the output, and so of its gradient.</summary>
    public DType DType { get; }

    public GradientTensor? Leaf { get; }

    /// <summary>From the gradient of the output to those of the inputs; null once it has run and was freed.</summary>
    public Func<GradientTensor, GradientTensor?[]>? Backward { get; set; }

    /// <summary>Checkpoints only: recomputes the output with its graph, to be walked in the same pass.</summary>
    public Func<GradientTensor>? Recompute { get; set; }

    /// <summary>
    /// Of an operation whose output is a part of its one input: what the part is of the input's layout. Backward then adds in place.
    /// </summary>
    public Func<Layout, Layout>? Part { get; set; }

    /// <summary>Values that <see cref="Backward"/> reads, with the versions they had.</summary>
    public Saved[] SavedValues { get; set; } = [];

    /// <summary>Whether the closure is one of ours, which never keeps the gradient it is given.</summary>
    public bool IsBuiltIn { get; set; }

    /// <summary>An inner tensor whose gradient is wanted too.</summary>
    public GradientTensor? Retained { get; set; }

    /// <summary>Where the operation was called, if <see cref="Tape.DetectAnomaly"/> was on then.</summary>
    public string? CallSite { get; set; }

    public void CheckVersions()
    {
        foreach (var saved in SavedValues)
            if (!saved.IsIntact)
                throw new TapeException(
                    $"{Name}: a value of shape {saved.Tensor.Shape} that backward needs was overwritten in place, or replaced, after it was "
                    + "recorded. Overwrite a Clone instead, or call Backward before.");
    }

    /// <summary>Lets go of the closure and what it saved.</summary>
    public void Free()
    {
        Backward = null;
        Recompute = null;
        SavedValues = [];
    }

    /// <summary>A tensor that backward reads, and what its storage was when it was recorded.</summary>
    public readonly struct Saved(GradientTensor tensor)
    {
        private readonly Storage storage = tensor.Value.Storage;
        private readonly int version = tensor.Value.Storage.Version;

        public GradientTensor Tensor => tensor;

        public bool IsIntact => ReferenceEquals(tensor.Value.Storage, storage) && storage.Version == version;
    }
}

namespace Gradient.Autograd;

/// <summary>
/// One walk over the graph, from outputs to leaves. Nodes are visited in descending order of their sequence numbers, so that
/// every consumer of a value has run before its producer, and each is visited once.
/// </summary>
internal sealed class BackwardPass
{
    private readonly bool retainGraph, createGraph;
    private readonly PriorityQueue<Node, long> queue = new();
    private readonly Dictionary<Node, Pending> pending = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Node, int>? wanted;
    private readonly HashSet<Node>? onTheWay;
    private readonly GradientTensor?[] found;

    /// <param name="retainGraph">Whether closures stay for another pass.</param>
    /// <param name="createGraph">Whether the pass is recorded itself.</param>
    /// <param name="wanted">The nodes whose gradients to return instead of adding to leaves; null for a plain backward.</param>
    public BackwardPass(bool retainGraph, bool createGraph, Node[]? wanted = null)
    {
        this.retainGraph = retainGraph;
        this.createGraph = createGraph;
        found = new GradientTensor?[wanted?.Length ?? 0];
        if (wanted is null) return;
        this.wanted = new(ReferenceEqualityComparer.Instance);
        onTheWay = new(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < wanted.Length; i++) this.wanted.TryAdd(wanted[i], i);
    }

    public GradientTensor?[] Run(ReadOnlySpan<Node> roots, ReadOnlySpan<GradientTensor> gradients)
    {
        using var mode = createGraph ? Tape.EnableGrad() : Tape.NoGrad();
        for (int i = 0; i < roots.Length; i++)
        {
            MarkTheWay(roots[i]);
            Add(roots[i], gradients[i], fresh: false);
        }

        while (queue.TryDequeue(out var node, out _))
        {
            pending.Remove(node, out var arrived);
            Visit(node, arrived);
        }

        return found;
    }

    private void Visit(Node node, Pending arrived)
    {
        var gradient = arrived.Gradient;
        if (node.Retained is { } inner) inner.AccumulateGrad(gradient, fresh: false, createGraph);
        bool isWanted = wanted is not null && wanted.ContainsKey(node);
        if (isWanted) found[wanted![node]] = gradient;
        if (node.Leaf is { } leaf)
        {
            if (wanted is null) leaf.AccumulateGrad(gradient, arrived.Fresh && node.Retained is null, createGraph);
            return;
        }

        if (node.Recompute is { } recompute) Splice(node, recompute, gradient);
        else Propagate(node, gradient);
        if (!retainGraph) node.Free();
        // A gradient that only this pass has seen goes back to the pool at once instead of waiting for the collector.
        if (arrived.Fresh && node.IsBuiltIn && !createGraph && !isWanted && node.Retained is null && !Arrived(node, gradient))
            gradient.Value.Dispose();
    }

    private void Propagate(Node node, GradientTensor gradient)
    {
        if (node.Backward is not { } backward)
            throw new TapeException(
                $"{node.Name}: its part of the graph was freed by an earlier Backward. Pass retainGraph: true to the earlier one to walk it twice.");
        node.CheckVersions();
        long before = Storage.LastId;
        var results = backward(gradient);
        if (results.Length != node.Inputs.Length)
            throw new TapeException($"{node.Name}: backward returned {results.Length} gradients for {node.Inputs.Length} inputs.");
        for (int i = 0; i < results.Length; i++)
        {
            if (node.Inputs[i] is not { } input || results[i] is not { } result) continue;
            if (onTheWay is not null && !onTheWay.Contains(input)) continue;
            if (Tape.IsDetectingAnomaly) CheckFinite(node, i, result);
            var fitting = Fit(node, i, input, result);
            // Made during this closure, seen through this one handle, handed to this one input: nobody else can change or need it.
            bool fresh = fitting.Value.Storage.Id > before && fitting.Value.Storage.IsUnshared && fitting.Value.IsContiguous
                && results.AsSpan(i + 1).IndexOf(result) < 0 && results.AsSpan(0, i).IndexOf(result) < 0;
            Add(input, fitting, fresh);
        }
    }

    /// <summary>Computes a checkpoint's inside again and lets this pass walk it: its nodes are newer than all that is left.</summary>
    private void Splice(Node node, Func<GradientTensor> recompute, GradientTensor gradient)
    {
        node.CheckVersions();
        GradientTensor again;
        using (Tape.EnableGrad()) again = recompute();
        ShapeChecks.Equal("Checkpoint (the recomputed output)", again.Shape, node.Shape);
        if (again.GradientNode is not { } root) return;
        MarkTheWay(root);
        Add(root, gradient, fresh: false);
    }

    /// <summary>The gradient in the shape and type of the input it belongs to: the one place where broadcasts are undone.</summary>
    private static GradientTensor Fit(Node node, int index, Node input, GradientTensor gradient)
    {
        if (gradient.Shape != input.Shape)
        {
            if (!Shape.TryBroadcast(gradient.Shape, input.Shape, out var both) || both != gradient.Shape)
                throw new TapeException(
                    $"{node.Name}: backward returned a gradient of shape {gradient.Shape} for input {index} of shape {input.Shape}.");
            gradient = gradient.SumTo(input.Shape);
        }

        return gradient.DType == input.DType ? gradient : gradient.To(input.DType);
    }

    private void Add(Node node, GradientTensor gradient, bool fresh)
    {
        if (!pending.TryGetValue(node, out var before))
        {
            pending.Add(node, new(gradient, fresh));
            queue.Enqueue(node, -node.Sequence);
            return;
        }

        if (before.Fresh && !createGraph)
        {
            var sum = before.Gradient.Value;
            sum.Backend.Binary(BinaryKind.Add, sum, gradient.Value, sum);
            if (fresh) gradient.Value.Dispose();
        }
        else
        {
            pending[node] = new(before.Gradient + gradient, Fresh: !createGraph);
        }
    }

    /// <summary>Whether the gradient itself was handed on to an input of the node.</summary>
    private bool Arrived(Node node, GradientTensor gradient)
    {
        foreach (var input in node.Inputs)
            if (input is not null && pending.TryGetValue(input, out var next) && ReferenceEquals(next.Gradient, gradient)) return true;
        return false;
    }

    /// <summary>Marks what lies between the root and the wanted nodes; nothing else has to be walked.</summary>
    private void MarkTheWay(Node root)
    {
        if (onTheWay is null) return;
        var stack = new Stack<(Node Node, bool Done)>();
        var seen = new HashSet<Node>(ReferenceEqualityComparer.Instance);
        stack.Push((root, false));
        while (stack.TryPop(out var top))
        {
            var (node, done) = top;
            if (done)
            {
                bool leads = wanted!.ContainsKey(node) || node.Recompute is not null;
                foreach (var input in node.Inputs) leads |= input is not null && onTheWay.Contains(input);
                if (leads) onTheWay.Add(node);
                continue;
            }

            if (!seen.Add(node)) continue;
            stack.Push((node, true));
            foreach (var input in node.Inputs)
                if (input is not null) stack.Push((input, false));
        }
    }

    private static void CheckFinite(Node node, int index, GradientTensor gradient)
    {
        using var _ = Tape.NoGrad();
        if (gradient.IsFinite().All().Item<bool>()) return;
        throw new TapeException(
            $"Backward of {node.Name} made the first NaN or infinity, in the gradient of input {index} of shape {gradient.Shape}. "
            + $"The operation was called{Environment.NewLine}{node.CallSite ?? "   while DetectAnomaly was off; turn it on before the forward to see where"}");
    }

    private readonly record struct Pending(GradientTensor Gradient, bool Fresh);
}

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
        using var types = Autocast.Use(null); // forward has chosen them
        for (int i = 0; i < roots.Length; i++)
        {
            MarkTheWay(roots[i]);
            Add(roots[i], gradients[i], fresh: false);
        }

        Walk(downTo: 0);
        return found;
    }

    /// <summary>Visits all nodes that wait with at least this sequence number, and those that they lead to.</summary>
    private void Walk(long downTo)
    {
        while (queue.TryPeek(out var node, out _) && node.Sequence >= downTo)
        {
            queue.Dequeue();
            pending.Remove(node, out var arrived);
            Visit(node, arrived);
        }
    }

    private void Visit(Node node, Pending arrived)
    {
        var gradient = arrived.Gradient;
        if (node.Retained is { } inner) inner.AccumulateGrad(gradient, fresh: false, createGraph);
        bool isWanted = wanted is not null && wanted.ContainsKey(node);
        if (isWanted) found[wanted![node]] = gradient;
        if (node.Leaf is { } leaf)
        {
            if (wanted is not null) return;
            lock (node) leaf.AccumulateGrad(gradient, arrived.Fresh, createGraph);
            return;
        }

        // Below the last wanted node there is nothing to do.
        if (onTheWay is not null && node.Recompute is null && !LeadsOn(node)) return;
        // Ours to change or dispose: only this pass has seen the gradient, and only a closure that keeps nothing will.
        bool owned = arrived.Fresh && node.IsBuiltIn && !isWanted;
        using var region = MemoryProfiler.IsRunning ? MemoryProfiler.Within("backward of " + node.Name) : default;
        if (node.Recompute is { } recompute) Splice(node, recompute, gradient);
        else Propagate(node, gradient, owned);
        if (!retainGraph) node.Free();
    }

    private void Propagate(Node node, GradientTensor gradient, bool owned)
    {
        if (node.Backward is not { } backward)
            throw new TapeException(
                $"{node.Name}: its part of the graph was freed by an earlier Backward. Pass retainGraph: true to the earlier one to walk it twice.");
        node.CheckVersions();
        if (node.Part is { } part && TryAddInto(node.Inputs[0], part, gradient))
        {
            if (owned) gradient.Value.Dispose();
            return;
        }

        var ownedStorage = owned ? gradient.Value.Storage : null;
        long before = Storage.LastId;
        var results = backward(gradient)
            ?? throw new TapeException($"{node.Name}: backward returned null; return one gradient per input, null for an input that has none.");
        if (results.Length != node.Inputs.Length)
            throw new TapeException($"{node.Name}: backward returned {results.Length} gradients for {node.Inputs.Length} inputs.");
        bool handedOn = false;
        for (int i = 0; i < results.Length; i++)
        {
            if (!IsNeeded(node.Inputs[i])) results[i] = null;
            if (results[i] is not { } result) continue;
            if (Tape.IsDetectingAnomaly) CheckFinite(node, i, result);
            var fitting = Fit(node, i, node.Inputs[i]!, result);
            // What was summed to the input's shape is of no use any more.
            if (!ReferenceEquals(fitting, result) && !createGraph && node.IsBuiltIn && IsFresh(results, i, before, null)) result.Value.Dispose();
            results[i] = fitting;
            handedOn |= ReferenceEquals(results[i]!.Value, gradient.Value);
        }

        // A gradient that only this pass has seen goes back to the pool at once instead of waiting for the collector.
        if (owned && !handedOn) gradient.Value.Dispose();
        for (int i = 0; i < results.Length; i++)
            if (results[i] is { } result) Add(node.Inputs[i]!, result, !createGraph && node.IsBuiltIn && IsFresh(results, i, before, ownedStorage));
    }

    /// <summary>
    /// Whether nobody but this pass knows the storage of result i: it was made by the closure (its storage is newer than
    /// <paramref name="before"/>) or that of a gradient that was ours, is seen through one handle, and goes to one input.
    /// </summary>
    private static bool IsFresh(GradientTensor?[] results, int i, long before, Storage? owned)
    {
        var value = results[i]!.Value;
        if (value.Storage.Id <= before && !ReferenceEquals(value.Storage, owned)) return false;
        if (!value.Storage.IsUnshared || !value.IsContiguous) return false;
        for (int j = 0; j < results.Length; j++)
            if (j != i && results[j] is { } other && ReferenceEquals(other.Value, value)) return false;
        return true;
    }

    /// <summary>
    /// Adds the gradient of a part in place to what has arrived for the whole. Without it, n slices of a tensor would make n tensors
    /// of its size.
    /// </summary>
    private bool TryAddInto(Node? input, Func<Layout, Layout> part, GradientTensor gradient)
    {
        if (!IsNeeded(input) || Tape.IsDetectingAnomaly
            || !pending.TryGetValue(input!, out var whole) || !whole.Fresh) return false;
        using var view = whole.Gradient.Value.View(part(whole.Gradient.Value.Layout));
        view.Backend.Binary(BinaryKind.Add, view, gradient.Value, view);
        return true;
    }

    private bool IsNeeded(Node? input) => input is not null && (onTheWay is null || onTheWay.Contains(input));

    private bool LeadsOn(Node node)
    {
        foreach (var input in node.Inputs)
            if (IsNeeded(input)) return true;
        return false;
    }

    /// <summary>
    /// Computes a checkpoint's inside again and walks it: its nodes are newer than all that is left. Then what was made for it goes, but
    /// for the gradients that it hands on; unless a graph of them is wanted, which needs it.
    /// </summary>
    private void Splice(Node node, Func<GradientTensor> recompute, GradientTensor gradient)
    {
        node.CheckVersions();
        using var scope = createGraph ? null : TensorScope.Begin();
        long last = Node.LastSequence;
        GradientTensor again;
        using (Tape.EnableGrad()) again = recompute();
        ShapeChecks.Equal("Checkpoint (the recomputed output)", again.Shape, node.Shape);
        if (again.GradientNode is not { } root) return;
        MarkTheWay(root);
        Add(root, gradient, fresh: false);
        if (scope is null) return;
        Walk(downTo: last + 1);
        foreach (var (_, left) in pending) scope.MoveOut(left.Gradient.Value);
        foreach (var result in found)
            if (result is not null) scope.MoveOut(result.Value);
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

        if (before.Fresh)
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

namespace Gradient.Autograd;

/// <summary>
/// A tensor that knows how it came about: the value, whether gradients with respect to it are wanted, and its place on the
/// <see cref="Tape"/>. Operations are its methods and operators; they follow PyTorch in names, broadcasting, type promotion and
/// numerical conventions. Disposing is never needed.
/// </summary>
public sealed partial class GradientTensor
{
    private Node? leaf;
    private bool requiresGrad;

    /// <summary>Wraps a value, without a history.</summary>
    /// <param name="value">The value, shared, not copied.</param>
    /// <param name="requiresGrad">Whether <see cref="Backward"/> shall leave a gradient in <see cref="Grad"/>.</param>
    /// <exception cref="DTypeMismatchException">Gradients are wanted of something that is not floating point.</exception>
    public GradientTensor(Tensor value, bool requiresGrad = false)
    {
        Value = value;
        RequiresGrad = requiresGrad;
    }

    /// <summary>The value.</summary>
    public Tensor Value { get; private set; }

    /// <summary>The lengths of the axes.</summary>
    public Shape Shape => Value.Shape;

    /// <summary>The number of axes.</summary>
    public int Rank => Value.Rank;

    /// <summary>The number of elements.</summary>
    public long ElementCount => Value.ElementCount;

    /// <summary>The element type.</summary>
    public DType DType => Value.DType;

    /// <summary>Where the tensor lies.</summary>
    public Device Device => Value.Device;

    /// <summary>
    /// What <see cref="Backward"/> has summed up for this tensor so far; null before the first. Filled for leaves that require
    /// gradients, and for inner tensors after <see cref="RetainGrad"/>.
    /// </summary>
    /// <exception cref="ShapeMismatchException">A gradient of another shape is set.</exception>
    /// <exception cref="DTypeMismatchException">A gradient of another type is set.</exception>
    public GradientTensor? Grad
    {
        get;
        set
        {
            if (value is not null)
            {
                ShapeChecks.Equal("Grad", value.Shape, Shape);
                if (value.DType != DType)
                    throw new DTypeMismatchException($"Grad: a gradient of {value.DType.Name()} for a tensor of {DType.Name()}; convert it with To(DType.{DType}).");
                value.Value.Persist();
            }

            field = value;
        }
    }

    /// <summary>Whether gradients flow to this tensor: it was made to, or something it was computed from was.</summary>
    /// <exception cref="TapeException">It is switched off on a tensor with a history; use <see cref="Detach"/>.</exception>
    /// <exception cref="DTypeMismatchException">It is switched on for something that is not floating point.</exception>
    public bool RequiresGrad
    {
        get => requiresGrad || Node is not null;
        set
        {
            if (Node is not null && !value)
                throw new TapeException($"A tensor of shape {Shape} with a history requires gradients because its inputs do; use Detach().");
            if (value && !DType.IsFloatingPoint())
                throw new DTypeMismatchException($"Only floating-point tensors have gradients, not {DType.Name()}; convert with To(DType.Float32).");
            requiresGrad = value;
        }
    }

    /// <summary>Whether the tensor has no history: the user made it, or it was detached.</summary>
    public bool IsLeaf => Node is null;

    /// <summary>The operation that made the tensor; null for leaves.</summary>
    internal Node? Node { get; set; }

    /// <summary>Where gradients go: the operation that made the tensor, or the leaf itself; null if none are wanted.</summary>
    internal Node? GradientNode => Node ?? (requiresGrad ? leaf ?? LeafNode() : null);

    internal IBackend Backend => Value.Backend;

    // One node per leaf, whichever thread asks first.
    private Node LeafNode() => Interlocked.CompareExchange(ref leaf, Node.ForLeaf(this), null) ?? leaf;

    /// <summary>
    /// Walks the tape back from this tensor and adds to <see cref="Grad"/> of every leaf that requires gradients.
    /// </summary>
    /// <param name="gradient">The upstream gradient, of this tensor's shape; 1 by default, for a tensor of one element.</param>
    /// <param name="retainGraph">Whether the graph may be walked again; otherwise it is freed on the way.</param>
    /// <param name="createGraph">Whether the gradients can be differentiated themselves (implies <paramref name="retainGraph"/>).</param>
    /// <exception cref="TapeException">
    /// There is no history, it was freed, a saved value was overwritten, or the tensor has several elements and no upstream gradient.
    /// </exception>
    public void Backward(GradientTensor? gradient = null, bool retainGraph = false, bool createGraph = false) =>
        Tape.Backward(this, gradient, retainGraph, createGraph);

    /// <summary>The same value without a history, in the same storage.</summary>
    public GradientTensor Detach() => new(Value.View(Value.Layout));

    /// <summary>A contiguous copy; gradients flow through.</summary>
    public GradientTensor Clone() => Tape.Record("clone", Value.Copy(), [this], g => [g]);

    /// <summary>Has <see cref="Backward"/> fill <see cref="Grad"/> though this is no leaf.</summary>
    /// <returns>The tensor itself.</returns>
    public GradientTensor RetainGrad()
    {
        if (Node is not null) Node.Retained = this;
        return this;
    }

    /// <summary>Switches <see cref="RequiresGrad"/> and returns the tensor itself.</summary>
    public GradientTensor RequireGrad(bool requiresGrad = true)
    {
        RequiresGrad = requiresGrad;
        return this;
    }

    /// <summary>
    /// Gives the tensor another value, keeping its identity (a parameter stays the parameter that optimizers know): how modules
    /// move to another device or type, and how weights are loaded.
    /// </summary>
    /// <exception cref="TapeException">The tensor has a history.</exception>
    internal void Replace(Tensor value)
    {
        if (Node is not null) throw new TapeException($"Only a leaf can get another value, not a result of {Node.Name}.");
        Value = value;
        leaf = null;
        Grad = null;
    }

    /// <summary>
    /// Adds a gradient to <see cref="Grad"/>. One that is fresh, known to nobody else, becomes it without a copy.
    /// </summary>
    internal void AccumulateGrad(GradientTensor gradient, bool fresh, bool createGraph)
    {
        if (createGraph)
        {
            // Without a history it may be someone else's tensor (an upstream gradient, the gradient of another leaf).
            Grad = Grad is { } graph ? graph + gradient : gradient.IsLeaf ? new(gradient.Value.Copy()) : gradient;
        }
        else if (Grad is null)
        {
            Grad = fresh ? gradient : new(gradient.Value.Copy());
        }
        else if (Grad is { IsLeaf: true, requiresGrad: false } sum && sum.Value.IsContiguous)
        {
            sum.Backend.Binary(BinaryKind.Add, sum.Value, gradient.Value, sum.Value);
            sum.Value.Storage.BumpVersion();
        }
        else
        {
            Grad = new((Grad.Detach() + gradient).Value);
        }
    }
}

namespace Gradient.Autograd;

public static partial class Tape
{
    /// <summary>
    /// The gradients of the outputs, summed, with respect to the inputs, which may be leaves or inner tensors. Nothing is added to
    /// any <see cref="GradientTensor.Grad"/>.
    /// </summary>
    /// <param name="outputs">What to differentiate.</param>
    /// <param name="inputs">With respect to what.</param>
    /// <param name="outputGradients">The upstream gradients, of the outputs' shapes; ones (for single-element outputs) by default.</param>
    /// <param name="retainGraph">Whether the graph may be walked again; by default only when <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Whether the gradients can be differentiated themselves.</param>
    /// <param name="allowUnused">Whether an input that the outputs do not depend on yields zeros instead of an error.</param>
    /// <exception cref="TapeException">An output or input requires no gradient, or an input is not reached.</exception>
    public static GradientTensor[] Gradients(
        ReadOnlySpan<GradientTensor> outputs, ReadOnlySpan<GradientTensor> inputs, ReadOnlySpan<GradientTensor> outputGradients = default,
        bool? retainGraph = null, bool createGraph = false, bool allowUnused = false)
    {
        var wanted = new Node[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
            wanted[i] = inputs[i].GradientNode ?? throw new TapeException(
                $"Gradients: input {i} of shape {inputs[i].Shape} does not require gradients; make it with requiresGrad: true.");
        var (roots, gradients) = Roots("Gradients", outputs, outputGradients);
        var found = new BackwardPass(retainGraph ?? createGraph, createGraph, wanted).Run(roots, gradients);
        var results = new GradientTensor[inputs.Length];
        for (int i = 0; i < results.Length; i++)
        {
            // The same tensor may stand among the inputs twice; the pass notes it once.
            results[i] = found[Array.IndexOf(wanted, wanted[i])] ?? (allowUnused ? GradientTensor.Zeros(inputs[i].Shape, inputs[i].DType, inputs[i].Device)
                : throw new TapeException($"Gradients: the outputs do not depend on input {i} of shape {inputs[i].Shape}; pass allowUnused: true for zeros."));
        }

        return results;
    }

    /// <summary>The same for one output.</summary>
    /// <param name="outputs">What to differentiate.</param>
    /// <param name="inputs">With respect to what.</param>
    /// <param name="outputGradient">The upstream gradient, of the output's shape; one (for a single element) by default.</param>
    /// <param name="retainGraph">Whether the graph may be walked again; by default only when <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Whether the gradients can be differentiated themselves.</param>
    /// <param name="allowUnused">Whether an input that the output does not depend on yields zeros instead of an error.</param>
    /// <exception cref="TapeException">The output or an input requires no gradient, or an input is not reached.</exception>
    public static GradientTensor[] Gradients(
        GradientTensor outputs, ReadOnlySpan<GradientTensor> inputs, GradientTensor? outputGradient = null,
        bool? retainGraph = null, bool createGraph = false, bool allowUnused = false) =>
        Gradients([outputs], inputs, outputGradient is null ? [] : [outputGradient], retainGraph, createGraph, allowUnused);

    internal static void Backward(GradientTensor output, GradientTensor? gradient, bool retainGraph, bool createGraph)
    {
        var (roots, gradients) = Roots("Backward", [output], gradient is null ? [] : [gradient]);
        new BackwardPass(retainGraph || createGraph, createGraph).Run(roots, gradients);
    }

    private static (Node[] Roots, GradientTensor[] Gradients) Roots(
        string operation, ReadOnlySpan<GradientTensor> outputs, ReadOnlySpan<GradientTensor> gradients)
    {
        if (gradients.Length != 0 && gradients.Length != outputs.Length)
            throw new TapeException($"{operation}: {gradients.Length} upstream gradients for {outputs.Length} outputs.");
        var roots = new Node[outputs.Length];
        var upstream = new GradientTensor[outputs.Length];
        for (int i = 0; i < outputs.Length; i++)
        {
            var output = outputs[i];
            roots[i] = output.GradientNode ?? throw new TapeException(
                $"{operation}: the tensor of shape {output.Shape} has no history: nothing it was computed from requires gradients, "
                + "or it was computed inside NoGrad.");
            if (gradients.Length == 0 && output.ElementCount != 1)
                throw new TapeException(
                    $"{operation}: a tensor of shape {output.Shape} has no single derivative; reduce it (Sum, Mean) or pass a gradient of its shape.");
            upstream[i] = gradients.Length == 0 ? GradientTensor.Ones(output.Shape, output.DType, output.Device) : gradients[i];
            if (upstream[i].Shape != output.Shape)
                throw new ShapeMismatchException($"{operation}: an upstream gradient of shape {upstream[i].Shape} for an output of shape {output.Shape}.");
            if (upstream[i].DType != output.DType)
                throw new DTypeMismatchException(
                    $"{operation}: an upstream gradient of {upstream[i].DType.Name()} for an output of {output.DType.Name()}; convert it with To(DType.{output.DType}).");
        }

        return (roots, upstream);
    }
}

namespace Gradient.Autograd;

/// <summary>What of an elementwise operation its derivative reads, and so what the tape keeps alive.</summary>
[Flags]
internal enum Reads
{
    None = 0,
    Input = 1,
    Output = 2,
}

/// <summary>
/// What stands under each unary operation of <see cref="GradientTensor"/>: name, kernel, derivative. To add one, add a kind to
/// <see cref="UnaryKind"/>, a method with its row to <see cref="GradientTensor"/> and a kernel to each backend.
/// </summary>
/// <param name="Name">What errors call it.</param>
/// <param name="Kind">The kernel.</param>
/// <param name="Reads">What the derivative reads.</param>
/// <param name="Derivative">(x, y, g, p) → the gradient of x; null where it is 0 everywhere or meaningless.</param>
/// <param name="Fused">A kernel that multiplies g by the derivative in one pass, when no graph of it is wanted.</param>
internal sealed record UnaryOperation(
    string Name, UnaryKind Kind, Reads Reads,
    Func<GradientTensor, GradientTensor, GradientTensor, KernelParameters, GradientTensor>? Derivative, BinaryKind? Fused = null)
{
    private readonly AutocastPolicy policy = Autocast.PolicyOf(Name);

    /// <summary>Computes and records.</summary>
    public GradientTensor Apply(GradientTensor x, KernelParameters parameters = default)
    {
        x = Autocast.For(policy, x).Apply(x);
        bool toBool = Kind is UnaryKind.LogicalNot or UnaryKind.IsNaN or UnaryKind.IsFinite;
        var result = Tensor.Empty(x.Shape, toBool ? DType.Bool : x.DType, x.Device, Name);
        x.Backend.Unary(Kind, x.Value, result, parameters);
        // Closures are made in a method of their own: where one is written, what it captures is allocated on entry, used or not.
        return Derivative is not null && x.RequiresGrad && Tape.IsRecording ? Record(result, x, parameters) : new(result);
    }

    private GradientTensor Record(Tensor result, GradientTensor x, KernelParameters parameters)
    {
        // Only what the derivative reads is captured, so that nothing else is kept alive.
        if (Reads.HasFlag(Reads.Output))
            return Tape.RecordWithOutput(Name, result, [x], (y, g) => [Differentiate(null, y, g, parameters)]);
        var read = Reads.HasFlag(Reads.Input) ? x : null;
        return Tape.Record(Name, result, [x], g => [Differentiate(read, null, g, parameters)], read);
    }

    /// <summary>The gradient of the input of an operation whose derivative reads the output alone.</summary>
    public GradientTensor Derive(GradientTensor output, GradientTensor g) => Differentiate(null, output, g, default);

    private GradientTensor Differentiate(GradientTensor? x, GradientTensor? y, GradientTensor g, KernelParameters parameters)
    {
        if (Fused is not { } kernel || Tape.IsRecording) return Derivative!(x!, y!, g, parameters);
        var result = Tensor.Empty(g.Shape, g.DType, g.Device, Name);
        g.Backend.Binary(kernel, g.Value, (x ?? y)!.Value, result, parameters);
        return new(result);
    }
}

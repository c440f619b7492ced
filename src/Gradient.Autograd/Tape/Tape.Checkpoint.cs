namespace Gradient.Autograd;

public static partial class Tape
{
    private static readonly AsyncLocal<bool> Recomputing = new();

    /// <summary>
    /// Whether a checkpoint computes again here and now, during backward: side effects, as on running statistics, belong to the first time.
    /// </summary>
    public static bool IsRecomputing => Recomputing.Value;

    /// <summary>
    /// Computes without keeping what backward needs; backward computes it again (Chen et al., Training Deep Nets with Sublinear
    /// Memory Cost, 2016). Random numbers are replayed, so that dropout drops the same elements. Parameters used inside get their
    /// gradients as usual, and gradients of gradients work. Batch normalization moves its running statistics once; other side effects
    /// happen twice unless they ask <see cref="IsRecomputing"/>. What is made inside, but for the result and what is persistent, is
    /// returned at the end of each of the two runs, as in a <see cref="TensorScope"/>.
    /// </summary>
    /// <param name="forward">The computation; it must do the same both times.</param>
    /// <param name="input">Its input, kept until backward.</param>
    public static GradientTensor Checkpoint(Func<GradientTensor, GradientTensor> forward, GradientTensor input) =>
        Checkpoint(inputs => forward(inputs[0]), [input]);

    /// <summary>The same for a computation of several inputs.</summary>
    /// <param name="forward">The computation; it must do the same both times.</param>
    /// <param name="inputs">Its inputs, kept until backward.</param>
    public static GradientTensor Checkpoint(Func<GradientTensor[], GradientTensor> forward, params GradientTensor[] inputs)
    {
        if (!IsRecording) return forward(inputs);
        inputs = [.. inputs]; // the caller may reuse its array
        var position = RandomNumbers.Default.Position;
        var autocast = Autocast.Ambient;
        GradientTensor output;
        using (var scope = TensorScope.Begin())
        using (NoGrad())
            output = scope.MoveOut(forward(inputs).Detach());
        if (!output.DType.IsFloatingPoint()) return output;
        var node = NewNode("Checkpoint", output, inputs, inputs)!;
        node.Recompute = () =>
        {
            // A stream of its own replays the numbers, so that nobody else who draws meanwhile is disturbed.
            using var stream = RandomNumbers.Use(new(position.Seed) { Position = position });
            using var types = Autocast.Use(autocast);
            using var again = new AmbientValue<bool>(Recomputing, true);
            return forward(inputs);
        };
        output.Node = node;
        return output;
    }
}

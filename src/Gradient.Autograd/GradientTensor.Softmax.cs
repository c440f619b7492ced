namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    // Primitives: composed of exp and sums they would need a pass each for maximum, difference, exponential, sum and quotient.

    /// <summary>e^(x − max)/Σe^(x − max) along an axis; a row of −∞ alone becomes NaN.</summary>
    /// <exception cref="DTypeMismatchException">The tensor is not floating point.</exception>
    public GradientTensor Softmax(int axis = -1) =>
        Softmax("softmax", SoftmaxKind.Softmax, axis, (y, g, a) => (g - (g * y).Sum([a], keepDims: true)) * y);

    /// <summary>x − max − ln Σe^(x − max) along an axis: the logarithm of <see cref="Softmax(int)"/> without its rounding to 0.</summary>
    /// <exception cref="DTypeMismatchException">The tensor is not floating point.</exception>
    public GradientTensor LogSoftmax(int axis = -1) =>
        Softmax("logSoftmax", SoftmaxKind.LogSoftmax, axis, (y, g, a) => g - (y.Exp() * g.Sum([a], keepDims: true)));

    private GradientTensor Softmax(string name, SoftmaxKind kind, int axis, Func<GradientTensor, GradientTensor, int, GradientTensor> composed)
    {
        ShapeChecks.FloatingPoint(name, DType);
        if (Autocast.Converts(name, this, out var wide)) return wide.Softmax(name, kind, axis, composed);
        if (Rank == 0) return Unsqueeze(0).Softmax(name, kind, 0, composed).Squeeze(0);
        axis = Shape.Axis(axis, name);
        var result = Tensor.Empty(Shape, DType, Device, name);
        Backend.Softmax(kind, Value, axis, result);
        return Tape.RecordWithOutput(name, result, [this], (y, g) =>
        {
            if (Tape.IsRecording) return [composed(y, g, axis)];
            var dx = Tensor.Empty(y.Shape, y.DType, y.Device);
            y.Backend.SoftmaxBackward(kind, g.Value, y.Value, axis, dx);
            return [new GradientTensor(dx)];
        });
    }
}

using Gradient.Goldens;

namespace Gradient.Nn.Tests.Goldens;

/// <summary>
/// A perceptron inside of <see cref="Autocast"/> beside the same under torch.autocast. Both differ from Float64 by the roundings of
/// their operands and results; so ours may be no further from Float64, and from PyTorch, than twice PyTorch's own distance from Float64.
/// </summary>
public sealed class AutocastGoldenTests
{
    private static readonly GoldenFile Goldens = GoldenFile.Open("autocast");

    [Test]
    public void Loss_and_gradients_are_as_near_to_Float64_as_PyTorchs()
    {
        GradientTensor w1 = Parameter("w1"), b1 = Parameter("b1"), w2 = Parameter("w2"), b2 = Parameter("b2");
        GradientTensor logits, loss;
        using (Autocast.Begin(DType.BFloat16))
        {
            logits = Functional.Linear(Functional.Linear(Golden("in.0"), w1, b1).Tanh(), w2, b2);
            loss = Loss.CrossEntropy(logits, Golden("label").To(DType.Int64));
        }

        loss.Backward();
        Assert.That((logits.DType, loss.DType, w1.Grad!.DType), Is.EqualTo((DType.BFloat16, DType.Float32, DType.Float32)));
        Verify("out.0", logits);
        Verify("loss", loss);
        Verify("dparam.w1", w1.Grad);
        Verify("dparam.b1", b1.Grad!);
        Verify("dparam.w2", w2.Grad!);
        Verify("dparam.b2", b2.Grad!);
    }

    private static void Verify(string what, GradientTensor ours)
    {
        double[] numbers = ours.ToDoubles(), torch = Goldens[$"perceptron/{what}"].Values, exact = Goldens[$"perceptron/exact.{what}"].Values;
        double allowed = 2 * Distance(torch, exact);
        Assert.That(Distance(numbers, exact), Is.LessThanOrEqualTo(allowed), $"{what} from Float64");
        Assert.That(Distance(numbers, torch), Is.LessThanOrEqualTo(allowed), $"{what} from PyTorch");
    }

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());

    private static GradientTensor Golden(string name) => Goldens[$"perceptron/{name}"].ToTensor(DType.Float32);

    private static GradientTensor Parameter(string name) => Golden($"param.{name}").RequireGrad();
}

using Gradient.Autograd;
using Gradient.Core;
using Gradient.Goldens;

namespace Gradient.Nn.Tests.Goldens;

/// <summary>Every activation, forward and backward, compared with PyTorch.</summary>
[TestFixture]
public sealed class ActivationGoldenTests
{
    private static readonly GoldenFile Goldens = GoldenFile.Open("activations");

    private static readonly Dictionary<string, Func<GradientTensor, GradientTensor>> Activations = new()
    {
        ["relu"] = x => x.Relu(),
        ["leaky-relu"] = x => x.LeakyRelu(0.01f),
        ["leaky-relu-slope"] = x => x.LeakyRelu(0.25),
        ["elu"] = x => x.Elu(),
        ["elu-alpha"] = x => x.Elu(0.75),
        ["gelu"] = x => x.Gelu(),
        ["gelu-tanh"] = x => x.Gelu(approximate: true),
        ["silu"] = x => x.Silu(),
        ["sigmoid"] = x => x.Sigmoid(),
        ["tanh"] = x => x.Tanh(),
        ["softplus"] = x => x.Softplus(),
        ["softplus-beta"] = x => x.Softplus(2, 5),
        ["hardswish"] = x => x.Hardswish(),
        ["mish"] = x => x.Mish(),
        ["softmax-axis0"] = x => x.Softmax(0),
        ["softmax-axis1"] = x => x.Softmax(1),
        ["softmax-axis-1"] = x => x.Softmax(-1),
        ["softmax-wide"] = x => x.Softmax(-1),
        ["log-softmax-axis0"] = x => x.LogSoftmax(0),
        ["log-softmax-axis1"] = x => x.LogSoftmax(1),
        ["log-softmax-axis-1"] = x => x.LogSoftmax(-1),
        ["log-softmax-wide"] = x => x.LogSoftmax(-1),
    };

    private static IEnumerable<string> Names => Activations.Keys;

    [TestCaseSource(nameof(Names))]
    public void Activation_agrees_in_Float64(string name) => Verify(name, DType.Float64, 1e-10);

    [TestCaseSource(nameof(Names))]
    public void Activation_agrees_in_Float32(string name) => Verify(name, DType.Float32, 1e-5);

    [Test]
    public void Every_golden_has_a_test() => Assert.That(Activations.Keys, Is.EquivalentTo(Goldens.Cases));

    private static void Verify(string name, DType dtype, double tolerance)
    {
        var x = Goldens[$"{name}/in.0"].ToTensor(dtype);
        var y = Activations[name](x);
        y.Backward(Goldens[$"{name}/up.0"].ToTensor(dtype, requiresGrad: false));
        Assert.That(y.DType, Is.EqualTo(dtype));
        Closeness.EachElement(y, Goldens[$"{name}/out.0"], tolerance);
        Closeness.EachElement(x.Grad!, Goldens[$"{name}/din.0"], tolerance);
    }
}

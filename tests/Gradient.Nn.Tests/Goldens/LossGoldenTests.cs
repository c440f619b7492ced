using Gradient.Autograd;
using Gradient.Core;
using Gradient.Goldens;

namespace Gradient.Nn.Tests.Goldens;

/// <summary>Every loss and reduction, value and gradient, compared with PyTorch; logits of ±1e4 among them.</summary>
[TestFixture]
public sealed class LossGoldenTests
{
    private static readonly GoldenFile Goldens = GoldenFile.Open("losses");

    /// <summary>prediction, target, weights (null where the case has none), reduction.</summary>
    private delegate GradientTensor LossFunction(GradientTensor x, GradientTensor y, GradientTensor? weights, Reduction reduction);

    private static readonly Dictionary<string, LossFunction> Losses = new()
    {
        ["mse"] = (x, y, _, r) => Loss.Mse(x, y, r),
        ["mae"] = (x, y, _, r) => Loss.Mae(x, y, r),
        ["huber"] = (x, y, _, r) => Loss.Huber(x, y, 1, r),
        ["huber-delta"] = (x, y, _, r) => Loss.Huber(x, y, 0.5, r),
        ["bce"] = (x, y, _, r) => Loss.BinaryCrossEntropy(x, y, r),
        ["bce-logits"] = (x, y, _, r) => Loss.BinaryCrossEntropyWithLogits(x, y, r),
        ["bce-logits-positive-weight"] = (x, y, w, r) => Loss.BinaryCrossEntropyWithLogits(x, y, r, positiveWeight: w),
        ["cross-entropy"] = CrossEntropy(),
        ["cross-entropy-wide"] = CrossEntropy(),
        ["cross-entropy-soft"] = CrossEntropy(),
        ["cross-entropy-soft-wide"] = CrossEntropy(),
        ["cross-entropy-ignore"] = CrossEntropy(),
        ["cross-entropy-ignore-1"] = CrossEntropy(ignore: 1),
        ["cross-entropy-smooth"] = CrossEntropy(smoothing: 0.1f),
        ["cross-entropy-smooth-ignore"] = CrossEntropy(smoothing: 0.1f),
        ["cross-entropy-weights"] = CrossEntropy(),
        ["cross-entropy-weights-ignore"] = CrossEntropy(),
        ["cross-entropy-weights-smooth"] = CrossEntropy(smoothing: 0.1f),
        ["cross-entropy-weights-smooth-ignore"] = CrossEntropy(smoothing: 0.1f),
        ["cross-entropy-soft-weights"] = CrossEntropy(),
        ["cross-entropy-soft-smooth"] = CrossEntropy(smoothing: 0.1f),
        ["cross-entropy-soft-weights-smooth"] = CrossEntropy(smoothing: 0.1f),
        ["nll"] = (x, y, _, r) => Loss.NegativeLogLikelihood(x, y, r),
        ["nll-ignore"] = (x, y, _, r) => Loss.NegativeLogLikelihood(x, y, r),
        ["nll-weights"] = (x, y, w, r) => Loss.NegativeLogLikelihood(x, y, r, classWeights: w),
        ["hinge"] = (x, y, _, r) => Loss.Hinge(x, y, r),
        ["kl"] = (x, y, _, r) => Loss.KlDivergence(x, y, r),
        ["kl-log-target"] = (x, y, _, r) => Loss.KlDivergence(x, y, r, logTarget: true),
    };

    private static readonly Dictionary<string, Reduction> Reductions = new()
    {
        ["-mean"] = Reduction.Mean, ["-sum"] = Reduction.Sum, ["-none"] = Reduction.None, ["-batchmean"] = Reduction.BatchMean,
    };

    private static IEnumerable<string> Names => Goldens.Cases;

    [TestCaseSource(nameof(Names))]
    public void Loss_agrees_in_Float64(string name) => Verify(name, DType.Float64, 1e-10);

    [TestCaseSource(nameof(Names))]
    public void Loss_agrees_in_Float32(string name) => Verify(name, DType.Float32, 1e-5);

    private static LossFunction CrossEntropy(long ignore = Loss.IgnoredLabel, double smoothing = 0) =>
        (x, y, w, r) => Loss.CrossEntropy(x, y, r, ignore, smoothing, w);

    private static void Verify(string name, DType dtype, double tolerance)
    {
        string loss = name[..name.LastIndexOf('-')];
        GradientTensor Read(string key) => Goldens[$"{loss}/{key}"].ToTensor(dtype, requiresGrad: false);
        var x = Goldens[$"{loss}/in.0"].ToTensor(dtype);
        var y = Losses[loss](x, Read("target"), Goldens.Contains($"{loss}/weights") ? Read("weights") : null, Reductions[name[loss.Length..]]);
        y.Backward(Goldens[$"{name}/up.0"].ToTensor(dtype, requiresGrad: false));
        Assert.That(y.DType, Is.EqualTo(dtype));
        Closeness.EachElement(y, Goldens[$"{name}/out.0"], tolerance);
        Closeness.EachElement(x.Grad!, Goldens[$"{name}/din.0"], tolerance);
    }
}

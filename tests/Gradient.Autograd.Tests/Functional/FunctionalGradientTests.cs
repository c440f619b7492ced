using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>Gradients of first and second order against finite differences in Float64, for every differentiable input.</summary>
public class FunctionalGradientTests
{
    private static GradientTensor X(params long[] shape) =>
        GradientTensor.Randn(new Shape(shape), seed: shape.Length * 31 + shape[^1], dtype: DType.Float64);

    /// <summary>Distinct, well separated values in a scrambled order: pooling has no ties within a finite difference.</summary>
    private static GradientTensor Distinct(params long[] shape)
    {
        long count = new Shape(shape).ElementCount;
        var values = new double[count];
        for (long i = 0; i < count; i++) values[i] = (i * 7919 % count) * 0.1;
        return GradientTensor.From<double>(values, new Shape(shape));
    }

    private static IEnumerable<TestCaseData> Cases()
    {
        TestCaseData Case(string name, Func<GradientTensor[], GradientTensor> f, params GradientTensor[] inputs) =>
            new TestCaseData(f, inputs).SetArgDisplayNames(name);

        yield return Case("linear", t => Functional.Linear(t[0], t[1], t[2]), X(3, 4), X(4, 2), X(2));
        yield return Case("linear rank 3", t => Functional.Linear(t[0], t[1], t[2]), X(2, 3, 4), X(4, 2), X(2));
        yield return Case("linear rank 1", t => Functional.Linear(t[0], t[1]), X(4), X(4, 2));
        yield return Case("softmax", t => t[0].Softmax(-1), X(3, 4));
        yield return Case("softmax axis 0", t => t[0].Softmax(0), X(3, 4));
        yield return Case("log-softmax", t => t[0].LogSoftmax(1), X(2, 3, 4));
        yield return Case("log-sigmoid", t => Functional.LogSigmoid(t[0]), X(5));
        yield return Case("conv2d", t => Functional.Conv2d(t[0], t[1], t[2]), X(2, 4, 4, 2), X(3, 2, 2, 3), X(3));
        yield return Case(
            "conv2d stride padding dilation groups", t => Functional.Conv2d(t[0], t[1], t[2], (2, 1), (1, 2), (1, 2), 2),
            X(1, 5, 4, 4), X(3, 2, 2, 2), X(2));
        yield return Case("conv1d", t => Functional.Conv1d(t[0], t[1], t[2], 2, 1), X(2, 6, 2), X(3, 2, 2), X(2));
        yield return Case("conv-transpose2d", t => Functional.ConvTranspose2d(t[0], t[1], t[2], 2, 1, 1), X(1, 3, 2, 2), X(3, 3, 3, 2), X(3));
        yield return Case("conv-transpose2d groups", t => Functional.ConvTranspose2d(t[0], t[1], null, 2, groups: 2), X(1, 2, 2, 4), X(2, 2, 1, 4));
        yield return Case("unfold", t => Functional.Unfold(t[0], (2, 3), (2, 1), 1, (1, 2)), X(1, 4, 5, 2));
        yield return Case("fold", t => Functional.Fold(t[0], (4, 3), 2, 1, 1), X(1, 20, 8));
        yield return Case("max-pool", t => Functional.MaxPool2d(t[0], 3, 2, 1), Distinct(1, 5, 5, 2));
        yield return Case("max-pool indexed", t => Functional.MaxPool2dWithIndices(t[0], 2).Values, Distinct(2, 4, 4, 2));
        yield return Case("avg-pool", t => Functional.AvgPool2d(t[0], (3, 2), 1, 1), X(1, 4, 4, 2));
        yield return Case("avg-pool ceil", t => Functional.AvgPool2d(t[0], 3, 2, 1, ceilMode: true, countIncludePad: false), X(1, 6, 5, 2));
        yield return Case("adaptive avg-pool", t => Functional.AdaptiveAvgPool2d(t[0], (2, 3)), X(1, 5, 4, 2));
        yield return Case("adaptive max-pool", t => Functional.AdaptiveMaxPool2d(t[0], (3, 2)), Distinct(1, 5, 4, 2));
        yield return Case("batch-norm", t => Functional.BatchNorm(t[0], null, null, t[1], t[2], training: true), X(3, 2, 2, 2), X(2), X(2));
        yield return Case("batch-norm plain", t => Functional.BatchNorm(t[0], null, null, training: true), X(4, 2));
        yield return Case(
            "batch-norm eval", t => Functional.BatchNorm(t[0], X(2).Detach(), X(2).Square().Detach() + 1, t[1], t[2]), X(4, 2), X(2), X(2));
        yield return Case("layer-norm", t => Functional.LayerNorm(t[0], [4], t[1], t[2]), X(3, 4), X(4), X(4));
        yield return Case("layer-norm two axes", t => Functional.LayerNorm(t[0], [2, 3], t[1], t[2]), X(2, 2, 3), X(2, 3), X(2, 3));
        yield return Case("rms-norm", t => Functional.RmsNorm(t[0], [4], t[1], 1e-6), X(3, 4), X(4));
        yield return Case("group-norm", t => Functional.GroupNorm(t[0], 2, t[1], t[2]), X(2, 2, 2, 4), X(4), X(4));
        yield return Case("instance-norm", t => Functional.InstanceNorm(t[0], t[1], t[2]), X(2, 2, 3, 2), X(2), X(2));
        var indices = GradientTensor.From([2L, 0, 2, 1, 3, 3], [2, 3]);
        yield return Case("embedding", t => Functional.Embedding(indices, t[0]).Square(), X(4, 3));
        yield return Case("attention", t => Functional.ScaledDotProductAttention(t[0], t[1], t[2]), X(2, 3, 2), X(2, 4, 2), X(2, 4, 3));
        yield return Case("attention causal", t => Functional.ScaledDotProductAttention(t[0], t[1], t[2], causal: true), X(3, 2), X(3, 2), X(3, 2));
        yield return Case("dropout", t =>
        {
            RandomNumbers.Seed(5);
            return Functional.Dropout(t[0], 0.4).Square();
        }, X(20));
    }

    [TestCaseSource(nameof(Cases))]
    public void First_order(Func<GradientTensor[], GradientTensor> function, GradientTensor[] inputs) => GradientCheck.Verify(function, inputs);

    [TestCaseSource(nameof(Cases))]
    public void Second_order(Func<GradientTensor[], GradientTensor> function, GradientTensor[] inputs) =>
        GradientCheck.VerifySecondOrder(function, inputs);

    [Test]
    public void The_fused_backward_agrees_with_the_composed_one()
    {
        foreach (var data in Cases())
        {
            var function = (Func<GradientTensor[], GradientTensor>)data.Arguments[0]!;
            var inputs = Array.ConvertAll((GradientTensor[])data.Arguments[1]!, x => x.Detach().RequireGrad());
            var output = function(inputs);
            var upstream = GradientTensor.Randn(output.Shape, seed: 9, dtype: DType.Float64);
            var fused = Tape.Gradients([output], inputs, [upstream], retainGraph: true);
            var composed = Tape.Gradients([output], inputs, [upstream], createGraph: true);
            for (int i = 0; i < inputs.Length; i++)
                Assert.That(composed[i].ToArray<double>(), Is.EqualTo(fused[i].ToArray<double>()).Within(1e-11), $"{data.TestName} input {i}");
        }
    }

    [Test]
    public void The_padding_row_of_an_embedding_gets_no_gradient()
    {
        var weight = X(3, 2).RequireGrad();
        Functional.Embedding(GradientTensor.From([0L, 1, 1, 2]), weight, paddingIndex: 1).Sum().Backward();
        Assert.That(weight.Grad!.ToArray<double>(), Is.EqualTo(new double[] { 1, 1, 0, 0, 1, 1 }));
    }

    [Test]
    public void Dropout_in_a_checkpoint_drops_the_same_elements()
    {
        var x = X(50).RequireGrad();
        RandomNumbers.Seed(3);
        var y = Tape.Checkpoint(t => Functional.Dropout(t, 0.5) * t, x);
        y.Sum().Backward();
        // d(m·x²)/dx = 2·m·x where the mask m = y/x².
        double[] xs = x.ToArray<double>(), ys = y.ToArray<double>(), gs = x.Grad!.ToArray<double>();
        for (int i = 0; i < xs.Length; i++) Assert.That(gs[i], Is.EqualTo(2 * ys[i] / xs[i]).Within(1e-12));
        Assert.That(ys.Count(v => v == 0), Is.InRange(10, 40));
    }
}

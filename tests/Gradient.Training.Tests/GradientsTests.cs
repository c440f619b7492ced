using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Training.Tests;

/// <summary>Clipping, scaling, statistics and accumulation of gradients.</summary>
public sealed class GradientsTests
{
    private static GradientTensor WithGradient(params float[] gradient)
    {
        var x = GradientTensor.Zeros([gradient.Length], requiresGrad: true);
        x.Grad = GradientTensor.From<float>(gradient);
        return x;
    }

    [Test]
    public void ClipNorm_scales_all_together_and_returns_the_norm_before()
    {
        GradientTensor a = WithGradient(3, 0), b = WithGradient(0, 4), none = GradientTensor.Zeros([1], requiresGrad: true);
        var norm = Gradients.ClipNorm([a, b, none], maxNorm: 1);
        Assert.Multiple(() =>
        {
            Assert.That(norm.Item(), Is.EqualTo(5));
            Assert.That(a.Grad!.ToArray<float>(), Is.EqualTo(new[] { 0.6f, 0 }).Within(1e-6f));
            Assert.That(b.Grad!.ToArray<float>(), Is.EqualTo(new[] { 0, 0.8f }).Within(1e-6f));
            Assert.That(none.Grad, Is.Null);
        });
    }

    [TestCase(1, 8.5)]
    [TestCase(3, 4.552874)] // ∛(27 + 64 + 3.375)
    [TestCase(double.PositiveInfinity, 4)]
    public void Norms_of_any_order_over_mixed_types(double p, double expected)
    {
        GradientTensor single = WithGradient(3, 0), twice = GradientTensor.Zeros([2], DType.Float64, requiresGrad: true);
        var half = GradientTensor.Zeros([1, 1], DType.Float16, requiresGrad: true);
        twice.Grad = GradientTensor.From([-4.0, 0]);
        half.Grad = GradientTensor.From([1.5f], [1, 1]).To(DType.Float16);
        var norm = Gradients.ClipNorm([single, twice, half], maxNorm: expected / 2, p);
        Assert.Multiple(() =>
        {
            Assert.That(norm.Item<double>(), Is.EqualTo(expected).Within(1e-3));
            Assert.That(single.Grad!.ToArray<float>(), Is.EqualTo(new[] { 1.5f, 0 }).Within(1e-3f));
            Assert.That(twice.Grad!.ToArray<double>(), Is.EqualTo(new[] { -2.0, 0 }).Within(1e-3));
            Assert.That((float)half.Grad!.ToArray<Half>()[0], Is.EqualTo(0.75f).Within(1e-3f));
        });
    }

    [Test]
    public void Gradients_overwritten_by_clipping_are_noticed()
    {
        var x = WithGradient(3, 4);
        int before = x.Grad!.Value.Storage.Version;
        Gradients.ClipNorm([x], maxNorm: 1);
        Assert.That(x.Grad.Value.Storage.Version, Is.GreaterThan(before));
    }

    [Test]
    public void ClipNorm_leaves_small_gradients_alone()
    {
        var x = WithGradient(0.3f, -0.4f);
        Gradients.ClipNorm([x], maxNorm: 1);
        Assert.That(x.Grad!.ToArray<float>(), Is.EqualTo(new[] { 0.3f, -0.4f }));
    }

    [Test]
    public void ClipValue_clamps_and_Scale_scales()
    {
        var x = WithGradient(3, -0.5f, -7);
        Gradients.ClipValue([x], 2);
        Assert.That(x.Grad!.ToArray<float>(), Is.EqualTo(new[] { 2, -0.5f, -2 }));
        Gradients.Scale([x], 0.5);
        Assert.That(x.Grad!.ToArray<float>(), Is.EqualTo(new[] { 1, -0.25f, -1 }));
    }

    [Test]
    public void Statistics_tell_what_is_there()
    {
        var statistics = Gradients.Statistics([WithGradient(3, -1), WithGradient(float.NaN, 0)]);
        Assert.That((statistics.ElementCount, statistics.NonFiniteCount), Is.EqualTo((4L, 1L)));
        statistics = Gradients.Statistics([WithGradient(3, -4), WithGradient(0, 0)]);
        Assert.That(statistics, Is.EqualTo(new GradientStatistics(5, -4, 3, -0.25, 4, 0)));
    }

    [Test]
    public void Accumulated_micro_batches_have_the_gradient_of_the_batch()
    {
        var x = GradientTensor.Randn([8, 3], seed: 1, dtype: DType.Float64);
        GradientTensor whole = GradientTensor.Randn([3], seed: 2, dtype: DType.Float64, requiresGrad: true), parts = whole.Detach().Clone().RequireGrad();
        x.MatMul(whole).Square().Mean().Backward();
        for (int i = 0; i < 4; i++) x.Narrow(0, 2 * i, 2).MatMul(parts).Square().Mean().Backward();
        Gradients.Scale([parts], 0.25);
        Assert.That(parts.Grad!.ToArray<double>(), Is.EqualTo(whole.Grad!.ToArray<double>()).Within(1e-14));
    }

    [Test]
    public void Bad_bounds_are_refused() => Assert.Multiple(() =>
    {
        Assert.That(() => Gradients.ClipNorm([], -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Gradients.ClipValue([], double.NaN), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Gradients.Norm([WithGradient(1)], 0), Throws.TypeOf<ArgumentOutOfRangeException>());
    });
}

using Gradient.Core;

namespace Gradient.Autograd.Tests;

public sealed class InPlaceTests
{
    [Test]
    public void Values_are_overwritten_where_they_are()
    {
        var x = GradientTensor.From([1f, 2, 3, 4], [2, 2]);
        Assert.That(x.AddInPlace(GradientTensor.From([10f, 20])).ToArray<float>(), Is.EqualTo(new[] { 11f, 22, 13, 24 }));
        Assert.That(x.SubtractInPlace(x).ToArray<float>(), Is.All.EqualTo(0));
        Assert.That(x.AddInPlace(3).MultiplyInPlace(2).ToArray<float>(), Is.All.EqualTo(6));
        x[0].Fill(1);
        x[^1, 0].Zero();
        Assert.That(x.ToArray<float>(), Is.EqualTo(new[] { 1f, 1, 0, 6 }), "through views");
        x.CopyFrom(GradientTensor.From([1, 2]));
        Assert.That(x.ToArray<float>(), Is.EqualTo(new[] { 1f, 2, 1, 2 }));
        x.MultiplyInPlace(x.Transpose());
        Assert.That(x.ToArray<float>(), Is.EqualTo(new[] { 1f, 2, 2, 4 }), "with an operand that overlaps");
    }

    [Test]
    public void A_leaf_that_requires_gradients_is_changed_inside_NoGrad_only()
    {
        var w = GradientTensor.From([1f], requiresGrad: true);
        Assert.That(() => w.AddInPlace(1), Throws.TypeOf<TapeException>().With.Message.Contains("NoGrad"));
        Assert.That(() => w.Fill(1), Throws.TypeOf<TapeException>());
        Assert.That(() => (w * 2).MultiplyInPlace(2), Throws.TypeOf<TapeException>());
        Assert.That(() => GradientTensor.From([1f]).AddInPlace(w), Throws.TypeOf<TapeException>().With.Message.Contains("lost"));
        using (Tape.NoGrad()) w.AddInPlace(1);
        Assert.That(w.Item(), Is.EqualTo(2));
    }

    [Test]
    public void A_saved_value_that_was_overwritten_fails_its_backward()
    {
        var w = GradientTensor.From([2f], requiresGrad: true);
        var x = GradientTensor.From([3f]);
        var y = w * x;
        x.AddInPlace(1);
        Assert.That(() => y.Backward(), Throws.TypeOf<TapeException>().With.Message.Contains("multiply").And.Message.Contains("in place"));

        var e = w.Exp();
        using (Tape.NoGrad()) e.Zero();
        Assert.That(() => e.Backward(), Throws.TypeOf<TapeException>().With.Message.Contains("exp"));
    }

    [Test]
    public void A_value_that_backward_does_not_read_may_be_overwritten()
    {
        var w = GradientTensor.From([2f], requiresGrad: true);
        var x = GradientTensor.From([3f]);
        var y = w + x;
        x.Fill(100);
        using (Tape.NoGrad()) w.Fill(100);
        y.Backward();
        Assert.That(w.Grad!.Item(), Is.EqualTo(1));
    }

    [Test]
    public void An_accumulated_gradient_counts_as_overwritten()
    {
        var w = GradientTensor.From([2f], requiresGrad: true);
        var v = GradientTensor.From([5f], requiresGrad: true);
        (w * w).Backward();
        var y = v * w.Grad!;
        (w * w).Backward();
        Assert.That(() => y.Backward(), Throws.TypeOf<TapeException>());
    }

    [Test]
    public void What_cannot_hold_the_result_is_refused()
    {
        Assert.That(() => GradientTensor.From([1]).AddInPlace(0.5), Throws.TypeOf<DTypeMismatchException>());
        Assert.That(() => GradientTensor.From([1]).AddInPlace(GradientTensor.From([1f])), Throws.TypeOf<DTypeMismatchException>());
        Assert.That(() => GradientTensor.From([1f]).AddInPlace(GradientTensor.From([1f, 2])), Throws.TypeOf<ShapeMismatchException>());
        Assert.That(() => GradientTensor.From([1f]).Expand(3).AddInPlace(1), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("Clone"));
    }

    [Test]
    public void A_gradient_of_another_shape_or_type_cannot_be_set()
    {
        var w = GradientTensor.From([2f], requiresGrad: true);
        Assert.That(() => w.Grad = GradientTensor.From([1f, 2]), Throws.TypeOf<ShapeMismatchException>());
        Assert.That(() => w.Grad = GradientTensor.From([1.0]), Throws.TypeOf<DTypeMismatchException>());
    }
}

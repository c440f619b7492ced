using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>The check finds what is wrong: without this, every other gradient test could pass for nothing.</summary>
public sealed class GradientCheckTests
{
    private static readonly GradientTensor At = GradientTensor.From([0.5, -1.5, 2], requiresGrad: true);

    [Test]
    public void A_wrong_gradient_is_shown_with_its_element()
    {
        static GradientTensor Wrong(GradientTensor x) => Tape.Record("wrong", () => x * x, [x], g => [g * x * GradientTensor.From([2.0, 2, 2.001])]);
        Assert.That(() => GradientCheck.Verify(Wrong, At), Throws.TypeOf<GradientException>().With.Message.Contains("input 0").And.Message.Contains("element 2"));
    }

    [Test]
    public void A_missing_gradient_is_found()
    {
        Assert.That(() => GradientCheck.Verify(x => x * x.Detach(), At), Throws.TypeOf<GradientException>());
        Assert.That(() => GradientCheck.Verify(x => x.Detach().Exp(), At), Throws.TypeOf<GradientException>());
        Assert.That(() => GradientCheck.Verify(x => x[0] * x[1].Detach(), At), Throws.TypeOf<GradientException>());
    }

    [Test]
    public void A_gradient_right_in_first_order_only_fails_the_second()
    {
        static GradientTensor Once(GradientTensor x) => Tape.Record("once", () => x * x * x, [x], g => [g * (x * x * 3).Detach()]);
        GradientCheck.Verify(Once, At);
        Assert.That(() => GradientCheck.VerifySecondOrder(Once, At), Throws.TypeOf<GradientException>().With.Message.Contains("second order"));
    }

    [Test]
    public void A_gradient_that_is_NaN_fails() =>
        Assert.That(() => GradientCheck.Verify(x => Tape.Record("nan", () => x * 1, [x], g => [g * double.NaN]), At), Throws.TypeOf<GradientException>());

    [Test]
    public void Other_types_than_Float64_are_refused() =>
        Assert.That(() => GradientCheck.Verify(x => x * x, GradientTensor.From([1f])), Throws.TypeOf<DTypeMismatchException>().With.Message.Contains("Float64"));

    [Test]
    public void Inputs_stay_as_they_were()
    {
        GradientCheck.Verify(x => x.Exp(), At);
        Assert.That(At.ToArray<double>(), Is.EqualTo(new[] { 0.5, -1.5, 2 }));
        Assert.That(At.Grad, Is.Null);
    }
}

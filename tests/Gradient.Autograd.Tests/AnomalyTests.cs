using System.Runtime.CompilerServices;
using Gradient.Autograd;
using Gradient.Core;

namespace CallersOutsideTheLibrary;

public sealed class AnomalyTests
{
    [Test]
    public void The_first_NaN_names_the_operation_and_its_call_site()
    {
        using var mode = Tape.DetectAnomaly();
        var x = GradientTensor.From([-1f, 4f], requiresGrad: true);
        var y = RootOf(x * 1);
        Assert.That(() => y.Sum().Backward(), Throws.TypeOf<TapeException>()
            .With.Message.Contains("sqrt").And.Message.Contains(nameof(RootOf)).And.Message.Contains("[2]"));
    }

    [Test]
    public void Without_an_anomaly_nothing_changes()
    {
        var x = GradientTensor.From([1f, 4f], requiresGrad: true);
        using (Tape.DetectAnomaly()) (x.Sqrt()[0] + x.Sqrt()[1]).Backward();
        Assert.That(Tape.IsDetectingAnomaly, Is.False);
        Assert.That(x.Grad!.ToArray<float>(), Is.EqualTo(new[] { 0.5f, 0.25f }));
    }

    [Test]
    public void A_forward_outside_of_the_mode_says_that_the_site_is_unknown()
    {
        var x = GradientTensor.From([0f], requiresGrad: true);
        var y = x.Log();
        using var mode = Tape.DetectAnomaly();
        Assert.That(() => y.Backward(), Throws.TypeOf<TapeException>().With.Message.Contains("log").And.Message.Contains("turn it on before"));
    }

    [Test]
    public void The_first_NaN_of_a_forward_names_the_operation_and_its_call_site()
    {
        using var mode = Tape.DetectAnomaly(ForwardAnomaly.NaN);
        var x = GradientTensor.From([-1f, 4f], requiresGrad: true);
        Assert.That(() => RootOf(x * 1).Exp(), Throws.TypeOf<TapeException>()
            .With.Message.Contains("Forward of sqrt").And.Message.Contains("NaN").And.Message.Contains(nameof(RootOf)).And.Message.Contains("[2]"));
    }

    [Test]
    public void Infinities_of_a_forward_are_an_anomaly_only_if_asked_for()
    {
        var x = GradientTensor.From([-1f, 400f], requiresGrad: true);
        using (Tape.DetectAnomaly(ForwardAnomaly.NaN)) Assert.That(x.Exp().ToArray<float>()[1], Is.EqualTo(float.PositiveInfinity));
        using (Tape.DetectAnomaly(ForwardAnomaly.NotFinite))
            Assert.That(() => x.Exp(), Throws.TypeOf<TapeException>().With.Message.Contains("Forward of exp made the first infinity"));
        Assert.That(() => x.Exp(), Throws.Nothing);
        using (Tape.DetectAnomaly()) Assert.That(() => x.Log(), Throws.Nothing);
        Assert.That(Tape.IsDetectingAnomaly, Is.False);
    }

    // Neither inlined nor left by a tail call, so that there is a frame to name.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    private static GradientTensor RootOf(GradientTensor x) => x.Sqrt();
}

using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>NoGrad, EnableGrad and DetectAnomaly: scopes of the logical call.</summary>
public sealed class ModeTests
{
    private readonly GradientTensor x = GradientTensor.From([2.0], requiresGrad: true);

    [Test]
    public void Scopes_nest_and_end_once()
    {
        Assert.That(Tape.IsRecording);
        var outer = Tape.NoGrad();
        Assert.That((x * x).RequiresGrad, Is.False);
        using (Tape.EnableGrad())
        {
            Assert.That((x * x).RequiresGrad);
            using (Tape.NoGrad()) Assert.That(Tape.IsRecording, Is.False);
            Assert.That(Tape.IsRecording);
        }

        Assert.That(Tape.IsRecording, Is.False);
        outer.Dispose();
        Assert.That(Tape.IsRecording);
        using (Tape.NoGrad())
        {
            outer.Dispose();
            Assert.That(Tape.IsRecording, Is.False, "a scope that has ended changes nothing");
        }
    }

    [Test]
    public async Task NoGrad_flows_through_await_and_into_tasks_but_not_to_others()
    {
        using var entered = new SemaphoreSlim(0);
        using var looked = new SemaphoreSlim(0);
        var inside = Task.Run(async () =>
        {
            using (Tape.NoGrad())
            {
                entered.Release();
                await looked.WaitAsync();
                await Task.Yield();
                bool child = await Task.Run(() => (x * x).RequiresGrad);
                return ((x * x).RequiresGrad, child);
            }
        });
        await entered.WaitAsync();
        Assert.That((x * x).RequiresGrad, "another logical call goes on recording");
        looked.Release();
        Assert.That(await inside, Is.EqualTo((false, false)));
        Assert.That(Tape.IsRecording);
    }

    [Test]
    public void Backward_inside_NoGrad_walks_what_was_recorded_before()
    {
        var y = x * x;
        using (Tape.NoGrad())
        {
            Assert.That(Tape.Gradients([y], [x], retainGraph: true)[0].Item<double>(), Is.EqualTo(4));
            Assert.That(Tape.Gradients([y], [x], createGraph: true)[0].RequiresGrad, "createGraph records all the same");
        }
    }

    [Test]
    public void A_parameter_that_requires_no_gradient_is_not_recorded()
    {
        var frozen = GradientTensor.From([2.0]);
        Assert.That((frozen * frozen).RequiresGrad, Is.False);
        Assert.That((frozen * x).RequiresGrad);
        Assert.That(() => frozen.To(DType.Int64).RequireGrad(), Throws.TypeOf<DTypeMismatchException>());
        Assert.That(() => (x * 1).RequireGrad(false), Throws.TypeOf<TapeException>().With.Message.Contains("Detach"));
    }
}

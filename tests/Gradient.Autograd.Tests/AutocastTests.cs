using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>Scopes of <see cref="Autocast"/>, and what becomes of parameters in them.</summary>
public sealed class AutocastTests
{
    private readonly GradientTensor weight = GradientTensor.Randn([4, 4], seed: 1, requiresGrad: true);
    private readonly GradientTensor x = GradientTensor.Randn([3, 4], seed: 2);

    [SetUp]
    public void Forget() => weight.Grad = null;

    [Test]
    public void Scopes_nest_are_disabled_inside_and_end_once()
    {
        Assert.That(Autocast.IsEnabled, Is.False);
        var outer = Autocast.Begin(DType.BFloat16);
        using (Autocast.Begin(DType.Float16))
        {
            Assert.That(x.MatMul(weight).DType, Is.EqualTo(DType.Float16));
            using (Autocast.Disable())
            {
                Assert.That(Autocast.LowerType, Is.Null);
                Assert.That(x.MatMul(weight).DType, Is.EqualTo(DType.Float32));
            }

            Assert.That(Autocast.LowerType, Is.EqualTo(DType.Float16));
        }

        Assert.That(x.MatMul(weight).DType, Is.EqualTo(DType.BFloat16));
        outer.Dispose();
        Assert.That(Autocast.IsEnabled, Is.False);
        using (Autocast.Begin(DType.Float16))
        {
            outer.Dispose();
            Assert.That(Autocast.LowerType, Is.EqualTo(DType.Float16), "a scope that has ended changes nothing");
        }
    }

    [Test]
    public async Task A_scope_flows_through_await_and_into_tasks_but_not_to_others()
    {
        using var entered = new SemaphoreSlim(0);
        using var looked = new SemaphoreSlim(0);
        var inside = Task.Run(async () =>
        {
            using (Autocast.Begin(DType.BFloat16))
            {
                entered.Release();
                await looked.WaitAsync();
                await Task.Yield();
                return (x.MatMul(weight).DType, await Task.Run(() => x.MatMul(weight).DType));
            }
        });
        await entered.WaitAsync();
        Assert.That(x.MatMul(weight).DType, Is.EqualTo(DType.Float32));
        looked.Release();
        Assert.That(await inside, Is.EqualTo((DType.BFloat16, DType.BFloat16)));
    }

    [TestCase(DType.Float32)]
    [TestCase(DType.Float64)]
    [TestCase(DType.Int32)]
    public void Other_types_are_refused(DType type) =>
        Assert.That(() => Autocast.Begin(type), Throws.TypeOf<DTypeMismatchException>().With.Message.Contains("BFloat16"));

    [Test]
    public void A_parameter_stays_Float32_and_so_does_its_gradient()
    {
        GradientTensor y;
        using (Autocast.Begin(DType.BFloat16)) y = x.MatMul(weight);
        Assert.That(weight.DType, Is.EqualTo(DType.Float32));
        y.Sum().Backward();
        Assert.That(weight.Grad!.DType, Is.EqualTo(DType.Float32));
    }

    [Test]
    public void A_parameter_is_cast_once_per_scope_until_it_changes()
    {
        using (Autocast.Begin(DType.BFloat16))
        {
            var first = Cast(weight);
            Assert.That(Cast(weight).Value, Is.SameAs(first.Value));
            using (Tape.NoGrad()) Assert.That(Cast(weight).RequiresGrad, Is.False);
            Assert.That(Cast(weight).RequiresGrad, "what was cast without recording is recorded now");

            using (Tape.NoGrad()) weight.AddInPlace(1);
            Assert.That(Cast(weight).ToArray<BFloat16>(), Is.EqualTo(weight.To(DType.BFloat16).ToArray<BFloat16>()));
            Assert.That(Cast(weight).Value, Is.Not.SameAs(first.Value));
        }
    }

    [Test]
    public void A_cast_that_ended_with_its_TensorScope_is_made_anew()
    {
        using (Autocast.Begin(DType.BFloat16))
        {
            using (TensorScope.Begin()) Cast(weight);
            Assert.That(Cast(weight).ToArray<BFloat16>(), Is.EqualTo(weight.To(DType.BFloat16).ToArray<BFloat16>()));
        }
    }

    [Test]
    public void Two_graphs_of_one_scope_are_walked_one_after_the_other()
    {
        using (Autocast.Begin(DType.BFloat16))
        {
            GradientTensor a = x.MatMul(weight).Sum(), b = x.MatMul(weight).Sum();
            a.Backward();
            var once = weight.Grad!.ToArray<float>();
            b.Backward();
            Assert.That(weight.Grad.ToArray<float>(), Is.EqualTo(once.Select(g => 2 * g)));
        }
    }

    [Test]
    public void Gradients_of_several_uses_are_summed_in_Float32()
    {
        var one = GradientTensor.Ones([1, 1], requiresGrad: true);
        var input = GradientTensor.Ones([1, 1]);
        using (Autocast.Begin(DType.BFloat16))
        {
            GradientTensor? sum = null;
            for (int i = 0; i < 300; i++)
            {
                var y = input.MatMul(one).To(DType.Float32);
                sum = sum is null ? y : sum + y;
            }

            sum!.Backward();
        }

        Assert.That(one.Grad!.Item(), Is.EqualTo(300), "in BFloat16 a sum of ones stays at 256");
    }

    [Test]
    public void Backward_inside_the_scope_is_backward_outside()
    {
        float[] Gradient(bool inside)
        {
            weight.Grad = null;
            var input = x.Detach().RequireGrad();
            GradientTensor loss;
            using (Autocast.Begin(DType.BFloat16))
            {
                loss = (x.MatMul(weight).Exp() * input.Softmax() * weight.Square().Sum()).Mean();
                if (inside) loss.Backward();
            }

            if (!inside) loss.Backward();
            return [.. weight.Grad!.ToArray<float>(), .. input.Grad!.ToArray<float>()];
        }

        Assert.That(Gradient(inside: true), Is.EqualTo(Gradient(inside: false)));
    }

    [Test]
    public void Float64_and_integers_are_left_alone()
    {
        using (Autocast.Begin(DType.Float16))
        {
            var wide = GradientTensor.Randn([3, 4], seed: 3, DType.Float64);
            Assert.That(wide.MatMul(weight).DType, Is.EqualTo(DType.Float64));
            Assert.That(wide.MatMul(weight).ToArray<double>(), Is.EqualTo(wide.MatMul(weight.To(DType.Float64)).ToArray<double>()), "nothing was rounded");
            var counts = GradientTensor.From([1L, 2, 3]);
            Assert.That(counts.Sum().DType, Is.EqualTo(DType.Int64));
            Assert.That(counts.MatMul(counts).DType, Is.EqualTo(DType.Int64));
        }
    }

    [Test]
    public void A_checkpoint_recomputes_in_the_types_of_its_forward()
    {
        float[] Gradient(Func<GradientTensor, GradientTensor> f)
        {
            weight.Grad = null;
            var input = x.Detach().RequireGrad();
            GradientTensor y;
            using (Autocast.Begin(DType.BFloat16)) y = f(input);
            Assert.That(y.DType, Is.EqualTo(DType.BFloat16));
            y.Sum().Backward(); // outside of the scope
            return [.. weight.Grad!.ToArray<float>(), .. input.Grad!.ToArray<float>()];
        }

        GradientTensor Block(GradientTensor t) => t.MatMul(weight).Tanh().MatMul(weight);
        Assert.That(Gradient(t => Tape.Checkpoint(Block, t)), Is.EqualTo(Gradient(Block)));
    }

    [Test]
    public void Gradients_of_gradients_stay_in_the_types_of_forward()
    {
        GradientTensor y;
        using (Autocast.Begin(DType.BFloat16)) y = x.MatMul(weight).Square().Sum();
        var g = Tape.Gradients(y, [weight], createGraph: true)[0];
        Assert.That(g.DType, Is.EqualTo(DType.Float32));
        g.Square().Sum().Backward();
        Assert.That(weight.Grad!.ToArray<float>(), Has.All.Matches<float>(float.IsFinite).And.Some.Not.Zero);
    }

    private static GradientTensor Cast(GradientTensor parameter) => Autocast.For("linear", parameter).Apply(parameter);
}

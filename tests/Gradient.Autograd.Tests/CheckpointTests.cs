using Gradient.Core;

namespace Gradient.Autograd.Tests;

public sealed class CheckpointTests
{
    private readonly GradientTensor weight = GradientTensor.Randn([4, 4], seed: 1, DType.Float64, requiresGrad: true);
    private int runs;

    [SetUp]
    public void Reset()
    {
        RandomNumbers.Seed(11);
        weight.Grad = null;
        runs = 0;
    }

    [Test]
    public void Random_numbers_are_replayed_and_parameters_get_their_gradients()
    {
        var (plainInput, plainWeight) = Run(x => Noisy(x));
        Reset();
        var (input, parameter) = Run(x => Tape.Checkpoint(Noisy, x));
        Assert.That(runs, Is.EqualTo(2), "computed again in backward");
        Assert.That(input, Is.EqualTo(plainInput));
        Assert.That(parameter, Is.EqualTo(plainWeight));
    }

    [Test]
    public void The_stream_goes_on_as_if_nothing_had_been_replayed()
    {
        var x = Input();
        var y = Tape.Checkpoint(Noisy, x);
        var before = RandomNumbers.Default.Position;
        y.Sum().Backward();
        Assert.That(RandomNumbers.Default.Position, Is.EqualTo(before));
    }

    [Test]
    public void Nested_checkpoints_agree()
    {
        var (plainInput, plainWeight) = Run(x => Noisy(Noisy(x)));
        Reset();
        var (input, parameter) = Run(x => Tape.Checkpoint(t => Tape.Checkpoint(Noisy, Noisy(t)), x));
        Assert.That(input, Is.EqualTo(plainInput));
        Assert.That(parameter, Is.EqualTo(plainWeight).Within(1e-14));
    }

    [Test]
    public void Several_inputs_and_gradients_of_gradients()
    {
        GradientCheck.Verify(a => Tape.Checkpoint(t => t[0] * t[1].Exp(), a), [Input(), Input()]);
        GradientCheck.VerifySecondOrder(a => Tape.Checkpoint(t => t[0] * t[1].Exp(), a), [Input(), Input()]);
    }

    [Test]
    public void Gradients_reach_parameters_inside()
    {
        var y = Tape.Checkpoint(Noisy, Input()).Sum();
        var g = Tape.Gradients([y], [weight])[0];
        Reset();
        Noisy(Input()).Sum().Backward();
        Assert.That(g.ToArray<double>(), Is.EqualTo(weight.Grad!.ToArray<double>()));
    }

    [Test]
    public void Less_is_alive_between_forward_and_backward()
    {
        long Alive(bool checkpoint)
        {
            Memory.Trim();
            long before = Memory.Statistics(Devices.Cpu).LiveBytes;
            var x = GradientTensor.Randn([256, 256], seed: 1, requiresGrad: true);
            var y = x;
            for (int i = 0; i < 4; i++) y = checkpoint ? Tape.Checkpoint(Deep, y) : Deep(y);
            Memory.Trim();
            long alive = Memory.Statistics(Devices.Cpu).LiveBytes - before;
            y.Sum().Backward();
            Assert.That(x.Grad, Is.Not.Null);
            return alive;
        }

        long plain = Alive(checkpoint: false), checkpointed = Alive(checkpoint: true);
        Assert.That(checkpointed, Is.LessThan(plain / 3));
    }

    private static GradientTensor Deep(GradientTensor x) => x.Sin().Exp().Tanh().Sigmoid().Sin();

    private static GradientTensor Input() => GradientTensor.Randn([3, 4], seed: 5, DType.Float64, requiresGrad: true);

    private GradientTensor Noisy(GradientTensor x)
    {
        runs++;
        return (x.MatMul(weight) * GradientTensor.Rand([3, 4], dtype: DType.Float64)).Tanh();
    }

    private (double[] Input, double[] Weight) Run(Func<GradientTensor, GradientTensor> f)
    {
        var x = Input();
        f(x).Sum().Backward();
        return (x.Grad!.ToArray<double>(), weight.Grad!.ToArray<double>());
    }

    [Test]
    public void Recomputing_leaves_the_stream_of_others_alone()
    {
        var x = GradientTensor.Ones([100], requiresGrad: true);
        var y = Tape.Checkpoint(t => Functional.Dropout(t, 0.5), x);
        var before = RandomNumbers.Default.Position;
        y.Sum().Backward();
        Assert.That(RandomNumbers.Default.Position, Is.EqualTo(before));
        Assert.That(x.Grad!.ToArray<float>(), Is.EqualTo(y.ToArray<float>())); // the same elements were dropped again
    }
}

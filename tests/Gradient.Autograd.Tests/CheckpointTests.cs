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

    [Test]
    public void Running_statistics_move_once_and_gradients_are_the_same([Values] bool nested)
    {
        (float[], float[], float[]) Train(bool checkpoint)
        {
            var x = GradientTensor.Randn([6, 4], seed: 2, requiresGrad: true);
            GradientTensor mean = GradientTensor.Zeros([4]), variance = GradientTensor.Ones([4]);
            GradientTensor Inner(GradientTensor t) => Functional.BatchNorm(t, mean, variance, training: true);
            GradientTensor Outer(GradientTensor t) => nested ? Tape.Checkpoint(Inner, t.Tanh()) : Inner(t.Tanh());
            var y = checkpoint ? Tape.Checkpoint(Outer, x) : Outer(x);
            Assert.That(mean.ToArray<float>(), Has.None.Zero, "moved by forward");
            y.Square().Sum().Backward();
            return (x.Grad!.ToArray<float>(), mean.ToArray<float>(), variance.ToArray<float>());
        }

        Assert.That(Train(checkpoint: true), Is.EqualTo(Train(checkpoint: false)));
        Assert.That(Tape.IsRecomputing, Is.False);
    }

    /// <summary>
    /// A scope around the step, as a training loop has, holds what is made until its end; what a segment made must go before. Plain, each of
    /// the 8 · 5 results is alive at the end of forward.
    /// </summary>
    [Test]
    public void Within_a_TensorScope_one_segment_is_alive_at_a_time()
    {
        long Peak(bool checkpoint)
        {
            Memory.Trim();
            long before = Memory.Statistics(Devices.Cpu).LiveBytes;
            Memory.ResetPeak(Devices.Cpu);
            using (TensorScope.Begin())
            {
                var x = GradientTensor.Randn([256, 256], seed: 1, requiresGrad: true);
                var y = x;
                for (int i = 0; i < 8; i++) y = checkpoint ? Tape.Checkpoint(Deep, y) : Deep(y);
                y.Sum().Backward();
                Assert.That(x.Grad!.ToArray<float>(), Has.All.Matches<float>(float.IsFinite));
            }

            return Memory.Statistics(Devices.Cpu).PeakBytes - before;
        }

        const long tensor = 256 * 256 * sizeof(float);
        Assert.That(Peak(checkpoint: false), Is.GreaterThan(8 * 5 * tensor));
        // Eight inputs of segments and as many gradients, twice a segment's five results: a forward's and those of its backward.
        Assert.That(Peak(checkpoint: true), Is.LessThan((8 + 8 + 10) * tensor));
    }

    [Test]
    public void Gradients_of_several_segments_outlive_them()
    {
        GradientTensor x = Input(), half = Input();
        using (TensorScope.Begin())
        {
            var y = Tape.Checkpoint(t => Noisy(t) + half, Tape.Checkpoint(t => Noisy(t) * half, x));
            var (gx, gh, gw) = Tape.Gradients([y.Sum()], [x, half, weight]) is [var a, var b, var c] ? (a, b, c) : default;
            Reset();
            GradientTensor x2 = Input(), half2 = Input();
            ((Noisy(Noisy(x2) * half2)) + half2).Sum().Backward();
            Assert.That(gx.ToArray<double>(), Is.EqualTo(x2.Grad!.ToArray<double>()));
            Assert.That(gh.ToArray<double>(), Is.EqualTo(half2.Grad!.ToArray<double>()));
            Assert.That(gw.ToArray<double>(), Is.EqualTo(weight.Grad!.ToArray<double>()));
        }
    }
}

using Gradient.Autograd;
using Gradient.Core;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>Loss scaling by the rules of torch.cuda.amp.GradScaler, step by step.</summary>
public sealed class LossScalerTests
{
    private readonly GradientTensor parameter = GradientTensor.From([1f, 2], requiresGrad: true);

    [SetUp]
    public void Reset()
    {
        parameter.Grad = null;
        using (Tape.NoGrad()) parameter.CopyFrom(GradientTensor.From([1f, 2]));
    }

    /// <summary>The scale after each step, worked out by hand: grow by 2 after three good steps in a row, halve after a bad one.</summary>
    [Test]
    public void The_scale_follows_the_rules()
    {
        var scaler = new LossScaler(initialScale: 8, growthInterval: 3);
        var sgd = new Sgd([parameter], learningRate: 0);
        var expected = new (bool Good, double Scale)[]
        {
            (true, 8), (true, 8), (true, 16), (true, 16), (false, 8), (true, 8), (true, 8), (false, 4), (false, 2),
            (true, 2), (true, 2), (true, 4), (true, 4), (true, 4), (true, 8),
        };
        foreach (var (good, scale) in expected)
        {
            Assert.That(Advance(scaler, sgd, good), Is.EqualTo(good));
            Assert.That(scaler.Scale, Is.EqualTo(scale));
        }

        Assert.That(scaler.SkippedSteps, Is.EqualTo(3));
    }

    /// <summary>Defaults and rules as PyTorch documents them, simulated beside: 65536, ×2 after 2000, ×0.5.</summary>
    [Test]
    public void The_defaults_are_PyTorchs()
    {
        var scaler = new LossScaler();
        var sgd = new Sgd([parameter], learningRate: 0);
        var random = new Random(1);
        double scale = 65536;
        int tracker = 0;
        var seen = new HashSet<double>();
        for (int step = 0; step < 8000; step++)
        {
            bool good = random.Next(3000) != 0;
            Advance(scaler, sgd, good);
            if (!good) (scale, tracker) = (scale * 0.5, 0);
            else if (++tracker == 2000) (scale, tracker) = (scale * 2, 0);
            Assert.That((scaler.Scale, scaler.GoodSteps), Is.EqualTo((scale, tracker)), $"step {step}");
            seen.Add(scale);
        }

        Assert.That(seen.Order(), Is.EqualTo(new double[] { 32768, 65536, 131072 }), "both rules came about");
    }

    [Test]
    public void A_bad_step_changes_neither_parameters_nor_the_optimizers_state([Values(float.NaN, float.PositiveInfinity, float.NegativeInfinity)] float bad)
    {
        var other = GradientTensor.From([5f], requiresGrad: true);
        var adam = new Adam([parameter, other], learningRate: 0.1);
        var scaler = new LossScaler(4);
        (parameter.Grad, other.Grad) = (GradientTensor.From([1f, 1]), GradientTensor.From([bad]));
        Assert.That(scaler.Step(adam), Is.False);
        Assert.That(parameter.ToArray<float>(), Is.EqualTo(new float[] { 1, 2 }));
        Assert.That(other.Item(), Is.EqualTo(5));
        Assert.That(adam.StateDictionary(), Is.Empty);
    }

    [Test]
    public void Unscaled_gradients_are_the_gradients()
    {
        float[] plain = Gradient(loss => loss);
        var scaler = new LossScaler();
        float[] scaled = Gradient(scaler.ScaleLoss);
        Assert.That(scaled, Is.EqualTo(plain.Select(g => g * 65536)));
        scaler.Unscale(new Sgd([parameter], 0.1));
        Assert.That(parameter.Grad!.ToArray<float>(), Is.EqualTo(plain), "a power of two is exact");
    }

    [Test]
    public void Clipping_comes_after_unscaling()
    {
        var scaler = new LossScaler(1024);
        var sgd = new Sgd([parameter], learningRate: 1);
        scaler.ScaleLoss((parameter * GradientTensor.From([3f, 4])).Sum()).Backward();
        scaler.Unscale(sgd);
        Assert.That(Gradients.ClipNorm([parameter], maxNorm: 1).Item(), Is.EqualTo(5));
        Assert.That(scaler.Step(sgd));
        Assert.That(parameter.ToArray<float>(), Is.EqualTo(new[] { 1 - 0.6f, 2 - 0.8f }).Within(1e-5));
    }

    [Test]
    public void Overflow_in_Float16_backs_off_until_the_gradients_fit_and_training_goes_on()
    {
        // The gradient of the product is 2·scale, infinite in Float16 from 65536 on: at 65536 and 32768, not at 16384.
        var scaler = new LossScaler(growthInterval: 2);
        var sgd = new Sgd([parameter], learningRate: 0.25);
        var scales = new List<double>();
        for (int step = 0; step < 5; step++)
        {
            scales.Add(scaler.Scale);
            using (Autocast.Begin(DType.Float16)) scaler.ScaleLoss(parameter.MatMul(GradientTensor.From([1f, 1])) * 2).Backward();
            scaler.Step(sgd);
            scaler.Update();
            sgd.ZeroGrad();
        }

        Assert.That(scales, Is.EqualTo(new double[] { 65536, 32768, 16384, 16384, 32768 }));
        Assert.That(scaler.SkippedSteps, Is.EqualTo(3));
        Assert.That(parameter.ToArray<float>(), Is.EqualTo(new float[] { 0, 1 }), "two steps of 0.25 · 2 each");
    }

    [Test]
    public void Gradients_too_small_for_Float16_are_kept()
    {
        GradientTensor Loss() => parameter.MatMul(GradientTensor.From([1f, 1])).To(DType.Float32) * 1e-9; // the smallest Float16 is 6e-8
        using (Autocast.Begin(DType.Float16)) Loss().Backward();
        Assert.That(parameter.Grad!.ToArray<float>(), Is.All.Zero, "lost without scaling");
        parameter.Grad = null;
        var scaler = new LossScaler();
        using (Autocast.Begin(DType.Float16)) scaler.ScaleLoss(Loss()).Backward();
        scaler.Unscale(new Sgd([parameter], 0.1));
        Assert.That(parameter.Grad!.ToArray<float>(), Is.All.EqualTo(1e-9f).Within(1e-9 / 2048), "one rounding to Float16");
    }

    [Test]
    public void The_state_goes_on_where_it_was_saved()
    {
        var whole = new LossScaler(64, growthInterval: 4);
        var sgd = new Sgd([parameter], learningRate: 0);
        bool[] steps = [true, true, false, true, true, true, true, true, false, true];
        foreach (bool good in steps[..5]) Advance(whole, sgd, good);
        var resumed = new LossScaler(1, growthInterval: 4) { State = whole.State };
        foreach (bool good in steps[5..])
        {
            Advance(whole, sgd, good);
            Advance(resumed, sgd, good);
            Assert.That(resumed.State, Is.EqualTo(whole.State));
        }

        Assert.That(whole.State, Is.EqualTo(new LossScalerState(32, 1, 2)));
        foreach (var bad in new LossScalerState[] { new(0, 0, 0), new(double.NaN, 0, 0), new(1e300, 0, 0), new(2, -1, 0), new(2, 0, -1) })
            Assert.That(() => whole.State = bad, Throws.TypeOf<CorruptFileException>());
        Assert.That(whole.State, Is.EqualTo(new LossScalerState(32, 1, 2)));
    }

    [Test]
    public void One_scaler_serves_several_optimizers()
    {
        var other = GradientTensor.From([5f], requiresGrad: true);
        Sgd first = new([parameter], learningRate: 1), second = new([other], learningRate: 1);
        var scaler = new LossScaler(2);
        (parameter.Grad, other.Grad) = (GradientTensor.From([2f, 2]), GradientTensor.From([float.NaN]));
        Assert.That((scaler.Step(first), scaler.Step(second)), Is.EqualTo((true, false)));
        scaler.Update();
        Assert.That(scaler.Scale, Is.EqualTo(1));
        Assert.That((parameter.ToArray<float>(), other.Item()), Is.EqualTo((new float[] { 0, 1 }, 5f)));
    }

    [Test]
    public void Misuse_is_told()
    {
        var scaler = new LossScaler();
        var sgd = new Sgd([parameter], learningRate: 1);
        Assert.That(() => scaler.Update(), Throws.TypeOf<GradientException>().With.Message.Contains("Step"));
        Assert.That(() => scaler.Step(sgd), Throws.TypeOf<GradientException>().With.Message.Contains("ScaleLoss"));
        parameter.Grad = GradientTensor.From([1f, 1]);
        scaler.Unscale(sgd);
        Assert.That(() => scaler.Unscale(sgd), Throws.TypeOf<GradientException>().With.Message.Contains("Update"));
        scaler.Step(sgd);
        Assert.That(() => scaler.Step(sgd), Throws.TypeOf<GradientException>().With.Message.Contains("Update"));
        var half = GradientTensor.Ones([2], DType.Float16, requiresGrad: true);
        half.Sum().Backward();
        Assert.That(() => scaler.Unscale(new Sgd([half], 1)), Throws.TypeOf<DTypeMismatchException>().With.Message.Contains("Autocast"));
        Assert.Multiple(() =>
        {
            Assert.That(() => new LossScaler(0), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new LossScaler(double.PositiveInfinity), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new LossScaler(growthFactor: 1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new LossScaler(backoffFactor: 1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new LossScaler(growthInterval: 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        });
    }

    [Test]
    public void Gradients_that_no_scale_makes_finite_end_in_an_error()
    {
        var scaler = new LossScaler();
        var sgd = new Sgd([parameter], learningRate: 0);
        int steps = 0;
        var error = Assert.Throws<GradientException>(() =>
        {
            for (; steps < 100; steps++) Advance(scaler, sgd, good: false);
        })!;
        Assert.That(error.Message, Does.Contain("DetectAnomaly"));
        Assert.That(steps, Is.EqualTo(40), "from 2¹⁶ below 2⁻²⁴");
    }

    [Test]
    public void The_scale_stays_a_Float32_number()
    {
        var scaler = new LossScaler(float.MaxValue / 2, growthInterval: 1);
        var sgd = new Sgd([parameter], learningRate: 0);
        for (int i = 0; i < 3; i++) Advance(scaler, sgd, good: true);
        Assert.That(scaler.Scale, Is.EqualTo((double)float.MaxValue));
    }

    private bool Advance(LossScaler scaler, Sgd sgd, bool good)
    {
        parameter.Grad = GradientTensor.From([1f, good ? 1 : float.PositiveInfinity]);
        bool stepped = scaler.Step(sgd);
        scaler.Update();
        return stepped;
    }

    private float[] Gradient(Func<GradientTensor, GradientTensor> scale)
    {
        parameter.Grad = null;
        scale(Loss.Mse(parameter, GradientTensor.From([0.3f, 0.7f]))).Backward();
        return parameter.Grad!.ToArray<float>();
    }
}

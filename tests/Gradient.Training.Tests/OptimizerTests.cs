using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Training.Tests;

/// <summary>What every optimizer shares: groups, states, bad input, memory. Their numbers are held against PyTorch in Goldens/.</summary>
public sealed class OptimizerTests
{
    private static readonly Dictionary<string, Func<IEnumerable<GradientTensor>, Optimizer>> All = new()
    {
        ["Sgd"] = p => new Sgd(p, learningRate: 0.05, momentum: 0.9, nesterov: true),
        ["Adam"] = p => new Adam(p, learningRate: 0.05, amsGrad: true),
        ["AdamW"] = p => new AdamW(p, learningRate: 0.05),
        ["RmsProp"] = p => new RmsProp(p, momentum: 0.5, centered: true),
        ["Adagrad"] = p => new Adagrad(p, learningRate: 0.1, rateDecay: 0.01),
        ["Adadelta"] = p => new Adadelta(p),
        ["NAdam"] = p => new NAdam(p, learningRate: 0.05),
    };

    public static IEnumerable<string> Names => All.Keys;

    [TestCaseSource(nameof(Names))]
    public void Steps_lower_a_quadratic(string name)
    {
        var x = GradientTensor.From([3f, -2f, 1f], requiresGrad: true);
        var optimizer = All[name]([x]);
        float first = 0, last = 0;
        for (int i = 0; i < 100; i++)
        {
            optimizer.ZeroGrad();
            var loss = (x * x).Sum();
            loss.Backward();
            optimizer.Step();
            last = loss.Item();
            if (i == 0) first = last;
        }

        Assert.That(last, Is.LessThan(name == "Adadelta" ? first * 0.999f : first * 0.5f));
    }

    [TestCaseSource(nameof(Names))]
    public void A_restored_state_goes_on_bit_for_bit(string name)
    {
        static void Train(GradientTensor x, Optimizer optimizer, int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                optimizer.ZeroGrad();
                ((x - 1) * (x - 1) * x).Sum().Backward();
                optimizer.Step();
            }
        }

        var whole = GradientTensor.Randn([5], seed: 1, requiresGrad: true);
        var half = whole.Detach().Clone().RequireGrad();
        var untouched = All[name]([whole]);
        Train(whole, untouched, 14);

        var before = All[name]([half]);
        Train(half, before, 7);
        var saved = before.StateDictionary().ToDictionary(entry => entry.Key, entry => entry.Value.Copy());
        var after = All[name]([half]);
        after.LoadStateDictionary(saved);
        Train(half, after, 7);

        Assert.That(half.ToArray<float>(), Is.EqualTo(whole.ToArray<float>()));
    }

    [TestCaseSource(nameof(Names))]
    public void A_state_that_does_not_fit_changes_nothing(string name)
    {
        var x = GradientTensor.From([3f, -2f], requiresGrad: true);
        var optimizer = All[name]([x]);
        (x * x).Sum().Backward();
        optimizer.Step();
        var saved = optimizer.StateDictionary().ToDictionary(entry => entry.Key, entry => entry.Value.Copy());
        string state = saved.Keys.First(key => !key.EndsWith(".step", StringComparison.Ordinal));
        var wrong = new Dictionary<string, Tensor>(saved) { [state] = GradientTensor.Zeros([3]).Value };
        Assert.That(() => optimizer.LoadStateDictionary(wrong), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains(state));
        Assert.That(
            () => optimizer.LoadStateDictionary(new Dictionary<string, Tensor>(saved) { ["7.step"] = saved["0.step"] }),
            Throws.TypeOf<CorruptFileException>().With.Message.Contains("7.step"));
        foreach (string missing in saved.Keys)
            Assert.That(
                () => optimizer.LoadStateDictionary(saved.Where(entry => entry.Key != missing).ToDictionary()),
                Throws.TypeOf<CorruptFileException>(), $"without {missing}");
        Assert.That(
            () => optimizer.LoadStateDictionary(new Dictionary<string, Tensor>(saved) { ["0.step"] = Tensor.From<long>([-1], [], Devices.Cpu) }),
            Throws.TypeOf<CorruptFileException>().With.Message.Contains("-1"));
        Assert.That(optimizer.StateDictionary()[state].ToArray<float>(), Is.EqualTo(saved[state].ToArray<float>()));
    }

    [Test]
    public void Groups_keep_their_own_rates_and_decays()
    {
        GradientTensor a = GradientTensor.Ones([2], requiresGrad: true), b = GradientTensor.Ones([2], requiresGrad: true);
        var optimizer = new Sgd([new ParameterGroup([a]), new([b]) { LearningRate = 0.5, WeightDecay = 1 }], learningRate: 0.1);
        (a + b).Sum().Backward();
        optimizer.Step();
        Assert.Multiple(() =>
        {
            Assert.That(a.ToArray<float>(), Is.EqualTo(new[] { 0.9f, 0.9f }));
            Assert.That(b.ToArray<float>(), Is.EqualTo(new[] { 0f, 0f })); // 1 − 0.5·(1 + 1·1)
        });
    }

    [Test]
    public void Parameters_without_a_gradient_stay_and_count_their_own_steps()
    {
        GradientTensor seen = GradientTensor.Ones([1], requiresGrad: true), late = GradientTensor.Ones([1], requiresGrad: true);
        var optimizer = new Adam([seen, late], learningRate: 0.1);
        seen.Sum().Backward();
        optimizer.Step();
        Assert.That(late.Item(), Is.EqualTo(1));
        optimizer.ZeroGrad();
        (seen + late).Sum().Backward();
        optimizer.Step();
        // A first Adam step is as long as the rate, whatever the gradient: bias correction must use the parameter's own count.
        Assert.That(late.Item(), Is.EqualTo(0.9f).Within(1e-6f));
        Assert.That(optimizer.StateDictionary()["0.step"].Item<long>(), Is.EqualTo(2));
        Assert.That(optimizer.StateDictionary()["1.step"].Item<long>(), Is.EqualTo(1));
    }

    [Test]
    public void Updates_reach_parameters_of_any_layout()
    {
        var stored = GradientTensor.Randn([3, 4], seed: 1);
        var turned = new GradientTensor(stored.Value.View(stored.Value.Layout.Transpose(0, 1)), requiresGrad: true);
        float[] before = turned.ToArray<float>();
        var optimizer = new Sgd([turned], learningRate: 1);
        turned.Sum().Backward();
        optimizer.Step();
        Assert.That(turned.ToArray<float>(), Is.EqualTo(before.Select(x => x - 1)).AsCollection);
    }

    [Test]
    public void A_step_is_noticed_by_a_graph_that_saved_the_parameter()
    {
        var w = GradientTensor.Ones([2], requiresGrad: true);
        var loss = (w * w).Sum();
        loss.Backward(retainGraph: true);
        new Sgd([w], learningRate: 0.1).Step();
        Assert.That(() => loss.Backward(), Throws.TypeOf<TapeException>().With.Message.Contains("overwritten in place"));
    }

    [Test]
    public void Bad_arguments_are_named()
    {
        var w = GradientTensor.Ones([2], requiresGrad: true);
        Assert.Multiple(() =>
        {
            Assert.That(() => new Sgd(Array.Empty<GradientTensor>()), Throws.ArgumentException.With.Message.Contains("no parameters"));
            Assert.That(() => new Sgd([w, w]), Throws.ArgumentException.With.Message.Contains("twice"));
            Assert.That(() => new Sgd([w * 2]), Throws.TypeOf<TapeException>().With.Message.Contains("leaves"));
            Assert.That(() => new Sgd([w], learningRate: -1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new Sgd([w], nesterov: true), Throws.ArgumentException.With.Message.Contains("Nesterov"));
            Assert.That(() => new Adam([w], beta2: 1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new Lbfgs([w]).Step(), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("Step(() =>"));
        });
    }

    [Test]
    public void Half_parameters_are_updated_in_float()
    {
        var w = GradientTensor.Ones([3]).To(DType.BFloat16).Detach().RequireGrad();
        w.Grad = GradientTensor.Full([3], 0.5, DType.BFloat16);
        new Sgd([w], learningRate: 1).Step();
        Assert.That(w.To(DType.Float32).ToArray<float>(), Is.EqualTo(new[] { 0.5f, 0.5f, 0.5f }));
    }
}

namespace Gradient.Nn.Tests;

public class ModuleTests
{
    // The class of the guide, as users write it.
    private sealed class Residual : Module
    {
        private readonly Conv2d conv;
        private readonly BatchNorm2d norm;

        public Residual(int channels)
        {
            conv = Register("conv", new Conv2d(channels, channels, kernelSize: 3, padding: 1, bias: false));
            norm = Register("norm", new BatchNorm2d(channels));
        }

        public override GradientTensor Forward(GradientTensor x) => (norm.Forward(conv.Forward(x)) + x).Relu();
    }

    private sealed class Tower : Module
    {
        public Tower()
        {
            Blocks = Register("blocks", Enumerable.Range(0, 4).Select(_ => new Residual(2)));
            Scale = Register("scale", GradientTensor.Ones([2]));
            Steps = Register("steps", GradientTensor.Zeros([], DType.Int64).Value);
        }

        public IReadOnlyList<Residual> Blocks { get; }

        public GradientTensor Scale { get; }

        public GradientTensor Steps { get; }

        public override GradientTensor Forward(GradientTensor x)
        {
            foreach (var block in Blocks) x = block.Forward(x);
            return x * Scale;
        }
    }

    private sealed class Shared : Module
    {
        public Shared()
        {
            var linear = Register("first", new Linear(2, 2));
            Register("second", linear);
        }

        public void Again(string name) => Register(name, new ReLU());

        public void Inner(Module module) => Register("inner", module);

        public override GradientTensor Forward(GradientTensor x) => x;
    }

    private static Sequential Digits() => new(
        new Conv2d(1, 32, kernelSize: 3, padding: 1), new BatchNorm2d(32), new ReLU(), new MaxPool2d(2),
        new Conv2d(32, 64, kernelSize: 3, padding: 1), new BatchNorm2d(64), new ReLU(), new MaxPool2d(2),
        new Flatten(), new Linear(64 * 7 * 7, 128), new ReLU(), new Dropout(0.25f), new Linear(128, 10));

    [Test]
    public void Paths_name_parameters_and_buffers()
    {
        var tower = new Tower();
        var names = tower.NamedParameters().Select(p => p.Key).ToArray();
        Assert.That(names[0], Is.EqualTo("scale"));
        Assert.That(names, Does.Contain("blocks.3.conv.weight").And.Contain("blocks.0.norm.bias"));
        Assert.That(names, Has.Length.EqualTo(1 + (4 * 3)));
        Assert.That(tower.NamedBuffers().Select(b => b.Key), Does.Contain("blocks.2.norm.running_var").And.Contain("steps"));
        Assert.That(tower.Parameters(), Has.All.Matches<GradientTensor>(p => p.RequiresGrad && p.Value.IsPersistent));
        Assert.That(tower.ParameterCount, Is.EqualTo(2 + (4 * ((9 * 4) + 4))));
        Assert.That(tower.StateDictionary().Keys, Is.EqualTo(new[] { "scale", "steps" }.Concat(
            Enumerable.Range(0, 4).SelectMany(i => new[] { "conv.weight", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var" }
                .Select(n => $"blocks.{i}.{n}")))));
    }

    [Test]
    public void A_shared_module_has_one_set_of_parameters_and_two_places_in_the_state()
    {
        var shared = new Shared();
        Assert.That(shared.Parameters(), Has.Count.EqualTo(2));
        Assert.That(shared.StateDictionary().Keys, Is.EqualTo(new[] { "first.weight", "first.bias", "second.weight", "second.bias" }));
        Assert.Throws<ArgumentException>(() => shared.Again("first"));
        Assert.Throws<ArgumentException>(() => shared.Again("a.b"));
        Assert.Throws<ArgumentException>(() => shared.Inner(new Sequential(shared)));
    }

    [Test]
    public void A_state_goes_from_one_module_to_another()
    {
        Sequential a = new(new Linear(3, 4), new BatchNorm1d(4)), b = new(new Linear(3, 4), new BatchNorm1d(4));
        a.Forward(GradientTensor.Randn([8, 3]));
        var before = b.Parameters()[0];
        b.LoadStateDictionary(a.StateDictionary());
        a.Eval();
        b.Eval();
        var x = GradientTensor.Randn([5, 3]);
        Assert.That(b.Forward(x).ToArray<float>(), Is.EqualTo(a.Forward(x).ToArray<float>()));
        Assert.That(b.Parameters()[0], Is.SameAs(before));
    }

    [Test]
    public void Strict_loading_lists_what_does_not_fit_and_changes_nothing()
    {
        var module = new Sequential(new Linear(3, 4), new Linear(4, 2));
        var state = module.StateDictionary();
        var loaded = new Dictionary<string, Tensor>
        {
            ["0.weight"] = GradientTensor.Ones([3, 4]).Value,
            ["0.bias"] = GradientTensor.Ones([5]).Value,
            ["1.weight"] = GradientTensor.Ones([4, 2]).Value,
            ["head.weight"] = GradientTensor.Ones([1]).Value,
        };
        var before = state["0.weight"].ToArray<float>();
        var error = Assert.Throws<StateMismatchException>(() => module.LoadStateDictionary(loaded))!;
        Assert.That(error.Missing, Is.EqualTo(new[] { "1.bias" }));
        Assert.That(error.Unexpected, Is.EqualTo(new[] { "head.weight" }));
        Assert.That(error.Differing, Is.EqualTo(new[] { "0.bias: [5] where the module has [4]" }));
        Assert.That(error.Message, Does.Contain("1.bias").And.Contain("head.weight").And.Contain("[5]"));
        Assert.Throws<StateMismatchException>(() => module.LoadStateDictionary(loaded, strict: false));
        Assert.That(state["0.weight"].ToArray<float>(), Is.EqualTo(before));

        loaded.Remove("0.bias");
        var (missing, unexpected) = module.LoadStateDictionary(loaded, strict: false);
        Assert.That(missing, Is.EqualTo(new[] { "0.bias", "1.bias" }));
        Assert.That(unexpected, Is.EqualTo(new[] { "head.weight" }));
        Assert.That(state["0.weight"].ToArray<float>(), Is.All.EqualTo(1f));
    }

    [Test]
    public void Modes_reach_every_module()
    {
        var model = new Sequential(new Dropout(), new Sequential(new Dropout()));
        model.Eval();
        Assert.That(model.NamedModules().Select(m => m.Value.IsTraining), Is.All.False);
        var x = GradientTensor.Ones([100]);
        Assert.That(model.Forward(x).ToArray<float>(), Is.All.EqualTo(1f));
        model.Train();
        Assert.That(model.Forward(x).ToArray<float>(), Has.Some.Zero);
    }

    [Test]
    public void Frozen_parameters_get_no_gradient()
    {
        var model = new Sequential(new Linear(3, 4), new Linear(4, 2));
        model[0].Freeze();
        model.Forward(GradientTensor.Randn([5, 3])).Sum().Backward();
        Assert.That(model.NamedParameters().Where(p => p.Value.Grad is not null).Select(p => p.Key), Is.EqualTo(new[] { "1.weight", "1.bias" }));
        model.ZeroGrad();
        Assert.That(model.Parameters(), Has.All.Matches<GradientTensor>(p => p.Grad is null));
        model.Unfreeze();
        model.Forward(GradientTensor.Randn([5, 3])).Sum().Backward();
        Assert.That(model.Parameters(), Has.All.Matches<GradientTensor>(p => p.Grad is not null));
    }

    [Test]
    public void Converting_keeps_the_parameters_what_they_are()
    {
        var model = new Tower();
        var parameter = model.Scale;
        model.To(DType.Float64);
        Assert.That(model.Scale, Is.SameAs(parameter));
        Assert.That(model.Parameters(), Has.All.Matches<GradientTensor>(p => p.DType == DType.Float64 && p.RequiresGrad && p.Value.IsPersistent));
        Assert.That(model.Steps.DType, Is.EqualTo(DType.Int64));
        var y = model.Forward(GradientTensor.Randn([1, 4, 4, 2], dtype: DType.Float64));
        Assert.That(y.DType, Is.EqualTo(DType.Float64));
        y.Sum().Backward();
        Assert.That(parameter.Grad!.DType, Is.EqualTo(DType.Float64));
        Assert.That(model.To(Devices.Cpu), Is.SameAs(model));
        Assert.That(parameter.Grad, Is.Not.Null, "nothing moved, so nothing is forgotten");
        Assert.Throws<DTypeMismatchException>(() => model.To(DType.Int32));
    }

    [Test]
    public void The_summary_shows_shapes_and_counts_and_leaves_the_model_as_it_was()
    {
        var model = Digits();
        model[1].Eval();
        var mean = ((BatchNorm2d)model[1]).RunningMean!.ToArray<float>();
        string table = model.Summary([1, 28, 28, 1]);
        string[] lines = table.Split('\n', StringSplitOptions.TrimEntries);
        Assert.That(lines[1], Does.Match(@"^Layer\s+Output shape\s+Parameters$"));
        Assert.That(lines, Has.Some.Matches(@"^0: Conv2d\s+\[1, 28, 28, 32\]\s+320$"));
        Assert.That(lines, Has.Some.Matches(@"^8: Flatten\s+\[1, 3136\]\s+0$"));
        Assert.That(lines, Has.Some.Matches(@"^9: Linear\s+\[1, 128\]\s+401,536$"));
        Assert.That(table, Does.Contain("input [1, 28, 28, 1], output [1, 10]"));
        Assert.That(table, Does.Contain("421,834 parameters, 421,834 of them trained, 1.61 MiB"));
        Assert.That(model.IsTraining && model[0].IsTraining && !model[1].IsTraining);
        Assert.That(((BatchNorm2d)model[1]).RunningMean!.ToArray<float>(), Is.EqualTo(mean));
    }

    // The table of docs/modules.md.
    [Test]
    public void The_summary_is_this_table()
    {
        var model = new Sequential(
            new Conv2d(1, 8, kernelSize: 3, padding: 1), new BatchNorm2d(8), new ReLU(), new MaxPool2d(2),
            new Flatten(), new Linear(8 * 14 * 14, 10));
        const string expected = """
            ────────────────────────────────────────────
            Layer            Output shape     Parameters
            ────────────────────────────────────────────
            0: Conv2d        [1, 28, 28, 8]           80
            1: BatchNorm2d   [1, 28, 28, 8]           16
            2: ReLU          [1, 28, 28, 8]            0
            3: MaxPool2d     [1, 14, 14, 8]            0
            4: Flatten       [1, 1568]                 0
            5: Linear        [1, 10]              15,690
            ────────────────────────────────────────────
            input [1, 28, 28, 1], output [1, 10]
            15,786 parameters, 15,786 of them trained, 0.06 MiB

            """;
        Assert.That(model.Summary([1, 28, 28, 1]).ReplaceLineEndings("\n"), Is.EqualTo(expected.ReplaceLineEndings("\n")));
    }

    [Test]
    public void The_summary_shows_modules_of_modules_as_a_tree()
    {
        var model = new Sequential { new Conv2d(1, 2, 3), { "residual", new Residual(2) } };
        Assert.That(model["residual"], Is.InstanceOf<Residual>());
        Assert.That(model, Has.Count.EqualTo(2));
        string[] lines = model.Summary([2, 6, 6, 1]).Split('\n', StringSplitOptions.TrimEntries);
        Assert.That(lines, Has.Some.Matches(@"^residual: Residual\s+\[2, 4, 4, 2\]"));
        Assert.That(lines, Has.Some.Matches(@"^conv: Conv2d\s+\[2, 4, 4, 2\]\s+36$"));
        Assert.That(new Embedding(5, 3).Summary([1, 4], DType.Int64), Does.Contain("[1, 4, 3]").And.Contain("15 parameters"));
    }

    [Test]
    public void A_list_has_no_forward()
    {
        var list = new ModuleList(new ReLU(), new Tanh());
        Assert.That(list[1], Is.InstanceOf<Tanh>());
        Assert.Throws<UnsupportedOperationException>(() => list.Forward(GradientTensor.Ones([1])));
    }

    [Test]
    public void The_model_of_the_guide_learns()
    {
        RandomNumbers.Seed(1);
        var model = new Sequential(
            new Conv2d(1, 4, kernelSize: 3, padding: 1), new Residual(4), new MaxPool2d(2), new Flatten(), new Linear(4 * 4 * 4, 2));
        var images = GradientTensor.Randn([16, 8, 8, 1]);
        var labels = images.Mean([1, 2, 3]).GreaterThan(0).To(DType.Int64);
        Func<GradientTensor, GradientTensor, GradientTensor> criterion = Loss.CrossEntropy;
        float first = 0, last = 0;
        for (int step = 0; step < 30; step++)
        {
            var loss = criterion(model.Forward(images), labels);
            if (step == 0) first = loss.Item();
            last = loss.Item();
            loss.Backward();
            using (Tape.NoGrad())
                foreach (var p in model.Parameters()) p.Value.CopyFrom((p - p.Grad! * 0.1).Value);
            model.ZeroGrad();
        }

        Assert.That(last, Is.LessThan(first / 4));
    }
}

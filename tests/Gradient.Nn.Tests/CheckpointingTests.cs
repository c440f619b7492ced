namespace Gradient.Nn.Tests;

/// <summary>Checkpointing as an option of modules: the same bits, dropout and running statistics included.</summary>
public sealed class CheckpointingTests
{
    [Test]
    public void Segments_change_no_bit([Values(2, 3, 4, 9, 100)] int segments)
    {
        var plain = Train(1);
        Assert.That(Train(segments), Is.EqualTo(plain));
        Assert.That(Train(1, seed: 8), Is.Not.EqualTo(plain), "dropout did something");
    }

    [Test]
    public void Segments_lie_between_one_and_as_many_as_modules()
    {
        var model = new Sequential(new ReLU());
        Assert.That(model.CheckpointSegments, Is.EqualTo(1));
        Assert.That(() => model.CheckpointSegments = 0, Throws.TypeOf<ArgumentOutOfRangeException>());
        var x = GradientTensor.Ones([2]);
        Assert.That(new Sequential { CheckpointSegments = 4 }.Forward(x), Is.SameAs(x));
    }

    [Test]
    public void Each_module_runs_twice_but_those_of_the_last_segment()
    {
        var counters = Enumerable.Range(0, 5).Select(_ => new Counter()).ToArray();
        var model = new Sequential([.. counters]) { CheckpointSegments = 2 };
        var x = GradientTensor.Ones([2], requiresGrad: true);
        model.Forward(x).Sum().Backward();
        Assert.That(counters.Select(c => c.Runs), Is.EqualTo(new[] { 2, 2, 1, 1, 1 }));
        using (Tape.NoGrad()) model.Forward(x);
        Assert.That(counters.Select(c => c.Runs), Is.EqualTo(new[] { 3, 3, 2, 2, 2 }), "without recording there is nothing to keep");
    }

    [Test]
    public void A_transformer_block_changes_no_bit([Values] bool masked, [Values(null, DType.BFloat16)] DType? lower)
    {
        float[][] Train(bool checkpoint)
        {
            RandomNumbers.Seed(7);
            var block = new TransformerBlock(8, 2, causal: !masked, dropout: 0.3, checkpoint: checkpoint);
            var x = GradientTensor.Randn([2, 5, 8], seed: 1).RequireGrad();
            var mask = masked ? GradientTensor.Ones([5, 5], DType.Bool).Tril() : null;
            GradientTensor y;
            using (lower is { } type ? Autocast.Begin(type) : null) y = block.Forward(x, mask);
            y.Square().Sum().Backward();
            return [y.To(DType.Float32).ToArray<float>(), x.Grad!.ToArray<float>(), .. block.Parameters().Select(p => p.Grad!.ToArray<float>())];
        }

        Assert.That(Train(checkpoint: true), Is.EqualTo(Train(checkpoint: false)));
    }

    /// <summary>Three steps of a network with convolutions, batch statistics, dropout: gradients, parameters' and buffers' values.</summary>
    private static float[][] Train(int segments, long seed = 7)
    {
        RandomNumbers.Seed(1);
        var model = new Sequential(
            new Conv2d(2, 4, 3, padding: 1), new BatchNorm2d(4), new ReLU(), new Dropout(0.3), new Conv2d(4, 4, 3), new BatchNorm2d(4), new GELU(),
            new Flatten(), new Linear(64, 3)) { CheckpointSegments = segments };
        RandomNumbers.Seed(seed);
        var results = new List<float[]>();
        for (int step = 0; step < 3; step++)
        {
            var x = GradientTensor.Randn([3, 6, 6, 2], seed: step).RequireGrad();
            model.ZeroGrad();
            var loss = Loss.CrossEntropy(model.Forward(x), GradientTensor.From([0L, 1, 2]));
            loss.Backward();
            results.AddRange([loss.ToArray<float>(), x.Grad!.ToArray<float>(), .. model.Parameters().Select(p => p.Grad!.ToArray<float>())]);
            using (Tape.NoGrad())
                foreach (var parameter in model.Parameters()) parameter.SubtractInPlace(parameter.Grad! * 0.1);
        }

        results.AddRange(model.StateDictionary().Values.Select(value => value.To(DType.Float32).ToArray<float>()));
        return [.. results];
    }

    private sealed class Counter : Module
    {
        public int Runs { get; private set; }

        public override GradientTensor Forward(GradientTensor x)
        {
            Runs++;
            return x * 2;
        }
    }
}

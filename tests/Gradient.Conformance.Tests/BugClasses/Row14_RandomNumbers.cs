using Gradient.Nn;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 14: random numbers repeated, unseeded, or their state not restored; and one stream for all backends.</summary>
public sealed class Row14_RandomNumbers
{
    private const int Count = 100_000;

    private static readonly (string Name, Func<Device, long?, GradientTensor> Draw)[] Sources =
    [
        ("rand", (device, seed) => GradientTensor.Rand([Count], seed, device: device)),
        ("randn", (device, seed) => GradientTensor.Randn([Count], seed, device: device)),
        ("randInt", (device, seed) => GradientTensor.RandInt(-3, 8, [Count], seed, device: device)),
    ];

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from source in Sources
        select new TestCaseData(backend, source.Draw).SetArgDisplayNames(backend.Name, source.Name);

    [TestCaseSource(nameof(Combinations))]
    public void Seeds_and_states(Backend backend, Func<Device, long?, GradientTensor> draw)
    {
        var device = backend.Device();
        double[] Draw(long? seed) => Inputs.FromTensor(draw(device, seed).Value).Data;
        Assert.That(Draw(42), Is.EqualTo(Draw(42)), "the same seed");
        Assert.That(Same(Draw(42), Draw(43)), Is.LessThan(0.2), "another seed");
        RandomNumbers.Seed(5);
        double[] first = Draw(null);
        var position = RandomNumbers.Default.Position;
        double[] second = Draw(null);
        Assert.That(Same(first, second), Is.LessThan(0.2), "successive calls");
        RandomNumbers.Default.Position = position;
        Assert.That(Draw(null), Is.EqualTo(second), "a restored state");
        RandomNumbers.Seed(5);
        Assert.That(Draw(null), Is.EqualTo(first), "a seed anew");
    }

    [TestCaseSource(nameof(Combinations))]
    public void One_stream_for_all_backends(Backend backend, Func<Device, long?, GradientTensor> draw)
    {
        double[] expected = Inputs.FromTensor(draw(Devices.Cpu, 77).Value).Data, actual = Inputs.FromTensor(draw(backend.Device(), 77).Value).Data;
        // Normal numbers pass through log, sine and cosine, whose last bits differ; the rest is exact.
        for (int i = 0; i < Count; i++) Assert.That(actual[i], Is.EqualTo(expected[i]).Within(2e-6), $"element {i}");
        if (expected.All(x => x == Math.Floor(x) || x is >= 0 and < 1)) Assert.That(actual, Is.EqualTo(expected));
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Moments(Backend backend)
    {
        var device = backend.Device();
        // Bounds of five standard errors of each statistic.
        Check(Sources[0].Draw(device, 3), 0.5, Math.Sqrt(1 / 12.0), 0, 1.8);
        Check(Sources[1].Draw(device, 3), 0, 1, 0, 3);
        Check(Sources[2].Draw(device, 3), 2, Math.Sqrt(10), 0, 1.78); // −3 … 7: variance (11² − 1)/12, kurtosis 3 − 6/5·(11² + 1)/(11² − 1)
        double[] uniform = Inputs.FromTensor(Sources[0].Draw(device, 4).Value).Data;
        Assert.That(uniform, Is.All.GreaterThanOrEqualTo(0).And.All.LessThan(1));
        double[] whole = Inputs.FromTensor(Sources[2].Draw(device, 4).Value).Data;
        Assert.That(whole.Distinct().Order(), Is.EqualTo(Enumerable.Range(-3, 11).Select(i => (double)i)));
        double correlation = 0;
        for (int i = 1; i < Count; i++) correlation += (uniform[i] - 0.5) * (uniform[i - 1] - 0.5) * 12 / Count;
        Assert.That(correlation, Is.EqualTo(0).Within(5 / Math.Sqrt(Count)), "of neighbours");
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Dropout_draws_anew_and_drops_its_share(Backend backend)
    {
        var x = GradientTensor.Ones([Count], device: backend.Device(), requiresGrad: true);
        var dropout = new Dropout(0.25f);
        RandomNumbers.Seed(9);
        GradientTensor first = dropout.Forward(x), second = dropout.Forward(x);
        float[] values = first.ToArray<float>();
        Assert.That(values.Distinct().Order(), Is.EqualTo(new[] { 0, 4 / 3f }).Within(1e-6));
        Assert.That(values.Count(v => v == 0) / (double)Count, Is.EqualTo(0.25).Within(5 * Math.Sqrt(0.25 * 0.75 / Count)));
        Assert.That(second.ToArray<float>(), Is.Not.EqualTo(values));
        first.Sum().Backward();
        Assert.That(x.Grad!.ToArray<float>(), Is.EqualTo(values), "backward drops what forward dropped");
        RandomNumbers.Seed(9);
        Assert.That(dropout.Forward(GradientTensor.Ones([Count])).ToArray<float>(), Is.EqualTo(values), "the CPU drops the same");
    }

    /// <summary>The share of equal elements.</summary>
    private static double Same(double[] a, double[] b) => a.Zip(b).Count(pair => pair.First == pair.Second) / (double)a.Length;

    private static void Check(GradientTensor x, double mean, double deviation, double skewness, double kurtosis)
    {
        double[] z = Array.ConvertAll(Inputs.FromTensor(x.Value).Data, v => (v - mean) / deviation);
        double error = 5 / Math.Sqrt(Count);
        Assert.That(z.Average(), Is.EqualTo(0).Within(error), "mean");
        Assert.That(z.Average(v => v * v), Is.EqualTo(1).Within(error * Math.Sqrt(kurtosis - 1)), "variance");
        Assert.That(z.Average(v => v * v * v), Is.EqualTo(skewness).Within(error * Math.Sqrt(15)), "skewness");
        Assert.That(z.Average(v => v * v * v * v), Is.EqualTo(kurtosis).Within(error * Math.Sqrt(96)), "kurtosis");
    }
}

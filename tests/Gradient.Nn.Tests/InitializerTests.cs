namespace Gradient.Nn.Tests;

public class InitializerTests
{
    private static double Deviation(double[] x) => Math.Sqrt(x.Sum(v => v * v) / x.Length);

    // The standard deviation of an estimated standard deviation is about σ/√(2n): 0.5 % here; 3 % is six of them.
    [Test]
    public void Variances_follow_the_fans()
    {
        double[] Of(Func<GradientTensor, GradientTensor> initialize) =>
            initialize(GradientTensor.Zeros([3, 3, 20, 100], DType.Float64)).ToArray<double>();
        Assert.That(Initializers.Fans([3, 3, 20, 100]), Is.EqualTo((180L, 900L)));
        Assert.That(Deviation(Of(t => Initializers.KaimingNormal(t))), Is.EqualTo(Math.Sqrt(2 / 180.0)).Within(3).Percent);
        Assert.That(Deviation(Of(t => Initializers.KaimingNormal(t, 0.5, FanMode.Out))), Is.EqualTo(Math.Sqrt(2 / (1.25 * 900))).Within(3).Percent);
        Assert.That(Deviation(Of(t => Initializers.XavierNormal(t, 2))), Is.EqualTo(2 * Math.Sqrt(2 / 1080.0)).Within(3).Percent);
        var uniform = Of(t => Initializers.KaimingUniform(t));
        Assert.That(uniform.Max(Math.Abs), Is.EqualTo(Math.Sqrt(6 / 180.0)).Within(0.1).Percent.And.LessThanOrEqualTo(Math.Sqrt(6 / 180.0)));
        Assert.That(Of(t => Initializers.XavierUniform(t)).Max(Math.Abs), Is.EqualTo(Math.Sqrt(6 / 1080.0)).Within(0.1).Percent);
        Assert.That(Of(t => Initializers.Constant(t, 7)), Is.All.EqualTo(7));
        Assert.Throws<ShapeMismatchException>(() => Initializers.KaimingNormal(GradientTensor.Zeros([3])));
    }

    [Test]
    public void Layers_start_within_the_bounds_of_pytorch()
    {
        foreach (var (module, bound) in new (Module, double)[]
        {
            (new Linear(100, 50), 0.1), (new Conv2d(4, 50, 5), 0.1), (new Conv2d(8, 50, 5, groups: 2), 0.1), (new Conv1d(20, 50, 5), 0.1),
            (new ConvTranspose2d(50, 4, 5), 0.1), (new LSTM(7, 25), 0.2), (new GRU(7, 25), 0.2),
        })
            foreach (var (name, parameter) in module.NamedParameters())
            {
                double max = parameter.ToArray<float>().Max(v => Math.Abs((double)v));
                Assert.That(max, Is.LessThanOrEqualTo(bound + 1e-7), $"{module} {name}");
                if (parameter.ElementCount > 1000) Assert.That(max, Is.GreaterThan(0.98 * bound), $"{module} {name}");
            }

        Assert.That(Deviation(new Embedding(100, 100).Weight.To(DType.Float64).ToArray<double>()), Is.EqualTo(1).Within(3).Percent);
    }

    [TestCase(6, 4)]
    [TestCase(4, 6)]
    [TestCase(5, 5)]
    public void Orthogonal_is_orthogonal(int rows, int columns)
    {
        var m = Initializers.Orthogonal(GradientTensor.Zeros([rows, columns], DType.Float64), 2);
        var product = rows >= columns ? m.Transpose().MatMul(m) : m.MatMul(m.Transpose());
        int n = Math.Min(rows, columns);
        Assert.That(product.ToArray<double>(), Is.EqualTo((GradientTensor.Eye(n, DType.Float64) * 4).ToArray<double>()).Within(1e-13));
    }

    [Test]
    public void A_truncated_normal_stays_within_its_bounds()
    {
        var x = Initializers.TruncatedNormal(GradientTensor.Zeros([40_000], DType.Float64), 1, 2, -3, 5).ToArray<double>();
        Assert.That(x.Min(), Is.GreaterThanOrEqualTo(-3));
        Assert.That(x.Max(), Is.LessThanOrEqualTo(5));
        Assert.That(x.Average(), Is.EqualTo(1).Within(0.05));
        // Cut at ±2σ the variance is σ²·(1 − 2·2·φ(2)/(2Φ(2) − 1)) = 0.7737 σ².
        Assert.That(Deviation([.. x.Select(v => v - 1)]), Is.EqualTo(2 * Math.Sqrt(0.7737)).Within(2).Percent);
        // Far out in the tail, where drawing from the normal distribution would hardly ever succeed.
        var tail = Initializers.TruncatedNormal(GradientTensor.Zeros([1000], DType.Float64), 0, 1, 8, double.PositiveInfinity).ToArray<double>();
        Assert.That(tail.Min(), Is.GreaterThanOrEqualTo(8));
        Assert.That(tail.Average(), Is.EqualTo(8.121).Within(0.03)); // the mean beyond 8: φ(8)/(1 − Φ(8))
        Assert.Throws<ArgumentOutOfRangeException>(() => Initializers.TruncatedNormal(GradientTensor.Zeros([3]), low: 1, high: 1));
    }

    [Test]
    public void The_same_seed_gives_the_same_model()
    {
        RandomNumbers.Seed(42);
        var a = new Linear(5, 4);
        RandomNumbers.Seed(42);
        var b = new Linear(5, 4);
        Assert.That(b.Weight.ToArray<float>(), Is.EqualTo(a.Weight.ToArray<float>()));
    }
}

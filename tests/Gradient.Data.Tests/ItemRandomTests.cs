using FsCheck;
using FsCheck.Fluent;

namespace Gradient.Data.Tests;

public class ItemRandomTests
{
    [Test]
    public void Numbers_are_those_of_Philox_at_the_documented_counters()
    {
        const ulong salt = 0x4974_656D_5361_6C74;
        var random = new ItemRandom(seed: 7, epoch: 3, index: 5, stage: 2);
        for (ulong block = 0; block < 3; block++)
        {
            var expected = Philox.At(unchecked((7 ^ salt) + (2 * 0x9E37_79B9_7F4A_7C15)), (5UL << 24) + block, 3);
            Assert.That(new[] { random.NextBits(), random.NextBits(), random.NextBits(), random.NextBits() }, Is.EqualTo(new[] { expected.X0, expected.X1, expected.X2, expected.X3 }));
        }
    }

    [Test]
    public void Streams_of_different_items_differ()
    {
        var seen = new HashSet<(uint, uint)>();
        for (int seed = 0; seed < 5; seed++)
            for (int epoch = 0; epoch < 5; epoch++)
                for (int index = 0; index < 5; index++)
                    for (int stage = -1; stage < 4; stage++)
                    {
                        var random = new ItemRandom(seed, epoch, index, stage);
                        Assert.That(seen.Add((random.NextBits(), random.NextBits())), $"{seed} {epoch} {index} {stage}");
                    }
    }

    [TestCase(1.0, 1.0)]
    [TestCase(2.0, 2.0)]
    [TestCase(0.5, 0.5)]
    [TestCase(2.0, 1.0)]
    public void Beta_numbers_have_their_distribution(double alpha, double beta)
    {
        const int count = 20_000;
        double[] numbers = [.. Enumerable.Range(0, count).Select(i => new ItemRandom(3, 0, i).NextBeta(alpha, beta)).Order()];
        double distance = 0;
        for (int i = 0; i < count; i++)
        {
            double expected = Distribution(numbers[i]);
            distance = Math.Max(distance, Math.Max(Math.Abs(expected - ((double)i / count)), Math.Abs(expected - ((i + 1.0) / count))));
        }

        Assert.That(distance * Math.Sqrt(count), Is.LessThan(1.95), "Kolmogorov and Smirnov: 1.95 is exceeded in 1 of 1,000 cases");

        double Distribution(double x) => (alpha, beta) switch
        {
            (1, 1) => x,
            (2, 2) => (3 * x * x) - (2 * x * x * x),
            (2, 1) => x * x,
            _ => 2 / Math.PI * Math.Asin(Math.Sqrt(x)), // the arcsine distribution
        };
    }

    [Test]
    public void Beta_numbers_of_small_parameters_have_their_mean_and_variance()
    {
        double[] numbers = [.. Enumerable.Range(0, 20_000).Select(i => new ItemRandom(3, 1, i).NextBeta(0.2, 0.2))];
        double mean = numbers.Average(), variance = numbers.Average(x => (x - 0.5) * (x - 0.5));
        Assert.That(mean, Is.EqualTo(0.5).Within(0.011)); // 4 deviations of 0.42/√20000
        Assert.That(variance, Is.EqualTo(0.25 / 1.4).Within(0.004)); // αβ/((α+β)²(α+β+1))
        Assert.That(numbers, Is.All.InRange(0, 1));
        Assert.That(new ItemRandom(1, 0, 0).NextBeta(1e-4, 1e-4), Is.InRange(0, 1), "both gammas underflow");
        Assert.That(() => new ItemRandom(1, 0, 0).NextBeta(0, 1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Normal_numbers_have_their_moments()
    {
        double[] x = [.. Enumerable.Range(0, 40_000).Select(i => new ItemRandom(5, 0, i).NextNormal())];
        Assert.That(x.Average(), Is.EqualTo(0).Within(0.02));
        Assert.That(x.Average(v => v * v), Is.EqualTo(1).Within(0.03));
        Assert.That(x.Average(v => v * v * v * v), Is.EqualTo(3).Within(0.25));
    }

    [Test]
    public void Whole_numbers_are_in_range_and_orders_are_permutations() => Prop.ForAll(
        ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<long>(),
        (low, high, index) =>
        {
            var random = new ItemRandom(1, 2, index & 0xFFFFFF);
            if (low >= high) Assert.That(() => random.NextInt(low, high), Throws.TypeOf<ArgumentOutOfRangeException>());
            else Assert.That(random.NextInt(low, high), Is.InRange(low, high - 1));
            int[] order = [.. Enumerable.Range(0, Math.Abs(low % 50))];
            random.Shuffle(order);
            Assert.That(order.Order(), Is.EqualTo(Enumerable.Range(0, order.Length)));
            Assert.That(random.NextInt(int.MinValue, int.MaxValue), Is.LessThan(int.MaxValue));
        }).QuickCheckThrowOnFailure();
}

using Gradient.Core;
using static Gradient.Autograd.Tests.GradientCase;

namespace Gradient.Autograd.Tests;

public sealed class MatMulValueTests
{
    [TestCase("3", "3", "")]
    [TestCase("2,3", "3", "2")]
    [TestCase("3", "3,2", "2")]
    [TestCase("2,3", "3,4", "2,4")]
    [TestCase("5,2,3", "3,4", "5,2,4")]
    [TestCase("2,3", "5,3,4", "5,2,4")]
    [TestCase("2,1,2,3", "4,3,2", "2,4,2,2")]
    [TestCase("5,2,3", "3", "5,2")]
    [TestCase("3", "5,3,2", "5,2")]
    [TestCase("0,3", "3,2", "0,2")]
    [TestCase("2,0", "0,2", "2,2")]
    [TestCase("4,0,3", "3,2", "4,0,2")]
    public void Products_agree_with_plain_loops(string left, string right, string result)
    {
        GradientTensor a = X(Parse(left)), b = X(Parse(right), 2);
        var y = a.MatMul(b);
        Assert.That(y.Shape, Is.EqualTo(Parse(result)));
        Assert.That(y.ToArray<double>(), Is.EqualTo(Loops(a, b)).Within(1e-13));
        Assert.That(a.InReverseMemory().MatMul(b).ToArray<double>(), Is.EqualTo(y.ToArray<double>()).Within(1e-13), "through another layout");
    }

    [Test]
    public void Integers_multiply_without_a_gradient()
    {
        var x = GradientTensor.From(new[,] { { 1, 2 }, { 3, 4 } });
        Assert.That(x.MatMul(x).ToArray<int>(), Is.EqualTo(new[] { 7, 10, 15, 22 }));
    }

    [Test]
    public void Operands_that_do_not_fit_are_named()
    {
        Assert.That(() => X([2, 3]).MatMul(X([2, 3])), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("[2, 3] and [2, 3]").And.Message.Contains("Transpose"));
        Assert.That(() => X([]).MatMul(X([3])), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("0-d"));
        Assert.That(() => X([2, 2, 3]).MatMul(X([3, 3, 2])), Throws.TypeOf<ShapeMismatchException>());
    }

    [Test]
    public void A_batch_under_one_weight_makes_one_weight_gradient()
    {
        var x = GradientTensor.Randn([500, 2, 64], seed: 1);
        var w = GradientTensor.Randn([64, 64], seed: 2, requiresGrad: true);
        var loss = x.MatMul(w).Sum();
        Memory.ResetPeak(Devices.Cpu);
        long before = Memory.Statistics(Devices.Cpu).LiveBytes;
        loss.Backward();
        Assert.That(Memory.Statistics(Devices.Cpu).PeakBytes - before, Is.LessThan(2L << 20), "500 gradients would be 8 MiB");
    }

    private static Shape Parse(string text) => new([.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)]);

    /// <summary>torch.matmul's definition, one element at a time.</summary>
    private static double[] Loops(GradientTensor a, GradientTensor b)
    {
        if (a.Rank == 1) a = a.Reshape(1, a.Shape[0]);
        if (b.Rank == 1) b = b.Reshape(b.Shape[0], 1);
        Shape.TryBroadcast(a.Shape.Without(-1).Without(-1), b.Shape.Without(-1).Without(-1), out var batch);
        (long m, long k, long n) = (a.Shape[^2], a.Shape[^1], b.Shape[^1]);
        double[] x = a.Expand(batch.Insert(batch.Rank, m).Insert(batch.Rank + 1, k)).ToArray<double>();
        double[] y = b.Expand(batch.Insert(batch.Rank, k).Insert(batch.Rank + 1, n)).ToArray<double>();
        var result = new double[batch.ElementCount * m * n];
        for (long i = 0; i < result.Length; i++)
        {
            long column = i % n, row = i / n % m, matrix = i / n / m;
            for (long j = 0; j < k; j++) result[i] += x[(matrix * m + row) * k + j] * y[(matrix * k + j) * n + column];
        }

        return result;
    }
}

internal static class Layouts
{
    /// <summary>The same tensor with its elements in reverse order in memory.</summary>
    public static GradientTensor InReverseMemory(this GradientTensor x) => x.Flip().Clone().Flip();
}

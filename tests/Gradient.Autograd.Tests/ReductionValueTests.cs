using Gradient.Core;
using static Gradient.Autograd.Tests.GradientCase;

namespace Gradient.Autograd.Tests;

/// <summary>Values and conventions at the edges, against numbers worked out by hand or in plain loops.</summary>
public sealed class ReductionValueTests
{
    private const double Infinity = double.PositiveInfinity;

    [Test]
    public void Sums_and_means_over_axes()
    {
        double[] x = X([2, 3, 4]).ToArray<double>();
        var t = X([2, 3, 4]);
        var sums = new double[3];
        for (int i = 0; i < x.Length; i++) sums[i / 4 % 3] += x[i];
        Assert.That(t.Sum([0, -1]).ToArray<double>(), Is.EqualTo(sums).Within(1e-12));
        Assert.That(t.Mean([0, 2], keepDims: true).ToArray<double>(), Is.EqualTo(sums.Select(s => s / 8)).Within(1e-12));
        Assert.That(t.Mean([0, 2], keepDims: true).Shape, Is.EqualTo(new Shape([1, 3, 1])));
        Assert.That(t.Sum().Item<double>(), Is.EqualTo(x.Sum()).Within(1e-12));
        Assert.That(GradientTensor.From([true, true, false]).Sum().Item<long>(), Is.EqualTo(2), "Bool sums in Int64");
        Assert.That(GradientTensor.From([int.MaxValue, int.MaxValue]).Sum().Item<long>(), Is.EqualTo(2L * int.MaxValue));
        Assert.That(() => t.Sum(axis: 3), Throws.TypeOf<ShapeMismatchException>().With.Message.StartsWith("sum: axis 3 is outside shape"));
        Assert.That(() => t.Sum([0, 0]), Throws.TypeOf<ShapeMismatchException>().With.Message.StartsWith("sum: axis 0"));
        Assert.That(() => t.CumSum(-4), Throws.TypeOf<ShapeMismatchException>().With.Message.StartsWith("cumSum: axis -4"));
        Assert.That(() => GradientTensor.From([1, 2]).Mean(), Throws.TypeOf<DTypeMismatchException>().With.Message.Contains("mean"));
        Assert.That(GradientTensor.Zeros([0, 2]).Sum(0).ToArray<float>(), Is.EqualTo(new float[2]));
        Assert.That(GradientTensor.Zeros([0]).Mean().Item(), Is.NaN);
    }

    [Test]
    public void Variance_does_not_cancel()
    {
        double[] x = X([50]).ToArray<double>();
        double mean = x.Average(), expected = x.Sum(v => (v - mean) * (v - mean)) / 49;
        Assert.That(X([50]).Var().Item<double>(), Is.EqualTo(expected).Within(1e-13));
        Assert.That(X([50]).Var(correction: 0).Item<double>(), Is.EqualTo(expected * 49 / 50).Within(1e-13));
        Assert.That(X([50]).Std().Item<double>(), Is.EqualTo(Math.Sqrt(expected)).Within(1e-13));
        Assert.That((X([50]) + 1e6).Var().Item<double>(), Is.EqualTo(expected).Within(1e-8), "far from 0");
        Assert.That(D(1).Var().Item<double>(), Is.NaN, "one element has no unbiased variance");
        Assert.That(D(1).Var(correction: 0).Item<double>(), Is.Zero);
    }

    [Test]
    public void Gradients_of_deviation_and_norm_at_zero_are_zero()
    {
        foreach (double p in new[] { 1, 1.5, 2, 3, 0.5, Infinity })
            Assert.That(GradientOf(x => x.Norm(p), 0, 0), Is.EqualTo(new double[2]), $"p = {p}");
        Assert.That(GradientOf(x => x.Std(), 5, 5), Is.EqualTo(new double[2]));
        Assert.That(GradientOf(x => x.Norm(), 3, 4), Is.EqualTo(new[] { 0.6, 0.8 }).Within(1e-15));
        Assert.That(GradientOf(x => x.Norm(1.5), 0, 4), Is.EqualTo(new[] { 0.0, 1 }).Within(1e-15));
    }

    [Test]
    public void Extremes_with_ties()
    {
        Assert.That(GradientOf(x => x.Max(), 1, 5, 5), Is.EqualTo(new[] { 0, 0.5, 0.5 }), "max() shares");
        Assert.That(GradientOf(x => x.Max([0]), 1, 5, 5), Is.EqualTo(new[] { 0, 0.5, 0.5 }), "amax shares");
        Assert.That(GradientOf(x => x.Max(0).Values, 1, 5, 5), Is.EqualTo(new[] { 0.0, 1, 0 }), "max(axis) picks the first");
        Assert.That(GradientOf(x => x.Min(0).Values, 1, 1, 5), Is.EqualTo(new[] { 1.0, 0, 0 }));
        Assert.That(GradientOf(x => x.Max(), 1, double.NaN, 3), Is.EqualTo(new[] { 0.0, 1, 0 }), "NaN is the largest");
        Assert.That(D(1, double.NaN, 3).Max(0).Indices.Item<long>(), Is.EqualTo(1));
        Assert.That(D(2, 7, 7).ArgMax().Item<long>(), Is.EqualTo(1));
        Assert.That(D(2, 7, 1, 1).Reshape(2, 2).ArgMin().Item<long>(), Is.EqualTo(2));
        Assert.That(D(2, 7, 1, 1).Reshape(2, 2).ArgMin(0, keepDims: true).ToArray<long>(), Is.EqualTo(new long[] { 1, 1 }));
    }

    [Test]
    public void An_extreme_of_nothing_says_so()
    {
        var empty = GradientTensor.Zeros([2, 0]);
        Assert.That(() => empty.Max(), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("[2, 0]"));
        Assert.That(() => empty.Min(1), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("axis 1"));
        Assert.That(() => empty.ArgMax(), Throws.TypeOf<ShapeMismatchException>());
        Assert.That(empty.Max(0).Values.Shape, Is.EqualTo(new Shape([0])));
    }

    [Test]
    public void Products_with_zeros()
    {
        Assert.That(GradientOf(x => x.Prod(), 2, 3, 4), Is.EqualTo(new[] { 12.0, 8, 6 }));
        Assert.That(GradientOf(x => x.Prod(), 2, 0, 4), Is.EqualTo(new[] { 0.0, 8, 0 }));
        Assert.That(GradientOf(x => x.Prod(), 0, 0, 4), Is.EqualTo(new double[3]));
        Assert.That(D(2, 3, 4).CumProd(0).ToArray<double>(), Is.EqualTo(new[] { 2.0, 6, 24 }));
        // y = (a, ab, abc) at (2, 0, 4): dΣy/da = 1 + b + bc, db = a + ac, dc = ab
        Assert.That(GradientOf(x => x.CumProd(0).Sum(), 2, 0, 4), Is.EqualTo(new[] { 1.0, 10, 0 }));
        Assert.That(GradientTensor.Zeros([0]).Prod().Item(), Is.EqualTo(1));
    }

    [Test]
    public void CumSum_runs_both_ways()
    {
        Assert.That(D(1, 2, 3).CumSum(0).ToArray<double>(), Is.EqualTo(new[] { 1.0, 3, 6 }));
        Assert.That(D(1, 2, 3).CumSum(-1, reverse: true).ToArray<double>(), Is.EqualTo(new[] { 6.0, 5, 3 }));
        Assert.That(GradientTensor.From([1, 2]).CumSum(0).DType, Is.EqualTo(DType.Int64));
    }

    [Test]
    public void LogSumExp_at_infinities()
    {
        Assert.That(D(-Infinity, -Infinity).LogSumExp().Item<double>(), Is.EqualTo(-Infinity));
        Assert.That(D(Infinity, 1).LogSumExp().Item<double>(), Is.EqualTo(Infinity));
        Assert.That(D(1e4, 1e4).LogSumExp().Item<double>(), Is.EqualTo(1e4 + Math.Log(2)));
        Assert.That(D(-1e4, -Infinity).LogSumExp().Item<double>(), Is.EqualTo(-1e4));
        Assert.That(GradientOf(x => x.LogSumExp(), -Infinity, -Infinity), Is.EqualTo(new double[2]));
        Assert.That(GradientOf(x => x.LogSumExp(), 0, -Infinity), Is.EqualTo(new[] { 1.0, 0 }));
        Assert.That(GradientTensor.Zeros([2, 0]).LogSumExp(1).ToArray<float>(), Is.All.EqualTo(float.NegativeInfinity));
    }

    [Test]
    public void Any_and_all()
    {
        var x = GradientTensor.From([0f, 1, 1, 1]).Reshape(2, 2);
        Assert.That(x.Any(1).ToArray<bool>(), Is.EqualTo(new[] { true, true }));
        Assert.That(x.All(1).ToArray<bool>(), Is.EqualTo(new[] { false, true }));
        Assert.That(x.All().Item<bool>(), Is.False);
        Assert.That(GradientTensor.Zeros([0]).Any().Item<bool>(), Is.False);
        Assert.That(GradientTensor.Zeros([0]).All().Item<bool>(), Is.True);
    }

    [Test]
    public void Norms()
    {
        var x = D(3, -4, 0);
        double[] expected = [2, 7, 5, Math.Cbrt(91), 4, 0];
        Assert.That(new[] { 0, 1, 2, 3, Infinity, -Infinity }.Select(p => x.Norm(p).Item<double>()), Is.EqualTo(expected).Within(1e-14));
    }

    [Test]
    public void A_single_number_reduces_to_itself()
    {
        (Func<GradientTensor, GradientTensor> Reduce, double Value, double Gradient)[] cases =
        [
            (x => x.Sum(), 3, 1), (x => x.Mean(), 3, 1), (x => x.Prod(), 3, 1), (x => x.Max(), 3, 1), (x => x.Min(), 3, 1), (x => x.Norm(), 3, 1),
            (x => x.Norm(3), 3, 1), (x => x.LogSumExp(), 3, 1), (x => x.Var(correction: 0), 0, 0), (x => x.Std(correction: 0), 0, 0),
        ];
        for (int i = 0; i < cases.Length; i++)
        {
            var x = GradientTensor.Scalar(3, DType.Float64, requiresGrad: true);
            var y = cases[i].Reduce(x);
            y.Backward();
            Assert.That((y.Rank, y.Item<double>(), x.Grad!.Item<double>()), Is.EqualTo((0, cases[i].Value, cases[i].Gradient)), $"case {i}");
        }

        Assert.That(GradientTensor.Scalar(3).ArgMax().Item<long>(), Is.Zero);
    }

    private static double[] GradientOf(Func<GradientTensor, GradientTensor> f, params double[] at)
    {
        var x = GradientTensor.From<double>(at, requiresGrad: true);
        f(x).Backward();
        return x.Grad!.ToArray<double>();
    }
}

using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>
/// Products in lower precision against Float64, within bounds that follow from the roundings alone (Higham, Accuracy and Stability of
/// Numerical Algorithms, 2002, §3.1). With the unit round-off u = 2⁻⁸ (BFloat16) or 2⁻¹¹ (Float16):
/// <list type="bullet">
/// <item>against the product of the rounded operands, only the sum in Float32 (n terms: n·2⁻²⁴·Σ|a||b|) and the last rounding (u·|y|) remain;</item>
/// <item>against that of the operands as they were, three roundings: ((1 + u)³ − 1)·Σ|a||b|, the sum besides.</item>
/// </list>
/// The gradients are products too, of the upstream gradient rounded to the lower type. All values are in the normal range of Float16.
/// </summary>
[TestFixture(DType.BFloat16, -8)]
[TestFixture(DType.Float16, -11)]
public sealed class AutocastRoundingTests(DType lower, int exponent)
{
    private readonly double unit = Math.ScaleB(1, exponent);

    [Test]
    public void Matrix_products_and_their_gradients([Values("matMul", "linear")] string operation)
    {
        const int rows = 5, depth = 40, columns = 7;
        var x = GradientTensor.Randn([rows, depth], seed: 1, requiresGrad: true);
        var w = GradientTensor.Randn([depth, columns], seed: 2, requiresGrad: true);
        var b = GradientTensor.Randn([columns], seed: 3, requiresGrad: true);
        var upstream = GradientTensor.Randn([rows, columns], seed: 4);
        bool biased = operation == "linear";
        GradientTensor y;
        using (Autocast.Begin(lower))
        {
            y = biased ? Functional.Linear(x, w, b) : x.MatMul(w);
            (y * upstream).Sum().Backward();
        }

        Assert.That(y.DType, Is.EqualTo(lower));
        Verify("y", y, depth + 1, (i, of) =>
            [.. Enumerable.Range(0, depth).Select(p => of(x, (i / columns * depth) + p) * of(w, (p * columns) + (i % columns))), biased ? of(b, i % columns) : 0]);
        Verify("dx", x.Grad!, columns, (i, of) =>
            [.. Enumerable.Range(0, columns).Select(j => of(upstream, (i / depth * columns) + j) * of(w, (i % depth * columns) + j))]);
        Verify("dw", w.Grad!, rows, (i, of) =>
            [.. Enumerable.Range(0, rows).Select(r => of(x, (r * depth) + (i / columns)) * of(upstream, (r * columns) + (i % columns)))]);
        if (biased) Verify("db", b.Grad!, rows, (i, of) => [.. Enumerable.Range(0, rows).Select(r => of(upstream, (r * columns) + i))]);
    }

    [Test]
    public void Convolutions_and_their_gradients()
    {
        const int size = 6, inputs = 3, outputs = 4, inner = size - 2;
        var x = GradientTensor.Randn([1, size, size, inputs], seed: 1, requiresGrad: true);
        var w = GradientTensor.Randn([3, 3, inputs, outputs], seed: 2, requiresGrad: true);
        var upstream = GradientTensor.Randn([1, inner, inner, outputs], seed: 3);
        GradientTensor y;
        using (Autocast.Begin(lower))
        {
            y = Functional.Conv2d(x, w);
            (y * upstream).Sum().Backward();
        }

        Assert.That(y.DType, Is.EqualTo(lower));
        // All products that the convolution is made of, as indices into output, input, kernel.
        var terms = (
            from row in Enumerable.Range(0, inner)
            from column in Enumerable.Range(0, inner)
            from o in Enumerable.Range(0, outputs)
            from i in Enumerable.Range(0, 3)
            from j in Enumerable.Range(0, 3)
            from c in Enumerable.Range(0, inputs)
            select (
                Y: (((row * inner) + column) * outputs) + o,
                X: ((((row + i) * size) + column + j) * inputs) + c,
                W: (((((i * 3) + j) * inputs) + c) * outputs) + o)).ToArray();
        Verify("y", y, 9 * inputs, (at, of) => [.. terms.Where(t => t.Y == at).Select(t => of(x, t.X) * of(w, t.W))]);
        Verify("dx", x.Grad!, 9 * outputs, (at, of) => [.. terms.Where(t => t.X == at).Select(t => of(upstream, t.Y) * of(w, t.W))]);
        Verify("dw", w.Grad!, inner * inner, (at, of) => [.. terms.Where(t => t.W == at).Select(t => of(x, t.X) * of(upstream, t.Y))]);
    }

    /// <summary>Float32 within: of rounded operands, only the last rounding is left, and what exponentials of Float32 scores lose (some 2⁻²⁰).</summary>
    [Test]
    public void Attention()
    {
        const int queries = 4, keys = 6, width = 8;
        var q = GradientTensor.Randn([queries, width], seed: 1);
        var k = GradientTensor.Randn([keys, width], seed: 2);
        var v = GradientTensor.Randn([keys, width], seed: 3);
        GradientTensor y;
        using (Autocast.Begin(lower)) y = Functional.ScaledDotProductAttention(q, k, v);
        Assert.That(y.DType, Is.EqualTo(lower));
        double[] qs = Rounded(q), ks = Rounded(k), vs = Rounded(v), ys = Numbers(y);
        for (int i = 0; i < queries; i++)
        {
            double[] weights = [.. Enumerable.Range(0, keys).Select(
                j => Math.Exp(Enumerable.Range(0, width).Sum(p => qs[(i * width) + p] * ks[(j * width) + p]) / Math.Sqrt(width)))];
            for (int p = 0; p < width; p++)
            {
                double expected = Enumerable.Range(0, keys).Sum(j => weights[j] * vs[(j * width) + p]) / weights.Sum();
                Assert.That(ys[(i * width) + p], Is.EqualTo(expected).Within((unit * Math.Abs(expected)) + (Math.ScaleB(1, -20) * vs.Max(Math.Abs))));
            }
        }
    }

    /// <summary>Compares element by element with the sum of terms, which reads operands as they were or rounded.</summary>
    private void Verify(string what, GradientTensor actual, int length, Func<int, Func<GradientTensor, int, double>, double[]> terms)
    {
        var operands = new Dictionary<(GradientTensor, bool), double[]>();
        double[] numbers = Numbers(actual);
        double sumError = length * Math.ScaleB(1, -24);
        for (int i = 0; i < numbers.Length; i++)
        {
            double[] rounded = terms(i, (t, at) => Operand(t, true)[at]), exact = terms(i, (t, at) => Operand(t, false)[at]);
            double value = rounded.Sum();
            Assert.That(numbers[i], Is.EqualTo(value).Within((unit * Math.Abs(value)) + (2 * sumError * rounded.Sum(Math.Abs))), $"{what}[{i}] of rounded operands");
            Assert.That(numbers[i], Is.EqualTo(exact.Sum()).Within((Math.Pow(1 + unit, 3) - 1 + (2 * sumError)) * exact.Sum(Math.Abs)), $"{what}[{i}]");
        }

        double[] Operand(GradientTensor t, bool round)
        {
            if (!operands.TryGetValue((t, round), out var values)) operands.Add((t, round), values = round ? Rounded(t) : Numbers(t));
            return values;
        }
    }

    private static double[] Numbers(GradientTensor t) => t.Detach().To(DType.Float64).ToArray<double>();

    /// <summary>Rounded by .NET, not by a kernel.</summary>
    private double[] Rounded(GradientTensor t) =>
        Array.ConvertAll(Numbers(t), x => lower == DType.Float16 ? (double)(Half)x : (BFloat16)x);
}

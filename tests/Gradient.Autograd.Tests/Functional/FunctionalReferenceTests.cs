using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>Values against plain loops in double precision.</summary>
public class FunctionalReferenceTests
{
    private static GradientTensor X(params long[] shape) =>
        GradientTensor.Randn(new Shape(shape), seed: (shape.Length * 17) + shape[^1], dtype: DType.Float64);

    private static void AssertEqual(GradientTensor actual, double[] expected, params long[] shape)
    {
        Assert.That(actual.Shape, Is.EqualTo(new Shape(shape)));
        Assert.That(actual.ToArray<double>(), Is.EqualTo(expected).Within(1e-11));
    }

    [TestCase(1, 3, 1, 0, 1, 3, 1, 0, 1)]
    [TestCase(1, 3, 2, 1, 1, 2, 1, 0, 2)]
    [TestCase(2, 2, 1, 1, 2, 3, 3, 2, 1)]
    [TestCase(4, 1, 1, 0, 1, 1, 1, 0, 1)]
    public void Conv2d(int groups, int kh, int sh, int ph, int dh, int kw, int sw, int pw, int dw)
    {
        var (rows, columns) = (new Reference.Window(kh, sh, ph, dh), new Reference.Window(kw, sw, pw, dw));
        GradientTensor x = X(2, 7, 6, 4), w = X(kh, kw, 4 / groups, 8), bias = X(8);
        var y = Functional.Conv2d(x, w, bias, (sh, sw), (ph, pw), (dh, dw), groups);
        AssertEqual(
            y, Reference.Conv2d(x.ToArray<double>(), 2, 7, 6, 4, w.ToArray<double>(), bias.ToArray<double>(), 8, groups, rows, columns),
            2, rows.Output(7), columns.Output(6), 8);
    }

    [TestCase(1, 3, 1, 0, 0)]
    [TestCase(1, 3, 2, 1, 1)]
    [TestCase(2, 2, 3, 0, 2)]
    public void ConvTranspose2d(int groups, int kernel, int stride, int padding, int outputPadding)
    {
        GradientTensor x = X(2, 3, 4, 4), w = X(kernel, kernel, 6 / groups, 4);
        int oh = (2 * stride) - (2 * padding) + kernel + outputPadding, ow = (3 * stride) - (2 * padding) + kernel + outputPadding;
        var window = new Reference.Window(kernel, stride, padding, 1);
        AssertEqual(
            Functional.ConvTranspose2d(x, w, null, stride, padding, outputPadding, groups: groups),
            Reference.ConvTranspose2d(x.ToArray<double>(), 2, 3, 4, 4, w.ToArray<double>(), 6, groups, window, window, oh, ow), 2, oh, ow, 6);
    }

    [Test]
    public void Unfold_times_kernel_is_convolution_and_fold_counts_the_overlaps()
    {
        GradientTensor x = X(2, 5, 6, 3), w = X(3, 2, 3, 4);
        var y = Functional.Unfold(x, (3, 2), (2, 1), (1, 0), (1, 2)).MatMul(w.Reshape(-1, 4));
        AssertEqual(
            y, Reference.Conv2d(x.ToArray<double>(), 2, 5, 6, 3, w.ToArray<double>(), null, 4, 1, new(3, 2, 1, 1), new(2, 1, 0, 2)), 2, 3 * 4, 4);

        var ones = GradientTensor.Ones([1, 4, 4], DType.Float64); // 2×2 windows over a 3×3 image
        AssertEqual(Functional.Fold(ones, 3, 2), [1, 2, 1, 2, 4, 2, 1, 2, 1], 1, 3, 3, 1);
    }

    [Test]
    public void Max_pooling_gives_the_first_largest_and_where_it_was()
    {
        var x = GradientTensor.From([1.0, 5, 5, 2, 0, 3, 7, 7, 4], [1, 3, 3, 1]);
        var (values, indices) = Functional.MaxPool2dWithIndices(x, 2, 1);
        AssertEqual(values, [5, 5, 7, 7], 1, 2, 2, 1);
        Assert.That(indices.ToArray<long>(), Is.EqualTo(new long[] { 1, 1, 6, 7 }));
    }

    [Test]
    public void Average_pooling_divides_by_what_it_is_told_to()
    {
        var x = GradientTensor.Ones([1, 3, 3, 1], DType.Float64);
        AssertEqual(Functional.AvgPool2d(x, 2, 2, 1), [0.25, 0.5, 0.5, 1], 1, 2, 2, 1);
        AssertEqual(Functional.AvgPool2d(x, 2, 2, 1, countIncludePad: false), [1, 1, 1, 1], 1, 2, 2, 1);
        var range = GradientTensor.Arange(0, 5, dtype: DType.Float64).Reshape(1, 1, 5, 1);
        AssertEqual(Functional.AdaptiveAvgPool2d(range, (1, 3)), [0.5, 2, 3.5], 1, 1, 3, 1); // 0–2, 1–4, 3–5
        AssertEqual(Functional.AdaptiveMaxPool2d(range, (1, 3)), [1, 3, 4], 1, 1, 3, 1);
    }

    [Test]
    public void Normalizations()
    {
        var x = X(3, 2, 4, 6) * 3 + 1;
        var values = x.ToArray<double>();
        AssertEqual(Functional.BatchNorm(x, null, null, training: true), Reference.Normalize(values, i => i % 6, 1e-5), 3, 2, 4, 6);
        AssertEqual(Functional.LayerNorm(x, [6]), Reference.Normalize(values, i => i / 6, 1e-5), 3, 2, 4, 6);
        AssertEqual(Functional.LayerNorm(x, [4, 6]), Reference.Normalize(values, i => i / 24, 1e-5), 3, 2, 4, 6);
        AssertEqual(Functional.RmsNorm(x, [6], epsilon: 1e-6), Reference.Normalize(values, i => i / 6, 1e-6, centered: false), 3, 2, 4, 6);
        AssertEqual(Functional.GroupNorm(x, 2), Reference.Normalize(values, i => (i / 48 * 2) + (i % 6 / 3), 1e-5), 3, 2, 4, 6);
        AssertEqual(Functional.InstanceNorm(x), Reference.Normalize(values, i => (i / 48 * 6) + (i % 6), 1e-5), 3, 2, 4, 6);
        var (weight, bias) = (X(6), X(6) * 2);
        var expected = Reference.Normalize(values, i => i / 6, 1e-5);
        for (int i = 0; i < expected.Length; i++) expected[i] = (expected[i] * weight.ToArray<double>()[i % 6]) + bias.ToArray<double>()[i % 6];
        AssertEqual(Functional.LayerNorm(x, [6], weight, bias), expected, 3, 2, 4, 6);
    }

    [Test]
    public void Attention_with_masks()
    {
        GradientTensor q = X(3, 4), k = X(5, 4), v = X(5, 2);
        double[] Expected(Func<int, int, bool> seen) =>
            Reference.Attention(q.ToArray<double>(), k.ToArray<double>(), v.ToArray<double>(), 3, 5, 4, 2, seen);
        AssertEqual(Functional.ScaledDotProductAttention(q, k, v), Expected((_, _) => true), 3, 2);
        AssertEqual(Functional.ScaledDotProductAttention(q, k, v, causal: true), Expected((i, j) => j <= i), 3, 2);
        var mask = GradientTensor.From([true, false, true, true, false]);
        AssertEqual(Functional.ScaledDotProductAttention(q, k, v, mask), Expected((_, j) => j is 0 or 2 or 3), 3, 2);
        var added = GradientTensor.From([0, double.NegativeInfinity, 0, 0, double.NegativeInfinity]);
        AssertEqual(Functional.ScaledDotProductAttention(q, k, v, added), Expected((_, j) => j is 0 or 2 or 3), 3, 2);
        var nothing = GradientTensor.From([false, false, false, false, false]);
        Assert.That(Functional.ScaledDotProductAttention(q, k, v, nothing).ToArray<double>(), Is.All.NaN);
    }

    [Test]
    public void Softmax_of_large_numbers_is_exact()
    {
        var x = GradientTensor.From([1e4, -1e4, 1e4]);
        AssertEqual(x.Softmax(), [0.5, 0, 0.5], 3);
        AssertEqual(x.LogSoftmax(), [-Math.Log(2), -2e4 - Math.Log(2), -Math.Log(2)], 3);
        AssertEqual(Functional.LogSigmoid(GradientTensor.From([1e4, -1e4, 0])), [0, -1e4, -Math.Log(2)], 3);
        AssertEqual(GradientTensor.Scalar(3, DType.Float64).Softmax(), [1]);
    }

    [Test]
    public void Dropout_keeps_the_mean_and_evaluation_keeps_everything()
    {
        var x = GradientTensor.Ones([100_000]);
        var y = Functional.Dropout(x, 0.25).ToArray<float>();
        Assert.That(y.Distinct(), Is.EquivalentTo(new[] { 0f, 1 / 0.75f }));
        // The standard deviation of the share is √(0.25·0.75/100000) = 0.0014.
        Assert.That(y.Count(v => v == 0) / 100_000.0, Is.EqualTo(0.25).Within(0.007));
        Assert.That(Functional.Dropout(x, 0.25, training: false), Is.SameAs(x));
        Assert.That(Functional.Dropout(x, 1).ToArray<float>(), Is.All.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => Functional.Dropout(x, 1.5));
    }

    [Test]
    public void Errors_name_shapes_and_remedy()
    {
        var image = GradientTensor.Zeros([1, 3, 8, 8]); // channels first by mistake
        var message = Assert.Throws<ShapeMismatchException>(() => Functional.Conv2d(image, GradientTensor.Zeros([3, 3, 3, 4])))!.Message;
        Assert.That(message, Does.Contain("[1, 3, 8, 8]").And.Contain("[3, 3, 3, 4]").And.Contain("channels last"));
        Assert.Throws<ShapeMismatchException>(() => Functional.Conv2d(image, GradientTensor.Zeros([9, 3, 8, 4])));
        Assert.Throws<ShapeMismatchException>(() => Functional.Conv2d(image, GradientTensor.Zeros([0, 3, 8, 4])));
        Assert.Throws<ShapeMismatchException>(() => Functional.ConvTranspose2d(image, GradientTensor.Zeros([3, 0, 4, 8])));
        Assert.Throws<ShapeMismatchException>(() => Functional.Linear(image, GradientTensor.Zeros([3, 3])));
        Assert.Throws<DTypeMismatchException>(() => Functional.Linear(image, GradientTensor.Zeros([8, 3], DType.Float64)));
        Assert.Throws<ShapeMismatchException>(() => Functional.MaxPool2d(image, 9));
        Assert.Throws<ShapeMismatchException>(() => Functional.MaxPool2d(image, 2, padding: 2));
        Assert.Throws<ShapeMismatchException>(() => Functional.BatchNorm(GradientTensor.Zeros([1, 3]), null, null, training: true));
        Assert.Throws<ShapeMismatchException>(() => Functional.GroupNorm(image, 3));
        Assert.Throws<DTypeMismatchException>(() => Functional.Embedding(image, GradientTensor.Zeros([8, 3])));
    }
}

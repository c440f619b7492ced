namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>
/// Row 9: NaN and infinities lost, or invented for fully masked rows. Elementwise operations have tests of their own for them; here
/// are copies, reductions and what masks.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class Row09_SpecialValues
{
    private const float Inf = float.PositiveInfinity;

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Copies_keep_every_bit(Backend backend)
    {
        int[] bits = [0, int.MinValue, 1, unchecked((int)0x80000001), 0x007fffff, 0x7f800000, unchecked((int)0xff800000), 0x7fc00000, 0x7fc12345, 0x7f7fffff, 0x00800000];
        float[] values = [.. bits.Select(BitConverter.Int32BitsToSingle)];
        var x = GradientTensor.From<float>(values, backend.Device());
        foreach (var copy in new[] { x, x.Clone(), x.Flip(0).Clone().Flip(0), x.Unsqueeze(1).Expand(bits.Length, 3).Clone().Select(1, 2), GradientTensor.Cat([x, x])[..bits.Length] })
            Assert.That(copy.ToArray<float>().Select(BitConverter.SingleToInt32Bits), Is.EqualTo(bits));
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Signs_of_zero_and_denormals(Backend backend)
    {
        float[] values = [-0f, 0f, 1e-40f, -1e-40f, float.Epsilon, -float.Epsilon];
        var x = GradientTensor.From<float>(values, backend.Device());
        // Apple's GPUs may flush denormals to zero of the same sign; a value of normal size must not come out.
        void Check(GradientTensor y, Func<float, float> f, string what)
        {
            float[] actual = y.ToArray<float>();
            for (int i = 0; i < values.Length; i++)
            {
                float expected = f(values[i]);
                bool flushed = backend.Name != "cpu" && float.IsSubnormal(expected) && actual[i] == 0;
                Assert.That(actual[i] == expected || flushed, $"{what} of {values[i]:R} is {actual[i]:R}");
                Assert.That(float.IsNegative(actual[i]), Is.EqualTo(float.IsNegative(expected)), $"sign of {what} of {values[i]:R}");
            }
        }

        Check(-x, v => -v, "negate");
        Check(x.Abs(), Math.Abs, "abs");
        Check(x * 1, v => v, "multiply by 1");
        Check(x.Floor(), MathF.Floor, "floor");
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Reductions_propagate(Backend backend)
    {
        foreach (int length in new[] { 5, 32, 33, 300, 5000 })
            foreach (int at in new[] { 0, length / 2, length - 1 })
                foreach (int axis in new[] { 0, 1 })
                {
                    GradientTensor With(float value, float other)
                    {
                        float[] line = new float[2 * length];
                        Array.Fill(line, other);
                        line[axis == 1 ? at : 2 * at] = value;
                        return GradientTensor.From<float>(line, axis == 1 ? [2, length] : [length, 2], backend.Device());
                    }

                    string what = $"{length} along {axis}, at {at}";
                    var x = With(float.NaN, 1);
                    float[] lost = [float.NaN, 1];
                    Assert.That(x.Max([axis]).ToArray<float>(), Is.EqualTo(lost), "max " + what);
                    Assert.That(x.Min([axis]).ToArray<float>(), Is.EqualTo(lost), "min " + what);
                    Assert.That(x.Mean(axis).ToArray<float>(), Is.EqualTo(lost), "mean " + what);
                    Assert.That(x.Prod(axis).ToArray<float>(), Is.EqualTo(lost), "product " + what);
                    Assert.That(x.ArgMax(axis).ToArray<long>(), Is.EqualTo(new long[] { at, 0 }), "argMax " + what);
                    Assert.That(x.Softmax(axis).Select(1 - axis, 0).ToArray<float>(), Is.All.NaN, "softmax " + what);
                    Assert.That(x.Softmax(axis).Select(1 - axis, 1).ToArray<float>(), Has.None.NaN, "softmax of the other line " + what);
                    Assert.That(With(Inf, 1).Sum(axis).ToArray<float>(), Is.EqualTo(new[] { Inf, length }), "sum " + what);
                    Assert.That(With(-Inf, 1).Max([axis]).ToArray<float>(), Is.EqualTo(new[] { 1f, 1 }), "max of −∞ " + what);
                    Assert.That(With(-Inf, -Inf).Max([axis]).ToArray<float>(), Is.EqualTo(new[] { -Inf, -Inf }), "max of −∞ alone " + what);
                    Assert.That(With(Inf, -Inf).Sum(axis).ToArray<float>(), Is.EqualTo(new[] { float.NaN, -Inf }), "sum of ∞ and −∞ " + what);
                    Assert.That(With(1e30f, -Inf).LogSumExp(axis).ToArray<float>(), Is.EqualTo(new[] { 1e30f, -Inf }), "logSumExp " + what);
                }
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Masked_rows(Backend backend)
    {
        foreach (int length in new[] { 4, 33, 1025 })
        {
            // Row 0 sees nothing, row 1 its last, row 2 all.
            bool[] hidden = [.. Enumerable.Range(0, 3 * length).Select(i => i < length || (i < 2 * length && i != (2 * length) - 1))];
            var mask = GradientTensor.From<bool>(hidden, [3, length], backend.Device());
            var x = GradientTensor.Ones([3, length], device: backend.Device(), requiresGrad: true);
            var masked = x.MaskedFill(mask, double.NegativeInfinity);
            float[,] y = masked.Softmax(-1).Value.ToArray2D<float>();
            float[,] logarithms = masked.LogSoftmax(-1).Value.ToArray2D<float>();
            for (int i = 0; i < length; i++)
            {
                Assert.That(y[0, i], Is.NaN, "a row of −∞ alone becomes NaN, as the seam says");
                Assert.That(y[1, i], Is.EqualTo(i == length - 1 ? 1 : 0));
                Assert.That(y[2, i], Is.EqualTo(1f / length).Within(1e-7));
                Assert.That(logarithms[1, i], Is.EqualTo(i == length - 1 ? 0 : -Inf));
            }

            masked.Softmax(-1)[1..].Square().Sum().Backward();
            Assert.That(x.Grad![1..].ToArray<float>(), Has.None.NaN, "rows that see something have gradients");
        }
    }
}

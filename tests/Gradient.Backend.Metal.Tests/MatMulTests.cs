namespace Gradient.Backend.Metal.Tests;

/// <summary>Matrix products against sums in double precision, at sizes around the tiles of the kernels, with and without simdgroup matrices.</summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class MatMulTests(bool simdgroupMatrices)
{
    /// <summary>Batch, m, n, k: around small tiles (32), large ones (64), steps of the depth (16), one block of it (512), splits, vectors.</summary>
    private static readonly int[][] Sizes =
    [
        [1, 1, 1, 1], [1, 31, 33, 15], [1, 32, 32, 16], [1, 33, 31, 17], [1, 5, 7, 0], [1, 3, 40, 1030], [3, 17, 9, 300],
        [1, 1, 70, 40], [1, 70, 1, 40], [1, 1, 3, 2100], [1, 9, 1, 2100], [2, 1, 33, 600], [1, 1, 1, 700], [17, 65, 129, 3],
    ];

    [Test, Combinatorial]
    public void A_product_is_its_sums([ValueSource(nameof(Sizes))] int[] size, [Values] Placing left, [Values] Placing right) =>
        Check(size, DType.Float32, left, right, Placing.Dense, biased: true, MatMulActivation.None);

    [Test, Combinatorial]
    public void Results_of_any_layout([ValueSource(nameof(Sizes))] int[] size, [Values] Placing result, [Values] MatMulActivation activation) =>
        Check(size, DType.Float32, Placing.Dense, Placing.Transposed, result, biased: activation == MatMulActivation.Relu, activation);

    [Test, Combinatorial]
    public void Half_width_types_accumulate_in_float([ValueSource(nameof(Sizes))] int[] size, [Values(DType.Float16, DType.BFloat16)] DType dtype) =>
        Check(size, dtype, Placing.Dense, Placing.Dense, Placing.Stepped, biased: true, MatMulActivation.Relu);

    [Test]
    public void Large_tiles_at_their_edges([Values(511, 512, 513)] int m, [Values(513)] int n, [Values(17)] int k, [Values(Placing.Dense, Placing.Transposed)] Placing left) =>
        Check([1, m, n, k], DType.Float32, left, Placing.Dense, Placing.Dense, biased: false, MatMulActivation.None);

    [Test]
    public void Long_sums_keep_their_precision([Values(32767, 32768, 32769, 100_000)] int k) =>
        Check([1, 3, 5, k], DType.Float32, Placing.Dense, Placing.Dense, Placing.Dense, biased: false, MatMulActivation.None);

    [Test]
    public void Batches_that_repeat_and_batches_that_become_rows()
    {
        var device = TestDevices.Get(simdgroupMatrices);
        float[] a = Random(4 * 3 * 5 * 6, 1), b = Random(3 * 6 * 7, 2);
        var left = new Placed(a, [4, 3, 5, 6], DType.Float32, device, Placing.Dense).Tensor;
        var right = new Placed(b, [3, 6, 7], DType.Float32, device, Placing.Dense).Tensor;
        var y = new Placed([], [4, 3, 5, 7], DType.Float32, device, Placing.Dense);
        device.Backend.MatMul(left, right, null, MatMulActivation.None, y.Tensor);
        Compare(y.Read(), i => Sum(6, k => (double)a[(i / 7 * 6) + k] * b[(i / 35 % 3 * 42) + (k * 7) + (i % 7)]), 1e-5);

        var one = new Placed(b[..42], [6, 7], DType.Float32, device, Placing.Transposed).Tensor;
        device.Backend.MatMul(left, one, null, MatMulActivation.None, y.Tensor);
        Compare(y.Read(), i => Sum(6, k => (double)a[(i / 7 * 6) + k] * b[(k * 7) + (i % 7)]), 1e-5);
    }

    /// <summary>
    /// 2²⁴ and then ones: a running sum in Float32 loses every one. With sums of 512 and a sum of those, the error is less than
    /// (512 + how many there are)·2⁻²⁴·Σ|a·b| in whatever order (Higham, Accuracy and Stability of Numerical Algorithms, 2002, §4.2).
    /// </summary>
    [Test]
    public void Rounding_errors_grow_with_the_blocks_of_the_depth_and_not_with_all_of_it()
    {
        const int Batch = 64, Depth = 1040; // so many tiles that the depth is not split, and more than two blocks
        var device = TestDevices.Get(simdgroupMatrices);
        float[] a = new float[Batch * 2 * Depth], b = new float[Batch * Depth * 2];
        for (int i = 0; i < a.Length; i++) a[i] = i % Depth == 0 ? 1 << 24 : 1;
        Array.Fill(b, 1);
        var y = new Placed([], [Batch, 2, 2], DType.Float32, device, Placing.Dense);
        device.Backend.MatMul(
            new Placed(a, [Batch, 2, Depth], DType.Float32, device, Placing.Dense).Tensor, new Placed(b, [Batch, Depth, 2], DType.Float32, device, Placing.Dense).Tensor,
            null, MatMulActivation.None, y.Tensor);
        const double Exact = (1 << 24) + Depth - 1;
        Assert.That(y.Read(), Is.All.EqualTo(Exact).Within((512 + 3) * Exact / (1 << 24)));
    }

    [Test]
    public void Integers_wrap_around()
    {
        var device = TestDevices.Get(simdgroupMatrices);
        int[] a = [int.MaxValue, 2, -3, 4, 5, int.MinValue], b = [3, 1, -7, int.MaxValue, 2, 9];
        var y = Tensor.From(new int[4], [2, 2], device);
        device.Backend.MatMul(Tensor.From<int>(a, [2, 3], device), Tensor.From<int>(b, [3, 2], device), null, MatMulActivation.None, y);
        Assert.That(y.ToArray<int>(), Is.EqualTo(Enumerable.Range(0, 4).Select(i => (int)Enumerable.Range(0, 3).Sum(k => (long)a[(i / 2 * 3) + k] * b[(k * 2) + (i % 2)]))));
        var wide = Tensor.From(new long[4], [2, 2], device);
        long[] c = Array.ConvertAll(a, x => (long)x << 20), d = Array.ConvertAll(b, x => (long)x << 10);
        device.Backend.MatMul(Tensor.From<long>(c, [2, 3], device), Tensor.From<long>(d, [3, 2], device), null, MatMulActivation.Relu, wide);
        Assert.That(wide.ToArray<long>(), Is.EqualTo(Enumerable.Range(0, 4).Select(i =>
            Math.Max(0, Enumerable.Range(0, 3).Aggregate(0L, (sum, k) => unchecked(sum + (c[(i / 2 * 3) + k] * d[(k * 2) + (i % 2)])))))));
    }

    [TestCase(4, 40, 20)]
    [TestCase(4, 1, 40)]
    [TestCase(2, 3, 3000)]
    public void What_is_not_finite_spreads_along_its_row_and_column_alone(int m, int n, int k)
    {
        var device = TestDevices.Get(simdgroupMatrices);
        float[] a = Random(m * k, 3), b = Random(k * n, 4);
        a[0] = float.NaN;
        b[((k - 1) * n) + n - 1] = float.PositiveInfinity;
        var y = new Placed([], [m, n], DType.Float32, device, Placing.Dense);
        device.Backend.MatMul(
            new Placed(a, [m, k], DType.Float32, device, Placing.Dense).Tensor, new Placed(b, [k, n], DType.Float32, device, Placing.Dense).Tensor,
            null, MatMulActivation.None, y.Tensor);
        Compare(y.Read(), i => Sum(k, j => (double)a[(i / n * k) + j] * b[(j * n) + (i % n)]), 1e-4);
    }

    private void Check(int[] size, DType dtype, Placing left, Placing right, Placing result, bool biased, MatMulActivation activation)
    {
        var device = TestDevices.Get(simdgroupMatrices);
        var (batch, m, n, k) = (size[0], size[1], size[2], size[3]);
        float[] a = Random(batch * m * k, 5, dtype), b = Random(batch * k * n, 6, dtype), bias = Random(n, 7, dtype);
        var y = new Placed([], [batch, m, n], dtype, device, result);
        device.Backend.MatMul(
            new Placed(a, [batch, m, k], dtype, device, left).Tensor, new Placed(b, [batch, k, n], dtype, device, right).Tensor,
            biased ? new Placed(bias, [n], dtype, device, Placing.Stepped).Tensor : null, activation, y.Tensor);
        // √k roundings of Float32, one of the type itself.
        double tolerance = (6e-8 * 4 * (1 + Math.Sqrt(k))) + (dtype == DType.Float16 ? 1e-3 : dtype == DType.BFloat16 ? 8e-3 : 0);
        Compare(y.Read(), i =>
        {
            long first = i / n * k, matrix = i / (m * n) * k * n;
            double sum = Sum(k, j => (double)a[first + j] * b[matrix + (j * n) + (i % n)]) + (biased ? bias[i % n] : 0);
            return activation == MatMulActivation.Relu ? Math.Max(sum, 0) : sum;
        }, tolerance);
    }

    internal static void Compare(float[] actual, Func<int, double> expected, double tolerance)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            double want = expected(i);
            if (double.IsNaN(want) ? float.IsNaN(actual[i]) : want == actual[i] || Math.Abs(want - actual[i]) <= tolerance * (1 + Math.Abs(want))) continue;
            Assert.Fail($"element {i} is {actual[i]:R}, expected {want:R} within {tolerance:G2}·(1 + |x|)");
        }
    }

    internal static float[] Random(int count, int seed, DType dtype = DType.Float32)
    {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            float value = (random.NextSingle() * 2) - 1;
            values[i] = dtype == DType.Float16 ? (float)(Half)value : dtype == DType.BFloat16 ? (float)(BFloat16)value : value;
        }

        return values;
    }

    private static double Sum(int count, Func<int, double> term)
    {
        double sum = 0;
        for (int i = 0; i < count; i++) sum += term(i);
        return sum;
    }
}

using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Reductions;

/// <summary>Normalization against a plain double-precision reference, and its gradients against finite differences of that.</summary>
public sealed class NormalizeTests
{
    private static readonly DType[] Floats = [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16];

    /// <summary>Shape, reduced axes, shape of the weight.</summary>
    private static readonly (Shape Shape, byte Axes, Shape Weight)[] Cases =
    [
        ([5, 12], 0b10, [1, 12]),                          // layer norm
        ([3, 4, 33], 0b100, [1, 1, 33]),
        ([2, 3, 4, 6], 0b1100, [1, 1, 4, 6]),              // layer norm over two axes
        ([3, 4, 5, 7], 0b0111, [1, 1, 1, 7]),              // batch norm
        ([2, 3, 3, 40], 0b0111, [1, 1, 1, 40]),
        ([6, 9], 0b01, [1, 9]),
        ([2, 5, 3, 4], 0b1010, [1, 1, 3, 4]),              // group norm
        ([2, 5, 4, 16], 0b1010, [1, 1, 4, 16]),
        ([3, 9, 1, 8], 0b1010, [1, 1, 1, 8]),              // group norm of one group
        ([2, 4, 3, 5], 0b0110, [1, 1, 1, 5]),              // instance norm
        ([2, 4, 3, 5], 0b0110, [1, 1, 1, 1]),              // one weight for all
        ([4, 6], 0b10, [4, 6]),                            // a weight per element
        ([3, 4, 5], 0b001, [1, 4, 1]),                     // whatever
        ([3, 4, 5], 0b101, [3, 1, 5]),
        ([7], 0b1, [7]), ([1], 0b1, [1]), ([], 0, []),
        ([2, 3, 2, 2, 3, 2], 0b110100, [1, 1, 2, 2, 3, 2]),
        ([300, 64], 0b10, [1, 64]), ([64, 5, 130], 0b011, [1, 1, 130]), ([2, 2200, 2, 8], 0b1010, [1, 1, 2, 8]),
    ];

    private static (double[] Y, double[] Mean, double[] Inverse) Reference(
        NormalizeKind kind, Shape shape, AxisSet axes, double[] x, double[]? weight, double[]? bias, Shape weightShape, double epsilon)
    {
        var cells = shape.Reduce(axes, true);
        double[] mean = new double[cells.ElementCount], variance = new double[mean.Length], y = new double[x.Length];
        double count = (double)x.Length / mean.Length;
        for (long i = 0; i < x.Length && kind == NormalizeKind.Standard; i++) mean[Place(cells, shape, i)] += x[i] / count;
        for (long i = 0; i < x.Length; i++) variance[Place(cells, shape, i)] += Math.Pow(x[i] - mean[Place(cells, shape, i)], 2) / count;
        var inverse = Array.ConvertAll(variance, v => 1 / Math.Sqrt(v + epsilon));
        for (long i = 0; i < x.Length; i++)
        {
            long cell = Place(cells, shape, i), w = Place(weightShape, shape, i);
            y[i] = ((x[i] - mean[cell]) * inverse[cell] * (weight?[w] ?? 1)) + (bias?[w] ?? 0);
        }

        return (y, mean, inverse);
    }

    /// <summary>The element of a smaller shape that is broadcast to element i.</summary>
    private static long Place(Shape small, Shape shape, long i)
    {
        var at = Given.Coordinates(shape, i);
        for (int axis = 0; axis < at.Length; axis++)
            if (small[axis] == 1) at[axis] = 0;
        return Given.Number(small, at);
    }

    [Test]
    public void Forward_and_backward([Values] NormalizeKind kind, [ValueSource(nameof(Floats))] DType dtype, [Values] bool affine)
    {
        int number = 0;
        foreach (var (shape, mask, weightShape) in Cases)
        {
            foreach (var lie in Given.Lies)
            {
                number++;
                var axes = new AxisSet(mask);
                var statistics = dtype == DType.Float64 ? DType.Float64 : DType.Float32;
                var cells = shape.Reduce(axes, true);
                var x = Given.Make(shape, dtype, lie, Given.Uniform(number, 2));
                var dy = Given.Make(shape, dtype, lie, Given.Uniform(-number, 1));
                // The weight, too, may lie in any way; an expanded one is rank 0 data along its first axis.
                var weight = affine ? Given.Make(weightShape, dtype, lie, Given.Uniform(number + 1, 1)) : null;
                var bias = affine ? Given.Make(weightShape, dtype, Given.WritableLies[number % 5], Given.Uniform(number + 2, 1)) : null;
                var writable = number % 2 == 0 ? Lie.Contiguous : Given.WritableLies[number % 5];
                var y = Given.Blank(shape, dtype, writable);
                var mean = kind == NormalizeKind.Standard ? Given.Blank(cells, statistics, writable) : null;
                var inverse = Given.Blank(cells, statistics, writable);
                const double Epsilon = 1e-3;
                Given.Backend.Normalize(kind, x, axes, weight, bias, Epsilon, y, mean, inverse);

                string what = $"{kind} {dtype} {shape} axes {mask:b} weight {weightShape} {lie} affine {affine}";
                double[] values = Given.Read(x), gradients = Given.Read(dy);
                double[]? w = weight is null ? null : Given.Read(weight), b = bias is null ? null : Given.Read(bias);
                var expected = Reference(kind, shape, axes, values, w, b, weightShape, Epsilon);
                // Cells of equal elements (Expanded) have deviations of rounding noise alone, times 1/√ε: the reference has its own.
                double tolerance = Given.Epsilon(dtype) + (Given.Epsilon(statistics) * 8) + 1e-14;
                Given.AreClose(Given.Read(y), expected.Y, tolerance * 3, "y " + what);
                if (mean is not null) Given.AreClose(Given.Read(mean), expected.Mean, (Given.Epsilon(statistics) * 4) + 1e-14, "mean " + what);
                // Where a cell has few elements the variance may be near 0 and its inverse near 1/√ε.
                Given.AreClose(Given.Read(inverse), expected.Inverse, Given.Epsilon(statistics) * 40, "inverse " + what);

                var dx = Given.Blank(shape, dtype, writable);
                var dweight = Given.Blank(weightShape, dtype, writable);
                var dbias = Given.Blank(weightShape, dtype, writable);
                Given.Backend.NormalizeBackward(kind, dy, x, axes, weight, mean, inverse, dx, dweight, dbias);
                var (edx, edweight, edbias) = Gradients(kind, shape, axes, values, gradients, w, weightShape, expected.Mean, expected.Inverse);
                double sums = Math.Max(1, values.Length / Math.Max(1, weightShape.ElementCount));
                Given.AreClose(Given.Read(dx), edx, tolerance * 60, "dx " + what);
                Given.AreClose(Given.Read(dweight), edweight, tolerance * 4 * Math.Sqrt(sums), "dweight " + what);
                Given.AreClose(Given.Read(dbias), edbias, tolerance * 2 * Math.Sqrt(sums), "dbias " + what);

                var again = Given.Blank(shape, dtype, writable);
                Given.Backend.NormalizeBackward(kind, dy, x, axes, weight, mean, inverse, again, null, null);
                Given.AreClose(Given.Read(again), edx, tolerance * 60, "dx alone " + what);
                var alone = Given.Blank(weightShape, dtype, writable);
                Given.Backend.NormalizeBackward(kind, dy, x, axes, weight, mean, inverse, null, alone, null);
                Given.AreClose(Given.Read(alone), edweight, tolerance * 4 * Math.Sqrt(sums), "dweight alone " + what);
            }
        }
    }

    /// <summary>
    /// dx_i = Σ_j g_j ∂x̂_j/∂x_i with ∂x̂_j/∂x_i = inverse·(δ_ij − 1/n − x̂_i x̂_j/n); checked below against finite differences.
    /// </summary>
    private static (double[] Dx, double[] Dweight, double[] Dbias) Gradients(
        NormalizeKind kind, Shape shape, AxisSet axes, double[] x, double[] dy, double[]? weight, Shape weightShape, double[] mean, double[] inverse)
    {
        var cells = shape.Reduce(axes, true);
        double[] sums = new double[cells.ElementCount], products = new double[sums.Length];
        double[] normalized = new double[x.Length], g = new double[x.Length], dx = new double[x.Length];
        double[] dweight = new double[weightShape.ElementCount], dbias = new double[dweight.Length];
        for (long i = 0; i < x.Length; i++)
        {
            long cell = Place(cells, shape, i), w = Place(weightShape, shape, i);
            normalized[i] = (x[i] - mean[cell]) * inverse[cell];
            g[i] = dy[i] * (weight?[w] ?? 1);
            dweight[w] += dy[i] * normalized[i];
            dbias[w] += dy[i];
        }

        for (long i = 0; i < x.Length; i++)
        {
            sums[Place(cells, shape, i)] += g[i];
            products[Place(cells, shape, i)] += g[i] * normalized[i];
        }

        double n = (double)x.Length / sums.Length;
        for (long i = 0; i < x.Length; i++)
        {
            long cell = Place(cells, shape, i);
            dx[i] = inverse[cell] * (g[i] - (kind == NormalizeKind.Standard ? sums[cell] / n : 0) - (normalized[i] * products[cell] / n));
        }

        return (dx, dweight, dbias);
    }

    [Test]
    public void The_formula_of_the_reference_agrees_with_finite_differences([Values] NormalizeKind kind)
    {
        Shape shape = [3, 4, 2], weightShape = [1, 4, 2];
        var axes = new AxisSet(0b110);
        var uniform = Given.Uniform(9, 1.5);
        double[] x = new double[24], dy = new double[24], weight = new double[8];
        foreach (var array in new[] { x, dy, weight })
            for (int i = 0; i < array.Length; i++) array[i] = uniform(i);
        double Loss()
        {
            var y = Reference(kind, shape, axes, x, weight, null, weightShape, 1e-5).Y;
            double loss = 0;
            for (int i = 0; i < y.Length; i++) loss += y[i] * dy[i];
            return loss;
        }

        var (_, mean, inverse) = Reference(kind, shape, axes, x, weight, null, weightShape, 1e-5);
        var (dx, dweight, _) = Gradients(kind, shape, axes, x, dy, weight, weightShape, mean, inverse);
        foreach (var (array, gradient) in new[] { (x, dx), (weight, dweight) })
        {
            for (int i = 0; i < array.Length; i++)
            {
                double kept = array[i];
                array[i] = kept + 1e-5;
                double above = Loss();
                array[i] = kept - 1e-5;
                double below = Loss();
                array[i] = kept;
                Assert.That(gradient[i], Is.EqualTo((above - below) / 2e-5).Within(1e-7));
            }
        }
    }

    [Test]
    public void A_mean_far_from_zero_costs_no_precision([Values(0b10, 0b01)] int mask)
    {
        // Deviations of 1 about 10⁴: E[x²] − E[x]² in floats would lose all digits.
        var x = Given.Make([512, 512], DType.Float32, Lie.Contiguous, Given.Uniform(5, 1));
        for (long i = 0; i < x.ElementCount; i++) Given.Set(x, i, 10000 + Given.Get(x, i));
        var axes = new AxisSet((byte)mask);
        var cells = x.Shape.Reduce(axes, true);
        Tensor y = Given.Blank(x.Shape, DType.Float32, Lie.Contiguous), mean = Given.Blank(cells, DType.Float32, Lie.Contiguous), inverse = Given.Blank(cells, DType.Float32, Lie.Contiguous);
        Given.Backend.Normalize(NormalizeKind.Standard, x, axes, null, null, 1e-5, y, mean, inverse);
        var expected = Reference(NormalizeKind.Standard, x.Shape, axes, Given.Read(x), null, null, [1, 1], 1e-5);
        Given.AreClose(Given.Read(inverse), expected.Inverse, 1e-6, "inverse");
        // The mean itself is rounded to a float near 10⁴, half of whose last place is 5e-4.
        Given.AreClose(Given.Read(y), expected.Y, 1e-3, "y");
    }

    [Test]
    public void Statistics_may_be_expanded_in_the_backward_pass()
    {
        Shape shape = [6, 9], one = [1, 9];
        Tensor x = Given.Make(shape, DType.Float64, Lie.Contiguous, Given.Uniform(1, 1)), dy = Given.Make(shape, DType.Float64, Lie.Contiguous, Given.Uniform(2, 1));
        var mean = Given.Make([6, 1], DType.Float64, Lie.Expanded, _ => 0.25);
        var inverse = Given.Make([6, 1], DType.Float64, Lie.Expanded, _ => 1.5);
        Tensor dx = Given.Blank(shape, DType.Float64, Lie.Contiguous), dweight = Given.Blank(one, DType.Float64, Lie.Contiguous), dbias = Given.Blank(one, DType.Float64, Lie.Contiguous);
        Given.Backend.NormalizeBackward(NormalizeKind.Standard, dy, x, AxisSet.Single(1), null, mean, inverse, dx, dweight, dbias);
        var (edx, edweight, edbias) = Gradients(
            NormalizeKind.Standard, shape, AxisSet.Single(1), Given.Read(x), Given.Read(dy), null, one, Given.Read(mean), Given.Read(inverse));
        Given.AreClose(Given.Read(dx), edx, 1e-13, "dx");
        Given.AreClose(Given.Read(dweight), edweight, 1e-13, "dweight");
        Given.AreClose(Given.Read(dbias), edbias, 1e-13, "dbias");
    }

    [Test]
    public void The_number_of_threads_changes_no_bit([Values(0b0111, 0b1010, 0b1000)] int mask, [Values] NormalizeKind kind)
    {
        Shape shape = [4, 300, 4, 24];
        var axes = new AxisSet((byte)mask);
        Shape weightShape = mask == 0b0111 ? [1, 1, 1, 24] : mask == 0b1010 ? [1, 1, 4, 24] : [1, 1, 1, 24];
        Given.SameOnAnyThreads(() =>
        {
            var x = Given.Make(shape, DType.Float32, Lie.Contiguous, Given.Uniform(1, 1));
            var dy = Given.Make(shape, DType.Float32, Lie.Contiguous, Given.Uniform(2, 1));
            var weight = Given.Make(weightShape, DType.Float32, Lie.Contiguous, Given.Uniform(3, 1));
            var cells = shape.Reduce(axes, true);
            var mean = kind == NormalizeKind.Standard ? Given.Blank(cells, DType.Float32, Lie.Contiguous) : null;
            var inverse = Given.Blank(cells, DType.Float32, Lie.Contiguous);
            var y = Given.Blank(shape, DType.Float32, Lie.Contiguous);
            var dx = Given.Blank(shape, DType.Float32, Lie.Contiguous);
            var dweight = Given.Blank(weightShape, DType.Float32, Lie.Contiguous);
            var dbias = Given.Blank(weightShape, DType.Float32, Lie.Contiguous);
            Given.Backend.Normalize(kind, x, axes, weight, weight, 1e-5, y, mean, inverse);
            Given.Backend.NormalizeBackward(kind, dy, x, axes, weight, mean, inverse, dx, dweight, dbias);
            return [.. Given.Read(y), .. Given.Read(inverse), .. Given.Read(dx), .. Given.Read(dweight), .. Given.Read(dbias)];
        });
    }
}

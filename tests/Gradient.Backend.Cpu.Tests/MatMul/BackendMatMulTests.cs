using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests;

/// <summary>The seam's matrix product against a loop over indices that broadcasts by itself.</summary>
[TestFixture]
public class BackendMatMulTests
{
    private static readonly CpuDevice Cpu = CpuDevice.Instance;

    private static Tensor Values<T>(Random random, Func<Random, T> next, params long[] lengths)
        where T : unmanaged
    {
        Shape shape = Shape.Create(lengths);
        var values = new T[shape.ElementCount];
        for (int i = 0; i < values.Length; i++)
            values[i] = next(random);
        var tensor = Tensor.Empty(shape, DTypes.Of<T>(), Cpu);
        values.CopyTo(tensor.AsSpan<T>());
        return tensor;
    }

    private static T At<T>(Tensor tensor, ReadOnlySpan<long> index)
        where T : unmanaged
    {
        // An index is cut at the front and 0 where the length is 1, as broadcasting says.
        long position = tensor.Layout.Offset;
        for (int axis = 0; axis < tensor.Rank; axis++)
        {
            long i = index[index.Length - tensor.Rank + axis];
            position += (tensor.Shape[axis] == 1 ? 0 : i) * tensor.Layout.Stride(axis);
        }

        unsafe
        {
            return ((T*)tensor.Storage.Buffer.HostAddress)[position];
        }
    }

    private static void Check<T>(Tensor a, Tensor b, Tensor? bias, MatMulActivation activation, Tensor y, Func<T, double> toDouble, double epsilon)
        where T : unmanaged
    {
        Cpu.Backend.MatMul(a, b, bias, activation, y);
        long depth = a.Shape[-1];
        var index = new long[y.Rank];
        for (long e = 0; e < y.ElementCount; e++)
        {
            long rest = e;
            for (int axis = y.Rank - 1; axis >= 0; axis--)
            {
                index[axis] = rest % y.Shape[axis];
                rest /= y.Shape[axis];
            }

            double sum = 0, size = 0;
            var left = (long[])index.Clone();
            var right = (long[])index.Clone();
            for (long p = 0; p < depth; p++)
            {
                left[^1] = p;
                right[^2] = p;
                double product = toDouble(At<T>(a, left)) * toDouble(At<T>(b, right));
                sum += product;
                size += Math.Abs(product);
            }

            if (bias is not null)
                sum += toDouble(At<T>(bias, [index[^1]]));
            if (activation == MatMulActivation.Relu)
                sum = Math.Max(sum, 0);
            double actual = toDouble(At<T>(y, index));
            Assert.That(actual, Is.EqualTo(sum).Within(epsilon * (size + 2)), $"[{string.Join(", ", index)}]");
        }
    }

    private static float Single(Random random) => random.NextSingle() - 0.5f;

    [TestCase(new long[] { 5, 6 }, new long[] { 6, 7 }, new long[] { 5, 7 })]
    [TestCase(new long[] { 3, 5, 6 }, new long[] { 6, 7 }, new long[] { 3, 5, 7 })]
    [TestCase(new long[] { 5, 6 }, new long[] { 3, 6, 7 }, new long[] { 3, 5, 7 })]
    [TestCase(new long[] { 2, 1, 5, 6 }, new long[] { 3, 6, 7 }, new long[] { 2, 3, 5, 7 })]
    [TestCase(new long[] { 2, 3, 5, 6 }, new long[] { 2, 1, 6, 7 }, new long[] { 2, 3, 5, 7 })]
    [TestCase(new long[] { 4, 2, 3, 1, 6 }, new long[] { 1, 1, 1, 6, 7 }, new long[] { 4, 2, 3, 1, 7 })]
    [TestCase(new long[] { 2, 3, 1, 6 }, new long[] { 3, 6, 1 }, new long[] { 2, 3, 1, 1 })]
    [TestCase(new long[] { 2, 5, 0 }, new long[] { 2, 0, 7 }, new long[] { 2, 5, 7 })]
    [TestCase(new long[] { 0, 5, 6 }, new long[] { 6, 7 }, new long[] { 0, 5, 7 })]
    [TestCase(new long[] { 30, 40, 50 }, new long[] { 30, 50, 60 }, new long[] { 30, 40, 60 })]
    public void LeadingAxesBroadcast(long[] a, long[] b, long[] y)
    {
        var random = new Random(1);
        Tensor bias = Values(random, Single, y[^1]);
        foreach (MatMulActivation activation in Enum.GetValues<MatMulActivation>())
        {
            Check<float>(Values(random, Single, a), Values(random, Single, b), bias, activation, Tensor.Empty(Shape.Create(y), DType.Float32, Cpu), x => x, 1e-6);
            Check<double>(
                Values(random, r => r.NextDouble() - 0.5, a), Values(random, r => r.NextDouble() - 0.5, b), null, activation,
                Tensor.Empty(Shape.Create(y), DType.Float64, Cpu), x => x, 1e-14);
        }
    }

    [Test]
    public void ViewsAreReadWhereTheyAre()
    {
        var random = new Random(2);
        Tensor a = Values(random, Single, 4, 20, 9), b = Values(random, Single, 4, 30, 20);
        Tensor y = Tensor.Empty(Shape.Create([4, 9, 30]), DType.Float32, Cpu);
        Check<float>(a.View(a.Layout.Transpose(1, 2)), b.View(b.Layout.Transpose(1, 2)), null, MatMulActivation.None, y, x => x, 1e-6);

        Tensor steps = a.View(a.Layout.Flip(0).Flip(1).Slice(2, 1, 4, 2).Transpose(1, 2));
        Check<float>(steps, b.View(b.Layout.Flip(2).Transpose(1, 2)), null, MatMulActivation.None, Tensor.Empty(Shape.Create([4, 4, 30]), DType.Float32, Cpu), x => x, 1e-6);

        Tensor expanded = Values(random, Single, 9, 1).View(Values(random, Single, 9, 1).Layout.Expand(Shape.Create([4, 9, 20])));
        Check<float>(expanded, b.View(b.Layout.Transpose(1, 2)), null, MatMulActivation.None, y, x => x, 1e-6);
    }

    [Test]
    public void ResultsMayHaveAnyLayout()
    {
        var random = new Random(3);
        Tensor a = Values(random, Single, 3, 8, 10), b = Values(random, Single, 10, 12), bias = Values(random, Single, 24);
        Tensor wide = Values(random, Single, 3, 12, 24);
        Tensor everySecond = bias.View(bias.Layout.Slice(0, 0, 12, 2));
        foreach (Layout layout in (Layout[])[wide.Layout.Slice(1, 2, 8).Slice(2, 5, 12), wide.Layout.Slice(1, 0, 8).Slice(2, 0, 12, 2), wide.Layout.Slice(2, 0, 8).Transpose(1, 2), wide.Layout.Slice(1, 0, 8).Slice(2, 0, 12).Flip(2).Flip(1)])
        {
            Tensor untouched = wide.Copy();
            Tensor y = wide.View(layout);
            Check<float>(a, b, everySecond, MatMulActivation.Relu, y, x => x, 1e-6);
            y.View(y.Layout).CopyFrom(untouched.View(layout));
            Assert.That(wide.ToArray<float>(), Is.EqualTo(untouched.ToArray<float>()), "written outside the view");
        }
    }

    [Test]
    public void SixteenBitTypesSumInSingle()
    {
        var random = new Random(4);
        Check<Half>(
            Values(random, r => (Half)Single(r), 3, 17, 600), Values(random, r => (Half)Single(r), 600, 20), Values(random, r => (Half)Single(r), 20), MatMulActivation.Relu,
            Tensor.Empty(Shape.Create([3, 17, 20]), DType.Float16, Cpu), x => (double)x, Math.ScaleB(1, -11));
        Check<BFloat16>(
            Values(random, r => (BFloat16)Single(r), 3, 17, 600), Values(random, r => (BFloat16)Single(r), 600, 20), null, MatMulActivation.None,
            Tensor.Empty(Shape.Create([3, 17, 20]), DType.BFloat16, Cpu), x => (double)x, Math.ScaleB(1, -8));
    }

    [Test]
    public void IntegersAreExact()
    {
        var random = new Random(5);
        Check<int>(
            Values(random, r => r.Next(-9, 9), 3, 17, 60), Values(random, r => r.Next(-9, 9), 60, 20), Values(random, r => r.Next(-9, 9), 20), MatMulActivation.Relu,
            Tensor.Empty(Shape.Create([3, 17, 20]), DType.Int32, Cpu), x => x, 0);
        Check<long>(
            Values(random, r => r.NextInt64(-9, 9), 17, 60), Values(random, r => r.NextInt64(-9, 9), 2, 60, 20), null, MatMulActivation.None,
            Tensor.Empty(Shape.Create([2, 17, 20]), DType.Int64, Cpu), x => x, 0);
    }

    [Test]
    public void BooleansAreRefused()
    {
        Tensor a = Values(new Random(6), r => r.Next(2) == 0, 2, 2);
        var thrown = Assert.Throws<UnsupportedOperationException>(() => Cpu.Backend.MatMul(a, a, null, MatMulActivation.None, Tensor.Empty(a.Shape, DType.Bool, Cpu)));
        Assert.That(thrown!.Message, Does.Contain("matmul").And.Contain("cpu"));
    }
}

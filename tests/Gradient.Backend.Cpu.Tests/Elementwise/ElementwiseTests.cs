using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>Every elementwise kind against double-precision references, over types, layouts and special values.</summary>
public class ElementwiseTests
{
    private static readonly IBackend Backend = CpuDevice.Instance.Backend;
    private static readonly DType[] Floats = [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16];
    private static readonly DType[] Integers = [DType.Int32, DType.Int64];

    private static readonly double[] Special =
    [
        0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, -3, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e4, -1e4,
        1e-40, -1e-40, 6e-5, 88, -88, 104, -104, 20.5,
    ];

    private static readonly HashSet<UnaryKind> IntegerKinds =
    [
        UnaryKind.Negate, UnaryKind.Abs, UnaryKind.Sign, UnaryKind.Square, UnaryKind.Floor, UnaryKind.Ceiling, UnaryKind.Round,
        UnaryKind.Truncate, UnaryKind.AddScalar, UnaryKind.SubtractFromScalar, UnaryKind.MultiplyScalar, UnaryKind.Clamp, UnaryKind.Relu,
        UnaryKind.IsNaN, UnaryKind.IsFinite, UnaryKind.PowScalar,
    ];

    private static readonly HashSet<BinaryKind> BoolKinds =
        [BinaryKind.LogicalAnd, BinaryKind.LogicalOr, BinaryKind.LogicalXor, BinaryKind.Equal, BinaryKind.NotEqual];

    [Test]
    public void Unary_kinds_agree([Values] UnaryKind kind)
    {
        foreach (var dtype in TypesOf(kind))
        {
            var output = kind is UnaryKind.IsNaN or UnaryKind.IsFinite ? DType.Bool : dtype;
            int turn = 0;
            foreach (var shape in LayoutFixture.Shapes)
                foreach (var placement in LayoutFixture.Placements)
                {
                    var values = Values(shape.ElementCount, dtype, seed: 1);
                    using var x = LayoutFixture.Make(values, shape, dtype, placement);
                    using var y = LayoutFixture.MakeOutput(shape, output, LayoutFixture.Placements[turn++ % LayoutFixture.Placements.Length]);
                    var (a, b) = dtype.IsInteger() ? (3.0, 5.0) : (1.75, 20.0);
                    Backend.Unary(kind, x, y, new(a, b));
                    AssertClose(y, values, values.Select(v => Clip(ElementwiseReferences.Unary(kind, v, a, b), dtype)), dtype, $"{kind} {x.Layout}");
                    LayoutFixture.AssertMarginsIntact(y);
                }
        }
    }

    [Test]
    public void Binary_kinds_agree_and_broadcast([Values] BinaryKind kind)
    {
        foreach (var dtype in TypesOf(kind))
        {
            var output = kind is >= BinaryKind.Equal and <= BinaryKind.LogicalXor ? DType.Bool : dtype;
            int turn = 0;
            foreach (var shape in LayoutFixture.Shapes)
                for (int mask = 0; mask < 3; mask++)
                    foreach (var placement in LayoutFixture.Placements)
                    {
                        // The first operand keeps every axis, loses every other to broadcasting, or has fewer axes.
                        var aShape = Narrowed(shape, mask);
                        var bShape = Narrowed(shape, mask == 1 ? 2 : 0);
                        double[] left = Values(aShape.ElementCount, dtype, seed: 1), right = Values(bShape.ElementCount, dtype, seed: 2);
                        if (dtype.IsInteger() && kind is BinaryKind.Divide or BinaryKind.Remainder)
                            right = right.Select(v => v == 0 ? 3 : v).ToArray();
                        if (IsGradient(kind)) left = left.Select(v => double.IsInfinity(v) ? 7 : v).ToArray(); // ∞·0 depends on underflow
                        using var a = LayoutFixture.Make(left, aShape, dtype, placement);
                        using var b = LayoutFixture.Make(right, bShape, dtype, Next(ref turn));
                        using var y = LayoutFixture.MakeOutput(shape, output, Next(ref turn));
                        Backend.Binary(kind, a, b, y, new(0.25, 20));
                        double[] x0 = Broadcast(left, aShape, shape), x1 = Broadcast(right, bShape, shape);
                        var expected = x0.Zip(x1, (p, q) => Integral(kind, p, q, dtype));
                        AssertClose(y, x0, expected, dtype, scaleCap: IsGradient(kind) ? double.MaxValue : 1, what: $"{kind} {a.Layout} with {b.Layout} to {y.Layout}");
                        LayoutFixture.AssertMarginsIntact(y);
                    }
        }
    }

    [Test]
    public void Ternary_kinds_agree([Values] TernaryKind kind)
    {
        foreach (var dtype in Floats.Concat(Integers).Append(DType.Bool))
        {
            if (kind == TernaryKind.MultiplyAdd && dtype == DType.Bool) continue;
            int turn = 0;
            foreach (var shape in LayoutFixture.Shapes)
                for (int mask = 0; mask < 3; mask++)
                {
                    var aType = kind == TernaryKind.Where ? DType.Bool : dtype;
                    var aShape = Narrowed(shape, mask);
                    var cShape = Narrowed(shape, 2 - mask);
                    var v0 = Values(aShape.ElementCount, aType, 1);
                    var v1 = Values(shape.ElementCount, dtype, 2);
                    var v2 = Values(cShape.ElementCount, dtype, 3);
                    using var a = LayoutFixture.Make(v0, aShape, aType, Next(ref turn));
                    using var b = LayoutFixture.Make(v1, shape, dtype, Next(ref turn));
                    using var c = LayoutFixture.Make(v2, cShape, dtype, Next(ref turn));
                    using var y = LayoutFixture.MakeOutput(shape, dtype, Next(ref turn));
                    Backend.Ternary(kind, a, b, c, y);
                    double[] x0 = Broadcast(v0, aShape, shape), x2 = Broadcast(v2, cShape, shape);
                    var expected = new double[x0.Length];
                    for (int i = 0; i < expected.Length; i++)
                        expected[i] = kind == TernaryKind.Where ? (x0[i] != 0 ? v1[i] : x2[i]) : Math.FusedMultiplyAdd(x0[i], v1[i], x2[i]);
                    AssertClose(y, expected, expected, dtype, $"{kind} {dtype} {y.Layout}");
                }
        }
    }

    [Test]
    public void An_input_may_be_the_output([Values] Placement placement, [Values(DType.Float32, DType.BFloat16, DType.Int64)] DType dtype)
    {
        Shape shape = [37, 41];
        var values = Values(shape.ElementCount, dtype, 1);
        var other = Values(shape.ElementCount, dtype, 2);
        using var x = LayoutFixture.Make(values, shape, dtype, placement);
        using var b = LayoutFixture.Make(other, shape, dtype, Placement.Transposed);
        Backend.Unary(UnaryKind.Negate, x, x);
        Backend.Binary(BinaryKind.Add, b, x, x);
        Backend.Ternary(TernaryKind.MultiplyAdd, x, b, x, x);
        var expected = values.Zip(other, (v, o) =>
        {
            double sum = LayoutFixture.Round(o - v, dtype);
            return Math.FusedMultiplyAdd(sum, o, sum);
        });
        AssertClose(x, other, expected, dtype, $"{placement}");
        LayoutFixture.AssertMarginsIntact(x);
    }

    [Test]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        Shape shape = [311, 997];
        using var x = LayoutFixture.Make(Values(shape.ElementCount, DType.Float32, 1), shape, DType.Float32, Placement.Contiguous);
        using var t = LayoutFixture.Make(Values(shape.ElementCount, DType.Float32, 2), shape, DType.Float32, Placement.Transposed);
        int before = CpuDevice.Instance.Threads;
        var results = new List<float[]>();
        try
        {
            foreach (int threads in new[] { 1, 2, 3 })
            {
                CpuDevice.Instance.Threads = threads;
                using var y = Tensor.Empty(shape, DType.Float32, CpuDevice.Instance);
                Backend.Unary(UnaryKind.Gelu, x, y);
                Backend.Binary(BinaryKind.MishGradient, y, t, y);
                Backend.Binary(BinaryKind.Pow, y, t, y);
                results.Add(y.ToArray<float>());
            }
        }
        finally
        {
            CpuDevice.Instance.Threads = before;
        }

        Assert.That(results[1].Select(Bits), Is.EqualTo(results[0].Select(Bits)));
        Assert.That(results[2].Select(Bits), Is.EqualTo(results[0].Select(Bits)));

        // All NaNs count as one: of two in an operation the processor keeps the first, and compilers may swap operands.
        static int Bits(float value) => float.IsNaN(value) ? 0x7FC00000 : BitConverter.SingleToInt32Bits(value);
    }

    [Test]
    public void Integers_divided_by_zero_say_so()
    {
        using var a = Tensor.From<int>([7, 8], [2], CpuDevice.Instance);
        using var b = Tensor.From<int>([0, 2], [2], CpuDevice.Instance);
        using var y = Tensor.Empty([2], DType.Int32, CpuDevice.Instance);
        Assert.That(() => Backend.Binary(BinaryKind.Divide, a, b, y), Throws.InstanceOf<GradientException>().With.Message.Contains("division by zero"));
        Assert.That(() => Backend.Binary(BinaryKind.Remainder, a, b, y), Throws.InstanceOf<GradientException>().With.Message.Contains("division by zero"));
    }

    [Test]
    public void Integers_at_the_end_of_their_range_wrap()
    {
        using var a = Tensor.From<int>([int.MinValue, int.MinValue, -7, 7, -1], [5], CpuDevice.Instance);
        using var b = Tensor.From<int>([-1, 1, 2, -2, -3], [5], CpuDevice.Instance);
        using var y = Tensor.Empty([5], DType.Int32, CpuDevice.Instance);
        Backend.Binary(BinaryKind.Divide, a, b, y);
        Assert.That(y.ToArray<int>(), Is.EqualTo(new[] { int.MinValue, int.MinValue, -3, -3, 0 }));
        Backend.Binary(BinaryKind.Remainder, a, b, y);
        Assert.That(y.ToArray<int>(), Is.EqualTo(new[] { 0, 0, 1, -1, -1 }));
        Backend.Binary(BinaryKind.Pow, a, b, y);
        Assert.That(y.ToArray<int>(), Is.EqualTo(new[] { 0, int.MinValue, 49, 0, -1 }));
    }

    [Test]
    public void What_a_type_has_not_is_named()
    {
        using var x = Tensor.From<int>([1], [1], CpuDevice.Instance);
        Assert.That(
            () => Backend.Unary(UnaryKind.Exp, x, x),
            Throws.InstanceOf<UnsupportedOperationException>().With.Message.EqualTo("Exp of int32 is not supported on device cpu; convert with To(DType.Float32)."));
        Assert.That(() => Backend.Binary(BinaryKind.LogicalAnd, x, x, x), Throws.InstanceOf<UnsupportedOperationException>());
        using var mask = Tensor.From<bool>([true], [1], CpuDevice.Instance);
        Assert.That(() => Backend.Binary(BinaryKind.Add, mask, mask, mask), Throws.InstanceOf<UnsupportedOperationException>());
    }

    private static IEnumerable<DType> TypesOf(UnaryKind kind) =>
        kind == UnaryKind.LogicalNot ? [DType.Bool] : IntegerKinds.Contains(kind) ? Floats.Concat(Integers) : Floats;

    private static IEnumerable<DType> TypesOf(BinaryKind kind)
    {
        if (kind is >= BinaryKind.LogicalAnd and <= BinaryKind.LogicalXor) return [DType.Bool];
        if (kind is BinaryKind.Atan2 or >= BinaryKind.ReluGradient) return Floats;
        return BoolKinds.Contains(kind) ? Floats.Concat(Integers).Append(DType.Bool) : Floats.Concat(Integers);
    }

    private static bool IsGradient(BinaryKind kind) => kind >= BinaryKind.ReluGradient;

    private static Placement Next(ref int turn) => LayoutFixture.Placements[turn++ % LayoutFixture.Placements.Length];

    /// <summary>The shape itself, one with every other axis of length 1, or one without the first axis.</summary>
    private static Shape Narrowed(Shape shape, int how)
    {
        if (how == 0 || shape.Rank == 0) return shape;
        if (how == 2) return shape.Without(0);
        for (int i = 0; i < shape.Rank; i += 2) shape = shape.With(shape.Rank - 1 - i, 1);
        return shape;
    }

    private static double[] Broadcast(double[] values, Shape from, Shape to)
    {
        var layout = Layout.Contiguous(from);
        var strides = new long[to.Rank];
        for (int i = 0; i < from.Rank; i++)
        {
            int axis = i + to.Rank - from.Rank;
            strides[axis] = from[i] == 1 ? 0 : layout.Stride(i);
        }

        var expanded = new Layout(to, strides, 0);
        var result = new double[to.ElementCount];
        for (long i = 0; i < result.Length; i++) result[i] = values[expanded.PositionOf(i)];
        return result;
    }

    private static double Integral(BinaryKind kind, double p, double q, DType dtype)
    {
        if (!dtype.IsInteger()) return ElementwiseReferences.Binary(kind, p, q, 0.25, 20);
        return kind switch
        {
            BinaryKind.Divide => Math.Truncate(p / q),
            BinaryKind.Pow => q < 0 ? Math.Truncate(p == 0 ? 0 : Math.Pow(p, q)) : Math.Pow(p, q),
            _ => ElementwiseReferences.Binary(kind, p, q, 0.25, 20),
        };
    }

    /// <summary>Special values, then normal ones of mixed size; small numbers for integers, 0 and 1 for Bool; all of the type.</summary>
    private static double[] Values(long count, DType dtype, int seed)
    {
        var random = new Random(seed);
        var values = new double[count];
        for (int i = 0; i < count; i++)
        {
            double normal = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-3, 2));
            values[i] = dtype switch
            {
                DType.Bool => random.Next(2),
                DType.Int32 or DType.Int64 => random.Next(-6, 7),
                _ => LayoutFixture.Round(random.Next(4) == 0 ? Special[random.Next(Special.Length)] : normal, dtype),
            };
        }

        return values;
    }

    private static double Clip(double value, DType dtype) => dtype.IsInteger() ? Math.Truncate(value) : value;

    /// <summary>
    /// A relative error of a few roundings of the type it is computed in, and one of the type it is stored in; what cancels is
    /// measured against the size of the input, up to a cap.
    /// </summary>
    private static void AssertClose(Tensor y, double[] scale, IEnumerable<double> expected, DType dtype, string what, double scaleCap = 1)
    {
        var (relative, smallest, largest) = dtype switch
        {
            DType.Float32 => (16 * Math.ScaleB(1, -24), 1e-37, (double)float.MaxValue),
            DType.Float64 => (64 * Math.ScaleB(1, -53), 1e-300, double.MaxValue),
            DType.Float16 => (Math.ScaleB(1, -10), 1e-7, 65504.0),
            DType.BFloat16 => (Math.ScaleB(1, -7), 1e-37, 3.38e38),
            _ => (0, 0, double.MaxValue),
        };
        var actual = LayoutFixture.Read(y);
        int i = 0;
        foreach (double e in expected)
        {
            double got = actual[i], tolerance = smallest + (relative * Math.Max(Math.Abs(e), Math.Min(scaleCap, Math.Abs(scale[i]))));
            bool same = double.IsNaN(e) ? double.IsNaN(got) : e == got || (double.IsFinite(e) && Math.Abs(e - got) <= tolerance)
                || (Math.Abs(e) > largest * (1 - relative) && double.IsInfinity(got) && Math.Sign(e) == Math.Sign(got));
            if (!same) Assert.Fail($"{what} {dtype}: element {i} (input {scale[i]:R}) is {got:R}, expected {e:R}");
            i++;
        }

        Assert.That(i, Is.EqualTo(actual.Length));
    }
}

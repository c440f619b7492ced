using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>Functions of one, two and three elements, fills and ranges: shaders/elementwise.metal.</content>
public sealed partial class MetalBackend
{
    private const string ElementwiseFamily = "elementwise";

    /// <inheritdoc/>
    public void Unary(UnaryKind kind, Tensor x, Tensor y, KernelParameters parameters = default)
    {
        string name = kind.ToString(), type = TypeName(name, x.DType);
        if (!Supports(kind, x.DType)) throw Unsupported(name, x.DType);
        bool tests = kind is UnaryKind.IsNaN or UnaryKind.IsFinite;
        CheckResult(name, y, tests ? DType.Bool : x.DType);
        var plan = new ElementwiseParameters(Strided.Plan(y.Shape, x, y), x.DType, parameters);
        LaunchRows(cache.Get(ElementwiseFamily, (tests ? "test_" : "unary_") + type, (int)kind), [In(x), Out(y)], plan);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void Binary(BinaryKind kind, Tensor a, Tensor b, Tensor y, KernelParameters parameters = default)
    {
        string name = kind.ToString(), type = TypeName(name, a.DType);
        if (!Supports(kind, a.DType)) throw Unsupported(name, a.DType);
        CheckOperands(name, a, b);
        bool compares = a.DType == DType.Bool || kind is >= BinaryKind.Equal and <= BinaryKind.LogicalXor;
        CheckResult(name, y, compares ? DType.Bool : a.DType);
        var plan = new ElementwiseParameters(Strided.Plan(y.Shape, a, b, y), a.DType, parameters);
        if (compares)
        {
            LaunchRows(cache.Get(ElementwiseFamily, "compare_" + type, (int)kind), [In(a), In(b), Out(y)], plan);
        }
        else if (a.DType.IsFloatingPoint())
        {
            LaunchRows(cache.Get(ElementwiseFamily, "binary_" + type, (int)kind), [In(a), In(b), Out(y)], plan);
        }
        else
        {
            if (kind is BinaryKind.Divide or BinaryKind.Remainder) plan.Tag = faults.Expect(kind == BinaryKind.Divide ? DivideByZero : RemainderByZero);
            LaunchRows(cache.Get(ElementwiseFamily, "binary_" + type, (int)kind), [In(a), In(b), Out(y), faults.Buffer], plan);
        }

        GC.KeepAlive(a);
        GC.KeepAlive(b);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void Ternary(TernaryKind kind, Tensor a, Tensor b, Tensor c, Tensor y)
    {
        string name = kind.ToString(), type = TypeName(name, b.DType);
        if (kind == TernaryKind.MultiplyAdd && b.DType == DType.Bool) throw Unsupported(name, b.DType);
        CheckOperands(name, b, c);
        CheckResult(name, y, b.DType);
        if (a.DType != (kind == TernaryKind.Where ? DType.Bool : b.DType)) throw Unsupported(name, a.DType);
        string function = kind == TernaryKind.Where ? "where_" + SizeName(b.DType) : "multiply_add_" + type;
        LaunchRows(
            cache.Get(ElementwiseFamily, function), [In(a), In(b), In(c), Out(y)],
            new ElementwiseParameters(Strided.Plan(y.Shape, a, b, c, y), b.DType, default));
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        GC.KeepAlive(c);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void Fill(Tensor y, double value)
    {
        TypeName("fill", y.DType);
        var plan = new ElementwiseParameters(Strided.Plan(y.Shape, y), y.DType, default) { WholeA = Bits(value, y.DType) };
        LaunchRows(cache.Get(ElementwiseFamily, "fill_" + SizeName(y.DType)), [Out(y)], plan);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void Range(Tensor y, double start, double step)
    {
        string function = "range_" + TypeName("range", y.DType);
        bool integral = y.DType.IsInteger() && double.IsInteger(start) && double.IsInteger(step);
        if (!integral && !y.DType.IsFloatingPoint())
        {
            RangeOfFractions(y, start, step);
            return;
        }

        var parameters = new RangeParameters
        {
            Plan = Strided.Plan(y.Shape, y),
            WholeStart = integral ? (long)start : 0,
            WholeStep = integral ? (long)step : 0,
            StartHigh = (float)start,
            StartLow = Low(start),
            StepHigh = (float)step,
            StepLow = Low(step),
        };
        LaunchRows(cache.Get(ElementwiseFamily, function), [Out(y)], parameters, parameters.Plan);
        GC.KeepAlive(y);
    }

    /// <summary>
    /// Integers between which the range steps by fractions hang on the rounding of a double, which the hardware does not have (two
    /// floats hold 48 bits): they are made on the host and uploaded.
    /// </summary>
    private void RangeOfFractions(Tensor y, double start, double step)
    {
        long[] values = new long[y.ElementCount];
        for (long i = 0; i < values.Length; i++)
        {
            double value = start + (i * step);
            values[i] = y.DType switch { DType.Bool => value != 0 ? 1 : 0, DType.Int32 => (int)value, _ => (long)value };
        }

        using var made = Tensor.From<long>(values, y.Shape, y.Device);
        Copy(made, y);
    }

    /// <summary>What <see cref="float"/> leaves of a double, for sums of two floats.</summary>
    private static float Low(double x) => float.IsFinite((float)x) ? (float)(x - (float)x) : 0;

    /// <summary>The bits of a value in a type, converted as <see cref="Copy"/> does.</summary>
    private static long Bits(double value, DType dtype) => dtype switch
    {
        DType.Float32 => BitConverter.SingleToInt32Bits((float)value),
        DType.Float16 => BitConverter.HalfToInt16Bits((Half)value),
        DType.BFloat16 => BitConverter.SingleToInt32Bits((float)(BFloat16)(float)value) >> 16,
        DType.Int32 => (int)value,
        DType.Int64 => (long)value,
        _ => value != 0 ? 1 : 0,
    };

    private static string SizeName(DType dtype) => dtype.Size() switch { 1 => "1", 2 => "2", 4 => "4", _ => "8" };

    private static bool Supports(UnaryKind kind, DType dtype) => kind switch
    {
        UnaryKind.LogicalNot => dtype == DType.Bool,
        _ when dtype == DType.Bool => false,
        UnaryKind.Negate or UnaryKind.Abs or UnaryKind.Sign or UnaryKind.Square
            or UnaryKind.Floor or UnaryKind.Ceiling or UnaryKind.Round or UnaryKind.Truncate
            or UnaryKind.AddScalar or UnaryKind.SubtractFromScalar or UnaryKind.MultiplyScalar or UnaryKind.PowScalar
            or UnaryKind.Clamp or UnaryKind.Relu or UnaryKind.IsNaN or UnaryKind.IsFinite => true,
        _ => dtype.IsFloatingPoint(),
    };

    private static bool Supports(BinaryKind kind, DType dtype) => kind switch
    {
        BinaryKind.LogicalAnd or BinaryKind.LogicalOr or BinaryKind.LogicalXor => dtype == DType.Bool,
        BinaryKind.Equal or BinaryKind.NotEqual => true,
        _ when dtype == DType.Bool => false,
        <= BinaryKind.Remainder or (>= BinaryKind.Less and <= BinaryKind.GreaterOrEqual) => true,
        _ => dtype.IsFloatingPoint(),
    };

    private static void CheckOperands(string operation, Tensor a, Tensor b)
    {
        if (a.DType != b.DType) throw new DTypeMismatchException($"{operation}: operands of {a.DType.Name()} and {b.DType.Name()}; convert one with To.");
    }

    private static void CheckResult(string operation, Tensor y, DType dtype)
    {
        if (y.DType != dtype) throw new DTypeMismatchException($"{operation}: a result of {dtype.Name()} does not fit a tensor of {y.DType.Name()}.");
    }

    private static GradientException DivideByZero(long value, long divisor) =>
        new("divide: integer division by zero; mask the zeros, or convert to floating point.");

    private static GradientException RemainderByZero(long value, long divisor) =>
        new("remainder: integer division by zero; mask the zeros, or convert to floating point.");

    private void LaunchRows(IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, in ElementwiseParameters parameters) =>
        LaunchRows(kernel, buffers, parameters, parameters.Plan);

    /// <summary>elementwise.metal: ElementwiseParameters.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ElementwiseParameters(in Strided plan, DType dtype, KernelParameters parameters)
    {
        public Strided Plan = plan;
        public long WholeA = dtype == DType.Int32 ? (int)parameters.A : (long)parameters.A;
        public long WholeB = dtype == DType.Int32 ? (int)parameters.B : (long)parameters.B;
        public float A = (float)parameters.A;
        public float B = (float)parameters.B;
        public int Tag;
        public int Pad;
    }

    /// <summary>elementwise.metal: RangeParameters.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RangeParameters
    {
        public Strided Plan;
        public long WholeStart;
        public long WholeStep;
        public float StartHigh;
        public float StartLow;
        public float StepHigh;
        public float StepLow;
    }
}

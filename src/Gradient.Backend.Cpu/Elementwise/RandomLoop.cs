using System.Runtime.CompilerServices;
using Gradient.Core;
using unsafe RowConverter = delegate*<byte*, long, byte*, long, long, void>;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Random elements as <see cref="Philox"/> says, in blocks of counters: made in a buffer, in the type they are computed in, and
/// from there converted to where they belong.
/// </summary>
internal unsafe struct RandomLoop : IParallelBody
{
    private const int BlockCounters = 128;
    private const long GrainCounters = 1024;

    private readonly StridedPlan plan;
    private readonly RandomKind kind;
    private readonly KernelParameters parameters;
    private readonly ulong seed;
    private readonly ulong offset;
    private readonly DType compute;
    private readonly RowConverter converter;

    private RandomLoop(in StridedPlan plan, RandomKind kind, KernelParameters parameters, ulong seed, ulong offset, DType type)
    {
        this.plan = plan;
        this.kind = kind;
        this.parameters = parameters;
        this.seed = seed;
        this.offset = offset;
        compute = kind == RandomKind.Integer ? DType.Int64 : type == DType.Float64 ? DType.Float64 : DType.Float32;
        converter = Conversion.Of(compute, type);
    }

    /// <summary>Whether a distribution has elements of that type.</summary>
    public static bool Supports(RandomKind kind, DType type) => kind switch
    {
        RandomKind.Uniform or RandomKind.Normal => type.IsFloatingPoint(),
        RandomKind.Bernoulli => true,
        RandomKind.Integer => type != DType.Bool,
        _ => false,
    };

    /// <summary>Fills y.</summary>
    public static void Run(RandomKind kind, KernelParameters parameters, ulong seed, ulong offset, Tensor y)
    {
        var plan = StridedPlan.InRowMajorOrder(y);
        if (plan.Count == 0) return;
        if (kind == RandomKind.Bernoulli && y.DType == DType.Bool) parameters = parameters with { B = 1 };
        var loop = new RandomLoop(plan, kind, parameters, seed, offset, y.DType);
        WorkerPool.Shared.For((long)Philox.CountersFor(plan.Count), GrainCounters, loop);
    }

    /// <inheritdoc/>
    public readonly void Run(long start, long end)
    {
        double* block = stackalloc double[4 * BlockCounters];
        int size = compute.Size();
        for (long counter = start; counter < end; counter += BlockCounters)
        {
            int counters = (int)Math.Min(BlockCounters, end - counter);
            Generate(offset + (ulong)counter, counters, (byte*)block);
            long first = 4 * counter;
            byte* made = (byte*)block;
            var rows = new RowWalker(in plan, first, Math.Min(first + (4 * counters), plan.Count));
            while (rows.Next())
            {
                converter(made, size, rows.Pointer(0), plan.InnerStride(0), rows.Length);
                made += rows.Length * size;
            }
        }
    }

    private readonly void Generate(ulong counter, int counters, byte* made)
    {
        for (int i = 0; i < counters; i++)
        {
            var bits = Philox.At(seed, counter + (ulong)i);
            if (compute == DType.Float32) Singles(bits, (float*)made + (4 * i));
            else if (compute == DType.Float64) Doubles(bits, (double*)made + (4 * i));
            else Integers(bits, (long*)made + (4 * i));
        }
    }

    private readonly void Singles(in Philox.Block bits, float* y)
    {
        float a = (float)parameters.A, b = (float)parameters.B;
        switch (kind)
        {
            case RandomKind.Uniform:
                float width = (float)(parameters.B - parameters.A), last = a < b ? MathF.BitDecrement(b) : a;
                y[0] = MathF.Min(MathF.FusedMultiplyAdd(Philox.ToUnit(bits.X0), width, a), last);
                y[1] = MathF.Min(MathF.FusedMultiplyAdd(Philox.ToUnit(bits.X1), width, a), last);
                y[2] = MathF.Min(MathF.FusedMultiplyAdd(Philox.ToUnit(bits.X2), width, a), last);
                y[3] = MathF.Min(MathF.FusedMultiplyAdd(Philox.ToUnit(bits.X3), width, a), last);
                break;
            case RandomKind.Normal:
                (y[0], y[1]) = Philox.ToNormal(bits.X0, bits.X1);
                (y[2], y[3]) = Philox.ToNormal(bits.X2, bits.X3);
                for (int i = 0; i < 4; i++) y[i] = MathF.FusedMultiplyAdd(y[i], b, a);
                break;
            default:
                y[0] = Philox.ToUnit(bits.X0) >= a ? b : 0;
                y[1] = Philox.ToUnit(bits.X1) >= a ? b : 0;
                y[2] = Philox.ToUnit(bits.X2) >= a ? b : 0;
                y[3] = Philox.ToUnit(bits.X3) >= a ? b : 0;
                break;
        }
    }

    private readonly void Doubles(in Philox.Block bits, double* y)
    {
        double a = parameters.A, b = parameters.B;
        y[0] = Philox.ToUnit(bits.X0);
        y[1] = Philox.ToUnit(bits.X1);
        y[2] = Philox.ToUnit(bits.X2);
        y[3] = Philox.ToUnit(bits.X3);
        switch (kind)
        {
            case RandomKind.Uniform:
                double last = a < b ? Math.BitDecrement(b) : a;
                for (int i = 0; i < 4; i++) y[i] = Math.Min(Math.FusedMultiplyAdd(y[i], b - a, a), last);
                break;
            case RandomKind.Normal:
                for (int i = 0; i < 4; i += 2)
                {
                    double radius = Math.Sqrt(-2 * Math.Log(1 - y[i]));
                    var (sin, cos) = Math.SinCos(2 * Math.PI * y[i + 1]);
                    y[i] = Math.FusedMultiplyAdd(radius * cos, b, a);
                    y[i + 1] = Math.FusedMultiplyAdd(radius * sin, b, a);
                }

                break;
            default:
                for (int i = 0; i < 4; i++) y[i] = y[i] >= (float)a ? b : 0;
                break;
        }
    }

    private readonly void Integers(in Philox.Block bits, long* y)
    {
        long a = (long)parameters.A;
        ulong width = (ulong)(parameters.B - parameters.A);
        y[0] = a + (long)Below(width, bits.X0, bits.X1);
        y[1] = a + (long)Below(width, bits.X1, bits.X0);
        y[2] = a + (long)Below(width, bits.X2, bits.X3);
        y[3] = a + (long)Below(width, bits.X3, bits.X2);
    }

    /// <summary>⌊width·u⌋ with u = high/2³², or (high·2³² + low)/2⁶⁴ where width needs it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Below(ulong width, uint high, uint low) =>
        width <= 1UL << 32 ? (width * high) >> 32 : Math.BigMul(width, ((ulong)high << 32) | low, out _);
}

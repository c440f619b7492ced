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

    [SkipLocalsInit]
    private readonly void Generate(ulong counter, int counters, byte* made)
    {
        uint* bits = stackalloc uint[4 * BlockCounters];
        PhiloxBlocks.Generate(seed, counter, counters, bits);
        if (compute == DType.Int64) Integers(bits, 4 * counters, (long*)made);
        else Distributions.Make(kind, compute, parameters, bits, 4 * counters, made);
    }

    private readonly void Integers(uint* bits, int count, long* y)
    {
        long a = (long)parameters.A;
        ulong width = (ulong)(parameters.B - parameters.A);
        for (int i = 0; i < count; i++) y[i] = a + (long)Below(width, bits[i], bits[i ^ 1]);
    }

    /// <summary>⌊width·u⌋ with u = high/2³², or (high·2³² + low)/2⁶⁴ where width needs it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Below(ulong width, uint high, uint low) =>
        width <= 1UL << 32 ? (width * high) >> 32 : Math.BigMul(width, ((ulong)high << 32) | low, out _);
}

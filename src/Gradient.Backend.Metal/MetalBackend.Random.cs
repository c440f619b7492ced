using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>Random numbers: shaders/random.metal.</content>
public sealed partial class MetalBackend
{
    /// <inheritdoc/>
    public void Random(RandomKind kind, KernelParameters parameters, ulong seed, ulong offset, Tensor y)
    {
        string operation = $"random {kind}", type = TypeName(operation, y.DType);
        bool supported = kind switch
        {
            RandomKind.Uniform or RandomKind.Normal => y.DType.IsFloatingPoint(),
            RandomKind.Integer => y.DType != DType.Bool,
            _ => true,
        };
        if (!supported) throw Unsupported(operation, y.DType);
        var launch = new RandomParameters
        {
            Plan = Strided.Plan(y.Shape, y),
            Seed = seed,
            Offset = offset,
            WholeA = (long)parameters.A,
            Width = (ulong)(parameters.B - parameters.A),
            A = (float)parameters.A,
            B = y.DType == DType.Bool ? 1 : (float)parameters.B,
            WidthReal = (float)(parameters.B - parameters.A),
            // The number before the end, unless the interval is a point.
            Last = parameters.A < parameters.B ? MathF.BitDecrement((float)parameters.B) : (float)parameters.A,
        };
        long threads = Math.Min((long)Philox.CountersFor(y.ElementCount), (long)MaximumGroups * GroupThreads);
        Launch(cache.Get("random", "random_" + type, (int)kind), [Out(y)], launch, threads, Ceiling(y.ElementCount, Math.Max(1, threads)));
        GC.KeepAlive(y);
    }

    /// <summary>random.metal: RandomParameters.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RandomParameters
    {
        public Strided Plan;
        public ulong Seed;
        public ulong Offset;
        public long WholeA;
        public ulong Width;
        public float A;
        public float B;
        public float WidthReal;
        public float Last;
    }
}

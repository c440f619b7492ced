using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>Operations over many tensors: shaders/many.metal. A launch has a buffer for each of up to 24, and two more: Metal allows 31.</content>
public sealed partial class MetalBackend
{
    private const int TensorsPerLaunch = 24;

    /// <inheritdoc/>
    public unsafe void ReduceMany(ReduceManyKind kind, ReadOnlySpan<Tensor> tensors, Tensor y, KernelParameters parameters = default)
    {
        string name = $"ReduceMany {kind}";
        if (kind == ReduceManyKind.PowerNorm && !(parameters.A > 0 && double.IsFinite(parameters.A)))
            throw new ArgumentOutOfRangeException(nameof(parameters), parameters.A, "The order of a norm is positive and finite.");
        if (y.DType != (kind == ReduceManyKind.NonFiniteCount ? DType.Int64 : DType.Float32)) throw Unsupported(name + " into a tensor", y.DType);
        long pieces = 0;
        foreach (var tensor in tensors) pieces += ManyParameters.Pieces(tensor.ElementCount);
        using var partials = Tensor.Empty([Math.Max(1, pieces)], DType.Float32, device);
        LaunchMany(name, "reduce_many_", (int)kind, tensors, parameters.A, partials, scales: false);
        var last = new ManyParameters(parameters.A);
        last.Counts[0] = pieces;
        LaunchGroups(cache.Get("many", "finish_many", (int)kind), [In(partials), Out(y)], last, new(1), new(last.Team.Threads), pieces);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void ScaleMany(ReadOnlySpan<Tensor> tensors, Tensor factor)
    {
        LaunchMany("ScaleMany", "scale_many_", 0, tensors, 0, factor, scales: true);
        foreach (var tensor in tensors)
        {
            if (IsDense(tensor)) continue;
            using var own = factor.DType == tensor.DType ? null : factor.To(tensor.DType);
            Binary(BinaryKind.Multiply, tensor, own ?? factor, tensor);
        }

        GC.KeepAlive(factor);
    }

    /// <summary>Tensors of one launch have one type; usually all have. Those with gaps are copied to be reduced, and passed over to be scaled.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="function">The kernel, without its type.</param>
    /// <param name="kind">Its constant.</param>
    /// <param name="tensors">The tensors.</param>
    /// <param name="power">Its parameter.</param>
    /// <param name="other">The factor, or where the pieces' results go.</param>
    /// <param name="scales">Whether the tensors are written, and the other is read.</param>
    private unsafe void LaunchMany(string name, string function, int kind, ReadOnlySpan<Tensor> tensors, double power, Tensor other, bool scales)
    {
        foreach (var tensor in tensors) FloatingName(name, tensor.DType); // before anything is launched
        var buffers = new KernelBuffer[TensorsPerLaunch + 1];
        var copies = new Tensor?[TensorsPerLaunch];
        long pieces = 0;
        foreach (var type in (ReadOnlySpan<DType>)[DType.Float32, DType.Float16, DType.BFloat16])
        {
            var parameters = new ManyParameters(power);
            long here = 0;
            for (int i = 0; i <= tensors.Length; i++)
            {
                if (i < tensors.Length)
                {
                    var tensor = tensors[i];
                    if (tensor.DType != type || tensor.ElementCount == 0 || (scales && !IsDense(tensor))) continue;
                    int slot = parameters.Tensors++;
                    copies[slot] = IsDense(tensor) ? null : tensor.Copy();
                    buffers[slot] = scales ? Out(tensor) : In(copies[slot] ?? tensor);
                    parameters.Counts[slot] = tensor.ElementCount;
                    parameters.Befores[slot] = here;
                    here += ManyParameters.Pieces(tensor.ElementCount);
                }

                if (parameters.Tensors == 0 || (i < tensors.Length && parameters.Tensors < TensorsPerLaunch)) continue;
                // Buffers that are not needed repeat the first one.
                for (int slot = parameters.Tensors; slot < TensorsPerLaunch; slot++) buffers[slot] = buffers[0];
                buffers[TensorsPerLaunch] = scales ? In(other) : Out(other) with { ByteOffset = pieces * sizeof(float) };
                LaunchGroups(
                    cache.Get("many", function + TypeName(name, type), kind), buffers, parameters, new(checked((int)here)), new(parameters.Team.Threads),
                        (scales ? 2 : 1) * here * parameters.Piece);
                for (int slot = 0; slot < parameters.Tensors; slot++) copies[slot]?.Dispose();
                pieces += here;
                (parameters, here) = (new(power), 0);
            }
        }

        foreach (var tensor in tensors) GC.KeepAlive(tensor);
    }

    /// <summary>Whether the elements lie side by side, in whatever order.</summary>
    private static bool IsDense(Tensor tensor) => Strided.Plan(tensor.Shape, AxisSet.All(tensor.Rank), true, tensor.Layout).IsContiguous != 0;

    /// <summary>many.metal: ManyParameters.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct ManyParameters(double power)
    {
        public fixed long Counts[TensorsPerLaunch];
        public fixed long Befores[TensorsPerLaunch];
        public long Piece = TeamShape.Whole.Piece;
        public int Tensors;
        public float Power = (float)power;
        public TeamShape Team = TeamShape.Whole;

        public static long Pieces(long elements) => Ceiling(elements, TeamShape.Whole.Piece);
    }
}

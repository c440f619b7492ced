using System.Buffers;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Operations over many tensors, whose elements are seen as one long row.</content>
public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public unsafe void ReduceMany(ReduceManyKind kind, ReadOnlySpan<Tensor> tensors, Tensor y, KernelParameters parameters = default)
    {
        double power = parameters.A;
        double total = kind switch
        {
            ReduceManyKind.Sum => ManyReduction<SumReduction>.Run(tensors),
            ReduceManyKind.Maximum => ManyReduction<MaximumReduction>.Run(tensors),
            ReduceManyKind.Minimum => ManyReduction<MinimumReduction>.Run(tensors),
            ReduceManyKind.EuclideanNorm => Math.Sqrt(ManyReduction<SumOfSquaresReduction>.Run(tensors)),
            ReduceManyKind.MaximumNorm => ManyReduction<MagnitudeReduction>.Run(tensors),
            ReduceManyKind.PowerNorm when power > 0 && double.IsFinite(power) => Math.Pow(ManyReduction<SumReduction>.Run(tensors, power), 1 / power),
            ReduceManyKind.NonFiniteCount => ManyReduction<NonFiniteReduction>.Run(tensors),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, $"not a ReduceManyKind for A = {power}"),
        };
        switch (y.DType)
        {
            case DType.Float64: *Elements.Pointer<double>(y) = total; break;
            case DType.Float32: *Elements.Pointer<float>(y) = (float)total; break;
            case DType.Int64: *Elements.Pointer<long>(y) = (long)total; break;
            default: throw Unsupported($"ReduceMany {kind} into a tensor", y.DType);
        }

        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public unsafe void ScaleMany(ReadOnlySpan<Tensor> tensors, Tensor factor)
    {
        double number = factor.DType == DType.Float64 ? *Elements.Pointer<double>(factor) : *Elements.Pointer<float>(factor);
        GC.KeepAlive(factor);
        if (number == 1) return; // gradients within their bound are left alone
        var parts = ArrayPool<ManyScaling.Part>.Shared.Rent(tensors.Length);
        try
        {
            long elements = 0;
            for (int i = 0; i < tensors.Length; i++)
            {
                if (!tensors[i].DType.IsFloatingPoint()) throw Unsupported("ScaleMany", tensors[i].DType);
                var compute = ComputeType(tensors[i].DType);
                var loop = ElementwiseLoop.InPlace(UnaryOperators.Kernel(UnaryKind.MultiplyScalar, compute, number), compute, new(number), tensors[i]);
                parts[i] = new(loop, elements, elements += tensors[i].ElementCount);
            }

            WorkerPool.Shared.For(elements, ElementwiseLoop.Grain, new ManyScaling(parts, tensors.Length));
        }
        finally
        {
            ArrayPool<ManyScaling.Part>.Shared.Return(parts);
        }

        foreach (var tensor in tensors) GC.KeepAlive(tensor);
    }

    /// <summary>Multiplies the elements of all parts.</summary>
    private readonly struct ManyScaling(ManyScaling.Part[] parts, int count) : IParallelBody
    {
        public void Run(long start, long end)
        {
            for (int i = 0; i < count; i++)
            {
                ref var part = ref parts[i];
                long first = Math.Max(start, part.Start), last = Math.Min(end, part.End);
                if (first < last) part.Loop.Run(first - part.Start, last - part.Start);
            }
        }

        /// <summary>A tensor and which of all elements are its.</summary>
        internal record struct Part(ElementwiseLoop Loop, long Start, long End);
    }
}

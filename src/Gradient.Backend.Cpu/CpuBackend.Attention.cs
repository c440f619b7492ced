using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Scaled dot-product attention.</content>
public sealed unsafe partial class CpuBackend
{
    /// <summary>Matrices that a call of attention has at most.</summary>
    private const int AttentionOperands = 10;

    /// <inheritdoc/>
    public void Attention(in AttentionOptions options, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor y, Tensor logSumExp)
    {
        DType computing = Computing("attention", y.DType);
        if (logSumExp.ElementCount == 0)
            return;
        if (key.Shape[-2] == 0)
        {
            Fill(y, 0);
            Fill(logSumExp, double.NegativeInfinity);
            return;
        }

        var heads = new HeadPlan(y, computing);
        AttentionArguments arguments = Arguments(options, query, key, value, mask, ref heads);
        arguments.Output = heads.Result(y);
        arguments.LogSumExp = heads.ResultRow(logSumExp);
        if (computing == DType.Float32)
            AttentionKernels.Forward<float>(arguments, WorkerPool.Shared);
        else
            AttentionKernels.Forward<double>(arguments, WorkerPool.Shared);
        KeepAlive(query, key, value, mask, y, logSumExp);
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        in AttentionOptions options, Tensor dy, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor y, Tensor logSumExp,
        Tensor? dquery, Tensor? dkey, Tensor? dvalue)
    {
        DType computing = Computing("attention backward", y.DType);
        var heads = new HeadPlan(y, computing);
        AttentionArguments arguments = Arguments(options, query, key, value, mask, ref heads);
        arguments.Output = heads.Operand(y);
        arguments.LogSumExp = heads.OperandRow(logSumExp);
        arguments.OutputGradient = heads.Operand(dy);
        arguments.QueryGradient = dquery is null ? default : heads.Result(dquery);
        arguments.KeyGradient = dkey is null ? default : heads.Result(dkey);
        arguments.ValueGradient = dvalue is null ? default : heads.Result(dvalue);
        if (computing == DType.Float32)
            AttentionKernels.Backward<float>(arguments, WorkerPool.Shared);
        else
            AttentionKernels.Backward<double>(arguments, WorkerPool.Shared);
        KeepAlive(query, key, value, mask, y, logSumExp);
        KeepAlive(dy, dquery, dkey, dvalue);
    }

    private static AttentionArguments Arguments(in AttentionOptions options, Tensor query, Tensor key, Tensor value, Tensor? mask, ref HeadPlan heads) =>
        new()
        {
            Heads = heads.Count,
            Queries = (nint)query.Shape[-2],
            Keys = (nint)key.Shape[-2],
            Width = (nint)query.Shape[-1],
            ValueWidth = (nint)value.Shape[-1],
            Causal = options.Causal,
            Scale = options.Scale,
            Query = heads.Operand(query),
            Key = heads.Operand(key),
            Value = heads.Operand(value),
            Mask = mask is null ? default : heads.Operand(mask),
            MaskAdds = mask is not null && mask.DType != DType.Bool,
        };

    private static void KeepAlive(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (Tensor? tensor in tensors)
            GC.KeepAlive(tensor);
    }

    /// <summary>Where the heads, all axes but the last two of a shape, lie in one operand after the other.</summary>
    private ref struct HeadPlan
    {
        private readonly Shape shape;
        private readonly int axes;
        private readonly DType computing;
        private nint* next;

        public HeadPlan(Tensor y, DType computing)
        {
            (shape, axes, this.computing, Count) = (y.Shape, y.Rank - 2, computing, 1);
            for (int axis = 0; axis < axes; axis++)
                Count *= (nint)shape[axis];
            next = Scratch.Get<nint>(ScratchPurpose.Offsets, AttentionOperands * Count);
        }

        public nint Count { get; }

        public HeadMatrix Operand(Tensor tensor) => Of(tensor, -2, Conversion.Of(tensor.DType, computing));

        public HeadMatrix Result(Tensor tensor) => Of(tensor, -2, Conversion.Of(computing, tensor.DType));

        /// <summary>A tensor with one row of numbers per head.</summary>
        public HeadMatrix OperandRow(Tensor tensor) => Of(tensor, null, Conversion.Of(tensor.DType, computing));

        public HeadMatrix ResultRow(Tensor tensor) => Of(tensor, null, Conversion.Of(computing, tensor.DType));

        private HeadMatrix Of(Tensor tensor, int? rowAxis, delegate*<byte*, long, byte*, long, long, void> convert)
        {
            nint* offsets = next;
            next += Count;
            nint filled = 1;
            if (Count > 0)
                offsets[0] = 0;
            for (int axis = axes - 1; axis >= 0 && Count > 0; axis--)
            {
                // What is filled so far is one step of this axis; the others are it, shifted.
                nint stride = (nint)tensor.Layout.Stride(axis);
                for (nint i = filled; i < filled * (nint)shape[axis]; i++)
                    offsets[i] = offsets[i - filled] + stride;
                filled *= (nint)shape[axis];
            }

            return new HeadMatrix
            {
                Data = Pointer<byte>(tensor) + (tensor.Layout.Offset * (tensor.DType.Size() - 1)),
                Size = tensor.DType.Size(),
                Offsets = offsets,
                Row = rowAxis is { } at ? (nint)tensor.Layout.Stride(at) : 0,
                Column = (nint)tensor.Layout.Stride(-1),
                Convert = convert,
                IsPlain = tensor.DType == computing && tensor.Layout.Stride(-1) == 1,
            };
        }
    }
}

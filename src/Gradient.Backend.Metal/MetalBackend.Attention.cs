using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>Attention: shaders/attention.metal. All operands may have any layout; nothing is copied.</content>
public sealed partial class MetalBackend
{
    // As in attention.metal.
    private const int AttentionTile = 32, AttentionChunk = 64, AttentionThreads = 128, DeltaThreads = 256, DeltaRows = DeltaThreads / 32;

    /// <inheritdoc/>
    public void Attention(in AttentionOptions options, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor y, Tensor logSumExp)
    {
        string type = FloatingName("attention", y.DType);
        if (logSumExp.ElementCount == 0) return;
        if (key.Shape[-2] == 0)
        {
            Fill(y, 0);
            Fill(logSumExp, double.NegativeInfinity);
            return;
        }

        var parameters = AttentionParameters.Of(options, query, key, value);
        parameters.Heads = HeadPlan(y, query, key, value, mask ?? query, y, logSumExp);
        parameters.SetMask(mask);
        (parameters.YRow, parameters.YColumn, parameters.SumRow) = (y.Layout.Stride(-2), y.Layout.Stride(-1), logSumExp.Layout.Stride(-1));
        long groups = parameters.Cut(parameters.ValueWidth, parameters.Queries);
        LaunchGroups(
            cache.Get("attention", "attention_" + type, MaskKind(mask), options.Causal ? 1 : 0, 0, 0),
            [InOr(query, key), InOr(key, query), InOr(value, logSumExp), Added(mask, query), Seen(mask, query), y.ElementCount == 0 ? Unused(logSumExp) : Out(y), Out(logSumExp)],
            parameters, new(Groups(groups)), new(AttentionThreads), parameters.Work(groups, parameters.Keys, products: 1));
        KeepAlive(query, key, value, mask, y, logSumExp);
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        in AttentionOptions options, Tensor dy, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor y, Tensor logSumExp,
        Tensor? dquery, Tensor? dkey, Tensor? dvalue)
    {
        string type = FloatingName("attention backward", y.DType);
        var parameters = AttentionParameters.Of(options, query, key, value);
        parameters.Heads = HeadPlan(y, query, key, value, mask ?? query, dy, y);
        parameters.Gradients = HeadPlan(y, dquery ?? query, dkey ?? key, dvalue ?? value);
        parameters.SetMask(mask);
        (parameters.YRow, parameters.YColumn) = (dy.Layout.Stride(-2), dy.Layout.Stride(-1));
        (parameters.OutputRow, parameters.OutputColumn) = (y.Layout.Stride(-2), y.Layout.Stride(-1));
        if (dquery is not null) (parameters.DqueryRow, parameters.DqueryColumn) = (dquery.Layout.Stride(-2), dquery.Layout.Stride(-1));
        if (dkey is not null) (parameters.DkeyRow, parameters.DkeyColumn) = (dkey.Layout.Stride(-2), dkey.Layout.Stride(-1));
        if (dvalue is not null) (parameters.DvalueRow, parameters.DvalueColumn) = (dvalue.Layout.Stride(-2), dvalue.Layout.Stride(-1));
        int causal = options.Causal ? 1 : 0;
        var anyGradient = dquery is { ElementCount: > 0 } ? dquery : dkey is { ElementCount: > 0 } ? dkey : dvalue;
        if (anyGradient is null or { ElementCount: 0 }) return;

        var sums = logSumExp.Contiguous();
        using var delta = Tensor.Empty(logSumExp.Shape, DType.Float32, y.Device);
        if (delta.ElementCount > 0)
            LaunchGroups(
                cache.Get("attention", "attention_delta_" + type, 0, 0, 0, 0), [InOr(dy, delta), InOr(y, delta), Out(delta)], parameters,
                new(Groups(Ceiling(delta.ElementCount, DeltaRows))), new(DeltaThreads), 2 * y.ElementCount);
        if (dquery is { ElementCount: > 0 })
        {
            long groups = parameters.Cut(parameters.Width, parameters.Queries);
            LaunchGroups(
                cache.Get("attention", "attention_query_gradient_" + type, MaskKind(mask), causal, 0, 0),
                [In(query), InOr(key, query), InOr(value, query), Added(mask, query), Seen(mask, query), InOr(dy, query), In(sums), In(delta), Out(dquery)],
                parameters, new(Groups(groups)), new(AttentionThreads), parameters.Work(groups, parameters.Keys, products: 1));
        }

        bool hasKey = dkey is { ElementCount: > 0 }, hasValue = dvalue is { ElementCount: > 0 };
        if (hasKey || hasValue)
        {
            long groups = parameters.Cut(Math.Max(hasKey ? parameters.Width : 0, hasValue ? parameters.ValueWidth : 0), parameters.Keys);
            LaunchGroups(
                cache.Get("attention", "attention_key_gradients_" + type, MaskKind(mask), causal, hasKey ? 1 : 0, hasValue ? 1 : 0),
                [
                    InOr(query, anyGradient), InOr(key, anyGradient), InOr(value, anyGradient), Added(mask, anyGradient), Seen(mask, anyGradient), InOr(dy, anyGradient),
                    InOr(sums, anyGradient), InOr(delta, anyGradient), hasKey ? Out(dkey!) : Unused(anyGradient), hasValue ? Out(dvalue!) : Unused(anyGradient),
                ],
                parameters, new(Groups(groups)), new(AttentionThreads), parameters.Work(groups, parameters.Queries, products: 2));
        }

        KeepAlive(query, key, value, mask, y, sums);
        KeepAlive(dy, dquery, dkey, dvalue);
    }

    private static int MaskKind(Tensor? mask) => mask is null ? 0 : mask.DType == DType.Bool ? 1 : 2;

    private static KernelBuffer Added(Tensor? mask, Tensor other) => MaskKind(mask) == 2 ? InOr(mask, other) : Unused(other);

    private static KernelBuffer Seen(Tensor? mask, Tensor other) => MaskKind(mask) == 1 ? InOr(mask, other) : Unused(other);

    private static void KeepAlive(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (var tensor in tensors) GC.KeepAlive(tensor);
    }

    /// <summary>Where the heads of operands begin: all axes of y but its last two.</summary>
    private static Strided HeadPlan(Tensor y, params ReadOnlySpan<Tensor> operands)
    {
        int axes = y.Rank - 2;
        var shape = y.Shape.Without(-1).Without(-1);
        Span<long> strides = stackalloc long[axes];
        Span<Layout> layouts = new Layout[operands.Length];
        for (int i = 0; i < operands.Length; i++)
        {
            for (int axis = 0; axis < axes; axis++) strides[axis] = operands[i].Layout.Stride(axis);
            layouts[i] = new(shape, strides, 0);
        }

        return Strided.Plan(shape, AxisSet.All(axes), false, layouts);
    }

    /// <summary>The parameters of attention.metal, in elements.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct AttentionParameters
    {
        public Strided Heads;
        public Strided Gradients;
        public long Queries, Keys, Width, ValueWidth;
        public long QueryRow, QueryColumn, KeyRow, KeyColumn, ValueRow, ValueColumn, MaskRow, MaskColumn;
        public long YRow, YColumn, SumRow;
        public long OutputRow, OutputColumn;
        public long DqueryRow, DqueryColumn, DkeyRow, DkeyColumn, DvalueRow, DvalueColumn;
        public float Scale;
        public int Chunks;

        public static AttentionParameters Of(in AttentionOptions options, Tensor query, Tensor key, Tensor value) => new()
        {
            Queries = query.Shape[-2], Keys = key.Shape[-2], Width = query.Shape[-1], ValueWidth = value.Shape[-1],
            QueryRow = query.Layout.Stride(-2), QueryColumn = query.Layout.Stride(-1), KeyRow = key.Layout.Stride(-2), KeyColumn = key.Layout.Stride(-1),
            ValueRow = value.Layout.Stride(-2), ValueColumn = value.Layout.Stride(-1), Scale = (float)options.Scale,
        };

        public void SetMask(Tensor? mask)
        {
            if (mask is not null) (MaskRow, MaskColumn) = (mask.Layout.Stride(-2), mask.Layout.Stride(-1));
        }

        /// <summary>Cuts results of so many rows and columns among threadgroups: how many these are.</summary>
        public long Cut(long columns, long rows)
        {
            Chunks = (int)Math.Max(1, Ceiling(columns, AttentionChunk));
            return Heads.Count * Chunks * Ceiling(rows, AttentionTile);
        }

        /// <summary>The work of threadgroups that meet so many keys (or queries), and add to so many results.</summary>
        public readonly long Work(long groups, long others, int products) =>
            TileWork(groups, AttentionTile, (int)Math.Clamp(others, 1, int.MaxValue), Width + ValueWidth + (products * AttentionChunk));
    }
}

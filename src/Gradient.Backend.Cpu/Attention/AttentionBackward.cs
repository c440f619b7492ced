using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The gradients of attention, with the weights P = e^(scores − logSumExp) computed again block by block (Dao et al., 2022, algorithm
/// 4). With D = Σ dY∘Y per query: dV = Pᵀ·dY, dS = P∘(dY·Vᵀ − D), dQ = dS·K·scale, dK = dSᵀ·Q·scale.
/// </summary>
/// <remarks>
/// An item is a head; with few of them, a group of keys (dK, dV), and then a group of queries (dQ). Either way each gradient is
/// summed by one thread over the same blocks in the same order.
/// </remarks>
internal unsafe struct AttentionBackward<T, TVector, TSimd, V> : IParallelBody
    where T : unmanaged, IFloatingPointIeee754<T>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
    where V : struct, ISimd<V>
{
    /// <summary>Queries of a strip: a multiple of both tile heights, 8 and 6.</summary>
    private const int Strip = 48;

    private const int KeyBlock = 64;

    private AttentionArguments arguments;
    private nint queryGroup, queryGroups, keyGroup, keyGroups;

    public static void Run(in AttentionArguments arguments, WorkerPool pool)
    {
        bool keys = arguments.KeyGradient.Exists || arguments.ValueGradient.Exists, queries = arguments.QueryGradient.Exists;
        if (arguments.Heads >= 2 * pool.Threads || pool.Threads == 1)
        {
            Run(arguments, arguments.Queries, arguments.Keys, pool);
            return;
        }

        AttentionArguments part = arguments;
        part.QueryGradient = default;
        if (keys)
            Run(part, arguments.Queries, 4 * KeyBlock, pool);
        part = arguments;
        part.KeyGradient = part.ValueGradient = default;
        if (queries)
            Run(part, 4 * Strip, arguments.Keys, pool);
    }

    private static void Run(in AttentionArguments arguments, nint queryGroup, nint keyGroup, WorkerPool pool)
    {
        var body = new AttentionBackward<T, TVector, TSimd, V>
        {
            arguments = arguments,
            queryGroup = queryGroup, queryGroups = Math.Max(1, (arguments.Queries + queryGroup - 1) / Math.Max(1, queryGroup)),
            keyGroup = keyGroup, keyGroups = Math.Max(1, (arguments.Keys + keyGroup - 1) / Math.Max(1, keyGroup)),
        };
        nint items = body.queryGroups * body.keyGroups;
        pool.For(arguments.Heads * items, (long)Math.Ceiling(AttentionBlocks<T, TVector, TSimd, V>.Grain / Math.Max(arguments.Work / items, 1)), body);
    }

    public readonly void Run(long start, long end)
    {
        for (nint item = (nint)start; item < end; item++)
        {
            nint head = item / (queryGroups * keyGroups), rest = item % (queryGroups * keyGroups);
            nint firstQuery = rest / keyGroups * queryGroup, firstKey = rest % keyGroups * keyGroup;
            nint endQuery = Math.Min(arguments.Queries, firstQuery + queryGroup), endKey = Math.Min(arguments.Keys, firstKey + keyGroup);
            if (arguments.Causal)
            {
                // Queries before the first key see none of them. Strips begin where they begin for all keys.
                if (keyGroups > 1)
                    firstQuery = Math.Min(endQuery, firstKey / Strip * Strip);
                if (!arguments.KeyGradient.Exists && !arguments.ValueGradient.Exists)
                    endKey = Math.Min(endKey, endQuery);
            }

            Differentiate(head, firstQuery, endQuery - firstQuery, firstKey, endKey);
        }
    }

    private readonly void Differentiate(nint head, nint firstQuery, nint queries, nint firstKey, nint endKey)
    {
        ref readonly AttentionArguments a = ref arguments;
        nint block = Math.Min(KeyBlock, a.Keys);
        nint width = AttentionBlocks<T, TVector, TSimd, V>.Stride(a.Width), valueWidth = AttentionBlocks<T, TVector, TSimd, V>.Stride(a.ValueWidth);
        nint scoreWidth = AttentionBlocks<T, TVector, TSimd, V>.Padded(block) + AttentionBlocks<T, TVector, TSimd, V>.Gap;
        nint keyPanelElements = AttentionBlocks<T, TVector, TSimd, V>.PanelElements(block, a.Width);
        nint valuePanelElements = AttentionBlocks<T, TVector, TSimd, V>.PanelElements(block, a.ValueWidth);
        T* query = Scratch.Get<T>(
            ScratchPurpose.Head,
            (queries * ((2 * width) + valueWidth + 2)) + (2 * block * (width + valueWidth)) + keyPanelElements + valuePanelElements
            + (((2 * Strip) + 1) * scoreWidth) + valueWidth);
        T* dquery = query + (queries * width), dy = dquery + (queries * width), logSumExp = dy + (queries * valueWidth), delta = logSumExp + queries;
        T* key = delta + queries, dkey = key + (block * width), value = dkey + (block * width), dvalue = value + (block * valueWidth);
        T* keyPanels = dvalue + (block * valueWidth), valuePanels = keyPanels + keyPanelElements;
        T* weights = valuePanels + valuePanelElements, dscores = weights + (Strip * scoreWidth), line = dscores + (Strip * scoreWidth);
        T* output = line + scoreWidth;
        T scale = T.CreateTruncating(a.Scale);

        a.Query.Read<T, V>(head, firstQuery, queries, a.Width, query, width);
        AttentionRows<T, V>.Multiply(query, queries * width, scale);
        a.OutputGradient.Read<T, V>(head, firstQuery, queries, a.ValueWidth, dy, valueWidth);
        a.LogSumExp.Line(head, 0, firstQuery, queries, logSumExp);
        for (nint i = 0; i < queries; i++)
        {
            a.Output.Read<T, V>(head, firstQuery + i, 1, a.ValueWidth, output, valueWidth);
            delta[i] = AttentionRows<T, V>.Dot(dy + (i * valueWidth), output, a.ValueWidth);
        }

        new Span<T>(dquery, checked((int)(queries * width))).Clear();
        for (; firstKey < endKey; firstKey += KeyBlock)
        {
            nint keys = Math.Min(KeyBlock, endKey - firstKey);
            a.Key.Read<T, V>(head, firstKey, keys, a.Width, key, width);
            a.Value.Read<T, V>(head, firstKey, keys, a.ValueWidth, value, valueWidth);
            AttentionBlocks<T, TVector, TSimd, V>.Transpose(keyPanels, key, width, keys, a.Width);
            AttentionBlocks<T, TVector, TSimd, V>.Transpose(valuePanels, value, valueWidth, keys, a.ValueWidth);
            new Span<T>(dkey, (int)(keys * width)).Clear();
            new Span<T>(dvalue, (int)(keys * valueWidth)).Clear();
            for (nint i = 0; i < queries; i += Strip)
            {
                nint rows = Math.Min(Strip, queries - i);
                nint diagonal = a.Causal ? firstQuery + i - firstKey : StripProduct<T>.NoDiagonal;
                if (diagonal + rows <= 0)
                    continue;
                T* strip = query + (i * width), gradient = dy + (i * valueWidth);
                AttentionBlocks<T, TVector, TSimd, V>.TimesTransposed(strip, width, rows, keyPanels, keys, a.Width, weights, scoreWidth, diagonal);
                AttentionBlocks<T, TVector, TSimd, V>.TimesTransposed(gradient, valueWidth, rows, valuePanels, keys, a.ValueWidth, dscores, scoreWidth, diagonal);
                for (nint r = 0; r < rows; r++)
                {
                    T* p = weights + (r * scoreWidth), ds = dscores + (r * scoreWidth);
                    nint seen = AttentionBlocks<T, TVector, TSimd, V>.Seen(r, diagonal, keys);
                    nint whole = AttentionBlocks<T, TVector, TSimd, V>.Mask(a, head, firstQuery + i + r, firstKey, seen, p, line);
                    for (nint j = seen; j < whole; j++)
                        ds[j] = T.Zero;
                    AttentionRows<T, V>.Gradients(p, ds, whole, logSumExp[i + r], delta[i + r]);
                    AttentionBlocks<T, TVector, TSimd, V>.ClearBeyond(p, whole);
                    AttentionBlocks<T, TVector, TSimd, V>.ClearBeyond(ds, whole);
                }

                if (a.QueryGradient.Exists)
                    AttentionBlocks<T, TVector, TSimd, V>.AddWeighted(dscores, scoreWidth, rows, key, width, keys, a.Width, dquery + (i * width), diagonal);
                if (a.ValueGradient.Exists)
                    AttentionBlocks<T, TVector, TSimd, V>.AddTransposed(weights, scoreWidth, keys, gradient, valueWidth, rows, a.ValueWidth, dvalue, diagonal);
                if (a.KeyGradient.Exists)
                    AttentionBlocks<T, TVector, TSimd, V>.AddTransposed(dscores, scoreWidth, keys, strip, width, rows, a.Width, dkey, diagonal);
            }

            a.KeyGradient.Write<T, V>(head, firstKey, keys, a.Width, dkey, width);
            a.ValueGradient.Write<T, V>(head, firstKey, keys, a.ValueWidth, dvalue, valueWidth);
        }

        AttentionRows<T, V>.Multiply(dquery, queries * width, scale);
        a.QueryGradient.Write<T, V>(head, firstQuery, queries, a.Width, dquery, width);
    }
}

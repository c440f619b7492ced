using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>
/// softmax(Q·Kᵀ)·V block by block of keys, without a matrix of scores: T. Dao, D. Fu, S. Ermon, A. Rudra, C. Ré, "FlashAttention: Fast and
/// Memory-Efficient Exact Attention with IO-Awareness" (2022). The softmax runs along: M. Milakov, N. Gimelshein, "Online normalizer
/// calculation for softmax" (2018). What a block of keys adds is weighed relative to the largest score so far, and what was summed
/// before is scaled down when a larger one appears.
/// </summary>
/// <remarks>
/// An item is a group of queries of a head. A query meets the keys in blocks of fixed length, whatever its group: results do not
/// depend on how queries are grouped.
/// </remarks>
internal unsafe struct AttentionForward<T, TVector, TSimd, V> : IParallelBody
    where T : unmanaged, IFloatingPointIeee754<T>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
    where V : struct, ISimd<V>
{
    /// <summary>Queries whose scores are in the first-level cache at a time: a multiple of both tile heights, 8 and 6.</summary>
    private const int Strip = 24;

    private const int KeyBlock = 128;

    /// <summary>Most queries per item: their sums stay in the second-level cache, and packed keys serve all of them.</summary>
    private const int MaxGroup = 240;

    private AttentionArguments arguments;
    private nint group, groups;

    public static void Run(in AttentionArguments arguments, WorkerPool pool)
    {
        // Some four items per thread, but packing a block of keys should pay off.
        nint share = (nint)(((double)arguments.Heads * arguments.Queries / (4 * pool.Threads)) + Strip) / Strip * Strip;
        nint group = Math.Clamp(share, Math.Min(4 * Strip, MaxGroup), MaxGroup);
        var body = new AttentionForward<T, TVector, TSimd, V> { arguments = arguments, group = group, groups = (arguments.Queries + group - 1) / group };
        double work = arguments.Work / body.groups;
        pool.For(arguments.Heads * body.groups, (long)Math.Ceiling(AttentionBlocks<T, TVector, TSimd, V>.Grain / Math.Max(work, 1)), body);
    }

    public readonly void Run(long start, long end)
    {
        for (nint item = (nint)start; item < end; item++)
            Attend(item / groups, item % groups * group);
    }

    private readonly void Attend(nint head, nint firstQuery)
    {
        ref readonly AttentionArguments a = ref arguments;
        nint queries = Math.Min(group, a.Queries - firstQuery), block = Math.Min(KeyBlock, a.Keys);
        nint width = AttentionBlocks<T, TVector, TSimd, V>.Stride(a.Width), valueWidth = AttentionBlocks<T, TVector, TSimd, V>.Stride(a.ValueWidth);
        nint scoreWidth = AttentionBlocks<T, TVector, TSimd, V>.Padded(block) + AttentionBlocks<T, TVector, TSimd, V>.Gap;
        nint panelElements = AttentionBlocks<T, TVector, TSimd, V>.PanelElements(block, a.Width);
        T* query = Scratch.Get<T>(
            ScratchPurpose.Head,
            (queries * (width + valueWidth + 2)) + (block * (width + valueWidth)) + panelElements + ((Strip + 1) * scoreWidth) + V.Count);
        T* sums = query + (queries * width), maxima = sums + (queries * valueWidth), totals = maxima + queries;
        T* key = totals + queries, value = key + (block * width), panels = value + (block * valueWidth);
        T* scores = panels + panelElements, line = scores + (Strip * scoreWidth), lanes = line + scoreWidth;

        a.Query.Read<T, V>(head, firstQuery, queries, a.Width, query, width);
        AttentionRows<T, V>.Multiply(query, queries * width, T.CreateTruncating(a.Scale));
        new Span<T>(sums, checked((int)(queries * valueWidth))).Clear();
        new Span<T>(maxima, (int)queries).Fill(T.NegativeInfinity);
        new Span<T>(totals, (int)queries).Clear();

        nint seenKeys = a.Causal ? Math.Min(a.Keys, firstQuery + queries) : a.Keys;
        for (nint firstKey = 0; firstKey < seenKeys; firstKey += KeyBlock)
        {
            nint keys = Math.Min(KeyBlock, seenKeys - firstKey);
            a.Key.Read<T, V>(head, firstKey, keys, a.Width, key, width);
            AttentionBlocks<T, TVector, TSimd, V>.Transpose(panels, key, width, keys, a.Width);
            a.Value.Read<T, V>(head, firstKey, keys, a.ValueWidth, value, valueWidth);
            for (nint i = 0; i < queries; i += Strip)
            {
                nint rows = Math.Min(Strip, queries - i);
                nint diagonal = a.Causal ? firstQuery + i - firstKey : StripProduct<T>.NoDiagonal;
                if (diagonal + rows <= 0)
                    continue;
                AttentionBlocks<T, TVector, TSimd, V>.TimesTransposed(query + (i * width), width, rows, panels, keys, a.Width, scores, scoreWidth, diagonal);
                for (nint r = 0; r < rows; r++)
                {
                    T* row = scores + (r * scoreWidth);
                    nint seen = AttentionBlocks<T, TVector, TSimd, V>.Seen(r, diagonal, keys);
                    nint whole = AttentionBlocks<T, TVector, TSimd, V>.Mask(a, head, firstQuery + i + r, firstKey, seen, row, line);
                    if (whole > 0)
                        Weigh(row, whole, ref maxima[i + r], ref totals[i + r], sums + ((i + r) * valueWidth), valueWidth, lanes);
                    AttentionBlocks<T, TVector, TSimd, V>.ClearBeyond(row, whole);
                }

                AttentionBlocks<T, TVector, TSimd, V>.AddWeighted(
                    scores, scoreWidth, rows, value, valueWidth, keys, a.ValueWidth, sums + (i * valueWidth), diagonal);
            }
        }

        for (nint i = 0; i < queries; i++)
        {
            AttentionRows<T, V>.Divide(sums + (i * valueWidth), valueWidth, totals[i]);
            maxima[i] += T.Log(totals[i]);
        }

        a.Output.Write<T, V>(head, firstQuery, queries, a.ValueWidth, sums, valueWidth);
        a.LogSumExp.WriteLine(head, 0, firstQuery, queries, maxima);
    }

    /// <summary>Scores become weights relative to the largest so far; what was summed before follows.</summary>
    private static void Weigh(T* scores, nint count, ref T maximum, ref T total, T* sums, nint width, T* lanes)
    {
        T before = maximum;
        maximum = T.Max(before, AttentionRows<T, V>.Maximum(scores, count, lanes));
        // Of keys that are all masked so far, −∞ − (−∞) would be NaN; a later one may be seen.
        T shift = maximum == T.NegativeInfinity ? T.Zero : maximum;
        T weight = AttentionRows<T, V>.Exponentials(scores, count, shift, lanes);
        T fading = T.Exp(before - shift);
        total = (total * fading) + weight;
        if (fading != T.One && before != T.NegativeInfinity)
            AttentionRows<T, V>.Multiply(sums, width, fading);
    }
}

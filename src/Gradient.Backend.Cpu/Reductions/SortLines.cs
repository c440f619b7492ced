using System.Numerics;
using System.Runtime.CompilerServices;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>The first elements of each line in sorted order, and where they were. Operands: x, values, indices.</summary>
/// <remarks>
/// Elements become unsigned keys of the same order, complemented to sort downwards, all NaN one largest key. A radix sort
/// over the bytes of the key (least significant first) is stable by itself; a few first elements are kept in a heap instead.
/// </remarks>
internal unsafe struct SortLines<T, C> : IParallelBody
    where T : unmanaged
    where C : unmanaged, INumber<C>
{
    /// <summary>Lines shorter than this are sorted by comparisons.</summary>
    private const long ShortLine = 96;

    public Lines Lines;
    public bool Descending;
    public long Kept;
    public T* X, Values;
    public long* Indices;

    public readonly void Run(long start, long end)
    {
        long n = Lines.Length;
        C* scratch = Scratch.Get<C>(ScratchPurpose.Left, Lines.ScratchElements);
        Item* items = Scratch.Get<Item>(ScratchPurpose.Rows, (nint)n), other = Scratch.Get<Item>(ScratchPurpose.Right, (nint)n);
        for (long number = start; number < end; number++)
        {
            var batch = Lines[number];
            C* x = Lines.Read(0, X, batch, scratch, out long pitch);
            for (long k = 0; k < batch.Count; k++)
            {
                C* line = x + (k * pitch);
                Item* sorted = Kept <= n / 16 ? First(line, items) : All(line, items, other);
                T* values = Values + batch.Positions[1] + (k * Lines.LineStride(1));
                long* indices = Indices + batch.Positions[2] + (k * Lines.LineStride(2));
                for (long i = 0; i < Kept; i++)
                {
                    values[i * Lines.Stride(1)] = Elements.Store<T, C>(line[sorted[i].Place]);
                    indices[i * Lines.Stride(2)] = sorted[i].Place;
                }
            }
        }
    }

    private readonly Item* All(C* line, Item* items, Item* other)
    {
        long n = Lines.Length;
        for (long i = 0; i < n; i++) items[i] = new(Key(line[i]), i);
        if (n >= ShortLine) return Radix(items, other, n);
        new Span<Item>(items, (int)n).Sort();
        return items;
    }

    /// <summary>One pass per byte in which keys differ.</summary>
    private static Item* Radix(Item* items, Item* other, long n)
    {
        const int Digits = 256;
        long* counts = stackalloc long[Digits];
        for (int shift = 0; shift < KeyBits; shift += 8)
        {
            new Span<long>(counts, Digits).Clear();
            for (long i = 0; i < n; i++) counts[(byte)(items[i].Key >> shift)]++;
            if (counts[(byte)(items[0].Key >> shift)] == n) continue;
            long next = 0;
            for (int digit = 0; digit < Digits; digit++) (counts[digit], next) = (next, next + counts[digit]);
            for (long i = 0; i < n; i++) other[counts[(byte)(items[i].Key >> shift)]++] = items[i];
            Item* passed = items;
            items = other;
            other = passed;
        }

        return items;
    }

    /// <summary>The smallest items of the line in order, from a heap whose root is the largest that is kept.</summary>
    private readonly Item* First(C* line, Item* heap)
    {
        int kept = checked((int)Kept);
        for (int i = 0; i < kept; i++) heap[i] = new(Key(line[i]), i);
        for (int i = (kept / 2) - 1; i >= 0; i--) Sink(heap, i, kept);
        for (long i = kept; i < Lines.Length; i++)
        {
            // Of equal keys the earlier one is smaller, so a later one never replaces it.
            ulong key = Key(line[i]);
            if (key >= heap->Key) continue;
            *heap = new(key, i);
            Sink(heap, 0, kept);
        }

        new Span<Item>(heap, kept).Sort();
        return heap;
    }

    private static void Sink(Item* heap, int at, int count)
    {
        Item item = heap[at];
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= count) break;
            if (child + 1 < count && heap[child].CompareTo(heap[child + 1]) < 0) child++;
            if (heap[child].CompareTo(item) <= 0) break;
            heap[at] = heap[child];
            at = child;
        }

        heap[at] = item;
    }

    private static int KeyBits => typeof(C) == typeof(float) || typeof(T) == typeof(int) ? 32 : typeof(T) == typeof(byte) ? 8 : 64;

    /// <summary>A number whose order is that of the elements: −0 as 0, NaN above all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong Key(C value)
    {
        ulong key;
        if (C.IsNaN(value)) key = ulong.MaxValue >> (64 - KeyBits);
        else if (typeof(C) == typeof(float)) key = Ordered(BitConverter.SingleToUInt32Bits(Unsafe.BitCast<C, float>(value + C.Zero)));
        else if (typeof(C) == typeof(double)) key = Ordered(BitConverter.DoubleToUInt64Bits(Unsafe.BitCast<C, double>(value + C.Zero)));
        else if (typeof(T) == typeof(int)) key = (uint)Unsafe.BitCast<C, long>(value) ^ 0x8000_0000u;
        else if (typeof(T) == typeof(byte)) key = Unsafe.BitCast<C, ulong>(value);
        else key = Unsafe.BitCast<C, ulong>(value) ^ (1UL << 63);
        return Descending ? key ^ (ulong.MaxValue >> (64 - KeyBits)) : key;
    }

    /// <summary>Negative numbers fall as their bits rise: all bits are turned; of the others the sign alone.</summary>
    private static uint Ordered(uint bits) => bits ^ ((uint)((int)bits >> 31) | 0x8000_0000u);

    private static ulong Ordered(ulong bits) => bits ^ ((ulong)((long)bits >> 63) | (1UL << 63));

    private readonly record struct Item(ulong Key, long Place) : IComparable<Item>
    {
        public int CompareTo(Item other)
        {
            int order = Key.CompareTo(other.Key);
            return order != 0 ? order : Place.CompareTo(other.Place);
        }
    }
}

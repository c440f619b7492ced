using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>The first elements of each line in sorted order, and where they were.</summary>
/// <remarks>Elements are sorted with their places as the second key: any sorting algorithm is stable then.</remarks>
internal unsafe struct SortLines<T, C> : IParallelBody
    where T : unmanaged
    where C : unmanaged, INumber<C>
{
    public Lines Lines;
    public bool Descending;
    public long Kept;
    public T* X, Values;
    public long* Indices;

    public readonly void Run(long start, long end)
    {
        long n = Lines.Length;
        Item* items = Scratch.Get<Item>(ScratchPurpose.Rows, (nint)n);
        Walk walk = Lines.Walk;
        var cursor = new Cursor(in walk, start);
        for (long line = start; line < end; line++, cursor.Next())
        {
            T* x = X + cursor[0];
            for (long i = 0; i < n; i++) items[i] = new(Elements.Load<T, C>(x[i * Lines.Stride(0)]), i);
            var span = new Span<Item>(items, checked((int)n));
            if (Descending) span.Sort(default(Falling));
            else span.Sort(default(Rising));
            for (long i = 0; i < Kept; i++)
            {
                Values[cursor[1] + (i * Lines.Stride(1))] = x[items[i].Place * Lines.Stride(0)];
                Indices[cursor[2] + (i * Lines.Stride(2))] = items[i].Place;
            }
        }
    }

    private readonly record struct Item(C Value, long Place);

    /// <summary>Ascending; NaN is larger than any number and equal to NaN; −0 equals 0.</summary>
    private static int Order(C a, C b)
    {
        if (a < b) return -1;
        if (a > b) return 1;
        return C.IsNaN(a).CompareTo(C.IsNaN(b));
    }

    private readonly struct Rising : IComparer<Item>
    {
        public int Compare(Item a, Item b) => Order(a.Value, b.Value) is var order and not 0 ? order : a.Place.CompareTo(b.Place);
    }

    private readonly struct Falling : IComparer<Item>
    {
        public int Compare(Item a, Item b) => Order(b.Value, a.Value) is var order and not 0 ? order : a.Place.CompareTo(b.Place);
    }
}

using unsafe RowConverter = delegate*<byte*, long, byte*, long, long, void>;

namespace Gradient.Backend.Cpu;

/// <summary>One matrix per head, of any element type and strides, read and written as rows of numbers to compute with.</summary>
internal unsafe struct HeadMatrix
{
    /// <summary>The first element of the first head; null if there is no such operand.</summary>
    public byte* Data;

    /// <summary>Bytes per element.</summary>
    public int Size;

    /// <summary>Where the heads begin, in elements.</summary>
    public nint* Offsets;

    /// <summary>From row to row, in elements.</summary>
    public nint Row;

    /// <summary>From column to column, in elements.</summary>
    public nint Column;

    /// <summary>From the element type to the type computed in, or back for a result.</summary>
    public RowConverter Convert;

    /// <summary>Whether rows are contiguous and of the type computed in: short ones then cost less than the call of a converter.</summary>
    public bool IsPlain;

    public readonly bool Exists => Data != null;

    /// <summary>Rows of a head, <paramref name="stride"/> elements apart; what lies between them becomes 0.</summary>
    public readonly void Read<T, V>(nint head, nint first, nint rows, nint columns, T* target, nint stride)
        where T : unmanaged
        where V : struct, ISimd<V>
    {
        for (nint r = 0; r < rows; r++, target += stride)
        {
            if (IsPlain)
                Copy<T, V>((T*)At(head, first + r), target, columns);
            else
                Line(head, first + r, 0, columns, target);
            nint c = columns;
            for (; c <= stride - V.Count; c += V.Count)
                V.Store(V.Constant(0), target + c);
            for (; c < stride; c++)
                target[c] = default;
        }
    }

    /// <summary>Writes rows that lie <paramref name="stride"/> elements apart, if there is such a result.</summary>
    public readonly void Write<T, V>(nint head, nint first, nint rows, nint columns, T* source, nint stride)
        where T : unmanaged
        where V : struct, ISimd<V>
    {
        if (!Exists)
            return;
        for (nint r = 0; r < rows; r++, source += stride)
        {
            if (IsPlain)
                Copy<T, V>(source, (T*)At(head, first + r), columns);
            else
                Convert((byte*)source, sizeof(T), At(head, first + r), Column * Size, columns);
        }
    }

    /// <summary>A part of a row.</summary>
    public readonly void Line<T>(nint head, nint row, nint column, nint columns, T* target)
        where T : unmanaged =>
        Convert(At(head, row) + (column * Column * Size), Column * Size, (byte*)target, sizeof(T), columns);

    /// <summary>Writes a part of a row.</summary>
    public readonly void WriteLine<T>(nint head, nint row, nint column, nint columns, T* source)
        where T : unmanaged =>
        Convert((byte*)source, sizeof(T), At(head, row) + (column * Column * Size), Column * Size, columns);

    private static void Copy<T, V>(T* source, T* target, nint count)
        where T : unmanaged
        where V : struct, ISimd<V>
    {
        nint c = 0;
        for (; c <= count - V.Count; c += V.Count)
            V.Store(V.Load(source + c), target + c);
        for (; c < count; c++)
            target[c] = source[c];
    }

    private readonly byte* At(nint head, nint row) => Data + ((Offsets[head] + (row * Row)) * Size);
}

/// <summary>Attention of all heads, forward or backward.</summary>
internal struct AttentionArguments
{
    public nint Heads;
    public nint Queries;
    public nint Keys;
    public nint Width;
    public nint ValueWidth;
    public bool Causal;
    public double Scale;
    public HeadMatrix Query;
    public HeadMatrix Key;
    public HeadMatrix Value;
    public HeadMatrix Mask;

    /// <summary>Whether the mask is added; else it tells which keys are seen.</summary>
    public bool MaskAdds;

    /// <summary>Written forward, read backward.</summary>
    public HeadMatrix Output;

    /// <summary>One row, likewise.</summary>
    public HeadMatrix LogSumExp;

    /// <summary>The gradients, read and written backward.</summary>
    public HeadMatrix OutputGradient;
    public HeadMatrix QueryGradient;
    public HeadMatrix KeyGradient;
    public HeadMatrix ValueGradient;

    /// <summary>Multiply-adds of one product of a head.</summary>
    public readonly double Work => (double)Queries * Keys * Math.Max(1, Math.Max(Width, ValueWidth));
}

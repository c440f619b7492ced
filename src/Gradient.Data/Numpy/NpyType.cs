using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Gradient.Data;

/// <summary>An element type of NumPy and the one of ours that it becomes.</summary>
/// <param name="Kind">NumPy's letter: b bool, i signed, u unsigned, f floating point.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="DType">The narrowest of ours that stores all its values; for uint64 Int64, whose values are checked.</param>
internal sealed record NpyType(char Kind, int Size, DType DType)
{
    private static readonly NpyType[] All =
    [
        new('f', 4, DType.Float32), new('f', 8, DType.Float64), new('f', 2, DType.Float16), new('i', 4, DType.Int32), new('i', 8, DType.Int64),
        new('b', 1, DType.Bool), new('i', 1, DType.Int32), new('i', 2, DType.Int32), new('u', 1, DType.Int32), new('u', 2, DType.Int32),
        new('u', 4, DType.Int64), new('u', 8, DType.Int64),
    ];

    /// <summary>The type as a header names it, in little-endian order.</summary>
    public string Descriptor => $"{(Size == 1 ? '|' : '<')}{Kind}{Size}";

    /// <summary>Whether its elements in little-endian order are ours already.</summary>
    public bool IsOurs => Size == DType.Size();

    /// <summary>The type that a tensor's elements are written as.</summary>
    /// <exception cref="UnsupportedOperationException">NumPy has none: BFloat16.</exception>
    public static NpyType Of(DType dtype)
    {
        foreach (var type in All)
            if (type.DType == dtype) return type;
        throw new UnsupportedOperationException($"NumPy has no {dtype.Name()}; convert with To(DType.Float32), which loses nothing, before saving as npy.");
    }

    /// <exception cref="UnsupportedOperationException">No tensor stores it.</exception>
    public static NpyType Parse(string descriptor, string name, out bool bigEndian)
    {
        bigEndian = descriptor.StartsWith('>');
        if (descriptor.Length == 3 && descriptor[0] is '<' or '>' or '|' or '=')
            foreach (var type in All)
                if (descriptor[1] == type.Kind && descriptor[2] - '0' == type.Size) return type;
        throw new UnsupportedOperationException(
            $"{name} holds elements of NumPy's type '{descriptor}', which no tensor stores; convert to bool, an integer or a float of up to 64 bits where the file is made.");
    }

    /// <summary>The bytes of a piece of elements, changed to the host's order in place.</summary>
    public void ToHostOrder(Span<byte> elements, bool bigEndian)
    {
        if (bigEndian == !BitConverter.IsLittleEndian) return;
        switch (Size)
        {
            case 2: Reverse(MemoryMarshal.Cast<byte, short>(elements), BinaryPrimitives.ReverseEndianness); break;
            case 4: Reverse(MemoryMarshal.Cast<byte, int>(elements), BinaryPrimitives.ReverseEndianness); break;
            case 8: Reverse(MemoryMarshal.Cast<byte, long>(elements), BinaryPrimitives.ReverseEndianness); break;
            default: break;
        }
    }

    /// <summary>Elements in the host's order, widened to <see cref="DType"/>.</summary>
    /// <exception cref="UnsupportedOperationException">An unsigned number is above 2⁶³ − 1.</exception>
    public void Widen(ReadOnlySpan<byte> elements, Span<byte> ours, string name)
    {
        var ints = MemoryMarshal.Cast<byte, int>(ours);
        switch (Kind, Size)
        {
            case ('u', 1):
                for (int i = 0; i < elements.Length; i++) ints[i] = elements[i];
                break;
            case ('i', 1):
                for (int i = 0; i < elements.Length; i++) ints[i] = (sbyte)elements[i];
                break;
            case ('u', 2):
                var ushorts = MemoryMarshal.Cast<byte, ushort>(elements);
                for (int i = 0; i < ushorts.Length; i++) ints[i] = ushorts[i];
                break;
            case ('i', 2):
                var shorts = MemoryMarshal.Cast<byte, short>(elements);
                for (int i = 0; i < shorts.Length; i++) ints[i] = shorts[i];
                break;
            case ('u', 4):
                var uints = MemoryMarshal.Cast<byte, uint>(elements);
                var longs = MemoryMarshal.Cast<byte, long>(ours);
                for (int i = 0; i < uints.Length; i++) longs[i] = uints[i];
                break;
            default:
                elements.CopyTo(ours);
                break;
        }

        Check(ours, name);
    }

    /// <summary>That unsigned numbers fit, and that a bool is 0 or 1.</summary>
    public void Check(ReadOnlySpan<byte> ours, string name)
    {
        if (Kind == 'b' && ours.ContainsAnyExceptInRange((byte)0, (byte)1)) throw new CorruptFileException($"{name} has a bool that is neither 0 nor 1.");
        if (Kind == 'u' && Size == 8 && MemoryMarshal.Cast<byte, long>(ours).ContainsAnyInRange(long.MinValue, -1))
            throw new UnsupportedOperationException($"{name} has an unsigned number above 2^63 - 1, which no tensor stores.");
    }

    private delegate void Reverser<T>(ReadOnlySpan<T> source, Span<T> destination);

    private static void Reverse<T>(Span<T> elements, Reverser<T> reverse) => reverse(elements, elements);
}

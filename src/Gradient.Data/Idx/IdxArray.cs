using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>The element types of the IDX format, under the numbers that stand for them in the file.</summary>
public enum IdxElementType : byte
{
    /// <summary>One unsigned byte.</summary>
    UInt8 = 0x08,

    /// <summary>One signed byte.</summary>
    Int8 = 0x09,

    /// <summary>Two bytes, signed.</summary>
    Int16 = 0x0B,

    /// <summary>Four bytes, signed.</summary>
    Int32 = 0x0C,

    /// <summary>IEEE 754 binary32.</summary>
    Float32 = 0x0D,

    /// <summary>IEEE 754 binary64.</summary>
    Float64 = 0x0E,
}

/// <summary>The content of an IDX file, in the host's byte order.</summary>
public sealed class IdxArray
{
    private readonly byte[] bytes;

    /// <summary>Takes over big-endian elements.</summary>
    internal IdxArray(IdxElementType elementType, Shape shape, byte[] bytes)
    {
        ElementType = elementType;
        Shape = shape;
        this.bytes = bytes;
        if (!BitConverter.IsLittleEndian) return;
        switch (Idx.Size(elementType))
        {
            case 2:
                var shorts = MemoryMarshal.Cast<byte, short>(bytes.AsSpan());
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 4:
                var ints = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
                BinaryPrimitives.ReverseEndianness(ints, ints);
                break;
            case 8:
                var longs = MemoryMarshal.Cast<byte, long>(bytes.AsSpan());
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
            default:
                break;
        }
    }

    /// <summary>The element type in the file.</summary>
    public IdxElementType ElementType { get; }

    /// <summary>The lengths of the axes.</summary>
    public Shape Shape { get; }

    /// <summary>The elements in row-major order and the host's byte order.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>The elements' array itself, for who makes the object's further use impossible.</summary>
    internal byte[] TakeBytes() => bytes;

    /// <summary>
    /// The content as a tensor: Float32 and Float64 as they are, all integers as Int32 (tensors have no narrower ones).
    /// </summary>
    /// <param name="device">Where to; <see cref="Devices.Default"/> if null.</param>
    public Tensor ToTensor(Device? device = null)
    {
        device ??= Devices.Default;
        switch (ElementType)
        {
            case IdxElementType.Float32:
                return Tensor.From<float>(MemoryMarshal.Cast<byte, float>(bytes), Shape, device);
            case IdxElementType.Float64:
                return Tensor.From<double>(MemoryMarshal.Cast<byte, double>(bytes), Shape, device);
            case IdxElementType.Int32:
                return Tensor.From<int>(MemoryMarshal.Cast<byte, int>(bytes), Shape, device);
            default:
                var wide = new int[Shape.ElementCount];
                for (int i = 0; i < wide.Length; i++)
                    wide[i] = ElementType switch
                    {
                        IdxElementType.UInt8 => bytes[i],
                        IdxElementType.Int8 => (sbyte)bytes[i],
                        _ => MemoryMarshal.Cast<byte, short>(bytes)[i],
                    };
                return Tensor.From<int>(wide, Shape, device);
        }
    }
}

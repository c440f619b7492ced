using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Gradient.Training;

/// <summary>
/// A message in the wire format of protocol buffers (protobuf.dev/programming-guides/encoding): the little of it that event files need.
/// Google.Protobuf would be 400 KiB and generated code for five messages of which we only write.
/// </summary>
internal sealed class ProtobufMessage
{
    private readonly ArrayBufferWriter<byte> bytes = new();

    public ReadOnlySpan<byte> Bytes => bytes.WrittenSpan;

    public ProtobufMessage Integer(int field, long value)
    {
        Tag(field, WireType.Varint);
        Varint((ulong)value);
        return this;
    }

    public ProtobufMessage Double(int field, double value)
    {
        Tag(field, WireType.Fixed64);
        Fixed64(value);
        return this;
    }

    public ProtobufMessage Float(int field, float value)
    {
        Tag(field, WireType.Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.GetSpan(4), value);
        bytes.Advance(4);
        return this;
    }

    /// <summary>A packed repeated field.</summary>
    public ProtobufMessage Doubles(int field, ReadOnlySpan<double> values)
    {
        Tag(field, WireType.Length);
        Varint((ulong)values.Length * 8);
        foreach (double value in values) Fixed64(value);
        return this;
    }

    public ProtobufMessage Text(int field, string value) => Blob(field, Encoding.UTF8.GetBytes(value));

    public ProtobufMessage Message(int field, ProtobufMessage value) => Blob(field, value.Bytes);

    public ProtobufMessage Blob(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, WireType.Length);
        Varint((ulong)value.Length);
        bytes.Write(value);
        return this;
    }

    private void Tag(int field, WireType type) => Varint(((ulong)field << 3) | (uint)type);

    private void Varint(ulong value)
    {
        var to = bytes.GetSpan(10);
        int length = 0;
        for (; value >= 0x80; value >>= 7) to[length++] = (byte)(value | 0x80);
        to[length++] = (byte)value;
        bytes.Advance(length);
    }

    private void Fixed64(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.GetSpan(8), value);
        bytes.Advance(8);
    }

    private enum WireType : uint
    {
        Varint = 0,
        Fixed64 = 1,
        Length = 2,
        Fixed32 = 5,
    }
}

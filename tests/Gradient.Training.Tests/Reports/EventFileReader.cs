using System.Buffers.Binary;
using Google.Protobuf;

namespace Gradient.Training.Tests;

/// <summary>
/// Reads event files with nothing of the writer's: the framing and the check from their specifications (TensorFlow's record_writer; RFC 3720,
/// appendix B.4, bit by bit), the messages by Google's protobuf library with the field numbers of event.proto, summary.proto, histogram.proto.
/// </summary>
internal static class EventFileReader
{
    public sealed record Event(double WallTime, long Step, string? FileVersion, string? Writer, string? Tag, object? Value, int? SessionStatus = null);

    public sealed record Histogram(double Minimum, double Maximum, double Count, double Sum, double SumOfSquares, double[] Limits, double[] Counts);

    public sealed record Image(int Height, int Width, int ColourSpace, byte[] Encoded);

    /// <summary>All records; anything that is not a whole record with good checks fails the test.</summary>
    public static List<Event> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var events = new List<Event>();
        byte[] head = new byte[12];
        for (int got; (got = stream.ReadAtLeast(head, 12, throwOnEndOfStream: false)) > 0;)
        {
            Assert.That(got, Is.EqualTo(12), "a truncated head");
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8)), Is.EqualTo(Mask(Crc32C(head.AsSpan(0, 8)))), "the length's check");
            byte[] data = new byte[BinaryPrimitives.ReadUInt64LittleEndian(head)], check = new byte[4];
            Assert.That(stream.ReadAtLeast(data, data.Length, throwOnEndOfStream: false), Is.EqualTo(data.Length), "truncated data");
            Assert.That(stream.ReadAtLeast(check, 4, throwOnEndOfStream: false), Is.EqualTo(4), "a truncated check");
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(check), Is.EqualTo(Mask(Crc32C(data))), "the data's check");
            events.Add(ReadEvent(data));
        }

        return events;
    }

    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return crc ^ 0xFFFFFFFF;
    }

    public static uint Mask(uint crc) => ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;

    private static Event ReadEvent(byte[] data)
    {
        var read = new Event(0, 0, null, null, null, null);
        var input = new CodedInputStream(data);
        for (uint tag; (tag = input.ReadTag()) != 0;)
            read = Field(tag) switch
            {
                (1, WireFormat.WireType.Fixed64) => read with { WallTime = input.ReadDouble() },
                (2, WireFormat.WireType.Varint) => read with { Step = input.ReadInt64() },
                (3, WireFormat.WireType.LengthDelimited) => read with { FileVersion = input.ReadString() },
                (5, WireFormat.WireType.LengthDelimited) => ReadSummary(read, input.ReadBytes()),
                (7, WireFormat.WireType.LengthDelimited) => read with { SessionStatus = ReadSession(input.ReadBytes()) },
                (10, WireFormat.WireType.LengthDelimited) => read with { Writer = ReadText(input.ReadBytes(), 1) },
                var field => throw new InvalidDataException($"Event has no field {field}."),
            };
        return read;
    }

    private static Event ReadSummary(Event read, ByteString bytes)
    {
        var input = bytes.CreateCodedInput();
        Assert.That(Field(input.ReadTag()), Is.EqualTo((1, WireFormat.WireType.LengthDelimited)), "Summary.value");
        var value = input.ReadBytes().CreateCodedInput();
        Assert.That(input.IsAtEnd, "one value per event");
        for (uint tag; (tag = value.ReadTag()) != 0;)
            read = Field(tag) switch
            {
                (1, WireFormat.WireType.LengthDelimited) => read with { Tag = value.ReadString() },
                (2, WireFormat.WireType.Fixed32) => read with { Value = value.ReadFloat() },
                (4, WireFormat.WireType.LengthDelimited) => read with { Value = ReadImage(value.ReadBytes()) },
                (5, WireFormat.WireType.LengthDelimited) => read with { Value = ReadHistogram(value.ReadBytes()) },
                var field => throw new InvalidDataException($"Summary.Value has no field {field}."),
            };
        return read;
    }

    private static Image ReadImage(ByteString bytes)
    {
        var image = new Image(0, 0, 0, []);
        var input = bytes.CreateCodedInput();
        for (uint tag; (tag = input.ReadTag()) != 0;)
            image = Field(tag) switch
            {
                (1, WireFormat.WireType.Varint) => image with { Height = input.ReadInt32() },
                (2, WireFormat.WireType.Varint) => image with { Width = input.ReadInt32() },
                (3, WireFormat.WireType.Varint) => image with { ColourSpace = input.ReadInt32() },
                (4, WireFormat.WireType.LengthDelimited) => image with { Encoded = input.ReadBytes().ToByteArray() },
                var field => throw new InvalidDataException($"Image has no field {field}."),
            };
        return image;
    }

    private static Histogram ReadHistogram(ByteString bytes)
    {
        var histogram = new Histogram(0, 0, 0, 0, 0, [], []);
        var input = bytes.CreateCodedInput();
        for (uint tag; (tag = input.ReadTag()) != 0;)
            histogram = Field(tag) switch
            {
                (1, WireFormat.WireType.Fixed64) => histogram with { Minimum = input.ReadDouble() },
                (2, WireFormat.WireType.Fixed64) => histogram with { Maximum = input.ReadDouble() },
                (3, WireFormat.WireType.Fixed64) => histogram with { Count = input.ReadDouble() },
                (4, WireFormat.WireType.Fixed64) => histogram with { Sum = input.ReadDouble() },
                (5, WireFormat.WireType.Fixed64) => histogram with { SumOfSquares = input.ReadDouble() },
                (6, WireFormat.WireType.LengthDelimited) => histogram with { Limits = ReadPacked(input.ReadBytes()) },
                (7, WireFormat.WireType.LengthDelimited) => histogram with { Counts = ReadPacked(input.ReadBytes()) },
                var field => throw new InvalidDataException($"HistogramProto has no field {field}."),
            };
        return histogram;
    }

    private static double[] ReadPacked(ByteString bytes)
    {
        var input = bytes.CreateCodedInput();
        var values = new List<double>();
        while (!input.IsAtEnd) values.Add(input.ReadDouble());
        return [.. values];
    }

    private static string ReadText(ByteString bytes, int field)
    {
        var input = bytes.CreateCodedInput();
        Assert.That(Field(input.ReadTag()), Is.EqualTo((field, WireFormat.WireType.LengthDelimited)));
        return input.ReadString();
    }

    private static int ReadSession(ByteString bytes)
    {
        var input = bytes.CreateCodedInput();
        Assert.That(Field(input.ReadTag()), Is.EqualTo((1, WireFormat.WireType.Varint)), "SessionLog.status");
        return input.ReadEnum();
    }

    private static (int Number, WireFormat.WireType Type) Field(uint tag) => (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag));
}

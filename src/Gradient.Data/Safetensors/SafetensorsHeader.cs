using System.Buffers.Binary;
using System.Text.Json;

namespace Gradient.Data;

/// <summary>
/// The header of a safetensors file, checked before anything of it is believed. The format (github.com/huggingface/safetensors):
/// the header's length as 8 bytes, little-endian; the header, a JSON object padded with blanks; the elements of all tensors,
/// little-endian, row-major, without gaps.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The longest header that readers of the format accept.</summary>
    public const long MaxBytes = 100_000_000;

    /// <summary>The key that holds free text beside the tensors.</summary>
    public const string MetadataKey = "__metadata__";

    private readonly string file;

    private SafetensorsHeader(string file) => this.file = file;

    /// <summary>Tensors by name, in the order of the header.</summary>
    public OrderedDictionary<string, SafetensorsTensor> Tensors { get; } = [];

    /// <summary>The free text.</summary>
    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>The length that the first 8 bytes of a file announce.</summary>
    /// <exception cref="CorruptFileException">There are no 8 bytes, or the header would be too long, or longer than the file.</exception>
    public static int CheckLength(string file, ReadOnlySpan<byte> start, long fileBytes)
    {
        if (start.Length < 8)
            throw Corrupt(file, $"has {fileBytes} bytes; a safetensors file begins with 8 bytes that say how long its header is");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > MaxBytes)
            throw Corrupt(file, $"announces a header of {length:N0} bytes, more than the {MaxBytes:N0} allowed: it is hardly a safetensors file");
        if ((long)length > fileBytes - 8)
            throw Corrupt(file, $"is truncated: it announces a header of {length:N0} bytes but has {fileBytes - 8:N0} after the length");
        return (int)length;
    }

    /// <summary>Reads a header and checks it against the number of bytes that follow it.</summary>
    /// <exception cref="CorruptFileException">It is not valid.</exception>
    public static SafetensorsHeader Parse(string file, ReadOnlySpan<byte> json, long dataBytes)
    {
        var header = new SafetensorsHeader(file);
        if (json.IsEmpty || json[0] != (byte)'{') throw header.Corrupt("has a header that does not begin with '{'");
        try
        {
            // The format nests three deep; whatever unknown fields nest deeper than this is hostile.
            header.ReadRoot(new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 }));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter for text that is not UTF-8
        {
            throw new CorruptFileException($"{file} has a header that is not valid JSON: {e.Message}", e);
        }

        header.CheckRanges(dataBytes);
        return header;
    }

    public static CorruptFileException Corrupt(string file, string problem) => new($"{file} {problem}.");

    private CorruptFileException Corrupt(string problem) => Corrupt(file, problem);

    private void ReadRoot(Utf8JsonReader reader)
    {
        reader.Read();
        bool hasMetadata = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == MetadataKey)
            {
                if (hasMetadata) throw Corrupt($"has {MetadataKey} twice");
                hasMetadata = true;
                ReadMetadata(ref reader);
            }
            else if (!Tensors.TryAdd(name, ReadTensor(ref reader, name)))
            {
                throw Corrupt($"has tensor '{name}' twice");
            }
        }

        reader.Read(); // only blanks may follow; anything else throws
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Corrupt($"has a {MetadataKey} that is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String) throw Corrupt($"has metadata '{key}' that is not text");
            if (!Metadata.TryAdd(key, reader.GetString()!)) throw Corrupt($"has metadata '{key}' twice");
        }
    }

    private SafetensorsTensor ReadTensor(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Corrupt($"describes tensor '{name}' by something that is not an object");
        string? type = null;
        long[]? lengths = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if ((key == "dtype" && type is not null) || (key == "shape" && lengths is not null) || (key == "data_offsets" && offsets is not null))
                throw Corrupt($"gives the {key} of tensor '{name}' twice");
            if (key == "dtype")
                type = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Corrupt($"has a dtype of tensor '{name}' that is not text");
            else if (key == "shape") lengths = ReadNumbers(ref reader, name, key, Shape.MaxRank);
            else if (key == "data_offsets") offsets = ReadNumbers(ref reader, name, key, 2);
            else reader.Skip();
        }

        if (type is null || lengths is null || offsets is not { Length: 2 })
            throw Corrupt($"lacks the dtype, shape or two data_offsets of tensor '{name}'");
        if (!SafetensorsTensor.TryParse(type, out var dtype, out int size)) throw Corrupt($"has tensor '{name}' of unknown dtype '{type}'");
        var tensor = new SafetensorsTensor(name, type, dtype, new Shape(lengths), offsets[0], offsets[1]);
        CheckSize(tensor, size);
        return tensor;
    }

    private long[] ReadNumbers(ref Utf8JsonReader reader, string name, string key, int most)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw Corrupt($"has a {key} of tensor '{name}' that is not an array");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw Corrupt($"has a {key} of tensor '{name}' with something that is not a whole number from 0 to 2^63 - 1");
            if (numbers.Count == most) throw Corrupt($"has a {key} of tensor '{name}' with more than {most} numbers, the most supported");
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private void CheckSize(SafetensorsTensor tensor, int size)
    {
        if (tensor.End < tensor.Begin)
            throw Corrupt($"has tensor '{tensor.Name}' that ends at {tensor.End}, before it begins at {tensor.Begin}");
        long bytes;
        try
        {
            bytes = checked(tensor.Shape.ElementCount * size);
        }
        catch (Exception e) when (e is OverflowException or ShapeMismatchException) // the latter from ElementCount
        {
            throw new CorruptFileException($"{file} has tensor '{tensor.Name}' of shape {tensor.Shape}, more elements than 2^63.", e);
        }

        if (bytes != tensor.Bytes)
            throw Corrupt($"has tensor '{tensor.Name}' of {tensor.ElementType} and shape {tensor.Shape}, which takes {bytes:N0} bytes, at offsets " +
                $"{tensor.Begin} to {tensor.End}, which are {tensor.Bytes:N0}");
    }

    /// <summary>The ranges of all tensors, in order, must cover the data exactly.</summary>
    private void CheckRanges(long dataBytes)
    {
        var sorted = Tensors.Values.ToArray();
        Array.Sort(sorted, static (a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long covered = 0;
        foreach (var tensor in sorted)
        {
            if (tensor.End > dataBytes)
                throw Corrupt($"is truncated: tensor '{tensor.Name}' ends at {tensor.End:N0}, but only {dataBytes:N0} bytes follow the header");
            if (tensor.Begin != covered)
                throw Corrupt($"has tensor '{tensor.Name}' at offset {tensor.Begin} where {covered} is next: tensors overlap or leave a gap");
            covered = tensor.End;
        }

        if (covered != dataBytes)
            throw Corrupt($"has {dataBytes:N0} bytes after the header, but its tensors take {covered:N0}");
    }
}

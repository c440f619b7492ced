using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Gradient.Data;

public sealed partial class SafetensorsFile
{
    /// <summary>
    /// Writes tensors of any layout and device to a file, which appears whole or not at all (<see cref="AtomicFile"/>). The header keeps
    /// the order given; in the data wider elements come first, so that all are aligned and can be mapped.
    /// </summary>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <param name="tensors">Names and tensors.</param>
    /// <param name="metadata">Free text to store beside them.</param>
    /// <exception cref="ArgumentException">A name occurs twice, or is the reserved "__metadata__".</exception>
    /// <exception cref="GradientException">The header would be longer than 100 MB.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var named = new OrderedDictionary<string, Tensor>();
        foreach (var (name, tensor) in tensors)
        {
            if (name == SafetensorsHeader.MetadataKey) throw new ArgumentException($"A tensor cannot be named '{name}'; the format reserves it.", nameof(tensors));
            if (!named.TryAdd(name, tensor)) throw new ArgumentException($"Two tensors are named '{name}'.", nameof(tensors));
        }

        var order = named.OrderByDescending(pair => pair.Value.DType.Size()).Select(pair => pair.Value).ToList(); // stable
        byte[] header = WriteHeader(named, order, metadata);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (var tensor in order) HostBytes.Read(tensor, chunk => stream.Write(chunk));
        });
    }

    private static byte[] WriteHeader(OrderedDictionary<string, Tensor> named, List<Tensor> order, IReadOnlyDictionary<string, string>? metadata)
    {
        // One tensor may have several names; each then has a range of its own, as the format demands.
        var begins = new Dictionary<Tensor, Queue<long>>(ReferenceEqualityComparer.Instance);
        long offset = 0;
        foreach (var tensor in order)
        {
            if (!begins.TryGetValue(tensor, out var places)) begins.Add(tensor, places = new());
            places.Enqueue(offset);
            offset += BytesOf(tensor);
        }

        var buffer = new ArrayBufferWriter<byte>();
        buffer.Advance(Clear(buffer.GetSpan(8), 8));
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach (var (key, value) in metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }

            foreach (var (name, tensor) in named)
            {
                long begin = begins[tensor].Dequeue();
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsTensor.NameOf(tensor.DType));
                json.WriteStartArray("shape");
                for (int i = 0; i < tensor.Rank; i++) json.WriteNumberValue(tensor.Shape[i]);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begin);
                json.WriteNumberValue(begin + BytesOf(tensor));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        int padding = -buffer.WrittenCount & 7;
        buffer.GetSpan(8)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        byte[] header = buffer.WrittenSpan.ToArray();
        if (header.Length - 8 > SafetensorsHeader.MaxBytes)
            throw new GradientException($"The header of {named.Count} tensors would take {header.Length:N0} bytes; the format allows {SafetensorsHeader.MaxBytes:N0}.");
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        return header;
    }

    private static long BytesOf(Tensor tensor) => tensor.ElementCount * tensor.DType.Size();

    private static int Clear(Span<byte> span, int count)
    {
        span[..count].Clear();
        return count;
    }
}

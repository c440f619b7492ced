using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gradient.Goldens;

/// <summary>
/// Reads a safetensors file of this folder: 8 bytes of header length, a JSON header, the data. Written for the tests, so that they
/// depend on no reader of ours.
/// </summary>
internal sealed class GoldenFile
{
    private readonly byte[] bytes;
    private readonly int dataStart;
    private readonly Dictionary<string, (string DType, long[] Shape, int Start, int End)> entries = [];
    private readonly Dictionary<string, string> cases = [];

    public GoldenFile(string path)
    {
        bytes = File.ReadAllBytes(path);
        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        dataStart = 8 + headerLength;
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        foreach (JsonProperty entry in header.RootElement.EnumerateObject())
            if (entry.NameEquals("__metadata__"))
                foreach (JsonProperty item in entry.Value.EnumerateObject())
                    cases[item.Name] = item.Value.GetString()!;
            else
                entries[entry.Name] = (
                    entry.Value.GetProperty("dtype").GetString()!,
                    [.. entry.Value.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64())],
                    entry.Value.GetProperty("data_offsets")[0].GetInt32(),
                    entry.Value.GetProperty("data_offsets")[1].GetInt32());
    }

    /// <summary>Opens one of the files beside the test assembly by its name.</summary>
    public static GoldenFile Open(string name) => new(Path.Combine(AppContext.BaseDirectory, "goldens", name + ".safetensors"));

    /// <summary>The names of the cases, in the order of the generator.</summary>
    public IReadOnlyCollection<string> Cases => cases.Keys;

    public bool Contains(string key) => entries.ContainsKey(key);

    /// <summary>The names that follow a prefix: Names("linear/param.") gives "weight" and "bias".</summary>
    public IEnumerable<string> Names(string prefix) =>
        from key in entries.Keys where key.StartsWith(prefix, StringComparison.Ordinal) select key[prefix.Length..];

    public GoldenTensor this[string key]
    {
        get
        {
            var (dtype, shape, start, end) = entries[key];
            ReadOnlySpan<byte> data = bytes.AsSpan(dataStart + start, end - start);
            double[] values = dtype switch
            {
                "F64" => MemoryMarshal.Cast<byte, double>(data).ToArray(),
                "F32" => Widen(MemoryMarshal.Cast<byte, float>(data)),
                "I64" => Widen(MemoryMarshal.Cast<byte, long>(data)),
                _ => throw new InvalidDataException($"The golden '{key}' has type {dtype}, which no generator writes."),
            };
            return new GoldenTensor(key, shape, values, dtype[0] == 'F');
        }
    }

    private static double[] Widen<T>(ReadOnlySpan<T> values) where T : unmanaged, System.Numerics.INumber<T>
    {
        double[] wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = double.CreateChecked(values[i]);
        return wide;
    }
}

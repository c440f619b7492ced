using Gradient.Autograd;
using Microsoft.Win32.SafeHandles;

namespace Gradient.Data;

/// <summary>
/// Named tensors in a file, in the safetensors format that Python's libraries read and write. Opening reads and checks the header
/// alone; each tensor is then loaded (<see cref="Load"/>) or mapped (<see cref="Map"/>) by itself. Disposing is not needed; it
/// closes the file at once, and mapped tensors stay valid.
/// </summary>
public sealed partial class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle handle;
    private readonly SafetensorsHeader header;
    private readonly long dataStart;
    private readonly Lock gate = new();
    private FileMapping? mapping;

    private SafetensorsFile(string path, SafeFileHandle handle)
    {
        this.handle = handle;
        Path = path;
        long fileBytes = RandomAccess.GetLength(handle);
        Span<byte> start = stackalloc byte[8];
        int length = SafetensorsHeader.CheckLength(path, start[..RandomAccess.Read(handle, start, 0)], fileBytes);
        var json = new byte[length];
        ReadFully(json, 8);
        dataStart = 8 + length;
        header = SafetensorsHeader.Parse(path, json, fileBytes - dataStart);
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path { get; }

    /// <summary>The names of the tensors, in the order of the header.</summary>
    public IReadOnlyCollection<string> Names => header.Tensors.Keys;

    /// <summary>Free text stored beside the tensors; often empty.</summary>
    public IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <summary>Opens a file and checks its header: lengths, JSON, element types, shapes against ranges, ranges against the file's size.</summary>
    /// <exception cref="CorruptFileException">It is no valid safetensors file; the message says why.</exception>
    /// <exception cref="IOException">It cannot be opened (<see cref="FileNotFoundException"/> if there is none).</exception>
    public static SafetensorsFile Open(string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
        try
        {
            return new(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file has a tensor of that name.</summary>
    public bool Contains(string name) => header.Tensors.ContainsKey(name);

    /// <summary>What the header says of a tensor.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public SafetensorsTensor Info(string name) => header.Tensors.TryGetValue(name, out var tensor) ? tensor
        : throw new KeyNotFoundException($"{Path} has no tensor '{name}'. It has {header.Tensors.Count}: {Some(header.Tensors.Keys)}.");

    /// <summary>A tensor as a copy in the device's memory; no other part of the file is read.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="device">Where to; <see cref="Devices.Default"/> if null.</param>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="UnsupportedOperationException">Gradient has no element type for it (U8, F8_E4M3 …).</exception>
    /// <exception cref="CorruptFileException">The file was truncated since it was opened, or a BOOL is neither 0 nor 1.</exception>
    public Tensor Load(string name, Device? device = null)
    {
        var info = Info(name);
        var tensor = Tensor.Empty(info.Shape, TypeOf(info), device ?? Devices.Default);
        try
        {
            HostBytes.Write(tensor, (chunk, position) =>
            {
                ReadFully(chunk, dataStart + info.Begin + position);
                CheckBools(info, chunk);
            });
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>All tensors, as <see cref="Load"/> gives them, by name and in the order of the header.</summary>
    public OrderedDictionary<string, Tensor> LoadAll(Device? device = null)
    {
        var tensors = new OrderedDictionary<string, Tensor>(header.Tensors.Count);
        foreach (string name in header.Tensors.Keys) tensors.Add(name, Load(name, device));
        return tensors;
    }

    /// <summary>
    /// A tensor on the CPU over the mapped file, without a copy: the system reads its pages when they are touched and shares them
    /// between processes. The mapping lives as long as any tensor over it. Writing to the tensor changes memory, not the file. A tensor
    /// whose elements are not aligned in the file is loaded as a copy. As with every mapped file, whoever truncates
    /// it meanwhile ends the process that touches the missing part; <see cref="Save"/> replaces files and never truncates one.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="UnsupportedOperationException">Gradient has no element type for it (U8, F8_E4M3 …).</exception>
    /// <exception cref="CorruptFileException">A BOOL is neither 0 nor 1.</exception>
    public unsafe Tensor Map(string name)
    {
        var info = Info(name);
        var dtype = TypeOf(info);
        // Pages begin at multiples of every element size, so that the offset in the file decides.
        if (info.Bytes == 0 || (dataStart + info.Begin) % dtype.Size() != 0) return Load(name, Devices.Cpu);
        FileMapping mapped;
        lock (gate) mapped = mapping ??= new FileMapping(handle);
        nint address = mapped.Acquire(out var lease) + (nint)(dataStart + info.Begin);
        Storage storage;
        try
        {
            storage = new Storage(Devices.Cpu, address, info.Bytes, lease);
        }
        catch
        {
            lease.Dispose();
            throw;
        }

        try
        {
            if (dtype == DType.Bool)
                for (long at = 0; at < info.Bytes; at += int.MaxValue)
                    CheckBools(info, new ReadOnlySpan<byte>((byte*)address + at, (int)Math.Min(int.MaxValue, info.Bytes - at)));
            return new Tensor(storage, Layout.Contiguous(info.Shape), dtype);
        }
        finally
        {
            storage.Release(); // the tensor has a reference of its own
        }
    }

    /// <summary>Closes the file. Tensors stay valid, mapped ones too.</summary>
    public void Dispose()
    {
        lock (gate) mapping?.Dispose();
        handle.Dispose();
    }

    private DType TypeOf(SafetensorsTensor info) => info.DType ?? throw new UnsupportedOperationException(
        $"{Path} has tensor '{info.Name}' of {info.ElementType}, which no element type of Gradient stores; " +
        "convert it to F32, F64, F16, BF16, I32, I64 or BOOL where the file was made.");

    private void CheckBools(SafetensorsTensor info, ReadOnlySpan<byte> bytes)
    {
        if (info.DType == DType.Bool && bytes.ContainsAnyExceptInRange((byte)0, (byte)1))
            throw SafetensorsHeader.Corrupt(Path, $"has a BOOL in tensor '{info.Name}' that is neither 0 nor 1");
    }

    private void ReadFully(Span<byte> bytes, long position)
    {
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(handle, bytes, position);
            if (read == 0) throw SafetensorsHeader.Corrupt(Path, $"was truncated to {position:N0} bytes while it was read");
            bytes = bytes[read..];
            position += read;
        }
    }

    private static string Some(IEnumerable<string> names)
    {
        var first = names.Take(9).ToList();
        return string.Join(", ", first.Take(8)) + (first.Count > 8 ? ", …" : "");
    }
}

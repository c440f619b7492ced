using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Gradient.Data;

/// <summary>
/// The header of an npy file (numpy.lib.format): "\x93NUMPY", version, length, then a Python dictionary as text. Read and checked before
/// anything of it is trusted.
/// </summary>
internal sealed record NpyHeader(NpyType Type, bool BigEndian, bool FortranOrder, Shape Shape)
{
    /// <summary>NumPy refuses longer ones too (max_header_size). Arrays of the types read here need some 100 bytes.</summary>
    private const int MaxBytes = 10_000;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>The bytes of the elements.</summary>
    public long Bytes => Shape.ElementCount * Type.Size;

    /// <summary>Reads a header; the stream then stands at the first element.</summary>
    /// <exception cref="CorruptFileException">It is none.</exception>
    /// <exception cref="UnsupportedOperationException">Elements of a type that no tensor stores, or too many axes.</exception>
    public static NpyHeader Read(Stream stream, string name, out int headerBytes)
    {
        Span<byte> start = stackalloc byte[8], length = stackalloc byte[4];
        Reading.Fully(stream, start, name);
        if (!start[..6].SequenceEqual(Magic)) throw new CorruptFileException($"{name} is no npy file: it begins with {Convert.ToHexString(start)}, not 934E554D5059.");
        int version = start[6], lengthBytes = version == 1 ? 2 : 4;
        if (version is < 1 or > 3 || start[7] != 0) throw new CorruptFileException($"{name} has npy version {version}.{start[7]}; there are 1.0, 2.0 and 3.0.");
        length.Clear();
        Reading.Fully(stream, length[..lengthBytes], name);
        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (bytes > MaxBytes) throw new CorruptFileException($"{name} promises an npy header of {bytes:N0} bytes; more than {MaxBytes:N0} are not read.");
        var text = new byte[bytes];
        Reading.Fully(stream, text, name);
        headerBytes = 8 + lengthBytes + text.Length;
        return Parse(version == 3 ? Encoding.UTF8.GetString(text) : Encoding.Latin1.GetString(text), name);
    }

    /// <summary>A header of version 1.0 as NumPy writes it: padded with blanks so that elements begin at a multiple of 64.</summary>
    public byte[] Write()
    {
        string shape = Shape.Rank == 1 ? $"({Shape[0]},)" : $"({string.Join(", ", Shape.ToArray())})";
        string text = $"{{'descr': '{Type.Descriptor}', 'fortran_order': {(FortranOrder ? "True" : "False")}, 'shape': {shape}, }}";
        int total = (Magic.Length + 4 + text.Length + 1 + 63) / 64 * 64;
        var header = new byte[total];
        header.AsSpan().Fill((byte)' ');
        Magic.CopyTo(header);
        (header[6], header[7]) = (1, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)(total - 10));
        Encoding.Latin1.GetBytes(text, header.AsSpan(10));
        header[^1] = (byte)'\n';
        return header;
    }

    private static NpyHeader Parse(string text, string name)
    {
        var scanner = new Scanner(text, name);
        string? descriptor = null;
        bool? fortran = null;
        long[]? lengths = null;
        scanner.Expect('{');
        while (!scanner.Accept('}'))
        {
            string key = scanner.String();
            scanner.Expect(':');
            if (key == "descr" && descriptor is null) descriptor = scanner.String();
            else if (key == "fortran_order" && fortran is null) fortran = scanner.Bool();
            else if (key == "shape" && lengths is null) lengths = scanner.Tuple();
            else throw scanner.Error($"the key '{key}', unknown or for the second time");
            if (scanner.Accept(',')) continue;
            scanner.Expect('}');
            break;
        }

        scanner.End();
        if (descriptor is null || fortran is null || lengths is null) throw scanner.Error("not all of descr, fortran_order and shape");
        if (lengths.Length > Shape.MaxRank) throw new UnsupportedOperationException($"{name} has {lengths.Length} axes; tensors have at most {Shape.MaxRank}.");
        var header = new NpyHeader(NpyType.Parse(descriptor, name, out bool bigEndian), bigEndian, fortran.Value, new Shape(lengths));
        CheckSize(header, name);
        return header;
    }

    private static void CheckSize(NpyHeader header, string name)
    {
        // By hand and from the right: a length of 0 somewhere makes an empty array, whatever the others are.
        var product = Int128.One * header.Type.Size;
        foreach (long length in header.Shape)
        {
            product *= length;
            if (product == 0) return;
            if (product > long.MaxValue) throw new CorruptFileException($"{name} has a header that promises elements of shape {header.Shape}, more than 2^63 bytes.");
        }
    }

    /// <summary>The few of Python's literals that the header is made of.</summary>
    private ref struct Scanner(string text, string name)
    {
        private int at;

        public readonly CorruptFileException Error(string what) => new($"{name} has a damaged npy header: {what}, in \"{text.Trim()}\".");

        public bool Accept(char c)
        {
            while (at < text.Length && text[at] is ' ' or '\n' or '\t' or '\r') at++;
            if (at >= text.Length || text[at] != c) return false;
            at++;
            return true;
        }

        public void Expect(char c)
        {
            if (!Accept(c)) throw Error($"no '{c}' at character {at}");
        }

        public void End()
        {
            Accept('\n');
            if (at < text.Length) throw Error($"something behind it at character {at}");
        }

        public string String()
        {
            if (Accept('[')) // a structured type: a list of fields
                throw new UnsupportedOperationException($"{name} holds a structured array; save its fields one by one.");
            char quote = Accept('\'') ? '\'' : Accept('"') ? '"' : throw Error($"no text in quotes at character {at}");
            int end = text.IndexOf(quote, at);
            if (end < 0) throw Error($"no end of the text that begins at character {at}");
            string value = text[at..end];
            at = end + 1;
            return value;
        }

        public bool Bool()
        {
            Accept('\0'); // skips blanks
            foreach (bool value in (ReadOnlySpan<bool>)[true, false])
            {
                string word = value ? "True" : "False";
                if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0) continue;
                at += word.Length;
                return value;
            }

            throw Error($"neither True nor False at character {at}");
        }

        public long[] Tuple()
        {
            var lengths = new List<long>();
            Expect('(');
            while (!Accept(')'))
            {
                int start = at;
                while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
                if (!long.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out long length))
                    throw Error($"no length at character {start}");
                lengths.Add(length);
                if (Accept(',')) continue;
                Expect(')');
                break;
            }

            return [.. lengths];
        }
    }
}

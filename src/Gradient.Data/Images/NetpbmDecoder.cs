namespace Gradient.Data;

/// <summary>PGM and PPM, as text (P2, P3) or binary (P5, P6), up to 16 bits (netpbm.sourceforge.net/doc).</summary>
internal static class NetpbmDecoder
{
    public static RawImage Decode(byte[] bytes, string name)
    {
        var scanner = new Scanner(bytes, name);
        bool text = bytes[1] is (byte)'2' or (byte)'3';
        int channels = bytes[1] is (byte)'3' or (byte)'6' ? 3 : 1;
        int width = scanner.Number(), height = scanner.Number(), most = scanner.Number();
        if (most is < 1 or > ushort.MaxValue) throw new CorruptFileException($"{name} has the largest value {most}; Netpbm has 1 to 65535.");
        int count = ImageFile.CountValues(height, width, channels, name), size = most > 255 ? 2 : 1;
        scanner.EndOfHeader();
        // A number as text takes at least a digit and what parts it from the next.
        long least = text ? (2L * count) - 1 : (long)count * size;
        if (scanner.Left < least)
            throw new CorruptFileException($"{name} is truncated: {height} by {width} pixels take {least:N0} bytes or more, and {scanner.Left:N0} are there.");
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            int value = text ? scanner.Number() : scanner.Binary(size);
            if (value > most) throw new CorruptFileException($"{name} has the value {value} above its largest, {most}.");
            values[i] = value / (float)most;
        }

        return new(height, width, channels, values);
    }

    private ref struct Scanner(ReadOnlySpan<byte> bytes, string name)
    {
        private readonly ReadOnlySpan<byte> bytes = bytes;
        private int at = 2;

        public readonly int Left => bytes.Length - at;

        /// <summary>A decimal number after blanks and comments, which go from # to the end of their line.</summary>
        public int Number()
        {
            while (at < bytes.Length && (bytes[at] == '#' || IsBlank(bytes[at])))
            {
                if (bytes[at] == '#')
                    while (at < bytes.Length && bytes[at] is not ((byte)'\n' or (byte)'\r')) at++;
                else
                    at++;
            }

            int start = at, value = 0;
            for (; at < bytes.Length && char.IsAsciiDigit((char)bytes[at]); at++)
            {
                value = (value * 10) + (bytes[at] - '0');
                if (value > 100_000_000) throw new CorruptFileException($"{name} has a number of more than 9 digits at byte {start}.");
            }

            return at > start ? value : throw new CorruptFileException($"{name} has no number at byte {start}, where one belongs.");
        }

        /// <summary>The one blank between the header and the values.</summary>
        public void EndOfHeader()
        {
            if (at >= bytes.Length || !IsBlank(bytes[at++])) throw new CorruptFileException($"{name} has no blank behind its header.");
        }

        public int Binary(int size) => size == 1 ? bytes[at++] : (bytes[at++] << 8) | bytes[at++];

        private static bool IsBlank(byte b) => b is (byte)' ' or (>= 9 and <= 13);
    }
}

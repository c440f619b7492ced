namespace Gradient.Data;

/// <summary>The cyclic redundancy check of PNG and zip: polynomial 0x04C11DB7, bits reversed (ISO 3309; RFC 2083, 15).</summary>
internal struct Crc32()
{
    private static readonly uint[] Table = MakeTable();
    private uint state = uint.MaxValue;

    /// <summary>The check of what was added.</summary>
    public readonly uint Value => ~state;

    /// <summary>The check of these bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = new Crc32();
        crc.Add(bytes);
        return crc.Value;
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        uint s = state;
        foreach (byte b in bytes) s = Table[(byte)(s ^ b)] ^ (s >> 8);
        state = s;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint c = i;
            for (int bit = 0; bit < 8; bit++) c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            table[i] = c;
        }

        return table;
    }
}

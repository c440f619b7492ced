namespace Gradient.Data;

/// <summary>What the header of a safetensors file says of one tensor.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="ElementType">Its element type as the format spells it: "F32", "BF16", "BOOL" …</param>
/// <param name="DType">The same as an element type of Gradient; null if Gradient has none for it (U8, F8_E4M3 …).</param>
/// <param name="Shape">The lengths of its axes.</param>
/// <param name="Begin">Where its elements begin, in bytes after the header.</param>
/// <param name="End">Where they end, in bytes after the header.</param>
public sealed record SafetensorsTensor(string Name, string ElementType, DType? DType, Shape Shape, long Begin, long End)
{
    /// <summary>The size of the elements in bytes.</summary>
    public long Bytes => End - Begin;

    /// <summary>The name of an element type in the format.</summary>
    internal static string NameOf(DType dtype) => dtype switch
    {
        Core.DType.Float32 => "F32",
        Core.DType.Float64 => "F64",
        Core.DType.Float16 => "F16",
        Core.DType.BFloat16 => "BF16",
        Core.DType.Int32 => "I32",
        Core.DType.Int64 => "I64",
        Core.DType.Bool => "BOOL",
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a DType"),
    };

    /// <summary>The element type and size behind a name of the format; false if the format does not know the name.</summary>
    internal static bool TryParse(string name, out DType? dtype, out int size)
    {
        (dtype, size) = name switch
        {
            "F32" => (Core.DType.Float32, 4),
            "F64" => (Core.DType.Float64, 8),
            "F16" => (Core.DType.Float16, 2),
            "BF16" => (Core.DType.BFloat16, 2),
            "I32" => (Core.DType.Int32, 4),
            "I64" => (Core.DType.Int64, 8),
            "BOOL" => (Core.DType.Bool, 1),
            "U8" or "I8" or "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => ((DType?)null, 1),
            "U16" or "I16" => (null, 2),
            "U32" => (null, 4),
            "U64" or "C64" => (null, 8),
            _ => (null, 0),
        };
        return size > 0;
    }
}

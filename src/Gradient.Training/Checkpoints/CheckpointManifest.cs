using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gradient.Training;

/// <summary>
/// The manifest of a checkpoint: which files it has, their sizes and SHA-256. It is the last file written, and begins with the hash of all its own bytes
/// that follow that hash, so that a change of any bit of a checkpoint is seen.
/// </summary>
/// <param name="Format"><see cref="FormatName"/>.</param>
/// <param name="Version"><see cref="CurrentVersion"/>; a change that older readers would misunderstand counts it up.</param>
/// <param name="Step">Steps of the optimizer before the checkpoint.</param>
/// <param name="Metric">What tells which checkpoint is the best.</param>
/// <param name="Files">All files but this one.</param>
internal sealed record CheckpointManifest(string Format, int Version, long Step, double? Metric, IReadOnlyList<CheckpointFile> Files)
{
    public const string FileName = "manifest.json";
    public const string FormatName = "gradient-checkpoint";
    public const int CurrentVersion = 1;

    /// <summary>The longest manifest that is read.</summary>
    public const int MaxBytes = 1 << 16;

    private const string Start = "{\"sha256\":\"", AfterHash = "\",";

    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>The file's content.</summary>
    public byte[] ToBytes()
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(this, CheckpointJson.Default.CheckpointManifest)[1..]; // after the '{'
        return [.. Encoding.ASCII.GetBytes(Start + Hash(body) + AfterHash), .. body];
    }

    /// <summary>Reads a manifest from a stream of so many bytes.</summary>
    /// <exception cref="CorruptFileException">It is none, damaged, or of another version.</exception>
    public static CheckpointManifest Read(string file, Stream stream, long bytes)
    {
        if (bytes is < 0 or > MaxBytes) throw Corrupt(file, $"has {bytes:N0} bytes; a manifest has {MaxBytes:N0} at most");
        var content = new byte[bytes];
        if (stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) < content.Length) throw Corrupt(file, "is truncated");
        return Parse(file, content);
    }

    /// <summary>The hash of some bytes as a manifest has it: 64 lower-case hexadecimal digits.</summary>
    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static CheckpointManifest Parse(string file, ReadOnlySpan<byte> content)
    {
        int body = Start.Length + SHA256.HashSizeInBytes * 2 + AfterHash.Length;
        if (content.Length <= body || !content.StartsWith(Encoding.ASCII.GetBytes(Start)))
            throw Corrupt(file, $"does not begin with {Start}: it is no manifest of a checkpoint, or truncated");
        if (!content[Start.Length..body].SequenceEqual(Encoding.ASCII.GetBytes(Hash(content[body..]) + AfterHash)))
            throw Corrupt(file, "is damaged: its SHA-256 is not the one it names");
        try
        {
            var version = JsonSerializer.Deserialize(content, CheckpointJson.Default.ManifestVersion);
            if (version is not { Format: FormatName, Version: CurrentVersion })
                throw Corrupt(file, $"is of format '{version?.Format}', version {version?.Version}; this is version {CurrentVersion} of '{FormatName}'");
            return JsonSerializer.Deserialize(content, CheckpointJson.Default.CheckpointManifest)!;
        }
        catch (JsonException e)
        {
            throw new CorruptFileException($"{file} is not the manifest of a checkpoint: {e.Message}", e);
        }
    }

    private static CorruptFileException Corrupt(string file, string problem) => new($"{file} {problem}.");
}

/// <summary>What is read of a manifest first.</summary>
internal sealed record ManifestVersion(string Format, int Version);

/// <summary>A file of a checkpoint.</summary>
/// <param name="Name">Its name, without folders; ".gz" at its end says that it is compressed.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">The hash of those bytes.</param>
/// <param name="PlainBytes">Its size before compression.</param>
internal sealed record CheckpointFile(string Name, long Bytes, string Sha256, long PlainBytes);

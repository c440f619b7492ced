using System.IO.Compression;

namespace Gradient.Training;

/// <summary>
/// A checkpoint in one file: a zip archive of the files of its folder, the manifest first, none deflated (they may be gzip themselves), so that
/// an archive never becomes more than its own bytes.
/// </summary>
internal static class CheckpointArchive
{
    /// <summary>Packs a verified checkpoint; the file appears whole or not at all.</summary>
    public static void Write(string file, string folder)
    {
        var manifest = CheckpointFolder.Verify(folder);
        AtomicFile.Write(file, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (string name in (string[])[CheckpointManifest.FileName, .. manifest.Files.Select(entry => entry.Name)])
            {
                var entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero); // equal checkpoints, equal files
                using var content = entry.Open();
                using var from = File.OpenRead(Path.Combine(folder, name));
                from.CopyTo(content);
            }
        });
    }

    /// <summary>Unpacks into a new folder, flushed to the disk, the manifest last. Names and sizes are checked first; hashes are not.</summary>
    /// <exception cref="CorruptFileException">It is no such archive, or a damaged one.</exception>
    /// <exception cref="IOException">It cannot be read, or the folder not written.</exception>
    public static void Unpack(string file, string folder)
    {
        using var stream = File.OpenRead(file);
        try
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read);
            var entries = Check(file, archive, stream.Length);
            Directory.CreateDirectory(folder);
            foreach (var entry in entries)
            {
                AtomicFile.Write(Path.Combine(folder, entry.FullName), to =>
                {
                    using var from = entry.Open();
                    CheckpointCompression.CopyExactly(from, to, entry.Length, $"{file}, {entry.FullName}");
                });
            }
        }
        catch (InvalidDataException e)
        {
            throw new CorruptFileException($"{file} is no zip archive, or a damaged one: {e.Message}", e);
        }
    }

    /// <summary>Reads a checkpoint from its archive.</summary>
    /// <exception cref="CorruptFileException">It is no such archive, or a damaged one.</exception>
    public static Checkpoint Read(string file)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"gradient-{Guid.NewGuid():N}");
        try
        {
            Unpack(file, folder);
            return CheckpointFolder.Read(folder);
        }
        catch (CorruptFileException e)
        {
            throw new CorruptFileException($"{file} is no checkpoint, or a damaged one: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The entries in the order to write them, after a check that they are what the manifest names and take no more than the file has.</summary>
    private static List<ZipArchiveEntry> Check(string file, ZipArchive archive, long fileBytes)
    {
        long sum = 0;
        foreach (var entry in archive.Entries)
        {
            if (entry.Length < 0 || entry.Length != entry.CompressedLength || entry.Length > fileBytes - sum)
                throw new CorruptFileException(
                    $"{file} was not written by Export: '{entry.FullName}' of {entry.Length:N0} bytes is compressed, or more than the file of {fileBytes:N0} has.");
            sum += entry.Length;
        }

        var last = archive.GetEntry(CheckpointManifest.FileName) ?? throw new CorruptFileException($"{file} has no {CheckpointManifest.FileName}: it is no checkpoint.");
        CheckpointManifest manifest;
        using (var content = last.Open()) manifest = CheckpointManifest.Read($"{file}, {CheckpointManifest.FileName}", content, last.Length);
        CheckpointFolder.CheckNames(file, manifest);
        List<ZipArchiveEntry> entries = [.. manifest.Files.Select(named =>
            archive.GetEntry(named.Name) is { } entry && entry.Length == named.Bytes ? entry
            : throw new CorruptFileException($"{file} is damaged: {named.Name} of {named.Bytes:N0} bytes is not in it.")), last];
        // With two entries of a name one is too many; the count tells.
        if (archive.Entries.Count != entries.Count)
            throw new CorruptFileException($"{file} is damaged: it has {archive.Entries.Count} entries, its checkpoint {entries.Count}.");
        return entries;
    }
}

namespace Gradient.Data;

/// <summary>Writes files so that a reader, or a crash at any moment, sees the old content or the new one, never half of it.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Has <paramref name="write"/> fill a temporary file in the folder of <paramref name="path"/> (made if missing), flushes it to
    /// disk, and renames it to <paramref name="path"/>. If anything fails the temporary file is removed and an old file stays as it was.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string target = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target) ?? throw new IOException($"'{path}' is a folder, not a file."));
        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}

namespace Gradient.Data;

/// <summary>Profiles of memory in files: <c>profile.SaveCsv("memory.csv")</c>.</summary>
public static class MemoryProfileFiles
{
    /// <summary>Writes the timelines of all devices; see <see cref="MemoryProfile.WriteCsv"/>.</summary>
    /// <param name="profile">What a <see cref="MemoryProfiler"/> saw.</param>
    /// <param name="path">The file, replaced whole or not at all.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void SaveCsv(this MemoryProfile profile, string path)
    {
        ArgumentNullException.ThrowIfNull(profile);
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true);
            profile.WriteCsv(writer);
        });
    }
}

namespace Gradient.Training;

/// <summary>A checkpoint of a <see cref="CheckpointManager"/>, whose content is read on demand.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Step">Steps of the optimizer before it.</param>
/// <param name="Metric">What tells which one is the best; null if nothing was measured.</param>
/// <param name="Bytes">The size of its files.</param>
public sealed record CheckpointInfo(string Path, long Step, double? Metric, long Bytes)
{
    /// <summary>Reads it onto the processor, after every bit of it was verified.</summary>
    /// <exception cref="CorruptFileException">It is damaged, incomplete, or of another version.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public Checkpoint Load() => CheckpointFolder.Read(Path);

    /// <summary>Checks every bit of it.</summary>
    /// <exception cref="CorruptFileException">It is damaged, incomplete, or of another version.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Verify() => CheckpointFolder.Verify(Path);

    /// <summary>Packs it into one file, which <see cref="CheckpointManager.Import"/> and <see cref="Checkpoint.Open"/> take on any machine.</summary>
    /// <param name="file">The file (zip), replaced if it exists.</param>
    /// <exception cref="CorruptFileException">The checkpoint is damaged; no file was written.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Export(string file) => CheckpointArchive.Write(file, Path);
}

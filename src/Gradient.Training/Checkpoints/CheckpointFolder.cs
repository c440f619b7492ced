using System.Security.Cryptography;

namespace Gradient.Training;

/// <summary>
/// The files of one checkpoint in a folder: model.safetensors, optimizer.safetensors, sums.safetensors if there are sums, state.json, any of
/// them perhaps compressed, and manifest.json.
/// </summary>
internal static class CheckpointFolder
{
    private const string ModelFile = "model.safetensors", OptimizerFile = "optimizer.safetensors", SumsFile = "sums.safetensors", StateFile = "state.json";
    private static readonly string[] Known = [ModelFile, OptimizerFile, SumsFile, StateFile];
    private static readonly string[] Needed = [ModelFile, OptimizerFile, StateFile];

    /// <summary>Whether a folder is meant as a checkpoint.</summary>
    public static bool Is(string folder) => File.Exists(Path.Combine(folder, CheckpointManifest.FileName));

    /// <summary>Fills a new folder; each file is flushed to the disk, the manifest last.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static CheckpointManifest Write(string folder, Checkpoint checkpoint, bool compress)
    {
        Directory.CreateDirectory(folder);
        SafetensorsFile.Save(Path.Combine(folder, ModelFile), checkpoint.Model);
        SafetensorsFile.Save(Path.Combine(folder, OptimizerFile), checkpoint.Optimizer);
        if (checkpoint.Sums.Count > 0) SafetensorsFile.Save(Path.Combine(folder, SumsFile), checkpoint.Sums);
        AtomicFile.Write(Path.Combine(folder, StateFile), stream => stream.Write(checkpoint.State.ToJson(checkpoint.History)));
        var files = new List<CheckpointFile>();
        foreach (string name in Known)
        {
            string path = Path.Combine(folder, name);
            if (!File.Exists(path)) continue;
            long plain = new FileInfo(path).Length;
            if (compress) path = CheckpointCompression.Compress(path);
            files.Add(new(Path.GetFileName(path), new FileInfo(path).Length, HashOf(path), plain));
        }

        var manifest = new CheckpointManifest(
            CheckpointManifest.FormatName, CheckpointManifest.CurrentVersion, checkpoint.Step, checkpoint.Metric, files);
        AtomicFile.Write(Path.Combine(folder, CheckpointManifest.FileName), stream => stream.Write(manifest.ToBytes()));
        return manifest;
    }

    /// <summary>Reads the manifest and checks that just the files it names are there, of the sizes it names.</summary>
    /// <exception cref="CorruptFileException">Something is missing, too much, or of another size.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CheckpointManifest Peek(string folder)
    {
        string path = Path.Combine(folder, CheckpointManifest.FileName);
        if (!File.Exists(path)) throw new CorruptFileException($"{folder} is no whole checkpoint: it has no {CheckpointManifest.FileName}, which is written last.");
        CheckpointManifest manifest;
        using (var stream = File.OpenRead(path)) manifest = CheckpointManifest.Read(path, stream, stream.Length);
        CheckNames(path, manifest);
        foreach (var file in manifest.Files)
        {
            var found = new FileInfo(Path.Combine(folder, file.Name));
            if (!found.Exists) throw new CorruptFileException($"{folder} is damaged: {file.Name} is missing.");
            if (found.Length != file.Bytes)
                throw new CorruptFileException($"{found.FullName} is damaged: it has {found.Length:N0} bytes, its checkpoint says {file.Bytes:N0}.");
        }

        foreach (string entry in Directory.EnumerateFileSystemEntries(folder))
        {
            string name = Path.GetFileName(entry);
            // What begins with a dot is the system's, such as .DS_Store.
            if (name[0] != '.' && name != CheckpointManifest.FileName && manifest.Files.All(file => file.Name != name))
                throw new CorruptFileException($"{folder} is damaged: {name} does not belong to the checkpoint.");
        }

        return manifest;
    }

    /// <summary>Checks sizes and hashes of all files.</summary>
    /// <exception cref="CorruptFileException">Any bit is not as it was written.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CheckpointManifest Verify(string folder)
    {
        var manifest = Peek(folder);
        foreach (var file in manifest.Files)
        {
            string path = Path.Combine(folder, file.Name);
            if (HashOf(path) != file.Sha256) throw new CorruptFileException($"{path} is damaged: its SHA-256 is not the one its checkpoint names.");
        }

        return manifest;
    }

    /// <summary>Reads a checkpoint onto the processor, after <see cref="Verify"/>.</summary>
    /// <exception cref="CorruptFileException">It is damaged, or not what its files should be.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Checkpoint Read(string folder)
    {
        var manifest = Verify(folder);
        using var _ = TensorScope.Suppress(); // the tensors belong to the checkpoint
        var (state, history) = Use(StateFile, path => CheckpointState.Parse(path, File.ReadAllBytes(path)));
        if (state.Training.Step != manifest.Step || !Nullable.Equals(state.Metric, manifest.Metric))
            throw new CorruptFileException($"{folder} is damaged: its manifest is of step {manifest.Step}, its state of step {state.Training.Step}.");
        return new(state, history, Use(ModelFile, Tensors), Use(OptimizerFile, Tensors), Has(SumsFile) is null ? new() : Use(SumsFile, Tensors));

        CheckpointFile? Has(string name) => manifest.Files.FirstOrDefault(file => CheckpointCompression.PlainName(file.Name) == name);
        T Use<T>(string name, Func<string, T> read) => CheckpointCompression.UsePlain(folder, Has(name)!, read);
    }

    /// <summary>That a manifest names each file it must, none twice and no other: above all none in another folder.</summary>
    /// <exception cref="CorruptFileException">It does not.</exception>
    public static void CheckNames(string manifestFile, CheckpointManifest manifest)
    {
        var names = new HashSet<string>();
        foreach (var file in manifest.Files)
        {
            string plain = CheckpointCompression.PlainName(file.Name);
            if (!Known.Contains(plain) || !names.Add(plain) || file.Bytes < 0 || file.PlainBytes < 0)
                throw new CorruptFileException($"{manifestFile} names a file that no checkpoint has, or has twice: '{file.Name}' of {file.Bytes} bytes.");
        }

        foreach (string name in Needed)
            if (!names.Contains(name)) throw new CorruptFileException($"{manifestFile} does not name {name}, which every checkpoint has.");
    }

    private static OrderedDictionary<string, Tensor> Tensors(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return file.LoadAll(Devices.Cpu);
    }

    private static string HashOf(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}

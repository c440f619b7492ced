using Gradient.Nn;

namespace Gradient.Data;

/// <summary>Modules in safetensors files: <c>model.Save("mnist.safetensors")</c>, <c>model.Load("mnist.safetensors")</c>.</summary>
public static class ModuleFiles
{
    /// <summary>Writes all parameters and buffers under their paths, in the order of registration.</summary>
    /// <param name="module">The module.</param>
    /// <param name="path">The file, replaced whole or not at all.</param>
    /// <param name="metadata">Free text to store beside them.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(this Module module, string path, IReadOnlyDictionary<string, string>? metadata = null) =>
        SafetensorsFile.Save(path, module.StateDictionary(), metadata);

    /// <summary>
    /// Copies the file's values into the parameters and buffers of the same paths. Everything is checked before anything is changed.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="path">The file.</param>
    /// <param name="strict">Whether missing and unexpected paths are errors; differing shapes always are.</param>
    /// <returns>The paths that the module has and the file lacks, and those that the module does not know.</returns>
    /// <exception cref="StateMismatchException">Names every path that is missing, unexpected or of another shape.</exception>
    /// <exception cref="CorruptFileException">The file is no valid safetensors file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static (IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected) Load(this Module module, string path, bool strict = true)
    {
        using var file = SafetensorsFile.Open(path);
        using var scope = TensorScope.Begin(); // the module gets copies
        return module.LoadStateDictionary(file.LoadAll(Autograd.Devices.Cpu), strict);
    }
}

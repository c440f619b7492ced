using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>
/// Images in a folder per class: root/cat/1.png, root/dog/2.jpg. Inputs are Float32 [height, width, channels] with values 0 to 1
/// (<see cref="ImageFile"/>), targets Int64, 0-d, the class's number in the order of the folders' names. Images of one batch must have one
/// size: <c>folder.Transform(new Resize(256), new CenterCrop(224))</c>.
/// </summary>
public sealed class ImageFolder : Dataset
{
    private readonly List<(string Path, int Class)> images = [];
    private readonly int channels;

    /// <summary>Lists the folder; no image is read yet. Files that are no images by their extension are left out.</summary>
    /// <param name="root">The folder with a folder per class.</param>
    /// <param name="channels">3 colour, 1 gray; see <see cref="ImageFile.Load"/>.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="DatasetException">A class has no image, or there is no class.</exception>
    public ImageFolder(string root, int channels = 3)
    {
        this.channels = channels;
        string[] folders = [.. Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal)];
        if (folders.Length == 0) throw new DatasetException($"{root} has no folder; ImageFolder takes one per class.");
        Classes = [.. folders.Select(folder => Path.GetFileName(folder))];
        for (int i = 0; i < folders.Length; i++)
        {
            int before = images.Count;
            foreach (string path in Directory.EnumerateFiles(folders[i], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                if (ImageFile.Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase)) images.Add((path, i));
            if (images.Count == before) throw new DatasetException($"{folders[i]} has no image ({string.Join(", ", ImageFile.Extensions)}).");
        }
    }

    /// <summary>The names of the classes, in the order of their numbers.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <inheritdoc/>
    public override int Count => images.Count;

    /// <summary>An image's file.</summary>
    public string PathOf(int index)
    {
        Check(index);
        return images[index].Path;
    }

    /// <inheritdoc/>
    public override (Tensor Input, Tensor Target) GetItem(int index)
    {
        Check(index);
        var (path, label) = images[index];
        return (ImageFile.Load(path, channels), Tensor.From<long>([label], [], Devices.Cpu));
    }
}

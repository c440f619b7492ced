namespace Gradient.Data;

/// <summary>
/// Handwritten digits, 28 by 28 gray pixels, 60,000 to train on and 10,000 to test on (LeCun, Cortes, Burges: The MNIST database
/// of handwritten digits). Loaded from the four IDX files under their usual names, compressed or not.
/// </summary>
public static partial class Mnist
{
    /// <summary>The mean of the training pixels, scaled to 0 … 1.</summary>
    public const float Mean = 0.1307f;

    /// <summary>The standard deviation of the training pixels, scaled to 0 … 1.</summary>
    public const float Deviation = 0.3081f;

    private const int Side = 28;

    /// <summary>Whether a folder has the images and labels to train on, or to test on.</summary>
    public static bool Exists(string directory, bool train) => Find(directory, Images(train)) is not null && Find(directory, Labels(train)) is not null;

    /// <summary>
    /// The images of a folder: batches of Float32 [batch, 28, 28, 1] with value (pixel/255 − mean)/deviation, and Int64 [batch] digits.
    /// </summary>
    /// <param name="directory">Where train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte
    /// lie, each with or without .gz; only the two that are asked for are needed.</param>
    /// <param name="train">Those to train on, or those to test on.</param>
    /// <param name="mean">0 with deviation 1 leaves the pixels between 0 and 1.</param>
    /// <param name="deviation">See mean.</param>
    /// <exception cref="FileNotFoundException">A file is missing; <see cref="Download"/> gets it.</exception>
    /// <exception cref="CorruptFileException">A file is damaged, or images and labels do not belong together.</exception>
    public static GrayImages Load(string directory, bool train, float mean = Mean, float deviation = Deviation)
    {
        string imageFile = Require(directory, Images(train)), labelFile = Require(directory, Labels(train));
        var images = Idx.Read(imageFile);
        var labels = Idx.Read(labelFile);
        if (images.ElementType != IdxElementType.UInt8 || images.Shape.Rank != 3 || images.Shape[1] != Side || images.Shape[2] != Side)
            throw new CorruptFileException($"{imageFile} holds {images.ElementType} of shape {images.Shape}, not bytes of shape [count, 28, 28].");
        if (labels.ElementType != IdxElementType.UInt8 || labels.Shape.Rank != 1)
            throw new CorruptFileException($"{labelFile} holds {labels.ElementType} of shape {labels.Shape}, not bytes of shape [count].");
        if (labels.Shape[0] != images.Shape[0])
            throw new CorruptFileException($"{imageFile} has {images.Shape[0]:N0} images, but {labelFile} has {labels.Shape[0]:N0} labels.");
        if (labels.Bytes.Span.ContainsAnyExceptInRange((byte)0, (byte)9))
            throw new CorruptFileException($"{labelFile} has a label above 9.");
        return new(images.TakeBytes(), labels.TakeBytes(), Side, Side, mean, deviation);
    }

    private static string Images(bool train) => train ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte";

    private static string Labels(bool train) => train ? "train-labels-idx1-ubyte" : "t10k-labels-idx1-ubyte";

    private static string? Find(string directory, string name)
    {
        string path = Path.Combine(directory, name);
        return File.Exists(path) ? path : File.Exists(path + ".gz") ? path + ".gz" : null;
    }

    private static string Require(string directory, string name) => Find(directory, name) ?? throw new FileNotFoundException(
        $"MNIST needs {name} or {name}.gz in '{directory}'; Mnist.Download(\"{directory}\") gets it.", Path.Combine(directory, name));
}

using System.Runtime.InteropServices;

namespace Gradient.Data;

/// <summary>
/// Gray images of one size, kept as bytes, with a class each. They become numbers when a batch is made: input Float32
/// [height, width, 1] with value (pixel/255 − mean)/deviation, target Int64, a 0-d class index.
/// </summary>
public sealed class GrayImages : Dataset
{
    private readonly byte[] pixels, labels;
    private readonly float[] values = new float[256];

    /// <summary>Images from their bytes, shared, not copied.</summary>
    /// <param name="pixels">count·height·width bytes, row by row, 0 black to 255 white.</param>
    /// <param name="labels">One class per image.</param>
    /// <param name="height">The rows of an image.</param>
    /// <param name="width">The columns of an image.</param>
    /// <param name="mean">What is subtracted from the pixel/255; 0 leaves it.</param>
    /// <param name="deviation">What the difference is divided by; 1 leaves it.</param>
    /// <exception cref="ShapeMismatchException">The bytes are not that many images, or not as many as labels.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The deviation is not positive.</exception>
    public GrayImages(byte[] pixels, byte[] labels, int height, int width, float mean = 0, float deviation = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (!(deviation > 0)) throw new ArgumentOutOfRangeException(nameof(deviation), deviation, "A deviation is positive.");
        if (pixels.LongLength != (long)labels.Length * height * width)
            throw new ShapeMismatchException($"GrayImages: {pixels.Length:N0} bytes are not {labels.Length:N0} images (one per label) of {height} by {width}.");
        this.pixels = pixels;
        this.labels = labels;
        Height = height;
        Width = width;
        for (int i = 0; i < 256; i++) values[i] = ((i / 255f) - mean) / deviation;
    }

    /// <summary>The rows of an image.</summary>
    public int Height { get; }

    /// <summary>The columns of an image.</summary>
    public int Width { get; }

    /// <inheritdoc/>
    public override int Count => labels.Length;

    /// <summary>The class of an image.</summary>
    public int Label(int index) => labels[index];

    /// <summary>The pixels of an image as they were given, row by row.</summary>
    public ReadOnlySpan<byte> Pixels(int index) => pixels.AsSpan(index * Height * Width, Height * Width);

    /// <inheritdoc/>
    public override (Tensor Input, Tensor Target) GetItem(int index)
    {
        var (inputs, targets) = GetBatch(MemoryMarshal.CreateReadOnlySpan(ref index, 1));
        var item = (inputs.View(inputs.Layout.Select(0, 0)), targets.View(targets.Layout.Select(0, 0)));
        inputs.Dispose();
        targets.Dispose();
        return item;
    }

    /// <inheritdoc/>
    public override (Tensor Inputs, Tensor Targets) GetBatch(ReadOnlySpan<int> indices)
    {
        if (indices.IsEmpty) throw new ArgumentException("A batch needs at least one index.", nameof(indices));
        foreach (int index in indices)
            if ((uint)index >= (uint)Count) throw new ArgumentOutOfRangeException(nameof(indices), index, $"There are images 0 to {Count - 1}.");
        var cpu = Autograd.Devices.Cpu;
        var inputs = Tensor.Empty([indices.Length, Height, Width, 1], DType.Float32, cpu);
        var targets = Tensor.Empty([indices.Length], DType.Int64, cpu);
        var to = inputs.AsSpan<float>();
        var classes = targets.AsSpan<long>();
        int size = Height * Width;
        for (int i = 0; i < indices.Length; i++)
        {
            var image = Pixels(indices[i]);
            var row = to.Slice(i * size, size);
            for (int p = 0; p < image.Length; p++) row[p] = values[image[p]];
            classes[i] = labels[indices[i]];
        }

        GC.KeepAlive(inputs);
        GC.KeepAlive(targets);
        return (inputs, targets);
    }
}

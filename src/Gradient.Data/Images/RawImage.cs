using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>A decoded image: values 0 to 1, row by row, the channels of a pixel together (gray; gray, alpha; red, green, blue; and alpha).</summary>
internal sealed record RawImage(int Height, int Width, int Channels, float[] Values)
{
    /// <summary>The image with so many channels: gray repeated, colour weighted (ITU-R BT.601), alpha left out or opaque.</summary>
    public Tensor ToTensor(int channels)
    {
        var tensor = Tensor.Empty([Height, Width, channels], DType.Float32, Devices.Cpu);
        var to = tensor.AsSpan<float>();
        if (channels == Channels) Values.CopyTo(to);
        else Convert(to, channels);
        GC.KeepAlive(tensor);
        return tensor;
    }

    private void Convert(Span<float> to, int channels)
    {
        bool colour = Channels >= 3, alpha = Channels is 2 or 4;
        for (int from = 0, at = 0; at < to.Length; from += Channels, at += channels)
        {
            var pixel = Values.AsSpan(from, Channels);
            if (channels >= 3)
                for (int c = 0; c < 3; c++) to[at + c] = pixel[colour ? c : 0];
            else
                to[at] = colour ? Colours.Gray(pixel[0], pixel[1], pixel[2]) : pixel[0];
            if (channels is 2 or 4) to[at + channels - 1] = alpha ? pixel[^1] : 1;
        }
    }
}

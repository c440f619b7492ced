namespace Gradient.Data;

/// <summary>
/// Digits that the program draws by itself, for when there is no data: the strokes of 0 to 9, each image distorted by a random affine
/// map, bent, drawn with a pen of random width, and sprinkled with noise. Same size and pixel convention as <see cref="Mnist"/>.
/// </summary>
public static class SyntheticDigits
{
    private const int Side = 28;

    /// <summary>Keeps the stream apart from that of random tensors with the same seed.</summary>
    private const ulong Salt = 0x4469_6769_7453_616C;

    /// <summary>
    /// So many images, digits in turn; image i depends only on (seed, i). Batches as those of <see cref="Mnist.Load"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public static GrayImages Create(int count, long seed = 0, float mean = Mnist.Mean, float deviation = Mnist.Deviation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var pixels = new byte[checked(count * Side * Side)];
        var labels = new byte[count];
        Parallel.For(0, count, i =>
        {
            labels[i] = (byte)(i % 10);
            Draw(labels[i], new Draws(unchecked((ulong)seed) ^ Salt, (ulong)i), pixels.AsSpan(i * Side * Side, Side * Side));
        });
        return new(pixels, labels, Side, Side, mean, deviation);
    }

    /// <summary>
    /// Every pixel's gray is how much of a pen of some width, led along the strokes, covers it: the distance from the pixel's centre to
    /// the nearest piece of stroke, turned into a soft edge one pixel wide.
    /// </summary>
    private static void Draw(int digit, Draws random, Span<byte> image)
    {
        // Strokes live in a box of 1 by 1.4; 14 pixels to the unit fill 20 of the 28 rows, as in MNIST.
        float angle = random.Between(-0.26f, 0.26f), shear = random.Between(-0.3f, 0.3f);
        float scaleX = 14 * random.Between(0.75f, 1.15f), scaleY = 14 * random.Between(0.85f, 1.1f);
        float shiftX = (Side / 2f) + random.Between(-2f, 2f), shiftY = (Side / 2f) + random.Between(-2f, 2f);
        float width = random.Between(0.8f, 1.9f), noise = random.Between(0f, 0.08f), ink = random.Between(0.8f, 1f);
        float bendX = random.Between(-0.06f, 0.06f), bendY = random.Between(-0.06f, 0.06f), phase = random.Between(0f, 6.28f);
        var (sin, cos) = MathF.SinCos(angle);

        var strokes = DigitStrokes.Of(digit);
        Span<(float X, float Y)> points = stackalloc (float, float)[DigitStrokes.MostPoints];
        for (int i = 0; i < strokes.Points.Length; i++)
        {
            var (x, y) = strokes.Points[i];
            x += (bendX * MathF.Sin((4 * y) + phase)) + random.Between(-0.015f, 0.015f);
            y += (bendY * MathF.Sin((5 * x) + phase)) + random.Between(-0.015f, 0.015f);
            x = (x - 0.5f + (shear * (0.7f - y))) * scaleX;
            y = (y - 0.7f) * scaleY;
            points[i] = (shiftX + (cos * x) - (sin * y), shiftY + (sin * x) + (cos * y));
        }

        for (int row = 0; row < Side; row++)
        {
            for (int column = 0; column < Side; column++)
            {
                float nearest = float.MaxValue;
                for (int i = 1; i < strokes.Points.Length; i++)
                    if (!strokes.Starts[i]) nearest = MathF.Min(nearest, SquaredDistance(column + 0.5f, row + 0.5f, points[i - 1], points[i]));
                float covered = Math.Clamp(width + 0.5f - MathF.Sqrt(nearest), 0, 1) * ink;
                covered += noise * random.Between(-1f, 1f);
                image[(row * Side) + column] = (byte)(255 * Math.Clamp(covered, 0, 1));
            }
        }
    }

    private static float SquaredDistance(float x, float y, (float X, float Y) a, (float X, float Y) b)
    {
        float dx = b.X - a.X, dy = b.Y - a.Y, length = (dx * dx) + (dy * dy);
        float t = length == 0 ? 0 : Math.Clamp((((x - a.X) * dx) + ((y - a.Y) * dy)) / length, 0, 1);
        float ex = x - a.X - (t * dx), ey = y - a.Y - (t * dy);
        return (ex * ex) + (ey * ey);
    }

    /// <summary>The random numbers of one image: Philox blocks at counters image·2¹⁶, image·2¹⁶ + 1, …</summary>
    private sealed class Draws(ulong key, ulong image)
    {
        private Philox.Block block;
        private ulong used;

        public float Between(float low, float high)
        {
            if (used % 4 == 0) block = Philox.At(key, (image << 16) + (used / 4));
            uint bits = (used++ % 4) switch { 0 => block.X0, 1 => block.X1, 2 => block.X2, _ => block.X3 };
            return low + ((high - low) * Philox.ToUnit(bits));
        }
    }
}

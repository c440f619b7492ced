namespace Gradient.Backend.Metal.Tests;

/// <summary>What attention's kernels do beyond their results, which the conformance suite compares.</summary>
public sealed class AttentionTests
{
    /// <summary>What no query of a tile sees is skipped, not weighed 0: 0·NaN would be NaN, so a tile of keys that was met would show.</summary>
    [Test]
    public void A_tile_of_queries_meets_no_tile_of_keys_behind_all_of_them()
    {
        const int Tile = 32, Rows = 3 * Tile, Width = 5;
        var device = SoftMetal.RequireDevice();
        float[] Numbers(int seed, int numbers) =>
            [.. MatMulTests.Random(numbers * Width, seed), .. Enumerable.Repeat(float.NaN, (Rows - numbers) * Width)];
        Tensor Of(float[] numbers) => Tensor.From(numbers, [Rows, Width], device);
        (float[] Y, float[] Gradient) Run(int numbers)
        {
            Tensor q = Of(Numbers(1, Rows)), k = Of(Numbers(2, numbers)), v = Of(Numbers(3, numbers)), dy = Of(Numbers(4, Rows));
            Tensor y = Tensor.Empty([Rows, Width], DType.Float32, device), sums = Tensor.Empty([Rows], DType.Float32, device), dq = Tensor.Empty([Rows, Width], DType.Float32, device);
            var options = new AttentionOptions { Causal = true, Scale = 0.5 };
            device.Backend.Attention(options, q, k, v, null, y, sums);
            device.Backend.AttentionBackward(options, dy, q, k, v, null, y, sums, dq, null, null);
            return (y.ToArray<float>(), dq.ToArray<float>());
        }

        var (clean, cleanGradient) = Run(Rows);
        foreach (int numbers in new[] { Tile, 2 * Tile })
        {
            var (y, gradient) = Run(numbers);
            Assert.That(y[..(numbers * Width)], Is.EqualTo(clean[..(numbers * Width)]));
            Assert.That(gradient[..(numbers * Width)], Is.EqualTo(cleanGradient[..(numbers * Width)]));
            Assert.That(y[(numbers * Width)..], Is.All.NaN);
        }
    }
}

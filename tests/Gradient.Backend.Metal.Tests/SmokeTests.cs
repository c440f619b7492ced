namespace Gradient.Backend.Metal.Tests;

/// <summary>The shortest way through the whole device layer.</summary>
public class SmokeTests
{
    [Test]
    public void A_filled_tensor_is_copied_and_read_back()
    {
        var device = SoftMetal.RequireDevice();
        using var x = Tensor.Empty([3, 5], DType.Float32, device);
        x.Fill(2.5);
        using var y = x.Copy();
        Assert.That(y.ToArray<float>(), Is.All.EqualTo(2.5f));
    }

    [Test]
    public void Views_of_any_stride_are_read_and_written()
    {
        var device = SoftMetal.RequireDevice();
        float[] values = [.. Enumerable.Range(0, 60).Select(i => (float)i)];
        using var x = Tensor.From<float>(values, [3, 4, 5], device);
        using var turned = x.View(x.Layout.Permute([2, 0, 1])).Copy();
        float[] expected = [.. from k in Enumerable.Range(0, 5) from i in Enumerable.Range(0, 3) from j in Enumerable.Range(0, 4) select values[(i * 20) + (j * 5) + k]];
        Assert.That(turned.ToArray<float>(), Is.EqualTo(expected));
    }
}

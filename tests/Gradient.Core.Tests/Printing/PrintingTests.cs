using System.Text.Json;
using Gradient.Core.Tests.Fakes;

namespace Gradient.Core.Tests.Printing;

/// <summary>ToString against numpy.array2string: expectations written by make_expectations.py, compared character by character.</summary>
public class PrintingTests
{
    private readonly FakeDevice device = new();

    [Test]
    public void Prints_what_NumPy_prints()
    {
        // A longer list than the committed one can be named: GRADIENT_PRINT_CASES=/tmp/many.json.
        string path = Environment.GetEnvironmentVariable("GRADIENT_PRINT_CASES")
            ?? Path.Combine(TestContext.CurrentContext.TestDirectory, "Printing", "numpy-expectations.json");
        int cases = 0, wrong = 0;
        foreach (string line in File.ReadLines(path))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            string dtype = root.GetProperty("dtype").GetString()!, expected = root.GetProperty("text").GetString()!;
            Shape shape = new([.. root.GetProperty("shape").EnumerateArray().Select(x => x.GetInt64())]);
            byte[] bytes = Convert.FromHexString(root.GetProperty("hex").GetString()!);
            using var tensor = Make(dtype, bytes, shape);
            cases++;
            string actual = tensor.ToString();
            if (actual != $"{expected}  shape {shape}, {dtype}" && wrong++ < 10)
                TestContext.Out.WriteLine($"{dtype} {shape} expected\n{expected}\nbut was\n{actual}");
        }

        Assert.That(cases, Is.GreaterThan(250));
        Assert.That(wrong, Is.Zero, $"of {cases}");
    }

    [Test]
    public void BFloat16_shows_the_fewest_digits_that_tell_neighbours_apart() => // -0.333 rounds to -170/512 = -0.33203125
        Assert.That(
            Tensor.From<BFloat16>([(BFloat16)0.1f, (BFloat16)1f, (BFloat16)3.14159f, (BFloat16)(-0.333f)], [4], device).ToString(),
            Is.EqualTo("[ 0.1  ,  1.   ,  3.14 , -0.332]  shape [4], bfloat16"));

    [Test]
    public void A_view_prints_as_it_reads()
    {
        using var tensor = Tensor.From<float>([1, 2, 3, 4, 5, 6], [2, 3], device);
        using var view = tensor.View(tensor.Layout.Transpose(0, 1).Flip(0));
        Assert.That(view.ToString(), Is.EqualTo("[[3., 6.],\n [2., 5.],\n [1., 4.]]  shape [3, 2], float32"));
    }

    [Test]
    public void Only_the_corners_of_a_large_tensor_are_read_back()
    {
        using var tensor = Tensor.Empty([300, 400], DType.Int32, device);
        tensor.Fill(7);
        device.Moves.Downloads.Clear();
        Assert.That(tensor.ToString(), Does.StartWith("[[7, 7, 7, ..., 7, 7, 7],\n").And.Contain("\n ...,\n"));
        Assert.That(device.Moves.Downloads.Sum(), Is.EqualTo(6 * 6 * 4));
    }

    [Test]
    public void A_huge_expanded_tensor_prints_too()
    {
        using var one = Tensor.From<long>([-5], [1], device);
        using var huge = one.View(one.Layout.Expand([1L << 40, 1L << 20]));
        Assert.That(huge.ToString(), Does.EndWith("[-5, -5, -5, ..., -5, -5, -5]]  shape [1099511627776, 1048576], int64"));
    }

    [Test]
    public void Printing_within_a_scope_leaves_nothing_behind()
    {
        using var tensor = Tensor.Empty([40, 40], DType.Float32, device);
        tensor.Fill(0.5);
        long live = device.MemoryPool.Statistics.LiveBytes;
        using var scope = TensorScope.Begin();
        Assert.That(tensor.ToString(), Is.Not.Empty);
        Assert.That(device.MemoryPool.Statistics.LiveBytes, Is.EqualTo(live));
    }

    [Test]
    public void A_device_that_is_not_the_CPU_is_named()
    {
        using var tensor = Tensor.From<float>([1], [], new FakeDevice(DeviceKind.Metal, hostVisible: false));
        Assert.That(tensor.ToString(), Is.EqualTo("1.  shape [], float32, fake-gpu"));
    }

    private Tensor Make(string dtype, byte[] bytes, Shape shape)
    {
        var type = Enum.GetValues<DType>().Single(t => t.Name() == dtype);
        var tensor = Tensor.Empty(shape, type, device);
        device.Backend.Upload(bytes, tensor.Storage, 0);
        return tensor;
    }
}

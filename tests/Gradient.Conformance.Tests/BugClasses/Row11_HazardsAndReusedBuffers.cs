using Gradient.Backend.Metal.Tests;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 11: a missing hazard, a buffer reused too early. The same step is bit-identical however often, among poisoned buffers.</summary>
public sealed class Row11_HazardsAndReusedBuffers
{
    // SoftMetal takes some 10 ms a step.
    private const int Repeats = 1000, RepeatsOfSubstitute = 200;

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Repeated_steps_are_bit_identical(Backend backend)
    {
        var device = backend.Device();
        long[][] shapes = [[5, 24], [33, 24], [8, 24]];
        var first = new Dictionary<int, int[]>();
        int repeats = Slow(backend) ? RepeatsOfSubstitute : Repeats;
        for (int i = 0; i < repeats; i++)
        {
            int shape = i % shapes.Length;
            Poison(device, i);
            int[] bits = Step(device, shapes[shape]);
            if (first.TryAdd(shape, bits)) continue;
            Assert.That(bits, Is.EqualTo(first[shape]), $"repeat {i} of {repeats}, shape [{string.Join(", ", shapes[shape])}]");
        }

        Assert.That(first.Values.SelectMany(bits => bits).Select(BitConverter.Int32BitsToSingle), Has.None.NaN, "poison came in");
    }

    /// <summary>Nothing waits between these steps: what a launch needs must not be given away before it has run.</summary>
    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Chains_without_a_wait_among_recycled_buffers(Backend backend)
    {
        var device = backend.Device();
        using var _ = Tape.NoGrad();
        using var delay = Slow(backend) ? SoftMetal.Delay(2000) : null;
        var results = new List<GradientTensor>();
        for (int chain = 0; chain < 20; chain++)
        {
            var x = GradientTensor.Full([100 + (chain % 3)], chain, device: device);
            for (int i = 0; i < 10; i++)
            {
                var next = x + 1;
                x.Value.Dispose(); // its buffer is the next result's
                x = next;
            }

            results.Add(x);
            Poison(device, chain);
        }

        for (int chain = 0; chain < results.Count; chain++) Assert.That(results[chain].ToArray<float>(), Is.All.EqualTo(chain + 10), $"chain {chain}");
    }

    private static bool Slow(Backend backend) => backend.Name == "metal" && Gradient.Backend.Metal.Bindings.Metal.IsSubstitute;

    /// <summary>Leaves buffers of the sizes of a step full of NaN in the pool.</summary>
    private static void Poison(Device device, int round)
    {
        foreach (long elements in new long[] { 1, 24, 100, 120, 192, 576, 792, 33 * 33, 24 * 48 })
        {
            using Tensor one = Tensor.Empty([elements + (round % 2)], DType.Float32, device), two = Tensor.Empty([elements], DType.Float32, device);
            one.Fill(double.NaN);
            two.Fill(double.NaN);
        }
    }

    /// <summary>Forward and backward through products, a normalization, a softmax and reductions: the bits of loss and gradients.</summary>
    private static int[] Step(Device device, long[] shape)
    {
        GradientTensor Make(long[] of, int seed) =>
            new(Inputs.ToTensor(Inputs.Generate(of, Domain.Normal, seed, DType.Float32), DType.Float32, device), requiresGrad: true);
        GradientTensor x = Make(shape, 1), w = Make([shape[1], 24], 2), gain = Make([24], 3), bias = Make([24], 4);
        var hidden = Functional.LayerNorm(x.MatMul(w), [24], gain, bias).Gelu();
        var loss = (hidden.MatMul(hidden.Transpose()).Softmax(-1).MatMul(hidden).Square().Sum(1) + hidden.CumSum(0).Max([1])).Mean();
        loss.Backward();
        float[] numbers = [loss.Item(), .. x.Grad!.ToArray<float>(), .. w.Grad!.ToArray<float>(), .. gain.Grad!.ToArray<float>(), .. bias.Grad!.ToArray<float>()];
        int[] bits = Array.ConvertAll(numbers, BitConverter.SingleToInt32Bits);
        foreach (var tensor in new[] { x, w, gain, bias, hidden, loss }) tensor.Value.Dispose();
        return bits;
    }
}

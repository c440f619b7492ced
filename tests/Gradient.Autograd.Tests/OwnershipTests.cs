using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>
/// Random graphs full of sharing. A plain backward changes and returns gradients that it believes to be its own; one with
/// createGraph keeps its hands off everything. Both must agree, in what users hold too.
/// </summary>
public sealed class OwnershipTests
{
    [Test]
    public void A_plain_backward_agrees_with_a_recorded_one([Range(1, 200)] int seed)
    {
        var (plain, plainSeen) = Run(seed, createGraph: false);
        var (recorded, recordedSeen) = Run(seed, createGraph: true);
        Assert.That(plain, Has.Count.EqualTo(recorded.Count));
        for (int i = 0; i < plain.Count; i++) Assert.That(plain[i], Is.EqualTo(recorded[i]).Within(1e-9), $"gradient {i}");
        Assert.That(plainSeen, Has.Count.EqualTo(recordedSeen.Count));
        for (int i = 0; i < plainSeen.Count; i++) Assert.That(plainSeen[i], Is.EqualTo(recordedSeen[i]).Within(1e-9), $"seen by a closure {i}");
    }

    private static (List<double[]> Gradients, List<double[]> Seen) Run(int seed, bool createGraph)
    {
        var random = new Random(seed);
        var seen = new List<GradientTensor>();
        var leaves = Enumerable.Range(0, 3).Select(i => GradientTensor.Randn([2, 4], seed: (seed * 3) + i, DType.Float64, requiresGrad: true)).ToList();
        var pool = new List<GradientTensor>(leaves);
        var retained = new List<GradientTensor>();
        for (int i = 0; i < 25; i++)
        {
            GradientTensor a = pool[random.Next(pool.Count)], b = pool[random.Next(pool.Count)];
            var made = random.Next(13) switch
            {
                0 => a + b,
                1 => a - b,
                2 => (a * b).Tanh(),
                3 => a + 1,
                4 => a.Reshape(4, 2).Transpose(),
                5 => a.Reshape(8).Reshape(2, 4),
                6 => GradientTensor.Cat([a[.., 1..3], b[.., ^2..]], axis: 1),
                7 => a[0] + b.Sum(0, keepDims: true).Tanh() + b[1, ..1],
                8 => a.Clone().Flip(1),
                9 => Tape.Record("spy", () => a * 2, [a], g =>
                {
                    var result = g * 2;
                    seen.Add(g);
                    seen.Add(result);
                    return [result];
                }),
                10 => Tape.Checkpoint(t => t[0].Sin() + t[1], a, b),
                11 => a.Unbind(1)[1].Unsqueeze(1) + b,
                _ => a.Max(1, keepDims: true).Values.Expand(2, 4) * 0.5 + a.Expand(2, 4),
            };
            made = made.Expand(2, 4);
            if (random.Next(5) == 0) retained.Add(made.RetainGrad());
            pool.Add(made);
        }

        var loss = pool[^1].Sum() + (pool[^2] * pool[random.Next(pool.Count)]).Sum() + pool[^3].Mean();
        var second = (pool[^1] * 3).Sum();
        loss.Backward(createGraph: createGraph, retainGraph: true);
        second.Backward(createGraph: createGraph); // accumulates
        List<double[]> gradients = [.. leaves.Concat(retained).Where(x => x.Grad is not null).Select(x => x.Grad!.ToArray<double>())];
        if (createGraph) return (gradients, [.. seen.Select(x => x.ToArray<double>())]);

        // What the passes returned to the pool is overwritten, so that a gradient wrongly returned shows.
        var junk = Enumerable.Range(0, 200).Select(_ => GradientTensor.Full([2, 4], double.NaN, DType.Float64)).ToArray();
        gradients = [.. leaves.Concat(retained).Where(x => x.Grad is not null).Select(x => x.Grad!.ToArray<double>())];
        GC.KeepAlive(junk);
        return (gradients, [.. seen.Select(x => x.ToArray<double>())]);
    }
}

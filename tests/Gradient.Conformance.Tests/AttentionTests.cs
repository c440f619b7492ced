namespace Gradient.Conformance.Tests;

/// <summary>
/// Attention over several blocks of queries and keys: results and gradients against formulas in double precision, masked keys,
/// values that are not finite, and the same bits on any number of threads.
/// </summary>
public sealed class AttentionTests
{
    private const int Heads = 2;

    /// <summary>What a mask is, and what it looks like in memory.</summary>
    public enum Masking { None, Bool, BoolPerKey, Added, AddedPerQuery }

    private static readonly (int Queries, int Keys, int Width, int ValueWidth)[] Sizes =
        [(50, 50, 8, 8), (33, 130, 5, 7), (97, 31, 16, 3), (48, 64, 33, 66), (129, 65, 3, 1), (64, 129, 66, 33)];

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from dtype in new[] { DType.Float32, DType.Float64, DType.BFloat16 }
        where backend.Supports(dtype)
        from masking in Enum.GetValues<Masking>()
        from causal in new[] { false, true }
        select new TestCaseData(backend, dtype, masking, causal).SetArgDisplayNames(backend.Name, dtype.Name(), masking.ToString(), causal ? "causal" : "all");

    [TestCaseSource(nameof(Combinations))]
    public void Results_and_gradients_are_those_of_the_formula(Backend backend, DType dtype, Masking masking, bool causal)
    {
        int layout = 0;
        foreach (var (queries, keys, width, valueWidth) in Sizes)
        {
            var q = Inputs.Generate([Heads, queries, width], Domain.Normal, 1, dtype);
            var k = Inputs.Generate([Heads, keys, width], Domain.Normal, 2, dtype);
            var v = Inputs.Generate([Heads, keys, valueWidth], Domain.Normal, 3, dtype);
            var g = Inputs.Generate([Heads, queries, valueWidth], Domain.Normal, 4, dtype);
            var (mask, type) = Mask(masking, queries, keys, dtype);
            var arrange = Layouts.All.Values.ElementAt(layout++ % Layouts.All.Count);
            GradientTensor Leaf(Values x) => new(arrange(Inputs.ToTensor(x, dtype, backend.Device())), requiresGrad: true);
            GradientTensor tq = Leaf(q), tk = Leaf(k), tv = Leaf(v);
            var tm = mask is null ? null : new GradientTensor(arrange(Inputs.ToTensor(mask, type, backend.Device())));
            var y = Functional.ScaledDotProductAttention(tq, tk, tv, tm, causal);
            var upstream = new GradientTensor(arrange(Inputs.ToTensor(g, dtype, backend.Device())));
            y.Backward(upstream);

            var expected = Reference(q, k, v, g, mask, type == DType.Bool, causal);
            string what = $"{masking} {queries}×{keys}×{width}×{valueWidth}";
            // Sums of up to 130 products each way, and in 16 bits the rounding of y in Σ dy·y: the allowance of BackwardTests.
            double tolerance = 64 * Case.Rounding(dtype);
            Compare.Near(expected[0], Inputs.FromTensor(y.Value), tolerance, what + " y");
            Compare.Near(expected[1], Inputs.FromTensor(tq.Grad!.Value), tolerance, what + " dq");
            Compare.Near(expected[2], Inputs.FromTensor(tk.Grad!.Value), tolerance, what + " dk");
            Compare.Near(expected[3], Inputs.FromTensor(tv.Grad!.Value), tolerance, what + " dv");
        }
    }

    [Test]
    public void A_gradient_that_nobody_wants_changes_no_other([Values(0, 1, 2)] int constant, [Values] bool causal)
    {
        foreach (var backend in Backends.All)
        {
            var values = Enumerable.Range(0, 3).Select(i => Inputs.Generate([Heads, 70, 6], Domain.Normal, i, DType.Float32)).ToArray();
            float[]?[] Gradients(int without)
            {
                var leaves = values.Select((x, i) => new GradientTensor(Inputs.ToTensor(x, DType.Float32, backend.Device()), i != without)).ToArray();
                Functional.ScaledDotProductAttention(leaves[0], leaves[1], leaves[2], causal: causal).Square().Sum().Backward();
                return [.. leaves.Select(x => x.Grad?.ToArray<float>())];
            }

            float[]?[] all = Gradients(-1), some = Gradients(constant);
            for (int i = 0; i < 3; i++) Assert.That(some[i], i == constant ? Is.Null : Is.EqualTo(all[i]), $"{backend} input {i}");
        }
    }

    [Test]
    public void A_query_that_sees_no_key_is_NaN_and_no_other([ValueSource(typeof(Backends), nameof(Backends.All))] Backend backend, [Values] bool added)
    {
        var q = Inputs.Generate([40, 4], Domain.Normal, 1, DType.Float32);
        var kv = Inputs.Generate([140, 4], Domain.Normal, 2, DType.Float32);
        // Query 3 sees nothing, query 5 the last key only, query 6 the first only; the others all.
        var seen = Values.Make([40, 140], i => i[0] == 3 || (i[0] == 5 && i[1] < 139) || (i[0] == 6 && i[1] > 0) ? 0 : 1);
        var mask = new GradientTensor(added
            ? Inputs.ToTensor(seen.Map(s => s == 0 ? double.NegativeInfinity : 0), DType.Float32, backend.Device())
            : Inputs.ToTensor(seen, DType.Bool, backend.Device()));
        GradientTensor tq = new(Inputs.ToTensor(q, DType.Float32, backend.Device()), true), tk = new(Inputs.ToTensor(kv, DType.Float32, backend.Device()));
        var y = Inputs.FromTensor(Functional.ScaledDotProductAttention(tq, tk, tk, mask).Value);
        for (long i = 0; i < 40; i++)
        {
            for (long c = 0; c < 4; c++)
            {
                if (i == 3) Assert.That(y[i, c], Is.NaN);
                else if (i is 5 or 6) Assert.That(y[i, c], Is.EqualTo(kv[i == 5 ? 139 : 0, c]), $"query {i}");
                else Assert.That(y[i, c], Is.Not.NaN, $"query {i}");
            }
        }
    }

    [Test]
    public void What_is_not_finite_shows_where_the_formula_has_it([ValueSource(typeof(Backends), nameof(Backends.All))] Backend backend)
    {
        var q = Inputs.Generate([30, 3], Domain.Normal, 1, DType.Float32);
        var k = Inputs.Generate([150, 3], Domain.Normal, 2, DType.Float32);
        var v = Inputs.Generate([150, 2], Domain.Normal, 3, DType.Float32);
        q.Data[(2 * 3) + 1] = double.NaN;              // query 2
        q.Data[4 * 3] = double.PositiveInfinity;       // query 4: scores ±∞, its largest is ∞
        q.Data[7 * 3] = q.Data[(7 * 3) + 1] = q.Data[(7 * 3) + 2] = 1e30; // query 7: scores beyond what e^x can take
        v.Data[(149 * 2) + 1] = double.PositiveInfinity; // column 1 of what all see
        var added = Values.Make([30, 150], i => i[0] == 9 && i[1] == 131 ? double.PositiveInfinity : i[0] == 10 && i[1] < 129 ? double.NegativeInfinity : 0);
        GradientTensor Of(Values x) => new(Inputs.ToTensor(x, DType.Float32, backend.Device()));
        var actual = Inputs.FromTensor(Functional.ScaledDotProductAttention(Of(q), Of(k), Of(v), Of(added)).Value);
        var expected = Reference(q, k, v, Values.Make([30, 2], _ => 0), added, isBool: false, causal: false)[0];
        // In double e^x of query 7's other scores is 0 likewise; where a weight rounds to 0 in Float32 alone, 0·∞ would differ.
        Compare.Near(expected, actual, 8e-6, backend.Name);
    }

    [Test]
    public void Later_keys_do_not_matter_whatever_they_are([ValueSource(typeof(Backends), nameof(Backends.All))] Backend backend)
    {
        const int Time = 70, Clean = 41;
        var x = Inputs.Generate([Time, 4], Domain.Normal, 1, DType.Float32);
        var spoilt = new Values([.. x.Data.Select((value, i) => i / 4 >= Clean ? double.NaN : value)], Time, 4);
        GradientTensor Of(Values values) => new(Inputs.ToTensor(values, DType.Float32, backend.Device()));
        float[] clean = Functional.ScaledDotProductAttention(Of(x), Of(x), Of(x), causal: true).ToArray<float>();
        float[] other = Functional.ScaledDotProductAttention(Of(x), Of(spoilt), Of(x), causal: true).ToArray<float>();
        Assert.That(other[..(Clean * 4)], Is.EqualTo(clean[..(Clean * 4)]));
        Assert.That(other[(Clean * 4)..], Is.All.NaN);
    }

    [Test, NonParallelizable]
    public void Bits_do_not_depend_on_the_number_of_threads([Values(1, 3, 40)] int heads, [Values] bool causal)
    {
        int before = Devices.Cpu.Threads;
        try
        {
            var results = new List<float[]>();
            foreach (int threads in new[] { 1, 2, 5 })
            {
                Devices.Cpu.Threads = threads;
                var leaves = Enumerable.Range(0, 3).Select(i => GradientTensor.Randn([heads, 300, 16], seed: i).RequireGrad()).ToArray();
                var y = Functional.ScaledDotProductAttention(leaves[0], leaves[1], leaves[2], causal: causal);
                y.Square().Sum().Backward();
                results.Add([.. y.ToArray<float>(), .. leaves.SelectMany(leaf => leaf.Grad!.ToArray<float>())]);
            }

            Assert.That(results[1], Is.EqualTo(results[0]));
            Assert.That(results[2], Is.EqualTo(results[0]));
        }
        finally
        {
            Devices.Cpu.Threads = before;
        }
    }

    private static (Values? Mask, DType Type) Mask(Masking masking, int queries, int keys, DType dtype)
    {
        var random = new Random(5);
        // Key 0 is seen by all: otherwise everything would be NaN, which has tests of its own.
        double Seen(long key) => key == 0 || random.Next(3) > 0 ? 1 : 0;
        return masking switch
        {
            Masking.None => (null, DType.Bool),
            Masking.Bool => (Values.Make([queries, keys], i => Seen(i[1])), DType.Bool),
            Masking.BoolPerKey => (Values.Make([Heads, 1, keys], i => Seen(i[2])), DType.Bool),
            Masking.Added => (Values.Make([Heads, queries, keys], i => Seen(i[2]) == 0 ? double.NegativeInfinity : Inputs.Round((2 * random.NextDouble()) - 1, dtype)), dtype),
            _ => (Values.Make([queries, 1], _ => Inputs.Round((2 * random.NextDouble()) - 1, dtype)), dtype),
        };
    }

    /// <summary>
    /// y, dq, dk, dv by the chain rule, query by query: p = softmax(s), y = Σ p·v, ds = p·(dy·v − Σ p·(dy·v)), dq = Σ ds·k·scale,
    /// dk += ds·q·scale, dv += p·dy. Tensors of [heads, …, …] or [… , …].
    /// </summary>
    private static Values[] Reference(Values q, Values k, Values v, Values g, Values? mask, bool isBool, bool causal)
    {
        long width = q.Shape[^1], valueWidth = v.Shape[^1], queries = q.Shape[^2], keys = k.Shape[^2], heads = q.Rank == 3 ? q.Shape[0] : 1;
        double scale = 1 / Math.Sqrt(width);
        double[] y = new double[g.Data.Length], dq = new double[q.Data.Length], dk = new double[k.Data.Length], dv = new double[v.Data.Length];
        for (long h = 0; h < heads; h++)
        {
            for (long i = 0; i < queries; i++)
            {
                long atQ = ((h * queries) + i) * width, atY = ((h * queries) + i) * valueWidth, atK = h * keys * width, atV = h * keys * valueWidth;
                double[] p = new double[keys], dp = new double[keys];
                for (long j = 0; j < keys; j++)
                {
                    for (long c = 0; c < width; c++) p[j] += q.Data[atQ + c] * k.Data[atK + (j * width) + c];
                    p[j] *= scale;
                    double m = mask?.AtBroadcast([h, i, j]) ?? 0;
                    if ((causal && j > i) || (mask is not null && isBool && m == 0)) p[j] = double.NegativeInfinity;
                    else if (!isBool) p[j] += m;
                }

                double largest = p.Aggregate(Math.Max), sum = 0, mean = 0; // Math.Max keeps NaN
                for (long j = 0; j < keys; j++) sum += p[j] = Math.Exp(p[j] - largest);
                for (long j = 0; j < keys; j++)
                {
                    p[j] /= sum;
                    for (long c = 0; c < valueWidth; c++)
                    {
                        y[atY + c] += p[j] * v.Data[atV + (j * valueWidth) + c];
                        dp[j] += g.Data[atY + c] * v.Data[atV + (j * valueWidth) + c];
                        dv[atV + (j * valueWidth) + c] += p[j] * g.Data[atY + c];
                    }

                    mean += p[j] * dp[j];
                }

                for (long j = 0; j < keys; j++)
                {
                    double ds = p[j] * (dp[j] - mean) * scale;
                    for (long c = 0; c < width; c++)
                    {
                        dq[atQ + c] += ds * k.Data[atK + (j * width) + c];
                        dk[atK + (j * width) + c] += ds * q.Data[atQ + c];
                    }
                }
            }
        }

        return [new(y, g.Shape), new(dq, q.Shape), new(dk, k.Shape), new(dv, v.Shape)];
    }
}

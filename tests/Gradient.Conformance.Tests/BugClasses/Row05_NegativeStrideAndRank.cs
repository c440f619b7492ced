namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 5: negative strides, and rank 5 and more. Views are drawn at random, and told again by arithmetic on indices.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class Row05_NegativeStrideAndRank
{
    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from rank in Enumerable.Range(0, 9)
        select new TestCaseData(backend, rank).SetArgDisplayNames(backend.Name, $"rank {rank}");

    [TestCaseSource(nameof(Combinations))]
    public void Random_views_of_signed_strides(Backend backend, int rank)
    {
        using var _ = Tape.NoGrad();
        for (int seed = 0; seed < 12; seed++)
        {
            var random = new Random((rank * 100) + seed);
            long[] shape = [.. Enumerable.Range(0, rank).Select(_ => (long)random.Next(1, rank > 5 ? 3 : 5))];
            var (a, valuesA) = View(shape, random, backend.Device());
            var (b, valuesB) = View([.. shape.Select(length => random.Next(4) == 0 ? 1 : length)], random, backend.Device());
            string what = $"seed {seed}, {a.Value.Layout}, {b.Value.Layout}";
            Compare.Near(valuesA, Inputs.FromTensor(a.Clone().Value), 0, what + ": copy");
            Compare.Near(valuesA.Map(x => -x), Inputs.FromTensor((-a).Value), 0, what + ": negate");
            Compare.Near(Values.Zip(valuesA, valuesB, (x, y) => x - y), Inputs.FromTensor((a - b).Value), 0, what + ": subtract");
            int[] axes = [.. Enumerable.Range(0, rank).Where(_ => random.Next(2) == 0)];
            if (axes.Length == 0) axes = [.. Enumerable.Range(0, rank)];
            Compare.Near(valuesA.Reduce(axes, true, x => x.Sum()), Inputs.FromTensor(a.Sum(axes, keepDims: true).Value), 0, what + ": sum");
            Compare.Near(valuesA.Reduce(axes, true, x => x.Max()), Inputs.FromTensor(a.Max(axes, keepDims: true).Value), 0, what + ": max");
            if (rank == 0) continue;
            int axis = random.Next(rank);
            Compare.Near(valuesA.AlongAxis(axis, Running), Inputs.FromTensor(a.CumSum(axis).Value), 0, what + ": cumulative sum");
            // In place, into a view: the same numbers as beside it.
            var target = View(shape, random, backend.Device());
            target.Tensor.AddInPlace(a);
            Compare.Near(Values.Zip(target.Values, valuesA, (x, y) => x + y), Inputs.FromTensor(target.Tensor.Value), 0, what + ": add in place");
        }
    }

    private static double[] Running(double[] line)
    {
        double sum = 0;
        return Array.ConvertAll(line, x => sum += x);
    }

    /// <summary>Integers, seen through a random permutation of axes, steps of 1 to 2, flips and offsets.</summary>
    private static (GradientTensor Tensor, Values Values) View(long[] shape, Random random, Device device)
    {
        int rank = shape.Length;
        int[] order = [.. Enumerable.Range(0, rank)]; // axis i of the view lies at axis order[i] of storage
        random.Shuffle(order);
        long[] step = [.. shape.Select(_ => (long)random.Next(1, 3))], start = [.. shape.Select(_ => (long)random.Next(2))];
        bool[] flipped = [.. shape.Select(_ => random.Next(2) == 0)];
        long[] stored = new long[rank];
        for (int i = 0; i < rank; i++) stored[order[i]] = start[i] + ((shape[i] - 1) * step[i]) + 1 + random.Next(2);
        var room = Inputs.Generate(stored, Domain.Integers, random.Next(), DType.Float32);
        var expected = Values.Make(shape, index =>
        {
            long[] place = new long[rank];
            for (int i = 0; i < rank; i++) place[order[i]] = start[i] + ((flipped[i] ? shape[i] - 1 - index[i] : index[i]) * step[i]);
            return room[place];
        });
        var tensor = Inputs.ToTensor(room, DType.Float32, device);
        var layout = tensor.Layout.Permute(order);
        for (int i = 0; i < rank; i++)
        {
            layout = layout.Slice(i, start[i], shape[i], step[i]);
            if (flipped[i]) layout = layout.Flip(i);
        }

        return (new(tensor.View(layout)), expected);
    }
}

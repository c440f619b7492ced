namespace Gradient.Core.Tests.Layouts;

/// <summary>Random shapes of rank 0 to 8 and random view operations, applied to a layout and to its model alike.</summary>
internal sealed class RandomViews(int seed)
{
    /// <summary>The names of the operations, one per case of <see cref="Apply"/>.</summary>
    public static readonly string[] Operations =
        ["reshape", "permute", "transpose", "slice", "select", "expand", "squeeze", "unsqueeze", "flip", "unfold"];

    private const long MostElements = 3000;
    private readonly Random random = new(seed);

    public Random Random => random;

    /// <summary>Lengths with many ones, sometimes a zero, at most a few hundred elements.</summary>
    public long[] Lengths()
    {
        var lengths = new long[random.Next(Shape.MaxRank + 1)];
        long count = 1;
        for (int i = 0; i < lengths.Length; i++)
        {
            int dice = random.Next(12);
            lengths[i] = dice == 0 ? 0 : dice < 4 ? 1 : random.Next(2, 6);
            if (count * lengths[i] > 300) lengths[i] = 1;
            count *= Math.Max(1, lengths[i]);
        }

        return lengths;
    }

    /// <summary>A chain of random views.</summary>
    public (Layout Layout, IndexModel Model) Chain(int steps)
    {
        var lengths = Lengths();
        var (layout, model) = (Layout.Contiguous(new Shape(lengths)), IndexModel.Contiguous(lengths));
        for (int i = 0; i < steps; i++) (layout, model) = Apply(Operations[random.Next(Operations.Length)], layout, model);
        return (layout, model);
    }

    /// <summary>One random view; where the operation cannot be applied (or would copy) nothing happens.</summary>
    public (Layout Layout, IndexModel Model) Apply(string operation, Layout layout, IndexModel model)
    {
        int rank = model.Rank;
        bool scalar = rank == 0;
        int axis = scalar ? 0 : random.Next(rank);
        int named = random.Next(2) == 0 ? axis : axis - rank; // the same axis from the end
        switch (operation)
        {
            case "reshape":
                var target = Factorization(IndexModel.Product(model.Lengths));
                var reshaped = model.Reshape(target);
                bool possible = layout.TryReshape(new Shape(target), out var view);
                Assert.That(possible, Is.EqualTo(reshaped.IsStrided()), $"reshape {layout} to [{string.Join(", ", target)}]");
                return possible ? (view, reshaped) : (layout, model);
            case "permute":
                var order = new int[rank];
                for (int i = 0; i < rank; i++) order[i] = i;
                random.Shuffle(order);
                var fromEnd = Array.ConvertAll(order, a => random.Next(2) == 0 ? a : a - rank);
                return (layout.Permute(fromEnd), model.Permute(order));
            case "transpose" when !scalar:
                int other = random.Next(rank);
                var swap = new int[rank];
                for (int i = 0; i < rank; i++) swap[i] = i == axis ? other : i == other ? axis : i;
                return (layout.Transpose(named, other), model.Permute(swap));
            case "slice" when !scalar:
                var (start, length, step) = Slice(model.Lengths[axis]);
                return (layout.Slice(named, start, length, step), model.Slice(axis, start, length, step));
            case "select" when !scalar && model.Lengths[axis] > 0:
                long at = random.NextInt64(model.Lengths[axis]);
                return (layout.Select(named, random.Next(2) == 0 ? at : at - model.Lengths[axis]), model.Select(axis, at));
            case "expand":
                return Expand(layout, model);
            case "squeeze" when !scalar && model.Lengths[axis] == 1:
                return (layout.Squeeze(named), model.Squeeze(axis));
            case "unsqueeze" when rank < Shape.MaxRank:
                int place = random.Next(rank + 1);
                return (layout.Unsqueeze(random.Next(2) == 0 ? place : place - rank - 1), model.Unsqueeze(place));
            case "flip" when !scalar:
                return (layout.Flip(named), model.Flip(axis));
            case "unfold" when !scalar && rank < Shape.MaxRank:
                long size = random.NextInt64(model.Lengths[axis] + 1), stride = random.Next(1, 4);
                long windows = ((model.Lengths[axis] - size) / stride) + 1;
                if (model.Positions.Length * windows * Math.Max(1, size) > MostElements * 4) return (layout, model);
                return (layout.Unfold(named, size, stride), model.Unfold(axis, size, stride));
            default:
                return (layout, model);
        }
    }

    /// <summary>Lengths of random rank whose product is the given one.</summary>
    public long[] Factorization(long count)
    {
        if (count == 0) return [0, random.Next(4), random.Next(1, 4)];
        var lengths = new List<long>();
        while (count > 1 && lengths.Count < Shape.MaxRank - 1)
        {
            var divisors = new List<long>();
            for (long d = 2; d <= count; d++)
                if (count % d == 0) divisors.Add(d);
            long chosen = divisors[random.Next(divisors.Count)];
            lengths.Add(chosen);
            count /= chosen;
        }

        if (count > 1) lengths.Add(count);
        while (lengths.Count < Shape.MaxRank && random.Next(3) == 0) lengths.Insert(random.Next(lengths.Count + 1), 1);
        return [.. lengths];
    }

    private (long Start, long Length, long Step) Slice(long available)
    {
        long step = random.Next(1, 4) * (random.Next(2) == 0 ? 1 : -1);
        if (available == 0) return (0, 0, step);
        long start = random.NextInt64(available);
        long most = step > 0 ? ((available - 1 - start) / step) + 1 : (start / -step) + 1;
        return (start, random.NextInt64(most + 1), step);
    }

    private (Layout Layout, IndexModel Model) Expand(Layout layout, IndexModel model)
    {
        int added = random.Next(Shape.MaxRank - model.Rank + 1);
        var target = new long[model.Rank + added];
        long count = Math.Max(1, model.Positions.Length);
        for (int i = 0; i < target.Length; i++)
        {
            long have = i < added ? 1 : model.Lengths[i - added];
            long repeat = have == 1 && random.Next(2) == 0 ? random.Next(4) : have;
            if (have == 1 && count * repeat > MostElements) repeat = 1;
            if (have == 1) count *= Math.Max(1, repeat);
            target[i] = repeat;
        }

        var asked = (long[])target.Clone();
        for (int i = added; i < asked.Length; i++)
            if (asked[i] == model.Lengths[i - added] && random.Next(4) == 0) asked[i] = -1;
        return (layout.Expand(new Shape(asked)), model.Expand(target));
    }
}

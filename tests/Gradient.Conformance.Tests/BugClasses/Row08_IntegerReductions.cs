namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 8: reductions of integers and truth values that saturate, wrap around early or pass through a float.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class Row08_IntegerReductions
{
    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from count in new[] { 1, 3, 127, 128, 255, 256, 257, 300, 1000, 32769, 70001 }
        select new TestCaseData(backend, count).SetArgDisplayNames(backend.Name, $"{count}");

    [TestCaseSource(nameof(Combinations))]
    public void Truth_values_are_counted_in_64_bits(Backend backend, int count)
    {
        bool[] values = new bool[count];
        Array.Fill(values, true);
        values[count / 2] = count % 2 == 0;
        var x = GradientTensor.From<bool>(values, backend.Device());
        Assert.That(x.Sum().Item<long>(), Is.EqualTo(values.LongCount(v => v)));
        Assert.That(x.Any().Item<bool>(), Is.EqualTo(values.Any(v => v)));
        Assert.That(x.All().Item<bool>(), Is.EqualTo(values.All(v => v)));
    }

    [TestCaseSource(nameof(Combinations))]
    public void Sums_of_Int32_are_widened(Backend backend, int count)
    {
        var random = new Random(count);
        int[] values = [.. Enumerable.Range(0, count).Select(i => i % 7 == 0 ? int.MaxValue - i : random.Next(int.MinValue, int.MaxValue))];
        var x = GradientTensor.From<int>(values, backend.Device());
        Assert.That(x.Sum().Item<long>(), Is.EqualTo(values.Sum(v => (long)v)));
        Assert.That(x.Max().Item<int>(), Is.EqualTo(values.Max()));
        Assert.That(x.Min().Item<int>(), Is.EqualTo(values.Min()));
        Assert.That(x.ArgMax().Item<long>(), Is.EqualTo(Array.IndexOf(values, values.Max())));
        if (count % 3 == 0) Assert.That(x.Reshape(3, count / 3).Sum(1).ToArray<long>(), Is.EqualTo(values.Chunk(count / 3).Select(row => row.Sum(v => (long)v))));
    }

    [TestCaseSource(nameof(Combinations))]
    public void Int64_does_not_pass_through_a_float(Backend backend, int count)
    {
        // Neighbours of 2⁵³ and 2⁶² that no float or double tells apart.
        long[] values = [.. Enumerable.Range(0, count).Select(i => (1L << 62) - (2L * i) - 1)];
        values[^1] = -(1L << 53) - 1;
        var x = GradientTensor.From<long>(values, backend.Device());
        Assert.That(x.Max().Item<long>(), Is.EqualTo(values.Max()));
        Assert.That(x.Min().Item<long>(), Is.EqualTo(values.Min()));
        Assert.That(x.ArgMin().Item<long>(), Is.EqualTo(Array.IndexOf(values, values.Min())));
        long wrapped = 0;
        foreach (long value in values) wrapped = unchecked(wrapped + value);
        Assert.That(x.Sum().Item<long>(), Is.EqualTo(wrapped), "modulo 2⁶⁴, as C# adds unchecked");
        long product = 1;
        foreach (long value in values) product = unchecked(product * value);
        Assert.That(x.Prod().Item<long>(), Is.EqualTo(product), "modulo 2⁶⁴");
        long running = 0;
        Assert.That(x.CumSum(0).ToArray<long>(), Is.EqualTo(values.Select(v => running = unchecked(running + v))));
        Assert.That(x.Sort(0).Values.ToArray<long>(), Is.EqualTo(values.Order()));
    }
}

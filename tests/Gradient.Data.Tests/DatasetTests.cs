namespace Gradient.Data.Tests;

public class DatasetTests
{
    [Test]
    public void A_batch_of_tensors_is_their_rows()
    {
        var inputs = Tensor.From<float>([.. Enumerable.Range(0, 24).Select(i => (float)i)], [4, 3, 2], Devices.Cpu);
        var dataset = new TensorDataset(inputs, Tensor.From<long>([10, 11, 12, 13], [4], Devices.Cpu));
        var (x, y) = dataset.GetBatch([2, 0, 2]);
        Assert.That(x.Shape, Is.EqualTo(new Shape([3, 3, 2])));
        Assert.That(x.ToArray<float>(), Is.EqualTo(new float[] { 12, 13, 14, 15, 16, 17, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17 }));
        Assert.That(y.ToArray<long>(), Is.EqualTo(new long[] { 12, 10, 12 }));
        Assert.That(dataset.GetItem(3).Target.Item<long>(), Is.EqualTo(13));
        Assert.That(() => dataset.GetBatch([4]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => dataset.GetBatch([-1]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => new TensorDataset(inputs, Tensor.From<long>([1, 2, 3], [3], Devices.Cpu)),
            Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("[4, 3, 2]").And.Message.Contains("[3]"));
    }

    [Test]
    public void Items_are_stacked_by_default_whatever_their_layout()
    {
        var dataset = new Items(5, i =>
        {
            var t = Tensor.From<float>([i, i + 0.5f, -i, 7], [2, 2], Devices.Cpu);
            return (t.View(t.Layout.Transpose(0, 1)), Tensor.From<long>([i], [], Devices.Cpu));
        });
        var (x, y) = dataset.GetBatch([1, 3]);
        Assert.That(x.Shape, Is.EqualTo(new Shape([2, 2, 2])));
        Assert.That(x.ToArray<float>(), Is.EqualTo(new[] { 1, -1, 1.5f, 7, 3, -3, 3.5f, 7 }));
        Assert.That(y.ToArray<long>(), Is.EqualTo(new long[] { 1, 3 }));
    }

    [Test]
    public void An_item_that_does_not_fit_is_named()
    {
        var shapes = new Items(3, i => (Tensor.Empty([i + 1], DType.Float32, Devices.Cpu), Tensor.Empty([], DType.Int64, Devices.Cpu)));
        var types = new Items(3, i => (Tensor.Empty([2], i == 2 ? DType.Float64 : DType.Float32, Devices.Cpu), Tensor.Empty([], DType.Int64, Devices.Cpu)));
        var error = Assert.Throws<DatasetException>(() => shapes.GetBatch([0, 1]))!;
        Assert.That(error.Index, Is.EqualTo(1));
        Assert.That(error.Message, Does.Contain("Item 1").And.Contain("[2]").And.Contain("[1]"));
        Assert.That(Assert.Throws<DatasetException>(() => types.GetBatch([0, 1, 2]))!.Message, Does.Contain("Item 2").And.Contain("float64"));
    }

    [Test]
    public void Parts_share_nothing_and_miss_nothing()
    {
        var dataset = new TensorDataset(
            Tensor.From<float>([.. Enumerable.Range(0, 10).Select(i => (float)i)], [10], Devices.Cpu),
            Tensor.From<long>([.. Enumerable.Range(0, 10).Select(i => (long)i)], [10], Devices.Cpu));
        Assert.That(All(dataset.Take(4)), Is.EqualTo(new long[] { 0, 1, 2, 3 }));
        Assert.That(All(dataset.Skip(7)), Is.EqualTo(new long[] { 7, 8, 9 }));
        Assert.That(All(dataset.Skip(2).Take(3).Skip(1)), Is.EqualTo(new long[] { 3, 4 }));
        Assert.That(dataset.Take(99).Count, Is.EqualTo(10));
        Assert.That(dataset.Skip(99).Count, Is.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.Take(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.Skip(-1));
        var (first, second) = dataset.RandomSplit(0.7, seed: 5);
        Assert.That(first.Count, Is.EqualTo(7));
        Assert.That(All(first).Concat(All(second)), Is.EquivalentTo(All(dataset)));
        Assert.That(All(first), Is.EqualTo(All(dataset.RandomSplit(0.7, seed: 5).First)));
        Assert.That(All(first), Is.Not.EqualTo(All(dataset.RandomSplit(0.7, seed: 6).First)));
        Assert.That(() => new Subset(dataset, [10]), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Orders_are_permutations_and_even()
    {
        var places = new int[5, 5];
        for (int epoch = 0; epoch < 5_000; epoch++)
        {
            int[] order = Permutation.Of(5, seed: 42, epoch);
            Assert.That(order.Order(), Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
            for (int i = 0; i < 5; i++) places[i, order[i]]++;
        }

        // Chi squared with (5 − 1)² = 16 degrees of freedom is below 39.25 in 999 of 1,000 cases.
        double chi = 0;
        foreach (int count in places) chi += Math.Pow(count - 1_000, 2) / 1_000;
        Assert.That(chi, Is.LessThan(39.25));
        Assert.That(Permutation.Of(1_000, 1, 0), Is.Not.EqualTo(Permutation.Of(1_000, 1, 1)));
        Assert.That(Permutation.Of(1_000, 1, 0), Is.Not.EqualTo(Permutation.Of(1_000, 2, 0)));
        Assert.That(Permutation.Of(0, 1, 0), Is.Empty);
    }

    internal static long[] All(Dataset dataset) => [.. Enumerable.Range(0, dataset.Count).Select(i => dataset.GetItem(i).Target.Item<long>())];

    internal sealed class Items(int count, Func<int, (Tensor, Tensor)> get) : Dataset
    {
        public override int Count => count;

        public override (Tensor Input, Tensor Target) GetItem(int index) => get(index);
    }
}

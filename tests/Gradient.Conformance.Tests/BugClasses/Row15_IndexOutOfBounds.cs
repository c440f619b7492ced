namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>
/// Row 15: an index outside its axis that reads 0 or a neighbour, or writes there. It throws at the next synchronization at the latest;
/// the rows around the table are guards.
/// </summary>
public sealed class Row15_IndexOutOfBounds
{
    private const int Rows = 5;

    private static readonly (string Name, Func<GradientTensor, GradientTensor, GradientTensor> Run)[] Operations =
    [
        ("indexSelect", (table, index) => table.IndexSelect(0, index)),
        ("gather", (table, index) => table.Gather(0, index.Unsqueeze(1).Expand(index.Shape[0], table.Shape[1]))),
        ("embedding", (table, index) => Functional.Embedding(index, table)),
        ("scatter", (table, index) => table.Scatter(0, index.Unsqueeze(1).Expand(index.Shape[0], table.Shape[1]), GradientTensor.Full([index.Shape[0], table.Shape[1]], 9, table.DType, table.Device))),
        ("scatterAdd", (table, index) => table.ScatterAdd(0, index.Unsqueeze(1).Expand(index.Shape[0], table.Shape[1]), GradientTensor.Full([index.Shape[0], table.Shape[1]], 9, table.DType, table.Device))),
    ];

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from operation in Operations
        from index in new long[] { -1, Rows, Rows + 1, -1 - Rows, int.MaxValue, 1L << 32, long.MinValue, long.MaxValue }
        from dtype in new[] { DType.Int64, DType.Int32 }
        where dtype == DType.Int64 || index is >= int.MinValue and <= int.MaxValue
        select new TestCaseData(backend, operation.Name, operation.Run, index, dtype).SetArgDisplayNames(backend.Name, operation.Name, $"{index}", dtype.Name());

    [TestCaseSource(nameof(Combinations))]
    public void An_index_outside_throws(Backend backend, string name, Func<GradientTensor, GradientTensor, GradientTensor> run, long index, DType dtype)
    {
        var table = Table(backend.Device(), out var room);
        float[] before = room.ToArray<float>();
        var indices = GradientTensor.From<long>([0, index, 4], backend.Device()).To(dtype);
        Assert.That(
            () =>
            {
                run(table, indices);
                backend.Device().Backend.Synchronize();
            },
            Throws.TypeOf<ShapeMismatchException>().With.Message.EqualTo(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{name}: index {index} is outside axis 0 of shape [5, 3], which has length 5; indices go from 0 to 4.")));
        Assert.That(room.ToArray<float>(), Is.EqualTo(before), "nothing around is touched");
        // What is valid goes on; the error is told once.
        var picked = table.IndexSelect(0, GradientTensor.From<long>([4, 0], backend.Device()));
        Assert.That(picked.ToArray<float>(), Is.EqualTo(new float[] { 4, 4, 4, 0, 0, 0 }));
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Scattering_in_place_never_leaves_its_view(Backend backend)
    {
        foreach (long bad in new long[] { -1, Rows, Rows + 1 })
        {
            var table = Table(backend.Device(), out var room);
            float[] before = room.ToArray<float>();
            var index = GradientTensor.From<long>([1, bad], backend.Device()).Unsqueeze(1).Expand(2, 3);
            var source = GradientTensor.Full([2, 3], 9, device: backend.Device());
            Assert.That(
                () =>
                {
                    table.Value.Backend.Scatter(ScatterKind.Assign, 0, index.Value, source.Value, table.Value);
                    table.Value.Backend.Synchronize();
                },
                Throws.TypeOf<ShapeMismatchException>());
            float[] after = room.ToArray<float>();
            for (int row = 0; row < Rows + 4; row++)
                for (int column = 0; column < 3; column++)
                    if (row != 2 + 1) Assert.That(after[(row * 3) + column], Is.EqualTo(before[(row * 3) + column]), $"index {bad}: row {row - 2} of the view");
        }
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Labels_outside_the_classes_throw(Backend backend)
    {
        foreach (long label in new long[] { -1, 3, 4 })
        {
            var logits = GradientTensor.Ones([2, 3], device: backend.Device(), requiresGrad: true);
            var labels = GradientTensor.From<long>([0, label], backend.Device());
            Assert.That(
                () => Nn.Loss.CrossEntropy(logits, labels).Item(),
                Throws.TypeOf<ShapeMismatchException>().With.Message.StartsWith($"crossEntropy: label {label} is outside the 3 classes"));
            Assert.That(
                () => Nn.Loss.NegativeLogLikelihood(logits, labels).Item(),
                Throws.TypeOf<ShapeMismatchException>().With.Message.StartsWith($"negativeLogLikelihood: index {label} is outside axis 1"));
        }
    }

    /// <summary>Rows that hold their number, between two rows of −7 on either side.</summary>
    private static GradientTensor Table(Device device, out GradientTensor room)
    {
        room = new(Inputs.ToTensor(Values.Make([Rows + 4, 3], i => i[0] is >= 2 and < Rows + 2 ? i[0] - 2 : -7), DType.Float32, device));
        return room[2..(Rows + 2)];
    }
}

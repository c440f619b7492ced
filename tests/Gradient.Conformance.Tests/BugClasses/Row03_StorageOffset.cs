namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 3: a storage offset dropped, or counted in elements where bytes are meant. What lies around a view is poison.</summary>
public sealed class Row03_StorageOffset
{
    private const int Guard = 9;

    [TestCaseSource(typeof(SeamOperations), nameof(SeamOperations.OnBackends))]
    public void Inputs_and_outputs_at_offsets_1_4_and_7(Backend backend, SeamOperation operation)
    {
        var expected = operation.Expected();
        foreach (int offset in new[] { 1, 4, 7 })
        {
            var inputs = operation.MakeInputs(backend.Device()).Select((x, i) => AtOffset(x, offset + i, out _)).ToArray();
            var y = AtOffset(Tensor.Empty(new Shape(operation.Output), operation.OutputType, backend.Device()), offset, out var room);
            operation.Run(y.Backend, inputs, y);
            string what = $"{operation.Name} at offset {offset}";
            Compare.Near(expected, Inputs.FromTensor(y), operation.OutputType.IsFloatingPoint() ? 1e-5 : 0, what);
            var around = Inputs.FromTensor(room).Data;
            for (int i = 0; i < around.Length; i++)
                if (i < offset || i >= offset + y.ElementCount) Assert.That(around[i], Is.EqualTo(Poison(y.DType)), $"{what}: neighbour {i - offset}");
        }
    }

    private static double Poison(DType dtype) => dtype.IsFloatingPoint() ? double.NaN : dtype == DType.Bool ? 1 : 113;

    private static Tensor AtOffset(Tensor x, int offset, out Tensor room)
    {
        room = Tensor.Empty([x.ElementCount + offset + Guard], x.DType, x.Device);
        room.Fill(Poison(x.DType));
        var view = room.View(Layout.Contiguous(x.Shape, offset));
        view.CopyFrom(x);
        return view;
    }
}

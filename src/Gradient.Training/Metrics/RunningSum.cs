namespace Gradient.Training;

/// <summary>
/// A sum of tensors of one shape on their device, never read back meanwhile. Integers are summed in Int64; floating-point numbers with
/// what rounding loses in each step beside them (Knuth, TAOCP 2, 4.2.2, theorem B; Ogita, Rump, Oishi, 2005), so that the sum of many
/// batches is about as exact as that of one, on devices without Float64 too.
/// </summary>
internal sealed class RunningSum
{
    private Tensor? sum, lost, next;

    /// <summary>Adds a tensor; all must have the shape of the first.</summary>
    public void Add(Tensor value)
    {
        using var scope = TensorScope.Begin();
        value = value.To(SumType(value.DType));
        if (sum is null)
        {
            sum = value.Copy().Persist();
            if (!value.DType.IsFloatingPoint()) return;
            lost = Empty(value);
            lost.Fill(0);
            next = Empty(value);
            return;
        }

        ShapeChecks.Equal("Metric (a sum over batches)", value.Shape, sum.Shape);
        value = value.To(sum.DType).To(sum.Device);
        var backend = sum.Backend;
        if (lost is null)
        {
            backend.Binary(BinaryKind.Add, sum, value, sum);
            return;
        }

        Tensor a = Tensor.Empty(sum.Shape, sum.DType, sum.Device), b = Tensor.Empty(sum.Shape, sum.DType, sum.Device);
        backend.Binary(BinaryKind.Add, sum, value, next!);         // t = s + x
        backend.Binary(BinaryKind.Subtract, next!, sum, a);        // z = t − s
        backend.Binary(BinaryKind.Subtract, next!, a, b);
        backend.Binary(BinaryKind.Subtract, sum, b, b);            // s − (t − z)
        backend.Binary(BinaryKind.Subtract, value, a, a);          // x − z
        backend.Binary(BinaryKind.Add, a, b, a);
        backend.Binary(BinaryKind.Add, lost, a, lost);
        (sum, next) = (next, sum);
    }

    /// <summary>The sums in row-major order; nothing if nothing was added.</summary>
    public double[] Read()
    {
        if (sum is null) return [];
        using var scope = TensorScope.Begin();
        double[] values = Doubles(sum);
        if (lost is null) return values;
        double[] rest = Doubles(lost);
        for (int i = 0; i < values.Length; i++)
            if (double.IsFinite(values[i])) values[i] += rest[i];
        return values;
    }

    /// <summary>The tensors that make up the sum, to be saved and given to <see cref="Restore"/>.</summary>
    public void Save(string name, IDictionary<string, Tensor> into)
    {
        if (sum is not null) into.Add($"{name}.sum", sum);
        if (lost is not null) into.Add($"{name}.lost", lost);
    }

    /// <summary>A sum that goes on from what was saved.</summary>
    public static RunningSum Restore(Tensor sum, Tensor? lost, Device device)
    {
        using var _ = TensorScope.Suppress();
        var restored = new RunningSum { sum = sum.To(device).Copy().Persist(), lost = lost?.To(device).Copy().Persist() };
        if (lost is not null) restored.next = Empty(restored.sum);
        return restored;
    }

    /// <summary>Forgets what was added, and gives the memory back.</summary>
    public void Clear()
    {
        sum?.Dispose();
        lost?.Dispose();
        next?.Dispose();
        sum = lost = next = null;
    }

    private static DType SumType(DType type) => type == DType.Float64 ? type : type.IsFloatingPoint() ? DType.Float32 : DType.Int64;

    private static Tensor Empty(Tensor like) => Tensor.Empty(like.Shape, like.DType, like.Device).Persist();

    private static double[] Doubles(Tensor tensor) => tensor.To(Devices.Cpu).To(DType.Float64).ToArray<double>();
}

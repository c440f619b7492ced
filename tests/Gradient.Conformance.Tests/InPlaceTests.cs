namespace Gradient.Conformance.Tests;

/// <summary>Operations that overwrite their tensor, on destinations of every layout: nothing beside the view may change.</summary>
public sealed class InPlaceTests
{
    private static readonly Dictionary<string, (Action<GradientTensor, GradientTensor> Run, Func<double, double, double> Reference)> Operations = new()
    {
        [nameof(GradientTensor.AddInPlace)] = ((x, y) => x.AddInPlace(y), (x, y) => x + y),
        [nameof(GradientTensor.SubtractInPlace)] = ((x, y) => x.SubtractInPlace(y), (x, y) => x - y),
        [nameof(GradientTensor.MultiplyInPlace)] = ((x, y) => x.MultiplyInPlace(y), (x, y) => x * y),
        [nameof(GradientTensor.CopyFrom)] = ((x, y) => x.CopyFrom(y), (_, y) => y),
        [nameof(GradientTensor.Fill)] = ((x, _) => x.Fill(3), (_, _) => 3),
        [nameof(GradientTensor.Zero)] = ((x, _) => x.Zero(), (_, _) => 0),
    };

    public static IEnumerable<string> Covered => Operations.Keys;

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from name in Operations.Keys
        from dtype in new[] { DType.Float32, DType.Float64, DType.Float16, DType.BFloat16, DType.Int32, DType.Int64 }
        where backend.Supports(dtype)
        select new TestCaseData(backend, name, dtype).SetArgDisplayNames(backend.Name, name, dtype.Name());

    [TestCaseSource(nameof(Combinations))]
    public void Destinations_of_any_layout(Backend backend, string name, DType dtype)
    {
        var (run, reference) = Operations[name];
        long[] shape = [3, 5], row = [5];
        Values x = Inputs.Generate(shape, Domain.Integers, 1, dtype), y = Inputs.Generate(row, Domain.Integers, 2, dtype);
        foreach (var (layout, arrange) in Layouts.All)
        {
            var target = new GradientTensor(arrange(Inputs.ToTensor(x, dtype, backend.Device())));
            run(target, new GradientTensor(arrange(Inputs.ToTensor(y, dtype, backend.Device()))));
            Compare.Near(Values.Zip(x, y, reference), Inputs.FromTensor(target.Value), 0, $"{name} {dtype.Name()} {layout}");
        }
    }

    [TestCaseSource(nameof(Combinations))]
    public void Neighbours_of_the_view_stay(Backend backend, string name, DType dtype)
    {
        var room = new GradientTensor(Inputs.ToTensor(Values.Make([5, 7], _ => 2), dtype, backend.Device()));
        Operations[name].Run(room[1..4, TensorIndex.Slice(1, 6, 2)], new(Inputs.ToTensor(Values.Make([3], _ => 5), dtype, backend.Device())));
        var after = Inputs.FromTensor(room.Value);
        double changed = Operations[name].Reference(2, 5);
        Compare.Near(Values.Make([5, 7], i => i[0] is >= 1 and < 4 && (i[1] is 1 or 3 or 5) ? changed : 2), after, 0, name);
    }
}

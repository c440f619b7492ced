using Gradient.Training;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 2: a non-contiguous output or in-place target ignored.</summary>
public sealed class Row02_NonContiguousOutput
{
    [TestCaseSource(typeof(SeamOperations), nameof(SeamOperations.OnBackends))]
    public void Every_family_writes_outputs_of_every_layout(Backend backend, SeamOperation operation)
    {
        var expected = operation.Expected();
        var inputs = operation.MakeInputs(backend.Device());
        foreach (var (layout, arrange) in Layouts.All)
        {
            var blank = Tensor.Empty(new Shape(operation.Output), operation.OutputType, backend.Device());
            blank.Fill(1);
            var y = arrange(blank);
            operation.Run(y.Backend, inputs, y);
            Compare.Near(expected, Inputs.FromTensor(y), operation.OutputType.IsFloatingPoint() ? 1e-5 : 0, $"{operation.Name} into {layout}");
        }
    }

    public static IEnumerable<TestCaseData> Optimizers()
    {
        (string Name, Func<GradientTensor[], Optimizer> Make)[] all =
        [
            ("Sgd", p => new Sgd(p, 0.05, momentum: 0.9)), ("Adam", p => new Adam(p, 0.05)), ("AdamW", p => new AdamW(p, 0.05)),
            ("RmsProp", p => new RmsProp(p, 0.01)), ("Adagrad", p => new Adagrad(p, 0.1)), ("Adadelta", p => new Adadelta(p, 1)), ("NAdam", p => new NAdam(p, 0.05)),
        ];
        return from backend in Backends.All from optimizer in all select new TestCaseData(backend, optimizer.Make).SetArgDisplayNames(backend.Name, optimizer.Name);
    }

    [TestCaseSource(nameof(Optimizers))]
    public void Training_transposed_parameters_is_training_contiguous_ones(Backend backend, Func<GradientTensor[], Optimizer> make)
    {
        var expected = Train(backend.Device(), make, "contiguous");
        foreach (string layout in new[] { "transposed", "step slice", "negative stride" })
        {
            var actual = Train(backend.Device(), make, layout);
            Compare.Near(expected.Weight, actual.Weight, 1e-5, layout);
            Assert.That(actual.Last, Is.LessThan(actual.First), layout);
        }
    }

    private static (Values Weight, float First, float Last) Train(Device device, Func<GradientTensor[], Optimizer> make, string layout)
    {
        GradientTensor Make(long[] shape, int seed) => new(Inputs.ToTensor(Inputs.Generate(shape, Domain.Normal, seed, DType.Float32), DType.Float32, device));
        GradientTensor x = Make([8, 3], 1), target = Make([8, 4], 2);
        var weight = new GradientTensor(Layouts.All[layout](Make([3, 4], 3).Value), requiresGrad: true);
        var optimizer = make([weight]);
        float first = 0, last = 0;
        for (int step = 0; step < 10; step++)
        {
            var loss = (x.MatMul(weight) - target).Square().Mean();
            last = loss.Item();
            if (step == 0) first = last;
            loss.Backward();
            optimizer.Step();
            optimizer.ZeroGrad();
        }

        return (Inputs.FromTensor(weight.Value), first, last);
    }
}

using Gradient.Autograd;
using Gradient.Core;
using Gradient.Goldens;

namespace Gradient.Conformance.Tests.RandomPrograms;

/// <summary>
/// Random programs of operations, compared with PyTorch in Float64, forward and backward. A Float64 run is held to 1e-10. A Float32 run
/// may be off by four times what PyTorch is off itself in Float32 (over the exact inputs and three perturbed by half
/// a unit in their last place; the generator stores it), and by four units in the last place of the largest element or of 1, which is
/// the size of the inputs: a result such as logsumexp(logsoftmax(x)) = 0 is the difference of such numbers.
/// </summary>
[TestFixture]
public sealed class RandomProgramTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "RandomPrograms");
    private static readonly GoldenFile Goldens = new(Path.Combine(Folder, "programs.safetensors"));
    private static readonly RandomProgram[] Programs = RandomProgram.Load(Path.Combine(Folder, "programs.jsonl"));

    private static IEnumerable<TestCaseData> Cases() =>
        from program in Programs
        from dtype in new[] { DType.Float32, DType.Float64 }
        select new TestCaseData(program, dtype).SetArgDisplayNames($"{program.Number}", dtype.ToString());

    [TestCaseSource(nameof(Cases))]
    public void Program_agrees_with_PyTorch_forward_and_backward(object source, DType dtype)
    {
        var program = (RandomProgram)source;
        var inputs = program.Inputs.ToDictionary(name => name, name => Goldens[$"{program.Number}/{name}"].ToTensor(dtype));
        string[] differentiable = [.. program.Inputs.Where(name => inputs[name].RequiresGrad)];
        double[] error = Goldens[$"{program.Number}/error"].Values;
        try
        {
            GradientTensor[] outputs = program.Run(inputs);
            var upstream = outputs.Select((_, i) => Goldens[$"{program.Number}/up.{i}"].ToTensor(dtype, requiresGrad: false));
            GradientTensor[] gradients = Tape.Gradients(
                outputs, [.. differentiable.Select(name => inputs[name])], [.. upstream], allowUnused: true);
            for (int i = 0; i < outputs.Length; i++)
                Verify(outputs[i], $"{program.Number}/out.{i}", error[i]);
            for (int i = 0; i < gradients.Length; i++)
                Verify(gradients[i], $"{program.Number}/d{differentiable[i]}", error[outputs.Length + i]);
        }
        catch (Exception failure) when (failure is not SuccessException)
        {
            throw new AssertionException($"Program {program.Number} in {dtype}: {(failure is AssertionException ? failure.Message : failure)}\n{program}", failure);
        }
    }

    [Test]
    public void Every_operation_of_the_interpreter_occurs() =>
        Assert.That(Programs.SelectMany(program => program.Operations).Distinct(), Is.EquivalentTo(Interpreter.Names));

    private static void Verify(GradientTensor actual, string key, double error)
    {
        GoldenTensor expected = Goldens[key];
        double allowed = actual.DType == DType.Float64
            ? 1e-10 * Math.Max(1, expected.Largest)
            : (4 * error) + (4 * Math.ScaleB(1, -23) * Math.Max(1, expected.Largest));
        Closeness.Within(actual, expected, allowed);
    }
}

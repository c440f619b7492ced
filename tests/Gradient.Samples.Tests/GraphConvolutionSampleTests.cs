using System.Globalization;
using System.Text.RegularExpressions;

namespace Gradient.Samples.Tests;

public partial class GraphConvolutionSampleTests
{
    private SampleProcess samples = null!;

    [SetUp]
    public void MakeFolder() => samples = new();

    [TearDown]
    public void RemoveFolder() => samples.Dispose();

    [Test]
    public void The_graph_tells_what_people_do_not()
    {
        var (alone, together) = Train();
        Assert.That(together, Is.GreaterThan(85));
        Assert.That(together, Is.GreaterThan(alone + 20));
    }

    [Test]
    public void The_same_seed_prints_the_same() => Assert.That(Train("--people", "400", "--seed", "5"), Is.EqualTo(Train("--people", "400", "--seed", "5")));

    [Test]
    public void On_metal_it_learns_what_it_learns_on_the_processor()
    {
        Gradient.Backend.Metal.Tests.SoftMetal.RequireDevice();
        string[] few = ["--people", "200", "--steps", "20", "--device"];
        var (expected, actual) = (Train([.. few, "cpu"]), Train([.. few, "metal"]));
        // Of 120 people one more or less may be found where two communities are as likely.
        Assert.That(actual.Alone, Is.EqualTo(expected.Alone).Within(1));
        Assert.That(actual.Together, Is.EqualTo(expected.Together).Within(1));
    }

    [TestCase("--people", "3")]
    [TestCase("--known", "0")]
    public void Mistakes_are_named_and_end_with_an_exit_code(string option, string value)
    {
        var (exit, output, error) = samples.Run("GraphConvolution", option, value);
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(error + string.Concat(output), Does.Contain(option));
    }

    private (double Alone, double Together) Train(params string[] arguments)
    {
        var (exit, output, error) = samples.Run("GraphConvolution", arguments);
        Assert.That(exit, Is.Zero, error);
        double Accuracy(string line) => double.Parse(Result().Match(line).Groups[1].Value, CultureInfo.InvariantCulture);
        return (Accuracy(output.Single(line => line.StartsWith("without", StringComparison.Ordinal))), Accuracy(output[^1]));
    }

    [GeneratedRegex(@"^with(?:out)? the graph: test accuracy (\d+\.\d\d) %$")]
    private static partial Regex Result();
}

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>What docs/autograd.md shows is what happens.</summary>
public sealed class DocumentationTests
{
    [Test]
    public void The_examples_print_what_the_page_says()
    {
        var x = GradientTensor.From([1f, 2f, 3f], requiresGrad: true);
        var y = (x * x).Sum();
        y.Backward();
        Assert.That(Page(), Does.Contain($"Console.WriteLine(x.Grad);                       // {x.Grad}"));
        Assert.That(Page(), Does.Contain(Assert.Throws<TapeException>(() => y.Backward())!.Message));

        var t = GradientTensor.From([2f], requiresGrad: true);
        var cube = t.Pow(3).Sum();
        var first = Tape.Gradients(outputs: cube, inputs: [t], createGraph: true)[0];
        first.Pow(2).Sum().Backward();
        Assert.That(Page(), Does.Contain(string.Create(CultureInfo.InvariantCulture, $"// {first.Item()} {t.Grad!.Item()}    (3t²")));

        var input = GradientTensor.Randn([8, 16], seed: 1, requiresGrad: true);
        Tape.Checkpoint(a => a.Sin().Exp().Tanh(), input).Sum().Backward();
        Assert.That(input.Grad!.Shape, Is.EqualTo(input.Shape));

        var w = GradientTensor.From([2f], requiresGrad: true);
        var product = w * x;
        using (Tape.NoGrad()) x.Fill(0);
        Shows(Assert.Throws<TapeException>(() => product.Sum().Backward())!.Message);

        using (Tape.DetectAnomaly())
        {
            var z = GradientTensor.From([-1f, 4f], requiresGrad: true);
            Shows(Assert.Throws<TapeException>(() => z.Sqrt().Sum().Backward())!.Message);
        }
    }

    /// <summary>The page quotes the beginning of the message, up to an ellipsis.</summary>
    private static void Shows(string message)
    {
        var quotes = Regex.Matches(Page(), "TapeException: (.*?) …").Select(match => match.Groups[1].Value);
        Assert.That(quotes.Any(quote => message.StartsWith(quote, StringComparison.Ordinal)), message);
    }

    private static string Page([CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/autograd.md"));
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Gradient.Samples.Tests;

public partial class RegressionSampleTests : SampleFixture
{
    [Test]
    public void It_learns_how_long_a_pendulum_swings_and_shows_a_report()
    {
        string report = Samples.File("report.html");
        var (exit, output, error) = Samples.Run("Regression", "--epochs", "40", "--report", report);
        Assert.That(exit, Is.Zero, error);
        Assert.That(output[0], Does.StartWith("period from length, angle, mass").And.Contain("800 rows to train on, 200 to test on"));
        var (rmse, r2) = Result(output[^1]);
        Assert.That(r2, Is.GreaterThan(0.99));
        Assert.That(rmse, Is.InRange(0.004, 0.05), "the measurements themselves are off by 0.005");
        Assert.That(File.ReadAllText(report), Does.Contain("<svg").And.Contain("rmse"));
    }

    [Test]
    public void The_table_is_what_its_formula_and_seed_give()
    {
        string made = Samples.File("made.csv");
        Assert.That(Samples.Run("Regression", "--measure", made).ExitCode, Is.Zero);
        string[] expected = File.ReadAllLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "pendulum.csv")), lines = File.ReadAllLines(made);
        Assert.That(lines, Is.EqualTo(expected));

        // A small swing takes 2π√(l/g), with the first two terms of the series for larger ones.
        var small = lines.Skip(1).Select(line => line.Split(',').Select(field => double.Parse(field, CultureInfo.InvariantCulture)).ToArray())
            .Where(row => row[1] < 40).ToArray();
        Assert.That(small, Has.Length.GreaterThan(100));
        foreach (double[] row in small)
        {
            double angle = row[1] * Math.PI / 180;
            double period = 2 * Math.PI * Math.Sqrt(row[0] / 9.81) * (1 + (angle * angle / 16) + (11 * Math.Pow(angle, 4) / 3072));
            Assert.That(row[3], Is.EqualTo(period).Within(0.025), "five times the error of a measurement");
        }
    }

    [Test]
    public void A_table_of_ones_own_with_any_target()
    {
        string table = Samples.File("own.csv");
        File.WriteAllLines(table, ["b,a,same", .. Enumerable.Range(0, 200).Select(i => $"{(1000 * (i % 20)) + 500},{i % 20},7")]);
        var (exit, output, error) = Samples.Run("Regression", "--data", table, "--target", "b", "--epochs", "60");
        Assert.That(exit, Is.Zero, error);
        Assert.That(output[0], Does.StartWith("b from a, same"));
        Assert.That(Result(output[^1]).R2, Is.GreaterThan(0.99));

        (exit, _, error) = Samples.Run("Regression", "--data", table, "--target", "c");
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(error, Does.Contain("'c'").And.Not.Contain("   at "));
    }

    [Test]
    public void Stopped_and_resumed_it_saves_the_same_bytes()
    {
        string whole = Samples.File("whole.safetensors"), resumed = Samples.File("resumed.safetensors"), runs = Samples.File("runs");
        Assert.That(Samples.Run("Regression", "--epochs", "4", "--save", whole).ExitCode, Is.Zero);
        Assert.That(Samples.Run("Regression", "--epochs", "4", "--checkpoint", runs, "--stop-after", "61").ExitCode, Is.Zero);
        var (exit, _, error) = Samples.Run("Regression", "--epochs", "4", "--checkpoint", runs, "--resume", "--save", resumed);
        Assert.That(exit, Is.Zero, error);
        Assert.That(File.ReadAllBytes(resumed), Is.EqualTo(File.ReadAllBytes(whole)));
    }

    private static (double Rmse, double R2) Result(string line)
    {
        var match = LastLine().Match(line);
        Assert.That(match.Success, Is.True, line);
        return (double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^test error of \w+ (\d+\.\d+) \(root mean square\), R² (-?\d+\.\d+)$")]
    private static partial Regex LastLine();
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Gradient.Samples.Tests;

public partial class MnistSampleTests : SampleFixture
{
    [Test]
    public void Offline_without_data_it_draws_digits_and_learns_them()
    {
        string weights = Samples.File("mnist.safetensors");
        var (exit, output, error) = Samples.Run("Mnist", "--epochs", "1", "--save", weights);
        Assert.That(exit, Is.Zero, error);
        Assert.That(output, Has.Some.Contains("digits drawn by this program"));
        double accuracy = Accuracy(output[^1], of: 1_000);
        Assert.That(accuracy, Is.GreaterThan(90));

        // What was saved reads digits as well, without any training.
        (exit, output, error) = Samples.Run("Mnist", "--epochs", "0", "--load", weights);
        Assert.That(exit, Is.Zero, error);
        Assert.That(Accuracy(output[^1], of: 1_000), Is.EqualTo(accuracy));
    }

    [Test]
    public void The_same_seed_prints_the_same_accuracy()
    {
        string directory = SmallMnist();
        string Last(string seed) => Samples.Run("Mnist", "--data", directory, "--epochs", "1", "--batch", "16", "--seed", seed).Output[^1];
        Assert.That(Last("7"), Is.EqualTo(Last("7")));
    }

    [Test]
    public void Without_train_files_the_last_tenth_of_the_test_files_is_kept_for_the_test()
    {
        var (exit, output, error) = Samples.Run("Mnist", "--data", SmallMnist(), "--epochs", "1");
        Assert.That(exit, Is.Zero, error);
        Assert.That(output, Has.Some.Contains("first 180 test images, testing on the last 20"));
        Accuracy(output[^1], of: 20);
    }

    [Test]
    public void On_metal_it_learns_what_it_learns_on_the_processor()
    {
        Gradient.Backend.Metal.Tests.SoftMetal.RequireDevice();
        string directory = SmallMnist();
        (double Loss, double Accuracy) Train(string device)
        {
            var (exit, output, error) = Samples.Run("Mnist", "--data", directory, "--limit", "40", "--batch", "8", "--epochs", "1", "--device", device);
            Assert.That(exit, Is.Zero, error);
            Assert.That(output, Has.Some.Contains($"parameters on {device}, 40 images to train on, 20 to test on"));
            return (double.Parse(EpochLoss().Match(output[^2]).Groups[1].Value, CultureInfo.InvariantCulture), Accuracy(output[^1], of: 20));
        }

        var (expected, actual) = (Train("cpu"), Train("metal"));
        Assert.That(actual.Loss, Is.EqualTo(expected.Loss).Within(expected.Loss < 1 ? 2e-4 : 2e-3), "four digits are printed");
        Assert.That(actual.Accuracy, Is.EqualTo(expected.Accuracy));
    }

    [Test]
    public void On_a_terminal_a_bar_moves()
    {
        var (exit, output, _) = Samples.RunOnTerminal("Mnist", $"--data '{SmallMnist()}' --epochs 2");
        Assert.That(exit, Is.Zero, string.Join('\n', output));
        Assert.That(output, Has.Some.Contains("\u2501"), "the bar");
        Assert.That(output, Has.Some.Contains("examples/s"));
        Accuracy(output[^1], of: 20);
    }

    [Test]
    public void Stopped_in_the_middle_of_an_epoch_and_resumed_it_saves_the_same_bytes()
    {
        string[] training = ["--data", SmallMnist(), "--epochs", "3", "--batch", "16"]; // 12 steps an epoch
        string whole = Samples.File("whole.safetensors"), resumed = Samples.File("resumed.safetensors"), runs = Samples.File("runs");
        Assert.That(Samples.Run("Mnist", [.. training, "--save", whole]).ExitCode, Is.Zero);

        var (exit, output, error) = Samples.Run("Mnist", [.. training, "--save", resumed, "--checkpoint", runs, "--stop-after", "17"]);
        Assert.That(exit, Is.Zero, error);
        Assert.That(output, Has.Some.Contains("stopped after step 17"));
        Assert.That(File.Exists(resumed), Is.False, "it ended as if interrupted");
        Assert.That(Directory.GetDirectories(runs).Select(Path.GetFileName), Does.Contain("step-00000017"));

        string report = Samples.File("report.html");
        (exit, output, error) = Samples.Run("Mnist", [.. training, "--save", resumed, "--checkpoint", runs, "--resume", "--report", report]);
        Assert.That(exit, Is.Zero, error);
        Assert.That(output, Has.Some.Contains("going on after step 17"));
        Assert.That(File.ReadAllBytes(resumed), Is.EqualTo(File.ReadAllBytes(whole)));
        Assert.That(File.ReadAllText(report), Does.Contain("<svg").And.Contain("validation"));

        // A new training does not mix its checkpoints with those of another.
        (exit, _, error) = Samples.Run("Mnist", [.. training, "--checkpoint", runs]);
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(error, Does.Contain("step 36").And.Contain("step 0"));
    }

    [TestCase("--data", "nowhere", "t10k-images-idx3-ubyte")]
    [TestCase("--load", "nowhere.safetensors", "nowhere.safetensors")]
    [TestCase("--batch", "0", "--batch must be 1 or more")]
    [TestCase("--epochs", "many", "many")]
    [TestCase("--device", "abacus", "abacus")]
    [TestCase("--stop-after", "3", "--checkpoint DIR")]
    [TestCase("--checkpoint", "nowhere --resume", "nowhere")]
    public void Mistakes_are_named_and_end_with_an_exit_code(string option, string value, string named)
    {
        string[] arguments = option == "--data" ? [option, value] : [option, .. value.Split(' '), "--data", SmallMnist()];
        var (exit, output, error) = Samples.Run("Mnist", arguments);
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(error + string.Concat(output), Does.Contain(named));
        Assert.That(error, Does.Not.Contain("   at "), "a message, not a stack trace");
    }

    /// <summary>200 images in the files of the test set: a bar whose place is the digit.</summary>
    private string SmallMnist()
    {
        string directory = Samples.File("small");
        Directory.CreateDirectory(directory);
        var images = new List<byte> { 0, 0, 8, 3, 0, 0, 0, 200, 0, 0, 0, 28, 0, 0, 0, 28 };
        var labels = new List<byte> { 0, 0, 8, 1, 0, 0, 0, 200 };
        for (int i = 0; i < 200; i++)
        {
            labels.Add((byte)(i % 10));
            for (int pixel = 0; pixel < 784; pixel++) images.Add(pixel % 28 / 2 == (i % 10) + 1 ? (byte)255 : (byte)0);
        }

        File.WriteAllBytes(Path.Combine(directory, "t10k-images-idx3-ubyte"), [.. images]);
        File.WriteAllBytes(Path.Combine(directory, "t10k-labels-idx1-ubyte"), [.. labels]);
        return directory;
    }

    private static double Accuracy(string lastLine, int of)
    {
        var match = LastLine().Match(lastLine);
        Assert.That(match.Success, Is.True, lastLine);
        Assert.That(int.Parse(match.Groups[3].Value), Is.EqualTo(of));
        double accuracy = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.That(accuracy, Is.EqualTo(100.0 * int.Parse(match.Groups[2].Value) / of).Within(0.005));
        return accuracy;
    }

    [GeneratedRegex(@"^test accuracy (\d+\.\d\d) % \((\d+)/(\d+)\)$")]
    private static partial Regex LastLine();

    [GeneratedRegex(@"^epoch 1/1  loss (\d+\.\d+) ")]
    private static partial Regex EpochLoss();
}

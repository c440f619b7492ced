using System.Globalization;

namespace Gradient.Samples.Tests;

public class CharGptSampleTests : SampleFixture
{
    private const string Sentence = "the quick brown fox jumps over the lazy dog and runs away. ";

    [Test]
    public void It_learns_a_sentence_saves_itself_and_writes()
    {
        string text = Samples.File("text.txt"), weights = Samples.File("gpt.safetensors");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat(Sentence, 40)));
        var (exit, output, error) = Samples.Run("CharGpt", "--data", text, "--steps", "0", "--generate", "0");
        Assert.That(exit, Is.Zero, error);
        double before = Loss(output[^1]);

        (exit, output, error) = Samples.Run("CharGpt", "--data", text, "--steps", "40", "--batch", "8", "--generate", "30", "--save", weights);
        Assert.That(exit, Is.Zero, error);
        double after = Loss(output[^1]);
        Assert.That(after, Is.LessThan(before / 2), "ln 28 = 3.3 would be guessing");
        Assert.That(output[^2], Has.Length.GreaterThan(10), "some text");

        (exit, output, error) = Samples.Run("CharGpt", "--data", text, "--steps", "0", "--generate", "0", "--init", weights);
        Assert.That(exit, Is.Zero, error);
        Assert.That(Loss(output[^1]), Is.EqualTo(after));
    }

    [Test]
    public void Stopped_and_resumed_it_saves_the_same_bytes()
    {
        string text = Samples.File("text.txt"), whole = Samples.File("whole.safetensors"), resumed = Samples.File("resumed.safetensors"), runs = Samples.File("runs");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat(Sentence, 40)));
        string[] training = ["--data", text, "--steps", "12", "--batch", "4", "--generate", "0"];
        Assert.That(Samples.Run("CharGpt", [.. training, "--save", whole]).ExitCode, Is.Zero);
        Assert.That(Samples.Run("CharGpt", [.. training, "--save", resumed, "--checkpoint", runs, "--stop-after", "7"]).ExitCode, Is.Zero);
        Assert.That(File.Exists(resumed), Is.False);
        var (exit, _, error) = Samples.Run("CharGpt", [.. training, "--save", resumed, "--checkpoint", runs, "--resume"]);
        Assert.That(exit, Is.Zero, error);
        Assert.That(File.ReadAllBytes(resumed), Is.EqualTo(File.ReadAllBytes(whole)));
    }

    [Test]
    public void On_metal_it_learns_what_it_learns_on_the_processor()
    {
        Gradient.Backend.Metal.Tests.SoftMetal.RequireDevice();
        string text = Samples.File("text.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat(Sentence, 40)));
        double Train(string device)
        {
            var (exit, output, error) = Samples.Run(
                "CharGpt", "--data", text, "--limit", "800", "--steps", "3", "--batch", "2", "--generate", "2", "--device", device);
            Assert.That(exit, Is.Zero, error);
            Assert.That(output[0], Does.Contain($"on {device}, 800 characters"));
            return Loss(output[^1]);
        }

        Assert.That(Train("metal"), Is.EqualTo(Train("cpu")).Within(3e-4), "four digits are printed");
    }

    [Test]
    public void Weights_of_another_model_are_refused_by_name()
    {
        string text = Samples.File("text.txt"), weights = Samples.File("gpt.safetensors");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat(Sentence, 40)));
        Samples.Run("CharGpt", "--data", text, "--steps", "0", "--generate", "0", "--save", weights);
        File.WriteAllText(text, string.Concat(Enumerable.Repeat(Sentence + "!?", 40)));
        var (exit, _, error) = Samples.Run("CharGpt", "--data", text, "--steps", "0", "--load", weights);
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(error, Does.Contain("head.weight").And.Contain("tok.weight").And.Not.Contain("   at "));
    }

    private static double Loss(string line)
    {
        Assert.That(line, Does.StartWith("validation loss "));
        return double.Parse(line["validation loss ".Length..], CultureInfo.InvariantCulture);
    }
}

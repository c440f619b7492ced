using Gradient.Core;
using Gradient.Data;
using MnistFiles = Gradient.Data.Mnist;

namespace Gradient.Samples.Mnist;

/// <summary>Finds images: in the folder given, in data/mnist, on the network; and draws them where there are none.</summary>
internal static class Digits
{
    private const string Usual = "data/mnist";

    /// <summary>What to train on, what to test on, and a sentence about where it comes from.</summary>
    public static (Dataset Train, Dataset Test, string Source) Find(string? directory, long seed)
    {
        if (directory is not null) return Load(directory);
        if (MnistFiles.Exists(Usual, train: false)) return Load(Usual);
        try
        {
            Console.WriteLine($"no files in {Usual}; downloading MNIST (11.6 MB)");
            MnistFiles.Download(Usual);
            return Load(Usual);
        }
        catch (IOException e)
        {
            Console.WriteLine(e.Message);
            var drawn = SyntheticDigits.Create(11_000, seed);
            return (drawn.Take(10_000), drawn.Skip(10_000), "offline, and no MNIST files: training on digits drawn by this program");
        }
    }

    private static (Dataset Train, Dataset Test, string Source) Load(string directory)
    {
        var test = MnistFiles.Load(directory, train: false);
        if (MnistFiles.Exists(directory, train: true)) return (MnistFiles.Load(directory, train: true), test, $"MNIST from {directory}");
        int held = test.Count / 10;
        return (test.Take(test.Count - held), test.Skip(test.Count - held),
            $"MNIST from {directory}, without its train files: training on the first {test.Count - held:N0} test images, testing on the last {held:N0}");
    }
}

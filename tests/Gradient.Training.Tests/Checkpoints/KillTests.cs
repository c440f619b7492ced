using System.Diagnostics;
using Gradient.Data;
using Gradient.Nn;

namespace Gradient.Training.Tests.Checkpoints;

/// <summary>
/// Real processes, killed without warning (SIGKILL) at random moments: no checkpoint is ever unreadable, none goes back, and what the training ends with is what it would
/// have ended with.
/// </summary>
public sealed class KillTests : CheckpointFixture
{
    private const int Kills = 50;

    [Test]
    public async Task Killed_fifty_times_it_ends_with_the_same_bits()
    {
        var random = new Random(20);
        long step = 0, verified = 0, inTheMiddle = 0, progress = 0;
        var manager = new CheckpointManager(Runs);
        for (int kill = 0; kill < Kills; kill++)
        {
            using (var process = Start(Runs, until: 1_000_000))
            {
                // Some while the process starts and reads; most while it trains and writes, a moment after a save was begun. Moments are of all lengths,
                // as a busy machine may stretch a save a hundredfold.
                if (kill % 10 != 9)
                {
                    Assert.That(await process.StandardOutput.ReadLineAsync(), Is.EqualTo($"at step {step}"));
                    for (int saves = random.Next(1, 5); saves > 0; saves--) Assert.That(await process.StandardOutput.ReadLineAsync(), Does.StartWith("saving"));
                }

                await Task.Delay(random.Next(1 << random.Next(2, 9)));
                Assert.That(process.HasExited, Is.False);
                process.Kill();
                await process.WaitForExitAsync();
            }

            var list = manager.List();
            foreach (var info in list) info.Verify();
            verified += list.Count;
            if (!Directory.Exists(Runs)) continue;
            string[] names = [.. Directory.GetDirectories(Runs).Select(path => Path.GetFileName(path))];
            if (names.Any(name => name.EndsWith(".tmp", StringComparison.Ordinal))) inTheMiddle++;
            Assert.That(names.Count(name => !name.EndsWith(".tmp", StringComparison.Ordinal)), Is.EqualTo(list.Count), "every folder of a checkpoint is one");
            long latest = manager.LoadLatest()?.Step ?? 0;
            Assert.That(latest, Is.GreaterThanOrEqualTo(step));
            if (latest > step) progress++;
            step = latest;
        }

        TestContext.Out.WriteLine($"{Kills} kills: {verified} checkpoints verified, {inTheMiddle} times in the middle of a save or a removal, {progress} times with progress, up to step {step}");
        Assert.That(inTheMiddle, Is.Positive, "or the test would show little");
        Assert.That(progress, Is.GreaterThan(20));

        long end = step + 5;
        string interrupted = await Finish(Runs, end, every: 1), whole = await Finish(File("whole"), end, every: end);
        Assert.That(interrupted, Is.EqualTo(whole));
        Assert.That(ModelBytes(manager), Is.EqualTo(ModelBytes(new(File("whole")))));
    }

    private byte[] ModelBytes(CheckpointManager manager)
    {
        using var training = new SmallTraining();
        training.Restore(manager.LoadLatest()!);
        training.Model.Save(File("model.safetensors"));
        return System.IO.File.ReadAllBytes(File("model.safetensors"));
    }

    /// <summary>Trains to the end, and returns the hash of every bit there.</summary>
    private static async Task<string> Finish(string runs, long until, long every)
    {
        using var process = Start(runs, until, every);
        string output = await process.StandardOutput.ReadToEndAsync(), error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Trim();
    }

    private static Process Start(string runs, long until, long every = 1) =>
        Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(KillTests).Assembly.Location, "train", runs, $"{until}", $"{every}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}

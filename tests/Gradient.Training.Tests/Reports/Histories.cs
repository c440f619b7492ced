namespace Gradient.Training.Tests;

/// <summary>Histories made up for the tests of reports.</summary>
internal static class Histories
{
    public static TrainingHistory Empty() => new(new TrainingState());

    /// <summary>Records at each tenth step, three epochs of 40 steps, a validation at step 25 between records; numbers that need all their digits.</summary>
    public static TrainingHistory Small()
    {
        var history = new TrainingHistory(new TrainingState { BestMetric = 1.0 / 3, BestStep = 80, SkippedSteps = 2, StopReason = "cancelled, by \"someone\"" });
        for (int i = 1; i <= 12; i++)
            history.Add(new TrainingRecord(
                i * 10, (i - 1) / 4, i == 5 ? double.NaN : 2 / (i + 1.0 / 3), 0.1 / i, i == 6 ? double.PositiveInfinity : Math.Sqrt(i), i < 4 ? null : 65536,
                1_000_000_000L + i, 1234.5 / i, TimeSpan.FromTicks(1234567 * i)));
        history.Add(new ValidationRecord(25, 0, 0.7, new Dictionary<string, double> { ["top 5, \"all\""] = 0.1 }));
        for (int epoch = 0; epoch < 3; epoch++)
        {
            var metrics = new Dictionary<string, double> { ["accuracy"] = 1 - (1 / (epoch + 3.0)) };
            history.Add(new ValidationRecord((epoch + 1) * 40, epoch, 1 / (epoch + 2.0), metrics));
            history.Add(new EpochRecord(
                epoch, (epoch + 1) * 40, 0.9 / (epoch + 1), new Dictionary<string, double> { ["accuracy"] = 0.9 }, 1 / (epoch + 2.0), metrics, TimeSpan.FromTicks(7654321)));
        }

        history.ConfusionMatrix = new long[,] { { 50, 3 }, { 0, 47 } };
        history.ClassNames = ["<cat> & dog", "dog"];
        history.Tell("model", "Sequential<script>");
        history.Tell("seed", "1");
        return history;
    }

    /// <summary>So many records with one spike and one hole.</summary>
    public static TrainingHistory Long(int count)
    {
        var history = Empty();
        for (int i = 1; i <= count; i++)
        {
            double loss = i == count / 3 ? 50 : i == count / 2 ? double.NaN : 3 + Math.Sin(i * 0.7) + Math.Cos(i * 0.001);
            history.Add(new TrainingRecord(i, 0, loss, 1e-3 * Math.Pow(1e-3, (double)i / count), 1, null, 1 << 20, 100, TimeSpan.FromSeconds(i)));
        }

        return history;
    }
}

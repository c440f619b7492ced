using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Training.Tests.Metrics;

/// <summary>Predictions and targets as plain numbers, and their way through a metric in batches of different sizes.</summary>
internal static class Batches
{
    private static readonly int[] Sizes = [7, 1, 30, 19];

    /// <summary>How many examples there are.</summary>
    public static int Count => Sizes.Sum();

    /// <summary>The metric over all rows, in batches of 7, 1, 30 and 19.</summary>
    public static double Over(Metric metric, GradientTensor prediction, GradientTensor target)
    {
        int start = 0;
        foreach (int size in Sizes)
        {
            metric.Update(prediction[start..(start + size)], target[start..(start + size)]);
            start += size;
        }

        return metric.Compute();
    }

    /// <summary>Scores with many ties: multiples of a quarter.</summary>
    public static GradientTensor Scores(int columns, long seed) => (GradientTensor.Randn([Count, columns], seed) * 4).Round() / 4;

    public static double[][] Rows(GradientTensor x)
    {
        double[] all = x.To(DType.Float64).ToArray<double>();
        int columns = (int)(x.ElementCount / x.Shape[0]);
        return [.. all.Chunk(columns)];
    }
}

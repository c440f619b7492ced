namespace Gradient.Autograd.Tests;

/// <summary>Layers as plain loops over doubles, written from their definitions for the tests.</summary>
internal static class Reference
{
    public readonly record struct Window(int Kernel, int Stride, int Padding, int Dilation)
    {
        public int Output(int length) => ((length + (2 * Padding) - (Dilation * (Kernel - 1)) - 1) / Stride) + 1;
    }

    public static double[] Conv2d(
        double[] x, int batch, int height, int width, int inputs, double[] w, double[]? bias, int outputs, int groups, Window rows, Window columns)
    {
        int oh = rows.Output(height), ow = columns.Output(width), groupIn = inputs / groups, groupOut = outputs / groups;
        var y = new double[batch * oh * ow * outputs];
        for (int b = 0; b < batch; b++)
            for (int i = 0; i < oh; i++)
                for (int j = 0; j < ow; j++)
                    for (int o = 0; o < outputs; o++)
                    {
                        double sum = bias?[o] ?? 0;
                        for (int p = 0; p < rows.Kernel; p++)
                            for (int q = 0; q < columns.Kernel; q++)
                                for (int c = 0; c < groupIn; c++)
                                {
                                    int r = (i * rows.Stride) - rows.Padding + (p * rows.Dilation), s = (j * columns.Stride) - columns.Padding + (q * columns.Dilation);
                                    if (r < 0 || r >= height || s < 0 || s >= width) continue;
                                    sum += x[(((((b * height) + r) * width) + s) * inputs) + (o / groupOut * groupIn) + c]
                                        * w[(((((p * columns.Kernel) + q) * groupIn) + c) * outputs) + o];
                                }

                        y[(((((b * oh) + i) * ow) + j) * outputs) + o] = sum;
                    }

        return y;
    }

    /// <summary>Each input element adds its kernel to the output. w is [kh, kw, outputs/groups, inputs].</summary>
    public static double[] ConvTranspose2d(
        double[] x, int batch, int height, int width, int inputs, double[] w, int outputs, int groups, Window rows, Window columns, int oh, int ow)
    {
        int groupIn = inputs / groups, groupOut = outputs / groups;
        var y = new double[batch * oh * ow * outputs];
        for (int b = 0; b < batch; b++)
            for (int i = 0; i < height; i++)
                for (int j = 0; j < width; j++)
                    for (int c = 0; c < inputs; c++)
                        for (int p = 0; p < rows.Kernel; p++)
                            for (int q = 0; q < columns.Kernel; q++)
                                for (int o = 0; o < groupOut; o++)
                                {
                                    int r = (i * rows.Stride) - rows.Padding + (p * rows.Dilation), s = (j * columns.Stride) - columns.Padding + (q * columns.Dilation);
                                    if (r < 0 || r >= oh || s < 0 || s >= ow) continue;
                                    y[(((((b * oh) + r) * ow) + s) * outputs) + (c / groupIn * groupOut) + o] +=
                                        x[(((((b * height) + i) * width) + j) * inputs) + c] * w[(((((p * columns.Kernel) + q) * groupOut) + o) * inputs) + c];
                                }

        return y;
    }

    /// <summary>(x − mean)/√(variance + ε) over the elements that share a key.</summary>
    public static double[] Normalize(double[] x, Func<int, int> key, double epsilon, bool centered = true)
    {
        var groups = Enumerable.Range(0, x.Length).GroupBy(key);
        var y = new double[x.Length];
        foreach (var group in groups)
        {
            double mean = centered ? group.Average(i => x[i]) : 0;
            double variance = group.Average(i => (x[i] - mean) * (x[i] - mean));
            foreach (int i in group) y[i] = (x[i] - mean) / Math.Sqrt(variance + epsilon);
        }

        return y;
    }

    /// <summary>One head: [queries, width], [keys, width], [keys, valueWidth].</summary>
    public static double[] Attention(double[] q, double[] k, double[] v, int queries, int keys, int width, int valueWidth, Func<int, int, bool> seen)
    {
        var y = new double[queries * valueWidth];
        for (int i = 0; i < queries; i++)
        {
            var weights = new double[keys];
            for (int j = 0; j < keys; j++)
            {
                double score = 0;
                for (int c = 0; c < width; c++) score += q[(i * width) + c] * k[(j * width) + c];
                weights[j] = seen(i, j) ? Math.Exp(score / Math.Sqrt(width)) : 0;
            }

            double total = weights.Sum();
            for (int j = 0; j < keys; j++)
                for (int c = 0; c < valueWidth; c++) y[(i * valueWidth) + c] += weights[j] / total * v[(j * valueWidth) + c];
        }

        return y;
    }
}

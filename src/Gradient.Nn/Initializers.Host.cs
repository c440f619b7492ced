namespace Gradient.Nn;

public static partial class Initializers
{
    /// <summary>
    /// Normal, but only values between two bounds: those outside are drawn again. Computed on the host.
    /// </summary>
    /// <param name="tensor">Overwritten.</param>
    /// <param name="mean">Of the distribution before it is cut.</param>
    /// <param name="standardDeviation">Of the distribution before it is cut.</param>
    /// <param name="low">The lower bound, as a value; −2 as in PyTorch.</param>
    /// <param name="high">The upper bound, as a value; 2 as in PyTorch.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bounds enclose nothing, or the deviation is not above 0.</exception>
    public static GradientTensor TruncatedNormal(
        GradientTensor tensor, double mean = 0, double standardDeviation = 1, double low = -2, double high = 2)
    {
        if (!(low < high)) throw new ArgumentOutOfRangeException(nameof(high), high, $"The bounds {low} and {high} enclose nothing.");
        if (!(standardDeviation > 0))
            throw new ArgumentOutOfRangeException(nameof(standardDeviation), standardDeviation, "The standard deviation must be above 0.");
        double a = (low - mean) / standardDeviation, b = (high - mean) / standardDeviation;
        // The density outside of 9 deviations from its peak in [a, b] is below what a double of this size can show.
        double peak = Math.Clamp(0, a, b);
        (a, b) = (Math.Max(a, peak - 9), Math.Min(b, peak + 9));
        var values = new double[tensor.ElementCount];
        var numbers = new HostRandom();
        for (int i = 0; i < values.Length; i++) values[i] = Math.Clamp(mean + (standardDeviation * Draw()), low, high);
        return Assign(tensor, values);

        // Rejection (Robert, Simulation of Truncated Normal Variables, 1995): propose evenly, accept by the density relative to its peak.
        double Draw()
        {
            while (true)
            {
                double x = a + ((b - a) * numbers.Next());
                if (numbers.Next() <= Math.Exp(((peak * peak) - (x * x)) / 2)) return x;
            }
        }
    }

    /// <summary>
    /// A matrix with orthonormal columns, or rows if it has fewer rows than columns, times a gain; axes in front of the last count as
    /// rows (Saxe, McClelland, Ganguli, Exact Solutions to the Nonlinear Dynamics of Learning, 2014). Computed on the host.
    /// </summary>
    /// <exception cref="ShapeMismatchException">The tensor has fewer than two axes.</exception>
    public static GradientTensor Orthogonal(GradientTensor tensor, double gain = 1)
    {
        _ = Fans(tensor.Shape);
        int columns = (int)tensor.Shape[-1], rows = columns == 0 ? 0 : (int)(tensor.ElementCount / columns);
        int count = Math.Min(rows, columns), length = Math.Max(rows, columns);
        var numbers = new HostRandom();
        var basis = new double[count][];
        for (int i = 0; i < count; i++)
        {
            var vector = basis[i] = new double[length];
            for (int j = 0; j < length; j++) vector[j] = numbers.NextNormal();
            // Gram-Schmidt, twice: once leaves errors that grow with the condition ("twice is enough", Kahan).
            // Its diagonal is positive, so the result is distributed evenly over all orthogonal matrices (Mezzadri, 2007).
            for (int pass = 0; pass < 2; pass++)
                for (int k = 0; k < i; k++) Subtract(vector, basis[k]);
            double norm = Math.Sqrt(Dot(vector, vector));
            for (int j = 0; j < length; j++) vector[j] /= norm;
        }

        var values = new double[tensor.ElementCount];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
                values[((long)row * columns) + column] = gain * (rows >= columns ? basis[column][row] : basis[row][column]);
        return Assign(tensor, values);
    }

    private static GradientTensor Assign(GradientTensor tensor, double[] values)
    {
        var host = Tensor.From<double>(values, tensor.Shape, Devices.Cpu);
        // In two steps: another device may not have Float64.
        tensor.Value.CopyFrom(host.To(tensor.DType));
        return tensor;
    }

    private static double Dot(double[] a, double[] b) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(a, b);

    private static void Subtract(double[] vector, double[] direction)
    {
        double along = Dot(vector, direction);
        for (int i = 0; i < vector.Length; i++) vector[i] -= along * direction[i];
    }

    /// <summary>Numbers of <see cref="RandomNumbers.Default"/> one by one.</summary>
    private sealed class HostRandom
    {
        private Philox.Block block;
        private int used = 2;

        /// <summary>Uniform in [0, 1), of 53 random bits.</summary>
        public double Next()
        {
            if (used == 2)
            {
                var (seed, offset) = RandomNumbers.Default.Take(4);
                (block, used) = (Philox.At(seed, offset), 0);
            }

            var (high, low) = used++ == 0 ? (block.X0, block.X1) : (block.X2, block.X3);
            return ((((ulong)high << 32) | low) >> 11) * (1.0 / (1UL << 53));
        }

        /// <summary>Standard normal (Box, Muller, 1958).</summary>
        public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - Next())) * Math.Cos(2 * Math.PI * Next());
    }
}

namespace Gradient.Goldens;

/// <summary>A tensor of a golden file, its values widened to Float64 (indices included).</summary>
internal sealed record GoldenTensor(string Key, long[] Shape, double[] Values, bool IsFloatingPoint)
{
    /// <summary>The largest magnitude; 0 for an empty tensor.</summary>
    public double Largest
    {
        get
        {
            double largest = 0;
            foreach (double value in Values)
                largest = Math.Max(largest, Math.Abs(value));
            return largest;
        }
    }
}

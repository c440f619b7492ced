using System.Globalization;

namespace Gradient.Conformance.Tests;

/// <summary>Compares a result with its reference.</summary>
public static class Compare
{
    /// <summary>
    /// Fails unless each element differs by at most tolerance·(1 + |expected|), NaN meets NaN and infinities are equal.
    /// </summary>
    public static void Near(Values expected, Values actual, double tolerance, string what)
    {
        Assert.That(actual.Shape, Is.EqualTo(expected.Shape), $"{what}: shape");
        for (int i = 0; i < expected.Data.Length; i++)
        {
            double want = expected.Data[i], got = actual.Data[i];
            if (double.IsNaN(want) ? double.IsNaN(got) : want == got) continue;
            if (double.IsFinite(want) && Math.Abs(want - got) <= tolerance * (1 + Math.Abs(want))) continue;
            Assert.Fail(string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: element {i} of [{string.Join(", ", expected.Shape)}] is {got:R}, expected {want:R} within {tolerance:G2}·(1 + |x|)"));
        }
    }
}

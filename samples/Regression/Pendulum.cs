using System.Globalization;
using System.Text;
using Gradient.Core;

namespace Gradient.Samples.Regression;

/// <summary>
/// Where pendulum.csv comes from: a thousand pendulums, whose period was measured to about five milliseconds. It is
/// T = 2π·√(length/g) / AGM(1, cos(angle/2)) exactly (Gauss's arithmetic-geometric mean; angle is where it is let go); the mass does not matter.
/// </summary>
internal static class Pendulum
{
    private const double G = 9.81, Error = 0.005;

    /// <summary>The table, a function of the seed: seed 1 gives the file beside this one.</summary>
    public static string Measure(int count, long seed)
    {
        var text = new StringBuilder("length,angle,mass,period\n"); // in m, degrees, kg, s
        for (int i = 0; i < count; i++)
        {
            var place = Philox.At(unchecked((ulong)seed), 2 * (ulong)i);
            var luck = Philox.At(unchecked((ulong)seed), (2 * (ulong)i) + 1);
            double length = Math.Round(0.2 + (1.8 * Philox.ToUnit(place.X0)), 3);
            double angle = Math.Round(5 + (115 * Philox.ToUnit(place.X1)), 1);
            double mass = Math.Round(0.05 + (0.95 * Philox.ToUnit(place.X2)), 3);
            double period = Period(length, angle * Math.PI / 180) + (Error * Philox.ToNormal(luck.X0, luck.X1).First);
            text.Append(CultureInfo.InvariantCulture, $"{length:0.000},{angle:0.0},{mass:0.000},{period:0.000}\n");
        }

        return text.ToString();
    }

    private static double Period(double length, double angle)
    {
        (double a, double b) = (1, Math.Cos(angle / 2));
        while (a - b > 1e-12) (a, b) = ((a + b) / 2, Math.Sqrt(a * b));
        return 2 * Math.PI * Math.Sqrt(length / G) / a;
    }
}

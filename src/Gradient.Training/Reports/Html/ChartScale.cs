using System.Globalization;

namespace Gradient.Training;

/// <summary>A place on an axis and what is written there.</summary>
internal readonly record struct Tick(double Value, string Label);

/// <summary>How an axis is chosen by its values.</summary>
internal enum ScaleKind
{
    /// <summary>By decades if the middle four fifths of the values span two or more: a cosine's end near zero does not count.</summary>
    Spread,

    /// <summary>By decades if the values fall from the greatest to their lowest tenth by a factor of 20: losses do so in their first steps.</summary>
    Falling,

    /// <summary>Linear, with zero on it.</summary>
    FromZero,
}

/// <summary>An axis: which values it spans, linearly or by decades, and where its ticks are.</summary>
internal sealed class ChartScale
{
    private ChartScale(double minimum, double maximum, bool logarithmic, IReadOnlyList<Tick> ticks) =>
        (Minimum, Maximum, Logarithmic, Ticks) = (minimum, maximum, logarithmic, ticks);

    public double Minimum { get; }

    public double Maximum { get; }

    public bool Logarithmic { get; }

    public IReadOnlyList<Tick> Ticks { get; }

    /// <summary>Whether a value has a place on an axis: NaN and infinities have none, nor what is near the end of the doubles.</summary>
    public static bool HasPlace(double value) => Math.Abs(value) <= 1e300;

    /// <summary>Where a value lies: 0 at <see cref="Minimum"/>, 1 at <see cref="Maximum"/>.</summary>
    public double Position(double value) => Logarithmic
        ? Math.Log(value / Minimum) / Math.Log(Maximum / Minimum)
        : (value - Minimum) / (Maximum - Minimum);

    /// <summary>An axis of steps: just as long as the data.</summary>
    public static ChartScale OfSteps(double first, double last)
    {
        if (first == last) (first, last) = (first - 1, last + 1);
        return new(first, last, logarithmic: false, LinearTicks(first, last, Math.Max(1, NiceStep((last - first) / 6))));
    }

    /// <summary>An axis of values that begins and ends at ticks. One by decades has positive values only.</summary>
    /// <param name="values">The values; those without a place do not count.</param>
    /// <param name="kind">How it is chosen.</param>
    public static ChartScale OfValues(IEnumerable<double> values, ScaleKind kind = ScaleKind.Spread)
    {
        double[] finite = [.. values.Where(HasPlace).Order()];
        if (finite.Length == 0) finite = [0, 1];
        double least = finite[0], greatest = finite[^1];
        double low = finite[finite.Length / 10], high = finite[finite.Length * 9 / 10];
        if (least > 1e-300 && kind switch { ScaleKind.Spread => high >= 100 * low, ScaleKind.Falling => greatest >= 20 * low, _ => false }) return Decades(least, greatest);
        if (kind == ScaleKind.FromZero) (least, greatest) = (Math.Min(0, least), Math.Max(0, greatest));
        double size = Math.Max(Math.Abs(least), Math.Abs(greatest));
        if (greatest - least <= 1e-9 * size || size < 1e-280)
        {
            double around = size < 1e-280 ? 1 : size; // a constant: from 0 to its double
            (least, greatest) = (least - around, greatest + around);
        }

        double step = NiceStep((greatest - least) / 5);
        double minimum = Math.Floor(least / step) * step, maximum = Math.Ceiling(greatest / step) * step;
        return new(minimum, maximum, logarithmic: false, LinearTicks(minimum, maximum, step));
    }

    private static ChartScale Decades(double least, double greatest)
    {
        double minimum = NiceBelow(least), maximum = NiceBelow(greatest) is var below && below < greatest ? NiceAbove(below) : greatest;
        int first = (int)Math.Floor(Math.Log10(minimum) + 1e-9), last = (int)Math.Ceiling(Math.Log10(maximum) - 1e-9);
        int every = Math.Max(1, (last - first + 5) / 6);
        double[] mantissas = last - first <= 2 ? [1, 2, 5] : [1];
        var ticks = new List<Tick>();
        for (int exponent = first; exponent <= last; exponent += every)
            foreach (double mantissa in mantissas)
                if (mantissa * Power(exponent) is var value && value >= minimum * (1 - 1e-9) && value <= maximum * (1 + 1e-9))
                    ticks.Add(new(value, exponent is > -4 and < 6 ? Plain(value) : $"{mantissa:0}e{exponent}"));
        return new(minimum, maximum, logarithmic: true, ticks);

        static string Plain(double value) => value >= 1000 ? Thousands(value, 1000) : value.ToString("0.####", CultureInfo.InvariantCulture);
    }

    private static List<Tick> LinearTicks(double minimum, double maximum, double step)
    {
        var ticks = new List<Tick>();
        double greatest = Math.Max(Math.Abs(minimum), Math.Abs(maximum));
        long first = (long)Math.Ceiling((minimum / step) - 1e-9), last = (long)Math.Floor((maximum / step) + 1e-9);
        for (long i = first; i <= last; i++) ticks.Add(new(i * step, Label(i * step, step, greatest)));
        return ticks;
    }

    /// <summary>As many decimals as the steps need; thousands as k, M; small and huge ones with an exponent.</summary>
    private static string Label(double value, double step, double greatest)
    {
        if (value == 0) return "0";
        int stepExponent = (int)Math.Floor(Math.Log10(step) + 1e-9);
        if (greatest is < 1e-2 or >= 1e12)
        {
            int exponent = (int)Math.Floor(Math.Log10(Math.Abs(value)) + 1e-9), decimals = Math.Clamp(exponent - stepExponent, 0, 6);
            return string.Create(CultureInfo.InvariantCulture, $"{(value / Power(exponent)).ToString($"0.{new string('#', decimals)}", CultureInfo.InvariantCulture)}e{exponent}");
        }

        if (greatest >= 10_000) return Thousands(value, step);
        return value.ToString($"N{Math.Max(0, -stepExponent)}", CultureInfo.InvariantCulture);
    }

    private static string Thousands(double value, double step)
    {
        var (unit, suffix) = Math.Abs(value) switch { >= 1e9 => (1e9, "G"), >= 1e6 => (1e6, "M"), >= 1e3 => (1e3, "k"), _ => (1.0, "") };
        int decimals = Math.Clamp((int)Math.Ceiling(Math.Log10(unit / step) - 1e-9), 0, 6);
        return (value / unit).ToString($"F{decimals}", CultureInfo.InvariantCulture) + suffix;
    }

    /// <summary>1, 2 or 5 times a power of ten, not below <paramref name="least"/>.</summary>
    private static double NiceStep(double least) => NiceBelow(least) is var below && below < least * (1 - 1e-9) ? NiceAbove(below) : below;

    private static double NiceBelow(double value)
    {
        int exponent = (int)Math.Floor(Math.Log10(value) + 1e-9);
        double mantissa = value / Power(exponent);
        return (mantissa >= 5 - 1e-9 ? 5 : mantissa >= 2 - 1e-9 ? 2 : 1) * Power(exponent);
    }

    private static double NiceAbove(double nice)
    {
        int exponent = (int)Math.Floor(Math.Log10(nice) + 1e-9);
        return (nice / Power(exponent)) switch { < 1.5 => 2, < 3.5 => 5, _ => 10 } * Power(exponent);
    }

    /// <summary>A negative power as the reciprocal: 1/10³ is the double nearest to 0.001, Math.Pow's may be its neighbour.</summary>
    private static double Power(int exponent) => exponent < 0 && exponent >= -300 ? 1 / Math.Pow(10, -exponent) : Math.Pow(10, exponent);
}

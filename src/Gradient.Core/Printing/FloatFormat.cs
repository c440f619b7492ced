using System.Globalization;

namespace Gradient.Core;

/// <summary>
/// One format for all printed numbers of a tensor, by NumPy's rules (numpy.set_printoptions with its defaults): the fewest digits
/// that tell a number from its neighbours of the same type, at most eight after the point; scientific notation for all as
/// soon as one is 10⁸ or more, or below 10⁻⁴, or some two differ by a factor above 1000.
/// </summary>
internal sealed class FloatFormat
{
    private const int Precision = 8;
    private readonly double[] values;
    private readonly DecimalDigits[] shortest;

    /// <param name="values">The numbers, exactly.</param>
    /// <param name="shortest">Their fewest digits in their own type.</param>
    /// <param name="ratioLimit">Whether two of the numbers, divided in their own type, differ by a factor above 1000.</param>
    private FloatFormat(double[] values, Func<double, string> shortest, Func<double, double, bool> ratioLimit)
    {
        this.values = values;
        this.shortest = Array.ConvertAll(values, x => double.IsFinite(x) ? DecimalDigits.Parse(shortest(x)) : default);
        double largest = 0, smallest = double.PositiveInfinity;
        foreach (double x in values)
        {
            double size = Math.Abs(x);
            if (!double.IsFinite(x) || size == 0) continue;
            (largest, smallest) = (Math.Max(largest, size), Math.Min(smallest, size));
        }

        IsScientific = largest > 0 && (largest >= 1e8 || smallest < 1e-4 || ratioLimit(largest, smallest));
    }

    private bool IsScientific { get; }

    /// <summary>The printed numbers, all of one width.</summary>
    public static string[] Print(double[] values, DType dtype)
    {
        var culture = CultureInfo.InvariantCulture;
        FloatFormat format = dtype switch
        {
            DType.Float64 => new(values, x => x.ToString("R", culture), (a, b) => a / b > 1000),
            DType.Float32 => new(values, x => ((float)x).ToString("R", culture), (a, b) => (float)a / (float)b > 1000),
            DType.Float16 => new(values, x => ((Half)x).ToString("R", culture), (a, b) => (Half)((float)a / (float)b) > (Half)1000),
            _ => new(values, ShortestBFloat16, (a, b) => a / b > 1000),
        };
        return format.IsScientific ? format.Scientific() : format.Positional();
    }

    private string[] Positional()
    {
        int left = 0, right = 0;
        var texts = new string[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i])) continue;
            // Before the point all digits are shown, even where fewer would tell the number apart.
            var number = shortest[i].Digits.Length < shortest[i].Point
                ? DecimalDigits.Exact(values[i]).Round(shortest[i].Point) with { Negative = shortest[i].Negative }
                : AtMost(i, shortest[i].Point + Precision);
            texts[i] = Fixed(number);
            int dot = texts[i].IndexOf('.', StringComparison.Ordinal);
            (left, right) = (Math.Max(left, dot), Math.Max(right, texts[i].Length - dot - 1));
        }

        left = RoomForSpecials(left, right);
        for (int i = 0; i < values.Length; i++)
        {
            if (texts[i] is not { } text) continue;
            int dot = text.IndexOf('.', StringComparison.Ordinal);
            texts[i] = new string(' ', left - dot) + text + new string(' ', right - (text.Length - dot - 1));
        }

        return WithSpecials(texts, left + right + 1);
    }

    private string[] Scientific()
    {
        int precision = 0, exponentDigits = 2;
        bool negative = false;
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i])) continue;
            var number = AtMost(i, Precision + 1);
            precision = Math.Max(precision, number.Digits.Length - 1);
            exponentDigits = Math.Max(exponentDigits, Exponent(number).ToString("00", CultureInfo.InvariantCulture).TrimStart('-').Length);
            negative |= number.Negative;
        }

        int left = RoomForSpecials(negative ? 2 : 1, exponentDigits + 2 + precision);
        int width = left + precision + exponentDigits + 3;
        var texts = new string[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i])) continue;
            // Where another number needs more digits, this one shows more of its own, not zeros.
            var number = shortest[i].Digits.Length > precision || shortest[i].Digits.Length == 0
                ? AtMost(i, precision + 1)
                : DecimalDigits.Exact(values[i]).Round(precision + 1);
            string digits = number.Digits.PadRight(precision + 1, '0');
            int exponent = Exponent(number);
            string power = Math.Abs(exponent).ToString(CultureInfo.InvariantCulture).PadLeft(exponentDigits, '0');
            texts[i] = $"{(shortest[i].Negative ? "-" : "")}{digits[0]}.{digits[1..]}e{(exponent < 0 ? '-' : '+')}{power}".PadLeft(width);
        }

        return WithSpecials(texts, width);
    }

    /// <summary>The fewest digits if they are few enough, else the exact number rounded to so many.</summary>
    private DecimalDigits AtMost(int index, int count)
    {
        var number = shortest[index];
        return number.Digits.Length <= count ? number : DecimalDigits.Exact(values[index]).Round(count) with { Negative = number.Negative };
    }

    private static int Exponent(in DecimalDigits number) => number.Digits.Length == 0 ? 0 : number.Point - 1;

    /// <summary>"12.5", "0.001", "3.".</summary>
    private static string Fixed(in DecimalDigits number)
    {
        var (negative, digits, point) = number;
        string whole = point <= 0 ? "0" : digits.Length >= point ? digits[..point] : digits.PadRight(point, '0');
        string fraction = point >= digits.Length ? "" : point >= 0 ? digits[point..] : new string('0', -point) + digits;
        return $"{(negative ? "-" : "")}{whole}.{fraction}";
    }

    /// <summary>The width left of the point, widened where "nan", "inf" or "-inf" need more than the numbers take.</summary>
    private int RoomForSpecials(int left, int right)
    {
        int longest = 0;
        foreach (double x in values)
            if (!double.IsFinite(x)) longest = Math.Max(longest, double.IsNegativeInfinity(x) ? 4 : 3);
        return longest == 0 ? left : Math.Max(left, longest - right - 1);
    }

    private string[] WithSpecials(string[] texts, int width)
    {
        for (int i = 0; i < texts.Length; i++)
            texts[i] ??= (double.IsNaN(values[i]) ? "nan" : values[i] > 0 ? "inf" : "-inf").PadLeft(width);
        return texts;
    }

    /// <summary>NumPy has no bfloat16; by the same idea, the fewest digits that round to the value again.</summary>
    private static string ShortestBFloat16(double value)
    {
        string text = "";
        for (int digits = 0; digits < 9; digits++)
        {
            text = value.ToString("E" + digits, CultureInfo.InvariantCulture);
            if ((BFloat16)double.Parse(text, CultureInfo.InvariantCulture) == (BFloat16)value) break;
        }

        return text;
    }
}

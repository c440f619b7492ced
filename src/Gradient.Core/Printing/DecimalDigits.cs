using System.Globalization;
using System.Numerics;

namespace Gradient.Core;

/// <summary>
/// A finite number in decimal: ±0.d₁d₂d₃… · 10^<see cref="Point"/>, with d₁ ≠ 0 (no digits at all for zero).
/// </summary>
internal readonly record struct DecimalDigits(bool Negative, string Digits, int Point)
{
    /// <summary>Reads what .NET prints: "-12.5", "1E-07".</summary>
    public static DecimalDigits Parse(string text)
    {
        bool negative = text[0] == '-';
        var mantissa = text.AsSpan(negative ? 1 : 0);
        int exponent = 0, e = mantissa.IndexOf('E');
        if (e >= 0)
        {
            exponent = int.Parse(mantissa[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            mantissa = mantissa[..e];
        }

        int dot = mantissa.IndexOf('.');
        string digits = dot < 0 ? mantissa.ToString() : string.Concat(mantissa[..dot], mantissa[(dot + 1)..]);
        return Normalized(negative, digits, (dot < 0 ? mantissa.Length : dot) + exponent);
    }

    /// <summary>All digits of the binary number, up to some 770 of them: mantissa · 2^exponent, written out.</summary>
    public static DecimalDigits Exact(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int biased = (int)(bits >> 52) & 0x7FF;
        long fraction = bits & ((1L << 52) - 1);
        var mantissa = new BigInteger(biased == 0 ? fraction : fraction | (1L << 52));
        int exponent = Math.Max(biased, 1) - 1075;
        // m·2^−e = m·5^e / 10^e
        var scaled = exponent >= 0 ? mantissa << exponent : mantissa * BigInteger.Pow(5, -exponent);
        string digits = scaled.ToString(CultureInfo.InvariantCulture);
        return Normalized(value < 0, digits, digits.Length + Math.Min(exponent, 0));
    }

    /// <summary>Rounded to so many digits (0 or more), half to even.</summary>
    public DecimalDigits Round(int count)
    {
        if (count >= Digits.Length) return this;
        if (count < 0) return Normalized(Negative, "", Point);
        bool tie = Digits[count] == '5' && Digits.AsSpan(count + 1).TrimEnd('0').IsEmpty;
        bool odd = count > 0 && ((Digits[count - 1] - '0') & 1) == 1;
        bool up = tie ? odd : Digits[count] >= '5';
        var kept = Digits.AsSpan(0, count).ToArray();
        if (!up) return Normalized(Negative, new string(kept), Point);
        int at = count - 1;
        while (at >= 0 && kept[at] == '9') kept[at--] = '0';
        if (at < 0) return Normalized(Negative, "1" + new string(kept), Point + 1);
        kept[at]++;
        return Normalized(Negative, new string(kept), Point);
    }

    private static DecimalDigits Normalized(bool negative, string digits, int point)
    {
        int zeros = digits.Length - digits.AsSpan().TrimStart('0').Length;
        digits = digits[zeros..].TrimEnd('0');
        return new(negative, digits, digits.Length == 0 ? 0 : point - zeros);
    }
}

using System.Globalization;

namespace Gradient.Training;

/// <summary>Numbers as people read them, the same in every culture.</summary>
internal static class ReportText
{
    /// <summary>Four significant digits: 0.5460, 12.30, 1234, 1.23e-05.</summary>
    public static string Number(double value)
    {
        double magnitude = Math.Abs(value);
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (magnitude == 0) return "0";
        if (magnitude is < 1e-3 or >= 1e6) return value.ToString("0.00e+00", CultureInfo.InvariantCulture);
        int decimals = Math.Clamp(3 - (int)Math.Floor(Math.Log10(magnitude)), 0, 6);
        return value.ToString($"N{decimals}", CultureInfo.InvariantCulture);
    }

    /// <summary>12,345.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>2,987 or 3.4: things per second.</summary>
    public static string Rate(double value) =>
        double.IsFinite(value) ? value.ToString(Math.Abs(value) < 10 ? "0.0" : "N0", CultureInfo.InvariantCulture) : Number(value);

    /// <summary>0:42, 1:02:03, 27:10:00: minutes and seconds, hours if there are any.</summary>
    public static string Clock(TimeSpan time)
    {
        long seconds = (long)Math.Max(0, Math.Round(time.TotalSeconds));
        return seconds < 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}:{seconds % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}:{seconds / 60 % 60:00}:{seconds % 60:00}");
    }

    /// <summary>350 ms, 4.2 s, 3 min 05 s, 2 h 07 min.</summary>
    public static string Duration(TimeSpan time)
    {
        double seconds = time.TotalSeconds;
        return seconds switch
        {
            < 0.9995 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0} ms"),
            < 59.95 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
            < 3599.5 => string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Round(seconds) / 60} min {(long)Math.Round(seconds) % 60:00} s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Round(seconds / 60) / 60:N0} h {(long)Math.Round(seconds / 60) % 60:00} min"),
        };
    }

    /// <summary>The unit in which so many bytes are a number from 1 to 1023.</summary>
    public static (double Size, string Name) ByteUnit(double bytes) => bytes switch
    {
        >= 1L << 30 => (1L << 30, "GiB"),
        >= 1L << 20 => (1L << 20, "MiB"),
        >= 1L << 10 => (1L << 10, "KiB"),
        _ => (1, "bytes"),
    };
}

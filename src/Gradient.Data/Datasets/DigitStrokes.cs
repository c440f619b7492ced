namespace Gradient.Data;

/// <summary>The digits 0 to 9 as pen strokes: polylines in a box of width 1 and height 1.4, y downwards.</summary>
internal sealed class DigitStrokes
{
    /// <summary>The most points that any digit has.</summary>
    public const int MostPoints = 64;

    private static readonly DigitStrokes[] Digits =
    [
        new(Arc(0.5f, 0.7f, 0.42f, 0.68f, -90, 270)),
        new([(0.28f, 0.28f), (0.55f, 0.02f), (0.55f, 1.38f)]),
        new([.. Arc(0.5f, 0.4f, 0.4f, 0.38f, -170, 30), (0.08f, 1.36f), (0.95f, 1.36f)]),
        new([.. Arc(0.45f, 0.36f, 0.38f, 0.34f, -150, 90), .. Arc(0.45f, 1.03f, 0.45f, 0.34f, -90, 150)]),
        new([(0.6f, 0.03f), (0.06f, 0.92f), (0.95f, 0.92f)], [(0.7f, 0.5f), (0.68f, 1.38f)]),
        new([(0.86f, 0.04f), (0.22f, 0.04f), (0.17f, 0.6f), .. Arc(0.46f, 0.96f, 0.43f, 0.42f, -100, 145)]),
        new([.. Arc(0.78f, 0.78f, 0.68f, 0.76f, -95, -180), .. Arc(0.5f, 0.98f, 0.4f, 0.4f, 180, 540)]),
        new([(0.08f, 0.04f), (0.92f, 0.04f), (0.72f, 0.5f), (0.42f, 1.38f)]),
        new(Arc(0.5f, 0.36f, 0.34f, 0.33f, 90, 450), Arc(0.5f, 1.03f, 0.42f, 0.35f, -90, 270)),
        new([.. Arc(0.5f, 0.42f, 0.38f, 0.4f, 0, 360), (0.86f, 0.8f), (0.72f, 1.38f)]),
    ];

    private DigitStrokes(params (float X, float Y)[][] strokes)
    {
        Points = [.. strokes.SelectMany(stroke => stroke)];
        Starts = [.. strokes.SelectMany(stroke => stroke.Select((_, i) => i == 0))];
    }

    /// <summary>The points of all strokes, one stroke after the other.</summary>
    public (float X, float Y)[] Points { get; }

    /// <summary>Whether a stroke begins at the point, so that no line leads to it.</summary>
    public bool[] Starts { get; }

    /// <summary>The strokes of a digit.</summary>
    public static DigitStrokes Of(int digit) => Digits[digit];

    /// <summary>A piece of an ellipse, angles in degrees, 0 to the right, 90 downwards.</summary>
    private static (float X, float Y)[] Arc(float centerX, float centerY, float radiusX, float radiusY, float from, float to)
    {
        var points = new (float, float)[(int)(MathF.Abs(to - from) / 18) + 1];
        for (int i = 0; i < points.Length; i++)
        {
            float angle = (from + ((to - from) * i / (points.Length - 1))) * (MathF.PI / 180);
            points[i] = (centerX + (radiusX * MathF.Cos(angle)), centerY + (radiusY * MathF.Sin(angle)));
        }

        return points;
    }
}

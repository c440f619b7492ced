using System.Numerics;

namespace Gradient.Core;

/// <summary>A set of axes of one tensor, as a bit mask.</summary>
public readonly record struct AxisSet(byte Mask)
{
    /// <summary>The set of the given axes of a shape; negative ones count from the end; none given means all.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="axes">Its axes.</param>
    /// <param name="operation">What asks, for the error.</param>
    /// <exception cref="ShapeMismatchException">An axis does not exist or is named twice.</exception>
    public static AxisSet Of(in Shape shape, ReadOnlySpan<int> axes, string? operation = null)
    {
        if (axes.Length == 0) return All(shape.Rank);
        int mask = 0;
        foreach (int axis in axes)
        {
            int bit = 1 << shape.Axis(axis, operation);
            if ((mask & bit) != 0) throw new ShapeMismatchException($"{Named(axis, operation)} of shape {shape} is named twice.");
            mask |= bit;
        }

        return new((byte)mask);
    }

    /// <summary>Every axis of a tensor of that rank.</summary>
    public static AxisSet All(int rank) => new((byte)((1 << rank) - 1));

    /// <summary>One axis, from 0.</summary>
    public static AxisSet Single(int axis) => new((byte)(1 << axis));

    /// <summary>How many axes are in the set.</summary>
    public int Count => BitOperations.PopCount(Mask);

    /// <summary>Whether the axis (from 0) is in the set.</summary>
    public bool Contains(int axis) => (Mask >> axis & 1) != 0;

    /// <summary>How an error begins: "sum: axis 3", or "Axis 3" where nobody said what asks.</summary>
    internal static string Named(int axis, string? operation) => operation is null ? $"Axis {axis}" : $"{operation}: axis {axis}";
}

namespace Gradient.Conformance.Tests;

/// <summary>All cases, by topic.</summary>
public static partial class CaseList
{
    private static readonly Lazy<IReadOnlyList<Case>> Cases = new(() => [.. Unary(), .. Binary(), .. Reductions(), .. Views(), .. Products(), .. Layers(), .. Attentions(), .. Images()]);

    public static IReadOnlyList<Case> All => Cases.Value;

    /// <summary>Shapes for operations of one tensor: scalar, empty, ranks up to 6, sizes around vector widths and blocks.</summary>
    private static readonly long[][] AnyShapes =
        [[], [0], [1], [7], [15], [16], [17], [3, 5], [2, 0, 3], [2, 3, 4], [1, 4, 1, 3], [2, 1, 3, 1, 2, 2], [31, 33], [1025]];

    private static long[][][] Each(long[][] shapes) => [.. shapes.Select(shape => new[] { shape })];
}

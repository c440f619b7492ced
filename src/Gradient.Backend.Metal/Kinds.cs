using System.Globalization;
using System.Text;

namespace Gradient.Backend.Metal;

/// <summary>
/// The kinds and element types of the seam as enums of the shading language (<c>UnaryKind_Exp</c> …), so that shaders and backend cannot disagree
/// on a number.
/// </summary>
internal static class Kinds
{
    public static string Text { get; } = Make();

    private static string Make()
    {
        var text = new StringBuilder();
        Add<DType>(text);
        Add<UnaryKind>(text);
        Add<BinaryKind>(text);
        Add<TernaryKind>(text);
        Add<ReduceKind>(text);
        Add<ScanKind>(text);
        Add<ArgKind>(text);
        Add<SoftmaxKind>(text);
        Add<MatMulActivation>(text);
        Add<PoolKind>(text);
        Add<NormalizeKind>(text);
        Add<ScatterKind>(text);
        Add<RandomKind>(text);
        Add<OptimizerKind>(text);
        return text.ToString();
    }

    private static void Add<TKind>(StringBuilder text) where TKind : struct, Enum
    {
        text.Append("enum ").Append(typeof(TKind).Name).Append(" {");
        foreach (var kind in Enum.GetValues<TKind>())
            text.Append(CultureInfo.InvariantCulture, $" {typeof(TKind).Name}_{Enum.GetName(kind)} = {Convert.ToInt32(kind, CultureInfo.InvariantCulture)},");
        text.Append(" };\n");
    }
}

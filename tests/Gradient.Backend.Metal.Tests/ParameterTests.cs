using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Gradient.Backend.Metal.Tests;

/// <summary>
/// The parameter structs of the shaders and their mirrors: same fields in the same order, at the offsets that the rules of the
/// shading language give (each at a multiple of its alignment; long 8, int 4).
/// </summary>
public sealed partial class ParameterTests
{
    private static readonly Dictionary<string, (int Size, int Alignment)> Scalars = new()
    {
        ["long"] = (8, 8), ["ulong"] = (8, 8), ["int"] = (4, 4), ["uint"] = (4, 4), ["float"] = (4, 4), ["short"] = (2, 2), ["uchar"] = (1, 1),
    };

    private static IEnumerable<TestCaseData> Pairs() =>
    [
        Pair<GridParameters>("copy", "Grid"), Pair<Strided>("matmul", "Strided"), Pair<MetalBackend.Product>("matmul", "Product"), Pair<MetalBackend.SumParameters>("matmul", "SumParameters"),
        Pair<MetalBackend.ElementwiseParameters>("elementwise", "ElementwiseParameters"), Pair<MetalBackend.RangeParameters>("elementwise", "RangeParameters"),
        Pair<MetalBackend.TransposeParameters>("copy", "TransposeParameters"), Pair<MetalBackend.RandomParameters>("random", "RandomParameters"),
        Pair<MetalBackend.OptimizerParameters>("optimizer", "OptimizerParameters"),
        Pair<TeamShape>("reduce", "TeamShape"), Pair<MetalBackend.ReduceParameters>("reduce", "ReduceParameters"),
        Pair<MetalBackend.ArgReduceParameters>("reduce", "ArgReduceParameters"), Pair<MetalBackend.ScanParameters>("scan", "ScanParameters"),
        Pair<MetalBackend.AttentionParameters>("attention", "AttentionParameters"),
        Pair<MetalBackend.SoftmaxParameters>("softmax", "SoftmaxParameters"), Pair<MetalBackend.StatisticsParameters>("normalize", "StatisticsParameters"),
        Pair<MetalBackend.NormalizeSumsParameters>("normalize", "NormalizeSumsParameters"),
        Pair<MetalBackend.NormalizeGradientParameters>("normalize", "NormalizeGradientParameters"),
        Pair<MetalBackend.GatherParameters>("gather", "GatherParameters"), Pair<MetalBackend.ScatterParameters>("gather", "ScatterParameters"),
        Pair<MetalBackend.CrossEntropyParameters>("loss", "CrossEntropyParameters"), Pair<MetalBackend.ManyParameters>("many", "ManyParameters"),
        Pair<MetalBackend.SortParameters>("sort", "SortParameters"), Pair<MetalBackend.SparseParameters>("sparse", "SparseParameters"),
        Pair<MetalBackend.Convolution>("conv", "Convolution"), Pair<MetalBackend.PoolAxis>("pool", "PoolAxis"), Pair<MetalBackend.Pooling>("pool", "Pooling"),
    ];

    [TestCaseSource(nameof(Pairs))]
    public void A_struct_and_its_mirror_agree(Type mirror, int size, string family, string name)
    {
        var layout = Lay(KernelCache.Compose(family), name);
        var fields = mirror.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(field => (Offset: (int)Marshal.OffsetOf(mirror, field.Name), Name: field.Name.ToUpperInvariant()))
            .OrderBy(field => field.Offset);
        Assert.That(fields, Is.EqualTo(layout.Fields), $"{mirror.Name} and {name} of {family}.metal");
        Assert.That(size, Is.EqualTo(layout.Size), $"size of {name}");
    }

    private static TestCaseData Pair<T>(string family, string name) where T : unmanaged =>
        new TestCaseData(typeof(T), Unsafe.SizeOf<T>(), family, name).SetArgDisplayNames(family, name);

    private static (List<(int Offset, string Name)> Fields, int Size, int Alignment) Lay(string source, string name)
    {
        var body = Regex.Match(source, $@"\bstruct {name} \{{(?<body>[^}}]*)\}};");
        Assert.That(body.Success, $"there is no struct {name}");
        var fields = new List<(int, string)>();
        int end = 0, alignment = 1;
        foreach (Match declaration in Declaration().Matches(Comment().Replace(body.Groups["body"].Value, "")))
        {
            string type = declaration.Groups["type"].Value;
            if (!Scalars.TryGetValue(type, out var element))
            {
                var nested = Lay(source, type);
                element = (nested.Size, nested.Alignment);
            }

            alignment = Math.Max(alignment, element.Alignment);
            foreach (string declarator in declaration.Groups["names"].Value.Split(','))
            {
                string[] parts = declarator.Trim().TrimEnd(']').Split('[');
                end = Up(end, element.Alignment);
                fields.Add((end, parts[0].Replace("_", "", StringComparison.Ordinal).ToUpperInvariant()));
                end += element.Size * (parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 1);
            }
        }

        return (fields, Up(end, alignment), alignment);
    }

    private static int Up(int offset, int alignment) => (offset + alignment - 1) / alignment * alignment;

    [GeneratedRegex(@"(?<type>\w+)\s+(?<names>[\w\[\],\s]+);")]
    private static partial Regex Declaration();

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();
}

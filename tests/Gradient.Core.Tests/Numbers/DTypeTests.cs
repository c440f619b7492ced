namespace Gradient.Core.Tests.Numbers;

/// <summary>Element types; what promotes to what is PyTorch's table (torch.promote_types, 1.13).</summary>
public class DTypeTests
{
    private static readonly DType[] All =
        [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16, DType.Int32, DType.Int64, DType.Bool];

    private static readonly DType[][] PyTorch =
    [
        [DType.Float32, DType.Float64, DType.Float32, DType.Float32, DType.Float32, DType.Float32, DType.Float32],
        [DType.Float64, DType.Float64, DType.Float64, DType.Float64, DType.Float64, DType.Float64, DType.Float64],
        [DType.Float32, DType.Float64, DType.Float16, DType.Float32, DType.Float16, DType.Float16, DType.Float16],
        [DType.Float32, DType.Float64, DType.Float32, DType.BFloat16, DType.BFloat16, DType.BFloat16, DType.BFloat16],
        [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16, DType.Int32, DType.Int64, DType.Int32],
        [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16, DType.Int64, DType.Int64, DType.Int64],
        [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16, DType.Int32, DType.Int64, DType.Bool],
    ];

    [Test]
    public void Types_promote_as_in_PyTorch()
    {
        for (int i = 0; i < All.Length; i++)
            for (int j = 0; j < All.Length; j++)
                Assert.That(DTypes.Promote(All[i], All[j]), Is.EqualTo(PyTorch[i][j]), $"{All[i]} with {All[j]}");
    }

    [Test]
    public void Every_type_has_size_name_and_kind()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Enum.GetValues<DType>(), Is.EquivalentTo(All));
            Assert.That(All.Select(t => t.Size()), Is.EqualTo(new[] { 4, 8, 2, 2, 4, 8, 1 }));
            Assert.That(All.Select(t => t.Name()), Is.EqualTo(new[] { "float32", "float64", "float16", "bfloat16", "int32", "int64", "bool" }));
            Assert.That(All.Select(t => t.IsFloatingPoint()), Is.EqualTo(new[] { true, true, true, true, false, false, false }));
            Assert.That(All.Select(t => t.IsInteger()), Is.EqualTo(new[] { false, false, false, false, true, true, false }));
            Assert.Throws<ArgumentOutOfRangeException>(() => ((DType)99).Size());
            Assert.Throws<ArgumentOutOfRangeException>(() => ((DType)99).Name());
        });
    }

    [Test]
    public void CSharp_types_have_their_element_types()
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                new[]
                {
                    DTypes.Of<float>(), DTypes.Of<double>(), DTypes.Of<Half>(), DTypes.Of<BFloat16>(), DTypes.Of<int>(), DTypes.Of<long>(), DTypes.Of<bool>(),
                },
                Is.EqualTo(All));
            Assert.That(Assert.Throws<DTypeMismatchException>(() => DTypes.Of<byte>())!.Message, Does.Contain("Byte").And.Contain("Use float"));
        });
    }
}

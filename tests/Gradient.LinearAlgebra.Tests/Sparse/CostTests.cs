namespace Gradient.LinearAlgebra.Tests.Sparse;

/// <summary>The cost model against what was measured: docs/linear-algebra.md.</summary>
public sealed class CostTests
{
    /// <summary>Square matrices: length, columns of the dense operand, density, milliseconds sparse and dense (benchmarks --only sparse/model).</summary>
    [TestCase(256, 1, 0.001, 0.0009, 0.0048), TestCase(256, 1, 0.01, 0.0023, 0.0048), TestCase(256, 1, 0.1, 0.0082, 0.0048), TestCase(256, 1, 0.3, 0.0195, 0.0048)]
    [TestCase(256, 64, 0.001, 0.0027, 0.0882), TestCase(256, 64, 0.01, 0.0038, 0.0882), TestCase(256, 64, 0.1, 0.0173, 0.0882), TestCase(256, 64, 0.3, 0.0415, 0.0882)]
    [TestCase(1024, 1, 0.001, 0.0038, 0.0453), TestCase(1024, 1, 0.01, 0.0150, 0.0453), TestCase(1024, 1, 0.1, 0.0617, 0.0453), TestCase(1024, 1, 0.3, 0.1453, 0.0453)]
    [TestCase(1024, 64, 0.001, 0.0114, 1.2820), TestCase(1024, 64, 0.01, 0.0437, 1.2820), TestCase(1024, 64, 0.1, 0.3290, 1.2820), TestCase(1024, 64, 0.3, 0.9998, 1.2820)]
    [TestCase(2048, 1, 0.001, 0.0105, 0.3773), TestCase(2048, 1, 0.01, 0.0298, 0.3773), TestCase(2048, 1, 0.1, 0.2414, 0.3773), TestCase(2048, 1, 0.3, 0.6594, 0.3773)]
    [TestCase(2048, 64, 0.001, 0.0276, 6.1299), TestCase(2048, 64, 0.01, 0.1975, 6.1299), TestCase(2048, 64, 0.1, 1.7379, 6.1299), TestCase(2048, 64, 0.3, 4.9259, 6.1299)]
    public void Chooses_what_was_faster(int n, int width, double density, double sparse, double dense)
    {
        bool worthwhile = SparseTensor.IsWorthwhile(n, n, (long)(density * n * n), width);
        // A wrong choice may cost at most 1.5 times what the right one would: near the break-even either is right.
        double chosen = worthwhile ? sparse : dense;
        Assert.That(chosen, Is.LessThanOrEqualTo(1.5 * Math.Min(sparse, dense)));
    }

    [Test]
    public void Says_no_where_nothing_is_saved()
    {
        Assert.That(SparseTensor.IsWorthwhile(100, 100, 10_000), Is.False);
        Assert.That(SparseTensor.IsWorthwhile(1_000_000, 1_000_000, 1_000_000), Is.True);
        Assert.That(SparseTensor.Eye(1000).IsWorthwhile(16), Is.True);
        Assert.Throws<ShapeMismatchException>(() => SparseTensor.IsWorthwhile(3, 3, 10));
        Assert.Throws<ShapeMismatchException>(() => SparseTensor.IsWorthwhile(3, 3, -1));
    }
}

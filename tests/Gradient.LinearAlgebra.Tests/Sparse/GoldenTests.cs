using Gradient.Goldens;

namespace Gradient.LinearAlgebra.Tests.Sparse;

/// <summary>Formats, sums and products against SciPy's: tests/goldens/sparse.py.</summary>
public sealed class GoldenTests
{
    private static readonly GoldenFile Goldens = GoldenFile.Open("sparse");

    public static IEnumerable<string> Names() => Goldens.Cases;

    [TestCaseSource(nameof(Names))]
    public void As_scipy_says(string name)
    {
        int[] shape = Indices("in.shape");
        var values = Tensor("in.values");
        int[] rowIndices = Indices("in.rows"), columnIndices = Indices("in.columns");
        foreach (var format in SparseCase.Formats)
        {
            var a = SparseTensor.FromCoordinates(shape[0], shape[1], rowIndices, columnIndices, values).To(format);
            Same("csr", a.ToCsr());
            Same("csc", a.ToCsc());
            Same("add", a.Add(Tensor("in.c").ToSparse()).ToCsr());
            Same("rows", a.SliceRows(1, 2).ToCsr());
            Same("matmul", a.MatMul(Tensor("in.b").ToSparse()).ToCsr());
            Same("multiply", a.Multiply(Tensor("in.c").ToSparse()).ToCsr());
            Near("right", a.MatMul(Tensor("in.right")));
            Near("left", Tensor("in.left").MatMul(a));
            Near("sum.0", a.Sum(0));
            Near("sum.1", a.Sum(1));
        }

        void Same(string key, SparseTensor actual)
        {
            Assert.That(actual.Offsets.ToArray<int>(), Is.EqualTo(Indices($"{key}.offsets")), $"{key}: offsets");
            Assert.That((actual.Format == SparseFormat.Csc ? actual.RowIndices : actual.ColumnIndices).ToArray<int>(), Is.EqualTo(Indices($"{key}.indices")), $"{key}: indices");
            Near($"{key}.values", actual.Values);
        }

        void Near(string key, GradientTensor actual) =>
            Assert.That(actual.ToArray<double>(), Is.EqualTo(Goldens[$"{name}/{key}"].Values).Within(1e-13), key);

        GradientTensor Tensor(string key) => GradientTensor.From<double>(Goldens[$"{name}/{key}"].Values, new Shape(Goldens[$"{name}/{key}"].Shape));

        int[] Indices(string key) => Array.ConvertAll(Goldens[$"{name}/{key}"].Values, x => (int)x);
    }
}

namespace Gradient.LinearAlgebra.Tests.Sparse;

/// <summary>What cannot be is an error that names operation, shapes and remedy.</summary>
public sealed class ValidationTests
{
    private static GradientTensor Ones(int n) => GradientTensor.Ones([n]);

    public static IEnumerable<TestCaseData> Faults() => new (string Name, string[] Says, Action Run)[]
    {
        ("row outside", ["FromCoordinates", "index 3", "[3, 4]"], () => SparseTensor.FromCoordinates(3, 4, [0, 3], [0, 0], Ones(2))),
        ("negative column", ["FromCoordinates", "index -1", "axis 1"], () => SparseTensor.FromCoordinates(3, 4, [0], [-1], Ones(1))),
        ("wide index", ["FromCoordinates", "axis 0"], () => SparseTensor.FromCoordinates(3, 4, GradientTensor.From([1L << 40]), GradientTensor.From([0L]), Ones(1))),
        ("unequal lengths", ["FromCoordinates", "2 row indices", "1 column indices"], () => SparseTensor.FromCoordinates(3, 4, [0, 1], [0], Ones(2))),
        ("too few values", ["FromCoordinates", "[1]", "2 places"], () => SparseTensor.FromCoordinates(3, 4, [0, 1], [0, 1], Ones(1))),
        ("values of rank 2", ["FromCoordinates", "[1, 1]"], () => SparseTensor.FromCoordinates(3, 4, [0], [0], GradientTensor.Ones([1, 1]))),
        ("negative lengths", ["FromCoordinates", "-1 rows"], () => SparseTensor.FromCoordinates(-1, 4, [], [], Ones(0))),
        ("too many rows", ["FromCoordinates", "split"], () => SparseTensor.FromCoordinates(1L << 31, 4, [], [], Ones(0))),
        ("unsorted columns", ["FromCsr", "row 1", "unsorted", "FromCoordinates"], () => SparseTensor.FromCsr(2, 4, [0, 1, 3], [0, 2, 1], Ones(3))),
        ("duplicate columns", ["FromCsr", "row 0", "two entries at index 2", "FromCoordinates"], () => SparseTensor.FromCsr(2, 4, [0, 2, 2], [2, 2], Ones(2))),
        ("unsorted rows", ["FromCsc", "column 0", "unsorted"], () => SparseTensor.FromCsc(4, 2, [0, 2, 2], [2, 1], Ones(2))),
        ("row outside of columns", ["FromCsc", "index 4", "axis 0"], () => SparseTensor.FromCsc(4, 2, [0, 1, 1], [4], Ones(1))),
        ("falling offsets", ["FromCsr", "fall from 2 to 1"], () => SparseTensor.FromCsr(3, 4, [0, 2, 1, 2], [0, 1], Ones(2))),
        ("offsets to elsewhere", ["FromCsr", "0 to 3", "0 to 2"], () => SparseTensor.FromCsr(2, 4, [0, 1, 3], [0, 1], Ones(2))),
        ("too few offsets", ["FromCsr", "2 offsets", "3 are needed"], () => SparseTensor.FromCsr(2, 4, [0, 2], [0, 1], Ones(2))),
        ("sparse times dense", ["[3, 4]", "[3, 2]", "Transpose"], () => Matrix().MatMul(GradientTensor.Ones([3, 2]))),
        ("sparse times 0-d", ["[3, 4]", "[]"], () => Matrix().MatMul(GradientTensor.Scalar(1))),
        ("dense times sparse", ["[2, 4]", "[3, 4]", "Transpose"], () => GradientTensor.Ones([2, 4]).MatMul(Matrix())),
        ("sparse times sparse", ["[3, 4]", "Transpose"], () => Matrix().MatMul(Matrix())),
        ("sum of shapes", ["Add", "[4, 3]", "[3, 4]"], () => Matrix().Add(Matrix().Transpose())),
        ("element product of shapes", ["Multiply", "[4, 3]", "[3, 4]"], () => Matrix().Multiply(Matrix().Transpose())),
        ("does not broadcast", ["Multiply", "[3]", "[3, 4]"], () => Matrix().Multiply(GradientTensor.Ones([3]))),
        ("broadcasts beyond", ["Multiply", "[2, 3, 4]"], () => Matrix().Multiply(GradientTensor.Ones([2, 3, 4]))),
        ("rows beyond", ["SliceRows", "[3, 4]"], () => Matrix().SliceRows(2, 2)),
        ("no such axis", ["SparseTensor.Sum"], () => Matrix().Sum(2)),
        ("element outside", ["index 4", "axis 1"], () => _ = Matrix()[0, 4]),
        ("offsets of coordinates", ["Offsets", "ToCsr"], () => _ = Matrix().ToCoo().Offsets),
        ("other values", ["WithValues", "2 places"], () => Matrix().WithValues(Ones(3))),
        ("negative threshold", ["FromDense", "-1"], () => GradientTensor.Ones([2, 2]).ToSparse(-1)),
        ("not a matrix", ["FromDense", "[2]"], () => GradientTensor.Ones([2]).ToSparse()),
        ("uneven batch", ["MatMulBatch", "1 matrices", "0 operands"], () => SparseTensor.MatMulBatch([Matrix()], Array.Empty<GradientTensor>())),
        ("no blocks", ["BlockDiagonal"], () => SparseTensor.BlockDiagonal()),
    }.Select(fault => new TestCaseData(fault.Says, fault.Run).SetArgDisplayNames(fault.Name));

    [TestCaseSource(nameof(Faults))]
    public void Is_refused(string[] says, Action run)
    {
        var exception = Assert.Catch<GradientException>(() => run())!;
        foreach (string part in says) Assert.That(exception.Message, Does.Contain(part));
    }

    [Test]
    public void Types_that_do_not_fit_are_refused()
    {
        Assert.Throws<DTypeMismatchException>(() => SparseTensor.FromCoordinates(2, 2, [0], [0], GradientTensor.From([1])));
        Assert.Throws<DTypeMismatchException>(() => SparseTensor.FromCsr(1, 1, GradientTensor.From([0f, 1f]), GradientTensor.From([0]), Ones(1)));
        Assert.Throws<DTypeMismatchException>(() => Matrix().To(DType.Int32));
        Assert.Throws<DTypeMismatchException>(() => SparseTensor.BlockDiagonal(Matrix(), Matrix().To(DType.Float64)));
    }

    private static SparseTensor Matrix() => SparseTensor.FromCsr(3, 4, [0, 1, 1, 2], [0, 3], Ones(2));
}

namespace Gradient.LinearAlgebra.Tests;

public sealed class ErrorTests
{
    [Test]
    public void A_singular_matrix_is_named_with_its_pivot()
    {
        var a = Samples.Regular([2, 3], 4);
        a.Value.View(a.Value.Layout.Select(0, 1).Select(0, 2).Select(0, 1)).Fill(0); // a row of zeros ends as the last pivot
        foreach (Func<GradientTensor, GradientTensor> f in new Func<GradientTensor, GradientTensor>[] { x => x.Inverse(), x => x.Solve(x) })
        {
            var e = Assert.Throws<MatrixException>(() => f(a))!;
            Assert.That(e.BatchIndex, Is.EqualTo(new long[] { 1, 2 }));
            Assert.That((e.Pivot, e.PivotValue), Is.EqualTo((3L, 0.0)));
            Assert.That(e.Message, Does.Contain("matrix [1, 2] of the batch [2, 3, 4, 4] is singular: pivot 3 is 0"));
        }
    }

    [Test]
    public void The_first_of_several_is_named_whichever_thread_meets_it()
    {
        var a = Samples.Regular([5000], 3);
        foreach (int i in new[] { 4999, 1234, 2500 }) a.Value.View(a.Value.Layout.Select(0, i)).Fill(0);
        for (int round = 0; round < 20; round++)
            Assert.That(Assert.Throws<MatrixException>(() => a.Inverse())!.BatchIndex, Is.EqualTo(new long[] { 1234 }));
    }

    [Test]
    public void An_indefinite_matrix_is_named_with_its_pivot([Values(3, 60, 100)] int n)
    {
        var a = Samples.Positive([3], n);
        int at = n - 2;
        a.Value.View(a.Value.Layout.Select(0, 1).Select(0, at).Select(0, at)).Fill(-1);
        var e = Assert.Throws<MatrixException>(() => a.Cholesky())!;
        Assert.That((e.BatchIndex[0], e.Pivot), Is.EqualTo((1L, (long)at)));
        Assert.That(e.PivotValue, Is.LessThan(-1));
        Assert.That(e.Message, Does.Contain("not positive definite"));
        var single = Assert.Throws<MatrixException>(() => Samples.Make("zero", 2, 2).Cholesky())!;
        Assert.That((single.BatchIndex.Count, single.Pivot, single.PivotValue), Is.EqualTo((0, 0L, 0.0)));
    }

    [Test]
    public void A_zero_on_the_diagonal_of_a_triangle()
    {
        var a = Samples.From(new double[,] { { 1, 2 }, { 3, 0 } });
        Assert.That(Assert.Throws<MatrixException>(() => a.SolveTriangular(a, upper: false))!.Pivot, Is.EqualTo(1));
        Assert.That(() => a.SolveTriangular(a, upper: false, unitDiagonal: true), Throws.Nothing);
    }

    [Test]
    public void Numbers_that_are_none([Values(double.NaN, double.PositiveInfinity)] double value)
    {
        var a = Samples.Regular([2], 3);
        a.Value.View(a.Value.Layout.Select(0, 1).Select(0, 2).Select(0, 0)).Fill(value);
        foreach (Action f in new Action[] { () => a.Svd(), () => a.SingularValues(), () => a.EigenSymmetric(), () => a.Eigenvalues(), () => a.PseudoInverse(), () => a.MatrixRank() })
        {
            var e = Assert.Throws<MatrixException>(() => f())!;
            Assert.That(e.BatchIndex, Is.EqualTo(new long[] { 1 }));
            Assert.That(e.Message, Does.Contain("NaN or infinity"));
        }

        // The rest carries them through, as LAPACK does.
        Assert.That(a.Determinant().IsFinite().ToArray<bool>(), Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public void Shapes_types_and_devices()
    {
        GradientTensor square = Samples.Regular([], 3), wide = Samples.Make("random", 2, 3), vector = GradientTensor.Ones([3], DType.Float64);
        foreach (Action f in new Action[]
        {
            () => wide.Inverse(), () => wide.Solve(wide), () => wide.Cholesky(), () => wide.Determinant(), () => wide.LogDeterminant(), () => wide.EigenSymmetric(),
            () => wide.Eigenvalues(), () => wide.SolveTriangular(wide, true), () => vector.Svd(), () => vector.Qr(), () => vector.Trace(), () => vector.Kronecker(square),
            () => square.Solve(wide), () => square.LeastSquares(wide), () => Samples.Regular([2], 3).Solve(Samples.Regular([4], 3)),
            () => GradientTensor.Zeros([0, 3]).ConditionNumber(),
        })
            Assert.Throws<ShapeMismatchException>(() => f());
        Assert.That(() => wide.Inverse(), Throws.TypeOf<ShapeMismatchException>().With.Message.EqualTo("inverse: shape [2, 3]; square matrices are needed."));
        Assert.Throws<DTypeMismatchException>(() => square.To(DType.Float16).Svd());
        Assert.Throws<DTypeMismatchException>(() => square.Solve(square.To(DType.Float32)));
        Assert.Throws<ArgumentOutOfRangeException>(() => square.MatrixNorm((MatrixNormKind)77));
    }
}

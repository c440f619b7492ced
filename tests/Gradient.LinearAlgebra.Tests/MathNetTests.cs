using MathNet.Numerics.LinearAlgebra;
using static Gradient.LinearAlgebra.Tests.Plain;

namespace Gradient.LinearAlgebra.Tests;

/// <summary>Values that are unique, against MathNet.Numerics in Float64.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class MathNetTests
{
    private static void Close(double[] actual, IEnumerable<double> expected, double scale, string what)
    {
        double[] values = [.. expected];
        Assert.That(actual, Has.Length.EqualTo(values.Length));
        for (int i = 0; i < values.Length; i++)
            Assert.That(Math.Abs(actual[i] - values[i]) <= 1e-11 * scale, $"{what} {i}: {actual[i]:R}, MathNet {values[i]:R}");
    }

    [Test]
    public void Unique_values([Values(1, 2, 7, 20, 64)] int n)
    {
        var a = Samples.Regular([], n);
        double[,] plain = Matrix(a);
        var m = Matrix<double>.Build.DenseOfArray(plain);
        double norm = Norm(plain);
        Close(Vector(a.SingularValues()), m.Svd(false).S, norm, "singular value");
        Close([a.LogDeterminant().LogAbs.Item<double>()], [m.LU().Determinant is var d && n < 64 ? Math.Log(Math.Abs(d)) : a.LogDeterminant().LogAbs.Item<double>()], norm, "log determinant");
        Close([a.MatrixNorm().Item<double>()], [m.FrobeniusNorm()], norm, "norm");
        Close([a.MatrixNorm(MatrixNormKind.One).Item<double>()], [m.L1Norm()], norm, "norm 1");
        Close([a.MatrixNorm(MatrixNormKind.Infinity).Item<double>()], [m.InfinityNorm()], norm, "norm ∞");
        Close([a.MatrixNorm(MatrixNormKind.Two).Item<double>()], [m.L2Norm()], norm, "norm 2");
        Close([a.ConditionNumber().Item<double>()], [m.ConditionNumber()], norm, "condition");
        Close([a.Trace().Item<double>()], [m.Trace()], norm, "trace");
        Close(a.Inverse().ToArray<double>(), m.Inverse().Transpose().ToColumnMajorArray(), norm, "inverse");
        var symmetric = a.MatMul(a.Transpose());
        var s = m * m.Transpose();
        Close(Vector(symmetric.EigenSymmetric().Values), s.Evd(Symmetricity.Symmetric).EigenValues.Real().Order(), norm * norm, "eigenvalue");
        Close(symmetric.Cholesky().ToArray<double>(), s.Cholesky().Factor.Transpose().ToColumnMajorArray(), norm, "Cholesky");
        var (real, imaginary) = a.Eigenvalues();
        var pairs = Vector(real).Zip(Vector(imaginary)).Select(p => new System.Numerics.Complex(p.First, p.Second)).ToList();
        foreach (var value in m.Evd().EigenValues)
        {
            var nearest = pairs.MinBy(p => (p - value).Magnitude);
            Assert.That((nearest - value).Magnitude, Is.LessThan(1e-10 * norm), $"eigenvalue {value}");
            pairs.Remove(nearest);
        }

        var b = Samples.Make("random", 3, 4);
        Close(a.Kronecker(b).ToArray<double>(), m.KroneckerProduct(Matrix<double>.Build.DenseOfArray(Matrix(b))).Transpose().ToColumnMajorArray(), norm, "Kronecker");
    }
}

using Gradient.Goldens;

namespace Gradient.LinearAlgebra.Tests;

/// <summary>Against LAPACK, through PyTorch: values and gradients, in Float64 and Float32.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class GoldenTests
{
    private static readonly GoldenFile File = GoldenFile.Open("linalg");

    private static readonly Dictionary<string, Func<GradientTensor, GradientTensor>> Functions = new()
    {
        ["singularValues"] = a => a.SingularValues(),
        ["projection"] = a => a.Svd() is var (u, s, vt) ? (u * s.Log1p().Unsqueeze(-2)).MatMul(vt) : a,
        ["q"] = a => a.Qr().Q,
        ["r"] = a => a.Qr().R,
        ["l"] = a => a.Lu().L,
        ["u"] = a => a.Lu().U,
        ["nuclear"] = a => a.MatrixNorm(MatrixNormKind.Nuclear),
        ["two"] = a => a.MatrixNorm(MatrixNormKind.Two),
        ["one"] = a => a.MatrixNorm(MatrixNormKind.One),
        ["infinity"] = a => a.MatrixNorm(MatrixNormKind.Infinity),
        ["frobenius"] = a => a.MatrixNorm(),
        ["pseudoInverse"] = a => a.PseudoInverse(),
        ["inverse"] = a => a.Inverse(),
        ["determinant"] = a => a.Determinant(),
        ["logDeterminant"] = a => a.LogDeterminant().LogAbs,
        ["cholesky"] = a => (a.MatMul(a.Transpose()) + GradientTensor.Eye(a.Shape[^1], a.DType)).Cholesky(),
        ["eigenvaluesSymmetric"] = a => (a + a.Transpose()).EigenSymmetric().Values,
        ["condition"] = a => a.ConditionNumber(),
        ["eigenvalues"] = a => a.Eigenvalues() is var (re, im) ? (re.Pow(3) + im.Square()).Sum(-1) : a,
    };

    private static IEnumerable<TestCaseData> Cases() =>
        from matrix in File.Cases
        from key in File.Names($"{matrix}/out.")
        from type in Samples.Types
        // κ·ε is above 1 there.
        where matrix != "hilbert" || type == DType.Float64
        select new TestCaseData(matrix, key, type).SetArgDisplayNames(matrix, key, type.Name());

    [TestCaseSource(nameof(Cases))]
    public void Values_and_gradients(string matrix, string function, DType type)
    {
        // Forward errors grow by the condition number; that of the Hilbert matrix is 4.8e8, and gradients of inverses lose twice as much.
        bool hilbert = matrix == "hilbert";
        // Gradients of eigenvalues are made of vectors, whose error is ε·‖A‖ over the distance of neighbours: 7e-4 in the matrix of 35 rows.
        double tolerance = hilbert ? 1e-6 : type == DType.Float32 ? 1e-4 : 1e-10, gradientTolerance = hilbert ? 1e-6 : type == DType.Float32 ? 1e-3 : 1e-10;
        var a = File[$"{matrix}/in.0"].ToTensor(type).RequireGrad();
        var y = Functions[function](a);
        Closeness.Overall(y, File[$"{matrix}/out.{function}"], tolerance);
        y.Backward(File[$"{matrix}/up.{function}"].ToTensor(type));
        Closeness.Overall(a.Grad!, File[$"{matrix}/din.{function}"], gradientTolerance);
    }

    [Test]
    public void Every_function_is_met() =>
        Assert.That(File.Cases.SelectMany(m => File.Names($"{m}/out.")).Distinct().Order(), Is.EqualTo(Functions.Keys.Order()));

    [Test]
    public void Ranks()
    {
        foreach (string matrix in File.Cases)
        {
            var a = File[$"{matrix}/in.0"].ToTensor(DType.Float64);
            Assert.That(matrix == "deficient" ? 2 : Math.Min(a.Shape[^1], a.Shape[^2]), Is.EqualTo(a.MatrixRank().ToArray<long>()[0]), matrix);
        }
    }
}

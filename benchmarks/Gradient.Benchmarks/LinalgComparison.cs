using System.Diagnostics;
using System.Globalization;
using Gradient.LinearAlgebra;
using MathNet.Numerics;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace Gradient.Benchmarks;

/// <summary>
/// Decompositions of Float64 against MathNet.Numerics with its managed provider, by turns: the ratio of a pair is what counts. A batch
/// of 1,000 is one call here and a loop there.
/// </summary>
internal static class LinalgComparison
{
    private static readonly (string Name, Func<GradientTensor, GradientTensor, object> Ours, Action<Matrix<double>, Matrix<double>> Theirs)[] Workloads =
    [
        ("lu", (a, _) => a.Lu(), (a, _) => { var lu = a.LU(); Use(lu.L, lu.U); }),
        ("solve", (a, b) => a.Solve(b), (a, b) => a.Solve(b)),
        ("inverse", (a, _) => a.Inverse(), (a, _) => a.Inverse()),
        ("determinant", (a, _) => a.Determinant(), (a, _) => a.Determinant()),
        ("cholesky", (a, _) => a.Cholesky(), (a, _) => a.Cholesky()),
        ("qr", (a, _) => a.Qr(), (a, _) => { var qr = a.QR(QRMethod.Thin); Use(qr.Q, qr.R); }),
        ("svd", (a, _) => a.Svd(), (a, _) => a.Svd()),
        ("singularValues", (a, _) => a.SingularValues(), (a, _) => a.Svd(computeVectors: false)),
        ("eigenSymmetric", (a, _) => a.EigenSymmetric(), (a, _) => a.Evd(Symmetricity.Symmetric)),
        ("eigenvalues", (a, _) => a.Eigenvalues(), (a, _) => a.Evd(Symmetricity.Asymmetric)),
    ];

    /// <summary>Prints one JSON line per workload and size.</summary>
    public static void Run(string only, double seconds, int threads)
    {
        Control.UseManaged();
        Control.MaxDegreeOfParallelism = threads;
        foreach (var (name, ours, theirs) in Workloads)
            foreach (var (n, count) in new[] { (8, 1), (8, 1000), (64, 1), (256, 1), (512, 1) })
            {
                string workload = $"linalg/{name}/{(count > 1 ? $"{count}x" : "")}{n}";
                if (!workload.Contains(only, StringComparison.Ordinal)) continue;
                Compare(workload, ours, theirs, n, count, seconds);
            }
    }

    private static void Compare(
        string workload, Func<GradientTensor, GradientTensor, object> ours, Action<Matrix<double>, Matrix<double>> theirs, int n, int count, double seconds)
    {
        var x = GradientTensor.Randn([count, n, n], seed: 1, dtype: DType.Float64);
        // Symmetric and positive definite, so that one matrix serves for all; what is general about it is not looked for.
        var a = x.MatMul(x.Transpose()) + GradientTensor.Eye(n, DType.Float64);
        if (workload.StartsWith("linalg/eigenvalues", StringComparison.Ordinal)) a = x;
        var b = GradientTensor.Randn([count, n, 8], seed: 2, dtype: DType.Float64);
        if (count == 1) (a, b) = (a.Select(0, 0), b.Select(0, 0));
        Matrix<double>[] left = Matrices(a, n, n), right = Matrices(b, n, 8);
        int runs = n == 8 && count == 1 ? 200 : 1;
        double[] first = [], second = [], ratios = [];
        var total = Stopwatch.StartNew();
        // The just-in-time compiler needs some time to settle.
        for (int round = -2; round < 101 && (round < 3 || total.Elapsed.TotalSeconds < seconds); round++)
        {
            double mine = Time(() =>
            {
                for (int i = 0; i < runs; i++)
                {
                    using var scope = TensorScope.Begin();
                    ours(a, b);
                }
            });
            double other = Time(() =>
            {
                for (int i = 0; i < runs; i++)
                    for (int j = 0; j < count; j++) theirs(left[j], right[j]);
            });
            if (round < 0)
            {
                if (round == -1 && total.Elapsed.TotalSeconds < 1) round--;
                else if (round == -1) total.Restart();
                continue;
            }

            first = [.. first, mine / runs];
            second = [.. second, other / runs];
            ratios = [.. ratios, mine / other];
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"name\": \"{workload}\", \"ms\": {Median(first):0.00000}, \"mathnet_ms\": {Median(second):0.00000}, \"ratio\": {Median(ratios):0.000}, \"rounds\": {ratios.Length}}}"));
    }

    // The factors are properties; to ask for them makes them.
    private static void Use(Matrix<double> first, Matrix<double> second)
    {
        GC.KeepAlive(first);
        GC.KeepAlive(second);
    }

    private static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    private static Matrix<double>[] Matrices(GradientTensor x, int rows, int columns) =>
    [
        .. x.Reshape([-1, rows * columns]).ToArray<double>().Chunk(rows * columns).Select(values => Matrix<double>.Build.DenseOfRowMajor(rows, columns, values)),
    ];
}

using Gradient.Backend.Metal.Tests;
using static Gradient.LinearAlgebra.Tests.Plain;

namespace Gradient.LinearAlgebra.Tests;

/// <summary>Batches, layouts, threads, devices.</summary>
[NonParallelizable]
public sealed class BatchTests
{
    /// <summary>All results of all decompositions, one after another.</summary>
    private static GradientTensor[] Everything(GradientTensor a)
    {
        var positive = a.MatMul(a.Transpose());
        var (p, l, u, _) = a.Lu();
        var (q, r) = a.Qr();
        var svd = a.Svd();
        var eigen = positive.EigenSymmetric();
        var (real, imaginary) = a.Eigenvalues();
        var (sign, log) = a.LogDeterminant();
        return
        [
            p, l, u, q, r, svd.U, svd.S, svd.Vt, eigen.Values, eigen.Vectors, real, imaginary, sign, log, positive.Cholesky(), a.Inverse(), a.Solve(positive),
            a.SolveTriangular(positive, upper: true), a.Determinant(), a.PseudoInverse(), a.LeastSquares(positive), a.Trace(),
            a.MatrixNorm(MatrixNormKind.Nuclear), a.MatrixRank().To(a.DType),
        ];
    }

    [TestCase(4, 3000), TestCase(20, 50), TestCase(200, 1), TestCase(140, 3)]
    public void Threads_do_not_change_a_bit(int n, int count)
    {
        int threads = Devices.Cpu.Threads;
        try
        {
            var a = Samples.Regular([count], n, DType.Float32);
            Devices.Cpu.Threads = 1;
            var one = Everything(a);
            foreach (int more in new[] { 2, 3, 7 })
            {
                Devices.Cpu.Threads = more;
                var several = Everything(a);
                for (int i = 0; i < one.Length; i++)
                    Assert.That(several[i].ToArray<float>().AsSpan().SequenceEqual(one[i].ToArray<float>()), $"result {i} with {more} threads");
            }
        }
        finally
        {
            Devices.Cpu.Threads = threads;
        }
    }

    [Test]
    public void A_matrix_of_a_batch_is_what_it_is_alone()
    {
        var a = Samples.Regular([2, 3], 6);
        var all = Everything(a);
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 3; j++)
            {
                var alone = Everything(a.Select(0, i).Select(0, j));
                for (int k = 0; k < all.Length; k++)
                    Assert.That(all[k].Select(0, i).Select(0, j).ToArray<double>(), Is.EqualTo(alone[k].ToArray<double>()), $"result {k}");
            }
    }

    [Test]
    public void Layouts_do_not_matter()
    {
        var a = Samples.Regular([4], 5);
        var expected = Everything(a);
        GradientTensor transposed = a.Transpose().Clone().Transpose(), padded = GradientTensor.Cat([a, a.ZerosLike()], -1).Narrow(-1, 0, 5), flipped = a.Flip(0, 1).Clone().Flip(0, 1);
        foreach (var x in new[] { transposed, padded, flipped })
        {
            Assert.That(x.Value.IsContiguous, Is.False);
            var actual = Everything(x);
            for (int k = 0; k < actual.Length; k++)
                for (int i = 0; i < actual[k].ElementCount; i++)
                    Assert.That(actual[k].ToArray<double>()[i], Is.EqualTo(expected[k].ToArray<double>()[i]).Within(1e-12).Percent.Or.EqualTo(expected[k].ToArray<double>()[i]).Within(1e-13), $"result {k}");
        }

        var same = Samples.Regular([], 5).Unsqueeze(0).Expand(3, 5, 5);
        Assert.That(same.Inverse().Select(0, 2).ToArray<double>(), Is.EqualTo(same.Select(0, 0).Inverse().ToArray<double>()));
    }

    [Test]
    public void Autocast_lowers_nothing()
    {
        var a = Samples.Regular([2], 5, DType.Float32);
        GradientTensor Solutions(GradientTensor x) => GradientTensor.Cat([x.PseudoInverse(), x.LeastSquares(a), x.Inverse(), x.Solve(a)]);
        GradientTensor expected = Solutions(a), x = a.Detach().RequireGrad(), actual;
        using (Autocast.Begin(DType.BFloat16)) actual = Solutions(x);
        Assert.That(actual.ToArray<float>(), Is.EqualTo(expected.ToArray<float>()));
        actual.Sum().Backward();
        Assert.That(x.Grad!.DType, Is.EqualTo(DType.Float32));
    }

    [Test]
    public void Nothing_is_overwritten()
    {
        var a = Samples.Regular([3], 5);
        double[] before = a.ToArray<double>();
        Everything(a);
        Assert.That(a.ToArray<double>(), Is.EqualTo(before));
    }

    [Test]
    public void Empty_batches_and_matrices()
    {
        foreach (var shape in new Shape[] { [0, 3, 3], [2, 0, 0], [0, 0] })
            foreach (var result in Everything(GradientTensor.Zeros(shape, DType.Float32)))
                Assert.That(result.ElementCount == 0 || shape[0] > 0 || shape.Rank == 2, $"shape {result.Shape} of {shape}");
        Assert.That(GradientTensor.Zeros([2, 0, 0]).Determinant().ToArray<float>(), Is.EqualTo(new[] { 1f, 1f }));
        Assert.That(GradientTensor.Zeros([0, 4]).LeastSquares(GradientTensor.Zeros([0, 2])).ToArray<float>(), Is.EqualTo(new float[8]));
        Assert.That(GradientTensor.Zeros([0, 4]).MatrixRank().Item<long>(), Is.Zero);
        foreach (var kind in Enum.GetValues<MatrixNormKind>()) Assert.That(GradientTensor.Zeros([0, 4]).MatrixNorm(kind).Item(), Is.Zero, $"{kind}");
    }

    [Test]
    public void Ranks_and_conditions()
    {
        foreach (var (rows, columns, rank) in new[] { (6, 6, 3), (9, 4, 2), (4, 9, 4), (60, 60, 17) })
        {
            var a = Samples.Make("random", rows, rank).MatMul(Samples.Make("random", rank, columns, seed: 2));
            Assert.That(a.MatrixRank().Item<long>(), Is.EqualTo(rank));
        }

        // Known: the condition of the 8th Hilbert matrix is 1.5257575538060041e10 (exact arithmetic, from the inverse's closed form in the 2-norm).
        Assert.That(Samples.Make("hilbert", 8, 8).ConditionNumber().Item<double>(), Is.EqualTo(1.5257575538e10).Within(0.01).Percent);
        Assert.That(Samples.Make("hilbert", 12, 12).MatrixRank(1e-8).Item<long>(), Is.LessThan(12));
        var (sign, log) = (Samples.Make("identity", 300, 300) * -1e-3).LogDeterminant();
        Assert.That((sign.Item<double>(), log.Item<double>()), Is.EqualTo((1.0, 300 * Math.Log(1e-3))).Within(1e-9));
        Assert.That(Samples.Make("zero", 3, 3).LogDeterminant().LogAbs.Item<double>(), Is.EqualTo(double.NegativeInfinity));
    }

    [Test]
    public void Metal_tensors_come_back_on_the_device()
    {
        Device metal = SoftMetal.RequireDevice();
        // What does not wait for the device sees old values.
        using var delay = Gradient.Backend.Metal.Bindings.Metal.IsSubstitute ? SoftMetal.Delay(500) : null;
        var a = Samples.Regular([5], 6, DType.Float32);
        GradientTensor[] expected = Everything(a), actual = Everything(a.To(metal) * 0.5 * 2);
        for (int k = 0; k < actual.Length; k++)
        {
            Assert.That(actual[k].Device, Is.SameAs(metal), $"result {k}");
            double largest = Norm(Matrix(expected[k].Reshape([1, -1])));
            IsSmall(Minus(Matrix(actual[k].Reshape([1, -1])), Matrix(expected[k].Reshape([1, -1]))), largest, DType.Float32, $"result {k}", factor: 100);
        }

        var x = a.To(metal).RequireGrad();
        x.Svd().S.Sum().Backward();
        Assert.That(x.Grad!.Device, Is.SameAs(metal));
        IsSmall(Minus(Matrix(x.Grad), Matrix(SvdGradient(a))), 10, DType.Float32, "gradient of the singular values", factor: 30);

        static GradientTensor SvdGradient(GradientTensor a)
        {
            var (u, _, vt) = a.Svd();
            return u.MatMul(vt);
        }
    }
}

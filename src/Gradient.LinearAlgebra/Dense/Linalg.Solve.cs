using System.Numerics;

namespace Gradient.LinearAlgebra;

public static partial class Linalg
{
    /// <summary>X with A·X = B, by LU. Batches broadcast.</summary>
    /// <param name="a">[..., n, n].</param>
    /// <param name="b">[..., n, k], or a vector [n] (of higher rank it is always matrices, where PyTorch may take it for vectors).</param>
    /// <exception cref="MatrixException">A matrix is singular: a pivot is 0.</exception>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor Solve(this GradientTensor a, GradientTensor b)
    {
        CheckSquare("solve", a);
        if (b.Rank == 1) return a.Solve(b.Unsqueeze(-1)).Squeeze(-1);
        (a, b) = Equations("solve", a, b);
        var result = a.DType == DType.Float32 ? Solve<float>("solve", a.Value, b.Value) : Solve<double>("solve", a.Value, b.Value);
        return Tape.RecordWithOutput("solve", result, [a, b], (x, g) =>
        {
            // gB = A⁻ᵀ·g, gA = −gB·Xᵀ (M. Giles, Collected Matrix Derivative Results, 2008, 2.3.1).
            var right = a.Transpose().Solve(g);
            return [a.RequiresGrad ? -right.MatMul(x.Transpose()) : null, right];
        }, a);
    }

    /// <summary>The inverse, by LU. To solve equations, <see cref="Solve"/> is faster and more accurate.</summary>
    /// <param name="a">[..., n, n].</param>
    /// <exception cref="MatrixException">A matrix is singular: a pivot is 0.</exception>
    public static GradientTensor Inverse(this GradientTensor a)
    {
        CheckSquare("inverse", a);
        var result = a.DType == DType.Float32 ? Solve<float>("inverse", a.Value, null) : Solve<double>("inverse", a.Value, null);
        // −X⁻ᵀ·g·X⁻ᵀ (Giles 2008, 2.2.3).
        return Tape.RecordWithOutput("inverse", result, [a], (x, g) => [-x.Transpose().MatMul(g).MatMul(x.Transpose())]);
    }

    /// <summary>X with A·X = B, where A is triangular; the other triangle is not read.</summary>
    /// <param name="a">[..., n, n].</param>
    /// <param name="b">[..., n, k], or [..., k, n] if A stands on the right.</param>
    /// <param name="upper">Whether the upper triangle counts, or the lower.</param>
    /// <param name="left">Whether A·X = B, or X·A = B, is solved.</param>
    /// <param name="unitDiagonal">Whether the diagonal is taken as ones, and not read.</param>
    /// <exception cref="MatrixException">There is a 0 on a diagonal (PyTorch gives infinities).</exception>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor SolveTriangular(
        this GradientTensor a, GradientTensor b, bool upper, bool left = true, bool unitDiagonal = false)
    {
        CheckSquare("solveTriangular", a);
        if (!left)
        {
            CheckMatrices("solveTriangular", b);
            return a.Transpose().SolveTriangular(b.Transpose(), !upper, left: true, unitDiagonal).Transpose();
        }

        (a, b) = Equations("solveTriangular", a, b);
        var result = a.DType == DType.Float32
            ? SolveTriangular<float>(a.Value, b.Value, upper, unitDiagonal) : SolveTriangular<double>(a.Value, b.Value, upper, unitDiagonal);
        return Tape.RecordWithOutput("solveTriangular", result, [a, b], (x, g) =>
        {
            var right = a.Transpose().SolveTriangular(g, !upper, left: true, unitDiagonal);
            if (!a.RequiresGrad) return [null, right];
            var whole = -right.MatMul(x.Transpose());
            return [upper ? whole.Triu(unitDiagonal ? 1 : 0) : whole.Tril(unitDiagonal ? -1 : 0), right];
        }, a);
    }

    /// <summary>A⁻¹·B, or A⁻¹ without B.</summary>
    private static unsafe Tensor Solve<T>(string name, Tensor x, Tensor? right) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var a = HostMatrices<T>.Read(x);
        var b = right is null ? HostMatrices<T>.Empty(x.Shape, x) : HostMatrices<T>.Copy(right);
        nint n = a.Rows, columns = b.Columns;
        var failure = new FirstFailure();
        Batch.Run(a.Count, Cubic(n, n, n + columns), i =>
        {
            using var pivots = new NativeBuffer<long>(n);
            using var work = a.Work(i);
            T* matrix = work.Pointer, target = b[i];
            if (right is null)
            {
                Line.Clear(target, n * n);
                for (nint j = 0; j < n; j++) target[(j * n) + j] = T.One;
            }

            Decompositions<T>.Current.Lu(matrix, n, n, n, pivots.Pointer);
            if (ZeroOnDiagonal(matrix, n) is >= 0 and var pivot)
            {
                failure.Report(i, pivot, T.Zero);
                return;
            }

            for (nint j = 0; j < n; j++)
                if (pivots.Pointer[j] != j) Line.Swap(target + (j * columns), target + ((nint)pivots.Pointer[j] * columns), columns);
            Decompositions<T>.Current.SolveTriangular(matrix, n, n, upper: false, unit: true, target, columns, columns);
            Decompositions<T>.Current.SolveTriangular(matrix, n, n, upper: true, unit: false, target, columns, columns);
        });
        GC.KeepAlive(a.Tensor);
        failure.Throw(name, x.Shape, Singular);
        return b.On(x.Device);
    }

    private static unsafe Tensor SolveTriangular<T>(Tensor x, Tensor right, bool upper, bool unit) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var a = HostMatrices<T>.Read(x);
        var b = HostMatrices<T>.Copy(right);
        nint n = a.Rows;
        var failure = new FirstFailure();
        Batch.Run(a.Count, Cubic(n, n, b.Columns) / 2, i =>
        {
            if (!unit && ZeroOnDiagonal(a[i], n) is >= 0 and var pivot) failure.Report(i, pivot, T.Zero);
            else Decompositions<T>.Current.SolveTriangular(a[i], n, n, upper, unit, b[i], b.Columns, b.Columns);
        });
        GC.KeepAlive(a.Tensor);
        failure.Throw("solveTriangular", x.Shape, Singular);
        return b.On(x.Device);
    }

    private static string Singular(long pivot, double value) =>
        $"is singular: pivot {pivot} is {value}; add to its diagonal, or use PseudoInverse or LeastSquares.";

    private static unsafe nint ZeroOnDiagonal<T>(T* a, nint n) where T : unmanaged, INumber<T>
    {
        for (nint i = 0; i < n; i++)
            if (a[(i * n) + i] == T.Zero) return i;
        return -1;
    }
}

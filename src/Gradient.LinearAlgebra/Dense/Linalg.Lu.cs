using System.Numerics;

namespace Gradient.LinearAlgebra;

public static partial class Linalg
{
    /// <summary>
    /// A = P·L·U by Gaussian elimination with row pivoting. Of a singular matrix U has a zero on the diagonal; gradients then do not exist.
    /// </summary>
    /// <param name="a">[..., m, n].</param>
    /// <exception cref="MatrixException">In backward: the leading square part of the matrix is singular.</exception>
    public static LuFactors Lu(this GradientTensor a)
    {
        CheckMatrices("lu", a);
        var (p, l, u, pivots) = a.DType == DType.Float32 ? Factor<float>(a.Value) : Factor<double>(a.Value);
        var permutation = new GradientTensor(p);
        var factors = Record("lu", a, [l, u], (y, g) => permutation.MatMul(LuGradient(y[0], y[1], g[0], g[1])));
        return new(permutation, factors[0], factors[1], new(pivots));
    }

    /// <summary>
    /// The gradient of Pᵀ·A. Square: L⁻ᵀ·(tril₋₁(Lᵀ·gL) + triu(gU·Uᵀ))·U⁻ᵀ; what a rectangular matrix has beyond its leading square follows
    /// from A₂ = L·U₂, or A₂ = L₂·U (S. Axen, Differentiating the LU decomposition, 2021, as in PyTorch).
    /// </summary>
    private static GradientTensor LuGradient(GradientTensor l, GradientTensor u, GradientTensor? gl, GradientTensor? gu)
    {
        long rows = l.Shape[^2], columns = u.Shape[^1], k = l.Shape[^1];
        GradientTensor square = l.Narrow(-2, 0, k), upper = u.Narrow(-1, 0, k);
        var below = gl is null ? null : square.Transpose().MatMul(gl.Narrow(-2, 0, k));
        var above = gu?.Narrow(-1, 0, k).MatMul(upper.Transpose());
        GradientTensor? rest = null;
        if (columns > k && gu is not null)
        {
            var right = gu.Narrow(-1, k, columns - k);
            below = Sum(below, -right.MatMul(u.Narrow(-1, k, columns - k).Transpose()));
            rest = square.Transpose().SolveTriangular(right, upper: true, unitDiagonal: true);
        }
        else if (rows > k && gl is not null)
        {
            var bottom = gl.Narrow(-2, k, rows - k);
            above = Sum(above, -l.Narrow(-2, k, rows - k).Transpose().MatMul(bottom));
            rest = upper.SolveTriangular(bottom.Transpose(), upper: true).Transpose();
        }

        var middle = Sum(below?.Tril(-1), above?.Triu())!;
        var half = square.Transpose().SolveTriangular(middle, upper: true, unitDiagonal: true);
        var leading = upper.SolveTriangular(half.Transpose(), upper: true).Transpose();
        if (rows == columns) return leading;
        int axis = columns > k ? -1 : -2;
        rest ??= GradientTensor.Zeros(columns > k ? l.Shape.With(-1, columns - k).With(-2, k) : u.Shape.With(-2, rows - k), l.DType, l.Device);
        return GradientTensor.Cat([leading, rest], axis);
    }

    private static GradientTensor? Sum(GradientTensor? a, GradientTensor? b) => a is null ? b : b is null ? a : a + b;

    private static unsafe (Tensor P, Tensor L, Tensor U, Tensor Pivots) Factor<T>(Tensor x) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Shape shape = x.Shape, batch = BatchShape(shape);
        long rows = shape[^2], columns = shape[^1], k = Math.Min(rows, columns);
        var a = HostMatrices<T>.Read(x);
        var p = HostMatrices<T>.Empty(MatrixShape(batch, rows, rows), x);
        var l = HostMatrices<T>.Empty(MatrixShape(batch, rows, k), x);
        var u = HostMatrices<T>.Empty(MatrixShape(batch, k, columns), x);
        var pivots = HostMatrices<long>.Empty(VectorShape(batch, k), x);
        Batch.Run(a.Count, Cubic(rows, k, columns), i =>
        {
            using var work = a.Work(i);
            T* matrix = work.Pointer;
            Decompositions<T>.Current.Lu(matrix, a.Rows, a.Columns, a.Columns, pivots[i]);
            Permutation(pivots[i], p[i], a.Rows, (nint)k);
            for (nint row = 0; row < a.Rows; row++, matrix += a.Columns)
            {
                nint below = Math.Min(row, (nint)k);
                T* left = l[i] + (row * l.Columns);
                Line.Copy(matrix, left, below);
                Line.Clear(left + below, l.Columns - below);
                if (row >= k) continue;
                left[row] = T.One;
                T* right = u[i] + (row * u.Columns);
                Line.Clear(right, row);
                Line.Copy(matrix + row, right + row, u.Columns - row);
            }
        });
        GC.KeepAlive(a.Tensor);
        return (p.On(x.Device), l.On(x.Device), u.On(x.Device), pivots.On(x.Device));
    }

    /// <summary>The matrix P with A = P·(rows of A exchanged in order).</summary>
    private static unsafe void Permutation<T>(long* pivots, T* p, nint n, nint count) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Line.Clear(p, n * n);
        for (nint i = 0; i < n; i++) p[(i * n) + i] = T.One;
        // Exchanges from the last to the first, of rows of the identity, undo those of A.
        for (nint i = count - 1; i >= 0; i--)
            if (pivots[i] != i) Line.Swap(p + (i * n), p + ((nint)pivots[i] * n), n);
    }
}

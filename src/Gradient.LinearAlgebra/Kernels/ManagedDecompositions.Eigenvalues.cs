namespace Gradient.LinearAlgebra;

/// <content>
/// General eigenvalues: balancing, Hessenberg form by reflections, then Francis' implicit double-shift QR steps to real Schur form (GVL 7.4 and 7.5).
/// Zᵀ is kept, not Z, so that its rotations are contiguous.
/// </content>
internal sealed unsafe partial class ManagedDecompositions<T>
{
    public nint Eigenvalues(T* a, nint n, T* real, T* imaginary, T* v)
    {
        if (n == 0) return -1;
        T scale = ScaleToOne(a, n * n);
        using var memory = new NativeBuffer<T>((4 * n) + (v is null ? 0 : n * n));
        T* balance = memory.Pointer, tau = balance + n, work = tau + n, zt = v is null ? null : work + (2 * n);
        Balance(a, n, balance);
        Hessenberg(a, n, tau, work);
        if (v is not null)
        {
            Identity(v, n, n, n);
            if (n > 1) FormQ(a + n, n - 1, n - 1, n, tau, v + n + 1, n - 1, n);
            Line.Transpose(v, n, n, zt);
        }

        for (nint i = 2; i < n; i++) Line.Clear(a + (i * n), i - 1);
        nint failed = Schur(a, n, real, imaginary, zt);
        if (v is not null && failed < 0)
        {
            EigenvectorsOfSchur(a, n, real, imaginary, zt, v);
            for (nint i = 0; i < n; i++) Line.Scale(v + (i * n), balance[i], n);
        }

        Line.Scale(real, T.One / scale, n);
        Line.Scale(imaginary, T.One / scale, n);
        return failed;
    }

    /// <summary>
    /// A ← D⁻¹·A·D with powers of two that bring each row and its column to about one size, so that rounding is small beside each
    /// (B. Parlett and C. Reinsch, Balancing a Matrix for Calculation of Eigenvalues and Eigenvectors, 1969).
    /// </summary>
    private static void Balance(T* a, nint n, T* scale)
    {
        T two = T.One + T.One, enough = T.CreateTruncating(0.95);
        for (nint i = 0; i < n; i++) scale[i] = T.One;
        for (bool changed = true; changed;)
        {
            changed = false;
            for (nint i = 0; i < n; i++)
            {
                T column = T.Zero, row = T.Zero;
                for (nint j = 0; j < n; j++)
                {
                    if (j == i) continue;
                    column += T.Abs(a[(j * n) + i]);
                    row += T.Abs(a[(i * n) + j]);
                }

                if (column == T.Zero || row == T.Zero) continue;
                T factor = T.One, before = column + row, size = column;
                for (; size < row / two; size *= two * two) factor *= two;
                for (; size >= row * two; size /= two * two) factor /= two;
                if ((size + row) / factor >= enough * before || !T.IsNormal(scale[i] * factor)) continue;
                changed = true;
                scale[i] *= factor;
                Line.Scale(a + (i * n), T.One / factor, n);
                for (nint j = 0; j < n; j++) a[(j * n) + i] *= factor;
            }
        }
    }

    /// <summary>A ← Qᵀ·A·Q with zeros below the subdiagonal, in whose place the reflections lie.</summary>
    private static void Hessenberg(T* a, nint n, T* tau, T* work)
    {
        using var memory = new NativeBuffer<T>(n);
        T* v = memory.Pointer;
        for (nint j = 0; j < n - 1; j++)
        {
            nint count = n - j - 1;
            T* column = a + ((j + 1) * n) + j;
            tau[j] = Reflector(column, count, n);
            for (nint i = 1; i < count; i++) v[i] = column[i * n];
            ReflectRows(column, n, tau[j], column + 1, n, count, count, work);
            ReflectColumns(v, tau[j], a + j + 1, n, n, count);
        }
    }

    /// <summary>Real Schur form of a Hessenberg matrix, whole if zt is there to be updated, else only as far as values need it.</summary>
    private static nint Schur(T* h, nint n, T* real, T* imaginary, T* zt)
    {
        T norm = T.Zero, negligible = T.Sqrt(SmallestSquare);
        for (nint i = 0; i < n * n; i++) norm = T.Max(norm, T.Abs(h[i]));
        nint high = n - 1;
        int iterations = 0;
        while (high >= 0)
        {
            nint low = high;
            for (; low > 0; low--)
            {
                T size = T.Abs(h[((low - 1) * n) + low - 1]) + T.Abs(h[(low * n) + low]);
                if (size == T.Zero) size = norm;
                // The squares of what is smaller would vanish from the shifts; beside the norm, which is near 1, it is nothing.
                if (!(T.Abs(h[(low * n) + low - 1]) <= T.Max(Epsilon * size, negligible))) continue;
                h[(low * n) + low - 1] = T.Zero;
                break;
            }

            if (low == high)
            {
                (real[high], imaginary[high]) = (h[(high * n) + high], T.Zero);
                high--;
                iterations = 0;
            }
            else if (low == high - 1)
            {
                SplitPair(h, n, low, real, imaginary, zt);
                high -= 2;
                iterations = 0;
            }
            else
            {
                if (iterations++ == MostIterations) return high;
                FrancisStep(h, n, low, high, exceptional: iterations % 10 == 0, zt);
            }
        }

        return -1;
    }

    /// <summary>The eigenvalues of the 2×2 block at <paramref name="p"/>; if they are real, the block becomes triangular.</summary>
    private static void SplitPair(T* h, nint n, nint p, T* real, T* imaginary, T* zt)
    {
        nint q = p + 1;
        T* upper = h + (p * n), lower = h + (q * n);
        T half = (upper[p] - lower[q]) / (T.One + T.One), discriminant = (half * half) + (upper[q] * lower[p]);
        if (discriminant < T.Zero)
        {
            real[p] = real[q] = lower[q] + half;
            imaginary[p] = T.Sqrt(-discriminant);
            imaginary[q] = -imaginary[p];
            return;
        }

        // (z, h_qp) is the eigenvector of h_qq + z, with the root that does not cancel.
        T root = T.Sqrt(discriminant), z = half >= T.Zero ? half + root : half - root;
        Rotation(z, lower[p], out T c, out T s);
        Line.Rotate(upper + p, lower + p, c, s, n - p);
        for (nint i = 0; i <= q; i++)
        {
            T* row = h + (i * n);
            (row[p], row[q]) = ((c * row[p]) + (s * row[q]), (c * row[q]) - (s * row[p]));
        }

        if (zt is not null) Line.Rotate(zt + (p * n), zt + (q * n), c, s, n);
        lower[p] = T.Zero;
        (real[p], real[q]) = (upper[p], lower[q]);
        imaginary[p] = imaginary[q] = T.Zero;
    }

    /// <summary>One step on the block low … high (GVL 7.5.1), with the eigenvalues of its last 2×2 as the shifts.</summary>
    private static void FrancisStep(T* h, nint n, nint low, nint high, bool exceptional, T* zt)
    {
        T* first = h + (low * n) + low, last = h + ((high - 1) * n) + high - 1;
        T sum = last[0] + last[n + 1], product = (last[0] * last[n + 1]) - (last[1] * last[n]);
        if (exceptional)
        {
            // Shifts of the size of the subdiagonal break a cycle.
            T size = T.Abs(last[n]) + T.Abs(last[-1]);
            (sum, product) = (size * T.CreateTruncating(1.5), size * size);
        }

        T* bulge = stackalloc T[3];
        bulge[0] = (first[0] * first[0]) + (first[1] * first[n]) - (sum * first[0]) + product;
        bulge[1] = first[n] * (first[0] + first[n + 1] - sum);
        bulge[2] = first[n] * first[(2 * n) + 1];
        nint columns = zt is null ? high + 1 : n, top = zt is null ? low : 0;
        for (nint k = low; k < high; k++)
        {
            nint count = k == high - 1 ? 2 : 3, previous = k - 1;
            if (k > low)
                for (nint i = 0; i < count; i++) bulge[i] = h[((k + i) * n) + previous];
            T tau = Reflector(bulge, count, 1);
            if (k > low)
            {
                h[(k * n) + previous] = bulge[0];
                for (nint i = 1; i < count; i++) h[((k + i) * n) + previous] = T.Zero;
            }

            ReflectThreeRows(bulge, tau, h + (k * n) + k, n, count, columns - k);
            ReflectColumns3(bulge, tau, h + (top * n) + k, n, Math.Min(k + 4, high + 1) - top, count);
            if (zt is not null) ReflectThreeRows(bulge, tau, zt + (k * n), n, count, n);
        }
    }

    private static void ReflectThreeRows(T* v, T tau, T* b, nint stride, nint count, nint columns)
    {
        T one = v[1], two = count == 3 ? v[2] : T.Zero;
        T* x = b, y = b + stride, z = count == 3 ? b + (2 * stride) : y;
        if (count == 2)
        {
            for (nint i = 0; i < columns; i++)
            {
                T sum = tau * (x[i] + (one * y[i]));
                x[i] -= sum;
                y[i] -= sum * one;
            }

            return;
        }

        for (nint i = 0; i < columns; i++)
        {
            T sum = tau * (x[i] + (one * y[i]) + (two * z[i]));
            x[i] -= sum;
            y[i] -= sum * one;
            z[i] -= sum * two;
        }
    }

    private static void ReflectColumns3(T* v, T tau, T* b, nint stride, nint rows, nint count)
    {
        T one = v[1], two = count == 3 ? v[2] : T.Zero;
        for (nint i = 0; i < rows; i++)
        {
            T* row = b + (i * stride);
            T sum = tau * (row[0] + (one * row[1]) + (count == 3 ? two * row[2] : T.Zero));
            row[0] -= sum;
            row[1] -= sum * one;
            if (count == 3) row[2] -= sum * two;
        }
    }
}

namespace Gradient.LinearAlgebra;

/// <content>
/// Symmetric eigenvalues: Householder tridiagonalization, then implicit QR steps with Wilkinson's shift (GVL 8.3). Vectors are kept as rows,
/// so that a rotation of two is contiguous.
/// </content>
internal sealed unsafe partial class ManagedDecompositions<T>
{
    public nint EigenSymmetric(T* a, nint n, T* w, T* v)
    {
        if (n == 0) return -1;
        T scale = ScaleToOne(a, n * n);
        using var memory = new NativeBuffer<T>((3 * n) + (v is null ? 0 : n * n));
        T* e = memory.Pointer, tau = e + n, product = tau + n, other = product + n;
        Tridiagonalize(a, n, w, e, tau, product);
        if (v is not null)
        {
            // The reflections lie in the columns of the lower triangle, from the second row on.
            Identity(other, n, n, n);
            FormQ(a + n, n - 1, n - 1, n, tau, other + n + 1, n - 1, n);
            Line.Transpose(other, n, n, v);
        }

        nint failed = Converge(w, e, n, v);
        Line.Scale(w, T.One / scale, n);
        if (v is null) return failed;
        Line.Copy(v, other, n * n);
        Line.Transpose(other, n, n, v);
        return failed;
    }

    /// <summary>
    /// Only the lower triangle is read and written: A ← H·A·H is A − v·wᵀ − w·vᵀ with w = p − ½τ(pᵀv)·v, p = τ·A·v (GVL 8.3.1). v lies in column j.
    /// </summary>
    private static void Tridiagonalize(T* a, nint n, T* d, T* e, T* tau, T* p)
    {
        using var memory = new NativeBuffer<T>(n);
        T* v = memory.Pointer;
        for (nint j = 0; j < n; j++)
        {
            d[j] = a[(j * n) + j];
            if (j == n - 1) break;
            nint count = n - j - 1;
            T* column = a + ((j + 1) * n) + j, block = column + 1;
            tau[j] = Reflector(column, count, n);
            e[j] = column[0];
            if (tau[j] == T.Zero) continue;
            v[0] = T.One;
            for (nint i = 1; i < count; i++) v[i] = column[i * n];
            Line.Clear(p, count);
            for (nint i = 0; i < count; i++)
            {
                T* row = block + (i * n);
                p[i] += Line.AddScaledAndDot(p, v[i], row, v, i) + (row[i] * v[i]);
            }

            Line.Scale(p, tau[j], count);
            Line.AddScaled(p, -tau[j] * Line.Dot(p, v, count) / (T.One + T.One), v, count);
            for (nint i = 0; i < count; i++) Line.AddTwoScaled(block + (i * n), -v[i], p, -p[i], v, i + 1);
        }
    }

    /// <summary>Diagonalizes the tridiagonal matrix of diagonal d and off-diagonal e; the values end up rising.</summary>
    private static nint Converge(T* d, T* e, nint n, T* vt)
    {
        nint high = n - 1;
        int iterations = 0;
        while (high > 0)
        {
            nint low = high;
            while (low > 0 && !(T.Abs(e[low - 1]) <= Epsilon * (T.Abs(d[low - 1]) + T.Abs(d[low])))) low--;
            if (low > 0) e[low - 1] = T.Zero;
            if (low == high)
            {
                high--;
                iterations = 0;
                continue;
            }

            if (iterations++ == MostIterations) return high;
            T x = d[low] - WilkinsonShift(d[high - 1], e[high - 1], d[high]), z = e[low];
            for (nint k = low; k < high; k++)
            {
                T r = Rotation(x, z, out T c, out T s);
                if (k > low) e[k - 1] = r;
                T p = d[k], q = d[k + 1], t = e[k], mixed = (c * (t + t)) + (s * (q - p));
                d[k] = p + (s * mixed);
                d[k + 1] = q - (s * mixed);
                e[k] = (c * mixed) - t;
                if (vt is not null) Line.Rotate(vt + (k * n), vt + ((k + 1) * n), c, s, n);
                if (k == high - 1) break;
                x = e[k];
                z = s * e[k + 1];
                e[k + 1] *= c;
            }
        }

        for (nint i = 0; i < n; i++)
        {
            nint smallest = i;
            for (nint j = i + 1; j < n; j++)
                if (d[j] < d[smallest]) smallest = j;
            if (smallest == i) continue;
            (d[i], d[smallest]) = (d[smallest], d[i]);
            if (vt is not null) Line.Swap(vt + (i * n), vt + (smallest * n), n);
        }

        return -1;
    }
}

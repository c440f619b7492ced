namespace Gradient.LinearAlgebra;

/// <content>
/// Singular values: QR of what is not square, bidiagonalization by reflections, implicit QR iterations on the bidiagonal (G. Golub and
/// C. Reinsch, Singular Value Decomposition and Least Squares Solutions, 1970; GVL 8.6). Vectors are kept as rows, so that a rotation of two is contiguous.
/// </content>
internal sealed unsafe partial class ManagedDecompositions<T>
{
    /// <summary>QR iterations per value; two or three are usual.</summary>
    private const int MostIterations = 60;

    public nint Svd(T* a, nint rows, nint columns, T* s, T* u, T* vt)
    {
        if (rows >= columns) return TallSvd(a, rows, columns, s, u, vt);
        bool vectors = u is not null;
        using var memory = new NativeBuffer<T>((rows * columns * (vectors ? 2 : 1)) + (vectors ? rows * rows : 0));
        T* transposed = memory.Pointer, left = vectors ? transposed + (rows * columns) : null, right = vectors ? left + (rows * columns) : null;
        Line.Transpose(a, rows, columns, transposed);
        nint failed = TallSvd(transposed, columns, rows, s, left, right);
        if (!vectors || failed >= 0) return failed;
        Line.Transpose(left, columns, rows, vt);
        Line.Transpose(right, rows, rows, u);
        return failed;
    }

    private nint TallSvd(T* a, nint rows, nint n, T* s, T* u, T* vt)
    {
        if (n == 0) return -1;
        // A power of two, so that squares neither overflow nor vanish and no digit is lost.
        T scale = ScaleToOne(a, rows * n);
        nint failed;
        if (rows == n)
        {
            failed = SquareSvd(a, n, s, u, vt);
        }
        else
        {
            using var memory = new NativeBuffer<T>((u is null ? 2 : 2 + (rows / n) + 1) * n * n + n);
            T* tau = memory.Pointer, r = tau + n, left = r + (n * n), q = left + (n * n);
            Qr(a, rows, n, n, tau);
            for (nint i = 0; i < n; i++)
            {
                Line.Clear(r + (i * n), i);
                Line.Copy(a + (i * n) + i, r + (i * n) + i, n - i);
            }

            failed = SquareSvd(r, n, s, u is null ? null : left, vt);
            if (u is not null)
            {
                FormQ(a, rows, n, n, tau, q, n, n);
                Product(q, n, 1, left, n, 1, u, n, rows, n, n);
            }
        }

        Line.Scale(s, T.One / scale, n);
        return failed;
    }

    /// <summary>Multiplies by the power of two that brings the largest element near 1, and returns it.</summary>
    private static T ScaleToOne(T* x, nint count)
    {
        T largest = T.Zero;
        for (nint i = 0; i < count; i++) largest = T.Max(largest, T.Abs(x[i]));
        if (largest == T.Zero) return T.One;
        T scale = T.ScaleB(T.One, PowerToOne(largest));
        Line.Scale(x, scale, count);
        return scale;
    }

    private nint SquareSvd(T* b, nint n, T* d, T* u, T* vt)
    {
        using var memory = new NativeBuffer<T>((5 * n) + (u is null ? 0 : 2 * n * n));
        T* e = memory.Pointer, leftTau = e + n, rightTau = leftTau + n, work = rightTau + n, other = work + (2 * n), ut = other + (n * n);
        for (nint j = 0; j < n; j++)
        {
            T* corner = b + (j * n) + j;
            leftTau[j] = Reflector(corner, n - j, n);
            d[j] = corner[0];
            ReflectRows(corner, n, leftTau[j], corner + 1, n, n - j, n - j - 1, work);
            if (j == n - 1) break;
            rightTau[j] = Reflector(corner + 1, n - j - 1, 1);
            e[j] = corner[1];
            ReflectColumns(corner + 1, rightTau[j], corner + n + 1, n, n - j - 1, n - j - 1);
        }

        if (u is null) return Converge(d, e, n, null, null);
        FormQ(b, n, n, n, leftTau, other, n, n);
        Line.Transpose(other, n, n, ut);
        // The right reflections lie in rows, from the second column on.
        Line.Transpose(b, n, n, other);
        Identity(u, n, n, n);
        FormQ(other + n, n - 1, n - 1, n, rightTau, u + n + 1, n - 1, n);
        Line.Transpose(u, n, n, vt);
        nint failed = Converge(d, e, n, ut, vt);
        Line.Transpose(ut, n, n, u);
        return failed;
    }

    /// <summary>Diagonalizes the bidiagonal matrix of diagonal d and superdiagonal e; the values end up positive and falling.</summary>
    private static nint Converge(T* d, T* e, nint n, T* ut, T* vt)
    {
        T norm = T.Zero;
        for (nint i = 0; i < n; i++) norm = T.Max(norm, T.Abs(d[i]) + (i < n - 1 ? T.Abs(e[i]) : T.Zero));
        T negligible = Epsilon * norm;
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
            if (SplitAtZero(d, e, low, high, n, negligible, ut, vt)) continue;
            QrStep(d, e, low, high, n, ut, vt);
        }

        for (nint i = 0; i < n; i++)
        {
            if (d[i] >= T.Zero) continue;
            d[i] = -d[i];
            if (vt is not null) Line.Scale(vt + (i * n), -T.One, n);
        }

        for (nint i = 0; i < n; i++)
        {
            nint largest = i;
            for (nint j = i + 1; j < n; j++)
                if (d[j] > d[largest]) largest = j;
            if (largest == i) continue;
            (d[i], d[largest]) = (d[largest], d[i]);
            if (ut is null) continue;
            Line.Swap(ut + (i * n), ut + (largest * n), n);
            Line.Swap(vt + (i * n), vt + (largest * n), n);
        }

        return -1;
    }

    /// <summary>Where a diagonal element is zero, its row, or in the last place its column, is rotated to zero (GVL 8.6.2).</summary>
    private static bool SplitAtZero(T* d, T* e, nint low, nint high, nint n, T negligible, T* ut, T* vt)
    {
        nint zero = high;
        while (zero >= low && T.Abs(d[zero]) > negligible) zero--;
        if (zero < low) return false;
        d[zero] = T.Zero;
        if (zero < high)
        {
            T bulge = e[zero];
            e[zero] = T.Zero;
            for (nint k = zero + 1; k <= high; k++)
            {
                d[k] = Rotation(d[k], bulge, out T c, out T s);
                if (ut is not null) Line.Rotate(ut + (k * n), ut + (zero * n), c, s, n);
                if (k == high) break;
                bulge = -s * e[k];
                e[k] *= c;
            }
        }
        else
        {
            T bulge = e[high - 1];
            e[high - 1] = T.Zero;
            for (nint k = high - 1; k >= low; k--)
            {
                d[k] = Rotation(d[k], bulge, out T c, out T s);
                if (vt is not null) Line.Rotate(vt + (k * n), vt + (high * n), c, s, n);
                if (k == low) break;
                bulge = -s * e[k - 1];
                e[k - 1] *= c;
            }
        }

        return true;
    }

    /// <summary>One implicit step with the eigenvalue of the last 2×2 of BᵀB as the shift.</summary>
    private static void QrStep(T* d, T* e, nint low, nint high, nint n, T* ut, T* vt)
    {
        T before = high - 1 > low ? e[high - 2] : T.Zero;
        T shift = WilkinsonShift((d[high - 1] * d[high - 1]) + (before * before), d[high - 1] * e[high - 1], (d[high] * d[high]) + (e[high - 1] * e[high - 1]));
        T y = (d[low] * d[low]) - shift, z = d[low] * e[low];
        for (nint k = low; k < high; k++)
        {
            T r = Rotation(y, z, out T c, out T s);
            if (k > low) e[k - 1] = r;
            if (vt is not null) Line.Rotate(vt + (k * n), vt + ((k + 1) * n), c, s, n);
            T diagonal = (c * d[k]) + (s * e[k]), above = (c * e[k]) - (s * d[k]), bulge = s * d[k + 1], next = c * d[k + 1];
            d[k] = Rotation(diagonal, bulge, out c, out s);
            if (ut is not null) Line.Rotate(ut + (k * n), ut + ((k + 1) * n), c, s, n);
            e[k] = (c * above) + (s * next);
            d[k + 1] = (c * next) - (s * above);
            if (k == high - 1) break;
            y = e[k];
            z = s * e[k + 1];
            e[k + 1] *= c;
        }
    }

    /// <summary>c and s with c·x + s·y = r and c·y − s·x = 0; returns r.</summary>
    private static T Rotation(T x, T y, out T c, out T s)
    {
        T square = (x * x) + (y * y);
        if (square < SmallestSquare)
        {
            // Squares that lose digits, or vanish: scaled first.
            T size = T.Max(T.Abs(x), T.Abs(y));
            if (size == T.Zero)
            {
                (c, s) = (T.One, T.Zero);
                return T.Zero;
            }

            return size * Rotation(x / size, y / size, out c, out s);
        }

        T r = T.Sqrt(square);
        (c, s) = (x / r, y / r);
        return r;
    }

    /// <summary>The eigenvalue of [p, t; t, q] that is nearer to q.</summary>
    private static T WilkinsonShift(T p, T t, T q)
    {
        if (t == T.Zero) return q;
        T half = (p - q) / (T.One + T.One), root = T.Sqrt((half * half) + (t * t));
        return q - (t * t / (half + (half >= T.Zero ? root : -root)));
    }
}

namespace Gradient.LinearAlgebra;

/// <content>Householder reflections H = I − τ·v·vᵀ with v₀ = 1, one at a time and in blocks (GVL 5.1 and 5.2).</content>
internal sealed unsafe partial class ManagedDecompositions<T>
{
    private const int SumBlock = 16;

    /// <summary>
    /// The reflection that takes x to (β, 0, …), β of the sign opposite to x₀, as LAPACK's: x₀ ← β, the rest ← that of v. Returns τ; 0, and H = I,
    /// where nothing is to be reflected.
    /// </summary>
    private static T Reflector(T* x, nint count, nint stride)
    {
        T first = x[0], rest = T.Zero;
        // In blocks, as below: the error of one long sum would be what H misses of being orthogonal.
        for (nint block = 1; block < count; block += SumBlock)
        {
            T squares = T.Zero;
            for (nint i = block; i < Math.Min(block + SumBlock, count); i++) squares += x[i * stride] * x[i * stride];
            rest += squares;
        }

        T sum = rest + (first * first);
        if (sum < SmallestSquare || sum > T.One / SmallestSquare) return ScaledReflector(x, count, stride);
        if (rest == T.Zero) return T.Zero;
        T norm = T.Sqrt(sum), beta = first >= T.Zero ? -norm : norm, factor = T.One / (first - beta);
        for (nint i = 1; i < count; i++) x[i * stride] *= factor;
        x[0] = beta;
        return (beta - first) / beta;
    }

    /// <summary>The same for numbers whose squares leave the range, or lose digits: a power of two brings them near 1.</summary>
    private static T ScaledReflector(T* x, nint count, nint stride)
    {
        T largest = T.Zero;
        for (nint i = 1; i < count; i++) largest = T.Max(largest, T.Abs(x[i * stride]));
        if (largest == T.Zero) return T.Zero;
        largest = T.Max(largest, T.Abs(x[0]));
        if (!T.IsFinite(largest)) return x[0] = T.NaN;
        int exponent = PowerToOne(largest);
        for (nint i = 0; i < count; i++) x[i * stride] = T.ScaleB(x[i * stride], exponent);
        T tau = Reflector(x, count, stride);
        x[0] = T.ScaleB(x[0], -exponent);
        return tau;
    }

    /// <summary>B ← H·B; the first element of v is not read. work has the length of two rows.</summary>
    private static void ReflectRows(T* v, nint vStride, T tau, T* b, nint stride, nint rows, nint columns, T* work)
    {
        if (tau == T.Zero || columns == 0) return;
        Line.Copy(b, work, columns);
        if (rows <= 2 * SumBlock)
        {
            for (nint i = 1; i < rows; i++) Line.AddScaled(work, v[i * vStride], b + (i * stride), columns);
        }
        else
        {
            T* part = work + columns;
            for (nint block = 1; block < rows; block += SumBlock)
            {
                Line.Clear(part, columns);
                for (nint i = block; i < Math.Min(block + SumBlock, rows); i++) Line.AddScaled(part, v[i * vStride], b + (i * stride), columns);
                Line.AddScaled(work, T.One, part, columns);
            }
        }

        Line.AddScaled(b, -tau, work, columns);
        for (nint i = 1; i < rows; i++) Line.AddScaled(b + (i * stride), -tau * v[i * vStride], work, columns);
    }

    /// <summary>B ← B·H with a contiguous v, whose first element is not read.</summary>
    private static void ReflectColumns(T* v, T tau, T* b, nint stride, nint rows, nint columns)
    {
        if (tau == T.Zero) return;
        for (nint i = 0; i < rows; i++)
        {
            T* row = b + (i * stride);
            T factor = -tau * (row[0] + Line.Dot(row + 1, v + 1, columns - 1));
            row[0] += factor;
            Line.AddScaled(row + 1, factor, v + 1, columns - 1);
        }
    }

    /// <summary>
    /// C ← Q·C or Qᵀ·C for the product Q = H₀·H₁⋯ of reflections stored in columns: Q = I − V·T·Vᵀ with an upper triangle T (R. Schreiber and
    /// C. Van Loan, A Storage-Efficient WY Representation for Products of Householder Transformations, 1989).
    /// </summary>
    private static void ReflectBlock(T* reflectors, nint stride, T* tau, nint rows, nint count, bool transposed, T* c, nint cStride, nint columns)
    {
        using var memory = new NativeBuffer<T>((rows * count) + (2 * count * count) + (2 * count * columns));
        T* v = memory.Pointer, gram = v + (rows * count), triangle = gram + (count * count), w = triangle + (count * count), product = w + (count * columns);
        for (nint i = 0; i < rows; i++)
        {
            T* row = v + (i * count);
            nint stored = Math.Min(i, count);
            Line.Copy(reflectors + (i * stride), row, stored);
            Line.Clear(row + stored, count - stored);
            if (i < count) row[i] = T.One;
        }

        Product(v, 1, count, v, count, 1, gram, count, count, count, rows);
        Line.Clear(triangle, count * count);
        for (nint j = 0; j < count; j++)
        {
            for (nint i = 0; i < j; i++)
            {
                T sum = T.Zero;
                for (nint p = i; p < j; p++) sum += triangle[(i * count) + p] * gram[(p * count) + j];
                triangle[(i * count) + j] = -tau[j] * sum;
            }

            triangle[(j * count) + j] = tau[j];
        }

        Product(v, 1, count, c, cStride, 1, w, columns, count, columns, rows);
        Product(triangle, transposed ? 1 : count, transposed ? count : 1, w, columns, 1, product, columns, count, columns, count);
        SubtractProduct(v, count, 1, product, columns, 1, c, cStride, rows, columns, count);
    }
}

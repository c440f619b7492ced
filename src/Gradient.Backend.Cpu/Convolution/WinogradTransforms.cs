using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The linear maps of F(2×2, 3×3), for one vector of channels at a time, and their transposes, which its gradients need. With
/// A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for a 4 × 4 tile d of the
/// image, a 3 × 3 kernel g and 2 × 2 results y; by transposition, the kernel's gradient is Gᵀ[(A dy Aᵀ) ⊙ (Bᵀ d B)]G.
/// </summary>
/// <remarks>Position (i, j) of a transformed tile lies at index 4 i + j. All factors are 1 and ½: sums of few small fractions stay exact.</remarks>
internal static unsafe class WinogradTransforms<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>Positions of a transformed tile.</summary>
    public const int Positions = 16;

    /// <summary>v[position · step] = Bᵀ d B, where d[4 i + j] + channel is the pixel (i, j).</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Image(T** d, nint channels, T* v, nint step)
    {
        T* half = stackalloc T[Positions * TSimd.Width];
        for (nint c = 0; c < channels; c += TSimd.Width)
        {
            for (int j = 0; j < 4; j++)
                ImageLine(TSimd.Load(d[j] + c), TSimd.Load(d[4 + j] + c), TSimd.Load(d[8 + j] + c), TSimd.Load(d[12 + j] + c), half + (j * TSimd.Width), 4 * TSimd.Width);
            for (int i = 0; i < 4; i++)
            {
                T* row = half + (4 * i * TSimd.Width);
                ImageLine(TSimd.Load(row), TSimd.Load(row + TSimd.Width), TSimd.Load(row + (2 * TSimd.Width)), TSimd.Load(row + (3 * TSimd.Width)), v + (4 * i * step) + c, step);
            }
        }
    }

    /// <summary>Bᵀ = [1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ImageLine(TVector a, TVector b, TVector c, TVector d, T* target, nint step)
    {
        TSimd.Store(TSimd.Subtract(a, c), target);
        TSimd.Store(TSimd.Add(b, c), target + step);
        TSimd.Store(TSimd.Subtract(c, b), target + (2 * step));
        TSimd.Store(TSimd.Subtract(b, d), target + (3 * step));
    }

    /// <summary>y[2 i + j] + channel gets Aᵀ m A of m[position · step], with the bias added and negative results made 0 if asked for.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Result(T* m, nint step, nint channels, T** y, T* bias, bool relu)
    {
        T* half = stackalloc T[8 * TSimd.Width];
        for (nint c = 0; c < channels; c += TSimd.Width)
        {
            for (int j = 0; j < 4; j++)
            {
                T* column = m + (j * step) + c;
                ResultLine(TSimd.Load(column), TSimd.Load(column + (4 * step)), TSimd.Load(column + (8 * step)), TSimd.Load(column + (12 * step)), out TVector first, out TVector second);
                TSimd.Store(first, half + (j * TSimd.Width));
                TSimd.Store(second, half + ((4 + j) * TSimd.Width));
            }

            for (int i = 0; i < 2; i++)
            {
                T* row = half + (4 * i * TSimd.Width);
                ResultLine(TSimd.Load(row), TSimd.Load(row + TSimd.Width), TSimd.Load(row + (2 * TSimd.Width)), TSimd.Load(row + (3 * TSimd.Width)), out TVector first, out TVector second);
                if (bias != null)
                {
                    first = TSimd.Add(first, TSimd.Load(bias + c));
                    second = TSimd.Add(second, TSimd.Load(bias + c));
                }

                TSimd.Store(relu ? TSimd.Relu(first) : first, y[2 * i] + c);
                TSimd.Store(relu ? TSimd.Relu(second) : second, y[(2 * i) + 1] + c);
            }
        }
    }

    /// <summary>Aᵀ = [1 1 1 0; 0 1 −1 −1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ResultLine(TVector a, TVector b, TVector c, TVector d, out TVector first, out TVector second)
    {
        first = TSimd.Add(TSimd.Add(a, b), c);
        second = TSimd.Subtract(TSimd.Subtract(b, c), d);
    }

    /// <summary>e[position · step] = A dy Aᵀ, where dy[2 i + j] + channel is the gradient of result (i, j).</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ResultGradient(T** dy, nint channels, T* e, nint step)
    {
        T* half = stackalloc T[8 * TSimd.Width];
        for (nint c = 0; c < channels; c += TSimd.Width)
        {
            for (int j = 0; j < 2; j++)
                ResultGradientLine(TSimd.Load(dy[j] + c), TSimd.Load(dy[2 + j] + c), half + (j * TSimd.Width), 2 * TSimd.Width);
            for (int i = 0; i < 4; i++)
            {
                T* row = half + (2 * i * TSimd.Width);
                ResultGradientLine(TSimd.Load(row), TSimd.Load(row + TSimd.Width), e + (4 * i * step) + c, step);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ResultGradientLine(TVector a, TVector b, T* target, nint step)
    {
        TSimd.Store(a, target);
        TSimd.Store(TSimd.Add(a, b), target + step);
        TSimd.Store(TSimd.Subtract(a, b), target + (2 * step));
        TSimd.Store(TSimd.Subtract(TSimd.Zero, b), target + (3 * step));
    }

    /// <summary>u[position · step] = G g Gᵀ for one vector, where g[3 r + s] is the kernel's element (r, s).</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel(T** g, nint offset, T* u, nint step)
    {
        T* half = stackalloc T[12 * TSimd.Width];
        for (int j = 0; j < 3; j++)
            KernelLine(TSimd.Load(g[j] + offset), TSimd.Load(g[3 + j] + offset), TSimd.Load(g[6 + j] + offset), half + (j * TSimd.Width), 3 * TSimd.Width);
        for (int i = 0; i < 4; i++)
        {
            T* row = half + (3 * i * TSimd.Width);
            KernelLine(TSimd.Load(row), TSimd.Load(row + TSimd.Width), TSimd.Load(row + (2 * TSimd.Width)), u + (4 * i * step), step);
        }
    }

    /// <summary>G = [1 0 0; ½ ½ ½; ½ −½ ½; 0 0 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void KernelLine(TVector a, TVector b, TVector c, T* target, nint step)
    {
        TVector half = TSimd.Broadcast(T.CreateTruncating(0.5)), outer = TSimd.Add(a, c);
        TSimd.Store(a, target);
        TSimd.Store(TSimd.MultiplyAdd(half, TSimd.Add(outer, b), TSimd.Zero), target + step);
        TSimd.Store(TSimd.MultiplyAdd(half, TSimd.Subtract(outer, b), TSimd.Zero), target + (2 * step));
        TSimd.Store(c, target + (3 * step));
    }

    /// <summary>dg[3 r + s] + offset gets Gᵀ w G of w[position · step], for one vector.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void KernelGradient(T* w, nint step, T** dg, nint offset)
    {
        T* half = stackalloc T[12 * TSimd.Width];
        for (int j = 0; j < 4; j++)
        {
            T* column = w + (j * step);
            KernelGradientLine(TSimd.Load(column), TSimd.Load(column + (4 * step)), TSimd.Load(column + (8 * step)), TSimd.Load(column + (12 * step)), out TVector a, out TVector b, out TVector c);
            TSimd.Store(a, half + (j * TSimd.Width));
            TSimd.Store(b, half + ((4 + j) * TSimd.Width));
            TSimd.Store(c, half + ((8 + j) * TSimd.Width));
        }

        for (int i = 0; i < 3; i++)
        {
            T* row = half + (4 * i * TSimd.Width);
            KernelGradientLine(TSimd.Load(row), TSimd.Load(row + TSimd.Width), TSimd.Load(row + (2 * TSimd.Width)), TSimd.Load(row + (3 * TSimd.Width)), out TVector a, out TVector b, out TVector c);
            TSimd.Store(a, dg[3 * i] + offset);
            TSimd.Store(b, dg[(3 * i) + 1] + offset);
            TSimd.Store(c, dg[(3 * i) + 2] + offset);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void KernelGradientLine(TVector a, TVector b, TVector c, TVector d, out TVector first, out TVector second, out TVector third)
    {
        TVector half = TSimd.Broadcast(T.CreateTruncating(0.5)), sum = TSimd.Add(b, c);
        first = TSimd.MultiplyAdd(half, sum, a);
        second = TSimd.MultiplyAdd(half, TSimd.Subtract(b, c), TSimd.Zero);
        third = TSimd.MultiplyAdd(half, sum, d);
    }
}

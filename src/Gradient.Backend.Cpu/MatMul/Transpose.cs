using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Gradient.Backend.Cpu;

/// <summary>Transposed copies through registers: 4 × 4 blocks of Float32, 2 × 2 of Float64.</summary>
internal static unsafe class Transpose
{
    /// <summary>Depths at a time, so that each column gives whole cache lines while the target stays near.</summary>
    private const int Depths = 16;

    /// <summary>target[p · width + j] = source[p + j · column] for p below depth and j below columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns(float* target, nint width, float* source, nint column, nint depth, int columns)
    {
        for (nint p0 = 0; p0 < depth; p0 += Depths)
        {
            nint end = Math.Min(p0 + Depths, depth);
            int j = 0;
            for (; j + 4 <= columns; j += 4)
            {
                float* from = source + (j * column);
                nint p = p0;
                for (; p + 4 <= end; p += 4)
                    Block(target + (p * width) + j, width, from + p, column);
                for (; p < end; p++)
                {
                    for (int i = 0; i < 4; i++)
                        target[(p * width) + j + i] = from[p + (i * column)];
                }
            }

            for (; j + 2 <= columns; j += 2)
            {
                float* first = source + (j * column), second = first + column;
                nint p = p0;
                for (; p + 4 <= end; p += 4)
                {
                    Vector128<float> a = Vector128.Load(first + p), b = Vector128.Load(second + p);
                    float* to = target + (p * width) + j;
                    Low(a, b).GetLower().Store(to);
                    Low(a, b).GetUpper().Store(to + width);
                    High(a, b).GetLower().Store(to + (2 * width));
                    High(a, b).GetUpper().Store(to + (3 * width));
                }

                for (; p < end; p++)
                {
                    target[(p * width) + j] = first[p];
                    target[(p * width) + j + 1] = second[p];
                }
            }

            if (j < columns)
            {
                for (nint p = p0; p < end; p++)
                    target[(p * width) + j] = source[p + (j * column)];
            }
        }
    }

    /// <inheritdoc cref="Columns(float*, nint, float*, nint, nint, int)"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns(double* target, nint width, double* source, nint column, nint depth, int columns)
    {
        for (nint p0 = 0; p0 < depth; p0 += Depths)
        {
            nint end = Math.Min(p0 + Depths, depth);
            int j = 0;
            for (; j + 2 <= columns; j += 2)
            {
                double* from = source + (j * column);
                nint p = p0;
                for (; p + 2 <= end; p += 2)
                {
                    Vector128<double> first = Vector128.Load(from + p), second = Vector128.Load(from + column + p);
                    Low(first, second).Store(target + (p * width) + j);
                    High(first, second).Store(target + ((p + 1) * width) + j);
                }

                if (p < end)
                {
                    target[(p * width) + j] = from[p];
                    target[(p * width) + j + 1] = from[column + p];
                }
            }

            for (; j < columns; j++)
            {
                for (nint p = p0; p < end; p++)
                    target[(p * width) + j] = source[p + (j * column)];
            }
        }
    }

    /// <summary>Interleaving rows 0 with 2 and 1 with 3, and the results again, transposes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(float* target, nint width, float* source, nint column)
    {
        Vector128<float> r0 = Vector128.Load(source), r1 = Vector128.Load(source + column);
        Vector128<float> r2 = Vector128.Load(source + (2 * column)), r3 = Vector128.Load(source + (3 * column));
        Vector128<float> even0 = Low(r0, r2), even1 = High(r0, r2), odd0 = Low(r1, r3), odd1 = High(r1, r3);
        Low(even0, odd0).Store(target);
        High(even0, odd0).Store(target + width);
        Low(even1, odd1).Store(target + (2 * width));
        High(even1, odd1).Store(target + (3 * width));
    }

    /// <summary>The lower halves of two vectors, element by element in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    /// <summary>The upper halves likewise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Low(Vector128<double> a, Vector128<double> b) => Vector128.Create(a.GetLower(), b.GetLower());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> High(Vector128<double> a, Vector128<double> b) => Vector128.Create(a.GetUpper(), b.GetUpper());
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Gradient.Core;
using unsafe RowConverter = delegate*<byte*, long, byte*, long, long, void>;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Copies where source and destination are contiguous along different axes, by tiles: lines of the source are read whole
/// into a buffer, lines of the destination are written whole from it. Walking either one alone would touch a cache line per element.
/// </summary>
internal readonly unsafe struct TransposeLoop : IParallelBody
{
    private const int TileElements = 1024;
    private const int TileSide = 32;

    private readonly StridedPlan plan;
    private readonly RowConverter converter;
    private readonly int lineAxis;
    private readonly int sourceSize;
    private readonly int size;
    private readonly long tileLines;
    private readonly long tilesPerAxis;

    private TransposeLoop(in StridedPlan plan, int lineAxis, DType from, DType to)
    {
        this.plan = plan;
        this.lineAxis = lineAxis;
        converter = Conversion.Of(from, to);
        sourceSize = from.Size();
        size = to.Size();
        tileLines = Math.Clamp(TileElements / plan.InnerLength, TileSide, TileElements / 4);
        tilesPerAxis = (plan.Length(lineAxis) + tileLines - 1) / tileLines;
    }

    /// <summary>Copies operand 1 of the plan to operand 0 if they lie transposed to each other.</summary>
    public static bool TryRun(in StridedPlan plan, DType from, DType to)
    {
        int axis = LineAxis(plan, from, to);
        if (axis < 0) return false;
        var loop = new TransposeLoop(plan, axis, from, to);
        long tiles = plan.Count / plan.InnerLength / plan.Length(axis) * loop.tilesPerAxis;
        WorkerPool.Shared.For(tiles, Math.Max(1, ElementwiseLoop.Grain / (loop.tileLines * plan.InnerLength)), loop);
        return true;
    }

    /// <summary>The axis along which the source is contiguous while the destination is along the innermost; −1 if there is none.</summary>
    public static int LineAxis(in StridedPlan plan, DType from, DType to)
    {
        const int ShortestLine = 4;
        if (plan.InnerStride(0) != to.Size() || plan.InnerStride(1) == from.Size() || plan.InnerStride(1) == 0 || plan.InnerLength == 1) return -1;
        for (int axis = 0; axis < plan.Rank - 1; axis++)
            if (plan.Stride(1, axis) == from.Size() && plan.Length(axis) >= ShortestLine) return axis;
        return -1;
    }

    /// <inheritdoc/>
    public void Run(long start, long end)
    {
        for (long tile = start; tile < end; tile++)
        {
            var (rest, first) = Math.DivRem(tile, tilesPerAxis);
            first *= tileLines;
            byte* y = plan.Address(0) + (first * plan.Stride(0, lineAxis)), x = plan.Address(1) + (first * plan.Stride(1, lineAxis));
            for (int axis = plan.Rank - 2; axis >= 0; axis--)
            {
                if (axis == lineAxis) continue;
                (rest, long index) = Math.DivRem(rest, plan.Length(axis));
                y += index * plan.Stride(0, axis);
                x += index * plan.Stride(1, axis);
            }

            Tile(x, y, Math.Min(tileLines, plan.Length(lineAxis) - first));
        }
    }

    [SkipLocalsInit]
    private void Tile(byte* x, byte* y, long lines)
    {
        byte* buffer = stackalloc byte[TileElements * sizeof(double)];
        long width = Math.Min(TileElements / tileLines, plan.InnerLength), pitch = lines * size;
        for (long done = 0; done < plan.InnerLength; done += width)
        {
            long n = Math.Min(width, plan.InnerLength - done);
            byte* from = x + (done * plan.InnerStride(1));
            for (long i = 0; i < n; i++) converter(from + (i * plan.InnerStride(1)), sourceSize, buffer + (i * pitch), size, lines);
            byte* to = y + (done * size);
            switch (size)
            {
                case 1: Write<byte>(buffer, to, lines, n); break;
                case 2: Write<ushort>(buffer, to, lines, n); break;
                case 4: Write<uint>(buffer, to, lines, n); break;
                default: Write<ulong>(buffer, to, lines, n); break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write<T>(byte* buffer, byte* y, long lines, long width) where T : unmanaged
    {
        long step = plan.Stride(0, lineAxis), line = 0;
        if (sizeof(T) == sizeof(float) && Sse.IsSupported && width % 4 == 0)
            for (; line <= lines - 4; line += 4) FourLines((float*)buffer + line, lines, y + (line * step), step, width);
        for (; line < lines; line++)
        {
            T* from = (T*)buffer + line, to = (T*)(y + (line * step));
            for (long i = 0; i < width; i++)
            {
                to[i] = *from;
                from += lines;
            }
        }
    }

    /// <summary>Squares of four by four elements, turned around in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourLines(float* from, long pitch, byte* y, long step, long width)
    {
        for (long i = 0; i < width; i += 4)
        {
            Vector128<float> r0 = Vector128.Load(from), r1 = Vector128.Load(from + pitch);
            Vector128<float> r2 = Vector128.Load(from + (2 * pitch)), r3 = Vector128.Load(from + (3 * pitch));
            Vector128<float> low01 = Sse.UnpackLow(r0, r1), low23 = Sse.UnpackLow(r2, r3);
            Vector128<float> high01 = Sse.UnpackHigh(r0, r1), high23 = Sse.UnpackHigh(r2, r3);
            byte* to = y + (i * sizeof(float));
            Sse.MoveLowToHigh(low01, low23).Store((float*)to);
            Sse.MoveHighToLow(low23, low01).Store((float*)(to + step));
            Sse.MoveLowToHigh(high01, high23).Store((float*)(to + (2 * step)));
            Sse.MoveHighToLow(high23, high01).Store((float*)(to + (3 * step)));
            from += 4 * pitch;
        }
    }
}

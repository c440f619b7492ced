using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>A thread's lines of scratch, each as long as a block has columns.</summary>
internal readonly unsafe ref struct NormalLines<T, C>
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>
{
    public NormalLines(in NormalBlocks blocks)
    {
        nint n = (nint)((blocks.Columns + 15) / 16 * 16);
        C* next = Scratch.Get<C>(ScratchPurpose.Left, n * 18);
        Input = next;
        Center = next + (8 * n);
        Scale = next + (9 * n);
        A = next + (10 * n);
        B = next + (11 * n);
        Weight = next + (12 * n);
        Bias = next + (13 * n);
        Output = next + (14 * n);
        FirstGradient = next + (15 * n);
        SecondGradient = next + (16 * n);
        double* sums = Scratch.Get<double>(ScratchPurpose.Right, n * 4);
        Sums = sums;
        Products = sums + n;
        Statistics = sums + (2 * n);
    }

    /// <summary>Room for eight rows.</summary>
    public C* Input { get; }

    /// <summary>The mean of every column's cell.</summary>
    public C* Center { get; }

    /// <summary>The inverse of every column's cell, or what becomes of it.</summary>
    public C* Scale { get; }

    /// <summary>The constant part of the gradient.</summary>
    public C* A { get; }

    /// <summary>The linear part of the gradient.</summary>
    public C* B { get; }

    /// <summary>A row of the weight.</summary>
    public C* Weight { get; }

    /// <summary>A row of the bias.</summary>
    public C* Bias { get; }

    /// <summary>A row of the result.</summary>
    public C* Output { get; }

    /// <summary>What some lines add to the gradient of the bias.</summary>
    public C* FirstGradient { get; }

    /// <summary>What some lines add to the gradient of the weight.</summary>
    public C* SecondGradient { get; }

    /// <summary>One number per column.</summary>
    public double* Sums { get; }

    /// <summary>One number per column.</summary>
    public double* Products { get; }

    /// <summary>Two numbers per cell.</summary>
    public double* Statistics { get; }

    /// <summary>Spreads mean (0 if there is none) and inverse of a group over its columns.</summary>
    public void ReadCells(in NormalBlocks blocks, in Cursor group, C* mean, C* inverse)
    {
        long meanStride = blocks.CellStrides[NormalBlocks.Mean], inverseStride = blocks.CellStrides[NormalBlocks.Inverse];
        C* centers = mean == null ? null : mean + group[NormalBlocks.Mean], scales = inverse + group[NormalBlocks.Inverse];
        long fold = blocks.Fold;
        for (long cell = 0, j = 0; cell < blocks.Cells; cell++)
        {
            C center = centers == null ? C.Zero : centers[cell * meanStride], scale = scales[cell * inverseStride];
            for (long k = 0; k < fold; k++, j++) (Center[j], Scale[j]) = (center, scale);
        }
    }
}

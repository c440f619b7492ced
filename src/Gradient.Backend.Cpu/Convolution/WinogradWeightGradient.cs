using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The weight gradient of a convolution that <see cref="Winograd{T, TVector, TSimd}"/> computes, transposed: the gradients of 2 × 2 results
/// and the 4 × 4 pixels that they saw are transformed, multiplied over the tiles, position by position, and the sums transformed back.
/// </summary>
/// <remarks>
/// An element's sum runs over the tiles in order, in blocks cut by shape alone: the same bits on any number of threads. Its error is
/// that of 16 sums over a quarter of the pixels, transformed: about that of the direct sum.
/// </remarks>
internal static unsafe class WinogradWeightGradient<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    private const int Positions = WinogradTransforms<T, TVector, TSimd>.Positions;

    /// <summary>Tiles that are transformed at a time: the depth of a block of the matrix product.</summary>
    private const int MaxTiles = 288;

    public static bool Suits(in TapPlan plan, in ConvolutionShape shape) => Winograd<T, TVector, TSimd>.Suits(plan, shape.Batch, shape.Groups, shape.Outputs);

    public static void Run(in TapPlan plan, in ConvolutionShape shape, T* x, T* dy, T* dw, WorkerPool pool)
    {
        nint inputs = shape.Inputs, outputs = shape.Outputs, row = (nint)shape.OutputWidth * outputs;
        var tiles = new WinogradTiles(plan, shape.Batch);
        nint blocks = (tiles.Count + MaxTiles - 1) / MaxTiles, perBlock = (tiles.Count + blocks - 1) / blocks;
        T* sums = Scratch.Get<T>(ScratchPurpose.Partials, Positions * inputs * outputs);
        var transform = new TransformBody
        {
            Tiles = tiles,
            Inputs = inputs,
            Outputs = outputs,
            PerBlock = perBlock,
            X = x,
            Dy = new LatticeOutput<T> { Origin = dy, Image = shape.OutputHeight * row, Row = row, Column = outputs },
            Images = Scratch.Get<T>(ScratchPurpose.Left, Positions * perBlock * inputs),
            Gradients = Scratch.Get<T>(ScratchPurpose.Right, Positions * perBlock * outputs),
        };
        nint slices = Math.Clamp(4 * pool.Threads / Positions, 1, inputs / 32);
        var multiply = new MultiplyBody
        {
            Slices = slices,
            ImageStep = perBlock * inputs,
            GradientStep = perBlock * outputs,
            Images = transform.Images,
            Gradients = transform.Gradients,
            Sums = sums,
            Product = new GemmArguments<T> { M = inputs, N = outputs, ARow = 1, AColumn = inputs, BRow = outputs, BColumn = 1, CRow = outputs },
        };
        for (nint first = 0; first < tiles.Count; first += perBlock)
        {
            nint count = Math.Min(perBlock, tiles.Count - first);
            transform.First = first;
            pool.For(count, Math.Max(1, (1 << 13) / (inputs + outputs)), transform);
            multiply.Product.K = count;
            multiply.Product.Accumulate = first > 0;
            pool.For(Positions * slices, 1, multiply);
        }

        pool.For(inputs, Math.Max(1, (1 << 11) / outputs), new ResultBody { Inputs = inputs, Outputs = outputs, Sums = sums, Dw = dw });
    }

    /// <summary>Item i is tile First + i.</summary>
    private struct TransformBody : IParallelBody
    {
        public WinogradTiles Tiles;
        public nint Inputs;
        public nint Outputs;
        public nint PerBlock;
        public nint First;
        public T* X;
        public LatticeOutput<T> Dy;
        public T* Images;
        public T* Gradients;

        [SkipLocalsInit]
        public readonly void Run(long start, long end)
        {
            T* zeros = Scratch.Get<T>(ScratchPurpose.Image, Math.Max(Inputs, Outputs));
            new Span<T>(zeros, (int)Math.Max(Inputs, Outputs)).Clear();
            T** pixels = stackalloc T*[Positions];
            for (nint t = (nint)start; t < (nint)end; t++)
            {
                Tiles.Image(First + t, X, zeros, pixels);
                WinogradTransforms<T, TVector, TSimd>.Image(pixels, Inputs, Images + (t * Inputs), PerBlock * Inputs);
                Tiles.Lattice(First + t, Dy, zeros, pixels);
                WinogradTransforms<T, TVector, TSimd>.ResultGradient(pixels, Outputs, Gradients + (t * Outputs), PerBlock * Outputs);
            }
        }
    }

    /// <summary>Item i is position i / Slices, the input channels of slice i % Slices.</summary>
    private struct MultiplyBody : IParallelBody
    {
        public GemmArguments<T> Product;
        public nint Slices;
        public nint ImageStep;
        public nint GradientStep;
        public T* Images;
        public T* Gradients;
        public T* Sums;

        public readonly void Run(long start, long end)
        {
            for (nint item = (nint)start; item < (nint)end; item++)
            {
                nint position = item / Slices, slice = item % Slices, from = Product.M * slice / Slices;
                GemmArguments<T> product = Product;
                product.M = (Product.M * (slice + 1) / Slices) - from;
                product.A = Images + (position * ImageStep) + from;
                product.B = Gradients + (position * GradientStep);
                product.C = Sums + (((position * Product.M) + from) * Product.N);
                GemmDriver<T, TVector, TSimd>.RunSerial(product);
            }
        }
    }

    /// <summary>Item i is input channel i.</summary>
    private struct ResultBody : IParallelBody
    {
        public nint Inputs;
        public nint Outputs;
        public T* Sums;
        public T* Dw;

        [SkipLocalsInit]
        public readonly void Run(long start, long end)
        {
            T** taps = stackalloc T*[9];
            for (nint c = (nint)start; c < (nint)end; c++)
            {
                for (int t = 0; t < 9; t++)
                    taps[t] = Dw + (((t * Inputs) + c) * Outputs);
                for (nint o = 0; o < Outputs; o += TSimd.Width)
                    WinogradTransforms<T, TVector, TSimd>.KernelGradient(Sums + (c * Outputs) + o, Inputs * Outputs, taps, o);
            }
        }
    }
}

namespace Gradient.Backend.Cpu;

internal readonly struct Tile1x1 : ITileSize
{
    public static int Rows => 1;

    public static int Vectors => 1;
}

internal readonly struct Tile2x1 : ITileSize
{
    public static int Rows => 2;

    public static int Vectors => 1;
}

internal readonly struct Tile3x1 : ITileSize
{
    public static int Rows => 3;

    public static int Vectors => 1;
}

internal readonly struct Tile4x1 : ITileSize
{
    public static int Rows => 4;

    public static int Vectors => 1;
}

internal readonly struct Tile5x1 : ITileSize
{
    public static int Rows => 5;

    public static int Vectors => 1;
}

internal readonly struct Tile6x1 : ITileSize
{
    public static int Rows => 6;

    public static int Vectors => 1;
}

internal readonly struct Tile7x1 : ITileSize
{
    public static int Rows => 7;

    public static int Vectors => 1;
}

internal readonly struct Tile8x1 : ITileSize
{
    public static int Rows => 8;

    public static int Vectors => 1;
}

internal readonly struct Tile1x2 : ITileSize
{
    public static int Rows => 1;

    public static int Vectors => 2;
}

internal readonly struct Tile2x2 : ITileSize
{
    public static int Rows => 2;

    public static int Vectors => 2;
}

internal readonly struct Tile3x2 : ITileSize
{
    public static int Rows => 3;

    public static int Vectors => 2;
}

internal readonly struct Tile4x2 : ITileSize
{
    public static int Rows => 4;

    public static int Vectors => 2;
}

internal readonly struct Tile5x2 : ITileSize
{
    public static int Rows => 5;

    public static int Vectors => 2;
}

internal readonly struct Tile6x2 : ITileSize
{
    public static int Rows => 6;

    public static int Vectors => 2;
}

internal readonly struct Tile7x2 : ITileSize
{
    public static int Rows => 7;

    public static int Vectors => 2;
}

internal readonly struct Tile8x2 : ITileSize
{
    public static int Rows => 8;

    public static int Vectors => 2;
}

/// <summary>Calls the tile with the number of rows at hand.</summary>
internal static unsafe class TileDispatch<T, TVector, TSimd>
    where T : unmanaged, System.Numerics.INumberBase<T>, System.Numerics.IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>Columns of the widest tile.</summary>
    public static int MaxColumns => 2 * TSimd.Width;

    /// <summary>Rows of the tallest tile: 8 with 32 registers (AVX-512, Arm64), 6 with 16.</summary>
    public static int MaxRows =>
        TSimd.Width * sizeof(T) == 64 || System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.IsSupported ? 8 : 6;

    /// <param name="tile">Its columns decide between one vector and two.</param>
    /// <param name="rows">1 to <see cref="MaxRows"/>.</param>
    public static void Run(TileArguments<T>* tile, int rows)
    {
        if (tile->Columns > TSimd.Width)
        {
            switch (rows)
            {
                case 1: TileKernel<T, TVector, TSimd>.Run<Tile1x2>(tile); break;
                case 2: TileKernel<T, TVector, TSimd>.Run<Tile2x2>(tile); break;
                case 3: TileKernel<T, TVector, TSimd>.Run<Tile3x2>(tile); break;
                case 4: TileKernel<T, TVector, TSimd>.Run<Tile4x2>(tile); break;
                case 5: TileKernel<T, TVector, TSimd>.Run<Tile5x2>(tile); break;
                case 6: TileKernel<T, TVector, TSimd>.Run<Tile6x2>(tile); break;
                case 7: TileKernel<T, TVector, TSimd>.Run<Tile7x2>(tile); break;
                case 8: TileKernel<T, TVector, TSimd>.Run<Tile8x2>(tile); break;
            }
        }
        else
        {
            switch (rows)
            {
                case 1: TileKernel<T, TVector, TSimd>.Run<Tile1x1>(tile); break;
                case 2: TileKernel<T, TVector, TSimd>.Run<Tile2x1>(tile); break;
                case 3: TileKernel<T, TVector, TSimd>.Run<Tile3x1>(tile); break;
                case 4: TileKernel<T, TVector, TSimd>.Run<Tile4x1>(tile); break;
                case 5: TileKernel<T, TVector, TSimd>.Run<Tile5x1>(tile); break;
                case 6: TileKernel<T, TVector, TSimd>.Run<Tile6x1>(tile); break;
                case 7: TileKernel<T, TVector, TSimd>.Run<Tile7x1>(tile); break;
                case 8: TileKernel<T, TVector, TSimd>.Run<Tile8x1>(tile); break;
            }
        }
    }
}

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

/// <summary>A tile kernel, made for each size of tile.</summary>
internal unsafe interface ITileKernel<TArguments>
    where TArguments : unmanaged
{
    static abstract void Run<TSize>(TArguments* tile)
        where TSize : struct, ITileSize;
}

/// <summary>Calls the tile with the number of rows at hand.</summary>
internal static unsafe class TileDispatch<T, TVector, TSimd>
    where T : unmanaged, System.Numerics.INumberBase<T>, System.Numerics.IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>Columns of the widest tile.</summary>
    public static int MaxColumns => 2 * TSimd.Width;

    /// <summary>Rows of the tallest tile.</summary>
    public static int MaxRows => TSimd.TileRows;

    /// <summary>Multiplies a tile of 1 to <see cref="MaxRows"/> rows by pointers.</summary>
    public static void Run(TileArguments<T>* tile, int rows) => Run<TileKernel<T, TVector, TSimd>, TileArguments<T>>(tile, rows, tile->Columns);

    /// <summary>Multiplies a tile of 1 to <see cref="MaxRows"/> packed rows.</summary>
    public static void Run(PackedTile<T>* tile, int rows) => Run<PackedKernel<T, TVector, TSimd>, PackedTile<T>>(tile, rows, tile->Columns);

    /// <summary>Runs a kernel on a tile of one vector or two as its <paramref name="columns"/> ask for.</summary>
    private static void Run<TKernel, TArguments>(TArguments* tile, int rows, int columns)
        where TKernel : struct, ITileKernel<TArguments>
        where TArguments : unmanaged
    {
        if (columns > TSimd.Width)
        {
            switch (rows)
            {
                case 1: TKernel.Run<Tile1x2>(tile); break;
                case 2: TKernel.Run<Tile2x2>(tile); break;
                case 3: TKernel.Run<Tile3x2>(tile); break;
                case 4: TKernel.Run<Tile4x2>(tile); break;
                case 5: TKernel.Run<Tile5x2>(tile); break;
                case 6: TKernel.Run<Tile6x2>(tile); break;
                case 7: TKernel.Run<Tile7x2>(tile); break;
                case 8: TKernel.Run<Tile8x2>(tile); break;
            }
        }
        else
        {
            switch (rows)
            {
                case 1: TKernel.Run<Tile1x1>(tile); break;
                case 2: TKernel.Run<Tile2x1>(tile); break;
                case 3: TKernel.Run<Tile3x1>(tile); break;
                case 4: TKernel.Run<Tile4x1>(tile); break;
                case 5: TKernel.Run<Tile5x1>(tile); break;
                case 6: TKernel.Run<Tile6x1>(tile); break;
                case 7: TKernel.Run<Tile7x1>(tile); break;
                case 8: TKernel.Run<Tile8x1>(tile); break;
            }
        }
    }
}

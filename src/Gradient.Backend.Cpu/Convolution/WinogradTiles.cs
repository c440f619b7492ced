namespace Gradient.Backend.Cpu;

/// <summary>A batch of lattices as 2 × 2 tiles of pixels, row after row, image after image, and the 4 × 4 pixels of the image that each sees.</summary>
internal unsafe readonly struct WinogradTiles
{
    private readonly TapPlan plan;
    private readonly int rows;
    private readonly int columns;

    public WinogradTiles(in TapPlan plan, int batch)
    {
        this.plan = plan;
        rows = (plan.Rows + 1) / 2;
        columns = (plan.Columns + 1) / 2;
        Count = (nint)batch * rows * columns;
    }

    public nint Count { get; }

    /// <summary>Whether the lattice is a convolution of 3 × 3 taps, side by side, at every pixel.</summary>
    public static bool Suits(in TapPlan plan) =>
        plan is { TapRows: 3, TapColumns: 3, RowSpacing: 1, ColumnSpacing: 1, StepRows: 1, StepColumns: 1, Rows: > 1, Columns: > 1 };

    /// <summary>Where the 16 pixels that a tile sees lie: in the image, or beyond its edge at <paramref name="zeros"/>.</summary>
    public void Image<T>(nint tile, T* images, T* zeros, T** pixels)
        where T : unmanaged
    {
        T* image = images + (tile / (rows * columns) * plan.ImageElements);
        nint top = (tile / columns % rows * 2) - plan.Top, left = (tile % columns * 2) - plan.Left;
        for (int i = 0; i < 4; i++)
        {
            bool inside = top + i >= 0 && top + i < plan.Height;
            T* row = image + ((((top + i) * plan.Width) + left) * plan.Channels);
            for (int j = 0; j < 4; j++)
                pixels[(4 * i) + j] = inside && left + j >= 0 && left + j < plan.Width ? row + ((nint)j * plan.Channels) : zeros;
        }
    }

    /// <summary>Where a tile's 4 pixels lie in the lattice: those beyond its edge at <paramref name="beyond"/>.</summary>
    public void Lattice<T>(nint tile, in LatticeOutput<T> lattice, T* beyond, T** pixels)
        where T : unmanaged
    {
        nint row = tile / columns % rows * 2, column = tile % columns * 2;
        T* first = lattice.Origin + (tile / (rows * columns) * lattice.Image) + (row * lattice.Row) + (column * lattice.Column);
        for (int i = 0; i < 2; i++)
        {
            for (int j = 0; j < 2; j++)
                pixels[(2 * i) + j] = row + i < plan.Rows && column + j < plan.Columns ? first + (i * lattice.Row) + (j * lattice.Column) : beyond;
        }
    }
}

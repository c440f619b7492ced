namespace Gradient.Backend.Cpu;

/// <summary>How a batch of lattices is cut into units of work: bands of rows of one image, or several small images.</summary>
internal struct BandCut
{
    /// <summary>Images of a unit; 1 if there are several bands.</summary>
    public int UnitImages;

    /// <summary>Rows of a band.</summary>
    public int BandRows;

    /// <summary>Bands of an image.</summary>
    public int Bands;

    /// <summary>Images.</summary>
    public int Batch;

    /// <summary>The number of units.</summary>
    public readonly long Count => (((long)Batch + UnitImages - 1) / UnitImages) * Bands;

    /// <summary>
    /// Bands no larger than <paramref name="bandElements"/> of padded image if that leaves a row, about eight for each thread,
    /// but units of at least <paramref name="minPixels"/> pixels if there are as many.
    /// </summary>
    public static BandCut For(in TapPlan plan, int batch, int minPixels, nint bandElements, int threads)
    {
        nint rows = Math.Max(1, bandElements / Math.Max(1, plan.StepRows * plan.RowStride));
        if (threads > 1)
            rows = Math.Min(rows, ((nint)batch * plan.Rows / (8 * threads)) + 1);
        return Of(plan, batch, (int)Math.Min(plan.Rows, Math.Max(rows, (minPixels + plan.Columns - 1) / plan.Columns)), minPixels);
    }

    /// <summary>Bands of so many rows; images that are one band are joined until a unit has the pixels.</summary>
    public static BandCut Of(in TapPlan plan, int batch, int bandRows, int pixels)
    {
        int rows = Math.Clamp(bandRows, 1, plan.Rows);
        long imagePixels = Math.Max(1, (long)plan.Rows * plan.Columns);
        return new BandCut
        {
            BandRows = rows,
            Bands = (plan.Rows + rows - 1) / rows,
            UnitImages = rows < plan.Rows ? 1 : (int)Math.Clamp(pixels / imagePixels, 1, batch),
            Batch = batch,
        };
    }

    /// <summary>The images and rows of a unit.</summary>
    public readonly (int FirstImage, int Images, int FirstRow, int Rows) Unit(in TapPlan plan, long unit)
    {
        int firstImage = (int)(unit / Bands) * UnitImages, firstRow = (int)(unit % Bands) * BandRows;
        return (firstImage, Math.Min(UnitImages, Batch - firstImage), firstRow, Math.Min(BandRows, plan.Rows - firstRow));
    }
}

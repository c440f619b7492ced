namespace Gradient.Backend.Cpu;

/// <summary>
/// How the pixels of a lattice read an image: pixel (i, j) sees the source at (i · StepRows + offset, j · StepColumns + offset)
/// for every tap, in an image that is padded or cropped so that no tap falls outside. Forward convolution is one lattice whose taps are
/// the kernel's elements; the input gradient is one lattice for each residue of the position by the stride, reading the
/// output's gradient, with the kernel's elements that reach it.
/// </summary>
internal unsafe struct TapPlan
{
    /// <summary>The source image.</summary>
    public int Height, Width, Channels;

    /// <summary>The source at row −Top, column −Left is row 0, column 0 of the padded image.</summary>
    public int Top, Left;

    /// <summary>Columns of the padded image.</summary>
    public int PaddedWidth;

    /// <summary>Rows of the padded image that one row of the lattice sees.</summary>
    public int WindowRows;

    /// <summary>Padded rows and columns from pixel to pixel of the lattice.</summary>
    public int StepRows, StepColumns;

    /// <summary>The lattice.</summary>
    public int Rows, Columns;

    /// <summary>Taps by position, row after row: TapRows × TapColumns, at multiples of Row/ColumnSpacing.</summary>
    public int TapRows, TapColumns, RowSpacing, ColumnSpacing;

    /// <summary>Whether the padded image is (a part of) the source itself and need not be made.</summary>
    public bool InPlace;

    public readonly int Taps => TapRows * TapColumns;

    /// <summary>Elements from row to row of the image that is read.</summary>
    public readonly nint RowStride => (nint)(InPlace ? Width : PaddedWidth) * Channels;

    /// <summary>Elements from pixel to pixel of a lattice row.</summary>
    public readonly nint ColumnStride => (nint)StepColumns * Channels;

    /// <summary>Elements of a source image.</summary>
    public readonly nint ImageElements => (nint)Height * Width * Channels;

    /// <summary>Where tap t lies relative to the pixel's first tap.</summary>
    public readonly nint Offset(int tap) =>
        (tap / TapColumns * RowSpacing * RowStride) + ((nint)(tap % TapColumns) * ColumnSpacing * Channels);

    /// <summary>The plan of y = x * w, and of the weight gradient.</summary>
    public static TapPlan Forward(in ConvolutionShape s) => new TapPlan
    {
        Height = s.Height,
        Width = s.Width,
        Channels = s.Inputs,
        Top = s.PaddingHeight,
        Left = s.PaddingWidth,
        StepRows = s.StrideHeight,
        StepColumns = s.StrideWidth,
        Rows = s.OutputHeight,
        Columns = s.OutputWidth,
        TapRows = s.KernelHeight,
        TapColumns = s.KernelWidth,
        RowSpacing = s.DilationHeight,
        ColumnSpacing = s.DilationWidth,
    }.Completed();

    /// <summary>
    /// The plan of dx at rows ≡ <paramref name="rowPhase"/> (mod stride) and columns likewise. Its tap (r, s) belongs to the kernel's
    /// element (lastRow − r · rowPeriod, lastColumn − s · columnPeriod).
    /// </summary>
    public static TapPlan InputGradient(
        in ConvolutionShape s, int rowPhase, int columnPhase, out (int Last, int Period) rowTaps, out (int Last, int Period) columnTaps)
    {
        var (rows, lastRow, rowPeriod, rowSpacing, top) = Axis(rowPhase + s.PaddingHeight, s.StrideHeight, s.DilationHeight, s.KernelHeight);
        var (columns, lastColumn, columnPeriod, columnSpacing, left) = Axis(columnPhase + s.PaddingWidth, s.StrideWidth, s.DilationWidth, s.KernelWidth);
        rowTaps = (lastRow, rowPeriod);
        columnTaps = (lastColumn, columnPeriod);
        return new TapPlan
        {
            Height = s.OutputHeight,
            Width = s.OutputWidth,
            Channels = s.Outputs,
            Top = top,
            Left = left,
            StepRows = 1,
            StepColumns = 1,
            Rows = (s.Height - rowPhase + s.StrideHeight - 1) / s.StrideHeight,
            Columns = (s.Width - columnPhase + s.StrideWidth - 1) / s.StrideWidth,
            TapRows = rows,
            TapColumns = columns,
            RowSpacing = rowSpacing,
            ColumnSpacing = columnSpacing,
        }.Completed();
    }

    /// <summary>
    /// Input position i · stride + phase got kernel element r from output position i + (phase + padding − r · dilation) / stride,
    /// where that divides. The elements that divide come every Period; their outputs are Spacing apart, backwards, so that
    /// the last element lies first.
    /// </summary>
    private static (int Count, int Last, int Period, int Spacing, int Before) Axis(int shifted, int stride, int dilation, int kernel)
    {
        int first = 0;
        while (first < kernel && (shifted - (first * dilation)) % stride != 0)
            first++;
        if (first == kernel)
            return (0, 0, 1, 1, 0);
        int period = 1;
        while (period * dilation % stride != 0)
            period++;
        int count = ((kernel - 1 - first) / period) + 1;
        int last = first + ((count - 1) * period);
        return (count, last, period, period * dilation / stride, -((shifted - (last * dilation)) / stride));
    }

    private TapPlan Completed()
    {
        WindowRows = ((TapRows - 1) * RowSpacing) + 1;
        PaddedWidth = ((Columns - 1) * StepColumns) + ((TapColumns - 1) * ColumnSpacing) + 1;
        int paddedHeight = ((Rows - 1) * StepRows) + WindowRows;
        InPlace = Top <= 0 && Left <= 0 && paddedHeight - Top <= Height && PaddedWidth - Left <= Width;
        return this;
    }

    /// <summary>Elements of the padded rows that so many rows of the lattice see; 0 if none are made.</summary>
    public readonly nint BandElements(int rows) => InPlace ? 0 : (((rows - 1) * StepRows) + WindowRows) * RowStride;

    /// <summary>
    /// What lattice rows from <paramref name="firstRow"/> see of an image: its first padded row, in the image or copied to
    /// <paramref name="buffer"/> with zeros around.
    /// </summary>
    public readonly T* Band<T>(T* image, int firstRow, int rows, T* buffer)
        where T : unmanaged
    {
        int top = (firstRow * StepRows) - Top;
        if (InPlace)
            return image + (top * RowStride) - ((nint)Left * Channels);
        int count = ((rows - 1) * StepRows) + WindowRows;
        int before = Math.Clamp(Left, 0, PaddedWidth);
        int from = Math.Max(0, -Left);
        int copied = Math.Clamp(Width - from, 0, PaddedWidth - before);
        int length = checked((int)RowStride);
        for (int r = 0; r < count; r++)
        {
            var target = new Span<T>(buffer + (r * RowStride), length);
            int row = top + r;
            if (row < 0 || row >= Height)
            {
                target.Clear();
                continue;
            }

            target[..(before * Channels)].Clear();
            new ReadOnlySpan<T>(image + ((((nint)row * Width) + from) * Channels), copied * Channels).CopyTo(target[(before * Channels)..]);
            target[((before + copied) * Channels)..].Clear();
        }

        return buffer;
    }
}

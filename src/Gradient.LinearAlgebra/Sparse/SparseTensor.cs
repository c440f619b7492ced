namespace Gradient.LinearAlgebra;

/// <summary>
/// A matrix of which only some elements, its entries, are kept; all others are 0. Where they are is fixed and lies on host and device; what
/// they are is a <see cref="GradientTensor"/>, through which gradients flow: derivatives are those with respect to the entries.
/// Immutable: operations make new matrices. Places are Int32, so that products, which memory limits, read half of what Int64 would cost:
/// rows, columns and entries are below 2³¹. Semantics follow torch.sparse; formats are called as in SciPy.
/// </summary>
/// <remarks>
/// Places of results (of conversions, sums, products of sparse matrices) are computed on the host, as their number depends on the data; values
/// stay on the device. A product with a dense matrix computes on the device alone.
/// </remarks>
public sealed partial class SparseTensor
{
    private readonly SparsePattern? pattern; // of CSR; of the transposed matrix for CSC
    private readonly SparseCoordinates? coordinates; // of COO

    private SparseTensor(SparseFormat format, int rows, int columns, SparsePattern? pattern, SparseCoordinates? coordinates, GradientTensor values)
    {
        (Format, Rows, Columns, this.pattern, this.coordinates, Values) = (format, rows, columns, pattern, coordinates, values);
    }

    /// <summary>How the places are kept.</summary>
    public SparseFormat Format { get; }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>The number of columns.</summary>
    public int Columns { get; }

    /// <summary>[rows, columns].</summary>
    public Shape Shape => [Rows, Columns];

    /// <summary>The number of entries that are kept; one may be 0.</summary>
    public int NonZeros => pattern?.Count ?? coordinates!.Count;

    /// <summary>The entries [non-zeros], in the order of the format.</summary>
    public GradientTensor Values { get; }

    /// <summary>The type of the entries.</summary>
    public DType DType => Values.DType;

    /// <summary>Where the matrix lies.</summary>
    public Device Device => Values.Device;

    /// <summary>Whether gradients flow to the entries.</summary>
    public bool RequiresGrad => Values.RequiresGrad;

    /// <summary>Whether no two entries share a place and they are in order: always for CSR and CSC; for COO after <see cref="Coalesce"/>.</summary>
    public bool IsCoalesced => coordinates is null || coordinates.IsCoalesced;

    /// <summary>The row of each entry, Int32 [non-zeros].</summary>
    public GradientTensor RowIndices => Numbers(Format switch
    {
        SparseFormat.Coo => coordinates!.Rows,
        SparseFormat.Csr => pattern!.RowOfEach(),
        _ => pattern!.Indices,
    });

    /// <summary>The column of each entry, Int32 [non-zeros].</summary>
    public GradientTensor ColumnIndices => Numbers(Format switch
    {
        SparseFormat.Coo => coordinates!.Columns,
        SparseFormat.Csr => pattern!.Indices,
        _ => pattern!.RowOfEach(),
    });

    /// <summary>Where each row (CSR) or column (CSC) begins among the entries, and, last, their number; Int32.</summary>
    /// <exception cref="UnsupportedOperationException">The format is COO.</exception>
    public GradientTensor Offsets => pattern is null
        ? throw new UnsupportedOperationException($"Offsets: a matrix {Shape} in coordinates has none; convert it with ToCsr or ToCsc.")
        : Numbers(pattern.Offsets);

    /// <summary>Size, density, format and bytes.</summary>
    public SparseInfo Info
    {
        get
        {
            long numbers = pattern is null ? 2L * NonZeros : (long)NonZeros + pattern.Offsets.Length;
            return new(Rows, Columns, NonZeros, Format, DType, (numbers * sizeof(int)) + ((long)NonZeros * DType.Size()));
        }
    }

    /// <summary>One element, 0 where there is no entry: reads from the device. For tests and printing; a loop over it is slow.</summary>
    /// <exception cref="ShapeMismatchException">The place is outside the matrix.</exception>
    public double this[int row, int column]
    {
        get
        {
            if ((uint)row >= (uint)Rows) throw ShapeChecks.IndexOutside("SparseTensor[]", row, 0, Shape);
            if ((uint)column >= (uint)Columns) throw ShapeChecks.IndexOutside("SparseTensor[]", column, 1, Shape);
            if (coordinates is not null)
            {
                double sum = 0;
                for (int e = 0; e < NonZeros; e++)
                    if (coordinates.Rows[e] == row && coordinates.Columns[e] == column) sum += Element(e);
                return sum;
            }

            var (line, place) = Format == SparseFormat.Csr ? (row, column) : (column, row);
            int start = pattern!.Offsets[line], found = Array.BinarySearch(pattern.Indices, start, pattern.Offsets[line + 1] - start, place);
            return found < 0 ? 0 : Element(found);
        }
    }

    /// <summary>The same places with other values.</summary>
    /// <param name="values">[non-zeros], floating point, in the order of the format.</param>
    /// <exception cref="ShapeMismatchException">There are more or fewer values than entries.</exception>
    /// <exception cref="DeviceMismatchException">They lie on another device.</exception>
    public SparseTensor WithValues(GradientTensor values)
    {
        CheckValues("WithValues", values, NonZeros);
        ShapeChecks.SameDevice("WithValues", Values.Value, values.Value);
        return new(Format, Rows, Columns, pattern, coordinates, values);
    }

    /// <summary>The same matrix with values of a type.</summary>
    public SparseTensor To(DType dtype)
    {
        ShapeChecks.FloatingPoint("SparseTensor.To", dtype);
        return dtype == DType ? this : new(Format, Rows, Columns, pattern, coordinates, Values.To(dtype));
    }

    /// <summary>The same matrix on a device.</summary>
    public SparseTensor To(Device device) =>
        ReferenceEquals(device, Device) ? this : new(Format, Rows, Columns, pattern?.On(device), coordinates?.On(device), Values.To(device));

    /// <summary>The same matrix without a history.</summary>
    public SparseTensor Detach() => new(Format, Rows, Columns, pattern, coordinates, Values.Detach());

    /// <summary>What <see cref="Info"/> says.</summary>
    public override string ToString() => Info + (RequiresGrad ? ", requires grad" : "");

    /// <summary>Pattern and values in compressed rows.</summary>
    private (SparsePattern Pattern, GradientTensor Values) InRows(string name)
    {
        if (Format == SparseFormat.Csr) return (pattern!, Values);
        if (Format == SparseFormat.Coo)
        {
            var (compressed, sums) = coordinates!.Compressed;
            return (compressed, SparseOperations.Gathered(name, sums, Values));
        }

        var (transposed, selection) = pattern!.Transposed;
        return (transposed, SparseOperations.Select(name, selection, Values));
    }

    private double Element(int entry) => Values.Value.View(Values.Value.Layout.Select(0, entry)).To(DType.Float64).Item<double>();

    private GradientTensor Numbers(int[] numbers) => GradientTensor.From<int>(numbers, Device);

    private static void CheckValues(string operation, GradientTensor values, long entries)
    {
        ShapeChecks.FloatingPoint(operation, values.DType);
        if (values.Rank != 1 || values.Shape[0] != entries)
            throw new ShapeMismatchException($"{operation}: values of shape {values.Shape} for {entries} places; a vector with one value per place is needed.");
    }
}

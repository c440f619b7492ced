namespace Gradient.LinearAlgebra;

public sealed partial class SparseTensor
{
    /// <summary>
    /// The product with a dense operand: [columns] gives [rows], […, columns, n] gives […, rows, n], this matrix times each. Gradients flow to the
    /// operand and to the entries. Rows of unequal length are cut into pieces of equal work, so that one long row does not hold up the rest.
    /// </summary>
    /// <param name="dense">A vector, a matrix, or a batch of matrices; types are promoted to one.</param>
    /// <exception cref="ShapeMismatchException">The operand is 0-d, or its last axis but one has another length than the columns.</exception>
    /// <exception cref="DeviceMismatchException">It lies on another device.</exception>
    public GradientTensor MatMul(GradientTensor dense)
    {
        const string Name = "SparseTensor.MatMul";
        ShapeChecks.SameDevice(Name, Values.Value, dense.Value);
        if (dense.Rank == 0 || dense.Shape[dense.Rank == 1 ? 0 : dense.Rank - 2] != Columns)
            throw new ShapeMismatchException(
                $"{Name}: a sparse matrix {Shape} and shape {dense.Shape}: [{Columns}] or […, {Columns}, n] is needed; perhaps Transpose one.");
        var dtype = DTypes.Promote(DType, dense.DType);
        var (rows, values) = InRows(Name);
        (values, dense) = (values.To(dtype), dense.To(dtype));
        if (dense.Rank == 1) return SparseOperations.MatMul(Name, rows, values, dense.Unsqueeze(1)).Squeeze(1);
        if (dense.Rank == 2) return SparseOperations.MatMul(Name, rows, values, dense);

        // A batch is one product: its matrices side by side.
        int rank = dense.Rank;
        int[] aside = new int[rank], back = new int[rank];
        aside[0] = rank - 2;
        for (int i = 0; i < rank - 2; i++) (aside[i + 1], back[i]) = (i, i + 1);
        (aside[^1], back[^2], back[^1]) = (rank - 1, 0, rank - 1);
        var beside = dense.Permute(aside);
        var shape = beside.Shape.With(0, Rows);
        return SparseOperations.MatMul(Name, rows, values, beside.Reshape([Columns, beside.Shape.Without(0).ElementCount])).Reshape(shape).Permute(back);
    }

    /// <summary>
    /// The product of two sparse matrices, in the format of this one; an entry per place that a pair of entries meets in (0 may be its value).
    /// Gradients flow to the entries of both. On the way, 8 bytes of places are kept per pair of entries that meet.
    /// </summary>
    /// <param name="other">[columns, n]; types are promoted to one.</param>
    /// <exception cref="ShapeMismatchException">The inner lengths differ, or more than 2³¹ pairs of entries meet.</exception>
    /// <exception cref="DeviceMismatchException">It lies on another device.</exception>
    public SparseTensor MatMul(SparseTensor other)
    {
        const string Name = "SparseTensor.MatMul";
        CheckPair(Name, this, other);
        if (Columns != other.Rows)
            throw new ShapeMismatchException($"{Name}: sparse matrices {Shape} and {other.Shape}: columns of the left must be as many as rows of the right; perhaps Transpose one.");
        var dtype = DTypes.Promote(DType, other.DType);
        var (left, leftValues) = InRows(Name);
        var (right, rightValues) = other.InRows(Name);
        long pairs = SparseSymbolic.Pairs(left, right);
        CheckCount(Name, pairs, [Rows, other.Columns]);
        var (product, chosen, terms) = SparseSymbolic.Multiply(left, right, (int)pairs);
        // Each entry is a sum of leftValues·rightValues: a matrix of chosen left values times the right ones.
        var factors = SparseOperations.Select(Name, chosen, leftValues.To(dtype));
        var values = SparseOperations.MatMul(Name, terms, factors, rightValues.To(dtype).Unsqueeze(1)).Squeeze(1);
        return new SparseTensor(SparseFormat.Csr, Rows, other.Columns, product, null, values).To(Format);
    }

    /// <summary>All entries times a number.</summary>
    public SparseTensor Multiply(double factor) => WithValues(Values * factor);

    /// <summary>
    /// The element product with a dense operand, which broadcasts to [rows, columns]: each entry times the element in its place. One
    /// element scales all. For the places alone it is sparse: what has no entry stays 0, even where the operand is NaN or infinite.
    /// </summary>
    /// <exception cref="ShapeMismatchException">The operand does not broadcast to this shape.</exception>
    /// <exception cref="DeviceMismatchException">It lies on another device.</exception>
    public SparseTensor Multiply(GradientTensor dense)
    {
        const string Name = "SparseTensor.Multiply";
        ShapeChecks.SameDevice(Name, Values.Value, dense.Value);
        if (dense.ElementCount == 1 && dense.Rank <= 2) return WithValues(Values * dense.Reshape());
        if (!Shape.TryBroadcast(dense.Shape, Shape, out var both) || both != Shape)
            throw new ShapeMismatchException($"{Name}: shape {dense.Shape} does not broadcast to that of a sparse matrix {Shape}; aligned at the last axis, lengths must be equal or 1.");
        var whole = dense.Expand(Shape);
        return Format switch
        {
            SparseFormat.Csc => Transpose().Multiply(whole.Transpose()).Transpose(),
            SparseFormat.Coo => ToCsr().Multiply(whole).ToCoo(),
            _ => WithValues(Values * SparseOperations.Sample(Name, pattern!, whole, null)),
        };
    }

    /// <summary>The element product of two sparse matrices, in the format of this one: entries in places where both have one.</summary>
    /// <exception cref="ShapeMismatchException">Shapes differ.</exception>
    /// <exception cref="DeviceMismatchException">It lies on another device.</exception>
    public SparseTensor Multiply(SparseTensor other)
    {
        const string Name = "SparseTensor.Multiply";
        CheckPair(Name, this, other);
        ShapeChecks.Equal(Name, other.Shape, Shape);
        var (left, leftValues) = InRows(Name);
        var (right, rightValues) = other.InRows(Name);
        var (common, inLeft, inRight) = SparseSymbolic.Intersect(left, right);
        var values = SparseOperations.Select(Name, inLeft, leftValues) * SparseOperations.Select(Name, inRight, rightValues);
        return new SparseTensor(SparseFormat.Csr, Rows, Columns, common, null, values).To(Format);
    }

    /// <summary>The sum of two sparse matrices, in the format of this one: entries where either has one.</summary>
    /// <param name="other">Of this shape; types are promoted to one.</param>
    /// <exception cref="ShapeMismatchException">Shapes differ.</exception>
    /// <exception cref="DeviceMismatchException">It lies on another device.</exception>
    public SparseTensor Add(SparseTensor other)
    {
        const string Name = "SparseTensor.Add";
        CheckPair(Name, this, other);
        ShapeChecks.Equal(Name, other.Shape, Shape);
        var dtype = DTypes.Promote(DType, other.DType);
        var (left, leftValues) = InRows(Name);
        var (right, rightValues) = other.InRows(Name);
        CheckCount(Name, (long)left.Count + right.Count, Shape);
        var (union, sums) = SparseSymbolic.Unite(left, right);
        var values = SparseOperations.Gathered(Name, sums, GradientTensor.Cat([leftValues.To(dtype), rightValues.To(dtype)]));
        return new SparseTensor(SparseFormat.Csr, Rows, Columns, union, null, values).To(Format);
    }

    /// <summary>See <see cref="Add"/>.</summary>
    public static SparseTensor operator +(SparseTensor a, SparseTensor b) => a.Add(b);

    /// <summary>a + (−1)·b; see <see cref="Add"/>.</summary>
    public static SparseTensor operator -(SparseTensor a, SparseTensor b) => a.Add(-b);

    /// <summary>All entries with the other sign.</summary>
    public static SparseTensor operator -(SparseTensor a) => a.WithValues(-a.Values);

    /// <summary>See <see cref="Multiply(double)"/>.</summary>
    public static SparseTensor operator *(SparseTensor a, double factor) => a.Multiply(factor);

    /// <summary>See <see cref="Multiply(double)"/>.</summary>
    public static SparseTensor operator *(double factor, SparseTensor a) => a.Multiply(factor);

    /// <summary>See <see cref="Multiply(GradientTensor)"/>.</summary>
    public static SparseTensor operator *(SparseTensor a, GradientTensor dense) => a.Multiply(dense);

    /// <summary>See <see cref="Multiply(SparseTensor)"/>.</summary>
    public static SparseTensor operator *(SparseTensor a, SparseTensor b) => a.Multiply(b);
}

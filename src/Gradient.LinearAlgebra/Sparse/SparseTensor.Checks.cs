namespace Gradient.LinearAlgebra;

/// <content>The rules that matrices and operands must keep.</content>
public sealed partial class SparseTensor
{
    private static readonly int MaxLength = Array.MaxLength - 1;

    private static Shape CheckShape(string operation, long rows, long columns)
    {
        if (rows < 0 || columns < 0) throw new ShapeMismatchException($"{operation}: {rows} rows and {columns} columns; lengths are not negative.");
        if (rows > MaxLength || columns > MaxLength)
            throw new ShapeMismatchException($"{operation}: {rows} rows and {columns} columns; a sparse matrix has at most {MaxLength} of each, split it.");
        return [rows, columns];
    }

    private static void CheckCount(string operation, long entries, in Shape shape)
    {
        if (entries > MaxLength)
            throw new ShapeMismatchException($"{operation}: {entries} entries in a matrix {shape}; at most {MaxLength} are possible, split the operands by rows.");
    }

    private static void CheckIndices(string operation, ReadOnlySpan<int> indices, int axis, in Shape shape)
    {
        uint length = (uint)shape[axis];
        foreach (int index in indices)
            if ((uint)index >= length) throw ShapeChecks.IndexOutside(operation, index, axis, shape);
    }

    /// <summary>Offsets that never fall, from 0 to the number of entries; indices inside, that rise within each line.</summary>
    private static void CheckCompressed(
        string operation, string line, ReadOnlySpan<int> offsets, ReadOnlySpan<int> indices, GradientTensor values, int axis, in Shape shape)
    {
        long lines = shape[1 - axis];
        if (offsets.Length != lines + 1)
            throw new ShapeMismatchException($"{operation}: {offsets.Length} offsets for a matrix {shape}; {lines + 1} are needed, where each {line} begins and, last, the number of entries.");
        if (offsets[0] != 0 || offsets[^1] != indices.Length)
            throw new ShapeMismatchException($"{operation}: offsets of a matrix {shape} go from {offsets[0]} to {offsets[^1]}; they must go from 0 to {indices.Length}, the number of indices.");
        CheckValues(operation, values, indices.Length);
        for (int i = 0; i < lines; i++)
        {
            if (offsets[i] > offsets[i + 1])
                throw new GradientException($"{operation}: the offsets of a matrix {shape} fall from {offsets[i]} to {offsets[i + 1]} after {line} {i}; they must not.");
        }

        CheckIndices(operation, indices, axis, shape);
        for (int i = 0; i < lines; i++)
        {
            for (int e = offsets[i] + 1; e < offsets[i + 1]; e++)
            {
                if (indices[e] > indices[e - 1]) continue;
                string fault = indices[e] == indices[e - 1] ? $"has two entries at index {indices[e]}" : $"is unsorted: index {indices[e]} follows {indices[e - 1]}";
                throw new GradientException($"{operation}: {line} {i} of a matrix {shape} {fault}; FromCoordinates takes entries in any order and adds duplicates.");
            }
        }
    }

    /// <summary>Two operands on one device.</summary>
    private static void CheckPair(string operation, SparseTensor a, SparseTensor b) => ShapeChecks.SameDevice(operation, a.Values.Value, b.Values.Value);

    private static int[] ToHost(string operation, GradientTensor indices)
    {
        if (!indices.DType.IsInteger())
            throw new DTypeMismatchException($"{operation}: indices are {indices.DType.Name()}, not integers; convert with To(DType.Int64).");
        ShapeChecks.Rank(operation, indices.Shape, 1, "a vector of indices");
        if (indices.DType == DType.Int32) return indices.ToArray<int>();
        long[] wide = indices.ToArray<long>();
        // Saturated, what does not fit is outside of any matrix still.
        return Array.ConvertAll(wide, index => (int)Math.Clamp(index, int.MinValue, int.MaxValue));
    }
}

using System.Buffers;
using System.Numerics;

namespace Gradient.LinearAlgebra;

/// <summary>Where results have entries, and which entries of the operands make them: on the host, from patterns alone.</summary>
internal static class SparseSymbolic
{
    /// <summary>Pairs of entries that a thread multiplies in one go.</summary>
    private const int Share = 1 << 16;

    /// <summary>Places where either has an entry, and the matrix of ones that adds (left entries, right entries) to theirs.</summary>
    public static (SparsePattern Union, SparsePattern Sums) Unite(SparsePattern left, SparsePattern right)
    {
        int both = left.Count + right.Count, count = 0, terms = 0;
        int[] offsets = new int[left.Rows + 1], indices = new int[both], starts = new int[both + 1], sources = new int[both];
        for (int row = 0; row < left.Rows; row++)
        {
            int i = left.Offsets[row], j = right.Offsets[row], iEnd = left.Offsets[row + 1], jEnd = right.Offsets[row + 1];
            while (i < iEnd || j < jEnd)
            {
                int a = i < iEnd ? left.Indices[i] : int.MaxValue, b = j < jEnd ? right.Indices[j] : int.MaxValue;
                if (a <= b) sources[terms++] = i++;
                if (b <= a) sources[terms++] = left.Count + j++;
                indices[count++] = Math.Min(a, b);
                starts[count] = terms;
            }

            offsets[row + 1] = count;
        }

        Array.Resize(ref indices, count);
        Array.Resize(ref starts, count + 1);
        return (new(left.Rows, left.Columns, offsets, indices, left.Device), new(count, both, starts, sources, left.Device));
    }

    /// <summary>Places where both have an entry, and the selections of those entries.</summary>
    public static (SparsePattern Common, SparsePattern InLeft, SparsePattern InRight) Intersect(SparsePattern left, SparsePattern right)
    {
        var offsets = new int[left.Rows + 1];
        List<int> indices = [], inLeft = [], inRight = [];
        for (int row = 0; row < left.Rows; row++)
        {
            int i = left.Offsets[row], j = right.Offsets[row];
            while (i < left.Offsets[row + 1] && j < right.Offsets[row + 1])
            {
                int a = left.Indices[i], b = right.Indices[j];
                if (a == b)
                {
                    indices.Add(a);
                    inLeft.Add(i);
                    inRight.Add(j);
                }

                if (a <= b) i++;
                if (b <= a) j++;
            }

            offsets[row + 1] = indices.Count;
        }

        return (new(left.Rows, left.Columns, offsets, [.. indices], left.Device),
            SparsePattern.Selecting([.. inLeft], left.Count, left.Device), SparsePattern.Selecting([.. inRight], right.Count, left.Device));
    }

    /// <summary>How many pairs of entries meet in the product.</summary>
    public static long Pairs(SparsePattern left, SparsePattern right)
    {
        long pairs = 0;
        foreach (int k in left.Indices) pairs += right.Offsets[k + 1] - right.Offsets[k];
        return pairs;
    }

    /// <summary>
    /// The pattern of the product, row by row (F. Gustavson, "Two Fast Algorithms for Sparse Matrices", 1978). Chosen: of each pair that meets,
    /// which left entry, grouped by the entry of the product that it adds to; terms: the matrix [entries of the product, right entries] that has
    /// one entry per pair, in the same order.
    /// </summary>
    public static (SparsePattern Product, SparsePattern Chosen, SparsePattern Terms) Multiply(SparsePattern left, SparsePattern right, int pairs)
    {
        var rowPairs = new int[left.Rows + 1];
        for (int row = 0; row < left.Rows; row++)
        {
            rowPairs[row + 1] = rowPairs[row];
            for (int e = left.Offsets[row]; e < left.Offsets[row + 1]; e++) rowPairs[row + 1] += right.Offsets[left.Indices[e] + 1] - right.Offsets[left.Indices[e]];
        }

        // A row has at most as many entries as pairs: each writes where its pairs begin, and the gaps are closed afterwards.
        var work = new Product
        {
            Left = left, Right = right, RowPairs = rowPairs, Counts = new int[left.Rows],
            Columns = ArrayPool<int>.Shared.Rent(pairs), Ends = ArrayPool<int>.Shared.Rent(pairs),
            Chosen = GC.AllocateUninitializedArray<int>(pairs), Terms = GC.AllocateUninitializedArray<int>(pairs),
        };
        int shares = (int)Math.Min(left.Rows, (((long)pairs + left.Rows) / Share) + 1);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Devices.Cpu.Threads };
        Parallel.For(0, shares, options, () => new Workspace(right.Columns), (share, _, workspace) =>
        {
            var (first, end) = Rows(rowPairs, share, shares);
            for (int row = first; row < end; row++) work.Row(row, workspace);
            return workspace;
        }, _ => { });

        var offsets = new int[left.Rows + 1];
        for (int row = 0; row < left.Rows; row++) offsets[row + 1] = offsets[row] + work.Counts[row];
        int count = offsets[^1];
        int[] indices = GC.AllocateUninitializedArray<int>(count), starts = GC.AllocateUninitializedArray<int>(count + 1);
        starts[0] = 0;
        Parallel.For(0, shares, options, share =>
        {
            var (first, end) = Rows(rowPairs, share, shares);
            for (int row = first; row < end; row++)
            {
                work.Columns.AsSpan(rowPairs[row], work.Counts[row]).CopyTo(indices.AsSpan(offsets[row]));
                work.Ends.AsSpan(rowPairs[row], work.Counts[row]).CopyTo(starts.AsSpan(offsets[row] + 1));
            }
        });
        ArrayPool<int>.Shared.Return(work.Columns);
        ArrayPool<int>.Shared.Return(work.Ends);
        return (new(left.Rows, right.Columns, offsets, indices, left.Device),
            SparsePattern.Selecting(work.Chosen, left.Count, left.Device), new(count, right.Count, starts, work.Terms, left.Device));
    }

    /// <summary>The rows of a share: shares have about as many pairs and rows, together.</summary>
    private static (int First, int End) Rows(int[] rowPairs, int share, int shares) => (FirstRow(rowPairs, share, shares), FirstRow(rowPairs, share + 1, shares));

    private static int FirstRow(int[] rowPairs, int share, int shares)
    {
        int rows = rowPairs.Length - 1;
        long target = ((long)rowPairs[rows] + rows) * share / shares;
        int low = 0, high = rows;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if ((long)rowPairs[middle] + middle < target) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private sealed class Product
    {
        public required SparsePattern Left, Right;
        public required int[] RowPairs, Counts, Columns, Ends, Chosen, Terms;

        public void Row(int row, Workspace workspace)
        {
            int first = RowPairs[row], start = Left.Offsets[row], end = Left.Offsets[row + 1];
            if (first == RowPairs[row + 1]) return;
            int[] offsets = Right.Offsets, indices = Right.Indices, places = workspace.Places;
            var columns = Columns.AsSpan(first, RowPairs[row + 1] - first);
            int count = 0, next = first;
            for (int e = start; e < end; e++)
            {
                int k = Left.Indices[e];
                for (int f = offsets[k]; f < offsets[k + 1]; f++)
                {
                    int column = indices[f];
                    if (places[column]++ == 0) columns[count++] = column;
                }
            }

            Counts[row] = count;
            workspace.Sort(columns[..count]);
            // places: from how many pairs add to a column to where the first, and at last the next, of them goes.
            for (int i = 0; i < count; i++)
            {
                int column = columns[i], terms = places[column];
                places[column] = next;
                next += terms;
                Ends[first + i] = next;
            }

            for (int e = start; e < end; e++)
            {
                int k = Left.Indices[e];
                for (int f = offsets[k]; f < offsets[k + 1]; f++)
                {
                    int place = places[indices[f]]++;
                    Chosen[place] = e;
                    Terms[place] = f;
                }
            }

            for (int i = 0; i < count; i++) places[columns[i]] = 0;
        }
    }

    /// <summary>A thread's numbers per column, 0 between rows, and a set of columns for sorting: bits, and bits of the words that are not 0.</summary>
    private sealed class Workspace(int columns)
    {
        private readonly ulong[] bits = new ulong[(columns >> 6) + 1];
        private readonly ulong[] words = new ulong[(columns >> 12) + 1];

        public int[] Places { get; } = new int[columns];

        /// <summary>Sorts columns that differ: through the set in time of their number and that of words, else by comparing.</summary>
        public void Sort(Span<int> set)
        {
            if (set.Length < Math.Max(32, words.Length / 4))
            {
                set.Sort();
                return;
            }

            foreach (int column in set)
            {
                bits[column >> 6] |= 1UL << column;
                words[column >> 12] |= 1UL << (column >> 6);
            }

            int count = 0;
            for (int i = 0; i < words.Length; i++)
            {
                for (ulong rest = words[i]; rest != 0; rest &= rest - 1)
                {
                    int word = (i << 6) + BitOperations.TrailingZeroCount(rest);
                    for (ulong found = bits[word]; found != 0; found &= found - 1) set[count++] = (word << 6) + BitOperations.TrailingZeroCount(found);
                    bits[word] = 0;
                }

                words[i] = 0;
            }
        }
    }
}

using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// A normalization cut into blocks of rows × columns, one block per group: a group is a place on the outer kept axes, a row a
/// place on the outer reduced axes, and the columns are the innermost axis, or the innermost two.
/// </summary>
/// <remarks>
/// <para>Columns fall into cells (what shares a mean) of Fold neighbours each. Layer norm of [b, t, d]: b·t groups of one row
/// of one cell. Batch norm of [n, h, w, c]: one group of n·h·w rows, each column a cell. Group norm of [n, hw, g, c]: n
/// groups of hw rows, cells of c columns.</para>
/// <para>Blocks are cut, or put together, into items of about <see cref="ItemElements"/> elements, by shape alone.</para>
/// </remarks>
internal struct NormalBlocks
{
    /// <summary>The operand numbers of what forward and backward share; the others are the caller's.</summary>
    public const int X = 0, Weight = 2, Mean = 4, Inverse = 5;

    /// <summary>About what a core's second-level cache holds: statistics take two passes over an item.</summary>
    private const long ItemElements = 1 << 15;

    /// <summary>Cells of more neighbouring columns than this are worth a block of their own.</summary>
    private const long LongFold = 128;

    /// <summary>The groups.</summary>
    public Walk Groups;

    /// <summary>The rows of a group.</summary>
    public Walk Rows;

    /// <summary>The stride of every operand from column to column.</summary>
    public Eight ColumnStrides;

    /// <summary>The strides of mean and inverse from cell to cell.</summary>
    public Eight CellStrides;

    /// <summary>How many there are.</summary>
    public long GroupCount, RowCount, Columns, Cells, Fold;

    /// <summary>How groups become items: several groups per item, or several items per group of so many rows each.</summary>
    public long GroupsPerItem, ItemsPerGroup, RowsPerItem;

    /// <summary>The number of items.</summary>
    public readonly long Items => ItemsPerGroup > 1 ? GroupCount * ItemsPerGroup : (GroupCount + GroupsPerItem - 1) / GroupsPerItem;

    /// <summary>The number of elements that share a mean.</summary>
    public readonly long CellElements => RowCount * Fold;

    /// <summary>Whether a block is one row of one cell, so that mean and inverse are scalars.</summary>
    public readonly bool IsLine => RowCount == 1 && Cells == 1;

    /// <summary>Cuts a walk over all axes to which every operand was added.</summary>
    /// <returns>Whether that gives blocks; not if a weight differs from row to row, or if there is no axis longer than 1.</returns>
    public static bool TryCut(Walk walk, out NormalBlocks blocks)
    {
        blocks = new() { Cells = 1, Fold = 1 };
        walk.Order(X);
        walk.Merge();
        if (walk.Rank == 0) return false;
        bool innerIsReduced = walk.Stride(Inverse, walk.Rank - 1) == 0;
        var inner = walk.TakeInner();
        blocks.ColumnStrides = inner.Strides;
        blocks.Columns = inner.Length;
        if (!innerIsReduced)
        {
            blocks.Cells = inner.Length;
            blocks.CellStrides = inner.Strides;
        }
        else
        {
            blocks.Fold = inner.Length;
            if (inner.Length < LongFold && !walk.IsStill(Inverse) && !walk.Only(Inverse, still: true).IsEmpty) blocks.TakeCells(ref walk, inner);
        }

        blocks.Groups = walk.Only(Inverse, still: false);
        blocks.Rows = walk.Only(Inverse, still: true);
        (blocks.GroupCount, blocks.RowCount) = (blocks.Groups.Count, blocks.Rows.Count);
        if (blocks.RowCount * blocks.Columns == 0 || !blocks.Rows.IsStill(Weight)) return false;
        if (walk.Operands == Inverse + 1 && !blocks.Rows.IsStill(Weight + 1)) return false; // forward: the bias
        long block = blocks.RowCount * blocks.Columns;
        // At least 32 rows, or groups where there are enough: an item leaves two numbers per column behind.
        blocks.RowsPerItem = Math.Max(32, ItemElements / blocks.Columns / 8 * 8);
        blocks.ItemsPerGroup = Math.Max(1, (blocks.RowCount + blocks.RowsPerItem - 1) / blocks.RowsPerItem);
        blocks.GroupsPerItem = Math.Max(Math.Clamp(blocks.GroupCount / 64, 1, 32), ItemElements / Math.Max(1, block));
        return true;
    }

    /// <summary>Takes the axis of cells around a short axis of columns, if every operand walks both with one stride.</summary>
    private void TakeCells(ref Walk walk, in Walk.Inner inner)
    {
        int last = walk.Rank - 1;
        if (walk.Stride(Inverse, last) == 0) return;
        for (int o = 0; o < walk.Operands; o++)
            if (o is not (Mean or Inverse) && walk.Stride(o, last) != inner.Strides[o] * inner.Length) return;
        var cells = walk.TakeInner();
        (Cells, CellStrides) = (cells.Length, cells.Strides);
        Columns *= cells.Length;
    }
}

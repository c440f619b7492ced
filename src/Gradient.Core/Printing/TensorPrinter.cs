using System.Globalization;
using System.Text;

namespace Gradient.Core;

/// <summary>
/// Prints tensors as numpy.array2string with separator ", " does: aligned numbers, lines of 75 characters, the middle of long
/// axes left out above 1000 elements; then shape and type, and the device unless it is the CPU.
/// </summary>
internal sealed class TensorPrinter
{
    private const int EdgeItems = 3;
    private const long SummarizeAbove = 1000;
    private const int LineWidth = 75;
    private const string Separator = ", ";

    private readonly StringBuilder text = new();
    private readonly Shape shape;
    private readonly bool summarize;
    private readonly string[] cells;
    private int next;

    private TensorPrinter(Tensor tensor)
    {
        shape = tensor.Shape;
        summarize = tensor.ElementCount > SummarizeAbove;
        var shown = summarize ? Corners(tensor) : tensor;
        cells = Cells(shown);
        if (summarize) shown.Dispose();
    }

    public static string Print(Tensor tensor)
    {
        using var outside = TensorScope.Suppress();
        var printer = new TensorPrinter(tensor);
        if (tensor.Shape.IsEmpty) printer.text.Append("[]");
        else printer.Write(0);
        string device = tensor.Device.Kind == DeviceKind.Cpu ? "" : $", {tensor.Device}";
        return $"{printer.text}  shape {tensor.Shape}, {tensor.DType.Name()}{device}";
    }

    /// <summary>A copy of the first and last elements of every long axis, so that only what is printed is read back.</summary>
    private static Tensor Corners(Tensor tensor)
    {
        Shape shown = tensor.Shape;
        for (int axis = 0; axis < shown.Rank; axis++)
            if (shown[axis] > 2 * EdgeItems) shown = shown.With(axis, 2 * EdgeItems);
        var corners = Tensor.Empty(shown, tensor.DType, tensor.Device);
        CopyCorners(tensor, tensor.Layout, corners, corners.Layout, 0);
        return corners;
    }

    private static void CopyCorners(Tensor from, in Layout source, Tensor to, in Layout target, int axis)
    {
        if (axis == source.Rank)
        {
            using var part = from.View(source);
            using var place = to.View(target);
            place.CopyFrom(part);
        }
        else if (source.Shape[axis] <= 2 * EdgeItems)
        {
            CopyCorners(from, source, to, target, axis + 1);
        }
        else
        {
            long last = source.Shape[axis] - EdgeItems;
            CopyCorners(from, source.Slice(axis, 0, EdgeItems), to, target.Slice(axis, 0, EdgeItems), axis + 1);
            CopyCorners(from, source.Slice(axis, last, EdgeItems), to, target.Slice(axis, EdgeItems, EdgeItems), axis + 1);
        }
    }

    /// <summary>The elements as text, in row-major order, all of one width.</summary>
    private static string[] Cells(Tensor tensor)
    {
        var culture = CultureInfo.InvariantCulture;
        switch (tensor.DType)
        {
            case DType.Bool: return Array.ConvertAll(tensor.ToArray<bool>(), x => x ? tensor.Rank > 0 ? " True" : "True" : "False");
            case DType.Int32: return Aligned(Array.ConvertAll(tensor.ToArray<int>(), x => x.ToString(culture)));
            case DType.Int64: return Aligned(Array.ConvertAll(tensor.ToArray<long>(), x => x.ToString(culture)));
            case DType.Float16: return FloatFormat.Print(Array.ConvertAll(tensor.ToArray<Half>(), x => (double)x), DType.Float16);
            case DType.BFloat16: return FloatFormat.Print(Array.ConvertAll(tensor.ToArray<BFloat16>(), x => (double)x), DType.BFloat16);
            case DType.Float32: return FloatFormat.Print(Array.ConvertAll(tensor.ToArray<float>(), x => (double)x), DType.Float32);
            default: return FloatFormat.Print(tensor.ToArray<double>(), DType.Float64);
        }
    }

    private static string[] Aligned(string[] cells)
    {
        int width = 0;
        foreach (string cell in cells) width = Math.Max(width, cell.Length);
        return Array.ConvertAll(cells, cell => cell.PadLeft(width));
    }

    private void Write(int axis)
    {
        if (axis == shape.Rank)
        {
            text.Append(cells[next++]);
            return;
        }

        text.Append('[');
        bool cut = summarize && shape[axis] > 2 * EdgeItems;
        int items = cut ? 2 * EdgeItems : (int)shape[axis];
        if (axis == shape.Rank - 1) WriteRow(items, cut);
        else WriteBlocks(axis, items, cut);
        text.Append(']');
    }

    private void WriteBlocks(int axis, int items, bool cut)
    {
        string separator = "," + new string('\n', shape.Rank - 1 - axis) + new string(' ', axis + 1);
        for (int i = 0; i < items; i++)
        {
            if (i > 0) text.Append(separator);
            if (cut && i == EdgeItems) text.Append("...").Append(separator);
            Write(axis + 1);
        }
    }

    /// <summary>The last axis: wrapped to the indent of its bracket where a line would get too long.</summary>
    private void WriteRow(int items, bool cut)
    {
        int indent = shape.Rank, column = indent;
        int room = LineWidth - (shape.Rank - 1) - 1; // for the brackets that close around, and a comma or bracket after the number
        for (int i = 0; i < items; i++)
        {
            if (cut && i == EdgeItems) Put("...", last: false);
            Put(cells[next++], last: i == items - 1);
        }

        void Put(string word, bool last)
        {
            if (column + word.Length > room && column > indent)
            {
                text.Length -= 1; // the blank after the comma
                text.Append('\n').Append(' ', indent);
                column = indent;
            }

            text.Append(word);
            column += word.Length + Separator.Length;
            if (!last) text.Append(Separator);
        }
    }
}

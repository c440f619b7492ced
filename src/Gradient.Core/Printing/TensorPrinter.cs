using System.Globalization;
using System.Text;

namespace Gradient.Core;

/// <summary>Prints tensors as NumPy does: aligned columns, the middle of long axes left out, then shape and type.</summary>
internal static class TensorPrinter
{
    private const int EdgeItems = 3;
    private const long SummarizeAbove = 1000;

    public static string Print(Tensor tensor)
    {
        bool summarize = tensor.ElementCount > SummarizeAbove;
        var cells = new List<double>();
        Collect(Edges(tensor, summarize), cells);
        var format = Formatter(tensor.DType, cells);
        int width = 0;
        foreach (double cell in cells) width = Math.Max(width, format(cell).Length);

        var text = new StringBuilder();
        int next = 0;
        Write(text, tensor.Shape, 0, summarize, () => format(cells[next++]).PadLeft(width));
        return $"{text}  shape {tensor.Shape}, {tensor.DType.Name()}"
            + (tensor.Device.Kind == DeviceKind.Cpu ? "" : $", {tensor.Device}");
    }

    /// <summary>The tensor with the middle of each long axis cut out, so that only what is printed is read back.</summary>
    private static List<Tensor> Edges(Tensor tensor, bool summarize)
    {
        List<Layout> parts = [tensor.Layout];
        for (int axis = 0; axis < tensor.Rank && summarize; axis++)
        {
            long length = tensor.Shape[axis];
            var split = new List<Layout>();
            foreach (var part in parts)
                for (long i = 0; i < length; i++)
                    if (length <= 2 * EdgeItems || i < EdgeItems || i >= length - EdgeItems) split.Add(part.Slice(axis, i, 1));
                    else i = length - EdgeItems - 1;

            parts = split;
        }

        return parts.ConvertAll(part => tensor.View(part));
    }

    private static void Collect(List<Tensor> parts, List<double> cells)
    {
        foreach (var part in parts)
        {
            if (part.DType is DType.Int64 or DType.Int32) foreach (long x in part.To(DType.Int64).ToArray<long>()) cells.Add(x);
            else foreach (double x in part.To(DType.Float64).ToArray<double>()) cells.Add(x);
        }
    }

    private static Func<double, string> Formatter(DType dtype, List<double> cells)
    {
        var culture = CultureInfo.InvariantCulture;
        if (dtype == DType.Bool) return x => x != 0 ? "True" : "False";
        if (dtype.IsInteger()) return x => ((long)x).ToString(culture);
        double largest = 0, smallest = double.PositiveInfinity;
        foreach (double x in cells)
        {
            double size = Math.Abs(x);
            if (!double.IsFinite(x) || size == 0) continue;
            largest = Math.Max(largest, size);
            smallest = Math.Min(smallest, size);
        }

        // NumPy's rule: scientific where fixed digits would mislead.
        if (largest >= 1e8 || (largest > 0 && (smallest < 1e-4 || largest / smallest > 1e3 && largest >= 1e5)))
            return x => Special(x) ?? x.ToString("0.0000e+00", culture);
        int digits = 0;
        foreach (double x in cells)
            while (digits < 4 && double.IsFinite(x) && Math.Abs(Math.Round(x, digits) - x) > 1e-8 * Math.Max(1, Math.Abs(x))) digits++;
        string pattern = digits == 0 ? "0." : "0." + new string('0', digits);
        return x => Special(x) ?? x.ToString(pattern, culture) + (digits == 0 ? "." : "");
    }

    private static string? Special(double x) =>
        double.IsNaN(x) ? "nan" : double.IsPositiveInfinity(x) ? "inf" : double.IsNegativeInfinity(x) ? "-inf" : null;

    private static void Write(StringBuilder text, in Shape shape, int axis, bool summarize, Func<string> cell)
    {
        if (axis == shape.Rank)
        {
            text.Append(cell());
            return;
        }

        text.Append('[');
        bool cut = summarize && shape[axis] > 2 * EdgeItems;
        long shown = cut ? 2 * EdgeItems : shape[axis];
        string separator = axis == shape.Rank - 1 ? ", " : "," + new string('\n', shape.Rank - 1 - axis) + new string(' ', axis + 1);
        for (long i = 0; i < shown; i++)
        {
            if (i > 0) text.Append(separator);
            if (cut && i == EdgeItems) text.Append("...").Append(separator);
            Write(text, shape, axis + 1, summarize, cell);
        }

        text.Append(']');
    }
}

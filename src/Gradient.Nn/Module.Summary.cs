using System.Globalization;
using System.Text;

namespace Gradient.Nn;

public abstract partial class Module
{
    private Action<Module, Shape>? observer;

    /// <summary>
    /// A table of the modules inside: path, type, output shape, parameters; below it the totals. Runs one forward pass of zeros, in
    /// evaluation mode and without recording, and leaves everything as it was.
    /// </summary>
    /// <param name="inputShape">The shape of an input with its batch axis: <c>[1, 28, 28, 1]</c>.</param>
    /// <param name="inputType">The element type of the input; Int64 for a model that begins with an embedding.</param>
    public string Summary(Shape inputShape, DType inputType = DType.Float32)
    {
        var shapes = OutputShapes(inputShape, inputType);
        List<string[]> rows = [["Layer", "Output shape", "Parameters"]];
        foreach (var (path, module) in NamedModules())
        {
            if (path.Length == 0 && module.children.Count > 0) continue;
            long own = 0;
            foreach (var (_, parameter) in module.parameters) own += parameter.ElementCount;
            int depth = path.AsSpan().Count('.');
            string name = path.Length == 0 ? "" : path[(path.LastIndexOf('.') + 1)..] + ": ";
            rows.Add([
                new string(' ', 2 * depth) + name + module.GetType().Name,
                shapes.TryGetValue(module, out var shape) ? shape.ToString() : "–",
                own == 0 && module.children.Count > 0 ? "" : Number(own)]);
        }

        long total = 0, trained = 0, bytes = 0;
        foreach (var parameter in Parameters())
        {
            total += parameter.ElementCount;
            bytes += parameter.ElementCount * parameter.DType.Size();
            if (parameter.RequiresGrad) trained += parameter.ElementCount;
        }

        var text = new StringBuilder();
        Table(text, rows);
        text.AppendLine(CultureInfo.InvariantCulture, $"input {inputShape}, output {shapes[this]}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Number(total)} parameters, {Number(trained)} of them trained, {bytes / 1048576.0:0.00} MiB");
        return text.ToString();
    }

    /// <summary>
    /// Tells <see cref="Summary"/> the shape of an output: <c>=> Observe(…)</c> around what Forward returns. Optional; a module
    /// without it still appears, with its shape if a <see cref="Sequential"/> runs it.
    /// </summary>
    /// <returns>The output itself.</returns>
    protected internal GradientTensor Observe(GradientTensor output)
    {
        observer?.Invoke(this, output.Shape);
        return output;
    }

    private Dictionary<Module, Shape> OutputShapes(in Shape inputShape, DType inputType)
    {
        var shapes = new Dictionary<Module, Shape>(ReferenceEqualityComparer.Instance);
        var modules = NamedModules();
        var modes = new bool[modules.Count];
        for (int i = 0; i < modes.Length; i++)
        {
            var module = modules[i].Value;
            (modes[i], module.IsTraining) = (module.IsTraining, false);
            module.observer = (inner, shape) => shapes[inner] = shape;
        }

        try
        {
            using var _ = Tape.NoGrad();
            var first = FirstTensor();
            var dtype = inputType.IsFloatingPoint() && first is not null && first.DType.IsFloatingPoint() ? first.DType : inputType;
            shapes[this] = Forward(GradientTensor.Zeros(inputShape, dtype, first?.Device)).Shape;
        }
        finally
        {
            for (int i = 0; i < modes.Length; i++)
            {
                modules[i].Value.IsTraining = modes[i];
                modules[i].Value.observer = null;
            }
        }

        return shapes;
    }

    private GradientTensor? FirstTensor()
    {
        foreach (var (_, parameter) in NamedParameters()) return parameter;
        foreach (var (_, buffer) in NamedBuffers()) return buffer;
        return null;
    }

    private static void Table(StringBuilder text, List<string[]> rows)
    {
        int[] widths = new int[3];
        foreach (var row in rows)
            for (int i = 0; i < widths.Length; i++) widths[i] = Math.Max(widths[i], row[i].Length);
        string line = new('─', widths[0] + widths[1] + widths[2] + 6);
        for (int i = 0; i < rows.Count; i++)
        {
            if (i <= 1) text.AppendLine(line);
            var row = rows[i];
            text.Append(row[0].PadRight(widths[0])).Append("   ").Append(row[1].PadRight(widths[1])).Append("   ")
                .AppendLine(row[2].PadLeft(widths[2]));
        }

        text.AppendLine(line);
    }

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}

using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gradient.Autograd;

/// <summary>
/// The record of what was computed, from which gradients follow. It is implicit: every operation on a tensor that requires
/// gradients keeps a closure from its output's gradient to its inputs', and <see cref="GradientTensor.Backward"/> walks
/// them in reverse order (reverse-mode differentiation; Griewank and Walther, Evaluating Derivatives, 2008).
/// </summary>
public static partial class Tape
{
    private static readonly AsyncLocal<bool> Paused = new();
    private static readonly AsyncLocal<bool> Watching = new();
    private static readonly AsyncLocal<ForwardAnomaly> WatchingForward = new();

    /// <summary>Whether operations are recorded here and now.</summary>
    public static bool IsRecording => !Paused.Value;

    /// <summary>Whether <see cref="DetectAnomaly"/> is on here and now.</summary>
    public static bool IsDetectingAnomaly => Watching.Value;

    /// <summary>
    /// Records nothing until the result is disposed: <c>using (Tape.NoGrad()) { … }</c>. Scopes nest, flow through await and
    /// belong to the logical call, not the thread.
    /// </summary>
    public static IDisposable NoGrad() => new AmbientValue<bool>(Paused, true);

    /// <summary>Records again, inside of <see cref="NoGrad"/>, until the result is disposed.</summary>
    public static IDisposable EnableGrad() => new AmbientValue<bool>(Paused, false);

    /// <summary>
    /// Until the result is disposed, recorded operations remember their call site, and a backward that makes the first NaN or
    /// infinity throws <see cref="TapeException"/> naming the operation and where it was called. Slow: for debugging.
    /// </summary>
    /// <param name="forward">
    /// For which numbers to look in the results of recorded operations too: the first that holds one throws. None by default. Infinities
    /// may be meant (as where a mask leaves −∞ for a softmax); NaN hardly ever is.
    /// </param>
    public static IDisposable DetectAnomaly(ForwardAnomaly forward = ForwardAnomaly.None) =>
        new Both(new AmbientValue<ForwardAnomaly>(WatchingForward, forward), new AmbientValue<bool>(Watching, true));

    /// <summary>
    /// Records an operation of one's own. <paramref name="forward"/> runs without being recorded; <paramref name="backward"/> gets
    /// the gradient of the result and returns one gradient per input, in order, null for none. Written with tensor operations, it
    /// serves for gradients of gradients too. A gradient may have the shape to which the input was broadcast: it is summed back.
    /// </summary>
    /// <param name="name">What errors call the operation.</param>
    /// <param name="forward">Computes the result.</param>
    /// <param name="inputs">What the result depends on.</param>
    /// <param name="backward">From the gradient of the result to those of the inputs.</param>
    /// <exception cref="TapeException">At backward: another number of gradients than inputs, or an input overwritten meanwhile.</exception>
    public static GradientTensor Record(
        string name, Func<GradientTensor> forward, ReadOnlySpan<GradientTensor> inputs, Func<GradientTensor, GradientTensor?[]> backward)
    {
        GradientTensor result;
        using (NoGrad()) result = forward();
        // The forward may hand back an input, or another tensor that existed before, which must not get a second history.
        bool known = result.RequiresGrad;
        foreach (var input in inputs) known |= ReferenceEquals(result, input);
        if (known) result = result.Detach();
        return Attach(result, name, inputs, backward, inputs);
    }

    /// <summary>
    /// Makes the result of a built-in operation a tensor and records it if an input requires gradients.
    /// <paramref name="saved"/> are the tensors that <paramref name="backward"/> reads.
    /// </summary>
    internal static GradientTensor Record(
        string name, Tensor result, ReadOnlySpan<GradientTensor?> inputs, Func<GradientTensor, GradientTensor?[]> backward,
        params ReadOnlySpan<GradientTensor?> saved)
    {
        var output = Attach(new GradientTensor(result), name, inputs, backward, saved);
        if (output.Node is { } node) node.IsBuiltIn = true;
        return output;
    }

    /// <summary>The same for a backward that reads the output: it gets (output, gradient).</summary>
    internal static GradientTensor RecordWithOutput(
        string name, Tensor result, ReadOnlySpan<GradientTensor?> inputs,
        Func<GradientTensor, GradientTensor, GradientTensor?[]> backward, params ReadOnlySpan<GradientTensor?> saved)
    {
        var output = new GradientTensor(result);
        Attach(output, name, inputs, g => backward(output, g), saved);
        if (output.Node is not { } node) return output;
        node.IsBuiltIn = true;
        node.SavedValues = [.. node.SavedValues, new(output)];
        return output;
    }

    internal static bool AnyRequiresGrad(ReadOnlySpan<GradientTensor?> tensors)
    {
        foreach (var tensor in tensors)
            if (tensor is { RequiresGrad: true }) return true;
        return false;
    }

    internal static Node? NewNode(string name, GradientTensor output, ReadOnlySpan<GradientTensor?> inputs, ReadOnlySpan<GradientTensor?> saved)
    {
        var edges = new Node?[inputs.Length];
        for (int i = 0; i < inputs.Length; i++) edges[i] = inputs[i]?.GradientNode;
        var node = new Node(name, output, edges);
        int count = 0;
        foreach (var value in saved)
            if (value is not null) count++;
        if (count > 0)
        {
            var values = new Node.Saved[count];
            count = 0;
            foreach (var value in saved)
                if (value is not null) values[count++] = new(value);
            node.SavedValues = values;
        }

        if (IsDetectingAnomaly) node.CallSite = CallSite();
        return node;
    }

    private static GradientTensor Attach(
        GradientTensor output, string name, ReadOnlySpan<GradientTensor?> inputs,
        Func<GradientTensor, GradientTensor?[]> backward, ReadOnlySpan<GradientTensor?> saved)
    {
        if (!IsRecording || !output.DType.IsFloatingPoint() || !AnyRequiresGrad(inputs)) return output;
        var node = NewNode(name, output, inputs, saved)!;
        if (IsDetectingAnomaly && WatchingForward.Value != ForwardAnomaly.None) CheckResult(node, output);
        node.Backward = backward;
        output.Node = node;
        return output;
    }

    private static void CheckResult(Node node, GradientTensor output)
    {
        using var _ = NoGrad();
        bool nan = output.IsNaN().Any().Item<bool>();
        if (!nan && (WatchingForward.Value == ForwardAnomaly.NaN || output.IsFinite().All().Item<bool>())) return;
        throw new TapeException(
            $"Forward of {node.Name} made the first {(nan ? "NaN" : "infinity")}, in its result of shape {output.Shape}. "
            + $"The operation was called{Environment.NewLine}{node.CallSite}");
    }

    /// <summary>The innermost frames outside this library.</summary>
    private static string CallSite()
    {
        var text = new StringBuilder();
        int count = 0;
        foreach (var frame in new StackTrace(fNeedFileInfo: true).GetFrames())
        {
            if (DiagnosticMethodInfo.Create(frame) is not { } method) continue;
            if (count == 0 && method.DeclaringAssemblyName.StartsWith("Gradient.Autograd,", StringComparison.Ordinal)) continue;
            text.Append(CultureInfo.InvariantCulture, $"   at {method.DeclaringTypeName}.{method.Name}");
            if (frame.GetFileName() is { } file) text.Append(CultureInfo.InvariantCulture, $" in {file}:line {frame.GetFileLineNumber()}");
            text.AppendLine();
            if (++count == 4) break;
        }

        return text.ToString();
    }

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            second.Dispose();
            first.Dispose();
        }
    }
}

using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;

namespace Gradient.Samples.CharGpt;

/// <summary>
/// Pieces of a text: input [context] characters, target the same one place further on. Where each begins is a function of its index.
/// </summary>
internal sealed class Windows : Dataset
{
    private readonly int[] text;
    private readonly int context;
    private readonly Func<int, int> start;

    private Windows(int[] text, int context, int count, Func<int, int> start)
    {
        if (text.Length <= context) throw new GradientException($"A text of {text.Length} characters is too short; {context + 1} are needed at least.");
        (this.text, this.context, Count, this.start) = (text, context, count, start);
    }

    public override int Count { get; }

    /// <summary>So many windows at random places: window i begins at ⌊u·places⌋, u the 32 bits that Philox has at counter i, scaled to [0, 1).</summary>
    public static Windows Random(int[] text, int context, int count, long seed)
    {
        long places = text.Length - context;
        return new(text, context, count, i => (int)((Philox.At(unchecked((ulong)seed), (ulong)i).X0 * (ulong)places) >> 32));
    }

    /// <summary>The text from its beginning, window after window.</summary>
    public static Windows InOrder(int[] text, int context) => new(text, context, Math.Max(0, text.Length - 1) / context, i => i * context);

    public override (Tensor Input, Tensor Target) GetItem(int index)
    {
        Span<long> piece = stackalloc long[context + 1];
        int begin = start(index);
        for (int i = 0; i < piece.Length; i++) piece[i] = text[begin + i];
        return (Tensor.From<long>(piece[..^1], [context], Devices.Cpu), Tensor.From<long>(piece[1..], [context], Devices.Cpu));
    }
}

using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>What batch transforms have in common.</summary>
internal static class Mixing
{
    /// <summary>That inputs are Float32 with a first axis.</summary>
    public static void Check(Tensor inputs, string operation)
    {
        if (inputs.Rank == 0) throw new ShapeMismatchException($"{operation}: takes inputs [batch, …], not a scalar.");
        if (inputs.DType != DType.Float32) throw new DTypeMismatchException($"{operation}: takes float32 inputs, not {inputs.DType.Name()}.");
    }

    /// <summary>Each example's partner: a random order of the batch.</summary>
    public static int[] Partners(Tensor inputs, ItemRandom random)
    {
        var order = new int[inputs.Shape[0]];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        random.Shuffle(order);
        return order;
    }

    /// <summary>Class indices [batch] as rows with a single 1, probabilities [batch, classes] as a view of them.</summary>
    public static Tensor Probabilities(Tensor targets, int classes, string operation)
    {
        if (targets.Rank == 2 && targets.Shape[1] == classes && targets.DType == DType.Float32) return targets.View(targets.Layout);
        if (targets.Rank != 1 || !targets.DType.IsInteger())
            throw new ShapeMismatchException(
                $"{operation}: takes class indices [batch] or float32 probabilities [batch, {classes}], not {targets.DType.Name()} of shape {targets.Shape}.");
        using var wide = targets.To(DType.Int64).Copy();
        var rows = Tensor.Empty([targets.Shape[0], classes], DType.Float32, Devices.Cpu);
        var to = rows.AsSpan<float>();
        to.Clear();
        var indices = wide.AsSpan<long>();
        for (int i = 0; i < indices.Length; i++)
        {
            if ((ulong)indices[i] >= (ulong)classes)
                throw new ArgumentOutOfRangeException(nameof(targets), indices[i], $"{operation}: classes are 0 to {classes - 1}.");
            to[(i * classes) + (int)indices[i]] = 1;
        }

        GC.KeepAlive(wide);
        GC.KeepAlive(rows);
        return rows;
    }

    /// <summary>weight·row + (1 − weight)·partner's row.</summary>
    public static Tensor Blend(Tensor values, int[] partners, float weight) => HostMap.Of(values, values.Shape, (from, to) =>
    {
        int row = from.Length / partners.Length;
        for (int i = 0; i < to.Length; i++)
            to[i] = (weight * from[i]) + ((1 - weight) * from[(partners[i / row] * row) + (i % row)]);
    });

    /// <summary>Images with a rectangle of their partner's.</summary>
    public static Tensor Paste(Tensor images, int[] partners, int top, int bottom, int left, int right) => HostMap.Of(images, images.Shape, (from, to) =>
    {
        from.CopyTo(to);
        int height = (int)images.Shape[1], width = (int)images.Shape[2], channels = (int)images.Shape[3];
        for (int i = 0; i < partners.Length && left < right; i++)
            for (int y = top; y < bottom; y++)
                from.Slice(Place(partners[i], y), (right - left) * channels).CopyTo(to[Place(i, y)..]);

        int Place(int image, int y) => ((((image * height) + y) * width) + left) * channels;
    });
}

namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>
    /// The matrix product, as torch.matmul: the last two axes are matrices, axes in front of them broadcast; a vector on the left is
    /// a row, on the right a column, and its axis is gone in the result. Transposed operands are not copied. Types are promoted to
    /// one; integers have no gradient.
    /// </summary>
    /// <param name="other">The right operand: [k], [k, n] or […, k, n] for [k], [m, k] or […, m, k] here.</param>
    /// <exception cref="ShapeMismatchException">An operand is 0-d, inner lengths differ, or the axes in front do not broadcast.</exception>
    public GradientTensor MatMul(GradientTensor other)
    {
        var casting = Autocast.For("matMul", this, other);
        return MatMul("matMul", casting.Apply(this), casting.Apply(other), null, MatMulActivation.None);
    }

    /// <summary>activation(a · b + bias), the bias [n] and the activation applied as the product is written.</summary>
    internal static GradientTensor MatMul(
        string name, GradientTensor a, GradientTensor b, GradientTensor? bias, MatMulActivation activation = MatMulActivation.None)
    {
        ShapeChecks.SameDevice(name, a.Value, b.Value);
        if (a.Rank == 0 || b.Rank == 0)
            throw new ShapeMismatchException($"{name}: shapes {a.Shape} and {b.Shape}; a 0-d tensor has no product, use * to scale.");
        if (a.Shape[^1] != b.Shape[b.Rank == 1 ? 0 : b.Rank - 2])
            throw new ShapeMismatchException(
                $"{name}: shapes {a.Shape} and {b.Shape}: the last axis of the left must be as long as the last but one of the right; perhaps Transpose one.");
        var dtype = DTypes.Promote(a.DType, b.DType);
        (a, b) = (a.To(dtype), b.To(dtype));
        if (bias is not null)
        {
            ShapeChecks.SameDevice(name, a.Value, bias.Value);
            if (b.Rank == 1 || bias.Rank != 1 || bias.Shape[0] != b.Shape[^1])
                throw new ShapeMismatchException($"{name}: bias of shape {bias.Shape} with operands {a.Shape} and {b.Shape}; one number per output column is needed.");
            bias = bias.To(dtype);
        }

        if (a.Rank == 1 && b.Rank == 1) return Product(name, a.Unsqueeze(0), b.Unsqueeze(1), bias, activation).Reshape();
        if (a.Rank == 1) return Product(name, a.Unsqueeze(0), b, bias, activation).Squeeze(-2);
        if (b.Rank == 1) return MatMul(name, a, b.Unsqueeze(1), bias, activation).Squeeze(-1);
        if (a.Rank == 2 || b.Rank > 2) return Product(name, a, b, bias, activation);

        // One matrix on the right: the batch axes are rows, one large product forward and for the gradient of the right operand.
        var rows = a.Reshape([a.Shape.ElementCount == 0 ? Rows(a.Shape) : -1, a.Shape[^1]]);
        return Product(name, rows, b, bias, activation).Reshape(a.Shape.With(-1, b.Shape[^1]));
    }

    private static GradientTensor Product(string name, GradientTensor a, GradientTensor b, GradientTensor? bias, MatMulActivation activation)
    {
        long m = a.Shape[^2], n = b.Shape[^1];
        var batch = ShapeChecks.Broadcast(name, a.Shape.Without(-1).Without(-1), b.Shape.Without(-1).Without(-1));
        var result = Tensor.Empty(batch.Insert(batch.Rank, m).Insert(batch.Rank + 1, n), a.DType, a.Device, name);
        a.Backend.MatMul(a.Value, b.Value, bias?.Value, activation, result);
        if (!Tape.IsRecording || !(a.RequiresGrad || b.RequiresGrad || bias is { RequiresGrad: true })) return new(result);
        var left = b.RequiresGrad ? a : null;
        var right = a.RequiresGrad ? b : null;
        bool needBias = bias is { RequiresGrad: true };
        int leftRank = a.Rank;
        if (activation == MatMulActivation.None)
            return Tape.Record(name, result, [a, b, bias], g => Gradients(g, left, right, leftRank, needBias), left, right);
        return Tape.RecordWithOutput(
            name, result, [a, b, bias], (y, g) => Gradients(ReluOperation.Derive(y, g), left, right, leftRank, needBias), left, right);
    }

    /// <summary>dA = G·Bᵀ, dB = Aᵀ·G, dbias = G, which the tape sums over what was broadcast.</summary>
    private static GradientTensor?[] Gradients(GradientTensor g, GradientTensor? left, GradientTensor? right, int leftRank, bool needBias) =>
    [
        right is null ? null : leftRank == 2 && g.Rank > 2 ? BatchesAsColumns(g).MatMul(BatchesAsColumns(right).Transpose()) : g.MatMul(right.Transpose()),
        left?.Transpose().MatMul(g),
        needBias ? g : null,
    ];

    /// <summary>
    /// […, m, n] as [m, …·n]: what one left matrix under many right ones needs for a gradient without one matrix per batch.
    /// </summary>
    private static GradientTensor BatchesAsColumns(GradientTensor x)
    {
        var order = new int[x.Rank];
        order[0] = x.Rank - 2;
        for (int i = 1; i < x.Rank - 1; i++) order[i] = i - 1;
        order[^1] = x.Rank - 1;
        return x.Permute(order).Reshape([x.Shape[^2], x.Shape.Without(-2).ElementCount]);
    }

    private static long Rows(Shape shape)
    {
        long rows = 1;
        for (int i = 0; i < shape.Rank - 1; i++) rows *= shape[i];
        return rows;
    }
}

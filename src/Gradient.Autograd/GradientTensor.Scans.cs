namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>The running sum along an axis: yᵢ = Σ x up to and with i. Integers and Bool sum in Int64.</summary>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    /// <param name="reverse">Whether to start from the end.</param>
    public GradientTensor CumSum(int axis, bool reverse = false)
    {
        if (Autocast.Converts("cumSum", this, out var wide)) return wide.CumSum(axis, reverse);
        var x = DType.IsFloatingPoint() ? this : To(DType.Int64);
        return Tape.Record("cumSum", x.Scanned("cumSum", ScanKind.Sum, axis, reverse), [x], g => [g.CumSum(axis, !reverse)]);
    }

    /// <summary>
    /// The running product along an axis: yᵢ = Π x up to and with i. Its gradient is right where elements are 0, too. Integers
    /// multiply in Int64.
    /// </summary>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    public GradientTensor CumProd(int axis)
    {
        if (Autocast.Converts("cumProd", this, out var wide)) return wide.CumProd(axis);
        var x = DType.IsFloatingPoint() ? this : To(DType.Int64);
        return Tape.Record("cumProd", x.Scanned("cumProd", ScanKind.Product, axis, reverse: false), [x], g => [x.CumProdGradient(g, axis)], x);
    }

    private Tensor Scanned(string name, ScanKind kind, int axis, bool reverse)
    {
        axis = Shape.Axis(axis, name);
        var result = Tensor.Empty(Shape, DType, Device, name);
        Backend.Scan(kind, Value, axis, reverse, result);
        return result;
    }

    /// <summary>
    /// dxᵢ = Pᵢ·Rᵢ with Pᵢ the product before i and Rᵢ = gᵢ + xᵢ₊₁·Rᵢ₊₁, a linear recurrence solved by doubling (Hillis and Steele,
    /// Data Parallel Algorithms, 1986) in log₂ n passes: no division, so zeros are nothing special. The usual
    /// Σ(g·y)/x is one pass but needs another formula from the first zero on, and a look at the data to know.
    /// </summary>
    private GradientTensor CumProdGradient(GradientTensor g, int axis)
    {
        var x = Transpose(axis, -1);
        var sums = g.Transpose(axis, -1);
        var factors = x.Shifted(1);
        for (long step = 1; step < x.Shape[^1]; step *= 2)
        {
            sums += factors * sums.Shifted(step);
            factors *= factors.Shifted(step);
        }

        return (x.ProductsBefore() * sums).Transpose(axis, -1);
    }

    /// <summary>Along the last axis, each element replaced by the one so many places on; 0 past the end.</summary>
    private GradientTensor Shifted(long places)
    {
        long length = Shape[^1];
        if (places >= length) return ZerosLike();
        var padding = new (long, long)[Rank];
        padding[^1] = (0, places);
        return Narrow(-1, places, length - places).Pad(padding);
    }
}

namespace Gradient.Nn;

/// <summary>A table of vectors, looked up by index. Starts standard normal, as in PyTorch; a padding row starts at 0 and stays there.</summary>
public sealed class Embedding : Module
{
    private readonly int? paddingIndex;

    /// <param name="rows">How many vectors.</param>
    /// <param name="width">The length of a vector.</param>
    /// <param name="paddingIndex">A row of zeros that gets no gradient; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The padding index is no row.</exception>
    public Embedding(int rows, int width, int? paddingIndex = null)
    {
        this.paddingIndex = paddingIndex;
        Weight = Register("weight", Initializers.Normal(GradientTensor.Zeros([rows, width])));
        if (paddingIndex is not { } row) return;
        if (row < 0 || row >= rows)
            throw new ArgumentOutOfRangeException(nameof(paddingIndex), row, $"The padding index is one of the {rows} rows, from 0.");
        Weight.Value.View(Weight.Value.Layout.Select(0, row)).Fill(0);
    }

    /// <summary>[rows, width].</summary>
    public GradientTensor Weight { get; }

    /// <summary>Indices of any shape → […, width].</summary>
    public override GradientTensor Forward(GradientTensor x) => Observe(Functional.Embedding(x, Weight, paddingIndex));
}

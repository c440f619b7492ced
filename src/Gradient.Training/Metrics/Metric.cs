namespace Gradient.Training;

/// <summary>
/// A number that tells how good predictions are, gathered over batches of any sizes. A metric of one's own says in <see cref="Measure"/>
/// what to add to which sum, and makes its number of the sums in <see cref="Compute"/>. It keeps nothing else, so that a trainer can
/// measure training and validation by turns, and save the sums in a checkpoint.
/// </summary>
public abstract class Metric
{
    private MetricSums sums = new();

    /// <summary>What the history and reports call it: "accuracy". No two metrics of a trainer have the same.</summary>
    public abstract string Name { get; }

    /// <summary>Whether a higher value is better.</summary>
    public abstract bool HigherIsBetter { get; }

    /// <summary>Takes a batch into account, on its device: nothing is read back.</summary>
    /// <param name="prediction">What the model gave, [batch, …].</param>
    /// <param name="target">What it should have given, [batch, …].</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public void Update(GradientTensor prediction, GradientTensor target)
    {
        using var noGrad = Tape.NoGrad();
        using var scope = TensorScope.Begin();
        Measure(prediction.Detach(), target.Detach());
    }

    /// <summary>The number over all batches since <see cref="Reset"/>; reads back from the device. NaN if there were none.</summary>
    public abstract double Compute();

    /// <summary>Forgets all batches.</summary>
    public void Reset() => sums.Clear();

    /// <summary>Calls <see cref="Add"/> and <see cref="Append"/> for a batch; nothing is recorded.</summary>
    /// <param name="prediction">What the model gave.</param>
    /// <param name="target">What it should have given.</param>
    protected abstract void Measure(GradientTensor prediction, GradientTensor target);

    /// <summary>Adds a tensor, elementwise, to the sum of a name.</summary>
    /// <exception cref="ShapeMismatchException">It has another shape than those before.</exception>
    protected void Add(string name, GradientTensor value) => sums.Sum(name).Add(value.Value);

    /// <summary>Keeps all elements of a tensor beside those kept before: for what no sums can tell.</summary>
    protected void Append(string name, GradientTensor values) => sums.Append(name, values.Value);

    /// <summary>The first tensor that was given under a name, in this batch or an earlier one: an origin to measure from.</summary>
    protected GradientTensor First(string name, GradientTensor value) => new(sums.First(name, value.Value));

    /// <summary>The sum of a name, in row-major order; empty if nothing was added.</summary>
    protected double[] Sums(string name) => sums.Sum(name).Read();

    /// <summary>The sum of a name, of 0-d tensors; 0 if nothing was added.</summary>
    protected double Sum(string name) => Sums(name) is [var only] ? only : 0;

    /// <summary>What was kept under a name, in order.</summary>
    protected double[] Kept(string name) => sums.Kept(name);

    /// <summary>Goes on with other sums.</summary>
    /// <returns>Those so far.</returns>
    internal MetricSums Exchange(MetricSums other)
    {
        var before = sums;
        sums = other;
        return before;
    }
}

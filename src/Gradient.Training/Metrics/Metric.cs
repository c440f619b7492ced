namespace Gradient.Training;

/// <summary>A number that tells how good predictions are, gathered over batches.</summary>
public abstract class Metric
{
    /// <summary>What the history and reports call it: "accuracy".</summary>
    public abstract string Name { get; }

    /// <summary>Whether a higher value is better.</summary>
    public abstract bool HigherIsBetter { get; }

    /// <summary>Takes a batch into account, on its device: nothing is read back.</summary>
    /// <param name="prediction">What the model gave, [batch, …].</param>
    /// <param name="target">What it should have given, [batch, …].</param>
    public abstract void Update(GradientTensor prediction, GradientTensor target);

    /// <summary>The number over all batches since <see cref="Reset"/>; reads back from the device.</summary>
    public abstract double Compute();

    /// <summary>Forgets all batches.</summary>
    public abstract void Reset();
}

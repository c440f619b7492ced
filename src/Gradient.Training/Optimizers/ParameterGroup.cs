namespace Gradient.Training;

/// <summary>
/// Parameters that an optimizer treats alike. What is not set is taken from the optimizer's own arguments.
/// <c>new AdamW([new(body), new(head) { LearningRate = 1e-4 }], learningRate: 1e-3)</c>
/// </summary>
/// <param name="parameters">Leaves that require gradients.</param>
public sealed class ParameterGroup(IEnumerable<GradientTensor> parameters)
{
    private double? learningRate, weightDecay, momentum;

    /// <summary>The parameters, in order.</summary>
    public IReadOnlyList<GradientTensor> Parameters { get; } = [.. parameters];

    /// <summary>The step size, which schedules change.</summary>
    public double LearningRate
    {
        get => learningRate ?? 0;
        set => learningRate = value;
    }

    /// <summary>The learning rate at the start, which schedules scale.</summary>
    public double InitialLearningRate { get; set; }

    /// <summary>The factor of weight decay.</summary>
    public double WeightDecay
    {
        get => weightDecay ?? 0;
        set => weightDecay = value;
    }

    /// <summary>Momentum, or β₁ of the Adam family, which <see cref="OneCycle"/> changes.</summary>
    public double Momentum
    {
        get => momentum ?? 0;
        set => momentum = value;
    }

    internal void Complete(double rate, double decay, double inertia)
    {
        LearningRate = learningRate ?? rate;
        InitialLearningRate = LearningRate;
        WeightDecay = weightDecay ?? decay;
        Momentum = momentum ?? inertia;
    }
}

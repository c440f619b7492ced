namespace Gradient.Training;

/// <content>Mixed precision: in which types a batch computes, and the scale of its loss.</content>
public sealed partial class Trainer
{
    private readonly LossScaler? scaler;

    /// <summary>The types of forward and loss; null changes nothing.</summary>
    private IDisposable? BeginAutocast() => Options.MixedPrecision switch
    {
        MixedPrecision.Float16 => Autocast.Begin(DType.Float16),
        MixedPrecision.BFloat16 => Autocast.Begin(DType.BFloat16),
        _ => null,
    };

    /// <summary>The optimizer's step; left out if loss scaling finds that a gradient has overflowed.</summary>
    private bool StepOptimizer()
    {
        if (scaler is null)
        {
            Optimizer.Step();
            return true;
        }

        bool stepped = scaler.Step(Optimizer);
        scaler.Update();
        if (!stepped) ForgetNorm();
        return stepped;
    }

    private void SaveScaler(Dictionary<string, Tensor> sums)
    {
        if (scaler?.State is { } state)
            sums.Add("scaler", Tensor.From<double>([state.Scale, state.GoodSteps, state.SkippedSteps], [3], Devices.Cpu));
    }

    private void TakeScaler(IReadOnlyDictionary<string, Tensor> sums)
    {
        if (scaler is null || !sums.TryGetValue("scaler", out var saved)) return;
        double[] numbers = saved.ToArray<double>();
        scaler.State = new(numbers[0], (int)numbers[1], (long)numbers[2]);
    }
}

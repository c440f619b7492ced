using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>What an update rule needs of the settings, computed once per step in double precision as PyTorch does.</summary>
internal readonly struct UpdateNumbers
{
    public UpdateNumbers(OptimizerKind kind, in OptimizerSettings settings)
    {
        Settings = settings;
        double product = settings.MomentumProduct;
        double first = 1 - Math.Pow(settings.Momentum, settings.Step), second = 1 - Math.Pow(settings.Smoothing, settings.Step);
        Decay = settings.DecoupledWeightDecay ? 1 - (settings.LearningRate * settings.WeightDecay) : settings.WeightDecay;
        Rate = kind switch
        {
            OptimizerKind.Adam => settings.LearningRate / first,
            OptimizerKind.NAdam => settings.LearningRate * (1 - settings.MomentumNow) / (1 - product),
            _ => settings.LearningRate,
        };
        MomentRate = settings.LearningRate * settings.MomentumNext / (1 - (product * settings.MomentumNext));
        RootCorrection = Math.Sqrt(second);
    }

    public OptimizerSettings Settings { get; }

    /// <summary>The factor of the parameter: of decoupled decay its own, of coupled decay that in the gradient.</summary>
    public double Decay { get; }

    /// <summary>The learning rate with the bias correction of the first moment.</summary>
    public double Rate { get; }

    /// <summary>NAdam: the learning rate of the first moment.</summary>
    public double MomentRate { get; }

    /// <summary>√(1 − β₂ᵗ).</summary>
    public double RootCorrection { get; }
}

/// <summary>The same as vectors.</summary>
internal readonly struct UpdateNumbers<V> where V : struct, ISimd<V>
{
    public readonly V Sign, Decay, Rate, MomentRate, RootCorrection, Epsilon;
    public readonly V Momentum, GradientShare, MomentShare, Smoothing, SquareShare;
    public readonly bool Decays, Decoupled, HasMomentum, FirstStep, Nesterov, Centered, AmsGrad;

    public UpdateNumbers(in UpdateNumbers numbers)
    {
        var settings = numbers.Settings;
        Sign = V.Constant(settings.Maximize ? -1 : 1);
        Decay = V.Constant(numbers.Decay);
        Rate = V.Constant(numbers.Rate);
        MomentRate = V.Constant(numbers.MomentRate);
        RootCorrection = V.Constant(numbers.RootCorrection);
        Epsilon = V.Constant(settings.Epsilon);
        Momentum = V.Constant(settings.Momentum);
        GradientShare = V.Constant(1 - settings.Dampening);
        MomentShare = V.Constant(1 - settings.Momentum);
        Smoothing = V.Constant(settings.Smoothing);
        SquareShare = V.Constant(1 - settings.Smoothing);
        Decays = settings.WeightDecay != 0;
        Decoupled = settings.DecoupledWeightDecay;
        HasMomentum = settings.Momentum != 0;
        FirstStep = settings.Step == 1;
        Nesterov = settings.Nesterov;
        Centered = settings.Centered;
        AmsGrad = settings.AmsGrad;
    }
}

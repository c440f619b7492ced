namespace Gradient.Training;

/// <summary>In which type a training step computes what bears it; parameters stay as they are.</summary>
public enum MixedPrecision
{
    /// <summary>Everything in the type of the parameters.</summary>
    None,

    /// <summary>Matrix products and convolutions in Float16, with dynamic loss scaling.</summary>
    Float16,

    /// <summary>Matrix products and convolutions in BFloat16, whose range needs no loss scaling.</summary>
    BFloat16,
}

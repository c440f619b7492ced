namespace Gradient.Autograd;

/// <summary>What <see cref="Tape.DetectAnomaly"/> looks for in the results of recorded operations.</summary>
public enum ForwardAnomaly
{
    /// <summary>Nothing: gradients alone are looked at.</summary>
    None,

    /// <summary>NaN.</summary>
    NaN,

    /// <summary>NaN and infinities.</summary>
    NotFinite,
}

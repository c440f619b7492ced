namespace Gradient.Nn;

/// <summary>What becomes of the losses of single elements.</summary>
public enum Reduction
{
    /// <summary>Their mean (of classes, weighted as the loss says).</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>They stay as they are.</summary>
    None,

    /// <summary>Their sum divided by the length of the first axis: the mathematical mean of divergences.</summary>
    BatchMean,
}

namespace Gradient.Conformance.Tests;

/// <summary>What the values of an input are like.</summary>
public enum Domain
{
    /// <summary>Standard normal.</summary>
    Normal,

    /// <summary>0.5 to 2.5: for logarithms, roots, divisors.</summary>
    Positive,

    /// <summary>Normal, but at least 0.1 away from 0 and from each other's ties: for kinks.</summary>
    AwayFromZero,

    /// <summary>Quarters off the integers and halves, where floor, round and clamp jump.</summary>
    AwayFromIntegers,

    /// <summary>A shuffled sequence of distinct numbers, for maxima and sorting.</summary>
    Distinct,

    /// <summary>In (−0.9, 0.9).</summary>
    Unit,

    /// <summary>Integers −4 to 4.</summary>
    Integers,

    /// <summary>0 or 1.</summary>
    Bits,

    /// <summary>Integers 0 to 2: class labels and indices. The input is Int64 whatever the type of the case.</summary>
    Index3,

    /// <summary>0 or 1 as Bool, whatever the type of the case.</summary>
    Mask,
}

/// <summary>One operation, told twice: as a user calls it, and as a plain reference in double precision.</summary>
/// <param name="Name">Unique.</param>
/// <param name="Members">The public members that the case covers, as nameof gives them.</param>
/// <param name="Run">The operation.</param>
/// <param name="Reference">The reference.</param>
/// <param name="Shapes">The shapes of the inputs, several sets.</param>
/// <param name="Domains">The values of each input.</param>
public sealed record Case(
    string Name, string[] Members, Func<GradientTensor[], GradientTensor> Run, Func<Values[], Values> Reference,
    long[][][] Shapes, params Domain[] Domains)
{
    /// <summary>The types of the inputs (those whose domain does not fix one).</summary>
    public DType[] DTypes { get; init; } = [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16];

    /// <summary>Whether gradients exist, and are compared with finite differences of the reference.</summary>
    public bool Differentiable { get; init; } = true;

    /// <summary>
    /// How much longer than one rounding the error may be, where sums or steep functions amplify it; said at the case.
    /// </summary>
    public double Amplification { get; init; } = 1;

    /// <summary>Whether special values (NaN, infinities, −0, denormals) are fed too; false where their result is nobody's business.</summary>
    public bool Special { get; init; }

    public override string ToString() => Name;

    /// <summary>One unit of rounding of a type, with a factor for functions that are not correctly rounded.</summary>
    public static double Rounding(DType dtype) => dtype switch
    {
        DType.Float64 => 1e-14,
        DType.Float32 => 1e-6,
        DType.Float16 => 1e-3,
        DType.BFloat16 => 8e-3,
        _ => 0,
    };
}

namespace Gradient.Autograd;

/// <summary>In which type an operation computes inside of <see cref="Autocast"/>.</summary>
public enum AutocastPolicy
{
    /// <summary>The widest type among its operands, as outside: nothing is cast but by promotion.</summary>
    Widest,

    /// <summary>The type of the scope: products, whose sums are Float32 inside whatever their operands are.</summary>
    Lower,

    /// <summary>Float32: functions that leave the range of 16 bits or lose too much in it, sums, norms and losses.</summary>
    Float32,
}

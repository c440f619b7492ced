namespace Gradient.LinearAlgebra;

/// <summary>det A = Sign·exp(LogAbs), which neither overflows nor vanishes.</summary>
/// <param name="Sign">1, −1, or 0 for a singular matrix; without a gradient.</param>
/// <param name="LogAbs">ln |det A|; −∞ for a singular matrix.</param>
public readonly record struct SignAndLogDeterminant(GradientTensor Sign, GradientTensor LogAbs);

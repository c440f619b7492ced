namespace Gradient.Autograd;

/// <summary>Elements picked along an axis, and where they stood.</summary>
/// <param name="Values">The elements; gradients flow to where they were.</param>
/// <param name="Indices">Their positions along the axis, Int64.</param>
public readonly record struct ValuesAndIndices(GradientTensor Values, GradientTensor Indices);

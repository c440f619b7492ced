using Gradient.Core;
using static Gradient.Autograd.Tests.GradientCase;

namespace Gradient.Autograd.Tests;

public static partial class GradientCases
{
    /// <summary>Every case there is. A new family of operations adds its list here.</summary>
    public static IEnumerable<GradientCase> All => [.. Elementwise, .. Products, .. Reductions, .. ViewsAndIndices, .. Paddings, .. Layers];

    private static GradientCase One(string name, Func<GradientTensor, GradientTensor> f, GradientTensor x, string variant = "") =>
        new(name, variant, a => f(a[0]), x);

    private static GradientCase Two(
        string name, Func<GradientTensor, GradientTensor, GradientTensor> f, GradientTensor x, GradientTensor y, string variant = "") =>
        new(name, variant, a => f(a[0], a[1]), x, y);

    private static GradientTensor NoZero => Between(0.3, 1.5, [2, 3]) * D(1, -1, 1);

    private static IEnumerable<GradientCase> Elementwise =>
    [
        Two("op_Addition", (a, b) => (a + b) * a, X([2, 3]), X([3], 2), "broadcast"),
        One("op_Addition", a => (a + 1.5).Square(), X([2, 3]), "scalar"),
        One("op_Addition", a => (a + a) * a, X([2, 3]), "the same twice"),
        Two("op_Subtraction", (a, b) => (a - b) * b, X([2, 1]), X([2, 3], 2), "broadcast"),
        One("op_Subtraction", a => (2 - a).Square() - (a - 1), X([2, 3]), "scalars"),
        One("op_UnaryNegation", a => (-a) * a, X([2, 3])),
        Two("op_Multiply", (a, b) => a * b, X([2, 3]), X([1, 3], 2), "broadcast"),
        One("op_Multiply", a => a * a * a, X([2, 3]), "the same thrice"),
        One("op_Multiply", a => (a * 2.5).Square(), X([2, 3]), "scalar"),
        Two("op_Division", (a, b) => a / b, X([2, 3]), Between(0.5, 2, [3], 2), "broadcast"),
        One("op_Division", a => (a / 3).Square(), X([2, 3]), "by a scalar"),
        One("op_Division", a => 3 / a, Between(0.5, 2, [2, 3]), "a scalar by it"),
        Two("op_Modulus", (a, b) => (a % b) * b, D(0.7, 3.3, -2.2), D(1, 1.5, 1.3)),
        One("Abs", a => a.Abs() * a, NoZero),
        One("Sign", a => a.Sign() * a.Square(), NoZero),
        One("Square", a => a.Square(), X([2, 3])),
        One("Reciprocal", a => a.Reciprocal(), NoZero),
        One("Sqrt", a => a.Sqrt(), Between(0.5, 2, [2, 3])),
        One("Rsqrt", a => a.Rsqrt(), Between(0.5, 2, [2, 3])),
        One("Exp", a => a.Exp(), X([2, 3])),
        One("Expm1", a => a.Expm1(), X([2, 3])),
        One("Log", a => a.Log(), Between(0.5, 2, [2, 3])),
        One("Log1p", a => a.Log1p(), Between(-0.5, 2, [2, 3])),
        One("Log2", a => a.Log2(), Between(0.5, 2, [2, 3])),
        One("Sin", a => a.Sin(), X([2, 3])),
        One("Cos", a => a.Cos(), X([2, 3])),
        One("Tan", a => a.Tan(), Between(-1, 1, [2, 3])),
        One("Erf", a => a.Erf(), X([2, 3])),
        One("Floor", a => a.Floor() * a, D(0.3, 1.6, -2.4)),
        One("Ceiling", a => a.Ceiling() * a, D(0.3, 1.6, -2.4)),
        One("Round", a => a.Round() * a, D(0.3, 1.6, -2.4)),
        One("Truncate", a => a.Truncate() * a, D(0.3, 1.6, -2.4)),
        One("Pow", a => a.Pow(3), X([2, 3]), "integer exponent"),
        One("Pow", a => a.Pow(-1.7), Between(0.5, 2, [2, 3]), "negative fraction"),
        One("Pow", a => a.Pow(0) * a, X([2, 3]), "exponent 0"),
        Two("Pow", (a, b) => a.Pow(b), Between(0.5, 2, [2, 3]), X([3], 2), "tensor exponent"),
        One("Pow", a => GradientTensor.Pow(1.7, a), X([2, 3]), "scalar base"),
        Two("Minimum", (a, b) => GradientTensor.Minimum(a, b) * a, Distinct([2, 3]), Distinct([2, 3], 5) + 0.05),
        Two("Maximum", (a, b) => GradientTensor.Maximum(a, b) * a, Distinct([2, 3]), Distinct([2, 3], 5) + 0.05),
        Two("Atan2", (a, b) => a.Atan2(b), NoZero, Between(0.5, 2, [3], 2)),
        One("Clamp", a => a.Clamp(-0.5, 0.5) * a, Distinct([2, 5])),
        One("Clamp", a => a.Clamp(max: 0.2) * a, Distinct([2, 5]), "one side"),
        One("Relu", a => a.Relu() * a, NoZero),
        One("LeakyRelu", a => a.LeakyRelu(0.2) * a, NoZero),
        One("Elu", a => a.Elu(1.3), NoZero),
        One("Gelu", a => a.Gelu(), X([2, 3]), "exact"),
        One("Gelu", a => a.Gelu(approximate: true), X([2, 3]), "tanh"),
        One("Silu", a => a.Silu(), X([2, 3])),
        One("Sigmoid", a => a.Sigmoid(), X([2, 3])),
        One("Tanh", a => a.Tanh(), X([2, 3])),
        One("Softplus", a => a.Softplus(2, 3), D(-2, 0.3, 1, 2.5)),
        One("Hardswish", a => a.Hardswish(), D(-4, -2, -0.5, 1, 2.9, 3.5)),
        One("Mish", a => a.Mish(), X([2, 3])),
        new("Where", "broadcast", a => a[2].Where(a[0], a[1]) * a[0], X([2, 3]), X([3], 2), GradientTensor.From<bool>([true, false], [2, 1])),
        new("MaskedFill", "", a => a[0].MaskedFill(a[1], 3).Square(), X([2, 3]), GradientTensor.From<bool>([true, false, false])),
        One("To", a => a.To(DType.Float64).To(Devices.Cpu).Square(), X([2, 3])),
        One("Clone", a => a.Clone() * a, X([2, 3])),
        One("Detach", a => (a.Detach() * 0 + 1) * a.Square(), X([2, 3])),
    ];
}

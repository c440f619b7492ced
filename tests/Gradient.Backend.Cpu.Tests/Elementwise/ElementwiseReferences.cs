using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>The elementwise kinds in double precision, from their definitions.</summary>
internal static class ElementwiseReferences
{
    public static double Unary(UnaryKind kind, double x, double a, double b) => kind switch
    {
        UnaryKind.Negate => -x,
        UnaryKind.Abs => Math.Abs(x),
        UnaryKind.Sign => x > 0 ? 1 : x < 0 ? -1 : double.IsNaN(x) ? x : 0,
        UnaryKind.Square => x * x,
        UnaryKind.Reciprocal => 1 / x,
        UnaryKind.Sqrt => Math.Sqrt(x),
        UnaryKind.Rsqrt => 1 / Math.Sqrt(x),
        UnaryKind.Exp => Math.Exp(x),
        UnaryKind.Expm1 => References.Expm1(x),
        UnaryKind.Log => Math.Log(x),
        UnaryKind.Log1p => References.Log1p(x),
        UnaryKind.Log2 => Math.Log2(x),
        UnaryKind.Sin => Math.Sin(x),
        UnaryKind.Cos => Math.Cos(x),
        UnaryKind.Tan => Math.Tan(x),
        UnaryKind.Tanh => Math.Tanh(x),
        UnaryKind.Erf => References.Erf(x),
        UnaryKind.Floor => Math.Floor(x),
        UnaryKind.Ceiling => Math.Ceiling(x),
        UnaryKind.Round => Math.Round(x, MidpointRounding.ToEven),
        UnaryKind.Truncate => Math.Truncate(x),
        UnaryKind.AddScalar => x + a,
        UnaryKind.SubtractFromScalar => a - x,
        UnaryKind.MultiplyScalar => x * a,
        UnaryKind.DivideByScalar => x / a,
        UnaryKind.DivideScalarBy => a / x,
        UnaryKind.PowScalar => Math.Pow(x, a),
        UnaryKind.ScalarPow => Math.Pow(a, x),
        UnaryKind.Clamp => double.IsNaN(x) ? x : Math.Min(Math.Max(x, a), b),
        UnaryKind.Sigmoid => Sigmoid(x),
        UnaryKind.Relu => double.IsNaN(x) || x > 0 ? x : 0,
        UnaryKind.LeakyRelu => x > 0 ? x : a * x,
        UnaryKind.Elu => x > 0 ? x : a * References.Expm1(x),
        UnaryKind.Gelu => x * Distribution(x),
        UnaryKind.GeluTanh => x * Sigmoid(2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))),
        UnaryKind.Silu => x * Sigmoid(x),
        UnaryKind.Softplus => a * x > b ? x : References.Log1p(Math.Exp(a * x)) / a,
        UnaryKind.Hardswish => x * Math.Min(Math.Max(x + 3, 0), 6) / 6,
        UnaryKind.Mish => x * Math.Tanh(References.Log1p(Math.Exp(x))),
        UnaryKind.LogicalNot => x == 0 ? 1 : 0,
        UnaryKind.IsNaN => double.IsNaN(x) ? 1 : 0,
        UnaryKind.IsFinite => double.IsFinite(x) ? 1 : 0,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no reference"),
    };

    public static double Binary(BinaryKind kind, double x, double y, double a, double b) => kind switch
    {
        BinaryKind.Add => x + y,
        BinaryKind.Subtract => x - y,
        BinaryKind.Multiply => x * y,
        BinaryKind.Divide => x / y,
        BinaryKind.Pow => Math.Pow(x, y),
        BinaryKind.Minimum => Math.Min(x, y),
        BinaryKind.Maximum => Math.Max(x, y),
        BinaryKind.Remainder => Remainder(x, y),
        BinaryKind.Atan2 => Math.Atan2(x, y),
        BinaryKind.Equal => x == y ? 1 : 0,
        BinaryKind.NotEqual => x != y ? 1 : 0,
        BinaryKind.Less => x < y ? 1 : 0,
        BinaryKind.LessOrEqual => x <= y ? 1 : 0,
        BinaryKind.Greater => x > y ? 1 : 0,
        BinaryKind.GreaterOrEqual => x >= y ? 1 : 0,
        BinaryKind.LogicalAnd => x != 0 && y != 0 ? 1 : 0,
        BinaryKind.LogicalOr => x != 0 || y != 0 ? 1 : 0,
        BinaryKind.LogicalXor => (x != 0) != (y != 0) ? 1 : 0,
        BinaryKind.ReluGradient => y > 0 ? x : 0,
        BinaryKind.LeakyReluGradient => y > 0 ? x : a * x,
        BinaryKind.EluGradient => y > 0 ? x : x * a * Math.Exp(y),
        BinaryKind.GeluGradient => x * (Distribution(y) + (y * Math.Exp(-y * y / 2) / Math.Sqrt(2 * Math.PI))),
        BinaryKind.GeluTanhGradient => x * GeluTanhSlope(y),
        BinaryKind.SiluGradient => x * Sigmoid(y) * (1 + (y * Sigmoid(-y))),
        BinaryKind.SigmoidGradient => x * y * (1 - y),
        BinaryKind.TanhGradient => x * (1 - (y * y)),
        BinaryKind.SoftplusGradient => a * y > b ? x : x * Sigmoid(a * y),
        BinaryKind.HardswishGradient => y > 3 ? x : y < -3 ? 0 : x * ((y / 3) + 0.5),
        BinaryKind.MishGradient => x * MishSlope(y),
        BinaryKind.ClampGradient => y >= a && y <= b ? x : 0,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no reference"),
    };

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Distribution(double x) => 0.5 * References.Erfc(-x / Math.Sqrt(2));

    private static double GeluTanhSlope(double x)
    {
        double k = 2 * Math.Sqrt(2 / Math.PI), u = k * (x + (0.044715 * x * x * x)), s = Sigmoid(u);
        return s + (x * s * Sigmoid(-u) * k * (1 + (3 * 0.044715 * x * x)));
    }

    private static double MishSlope(double x)
    {
        if (double.IsPositiveInfinity(x)) return 1; // the limit
        double t = Math.Tanh(References.Log1p(Math.Exp(x)));
        return t + (x * (1 - (t * t)) * Sigmoid(x));
    }

    private static double Remainder(double x, double y)
    {
        double rest = Math.IEEERemainder(x, y); // of the nearest multiple, so at most one divisor away
        return rest != 0 && rest < 0 != y < 0 ? rest + y : rest;
    }
}

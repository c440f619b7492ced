namespace Gradient.Backend.Cpu;

/// <summary>Functions that go through <see cref="Math"/>, element by element: their range reductions do not pay in vectors.</summary>
internal static class ScalarFunctions
{
    internal readonly struct Sin : IScalarFunction
    {
        public static double Apply(double x) => Math.Sin(x);
    }

    internal readonly struct Cos : IScalarFunction
    {
        public static double Apply(double x) => Math.Cos(x);
    }

    internal readonly struct Tan : IScalarFunction
    {
        public static double Apply(double x) => Math.Tan(x);
    }

    internal readonly struct Pow : IScalarFunction2
    {
        public static double Apply(double a, double b) => Math.Pow(a, b);
    }

    internal readonly struct Atan2 : IScalarFunction2
    {
        public static double Apply(double a, double b) => Math.Atan2(a, b);
    }

    /// <summary>Exact up to the last addition, unlike a − b·⌊a/b⌋ taken literally.</summary>
    internal readonly struct Remainder : IScalarFunction2
    {
        public static double Apply(double a, double b)
        {
            double rest = a % b;
            return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
        }
    }
}

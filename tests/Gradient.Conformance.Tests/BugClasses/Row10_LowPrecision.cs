namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>
/// Row 10: fast mathematics and the traps of short types. Errors are counted in units in the last place of the result's type against
/// the formulas of the forward tests in double precision.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class Row10_LowPrecision
{
    /// <summary>
    /// Bounds for Float32. Where Metal's specification (section 8, precise mathematics) allows more than the CPU needs, it decides:
    /// exp, log, sin, cos ≤ 4, tan ≤ 6, tanh ≤ 5, pow ≤ 16. Compositions get the sum of their parts.
    /// </summary>
    private static readonly (string Name, double Low, double High, double Ulps)[] Functions =
    [
        ("Exp", -87, 88, 4), ("Expm1", -17, 88, 5), ("Log", 1e-37, 1e38, 4), ("Log1p", -0.999, 1e30, 5), ("Log2", 1e-37, 1e38, 4),
        ("Sin", -100, 100, 4), ("Cos", -100, 100, 4), ("Tan", -1.5, 1.5, 6), ("Tanh", -10, 10, 5), ("Erf", -5, 5, 4),
        ("Sqrt", 0, 1e38, 0.5), ("Rsqrt", 1e-37, 1e38, 2), ("Reciprocal", 1e-37, 1e37, 0.5), ("Square", -1e18, 1e18, 0.5),
        ("Sigmoid", -80, 80, 6), ("Softplus", -40, 40, 8), ("pow 3", -1e12, 1e12, 16), ("pow 0.5", 1e-37, 1e38, 16), ("2 to the x", -125, 127, 16),
        ("Floor", -1e6, 1e6, 0), ("Ceiling", -1e6, 1e6, 0), ("Round", -1e6, 1e6, 0), ("Truncate", -1e6, 1e6, 0),
    ];

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from function in Functions
        from dtype in new[] { DType.Float32, DType.Float16, DType.BFloat16 }
        select new TestCaseData(backend, function.Name, function.Low, function.High, function.Ulps, dtype)
            .SetArgDisplayNames(backend.Name, function.Name, dtype.Name());

    [TestCaseSource(nameof(Combinations))]
    public void Errors_in_units_of_the_last_place(Backend backend, string name, double low, double high, double ulps, DType dtype)
    {
        var @case = CaseList.All.Single(c => c.Name == name);
        // Half of them evenly, half by magnitude: errors of small arguments hide among large ones.
        var random = new Random(1);
        double tiny = dtype == DType.Float16 ? 1e-4 : 1e-7, most = dtype == DType.Float16 ? 1e4 : 1e30;
        double[] arguments = [.. Enumerable.Range(0, 4000).Select(i =>
        {
            double x = i % 2 == 0 ? low + (random.NextDouble() * (high - low))
                : Math.Exp(Math.Log(tiny) + (random.NextDouble() * (Math.Log(Math.Min(high, most)) - Math.Log(tiny)))) * (low < 0 && random.Next(2) == 0 ? -1 : 1);
            return Inputs.Round(Math.Clamp(x, low, high), dtype);
        }).Where(x => x >= low && x <= high && double.IsFinite(x))];
        var values = new Values(arguments, arguments.Length);
        var expected = @case.Reference([values]);
        var actual = Inputs.FromTensor(@case.Run([new(Inputs.ToTensor(values, dtype, backend.Device()))]).Value);
        // Half and bfloat are computed in Float32 and rounded once: half a unit, and a little for the error of Float32.
        double bound = dtype == DType.Float32 ? ulps : Math.Min(0.5, ulps) + (ulps * Math.Pow(2, dtype == DType.Float16 ? -13 : -16));
        double worst = 0, at = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            double want = expected.Data[i];
            if (Math.Abs(want) < Smallest(dtype) || double.IsInfinity(Inputs.Round(want, dtype))) continue; // denormals: row 9
            double error = Math.Abs(actual.Data[i] - want) / Unit(want, dtype);
            if (!(error <= worst)) (worst, at) = (error, arguments[i]);
        }

        TestContext.Out.WriteLine($"{name} {dtype.Name()} on {backend}: {worst:F3} units at {at:R}");
        // The reference itself is good to a few units of double precision.
        Assert.That(worst, Is.LessThanOrEqualTo(bound + 1e-6), $"{name} {dtype.Name()} at {at:R}");
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Halves_round_to_even(Backend backend)
    {
        float[] values = [-3.5f, -2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 3.5f, 8388607.5f, 0.49999997f];
        foreach (var dtype in new[] { DType.Float32, DType.Float16, DType.BFloat16 })
        {
            var x = GradientTensor.From<float>(values.AsSpan(0, 8), backend.Device()).To(dtype);
            Assert.That(x.Round().To(DType.Float32).ToArray<float>(), Is.EqualTo(new float[] { -4, -2, -2, 0, 0, 2, 2, 4 }), dtype.Name());
        }

        Assert.That(GradientTensor.From<float>(values.AsSpan(8), backend.Device()).Round().ToArray<float>(), Is.EqualTo(new float[] { 8388608, 0 }));
        // Conversions: 1 + 2⁻⁸ lies between the bfloats 1 and 1 + 2⁻⁷; 2049 between the halves 2048 and 2050; 65520 rounds to ∞.
        float[] between = [1.00390625f, 1.01171875f, 2049, 2051, 65519.996f, 65520, -65520];
        var y = GradientTensor.From<float>(between, backend.Device());
        Assert.That(y[..2].To(DType.BFloat16).To(DType.Float32).ToArray<float>(), Is.EqualTo(new[] { 1, 1.015625f }));
        Assert.That(
            y[2..].To(DType.Float16).To(DType.Float32).ToArray<float>(),
            Is.EqualTo(new[] { 2048, 2052, 65504, float.PositiveInfinity, float.NegativeInfinity }));
    }

    public static IEnumerable<TestCaseData> ShortTypes() =>
        from backend in Backends.All
        from dtype in new[] { DType.Float16, DType.BFloat16 }
        select new TestCaseData(backend, dtype).SetArgDisplayNames(backend.Name, dtype.Name());

    /// <summary>An overload for integers would cut the fraction off; sums in the short type would stop growing.</summary>
    [TestCaseSource(nameof(ShortTypes))]
    public void Fractions_and_sums_of_short_types(Backend backend, DType dtype)
    {
        GradientTensor Of(params float[] values) => GradientTensor.From<float>(values, backend.Device()).To(dtype);
        float[] Back(GradientTensor x) => x.To(DType.Float32).ToArray<float>();
        Assert.That(Back(Of(0.75f, -0.75f, 2.5f).Relu()), Is.EqualTo(new[] { 0.75f, 0, 2.5f }));
        Assert.That(Back(GradientTensor.Maximum(Of(0.75f, 0.25f), Of(0.5f))), Is.EqualTo(new[] { 0.75f, 0.5f }));
        Assert.That(Back(Of(0.75f, -0.75f, 2.5f).Clamp(-0.5, 0.5)), Is.EqualTo(new[] { 0.5f, -0.5f, 0.5f }));
        Assert.That(Back(Of(0.75f, -0.75f).Abs()), Is.EqualTo(new[] { 0.75f, 0.75f }));
        var ones = GradientTensor.Ones([8192], dtype, backend.Device());
        Assert.That(Back(ones.Sum()), Is.EqualTo(new float[] { 8192 }), "accumulated in Float32");
        Assert.That(Back(ones.Mean()), Is.EqualTo(new float[] { 1 }));
        Assert.That(Back((ones * 256).Mean()), Is.EqualTo(new float[] { 256 }), "the sum is beyond the largest half");
        Assert.That(Back(ones.Reshape(1, 8192).MatMul(ones.Reshape(8192, 1))), Is.EqualTo(new float[] { 8192 }));
        Assert.That(Back((ones * 8).Norm()), Is.EqualTo(new[] { (float)Inputs.Round(8 * Math.Sqrt(8192), dtype) }), "so is the sum of squares");
        var far = (ones.Reshape(2, 4096) * 100) * Of(1, -1).Reshape(2, 1);
        Assert.That(Back(far.Var(correction: 0)), Is.EqualTo(new[] { (float)Inputs.Round(10_000, dtype) }));
        Assert.That(Back(far.Std(correction: 0)), Is.EqualTo(new[] { 100f }));
        Assert.That(Back((far * 4).Std(correction: 0)), Is.EqualTo(new[] { 400f }), "the variance is beyond the largest half");
    }

    private static double Smallest(DType dtype) => dtype == DType.Float16 ? Math.Pow(2, -14) : Math.Pow(2, -126);

    /// <summary>The distance between neighbouring numbers of the type around x.</summary>
    private static double Unit(double x, DType dtype) =>
        Math.Pow(2, Math.Floor(Math.Log2(Math.Abs(x))) - (dtype switch { DType.Float32 => 23, DType.Float16 => 10, _ => 7 }));
}

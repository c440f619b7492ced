using System.Globalization;

namespace Gradient.Training;

/// <summary>
/// Limited-memory BFGS (Liu, Nocedal, On the Limited Memory BFGS Method for Large Scale Optimization, 1989), as PyTorch's:
/// each <see cref="Step(Func{GradientTensor})"/> runs several iterations on one objective, which it evaluates again and again.
/// It reads numbers back from the device to decide, so it suits small, deterministic problems on full batches.
/// </summary>
public sealed partial class Lbfgs : Optimizer
{
    private readonly int maximumIterations, maximumEvaluations, historySize;
    private readonly double gradientTolerance, changeTolerance;
    private readonly bool strongWolfe;
    private readonly List<(GradientTensor Y, GradientTensor S, double Rho)> history = [];
    private GradientTensor? direction, previousGradient;
    private double stepLength, scale = 1;
    private long iterations;

    /// <summary>One group of parameters, which is all this method takes.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="learningRate">The first step length tried, or the only one without a line search.</param>
    /// <param name="maximumIterations">Iterations per step.</param>
    /// <param name="maximumEvaluations">Evaluations of the objective per step; 5/4 of the iterations by default.</param>
    /// <param name="gradientTolerance">Below this largest absolute gradient the search is over.</param>
    /// <param name="changeTolerance">Below this change of parameters or objective the search is over.</param>
    /// <param name="historySize">How many pairs of differences approximate the Hessian.</param>
    /// <param name="strongWolfe">Whether to search each line for a point that satisfies the strong Wolfe conditions.</param>
    public Lbfgs(
        IEnumerable<GradientTensor> parameters, double learningRate = 1, int maximumIterations = 20, int? maximumEvaluations = null,
        double gradientTolerance = 1e-7, double changeTolerance = 1e-9, int historySize = 100, bool strongWolfe = false)
        : base(OptimizerKind.Sgd, [], [new ParameterGroup(parameters)], learningRate, 0, 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumIterations);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(historySize);
        this.maximumIterations = maximumIterations;
        this.maximumEvaluations = maximumEvaluations ?? maximumIterations * 5 / 4;
        (this.gradientTolerance, this.changeTolerance) = (gradientTolerance, changeTolerance);
        (this.historySize, this.strongWolfe) = (historySize, strongWolfe);
    }

    /// <summary>Not for this method: it must evaluate the objective itself.</summary>
    /// <exception cref="UnsupportedOperationException">Always.</exception>
    public override void Step() => throw new UnsupportedOperationException(
        "Lbfgs evaluates the objective several times per step; call Step(() => { optimizer.ZeroGrad(); loss = …; loss.Backward(); return loss; }).");

    /// <summary>Minimizes the objective for up to the given number of iterations.</summary>
    /// <param name="objective">Clears the gradients, computes the loss, calls its Backward and returns it.</param>
    /// <returns>The loss at the start.</returns>
    public GradientTensor Step(Func<GradientTensor> objective)
    {
        // Vectors live from step to step, so that no scope around may end them.
        using var _ = TensorScope.Suppress();
        using var __ = Tape.NoGrad();
        var first = Evaluate(objective);
        double loss = Number(first);
        var gradient = FlatGradient();
        int evaluations = 1;
        if (Largest(gradient) <= gradientTolerance) return first;
        for (int iteration = 1; ; iteration++)
        {
            iterations++;
            direction = NextDirection(gradient);
            previousGradient = gradient;
            double previousLoss = loss;
            stepLength = iterations == 1 ? Math.Min(1, 1 / Number(gradient.Norm(1))) * LearningRate : LearningRate;
            double slope = Dot(gradient, direction);
            if (slope > -changeTolerance) break;
            if (strongWolfe)
            {
                var start = FlatParameters();
                var found = LineSearch(objective, start, new(stepLength, loss, gradient, slope), direction, out int tried);
                (stepLength, loss, gradient) = (found.At, found.Loss, found.Gradient);
                MoveTo(start, direction, stepLength);
                evaluations += tried;
            }
            else
            {
                MoveTo(FlatParameters(), direction, stepLength);
                if (iteration != maximumIterations)
                {
                    loss = Number(Evaluate(objective));
                    gradient = FlatGradient();
                    evaluations++;
                }
            }

            if (iteration == maximumIterations || evaluations >= maximumEvaluations || Largest(gradient) <= gradientTolerance
                || Largest(direction) * stepLength <= changeTolerance || Math.Abs(loss - previousLoss) < changeTolerance) break;
        }

        return first;
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Tensor> StateDictionary()
    {
        var dictionary = new Dictionary<string, Tensor>();
        if (direction is null || previousGradient is null) return dictionary;
        dictionary.Add("iterations", Tensor.From<long>([iterations], [], Devices.Cpu));
        dictionary.Add("numbers", Tensor.From<double>([stepLength, scale], [2], Devices.Cpu));
        dictionary.Add("direction", direction.Value);
        dictionary.Add("gradient", previousGradient.Value);
        for (int i = 0; i < history.Count; i++)
        {
            string prefix = i.ToString(CultureInfo.InvariantCulture);
            dictionary.Add($"{prefix}.y", history[i].Y.Value);
            dictionary.Add($"{prefix}.s", history[i].S.Value);
            dictionary.Add($"{prefix}.rho", Tensor.From<double>([history[i].Rho], [], Devices.Cpu));
        }

        return dictionary;
    }

    /// <inheritdoc/>
    protected internal override Action PrepareState(IReadOnlyDictionary<string, Tensor> dictionary, bool exact = false)
    {
        using var _ = TensorScope.Suppress();
        var own = new Dictionary<string, GradientTensor>();
        var like = Groups[0].Parameters[0];
        long count = Parameters.Sum(parameter => parameter.ElementCount);
        foreach (var (name, value) in dictionary)
        {
            bool vector = name is "direction" or "gradient" || name.EndsWith(".y", StringComparison.Ordinal) || name.EndsWith(".s", StringComparison.Ordinal);
            long expected = vector ? count : name == "numbers" ? 2 : 1;
            if (value.ElementCount != expected)
                throw new ShapeMismatchException($"Lbfgs: the state '{name}' has {value.ElementCount} elements; it should have {expected}.");
            if (vector && exact) CheckType(name, value, like);
            own.Add(name, new(value.To(vector ? like.Device : Devices.Cpu).Copy()));
        }

        GradientTensor Get(string name) => own.Remove(name, out var value) ? value
            : throw new CorruptFileException($"Lbfgs: the state has no '{name}'.");
        var (made, numbers, pairs) = (0L, (double[])[0, 1], new List<(GradientTensor Y, GradientTensor S, double Rho)>());
        GradientTensor? towards = null, slope = null;
        if (own.Count > 0)
        {
            (made, numbers) = (Get("iterations").Item<long>(), Get("numbers").ToArray<double>());
            (towards, slope) = (Get("direction"), Get("gradient"));
            for (int i = 0; own.ContainsKey($"{i}.y"); i++)
                pairs.Add((Get($"{i}.y"), Get($"{i}.s"), Get($"{i}.rho").Item<double>()));
            foreach (string name in own.Keys) throw new CorruptFileException($"Lbfgs: the state '{name}' belongs to no step.");
        }

        return () =>
        {
            (iterations, stepLength, scale, direction, previousGradient) = (made, numbers[0], numbers[1], towards, slope);
            history.Clear();
            history.AddRange(pairs);
        };
    }

    /// <inheritdoc/>
    protected override OptimizerSettings Settings(ParameterGroup group, long step) => new() { LearningRate = group.LearningRate };

    /// <summary>−H·g by the two-loop recursion (Nocedal, 1980).</summary>
    private GradientTensor NextDirection(GradientTensor gradient)
    {
        if (direction is null || previousGradient is null) return -gradient;
        var y = gradient - previousGradient;
        var s = direction * stepLength;
        double ys = Dot(y, s);
        if (ys > 1e-10)
        {
            if (history.Count == historySize) history.RemoveAt(0);
            history.Add((y, s, 1 / ys));
            scale = ys / Dot(y, y);
        }

        var q = -gradient;
        var alpha = new double[history.Count];
        for (int i = history.Count - 1; i >= 0; i--)
        {
            alpha[i] = Dot(history[i].S, q) * history[i].Rho;
            q -= history[i].Y * alpha[i];
        }

        var r = q * scale;
        for (int i = 0; i < history.Count; i++)
            r += history[i].S * (alpha[i] - (Dot(history[i].Y, r) * history[i].Rho));
        return r;
    }

    private static GradientTensor Evaluate(Func<GradientTensor> objective)
    {
        using var _ = Tape.EnableGrad();
        return objective().Detach();
    }

    private GradientTensor FlatGradient() => GradientTensor.Cat(
        [.. Groups[0].Parameters.Select(p => p.Grad is { } g ? g.Detach().Reshape(-1) : GradientTensor.Zeros([p.ElementCount], p.DType, p.Device))], axis: 0);

    private GradientTensor FlatParameters() =>
        GradientTensor.Cat([.. Groups[0].Parameters.Select(p => p.Detach().Reshape(-1))], axis: 0);

    private void MoveTo(GradientTensor start, GradientTensor along, double length)
    {
        var target = start + along * length;
        long at = 0;
        foreach (var parameter in Groups[0].Parameters)
        {
            var part = target.Value.View(target.Value.Layout.Slice(0, at, parameter.ElementCount));
            parameter.Value.CopyFrom(part.Reshape(parameter.Shape));
            at += parameter.ElementCount;
        }
    }

    private static double Number(GradientTensor scalar) => scalar.To(DType.Float64).Item<double>();

    private static double Dot(GradientTensor a, GradientTensor b) => Number((a * b).Sum());

    private static double Largest(GradientTensor x) => Number(x.Abs().Max());
}

namespace Gradient.Training;

public sealed partial class Lbfgs
{
    private const double SufficientDecrease = 1e-4, Curvature = 0.9; // c₁ and c₂ of Nocedal and Wright
    private const int MaximumTrials = 25;

    /// <summary>A point on the line: how far along, the loss there, its gradient, and the slope along the line.</summary>
    private readonly record struct Point(double At, double Loss, GradientTensor Gradient, double Slope);

    /// <summary>
    /// A point that satisfies the strong Wolfe conditions (Nocedal, Wright, Numerical Optimization, 2006, algorithms 3.5 and 3.6),
    /// with cubic interpolation kept away from the ends of the bracket.
    /// </summary>
    /// <param name="objective">The loss.</param>
    /// <param name="start">Where the line starts.</param>
    /// <param name="guess">The first length to try, with loss, gradient and slope at the start of the line.</param>
    /// <param name="along">The direction.</param>
    /// <param name="trials">How often the objective was evaluated.</param>
    private Point LineSearch(Func<GradientTensor> objective, GradientTensor start, Point guess, GradientTensor along, out int trials)
    {
        double reach = Largest(along);
        var origin = guess with { At = 0 };
        int count = 0;
        Point At(double t)
        {
            MoveTo(start, along, t);
            count++;
            double loss = Number(Evaluate(objective));
            var gradient = FlatGradient();
            return new(t, loss, gradient, Dot(gradient, along));
        }

        bool Fails(Point p) => p.Loss > origin.Loss + (SufficientDecrease * p.At * origin.Slope);
        bool Flat(Point p) => Math.Abs(p.Slope) <= -Curvature * origin.Slope;

        // Bracket: go on until an interval must hold a good point.
        Point before = origin, now = At(guess.At);
        Point low = origin, high = now;
        bool done = false, bracketed = false;
        int iteration = 0;
        for (; iteration < MaximumTrials; iteration++)
        {
            if (Fails(now) || (iteration > 0 && now.Loss >= before.Loss) || now.Slope >= 0 && !Flat(now))
            {
                (low, high, bracketed) = (before, now, true);
                break;
            }

            if (Flat(now))
            {
                (low, high, done, bracketed) = (now, now, true, true);
                break;
            }

            double least = now.At + (0.01 * (now.At - before.At)), most = now.At * 10;
            double next = Interpolate(before, now, least, most);
            before = now;
            now = At(next);
        }

        if (!bracketed) (low, high) = (origin, now);

        // Zoom: shrink the interval, low always being the better end.
        bool stuck = false;
        if (low.Loss > high.Loss) (low, high) = (high, low);
        for (; !done && iteration < MaximumTrials && Math.Abs(high.At - low.At) * reach >= changeTolerance; iteration++)
        {
            double least = Math.Min(low.At, high.At), most = Math.Max(low.At, high.At);
            double next = Interpolate(low, high, least, most);
            double margin = 0.1 * (most - least);
            if (Math.Min(most - next, next - least) < margin)
            {
                // A guess close to an end makes little progress; twice in a row it is moved inwards.
                if (stuck || next >= most || next <= least)
                {
                    next = Math.Abs(next - most) < Math.Abs(next - least) ? most - margin : least + margin;
                    stuck = false;
                }
                else
                {
                    stuck = true;
                }
            }
            else
            {
                stuck = false;
            }

            var tried = At(next);
            if (Fails(tried) || tried.Loss >= low.Loss)
            {
                high = tried;
                if (low.Loss > high.Loss) (low, high) = (high, low);
                continue;
            }

            if (Flat(tried)) done = true;
            else if (tried.Slope * (high.At - low.At) >= 0) high = low;
            low = tried;
        }

        trials = count;
        return low;
    }

    /// <summary>The minimum of the cubic through two points with their slopes, kept within bounds.</summary>
    private static double Interpolate(Point a, Point b, double least, double most)
    {
        if (a.At > b.At) (a, b) = (b, a);
        double d1 = a.Slope + b.Slope - (3 * (a.Loss - b.Loss) / (a.At - b.At));
        double square = (d1 * d1) - (a.Slope * b.Slope);
        if (!(square >= 0)) return (least + most) / 2;
        double d2 = Math.Sqrt(square);
        double at = b.At - ((b.At - a.At) * ((b.Slope + d2 - d1) / (b.Slope - a.Slope + (2 * d2))));
        return Math.Min(Math.Max(at, least), most);
    }
}

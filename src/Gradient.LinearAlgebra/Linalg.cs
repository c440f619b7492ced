using System.Numerics;

namespace Gradient.LinearAlgebra;

/// <summary>
/// Decompositions, solvers and norms of matrices: the last two axes of a tensor of Float32 or Float64; axes in front of them are a batch.
/// Names, conventions and gradients follow torch.linalg, where not the method says so.
/// </summary>
/// <remarks>
/// The short name is NumPy's and PyTorch's; a class LinearAlgebra could not be named in the namespace Gradient.LinearAlgebra. All are extension
/// methods: <c>a.Solve(b)</c>. The processor computes, for every device: of a tensor in memory that host and device share, where it
/// lies, once the device is done; the result is on the tensor's device.
/// </remarks>
public static partial class Linalg
{
    /// <summary>Matrices of a type that decompositions have.</summary>
    private static void CheckMatrices(string name, GradientTensor x)
    {
        if (x.Rank < 2) throw new ShapeMismatchException($"{name}: shape {x.Shape} has no matrices; two axes at least are needed.");
        if (x.DType is not (DType.Float32 or DType.Float64))
            throw new DTypeMismatchException($"{name} needs float32 or float64, not {x.DType.Name()}; convert with To(DType.Float32).");
    }

    private static void CheckSquare(string name, GradientTensor x)
    {
        CheckMatrices(name, x);
        if (x.Shape[^1] != x.Shape[^2]) throw new ShapeMismatchException($"{name}: shape {x.Shape}; square matrices are needed.");
    }

    /// <summary>A system of equations: both of one type and device, as many right-hand rows as the matrix has, batches broadcast to one.</summary>
    private static (GradientTensor A, GradientTensor B) Equations(string name, GradientTensor a, GradientTensor b)
    {
        CheckMatrices(name, a);
        CheckMatrices(name, b);
        ShapeChecks.SameDevice(name, a.Value, b.Value);
        ShapeChecks.SameType(name, a.Value, b.Value);
        if (a.Shape[^2] != b.Shape[^2])
            throw new ShapeMismatchException($"{name}: shapes {a.Shape} and {b.Shape}; the right-hand side needs a row for each row of the matrix.");
        var batch = ShapeChecks.Broadcast(name, BatchShape(a.Shape), BatchShape(b.Shape));
        return (Expand(a, batch), Expand(b, batch));
    }

    private static GradientTensor Expand(GradientTensor x, Shape batch)
    {
        var shape = MatrixShape(batch, x.Shape[^2], x.Shape[^1]);
        return shape == x.Shape ? x : x.Expand(shape);
    }

    /// <summary>The axes in front of the matrices.</summary>
    private static Shape BatchShape(in Shape shape) => shape.Without(-1).Without(-1);

    private static Shape MatrixShape(in Shape batch, long rows, long columns) => VectorShape(VectorShape(batch, rows), columns);

    private static Shape VectorShape(in Shape batch, long length) => batch.Insert(batch.Rank, length);

    /// <summary>About how many multiply-adds n³/3 are, with the least that a matrix costs.</summary>
    private static double Cubic(double a, double b, double c) => 100 + (a * b * c);

    /// <summary>Non-finite numbers would only come out as values that do not converge.</summary>
    private static unsafe bool IsFinite<T>(T* x, nint count) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        for (nint i = 0; i < count; i++) sum += x[i] * T.Zero; // NaN or ∞ times 0 is NaN
        return !T.IsNaN(sum);
    }

    /// <summary>
    /// Records an operation of several results, whose backward reads them all: it gets the results and their gradients (null for all but
    /// one: gradients are linear, and the tape adds up).
    /// </summary>
    private static GradientTensor[] Record(
        string name, GradientTensor input, Tensor[] results, Func<GradientTensor[], GradientTensor?[], GradientTensor> backward)
    {
        var outputs = new GradientTensor[results.Length];
        for (int i = 0; i < results.Length; i++)
        {
            int which = i;
            outputs[i] = Tape.Record(name, results[i], [input], g =>
            {
                var gradients = new GradientTensor?[outputs.Length];
                gradients[which] = g;
                return [backward(outputs, gradients)];
            });
        }

        foreach (var output in outputs)
            if (output.Node is { } node) node.SavedValues = Array.ConvertAll(outputs, saved => new Node.Saved(saved));
        return outputs;
    }
}

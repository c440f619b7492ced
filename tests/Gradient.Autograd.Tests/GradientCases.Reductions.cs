using Gradient.Core;
using static Gradient.Autograd.Tests.GradientCase;

namespace Gradient.Autograd.Tests;

public static partial class GradientCases
{
    private static IEnumerable<GradientCase> Products =>
    [
        Two("MatMul", (a, b) => a.MatMul(b), X([3]), X([3], 2), "vector, vector"),
        Two("MatMul", (a, b) => a.MatMul(b), X([2, 3]), X([3], 2), "matrix, vector"),
        Two("MatMul", (a, b) => a.MatMul(b), X([3]), X([3, 2], 2), "vector, matrix"),
        Two("MatMul", (a, b) => a.MatMul(b), X([2, 3]), X([3, 4], 2), "matrices"),
        Two("MatMul", (a, b) => a.Transpose().MatMul(b.Transpose()), X([3, 2]), X([4, 3], 2), "transposed"),
        Two("MatMul", (a, b) => a.MatMul(b), X([2, 2, 3]), X([3, 2], 2), "batch, matrix"),
        Two("MatMul", (a, b) => a.MatMul(b), X([2, 3]), X([2, 2, 3, 2], 2), "matrix, batch"),
        Two("MatMul", (a, b) => a.MatMul(b), X([2, 1, 2, 3]), X([3, 3, 2], 2), "batches that broadcast"),
        Two("MatMul", (a, b) => a.MatMul(b), X([2, 2, 3]), X([3], 2), "batch, vector"),
        Two("MatMul", (a, b) => a.MatMul(b), X([3]), X([2, 3, 2], 2), "vector, batch"),
        One("MatMul", a => a.MatMul(a), X([3, 3]), "with itself"),
        new("MatMul", "bias", a => GradientTensor.MatMul("linear", a[0], a[1], a[2]), X([2, 2, 3]), X([3, 2], 2), X([2], 3)),
        new("MatMul", "bias and relu", a => GradientTensor.MatMul("linear", a[0], a[1], a[2], MatMulActivation.Relu), X([2, 3]), X([3, 4], 2), X([4], 3)),
    ];

    private static IEnumerable<GradientCase> Reductions =>
    [
        One("Sum", a => a.Sum().Square(), X([2, 3]), "all"),
        One("Sum", a => a.Sum(axes: [0, 2], keepDims: true).Square(), X([2, 3, 2]), "axes, kept"),
        One("Sum", a => a.Sum(1).Square(), X([2, 3, 2]), "one axis"),
        One("Sum", a => a.Sum().Square(), X([]), "0-d"),
        One("SumTo", a => a.SumTo([3, 1]).Square(), X([2, 3, 2])),
        One("Mean", a => a.Mean().Square(), X([2, 3]), "all"),
        One("Mean", a => a.Mean(-1, keepDims: true).Square(), X([2, 3]), "one axis"),
        One("Var", a => a.Var(), X([2, 3]), "all"),
        One("Var", a => a.Var([0, 1], correction: 0, keepDims: true) * a, X([2, 3, 2]), "axes, biased"),
        One("Var", a => a.Var(1), X([2, 3]), "one axis"),
        One("Std", a => a.Std(), X([2, 3]), "all"),
        One("Std", a => a.Std([0, 2], keepDims: true) * a, X([2, 3, 2]), "axes"),
        One("Max", a => a.Max().Square(), Distinct([2, 3]), "all"),
        One("Max", a => a.Max([0, 2]).Square(), Distinct([2, 3, 2]), "axes"),
        One("Max", a => a.Max(1).Values.Square(), Distinct([2, 3, 2]), "one axis"),
        One("Max", a => a.Max(-1, keepDims: true).Values * a, Distinct([2, 3]), "one axis, kept"),
        One("Min", a => a.Min().Square(), Distinct([2, 3]), "all"),
        One("Min", a => a.Min([0, 2], keepDims: true).Square(), Distinct([2, 3, 2]), "axes"),
        One("Min", a => a.Min(0).Values.Square(), Distinct([2, 3]), "one axis"),
        One("Prod", a => a.Prod(), X([2, 3]), "all"),
        One("Prod", a => a.Prod([0, 2]), X([2, 3, 2]), "axes"),
        One("Prod", a => a.Prod(1, keepDims: true), D(1.5, 0, 2, 3, 0.5, -1).Reshape(2, 3), "one zero"),
        One("Prod", a => a.Prod(1), D(0, 0, 2, 0, 0, 0).Reshape(2, 3), "several zeros"),
        One("Norm", a => a.Norm(), X([2, 3]), "2"),
        One("Norm", a => a.Norm(2, [1], keepDims: true) * a, X([2, 3]), "2, axis"),
        One("Norm", a => a.Norm(1).Square(), NoZero, "1"),
        One("Norm", a => a.Norm(3, [0]), NoZero, "3"),
        One("Norm", a => a.Norm(1.5), NoZero, "1.5"),
        One("Norm", a => a.Norm(double.PositiveInfinity, [1]).Square(), Distinct([2, 3]), "∞"),
        One("Norm", a => a.Norm(double.NegativeInfinity).Square(), Distinct([2, 3]), "−∞"),
        One("Norm", a => a.Norm(0) * a, NoZero, "0"),
        One("LogSumExp", a => a.LogSumExp(), X([2, 3]), "all"),
        One("LogSumExp", a => a.LogSumExp([0, 2], keepDims: true) * a, X([2, 3, 2]), "axes"),
        One("LogSumExp", a => a.LogSumExp(1), X([2, 3]) + 800, "large"),
        One("CumSum", a => a.CumSum(1).Square(), X([2, 3])),
        One("CumSum", a => a.CumSum(0, reverse: true).Square(), X([2, 3]), "reverse"),
        One("CumProd", a => a.CumProd(1), X([2, 5])),
        One("CumProd", a => a.CumProd(0), X([4, 2]), "first axis"),
        One("CumProd", a => a.CumProd(-1), D(1.5, 0, 2, 0, 3, 1, 2, 0, -1, 2, 1, 1).Reshape(2, 6), "zeros"),
    ];
}

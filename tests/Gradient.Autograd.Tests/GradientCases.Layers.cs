using Gradient.Core;
using static Gradient.Autograd.Tests.GradientCase;

namespace Gradient.Autograd.Tests;

public static partial class GradientCases
{
    private static IEnumerable<GradientCase> Layers =>
    [
        One("Softmax", a => a.Softmax(1), X([2, 3, 2])),
        One("LogSoftmax", a => a.LogSoftmax(), X([2, 3])),
        One("LogSigmoid", Functional.LogSigmoid, X([2, 3])),
        new("Linear", "", a => Functional.Linear(a[0], a[1], a[2]), X([2, 2, 3]), X([3, 2], 2), X([2], 3)),
        new("Embedding", "", a => Functional.Embedding(a[1].Reshape(2, 2), a[0]).Square(), X([3, 2]), I(2, 0, 2, 1)),
        One("Dropout", a => Seeded(() => Functional.Dropout(a, 0.4)).Square(), X([4, 5])),
        new("ScaledDotProductAttention", "", a => Functional.ScaledDotProductAttention(a[0], a[1], a[2]), X([2, 3, 2]), X([2, 4, 2], 2), X([2, 4, 3], 3)),
        new("ScaledDotProductAttention", "causal", a => Functional.ScaledDotProductAttention(a[0], a[1], a[2], causal: true), X([3, 2]), X([3, 2], 2), X([3, 2], 3)),
        new("ScaledDotProductAttention", "added mask", a => Functional.ScaledDotProductAttention(a[0], a[1], a[2], a[3]), X([3, 2]), X([3, 2], 2), X([3, 2], 3), X([3, 3], 4)),
        new("Conv2d", "padded", a => Functional.Conv2d(a[0], a[1], a[2], padding: 1), X([2, 3, 4, 2]), X([2, 3, 2, 2], 2), X([2], 3)),
        new("Conv2d", "strided, dilated, grouped", a => Functional.Conv2d(a[0], a[1], null, stride: (2, 1), padding: (1, 0), dilation: (1, 2), groups: 2),
            X([1, 4, 4, 4]), X([3, 2, 2, 2], 2)),
        new("Conv1d", "", a => Functional.Conv1d(a[0], a[1], a[2], stride: 2, padding: 1), X([2, 5, 2]), X([3, 2, 2], 2), X([2], 3)),
        new("ConvTranspose2d", "", a => Functional.ConvTranspose2d(a[0], a[1], a[2], stride: 2, padding: 1, outputPadding: 1),
            X([1, 2, 3, 2]), X([3, 3, 2, 2], 2), X([2], 3)),
        One("Unfold", a => Functional.Unfold(a, 2, stride: 1, padding: 1).Square(), X([1, 3, 2, 2])),
        One("Fold", a => Functional.Fold(a, (3, 3), 2).Square(), X([1, 4, 8])),
        One("MaxPool2d", a => Functional.MaxPool2d(a, 2, stride: 1).Square(), Distinct([1, 3, 3, 2])),
        One("MaxPool2d", a => Functional.MaxPool2d(a, 3, stride: 2, padding: 1, ceilMode: true).Square(), Distinct([1, 4, 4, 1]), "padded, ceil"),
        One("MaxPool2dWithIndices", a => Functional.MaxPool2dWithIndices(a, 2).Values.Square(), Distinct([1, 4, 4, 1])),
        One("AvgPool2d", a => Functional.AvgPool2d(a, 2, stride: 1).Square(), X([1, 3, 3, 2])),
        One("AvgPool2d", a => Functional.AvgPool2d(a, 3, stride: 2, padding: 1, countIncludePad: false).Square(), X([1, 4, 4, 1]), "padded"),
        One("AdaptiveAvgPool2d", a => Functional.AdaptiveAvgPool2d(a, (2, 3)).Square(), X([1, 5, 4, 1])),
        One("AdaptiveMaxPool2d", a => Functional.AdaptiveMaxPool2d(a, (2, 3)).Square(), Distinct([1, 5, 4, 1])),
        new("BatchNorm", "training", a => Functional.BatchNorm(a[0], null, null, a[1], a[2], training: true), X([4, 2, 3]), X([3], 2), X([3], 3)),
        new("BatchNorm", "running statistics", a => Functional.BatchNorm(a[0], X([3], 4), Between(0.5, 2, [3], 5), a[1], a[2]).Square(),
            X([4, 3]), X([3], 2), X([3], 3)),
        new("LayerNorm", "", a => Functional.LayerNorm(a[0], [2, 3], a[1], a[2]), X([3, 2, 3]), X([2, 3], 2), X([2, 3], 3)),
        new("RmsNorm", "", a => Functional.RmsNorm(a[0], [4], a[1]), X([3, 4]), X([4], 2)),
        new("GroupNorm", "", a => Functional.GroupNorm(a[0], 2, a[1], a[2]), X([2, 3, 4]), X([4], 2), X([4], 3)),
        new("InstanceNorm", "", a => Functional.InstanceNorm(a[0], a[1], a[2]), X([2, 2, 3, 2]), X([2], 2), X([2], 3)),
    ];

    /// <summary>The same random numbers in every evaluation.</summary>
    private static GradientTensor Seeded(Func<GradientTensor> f)
    {
        RandomNumbers.Seed(3);
        return f();
    }
}

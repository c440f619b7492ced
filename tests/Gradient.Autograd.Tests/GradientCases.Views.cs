using Gradient.Core;
using static Gradient.Autograd.Tests.GradientCase;

namespace Gradient.Autograd.Tests;

public static partial class GradientCases
{
    private static IEnumerable<GradientCase> ViewsAndIndices =>
    [
        One("Reshape", a => a.Reshape(3, -1).Square(), X([2, 3])),
        One("Reshape", a => a.Transpose().Reshape(6).Square() * 2, X([2, 3]), "copying"),
        One("Permute", a => a.Permute(2, 0, 1).Square(), X([2, 3, 2])),
        One("Transpose", a => a.Transpose(0, 2).Square(), X([2, 3, 2])),
        One("Expand", a => a.Expand(2, 3, 2).Square(), X([3, 1])),
        One("Squeeze", a => a.Squeeze().Square() + a.Squeeze(1).Square(), X([2, 1])),
        One("Unsqueeze", a => a.Unsqueeze(-1).Square(), X([2, 3])),
        One("Flatten", a => a.Flatten(1).Square(), X([2, 3, 2])),
        One("Flip", a => a.Flip(0, -1).Square() * a, X([2, 3])),
        One("Parts", a => a[1, 0..2, ^1].Square(), X([2, 3, 4]), "numbers and ranges"),
        One("Parts", a => a[TensorIndex.Ellipsis, TensorIndex.Slice(step: -2)].Square(), X([2, 3, 5]), "negative step"),
        One("Parts", a => a[0, TensorIndex.NewAxis].Square() * a[1], X([2, 3]), "new axis, two parts"),
        new("Parts", "index tensor", a => a[0][0..2, a[1]].Square(), X([3, 3]), I(2, 0, 2)),
        One("Slice", a => a.Slice(1, 1, long.MaxValue, 2).Square() + a.Slice(1, 0, 2), X([2, 5])),
        One("Narrow", a => a.Narrow(0, 1, 2).Square(), X([4, 2])),
        One("Select", a => a.Select(-1, -1).Square() + a.Select(-1, 0), X([2, 3])),
        One("Diagonal", a => a.Diagonal().Square(), X([2, 3, 3])),
        One("Diagonal", a => a.Diagonal(1).Square() * a.Diagonal(-1).Sum(), X([3, 4]), "offset"),
        Two("Cat", (a, b) => GradientTensor.Cat([a, b, a], axis: 1).Square(), X([2, 3]), X([2, 1], 2)),
        Two("Stack", (a, b) => GradientTensor.Stack([a, b], axis: -1).Square(), X([2, 3]), X([2, 3], 2)),
        One("Split", a => a.Split([1, 2], axis: 1)[1].Square() * a.Split(2, axis: 1)[0], X([2, 3])),
        One("Chunk", a => a.Chunk(2, axis: 1)[1].Square(), X([2, 5])),
        One("Unbind", a => a.Unbind(1)[0] * a.Unbind(1)[2], X([2, 3])),
        One("Repeat", a => a.Repeat(2, 3, 2).Square(), X([2, 2])),
        One("Roll", a => a.Roll(-1, 1) * a, X([2, 3])),
        new("IndexSelect", "repeated", a => a[0].IndexSelect(0, a[1]).Square(), X([3, 2]), I(2, 0, 2)),
        new("IndexSelect", "matrix index", a => a[0].IndexSelect(1, a[1].Reshape(2, 2)).Square(), X([2, 3]), I(2, 0, 2, 1)),
        new("Gather", "", a => a[0].Gather(1, a[1].Reshape(2, 2)).Square(), X([2, 3]), I(2, 2, 0, 1)),
        new("ScatterAdd", "", a => a[0].ScatterAdd(0, a[2].Reshape(2, 2), a[1]).Square(), X([2, 3]), X([2, 3], 2), I(1, 0, 1, 1)),
        new("Scatter", "", a => a[0].Scatter(1, a[2].Reshape(2, 2), a[1]).Square(), X([2, 3]), X([2, 2], 2), I(2, 0, 1, 0)),
        One("Tril", a => a.Tril(1).Square(), X([2, 3, 4])),
        One("Triu", a => a.Triu().Square(), X([3, 3])),
        One("Sort", a => a.Sort(0, descending: true).Values * a, Distinct([4, 2])),
        One("TopK", a => a.TopK(2).Values.Square(), Distinct([2, 5])),
        One("TopK", a => a.TopK(2, axis: 0, largest: false).Values.Square(), Distinct([3, 2]), "smallest"),
    ];

    private static IEnumerable<GradientCase> Paddings =>
    [
        One("Pad", a => a.Pad([(1, 0), (2, 1)], 3).Square(), X([2, 3])),
        One("Pad2d", a => a.Pad2d(1, 2, 0, 1).Square(), X([2, 2, 3, 1])),
        One("ZeroPad2d", a => a.ZeroPad2d(1).Square(), X([2, 2, 2])),
        One("Unpad2d", a => a.Unpad2d(1).Square(), X([1, 3, 4, 2])),
        One("ReflectionPad", a => a.ReflectionPad(1, 2, 1).Square(), X([2, 3])),
        One("ReflectionPad2d", a => a.ReflectionPad2d(1, 2, 2, 0).Square(), X([1, 3, 3, 2])),
        One("ReplicationPad", a => a.ReplicationPad(0, 2, 3).Square(), X([2, 3])),
        One("ReplicationPad2d", a => a.ReplicationPad2d(2).Square(), X([1, 2, 2, 1])),
    ];
}

using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests;

/// <summary>Tensors of more than 2³¹ elements in real memory: by hand, as each needs some gigabytes.</summary>
[Explicit("needs 5 GB of memory")]
public sealed class LargeTensorTests
{
    private const long Count = (1L << 31) + 5;

    [Test]
    public void Kernels_reach_past_two_to_the_31()
    {
        using var x = Tensor.Empty([Count], DType.Bool, CpuDevice.Instance);
        using var y = Tensor.Empty([Count], DType.Bool, CpuDevice.Instance);
        x.Fill(0);
        x.View(x.Layout.Slice(0, Count - 3, 2)).Fill(1);
        x.Backend.Unary(UnaryKind.LogicalNot, x, y);
        using var sum = Tensor.Empty([1], DType.Int64, CpuDevice.Instance);
        x.Backend.Reduce(ReduceKind.Sum, x, AxisSet.All(1), sum);
        Assert.That(sum.Item<long>(), Is.EqualTo(2));
        x.Backend.Reduce(ReduceKind.Sum, y, AxisSet.All(1), sum);
        Assert.That(sum.Item<long>(), Is.EqualTo(Count - 2));
        Assert.That(y.View(y.Layout.Slice(0, Count - 4, 4)).ToArray<bool>(), Is.EqualTo(new[] { true, false, false, true }));
    }
}

using System.Runtime.InteropServices;
using Gradient.Backend.Metal;
using Gradient.Backend.Metal.Tests;

namespace Gradient.Conformance.Tests.BugClasses;

/// <content>The arithmetic of the shaders on plans of tensors that nobody allocates.</content>
public sealed unsafe partial class Row06_IndexOverflow
{
    private const string Probe = """

        struct ProbeParameters { Strided plan; };

        kernel void probe_positions(
            device const long* indices [[buffer(0)]], device long* y [[buffer(1)]], constant ProbeParameters& p [[buffer(2)]],
            uint i [[thread_position_in_grid]]) {
            const long index = indices[i];
            const Places<2> places = places_of<2>(p.plan, index);
            const long row = index / p.plan.shape[0];
            const long column = index - row * p.plan.shape[0];
            y[4u * i] = places.at[0];
            y[4u * i + 1u] = position_of(p.plan, index, 1);
            y[4u * i + 2u] = places.at[1];
            y[4u * i + 3u] = row_position(p.plan, row, 0) + column * p.plan.strides[0];
        }
        """;

    private static readonly Shape[] Huge =
    [
        [(1L << 31) - 1, 3], [1L << 31, 3], [(1L << 31) + 1, 3], [3, (1L << 31) + 1], [5, (1L << 32) + 1, 2], [2, 3, 5, 1L << 33],
        [1L << 20, 1L << 12, 3], [65537, 65537], [7, 1L << 16, 1L << 15, 2],
    ];

    [TestCaseSource(nameof(Huge))]
    public void Plans_and_shaders_count_in_64_bits(Shape shape)
    {
        SoftMetal.RequireDevice();
        int[] order = [.. Enumerable.Range(0, shape.Rank).Reverse()];
        // The first operand as it lies, the second with its axes in reverse order in storage, so that no two axes merge.
        Span<long> lengths = stackalloc long[shape.Rank];
        for (int i = 0; i < shape.Rank; i++) lengths[i] = shape[shape.Rank - 1 - i];
        Layout straight = Layout.Contiguous(shape), turned = Layout.Contiguous(new Shape(lengths)).Permute(order);
        var plan = Strided.Plan(shape, AxisSet.All(shape.Rank), false, straight, turned);
        Assert.That(plan.Count, Is.EqualTo(shape.ElementCount));
        Assert.That(plan.Rows * plan.Columns, Is.EqualTo(shape.ElementCount));

        long[] indices = [.. Edges(shape.ElementCount)], positions = new long[4 * indices.Length];
        Positions(plan, indices, positions);
        for (int i = 0; i < indices.Length; i++)
        {
            string what = $"index {indices[i]} of {shape}";
            Assert.That(positions[4 * i], Is.EqualTo(straight.PositionOf(indices[i])), what + ", places");
            Assert.That(positions[(4 * i) + 1], Is.EqualTo(turned.PositionOf(indices[i])), what + ", position");
            Assert.That(positions[(4 * i) + 2], Is.EqualTo(turned.PositionOf(indices[i])), what + ", places of the second");
            Assert.That(positions[(4 * i) + 3], Is.EqualTo(straight.PositionOf(indices[i])), what + ", row");
        }
    }

    private static IEnumerable<long> Edges(long count) =>
        from power in new[] { 0, 15, 16, 31, 32, 33, 40 }
        from offset in new[] { -2L, -1, 0, 1, 2 }
        from index in new[] { (1L << power) + offset, count - (1L << power) + offset }
        where index >= 0 && index < count
        select index;

    private static void Positions(Strided plan, long[] indices, long[] positions)
    {
        var device = MetalKernelDevice.Find()!;
        var kernel = device.Compile("probe_positions", KernelCache.Compose("copy") + Probe, "probe_positions", []);
        Assert.That(device.TryAllocate(indices.Length * sizeof(long), out var x) & device.TryAllocate(positions.Length * sizeof(long), out var y));
        indices.CopyTo(new Span<long>((void*)x.HostAddress, indices.Length));
        device.Launch(kernel, [new(x, 0, false), new(y, 0, true)], MemoryMarshal.AsBytes(new ReadOnlySpan<Strided>(in plan)), new(indices.Length), new(1));
        device.Synchronize();
        new ReadOnlySpan<long>((void*)y.HostAddress, positions.Length).CopyTo(positions);
        device.Free(x);
        device.Free(y);
    }
}

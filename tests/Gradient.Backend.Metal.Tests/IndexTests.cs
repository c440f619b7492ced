using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal.Tests;

/// <summary>Where shaders look for elements, against <see cref="Layout.PositionOf"/>: pure arithmetic, so shapes beyond all memory too.</summary>
public sealed unsafe class IndexTests
{
    private const string Kernel = """

        kernel void positions(
            device const long* indices [[buffer(0)]], device long* found [[buffer(1)]], constant Strided& plan [[buffer(2)]],
            uint i [[thread_position_in_grid]]) {
            const long index = indices[i];
            const long row = index / plan.shape[0];
            found[4u * i] = position_of(plan, index, 0);
            found[4u * i + 1u] = position_of(plan, index, 1);
            found[4u * i + 2u] = row_position(plan, row, 1) + (index - row * plan.shape[0]) * plan.strides[8];
            found[4u * i + 3u] = places_of<2>(plan, index).at[1];
        }
        """;

    private MetalKernelDevice device = null!;
    private IKernel kernel = null!;

    [OneTimeSetUp]
    public void Find()
    {
        SoftMetal.RequireDevice();
        device = MetalKernelDevice.Find()!;
        kernel = device.Compile("positions", KernelCache.Compose("copy") + Kernel, "positions", []);
    }

    private static IEnumerable<TestCaseData> Layouts()
    {
        foreach (long length in (long[])[1L << 15, 1L << 16, 1L << 31, 1L << 32])
        {
            for (long near = length - 1; near <= length + 1; near++)
            {
                yield return Case([3, near], [near, 1]);
                yield return Case([near, 3], [3, 1]);
                yield return Case([2, near, 3], [1, 6, 2]);
                yield return Case([near, 2, 2, 3], [-24, 12, -4, 1]);
            }
        }

        var random = new Random(7);
        for (int i = 0; i < 60; i++)
        {
            long[] lengths = [.. Enumerable.Range(0, random.Next(9)).Select(_ => random.NextInt64(1, i % 3 == 0 ? 40 : 6))];
            yield return Case(lengths, [.. lengths.Select(_ => random.NextInt64(-1000, 1000))]);
        }

        static TestCaseData Case(long[] lengths, long[] strides) =>
            new TestCaseData(lengths, strides).SetArgDisplayNames($"[{string.Join(", ", lengths)}] strides [{string.Join(", ", strides)}]");
    }

    [TestCaseSource(nameof(Layouts))]
    public void Positions_are_those_of_the_layout(long[] lengths, long[] strides)
    {
        var shape = new Shape(lengths);
        Layout contiguous = Layout.Contiguous(shape), other = new(shape, strides, 0);
        var plan = Strided.Plan(shape, AxisSet.All(shape.Rank), false, contiguous, other);
        long count = shape.ElementCount;
        long[] indices = [.. new[] { 0, 1, 2, count / 3, count / 2, count - 2, count - 1, (1L << 31) - 1, 1L << 31, (1L << 32) + 1 }.Where(i => i >= 0 && i < count)];
        Assert.That(device.TryAllocate(indices.Length * sizeof(long), out var given));
        Assert.That(device.TryAllocate(4 * indices.Length * sizeof(long), out var found));
        indices.CopyTo(new Span<long>((void*)given.HostAddress, indices.Length));
        device.Launch(kernel, [new(given, 0, false), new(found, 0, true)], MemoryMarshal.AsBytes(new ReadOnlySpan<Strided>(in plan)), new(1), new(indices.Length));
        device.Synchronize();
        var results = new Span<long>((void*)found.HostAddress, 4 * indices.Length);
        for (int i = 0; i < indices.Length; i++)
        {
            long expected = other.PositionOf(indices[i]);
            Assert.That(results.Slice(4 * i, 4).ToArray(), Is.EqualTo((long[])[indices[i], expected, expected, expected]), $"element {indices[i]}");
        }

        device.Free(given);
        device.Free(found);
    }
}

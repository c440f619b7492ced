using System.Diagnostics;
using Gradient.Core.Tests.Fakes;

namespace Gradient.Core.Tests.Memory;

/// <summary>
/// What an operation costs before it computes: <c>dotnet test -c Release tests/Gradient.Core.Tests --filter BookkeepingCost
/// -- NUnit.ExplicitMode=Relaxed</c> prints nanoseconds and allocated bytes per call.
/// </summary>
[Explicit("measures; run by name")]
public class BookkeepingCost
{
    private const int Calls = 1000;
    private readonly FakeDevice device = new();

    [Test]
    public void Empty_and_dispose() => Measure(() => Tensor.Empty([64, 28, 28, 32], DType.Float32, device).Dispose());

    [Test]
    public void Small_empty_and_dispose() => Measure(() => Tensor.Empty([10], DType.Float32, device).Dispose());

    [Test]
    public void Empty_and_dispose_within_a_scope()
    {
        Measure(() =>
        {
            using var scope = TensorScope.Begin();
            for (int i = 0; i < 100; i++) Tensor.Empty([64, 28, 28, 32], DType.Float32, device).Dispose();
        }, 100);
    }

    [Test]
    public void View_and_dispose()
    {
        var tensor = Tensor.Empty([64, 28, 28, 32], DType.Float32, device);
        var layout = tensor.Layout.Transpose(1, 2);
        Measure(() => tensor.View(layout).Dispose());
    }

    [Test]
    public void View_left_to_the_collector()
    {
        var tensor = Tensor.Empty([64, 28, 28, 32], DType.Float32, device);
        var layout = tensor.Layout.Transpose(1, 2);
        Measure(() => tensor.View(layout));
    }

    [Test]
    public void Reshape_layout()
    {
        var layout = Layout.Contiguous([64, 28, 28, 32]);
        Measure(() => layout.TryReshape([64, -1], out _));
    }

    [Test]
    public void Transpose_layout()
    {
        var layout = Layout.Contiguous([64, 28, 28, 32]);
        long sum = 0;
        Measure(() => sum += layout.Transpose(1, 2).Offset);
    }

    [Test]
    public void Slice_layout()
    {
        var layout = Layout.Contiguous([64, 28, 28, 32]);
        long sum = 0;
        Measure(() => sum += layout.Slice(1, 2, 10, 2).Offset);
    }

    [Test]
    public void Shape_from_a_collection_expression()
    {
        long a = 64, sum = 0;
        Measure(() => { Shape shape = [a, 28, 28, 32]; sum += shape.Rank; });
    }

    [Test]
    public void Element_count_and_contiguity()
    {
        var tensor = Tensor.Empty([64, 28, 28, 32], DType.Float32, device);
        long sum = 0;
        Measure(() => sum += tensor.IsContiguous ? tensor.ElementCount : 0);
    }

    [Test]
    public void Broadcast()
    {
        Shape a = [64, 28, 28, 32], b = [32];
        long sum = 0;
        Measure(() => { Shape.TryBroadcast(a, b, out var c); sum += c.Rank; });
    }

    private static void Measure(Action act, int perCall = 1)
    {
        for (int stage = 0; stage < 4; stage++) // the tiered compiler works in the background, in stages
        {
            for (int i = 0; i < 10_000 / perCall; i++) act();
            Thread.Sleep(150);
        }

        double best = double.MaxValue;
        long bytes = 0;
        for (int round = 0; round < 300; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Calls / perCall; i++) act();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Calls);
            bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Calls;
        }

        TestContext.Out.WriteLine($"{TestContext.CurrentContext.Test.Name}: {best:F1} ns, {bytes} bytes");
    }
}

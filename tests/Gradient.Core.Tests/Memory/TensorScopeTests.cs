using Gradient.Core.Tests.Fakes;

namespace Gradient.Core.Tests.Memory;

/// <summary>Scopes: what they return, what they leave, and to whom they belong.</summary>
[NonParallelizable]
public class TensorScopeTests
{
    private FakeDevice device = null!;

    [SetUp]
    public void Make() => device = new FakeDevice();

    [Test]
    public void The_end_of_a_scope_returns_what_was_made_inside()
    {
        var before = Make1();
        Tensor inside, view;
        using (TensorScope.Begin())
        {
            inside = Make1();
            view = before.View(before.Layout.Flip(0));
        }

        AssertGone(inside, view);
        AssertAlive(before);
    }

    [Test]
    public void Kept_and_persistent_tensors_stay_through_nested_scopes()
    {
        Tensor kept, persistent, lost;
        using (TensorScope.Begin())
        using (var scope = TensorScope.Begin())
        {
            kept = scope.Keep(Make1());
            persistent = Make1().Persist();
            lost = Make1();
        }

        AssertAlive(kept, persistent);
        AssertGone(lost);
    }

    [Test]
    public void Moved_out_tensors_live_until_the_end_of_the_outer_scope()
    {
        Tensor moved;
        using (TensorScope.Begin())
        {
            Tensor inner;
            using (var scope = TensorScope.Begin())
            {
                inner = Make1();
                moved = scope.MoveOut(Make1());
            }

            AssertGone(inner);
            AssertAlive(moved);
        }

        AssertGone(moved);
    }

    [Test]
    public void Moving_out_of_the_outermost_scope_leaves_the_tensor_to_the_collector()
    {
        Tensor moved, foreign = Make1();
        using (var scope = TensorScope.Begin())
        {
            moved = scope.MoveOut(Make1());
            Assert.That(scope.MoveOut(foreign), Is.SameAs(foreign));
        }

        AssertAlive(moved, foreign);
    }

    [Test]
    public void An_ended_scope_keeps_and_moves_nothing()
    {
        var scope = TensorScope.Begin();
        scope.Dispose();
        scope.Dispose();
        var tensor = Make1();
        Assert.Throws<ObjectDisposedException>(() => scope.Keep(tensor));
        Assert.Throws<ObjectDisposedException>(() => scope.MoveOut(tensor));
    }

    [Test]
    public void Suppressed_scopes_do_not_see_what_is_made()
    {
        Tensor cache, after;
        using (TensorScope.Begin())
        {
            using (TensorScope.Suppress()) cache = Make1();
            after = Make1();
        }

        AssertAlive(cache);
        AssertGone(after);
    }

    [Test]
    public async Task Scopes_flow_through_await_and_into_tasks()
    {
        Tensor before, after, inTask;
        using (TensorScope.Begin())
        {
            before = Make1();
            await Task.Yield();
            after = Make1();
            inTask = await Task.Run(Make1);
        }

        AssertGone(before, after, inTask);
        AssertAlive(Make1());
    }

    [Test]
    public async Task A_scope_belongs_to_its_logical_call_alone()
    {
        using var ready = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        var other = Task.Run(async () =>
        {
            using (TensorScope.Begin())
            {
                ready.Release();
                await go.WaitAsync();
            }
        });
        await ready.WaitAsync();
        var mine = Make1();
        go.Release();
        await other;
        AssertAlive(mine);
    }

    [Test]
    public async Task A_task_that_outlives_its_scope_adds_to_the_one_around()
    {
        using var go = new SemaphoreSlim(0);
        Task<Tensor> late;
        using (TensorScope.Begin())
        {
            using (TensorScope.Begin())
            {
                late = Task.Run(async () =>
                {
                    await go.WaitAsync();
                    return Make1();
                });
            }

            go.Release();
            AssertAlive(await late);
        }

        AssertGone(await late);
    }

    [Test]
    public void Scopes_that_end_out_of_order_leave_none_open()
    {
        var outer = TensorScope.Begin();
        var inner = TensorScope.Begin();
        outer.Dispose();
        var made = Make1();
        inner.Dispose();
        AssertGone(made);
        AssertAlive(Make1());
    }

    [Test]
    public void Many_threads_may_make_tensors_in_one_scope()
    {
        using (TensorScope.Begin()) Parallel.For(0, 4000, _ => Make1());
        Assert.That(device.MemoryPool.Statistics.LiveBytes, Is.Zero);
    }

    private Tensor Make1() => Tensor.From<float>([1, 2, 3], [3], device);

    private static void AssertAlive(params Tensor[] tensors)
    {
        foreach (var tensor in tensors) Assert.That(tensor.ToArray<float>(), Is.EqualTo(new float[] { 1, 2, 3 }));
    }

    private static void AssertGone(params Tensor[] tensors)
    {
        foreach (var tensor in tensors) Assert.Throws<ObjectDisposedException>(() => _ = tensor.Storage);
    }
}

using Gradient.Core;

namespace Gradient.Autograd.Tests;

public sealed class TapeTests
{
    [SetUp]
    public void Seed() => RandomNumbers.Seed(7);

    [Test]
    public void Leaves_accumulate_over_several_backwards()
    {
        var x = Leaf(1, 2);
        (x * 3).Sum().Backward();
        (x * x).Sum().Backward();
        Assert.That(x.Grad!.ToArray<double>(), Is.EqualTo(new[] { 5.0, 7.0 }));
    }

    [Test]
    public void Leaves_of_one_sum_get_gradients_of_their_own()
    {
        foreach (bool createGraph in new[] { false, true })
        {
            GradientTensor x = Leaf(1), y = Leaf(2);
            (x + y).Backward(createGraph: createGraph);
            (x * 5).Backward();
            Assert.That(x.Grad!.Item<double>(), Is.EqualTo(6), $"createGraph {createGraph}");
            Assert.That(y.Grad!.Item<double>(), Is.EqualTo(1), $"createGraph {createGraph}");
        }
    }

    [Test]
    public void A_diamond_visits_each_operation_once()
    {
        int visits = 0;
        var x = Leaf(3);
        var shared = Tape.Record("shared", () => x * x, [x], g =>
        {
            visits++;
            return [g * x * 2];
        });
        var y = shared * 2 + shared.Sin() * shared;
        y.Backward();
        Assert.That(visits, Is.EqualTo(1));
        // y = 2s + s·sin s, s = x²
        Assert.That(x.Grad!.Item<double>(), Is.EqualTo((2 + Math.Sin(9) + 9 * Math.Cos(9)) * 6).Within(1e-12));
    }

    [Test]
    public void A_chain_of_100_000_operations_needs_no_stack()
    {
        var x = Leaf(1);
        var y = x;
        for (int i = 0; i < 100_000; i++) y += 1e-5;
        (y * y).Backward();
        Assert.That(x.Grad!.Item<double>(), Is.EqualTo(4).Within(1e-9));

        var wanted = Leaf(1);
        y = wanted;
        for (int i = 0; i < 100_000; i++) y += 1e-5;
        Assert.That(Tape.Gradients([y * y], [wanted])[0].Item<double>(), Is.EqualTo(4).Within(1e-9));
    }

    [Test]
    public void An_upstream_gradient_weighs_the_elements()
    {
        var x = Leaf(1, 2, 3);
        (x * x).Backward(GradientTensor.From([1.0, 0, 10]));
        Assert.That(x.Grad!.ToArray<double>(), Is.EqualTo(new[] { 2.0, 0, 60 }));
    }

    [Test]
    public void An_upstream_gradient_stays_what_it_was()
    {
        var x = Leaf(1, 2);
        var upstream = GradientTensor.From([1.0, 2]);
        (x + 0).Backward(upstream);
        (x + 0).Backward(upstream);
        Assert.That(upstream.ToArray<double>(), Is.EqualTo(new[] { 1.0, 2 }));
        Assert.That(x.Grad!.ToArray<double>(), Is.EqualTo(new[] { 2.0, 4 }));
    }

    [Test]
    public void Backward_without_a_history_or_a_single_element_says_so()
    {
        var x = Leaf(1, 2);
        Assert.That(() => GradientTensor.From([1f]).Backward(), Throws.TypeOf<TapeException>().With.Message.Contains("no history"));
        Assert.That(() => (x * 2).Backward(), Throws.TypeOf<TapeException>().With.Message.Contains("[2]"));
        Assert.That(() => (x * 2).Backward(GradientTensor.From([1.0, 2, 3])), Throws.TypeOf<ShapeMismatchException>());
        Assert.That(() => (x * 2).Backward(GradientTensor.From([1f, 2f])), Throws.TypeOf<DTypeMismatchException>());
    }

    [Test]
    public void A_second_backward_needs_retainGraph()
    {
        var x = Leaf(2);
        var y = x * x;
        y.Backward(retainGraph: true);
        y.Backward();
        Assert.That(x.Grad!.Item<double>(), Is.EqualTo(8));
        Assert.That(() => y.Backward(), Throws.TypeOf<TapeException>().With.Message.Contains("retainGraph").And.Message.Contains("multiply"));
    }

    [Test]
    public void Third_derivatives_come_from_graphs_of_gradients()
    {
        var x = Leaf(0.7);
        var d = x.Sin();
        foreach (double expected in new[] { Math.Cos(0.7), -Math.Sin(0.7), -Math.Cos(0.7) })
        {
            d = Tape.Gradients([d], [x], createGraph: true)[0];
            Assert.That(d.Item<double>(), Is.EqualTo(expected).Within(1e-14));
        }

        Assert.That(x.Grad, Is.Null, "Gradients adds to no Grad");
    }

    [Test]
    public void Gradients_may_ask_for_inner_tensors_and_for_one_twice()
    {
        var x = Leaf(2);
        var inner = x * 3;
        var y = inner * inner;
        var g = Tape.Gradients([y], [inner, x, inner]);
        Assert.That(g.Select(t => t.Item<double>()), Is.EqualTo(new[] { 12.0, 36, 12 }));
        Assert.That(x.Grad, Is.Null);
    }

    [Test]
    public void Gradients_leave_what_lies_below_the_wanted_alone()
    {
        var x = Leaf(2);
        bool ran = false;
        var inner = Tape.Record("inner", () => x * 3, [x], g =>
        {
            ran = true;
            return [g * 3];
        });
        var y = inner * inner;
        Tape.Gradients([y], [inner], retainGraph: true);
        Assert.That(ran, Is.False);
        y.Backward();
        Assert.That(x.Grad!.Item<double>(), Is.EqualTo(36));
    }

    [Test]
    public void Gradients_of_what_is_not_reached_throw_or_are_zeros()
    {
        GradientTensor x = Leaf(2), other = Leaf(1, 2);
        var y = x * x;
        Assert.That(() => Tape.Gradients([y], [other], retainGraph: true), Throws.TypeOf<TapeException>().With.Message.Contains("allowUnused"));
        Assert.That(Tape.Gradients([y], [other], allowUnused: true)[0].ToArray<double>(), Is.EqualTo(new double[2]));
        Assert.That(() => Tape.Gradients([x * x], [GradientTensor.From([1.0])]), Throws.TypeOf<TapeException>());
    }

    [Test]
    public void Gradients_of_several_outputs_are_summed()
    {
        var x = Leaf(2);
        var g = Tape.Gradients([x * x, x * 3], [x], [GradientTensor.From([10.0]), GradientTensor.From([1.0])]);
        Assert.That(g[0].Item<double>(), Is.EqualTo(43));
    }

    [Test]
    public void Retained_gradients_of_inner_tensors_survive_the_pass()
    {
        var x = Leaf(1, 2);
        var inner = (x * 2).RetainGrad();
        var view = inner.Reshape(2, 1).RetainGrad();
        (view * view).Sum().Backward();
        Assert.That(inner.Grad!.ToArray<double>(), Is.EqualTo(new[] { 4.0, 8 }));
        Assert.That(view.Grad!.ToArray<double>(), Is.EqualTo(new[] { 4.0, 8 }));
        Assert.That(x.Grad!.ToArray<double>(), Is.EqualTo(new[] { 8.0, 16 }));
    }

    [Test]
    public void What_a_closure_of_the_users_saw_and_returned_stays_intact()
    {
        var seen = new List<GradientTensor>();
        var x = Leaf(1, 2, 3);
        GradientTensor Spy(GradientTensor t) => Tape.Record("spy", () => t * 2, [t], g =>
        {
            var result = g * 2;
            seen.Add(g);
            seen.Add(result);
            return [result];
        });

        var a = Spy(x * 3);
        var b = Spy(x.Exp());
        ((a + b).Sum() + (a * 1).Sum() + x.Sum()).Backward();
        Assert.That(seen, Has.Count.EqualTo(4));
        Assert.That(seen[0].ToArray<double>(), Is.All.EqualTo(1), "gradient of b");
        Assert.That(seen[1].ToArray<double>(), Is.All.EqualTo(2));
        Assert.That(seen[2].ToArray<double>(), Is.All.EqualTo(2), "gradient of a");
        Assert.That(seen[3].ToArray<double>(), Is.All.EqualTo(4));
        Assert.That(x.Grad!.ToArray<double>(), Is.EqualTo(new[] { 1.0, 2, 3 }.Select(v => 13 + 2 * Math.Exp(v))).Within(1e-12));
    }

    [Test]
    public void Record_refuses_the_wrong_number_and_shape_of_gradients()
    {
        var x = Leaf(1, 2);
        Assert.That(() => Tape.Record("pair", () => x * 1, [x], g => [g, g]).Sum().Backward(),
            Throws.TypeOf<TapeException>().With.Message.Contains("pair").And.Message.Contains("2 gradients for 1"));
        Assert.That(() => Tape.Record("wide", () => x * 1, [x], g => [GradientTensor.Ones([3], DType.Float64)]).Sum().Backward(),
            Throws.TypeOf<TapeException>().With.Message.Contains("wide").And.Message.Contains("[3]"));
        Assert.That(() => Tape.Record("none", () => x * 1, [x], _ => null!).Sum().Backward(),
            Throws.TypeOf<TapeException>().With.Message.Contains("none").And.Message.Contains("null"));
    }

    [Test]
    public void Record_leaves_the_history_of_what_forward_hands_back_alone()
    {
        var x = Leaf(3);
        var before = x * x;
        var recorded = Tape.Record("ten", () => before, [x], g => [g * 10]);
        Assert.That(Tape.Gradients([before], [x], retainGraph: true)[0].Item<double>(), Is.EqualTo(6));
        Assert.That(Tape.Gradients([recorded], [x])[0].Item<double>(), Is.EqualTo(10));
        var same = Tape.Record("same", () => x, [x], g => [g * 7]);
        Assert.That(Tape.Gradients([same], [x])[0].Item<double>(), Is.EqualTo(7));
        Assert.That(x.IsLeaf);
    }

    [Test]
    public void Detach_cuts_the_history_and_Clone_the_storage()
    {
        var x = Leaf(1, 2);
        var detached = x.Detach();
        Assert.That(detached.RequiresGrad, Is.False);
        Assert.That(detached.Value.Storage, Is.SameAs(x.Value.Storage));
        var clone = x.Clone();
        Assert.That(clone.RequiresGrad);
        Assert.That(clone.Value.Storage, Is.Not.SameAs(x.Value.Storage));
        (clone * x.Detach()).Sum().Backward();
        Assert.That(x.Grad!.ToArray<double>(), Is.EqualTo(new[] { 1.0, 2 }));
    }

    [Test]
    public void Slices_of_one_tensor_add_up_in_its_gradient()
    {
        var x = GradientTensor.Randn([5, 3], seed: 1, DType.Float64, requiresGrad: true);
        var sum = GradientTensor.Scalar(0, DType.Float64);
        var rows = x.Unbind();
        for (int i = 0; i < rows.Length; i++) sum += (rows[i] * (i + 1)).Sum() + x[i, 1..].Sum();
        sum.Backward();
        Assert.That(x.Grad!.ToArray<double>(), Is.EqualTo(Enumerable.Range(0, 15).Select(i => i / 3 + 1.0 + (i % 3 > 0 ? 1 : 0))));
    }

    [Test]
    public void Several_threads_may_add_to_one_leaf()
    {
        var w = GradientTensor.Ones([1000], DType.Float64, requiresGrad: true);
        Parallel.For(0, 64, i => (w * (i + 1)).Sum().Backward());
        Assert.That(w.Grad!.ToArray<double>(), Is.All.EqualTo(64 * 65 / 2));
    }

    [Test]
    public void The_same_step_is_bit_identical_on_any_number_of_threads()
    {
        int before = Devices.Cpu.Threads;
        try
        {
            var results = new List<float[]>();
            foreach (int threads in new[] { 1, 2, 2 })
            {
                Devices.Cpu.Threads = threads;
                var x = GradientTensor.Randn([64, 300], seed: 1);
                var w = GradientTensor.Randn([300, 70], seed: 2, requiresGrad: true);
                (x.MatMul(w).Gelu().LogSumExp(1) - x.Var(1)).Square().Mean().Backward();
                results.Add(w.Grad!.ToArray<float>());
            }

            Assert.That(results[1], Is.EqualTo(results[0]));
            Assert.That(results[2], Is.EqualTo(results[0]));
        }
        finally
        {
            Devices.Cpu.Threads = before;
        }
    }

    private static GradientTensor Leaf(params ReadOnlySpan<double> values) => GradientTensor.From(values, requiresGrad: true);
}

using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>The programs of the front page, as written there.</summary>
public sealed class ApiPrograms
{
    [Test]
    public void Tensors_and_gradients()
    {
        var output = new StringWriter();
        var console = Console.Out;
        Console.SetOut(output);
        try
        {
            var x = GradientTensor.From([1f, 2f, 3f], requiresGrad: true);
            var w = GradientTensor.Randn([3, 4], seed: 42, device: Devices.Cpu, requiresGrad: true);
            var y = (x.Reshape(1, 3).MatMul(w).Relu() * 2f + 1f).Sum();
            y.Backward();
            Console.WriteLine(x.Grad);
            float[] g = x.Grad!.ToArray<float>();
            float value = y.Item();

            // The same in plain loops.
            float[] weights = w.ToArray<float>();
            double expected = 0;
            var gradient = new double[3];
            for (int column = 0; column < 4; column++)
            {
                double sum = 0;
                for (int row = 0; row < 3; row++) sum += (row + 1) * weights[row * 4 + column];
                expected += Math.Max(sum, 0) * 2 + 1;
                for (int row = 0; row < 3; row++) gradient[row] += sum > 0 ? 2 * weights[row * 4 + column] : 0;
            }

            Assert.That(value, Is.EqualTo(expected).Within(1e-5));
            Assert.That(g, Is.EqualTo(gradient).Within(1e-5));

            using (Tape.NoGrad())
            {
                var z = x * 2f;
                Assert.That(z.RequiresGrad, Is.False);
            }

            var a = GradientTensor.Rand([2, 3, 4]);
            var part = a[1, 0..2, ^1];
            var cat = GradientTensor.Cat([a, a], axis: 0);
            var sums = a.Sum(axes: [0, 2], keepDims: true);
            var picked = a.Max(axis: -1);
            if (Gradient.Backend.Metal.MetalDevice.Instance is null) Assert.Throws<PlatformNotSupportedException>(() => { var onGpu = a.To(Devices.Metal); });
            else Assert.That(a.To(Devices.Metal).ToArray<float>(), Is.EqualTo(a.ToArray<float>()));
            Device best = Devices.Best;
            if (!OperatingSystem.IsMacOS()) Assert.That(best, Is.SameAs(Devices.Cpu), "a substitute for Metal is never picked by itself");
            var half = a.To(DType.Float16);

            float[] all = a.ToArray<float>();
            Assert.That(part.ToArray<float>(), Is.EqualTo(new[] { all[15], all[19] }));
            Assert.That(part.Value.Storage, Is.SameAs(a.Value.Storage), "a view");
            Assert.That(cat.ToArray<float>(), Is.EqualTo(all.Concat(all)));
            Assert.That(sums.Shape, Is.EqualTo(new Shape([1, 3, 1])));
            Assert.That(picked.Values.ToArray<float>(), Is.EqualTo(all.Chunk(4).Select(row => row.Max())));
            Assert.That(picked.Indices.ToArray<long>(), Is.EqualTo(all.Chunk(4).Select(row => (long)Array.IndexOf(row, row.Max()))));
            Assert.That(best, Is.SameAs(Devices.Cpu));
            Assert.That(half.ToArray<Half>(), Is.EqualTo(all.Select(v => (Half)v)));
        }
        finally
        {
            Console.SetOut(console);
        }

        Assert.That(output.ToString(), Does.Contain("float32").And.Contain("[3]"));
    }

    [Test]
    public void Gradients_of_gradients()
    {
        var x = GradientTensor.From([1f, 2f, 3f], requiresGrad: true);
        var y2 = (x * x * x).Sum();
        var gx = Tape.Gradients(outputs: [y2], inputs: [x], createGraph: true)[0];
        gx.Pow(2).Sum().Backward();
        Assert.That(gx.ToArray<float>(), Is.EqualTo(new[] { 3f, 12f, 27f }));
        Assert.That(x.Grad!.ToArray<float>(), Is.EqualTo(new[] { 36f, 288f, 972f })); // d(9x⁴)/dx = 36x³
    }

    [Test]
    public void Gradients_of_one_output()
    {
        var x = GradientTensor.From([1f, 2f, 3f], requiresGrad: true);
        var y2 = x.Pow(3).Sum();
        var gx = Tape.Gradients(outputs: y2, inputs: [x], createGraph: true)[0];
        gx.Pow(2).Sum().Backward();
        Assert.That(x.Grad!.ToArray<float>(), Is.EqualTo(new[] { 36f, 288f, 972f }).Within(1e-3));
    }

    [Test]
    public void Recompute_instead_of_store()
    {
        var block = new Block();
        var input = GradientTensor.Randn([2, 3], seed: 1, requiresGrad: true);
        var h = Tape.Checkpoint(block.Forward, input);
        h.Sum().Backward();
        var (checkpointed, weight) = (input.Grad!.ToArray<float>(), block.Weight.Grad!.ToArray<float>());
        (input.Grad, block.Weight.Grad) = (null, null);
        block.Forward(input).Sum().Backward();
        Assert.That(checkpointed, Is.EqualTo(input.Grad!.ToArray<float>()));
        Assert.That(weight, Is.EqualTo(block.Weight.Grad!.ToArray<float>()));
    }

    [Test]
    public void Check_ones_own_operation()
    {
        GradientCheck.Verify(t => t.Exp().Sum(), GradientTensor.Randn([3, 2], dtype: DType.Float64));
        GradientCheck.VerifySecondOrder(t => t.Exp().Sum(), GradientTensor.Randn([3, 2], dtype: DType.Float64));
    }

    [Test]
    public void An_operation_of_ones_own()
    {
        GradientTensor Cube(GradientTensor x) =>
            Tape.Record("cube", forward: () => x * x * x, inputs: [x], backward: g => [g * 3f * x * x]);

        var x = GradientTensor.From([1f, -2f], requiresGrad: true);
        var y = Cube(x);
        Assert.That(y.ToArray<float>(), Is.EqualTo(new[] { 1f, -8f }));
        y.Sum().Backward();
        Assert.That(x.Grad!.ToArray<float>(), Is.EqualTo(new[] { 3f, 12f }));
        GradientCheck.Verify(Cube, GradientTensor.Randn([3], dtype: DType.Float64));
        GradientCheck.VerifySecondOrder(Cube, GradientTensor.Randn([3], dtype: DType.Float64));
    }

    private sealed class Block
    {
        public GradientTensor Weight { get; } = GradientTensor.Randn([3, 3], seed: 2, requiresGrad: true);

        public GradientTensor Forward(GradientTensor x) => x.MatMul(Weight).Tanh();
    }
}

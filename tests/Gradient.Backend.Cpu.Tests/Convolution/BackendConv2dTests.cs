using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests;

/// <summary>The seam's convolutions over layouts and types; that the kernels are right is shown in <see cref="ConvolutionTests"/>.</summary>
[TestFixture]
public class BackendConv2dTests
{
    private static readonly CpuDevice Cpu = CpuDevice.Instance;

    private static readonly Conv2dOptions Options = new()
    {
        StrideHeight = 2, StrideWidth = 1, PaddingHeight = 1, PaddingWidth = 2, DilationHeight = 1, DilationWidth = 2, Groups = 2,
    };

    /// <summary>Small multiples of 1/4: sums of products are exact in every type that the tests use.</summary>
    private static Tensor Quarters(Random random, params long[] lengths)
    {
        Tensor tensor = Tensor.Empty(Shape.Create(lengths), DType.Float64, Cpu);
        foreach (ref double value in tensor.AsSpan<double>())
            value = random.Next(-4, 5) / 4.0;
        return tensor;
    }

    /// <summary>The definition: y, and the gradients of x and of the weight for the output gradient dy.</summary>
    private static (Tensor Y, Tensor Dx, Tensor Dw) Definition(Tensor x, Tensor weight, Tensor bias, Tensor dy)
    {
        Tensor y = Tensor.Empty(dy.Shape, DType.Float64, Cpu), dx = Tensor.Empty(x.Shape, DType.Float64, Cpu), dw = Tensor.Empty(weight.Shape, DType.Float64, Cpu);
        Span<double> ys = y.AsSpan<double>(), dxs = dx.AsSpan<double>(), dws = dw.AsSpan<double>();
        Span<double> xs = x.AsSpan<double>(), ws = weight.AsSpan<double>(), bs = bias.AsSpan<double>(), dys = dy.AsSpan<double>();
        dxs.Clear();
        dws.Clear();
        int height = (int)x.Shape[1], width = (int)x.Shape[2], inputs = (int)x.Shape[3], outputs = (int)y.Shape[3], perGroup = (int)weight.Shape[2];
        int e = 0;
        for (int n = 0; n < y.Shape[0]; n++)
        for (int i = 0; i < y.Shape[1]; i++)
        for (int j = 0; j < y.Shape[2]; j++)
        for (int o = 0; o < outputs; o++, e++)
        {
            ys[e] = bs[o];
            for (int r = 0; r < weight.Shape[0]; r++)
            for (int s = 0; s < weight.Shape[1]; s++)
            for (int c = 0; c < perGroup; c++)
            {
                int row = (i * Options.StrideHeight) + (r * Options.DilationHeight) - Options.PaddingHeight;
                int column = (j * Options.StrideWidth) + (s * Options.DilationWidth) - Options.PaddingWidth;
                if (row < 0 || row >= height || column < 0 || column >= width)
                    continue;
                int ix = (((((n * height) + row) * width) + column) * inputs) + (o / (outputs / Options.Groups) * perGroup) + c;
                int iw = (((((r * (int)weight.Shape[1]) + s) * perGroup) + c) * outputs) + o;
                ys[e] += xs[ix] * ws[iw];
                dxs[ix] += dys[e] * ws[iw];
                dws[iw] += dys[e] * xs[ix];
            }
        }

        return (y, dx, dw);
    }

    /// <summary>The same elements with the first and third axes exchanged in memory, and gaps between them.</summary>
    private static Tensor Scattered(Tensor tensor)
    {
        Shape swapped = tensor.View(tensor.Layout.Transpose(0, 2)).Shape;
        Tensor room = Tensor.Empty(Shape.Create([swapped[0], swapped[1], swapped[2], (2 * swapped[3]) + 1]), tensor.DType, Cpu);
        Tensor view = room.View(room.Layout.Slice(3, 1, swapped[3], 2).Flip(1).Transpose(0, 2));
        view.CopyFrom(tensor);
        return view;
    }

    [Test]
    public void LayoutsAndTypes([Values(DType.Float32, DType.Float64, DType.Float16, DType.BFloat16)] DType dtype, [Values] bool scattered)
    {
        var random = new Random(1);
        Tensor x = Quarters(random, 2, 7, 6, 4), weight = Quarters(random, 3, 2, 2, 6), bias = Quarters(random, 6);
        Tensor dy = Quarters(random, 2, Options.OutputHeight(7, 3), Options.OutputWidth(6, 2), 6);
        var (y, dx, dw) = Definition(x, weight, bias, dy);

        Tensor Given(Tensor tensor) => scattered && tensor.Rank == 4 ? Scattered(tensor.To(dtype)) : tensor.To(dtype);
        Tensor Room(Tensor like)
        {
            Tensor room = Given(like);
            room.Fill(7);
            return room;
        }

        Tensor yActual = Room(y), dxActual = Room(dx), dwActual = Room(dw);
        Cpu.Backend.Conv2d(Given(x), Given(weight), Given(bias), Options, yActual);
        Cpu.Backend.Conv2dInputGradient(Given(dy), Given(weight), Options, dxActual);
        Cpu.Backend.Conv2dWeightGradient(Given(x), Given(dy), Options, dwActual);
        // Sums of at most 24 products of quarters need 9 bits and are exact but for the final rounding to 8 bits of BFloat16.
        Assert.That(yActual.To(DType.Float64).ToArray<double>(), Is.EqualTo(y.To(dtype).To(DType.Float64).ToArray<double>()));
        Assert.That(dxActual.To(DType.Float64).ToArray<double>(), Is.EqualTo(dx.To(dtype).To(DType.Float64).ToArray<double>()));
        Assert.That(dwActual.To(DType.Float64).ToArray<double>(), Is.EqualTo(dw.To(dtype).To(DType.Float64).ToArray<double>()));
    }

    [Test]
    public void EmptyTensorsAreOrdinary()
    {
        var options = new Conv2dOptions { PaddingHeight = 1, PaddingWidth = 1 };
        Tensor weight = Quarters(new Random(2), 3, 3, 2, 5), bias = Quarters(new Random(3), 5);
        Tensor none = Quarters(new Random(4), 0, 4, 4, 2), noOutput = Quarters(new Random(5), 0, 4, 4, 5);
        Cpu.Backend.Conv2d(none, weight, bias, options, noOutput);
        Cpu.Backend.Conv2dInputGradient(noOutput, weight, options, none);
        Cpu.Backend.Conv2dWeightGradient(none, noOutput, options, weight);
        Assert.That(weight.ToArray<double>(), Is.All.Zero);

        Tensor noChannels = Quarters(new Random(6), 1, 2, 2, 0), noWeight = Quarters(new Random(7), 3, 3, 0, 5), y = Quarters(new Random(8), 1, 2, 2, 5);
        Cpu.Backend.Conv2d(noChannels, noWeight, bias, options, y);
        double[] b = bias.ToArray<double>();
        Assert.That(y.ToArray<double>(), Is.EqualTo(b.Concat(b).Concat(b).Concat(b)));
        Cpu.Backend.Conv2d(noChannels, noWeight, null, options, y);
        Assert.That(y.ToArray<double>(), Is.All.Zero);
    }

    [Test]
    public void IntegersAreRefused()
    {
        Tensor x = Tensor.Empty(Shape.Create([1, 2, 2, 1]), DType.Int32, Cpu);
        foreach (Action call in (Action[])[
            () => Cpu.Backend.Conv2d(x, x, null, new Conv2dOptions(), x),
            () => Cpu.Backend.Conv2dInputGradient(x, x, new Conv2dOptions(), x),
            () => Cpu.Backend.Conv2dWeightGradient(x, x, new Conv2dOptions(), x)])
        {
            Assert.That(Assert.Throws<UnsupportedOperationException>(call)!.Message, Does.Contain("conv2d").And.Contain(DType.Int32.Name()));
        }
    }
}

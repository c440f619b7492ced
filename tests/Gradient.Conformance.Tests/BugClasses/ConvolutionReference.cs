namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>A convolution and its two gradients as seven nested loops; with small integers all sums are exact.</summary>
internal static class ConvolutionReference
{
    /// <summary>Compares the three calls of the seam on operands between bands of NaN.</summary>
    public static void Check(Device device, long[] input, long[] kernel, Conv2dOptions options)
    {
        long outputs = kernel[3], height = options.OutputHeight(input[1], kernel[0]), width = options.OutputWidth(input[2], kernel[1]);
        long[] output = [input[0], height, width, outputs];
        var x = Inputs.Generate(input, Domain.Integers, 1, DType.Float32);
        var w = Inputs.Generate(kernel, Domain.Integers, 2, DType.Float32);
        var dy = Inputs.Generate(output, Domain.Integers, 3, DType.Float32);
        double[] y = new double[dy.Data.Length], dx = new double[x.Data.Length], dw = new double[w.Data.Length];
        long inputsOfGroup = kernel[2], outputsOfGroup = outputs / options.Groups;
        for (long b = 0; b < input[0]; b++)
            for (long i = 0; i < height; i++)
                for (long j = 0; j < width; j++)
                    for (long p = 0; p < kernel[0]; p++)
                        for (long q = 0; q < kernel[1]; q++)
                        {
                            long row = (i * options.StrideHeight) - options.PaddingHeight + (p * options.DilationHeight);
                            long column = (j * options.StrideWidth) - options.PaddingWidth + (q * options.DilationWidth);
                            if (row < 0 || row >= input[1] || column < 0 || column >= input[2]) continue;
                            for (long o = 0; o < outputs; o++)
                                for (long c = 0; c < inputsOfGroup; c++)
                                {
                                    long atX = (((((b * input[1]) + row) * input[2]) + column) * input[3]) + (o / outputsOfGroup * inputsOfGroup) + c;
                                    long atW = (((((p * kernel[1]) + q) * inputsOfGroup) + c) * outputs) + o;
                                    long atY = (((((b * height) + i) * width) + j) * outputs) + o;
                                    y[atY] += x.Data[atX] * w.Data[atW];
                                    dx[atX] += dy.Data[atY] * w.Data[atW];
                                    dw[atW] += dy.Data[atY] * x.Data[atX];
                                }
                        }

        Tensor Guarded(Values values) => Layouts.All["padded rows"](Inputs.ToTensor(values, DType.Float32, device));
        Tensor Room(long[] shape) => Layouts.All["padded rows"](Tensor.Empty(new Shape(shape), DType.Float32, device));
        Tensor tx = Guarded(x), tw = Guarded(w), tdy = Guarded(dy), ty = Room(output), tdx = Room(input), tdw = Room(kernel);
        device.Backend.Conv2d(tx, tw, null, options, ty);
        device.Backend.Conv2dInputGradient(tdy, tw, options, tdx);
        device.Backend.Conv2dWeightGradient(tx, tdy, options, tdw);
        string what = $"[{string.Join(", ", input)}] * [{string.Join(", ", kernel)}] {options}";
        Compare.Near(new(y, output), Inputs.FromTensor(ty), 0, what);
        Compare.Near(new(dx, input), Inputs.FromTensor(tdx), 0, what + ": input gradient");
        Compare.Near(new(dw, kernel), Inputs.FromTensor(tdw), 0, what + ": weight gradient");
    }
}

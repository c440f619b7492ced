namespace Gradient.Conformance.Tests;

public static partial class CaseList
{
    /// <summary>How windows walk an image, per axis.</summary>
    private readonly record struct Walk(int KernelHeight, int KernelWidth, int StrideY, int StrideX, int PadY, int PadX, int DilationY, int DilationX, int Groups)
    {
        public long Rows(long height) => ((height + (2 * PadY) - (DilationY * (KernelHeight - 1)) - 1) / StrideY) + 1;

        public long Columns(long width) => ((width + (2 * PadX) - (DilationX * (KernelWidth - 1)) - 1) / StrideX) + 1;

        public override string ToString() => $"{KernelHeight}x{KernelWidth} s{StrideY},{StrideX} p{PadY},{PadX} d{DilationY},{DilationX} g{Groups}";
    }

    private static readonly (Walk Walk, long[] X, long Outputs)[] Convolved =
    [
        (new(3, 3, 1, 1, 1, 1, 1, 1, 1), [2, 5, 4, 3], 5), (new(1, 1, 1, 1, 0, 0, 1, 1, 1), [2, 3, 4, 5], 7), (new(3, 2, 2, 1, 1, 0, 1, 2, 1), [1, 6, 7, 2], 3),
        (new(3, 3, 2, 2, 1, 1, 1, 1, 1), [1, 7, 6, 1], 17), (new(2, 2, 1, 1, 0, 0, 2, 2, 1), [1, 4, 5, 2], 2), (new(3, 3, 1, 1, 1, 1, 1, 1, 2), [1, 4, 4, 4], 6),
        (new(3, 3, 1, 1, 1, 1, 1, 1, 4), [2, 4, 5, 4], 4), (new(5, 5, 3, 3, 2, 2, 1, 1, 1), [1, 6, 6, 2], 3), (new(1, 1, 2, 2, 0, 0, 1, 1, 1), [1, 5, 5, 3], 4),
    ];

    private static IEnumerable<Case> Images()
    {
        foreach (var (walk, shape, outputs) in Convolved)
        {
            long inputs = shape[3];
            yield return new($"conv2d {walk} of {inputs} to {outputs}", [nameof(Functional.Conv2d)],
                x => Functional.Conv2d(x[0], x[1], x[2], new(walk.StrideY, walk.StrideX), new(walk.PadY, walk.PadX), new(walk.DilationY, walk.DilationX), walk.Groups),
                x => Values.Zip(Convolve(x[0], x[1], walk), x[2], (a, b) => a + b),
                [[shape, [walk.KernelHeight, walk.KernelWidth, inputs / walk.Groups, outputs], [outputs]]], Domain.Normal, Domain.Normal, Domain.Normal) { Amplification = 8 };
            // The transposed convolution takes what the convolution gives and gives what it takes.
            long[] small = [shape[0], walk.Rows(shape[1]), walk.Columns(shape[2]), outputs];
            long extraY = shape[1] - (((small[1] - 1) * walk.StrideY) - (2 * walk.PadY) + (walk.DilationY * (walk.KernelHeight - 1)) + 1);
            long extraX = shape[2] - (((small[2] - 1) * walk.StrideX) - (2 * walk.PadX) + (walk.DilationX * (walk.KernelWidth - 1)) + 1);
            yield return new($"convTranspose2d {walk} of {outputs} to {inputs}", [nameof(Functional.ConvTranspose2d)],
                x => Functional.ConvTranspose2d(x[0], x[1], null, new(walk.StrideY, walk.StrideX), new(walk.PadY, walk.PadX), new((int)extraY, (int)extraX), new(walk.DilationY, walk.DilationX), walk.Groups),
                x => ConvolveBack(x[0], x[1], walk, shape), [[small, [walk.KernelHeight, walk.KernelWidth, inputs / walk.Groups, outputs]]], Domain.Normal, Domain.Normal)
                { Amplification = 8 };
        }

        yield return new(nameof(Functional.Conv1d), [nameof(Functional.Conv1d)], x => Functional.Conv1d(x[0], x[1], x[2], stride: 2, padding: 1),
            x => Values.Zip(Convolve(x[0].Reshape(2, 1, 7, 3), x[1].Reshape(1, 3, 3, 4), new(1, 3, 1, 2, 0, 1, 1, 1, 1)).Reshape(2, 4, 4), x[2], (a, b) => a + b),
            [[[2, 7, 3], [3, 3, 4], [4]]], Domain.Normal, Domain.Normal, Domain.Normal) { Amplification = 8 };

        foreach (var walk in new Walk[] { new(2, 2, 2, 2, 0, 0, 1, 1, 1), new(3, 2, 1, 2, 1, 1, 1, 1, 1), new(3, 3, 2, 2, 1, 1, 1, 1, 1) })
        {
            long[][] shapes = [[2, 6, 5, 3], [1, 7, 8, 17]];
            yield return new($"maxPool2d {walk}", [nameof(Functional.MaxPool2d)],
                x => Functional.MaxPool2d(x[0], new(walk.KernelHeight, walk.KernelWidth), new(walk.StrideY, walk.StrideX), new(walk.PadY, walk.PadX)),
                x => Pooled(x[0], walk, v => v.Max()), Each(shapes), Domain.Distinct);
            yield return new($"avgPool2d {walk}", [nameof(Functional.AvgPool2d)],
                x => Functional.AvgPool2d(x[0], new(walk.KernelHeight, walk.KernelWidth), new(walk.StrideY, walk.StrideX), new(walk.PadY, walk.PadX)),
                x => Pooled(x[0], walk, v => v.Sum() / (walk.KernelHeight * walk.KernelWidth)), Each(shapes), Domain.Normal) { Amplification = 2 };
            yield return new($"avgPool2d {walk} of what is inside", [nameof(Functional.AvgPool2d)],
                x => Functional.AvgPool2d(x[0], new(walk.KernelHeight, walk.KernelWidth), new(walk.StrideY, walk.StrideX), new(walk.PadY, walk.PadX), countIncludePad: false),
                x => Pooled(x[0], walk, v => v.Average()), Each(shapes), Domain.Normal) { Amplification = 2 };
        }

        yield return new(nameof(Functional.MaxPool2dWithIndices), [nameof(Functional.MaxPool2dWithIndices)], x => Functional.MaxPool2dWithIndices(x[0], 2).Indices,
            x => Values.Make([2, 2, 3, 3], i =>
            {
                var places = from y in Enumerable.Range(0, 2) from z in Enumerable.Range(0, 2) select ((i[1] * 2) + y, (i[2] * 2) + z);
                var (row, column) = places.MaxBy(p => x[0][i[0], p.Item1, p.Item2, i[3]]);
                return (row * 6) + column;
            }), Each([[2, 4, 6, 3]]), Domain.Distinct) { Differentiable = false };
        yield return new(nameof(Functional.AdaptiveAvgPool2d), [nameof(Functional.AdaptiveAvgPool2d)], x => Functional.AdaptiveAvgPool2d(x[0], new(3, 2)),
            x => Adaptive(x[0], 3, 2, v => v.Average()), Each([[2, 5, 7, 3], [1, 3, 2, 2], [1, 2, 1, 2]]), Domain.Normal) { Amplification = 2 };
        yield return new(nameof(Functional.AdaptiveMaxPool2d), [nameof(Functional.AdaptiveMaxPool2d)], x => Functional.AdaptiveMaxPool2d(x[0], new(3, 2)),
            x => Adaptive(x[0], 3, 2, v => v.Max()), Each([[2, 5, 7, 3], [1, 3, 2, 2]]), Domain.Distinct);
        var slide = new Walk(3, 2, 2, 1, 1, 0, 1, 2, 1);
        yield return new(nameof(Functional.Unfold), [nameof(Functional.Unfold)], x => Functional.Unfold(x[0], new(3, 2), new(2, 1), new(1, 0), new(1, 2)),
            x => Columns(x[0], slide), Each([[2, 5, 6, 3]]), Domain.Normal) { Amplification = 4 };
        yield return new(nameof(Functional.Fold), [nameof(Functional.Fold)], x => Functional.Fold(x[0], new(5, 6), new(3, 2), new(2, 1), new(1, 0), new(1, 2)),
            x => ColumnsBack(x[0], slide, [2, 5, 6, 3]), Each([[2, 3 * 4, 3 * 2 * 3]]), Domain.Normal) { Amplification = 4 };
    }

    /// <summary>Every (place in the input, place in the kernel) that an output place reads; places outside the image are left out.</summary>
    private static IEnumerable<(long Y, long X, int KernelY, int KernelX)> Window(Walk walk, long row, long column, long height, long width)
    {
        for (int ky = 0; ky < walk.KernelHeight; ky++)
            for (int kx = 0; kx < walk.KernelWidth; kx++)
            {
                long y = (row * walk.StrideY) - walk.PadY + (ky * walk.DilationY), x = (column * walk.StrideX) - walk.PadX + (kx * walk.DilationX);
                if (y >= 0 && y < height && x >= 0 && x < width) yield return (y, x, ky, kx);
            }
    }

    private static Values Convolve(Values x, Values w, Walk walk)
    {
        long inputs = w.Shape[2], outputs = w.Shape[3];
        return Values.Make([x.Shape[0], walk.Rows(x.Shape[1]), walk.Columns(x.Shape[2]), outputs], i =>
        {
            long first = i[3] / (outputs / walk.Groups) * inputs;
            double sum = 0;
            foreach (var (y, z, ky, kx) in Window(walk, i[1], i[2], x.Shape[1], x.Shape[2]))
                for (long c = 0; c < inputs; c++) sum += x[i[0], y, z, first + c] * w[ky, kx, c, i[3]];
            return sum;
        });
    }

    private static Values ConvolveBack(Values g, Values w, Walk walk, long[] shape)
    {
        var result = new double[shape.Aggregate(1L, (a, b) => a * b)];
        long inputs = w.Shape[2], outputs = w.Shape[3];
        Values.Make(g.Shape, i =>
        {
            long first = i[3] / (outputs / walk.Groups) * inputs;
            foreach (var (y, z, ky, kx) in Window(walk, i[1], i[2], shape[1], shape[2]))
                for (long c = 0; c < inputs; c++)
                    result[(((((i[0] * shape[1]) + y) * shape[2]) + z) * shape[3]) + first + c] += g[i] * w[ky, kx, c, i[3]];
            return 0;
        });
        return new(result, shape);
    }

    private static Values Pooled(Values x, Walk walk, Func<double[], double> f) =>
        Values.Make([x.Shape[0], walk.Rows(x.Shape[1]), walk.Columns(x.Shape[2]), x.Shape[3]],
            i => f([.. Window(walk, i[1], i[2], x.Shape[1], x.Shape[2]).Select(p => x[i[0], p.Y, p.X, i[3]])]));

    private static Values Adaptive(Values x, long rows, long columns, Func<double[], double> f) =>
        Values.Make([x.Shape[0], rows, columns, x.Shape[3]], i =>
        {
            var inside = new List<double>();
            for (long y = i[1] * x.Shape[1] / rows; y < (((i[1] + 1) * x.Shape[1]) + rows - 1) / rows; y++)
                for (long z = i[2] * x.Shape[2] / columns; z < (((i[2] + 1) * x.Shape[2]) + columns - 1) / columns; z++) inside.Add(x[i[0], y, z, i[3]]);
            return f([.. inside]);
        });

    private static Values Columns(Values x, Walk walk)
    {
        long rows = walk.Rows(x.Shape[1]), columns = walk.Columns(x.Shape[2]), channels = x.Shape[3];
        return Values.Make([x.Shape[0], rows * columns, walk.KernelHeight * walk.KernelWidth * channels], i =>
        {
            long tap = i[2] / channels;
            foreach (var (y, z, ky, kx) in Window(walk, i[1] / columns, i[1] % columns, x.Shape[1], x.Shape[2]))
                if ((ky * walk.KernelWidth) + kx == tap) return x[i[0], y, z, i[2] % channels];
            return 0;
        });
    }

    private static Values ColumnsBack(Values g, Walk walk, long[] shape)
    {
        var result = new double[shape.Aggregate(1L, (a, b) => a * b)];
        long columns = walk.Columns(shape[2]), channels = shape[3];
        Values.Make(g.Shape, i =>
        {
            long tap = i[2] / channels;
            foreach (var (y, z, ky, kx) in Window(walk, i[1] / columns, i[1] % columns, shape[1], shape[2]))
                if ((ky * walk.KernelWidth) + kx == tap) result[(((((i[0] * shape[1]) + y) * shape[2]) + z) * channels) + (i[2] % channels)] += g[i];
            return 0;
        });
        return new(result, shape);
    }
}

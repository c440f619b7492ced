namespace Gradient.Backend.Cpu.Tests;

/// <summary>Against a triple loop in double precision, with the error bound of a sum: (k + 2) · ε · Σ|a·b|.</summary>
[TestFixture]
public unsafe class GemmTests
{
    private static readonly SimdWidth Native = Simd.Width;

    [TearDown]
    public void Restore()
    {
        Simd.Width = Native;
        WorkerPool.Shared.Threads = Environment.ProcessorCount;
    }

    public enum Order
    {
        Rows,
        Columns,
        PaddedRows,
        NegativeRows,
        NegativeColumns,
        StepTwo,
        RepeatedRow,
        RepeatedColumn,
    }

    /// <summary>A matrix as elements, start and strides.</summary>
    private static (double[] Data, nint Start, nint Row, nint Column) Matrix(Order order, int rows, int columns, Random random)
    {
        var (size, start, row, column) = order switch
        {
            Order.Rows => (rows * columns, 0, columns, 1),
            Order.Columns => (rows * columns, 0, 1, rows),
            Order.PaddedRows => (rows * (columns + 3), 0, columns + 3, 1),
            Order.NegativeRows => (rows * columns, Math.Max(rows - 1, 0) * columns, -columns, 1),
            Order.NegativeColumns => (rows * columns, Math.Max(columns - 1, 0), columns, -1),
            Order.StepTwo => (rows * columns * 4, 0, 4 * columns, 2),
            Order.RepeatedRow => (columns, 0, 0, 1),
            Order.RepeatedColumn => (rows, 0, 1, 0),
            _ => throw new ArgumentOutOfRangeException(nameof(order)),
        };
        var data = new double[size];
        for (int i = 0; i < data.Length; i++)
            data[i] = (float)(random.NextDouble() - 0.5);
        return (data, start, row, column);
    }

    private static void Check(
        int m, int n, int k, Order orderA = Order.Rows, Order orderB = Order.Rows, bool single = true, bool accumulate = false, bool bias = false, bool relu = false)
    {
        var random = new Random(HashCode.Combine(m, n, k));
        var a = Matrix(orderA, m, k, random);
        var b = Matrix(orderB, k, n, random);
        int cRow = n + 5;
        var c = new double[(m * cRow) + 5];
        for (int i = 0; i < c.Length; i++)
            c[i] = (float)(random.NextDouble() - 0.5);
        double[] biases = new double[n];
        for (int j = 0; j < n; j++)
            biases[j] = (float)(random.NextDouble() - 0.5);
        double[] result = single
            ? Single(m, n, k, a, b, c, cRow, accumulate, bias ? biases : null, relu)
            : Double(m, n, k, a, b, c, cRow, accumulate, bias ? biases : null, relu);
        double epsilon = single ? Math.ScaleB(1, -24) : Math.ScaleB(1, -53);
        for (int i = 0; i < c.Length; i++)
        {
            int row = i / cRow, column = i % cRow;
            if (row >= m || column >= n)
            {
                Assert.That(result[i], Is.EqualTo(c[i]), "an element beside the result changed");
                continue;
            }

            double sum = 0, size = 0;
            for (int p = 0; p < k; p++)
            {
                double product = a.Data[a.Start + (row * a.Row) + (p * a.Column)] * b.Data[b.Start + (p * b.Row) + (column * b.Column)];
                sum += product;
                size += Math.Abs(product);
            }

            if (accumulate)
                sum += c[i];
            if (bias)
                sum += biases[column];
            double bound = (k + 2) * epsilon * (size + Math.Abs(c[i]) + Math.Abs(biases[column]));
            if (relu)
                sum = Math.Max(sum, 0);
            if (!(Math.Abs(result[i] - sum) <= bound))
                Assert.Fail($"{m}x{n}x{k} {orderA} {orderB} {Simd.Width}: [{row}, {column}] is {result[i]}, expected {sum}, bound {bound}");
        }
    }

    private static double[] Single(
        int m, int n, int k, (double[] Data, nint Start, nint Row, nint Column) a, (double[] Data, nint Start, nint Row, nint Column) b, double[] c, int cRow, bool accumulate, double[]? bias, bool relu)
    {
        float[] fa = Array.ConvertAll(a.Data, x => (float)x), fb = Array.ConvertAll(b.Data, x => (float)x), fc = Array.ConvertAll(c, x => (float)x);
        float[]? fBias = bias is null ? null : Array.ConvertAll(bias, x => (float)x);
        fixed (float* pa = fa, pb = fb, pc = fc, pBias = fBias)
        {
            Gemm.Run(
                new GemmArguments<float>
                {
                    M = m, N = n, K = k, A = pa + a.Start, ARow = a.Row, AColumn = a.Column, B = pb + b.Start, BRow = b.Row, BColumn = b.Column,
                    C = pc, CRow = cRow, Accumulate = accumulate, Bias = pBias, Relu = relu,
                },
                WorkerPool.Shared);
        }

        return Array.ConvertAll(fc, x => (double)x);
    }

    private static double[] Double(
        int m, int n, int k, (double[] Data, nint Start, nint Row, nint Column) a, (double[] Data, nint Start, nint Row, nint Column) b, double[] c, int cRow, bool accumulate, double[]? bias, bool relu)
    {
        var result = (double[])c.Clone();
        fixed (double* pa = a.Data, pb = b.Data, pc = result, pBias = bias)
        {
            Gemm.Run(
                new GemmArguments<double>
                {
                    M = m, N = n, K = k, A = pa + a.Start, ARow = a.Row, AColumn = a.Column, B = pb + b.Start, BRow = b.Row, BColumn = b.Column,
                    C = pc, CRow = cRow, Accumulate = accumulate, Bias = pBias, Relu = relu,
                },
                WorkerPool.Shared);
        }

        return result;
    }

    [Test]
    public void SizesAtTileEdges([Values(128, 256, 512)] int width, [Values] bool single)
    {
        Simd.Width = (SimdWidth)width;
        int vector = width / 8 / (single ? 4 : 8);
        int[] rows = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17];
        int[] columns = [0, 1, vector - 1, vector, vector + 1, (2 * vector) - 1, 2 * vector, (2 * vector) + 1, 3 * vector, (8 * vector) + 3];
        foreach (int m in rows)
        {
            foreach (int n in columns)
            {
                foreach (int k in (int[])[0, 1, 2, 3, 17])
                {
                    Check(m, n, k, single: single);
                    Check(m, n, k, single: single, accumulate: true, bias: true, relu: true);
                }
            }
        }
    }

    [Test]
    public void DepthsAtBlockEdges([Values(128, 256, 512)] int width, [Values] bool single, [Values(255, 256, 257, 287, 288, 289, 511, 512, 513, 577)] int k)
    {
        Simd.Width = (SimdWidth)width;
        Check(1, 37, k, single: single, bias: true);
        Check(37, 1, k, single: single, bias: true);
        Check(5, 40, k, single: single, bias: true, relu: true);
        Check(33, 70, k, single: single, bias: true, relu: true);
        Check(33, 70, k, single: single, accumulate: true);
    }

    [Test]
    public void LongDepths([Values(128, 256, 512)] int width, [Values] bool single, [Values(1, 3)] int threads, [Values] Order orderA)
    {
        Simd.Width = (SimdWidth)width;
        WorkerPool.Shared.Threads = threads;
        foreach ((int m, int n, int k) in ((int, int, int)[])[(2, 2, 511), (7, 33, 512), (33, 70, 1000), (64, 64, 5003), (181, 181, 600), (182, 181, 600)])
        {
            Check(m, n, k, orderA, single: single);
            Check(m, n, k, orderA, single: single, bias: true, relu: true);
            Check(m, n, k, orderA, single: single, accumulate: true);
        }
    }

    [Test]
    public void OrdersOfElements([Values(128, 256, 512)] int width, [Values] bool single, [Values] Order orderA, [Values] Order orderB)
    {
        Simd.Width = (SimdWidth)width;
        foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 19, 300), (19, 1, 300), (7, 33, 10), (40, 90, 300), (100, 150, 70), (1, 130, 5), (2, 300, 1)])
            Check(m, n, k, orderA, orderB, single, bias: true);
    }

    [Test]
    public void LargeBlocks([Values(128, 256, 512)] int width, [Values(1, 2, 3)] int threads)
    {
        Simd.Width = (SimdWidth)width;
        WorkerPool.Shared.Threads = threads;
        Check(401, 2100, 33);
        Check(390, 97, 300, Order.Columns, Order.Columns, relu: true, bias: true);
        Check(9, 2085, 290, Order.Rows, Order.Columns);
        Check(300, 500, 300, single: false);
    }

    [Test]
    public void BitsDoNotDependOnTheNumberOfThreads([Values(128, 256, 512)] int width)
    {
        Simd.Width = (SimdWidth)width;
        var random = new Random(5);
        foreach ((int m, int n, int k) in ((int, int, int)[])[(300, 310, 600), (1, 3000, 700), (3000, 1, 700), (20, 2500, 300), (2500, 20, 300), (33, 70, 3001)])
        {
            var a = Matrix(Order.Rows, m, k, random);
            var b = Matrix(Order.Rows, k, n, random);
            WorkerPool.Shared.Threads = 1;
            double[] one = Single(m, n, k, a, b, new double[m * n], n, false, null, false);
            foreach (int threads in (int[])[2, 3, 5])
            {
                WorkerPool.Shared.Threads = threads;
                Assert.That(Single(m, n, k, a, b, new double[m * n], n, false, null, false), Is.EqualTo(one));
            }
        }
    }

    [Test]
    public void LongSumsStayAccurate([Values(128, 256, 512)] int width)
    {
        // One chain of 2²² additions of 0.1f drifts by percents; 2²² / 288 additions of block sums, by half a unit each, by 0.05 % at most.
        Simd.Width = (SimdWidth)width;
        const int Depth = 1 << 22;
        var values = new float[Depth * 2];
        Array.Fill(values, 0.1f);
        var ones = new float[Depth * 2];
        Array.Fill(ones, 1f);
        foreach ((int m, int n, bool columns) in ((int, int, bool)[])[(1, 1, false), (1, 2, false), (1, 2, true), (2, 1, false), (2, 2, false)])
        {
            var c = new float[m * n];
            fixed (float* pa = values, pb = ones, pc = c)
            {
                Gemm.Run(
                    new GemmArguments<float> { M = m, N = n, K = Depth, A = pa, ARow = Depth, AColumn = 1, B = pb, BRow = columns ? 1 : n, BColumn = columns ? Depth : 1, C = pc, CRow = n },
                    WorkerPool.Shared);
            }

            foreach (float sum in c)
                Assert.That(sum, Is.EqualTo(Depth * (double)0.1f).Within(0.1).Percent, $"{m}x{n}");
        }
    }

    [Test]
    public void SpecialValuesPropagate([Values(128, 256, 512)] int width, [Values] bool relu)
    {
        Simd.Width = (SimdWidth)width;
        const int Size = 50;
        var a = new float[Size * Size];
        var b = new float[Size * Size];
        a[(3 * Size) + 4] = float.NaN;
        a[(40 * Size) + 9] = float.PositiveInfinity;
        b[(9 * Size) + 49] = 2;
        var c = new float[Size * Size];
        fixed (float* pa = a, pb = b, pc = c)
        {
            Gemm.Run(
                new GemmArguments<float> { M = Size, N = Size, K = Size, A = pa, ARow = Size, AColumn = 1, B = pb, BRow = Size, BColumn = 1, C = pc, CRow = Size, Relu = relu },
                WorkerPool.Shared);
        }

        for (int i = 0; i < Size; i++)
        {
            for (int j = 0; j < Size; j++)
            {
                // NaN · 0 is NaN, ∞ · 0 is NaN, ∞ · 2 is ∞.
                float expected = i == 3 ? float.NaN : i != 40 ? 0 : j == 49 ? float.PositiveInfinity : float.NaN;
                Assert.That(c[(i * Size) + j], Is.EqualTo(expected), $"[{i}, {j}]");
            }
        }
    }

    [Test]
    public void Batches([Values(128, 256, 512)] int width, [Values(1, 2, 3)] int threads, [Values(1, 3, 50)] int count, [Values(5, 100)] int size)
    {
        Simd.Width = (SimdWidth)width;
        WorkerPool.Shared.Threads = threads;
        var random = new Random(3);
        int square = size * size;
        float[] a = new float[count * square], b = new float[square], c = new float[count * square];
        for (int i = 0; i < a.Length; i++)
            a[i] = random.NextSingle() - 0.5f;
        for (int i = 0; i < b.Length; i++)
            b[i] = random.NextSingle() - 0.5f;
        nint[] aOffsets = new nint[count], bOffsets = new nint[count], cOffsets = new nint[count];
        for (int i = 0; i < count; i++)
        {
            aOffsets[i] = i * square;
            cOffsets[i] = (count - 1 - i) * square;
        }

        fixed (float* pa = a, pb = b, pc = c)
        fixed (nint* oa = aOffsets, ob = bOffsets, oc = cOffsets)
        {
            Gemm.RunBatch(
                new GemmArguments<float> { M = size, N = size, K = size, A = pa, ARow = size, AColumn = 1, B = pb, BRow = size, BColumn = 1, C = pc, CRow = size },
                new GemmBatch { Count = count, AOffsets = oa, BOffsets = ob, COffsets = oc },
                WorkerPool.Shared);
        }

        for (int s = 0; s < count; s++)
        {
            for (int i = 0; i < size; i++)
            {
                for (int j = 0; j < size; j++)
                {
                    double sum = 0;
                    for (int p = 0; p < size; p++)
                        sum += (double)a[(s * square) + (i * size) + p] * b[(p * size) + j];
                    Assert.That(c[((count - 1 - s) * square) + (i * size) + j], Is.EqualTo(sum).Within(1e-5 * Math.Sqrt(size)));
                }
            }
        }
    }

    [Test]
    public void SteadyStateAllocatesNothing()
    {
        const int Size = 200;
        float* a = Scratch.Get<float>(ScratchPurpose.Partials, 3 * Size * Size);
        new Span<float>(a, 3 * Size * Size).Clear();
        var product = new GemmArguments<float>
        {
            M = Size, N = Size, K = Size, A = a, ARow = Size, AColumn = 1, B = a + (Size * Size), BRow = Size, BColumn = 1, C = a + (2 * Size * Size), CRow = Size,
        };
        for (int i = 0; i < 5; i++)
            Gemm.Run(product, WorkerPool.Shared);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
            Gemm.Run(product, WorkerPool.Shared);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}

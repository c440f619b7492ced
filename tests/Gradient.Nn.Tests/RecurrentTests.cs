namespace Gradient.Nn.Tests;

/// <summary>Recurrent layers against loops over single numbers in double precision.</summary>
public class RecurrentTests
{
    private const int Inputs = 3, Hidden = 4, Batch = 2, Time = 5;

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double[][] Weights(Module module) => [.. module.Parameters().Select(p => p.ToArray<double>())];

    private static double Gate(double[] x, double[] w, double[] b, int column, int columns)
    {
        double sum = b[column];
        for (int i = 0; i < x.Length; i++) sum += x[i] * w[(i * columns) + column];
        return sum;
    }

    private static (double[] H, double[] C) LstmStep(double[] x, double[] h, double[] c, double[][] w)
    {
        double[] nextH = new double[Hidden], nextC = new double[Hidden];
        for (int k = 0; k < Hidden; k++)
        {
            double G(int gate) => Gate(x, w[0], w[2], (gate * Hidden) + k, 4 * Hidden) + Gate(h, w[1], w[3], (gate * Hidden) + k, 4 * Hidden);
            nextC[k] = (Sigmoid(G(1)) * c[k]) + (Sigmoid(G(0)) * Math.Tanh(G(2)));
            nextH[k] = Sigmoid(G(3)) * Math.Tanh(nextC[k]);
        }

        return (nextH, nextC);
    }

    private static double[] GruStep(double[] x, double[] h, double[][] w)
    {
        var next = new double[Hidden];
        for (int k = 0; k < Hidden; k++)
        {
            double X(int gate) => Gate(x, w[0], w[2], (gate * Hidden) + k, 3 * Hidden);
            double H(int gate) => Gate(h, w[1], w[3], (gate * Hidden) + k, 3 * Hidden);
            double z = Sigmoid(X(1) + H(1)), n = Math.Tanh(X(2) + (Sigmoid(X(0) + H(0)) * H(2)));
            next[k] = ((1 - z) * n) + (z * h[k]);
        }

        return next;
    }

    [Test]
    public void Lstm_of_two_layers_in_both_directions()
    {
        var lstm = new LSTM(Inputs, Hidden, layers: 2, bidirectional: true);
        lstm.To(DType.Float64);
        var x = GradientTensor.Randn([Batch, Time, Inputs], seed: 1, dtype: DType.Float64);
        GradientTensor h0 = GradientTensor.Randn([4, Batch, Hidden], seed: 2, dtype: DType.Float64), c0 = h0 * 0.5;
        var (output, state) = lstm.Forward(x, new LstmState(h0, c0));
        Assert.That(output.Shape, Is.EqualTo(new Shape([Batch, Time, 2 * Hidden])));
        double[][] w = Weights(lstm);
        for (int b = 0; b < Batch; b++)
        {
            var sequence = Enumerable.Range(0, Time).Select(t => x[b, t].ToArray<double>()).ToArray();
            for (int layer = 0; layer < 2; layer++)
            {
                var next = Enumerable.Range(0, Time).Select(_ => new double[2 * Hidden]).ToArray();
                for (int direction = 0; direction < 2; direction++)
                {
                    int at = (2 * layer) + direction;
                    double[] h = h0[at, b].ToArray<double>(), c = c0[at, b].ToArray<double>();
                    for (int step = 0; step < Time; step++)
                    {
                        int t = direction == 0 ? step : Time - 1 - step;
                        (h, c) = LstmStep(sequence[t], h, c, w[(4 * at)..((4 * at) + 4)]);
                        h.CopyTo(next[t], direction * Hidden);
                    }

                    Assert.That(state.Hidden[at, b].ToArray<double>(), Is.EqualTo(h).Within(1e-12));
                    Assert.That(state.Cell[at, b].ToArray<double>(), Is.EqualTo(c).Within(1e-12));
                }

                sequence = next;
            }

            for (int t = 0; t < Time; t++) Assert.That(output[b, t].ToArray<double>(), Is.EqualTo(sequence[t]).Within(1e-12));
        }
    }

    [Test]
    public void Gru_from_zeros()
    {
        var gru = new GRU(Inputs, Hidden);
        gru.To(DType.Float64);
        var x = GradientTensor.Randn([Batch, Time, Inputs], seed: 1, dtype: DType.Float64);
        var (output, state) = gru.Forward(x, null);
        for (int b = 0; b < Batch; b++)
        {
            var h = new double[Hidden];
            for (int t = 0; t < Time; t++)
            {
                h = GruStep(x[b, t].ToArray<double>(), h, Weights(gru));
                Assert.That(output[b, t].ToArray<double>(), Is.EqualTo(h).Within(1e-12));
            }

            Assert.That(state[0, b].ToArray<double>(), Is.EqualTo(h).Within(1e-12));
        }

        Assert.That(gru.Forward(x).ToArray<double>(), Is.EqualTo(output.ToArray<double>()));
    }

    [Test]
    public void Gradients_agree_with_finite_differences()
    {
        foreach (Recurrent layer in new Recurrent[] { new LSTM(2, 3, 2, bidirectional: true), new GRU(2, 3, 2, bias: false) })
        {
            layer.To(DType.Float64);
            GradientCheck.Verify(layer.Forward, GradientTensor.Randn([2, 3, 2], seed: 4, dtype: DType.Float64));
            var parameters = layer.Parameters();
            var x = GradientTensor.Randn([2, 3, 2], seed: 5, dtype: DType.Float64);
            layer.Forward(x).Sum().Backward();
            const double h = 1e-6;
            foreach (var parameter in parameters)
            {
                var values = parameter.Value.AsSpan<double>();
                double before = values[1];
                values[1] = before + h;
                double above = layer.Forward(x).Sum().Item<double>();
                values[1] = before - h;
                double below = layer.Forward(x).Sum().Item<double>();
                values[1] = before;
                Assert.That(parameter.Grad!.ToArray<double>()[1], Is.EqualTo((above - below) / (2 * h)).Within(1e-7));
            }
        }
    }

    [Test]
    public void Names_are_those_that_ported_weights_have()
    {
        Assert.That(new LSTM(3, 4, 2, bidirectional: true).StateDictionary().Keys, Is.EqualTo(
            new[] { "l0", "l0_reverse", "l1", "l1_reverse" }.SelectMany(s => new[] { $"weight_ih_{s}", $"weight_hh_{s}", $"bias_ih_{s}", $"bias_hh_{s}" })));
        Assert.Throws<ShapeMismatchException>(() => new GRU(3, 4).Forward(GradientTensor.Zeros([2, 3])));
        Assert.Throws<ShapeMismatchException>(() => new GRU(3, 4).Forward(GradientTensor.Zeros([2, 1, 3]), GradientTensor.Zeros([1, 3, 4])));
    }
}

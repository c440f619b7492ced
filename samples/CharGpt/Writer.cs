using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Samples.CharGpt;

/// <summary>Writes text with a model: asks what comes next, draws one by its probability, and asks again.</summary>
internal sealed class Writer(Gpt model, int vocabulary, long seed)
{
    public IEnumerable<int> Write(int[] beginning, int length)
    {
        model.Eval();
        using var noGrad = Tape.NoGrad();
        var text = new List<int>(beginning);
        for (int i = 0; i < length; i++)
        {
            using var scope = TensorScope.Begin();
            long[] seen = [.. text.TakeLast(model.Context).Select(character => (long)character)];
            var input = GradientTensor.From(seen, [1, seen.Length], model.Parameters()[0].Device);
            var next = model.Forward(input).Select(1, seen.Length - 1).Reshape(vocabulary);
            text.Add(Draw(next.Softmax(axis: 0).ToArray<float>(), Philox.ToUnit(Philox.At(unchecked((ulong)seed), (ulong)i).X0)));
        }

        return text.Skip(beginning.Length);
    }

    /// <summary>The first character at which the probabilities sum to more than a uniform number.</summary>
    private static int Draw(float[] probabilities, float uniform)
    {
        double sum = 0;
        for (int i = 0; i < probabilities.Length; i++)
        {
            sum += probabilities[i];
            if (uniform < sum) return i;
        }

        return probabilities.Length - 1; // rounding left the sum below 1
    }
}

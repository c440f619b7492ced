using Gradient.Nn;

namespace Gradient.Data.Tests;

public class MixingTests
{
    private const int Batch = 6, Classes = 4;

    private static readonly Tensor Labels = Tensor.From<long>([0, 1, 2, 3, 0, 1], [Batch], Devices.Cpu);

    /// <summary>Image i is filled with i + 1, so that every mixed value tells what it was made of.</summary>
    private static readonly Tensor Images = Tensor.From<float>([.. Enumerable.Range(0, Batch * 5 * 7 * 2).Select(i => (i / 70) + 1f)], [Batch, 5, 7, 2], Devices.Cpu);

    [Test]
    public void Mixed_up_inputs_and_targets_have_the_same_weights()
    {
        for (int i = 0; i < 200; i++)
        {
            var (inputs, targets) = new MixUp(Classes, alpha: 1).Apply(Images, Labels, new ItemRandom(1, 0, i));
            float weight = (float)new ItemRandom(1, 0, i).NextBeta(1, 1);
            float[] x = inputs.ToArray<float>(), y = targets.ToArray<float>();
            Assert.That(targets.Shape, Is.EqualTo(new Shape([Batch, Classes])));
            var partners = new List<int>();
            for (int row = 0; row < Batch; row++)
            {
                float value = x[row * 70];
                Assert.That(x.Skip(row * 70).Take(70), Is.All.EqualTo(value));
                int partner = (int)Math.Round((value - (weight * (row + 1))) / (1 - weight)) - 1;
                partners.Add(partner);
                var expected = new float[Classes];
                expected[row % Classes] += weight;
                expected[partner % Classes] += 1 - weight;
                Assert.That(y.Skip(row * Classes).Take(Classes), Is.EqualTo(expected).Within(1e-6));
            }

            Assert.That(partners.Order(), Is.EqualTo(Enumerable.Range(0, Batch)), "every example is some example's partner");
        }
    }

    [Test]
    public void Cut_rectangles_weigh_by_their_area()
    {
        int pasted = 0;
        for (int i = 0; i < 200; i++)
        {
            var (inputs, targets) = new CutMix(Classes).Apply(Images, Labels, new ItemRandom(2, 0, i));
            float[] x = inputs.ToArray<float>(), y = targets.ToArray<float>();
            for (int row = 0; row < Batch; row++)
            {
                float[] image = [.. x.Skip(row * 70).Take(70)];
                int[] foreign = [.. Enumerable.Range(0, 70).Where(p => image[p] != row + 1)];
                float kept = 1 - (foreign.Length / 70f);
                var expected = new float[Classes];
                expected[row % Classes] += kept;
                if (foreign.Length > 0)
                {
                    pasted++;
                    int partner = (int)image[foreign[0]] - 1;
                    expected[partner % Classes] += 1 - kept;
                    int[] rows = [.. foreign.Select(p => p / 14).Distinct()], columns = [.. foreign.Select(p => p % 14 / 2).Distinct()];
                    Assert.That(foreign, Has.Length.EqualTo(rows.Length * columns.Length * 2), "a rectangle, of all channels");
                    Assert.That(foreign.Select(p => image[p]), Is.All.EqualTo(image[foreign[0]]));
                    Assert.That(y.Skip(row * Classes).Take(Classes), Is.EqualTo(expected).Within(1e-6));
                }

                Assert.That(y.Skip(row * Classes).Take(Classes).Sum(), Is.EqualTo(1).Within(1e-6));
            }
        }

        Assert.That(pasted, Is.GreaterThan(400));
    }

    [Test]
    public void A_loader_mixes_the_same_on_any_number_of_workers_and_CrossEntropy_takes_it()
    {
        var dataset = new TensorDataset(Images, Labels);
        float[][] Epochs(int workers, int prefetch)
        {
            using var loader = new DataLoader(dataset, 4, shuffle: true, seed: 3, workers: workers, prefetch: prefetch, transform: new MixUp(Classes, 0.4));
            return [.. Enumerable.Range(0, 3).SelectMany(_ => loader.Select(batch => (float[])[.. batch.Inputs.ToArray<float>(), .. batch.Targets.ToArray<float>()]))];
        }

        float[][] expected = Epochs(1, 0);
        foreach (int workers in new[] { 1, 2, 5 })
            Assert.That(Epochs(workers, 2), Is.EqualTo(expected), $"{workers} workers");
        using var mixed = new DataLoader(dataset, 6, transform: new CutMix(Classes));
        foreach (var (_, targets) in mixed)
            Assert.That(Loss.CrossEntropy(GradientTensor.Zeros([6, Classes]), targets).Item(), Is.EqualTo(Math.Log(Classes)).Within(1e-6));
    }

    [Test]
    public void Soft_targets_are_mixed_again_and_others_refused()
    {
        var random = new ItemRandom(1, 0, 0);
        var (inputs, soft) = new MixUp(Classes).Apply(Images, Labels, random);
        var (_, softer) = new CutMix(Classes).Apply(inputs, soft, random);
        Assert.That(softer.ToArray<float>().Sum(), Is.EqualTo(Batch).Within(1e-5));
        Assert.That(() => new MixUp(3).Apply(Images, Labels, random), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("0 to 2"));
        Assert.That(() => new MixUp(Classes).Apply(Images, Images, random), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("[6, 5, 7, 2]"));
        Assert.That(() => new MixUp(Classes).Apply(Labels, Labels, random), Throws.TypeOf<DTypeMismatchException>());
        Assert.That(() => new CutMix(Classes).Apply(soft, Labels, random), Throws.TypeOf<ShapeMismatchException>());
    }
}

using Gradient.Data;
using Gradient.Training;

namespace Gradient.Nn.Tests;

/// <summary>The guide's program "a model and a training loop of one's own", as written, on drawn images in MNIST's files.</summary>
public class ApiProgram
{
    private static string WriteImages(int count)
    {
        string folder = Directory.CreateTempSubdirectory("gradient-api-").FullName;
        byte[] images = new byte[16 + (count * 784)], labels = new byte[8 + count];
        ReadOnlySpan<byte> imageHeader = [0, 0, 8, 3, 0, 0, (byte)(count >> 8), (byte)count, 0, 0, 0, 28, 0, 0, 0, 28];
        ReadOnlySpan<byte> labelHeader = [0, 0, 8, 1, 0, 0, (byte)(count >> 8), (byte)count];
        imageHeader.CopyTo(images);
        labelHeader.CopyTo(labels);
        for (int i = 0; i < count; i++)
        {
            int label = i % 10;
            labels[8 + i] = (byte)label;
            // A bar of two rows whose place is the label, of varying brightness and length.
            for (int row = 0; row < 2; row++)
                images.AsSpan(16 + (i * 784) + (((label * 2) + 4 + row) * 28) + (i % 5), 18).Fill((byte)(150 + (i % 100)));
        }

        File.WriteAllBytes(Path.Combine(folder, "train-images-idx3-ubyte"), images);
        File.WriteAllBytes(Path.Combine(folder, "train-labels-idx1-ubyte"), labels);
        return folder;
    }

    [Test]
    public void A_model_and_a_training_loop_of_ones_own()
    {
        string folder = WriteImages(150), file = Path.Combine(folder, "mnist.safetensors");
        RandomNumbers.Seed(1);
        var losses = new List<float>();
        try
        {
            var model = new Sequential(
                new Conv2d(1, 32, kernelSize: 3, padding: 1), new BatchNorm2d(32), new ReLU(), new MaxPool2d(2),
                new Conv2d(32, 64, kernelSize: 3, padding: 1), new BatchNorm2d(64), new ReLU(), new MaxPool2d(2),
                new Flatten(), new Linear(64 * 7 * 7, 128), new ReLU(), new Dropout(0.25f), new Linear(128, 10));
            model.To(Devices.Best);
            Assert.That(model.Summary([1, 28, 28, 1]), Does.Contain("421,834 parameters"));

            using var train = new DataLoader(Mnist.Load(folder, train: true), batchSize: 64, shuffle: true, seed: 1);
            var optimizer = new AdamW(model.Parameters(), learningRate: 1e-3f, weightDecay: 0.01f);
            var schedule = new CosineAnnealing(optimizer, totalSteps: 5 * train.BatchCount, warmupSteps: 3);

            for (int epoch = 0; epoch < 5; epoch++)
                foreach (var (images, labels) in train)
                {
                    var loss = Loss.CrossEntropy(model.Forward(images), labels);      // labels: class indices or probabilities
                    loss.Backward();
                    Gradients.ClipNorm(model.Parameters(), maxNorm: 1f);               // returns the norm before clipping
                    optimizer.Step();
                    optimizer.ZeroGrad();
                    schedule.Step();
                    losses.Add(loss.Item());
                }

            model.Eval();
            float[] before;
            var probe = GradientTensor.Randn([3, 28, 28, 1], seed: 1);
            using (Tape.NoGrad()) before = model.Forward(probe).ToArray<float>();
            model.Save(file);
            foreach (var parameter in model.Parameters()) parameter.Value.Fill(0);
            model.Load(file);
            using (Tape.NoGrad()) Assert.That(model.Forward(probe).ToArray<float>(), Is.EqualTo(before));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Assert.That(losses, Has.Count.EqualTo(15));
        Assert.That(losses[^1], Is.LessThan(losses[0] / 2));
    }
}

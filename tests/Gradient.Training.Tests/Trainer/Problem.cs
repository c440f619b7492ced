using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>Small tasks to train on.</summary>
internal static class Problem
{
    /// <summary>Points of a noisy line of 4 inputs, in order unless shuffled.</summary>
    public static DataLoader Regression(int count, int batchSize, bool shuffle = false, DType dtype = DType.Float32, long seed = 1)
    {
        var x = GradientTensor.Randn([count, 4], seed, dtype);
        var y = x.MatMul(GradientTensor.Randn([4, 2], seed: 2, dtype)) + GradientTensor.Randn([count, 2], seed + 100, dtype) * 0.1;
        return new(new TensorDataset(x.Value, y.Value), batchSize, shuffle, seed: 3);
    }

    /// <summary>Three clouds of points in 4 dimensions, and which one each is of.</summary>
    public static DataLoader Classes(int count, int batchSize, bool shuffle = false, long seed = 1)
    {
        var labels = GradientTensor.RandInt(0, 3, [count], seed);
        var x = GradientTensor.Randn([3, 4], seed: 5).IndexSelect(0, labels) * 2 + GradientTensor.Randn([count, 4], seed + 100);
        return new(new TensorDataset(x.Value, labels.Value), batchSize, shuffle, seed: 3);
    }

    public static Sequential Model(int outputs, double dropout = 0, bool norm = false)
    {
        RandomNumbers.Seed(7);
        return norm
            ? new(new Linear(4, 8), new BatchNorm1d(8), new Tanh(), new Dropout(dropout), new Linear(8, outputs))
            : new(new Linear(4, 8), new Tanh(), new Dropout(dropout), new Linear(8, outputs));
    }

    /// <summary>The bits of parameters and buffers.</summary>
    public static byte[] Bits(Module model) => [.. model.StateDictionary().Values.SelectMany(tensor => BytesOf(tensor.To(DType.Float64)))];

    private static byte[] BytesOf(Tensor tensor) => System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(tensor.ToArray<double>()).ToArray();
}

/// <summary>A callback made of functions.</summary>
internal sealed class Watcher : TrainingCallback
{
    public List<string> Turns { get; } = [];

    public Action<string, TrainingContext>? At { get; init; }

    public override void OnTrainingStart(TrainingContext context) => Turn("training start", context);

    public override void OnTrainingEnd(TrainingContext context) => Turn("training end", context);

    public override void OnEpochStart(TrainingContext context) => Turn("epoch start", context);

    public override void OnEpochEnd(TrainingContext context) => Turn("epoch end", context);

    public override void OnBatchStart(TrainingContext context) => Turn("batch start", context);

    public override void OnBatchEnd(TrainingContext context) => Turn("batch end", context);

    public override void OnRecord(TrainingContext context) => Turn("record", context);

    public override void OnValidationStart(TrainingContext context) => Turn("validation start", context);

    public override void OnValidationBatchEnd(TrainingContext context) => Turn("validation batch end", context);

    public override void OnValidationEnd(TrainingContext context) => Turn("validation end", context);

    private void Turn(string turn, TrainingContext context)
    {
        Turns.Add(turn);
        At?.Invoke(turn, context);
    }
}

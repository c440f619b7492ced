using Gradient.Nn;
using Gradient.Training;

namespace Gradient.Benchmarks;

/// <summary>
/// What <see cref="Sequential.CheckpointSegments"/> gives and costs: whole training steps of 16 transformer blocks in 1, 4, 16 segments; peak_mib
/// beside ms. Without a peer.
/// </summary>
internal static class Checkpointing
{
    public static void Run(Timer timer)
    {
        foreach (int segments in (int[])[1, 4, 16])
        {
            var blocks = Enumerable.Range(0, 16).Select(_ => new TransformerBlock(64, 4, causal: true));
            var model = new Sequential([.. blocks]) { CheckpointSegments = segments };
            var optimizer = new AdamW(model.Parameters(), learningRate: 1e-3);
            GradientTensor x = GradientTensor.Randn([16, 64, 64]), target = GradientTensor.Randn([16, 64, 64]);
            timer.Time($"memory/checkpoint-16x64-ctx64-b16-segments-{segments}", () =>
            {
                optimizer.ZeroGrad();
                Loss.Mse(model.Forward(x), target).Backward();
                optimizer.Step();
            });
        }
    }
}

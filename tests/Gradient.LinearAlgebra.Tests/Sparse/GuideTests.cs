namespace Gradient.LinearAlgebra.Tests.Sparse;

/// <summary>The program of docs/linear-algebra.md prints what it says.</summary>
public sealed class GuideTests
{
    [Test]
    public void The_graph_of_the_guide()
    {
        var edges = GradientTensor.From<float>([1, 2, 3], requiresGrad: true);
        var graph = SparseTensor.FromCoordinates(3, 3, [0, 0, 1], [1, 2, 2], edges).ToCsr();
        Assert.That(graph.ToString(), Is.EqualTo("csr [3, 3] float32, 3 non-zeros (33.3333 %), 40 bytes, requires grad"));
        var features = GradientTensor.From(new float[,] { { 1, 0 }, { 0, 1 }, { 1, 1 } });
        var heard = graph.MatMul(features);
        Assert.That(heard.ToArray<float>(), Is.EqualTo(new float[] { 2, 3, 3, 3, 0, 0 }));
        heard.Sum().Backward();
        Assert.That(edges.Grad!.ToString(), Is.EqualTo("[1., 2., 2.]  shape [3], float32"));
    }
}

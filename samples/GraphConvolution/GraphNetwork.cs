using Gradient.Autograd;
using Gradient.LinearAlgebra;
using Gradient.Nn;

namespace Gradient.Samples.GraphConvolution;

/// <summary>
/// Two graph convolutions (Kipf and Welling, Semi-Supervised Classification with Graph Convolutional Networks, 2017): each mixes what a node and
/// its neighbours have, Â·(x·W + b), and a ReLU lies between.
/// </summary>
internal sealed class GraphNetwork : Module
{
    private readonly SparseTensor adjacency;
    private readonly Linear first, second;
    private readonly Dropout dropout;

    public GraphNetwork(SparseTensor adjacency, int features, int hidden, int classes)
    {
        this.adjacency = adjacency;
        first = Register("first", new Linear(features, hidden));
        second = Register("second", new Linear(hidden, classes));
        dropout = Register("dropout", new Dropout(0.5f));
    }

    /// <summary>[nodes, features] to [nodes, classes].</summary>
    public override GradientTensor Forward(GradientTensor x) =>
        adjacency.MatMul(second.Forward(dropout.Forward(adjacency.MatMul(first.Forward(x)).Relu())));
}

using System.CommandLine;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.LinearAlgebra;
using Gradient.Nn;
using Gradient.Samples;
using Gradient.Samples.GraphConvolution;
using Gradient.Training;

var people = CommonOptions.Number("--people", 2000, 100, "How many people there are, in four communities");
var known = CommonOptions.Number("--known", 20, 1, "Of how many per community it is known");
var steps = CommonOptions.Number("--steps", 200, 0, "Steps of training, each on the whole graph");
var device = CommonOptions.Device();
var seed = CommonOptions.Seed();

var command = new RootCommand("Finds communities in a graph by convolutions on its sparse adjacency.") { people, known, steps, device, seed };
command.SetAction((parsed, cancellation) => Task.Run(() => CommonOptions.Guard(() =>
{
    var where = CommonOptions.Find(parsed.GetValue(device)!);
    int all = parsed.GetValue(people), labelled = Math.Min(parsed.GetValue(known), all / Communities.Count - 1);
    var graph = new Communities(all, labelled, parsed.GetValue(seed), where);
    Console.WriteLine($"{all:N0} people on {where}, {graph.Edges:N0} acquaintances, {labelled} known in each of {Communities.Count} communities");
    Console.WriteLine($"adjacency: {graph.Adjacency}");
    Console.WriteLine($"without the graph: test accuracy {Train(graph.Nobody):0.00} %");
    Console.WriteLine($"with the graph: test accuracy {Train(graph.Adjacency):0.00} %");

    double Train(SparseTensor adjacency)
    {
        RandomNumbers.Seed(parsed.GetValue(seed));
        var model = new GraphNetwork(adjacency, Communities.Features, hidden: 32, Communities.Count);
        model.To(where);
        var optimizer = new AdamW(model.Parameters(), learningRate: 0.01f, weightDecay: 0.05f);
        var targets = graph.Labels.IndexSelect(0, graph.Known);
        for (int step = 1; step <= parsed.GetValue(steps); step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = TensorScope.Begin();
            var loss = Loss.CrossEntropy(model.Forward(graph.Told).IndexSelect(0, graph.Known), targets);
            loss.Backward();
            optimizer.Step();
            optimizer.ZeroGrad();
            if (step % 50 == 0) Console.WriteLine($"  step {step}  loss {loss.Item():0.0000}");
        }

        model.Eval();
        using var noGrad = Tape.NoGrad();
        var found = model.Forward(graph.Told).ArgMax(axis: 1).IndexSelect(0, graph.Unknown);
        return 100 * found.EqualTo(graph.Labels.IndexSelect(0, graph.Unknown)).To(DType.Float32).Mean().Item();
    }
})));
return command.Parse(args).Invoke();

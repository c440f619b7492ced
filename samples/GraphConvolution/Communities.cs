using Gradient.Autograd;
using Gradient.Core;
using Gradient.LinearAlgebra;

namespace Gradient.Samples.GraphConvolution;

/// <summary>
/// People in communities who mostly know their own (a stochastic block model; Holland, Laskey and Leinhardt, 1983). What each tells of
/// itself is mostly noise; of a few it is known where they belong.
/// </summary>
internal sealed class Communities
{
    public const int Count = 4, Features = 16;
    private const double FriendsInside = 8, FriendsOutside = 3, Signal = 1.4;

    public Communities(int people, int knownPerCommunity, long seed, Device device)
    {
        var random = new Random((int)seed);
        int[] community = [.. Enumerable.Range(0, people).Select(i => i % Count)];
        double inside = FriendsInside * Count / people, outside = FriendsOutside * Count / (people * (Count - 1.0));
        List<int> rows = [], columns = [];
        for (int i = 0; i < people; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (random.NextDouble() >= (community[i] == community[j] ? inside : outside)) continue;
                rows.AddRange([i, j]);
                columns.AddRange([j, i]);
            }
        }

        Edges = rows.Count / 2;
        var known = SparseTensor.FromCoordinates(people, people, [.. rows], [.. columns], GradientTensor.Ones([rows.Count], device: device)).ToCsr();
        Adjacency = Normalized(known + SparseTensor.Eye(people, device: device));
        Nobody = SparseTensor.Eye(people, device: device);
        Labels = GradientTensor.From(Array.ConvertAll(community, c => (long)c), device);
        Known = GradientTensor.Arange(0, knownPerCommunity * Count, dtype: DType.Int64, device: device);
        Unknown = GradientTensor.Arange(knownPerCommunity * Count, people, dtype: DType.Int64, device: device);
        // The first features lean toward the community of a person, a little.
        Told = GradientTensor.Randn([people, Features], seed: seed, device: device) + (Labels.OneHot(Features) * Signal);
    }

    public long Edges { get; }

    /// <summary>D^(−½)·(A + I)·D^(−½), each with itself and its neighbours, weighed by how many they know.</summary>
    public SparseTensor Adjacency { get; }

    /// <summary>The same if nobody knew anybody.</summary>
    public SparseTensor Nobody { get; }

    public GradientTensor Told { get; }

    public GradientTensor Labels { get; }

    /// <summary>The people of whom the community is known.</summary>
    public GradientTensor Known { get; }

    public GradientTensor Unknown { get; }

    private static SparseTensor Normalized(SparseTensor adjacency)
    {
        var weights = adjacency.Sum(1).Pow(-0.5);
        return adjacency * weights.Unsqueeze(1) * weights;
    }
}

using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace Gradient.Core.Tests.Layouts;

/// <summary>Views against the naive model, one by one and in chains. FsCheck draws the seeds and prints the one that fails.</summary>
public class LayoutProperties
{
    [TestCaseSource(typeof(RandomViews), nameof(RandomViews.Operations))]
    public void Each_view_is_the_view_of_its_model(string operation)
    {
        int applied = 0;
        for (int seed = 0; seed < 1500; seed++)
        {
            var views = new RandomViews(seed);
            var (layout, model) = views.Chain(views.Random.Next(3));
            var (result, expected) = views.Apply(operation, layout, model);
            AssertSame(result, expected);
            if (!ReferenceEquals(expected, model)) applied++;
        }

        Assert.That(applied, Is.GreaterThan(100), "the operation was hardly ever applicable");
    }

    [Property(MaxTest = 2000)]
    public void Chains_of_views_are_the_chains_of_their_models(int seed)
    {
        var views = new RandomViews(seed);
        var (layout, model) = views.Chain(8);
        AssertSame(layout, model);
    }

    [Property(MaxTest = 1500)]
    public void Reshape_is_a_view_exactly_where_strides_exist(int seed)
    {
        var views = new RandomViews(seed);
        var (layout, model) = views.Chain(4);
        var target = model.Reshape(views.Factorization(model.Positions.Length));
        bool possible = layout.TryReshape(new Shape(target.Lengths), out var view);
        Assert.That(possible, Is.EqualTo(target.IsStrided()));
        if (possible) AssertSame(view, target);
    }

    [Property(MaxTest = 1000)]
    public void One_length_is_inferred(int seed)
    {
        var views = new RandomViews(seed);
        var (layout, model) = views.Chain(2);
        if (model.Positions.Length == 0) return;
        var lengths = views.Factorization(model.Positions.Length);
        if (lengths.Length == 0) return;
        var asked = (long[])lengths.Clone();
        asked[views.Random.Next(asked.Length)] = -1;
        Assert.That(layout.Infer(new Shape(asked)), Is.EqualTo(new Shape(lengths)));
    }

    [Property(MaxTest = 1000)]
    public void Overlap_is_never_denied_where_indices_collide(int seed)
    {
        var random = new Random(seed);
        var views = new RandomViews(seed);
        var lengths = views.Lengths();
        // Any strides at all, not only those that views of contiguous tensors have.
        var strides = Array.ConvertAll(lengths, _ => random.NextInt64(-12, 13));
        var layout = new Layout(new Shape(lengths), strides, 500);
        var seen = new HashSet<long>();
        bool collide = false;
        for (long i = 0; i < layout.ElementCount; i++) collide |= !seen.Add(layout.PositionOf(i));
        if (collide) Assert.That(layout.HasOverlap, $"{layout}");
    }

    [Property(MaxTest = 300)]
    public void Equal_layouts_hash_equally_and_print(int seed)
    {
        var (a, b) = (new RandomViews(seed).Chain(5).Layout, new RandomViews(seed).Chain(5).Layout);
        Assert.Multiple(() =>
        {
            Assert.That(a == b);
            Assert.That(a.GetHashCode(), Is.EqualTo(b.GetHashCode()));
            Assert.That(a, Is.EqualTo((object)b));
            Assert.That(a != b, Is.False);
            Assert.That(a.ToString(), Does.StartWith(a.Shape.ToString()).And.Contain($"offset {a.Offset}"));
        });
    }

    internal static void AssertSame(in Layout layout, IndexModel model)
    {
        Assert.That(layout.Shape.ToArray(), Is.EqualTo(model.Lengths));
        Assert.That(layout.ElementCount, Is.EqualTo(model.Positions.Length));
        for (int i = 0; i < model.Positions.Length; i++)
            if (layout.PositionOf(i) != model.Positions[i])
                Assert.Fail($"{layout}: element {i} is at {layout.PositionOf(i)}, not {model.Positions[i]}");

        bool inOrder = true;
        for (int i = 1; i < model.Positions.Length; i++) inOrder &= model.Positions[i] == model.Positions[0] + i;
        Assert.That(layout.IsContiguous, Is.EqualTo(inOrder), $"{layout}");
        bool collide = new HashSet<long>(model.Positions).Count < model.Positions.Length;
        if (collide) Assert.That(layout.HasOverlap, $"{layout}");
        var bounds = model.Positions.Length == 0 ? (0, -1) : (model.Positions.Min(), model.Positions.Max());
        Assert.That(layout.Bounds, Is.EqualTo(bounds));
    }
}

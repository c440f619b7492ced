using System.Collections;

namespace Gradient.Nn;

/// <summary>Modules run one after the other; they are named "0", "1" …</summary>
public sealed class Sequential : Module, IReadOnlyList<Module>
{
    /// <summary>The modules in order.</summary>
    public Sequential(params ReadOnlySpan<Module> modules)
    {
        foreach (var module in modules) Add(module);
    }

    /// <summary>
    /// Into how many runs of modules, one after the other and about equally many in each, training divides this. Of all runs but the last
    /// only the input is kept until backward, which computes the run again (Chen et al., Training Deep Nets with Sublinear Memory Cost,
    /// 2016; torch.utils.checkpoint.checkpoint_sequential): less memory for at most one more forward. Gradients are the same, bit for
    /// bit. 1 by default: all is kept. More than there are modules is one module a run.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int CheckpointSegments
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 1;

    /// <summary>The number of modules.</summary>
    public int Count => Children.Count;

    /// <summary>A module by its position.</summary>
    public Module this[int index] => Children[index].Value;

    /// <summary>A module by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public Module this[string name]
    {
        get
        {
            foreach (var (key, module) in Children)
                if (key == name) return module;
            throw new KeyNotFoundException($"No module of this Sequential is named \"{name}\".");
        }
    }

    /// <summary>Adds a module at the end, named by its position.</summary>
    public void Add(Module module) => Register(Count.ToString(System.Globalization.CultureInfo.InvariantCulture), module);

    /// <summary>Adds a module at the end under a name of its own.</summary>
    public void Add(string name, Module module) => Register(name, module);

    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x)
    {
        int segments = Math.Min(CheckpointSegments, Count), first = 0;
        for (int segment = 1; segment < segments; segment++)
        {
            // Of this run alone: a closure sees a variable as it is when it runs.
            int from = first, to = first = (int)((long)segment * Count / segments);
            x = Tape.Checkpoint(input => Run(input, from, to), x);
        }

        return Observe(Run(x, first, Count));
    }

    private GradientTensor Run(GradientTensor x, int from, int to)
    {
        for (int i = from; i < to; i++) x = this[i].Observe(this[i].Forward(x));
        return x;
    }

    /// <summary>Enumerates the modules.</summary>
    public IEnumerator<Module> GetEnumerator()
    {
        foreach (var (_, module) in Children) yield return module;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

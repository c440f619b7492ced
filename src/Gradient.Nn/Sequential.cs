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
        foreach (var (_, module) in Children) x = module.Observe(module.Forward(x));
        return Observe(x);
    }

    /// <summary>Enumerates the modules.</summary>
    public IEnumerator<Module> GetEnumerator()
    {
        foreach (var (_, module) in Children) yield return module;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

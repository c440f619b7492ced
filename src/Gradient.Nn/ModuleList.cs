using System.Collections;

namespace Gradient.Nn;

/// <summary>Modules that are registered together, named "0", "1" …; what runs them is for the module around it to say.</summary>
public sealed class ModuleList : Module, IReadOnlyList<Module>
{
    /// <summary>The modules in order.</summary>
    public ModuleList(params ReadOnlySpan<Module> modules)
    {
        foreach (var module in modules) Add(module);
    }

    /// <summary>The number of modules.</summary>
    public int Count => Children.Count;

    /// <summary>A module by its position.</summary>
    public Module this[int index] => Children[index].Value;

    /// <summary>Adds a module at the end.</summary>
    public void Add(Module module) => Register(Count.ToString(System.Globalization.CultureInfo.InvariantCulture), module);

    /// <summary>A list has no forward of its own.</summary>
    /// <exception cref="UnsupportedOperationException">Always: call the modules in the list, or use <see cref="Sequential"/>.</exception>
    public override GradientTensor Forward(GradientTensor x) => throw new UnsupportedOperationException(
        "ModuleList has no Forward of its own; call the modules in it, or use Sequential to run one after the other.");

    /// <summary>Enumerates the modules.</summary>
    public IEnumerator<Module> GetEnumerator()
    {
        foreach (var (_, module) in Children) yield return module;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

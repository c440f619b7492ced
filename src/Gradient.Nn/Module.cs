namespace Gradient.Nn;

/// <summary>
/// A part of a model: parameters, buffers and other modules, registered under names, and a <see cref="Forward"/>. Names joined by dots
/// are paths: "blocks.3.conv.weight". To write one, derive, register in the constructor what the module is made of, and compute
/// in <see cref="Forward"/>. There is no reflection: what is not registered is not known.
/// </summary>
public abstract partial class Module
{
    private readonly List<KeyValuePair<string, Module>> children = [];
    private readonly List<KeyValuePair<string, GradientTensor>> parameters = [];
    private readonly List<KeyValuePair<string, GradientTensor>> buffers = [];

    /// <summary>Whether dropout drops and batch normalization uses the batch's statistics; true at first.</summary>
    public bool IsTraining { get; private set; } = true;

    /// <summary>The modules directly inside, by name, in the order of registration.</summary>
    public IReadOnlyList<KeyValuePair<string, Module>> Children => children;

    /// <summary>The output for an input.</summary>
    public abstract GradientTensor Forward(GradientTensor x);

    /// <summary>Registers a module inside this one.</summary>
    /// <returns>The module itself.</returns>
    /// <exception cref="ArgumentException">The name is empty, has a dot, or is taken; or the module would contain itself.</exception>
    protected T Register<T>(string name, T module) where T : Module
    {
        ArgumentNullException.ThrowIfNull(module);
        CheckName(name);
        foreach (var (_, inner) in module.NamedModules())
            if (ReferenceEquals(inner, this)) throw new ArgumentException($"Module {name} contains the one it is registered in.", nameof(module));
        children.Add(new(name, module));
        return module;
    }

    /// <summary>Registers modules as "name.0", "name.1" ….</summary>
    /// <returns>The modules in a list of their type.</returns>
    /// <exception cref="ArgumentException">As for one module.</exception>
    protected IReadOnlyList<T> Register<T>(string name, IEnumerable<T> modules) where T : Module
    {
        T[] list = [.. modules];
        Register(name, new ModuleList(list));
        return list;
    }

    /// <summary>Registers a parameter: from now on it requires gradients and no <see cref="TensorScope"/> takes it back.</summary>
    /// <returns>The parameter itself.</returns>
    /// <exception cref="ArgumentException">The name is empty, has a dot, or is taken; or the tensor has a history.</exception>
    protected GradientTensor Register(string name, GradientTensor parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        CheckName(name);
        if (!parameter.IsLeaf)
            throw new ArgumentException($"Parameter {name} is the result of an operation; register its Detach().", nameof(parameter));
        parameter.RequiresGrad = true;
        parameter.Value.Persist();
        parameters.Add(new(name, parameter));
        return parameter;
    }

    /// <summary>
    /// Registers a buffer: state that is saved and moved with the module but not trained, such as running statistics.
    /// </summary>
    /// <returns>The buffer as a tensor of the tape, which stays the same object when the module moves.</returns>
    /// <exception cref="ArgumentException">The name is empty, has a dot, or is taken.</exception>
    protected GradientTensor Register(string name, Tensor buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        CheckName(name);
        var tensor = new GradientTensor(buffer.Persist());
        buffers.Add(new(name, tensor));
        return tensor;
    }

    /// <summary>
    /// Every module with its path, this one first (its path is ""), each before those inside it. One that is registered twice appears once.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, Module>> NamedModules()
    {
        List<KeyValuePair<string, Module>> found = [];
        Collect("", found, new(ReferenceEqualityComparer.Instance));
        return found;
    }

    /// <summary>Every parameter with its path, in the order of registration. One that is shared appears once, under its first path.</summary>
    public IReadOnlyList<KeyValuePair<string, GradientTensor>> NamedParameters() => Tensors(module => module.parameters);

    /// <summary>Every buffer with its path, likewise.</summary>
    public IReadOnlyList<KeyValuePair<string, GradientTensor>> NamedBuffers() => Tensors(module => module.buffers);

    /// <summary>Every parameter, in the order of <see cref="NamedParameters"/>: what an optimizer takes.</summary>
    public IReadOnlyList<GradientTensor> Parameters()
    {
        var named = NamedParameters();
        var list = new GradientTensor[named.Count];
        for (int i = 0; i < list.Length; i++) list[i] = named[i].Value;
        return list;
    }

    /// <summary>The number of elements of all parameters.</summary>
    public long ParameterCount
    {
        get
        {
            long count = 0;
            foreach (var parameter in Parameters()) count += parameter.ElementCount;
            return count;
        }
    }

    private void Collect(string path, List<KeyValuePair<string, Module>> found, HashSet<Module> seen)
    {
        if (!seen.Add(this)) return;
        found.Add(new(path, this));
        foreach (var (name, child) in children) child.Collect(Join(path, name), found, seen);
    }

    private List<KeyValuePair<string, GradientTensor>> Tensors(Func<Module, List<KeyValuePair<string, GradientTensor>>> own)
    {
        List<KeyValuePair<string, GradientTensor>> found = [];
        var seen = new HashSet<GradientTensor>(ReferenceEqualityComparer.Instance);
        foreach (var (path, module) in NamedModules())
            foreach (var (name, tensor) in own(module))
                if (seen.Add(tensor)) found.Add(new(Join(path, name), tensor));
        return found;
    }

    private void CheckName(string name)
    {
        if (string.IsNullOrEmpty(name) || name.Contains('.', StringComparison.Ordinal))
            throw new ArgumentException($"\"{name}\" cannot be registered: names are not empty and have no dot, which separates them in paths.", nameof(name));
        if (children.Exists(c => c.Key == name) || parameters.Exists(p => p.Key == name) || buffers.Exists(b => b.Key == name))
            throw new ArgumentException($"\"{name}\" is registered already in this {GetType().Name}.", nameof(name));
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}

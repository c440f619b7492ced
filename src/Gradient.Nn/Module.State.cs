namespace Gradient.Nn;

public abstract partial class Module
{
    /// <summary>
    /// The values of all parameters and buffers by path, module by module. They are shared, not copied: training goes on changing them.
    /// A tensor that is shared between modules appears under each of its paths, as in PyTorch.
    /// </summary>
    public OrderedDictionary<string, Tensor> StateDictionary()
    {
        OrderedDictionary<string, Tensor> state = [];
        foreach (var (path, tensor) in State("")) state.Add(path, tensor.Value);
        return state;
    }

    /// <summary>
    /// Copies values into the parameters and buffers of the same paths, converting element types and moving between devices. Everything is
    /// checked before anything is changed.
    /// </summary>
    /// <param name="state">Values by path.</param>
    /// <param name="strict">Whether missing and unexpected paths are errors; differing shapes always are.</param>
    /// <returns>The paths this module has and the dictionary lacks, and those it does not know.</returns>
    /// <exception cref="StateMismatchException">Names every path that is missing, unexpected or of another shape.</exception>
    public (IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected) LoadStateDictionary(
        IReadOnlyDictionary<string, Tensor> state, bool strict = true)
    {
        var different = CheckStateDictionary(state, strict);
        foreach (var (path, tensor) in State(""))
            if (state.TryGetValue(path, out var value)) tensor.Value.CopyFrom(value);
        return different;
    }

    /// <summary>Checks whether <see cref="LoadStateDictionary"/> would take a state, and changes nothing.</summary>
    /// <param name="state">Values by path.</param>
    /// <param name="strict">Whether missing and unexpected paths are errors; differing shapes always are.</param>
    /// <param name="sameTypes">Whether differing element types are errors too.</param>
    /// <returns>The paths this module has and the dictionary lacks, and those it does not know.</returns>
    /// <exception cref="StateMismatchException">Names every path that is missing, unexpected, of another shape or element type.</exception>
    public (IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected) CheckStateDictionary(
        IReadOnlyDictionary<string, Tensor> state, bool strict = true, bool sameTypes = false)
    {
        List<string> missing = [], unexpected = [], differing = [];
        var known = new HashSet<string>();
        foreach (var (path, tensor) in State(""))
        {
            known.Add(path);
            if (!state.TryGetValue(path, out var value)) missing.Add(path);
            else if (value.Shape != tensor.Shape) differing.Add($"{path}: {value.Shape} where the module has {tensor.Shape}");
            else if (sameTypes && value.DType != tensor.DType) differing.Add($"{path}: {value.DType} where the module has {tensor.DType}");
        }

        foreach (string path in state.Keys)
            if (!known.Contains(path)) unexpected.Add(path);
        if (differing.Count > 0 || (strict && missing.Count + unexpected.Count > 0))
            throw new StateMismatchException(GetType().Name, missing, unexpected, differing);
        return (missing, unexpected);
    }

    private List<KeyValuePair<string, GradientTensor>> State(string path)
    {
        List<KeyValuePair<string, GradientTensor>> found = [];
        foreach (var (name, tensor) in parameters) found.Add(new(Join(path, name), tensor));
        foreach (var (name, tensor) in buffers) found.Add(new(Join(path, name), tensor));
        foreach (var (name, child) in children) found.AddRange(child.State(Join(path, name)));
        return found;
    }
}

namespace Gradient.Core;

/// <summary>
/// Returns what was made inside a block at its end: <c>using (var scope = TensorScope.Begin()) { … }</c>. Never needed for
/// correctness, only to reuse memory at once instead of after a collection. What is kept (<see cref="Keep"/>) and what is
/// persistent (<see cref="Tensor.Persist"/>: parameters, gradients, optimizer state) stays. Scopes nest; a scope belongs to
/// the logical call, as <see cref="AsyncLocal{T}"/> does: it flows through <c>await</c> and into tasks started inside.
/// Until its end a scope holds on to all that was made in it, so put it around a step, not around an epoch.
/// </summary>
public sealed class TensorScope : IDisposable
{
    private static readonly AsyncLocal<TensorScope?> Ambient = new();
    private readonly TensorScope? outer;
    private readonly Lock gate = new();
    private List<Tensor>? made = [];

    private TensorScope(TensorScope? outer) => this.outer = outer;

    /// <summary>Opens a scope; dispose it at the end of the block.</summary>
    public static TensorScope Begin() => Ambient.Value = new TensorScope(Ambient.Value);

    /// <summary>
    /// Hides the scopes around until the result is disposed: what is made meanwhile belongs to no scope (caches, background work).
    /// </summary>
    public static IDisposable Suppress()
    {
        var restore = new Restore(Ambient.Value);
        Ambient.Value = null;
        return restore;
    }

    /// <summary>Excepts a tensor from being returned at the end of this scope and of those around it.</summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Tensor Keep(Tensor tensor)
    {
        lock (gate) ObjectDisposedException.ThrowIf(made is null, this);
        return tensor.Persist();
    }

    /// <summary>
    /// Hands a tensor made in this scope over to the surrounding one, to be returned at the end of that; with none around, it
    /// is left to the collector. A tensor that was not made in this scope stays where it is.
    /// </summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Tensor MoveOut(Tensor tensor)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(made is null, this);
            int at = made.LastIndexOf(tensor); // results are made last
            if (at < 0) return tensor;
            made.RemoveAt(at);
        }

        outer?.Add(tensor);
        return tensor;
    }

    /// <summary>Ends the scope and returns what was made in it.</summary>
    public void Dispose()
    {
        List<Tensor>? ended;
        lock (gate) (ended, made) = (made, null);
        if (ended is null) return;
        if (Ambient.Value == this) Ambient.Value = Open(outer);
        foreach (var tensor in ended)
            if (!tensor.IsPersistent) tensor.Dispose();
    }

    internal static void Track(Tensor tensor) => Ambient.Value?.Add(tensor);

    /// <summary>The innermost scope, from this one outwards, that has not ended: blocks need not end in order.</summary>
    private static TensorScope? Open(TensorScope? scope)
    {
        while (scope is { HasEnded: true }) scope = scope.outer;
        return scope;
    }

    private bool HasEnded
    {
        get
        {
            lock (gate) return made is null;
        }
    }

    private void Add(Tensor tensor)
    {
        lock (gate)
        {
            if (made is not null)
            {
                made.Add(tensor);
                return;
            }
        }

        outer?.Add(tensor); // a task outlived the block that started it
    }

    private sealed class Restore(TensorScope? scope) : IDisposable
    {
        public void Dispose() => Ambient.Value = Open(scope);
    }
}

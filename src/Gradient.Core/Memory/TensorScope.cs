namespace Gradient.Core;

/// <summary>
/// Returns what was made inside a block at its end: <c>using (var scope = TensorScope.Begin()) { … }</c>. Never needed for
/// correctness, only to reuse memory at once instead of after a collection. What is kept (<see cref="Keep"/>) and what is
/// persistent (<see cref="Tensor.Persist"/>: parameters, gradients, optimizer state) stays. Scopes nest; a scope belongs to
/// the logical call, as <see cref="AsyncLocal{T}"/> does.
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
    public Tensor Keep(Tensor tensor)
    {
        ObjectDisposedException.ThrowIf(made is null, this);
        return tensor.Persist();
    }

    /// <summary>Hands a tensor over to the surrounding scope, to be returned at the end of that one.</summary>
    public Tensor MoveOut(Tensor tensor)
    {
        lock (gate)
        {
            if (made is not null && made.Remove(tensor)) outer?.Add(tensor);
        }

        return tensor;
    }

    /// <summary>Ends the scope and returns what was made in it.</summary>
    public void Dispose()
    {
        List<Tensor>? ended;
        lock (gate) (ended, made) = (made, null);
        if (ended is null) return;
        if (Ambient.Value == this) Ambient.Value = outer;
        foreach (var tensor in ended)
            if (!tensor.IsPersistent) tensor.Dispose();
    }

    internal static void Track(Tensor tensor) => Ambient.Value?.Add(tensor);

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
        public void Dispose() => Ambient.Value = scope;
    }
}

namespace Gradient.Autograd;

/// <summary>
/// Gives a value that belongs to the logical call, not the thread, to all that is called until this is disposed; then what was before
/// is back. What <c>using</c> holds in <see cref="Tape.NoGrad"/> and its like.
/// </summary>
internal sealed class AmbientValue<T> : IDisposable
{
    private readonly AsyncLocal<T> slot;
    private readonly T before;
    private bool ended;

    public AmbientValue(AsyncLocal<T> slot, T value)
    {
        this.slot = slot;
        before = slot.Value!;
        slot.Value = value;
    }

    public void Dispose()
    {
        if (ended) return;
        ended = true;
        slot.Value = before;
    }
}

namespace Gradient.Data;

/// <summary>
/// Makes a whole batch into another on the loader's workers. Its random numbers depend on the loader's seed, the epoch and the number of the
/// batch alone.
/// </summary>
public abstract class BatchTransform
{
    /// <summary>The transformed batch: new tensors, or the given ones; theirs are never overwritten.</summary>
    /// <param name="inputs">[batch, …], on the CPU.</param>
    /// <param name="targets">[batch, …], on the CPU.</param>
    /// <param name="random">The batch's random numbers.</param>
    public abstract (Tensor Inputs, Tensor Targets) Apply(Tensor inputs, Tensor targets, ItemRandom random);
}

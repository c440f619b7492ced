using System.Diagnostics.CodeAnalysis;
using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>
/// Items (input, target) under keys, up to a number of bytes; those that were not used for longest make room (LRU). Safe for several
/// threads. What it hands out are views: disposing them, or an item's removal meanwhile, harms nobody.
/// </summary>
/// <typeparam name="TKey">What names an item.</typeparam>
public sealed class ItemCache<TKey> where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> byUse = new(); // the latest first
    private long bytes, hits, misses, evictions;

    /// <summary>An empty cache.</summary>
    /// <param name="byteBudget">The bytes of elements that it holds at most; a larger item is not kept.</param>
    /// <exception cref="ArgumentOutOfRangeException">The budget is negative.</exception>
    public ItemCache(long byteBudget)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteBudget);
        ByteBudget = byteBudget;
    }

    /// <summary>The bytes of elements that it holds at most.</summary>
    public long ByteBudget { get; }

    /// <summary>How it was used so far.</summary>
    public CacheStatistics Statistics
    {
        get
        {
            lock (gate) return new(hits, misses, evictions, entries.Count, bytes);
        }
    }

    /// <summary>
    /// The item of a key, made if it is not there. Threads that miss the same key at once each make it, and the first one's is kept: no
    /// thread waits for another's work.
    /// </summary>
    public (Tensor Input, Tensor Target) GetOrAdd(TKey key, Func<TKey, (Tensor Input, Tensor Target)> make)
    {
        if (TryGet(key, out var found)) return found.Value;
        var made = make(key);
        Add(key, made);
        return made;
    }

    /// <summary>The item of a key, if it is there; counts as a hit or a miss.</summary>
    public bool TryGet(TKey key, [NotNullWhen(true)] out (Tensor Input, Tensor Target)? item)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(key, out var node))
            {
                misses++;
                item = null;
                return false;
            }

            hits++;
            byUse.Remove(node);
            byUse.AddFirst(node);
            item = (View(node.Value.Input), View(node.Value.Target)); // under the lock: an eviction disposes
            return true;
        }
    }

    /// <summary>Keeps an item, if its key is new and it fits into the budget; older ones make room.</summary>
    public void Add(TKey key, (Tensor Input, Tensor Target) item)
    {
        long size = Bytes(item.Input) + Bytes(item.Target);
        lock (gate)
        {
            if (size > ByteBudget || entries.ContainsKey(key)) return;
            while (bytes + size > ByteBudget) Evict(byUse.Last!);
            using (TensorScope.Suppress()) // the cache outlives the scope that happens to be open
                entries.Add(key, byUse.AddFirst(new Entry(key, View(item.Input), View(item.Target), size)));
            bytes += size;
        }
    }

    /// <summary>Drops all items; the counts stay.</summary>
    public void Clear()
    {
        lock (gate)
            while (byUse.Last is { } last) Remove(last);
    }

    private void Evict(LinkedListNode<Entry> node)
    {
        Remove(node);
        evictions++;
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        byUse.Remove(node);
        entries.Remove(node.Value.Key);
        bytes -= node.Value.Size;
        node.Value.Input.Dispose();
        node.Value.Target.Dispose();
    }

    private static Tensor View(Tensor tensor) => tensor.View(tensor.Layout);

    private static long Bytes(Tensor tensor) => tensor.ElementCount * tensor.DType.Size();

    private sealed record Entry(TKey Key, Tensor Input, Tensor Target, long Size);
}

namespace Gradient.Core;

/// <summary>
/// Watches what is allocated and given back, on all devices or on one: <c>using var profiler = MemoryProfiler.Start(); … Console.WriteLine(
/// profiler.Stop());</c>. It counts each allocation for the operation that asked for it, remembers what was live at the peak and how live and
/// pooled bytes went over time. One at a time; while none runs, an allocation pays for the look at a null reference.
/// </summary>
public sealed class MemoryProfiler : IDisposable
{
    /// <summary>How many samples a device's timeline has at the most, unless told otherwise.</summary>
    public const int DefaultSamples = 2048;

    private static readonly Lock Gate = new();
    private static MemoryProfiler? running;

    [ThreadStatic]
    private static string? region;

    private readonly List<(MemoryPool Pool, MemoryRecorder Recorder)> watched = [];
    private readonly Device? only;
    private readonly int samples;
    private MemoryProfile? profile;

    private MemoryProfiler(Device? only, int samples) => (this.only, this.samples) = (only, samples);

    /// <summary>Whether a profiler watches now.</summary>
    public static bool IsRunning => Volatile.Read(ref running) is not null;

    internal static MemoryProfiler? Running => Volatile.Read(ref running);

    /// <summary>The innermost <see cref="Within"/> of this thread; null for none.</summary>
    internal static string? Region => region;

    /// <summary>Watches from now on, until <see cref="Stop"/>.</summary>
    /// <param name="device">The device to watch; null for all, those included that are first used later.</param>
    /// <param name="samples">
    /// How many samples of a device to keep at the most, 16 or more. Each stands for the highest moment of a stretch of time, a millisecond at first
    /// and twice as long whenever there are too many samples, so that no peak is lost.
    /// </param>
    /// <exception cref="InvalidOperationException">A profiler runs already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 16 samples.</exception>
    public static MemoryProfiler Start(Device? device = null, int samples = DefaultSamples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 16);
        lock (Gate)
        {
            if (running is not null) throw new InvalidOperationException("A MemoryProfiler runs already; stop it before another is started.");
            var profiler = new MemoryProfiler(device, samples);
            running = profiler; // before the pools are listed, so that a new one is in the list or told by CreatePool
            foreach (var pool in device is null ? Memory.AllPools : [device.MemoryPool]) profiler.Watch(pool);
            return profiler;
        }
    }

    /// <summary>
    /// Names what this thread does until the result is disposed: <c>using (MemoryProfiler.Within("encoder")) { … }</c>. The profile tells
    /// operations inside and outside apart. Costs nothing while no profiler runs. The tape names what backward computes in the same way.
    /// </summary>
    public static RegionScope Within(string name) => IsRunning ? new(name) : default;

    /// <summary>Ends the watching and tells what was seen; a second call tells the same.</summary>
    public MemoryProfile Stop()
    {
        lock (Gate)
        {
            if (profile is not null) return profile;
            running = null;
            foreach (var (pool, _) in watched) pool.Detach();
            return profile = new(watched.ConvertAll(entry => entry.Recorder.Result()));
        }
    }

    /// <summary>Ends the watching.</summary>
    public void Dispose() => Stop();

    /// <summary>Watches a pool besides, if it is one of those to watch.</summary>
    internal void Watch(MemoryPool pool)
    {
        lock (Gate)
        {
            if (profile is not null || (only is not null && only.MemoryPool != pool) || watched.Exists(entry => entry.Pool == pool)) return;
            var recorder = new MemoryRecorder(pool.Name, samples);
            watched.Add((pool, recorder));
            pool.Attach(recorder);
        }
    }

    /// <summary>The time in which a thread does what <see cref="Within"/> names. It stays on its thread: no await inside.</summary>
    public readonly ref struct RegionScope : IDisposable
    {
        private readonly string? outer;
        private readonly bool isOpen;

        internal RegionScope(string name)
        {
            (outer, isOpen) = (region, true);
            region = name;
        }

        /// <summary>Ends it.</summary>
        public void Dispose()
        {
            if (isOpen) region = outer;
        }
    }
}

namespace Gradient.Backend.Cpu;

/// <summary>The seam to the workers: loops over chunks whose boundaries do not depend on the number of threads.</summary>
internal static class Parallel
{
    internal static int Threads
    {
        get => WorkerPool.Shared.Threads;
        set => WorkerPool.Shared.Threads = value;
    }

    /// <summary>Calls <paramref name="body"/> for 0 … count − 1, on several threads where there are some.</summary>
    internal static void For(long count, Action<long> body) => WorkerPool.Shared.For(count, 1, new Each(body));

    private readonly struct Each(Action<long> body) : IParallelBody
    {
        public void Run(long start, long end)
        {
            for (long i = start; i < end; i++) body(i);
        }
    }
}

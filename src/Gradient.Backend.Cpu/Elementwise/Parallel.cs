namespace Gradient.Backend.Cpu;

/// <summary>The seam to the workers: loops over chunks whose boundaries do not depend on the number of threads.</summary>
internal static class Parallel
{
    internal static int Threads { get; set; } = Environment.ProcessorCount;

    /// <summary>Calls <paramref name="body"/> for 0 … count − 1, on several threads where there are some.</summary>
    internal static void For(long count, Action<long> body)
    {
        if (count <= 1 || Threads == 1)
        {
            for (long i = 0; i < count; i++) body(i);
            return;
        }

        System.Threading.Tasks.Parallel.For(0L, count, new ParallelOptions { MaxDegreeOfParallelism = Threads }, body);
    }
}

using Gradient.Backend.Metal.Bindings;

namespace Gradient.Backend.Metal;

/// <summary>A launch in a command buffer: which encoder it is in, and how many barriers that had before it.</summary>
internal readonly record struct Launched(string Name, int Encoder, int Stretch);

/// <summary>
/// Which kernel failed, as exactly as the device tells. It tells the state of each encoder, and the signposts that it recorded while it
/// executed one (MTLCommandBuffer.h). An encoder of one launch names it. Of an encoder of many, the last signpost names those that ran
/// between two barriers, of which the failed one is; a device that records them all, executed or not, tells nothing by them.
/// </summary>
internal static class CommandFailure
{
    /// <summary>The text for the exception, from the error of a command buffer and what was encoded into it.</summary>
    public static string Describe(NSError error, ReadOnlySpan<Launched> launches)
    {
        var infos = new NSArray(error.UserInfo.ObjectForKey(Bindings.Metal.GetApi().CommandBufferEncoderInfoErrorKey));
        var suspects = new List<string>();
        bool isKnown = true;
        for (nuint i = 0; i < infos.Count; i++)
        {
            var info = new MTLCommandBufferEncoderInfo(infos[i]);
            if (info.ErrorState != MTLCommandEncoderErrorState.Faulted) continue;
            AddReached((int)i, (int)info.DebugSignposts.Count, launches, suspects);
        }

        if (suspects.Count == 0)
        {
            isKnown = launches.Length == 1;
            foreach (var launch in launches) Add(suspects, launch.Name);
        }

        string what = suspects.Count == 1 && isKnown ? $"kernel {suspects[0]} failed"
            : isKnown ? $"one of the kernels {string.Join(", ", suspects)} failed"
            : $"a command buffer failed, and the device blames none of its kernels: {string.Join(", ", suspects)}";
        return $"Metal: {what}: {error.LocalizedDescription} What {(suspects.Count == 1 ? "it" : "they")} and later ones should have written is undefined."
            + (suspects.Count == 1 ? "" : $" The next failure will name one kernel; {MetalKernelDevice.WatchVariable}=1 does so from the start.");
    }

    /// <summary>The launches of an encoder, which had a signpost each, that may have failed.</summary>
    private static void AddReached(int encoder, int signposts, ReadOnlySpan<Launched> launches, List<string> suspects)
    {
        int first = 0, end = launches.Length;
        while (first < end && launches[first].Encoder != encoder) first++;
        while (first < end && launches[end - 1].Encoder != encoder) end--;
        var own = launches[first..end];
        bool tells = signposts > 0 && signposts < own.Length;
        foreach (var launch in own)
            if (!tells || launch.Stretch == own[signposts - 1].Stretch) Add(suspects, launch.Name);
    }

    private static void Add(List<string> names, string name)
    {
        if (!names.Contains(name)) names.Add(name);
    }
}

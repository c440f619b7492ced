using Gradient.Backend.Metal.Bindings;

namespace Gradient.Backend.Metal;

/// <summary>A pipeline state. It lives as long as the process: pipelines are few and cached by what shaped them.</summary>
internal sealed class MetalKernel(string name, MTLComputePipelineState pipeline) : IKernel
{
    public string Name => name;

    /// <summary>The name as the device's text for labels and signposts.</summary>
    public NSString Label { get; } = NSString.Create(name);

    public MTLComputePipelineState Pipeline => pipeline;

    public int MaximumThreads { get; } = (int)pipeline.MaxTotalThreadsPerThreadgroup;
}

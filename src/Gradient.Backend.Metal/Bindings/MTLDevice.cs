using static Gradient.Backend.Metal.Bindings.ObjectiveC;

namespace Gradient.Backend.Metal.Bindings;

/// <summary>MTLDevice (MTLDevice.h). What begins with New is owned by the caller.</summary>
public readonly unsafe record struct MTLDevice(nint Handle)
{
    private static readonly nint NameSelector = Selector("name"u8);
    private static readonly nint NewCommandQueueSelector = Selector("newCommandQueue"u8);
    private static readonly nint NewBuffer = Selector("newBufferWithLength:options:"u8);
    private static readonly nint NewLibrarySelector = Selector("newLibraryWithSource:options:error:"u8);
    private static readonly nint NewPipeline = Selector("newComputePipelineStateWithFunction:error:"u8);
    private static readonly nint SupportsFamilySelector = Selector("supportsFamily:"u8);
    private static readonly nint MaxThreadgroupMemory = Selector("maxThreadgroupMemoryLength"u8);
    private static readonly nint MaxBuffer = Selector("maxBufferLength"u8);
    private static readonly nint WorkingSet = Selector("recommendedMaxWorkingSetSize"u8);

    public string Name => new NSString(((delegate* unmanaged<nint, nint, nint>)MessageSend)(Handle, NameSelector)).ToString();

    public nuint MaxThreadgroupMemoryLength => ((delegate* unmanaged<nint, nint, nuint>)MessageSend)(Handle, MaxThreadgroupMemory);

    public nuint MaxBufferLength => ((delegate* unmanaged<nint, nint, nuint>)MessageSend)(Handle, MaxBuffer);

    public ulong RecommendedMaxWorkingSetSize => ((delegate* unmanaged<nint, nint, ulong>)MessageSend)(Handle, WorkingSet);

    public bool SupportsFamily(MTLGPUFamily family) =>
        ((delegate* unmanaged<nint, nint, MTLGPUFamily, byte>)MessageSend)(Handle, SupportsFamilySelector, family) != 0;

    public MTLCommandQueue NewCommandQueue() =>
        new(((delegate* unmanaged<nint, nint, nint>)MessageSend)(Handle, NewCommandQueueSelector));

    public MTLBuffer NewBufferWithLength(nuint length, MTLResourceOptions options) =>
        new(((delegate* unmanaged<nint, nint, nuint, MTLResourceOptions, nint>)MessageSend)(Handle, NewBuffer, length, options));

    public MTLLibrary NewLibraryWithSource(NSString source, MTLCompileOptions options, out NSError error)
    {
        nint problem = 0;
        nint library = ((delegate* unmanaged<nint, nint, nint, nint, nint*, nint>)MessageSend)(Handle, NewLibrarySelector, source.Handle, options.Handle, &problem);
        error = new(problem);
        return new(library);
    }

    public MTLComputePipelineState NewComputePipelineStateWithFunction(MTLFunction function, out NSError error)
    {
        nint problem = 0;
        nint pipeline = ((delegate* unmanaged<nint, nint, nint, nint*, nint>)MessageSend)(Handle, NewPipeline, function.Handle, &problem);
        error = new(problem);
        return new(pipeline);
    }
}

using static Gradient.Backend.Metal.Bindings.ObjectiveC;

namespace Gradient.Backend.Metal.Bindings;

/// <summary>MTLBuffer (MTLBuffer.h).</summary>
public readonly unsafe record struct MTLBuffer(nint Handle)
{
    private static readonly nint ContentsSelector = Selector("contents"u8);

    public nint Contents => ((delegate* unmanaged<nint, nint, nint>)MessageSend)(Handle, ContentsSelector);
}

/// <summary>MTLCommandQueue (MTLCommandQueue.h).</summary>
public readonly unsafe record struct MTLCommandQueue(nint Handle)
{
    private static readonly nint CommandBufferSelector = Selector("commandBufferWithDescriptor:"u8);

    /// <summary>commandBufferWithDescriptor:, autoreleased.</summary>
    public MTLCommandBuffer CommandBuffer(MTLCommandBufferDescriptor descriptor) =>
        new(((delegate* unmanaged<nint, nint, nint, nint>)MessageSend)(Handle, CommandBufferSelector, descriptor.Handle));
}

/// <summary>MTLCommandBufferDescriptor (MTLCommandBuffer.h): the command buffer retains what it uses.</summary>
public readonly unsafe record struct MTLCommandBufferDescriptor(nint Handle)
{
    private static readonly nint ClassHandle = Class("MTLCommandBufferDescriptor"u8);
    private static readonly nint New = Selector("new"u8);
    private static readonly nint SetErrorOptions = Selector("setErrorOptions:"u8);

    /// <summary>A new descriptor, owned by the caller.</summary>
    public static MTLCommandBufferDescriptor Create(MTLCommandBufferErrorOption errorOptions)
    {
        nint instance = ((delegate* unmanaged<nint, nint, nint>)MessageSend)(ClassHandle, New);
        ((delegate* unmanaged<nint, nint, MTLCommandBufferErrorOption, void>)MessageSend)(instance, SetErrorOptions, errorOptions);
        return new(instance);
    }
}

/// <summary>MTLCommandBufferEncoderInfo (MTLCommandBuffer.h): what an error tells of one encoder.</summary>
public readonly unsafe record struct MTLCommandBufferEncoderInfo(nint Handle)
{
    private static readonly nint Signposts = Selector("debugSignposts"u8);
    private static readonly nint State = Selector("errorState"u8);

    public NSArray DebugSignposts => new(((delegate* unmanaged<nint, nint, nint>)MessageSend)(Handle, Signposts));

    public MTLCommandEncoderErrorState ErrorState => ((delegate* unmanaged<nint, nint, MTLCommandEncoderErrorState>)MessageSend)(Handle, State);
}

/// <summary>MTLCommandBuffer (MTLCommandBuffer.h).</summary>
public readonly unsafe record struct MTLCommandBuffer(nint Handle)
{
    private static readonly nint Encoder = Selector("computeCommandEncoderWithDispatchType:"u8);
    private static readonly nint CommitSelector = Selector("commit"u8);
    private static readonly nint Wait = Selector("waitUntilCompleted"u8);
    private static readonly nint StatusSelector = Selector("status"u8);
    private static readonly nint ErrorSelector = Selector("error"u8);

    public MTLCommandBufferStatus Status => ((delegate* unmanaged<nint, nint, MTLCommandBufferStatus>)MessageSend)(Handle, StatusSelector);

    public NSError Error => new(((delegate* unmanaged<nint, nint, nint>)MessageSend)(Handle, ErrorSelector));

    /// <summary>Autoreleased.</summary>
    public MTLComputeCommandEncoder ComputeCommandEncoder(MTLDispatchType type) =>
        new(((delegate* unmanaged<nint, nint, MTLDispatchType, nint>)MessageSend)(Handle, Encoder, type));

    public void Commit() => ((delegate* unmanaged<nint, nint, void>)MessageSend)(Handle, CommitSelector);

    public void WaitUntilCompleted() => ((delegate* unmanaged<nint, nint, void>)MessageSend)(Handle, Wait);
}

/// <summary>MTLComputeCommandEncoder (MTLComputeCommandEncoder.h).</summary>
public readonly unsafe record struct MTLComputeCommandEncoder(nint Handle)
{
    private static readonly nint SetPipeline = Selector("setComputePipelineState:"u8);
    private static readonly nint SetBufferSelector = Selector("setBuffer:offset:atIndex:"u8);
    private static readonly nint SetBytesSelector = Selector("setBytes:length:atIndex:"u8);
    private static readonly nint Dispatch = Selector("dispatchThreadgroups:threadsPerThreadgroup:"u8);
    private static readonly nint Barrier = Selector("memoryBarrierWithScope:"u8);
    private static readonly nint Signpost = Selector("insertDebugSignpost:"u8);
    private static readonly nint LabelSetter = Selector("setLabel:"u8);
    private static readonly nint End = Selector("endEncoding"u8);

    public void SetComputePipelineState(MTLComputePipelineState state) =>
        ((delegate* unmanaged<nint, nint, nint, void>)MessageSend)(Handle, SetPipeline, state.Handle);

    public void SetBuffer(MTLBuffer buffer, nuint offset, nuint index) =>
        ((delegate* unmanaged<nint, nint, nint, nuint, nuint, void>)MessageSend)(Handle, SetBufferSelector, buffer.Handle, offset, index);

    public void SetBytes(void* bytes, nuint length, nuint index) =>
        ((delegate* unmanaged<nint, nint, void*, nuint, nuint, void>)MessageSend)(Handle, SetBytesSelector, bytes, length, index);

    public void DispatchThreadgroups(MTLSize threadgroups, MTLSize threadsPerThreadgroup) =>
        ((delegate* unmanaged<nint, nint, MTLSize, MTLSize, void>)MessageSend)(Handle, Dispatch, threadgroups, threadsPerThreadgroup);

    public void MemoryBarrier(MTLBarrierScope scope) =>
        ((delegate* unmanaged<nint, nint, MTLBarrierScope, void>)MessageSend)(Handle, Barrier, scope);

    public void InsertDebugSignpost(NSString text) => ((delegate* unmanaged<nint, nint, nint, void>)MessageSend)(Handle, Signpost, text.Handle);

    public void SetLabel(NSString text) => ((delegate* unmanaged<nint, nint, nint, void>)MessageSend)(Handle, LabelSetter, text.Handle);

    public void EndEncoding() => ((delegate* unmanaged<nint, nint, void>)MessageSend)(Handle, End);
}

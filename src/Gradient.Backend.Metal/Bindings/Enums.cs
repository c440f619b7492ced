namespace Gradient.Backend.Metal.Bindings;

/// <summary>MTLResourceOptions (MTLResource.h).</summary>
[Flags]
public enum MTLResourceOptions : ulong
{
    CPUCacheModeWriteCombined = 1,
    StorageModeShared = 0 << 4,
    StorageModeManaged = 1 << 4,
    StorageModePrivate = 2 << 4,
    HazardTrackingModeUntracked = 1 << 8,
    HazardTrackingModeTracked = 2 << 8,
}

/// <summary>MTLDispatchType (MTLCommandBuffer.h).</summary>
public enum MTLDispatchType : ulong
{
    Serial = 0,
    Concurrent = 1,
}

/// <summary>MTLCommandBufferStatus (MTLCommandBuffer.h).</summary>
public enum MTLCommandBufferStatus : ulong
{
    NotEnqueued = 0,
    Enqueued = 1,
    Committed = 2,
    Scheduled = 3,
    Completed = 4,
    Error = 5,
}

/// <summary>MTLCommandBufferErrorOption (MTLCommandBuffer.h).</summary>
[Flags]
public enum MTLCommandBufferErrorOption : ulong
{
    None = 0,
    EncoderExecutionStatus = 1 << 0,
}

/// <summary>MTLCommandEncoderErrorState (MTLCommandBuffer.h).</summary>
public enum MTLCommandEncoderErrorState : long
{
    Unknown = 0,
    Completed = 1,
    Affected = 2,
    Pending = 3,
    Faulted = 4,
}

/// <summary>MTLBarrierScope (MTLCommandEncoder.h).</summary>
[Flags]
public enum MTLBarrierScope : ulong
{
    None = 0,
    Buffers = 1 << 0,
    Textures = 1 << 1,
    RenderTargets = 1 << 2,
}

/// <summary>MTLGPUFamily (MTLDevice.h): those that this backend asks about.</summary>
public enum MTLGPUFamily : long
{
    None = 0,
    Apple6 = 1006,
    Apple7 = 1007,
    Apple8 = 1008,
    Apple9 = 1009,
    Mac2 = 2002,
    Metal3 = 5001,
}

/// <summary>MTLDataType (MTLArgument.h): those that function constants here have.</summary>
public enum MTLDataType : ulong
{
    None = 0,
    Float = 3,
    Int = 29,
    UInt = 33,
    Bool = 53,
}

/// <summary>MTLLanguageVersion (MTLLibrary.h).</summary>
public enum MTLLanguageVersion : ulong
{
    None = 0,
    Version24 = (2 << 16) + 4,
    Version30 = 3 << 16,
    Version31 = (3 << 16) + 1,
}

/// <summary>MTLSize (MTLTypes.h).</summary>
/// <param name="Width">Along x.</param>
/// <param name="Height">Along y.</param>
/// <param name="Depth">Along z.</param>
public readonly record struct MTLSize(nuint Width, nuint Height = 1, nuint Depth = 1);

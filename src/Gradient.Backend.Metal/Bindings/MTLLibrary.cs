using static Gradient.Backend.Metal.Bindings.ObjectiveC;

namespace Gradient.Backend.Metal.Bindings;

/// <summary>MTLCompileOptions (MTLLibrary.h).</summary>
public readonly unsafe record struct MTLCompileOptions(nint Handle)
{
    private static readonly nint ClassHandle = Class("MTLCompileOptions"u8);
    private static readonly nint New = Selector("new"u8);
    private static readonly nint SetFastMath = Selector("setFastMathEnabled:"u8);
    private static readonly nint SetLanguage = Selector("setLanguageVersion:"u8);

    /// <summary>New options, owned by the caller.</summary>
    public static MTLCompileOptions Create() => new(((delegate* unmanaged<nint, nint, nint>)MessageSend)(ClassHandle, New));

    /// <summary>Deprecated since macOS 15 in favour of mathMode, but understood by every version.</summary>
    public void SetFastMathEnabled(bool enabled) => ((delegate* unmanaged<nint, nint, byte, void>)MessageSend)(Handle, SetFastMath, enabled ? (byte)1 : (byte)0);

    public void SetLanguageVersion(MTLLanguageVersion version) =>
        ((delegate* unmanaged<nint, nint, MTLLanguageVersion, void>)MessageSend)(Handle, SetLanguage, version);
}

/// <summary>MTLFunctionConstantValues (MTLFunctionConstantValues.h).</summary>
public readonly unsafe record struct MTLFunctionConstantValues(nint Handle)
{
    private static readonly nint ClassHandle = Class("MTLFunctionConstantValues"u8);
    private static readonly nint New = Selector("new"u8);
    private static readonly nint SetConstant = Selector("setConstantValue:type:atIndex:"u8);

    /// <summary>No values, owned by the caller.</summary>
    public static MTLFunctionConstantValues Create() => new(((delegate* unmanaged<nint, nint, nint>)MessageSend)(ClassHandle, New));

    public void SetConstantValue(int value, nuint index) =>
        ((delegate* unmanaged<nint, nint, void*, MTLDataType, nuint, void>)MessageSend)(Handle, SetConstant, &value, MTLDataType.Int, index);
}

/// <summary>MTLFunction (MTLLibrary.h).</summary>
public readonly record struct MTLFunction(nint Handle);

/// <summary>MTLLibrary (MTLLibrary.h).</summary>
public readonly unsafe record struct MTLLibrary(nint Handle)
{
    private static readonly nint NewFunction = Selector("newFunctionWithName:constantValues:error:"u8);

    /// <summary>The function, specialised, owned by the caller; nil with an error if there is none.</summary>
    public MTLFunction NewFunctionWithName(NSString name, MTLFunctionConstantValues constants, out NSError error)
    {
        nint problem = 0;
        nint function = ((delegate* unmanaged<nint, nint, nint, nint, nint*, nint>)MessageSend)(Handle, NewFunction, name.Handle, constants.Handle, &problem);
        error = new(problem);
        return new(function);
    }
}

/// <summary>MTLComputePipelineState (MTLComputePipeline.h).</summary>
public readonly unsafe record struct MTLComputePipelineState(nint Handle)
{
    private static readonly nint MaxThreads = Selector("maxTotalThreadsPerThreadgroup"u8);
    private static readonly nint ExecutionWidth = Selector("threadExecutionWidth"u8);
    private static readonly nint StaticMemory = Selector("staticThreadgroupMemoryLength"u8);

    public nuint MaxTotalThreadsPerThreadgroup => ((delegate* unmanaged<nint, nint, nuint>)MessageSend)(Handle, MaxThreads);

    public nuint ThreadExecutionWidth => ((delegate* unmanaged<nint, nint, nuint>)MessageSend)(Handle, ExecutionWidth);

    public nuint StaticThreadgroupMemoryLength => ((delegate* unmanaged<nint, nint, nuint>)MessageSend)(Handle, StaticMemory);
}

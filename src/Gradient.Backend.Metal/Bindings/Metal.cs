using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal.Bindings;

/// <summary>
/// The functions of Metal.framework, in the manner of Silk.NET's bindings: <c>Metal.GetApi()</c> loads the framework once, and each
/// protocol is a readonly struct around its handle, with members named as in Apple's headers.
/// </summary>
public sealed unsafe class Metal
{
    private const string FrameworkPath = "/System/Library/Frameworks/Metal.framework/Metal";
    private static readonly Lazy<Metal> Api = new(() => new Metal());
    private readonly delegate* unmanaged<nint> createSystemDefaultDevice;
    private readonly delegate* unmanaged<nint> copyAllDevices;

    private Metal()
    {
        nint library = NativeLibrary.Load(OperatingSystem.IsMacOS() ? FrameworkPath : SubstitutePath);
        createSystemDefaultDevice = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "MTLCreateSystemDefaultDevice");
        CommandBufferEncoderInfoErrorKey = new(*(nint*)NativeLibrary.GetExport(library, "MTLCommandBufferEncoderInfoErrorKey"));
        copyAllDevices = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "MTLCopyAllDevices");
    }

    /// <summary>Whether there is a Metal framework to load: on macOS, or where GRADIENT_METAL_LIBRARY names a substitute.</summary>
    public static bool IsAvailable => OperatingSystem.IsMacOS() || Environment.GetEnvironmentVariable(SubstituteVariable) is { Length: > 0 };

    /// <summary>Whether the framework is a substitute, not Apple's.</summary>
    public static bool IsSubstitute => !OperatingSystem.IsMacOS();

    /// <summary>The environment variable that names a substitute for the framework on machines without one.</summary>
    public const string SubstituteVariable = "GRADIENT_METAL_LIBRARY";

    internal static string SubstitutePath => Environment.GetEnvironmentVariable(SubstituteVariable) is { Length: > 0 } path ? path
        : throw new PlatformNotSupportedException($"There is no Metal framework here; {SubstituteVariable} may name a substitute.");

    /// <summary>The framework's functions.</summary>
    /// <exception cref="PlatformNotSupportedException">There is no framework.</exception>
    /// <exception cref="DllNotFoundException">It cannot be loaded.</exception>
    public static Metal GetApi() => Api.Value;

    /// <summary>MTLCommandBufferEncoderInfoErrorKey (MTLCommandBuffer.h): where the user info of an error has what is known of each encoder.</summary>
    public NSString CommandBufferEncoderInfoErrorKey { get; }

    /// <summary>MTLCreateSystemDefaultDevice: owned by the caller; nil where there is none, and over SSH or in CI.</summary>
    public MTLDevice CreateSystemDefaultDevice() => new(createSystemDefaultDevice());

    /// <summary>MTLCopyAllDevices: owned by the caller.</summary>
    public NSArray CopyAllDevices() => new(copyAllDevices());
}

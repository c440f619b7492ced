using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal.Bindings;

/// <summary>
/// The Objective-C runtime: classes, selectors, messages, reference counts. On macOS it is the system's; elsewhere the library that
/// the environment variable GRADIENT_METAL_LIBRARY names stands in for it and for Metal.
/// </summary>
internal static unsafe class ObjectiveC
{
    private const string RuntimePath = "/usr/lib/libobjc.A.dylib";
    private const string FoundationPath = "/System/Library/Frameworks/Foundation.framework/Foundation";
    private static readonly nint Runtime = OperatingSystem.IsMacOS() ? NativeLibrary.Load(RuntimePath) : NativeLibrary.Load(Metal.SubstitutePath);

    // Foundation's classes are known to the runtime only once the framework is loaded.
    private static readonly nint Foundation = OperatingSystem.IsMacOS() ? NativeLibrary.Load(FoundationPath) : Runtime;
    private static readonly delegate* unmanaged<byte*, nint> GetClassPointer = (delegate* unmanaged<byte*, nint>)Export("objc_getClass");
    private static readonly delegate* unmanaged<byte*, nint> RegisterPointer = (delegate* unmanaged<byte*, nint>)Export("sel_registerName");
    private static readonly delegate* unmanaged<nint, nint> RetainPointer = (delegate* unmanaged<nint, nint>)Export("objc_retain");
    private static readonly delegate* unmanaged<nint, void> ReleasePointer = (delegate* unmanaged<nint, void>)Export("objc_release");
    private static readonly delegate* unmanaged<nint> PushPointer = (delegate* unmanaged<nint>)Export("objc_autoreleasePoolPush");
    private static readonly delegate* unmanaged<nint, void> PopPointer = (delegate* unmanaged<nint, void>)Export("objc_autoreleasePoolPop");

    /// <summary>objc_msgSend, to be cast to the signature of each message.</summary>
    public static readonly nint MessageSend = Export("objc_msgSend");

    /// <summary>The class of that name.</summary>
    /// <exception cref="UnsupportedOperationException">There is no such class.</exception>
    public static nint Class(ReadOnlySpan<byte> name)
    {
        GC.KeepAlive(Foundation);
        fixed (byte* pointer = name)
        {
            nint found = GetClassPointer(pointer);
            return found != 0 ? found : throw new UnsupportedOperationException($"The Objective-C runtime has no class {System.Text.Encoding.UTF8.GetString(name)}.");
        }
    }

    /// <summary>The selector of that name. UTF-8 literals end with a zero byte.</summary>
    public static nint Selector(ReadOnlySpan<byte> name)
    {
        fixed (byte* pointer = name) return RegisterPointer(pointer);
    }

    /// <summary>One owner more. Every retain and release of these bindings goes through this class.</summary>
    public static nint Retain(nint instance) => RetainPointer(instance);

    /// <summary>One owner less; nil is ignored.</summary>
    public static void Release(nint instance)
    {
        if (instance != 0) ReleasePointer(instance);
    }

    /// <summary>Begins an autorelease pool; what is autoreleased meanwhile is released at <see cref="Pop"/>.</summary>
    public static nint Push() => PushPointer();

    /// <summary>Ends an autorelease pool.</summary>
    public static void Pop(nint pool) => PopPointer(pool);

    private static nint Export(string name) => NativeLibrary.GetExport(Runtime, name);
}

/// <summary>An autorelease pool around a block: <c>using var pool = new AutoreleasePool();</c></summary>
internal readonly ref struct AutoreleasePool
{
    private readonly nint token;

    public AutoreleasePool() => token = ObjectiveC.Push();

    public void Dispose() => ObjectiveC.Pop(token);
}

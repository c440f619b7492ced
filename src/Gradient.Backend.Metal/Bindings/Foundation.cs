using System.Runtime.InteropServices;
using static Gradient.Backend.Metal.Bindings.ObjectiveC;

namespace Gradient.Backend.Metal.Bindings;

/// <summary>NSString.</summary>
public readonly unsafe record struct NSString(nint Handle)
{
    private const nuint Utf8Encoding = 4; // NSUTF8StringEncoding
    private static readonly nint ClassHandle = Class("NSString"u8);
    private static readonly nint Alloc = Selector("alloc"u8);
    private static readonly nint InitWithBytes = Selector("initWithBytes:length:encoding:"u8);
    private static readonly nint Utf8String = Selector("UTF8String"u8);

    /// <summary>A new string, owned by the caller.</summary>
    public static NSString Create(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        nint instance = ((delegate* unmanaged<nint, nint, nint>)MessageSend)(ClassHandle, Alloc);
        fixed (byte* pointer = bytes)
            return new(((delegate* unmanaged<nint, nint, byte*, nuint, nuint, nint>)MessageSend)(instance, InitWithBytes, pointer, (nuint)bytes.Length, Utf8Encoding));
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Handle == 0 ? "" : Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint, nint>)MessageSend)(Handle, Utf8String)) ?? "";
}

/// <summary>NSError.</summary>
public readonly unsafe record struct NSError(nint Handle)
{
    private static readonly nint LocalizedDescriptionSelector = Selector("localizedDescription"u8);
    private static readonly nint CodeSelector = Selector("code"u8);
    private static readonly nint UserInfoSelector = Selector("userInfo"u8);

    public string LocalizedDescription =>
        Handle == 0 ? "" : new NSString(((delegate* unmanaged<nint, nint, nint>)MessageSend)(Handle, LocalizedDescriptionSelector)).ToString();

    public NSDictionary UserInfo => new(Handle == 0 ? 0 : ((delegate* unmanaged<nint, nint, nint>)MessageSend)(Handle, UserInfoSelector));

    public nint Code => Handle == 0 ? 0 : ((delegate* unmanaged<nint, nint, nint>)MessageSend)(Handle, CodeSelector);
}

/// <summary>NSDictionary.</summary>
public readonly unsafe record struct NSDictionary(nint Handle)
{
    private static readonly nint ObjectForKeySelector = Selector("objectForKey:"u8);

    /// <summary>objectForKey:, not owned by the caller; nil if there is none.</summary>
    public nint ObjectForKey(NSString key) =>
        Handle == 0 ? 0 : ((delegate* unmanaged<nint, nint, nint, nint>)MessageSend)(Handle, ObjectForKeySelector, key.Handle);
}

/// <summary>NSArray.</summary>
public readonly unsafe record struct NSArray(nint Handle)
{
    private static readonly nint CountSelector = Selector("count"u8);
    private static readonly nint ObjectAtIndex = Selector("objectAtIndex:"u8);

    public nuint Count => Handle == 0 ? 0 : ((delegate* unmanaged<nint, nint, nuint>)MessageSend)(Handle, CountSelector);

    /// <summary>objectAtIndex:, not owned by the caller.</summary>
    public nint this[nuint index] => ((delegate* unmanaged<nint, nint, nuint, nint>)MessageSend)(Handle, ObjectAtIndex, index);
}

using System.Runtime.InteropServices;
using System.Text;
using Gradient.Backend.Metal;

namespace Gradient.Backend.Metal.Tests;

/// <summary>The hooks of the software device (tools/SoftMetal): Apple's framework has none of them.</summary>
internal static unsafe class SoftMetal
{
    private static readonly Lazy<nint> Library = new(() => NativeLibrary.Load(Environment.GetEnvironmentVariable(Bindings.Metal.SubstituteVariable)!));

    /// <summary>The test needs a Metal device; Linux in CI must have the substitute.</summary>
    public static MetalDevice RequireDevice()
    {
        if (MetalDevice.Instance is { } device) return device;
        string reason = OperatingSystem.IsLinux()
            ? $"There is no Metal device. tools/SoftMetal/build.sh makes a substitute, which the tests find by themselves; {Bindings.Metal.SubstituteVariable} names another."
            : "There is no Metal device on this machine.";
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 } && !OperatingSystem.IsWindows()) Assert.Fail(reason);
        Assert.Inconclusive(reason);
        return null!;
    }

    /// <summary>The test needs the substitute's hooks.</summary>
    public static void Require()
    {
        RequireDevice();
        if (!Bindings.Metal.IsSubstitute) Assert.Inconclusive("Apple's Metal cannot be made to fail on purpose.");
    }

    /// <summary>Makes something fail until the result is disposed: "alloc:1", "commandbuffer:2", "nil-device" …</summary>
    public static IDisposable Fault(string fault)
    {
        Require();
        SetFault(fault);
        return new Reset(() => SetFault(""));
    }

    /// <summary>Time between commit and execution, until the result is disposed: what does not wait sees old values.</summary>
    public static IDisposable Delay(int microseconds)
    {
        Require();
        SetOption("delay", microseconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return new Reset(() => SetOption("delay", "0"));
    }

    /// <summary>Chooses among the mutants of shaders that SOFTMETAL_EDITS changed; 0 is none.</summary>
    public static void SelectMutant(int number) => SetOption("mutant", number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Which mutants' places were passed since the last call: 1 at their numbers.</summary>
    public static void TakeReached(byte[] flags)
    {
        fixed (byte* pointer = flags)
            ((delegate* unmanaged<byte*, int, void>)NativeLibrary.GetExport(Library.Value, "softmetal_take_reached"))(pointer, flags.Length);
    }

    /// <summary>The types of a method's result and arguments, in letters that tools/SoftMetal/README.md explains; null if there is no such method.</summary>
    public static string? MethodTypes(string className, string selector, bool ofClass)
    {
        fixed (byte* type = Encoding.UTF8.GetBytes(className + "\0"), name = Encoding.UTF8.GetBytes(selector + "\0"))
            return Marshal.PtrToStringUTF8(((delegate* unmanaged<byte*, byte*, int, nint>)NativeLibrary.GetExport(Library.Value, "softmetal_method_types"))(type, name, ofClass ? 1 : 0));
    }

    /// <summary>How many Objective-C objects are alive.</summary>
    public static long LiveObjects(out string report)
    {
        byte[] buffer = new byte[1 << 16];
        long count;
        fixed (byte* pointer = buffer)
            count = ((delegate* unmanaged<byte*, nuint, long>)NativeLibrary.GetExport(Library.Value, "softmetal_live_objects"))(pointer, (nuint)buffer.Length);
        report = Text(buffer);
        return count;
    }

    /// <summary>The violations of Metal's rules since the last call.</summary>
    public static List<string> TakeErrors()
    {
        var errors = new List<string>();
        byte[] buffer = new byte[1 << 14];
        fixed (byte* pointer = buffer)
        {
            while (((delegate* unmanaged<byte*, nuint, long>)NativeLibrary.GetExport(Library.Value, "softmetal_take_error"))(pointer, (nuint)buffer.Length) > 0)
                errors.Add(Text(buffer));
        }

        return errors;
    }

    private static string Text(byte[] buffer) => Encoding.UTF8.GetString(buffer, 0, Array.IndexOf(buffer, (byte)0));

    private static void SetFault(string fault)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(fault + "\0"))
            Assert.That(((delegate* unmanaged<byte*, int>)NativeLibrary.GetExport(Library.Value, "softmetal_set_fault"))(text), Is.Not.Zero, fault);
    }

    private static void SetOption(string name, string value)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"), number = Encoding.UTF8.GetBytes(value + "\0"))
            Assert.That(((delegate* unmanaged<byte*, byte*, int>)NativeLibrary.GetExport(Library.Value, "softmetal_set_option"))(text, number), Is.Not.Zero, name);
    }

    private sealed class Reset(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}

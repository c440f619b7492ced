using System.Globalization;
using System.Text;
using Gradient.Backend.Metal.Bindings;

namespace Gradient.Backend.Metal;

/// <summary>
/// A Metal device: buffers in shared memory, libraries compiled from source at first use, and one <see cref="CommandStream"/>.
/// </summary>
internal sealed class MetalKernelDevice : IKernelDevice
{
    private readonly MTLDevice device;
    private readonly CommandStream stream;
    private readonly Lock gate = new();
    private readonly Dictionary<string, MTLLibrary> libraries = [];

    private MetalKernelDevice(MTLDevice device)
    {
        this.device = device;
        Name = device.Name;
        Limits = new(
            SimdWidth: 32,
            // Apple7 (A14, M1) brought simdgroup matrices; paravirtual devices of virtual machines stay below it.
            HasSimdgroupMatrix: device.SupportsFamily(MTLGPUFamily.Apple7),
            (int)device.MaxThreadgroupMemoryLength, (long)device.MaxBufferLength);
        var queue = device.NewCommandQueue();
        if (queue.Handle == 0) throw new GradientException($"Metal: device {Name} gives no command queue; too many may be open, or the device is lost.");
        stream = new(queue) { IsWatched = Environment.GetEnvironmentVariable(WatchVariable) is { Length: > 0 } };
        if (Environment.GetEnvironmentVariable(WorkVariable) is { Length: > 0 } work) stream.WorkPerCommit = long.Parse(work, CultureInfo.InvariantCulture);
    }

    /// <summary>The environment variable that has each launch watched from the start: the first failure names its kernel, at a cost in time.</summary>
    public const string WatchVariable = "GRADIENT_METAL_WATCH";

    /// <summary>The environment variable that sets <see cref="CommandStream.WorkPerCommit"/>, for tests: a small one cuts every launch.</summary>
    public const string WorkVariable = "GRADIENT_METAL_WORK";

    public string Name { get; }

    public KernelDeviceLimits Limits { get; }

    /// <summary>How the work is handed to the device.</summary>
    internal CommandStream Stream => stream;

    /// <summary>
    /// The default device, or the first of all (over SSH and in CI there is no default one); null if there is none.
    /// </summary>
    public static MetalKernelDevice? Find()
    {
        if (!Bindings.Metal.IsAvailable) return null;
        using var pool = new AutoreleasePool();
        var metal = Bindings.Metal.GetApi();
        var device = metal.CreateSystemDefaultDevice();
        if (device.Handle == 0)
        {
            var all = metal.CopyAllDevices();
            if (all.Count > 0) device = new(ObjectiveC.Retain(all[0]));
            ObjectiveC.Release(all.Handle);
        }

        return device.Handle == 0 ? null : new(device);
    }

    public bool TryAllocate(long bytes, out DeviceBuffer buffer)
    {
        buffer = default;
        if (bytes > Limits.MaximumBufferBytes) return false;
        using var pool = new AutoreleasePool();
        var made = NewBuffer(bytes);
        if (made.Handle == 0)
        {
            // Buffers that were freed live on in command buffers until these have run.
            stream.Drain();
            made = NewBuffer(bytes);
        }

        if (made.Handle == 0) return false;
        buffer = new(made.Handle, made.Contents, bytes);
        return true;
    }

    public void Free(in DeviceBuffer buffer)
    {
        using var pool = new AutoreleasePool();
        stream.Forget(buffer.Handle);
        ObjectiveC.Release(buffer.Handle); // command buffers that still use it hold a reference of their own
    }

    public IKernel Compile(string family, string source, string function, ReadOnlySpan<int> constants)
    {
        using var pool = new AutoreleasePool();
        MTLLibrary library;
        lock (gate)
            if (!libraries.TryGetValue(family, out library)) libraries.Add(family, library = CompileLibrary(family, source));

        var values = MTLFunctionConstantValues.Create();
        for (int i = 0; i < constants.Length; i++) values.SetConstantValue(constants[i], (nuint)i);
        var name = NSString.Create(function);
        var made = library.NewFunctionWithName(name, values, out var error);
        ObjectiveC.Release(name.Handle);
        ObjectiveC.Release(values.Handle);
        string label = Label(function, constants);
        if (made.Handle == 0) throw new UnsupportedOperationException($"Metal: {family}.metal has no kernel {label}: {error.LocalizedDescription}");
        var pipeline = device.NewComputePipelineStateWithFunction(made, out error);
        ObjectiveC.Release(made.Handle);
        if (pipeline.Handle == 0) throw new UnsupportedOperationException($"Metal: no pipeline for {label} of {family}.metal: {error.LocalizedDescription}");
        if (pipeline.ThreadExecutionWidth != 32)
        {
            nuint width = pipeline.ThreadExecutionWidth;
            ObjectiveC.Release(pipeline.Handle);
            throw new UnsupportedOperationException($"Metal: device {Name} has simdgroups of {width} threads; the kernels are written for 32.");
        }

        return new MetalKernel(label, pipeline);
    }

    public void Launch(IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, KernelSize groups, KernelSize threads, long work = 0) =>
        stream.Encode((MetalKernel)kernel, buffers, parameters, groups, threads, work);

    public void Commit() => stream.Commit();

    public void WaitFor(in DeviceBuffer buffer) => stream.WaitFor(buffer.Handle);

    public void Synchronize() => stream.Synchronize();

    private MTLBuffer NewBuffer(long bytes) =>
        device.NewBufferWithLength((nuint)bytes, MTLResourceOptions.StorageModeShared | MTLResourceOptions.HazardTrackingModeTracked);

    private MTLLibrary CompileLibrary(string family, string source)
    {
        var options = MTLCompileOptions.Create();
        // NaN, infinities and signed zeros mean what IEEE 754 says; fast variants are named where they are wanted.
        options.SetFastMathEnabled(false);
        options.SetLanguageVersion(MTLLanguageVersion.Version31); // bfloat
        var text = NSString.Create(source);
        var library = device.NewLibraryWithSource(text, options, out var error);
        ObjectiveC.Release(text.Handle);
        ObjectiveC.Release(options.Handle);
        return library.Handle != 0 ? library
            : throw new UnsupportedOperationException($"Metal: {family}.metal does not compile on {Name}: {error.LocalizedDescription}");
    }

    private static string Label(string function, ReadOnlySpan<int> constants)
    {
        if (constants.Length == 0) return function;
        var label = new StringBuilder(function).Append('<');
        for (int i = 0; i < constants.Length; i++) label.Append(i == 0 ? "" : ", ").Append(constants[i]);
        return label.Append('>').ToString();
    }
}

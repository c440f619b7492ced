using System.Runtime.InteropServices;
using Gradient.Backend.Metal;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>How launches that nobody could wait for here are cut: by arithmetic, on a device that runs nothing.</summary>
public sealed class LargeLaunches
{
    private static readonly long Budget = 1L << 28; // CommandStream.WorkPerCommit, of a device that says nothing else

    [Test]
    public void A_product_of_large_matrices_is_cut_into_bounded_pieces()
    {
        using var device = new Paper();
        const long m = 32_768, n = 32_768, k = 32_768; // 70 TFLOP: 27 s on an M1 at its best
        Tensor a = device.Empty(m, k), b = device.Empty(k, n), y = device.Empty(m, n);
        device.Metal.Backend.MatMul(a, b, null, MatMulActivation.None, y);
        device.Check(multiplyAdds: (double)m * n * k, leastPieces: 4096);
    }

    [Test]
    public void A_large_convolution_and_its_gradients_are_cut_into_bounded_pieces()
    {
        using var device = new Paper();
        const long batch = 64, height = 128, width = 128, inputs = 256, outputs = 256;
        Tensor x = device.Empty(batch, height, width, inputs), weight = device.Empty(3, 3, inputs, outputs), y = device.Empty(batch, height, width, outputs);
        var options = new Conv2dOptions { PaddingHeight = 1, PaddingWidth = 1 };
        const double multiplyAdds = (double)batch * height * width * inputs * outputs * 9; // 1.2 TFLOP
        device.Metal.Backend.Conv2d(x, weight, null, options, y);
        device.Check(multiplyAdds, leastPieces: 64);
        device.Metal.Backend.Conv2dInputGradient(y, weight, options, x);
        device.Check(multiplyAdds, leastPieces: 64);
        device.Metal.Backend.Conv2dWeightGradient(x, y, options, weight);
        device.Check(multiplyAdds, leastPieces: 64);
    }

    /// <summary>Memory that is not there, and launches that are only written down.</summary>
    private sealed unsafe class Paper : IKernelDevice, IDisposable
    {
        private readonly List<(KernelSize Groups, long Work)> launches = [];
        private readonly List<nint> small = [];

        public Paper() => Metal = new(this);

        public MetalDevice Metal { get; }

        public string Name => "paper";

        public KernelDeviceLimits Limits => new(32, true, 32_768, long.MaxValue);

        public Tensor Empty(params ReadOnlySpan<long> lengths) => Tensor.Empty(new Shape(lengths), DType.Float32, Metal);

        public bool TryAllocate(long bytes, out DeviceBuffer buffer)
        {
            nint address = 1 << 20;
            if (bytes <= 4096) small.Add(address = (nint)NativeMemory.AllocZeroed((nuint)bytes)); // the host clears what kernels report faults in
            buffer = new(address, address, bytes);
            return true;
        }

        public void Free(in DeviceBuffer buffer)
        {
        }

        public IKernel Compile(string family, string source, string function, ReadOnlySpan<int> constants) => new Kernel(function);

        public void Launch(IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, KernelSize groups, KernelSize threads, long work = 0) =>
            launches.Add((groups, work));

        public void Commit()
        {
        }

        public void WaitFor(in DeviceBuffer buffer)
        {
        }

        public void Synchronize()
        {
        }

        public void Dispose()
        {
            foreach (nint address in small) NativeMemory.Free((void*)address);
        }

        /// <summary>What was launched since the last check counts all that must be multiplied, and no piece exceeds the budget.</summary>
        public void Check(double multiplyAdds, int leastPieces)
        {
            Assert.That(launches.Sum(launch => (double)launch.Work) * 32, Is.GreaterThanOrEqualTo(multiplyAdds));
            int count = 0;
            foreach (var (groups, work) in launches)
            {
                double covered = 0;
                foreach (var piece in GridPiece.Cut(groups, work, Budget))
                {
                    Assert.That(piece.ShareOf(work), Is.LessThanOrEqualTo(Budget));
                    covered += (double)piece.Groups.X * piece.Groups.Y * piece.Groups.Z;
                    count++;
                }

                Assert.That(covered, Is.EqualTo((double)groups.X * groups.Y * groups.Z));
            }

            Assert.That(count, Is.GreaterThanOrEqualTo(leastPieces));
            launches.Clear();
        }

        private sealed record Kernel(string Name) : IKernel
        {
            public int MaximumThreads => 1024;
        }
    }
}

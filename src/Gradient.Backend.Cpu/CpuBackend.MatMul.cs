using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Matrix products.</content>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void MatMul(Tensor a, Tensor b, Tensor? bias, MatMulActivation activation, Tensor y)
    {
        if (y.ElementCount == 0)
            return;
        if (y.DType is DType.Float16 or DType.BFloat16)
        {
            // Widened once, the operands cost as many bytes as the products read anyway; sums are then Float32 to the end.
            using var wide = Tensor.Empty(y.Shape, DType.Float32, y.Device);
            using Copied left = Copied.As(a, DType.Float32), right = Copied.As(b, DType.Float32), offsets = Copied.As(bias, DType.Float32);
            MatMul(left.Tensor!, right.Tensor!, offsets.Tensor, activation, wide);
            Copy(wide, y);
            return;
        }

        if (y.Shape[-1] > 1 && y.Layout.Stride(-1) != 1)
        {
            using var rows = Tensor.Empty(y.Shape, y.DType, y.Device);
            MatMul(a, b, bias, activation, rows);
            Copy(rows, y);
            return;
        }

        using Copied packedBias = Copied.Dense(bias, y.DType);
        switch (y.DType)
        {
            case DType.Float32:
            {
                var product = Product<float>(a, b, packedBias.Tensor, activation, y, out GemmBatch batch);
                if (batch.Count == 1)
                    Gemm.Run(product, WorkerPool.Shared);
                else
                    Gemm.RunBatch(product, batch, WorkerPool.Shared);
                break;
            }

            case DType.Float64:
            {
                var product = Product<double>(a, b, packedBias.Tensor, activation, y, out GemmBatch batch);
                if (batch.Count == 1)
                    Gemm.Run(product, WorkerPool.Shared);
                else
                    Gemm.RunBatch(product, batch, WorkerPool.Shared);
                break;
            }

            case DType.Int32:
            {
                var product = Product<int>(a, b, packedBias.Tensor, activation, y, out GemmBatch batch);
                IntegerProduct<int>.Run(product, batch, WorkerPool.Shared);
                break;
            }

            case DType.Int64:
            {
                var product = Product<long>(a, b, packedBias.Tensor, activation, y, out GemmBatch batch);
                IntegerProduct<long>.Run(product, batch, WorkerPool.Shared);
                break;
            }

            default:
                throw Unsupported("matmul", y.DType);
        }

        GC.KeepAlive(a);
        GC.KeepAlive(b);
        GC.KeepAlive(bias);
        GC.KeepAlive(y);
    }

    /// <summary>The first element of a tensor that lies in main memory.</summary>
    private static T* Pointer<T>(Tensor tensor)
        where T : unmanaged => (T*)tensor.Storage.Buffer.HostAddress + tensor.Layout.Offset;

    /// <summary>
    /// The product of one pair of matrices, and where the pairs lie. Leading axes along which b repeats and along which the rows
    /// of a and y go on evenly become rows: a batch times one matrix is one product.
    /// </summary>
    private static GemmArguments<T> Product<T>(Tensor a, Tensor b, Tensor? bias, MatMulActivation activation, Tensor y, out GemmBatch batch)
        where T : unmanaged
    {
        var product = new GemmArguments<T>
        {
            M = (nint)y.Shape[-2],
            N = (nint)y.Shape[-1],
            K = (nint)a.Shape[-1],
            A = Pointer<T>(a),
            ARow = (nint)a.Layout.Stride(-2),
            AColumn = (nint)a.Layout.Stride(-1),
            B = Pointer<T>(b),
            BRow = (nint)b.Layout.Stride(-2),
            BColumn = (nint)b.Layout.Stride(-1),
            C = Pointer<T>(y),
            CRow = (nint)y.Layout.Stride(-2),
            Bias = bias is null ? null : Pointer<T>(bias),
            Relu = activation == MatMulActivation.Relu,
        };

        int leading = y.Rank - 2;
        while (leading > 0)
        {
            int axis = leading - 1;
            bool repeats = BatchStride(b, axis, y.Rank) == 0;
            if (y.Shape[axis] != 1)
            {
                // A single row has no stride to go on with: any will do.
                if (product.M == 1)
                {
                    product.ARow = BatchStride(a, axis, y.Rank);
                    product.CRow = (nint)y.Layout.Stride(axis);
                }

                if (!repeats || BatchStride(a, axis, y.Rank) != product.ARow * product.M || y.Layout.Stride(axis) != product.CRow * product.M)
                    break;
                product.M *= (nint)y.Shape[axis];
            }

            leading--;
        }

        nint count = 1;
        for (int axis = 0; axis < leading; axis++)
            count *= (nint)y.Shape[axis];
        nint* offsets = Scratch.Get<nint>(ScratchPurpose.Offsets, 3 * count);
        batch = new GemmBatch { Count = count, AOffsets = offsets, BOffsets = offsets + count, COffsets = offsets + (2 * count) };
        FillOffsets(a, y, leading, count, batch.AOffsets);
        FillOffsets(b, y, leading, count, batch.BOffsets);
        FillOffsets(y, y, leading, count, batch.COffsets);
        return product;
    }

    /// <summary>The stride of an operand along a leading axis of the result; 0 where it is broadcast.</summary>
    private static nint BatchStride(Tensor operand, int axis, int rank)
    {
        int own = axis - (rank - operand.Rank);
        return own < 0 || operand.Shape[own] == 1 ? 0 : (nint)operand.Layout.Stride(own);
    }

    private static void FillOffsets(Tensor operand, Tensor y, int leading, nint count, nint* offsets)
    {
        offsets[0] = 0;
        nint filled = 1;
        for (int axis = leading - 1; axis >= 0; axis--)
        {
            // What is filled so far is one step of this axis; the others are it, shifted.
            nint stride = BatchStride(operand, axis, y.Rank);
            for (nint i = filled; i < filled * (nint)y.Shape[axis]; i++)
                offsets[i] = offsets[i % filled] + (i / filled * stride);
            filled *= (nint)y.Shape[axis];
        }
    }

    /// <summary>A tensor in the form that a kernel needs: itself, or a copy that goes at the end of the block.</summary>
    private readonly ref struct Copied
    {
        private readonly bool owned;

        private Copied(Tensor? tensor, bool owned)
        {
            Tensor = tensor;
            this.owned = owned;
        }

        public Tensor? Tensor { get; }

        /// <summary>Of a type, with any layout.</summary>
        public static Copied As(Tensor? tensor, DType dtype)
        {
            Tensor? converted = tensor?.To(dtype);
            return new(converted, !ReferenceEquals(converted, tensor));
        }

        /// <summary>Of a type, contiguous. (What To makes is contiguous.)</summary>
        public static Copied Dense(Tensor? tensor, DType dtype)
        {
            Tensor? dense = tensor is null ? null : tensor.DType == dtype ? tensor.Contiguous() : tensor.To(dtype);
            return new(dense, !ReferenceEquals(dense, tensor));
        }

        public void Dispose()
        {
            if (owned)
                Tensor!.Dispose();
        }
    }
}

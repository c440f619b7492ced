namespace Gradient.LinearAlgebra;

/// <content>QR by Householder reflections, in blocks of columns (GVL 5.2.3).</content>
internal sealed unsafe partial class ManagedDecompositions<T>
{
    private const int QrBlock = 32;

    public void Qr(T* a, nint rows, nint columns, nint stride, T* tau)
    {
        nint count = Math.Min(rows, columns);
        using var work = new NativeBuffer<T>(2 * columns);
        for (nint start = 0; start < count; start += QrBlock)
        {
            nint end = Math.Min(start + QrBlock, count);
            for (nint j = start; j < end; j++)
            {
                T* corner = a + (j * stride) + j;
                tau[j] = Reflector(corner, rows - j, stride);
                ReflectRows(corner, stride, tau[j], corner + 1, stride, rows - j, end - j - 1, work.Pointer);
            }

            if (end == columns) continue;
            T* block = a + (start * stride) + start;
            ReflectBlock(block, stride, tau + start, rows - start, end - start, transposed: true, block + (end - start), stride, columns - end);
        }
    }

    public void FormQ(T* reflectors, nint rows, nint count, nint stride, T* tau, T* q, nint columns, nint qStride)
    {
        Identity(q, rows, columns, qStride);
        if (count <= QrBlock)
        {
            using var work = new NativeBuffer<T>(2 * columns);
            for (nint j = count - 1; j >= 0; j--)
                ReflectRows(
                    reflectors + (j * stride) + j, stride, tau[j], q + (j * qStride) + j, qStride, rows - j, columns - j, work.Pointer);
            return;
        }

        // From the last block on: what is left of its columns is still the identity, and stays out.
        for (nint start = (count - 1) / QrBlock * QrBlock; start >= 0; start -= QrBlock)
            ReflectBlock(
                reflectors + (start * stride) + start, stride, tau + start, rows - start, Math.Min(QrBlock, count - start), transposed: false,
                q + (start * qStride) + start, qStride, columns - start);
    }
}

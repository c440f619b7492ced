using System.Numerics;
using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

public sealed partial class MetalBackend
{
    /// <summary>What a threadgroup sorts at once; its keys and places fill 12 KiB of the 32 that it has.</summary>
    private const int SortBlock = 1024;

    /// <inheritdoc/>
    public unsafe void Sort(Tensor x, int axis, bool descending, Tensor values, Tensor indices)
    {
        if (values.ElementCount == 0) return;
        axis = Axis(x, axis);
        string type = TypeName("sort", x.DType);
        long length = x.Rank == 0 ? 1 : x.Shape[axis], wanted = x.Rank == 0 ? 1 : values.Shape[axis];
        if (length > int.MaxValue) throw new UnsupportedOperationException($"sort along axis {axis} of shape {x.Shape}: device metal sorts up to {int.MaxValue} elements.");
        Layout Start(Tensor tensor) => tensor.Rank == 0 ? tensor.Layout : tensor.Layout.Slice(axis, 0, 1);
        int width = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(length, SortBlock)), flag = descending ? 1 : 0;
        var parameters = new SortParameters
        {
            Kept = Strided.Plan(x.Rank == 0 ? x.Shape : x.Shape.With(axis, 1), AxisSet.All(x.Rank), true, Start(x), Start(values), Start(indices)),
            Length = length, Wanted = wanted, Width = width,
        };
        if (x.Rank > 0)
        {
            parameters.Strides[0] = x.Layout.Stride(axis);
            parameters.Strides[1] = values.Layout.Stride(axis);
            parameters.Strides[2] = indices.Layout.Stride(axis);
        }

        // Keys are as wide as elements, but at least 32 bits; here they are just memory.
        bool isLong = x.DType == DType.Int64, isMerged = length > width;
        var keyType = isLong ? DType.Int64 : DType.Int32;
        Shape all = [parameters.Kept.Count * length];
        using var firstKeys = Tensor.Empty(all, keyType, x.Device);
        using var firstPlaces = Tensor.Empty(all, DType.Int32, x.Device);
        using var secondKeys = isMerged ? Tensor.Empty(all, keyType, x.Device) : null;
        using var secondPlaces = isMerged ? Tensor.Empty(all, DType.Int32, x.Device) : null;
        LaunchGroups(
            cache.Get("sort", "sort_block_" + type, flag), [In(x), Out(firstKeys), Out(firstPlaces)], parameters,
            new(checked((int)parameters.Kept.Count), (int)((length + width - 1) / width)), new(Math.Clamp(width / 2, 32, 256)), all.ElementCount * BitOperations.Log2((uint)width * 2));

        Tensor keys = firstKeys, places = firstPlaces;
        Tensor? nextKeys = secondKeys, nextPlaces = secondPlaces;
        for (; parameters.Width < length; parameters.Width *= 2)
        {
            Launch(
                cache.Get("sort", isLong ? "sort_merge_ulong" : "sort_merge_uint", flag), [In(keys), In(places), Out(nextKeys!), Out(nextPlaces!)],
                parameters, all.ElementCount, 4 + (2 * BitOperations.Log2((ulong)parameters.Width * 2)));
            (keys, nextKeys) = (nextKeys!, keys);
            (places, nextPlaces) = (nextPlaces!, places);
        }

        Launch(cache.Get("sort", "sort_write_" + type, flag), [In(x), In(places), Out(values), Out(indices)], parameters, parameters.Kept.Count * wanted);
        GC.KeepAlive(x);
        GC.KeepAlive(values);
        GC.KeepAlive(indices);
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct SortParameters
    {
        public Strided Kept;
        public long Length;
        public fixed long Strides[3];
        public long Wanted, Width;
    }
}

namespace Gradient.Core;

/// <summary>
/// The whole seam between the tape and the kernels of a device. The caller has checked shapes and element types and has
/// allocated every output; a backend computes. What holds for all methods:
/// <list type="bullet">
/// <item>Tensors may have any layout: strides of any sign, 0, any offset; outputs too, but they never overlap themselves.</item>
/// <item>An output may be the very tensor of an elementwise input (in place); any other overlap is forbidden.</item>
/// <item>Empty tensors and rank 0 are ordinary.</item>
/// <item>Tensors are kept alive until their memory is no longer used (<see cref="GC.KeepAlive"/>): the collector may reclaim
/// what the caller no longer holds.</item>
/// <item>A method may return before the work is done; work is done in the order of the calls. Nothing is read back to the host
/// except by <see cref="Download"/> and <see cref="Synchronize"/>, which also throw what went wrong before.</item>
/// <item>A kernel that is missing throws <see cref="UnsupportedOperationException"/> naming operation, type and device.</item>
/// <item>Float16 and BFloat16 compute and accumulate in Float32; Float32 sums are pairwise or blocked, never one long chain.</item>
/// <item>Results do not depend on the number of threads.</item>
/// </list>
/// </summary>
public interface IBackend
{
    /// <summary>Waits until all work is done and throws what went wrong meanwhile.</summary>
    void Synchronize();

    /// <summary>Copies bytes from the host into storage; the span may be reused as soon as this returns.</summary>
    void Upload(ReadOnlySpan<byte> source, Storage destination, long byteOffset);

    /// <summary>Copies bytes from storage to the host, after all work asked for so far.</summary>
    void Download(Storage source, long byteOffset, Span<byte> destination);

    /// <summary>
    /// y ← x, converting the element type as C# casts do, except: to Bool, x ≠ 0; from floating point to integers, toward 0,
    /// saturating, NaN to 0. Same shape.
    /// </summary>
    void Copy(Tensor x, Tensor y);

    /// <summary>y ← value everywhere.</summary>
    void Fill(Tensor y, double value);

    /// <summary>y ← start, start + step, … in row-major order.</summary>
    void Range(Tensor y, double start, double step);

    /// <summary>
    /// y ← random numbers: element i in row-major order depends only on (seed, offset, i), see <see cref="Philox"/>.
    /// </summary>
    void Random(RandomKind kind, KernelParameters parameters, ulong seed, ulong offset, Tensor y);

    /// <summary>y ← f(x), same shape; see <see cref="UnaryKind"/>.</summary>
    void Unary(UnaryKind kind, Tensor x, Tensor y, KernelParameters parameters = default);

    /// <summary>y ← f(a, b); a and b broadcast to the shape of y.</summary>
    void Binary(BinaryKind kind, Tensor a, Tensor b, Tensor y, KernelParameters parameters = default);

    /// <summary>y ← f(a, b, c); all broadcast to the shape of y.</summary>
    void Ternary(TernaryKind kind, Tensor a, Tensor b, Tensor c, Tensor y);

    /// <summary>y ← the reduction of x over the axes; y has the rank of x with length 1 on those axes.</summary>
    void Reduce(ReduceKind kind, Tensor x, AxisSet axes, Tensor y);

    /// <summary>
    /// The first extreme along an axis; a NaN counts as more extreme than any number. values (type of x, may be null) and
    /// indices (Int64) have the rank of x with length 1 on the axis.
    /// </summary>
    void ArgReduce(ArgKind kind, Tensor x, int axis, Tensor? values, Tensor indices);

    /// <summary>y ← the running reduction of x along an axis, from the end if <paramref name="reverse"/>. Same shape and type.</summary>
    void Scan(ScanKind kind, Tensor x, int axis, bool reverse, Tensor y);

    /// <summary>y ← softmax or log-softmax of x along an axis. Same shape; a row of −∞ alone becomes NaN, as in PyTorch.</summary>
    void Softmax(SoftmaxKind kind, Tensor x, int axis, Tensor y);

    /// <summary>dx ← the gradient of the input from that of the output, dy, and the output y.</summary>
    void SoftmaxBackward(SoftmaxKind kind, Tensor dy, Tensor y, int axis, Tensor dx);

    /// <summary>
    /// Cross-entropy with log-softmax over the classes, the last axis of x[…, classes]. With label t, weights w (or 1) and smoothing ε,
    /// losses[…] ← −Σ qⱼ·ln softmax(x)ⱼ where qⱼ = (1 − ε)·w_t·[j = t] + ε/classes·wⱼ; 0 for the ignored label. statistics[…, 4] gets, per
    /// row: m = max x; Σe^(x − m) (apart, as in their logarithms' sum large logits would lose what they differ by); w_t, which a mean
    /// divides by, 0 for the ignored label; Σq. Labels are Int64 or Int32; weights[classes], losses and statistics Float32 (Float64 for
    /// Float64). Another label outside the classes throws as an index of <see cref="Gather"/> does.
    /// </summary>
    void CrossEntropy(in CrossEntropyOptions options, Tensor x, Tensor labels, Tensor? weights, Tensor losses, Tensor statistics);

    /// <summary>dx ← dy·(Σq·softmax(x) − q), and 0 in rows of the ignored label; dy is the gradient of the losses.</summary>
    void CrossEntropyBackward(
        in CrossEntropyOptions options, Tensor dy, Tensor x, Tensor labels, Tensor? weights, Tensor statistics, Tensor dx);

    /// <summary>
    /// y[…, m, n] ← activation(a[…, m, k] · b[…, k, n] + bias[n]). The leading axes of a and b broadcast to those of y
    /// (rank 2 or more each; bias may be null).
    /// </summary>
    void MatMul(Tensor a, Tensor b, Tensor? bias, MatMulActivation activation, Tensor y);

    /// <summary>
    /// y[m, n] ← A·b with b[k, n] and the sparse A[m, k] in compressed rows: entry e of row i, offsets[i] ≤ e &lt; offsets[i + 1], is values[e]
    /// (1 where values are null) in column columns[e]; entries in one place add up. A null b is the identity: y[m, k] is A itself, whose
    /// entries then lie in different places. offsets[m + 1] and columns are Int32, contiguous and checked by the caller. Sums are cut by
    /// offsets and n alone.
    /// </summary>
    void SparseMatMul(Tensor offsets, Tensor columns, Tensor? values, Tensor? b, Tensor y);

    /// <summary>
    /// y[e] ← Σⱼ a[i, j]·b[columns[e], j] for each entry e of row i of a sparse matrix as above: the product a·bᵀ where the matrix has entries,
    /// and the gradient of its values. A null b is the identity: y[e] ← a[i, columns[e]].
    /// </summary>
    void SparseSample(Tensor offsets, Tensor columns, Tensor a, Tensor? b, Tensor y);

    /// <summary>
    /// y[…, queries, valueWidth] ← softmax(query[…, queries, width] · key[…, keys, width]ᵀ · scale + mask) · value[…, keys, valueWidth],
    /// without a matrix of scores; logSumExp[…, queries] (Float32; Float64 for Float64) ← ln Σ e^score of each row. The axes in
    /// front are those of y in every tensor (expanded by the caller). The mask (null, or […, queries, keys]) is Bool, true where a
    /// key is seen, or of the type of y and added. A row that sees no key is NaN, its logSumExp −∞; without any keys y is 0.
    /// </summary>
    void Attention(in AttentionOptions options, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor y, Tensor logSumExp);

    /// <summary>
    /// The gradients of <see cref="Attention"/>, which gave y and logSumExp: those of query, key and value; each of the three may be
    /// null, and is not computed then.
    /// </summary>
    void AttentionBackward(
        in AttentionOptions options, Tensor dy, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor y, Tensor logSumExp,
        Tensor? dquery, Tensor? dkey, Tensor? dvalue);

    /// <summary>
    /// y[batch, outHeight, outWidth, outputs] ← x[batch, height, width, inputs] * weight[kernelHeight, kernelWidth,
    /// inputs/groups, outputs] + bias[outputs] (cross-correlation; bias may be null).
    /// </summary>
    void Conv2d(Tensor x, Tensor weight, Tensor? bias, in Conv2dOptions options, Tensor y);

    /// <summary>dx ← the gradient of the input of <see cref="Conv2d"/>.</summary>
    void Conv2dInputGradient(Tensor dy, Tensor weight, in Conv2dOptions options, Tensor dx);

    /// <summary>dw ← the gradient of the weight of <see cref="Conv2d"/>.</summary>
    void Conv2dWeightGradient(Tensor x, Tensor dy, in Conv2dOptions options, Tensor dw);

    /// <summary>
    /// y[batch, outHeight, outWidth, channels] ← pooled x[batch, height, width, channels]. For maxima, indices (Int32, shape of y,
    /// may be null) gets row·width + column of the first largest element in the input.
    /// </summary>
    void Pool2d(in Pool2dOptions options, Tensor x, Tensor y, Tensor? indices);

    /// <summary>dx ← the gradient of the input of <see cref="Pool2d"/>; indices are null for averages.</summary>
    void Pool2dBackward(in Pool2dOptions options, Tensor dy, Tensor? indices, Tensor dx);

    /// <summary>
    /// y ← (x − mean)·inverse·weight + bias, the statistics taken over the axes with the biased variance plus epsilon under the
    /// root. mean (null for <see cref="NormalizeKind.RootMeanSquare"/>) and inverse have the rank of x with length 1 on
    /// those axes and type Float32 (Float64 for Float64); weight and bias (null or not) have the rank of x and broadcast to it.
    /// </summary>
    void Normalize(
        NormalizeKind kind, Tensor x, AxisSet axes, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor? mean, Tensor inverse);

    /// <summary>
    /// The gradients of <see cref="Normalize"/>: dx (shape of x), dweight and dbias (shape of weight, summed over what was
    /// broadcast); each of the three may be null, and is not computed then.
    /// </summary>
    void NormalizeBackward(
        NormalizeKind kind, Tensor dy, Tensor x, AxisSet axes, Tensor? weight, Tensor? mean, Tensor inverse,
        Tensor? dx, Tensor? dweight, Tensor? dbias);

    /// <summary>
    /// y[i, j, k] ← x[i, index[i, j, k], k] for axis 1, likewise for others. index (Int64 or Int32) has the shape of y; off the
    /// axis that shape is at most that of x. An index expanded with stride 0 over other axes selects whole rows, and kernels make
    /// use of that. An index outside 0 … length − 1 throws <see cref="ShapeMismatchException"/>, at the next synchronization at the latest;
    /// it names <paramref name="operation"/>, what the user called.
    /// </summary>
    void Gather(Tensor x, int axis, Tensor index, Tensor y, string operation = "gather");

    /// <summary>y[i, index[i, j, k], k] ←, or +=, source[i, j, k] for axis 1, likewise for others. The counterpart of Gather, in place.</summary>
    void Scatter(ScatterKind kind, int axis, Tensor index, Tensor source, Tensor y, string operation = "scatter");

    /// <summary>
    /// The first k = values.Shape[axis] elements along the axis in sorted order, and where they were (Int64). Stable; NaN is
    /// the largest.
    /// </summary>
    void Sort(Tensor x, int axis, bool descending, Tensor values, Tensor indices);

    /// <summary>
    /// y ← one number of all elements of all tensors taken together; see <see cref="ReduceManyKind"/>. The tensors are of any
    /// floating-point types; y has one element, Int64 for a count, else Float32 or Float64.
    /// </summary>
    void ReduceMany(ReduceManyKind kind, ReadOnlySpan<Tensor> tensors, Tensor y, KernelParameters parameters = default);

    /// <summary>
    /// Multiplies all elements of all tensors, of any floating-point types, in place by the only element of factor (Float32 or Float64).
    /// No two tensors share an element.
    /// </summary>
    void ScaleMany(ReadOnlySpan<Tensor> tensors, Tensor factor);

    /// <summary>One step of an update rule for all parameters, in place.</summary>
    void OptimizerStep(OptimizerKind kind, in OptimizerSettings settings, ReadOnlySpan<OptimizerSlot> slots);
}

using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The lines of up to eight tensors along one axis: where each line starts, and how far apart its elements are in each
/// tensor. Off the axis the layouts broadcast to one shape. Lines are taken in batches of neighbours, so that those whose
/// elements lie far apart are read and written a cache line at a time.
/// </summary>
internal struct Lines
{
    /// <summary>
    /// The fewest neighbours worth reading together, a cache line of floats, and the most: with four lines per row the
    /// processor fetches ahead although rows lie pages apart.
    /// </summary>
    public const long FewLines = 16, ManyLines = 64;

    /// <summary>The most elements of a batch of several lines, so that it stays in the second-level cache.</summary>
    private const long MostElements = 1 << 17;

    /// <summary>About how many batches there should be at least, for threads to share.</summary>
    private const long WantedBatches = 16;

    private readonly int axis;
    private Walk walk;
    private Eight strides;
    private Walk.Inner neighbours;
    private long batchesPerRow;

    /// <summary>The lines of tensors of a shape along an axis from 0 (which a scalar may pretend to have).</summary>
    public Lines(in Shape shape, int axis)
    {
        this.axis = shape.Rank == 0 ? -1 : axis;
        walk = new(shape, new((byte)~AxisSet.Single(axis).Mask));
        Length = shape.Rank == 0 ? 1 : shape[axis];
    }

    /// <summary>The length of the axis in the shape.</summary>
    public long Length { get; }

    /// <summary>The number of lines of a full batch.</summary>
    public long BatchLines { get; private set; }

    /// <summary>The number of batches.</summary>
    public long Batches { get; private set; }

    /// <summary>
    /// Whether a batch is to be worked on across: its lines lie side by side in every operand, and their elements far apart.
    /// </summary>
    public bool AreAcross { get; private set; }

    /// <summary>How many elements of scratch hold a batch of an operand (of one across: the rest), its lines <see cref="Pitch"/> apart.</summary>
    public readonly nint ScratchElements => (nint)((AreAcross ? Math.Min(BatchLines, FewLines) : BatchLines) * Pitch);

    /// <summary>The distance of lines in scratch: not a multiple of 4096 bytes, or they would compete for the same cache sets.</summary>
    public readonly long Pitch => ((Length + 15) / 16 * 16) + 16;

    /// <summary>An operand's stride along the axis.</summary>
    public readonly long Stride(int operand) => strides[operand];

    /// <summary>An operand's stride from line to line of a batch.</summary>
    public readonly long LineStride(int operand) => neighbours.Strides[operand];

    /// <summary>One more operand; its length along the axis may differ.</summary>
    public void Add(in Layout layout)
    {
        strides[walk.Operands] = axis < 0 ? 1 : layout.Stride(axis);
        walk.Add(layout);
    }

    /// <summary>After the last operand: merges what can be walked together, and cuts it into batches.</summary>
    public void Prepare(bool mayGoAcross = false)
    {
        walk.Order(0);
        walk.Merge();
        neighbours = walk.TakeInner();
        AreAcross = mayGoAcross && Length > 1;
        for (int o = 0; o < walk.Operands; o++) AreAcross &= neighbours.Strides[o] == 1 && strides[o] != 1;
        long wanted = Math.Clamp(neighbours.Length * walk.Count / WantedBatches, FewLines, ManyLines);
        BatchLines = AreAcross
            ? Math.Min(neighbours.Length, (wanted + FewLines - 1) / FewLines * FewLines)
            : Math.Clamp(Math.Min(neighbours.Length, MostElements / Math.Max(1, Length)), 1, wanted);
        batchesPerRow = (neighbours.Length + BatchLines - 1) / BatchLines;
        Batches = walk.Count * batchesPerRow;
    }

    /// <summary>How many batches are worth giving to a thread, at so many times the cost of an addition per element.</summary>
    public readonly long Grain(int cost) => Math.Max(1, (1 << 15) / Math.Max(1, Length * BatchLines * cost));

    /// <summary>The batch of a number.</summary>
    public readonly Batch this[long number]
    {
        get
        {
            var (row, part) = Math.DivRem(number, batchesPerRow);
            long first = part * BatchLines;
            var cursor = new Cursor(in walk, row);
            var batch = new Batch { Count = Math.Min(BatchLines, neighbours.Length - first) };
            for (int o = 0; o < walk.Operands; o++) batch.Positions[o] = cursor[o] + (first * neighbours.Strides[o]);
            return batch;
        }
    }

    /// <summary>A batch without its first lines.</summary>
    public readonly Batch Skip(Batch batch, long count)
    {
        batch.Count -= count;
        for (int o = 0; o < walk.Operands; o++) batch.Positions[o] += count * neighbours.Strides[o];
        return batch;
    }

    /// <summary>
    /// The lines of an operand's batch as contiguous numbers, <paramref name="pitch"/> apart: where they are if that is what
    /// they are, else in scratch.
    /// </summary>
    public readonly unsafe C* Read<T, C>(int operand, T* start, in Batch batch, C* scratch, out long pitch)
        where T : unmanaged
        where C : unmanaged
    {
        long stride = strides[operand], apart = neighbours.Strides[operand];
        T* source = start + batch.Positions[operand];
        pitch = apart;
        if (typeof(T) == typeof(C) && (stride == 1 || Length <= 1)) return (C*)source;
        pitch = Pitch;
        if (batch.Count == 1 || Math.Abs(stride) <= Math.Abs(apart))
        {
            for (long k = 0; k < batch.Count; k++) Elements.Read(source + (k * apart), stride, Length, scratch + (k * pitch));
            return scratch;
        }

        for (long i = 0; i < Length; i++)
        {
            T* row = source + (i * stride);
            for (long k = 0; k < batch.Count; k++) scratch[(k * pitch) + i] = Elements.Load<T, C>(row[k * apart]);
        }

        return scratch;
    }

    /// <summary>Where to compute the lines of an operand's batch: there, if they are contiguous and of type C, else in scratch.</summary>
    public readonly unsafe C* Target<T, C>(int operand, T* start, in Batch batch, C* scratch, out long pitch)
        where T : unmanaged
        where C : unmanaged
    {
        bool direct = typeof(T) == typeof(C) && (strides[operand] == 1 || Length <= 1);
        pitch = direct ? neighbours.Strides[operand] : Pitch;
        return direct ? (C*)(start + batch.Positions[operand]) : scratch;
    }

    /// <summary>Writes what was computed in <see cref="Target"/>, if it is not there already.</summary>
    public readonly unsafe void Finish<T, C>(int operand, T* start, in Batch batch, C* target)
        where T : unmanaged
        where C : unmanaged
    {
        T* destination = start + batch.Positions[operand];
        if ((void*)target == destination) return;
        long stride = strides[operand], apart = neighbours.Strides[operand], pitch = Pitch;
        if (batch.Count == 1 || Math.Abs(stride) <= Math.Abs(apart))
        {
            for (long k = 0; k < batch.Count; k++) Elements.Write(target + (k * pitch), destination + (k * apart), stride, Length);
            return;
        }

        for (long i = 0; i < Length; i++)
        {
            T* row = destination + (i * stride);
            for (long k = 0; k < batch.Count; k++) row[k * apart] = Elements.Store<T, C>(target[(k * pitch) + i]);
        }
    }

    /// <summary>Some neighbouring lines.</summary>
    internal struct Batch
    {
        /// <summary>How many.</summary>
        public long Count;

        /// <summary>Where each operand's first begins.</summary>
        public Eight Positions;
    }
}

namespace Gradient.Conformance.Tests;

/// <summary>
/// The plain double-precision tensor of the reference implementations: values in row-major order and a shape. It shares no code
/// with the framework, so that it can judge it.
/// </summary>
public sealed class Values
{
    public Values(double[] data, params long[] shape)
    {
        long count = 1;
        foreach (long length in shape) count *= length;
        if (count != data.LongLength) throw new ArgumentException($"{data.Length} values for shape [{string.Join(", ", shape)}]");
        Data = data;
        Shape = shape;
    }

    public double[] Data { get; }

    public long[] Shape { get; }

    public int Rank => Shape.Length;

    /// <summary>A tensor whose element at an index is computed from the index.</summary>
    public static Values Make(long[] shape, Func<long[], double> element)
    {
        long count = 1;
        foreach (long length in shape) count *= length;
        var data = new double[count];
        var index = new long[shape.Length];
        for (long i = 0; i < count; i++)
        {
            data[i] = element(index);
            for (int axis = shape.Length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) index[axis] = 0;
        }

        return new(data, shape);
    }

    public static Values Scalar(double value) => new([value]);

    public double this[params long[] index]
    {
        get
        {
            long position = 0;
            for (int axis = 0; axis < Rank; axis++) position = (position * Shape[axis]) + index[axis];
            return Data[position];
        }
    }

    public Values Map(Func<double, double> f) => new(Array.ConvertAll(Data, x => f(x)), Shape);

    /// <summary>f of broadcast pairs.</summary>
    public static Values Zip(Values a, Values b, Func<double, double, double> f)
    {
        long[] shape = Broadcast(a.Shape, b.Shape);
        return Make(shape, index => f(a.AtBroadcast(index), b.AtBroadcast(index)));
    }

    /// <summary>The element that broadcasting puts at an index of a larger shape.</summary>
    public double AtBroadcast(long[] index)
    {
        long position = 0;
        int added = index.Length - Rank;
        for (int axis = 0; axis < Rank; axis++)
            position = (position * Shape[axis]) + (Shape[axis] == 1 ? 0 : index[axis + added]);
        return Data[position];
    }

    /// <summary>Reduces axes: f gets the elements along them, in row-major order.</summary>
    public Values Reduce(int[] axes, bool keepDims, Func<double[], double> f)
    {
        axes = axes.Length == 0 ? [.. Enumerable.Range(0, Rank)] : [.. axes.Select(axis => axis < 0 ? axis + Rank : axis)];
        long[] kept = [.. Shape.Select((length, axis) => axes.Contains(axis) ? 1 : length)];
        long[] inner = [.. Shape.Select((length, axis) => axes.Contains(axis) ? length : 1)];
        var result = Make(kept, index =>
        {
            var elements = new List<double>();
            Make(inner, offset =>
            {
                elements.Add(this[[.. index.Zip(offset, (i, o) => i + o)]]);
                return 0;
            });
            return f([.. elements]);
        });
        return keepDims ? result : new(result.Data, [.. Shape.Where((_, axis) => !axes.Contains(axis))]);
    }

    /// <summary>Replaces each line along an axis by f of it.</summary>
    public Values AlongAxis(int axis, Func<double[], double[]> f)
    {
        if (axis < 0) axis += Rank;
        var lines = new Dictionary<string, double[]>();
        return Make(Shape, index =>
        {
            long[] start = [.. index];
            start[axis] = 0;
            string key = string.Join(",", start);
            if (!lines.TryGetValue(key, out var line))
            {
                line = new double[Shape[axis]];
                for (long i = 0; i < line.Length; i++)
                {
                    start[axis] = i;
                    line[i] = this[start];
                }

                lines.Add(key, line = f(line));
            }

            return line[index[axis]];
        });
    }

    public Values Reshape(params long[] shape) => new(Data, shape);

    public static long[] Broadcast(long[] a, long[] b)
    {
        int rank = Math.Max(a.Length, b.Length);
        var shape = new long[rank];
        for (int i = 1; i <= rank; i++)
        {
            long x = i <= a.Length ? a[^i] : 1, y = i <= b.Length ? b[^i] : 1;
            shape[^i] = x == 1 ? y : x;
        }

        return shape;
    }

    public override string ToString() => $"[{string.Join(", ", Shape)}]: {string.Join(", ", Data.Take(8))}";
}

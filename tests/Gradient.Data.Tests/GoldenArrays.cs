namespace Gradient.Data.Tests;

/// <summary>The files of tests/goldens/data_files.py: bytes to be read, and the values that they hold.</summary>
internal sealed class GoldenArrays
{
    private readonly OrderedDictionary<string, Tensor> arrays;

    private GoldenArrays(string name) => arrays = Npz.Load(Path.Combine(TestFiles.FindAbove("tests/goldens")!, name), Devices.Cpu);

    public static GoldenArrays Images { get; } = new("images.npz");

    public static GoldenArrays Numpy { get; } = new("numpy.npz");

    public static GoldenArrays Transforms { get; } = new("transforms.npz");

    public Tensor this[string name] => arrays[name];

    public IEnumerable<string> Names(string folder) =>
        arrays.Keys.Where(key => key.StartsWith(folder + "/", StringComparison.Ordinal)).Select(key => key[(folder.Length + 1)..]);

    public byte[] File(string name) => [.. arrays["file/" + name].ToArray<int>().Select(value => (byte)value)];

    public static void AssertClose(Tensor actual, Tensor expected, double tolerance, string what = "")
    {
        Assert.That(actual.Shape, Is.EqualTo(expected.Shape), what);
        double[] a = actual.To(DType.Float64).ToArray<double>(), e = expected.To(DType.Float64).ToArray<double>();
        double worst = 0;
        for (int i = 0; i < a.Length; i++) worst = Math.Max(worst, double.IsNaN(a[i]) ? double.PositiveInfinity : Math.Abs(a[i] - e[i]));
        Assert.That(worst, Is.LessThanOrEqualTo(tolerance), what);
    }
}

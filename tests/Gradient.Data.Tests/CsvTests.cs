namespace Gradient.Data.Tests;

public class CsvTests
{
    [Test]
    public void Numbers_and_the_last_column_as_target()
    {
        using var folder = new TestFolder();
        var data = new CsvDataset(Write(folder, "a,b,y\n1,2.5,3\n-4e-2, 5 ,6\n"));
        Assert.That((data.Count, data.Inputs, data.Targets), Is.EqualTo((2, new[] { "a", "b" }, new[] { "y" })));
        var (inputs, targets) = data.GetBatch([1, 0]);
        Assert.That(inputs.ToArray<float>(), Is.EqualTo(new[] { -0.04f, 5, 1, 2.5f }));
        Assert.That(targets.Shape, Is.EqualTo(new Shape([2, 1])));
        Assert.That(targets.ToArray<float>(), Is.EqualTo(new float[] { 6, 3 }));
        Assert.That(data.GetItem(0).Input.ToArray<float>(), Is.EqualTo(new[] { 1, 2.5f }));
    }

    [Test]
    public void Columns_separators_quotes_and_no_header()
    {
        using var folder = new TestFolder();
        var chosen = new CsvDataset(Write(folder, "\"a;1\";b;\"c\"\"2\"\r\n1;2;\"3\"\r\n4;5;6\r\n"), new() { Separator = ';', Inputs = ["c\"2", "a;1"], Targets = ["b", "a;1"] });
        Assert.That(chosen.GetBatch([0, 1]).Inputs.ToArray<float>(), Is.EqualTo(new float[] { 3, 1, 6, 4 }));
        Assert.That(chosen.GetBatch([0, 1]).Targets.ToArray<float>(), Is.EqualTo(new float[] { 2, 1, 5, 4 }));
        var bare = new CsvDataset(Write(folder, "1\t2\t3\n4\t5\t6"), new() { Separator = '\t', Header = false, Targets = ["0"] });
        Assert.That(bare.Inputs, Is.EqualTo(new[] { "1", "2" }));
        Assert.That(bare.GetBatch([1]).Inputs.ToArray<float>(), Is.EqualTo(new float[] { 5, 6 }));
    }

    [Test]
    public void Classes_by_name_by_number_and_as_given()
    {
        using var folder = new TestFolder();
        string names = Write(folder, "x,kind\n1,setosa\n2,\"versicolor, the\nsecond\"\n3,setosa\n4,iris\n");
        var found = new CsvDataset(names, new() { TargetIsClass = true });
        Assert.That(found.Classes, Is.EqualTo(new[] { "iris", "setosa", "versicolor, the\nsecond" }));
        Assert.That(DatasetTests.All(found), Is.EqualTo(new long[] { 1, 2, 1, 0 }));
        Assert.That(found.GetItem(0).Target.Shape, Is.EqualTo(Shape.Scalar));
        var given = new CsvDataset(names, new() { TargetIsClass = true, Classes = ["versicolor, the\nsecond", "setosa", "iris"] });
        Assert.That(DatasetTests.All(given), Is.EqualTo(new long[] { 1, 0, 1, 2 }));
        var numbers = new CsvDataset(Write(folder, "x,kind\n1,10\n2,9\n3,2\n", "n.csv"), new() { TargetIsClass = true });
        Assert.That((DatasetTests.All(numbers), numbers.Classes), Is.EqualTo((new long[] { 10, 9, 2 }, Array.Empty<string>())));
        Assert.That(
            () => new CsvDataset(names, new() { TargetIsClass = true, Classes = ["setosa", "iris"] }),
            Throws.TypeOf<CorruptFileException>().With.Message.Contains("line 3").And.Message.Contains("versicolor"));
    }

    [TestCase("a,y\n1,2\n3\n", "line 3: 1 fields, where the first row has 2")]
    [TestCase("a,y\n1,2\n3,4,5\n", "line 3: 3 fields")]
    [TestCase("a,y\n1,2\n\n3,4\n", "line 3: 1 fields")]
    [TestCase("a,y\n1,2\nx,4\n", "line 3, column 'a': 'x' is no number")]
    [TestCase("a,y\n1,2\n,4\n", "line 3, column 'a': an empty field")]
    [TestCase("a,y\n\"1\n\",2\n3,-\n", "line 4, column 'y': '-'")]
    [TestCase("a,y\n", "no row")]
    [TestCase("", "no row")]
    [TestCase("a,a\n1,2\n", "no CSV file")]
    public void Damage_is_told_with_its_line(string content, string message)
    {
        using var folder = new TestFolder();
        string path = Write(folder, content);
        Assert.That(() => new CsvDataset(path), Throws.TypeOf<CorruptFileException>().With.Message.Contains(message).And.Message.Contains("a.csv"));
    }

    [Test]
    public void Other_mistakes()
    {
        using var folder = new TestFolder();
        string path = Write(folder, "a,b,y\n1,,3\n");
        Assert.That(() => new CsvDataset(path, new() { Inputs = ["c"] }), Throws.TypeOf<DatasetException>().With.Message.Contains("'c'").And.Message.Contains("a, b, y"));
        Assert.That(() => new CsvDataset(path, new() { TargetIsClass = true, Targets = ["a", "y"] }), Throws.TypeOf<DatasetException>());
        Assert.That(() => new CsvDataset(folder.File("none.csv")), Throws.TypeOf<FileNotFoundException>());
        var missing = new CsvDataset(path, new() { Missing = float.NaN }).GetItem(0).Input.ToArray<float>();
        Assert.That(missing, Is.EqualTo(new[] { 1, float.NaN }));
    }

    [Test]
    public void A_stream_has_the_rows_of_the_dataset()
    {
        using var folder = new TestFolder();
        string path = Write(folder, "a,b,y\n" + string.Join("\n", Enumerable.Range(0, 50).Select(i => $"{i},{i * 0.5},{i % 3}")));
        using var rows = new DataLoader(new CsvDataset(path, new() { TargetIsClass = true }), 8, prefetch: 0);
        using var stream = new DataLoader(new CsvStream(path, new() { TargetIsClass = true }), 8, workers: 3);
        for (int epoch = 0; epoch < 2; epoch++) Assert.That(WorkerTests.Bits(stream), Is.EqualTo(WorkerTests.Bits(rows)));
        using var numbers = new DataLoader(new CsvStream(path), 50);
        Assert.That(numbers.Single().Targets.Shape, Is.EqualTo(new Shape([50, 1])));

        using var unnamed = new DataLoader(new CsvStream(Write(folder, "x,y\n1,2\n1,two\n", "b.csv"), new() { TargetIsClass = true }), 1);
        var error = Assert.Throws<DatasetException>(() => WorkerTests.Bits(unnamed))!;
        Assert.That((error.Index, error.InnerException), Is.EqualTo((1L, error.InnerException)).And.Matches<(long, Exception)>(e => e.Item2 is CorruptFileException));
        Assert.That(error.Message, Does.Contain("line 3").And.Contain("Classes"));
    }

    private static string Write(TestFolder folder, string content, string name = "a.csv") => folder.File(name, System.Text.Encoding.UTF8.GetBytes(content));
}

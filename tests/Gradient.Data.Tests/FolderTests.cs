namespace Gradient.Data.Tests;

public class FolderTests
{
    [Test]
    public void A_folder_per_class()
    {
        using var folder = new TestFolder();
        Add(folder, "b cat/2.PNG", "png-2-8-0");
        Add(folder, "b cat/1.jpg", "jpg-444");
        Add(folder, "b cat/deeper/0.ppm", "ppm");
        Add(folder, "a dog/x.jpeg", "jpg-gray");
        File.WriteAllText(folder.File("a dog/notes.txt"), "no image");
        var images = new ImageFolder(folder.Path);
        Assert.That(images.Classes, Is.EqualTo(new[] { "a dog", "b cat" }));
        Assert.That(Enumerable.Range(0, images.Count).Select(i => Path.GetRelativePath(folder.Path, images.PathOf(i)).Replace('\\', '/')), Is.EqualTo(new[] { "a dog/x.jpeg", "b cat/1.jpg", "b cat/2.PNG", "b cat/deeper/0.ppm" }));
        Assert.That(DatasetTests.All(images), Is.EqualTo(new long[] { 0, 1, 1, 1 }));
        Assert.That(images.GetItem(2).Input.ToArray<float>(), Is.EqualTo(GoldenArrays.Images["expected/png-2-8-0"].ToArray<float>()));
        Assert.That(images.GetItem(0).Input.Shape, Is.EqualTo(new Shape([21, 19, 3])), "gray becomes colour");

        using var loader = new DataLoader(images.Cached(1 << 20).Transform(new Resize(12), new RandomCrop(10, padding: 1), new Normalize(0.5f, 0.25f)), 4, workers: 2);
        Assert.That(loader.Single().Inputs.Shape, Is.EqualTo(new Shape([4, 10, 10, 3])));
        using var raw = new DataLoader(images, 4);
        Assert.That(() => raw.Single(), Throws.TypeOf<DatasetException>().With.Message.Contains("[21, 19, 3]"), "sizes differ");
    }

    [Test]
    public void Damaged_images_are_named_with_index_and_file()
    {
        using var folder = new TestFolder();
        Add(folder, "a/1.png", "png-2-8-0");
        folder.File("a/2.png", GoldenArrays.Images.File("png-2-8-0")[..^20]);
        using var loader = new DataLoader(new ImageFolder(folder.Path), 1, workers: 2);
        var error = Assert.Throws<DatasetException>(() => WorkerTests.Bits(loader))!;
        Assert.That(error.Index, Is.EqualTo(1));
        Assert.That(error.Message, Does.Contain("Item 1").And.Contain("2.png").And.Contain("truncated"));
        Assert.That(error.InnerException, Is.TypeOf<CorruptFileException>());
        Directory.CreateDirectory(folder.File("empty"));
        Assert.That(() => new ImageFolder(folder.Path), Throws.TypeOf<DatasetException>().With.Message.Contains("empty"));
        Assert.That(() => new ImageFolder(folder.File("empty")), Throws.TypeOf<DatasetException>().With.Message.Contains("folder per class").Or.Message.Contains("one per class"));
        Assert.That(() => new ImageFolder(folder.File("none")), Throws.TypeOf<DirectoryNotFoundException>());
        Assert.That(() => new ImageFolder(folder.Path + "/a/.."), Throws.TypeOf<DatasetException>());
    }

    [Test]
    public void A_file_per_item()
    {
        using var folder = new TestFolder();
        foreach (int i in new[] { 2, 0, 1 })
        {
            Npy.Save(folder.File($"x/{i}.npy"), Tensor.From<float>([i, i + 0.5f], [2], Devices.Cpu));
            Npy.Save(folder.File($"y/{i}.npy"), Tensor.From<long>([i * 10], [], Devices.Cpu));
        }

        var files = new FileDataset(folder.File("x"), "*.npy", path => (Npy.Load(path, Devices.Cpu), Tensor.From<long>([Path.GetFileName(path)[0] - '0'], [], Devices.Cpu)));
        Assert.That(DatasetTests.All(files), Is.EqualTo(new long[] { 0, 1, 2 }));
        Assert.That(files.Paths[2], Does.EndWith("2.npy"));
        var pairs = FileDataset.Pairs(files.Paths, [.. files.Paths.Select(path => path.Replace($"{Path.DirectorySeparatorChar}x{Path.DirectorySeparatorChar}", $"{Path.DirectorySeparatorChar}y{Path.DirectorySeparatorChar}"))], path => Npy.Load(path, Devices.Cpu), path => Npy.Load(path, Devices.Cpu));
        var (inputs, targets) = pairs.GetBatch([2, 0]);
        Assert.That(inputs.ToArray<float>(), Is.EqualTo(new[] { 2, 2.5f, 0, 0.5f }));
        Assert.That(targets.ToArray<long>(), Is.EqualTo(new long[] { 20, 0 }));
        Assert.That(() => pairs.GetItem(3), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => FileDataset.Pairs(["a"], [], path => null!, path => null!), Throws.TypeOf<ArgumentException>());
        Assert.That(() => FileDataset.Pairs(["a", "a"], ["b", "c"], path => null!, path => null!), Throws.TypeOf<ArgumentException>());
        File.Delete(files.Paths[1]);
        Assert.That(() => files.GetBatch([0, 1]), Throws.TypeOf<DatasetException>().With.Property(nameof(DatasetException.Index)).EqualTo(1L).And.InnerException.TypeOf<FileNotFoundException>());
    }

    [Test]
    public void Tensors_one_by_one_are_stacked()
    {
        Tensor[] inputs = [Tensor.From<float>([1, 2], [2], Devices.Cpu), Tensor.From<float>([3, 4], [2], Devices.Cpu)], targets = [Tensor.From<long>([5], [], Devices.Cpu), Tensor.From<long>([6], [], Devices.Cpu)];
        var dataset = new TensorDataset(inputs, targets);
        Assert.That(dataset.GetBatch([1, 0]).Inputs.ToArray<float>(), Is.EqualTo(new float[] { 3, 4, 1, 2 }));
        Assert.That(DatasetTests.All(dataset), Is.EqualTo(new long[] { 5, 6 }));
        Assert.That(() => new TensorDataset(inputs, [targets[0]]), Throws.TypeOf<ArgumentException>());
        Assert.That(() => new TensorDataset([inputs[0], targets[0]], targets), Throws.TypeOf<DatasetException>().With.Message.Contains("Item 1"));
    }

    private static void Add(TestFolder folder, string path, string golden)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.File(path))!);
        folder.File(path, GoldenArrays.Images.File(golden));
    }
}

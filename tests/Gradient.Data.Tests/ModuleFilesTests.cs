using Gradient.Nn;

namespace Gradient.Data.Tests;

public class ModuleFilesTests
{
    private TestFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void A_model_comes_back_from_its_file()
    {
        string path = folder.File("model.safetensors");
        Sequential Make() => new(new Conv2d(1, 4, kernelSize: 3), new BatchNorm2d(4), new Flatten(), new Linear(4 * 4 * 4, 3));
        var images = GradientTensor.Randn([2, 6, 6, 1], seed: 1);
        var (first, second) = (Make(), Make());
        first.Forward(images); // moves the running statistics, which are saved too
        first.Save(path, new Dictionary<string, string> { ["epoch"] = "3" });
        using (var file = SafetensorsFile.Open(path))
        {
            Assert.That(file.Metadata["epoch"], Is.EqualTo("3"));
            Assert.That(file.Names, Is.EqualTo(first.StateDictionary().Keys));
        }

        float[] expected = first.Eval().Forward(images).ToArray<float>();
        Assert.That(second.Eval().Forward(images).ToArray<float>(), Is.Not.EqualTo(expected));
        using (TensorScope.Begin()) Assert.That(second.Load(path).Missing, Is.Empty);
        Assert.That(second.Forward(images).ToArray<float>(), Is.EqualTo(expected), "and outlives the scope it was loaded in");
        foreach (var parameter in second.Parameters()) Assert.That(parameter.RequiresGrad, Is.True);
    }

    [Test]
    public void What_does_not_fit_is_listed_and_nothing_is_changed()
    {
        string path = folder.File("other.safetensors");
        new Sequential(new Linear(3, 2), new Linear(2, 2), new Linear(2, 5, bias: false)).Save(path);
        var model = new Sequential(new Linear(3, 2), new Linear(2, 4));
        float[] before = model.StateDictionary()["0.weight"].ToArray<float>();
        var error = Assert.Throws<StateMismatchException>(() => model.Load(path))!;
        Assert.That(error.Unexpected, Is.EqualTo(new[] { "2.weight" }));
        Assert.That(error.Message, Does.Contain("1.weight").And.Contain("[2, 2]").And.Contain("[2, 4]"));
        Assert.That(model.StateDictionary()["0.weight"].ToArray<float>(), Is.EqualTo(before));

        new Sequential(new Linear(3, 2)).Save(path);
        Assert.That(Assert.Throws<StateMismatchException>(() => model.Load(path))!.Missing, Is.EqualTo(new[] { "1.weight", "1.bias" }));
        Assert.That(model.Load(path, strict: false).Missing, Is.EqualTo(new[] { "1.weight", "1.bias" }));
        Assert.That(model.StateDictionary()["0.weight"].ToArray<float>(), Is.Not.EqualTo(before));
    }

    [Test]
    public void A_truncated_file_changes_nothing()
    {
        string path = folder.File("cut.safetensors");
        var model = new Linear(3, 2);
        model.Save(path);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..^1]);
        Assert.That(() => model.Load(path), Throws.TypeOf<CorruptFileException>().With.Message.Contains(path));
        Assert.That(() => model.Load(folder.File("none")), Throws.TypeOf<FileNotFoundException>());
    }
}

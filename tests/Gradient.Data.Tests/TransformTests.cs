using System.Globalization;

namespace Gradient.Data.Tests;

public class TransformTests
{
    private static readonly GoldenArrays Goldens = GoldenArrays.Transforms;

    private static IEnumerable<string> Cases => new[] { "resize", "rotate", "brightness", "contrast", "saturation", "hue" }.SelectMany(kind => Goldens.Names(kind).Select(name => $"{kind}/{name}"));

    private static Tensor Image => Goldens["image"];

    [TestCaseSource(nameof(Cases))]
    public void Adjustments_are_PyTorchs_or_the_formulas(string name)
    {
        string[] parts = name.Split('/');
        float amount = float.Parse(parts[1], CultureInfo.InvariantCulture);
        var actual = parts[0] switch
        {
            "resize" => new Resize(int.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[2], CultureInfo.InvariantCulture)).Apply(Image, Random()),
            "rotate" => Resampling.Rotate(Image, "rotate", amount, fill: 0),
            "brightness" => Colours.Brightness(Image, "brightness", amount),
            "contrast" => Colours.Contrast(Image, "contrast", amount),
            "saturation" => Colours.Saturation(Image, "saturation", amount),
            _ => Colours.Hue(Image, "hue", amount),
        };
        GoldenArrays.AssertClose(actual, Goldens[name], 5e-6, name); // values up to 1, a dozen roundings of Float32
    }

    [Test]
    public void Quarter_turns_move_pixels_counterclockwise()
    {
        var square = Ramp(3, 3);
        float[] expected = [2, 5, 8, 1, 4, 7, 0, 3, 6];
        Assert.That(Resampling.Rotate(square, "rotate", 90, 0).ToArray<float>().Select(x => MathF.Round(x, 4)), Is.EqualTo(expected));
        Assert.That(Resampling.Rotate(Ramp(1, 5), "rotate", 90, fill: 7).ToArray<float>()[0], Is.EqualTo(7), "outside is filled");
    }

    [Test]
    public void The_shorter_side_decides()
    {
        Assert.That(new Resize(4).Apply(Ramp(8, 20), Random()).Shape, Is.EqualTo(new Shape([4, 10, 1])));
        Assert.That(new Resize(6).Apply(Ramp(9, 4), Random()).Shape, Is.EqualTo(new Shape([13, 6, 1])));
    }

    [Test]
    public void Crops_take_what_is_there_and_fill_the_rest()
    {
        float[] expected = [9, 9, 9, 9, 0, 1, 9, 4, 5];
        Assert.That(Cropping.Crop(Ramp(3, 4), "crop", -1, -1, 3, 3, fill: 9).ToArray<float>(), Is.EqualTo(expected));
        Assert.That(Cropping.Crop(Ramp(3, 4), "crop", 2, 3, 2, 2).ToArray<float>(), Is.EqualTo(new float[] { 11, 0, 0, 0 }));
        Assert.That(Cropping.Crop(Ramp(3, 4), "crop", 5, 5, 1, 2, fill: 3).ToArray<float>(), Is.EqualTo(new float[] { 3, 3 }), "wholly outside");
        Assert.That(new CenterCrop(1, 2).Apply(Ramp(3, 4), Random()).ToArray<float>(), Is.EqualTo(new float[] { 5, 6 }));
        Assert.That(new CenterCrop(3).Apply(Ramp(1, 1), Random()).ToArray<float>(), Is.EqualTo(new float[] { 0, 0, 0, 0, 0, 0, 0, 0, 0 }));
        Assert.That(Cropping.FlipHorizontally(Goldens["image"], "flip").ToArray<float>().Take(3), Is.EqualTo(Image.ToArray<float>().Skip(27).Take(3)), "channels stay together");
        Assert.That(Cropping.FlipHorizontally(Ramp(2, 3), "flip").ToArray<float>(), Is.EqualTo(new float[] { 2, 1, 0, 5, 4, 3 }));
        Assert.That(Cropping.FlipVertically(Ramp(2, 3), "flip").ToArray<float>(), Is.EqualTo(new float[] { 3, 4, 5, 0, 1, 2 }));
    }

    [Test]
    public void Random_crops_are_windows_and_reach_every_place_evenly()
    {
        var crop = new RandomCrop(2, padding: 1, fill: -1);
        var padded = Cropping.Crop(Ramp(3, 3), "pad", -1, -1, 5, 5, -1).ToArray<float>();
        var windows = new Dictionary<string, int>();
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++) windows.Add(Key([padded[(y * 5) + x], padded[(y * 5) + x + 1], padded[((y + 1) * 5) + x], padded[((y + 1) * 5) + x + 1]]), 0);
        for (int i = 0; i < 16_000; i++) windows[Key(crop.Apply(Ramp(3, 3), Random(i)).ToArray<float>())]++; // throws if it is none
        // Chi squared with 15 degrees of freedom is below 37.7 in 999 of 1,000 cases.
        Assert.That(windows.Values.Sum(count => Math.Pow(count - 1_000, 2) / 1_000), Is.LessThan(37.7));
        Assert.That(() => new RandomCrop(6, padding: 1).Apply(Ramp(3, 3), Random()), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("[3, 3, 1]"));

        static string Key(float[] window) => string.Join(",", window);
    }

    [Test]
    public void Flips_happen_as_often_as_asked()
    {
        int flipped = 0, upsideDown = 0;
        for (int i = 0; i < 10_000; i++)
        {
            if (new RandomHorizontalFlip(0.3).Apply(Ramp(1, 2), Random(i)).ToArray<float>()[0] == 1) flipped++;
            if (new RandomVerticalFlip().Apply(Ramp(2, 1), Random(i)).ToArray<float>()[0] == 1) upsideDown++;
        }

        Assert.That(flipped, Is.InRange(3_000 - 150, 3_000 + 150)); // more than 3 deviations
        Assert.That(upsideDown, Is.InRange(5_000 - 160, 5_000 + 160));
    }

    [Test]
    public void Rotations_and_jitter_stay_within_their_bounds()
    {
        // What the angle was is seen from a ramp that rises to the right: at the centre its slope upwards is the sine.
        for (int i = 0; i < 500; i++)
        {
            var turned = new RandomRotation(20).Apply(Columns(9), Random(i)).ToArray<float>();
            double angle = Math.Atan2(turned[(5 * 9) + 4] - turned[(3 * 9) + 4], turned[(4 * 9) + 5] - turned[(4 * 9) + 3]) * 180 / Math.PI;
            Assert.That(Math.Abs(angle), Is.LessThan(20.01));
        }

        float lowest = 2, highest = 0;
        for (int i = 0; i < 2_000; i++)
        {
            float factor = new ColorJitter(brightness: 0.25f).Apply(Tensor.From<float>([0.5f], [1, 1, 1], Devices.Cpu), Random(i)).Item<float>() / 0.5f;
            (lowest, highest) = (Math.Min(lowest, factor), Math.Max(highest, factor));
        }

        Assert.That(lowest, Is.InRange(0.7499f, 0.752f));
        Assert.That(highest, Is.InRange(1.248f, 1.2501f));
        Assert.That(new ColorJitter().Apply(Image, Random()).ToArray<float>(), Is.EqualTo(Image.ToArray<float>()));
        Assert.That(() => new ColorJitter(hue: 0.6f), Throws.TypeOf<ArgumentOutOfRangeException>());
        var one = new ColorJitter(0.5f, 0.5f, 0.5f, 0.5f).Apply(Image, Random(1)).ToArray<float>();
        Assert.That(one, Is.All.InRange(0f, 1f).And.Not.EqualTo(Image.ToArray<float>()));
    }

    [Test]
    public void Resized_crops_keep_to_their_bounds()
    {
        var crop = new RandomResizedCrop(5, 6, scale: (0.2f, 0.5f), ratio: (0.5f, 1.5f));
        int wide = 0;
        for (int i = 0; i < 1_000; i++)
        {
            var (top, left, h, w) = crop.Choose(60, 40, Random(i));
            Assert.That(top >= 0 && left >= 0 && top + h <= 60 && left + w <= 40);
            // Sides were rounded to whole pixels, by up to half of one.
            Assert.That((h + 0.5) * (w + 0.5), Is.GreaterThan(0.2 * 2_400));
            Assert.That((h - 0.5) * (w - 0.5), Is.LessThan(0.5 * 2_400));
            Assert.That((w + 0.5) / (h - 0.5), Is.GreaterThan(0.5));
            Assert.That((w - 0.5) / (h + 0.5), Is.LessThan(1.5));
            if ((double)w / h > Math.Sqrt(0.75)) wide++; // the middle of the logarithms
        }

        Assert.That(wide, Is.InRange(430, 570), "even but for the few that did not fit");
        var image = Tensor.From<float>([.. Enumerable.Range(0, 60 * 40).Select(i => (float)(i * 31 % 97))], [60, 40, 1], Devices.Cpu);
        var part = crop.Choose(60, 40, Random(3));
        Assert.That(
            crop.Apply(image, Random(3)).ToArray<float>(),
            Is.EqualTo(new Resize(5, 6).Apply(Cropping.Crop(image, "crop", part.Top, part.Left, part.Rows, part.Columns), Random()).ToArray<float>()));
        Assert.That(new RandomResizedCrop(3, 3, (1, 1), (3, 3)).Choose(60, 40, Random()), Is.EqualTo((23, 0, 13, 40)), "no part of all the area has these proportions: the middle");
        Assert.That(new RandomResizedCrop(3, 3, (1, 1), (3, 3)).Apply(image, Random()).Shape, Is.EqualTo(new Shape([3, 3, 1])), "falls back to the middle");
        Assert.That(() => new RandomResizedCrop(3, 3, (0.5f, 0.2f), (1, 1)), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Normalization_per_channel()
    {
        var pixel = Tensor.From<float>([0.5f, 0.25f, 1, 0, 0, 0], [1, 2, 3], Devices.Cpu);
        var result = new Normalize([0.5f, 0, 1], [0.5f, 0.25f, 2]).Apply(pixel, Random()).ToArray<float>();
        Assert.That(result, Is.EqualTo(new[] { 0, 1, 0, -1, 0, -0.5f }));
        Assert.That(new Normalize(0.5f, 0.5f).Apply(pixel, Random()).ToArray<float>(), Is.EqualTo(new[] { 0, -0.5f, 1, -1, -1, -1 }));
        Assert.That(() => new Normalize([0, 0], [1, 1]).Apply(pixel, Random()), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("3 channels"));
        Assert.That(() => new Normalize([0], [0]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new Normalize([0, 0], [1]), Throws.TypeOf<ArgumentException>());
    }

    [Test]
    public void What_is_no_image_is_refused_and_views_are_taken()
    {
        Transform[] all = [new Resize(2), new CenterCrop(2), new RandomCrop(2), new RandomHorizontalFlip(1), new RandomVerticalFlip(1), new RandomRotation(3), new RandomResizedCrop(2), new ColorJitter(0.1f, 0.1f, 0.1f, 0.1f), new Normalize(0, 1)];
        foreach (var transform in all)
        {
            string name = transform.GetType().Name;
            Assert.That(() => transform.Apply(Tensor.Empty([3, 3], DType.Float32, Devices.Cpu), Random()), Throws.TypeOf<ShapeMismatchException>().With.Message.StartsWith(name));
            Assert.That(() => transform.Apply(Tensor.Empty([3, 3, 1], DType.Float64, Devices.Cpu), Random()), Throws.TypeOf<DTypeMismatchException>().With.Message.StartsWith(name));
            var view = Image.View(Image.Layout.Transpose(0, 1).Flip(0));
            float[] before = Image.ToArray<float>();
            Assert.That(transform.Apply(view, Random(4)).ToArray<float>(), Is.EqualTo(transform.Apply(view.Copy(), Random(4)).ToArray<float>()), name);
            Assert.That(Image.ToArray<float>(), Is.EqualTo(before), "the input is never overwritten");
        }
    }

    private static ItemRandom Random(long index = 0) => new(seed: 1, epoch: 0, index);

    private static Tensor Ramp(int height, int width) => Tensor.From<float>([.. Enumerable.Range(0, height * width).Select(i => (float)i)], [height, width, 1], Devices.Cpu);

    private static Tensor Columns(int size) => Tensor.From<float>([.. Enumerable.Range(0, size * size).Select(i => (float)(i % size))], [size, size, 1], Devices.Cpu);
}

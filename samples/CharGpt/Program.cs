using System.CommandLine;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;
using Gradient.Samples;
using Gradient.Samples.CharGpt;
using Gradient.Training;

const int context = 64, width = 128, layers = 4, heads = 4;

Option<string> data = new("--data") { Description = "The text to learn", HelpName = "FILE", DefaultValueFactory = _ => "data/tinyshakespeare/input.txt" };
var steps = CommonOptions.Number("--steps", 1000, 0, "How many steps to train");
var limit = CommonOptions.Number("--limit", 0, 0, "How many characters of the text to take, from its beginning; 0 takes all");
var batch = CommonOptions.Number("--batch", 16, 1, "Windows of text per step");
var device = CommonOptions.Device();
var seed = CommonOptions.Seed();
var save = CommonOptions.Output("--save", "Where to write the trained weights (safetensors)");
var load = CommonOptions.File("--load", "Weights to begin with (safetensors), of this program or of tests/goldens/chargpt_peer.py");
load.Aliases.Add("--init");
var generate = CommonOptions.Number("--generate", 400, 0, "How many characters to write at the end");
var run = new TrainingRun();

var command = new RootCommand("Trains a small transformer to write like a text, character by character.") { data, steps, limit, batch, device, seed, save, load, generate };
run.AddTo(command);
// A task of its own, so that Ctrl-C is heard meanwhile.
command.SetAction((parsed, cancellation) => Task.Run(() => CommonOptions.Guard(() =>
{
    var where = CommonOptions.Find(parsed.GetValue(device)!);
    string text = File.ReadAllText(parsed.GetValue(data)!);
    if (parsed.GetValue(limit) is > 0 and var most && most < text.Length) text = text[..most];
    var characters = Characters.In(text);
    int[] all = characters.Encode(text);
    int split = (int)(all.Length * 0.9);

    RandomNumbers.Seed(parsed.GetValue(seed));
    var model = new Gpt(characters.Count, context, width, layers, heads);
    model.To(where);
    if (parsed.GetValue(load) is { } weights) model.Load(weights);
    Console.WriteLine($"{model.ParameterCount:N0} parameters on {where}, {all.Length:N0} characters of {characters.Count} kinds, the last tenth to validate");

    int count = parsed.GetValue(steps);
    var windows = Windows.Random(all[..split], context, checked(count * parsed.GetValue(batch)), parsed.GetValue(seed));
    using var train = new DataLoader(windows, parsed.GetValue(batch), device: where);
    using var validation = new DataLoader(Windows.InOrder(all[split..], context), batchSize: 64, device: where);
    var optimizer = new AdamW(model.Parameters(), learningRate: 1e-3);
    var trainer = new Trainer(
        model, optimizer, (logits, next) => Loss.CrossEntropy(logits.Flatten(0, 1), next.Flatten()), new TrainingOptions
        {
            ClipNorm = 1,
            Schedule = new CosineAnnealing(optimizer, totalSteps: Math.Max(1, count), minimum: 1e-4, warmupSteps: Math.Min(100, count / 10)),
            ValidateEvery = 250,
            CheckpointDirectory = run.Directory(parsed),
        });
    if (count > 0 && !run.Fit(parsed, trainer, train, validation, cancellation)) return;

    if (parsed.GetValue(save) is { } file)
    {
        model.Save(file, new Dictionary<string, string> { ["characters"] = characters.ToString() });
        Console.WriteLine($"saved {file}");
    }

    if (parsed.GetValue(generate) is > 0 and var length)
        Console.WriteLine(characters.Decode(new Writer(model, characters.Count, parsed.GetValue(seed)).Write(all[..1], length)));
    Console.WriteLine($"validation loss {trainer.Validate(validation, cancellation).Loss:0.0000}");
})));
return command.Parse(args).Invoke();

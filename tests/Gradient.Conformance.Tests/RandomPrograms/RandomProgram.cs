using System.Text.Json;
using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Conformance.Tests.RandomPrograms;

/// <summary>One line of programs.jsonl; make_programs.py says what it means.</summary>
internal sealed class RandomProgram
{
    private readonly JsonElement line;

    private RandomProgram(JsonElement line) => this.line = line;

    public int Number => line.GetProperty("program").GetInt32();

    public IEnumerable<string> Inputs => Strings(line.GetProperty("inputs"));

    public IEnumerable<string> Outputs => Strings(line.GetProperty("outputs"));

    public IEnumerable<string> Operations => Instructions.Select(instruction => instruction.Name);

    private IEnumerable<Instruction> Instructions => line.GetProperty("ops").EnumerateArray().Select(op => new Instruction(op));

    public static RandomProgram[] Load(string path) =>
        [.. File.ReadLines(path).Select(text => new RandomProgram(JsonDocument.Parse(text).RootElement))];

    /// <summary>Interprets the program; returns its outputs.</summary>
    public GradientTensor[] Run(IReadOnlyDictionary<string, GradientTensor> inputs)
    {
        var values = new Dictionary<string, GradientTensor>(inputs);
        int number = 0;
        foreach (Instruction instruction in Instructions)
            values[$"r{number++}"] = Interpreter.Apply(instruction, [.. instruction.Operands.Select(name => values[name])]);
        return [.. Outputs.Select(name => values[name])];
    }

    /// <summary>The operations in their order, for the message of a failure.</summary>
    public override string ToString() =>
        string.Join(Environment.NewLine, Instructions.Select((instruction, i) => $"  r{i} = {instruction}"));

    private static IEnumerable<string> Strings(JsonElement array) => array.EnumerateArray().Select(e => e.GetString()!);
}

/// <summary>One operation of a program with its arguments.</summary>
internal readonly struct Instruction(JsonElement json)
{
    public string Name => json.GetProperty("op").GetString()!;

    public IEnumerable<string> Operands => json.GetProperty("in").EnumerateArray().Select(e => e.GetString()!);

    public int Int(string name) => json.GetProperty(name).GetInt32();

    public int[] Ints(string name) => [.. json.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];

    public long[] Longs(string name) => [.. json.GetProperty(name).EnumerateArray().Select(e => e.GetInt64())];

    public Shape Shape(string name) => new(Longs(name));

    public double Double(string name) => json.GetProperty(name).GetDouble();

    public bool Bool(string name) => json.GetProperty(name).GetBoolean();

    public string String(string name) => json.GetProperty(name).GetString()!;

    public override string ToString() => json.GetRawText();
}

using System.Text;
using Gradient.Core;

namespace Gradient.Samples.CharGpt;

/// <summary>The characters of a text, numbered in their order.</summary>
internal sealed class Characters
{
    private readonly Rune[] all;
    private readonly Dictionary<Rune, int> numbers = [];

    private Characters(Rune[] all)
    {
        this.all = all;
        for (int i = 0; i < all.Length; i++) numbers.Add(all[i], i);
    }

    public int Count => all.Length;

    /// <summary>Those that occur in a text.</summary>
    public static Characters In(string text) => new([.. text.EnumerateRunes().Distinct().Order()]);

    public int[] Encode(string text) => [.. text.EnumerateRunes().Select(rune => numbers.TryGetValue(rune, out int number) ? number
        : throw new GradientException($"The model does not know the character '{rune}'; it was trained on a text without."))];

    public string Decode(IEnumerable<int> characters) => string.Concat(characters.Select(number => all[number].ToString()));

    /// <summary>All of them, to be stored with a model.</summary>
    public override string ToString() => string.Concat(all);
}

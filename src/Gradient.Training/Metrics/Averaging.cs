namespace Gradient.Training;

/// <summary>How precision, recall and F1 of single classes become one number.</summary>
public enum Averaging
{
    /// <summary>Their plain mean.</summary>
    Macro,

    /// <summary>Of the sums over the classes: every example counts the same.</summary>
    Micro,

    /// <summary>Their mean weighted by how many examples are of the class.</summary>
    Weighted,
}

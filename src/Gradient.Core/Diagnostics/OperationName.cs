namespace Gradient.Core;

/// <summary>How operations are spelled, whether the tape named them ("matMul") or the member that allocates ("MatMul").</summary>
internal static class OperationName
{
    public static string Of(string member) =>
        member.Length == 0 || !char.IsUpper(member[0]) ? member : char.ToLowerInvariant(member[0]) + member[1..];
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Gradient.Autograd;

/// <summary>
/// Mixed precision (Micikevicius et al., Mixed Precision Training, 2018): inside of <c>using (Autocast.Begin(DType.BFloat16))</c> each
/// operation chooses the type that it computes in, after the model of torch.autocast.
/// <list type="table">
/// <listheader><term>policy</term><description>operations, by the names that errors call them</description></listheader>
/// <item><term><see cref="AutocastPolicy.Lower"/></term><description>matMul, linear, conv1d, conv2d, convTranspose2d,
/// scaledDotProductAttention, selfAttention</description></item>
/// <item><term><see cref="AutocastPolicy.Float32"/></term><description>softmax, logSoftmax, logSigmoid, softplus; exp, expm1, log, log1p,
/// log2, pow, square, reciprocal, rsqrt, tan; sum, mean, prod, cumSum, cumProd, var, std, norm, logSumExp; batchNorm, layerNorm, rmsNorm,
/// groupNorm, instanceNorm; all losses</description></item>
/// <item><term><see cref="AutocastPolicy.Widest"/></term><description>all others: a sum of BFloat16 and Float32 is Float32, an activation
/// has the type of its input</description></item>
/// </list>
/// Parameters stay Float32: each is cast once for all its uses until it is changed, and its gradient arrives, and is summed over the uses, in Float32. Integers,
/// Bool, and operations with a Float64 operand are left alone. Backward computes in the types that forward chose, wherever it is
/// called. Float16 needs a <c>LossScaler</c> in training, since its gradients below 6·10⁻⁸ are 0; BFloat16 has the range of Float32 and
/// needs none. Unlike torch.autocast, batchNorm, mean, var, std and square are Float32 too.
/// </summary>
public static class Autocast
{
    private static readonly AsyncLocal<Scope?> Current = new();

    /// <summary>Whether operations are cast here and now.</summary>
    public static bool IsEnabled => Current.Value is not null;

    /// <summary>The type that products compute in here and now: Float16 or BFloat16; null outside.</summary>
    public static DType? LowerType => Current.Value?.LowerType;

    /// <summary>
    /// Casts by policy until the result is disposed. Scopes nest (the innermost counts), flow through await and belong to the logical
    /// call, not the thread. Put one around forward and loss; backward and the optimizer need none, and are not changed by one.
    /// </summary>
    /// <param name="type">What products compute in: Float16 or BFloat16.</param>
    /// <exception cref="DTypeMismatchException">Another type.</exception>
    public static IDisposable Begin(DType type)
    {
        if (type is not (DType.Float16 or DType.BFloat16))
            throw new DTypeMismatchException($"Autocast: {type.Name()} is no lower precision; use DType.BFloat16 or DType.Float16.");
        return Enter(new(type));
    }

    /// <summary>Casts nothing, inside of a scope, until the result is disposed: operations promote to the widest type as ever.</summary>
    public static IDisposable Disable() => Enter(null);

    /// <summary>The policy of an operation: the one place where they are told apart.</summary>
    /// <param name="operation">The name that errors call it, as "matMul".</param>
    public static AutocastPolicy PolicyOf(string operation) => operation switch
    {
        "matMul" or "linear" or "conv1d" or "conv2d" or "convTranspose2d" or "scaledDotProductAttention" or "selfAttention" => AutocastPolicy.Lower,
        "softmax" or "logSoftmax" or "logSigmoid" or "softplus"
            or "exp" or "expm1" or "log" or "log1p" or "log2" or "pow" or "square" or "reciprocal" or "rsqrt" or "tan"
            or "sum" or "mean" or "prod" or "cumSum" or "cumProd" or "var" or "std" or "norm" or "logSumExp"
            or "batchNorm" or "layerNorm" or "rmsNorm" or "groupNorm" or "instanceNorm"
            or "crossEntropy" or "negativeLogLikelihood" or "klDivergence" or "binaryCrossEntropy" or "binaryCrossEntropyWithLogits"
            or "mse" or "mae" or "huber" or "hinge" => AutocastPolicy.Float32,
        _ => AutocastPolicy.Widest,
    };

    /// <summary>The scope here and now, to be entered again where a forward is repeated.</summary>
    internal static Scope? Ambient => Current.Value;

    /// <summary>Computes as in a scope, or with null as in none. Null if that is so already: the common case costs nothing.</summary>
    internal static IDisposable? Use(Scope? scope) => ReferenceEquals(scope, Current.Value) ? null : Enter(scope);

    /// <summary>How the operands of an operation are to be cast. Those that are absent are null.</summary>
    internal static Casting For(string operation, params ReadOnlySpan<GradientTensor?> operands) =>
        Current.Value is { } scope ? scope.For(PolicyOf(operation), operands) : default;

    /// <summary>The same for an operation that knows its policy.</summary>
    internal static Casting For(AutocastPolicy policy, params ReadOnlySpan<GradientTensor?> operands) =>
        policy != AutocastPolicy.Widest && Current.Value is { } scope ? scope.For(policy, operands) : default;

    /// <summary>Whether an operation wants another type of its one operand, and the operand in that type.</summary>
    internal static bool Converts(string operation, GradientTensor x, out GradientTensor converted)
    {
        converted = For(operation, x).Apply(x);
        return !ReferenceEquals(converted, x);
    }

    private static AmbientValue<Scope?> Enter(Scope? scope) => new(Current, scope);

    /// <summary>What one operation does to its operands; as default, nothing.</summary>
    internal readonly struct Casting(Scope scope, DType target)
    {
        [return: NotNullIfNotNull(nameof(operand))]
        public GradientTensor? Apply(GradientTensor? operand) =>
            scope is null || operand is null || operand.DType == target || !operand.DType.IsFloatingPoint() ? operand : scope.Cast(operand, target);
    }

    /// <summary>What is between <see cref="Begin"/> and its end.</summary>
    internal sealed class Scope(DType lowerType)
    {
        private readonly ConditionalWeakTable<GradientTensor, CachedCast> casts = [];

        public DType LowerType => lowerType;

        public Casting For(AutocastPolicy policy, ReadOnlySpan<GradientTensor?> operands)
        {
            if (policy == AutocastPolicy.Widest) return default;
            foreach (var operand in operands)
                if (operand is { DType: DType.Float64 }) return default;
            return new(this, policy == AutocastPolicy.Lower ? lowerType : DType.Float32);
        }

        /// <summary>
        /// In a type. Of parameters the values are kept, not a tensor with its history: then each use has a node of its own on the tape,
        /// gradients of several uses meet in Float32, and one backward frees nothing that another needs.
        /// </summary>
        public GradientTensor Cast(GradientTensor x, DType target)
        {
            if (target != lowerType || x is not { IsLeaf: true, RequiresGrad: true }) return x.To(target);
            if (!casts.TryGetValue(x, out var cast) || !cast.IsCurrent) casts.AddOrUpdate(x, cast = new(new(x), x.Value.To(target)));
            var from = x.DType;
            return Tape.Record("to", cast.Value, [x], g => [g.To(from)]);
        }
    }

    /// <param name="Source">The parameter, and what its storage was when it was cast.</param>
    /// <param name="Value">It in lower precision.</param>
    private sealed record CachedCast(Node.Saved Source, Tensor Value)
    {
        /// <summary>Neither was the parameter changed since, nor has a <see cref="TensorScope"/> ended that the cast was made in.</summary>
        public bool IsCurrent => Source.IsIntact && !Value.IsDisposed;
    }
}

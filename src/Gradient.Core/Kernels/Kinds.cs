namespace Gradient.Core;

/// <summary>
/// Functions of one element, y = f(x). A and B are the parameters of <see cref="KernelParameters"/>. Unless stated, y has the
/// type of x; functions that are not closed over integers take floating-point types only.
/// </summary>
public enum UnaryKind
{
    /// <summary>−x.</summary>
    Negate,

    /// <summary>|x|.</summary>
    Abs,

    /// <summary>−1, 0 or 1; NaN stays.</summary>
    Sign,

    /// <summary>x².</summary>
    Square,

    /// <summary>1/x.</summary>
    Reciprocal,

    /// <summary>√x.</summary>
    Sqrt,

    /// <summary>1/√x.</summary>
    Rsqrt,

    /// <summary>eˣ.</summary>
    Exp,

    /// <summary>eˣ − 1, accurate near 0.</summary>
    Expm1,

    /// <summary>ln x.</summary>
    Log,

    /// <summary>ln(1 + x), accurate near 0.</summary>
    Log1p,

    /// <summary>log₂ x.</summary>
    Log2,

    /// <summary>sin x, in radians.</summary>
    Sin,

    /// <summary>cos x, in radians.</summary>
    Cos,

    /// <summary>tan x, in radians.</summary>
    Tan,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>The error function 2/√π ∫₀ˣ e^(−t²) dt.</summary>
    Erf,

    /// <summary>Toward −∞.</summary>
    Floor,

    /// <summary>Toward +∞.</summary>
    Ceiling,

    /// <summary>To the nearest integer, ties to even.</summary>
    Round,

    /// <summary>Toward 0.</summary>
    Truncate,

    /// <summary>x + A.</summary>
    AddScalar,

    /// <summary>A − x.</summary>
    SubtractFromScalar,

    /// <summary>x · A.</summary>
    MultiplyScalar,

    /// <summary>x / A.</summary>
    DivideByScalar,

    /// <summary>A / x.</summary>
    DivideScalarBy,

    /// <summary>xᴬ.</summary>
    PowScalar,

    /// <summary>Aˣ.</summary>
    ScalarPow,

    /// <summary>min(max(x, A), B); NaN stays.</summary>
    Clamp,

    /// <summary>1/(1 + e⁻ˣ).</summary>
    Sigmoid,

    /// <summary>max(x, 0); NaN stays.</summary>
    Relu,

    /// <summary>x where x &gt; 0, else A·x.</summary>
    LeakyRelu,

    /// <summary>x where x &gt; 0, else A·(eˣ − 1).</summary>
    Elu,

    /// <summary>x·Φ(x) = x/2·(1 + erf(x/√2)).</summary>
    Gelu,

    /// <summary>x/2·(1 + tanh(√(2/π)·(x + 0.044715 x³))).</summary>
    GeluTanh,

    /// <summary>x·sigmoid(x).</summary>
    Silu,

    /// <summary>ln(1 + e^(A·x))/A, and x itself where A·x &gt; B.</summary>
    Softplus,

    /// <summary>x·min(max(x + 3, 0), 6)/6.</summary>
    Hardswish,

    /// <summary>x·tanh(ln(1 + eˣ)).</summary>
    Mish,

    /// <summary>Bool from Bool: not x.</summary>
    LogicalNot,

    /// <summary>Bool: whether x is NaN.</summary>
    IsNaN,

    /// <summary>Bool: whether x is neither NaN nor infinite.</summary>
    IsFinite,
}

/// <summary>
/// Functions of two elements, broadcast to the output's shape. a and b have one type; comparisons write Bool.
/// The …Gradient kinds multiply an output gradient a = g by the derivative of an activation at b, in one pass over memory
/// (composed, each takes three to eight).
/// </summary>
public enum BinaryKind
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a − b.</summary>
    Subtract,

    /// <summary>a · b.</summary>
    Multiply,

    /// <summary>a / b; of integers, toward 0.</summary>
    Divide,

    /// <summary>aᵇ.</summary>
    Pow,

    /// <summary>The smaller; NaN if either is.</summary>
    Minimum,

    /// <summary>The larger; NaN if either is.</summary>
    Maximum,

    /// <summary>a − b·⌊a/b⌋, of the sign of b.</summary>
    Remainder,

    /// <summary>The angle of the point (b, a), −π to π.</summary>
    Atan2,

    /// <summary>Bool: a = b.</summary>
    Equal,

    /// <summary>Bool: a ≠ b.</summary>
    NotEqual,

    /// <summary>Bool: a &lt; b.</summary>
    Less,

    /// <summary>Bool: a ≤ b.</summary>
    LessOrEqual,

    /// <summary>Bool: a &gt; b.</summary>
    Greater,

    /// <summary>Bool: a ≥ b.</summary>
    GreaterOrEqual,

    /// <summary>Bool from Bool: both.</summary>
    LogicalAnd,

    /// <summary>Bool from Bool: at least one.</summary>
    LogicalOr,

    /// <summary>Bool from Bool: exactly one.</summary>
    LogicalXor,

    /// <summary>g where the output b = relu(x) is positive, else 0.</summary>
    ReluGradient,

    /// <summary>g where the input b is positive, else A·g.</summary>
    LeakyReluGradient,

    /// <summary>g where the input b is positive, else g·A·eᵇ.</summary>
    EluGradient,

    /// <summary>g·(Φ(b) + b·φ(b)) at the input b.</summary>
    GeluGradient,

    /// <summary>g times the derivative of <see cref="UnaryKind.GeluTanh"/> at the input b.</summary>
    GeluTanhGradient,

    /// <summary>g·s·(1 + b·(1 − s)) with s = sigmoid(b), at the input b.</summary>
    SiluGradient,

    /// <summary>g·b·(1 − b) at the output b.</summary>
    SigmoidGradient,

    /// <summary>g·(1 − b²) at the output b.</summary>
    TanhGradient,

    /// <summary>g·sigmoid(A·b), and g where A·b &gt; B, at the input b.</summary>
    SoftplusGradient,

    /// <summary>g times the derivative of <see cref="UnaryKind.Hardswish"/> at the input b.</summary>
    HardswishGradient,

    /// <summary>g times the derivative of <see cref="UnaryKind.Mish"/> at the input b.</summary>
    MishGradient,

    /// <summary>g where A ≤ b ≤ B, else 0, at the input b.</summary>
    ClampGradient,
}

/// <summary>Functions of three elements, broadcast to the output's shape.</summary>
public enum TernaryKind
{
    /// <summary>b where the Bool a is true, else c.</summary>
    Where,

    /// <summary>a·b + c.</summary>
    MultiplyAdd,
}

/// <summary>What a reduction makes of the elements along its axes.</summary>
public enum ReduceKind
{
    /// <summary>Σx. Of integers and Bool in Int64.</summary>
    Sum,

    /// <summary>Σx/n; NaN of nothing. Floating point only.</summary>
    Mean,

    /// <summary>Πx. Of integers and Bool in Int64.</summary>
    Product,

    /// <summary>The largest; NaN if any is. Of nothing it is an error, raised above the backend.</summary>
    Maximum,

    /// <summary>The smallest; NaN if any is.</summary>
    Minimum,

    /// <summary>Bool: whether any element is not 0; false of nothing.</summary>
    Any,

    /// <summary>Bool: whether no element is 0; true of nothing.</summary>
    All,

    /// <summary>Σx², the heart of norms. Floating point only.</summary>
    SumOfSquares,
}

/// <summary>What becomes of all elements of many tensors taken together. A is the parameter of <see cref="KernelParameters"/>.</summary>
public enum ReduceManyKind
{
    /// <summary>Σx.</summary>
    Sum,

    /// <summary>The largest; NaN if any is; −∞ of nothing.</summary>
    Maximum,

    /// <summary>The smallest; NaN if any is; +∞ of nothing.</summary>
    Minimum,

    /// <summary>√Σx².</summary>
    EuclideanNorm,

    /// <summary>The largest |x|; NaN if any is; 0 of nothing.</summary>
    MaximumNorm,

    /// <summary>(Σ|x|ᴬ)^(1/A), A positive and finite.</summary>
    PowerNorm,

    /// <summary>How many are NaN or infinite.</summary>
    NonFiniteCount,
}

/// <summary>What a running reduction makes.</summary>
public enum ScanKind
{
    /// <summary>yᵢ = Σ x up to and with i.</summary>
    Sum,

    /// <summary>yᵢ = Π x up to and with i.</summary>
    Product,
}

/// <summary>Which end an arg-reduction looks for.</summary>
public enum ArgKind
{
    /// <summary>The largest.</summary>
    Maximum,

    /// <summary>The smallest.</summary>
    Minimum,
}

/// <summary>The forms of softmax.</summary>
public enum SoftmaxKind
{
    /// <summary>e^(x − max)/Σe^(x − max).</summary>
    Softmax,

    /// <summary>x − max − ln Σe^(x − max).</summary>
    LogSoftmax,
}

/// <summary>What a matrix product does in its last write.</summary>
public enum MatMulActivation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,
}

/// <summary>The forms of pooling.</summary>
public enum PoolKind
{
    /// <summary>The largest of a window; padding counts as −∞; NaN if any is.</summary>
    Maximum,

    /// <summary>The mean of a window.</summary>
    Average,
}

/// <summary>The forms of normalization.</summary>
public enum NormalizeKind
{
    /// <summary>(x − mean)·inverse standard deviation.</summary>
    Standard,

    /// <summary>x / root mean square: no mean is taken away.</summary>
    RootMeanSquare,
}

/// <summary>What scattering does where several sources meet one element.</summary>
public enum ScatterKind
{
    /// <summary>The last in row-major order of the index stays.</summary>
    Assign,

    /// <summary>They are added to what is there, in row-major order of the index: the sum is deterministic.</summary>
    Add,
}

/// <summary>The distributions of random tensors.</summary>
public enum RandomKind
{
    /// <summary>Uniform in [A, B).</summary>
    Uniform,

    /// <summary>Normal with mean A and standard deviation B (Box and Muller, 1958).</summary>
    Normal,

    /// <summary>B with probability 1 − A, else 0: what dropout multiplies by. Of Bool: true with probability 1 − A.</summary>
    Bernoulli,

    /// <summary>Uniform integers in [A, B).</summary>
    Integer,
}

/// <summary>The update rules that run fused over all parameters.</summary>
public enum OptimizerKind
{
    /// <summary>Stochastic gradient descent; State0: momentum buffer, if there is momentum.</summary>
    Sgd,

    /// <summary>Adam and AdamW; State0: first moment, State1: second moment, State2: its maximum for AMSGrad.</summary>
    Adam,

    /// <summary>RMSprop; State0: mean square, State1: momentum buffer, State2: mean gradient when centered.</summary>
    RmsProp,

    /// <summary>Adagrad; State0: sum of squares.</summary>
    Adagrad,

    /// <summary>Adadelta; State0: mean square of gradients, State1: of updates.</summary>
    Adadelta,

    /// <summary>NAdam; State0: first moment, State1: second moment.</summary>
    NAdam,
}

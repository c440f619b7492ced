// Functions of one, two and three elements, fills and ranges, over operands of any strides: a thread takes elements of an innermost
// row, so that positions cost no division for up to two axes.
#include "common.metal"

enum UnaryKind {
    UnaryKind_Negate, UnaryKind_Abs, UnaryKind_Sign, UnaryKind_Square, UnaryKind_Reciprocal, UnaryKind_Sqrt, UnaryKind_Rsqrt,
    UnaryKind_Exp, UnaryKind_Expm1, UnaryKind_Log, UnaryKind_Log1p, UnaryKind_Log2, UnaryKind_Sin, UnaryKind_Cos, UnaryKind_Tan,
    UnaryKind_Tanh, UnaryKind_Erf, UnaryKind_Floor, UnaryKind_Ceiling, UnaryKind_Round, UnaryKind_Truncate, UnaryKind_AddScalar,
    UnaryKind_SubtractFromScalar, UnaryKind_MultiplyScalar, UnaryKind_DivideByScalar, UnaryKind_DivideScalarBy, UnaryKind_PowScalar,
    UnaryKind_ScalarPow, UnaryKind_Clamp, UnaryKind_Sigmoid, UnaryKind_Relu, UnaryKind_LeakyRelu, UnaryKind_Elu, UnaryKind_Gelu,
    UnaryKind_GeluTanh, UnaryKind_Silu, UnaryKind_Softplus, UnaryKind_Hardswish, UnaryKind_Mish, UnaryKind_LogicalNot,
    UnaryKind_IsNaN, UnaryKind_IsFinite,
};
enum BinaryKind {
    BinaryKind_Add, BinaryKind_Subtract, BinaryKind_Multiply, BinaryKind_Divide, BinaryKind_Pow, BinaryKind_Minimum,
    BinaryKind_Maximum, BinaryKind_Remainder, BinaryKind_Atan2, BinaryKind_Equal, BinaryKind_NotEqual, BinaryKind_Less,
    BinaryKind_LessOrEqual, BinaryKind_Greater, BinaryKind_GreaterOrEqual, BinaryKind_LogicalAnd, BinaryKind_LogicalOr,
    BinaryKind_LogicalXor, BinaryKind_ReluGradient, BinaryKind_LeakyReluGradient, BinaryKind_EluGradient, BinaryKind_GeluGradient,
    BinaryKind_GeluTanhGradient, BinaryKind_SiluGradient, BinaryKind_SigmoidGradient, BinaryKind_TanhGradient,
    BinaryKind_SoftplusGradient, BinaryKind_HardswishGradient, BinaryKind_MishGradient, BinaryKind_ClampGradient,
};

constant int kind [[function_constant(0)]];

struct ElementwiseParameters {
    Strided plan;
    long whole_a;
    long whole_b;
    float a;
    float b;
    int tag;
    int pad;
};

// ---------------------------------------------------------------- functions of one element

constant float gelu_linear = 1.5957691216057308f;                // 2·√(2/π)
constant float gelu_cubic = 1.5957691216057308f * 0.044715f;

// tanh(ln(1 + eˣ)) = w/(w + 2) with w = eˣ(eˣ + 2), and x times its derivative, 4eˣ(1 + eˣ)/(w + 2)². Above 20 the ratio rounds
// to 1 and the slope no longer counts.
inline float mish_ratio(float x, thread float& slope) {
    const float z = x > 20.0f ? 20.0f : x;
    const float e = precise::exp(z);
    const float w = e * (e + 2.0f);
    const float inverse = 1.0f / (w + 2.0f);
    slope = z * 4.0f * e * (1.0f + e) * inverse * inverse;
    return w * inverse;
}

// Powers that are products and roots, the same that PyTorch singles out, and the general one.
inline float power(float x, float exponent) {
    if (exponent == 2.0f) return x * x;
    if (exponent == 3.0f) return x * x * x;
    if (exponent == 0.5f) return precise::sqrt(x);
    if (exponent == -0.5f) return 1.0f / precise::sqrt(x);
    if (exponent == -1.0f) return 1.0f / x;
    if (exponent == -2.0f) return 1.0f / (x * x);
    return precise::pow(x, exponent);
}

// By squaring, wrapping around; to negative powers 1/aᵇ toward 0, and 0 of 0.
inline long power(long a, long b) {
    if (b < 0L) return a == 1L ? 1L : a == -1L ? ((b & 1L) == 0L ? 1L : -1L) : 0L;
    ulong result = 1UL;
    ulong factor = ulong(a);
    for (; b != 0L; b >>= 1) {
        if ((b & 1L) != 0L) result *= factor;
        factor *= factor;
    }
    return long(result);
}

inline float unary_of(float x, constant ElementwiseParameters& p) {
    float slope;
    switch (kind) {
        case UnaryKind_Negate: return -x;
        case UnaryKind_Abs: return abs(x);
        case UnaryKind_Sign: return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x - x;
        case UnaryKind_Square: return x * x;
        case UnaryKind_Reciprocal: return 1.0f / x;
        case UnaryKind_Sqrt: return precise::sqrt(x);
        case UnaryKind_Rsqrt: return 1.0f / precise::sqrt(x);
        case UnaryKind_Exp: return precise::exp(x);
        case UnaryKind_Expm1: return expm1_of(x);
        case UnaryKind_Log: return precise::log(x);
        case UnaryKind_Log1p: return log1p_of(x);
        case UnaryKind_Log2: return precise::log2(x);
        case UnaryKind_Sin: return precise::sin(x);
        case UnaryKind_Cos: return precise::cos(x);
        case UnaryKind_Tan: return precise::tan(x);
        case UnaryKind_Tanh: return tanh_of(x);
        case UnaryKind_Erf: return erf_of(x);
        case UnaryKind_Floor: return floor(x);
        case UnaryKind_Ceiling: return ceil(x);
        case UnaryKind_Round: return rint(x);
        case UnaryKind_Truncate: return trunc(x);
        case UnaryKind_AddScalar: return x + p.a;
        case UnaryKind_SubtractFromScalar: return p.a - x;
        case UnaryKind_MultiplyScalar: return x * p.a;
        case UnaryKind_DivideByScalar: return x / p.a;
        case UnaryKind_DivideScalarBy: return p.a / x;
        case UnaryKind_PowScalar: return power(x, p.a);
        case UnaryKind_ScalarPow: return precise::pow(p.a, x);
        case UnaryKind_Clamp: {
            const float y = x < p.a ? p.a : x;
            return y > p.b ? p.b : y;
        }
        case UnaryKind_Sigmoid: return sigmoid(x);
        case UnaryKind_Relu: return x <= 0.0f ? 0.0f : x;
        case UnaryKind_LeakyRelu: return x > 0.0f ? x : p.a * x;
        case UnaryKind_Elu: return x > 0.0f ? x : p.a * expm1_of(x);
        case UnaryKind_Gelu: return x * normal_distribution(x, slope);
        case UnaryKind_GeluTanh: return x * sigmoid(x * fma(gelu_cubic, x * x, gelu_linear));
        case UnaryKind_Silu: return x * sigmoid(x);
        case UnaryKind_Softplus: return p.a * x > p.b ? x : log1p_of(precise::exp(p.a * x)) / p.a;
        case UnaryKind_Hardswish: return x * minimum(maximum(x + 3.0f, 0.0f), 6.0f) / 6.0f;
        case UnaryKind_Mish: return x * mish_ratio(x, slope);
        default: return x;
    }
}

inline long unary_of(long x, constant ElementwiseParameters& p) {
    switch (kind) {
        case UnaryKind_Negate: return long(0UL - ulong(x));
        case UnaryKind_Abs: return x < 0L ? long(0UL - ulong(x)) : x;
        case UnaryKind_Sign: return x > 0L ? 1L : x < 0L ? -1L : 0L;
        case UnaryKind_Square: return long(ulong(x) * ulong(x));
        case UnaryKind_AddScalar: return long(ulong(x) + ulong(p.whole_a));
        case UnaryKind_SubtractFromScalar: return long(ulong(p.whole_a) - ulong(x));
        case UnaryKind_MultiplyScalar: return long(ulong(x) * ulong(p.whole_a));
        case UnaryKind_PowScalar: return power(x, p.whole_a);
        case UnaryKind_Clamp: {
            const long y = x < p.whole_a ? p.whole_a : x;
            return y > p.whole_b ? p.whole_b : y;
        }
        case UnaryKind_Relu: return x <= 0L ? 0L : x;
        case UnaryKind_LogicalNot: return x == 0L ? 1L : 0L;
        default: return x;
    }
}

inline bool test_of(float x) { return kind == UnaryKind_IsNaN ? isnan(x) : !isnan(x) && !isinf(x); }

inline bool test_of(long) { return kind != UnaryKind_IsNaN; }

template <typename T, typename C>
kernel void unary_elements(
    device const T* x [[buffer(0)]], device T* y [[buffer(1)]], constant ElementwiseParameters& p [[buffer(2)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device const T* xs = x + row_position(p.plan, row, 0);
        device T* ys = y + row_position(p.plan, row, 1);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x))
            ys[i * p.plan.strides[8]] = Convert<T>::from(unary_of(C(xs[i * p.plan.strides[0]]), p));
    }
}

template <typename T, typename C>
kernel void test_elements(
    device const T* x [[buffer(0)]], device uchar* y [[buffer(1)]], constant ElementwiseParameters& p [[buffer(2)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device const T* xs = x + row_position(p.plan, row, 0);
        device uchar* ys = y + row_position(p.plan, row, 1);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x))
            ys[i * p.plan.strides[8]] = test_of(C(xs[i * p.plan.strides[0]])) ? uchar(1) : uchar(0);
    }
}

// ---------------------------------------------------------------- functions of two elements

inline float remainder_of(float a, float b) {
    const float rest = precise::fmod(a, b);
    return rest != 0.0f && (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
}

inline float gradient_of(float g, float x, constant ElementwiseParameters& p) {
    float other;
    switch (kind) {
        case BinaryKind_ReluGradient: return x > 0.0f ? g : 0.0f;
        case BinaryKind_LeakyReluGradient: return x > 0.0f ? g : p.a * g;
        case BinaryKind_EluGradient: return x > 0.0f ? g : g * p.a * precise::exp(x);
        case BinaryKind_GeluGradient: {
            const float distribution = normal_distribution(x, other);
            return g * fma(x, other, distribution);
        }
        case BinaryKind_GeluTanhGradient: {
            // y = x·s with s = sigmoid(u), so y' = s + x·s·(1 − s)·u'.
            const float s = sigmoid(x * fma(gelu_cubic, x * x, gelu_linear), other);
            return g * fma(x * s * other, fma(3.0f * gelu_cubic, x * x, gelu_linear), s);
        }
        case BinaryKind_SiluGradient: {
            const float s = sigmoid(x, other);
            return g * s * fma(x, other, 1.0f);
        }
        case BinaryKind_SigmoidGradient: return g * x * (1.0f - x);
        case BinaryKind_TanhGradient: return g * (1.0f - x * x);
        case BinaryKind_SoftplusGradient: return p.a * x > p.b ? g : g * sigmoid(p.a * x);
        case BinaryKind_HardswishGradient: return x > 3.0f ? g : x < -3.0f ? 0.0f : g * (x / 3.0f + 0.5f);
        case BinaryKind_MishGradient: {
            const float ratio = mish_ratio(x, other);
            return g * (ratio + other);
        }
        case BinaryKind_ClampGradient: return x >= p.a && x <= p.b ? g : 0.0f;
        default: return g;
    }
}

inline float binary_of(float a, float b, constant ElementwiseParameters& p) {
    switch (kind) {
        case BinaryKind_Add: return a + b;
        case BinaryKind_Subtract: return a - b;
        case BinaryKind_Multiply: return a * b;
        case BinaryKind_Divide: return a / b;
        case BinaryKind_Pow: return precise::pow(a, b);
        case BinaryKind_Minimum: return minimum(a, b);
        case BinaryKind_Maximum: return maximum(a, b);
        case BinaryKind_Remainder: return remainder_of(a, b);
        case BinaryKind_Atan2: return precise::atan2(a, b);
        default: return gradient_of(a, b, p);
    }
}

// Division toward 0, the least number by −1 wrapping around; remainders of the sign of the divisor; by 0 neither.
inline long divide_whole(long a, long b, device atomic_int* faults, int tag) {
    if (b == 0L) {
        report_fault(faults, tag, a, 0L);
        return 0L;
    }
    if (kind == BinaryKind_Divide) return b == -1L ? long(0UL - ulong(a)) : a / b;
    if (b == -1L) return 0L;
    const long rest = a % b;
    return rest != 0L && (rest < 0L) != (b < 0L) ? rest + b : rest;
}

inline long binary_of(long a, long b, device atomic_int* faults, int tag) {
    switch (kind) {
        case BinaryKind_Add: return long(ulong(a) + ulong(b));
        case BinaryKind_Subtract: return long(ulong(a) - ulong(b));
        case BinaryKind_Multiply: return long(ulong(a) * ulong(b));
        case BinaryKind_Divide: return divide_whole(a, b, faults, tag);
        case BinaryKind_Remainder: return divide_whole(a, b, faults, tag);
        case BinaryKind_Pow: return power(a, b);
        case BinaryKind_Minimum: return a < b ? a : b;
        case BinaryKind_Maximum: return a > b ? a : b;
        default: return 0L;
    }
}

template <typename C> inline bool compare_of(C a, C b) {
    switch (kind) {
        case BinaryKind_Equal: return a == b;
        case BinaryKind_NotEqual: return a != b;
        case BinaryKind_Less: return a < b;
        case BinaryKind_LessOrEqual: return a <= b;
        case BinaryKind_Greater: return a > b;
        case BinaryKind_GreaterOrEqual: return a >= b;
        case BinaryKind_LogicalAnd: return a != C(0) && b != C(0);
        case BinaryKind_LogicalOr: return a != C(0) || b != C(0);
        case BinaryKind_LogicalXor: return (a != C(0)) != (b != C(0));
        default: return false;
    }
}

template <typename T>
kernel void binary_real(
    device const T* a [[buffer(0)]], device const T* b [[buffer(1)]], device T* y [[buffer(2)]],
    constant ElementwiseParameters& p [[buffer(3)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device const T* as = a + row_position(p.plan, row, 0);
        device const T* bs = b + row_position(p.plan, row, 1);
        device T* ys = y + row_position(p.plan, row, 2);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x))
            ys[i * p.plan.strides[16]] =
                Convert<T>::from(binary_of(float(as[i * p.plan.strides[0]]), float(bs[i * p.plan.strides[8]]), p));
    }
}

template <typename T>
kernel void binary_whole(
    device const T* a [[buffer(0)]], device const T* b [[buffer(1)]], device T* y [[buffer(2)]],
    device atomic_int* faults [[buffer(3)]], constant ElementwiseParameters& p [[buffer(4)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device const T* as = a + row_position(p.plan, row, 0);
        device const T* bs = b + row_position(p.plan, row, 1);
        device T* ys = y + row_position(p.plan, row, 2);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x))
            ys[i * p.plan.strides[16]] =
                Convert<T>::from(binary_of(long(as[i * p.plan.strides[0]]), long(bs[i * p.plan.strides[8]]), faults, p.tag));
    }
}

template <typename T, typename C>
kernel void compare_elements(
    device const T* a [[buffer(0)]], device const T* b [[buffer(1)]], device uchar* y [[buffer(2)]],
    constant ElementwiseParameters& p [[buffer(3)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device const T* as = a + row_position(p.plan, row, 0);
        device const T* bs = b + row_position(p.plan, row, 1);
        device uchar* ys = y + row_position(p.plan, row, 2);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x))
            ys[i * p.plan.strides[16]] =
                compare_of<C>(C(as[i * p.plan.strides[0]]), C(bs[i * p.plan.strides[8]])) ? uchar(1) : uchar(0);
    }
}

// ---------------------------------------------------------------- functions of three elements

// b where a, else c: the bits are moved as they are, so T stands for any type of its size.
template <typename T>
kernel void where_elements(
    device const uchar* a [[buffer(0)]], device const T* b [[buffer(1)]], device const T* c [[buffer(2)]], device T* y [[buffer(3)]],
    constant ElementwiseParameters& p [[buffer(4)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device const uchar* as = a + row_position(p.plan, row, 0);
        device const T* bs = b + row_position(p.plan, row, 1);
        device const T* cs = c + row_position(p.plan, row, 2);
        device T* ys = y + row_position(p.plan, row, 3);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x))
            ys[i * p.plan.strides[24]] =
                as[i * p.plan.strides[0]] != uchar(0) ? bs[i * p.plan.strides[8]] : cs[i * p.plan.strides[16]];
    }
}

inline float multiply_add_of(float a, float b, float c) { return fma(a, b, c); }

inline long multiply_add_of(long a, long b, long c) { return long(ulong(a) * ulong(b) + ulong(c)); }

template <typename T, typename C>
kernel void multiply_add_elements(
    device const T* a [[buffer(0)]], device const T* b [[buffer(1)]], device const T* c [[buffer(2)]], device T* y [[buffer(3)]],
    constant ElementwiseParameters& p [[buffer(4)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device const T* as = a + row_position(p.plan, row, 0);
        device const T* bs = b + row_position(p.plan, row, 1);
        device const T* cs = c + row_position(p.plan, row, 2);
        device T* ys = y + row_position(p.plan, row, 3);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x))
            ys[i * p.plan.strides[24]] = Convert<T>::from(
                multiply_add_of(C(as[i * p.plan.strides[0]]), C(bs[i * p.plan.strides[8]]), C(cs[i * p.plan.strides[16]])));
    }
}

// ---------------------------------------------------------------- what is made from nothing

// The bits of whole_a everywhere.
template <typename T>
kernel void fill_elements(
    device T* y [[buffer(0)]], constant ElementwiseParameters& p [[buffer(1)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    const T value = T(p.whole_a);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device T* ys = y + row_position(p.plan, row, 0);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x)) ys[i * p.plan.strides[0]] = value;
    }
}

struct RangeParameters {
    Strided plan;
    long whole_start;
    long whole_step;
    float start_high;
    float start_low;
    float step_high;
    float step_low;
};

// start + index·step, carried in two floats, 48 bits: there is no double. Products and sums without error after
// Dekker: A Floating-Point Technique for Extending the Available Precision, 1971.
inline float range_of(long index, constant RangeParameters& p) {
    const float high_index = float(index);
    const float low_index = float(index - long(high_index));
    const float product = high_index * p.step_high;
    const float rest = fma(high_index, p.step_high, -product) + (high_index * p.step_low + low_index * p.step_high);
    const float sum = p.start_high + product;
    if (isinf(sum)) return sum;
    const float back = sum - p.start_high;
    const float lost = (p.start_high - (sum - back)) + (product - back) + (rest + p.start_low);
    return sum + lost;
}

template <typename T>
kernel void range_real(
    device T* y [[buffer(0)]], constant RangeParameters& p [[buffer(1)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device T* ys = y + row_position(p.plan, row, 0);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x)) {
            ys[i * p.plan.strides[0]] = T(range_of(row * p.plan.shape[0] + i, p));
        }
    }
}

// Integral start and step, in 64 bits, wrapping around.
template <typename T>
kernel void range_whole(
    device T* y [[buffer(0)]], constant RangeParameters& p [[buffer(1)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device T* ys = y + row_position(p.plan, row, 0);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x)) {
            const ulong index = ulong(row * p.plan.shape[0] + i);
            ys[i * p.plan.strides[0]] = Convert<T>::from(long(ulong(p.whole_start) + index * ulong(p.whole_step)));
        }
    }
}

// ---------------------------------------------------------------- instantiations

#define INSTANTIATE(NAME, FUNCTION, ...) \
    template [[host_name(NAME)]] [[kernel]] decltype(FUNCTION<__VA_ARGS__>) FUNCTION<__VA_ARGS__>;

#define OF_REAL(TYPE) \
    INSTANTIATE("unary_" #TYPE, unary_elements, TYPE, float) \
    INSTANTIATE("test_" #TYPE, test_elements, TYPE, float) \
    INSTANTIATE("binary_" #TYPE, binary_real, TYPE) \
    INSTANTIATE("compare_" #TYPE, compare_elements, TYPE, float) \
    INSTANTIATE("multiply_add_" #TYPE, multiply_add_elements, TYPE, float) \
    INSTANTIATE("range_" #TYPE, range_real, TYPE)

#define OF_WHOLE(TYPE) \
    INSTANTIATE("unary_" #TYPE, unary_elements, TYPE, long) \
    INSTANTIATE("test_" #TYPE, test_elements, TYPE, long) \
    INSTANTIATE("binary_" #TYPE, binary_whole, TYPE) \
    INSTANTIATE("compare_" #TYPE, compare_elements, TYPE, long) \
    INSTANTIATE("multiply_add_" #TYPE, multiply_add_elements, TYPE, long) \
    INSTANTIATE("range_" #TYPE, range_whole, TYPE)

#define OF_SIZE(NUMBER, TYPE) \
    INSTANTIATE("where_" #NUMBER, where_elements, TYPE) \
    INSTANTIATE("fill_" #NUMBER, fill_elements, TYPE)

OF_REAL(float)
OF_REAL(half)
OF_REAL(bfloat)
OF_WHOLE(int)
OF_WHOLE(long)
INSTANTIATE("unary_bool", unary_elements, uchar, long)
INSTANTIATE("compare_bool", compare_elements, uchar, long)
OF_SIZE(1, uchar)
OF_SIZE(2, ushort)
OF_SIZE(4, uint)
OF_SIZE(8, ulong)

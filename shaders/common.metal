// What all kernel families share.
#ifndef COMMON_METAL
#define COMMON_METAL

#include <metal_stdlib>
using namespace metal;

// Loops over arrays in registers, which would else go to memory.
#define UNROLL _Pragma("clang loop unroll(full)")

// The element types, numbered as in C#.
enum DType { DType_Float32, DType_Float64, DType_Float16, DType_BFloat16, DType_Int32, DType_Int64, DType_Bool };

// ---------------------------------------------------------------- where elements lie

// The shape of a launch and the strides of up to six operands, axes innermost first: Strided.cs.
struct Strided {
    long count;
    long rows; // innermost rows: count/shape[0], and shape[0] is 1 where there is no axis
    int rank;
    int is_contiguous;
    long shape[8];
    long strides[48];
};

// Where the first N operands have an element.
template <int N>
struct Places {
    long at[N];
};

// In 32 bits where that suffices: 64-bit division is a long subroutine on GPUs.
inline long quotient(constant Strided& plan, long index, long length) {
    return plan.count <= 0x7fffffffL ? long(uint(index) / uint(length)) : index / length;
}

// Where the first N operands have the element that is index-th in row-major order. The outermost axis needs no division.
template <int N>
inline Places<N> places_of(constant Strided& plan, long index) {
    Places<N> places;
#pragma clang loop unroll(full)
    for (int operand = 0; operand < N; operand++) places.at[operand] = plan.is_contiguous != 0 ? index : 0;
    if (plan.is_contiguous != 0) return places;
    const int outermost = plan.rank - 1;
    long rest = index;
    for (int axis = 0; axis < outermost; axis++) {
        const long outer = quotient(plan, rest, plan.shape[axis]);
        const long coordinate = rest - outer * plan.shape[axis];
#pragma clang loop unroll(full)
        for (int operand = 0; operand < N; operand++) places.at[operand] += coordinate * plan.strides[operand * 8 + axis];
        rest = outer;
    }
#pragma clang loop unroll(full)
    for (int operand = 0; operand < N; operand++) places.at[operand] += rest * plan.strides[operand * 8 + outermost];
    return places;
}

// Where operand `operand` has the element that is index-th in row-major order.
inline long position_of(constant Strided& plan, long index, int operand) {
    if (plan.is_contiguous != 0) return index;
    const int outermost = plan.rank - 1;
    long position = 0, rest = index;
    for (int axis = 0; axis < outermost; axis++) {
        const long outer = quotient(plan, rest, plan.shape[axis]);
        position += (rest - outer * plan.shape[axis]) * plan.strides[operand * 8 + axis];
        rest = outer;
    }
    return position + rest * plan.strides[operand * 8 + outermost];
}

// Where operand `operand` has element 0 of the row-th innermost row. Only axes between the innermost and the outermost cost a
// division, in 32 bits where that suffices. Where there is no axis but the innermost, row is 0.
inline long row_position(constant Strided& plan, long row, int operand) {
    long position = 0;
    int axis = 1;
    if (plan.rows <= 0x7fffffffL) {
        uint index = uint(row);
        for (; axis < plan.rank - 1; axis++) {
            const uint length = uint(plan.shape[axis]);
            const uint outer = index / length;
            position += long(index - outer * length) * plan.strides[operand * 8 + axis];
            index = outer;
        }
        row = long(index);
    } else {
        for (; axis < plan.rank - 1; axis++) {
            const long length = plan.shape[axis];
            const long outer = row / length;
            position += (row - outer * length) * plan.strides[operand * 8 + axis];
            row = outer;
        }
    }
    return position + row * plan.strides[operand * 8 + axis];
}

// ---------------------------------------------------------------- the grid

// A launch may run in pieces, each a dispatch whose threadgroups the hardware counts from 0 (Metal has no origin of a grid): where this
// piece begins, and how many threadgroups all of them have. Every kernel takes it at buffer 30.
struct Grid {
    uint first_x, first_y, first_z;
    uint groups_x, groups_y, groups_z;
};

inline uint group_in(constant Grid& grid, uint group) { return grid.first_x + group; }
inline uint2 group_in(constant Grid& grid, uint2 group) { return uint2(grid.first_x + group.x, grid.first_y + group.y); }
inline uint3 group_in(constant Grid& grid, uint3 group) { return uint3(grid.first_x + group.x, grid.first_y + group.y, grid.first_z + group.z); }

// The place of a thread, which is somewhere in its piece, and how many threads all pieces have.
inline uint place_in(constant Grid& grid, uint place, uint threads) { return grid.first_x * threads + place; }
inline uint2 place_in(constant Grid& grid, uint2 place, uint2 threads) {
    return uint2(grid.first_x * threads.x + place.x, grid.first_y * threads.y + place.y);
}
inline uint threads_of(constant Grid& grid, uint threads) { return grid.groups_x * threads; }
inline uint2 threads_of(constant Grid& grid, uint2 threads) { return uint2(grid.groups_x * threads.x, grid.groups_y * threads.y); }

// ---------------------------------------------------------------- faults

// What a kernel cannot do (an index outside its axis, a division by zero) is noted here, the first one only, and thrown at the next
// synchronization: Faults.cs. `tag` comes with the launch.
inline void report_fault(device atomic_int* faults, int tag, long value, long limit) {
    int seen = 0;
    while (seen == 0) {
        if (atomic_compare_exchange_weak_explicit(&faults[0], &seen, tag, memory_order_relaxed, memory_order_relaxed)) {
            atomic_store_explicit(&faults[1], int(value), memory_order_relaxed);
            atomic_store_explicit(&faults[2], int(value >> 32), memory_order_relaxed);
            atomic_store_explicit(&faults[3], int(limit), memory_order_relaxed);
            atomic_store_explicit(&faults[4], int(limit >> 32), memory_order_relaxed);
            return;
        }
    }
}

// An index, or label, of type Int64 or Int32.
inline long index_at(device const uchar* index, long position, int type) {
    if (type == DType_Int64) return reinterpret_cast<device const long*>(index)[position];
    return long(reinterpret_cast<device const int*>(index)[position]);
}

inline bool is_inside(long index, long length, device atomic_int* faults, int tag) {
    if (index >= 0 && index < length) return true;
    report_fault(faults, tag, index, length);
    return false;
}

// ---------------------------------------------------------------- numbers

// NaN if either is; −0 is below +0.
inline float minimum(float a, float b) {
    if (isnan(a)) return a;
    if (isnan(b)) return b;
    return a < b || (a == b && signbit(a)) ? a : b;
}

inline float maximum(float a, float b) {
    if (isnan(a)) return a;
    if (isnan(b)) return b;
    return a > b || (a == b && signbit(b)) ? a : b;
}

// Toward 0, saturating, NaN to 0.
inline long to_long(float x) {
    if (isnan(x)) return 0L;
    if (x >= 9223372036854775808.0f) return 0x7fffffffffffffffL;
    if (x < -9223372036854775808.0f) return -0x7fffffffffffffffL - 1L;
    return long(x);
}

inline int to_int(float x) {
    if (isnan(x)) return 0;
    if (x >= 2147483648.0f) return 0x7fffffff;
    if (x < -2147483648.0f) return -0x7fffffff - 1;
    return int(x);
}

// Elements in the type that is computed in, and back as C# casts do: floating point in float, integers in long (wrapping around when
// they are narrowed), truth values as 0 and 1 in a byte.
template <typename T> struct Convert {
    static T from(float x) { return T(x); }
    static T from(long x) { return T(float(x)); }
};

template <> struct Convert<long> {
    static long from(float x) { return to_long(x); }
    static long from(long x) { return x; }
};

template <> struct Convert<int> {
    static int from(float x) { return to_int(x); }
    static int from(long x) { return int(x); }
};

template <> struct Convert<uchar> {
    static uchar from(float x) { return x != 0.0f ? uchar(1) : uchar(0); }
    static uchar from(long x) { return x != 0L ? uchar(1) : uchar(0); }
};

// ---------------------------------------------------------------- functions that the language lacks
// Reduction to a small interval by exact arithmetic, a polynomial there, reconstruction (Muller: Elementary Functions, 3rd edition,
// 2016). Coefficients from tools/coefficients.py, as in the CPU's VectorMath.

// n and eʳ − 1 with x = n·ln 2 + r, |r| ≤ ln(2)/2, for x clamped to where the result is neither 0 nor ∞; NaN stays.
inline float reduce_exp(float x, thread float& n) {
    x = x < -104.5f ? -104.5f : x;
    x = x > 89.0f ? 89.0f : x;
    n = rint(x * 1.4426950408889634f);
    float r = fma(n, -0.6931471824645996f, x);
    r = fma(n, 1.9046542999577679e-9f, r);
    float p = 0.00139261835877134945f;
    p = fma(p, r, 0.00836317905272257737f);
    p = fma(p, r, 0.0416665546172045742f);
    p = fma(p, r, 0.166665769896987757f);
    p = fma(p, r, 0.5f);
    return fma(r * r, p, r);
}

// 2ⁿ for −151 ≤ n ≤ 129 in two factors, of which each is an ordinary number.
inline float scale(float x, float n) {
    const int whole = isnan(n) ? 0 : int(n);
    const int half_of = whole >> 1;
    return x * as_type<float>(uint(half_of + 127) << 23) * as_type<float>(uint(whole - half_of + 127) << 23);
}

// eˣ − 1, accurate near 0: 2ⁿ·p + (2ⁿ − 1), halved because 2ⁿ alone may overflow.
inline float expm1_of(float x) {
    float n;
    const float p = reduce_exp(x, n);
    const float power = scale(0.5f, n);
    const float y = fma(power, p, power - 0.5f);
    return x == 0.0f ? x : y + y;
}

// ln(1 + x), accurate near 0: ln u plus what was lost in u = 1 + x, to first order.
inline float log1p_of(float x) {
    const float u = 1.0f + x;
    const float y = precise::log(u);
    if (u == 1.0f) return x;
    return u > 1e-30f && u < 1e30f ? y + (x - (u - 1.0f)) / u : y;
}

// t/(t + 2) with t = e^(2|x|) − 1; from 10 on the result rounds to 1.
inline float tanh_of(float x) {
    const float z = abs(x);
    const float t = expm1_of(2.0f * (z > 10.0f ? 10.0f : z));
    return copysign(t / (t + 2.0f), x);
}

// 1/(1 + e⁻ˣ) and its complement to 1, without cancellation, from e^(−|x|), which does not overflow.
inline float sigmoid(float x, thread float& complement) {
    const float e = precise::exp(-abs(x));
    const float large = 1.0f / (1.0f + e);
    const float small = e * large;
    complement = x < 0.0f ? large : small;
    return x < 0.0f ? small : large;
}

inline float sigmoid(float x) {
    float complement;
    return sigmoid(x, complement);
}

// exp(−a·b), with the rounding error of the product, which the exponential would magnify, taken out.
inline float minus_square_exp(float a, float b) {
    const float product = a * b;
    const float error = fma(a, b, -product);
    const float e = precise::exp(-product);
    return product < 200.0f ? fma(-error, e, e) : e;
}

// exp(t²)·erfc(t) for t ≥ 0, in the form of Shepherd and Laframboise: Chebyshev approximation of (1 + 2x)exp(x²)erfc x in 0 ≤ x < ∞
// (Mathematics of Computation 36, 1981).
inline float erfc_ratio(float t) {
    t = t > 10.1f ? 10.1f : t;
    const float pole = 1.0f + t + t;
    const float inverse = 1.0f / (pole * (t + 2.0f));
    const float u = (t - 2.0f) * (inverse * pole);
    float p = 0.0000216677893182073007f;
    p = fma(p, u, -0.000373059067536462831f);
    p = fma(p, u, -0.00125137480681651822f);
    p = fma(p, u, 0.00128244249782983128f);
    p = fma(p, u, 0.00863949147121502092f);
    p = fma(p, u, -0.00804796595931893039f);
    p = fma(p, u, -0.0542057216994386477f);
    p = fma(p, u, 0.164053647443959893f);
    p = fma(p, u, -0.166031297492661938f);
    p = fma(p, u, -0.0927639169344333955f);
    p = fma(p, u, 1.27697839114408804f);
    return p * (inverse * (t + 2.0f));
}

// The error function: a power series up to 1, beyond it 1 − erfc.
inline float erf_of(float x) {
    const float t = abs(x);
    if (t > 1.0f) return copysign(1.0f - minus_square_exp(t, t) * erfc_ratio(t), x);
    const float z = t * t;
    float p = 0.0000787587506268548834f;
    p = fma(p, z, -0.000801686428716586953f);
    p = fma(p, z, 0.00518908742343397399f);
    p = fma(p, z, -0.0268542120106264124f);
    p = fma(p, z, 0.112835947151602177f);
    p = fma(p, z, -0.37612626666720331f);
    p = fma(p, z, 1.12837916584835095f);
    return x * p;
}

// The distribution function Φ and the density φ of the standard normal distribution.
inline float normal_distribution(float x, thread float& density) {
    const float e = minus_square_exp(x, 0.5f * x);
    density = e * 0.3989422804014327f;
    const float tail = 0.5f * e * erfc_ratio(abs(x) * 0.7071067811865476f);
    return x > 0.0f ? 1.0f - tail : tail;
}

#endif

// All elements of many tensors taken together: reduced to one number, or scaled in place. A launch serves up to 24 tensors; they are cut
// into pieces, one per threadgroup, and a last launch combines what the pieces gave, so that sums do not depend on timing.
#include "team.metal"

enum ReduceManyKind {
    ReduceManyKind_Sum,
    ReduceManyKind_Maximum,
    ReduceManyKind_Minimum,
    ReduceManyKind_EuclideanNorm,
    ReduceManyKind_MaximumNorm,
    ReduceManyKind_PowerNorm,
    ReduceManyKind_NonFiniteCount,
};

constant int kind [[function_constant(0)]]; // ReduceManyKind

struct ManyParameters {
    long counts[24];  // elements of each tensor
    long befores[24]; // pieces that come before each
    long piece;       // elements of a piece
    int tensors;
    float power;
    TeamShape team;
};

// The tensor that a threadgroup's piece belongs to.
inline uint tensor_of(constant ManyParameters& p, uint group) {
    uint slot = 0;
    for (int i = 1; i < p.tensors; i++) slot = p.befores[i] <= long(group) ? uint(i) : slot;
    return slot;
}

inline float identity() {
    switch (kind) {
        case ReduceManyKind_Maximum: return -INFINITY;
        case ReduceManyKind_Minimum: return INFINITY;
        default: return 0.0f;
    }
}

inline float mapped(float x, float power) {
    switch (kind) {
        case ReduceManyKind_EuclideanNorm: return x * x;
        case ReduceManyKind_MaximumNorm: return abs(x);
        case ReduceManyKind_PowerNorm: return precise::pow(abs(x), power);
        case ReduceManyKind_NonFiniteCount: return isfinite(x) ? 0.0f : 1.0f;
        default: return x;
    }
}

// NaN if either is, for the extremes.
struct Combine {
    float operator()(float a, float b) const {
        switch (kind) {
            case ReduceManyKind_Maximum: return a > b || a != a ? a : b;
            case ReduceManyKind_MaximumNorm: return a > b || a != a ? a : b;
            case ReduceManyKind_Minimum: return a < b || a != a ? a : b;
            default: return a + b;
        }
    }
};

#define TENSORS(T)                                                                                                          \
    device T* x0 [[buffer(0)]], device T* x1 [[buffer(1)]], device T* x2 [[buffer(2)]], device T* x3 [[buffer(3)]],         \
    device T* x4 [[buffer(4)]], device T* x5 [[buffer(5)]], device T* x6 [[buffer(6)]], device T* x7 [[buffer(7)]],         \
    device T* x8 [[buffer(8)]], device T* x9 [[buffer(9)]], device T* x10 [[buffer(10)]], device T* x11 [[buffer(11)]],     \
    device T* x12 [[buffer(12)]], device T* x13 [[buffer(13)]], device T* x14 [[buffer(14)]], device T* x15 [[buffer(15)]], \
    device T* x16 [[buffer(16)]], device T* x17 [[buffer(17)]], device T* x18 [[buffer(18)]], device T* x19 [[buffer(19)]], \
    device T* x20 [[buffer(20)]], device T* x21 [[buffer(21)]], device T* x22 [[buffer(22)]], device T* x23 [[buffer(23)]]

#define CHOOSE(x, slot)                                                                                         \
    switch (slot) {                                                                                             \
        case 1u: x = x1; break;   case 2u: x = x2; break;   case 3u: x = x3; break;   case 4u: x = x4; break;   \
        case 5u: x = x5; break;   case 6u: x = x6; break;   case 7u: x = x7; break;   case 8u: x = x8; break;   \
        case 9u: x = x9; break;   case 10u: x = x10; break; case 11u: x = x11; break; case 12u: x = x12; break; \
        case 13u: x = x13; break; case 14u: x = x14; break; case 15u: x = x15; break; case 16u: x = x16; break; \
        case 17u: x = x17; break; case 18u: x = x18; break; case 19u: x = x19; break; case 20u: x = x20; break; \
        case 21u: x = x21; break; case 22u: x = x22; break; case 23u: x = x23; break; default: break;           \
    }

template <typename T>
kernel void reduce_many(
    TENSORS(const T),
    device float* partials [[buffer(24)]],
    constant ManyParameters& p [[buffer(25)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    threadgroup float scratch[256];
    const uint group = group_in(grid, own_group);
    const uint slot = tensor_of(p, group);
    device const T* x = x0;
    CHOOSE(x, slot)
    const long first = (long(group) - p.befores[slot]) * p.piece;
    const long end = min(p.counts[slot], first + p.piece);
    Combine combine;
    float total = identity();
    for (long i = first + long(index); i < end; i += long(p.team.members)) total = combine(total, mapped(float(x[i]), p.power));
    total = across(total, p.team, index, scratch, combine);
    if (index == 0) partials[group] = total;
}

// One threadgroup combines the pieces, in chains of 32. Counts are summed as integers.
kernel void finish_many(
    device const float* partials [[buffer(0)]],
    device uchar* y [[buffer(1)]],
    constant ManyParameters& p [[buffer(2)]], constant Grid& grid [[buffer(30)]],
    uint index [[thread_index_in_threadgroup]]) {
    threadgroup float scratch[256];
    threadgroup long counts[256];
    const long step = long(p.team.members);
    const long length = p.counts[0];
    if (kind == ReduceManyKind_NonFiniteCount) {
        Add add;
        long count = 0;
        for (long i = long(index); i < length; i += step) count += long(partials[i]);
        count = across(count, p.team, index, counts, add);
        if (index == 0) reinterpret_cast<device long*>(y)[0] = count;
        return;
    }
    Combine combine;
    float total = identity();
    for (long from = long(index); from < length; from += 32 * step) {
        const long end = min(length, from + 32 * step);
        float part = identity();
        for (long i = from; i < end; i += step) part = combine(part, partials[i]);
        total = combine(total, part);
    }
    total = across(total, p.team, index, scratch, combine);
    if (kind == ReduceManyKind_EuclideanNorm) total = precise::sqrt(total);
    if (kind == ReduceManyKind_PowerNorm) total = precise::pow(total, 1.0f / p.power);
    if (index == 0) reinterpret_cast<device float*>(y)[0] = total;
}

// x ← x·factor; gradients within their bound, of factor 1, are left alone.
template <typename T>
kernel void scale_many(
    TENSORS(T),
    device const float* factor [[buffer(24)]],
    constant ManyParameters& p [[buffer(25)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const float number = factor[0];
    if (number == 1.0f) return;
    const uint slot = tensor_of(p, group);
    device T* x = x0;
    CHOOSE(x, slot)
    const long first = (long(group) - p.befores[slot]) * p.piece;
    const long end = min(p.counts[slot], first + p.piece);
    for (long i = first + long(index); i < end; i += long(p.team.members)) x[i] = T(float(x[i]) * number);
}

#define INSTANTIATE(T)                                                                               \
    template [[host_name("reduce_many_" #T)]] [[kernel]] decltype(reduce_many<T>) reduce_many<T>; \
    template [[host_name("scale_many_" #T)]] [[kernel]] decltype(scale_many<T>) scale_many<T>;

INSTANTIATE(float)
INSTANTIATE(half)
INSTANTIATE(bfloat)

// Reductions over any axes, and the first extreme along one. A threadgroup reduces a piece of some cells (a cell is an element of
// the result); pieces are combined by a second launch, so that sums are blocked and do not depend on timing.
#include "team.metal"

enum ReduceKind {
    ReduceKind_Sum, ReduceKind_Mean, ReduceKind_Product, ReduceKind_Maximum, ReduceKind_Minimum, ReduceKind_Any, ReduceKind_All,
    ReduceKind_SumOfSquares,
};
enum ArgKind { ArgKind_Maximum, ArgKind_Minimum };

constant int kind [[function_constant(0)]];    // ReduceKind or ArgKind
constant int variant [[function_constant(1)]]; // reduce: the DType of y; arg_reduce: 1 if places come with x, 2 if values are wanted

struct ReduceParameters {
    Strided kept;      // x, y
    Strided reduced;   // x
    long piece;        // elements of a cell per threadgroup
    long piece_stride; // from piece to piece in y
    long divisor;      // of the mean: elements of a cell
    TeamShape team;
};

inline float lowest(float) {
    return -INFINITY;
}

inline long lowest(long) {
    return -0x7fffffffffffffffL - 1L;
}

inline float highest(float) {
    return INFINITY;
}

inline long highest(long) {
    return 0x7fffffffffffffffL;
}

template <typename A>
inline A identity() {
    switch (kind) {
        case ReduceKind_Product: return A(1);
        case ReduceKind_All: return A(1);
        case ReduceKind_Maximum: return lowest(A(0));
        case ReduceKind_Minimum: return highest(A(0));
        default: return A(0);
    }
}

template <typename A>
inline A mapped(A x) {
    switch (kind) {
        case ReduceKind_SumOfSquares: return x * x;
        case ReduceKind_Any: return x != A(0) ? A(1) : A(0);
        case ReduceKind_All: return x != A(0) ? A(1) : A(0);
        default: return x;
    }
}

// NaN if either is, for the extremes.
struct Combine {
    template <typename A>
    A operator()(A a, A b) const {
        switch (kind) {
            case ReduceKind_Product: return a * b;
            case ReduceKind_Maximum: return a > b || a != a ? a : b;
            case ReduceKind_Any: return a > b ? a : b;
            case ReduceKind_Minimum: return a < b || a != a ? a : b;
            case ReduceKind_All: return a < b ? a : b;
            default: return a + b;
        }
    }
};

template <typename A>
inline void write(device uchar* y, long position, A value) {
    switch (variant) {
        case DType_Float32: reinterpret_cast<device float*>(y)[position] = float(value); break;
        case DType_Float16: reinterpret_cast<device half*>(y)[position] = half(float(value)); break;
        case DType_BFloat16: reinterpret_cast<device bfloat*>(y)[position] = bfloat(float(value)); break;
        case DType_Int32: reinterpret_cast<device int*>(y)[position] = int(value); break;
        case DType_Int64: reinterpret_cast<device long*>(y)[position] = long(value); break;
        default: y[position] = value != A(0) ? uchar(1) : uchar(0); break;
    }
}

template <typename T>
kernel void reduce(
    device const T* x [[buffer(0)]],
    device uchar* y [[buffer(1)]],
    constant ReduceParameters& p [[buffer(2)]], constant Grid& grid [[buffer(30)]],
    uint2 own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    typedef typename Wide<T>::type A;
    threadgroup A scratch[256];
    const uint2 group = group_in(grid, own_group);
    const long cell = long(group.x) * long(p.team.cells) + long(cell_of(p.team, index));
    const uint member = member_of(p.team, index);
    Combine combine;
    A total = identity<A>();
    if (cell < p.kept.count) {
        const long start = position_of(p.kept, cell, 0);
        const long end = min(long(group.y + 1) * p.piece, p.reduced.count);
        for (long i = long(group.y) * p.piece + long(member); i < end; i += long(p.team.members))
            total = combine(total, mapped(A(x[start + position_of(p.reduced, i, 0)])));
    }
    total = across(total, p.team, index, scratch, combine);
    if (cell >= p.kept.count || member != 0) return;
    if (kind == ReduceKind_Mean) total = total / A(p.divisor);
    write(y, position_of(p.kept, cell, 1) + long(group.y) * p.piece_stride, total);
}

// An element and its place along the axis; −1 is no element.
template <typename A>
struct Extreme {
    A value;
    long place;
};

template <typename A>
inline Extreme<A> exchange(Extreme<A> extreme, ushort mask) {
    Extreme<A> other;
    other.value = exchange(extreme.value, mask);
    other.place = exchange(extreme.place, mask);
    return other;
}

// NaN is more extreme than any number; of equals the first.
struct MoreExtreme {
    template <typename A>
    Extreme<A> operator()(Extreme<A> a, Extreme<A> b) const {
        if (a.place < 0) return b;
        if (b.place < 0) return a;
        const bool a_is_nan = a.value != a.value;
        const bool b_is_nan = b.value != b.value;
        if (a_is_nan != b_is_nan) return a_is_nan ? a : b;
        if (!a_is_nan && a.value != b.value) return (kind == ArgKind_Maximum) == (a.value > b.value) ? a : b;
        return a.place < b.place ? a : b;
    }
};

struct ArgReduceParameters {
    Strided kept;             // x, places of x, values, indices
    long length;              // of the axis
    long stride;              // of x along the axis
    long places_stride;       // of the places of x
    long piece;               // elements of a line per threadgroup
    long values_piece_stride; // from piece to piece
    long indices_piece_stride;
    TeamShape team;
};

template <typename T>
kernel void arg_reduce(
    device const T* x [[buffer(0)]],
    device const long* places [[buffer(1)]],
    device T* values [[buffer(2)]],
    device long* indices [[buffer(3)]],
    constant ArgReduceParameters& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint2 own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    typedef typename Wide<T>::type A;
    threadgroup Extreme<A> scratch[256];
    const uint2 group = group_in(grid, own_group);
    const long cell = long(group.x) * long(p.team.cells) + long(cell_of(p.team, index));
    const uint member = member_of(p.team, index);
    MoreExtreme more_extreme;
    Extreme<A> best;
    best.value = A(0);
    best.place = -1;
    if (cell < p.kept.count) {
        const Places<2> start = places_of<2>(p.kept, cell);
        const long end = min(long(group.y + 1) * p.piece, p.length);
        for (long i = long(group.y) * p.piece + long(member); i < end; i += long(p.team.members)) {
            Extreme<A> next;
            next.value = A(x[start.at[0] + i * p.stride]);
            next.place = i;
            if ((variant & 1) != 0) next.place = places[start.at[1] + i * p.places_stride];
            best = more_extreme(best, next);
        }
    }
    best = across(best, p.team, index, scratch, more_extreme);
    if (cell >= p.kept.count || member != 0) return;
    const Places<4> ends = places_of<4>(p.kept, cell);
    indices[ends.at[3] + long(group.y) * p.indices_piece_stride] = best.place;
    if ((variant & 2) != 0) values[ends.at[2] + long(group.y) * p.values_piece_stride] = T(best.value);
}

#define INSTANTIATE(T)                                                                  \
    template [[host_name("reduce_" #T)]] [[kernel]] decltype(reduce<T>) reduce<T>;      \
    template [[host_name("arg_reduce_" #T)]] [[kernel]] decltype(arg_reduce<T>) arg_reduce<T>;

INSTANTIATE(float)
INSTANTIATE(half)
INSTANTIATE(bfloat)
INSTANTIATE(int)
INSTANTIATE(long)
INSTANTIATE(bool)

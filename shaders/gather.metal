// Elements taken, or put, where an index says. An index that is outside is reported and moves nothing.
#include "common.metal"

enum ScatterKind { ScatterKind_Assign, ScatterKind_Add };

constant int kind [[function_constant(0)]];       // ScatterKind
constant int index_type [[function_constant(1)]]; // DType: Int32 or Int64

struct GatherParameters {
    Strided plan; // y, index, x standing still along the axis
    long length;  // of x along the axis
    long stride;  // of x along the axis
    int tag;      // of faults
    int padding;
};

template <typename T>
kernel void gather(
    device const T* x [[buffer(0)]],
    device const uchar* index [[buffer(1)]],
    device T* y [[buffer(2)]],
    device atomic_int* faults [[buffer(3)]],
    constant GatherParameters& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint thread_index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(thread_index);
    if (i >= p.plan.count) return;
    const Places<3> place = places_of<3>(p.plan, i);
    const long at = index_at(index, place.at[1], index_type);
    if (is_inside(at, p.length, faults, p.tag)) y[place.at[0]] = x[place.at[2] + at * p.stride];
}

struct ScatterParameters {
    Strided kept;    // y, index, source, without the axis
    long count;      // of the index along the axis
    long length;     // of y along the axis
    long strides[3]; // along the axis
    int tag;         // of faults
    int padding;
};

// y + source; sums of Float16 and BFloat16 are rounded one by one, as what they add to is in memory.
template <typename T>
struct Sum {
    static T of(T a, T b) {
        return T(float(a) + float(b));
    }
};
template <>
struct Sum<int> {
    static int of(int a, int b) {
        return a + b;
    }
};
template <>
struct Sum<long> {
    static long of(long a, long b) {
        return a + b;
    }
};
template <>
struct Sum<bool> {
    static bool of(bool a, bool b) {
        return a || b;
    }
};

// Lines along the axis meet only themselves: one thread walks each, in the order of the index, so that nothing depends on timing.
template <typename T>
kernel void scatter(
    device const T* source [[buffer(0)]],
    device const uchar* index [[buffer(1)]],
    device T* y [[buffer(2)]],
    device atomic_int* faults [[buffer(3)]],
    constant ScatterParameters& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint thread_index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long line = long(group) * long(threads) + long(thread_index);
    if (line >= p.kept.count) return;
    const Places<3> start = places_of<3>(p.kept, line);
    for (long i = 0; i < p.count; i++) {
        const long at = index_at(index, start.at[1] + i * p.strides[1], index_type);
        if (!is_inside(at, p.length, faults, p.tag)) continue;
        const long position = start.at[0] + at * p.strides[0];
        const T value = source[start.at[2] + i * p.strides[2]];
        y[position] = kind == ScatterKind_Assign ? value : Sum<T>::of(y[position], value);
    }
}

#define INSTANTIATE(T)                                                             \
    template [[host_name("gather_" #T)]] [[kernel]] decltype(gather<T>) gather<T>; \
    template [[host_name("scatter_" #T)]] [[kernel]] decltype(scatter<T>) scatter<T>;

INSTANTIATE(float)
INSTANTIATE(half)
INSTANTIATE(bfloat)
INSTANTIATE(int)
INSTANTIATE(long)
INSTANTIATE(bool)

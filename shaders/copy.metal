// Copies between any two layouts, converting as C# casts do (common.metal); of one type, the bits are moved as they are.
#include "common.metal"

struct CopyParameters {
    Strided plan;
};

// An element in the type that is computed in; a byte is a truth value, true if any bit is set.
template <typename C, typename T> inline C load(T x) { return C(x); }

template <> inline long load<long, uchar>(uchar x) { return x != uchar(0) ? 1L : 0L; }

template <typename TFrom, typename TTo, typename C>
kernel void convert_elements(
    device const TFrom* x [[buffer(0)]], device TTo* y [[buffer(1)]], constant CopyParameters& p [[buffer(2)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device const TFrom* xs = x + row_position(p.plan, row, 0);
        device TTo* ys = y + row_position(p.plan, row, 1);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x))
            ys[i * p.plan.strides[8]] = Convert<TTo>::from(load<C>(xs[i * p.plan.strides[0]]));
    }
}

template <typename T>
kernel void move_elements(
    device const T* x [[buffer(0)]], device T* y [[buffer(1)]], constant CopyParameters& p [[buffer(2)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    for (long row = long(place.y); row < p.plan.rows; row += long(grid.y)) {
        device const T* xs = x + row_position(p.plan, row, 0);
        device T* ys = y + row_position(p.plan, row, 1);
        for (long i = long(place.x); i < p.plan.shape[0]; i += long(grid.x)) ys[i * p.plan.strides[8]] = xs[i * p.plan.strides[0]];
    }
}

struct TransposeParameters {
    Strided plan; // of the axes around the two
    long rows;
    long columns;
    long x_stride; // of a column in x, whose rows are neighbours
    long y_stride; // of a row in y, whose columns are neighbours
};

// Where neighbours in x and neighbours in y lie on two different axes: a tile passes through threadgroup memory, so that both sides
// are read and written in lines. Groups of 32 × 8 threads, each thread with four elements; a column of padding keeps the banks apart.
template <typename T>
kernel void transpose_tile(
    device const T* x [[buffer(0)]], device T* y [[buffer(1)]], constant TransposeParameters& p [[buffer(2)]], constant Grid& grid [[buffer(30)]],
    uint3 own_group [[threadgroup_position_in_grid]], uint3 lane [[thread_position_in_threadgroup]]) {
    threadgroup T tile[32 * 33];
    const uint3 group = group_in(grid, own_group);
    const long first_column = long(group.x) * 32L;
    const long first_row = long(group.y) * 32L;
    device const T* xs = x + position_of(p.plan, long(group.z), 0);
    device T* ys = y + position_of(p.plan, long(group.z), 1);
    for (uint k = lane.y; k < 32u; k += 8u) {
        const long row = first_row + long(lane.x);
        const long column = first_column + long(k);
        if (row < p.rows && column < p.columns) tile[k * 33u + lane.x] = xs[column * p.x_stride + row];
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (uint k = lane.y; k < 32u; k += 8u) {
        const long row = first_row + long(k);
        const long column = first_column + long(lane.x);
        if (row < p.rows && column < p.columns) ys[row * p.y_stride + column] = tile[lane.x * 33u + k];
    }
}

#define INSTANTIATE(NAME, FUNCTION, ...) \
    template [[host_name(NAME)]] [[kernel]] decltype(FUNCTION<__VA_ARGS__>) FUNCTION<__VA_ARGS__>;

#define OF_SIZE(NUMBER, TYPE) \
    INSTANTIATE("move_" #NUMBER, move_elements, TYPE) \
    INSTANTIATE("transpose_" #NUMBER, transpose_tile, TYPE)

#define CONVERT(FROM, TO, FROM_TYPE, TO_TYPE, COMPUTE) INSTANTIATE("convert_" #FROM "_" #TO, convert_elements, FROM_TYPE, TO_TYPE, COMPUTE)

OF_SIZE(1, uchar)
OF_SIZE(2, ushort)
OF_SIZE(4, uint)
OF_SIZE(8, ulong)
CONVERT(float, half, float, half, float)
CONVERT(float, bfloat, float, bfloat, float)
CONVERT(float, int, float, int, float)
CONVERT(float, long, float, long, float)
CONVERT(float, bool, float, uchar, float)
CONVERT(half, float, half, float, float)
CONVERT(half, bfloat, half, bfloat, float)
CONVERT(half, int, half, int, float)
CONVERT(half, long, half, long, float)
CONVERT(half, bool, half, uchar, float)
CONVERT(bfloat, float, bfloat, float, float)
CONVERT(bfloat, half, bfloat, half, float)
CONVERT(bfloat, int, bfloat, int, float)
CONVERT(bfloat, long, bfloat, long, float)
CONVERT(bfloat, bool, bfloat, uchar, float)
CONVERT(int, float, int, float, long)
CONVERT(int, half, int, half, long)
CONVERT(int, bfloat, int, bfloat, long)
CONVERT(int, long, int, long, long)
CONVERT(int, bool, int, uchar, long)
CONVERT(long, float, long, float, long)
CONVERT(long, half, long, half, long)
CONVERT(long, bfloat, long, bfloat, long)
CONVERT(long, int, long, int, long)
CONVERT(long, bool, long, uchar, long)
CONVERT(bool, float, uchar, float, long)
CONVERT(bool, half, uchar, half, long)
CONVERT(bool, bfloat, uchar, bfloat, long)
CONVERT(bool, int, uchar, int, long)
CONVERT(bool, long, uchar, long, long)

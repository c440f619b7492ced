#include "gemm.metal"

// y[batch][row][column] = activation(Σ a[batch][row][k]·b[batch][k][column] + bias). Strides of any sign and 0.
struct Product {
    Strided batches; // of a, b, y; a transpose is a pair of strides
    long m, n, k;
    long a_row, a_depth;
    long b_depth, b_column;
    long y_row, y_column;
    long bias_row, bias_column;
    long partial_row, partial_column; // y's where it is row-major
    long chunk;                       // how much of the depth one split sums
    int splits;
    int batch_count;
};

template <typename T>
struct Matrix {
    struct Place { long offset; bool inside; };
    typedef long Depth;

    device const T* data;
    long outers, outer_stride, depth_stride;

    Place place(long outer) const { return Place{outer * outer_stride, outer < outers}; }
    Depth depth(long k) const { return k * depth_stride; }
    float at(Place place, Depth depth) const { return place.inside ? float(data[place.offset + depth]) : 0.0f; }
};

template <typename T>
struct Target {
    device T* data;
    device float* partials;
    device const T* bias;
    long rows, columns, row_stride, column_stride, bias_row, bias_column;
    bool is_partial;

    void store(long row, long column, float sum) const {
        if (row >= rows || column >= columns) return;
        const long at = row * row_stride + column * column_stride;
        if (is_partial) partials[at] = sum;
        else data[at] = T(finish(sum, has_bias != 0 ? float(bias[row * bias_row + column * bias_column]) : 0.0f));
    }
};

// What one threadgroup does: a tile, of one split, of one batch.
template <typename T>
struct Job {
    Matrix<T> left, right;
    Target<T> target;
    long row, column, k, end;

    Job(constant Product& p, device const T* a, device const T* b, device const T* bias, device T* y, device float* partials, uint group, int rows, int columns) {
        const long tiles_across = (p.n + columns - 1) / columns, tiles = (p.m + rows - 1) / rows * tiles_across;
        const long tile = long(group) % tiles, rest = long(group) / tiles;
        const long split = rest % p.splits, batch = rest / p.splits;
        row = tile / tiles_across * rows;
        column = tile % tiles_across * columns;
        k = split * p.chunk;
        end = min(p.k, k + p.chunk);
        left = Matrix<T>{a + position_of(p.batches, batch, 0), p.m, p.a_row, p.a_depth};
        right = Matrix<T>{b + position_of(p.batches, batch, 1), p.n, p.b_column, p.b_depth};
        const bool is_partial = p.splits > 1;
        target = Target<T>{
            y + position_of(p.batches, batch, 2), partials + (split * p.batch_count + batch) * p.m * p.n, bias, p.m, p.n,
            is_partial ? p.partial_row : p.y_row, is_partial ? p.partial_column : p.y_column, p.bias_row, p.bias_column, is_partial};
    }
};

template <typename T, int rows, int columns>
kernel void multiply_simd(
    device const T* a [[buffer(0)]], device const T* b [[buffer(1)]], device const T* bias [[buffer(2)]],
    device T* y [[buffer(3)]], device float* partials [[buffer(4)]], constant Product& p [[buffer(5)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]],
    uint simdgroup [[simdgroup_index_in_threadgroup]], uint lane [[thread_index_in_simdgroup]]) {
    threadgroup float left[rows * (tile_depth + tile_gap)];
    threadgroup float right[tile_depth * (columns + tile_gap)];
    const uint group = group_in(grid, own_group);
    const Job<T> job(p, a, b, bias, y, partials, group, rows, columns);
    multiply_by_simdgroups<rows, columns>(
        job.left, job.right, job.target, job.row, job.column, job.k, job.end, left, right, int(index), int(simdgroup), int(lane));
}

template <typename T>
kernel void multiply_plain(
    device const T* a [[buffer(0)]], device const T* b [[buffer(1)]], device const T* bias [[buffer(2)]],
    device T* y [[buffer(3)]], device float* partials [[buffer(4)]], constant Product& p [[buffer(5)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]]) {
    threadgroup float left[plain_tile * (tile_depth + tile_gap)];
    threadgroup float right[tile_depth * (plain_tile + tile_gap)];
    const uint group = group_in(grid, own_group);
    const Job<T> job(p, a, b, bias, y, partials, group, plain_tile, plain_tile);
    multiply_by_threads(job.left, job.right, job.target, job.row, job.column, job.k, job.end, left, right, int(index));
}

constant constexpr int vector_rows = 8;   // one per simdgroup
constant constexpr int vector_slices = 8;

// A matrix times a vector (n = 1) where the depth is contiguous: a simdgroup sums a row.
template <typename T>
kernel void multiply_vector_by_rows(
    device const T* a [[buffer(0)]], device const T* b [[buffer(1)]], device const T* bias [[buffer(2)]],
    device T* y [[buffer(3)]], device float* partials [[buffer(4)]], constant Product& p [[buffer(5)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint simdgroup [[simdgroup_index_in_threadgroup]], uint lane [[thread_index_in_simdgroup]]) {
    const uint group = group_in(grid, own_group);
    const Job<T> job(p, a, b, bias, y, partials, group, vector_rows, 1);
    const auto row = job.left.place(job.row + long(simdgroup));
    const auto column = job.right.place(0);
    float sum = 0.0f;
    for (long k = job.k + long(lane); k < job.end; k += 32)
        sum = fma(job.left.at(row, job.left.depth(k)), job.right.at(column, job.right.depth(k)), sum);
    sum = simd_sum(sum);
    if (lane == 0) job.target.store(job.row + long(simdgroup), 0, sum);
}

// The same where the depth is not contiguous: 32 rows side by side, the depth in slices.
template <typename T>
kernel void multiply_vector_by_columns(
    device const T* a [[buffer(0)]], device const T* b [[buffer(1)]], device const T* bias [[buffer(2)]],
    device T* y [[buffer(3)]], device float* partials [[buffer(4)]], constant Product& p [[buffer(5)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint slice [[simdgroup_index_in_threadgroup]], uint lane [[thread_index_in_simdgroup]]) {
    threadgroup float sums[vector_slices * 32];
    const uint group = group_in(grid, own_group);
    const Job<T> job(p, a, b, bias, y, partials, group, 32, 1);
    const auto row = job.left.place(job.row + long(lane));
    const auto column = job.right.place(0);
    float sum = 0.0f;
    for (long k = job.k + long(slice); k < job.end; k += vector_slices)
        sum = fma(job.left.at(row, job.left.depth(k)), job.right.at(column, job.right.depth(k)), sum);
    sums[slice * 32 + lane] = sum;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    if (slice != 0) return;
    for (int i = 1; i < vector_slices; i++) sum += sums[uint(i) * 32 + lane];
    job.target.store(job.row + long(lane), 0, sum);
}

// Integers wrap around: they are summed as U, unsigned.
template <typename T, typename U>
kernel void multiply_integers(
    device const T* a [[buffer(0)]], device const T* b [[buffer(1)]], device const T* bias [[buffer(2)]],
    device T* y [[buffer(3)]], constant Product& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint index [[thread_position_in_threadgroup]], uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(index);
    if (i >= p.m * p.n * p.batch_count) return;
    const long column = i % p.n, line = i / p.n, row = line % p.m, batch = line / p.m;
    const long left = position_of(p.batches, batch, 0) + row * p.a_row;
    const long right = position_of(p.batches, batch, 1) + column * p.b_column;
    U sum = has_bias != 0 ? U(bias[row * p.bias_row + column * p.bias_column]) : U(0);
    for (long k = 0; k < p.k; k++) sum += U(a[left + k * p.a_depth]) * U(b[right + k * p.b_depth]);
    const T value = T(sum);
    y[position_of(p.batches, batch, 2) + row * p.y_row + column * p.y_column] = activation == MatMulActivation_Relu ? max(value, T(0)) : value;
}

#define PRODUCT_BUFFERS(T) device const T*, device const T*, device const T*, device T*, device float*, constant Product&, constant Grid&
#define INSTANTIATE_PRODUCTS(T) \
    template [[host_name("multiply_large_" #T)]] kernel void multiply_simd<T, 64, 64>(PRODUCT_BUFFERS(T), uint, uint, uint, uint); \
    template [[host_name("multiply_small_" #T)]] kernel void multiply_simd<T, 32, 32>(PRODUCT_BUFFERS(T), uint, uint, uint, uint); \
    template [[host_name("multiply_plain_" #T)]] kernel void multiply_plain<T>(PRODUCT_BUFFERS(T), uint, uint); \
    template [[host_name("multiply_vector_by_rows_" #T)]] kernel void multiply_vector_by_rows<T>(PRODUCT_BUFFERS(T), uint, uint, uint); \
    template [[host_name("multiply_vector_by_columns_" #T)]] kernel void multiply_vector_by_columns<T>(PRODUCT_BUFFERS(T), uint, uint, uint);

INSTANTIATE_PRODUCTS(float)
INSTANTIATE_PRODUCTS(half)
INSTANTIATE_PRODUCTS(bfloat)

template [[host_name("multiply_integers_int")]] kernel void multiply_integers<int, uint>(
    device const int*, device const int*, device const int*, device int*, constant Product&, constant Grid&, uint, uint, uint);
template [[host_name("multiply_integers_long")]] kernel void multiply_integers<long, ulong>(
    device const long*, device const long*, device const long*, device long*, constant Product&, constant Grid&, uint, uint, uint);

// Tiles of a product by the threads of one threadgroup, for the families that include this: matrix products and convolutions.
// An operand says what lies at (outer, depth); outer is a row of the left one and a column of the right one, depth is what is
// summed over. Place and depth are worked out apart, so that a thread does so once for many elements:
//     Place place(long outer)    Depth depth(long k)    float at(Place, Depth), 0 if the place is outside
// A result takes sums, and drops those outside: store(row, column, sum).
#ifndef GEMM_METAL
#define GEMM_METAL
#include "common.metal"

enum MatMulActivation { MatMulActivation_None, MatMulActivation_Relu };

constant int left_along_depth [[function_constant(0)]];   // whether neighbours along the depth lie side by side in memory;
constant int right_along_depth [[function_constant(1)]];  // threads then load along it, else along the outer axis
constant int has_bias [[function_constant(2)]];
constant int activation [[function_constant(3)]];

constant constexpr int tile_depth = 16;   // of what threadgroup memory holds at a time
constant constexpr int block_depth = 512; // products in one running sum, and then a sum of those: errors grow with the lengths of both
constant constexpr int tile_gap = 4;      // between the rows of a tile, so that they begin in different banks
constant constexpr int simd_threads = 128;
constant constexpr int plain_tile = 32;
constant constexpr int plain_threads = 64;

// What a thread loads of an operand's tile.
template <typename Operand, int outers, int threads>
struct Share {
    Operand operand;
    typename Operand::Place places[outers * tile_depth / threads];

    void start(Operand whole, long first, bool along_depth, int index) {
        operand = whole;
        UNROLL
        for (int i = 0; i < outers * tile_depth / threads; i++)
            places[i] = operand.place(first + (along_depth ? (index + i * threads) / tile_depth : index % outers));
    }

    void load(threadgroup float* tile, int outer_stride, int depth_stride, bool along_depth, int index, long k, long end) {
        if (along_depth) {
            const int depth = index % tile_depth;
            const typename Operand::Depth at = operand.depth(k + depth);
            UNROLL
            for (int i = 0; i < outers * tile_depth / threads; i++)
                tile[(index + i * threads) / tile_depth * outer_stride + depth * depth_stride] =
                    k + depth < end ? operand.at(places[i], at) : 0.0f;
        } else {
            UNROLL
            for (int i = 0; i < outers * tile_depth / threads; i++) {
                const int depth = index / outers + i * (threads / outers);
                tile[index % outers * outer_stride + depth * depth_stride] =
                    k + depth < end ? operand.at(places[0], operand.depth(k + depth)) : 0.0f;
            }
        }
    }
};

// Rows × columns of the product by four simdgroups of 32, two by two. a holds rows·(tile_depth + tile_gap) floats, b holds
// tile_depth·(columns + tile_gap).
template <int rows, int columns, typename Left, typename Right, typename Result>
void multiply_by_simdgroups(
    Left left, Right right, Result result, long row, long column, long k, long end,
    threadgroup float* a, threadgroup float* b, int index, int simdgroup, int lane) {
    constexpr int down = rows / 16, across = columns / 16, a_row = tile_depth + tile_gap, b_row = columns + tile_gap;
    const int first_row = simdgroup / 2 * (rows / 2), first_column = simdgroup % 2 * (columns / 2);
    Share<Left, rows, simd_threads> left_share;
    left_share.start(left, row, left_along_depth != 0, index);
    Share<Right, columns, simd_threads> right_share;
    right_share.start(right, column, right_along_depth != 0, index);

    simdgroup_float8x8 totals[down][across];
    UNROLL
    for (int i = 0; i < down; i++) {
        UNROLL
        for (int j = 0; j < across; j++) totals[i][j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
    }

    while (k < end) {
        const long stop = min(end, k + long(block_depth));
        simdgroup_float8x8 sums[down][across];
        UNROLL
        for (int i = 0; i < down; i++) {
            UNROLL
            for (int j = 0; j < across; j++) sums[i][j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
        }

        for (; k < stop; k += tile_depth) {
            left_share.load(a, a_row, 1, left_along_depth != 0, index, k, stop);
            right_share.load(b, 1, b_row, right_along_depth != 0, index, k, stop);
            threadgroup_barrier(mem_flags::mem_threadgroup);
            UNROLL
            for (int depth = 0; depth < tile_depth; depth += 8) {
                simdgroup_float8x8 l[down], r[across];
                UNROLL
                for (int i = 0; i < down; i++)
                    simdgroup_load(l[i], a + (first_row + 8 * i) * a_row + depth, a_row);
                UNROLL
                for (int j = 0; j < across; j++)
                    simdgroup_load(r[j], b + depth * b_row + first_column + 8 * j, b_row);
                UNROLL
                for (int i = 0; i < down; i++) {
                    UNROLL
                    for (int j = 0; j < across; j++)
                        simdgroup_multiply_accumulate(sums[i][j], l[i], r[j], sums[i][j]);
                }
            }
            threadgroup_barrier(mem_flags::mem_threadgroup);
        }

        UNROLL
        for (int i = 0; i < down; i++) {
            UNROLL
            for (int j = 0; j < across; j++) {
                totals[i][j].thread_elements()[0] += sums[i][j].thread_elements()[0];
                totals[i][j].thread_elements()[1] += sums[i][j].thread_elements()[1];
            }
        }
    }

    // Eight rows at a time go through threadgroup memory, which the tiles no longer need.
    threadgroup float* strip = a + simdgroup * (8 * columns / 2);
    UNROLL
    for (int i = 0; i < down; i++) {
        UNROLL
        for (int j = 0; j < across; j++)
            simdgroup_store(totals[i][j], strip + 8 * j, columns / 2);
        simdgroup_barrier(mem_flags::mem_threadgroup);
        for (int e = lane; e < 8 * columns / 2; e += 32)
            result.store(row + first_row + 8 * i + e / (columns / 2), column + first_column + e % (columns / 2), strip[e]);
        simdgroup_barrier(mem_flags::mem_threadgroup);
    }
}

// The same without simdgroup matrices: 32 × 32 of the product by 64 threads, 4 × 4 each.
template <typename Left, typename Right, typename Result>
void multiply_by_threads(
    Left left, Right right, Result result, long row, long column, long k, long end,
    threadgroup float* a, threadgroup float* b, int index) {
    constexpr int a_row = tile_depth + tile_gap, b_row = plain_tile + tile_gap;
    const int first_row = index / 8, first_column = index % 8;
    Share<Left, plain_tile, plain_threads> left_share;
    left_share.start(left, row, left_along_depth != 0, index);
    Share<Right, plain_tile, plain_threads> right_share;
    right_share.start(right, column, right_along_depth != 0, index);

    float totals[4][4];
    UNROLL
    for (int i = 0; i < 16; i++) totals[i / 4][i % 4] = 0.0f;
    while (k < end) {
        const long stop = min(end, k + long(block_depth));
        float sums[4][4];
        UNROLL
        for (int i = 0; i < 16; i++) sums[i / 4][i % 4] = 0.0f;
        for (; k < stop; k += tile_depth) {
            left_share.load(a, a_row, 1, left_along_depth != 0, index, k, stop);
            right_share.load(b, 1, b_row, right_along_depth != 0, index, k, stop);
            threadgroup_barrier(mem_flags::mem_threadgroup);
            for (int depth = 0; depth < tile_depth; depth++) {
                UNROLL
                for (int i = 0; i < 16; i++)
                    sums[i / 4][i % 4] = fma(a[(first_row + i / 4 * 8) * a_row + depth], b[depth * b_row + first_column + i % 4 * 8], sums[i / 4][i % 4]);
            }
            threadgroup_barrier(mem_flags::mem_threadgroup);
        }
        UNROLL
        for (int i = 0; i < 16; i++) totals[i / 4][i % 4] += sums[i / 4][i % 4];
    }

    UNROLL
    for (int i = 0; i < 16; i++) result.store(row + first_row + i / 4 * 8, column + first_column + i % 4 * 8, totals[i / 4][i % 4]);
}

// The end of a sum: the bias that belongs to it, and the activation. A NaN stays one.
inline float finish(float sum, float bias) {
    if (has_bias != 0) sum += bias;
    return activation == MatMulActivation_Relu && sum < 0.0f ? 0.0f : sum;
}

// Adds up the partial sums of a product that was split along its depth: partials[splits][count], in row-major order of y.
struct SumParameters {
    Strided places; // of y, of the bias
    int splits;
};

template <typename T>
kernel void sum_splits(
    device const float* partials [[buffer(0)]], device const T* bias [[buffer(1)]], device T* y [[buffer(2)]],
    constant SumParameters& p [[buffer(3)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint index [[thread_position_in_threadgroup]], uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(index);
    if (i >= p.places.count) return;
    float sum = 0.0f;
    for (int split = 0; split < p.splits; split++) sum += partials[split * p.places.count + i];
    y[position_of(p.places, i, 0)] = T(finish(sum, has_bias != 0 ? float(bias[position_of(p.places, i, 1)]) : 0.0f));
}

template [[host_name("sum_splits_float")]] [[kernel]] decltype(sum_splits<float>) sum_splits<float>;
template [[host_name("sum_splits_half")]] [[kernel]] decltype(sum_splits<half>) sum_splits<half>;
template [[host_name("sum_splits_bfloat")]] [[kernel]] decltype(sum_splits<bfloat>) sum_splits<bfloat>;

#endif

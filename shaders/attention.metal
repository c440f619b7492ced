#include "common.metal"
// Attention without a matrix of scores: T. Dao, D. Fu, S. Ermon, A. Rudra, C. Ré, FlashAttention (2022), with the softmax running along
// (M. Milakov, N. Gimelshein, Online normalizer calculation for softmax, 2018). A threadgroup takes 32 queries (or keys) through the keys
// (or queries) in tiles of 32. Four threads share a row of a tile: each has 8 of its 32 scores, and sums 16 of the 64 columns of a
// result that the threadgroup makes; wider results are cut in chunks, each with its own threadgroup.

constant int mask_kind [[function_constant(0)]]; // 0: none, 1: Bool, true where a key is seen, 2: added to the scores
constant int causal [[function_constant(1)]];
constant int has_key_gradient [[function_constant(2)]];
constant int has_value_gradient [[function_constant(3)]];

constant constexpr int tile = 32;
constant constexpr int tile_row = tile + 1;   // rows begin in different banks
constant constexpr int chunk = 64;
constant constexpr int chunk_row = chunk + 1;
constant constexpr int threads_per_row = 4;
constant constexpr int scores_per_thread = tile / threads_per_row;
constant constexpr int sums_per_thread = chunk / threads_per_row;
constant constexpr int attention_threads = tile * threads_per_row;

struct AttentionParameters {
    Strided heads;     // of query, key, value, mask; forward y and log-sum-exp, backward dy and y
    Strided gradients; // of dquery, dkey, dvalue
    long queries, keys, width, value_width;
    long query_row, query_column, key_row, key_column, value_row, value_column, mask_row, mask_column;
    long y_row, y_column, sum_row;     // sum_row: of the log-sum-exp, forward; backward it is row-major
    long output_row, output_column;    // of y, backward, where y_row and y_column are those of dy
    long dquery_row, dquery_column, dkey_row, dkey_column, dvalue_row, dvalue_column;
    float scale;
    int chunks;                        // into which results are cut
};

// A matrix of one head; 0 outside.
template <typename T>
struct HeadRows {
    device const T* data;
    long rows, columns, row_stride, column_stride;

    float at(long row, long column) const {
        return row < rows && column < columns ? float(data[row * row_stride + column * column_stride]) : 0.0f;
    }
};

template <typename T>
struct Operands {
    HeadRows<T> query, key, value;

    Operands(constant AttentionParameters& p, device const T* q, device const T* k, device const T* v, long head) {
        query = HeadRows<T>{q + position_of(p.heads, head, 0), p.queries, p.width, p.query_row, p.query_column};
        key = HeadRows<T>{k + position_of(p.heads, head, 1), p.keys, p.width, p.key_row, p.key_column};
        value = HeadRows<T>{v + position_of(p.heads, head, 2), p.keys, p.value_width, p.value_row, p.value_column};
    }
};

// The score of a key for a query after scale and mask; −∞ where it is not seen.
template <typename T>
inline float score_of(constant AttentionParameters& p, float product, device const T* added, device const uchar* seen, long mask_offset, long query, long key) {
    if (query >= p.queries || key >= p.keys || (causal != 0 && key > query)) return -INFINITY;
    const long at = mask_offset + query * p.mask_row + key * p.mask_column;
    if (mask_kind == 1) return seen[at] != uchar(0) ? product * p.scale : -INFINITY;
    if (mask_kind == 2) return product * p.scale + float(added[at]);
    return product * p.scale;
}

// Where the keys end that a tile of queries meets: what lies beyond would cost time, and have no weight.
inline long end_of_keys(constant AttentionParameters& p, long first_query) {
    return causal != 0 ? min(p.keys, first_query + tile) : p.keys;
}

// products[i] = Σ left[first_left + row]·right[first_right + member + 4·i] over the depth, in chains of 32. a and b hold a tile each.
template <typename T>
inline void multiply_rows(
    HeadRows<T> left, long first_left, HeadRows<T> right, long first_right, long depth,
    threadgroup float* a, threadgroup float* b, int index, thread float* products) {
    const int row = index / threads_per_row, member = index % threads_per_row;
    UNROLL
    for (int i = 0; i < scores_per_thread; i++) products[i] = 0.0f;
    for (long k = 0; k < depth; k += tile) {
        for (int e = index; e < tile * tile; e += attention_threads) {
            a[e / tile * tile_row + e % tile] = left.at(first_left + e / tile, k + e % tile);
            b[e / tile * tile_row + e % tile] = right.at(first_right + e / tile, k + e % tile);
        }
        threadgroup_barrier(mem_flags::mem_threadgroup);
        float part[scores_per_thread];
        UNROLL
        for (int i = 0; i < scores_per_thread; i++) part[i] = 0.0f;
        for (int d = 0; d < tile; d++) {
            const float x = a[row * tile_row + d];
            UNROLL
            for (int i = 0; i < scores_per_thread; i++) part[i] = fma(x, b[(member + i * threads_per_row) * tile_row + d], part[i]);
        }
        UNROLL
        for (int i = 0; i < scores_per_thread; i++) products[i] += part[i];
        threadgroup_barrier(mem_flags::mem_threadgroup);
    }
}

// sums[i] += Σ weights[row][j]·right[first + j][column + member + 4·i] over a tile. Other threads' weights are waited for; afterwards
// weights and b may be written again.
template <typename T>
inline void add_weighted(
    threadgroup const float* weights, HeadRows<T> right, long first, long column, threadgroup float* b, int index, thread float* sums) {
    const int row = index / threads_per_row, member = index % threads_per_row;
    for (int e = index; e < tile * chunk; e += attention_threads)
        b[e / chunk * chunk_row + e % chunk] = right.at(first + e / chunk, column + e % chunk);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    float part[sums_per_thread];
    UNROLL
    for (int i = 0; i < sums_per_thread; i++) part[i] = 0.0f;
    for (int j = 0; j < tile; j++) {
        const float weight = weights[row * tile_row + j];
        UNROLL
        for (int i = 0; i < sums_per_thread; i++) part[i] = fma(weight, b[j * chunk_row + member + i * threads_per_row], part[i]);
    }
    UNROLL
    for (int i = 0; i < sums_per_thread; i++) sums[i] += part[i];
    threadgroup_barrier(mem_flags::mem_threadgroup);
}

// Writes a thread's share of a chunk of a row.
template <typename T>
inline void store_row(device T* data, long offset, long column, long columns, long column_stride, int member, thread const float* sums, float factor) {
    UNROLL
    for (int i = 0; i < sums_per_thread; i++) {
        const long at = column + member + i * threads_per_row;
        if (at < columns) data[offset + at * column_stride] = T(sums[i] * factor);
    }
}

template <typename T>
kernel void attention(
    device const T* query [[buffer(0)]], device const T* key [[buffer(1)]], device const T* value [[buffer(2)]],
    device const T* added [[buffer(3)]], device const uchar* seen [[buffer(4)]],
    device T* y [[buffer(5)]], device float* log_sum_exp [[buffer(6)]], constant AttentionParameters& p [[buffer(7)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint thread_index [[thread_index_in_threadgroup]]) {
    threadgroup float a[tile * tile_row];
    threadgroup float b[tile * chunk_row];
    threadgroup float weights[tile * tile_row];
    const uint group = group_in(grid, own_group);
    const int index = int(thread_index), row = index / threads_per_row, member = index % threads_per_row;
    const long tiles = (p.queries + tile - 1) / tile, rest = long(group) / tiles, head = rest / p.chunks;
    const long first = long(group) % tiles * tile, column = rest % p.chunks * chunk, at = first + row;
    const Operands<T> x(p, query, key, value, head);
    const long mask_offset = mask_kind != 0 ? position_of(p.heads, head, 3) : 0;

    float sums[sums_per_thread];
    UNROLL
    for (int i = 0; i < sums_per_thread; i++) sums[i] = 0.0f;
    float largest = -INFINITY, total = 0.0f;
    const long end = end_of_keys(p, first);
    for (long k = 0; k < end; k += tile) {
        float scores[scores_per_thread];
        multiply_rows(x.query, first, x.key, k, p.width, a, b, index, scores);
        float before = largest;
        UNROLL
        for (int i = 0; i < scores_per_thread; i++) {
            scores[i] = score_of(p, scores[i], added, seen, mask_offset, at, k + member + i * threads_per_row);
            largest = maximum(largest, scores[i]);
        }
        float other = simd_shuffle_xor(largest, ushort(1));
        largest = maximum(largest, other);
        other = simd_shuffle_xor(largest, ushort(2));
        largest = maximum(largest, other);
        // Of keys that are all masked so far, −∞ − (−∞) would be NaN; a later one may be seen.
        const float shift = largest == -INFINITY ? 0.0f : largest;
        float sum = 0.0f;
        UNROLL
        for (int i = 0; i < scores_per_thread; i++) {
            const float weight = precise::exp(scores[i] - shift);
            weights[row * tile_row + member + i * threads_per_row] = weight;
            sum += weight;
        }
        other = simd_shuffle_xor(sum, ushort(1));
        sum += other;
        other = simd_shuffle_xor(sum, ushort(2));
        sum += other;
        const float fading = precise::exp(before - shift);
        total = total * fading + sum;
        UNROLL
        for (int i = 0; i < sums_per_thread; i++) sums[i] *= fading;
        add_weighted(weights, x.value, k, column, b, index, sums);
    }

    if (at >= p.queries) return;
    UNROLL
    for (int i = 0; i < sums_per_thread; i++) sums[i] /= total;
    store_row(y, position_of(p.heads, head, 4) + at * p.y_row, column, p.value_width, p.y_column, member, sums, 1.0f);
    if (column == 0 && member == 0) log_sum_exp[position_of(p.heads, head, 5) + at * p.sum_row] = largest + precise::log(total);
}

// Σ dy·y of each row, which the gradients of its scores have in common; a simdgroup per row.
template <typename T>
kernel void attention_delta(
    device const T* dy [[buffer(0)]], device const T* y [[buffer(1)]], device float* delta [[buffer(2)]],
    constant AttentionParameters& p [[buffer(3)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint simdgroup [[simdgroup_index_in_threadgroup]], uint simdgroups [[simdgroups_per_threadgroup]], uint lane [[thread_index_in_simdgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(simdgroups) + long(simdgroup);
    const bool inside = i < p.heads.count * p.queries;
    const long head = inside ? i / p.queries : 0, row = inside ? i % p.queries : 0;
    const long left = position_of(p.heads, head, 4) + row * p.y_row, right = position_of(p.heads, head, 5) + row * p.output_row;
    float sum = 0.0f;
    for (long c = long(lane); inside && c < p.value_width; c += 32)
        sum = fma(float(dy[left + c * p.y_column]), float(y[right + c * p.output_column]), sum);
    sum = simd_sum(sum);
    if (inside && lane == 0) delta[i] = sum;
}

// dQ = dS·K·scale with dS = P∘(dY·Vᵀ − delta), P = e^(scores − log-sum-exp).
template <typename T>
kernel void attention_query_gradient(
    device const T* query [[buffer(0)]], device const T* key [[buffer(1)]], device const T* value [[buffer(2)]],
    device const T* added [[buffer(3)]], device const uchar* seen [[buffer(4)]], device const T* dy [[buffer(5)]],
    device const float* log_sum_exp [[buffer(6)]], device const float* delta [[buffer(7)]],
    device T* dquery [[buffer(8)]], constant AttentionParameters& p [[buffer(9)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint thread_index [[thread_index_in_threadgroup]]) {
    threadgroup float a[tile * tile_row];
    threadgroup float b[tile * chunk_row];
    threadgroup float weights[tile * tile_row];
    const uint group = group_in(grid, own_group);
    const int index = int(thread_index), row = index / threads_per_row, member = index % threads_per_row;
    const long tiles = (p.queries + tile - 1) / tile, rest = long(group) / tiles, head = rest / p.chunks;
    const long first = long(group) % tiles * tile, column = rest % p.chunks * chunk, at = first + row;
    const Operands<T> x(p, query, key, value, head);
    const HeadRows<T> gradient{dy + position_of(p.heads, head, 4), p.queries, p.value_width, p.y_row, p.y_column};
    const long mask_offset = mask_kind != 0 ? position_of(p.heads, head, 3) : 0;
    const float logarithm = at < p.queries ? log_sum_exp[head * p.queries + at] : 0.0f;
    const float mean = at < p.queries ? delta[head * p.queries + at] : 0.0f;

    float sums[sums_per_thread];
    UNROLL
    for (int i = 0; i < sums_per_thread; i++) sums[i] = 0.0f;
    const long end = end_of_keys(p, first);
    for (long k = 0; k < end; k += tile) {
        float scores[scores_per_thread], dweights[scores_per_thread];
        multiply_rows(x.query, first, x.key, k, p.width, a, b, index, scores);
        multiply_rows(gradient, first, x.value, k, p.value_width, a, b, index, dweights);
        UNROLL
        for (int i = 0; i < scores_per_thread; i++) {
            const float score = score_of(p, scores[i], added, seen, mask_offset, at, k + member + i * threads_per_row);
            weights[row * tile_row + member + i * threads_per_row] = precise::exp(score - logarithm) * (dweights[i] - mean);
        }
        add_weighted(weights, x.key, k, column, b, index, sums);
    }

    if (at < p.queries) store_row(dquery, position_of(p.gradients, head, 0) + at * p.dquery_row, column, p.width, p.dquery_column, member, sums, p.scale);
}

// dK = dSᵀ·Q·scale and dV = Pᵀ·dY.
template <typename T>
kernel void attention_key_gradients(
    device const T* query [[buffer(0)]], device const T* key [[buffer(1)]], device const T* value [[buffer(2)]],
    device const T* added [[buffer(3)]], device const uchar* seen [[buffer(4)]], device const T* dy [[buffer(5)]],
    device const float* log_sum_exp [[buffer(6)]], device const float* delta [[buffer(7)]],
    device T* dkey [[buffer(8)]], device T* dvalue [[buffer(9)]], constant AttentionParameters& p [[buffer(10)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint thread_index [[thread_index_in_threadgroup]]) {
    threadgroup float a[tile * tile_row];
    threadgroup float b[tile * chunk_row];
    threadgroup float weights[tile * tile_row];
    threadgroup float dscores[tile * tile_row];
    const uint group = group_in(grid, own_group);
    const int index = int(thread_index), row = index / threads_per_row, member = index % threads_per_row;
    const long tiles = (p.keys + tile - 1) / tile, rest = long(group) / tiles, head = rest / p.chunks;
    const long first = long(group) % tiles * tile, column = rest % p.chunks * chunk, at = first + row;
    const Operands<T> x(p, query, key, value, head);
    const HeadRows<T> gradient{dy + position_of(p.heads, head, 4), p.queries, p.value_width, p.y_row, p.y_column};
    const long mask_offset = mask_kind != 0 ? position_of(p.heads, head, 3) : 0;

    float key_sums[sums_per_thread], value_sums[sums_per_thread];
    UNROLL
    for (int i = 0; i < sums_per_thread; i++) key_sums[i] = value_sums[i] = 0.0f;
    // Queries before the first key see none of them.
    for (long q = causal != 0 ? first : 0; q < p.queries; q += tile) {
        float scores[scores_per_thread], dweights[scores_per_thread];
        multiply_rows(x.key, first, x.query, q, p.width, a, b, index, scores);
        multiply_rows(x.value, first, gradient, q, p.value_width, a, b, index, dweights);
        UNROLL
        for (int i = 0; i < scores_per_thread; i++) {
            const long other = q + member + i * threads_per_row;
            float weight = 0.0f, dscore = 0.0f;
            if (other < p.queries) {
                const float score = score_of(p, scores[i], added, seen, mask_offset, other, at);
                weight = precise::exp(score - log_sum_exp[head * p.queries + other]);
                dscore = weight * (dweights[i] - delta[head * p.queries + other]);
            }
            weights[row * tile_row + member + i * threads_per_row] = weight;
            dscores[row * tile_row + member + i * threads_per_row] = dscore;
        }
        if (has_value_gradient != 0) add_weighted(weights, gradient, q, column, b, index, value_sums);
        if (has_key_gradient != 0) add_weighted(dscores, x.query, q, column, b, index, key_sums);
    }

    if (at >= p.keys) return;
    if (has_key_gradient != 0)
        store_row(dkey, position_of(p.gradients, head, 1) + at * p.dkey_row, column, p.width, p.dkey_column, member, key_sums, p.scale);
    if (has_value_gradient != 0)
        store_row(dvalue, position_of(p.gradients, head, 2) + at * p.dvalue_row, column, p.value_width, p.dvalue_column, member, value_sums, 1.0f);
}

#define INSTANTIATE(T) \
    template [[host_name("attention_" #T)]] [[kernel]] decltype(attention<T>) attention<T>; \
    template [[host_name("attention_delta_" #T)]] [[kernel]] decltype(attention_delta<T>) attention_delta<T>; \
    template [[host_name("attention_query_gradient_" #T)]] [[kernel]] decltype(attention_query_gradient<T>) attention_query_gradient<T>; \
    template [[host_name("attention_key_gradients_" #T)]] [[kernel]] decltype(attention_key_gradients<T>) attention_key_gradients<T>;

INSTANTIATE(float)
INSTANTIATE(half)
INSTANTIATE(bfloat)

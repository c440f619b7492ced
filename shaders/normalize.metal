// Normalization over any axes, in two steps: statistics of each cell (all that shares a mean), then the elements. Long cells are cut
// into pieces that a second launch combines.
#include "team.metal"

enum NormalizeKind { NormalizeKind_Standard, NormalizeKind_RootMeanSquare };

constant int kind [[function_constant(0)]];    // NormalizeKind
constant int variant [[function_constant(1)]]; // 1: there is a weight, 2: there is a bias, 4: a mean is written or read
constant int is_last [[function_constant(2)]]; // statistics: write the inverse instead of the sum of squares about the mean

// How many elements, their mean, and the sum of squares about it; for root mean square the mean is 0.
struct Moments {
    float count;
    float mean;
    float squares;
};

inline Moments exchange(Moments moments, ushort mask) {
    Moments other;
    other.count = exchange(moments.count, mask);
    other.mean = exchange(moments.mean, mask);
    other.squares = exchange(moments.squares, mask);
    return other;
}

// Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
struct Merge {
    template <typename M>
    M operator()(M a, M b) const {
        if (b.count == 0.0f) return a;
        if (a.count == 0.0f) return b;
        M both;
        both.count = a.count + b.count;
        const float distance = b.mean - a.mean;
        const float share = b.count / both.count;
        both.mean = a.mean + distance * share;
        both.squares = a.squares + b.squares + distance * distance * a.count * share;
        return both;
    }
};

struct StatisticsParameters {
    Strided kept;        // x, mean, inverse; or the moments of pieces, mean, inverse
    Strided reduced;     // x
    long piece;          // elements of a cell per threadgroup; or that each of the moments stands for
    long mean_piece_stride;
    long inverse_piece_stride;
    long count;          // elements of a cell
    float epsilon;
    int padding;
    TeamShape team;
};

inline void write_statistics(
    Moments moments, device float* mean, device float* inverse, constant StatisticsParameters& p, long cell, long piece) {
    const Places<3> place = places_of<3>(p.kept, cell);
    if ((variant & 4) != 0) mean[place.at[1] + piece * p.mean_piece_stride] = moments.mean;
    const float last = is_last != 0 ? 1.0f / precise::sqrt(moments.squares / float(p.count) + p.epsilon) : moments.squares;
    inverse[place.at[2] + piece * p.inverse_piece_stride] = last;
}

template <typename T>
kernel void normalize_statistics(
    device const T* x [[buffer(0)]],
    device float* mean [[buffer(1)]],
    device float* inverse [[buffer(2)]],
    constant StatisticsParameters& p [[buffer(3)]], constant Grid& grid [[buffer(30)]],
    uint2 own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    threadgroup Moments scratch[256];
    const uint2 group = group_in(grid, own_group);
    const long cell = long(group.x) * long(p.team.cells) + long(cell_of(p.team, index));
    const uint member = member_of(p.team, index);
    Merge merge;
    Moments moments;
    moments.count = 0.0f;
    moments.mean = 0.0f;
    moments.squares = 0.0f;
    if (cell < p.kept.count) {
        const long start = position_of(p.kept, cell, 0);
        const long first = long(group.y) * p.piece + long(member);
        const long end = min(long(group.y + 1) * p.piece, p.reduced.count);
        if (kind == NormalizeKind_Standard && first < end) {
            // About the first element, so that numbers that are all equal have exactly their mean.
            const float shift = float(x[start + position_of(p.reduced, first, 0)]);
            float sum = 0.0f;
            for (long i = first; i < end; i += long(p.team.members)) {
                sum += float(x[start + position_of(p.reduced, i, 0)]) - shift;
                moments.count += 1.0f;
            }
            moments.mean = shift + sum / moments.count;
        }
        moments.count = 0.0f;
        for (long i = first; i < end; i += long(p.team.members)) {
            const float distance = float(x[start + position_of(p.reduced, i, 0)]) - moments.mean;
            moments.squares += distance * distance;
            moments.count += 1.0f;
        }
    }
    moments = across(moments, p.team, index, scratch, merge);
    if (cell < p.kept.count && member == 0) write_statistics(moments, mean, inverse, p, cell, long(group.y));
}

// The statistics of cells from those of their pieces.
kernel void normalize_merge(
    device const float* means [[buffer(0)]],
    device const float* squares [[buffer(1)]],
    device float* mean [[buffer(2)]],
    device float* inverse [[buffer(3)]],
    constant StatisticsParameters& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    threadgroup Moments scratch[256];
    const uint group = group_in(grid, own_group);
    const long cell = long(group) * long(p.team.cells) + long(cell_of(p.team, index));
    const uint member = member_of(p.team, index);
    Merge merge;
    Moments moments;
    moments.count = 0.0f;
    moments.mean = 0.0f;
    moments.squares = 0.0f;
    if (cell < p.kept.count) {
        const long start = position_of(p.kept, cell, 0);
        for (long i = long(member); i < p.reduced.count; i += long(p.team.members)) {
            const long position = start + position_of(p.reduced, i, 0);
            Moments next;
            next.count = float(min(p.piece, p.count - i * p.piece));
            next.mean = kind == NormalizeKind_Standard ? means[position] : 0.0f;
            next.squares = squares[position];
            moments = merge(moments, next);
        }
    }
    moments = across(moments, p.team, index, scratch, merge);
    if (cell < p.kept.count && member == 0) write_statistics(moments, mean, inverse, p, cell, 0);
}

template <typename T>
kernel void normalize_apply(
    device const T* x [[buffer(0)]],
    device const T* weight [[buffer(1)]],
    device const T* bias [[buffer(2)]],
    device const float* mean [[buffer(3)]],
    device const float* inverse [[buffer(4)]],
    device T* y [[buffer(5)]],
    constant Strided& p [[buffer(6)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(index);
    if (i >= p.count) return;
    const Places<6> place = places_of<6>(p, i);
    float value = float(x[place.at[0]]);
    if ((variant & 4) != 0) value -= mean[place.at[3]];
    value *= inverse[place.at[4]];
    if ((variant & 1) != 0) value *= float(weight[place.at[1]]);
    if ((variant & 2) != 0) value += float(bias[place.at[2]]);
    y[place.at[5]] = T(value);
}

struct NormalizeSumsParameters {
    Strided kept;      // x, dy, weight, mean, inverse, sums
    Strided reduced;   // x, dy, weight, mean, inverse
    long piece;        // elements of a cell per threadgroup
    long piece_stride; // from piece to piece in the sums
    TeamShape team;
};

struct Pair {
    float sum;
    float product;
};

inline Pair exchange(Pair pair, ushort mask) {
    Pair other;
    other.sum = exchange(pair.sum, mask);
    other.product = exchange(pair.product, mask);
    return other;
}

struct AddPair {
    template <typename P>
    P operator()(P a, P b) const {
        P both;
        both.sum = a.sum + b.sum;
        both.product = a.product + b.product;
        return both;
    }
};

// Σ g and Σ g·x̂ over some axes, with g = dy·weight and x̂ = (x − mean)·inverse: over the normalized axes what dx needs, without
// the weight and over the axes along which it was broadcast the gradients of bias and weight.
template <typename T>
kernel void normalize_sums(
    device const T* x [[buffer(0)]],
    device const T* dy [[buffer(1)]],
    device const T* weight [[buffer(2)]],
    device const float* mean [[buffer(3)]],
    device const float* inverse [[buffer(4)]],
    device float* sums [[buffer(5)]],
    device float* products [[buffer(6)]],
    constant NormalizeSumsParameters& p [[buffer(7)]], constant Grid& grid [[buffer(30)]],
    uint2 own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    threadgroup Pair scratch[256];
    const uint2 group = group_in(grid, own_group);
    const long cell = long(group.x) * long(p.team.cells) + long(cell_of(p.team, index));
    const uint member = member_of(p.team, index);
    AddPair add_pair;
    Pair pair;
    pair.sum = 0.0f;
    pair.product = 0.0f;
    if (cell < p.kept.count) {
        const Places<5> start = places_of<5>(p.kept, cell);
        const long end = min(long(group.y + 1) * p.piece, p.reduced.count);
        for (long i = long(group.y) * p.piece + long(member); i < end; i += long(p.team.members)) {
            const Places<5> place = places_of<5>(p.reduced, i);
            float g = float(dy[start.at[1] + place.at[1]]);
            if ((variant & 1) != 0) g *= float(weight[start.at[2] + place.at[2]]);
            float value = float(x[start.at[0] + place.at[0]]);
            if ((variant & 4) != 0) value -= mean[start.at[3] + place.at[3]];
            pair.sum += g;
            pair.product += g * (value * inverse[start.at[4] + place.at[4]]);
        }
    }
    pair = across(pair, p.team, index, scratch, add_pair);
    if (cell >= p.kept.count || member != 0) return;
    const long position = position_of(p.kept, cell, 5) + long(group.y) * p.piece_stride;
    sums[position] = pair.sum;
    products[position] = pair.product;
}

struct NormalizeGradientParameters {
    Strided plan;      // x, dy, weight, mean and inverse, sums and products, dx
    float scale;       // 1 / elements of a cell
    int padding;
};

// dx = inverse·(g − Σg/n − x̂·Σ(g·x̂)/n); without Σg/n for root mean square.
template <typename T>
kernel void normalize_input_gradient(
    device const T* x [[buffer(0)]],
    device const T* dy [[buffer(1)]],
    device const T* weight [[buffer(2)]],
    device const float* mean [[buffer(3)]],
    device const float* inverse [[buffer(4)]],
    device const float* sums [[buffer(5)]],
    device const float* products [[buffer(6)]],
    device T* dx [[buffer(7)]],
    constant NormalizeGradientParameters& p [[buffer(8)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(index);
    if (i >= p.plan.count) return;
    const Places<6> place = places_of<6>(p.plan, i);
    float g = float(dy[place.at[1]]);
    if ((variant & 1) != 0) g *= float(weight[place.at[2]]);
    float value = float(x[place.at[0]]);
    if ((variant & 4) != 0) value -= mean[place.at[3]];
    const float scale = inverse[place.at[3]];
    value *= scale;
    float result = g - value * (products[place.at[4]] * p.scale);
    if (kind == NormalizeKind_Standard) result -= sums[place.at[4]] * p.scale;
    dx[place.at[5]] = T(scale * result);
}

#define INSTANTIATE(T)                                                                                                     \
    template [[host_name("normalize_statistics_" #T)]] [[kernel]] decltype(normalize_statistics<T>) normalize_statistics<T>; \
    template [[host_name("normalize_apply_" #T)]] [[kernel]] decltype(normalize_apply<T>) normalize_apply<T>;                \
    template [[host_name("normalize_sums_" #T)]] [[kernel]] decltype(normalize_sums<T>) normalize_sums<T>;                   \
    template [[host_name("normalize_input_gradient_" #T)]] [[kernel]] decltype(normalize_input_gradient<T>) normalize_input_gradient<T>;

INSTANTIATE(float)
INSTANTIATE(half)
INSTANTIATE(bfloat)

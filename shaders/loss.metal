// Cross-entropy of class labels fused with log-softmax, forward and backward; a team per row (team.metal). What is computed stands at
// IBackend.CrossEntropy.
#include "team.metal"

constant int label_type [[function_constant(0)]]; // DType: Int32 or Int64
constant int is_smooth [[function_constant(1)]];  // 1 if part of the target is spread over all classes
constant int is_weighted [[function_constant(2)]];

struct CrossEntropyParameters {
    Strided kept;    // x, labels, losses, statistics, or x, labels, dy, statistics, dx
    long classes;
    long ignored;
    long strides[4]; // along the classes: x, weights, dx; of the statistics
    float smoothing;
    int tag; // of faults
    TeamShape team;
};

inline float weight_at(device const float* weights, long label, constant CrossEntropyParameters& p) {
    return is_weighted != 0 ? weights[label * p.strides[1]] : 1.0f;
}

// One pass over memory: a chain of 32 elements is read for its maximum and again, from the cache, for its sums; where the maximum
// grows, what was summed is scaled to it (Milakov, Gimelshein: Online normalizer calculation for softmax, 2018).
template <typename T>
kernel void cross_entropy(
    device const T* x [[buffer(0)]],
    device const uchar* labels [[buffer(1)]],
    device const float* weights [[buffer(2)]],
    device float* losses [[buffer(3)]],
    device float* statistics [[buffer(4)]],
    device atomic_int* faults [[buffer(5)]],
    constant CrossEntropyParameters& p [[buffer(6)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    threadgroup float scratch[256];
    const uint group = group_in(grid, own_group);
    const long row = long(group) * long(p.team.cells) + long(cell_of(p.team, index));
    const long member = long(member_of(p.team, index));
    const long step = long(p.team.members);
    const long length = row < p.kept.count ? p.classes : 0;
    const Places<4> start = places_of<4>(p.kept, row);
    Larger larger;
    Add add;

    // While there is nothing but −∞, x − maximum would be NaN: the terms are 0 if a number follows. If none does, the maximum itself
    // gives the NaNs that are wanted.
    float maximum = -INFINITY;
    float shift = 0.0f;
    float sum = 0.0f;
    float whole = 0.0f;    // Σw
    float weighted = 0.0f; // Σw·(x − shift)
    for (long from = member; from < length; from += 32 * step) {
        const long end = min(length, from + 32 * step);
        for (long i = from; i < end; i += step) maximum = larger(maximum, float(x[start.at[0] + i * p.strides[0]]));
        const float next = maximum == -INFINITY ? 0.0f : maximum;
        if (sum != 0.0f) sum *= precise::exp(shift - next);
        if (whole != 0.0f) weighted -= whole * (next - shift);
        shift = next;
        float part = 0.0f;
        float part_weighted = 0.0f;
        for (long i = from; i < end; i += step) {
            const float shifted = float(x[start.at[0] + i * p.strides[0]]) - shift;
            part += precise::exp(shifted);
            if (is_smooth != 0) {
                const float weight = weight_at(weights, i, p);
                whole += weight;
                part_weighted += weight * shifted;
            }
        }
        sum += part;
        weighted += part_weighted;
    }

    maximum = across(maximum, p.team, index, scratch, larger);
    const float common = maximum == -INFINITY ? 0.0f : maximum;
    if (sum != 0.0f) sum *= precise::exp(shift - common);
    sum = across(sum, p.team, index, scratch, add);
    if (is_smooth != 0) {
        if (whole != 0.0f) weighted -= whole * (common - shift);
        weighted = across(weighted, p.team, index, scratch, add);
        whole = across(whole, p.team, index, scratch, add);
    }

    if (row >= p.kept.count || member != 0) return;
    const long label = index_at(labels, start.at[1], label_type);
    float loss = 0.0f;
    float weight = 0.0f;
    float mass = 0.0f;
    if (label != p.ignored) {
        if (!is_inside(label, p.classes, faults, p.tag)) return;
        const float logarithm = precise::log(sum);
        weight = weight_at(weights, label, p);
        mass = weight;
        loss = weight * (logarithm - (float(x[start.at[0] + label * p.strides[0]]) - maximum));
        if (is_smooth != 0) {
            const float even = p.smoothing / float(p.classes);
            mass = (1.0f - p.smoothing) * weight + even * whole;
            loss = (1.0f - p.smoothing) * loss + even * (whole * logarithm - weighted);
        }
    }
    losses[start.at[2]] = loss;
    device float* kept = statistics + start.at[3];
    kept[0] = maximum;
    kept[p.strides[3]] = sum;
    kept[2 * p.strides[3]] = weight;
    kept[3 * p.strides[3]] = mass;
}

template <typename T>
kernel void cross_entropy_backward(
    device const T* x [[buffer(0)]],
    device const uchar* labels [[buffer(1)]],
    device const float* weights [[buffer(2)]],
    device const float* dy [[buffer(3)]],
    device const float* statistics [[buffer(4)]],
    device T* dx [[buffer(5)]],
    constant CrossEntropyParameters& p [[buffer(6)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long row = long(group) * long(p.team.cells) + long(cell_of(p.team, index));
    if (row >= p.kept.count) return;
    const Places<5> start = places_of<5>(p.kept, row);
    const long label = index_at(labels, start.at[1], label_type);
    const bool counts = label != p.ignored;
    device const float* kept = statistics + start.at[3];
    const float g = dy[start.at[2]];
    const float maximum = kept[0];
    const float scale = g * kept[3 * p.strides[3]] / kept[p.strides[3]];
    const float own = g * (1.0f - p.smoothing) * kept[2 * p.strides[3]];
    const float even = g * p.smoothing / float(p.classes);
    for (long i = long(member_of(p.team, index)); i < p.classes; i += long(p.team.members)) {
        float value = scale * precise::exp(float(x[start.at[0] + i * p.strides[0]]) - maximum);
        if (is_smooth != 0) value -= even * weight_at(weights, i, p);
        if (i == label) value -= own;
        dx[start.at[4] + i * p.strides[2]] = T(counts ? value : 0.0f);
    }
}

#define INSTANTIATE(T)                                                                            \
    template [[host_name("cross_entropy_" #T)]] [[kernel]] decltype(cross_entropy<T>) cross_entropy<T>; \
    template [[host_name("cross_entropy_backward_" #T)]] [[kernel]] decltype(cross_entropy_backward<T>) cross_entropy_backward<T>;

INSTANTIATE(float)
INSTANTIATE(half)
INSTANTIATE(bfloat)

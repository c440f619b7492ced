// Softmax and log-softmax along one axis, forward and backward; a team per line (team.metal). Sums are of chains of 32 elements.
#include "team.metal"

enum SoftmaxKind { SoftmaxKind_Softmax, SoftmaxKind_LogSoftmax };

constant int kind [[function_constant(0)]]; // SoftmaxKind

struct SoftmaxParameters {
    Strided kept;    // x, y, or dy, y, dx
    long length;     // of the axis
    long strides[3]; // along the axis, likewise
    TeamShape team;
};

template <typename T>
kernel void softmax(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant SoftmaxParameters& p [[buffer(2)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    threadgroup float scratch[256];
    const uint group = group_in(grid, own_group);
    const long line = long(group) * long(p.team.cells) + long(cell_of(p.team, index));
    const long member = long(member_of(p.team, index));
    const long step = long(p.team.members);
    const long length = line < p.kept.count ? p.length : 0;
    const Places<2> start = places_of<2>(p.kept, line);
    Larger larger;
    Add add;

    float maximum = -INFINITY;
    for (long i = member; i < length; i += step) maximum = larger(maximum, float(x[start.at[0] + i * p.strides[0]]));
    maximum = across(maximum, p.team, index, scratch, larger);

    float sum = 0.0f;
    for (long from = member; from < length; from += 32 * step) {
        const long end = min(length, from + 32 * step);
        float part = 0.0f;
        for (long i = from; i < end; i += step) part += precise::exp(float(x[start.at[0] + i * p.strides[0]]) - maximum);
        sum += part;
    }
    sum = across(sum, p.team, index, scratch, add);

    const float logarithm = precise::log(sum);
    for (long i = member; i < length; i += step) {
        const float shifted = float(x[start.at[0] + i * p.strides[0]]) - maximum;
        y[start.at[1] + i * p.strides[1]] = T(kind == SoftmaxKind_Softmax ? precise::exp(shifted) / sum : shifted - logarithm);
    }
}

// dx = y·(dy − Σ dy·y) for softmax, dy − e^y·Σ dy for log-softmax.
template <typename T>
kernel void softmax_backward(
    device const T* dy [[buffer(0)]],
    device const T* y [[buffer(1)]],
    device T* dx [[buffer(2)]],
    constant SoftmaxParameters& p [[buffer(3)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    threadgroup float scratch[256];
    const uint group = group_in(grid, own_group);
    const long line = long(group) * long(p.team.cells) + long(cell_of(p.team, index));
    const long member = long(member_of(p.team, index));
    const long step = long(p.team.members);
    const long length = line < p.kept.count ? p.length : 0;
    const Places<3> start = places_of<3>(p.kept, line);
    Add add;

    float sum = 0.0f;
    for (long from = member; from < length; from += 32 * step) {
        const long end = min(length, from + 32 * step);
        float part = 0.0f;
        for (long i = from; i < end; i += step) {
            const float g = float(dy[start.at[0] + i * p.strides[0]]);
            part += kind == SoftmaxKind_Softmax ? g * float(y[start.at[1] + i * p.strides[1]]) : g;
        }
        sum += part;
    }
    sum = across(sum, p.team, index, scratch, add);

    for (long i = member; i < length; i += step) {
        const float g = float(dy[start.at[0] + i * p.strides[0]]);
        const float value = float(y[start.at[1] + i * p.strides[1]]);
        dx[start.at[2] + i * p.strides[2]] = T(kind == SoftmaxKind_Softmax ? value * (g - sum) : g - precise::exp(value) * sum);
    }
}

#define INSTANTIATE(T)                                                               \
    template [[host_name("softmax_" #T)]] [[kernel]] decltype(softmax<T>) softmax<T>; \
    template [[host_name("softmax_backward_" #T)]] [[kernel]] decltype(softmax_backward<T>) softmax_backward<T>;

INSTANTIATE(float)
INSTANTIATE(half)
INSTANTIATE(bfloat)

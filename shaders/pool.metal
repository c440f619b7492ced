// Pooling, forward and backward, one thread per element of the result; strides in elements, any sign.
#include "common.metal"

enum PoolKind { PoolKind_Maximum, PoolKind_Average };

constant int pool_kind [[function_constant(0)]];
constant int is_adaptive [[function_constant(1)]];
constant int has_indices [[function_constant(2)]];
constant int counts_padding [[function_constant(3)]];

struct PoolAxis {
    int length, outputs;
    int kernel_length, stride, padding, dilation;
};

struct Pooling {
    long input_image, input_row, input_column, input_channel;
    long output_image, output_row, output_column, output_channel;
    long index_image, index_row, index_column, index_channel;
    long count; // of threads
    PoolAxis rows, columns;
    int channels;
};

// What a window covers: count elements from first, axis.dilation apart, all inside; padded: how many counting padding.
struct Window { int first, count, padded; };

inline Window window_of(PoolAxis axis, int output) {
    if (is_adaptive != 0) {
        const int from = int(long(output) * axis.length / axis.outputs);
        const int to = int((long(output + 1) * axis.length + axis.outputs - 1) / axis.outputs);
        return Window{from, to - from, to - from};
    }
    const int start = output * axis.stride - axis.padding;
    const int first = start >= 0 ? start : start + (axis.dilation - 1 - start) / axis.dilation * axis.dilation;
    const int end = min(start + (axis.kernel_length - 1) * axis.dilation + 1, axis.length);
    const int count = end > first ? (end - first - 1) / axis.dilation + 1 : 0;
    return Window{first, count, min(start + axis.kernel_length, axis.length + axis.padding) - start};
}

// The outputs whose windows may cover an input: from first to last.
struct Outputs { int first, last; };

inline Outputs outputs_of(PoolAxis axis, int input) {
    if (is_adaptive != 0) {
        // ⌊o·length/outputs⌋ ≤ input < ⌈(o + 1)·length/outputs⌉
        const int first = int(long(input) * axis.outputs / axis.length);
        const int last = int((long(input + 1) * axis.outputs + axis.length - 1) / axis.length) - 1;
        return Outputs{first, last};
    }
    const int from = input + axis.padding - (axis.kernel_length - 1) * axis.dilation;
    const int first = from > 0 ? (from + axis.stride - 1) / axis.stride : 0;
    return Outputs{first, min((input + axis.padding) / axis.stride, axis.outputs - 1)};
}

inline float divisor_of(Window rows, Window columns) {
    return counts_padding != 0 ? float(rows.padded) * float(columns.padded) : float(rows.count) * float(columns.count);
}

template <typename T>
kernel void pool(
    device const T* x [[buffer(0)]], device T* y [[buffer(1)]], device int* indices [[buffer(2)]], constant Pooling& p [[buffer(3)]],
    constant Grid& grid [[buffer(30)]], uint own_group [[threadgroup_position_in_grid]], uint index [[thread_position_in_threadgroup]], uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(index);
    if (i >= p.count) return;
    const long place = i / p.channels, channel = i - place * p.channels;
    const long line = place / p.columns.outputs, column = place - line * p.columns.outputs;
    const long image = line / p.rows.outputs, row = line - image * p.rows.outputs;
    const Window rows = window_of(p.rows, int(row)), columns = window_of(p.columns, int(column));
    const long start = image * p.input_image + channel * p.input_channel;

    float result;
    int found = -1;
    if (pool_kind == PoolKind_Maximum) {
        result = -INFINITY; // of padding alone
        for (int r = 0; r < rows.count; r++) {
            for (int c = 0; c < columns.count; c++) {
                const int source_row = rows.first + r * p.rows.dilation, source_column = columns.first + c * p.columns.dilation;
                const float value = float(x[start + source_row * p.input_row + source_column * p.input_column]);
                // The first of the largest, and of NaN.
                if (found >= 0 && (value <= result || isnan(result))) continue;
                result = value;
                found = source_row * p.columns.length + source_column;
            }
        }
    } else {
        result = 0.0f;
        for (int r = 0; r < rows.count; r++) {
            float sum = 0.0f;
            for (int c = 0; c < columns.count; c++)
                sum += float(x[start + (rows.first + r) * p.input_row + (columns.first + c) * p.input_column]);
            result += sum;
        }
        if (rows.count > 0 && columns.count > 0) result /= divisor_of(rows, columns);
    }

    y[image * p.output_image + row * p.output_row + column * p.output_column + channel * p.output_channel] = T(result);
    if (has_indices != 0) indices[image * p.index_image + row * p.index_row + column * p.index_column + channel * p.index_channel] = found;
}

// Each input collects from the windows over it, in their order.
template <typename T>
kernel void pool_backward(
    device const T* dy [[buffer(0)]], device T* dx [[buffer(1)]], device const int* indices [[buffer(2)]], constant Pooling& p [[buffer(3)]],
    constant Grid& grid [[buffer(30)]], uint own_group [[threadgroup_position_in_grid]], uint index [[thread_position_in_threadgroup]], uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(index);
    if (i >= p.count) return;
    const long place = i / p.channels, channel = i - place * p.channels;
    const long line = place / p.columns.length, column = place - line * p.columns.length;
    const long image = line / p.rows.length, row = line - image * p.rows.length;
    const Outputs rows = outputs_of(p.rows, int(row)), columns = outputs_of(p.columns, int(column));
    const long output = image * p.output_image + channel * p.output_channel;
    const long found = image * p.index_image + channel * p.index_channel;
    const int own = int(row) * p.columns.length + int(column);
    float sum = 0.0f;
    for (int r = rows.first; r <= rows.last; r++) {
        for (int c = columns.first; c <= columns.last; c++) {
            if (has_indices != 0 && indices[found + r * p.index_row + c * p.index_column] != own) continue;
            const float gradient = float(dy[output + r * p.output_row + c * p.output_column]);
            sum += has_indices != 0 ? gradient : gradient / divisor_of(window_of(p.rows, r), window_of(p.columns, c));
        }
    }

    dx[image * p.input_image + row * p.input_row + column * p.input_column + channel * p.input_channel] = T(sum);
}

#define INSTANTIATE_POOLING(T) \
    template [[host_name("pool_" #T)]] [[kernel]] decltype(pool<T>) pool<T>; \
    template [[host_name("pool_backward_" #T)]] [[kernel]] decltype(pool_backward<T>) pool_backward<T>;

INSTANTIATE_POOLING(float)
INSTANTIATE_POOLING(half)
INSTANTIATE_POOLING(bfloat)

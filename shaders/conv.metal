#include "gemm.metal"

// Convolutions as products whose left matrix, of patches, is never made: its element (pixel, tap) is
//     source[image, row·stride + origin + tap_row·dilation, likewise the column, channel], 0 outside,
// where a pixel is (image, row, column) of the target and a tap is (tap_row, tap_column, channel). Forward, the source is the input
// and the target is the output. For the input gradient the source is the output's gradient and the target those pixels of the
// input that lie in one phase of the stride; the dilation is then negative, the stride 1. All strides in elements, any sign.
struct Convolution {
    long source_image, source_row, source_column, source_channel;
    long target_image, target_row, target_column, target_channel;
    long weight_row, weight_column, weight_source, weight_target, weight_group;
    long bias;
    long chunk; // weight gradient: how many pixels one split sums
    int images, source_height, source_width, target_height, target_width;
    int taps_high, taps_wide;
    int stride_high, stride_wide, origin_high, origin_wide, dilation_high, dilation_wide;
    int groups, sources, targets; // channels per group
    int splits;
};

struct Pixel { long offset; int row, column; bool inside; }; // in the source, of tap (0, 0, 0)
struct Tap { long offset; int row, column; };                // relative to that; one beyond the last reads what no result takes
struct Outer { long offset; bool inside; };

template <typename T>
struct Source {
    device const T* data;
    long image_stride, row_stride, column_stride, channel_stride;
    int pixels, height, width, target_height, target_width, taps_wide, channels;
    int stride_high, stride_wide, origin_high, origin_wide, dilation_high, dilation_wide;

    Source() = default;
    Source(constant Convolution& p, device const T* source, int group) :
        data(source + group * p.sources * p.source_channel),
        image_stride(p.source_image), row_stride(p.source_row), column_stride(p.source_column), channel_stride(p.source_channel),
        pixels(p.images * p.target_height * p.target_width),
        height(p.source_height), width(p.source_width), target_height(p.target_height), target_width(p.target_width),
        taps_wide(p.taps_wide), channels(p.sources), stride_high(p.stride_high), stride_wide(p.stride_wide),
        origin_high(p.origin_high), origin_wide(p.origin_wide), dilation_high(p.dilation_high), dilation_wide(p.dilation_wide) {}

    Pixel pixel(long index) const {
        const int line = int(index) / target_width, column = int(index) - line * target_width;
        const int image = line / target_height, row = line - image * target_height;
        return Pixel{image * image_stride, row * stride_high + origin_high, column * stride_wide + origin_wide, index < pixels};
    }

    Tap tap(long index) const {
        const int place = int(index) / channels, channel = int(index) - place * channels;
        const int row = place / taps_wide, column = place - row * taps_wide;
        return Tap{channel * channel_stride, row * dilation_high, column * dilation_wide};
    }

    float at(Pixel pixel, Tap tap) const {
        const int row = pixel.row + tap.row, column = pixel.column + tap.column;
        const bool inside = pixel.inside && row >= 0 && row < height && column >= 0 && column < width;
        return inside ? float(data[pixel.offset + row * row_stride + column * column_stride + tap.offset]) : 0.0f;
    }
};

// The left operand of a convolution: outer pixels, depth taps.
template <typename T>
struct Patches {
    typedef Pixel Place;
    typedef Tap Depth;
    Source<T> source;

    Pixel place(long outer) const { return source.pixel(outer); }
    Tap depth(long k) const { return source.tap(k); }
    float at(Pixel pixel, Tap tap) const { return source.at(pixel, tap); }
};

// The left operand of a weight gradient: outer taps, depth pixels.
template <typename T>
struct TransposedPatches {
    typedef Tap Place;
    typedef Pixel Depth;
    Source<T> source;

    Tap place(long outer) const { return source.tap(outer); }
    Pixel depth(long k) const { return source.pixel(k); }
    float at(Tap tap, Pixel pixel) const { return source.at(pixel, tap); }
};

// The right operand of a convolution: outer target channels, depth taps.
template <typename T>
struct Weights {
    typedef Outer Place;
    typedef long Depth;
    device const T* data;
    long row_stride, column_stride, source_stride, target_stride;
    int taps_wide, sources, targets;

    Weights() = default;
    Weights(constant Convolution& p, device const T* weight, int group) :
        data(weight + group * p.weight_group), row_stride(p.weight_row), column_stride(p.weight_column),
        source_stride(p.weight_source), target_stride(p.weight_target), taps_wide(p.taps_wide), sources(p.sources), targets(p.targets) {}

    Outer place(long outer) const { return Outer{outer * target_stride, outer < targets}; }
    long depth(long k) const {
        const int place = int(k) / sources, channel = int(k) - place * sources;
        const int row = place / taps_wide, column = place - row * taps_wide;
        return row * row_stride + column * column_stride + channel * source_stride;
    }
    float at(Outer outer, long tap) const { return outer.inside ? float(data[outer.offset + tap]) : 0.0f; }
};

// The right operand of a weight gradient: outer target channels, depth pixels of the target's gradient.
template <typename T>
struct Gradients {
    typedef Outer Place;
    typedef long Depth;
    device const T* data;
    long image_stride, row_stride, column_stride, channel_stride;
    int height, width, channels;

    Gradients() = default;
    Gradients(constant Convolution& p, device const T* gradient, int group) :
        data(gradient + group * p.targets * p.target_channel), image_stride(p.target_image), row_stride(p.target_row),
        column_stride(p.target_column), channel_stride(p.target_channel), height(p.target_height), width(p.target_width), channels(p.targets) {}

    Outer place(long outer) const { return Outer{outer * channel_stride, outer < channels}; }
    long depth(long k) const {
        const int line = int(k) / width, column = int(k) - line * width;
        const int image = line / height, row = line - image * height;
        return image * image_stride + row * row_stride + column * column_stride;
    }
    float at(Outer outer, long pixel) const { return outer.inside ? float(data[outer.offset + pixel]) : 0.0f; }
};

// Takes pixels × channels of the target.
template <typename T>
struct Image {
    device T* data;
    device const T* bias;
    long bias_stride, image_stride, row_stride, column_stride, channel_stride;
    int pixels, height, width, channels;

    Image(constant Convolution& p, device T* target, device const T* b, int group) :
        data(target + group * p.targets * p.target_channel), bias(b + group * p.targets * p.bias), bias_stride(p.bias),
        image_stride(p.target_image), row_stride(p.target_row), column_stride(p.target_column), channel_stride(p.target_channel),
        pixels(p.images * p.target_height * p.target_width), height(p.target_height), width(p.target_width), channels(p.targets) {}

    void store(long pixel, long channel, float sum) const {
        if (pixel >= pixels || channel >= channels) return;
        const int line = int(pixel) / width, column = int(pixel) - line * width;
        const int image = line / height, row = line - image * height;
        data[image * image_stride + row * row_stride + column * column_stride + channel * channel_stride] =
            T(finish(sum, has_bias != 0 ? float(bias[channel * bias_stride]) : 0.0f));
    }
};

// Takes taps × target channels of the weight's gradient, or of the partial sums of a split, which are in row-major order.
template <typename T>
struct Kernel {
    device T* data;
    device float* partials;
    long row_stride, column_stride, source_stride, target_stride;
    int taps, taps_wide, sources, targets, all_targets, first_target;
    bool is_partial;

    Kernel(constant Convolution& p, device T* weight, device float* all_partials, int group, int split) :
        data(weight + group * p.weight_group),
        partials(all_partials + long(split) * p.taps_high * p.taps_wide * p.sources * p.targets * p.groups),
        row_stride(p.weight_row), column_stride(p.weight_column), source_stride(p.weight_source), target_stride(p.weight_target),
        taps(p.taps_high * p.taps_wide * p.sources), taps_wide(p.taps_wide), sources(p.sources), targets(p.targets),
        all_targets(p.targets * p.groups), first_target(group * p.targets), is_partial(p.splits > 1) {}

    void store(long tap, long target, float sum) const {
        if (tap >= taps || target >= targets) return;
        if (is_partial) {
            partials[tap * all_targets + first_target + target] = sum;
            return;
        }
        const int place = int(tap) / sources, channel = int(tap) - place * sources;
        const int row = place / taps_wide, column = place - row * taps_wide;
        data[row * row_stride + column * column_stride + channel * source_stride + target * target_stride] = T(finish(sum, 0.0f));
    }
};

// Which tile of which group, and of which split, a threadgroup does; the matrices have rows × columns.
struct Tile {
    int row, column, group, split;

    Tile(constant Convolution& p, uint index, int rows, int tile_rows, int tile_columns) {
        const int across = (p.targets + tile_columns - 1) / tile_columns, down = (rows + tile_rows - 1) / tile_rows;
        const int tile = int(index) % (across * down), rest = int(index) / (across * down);
        row = tile / across * tile_rows;
        column = tile % across * tile_columns;
        group = rest % p.groups;
        split = rest / p.groups;
    }
};

template <typename T, int rows, int columns>
kernel void convolve_simd(
    device const T* source [[buffer(0)]], device const T* weight [[buffer(1)]], device const T* bias [[buffer(2)]],
    device T* target [[buffer(3)]], constant Convolution& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]],
    uint simdgroup [[simdgroup_index_in_threadgroup]], uint lane [[thread_index_in_simdgroup]]) {
    threadgroup float left[rows * (tile_depth + tile_gap)];
    threadgroup float right[tile_depth * (columns + tile_gap)];
    const uint group = group_in(grid, own_group);
    const Tile tile(p, group, p.images * p.target_height * p.target_width, rows, columns);
    const Patches<T> patches = {Source<T>(p, source, tile.group)};
    multiply_by_simdgroups<rows, columns>(
        patches, Weights<T>(p, weight, tile.group), Image<T>(p, target, bias, tile.group), tile.row, tile.column,
        0, p.taps_high * p.taps_wide * p.sources, left, right, int(index), int(simdgroup), int(lane));
}

template <typename T>
kernel void convolve_plain(
    device const T* source [[buffer(0)]], device const T* weight [[buffer(1)]], device const T* bias [[buffer(2)]],
    device T* target [[buffer(3)]], constant Convolution& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]]) {
    threadgroup float left[plain_tile * (tile_depth + tile_gap)];
    threadgroup float right[tile_depth * (plain_tile + tile_gap)];
    const uint group = group_in(grid, own_group);
    const Tile tile(p, group, p.images * p.target_height * p.target_width, plain_tile, plain_tile);
    const Patches<T> patches = {Source<T>(p, source, tile.group)};
    multiply_by_threads(
        patches, Weights<T>(p, weight, tile.group), Image<T>(p, target, bias, tile.group), tile.row, tile.column,
        0, p.taps_high * p.taps_wide * p.sources, left, right, int(index));
}

template <typename T, int rows, int columns>
kernel void weigh_simd(
    device const T* source [[buffer(0)]], device const T* gradient [[buffer(1)]], device T* weight [[buffer(2)]],
    device float* partials [[buffer(3)]], constant Convolution& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]],
    uint simdgroup [[simdgroup_index_in_threadgroup]], uint lane [[thread_index_in_simdgroup]]) {
    threadgroup float left[rows * (tile_depth + tile_gap)];
    threadgroup float right[tile_depth * (columns + tile_gap)];
    const uint group = group_in(grid, own_group);
    const Tile tile(p, group, p.taps_high * p.taps_wide * p.sources, rows, columns);
    const long first = tile.split * p.chunk, pixels = p.images * p.target_height * p.target_width;
    const TransposedPatches<T> patches = {Source<T>(p, source, tile.group)};
    multiply_by_simdgroups<rows, columns>(
        patches, Gradients<T>(p, gradient, tile.group), Kernel<T>(p, weight, partials, tile.group, tile.split), tile.row, tile.column,
        first, min(pixels, first + p.chunk), left, right, int(index), int(simdgroup), int(lane));
}

template <typename T>
kernel void weigh_plain(
    device const T* source [[buffer(0)]], device const T* gradient [[buffer(1)]], device T* weight [[buffer(2)]],
    device float* partials [[buffer(3)]], constant Convolution& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]]) {
    threadgroup float left[plain_tile * (tile_depth + tile_gap)];
    threadgroup float right[tile_depth * (plain_tile + tile_gap)];
    const uint group = group_in(grid, own_group);
    const Tile tile(p, group, p.taps_high * p.taps_wide * p.sources, plain_tile, plain_tile);
    const long first = tile.split * p.chunk, pixels = p.images * p.target_height * p.target_width;
    const TransposedPatches<T> patches = {Source<T>(p, source, tile.group)};
    multiply_by_threads(
        patches, Gradients<T>(p, gradient, tile.group), Kernel<T>(p, weight, partials, tile.group, tile.split), tile.row, tile.column,
        first, min(pixels, first + p.chunk), left, right, int(index));
}

// Few channels per group, depthwise above all: a tile would be mostly empty. One thread per element of the target, channels innermost.
template <typename T>
kernel void convolve_narrow(
    device const T* source [[buffer(0)]], device const T* weight [[buffer(1)]], device const T* bias [[buffer(2)]],
    device T* target [[buffer(3)]], constant Convolution& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint index [[thread_position_in_threadgroup]], uint threads [[threads_per_threadgroup]]) {
    const uint group_index = group_in(grid, own_group);
    const long i = long(group_index) * long(threads) + long(index), all = p.groups * p.targets;
    const long at = i / all; // of threads beyond the last, a pixel that is not inside: nothing is read there, and Image stores nothing
    const int channel = int(i - at * all), group = channel / p.targets, own = channel - group * p.targets;
    const Source<T> patches(p, source, group);
    const Weights<T> weights(p, weight, group);
    const Pixel pixel = patches.pixel(at);
    const Outer outer = weights.place(own);
    const int row_taps = p.taps_wide * p.sources;
    float total = 0.0f;
    for (int row = 0; row < p.taps_high; row++) {
        float sum = 0.0f;
        for (int tap = row * row_taps; tap < (row + 1) * row_taps; tap++)
            sum = fma(patches.at(pixel, patches.tap(tap)), weights.at(outer, weights.depth(tap)), sum);
        total += sum;
    }
    Image<T>(p, target, bias, group).store(at, own, total);
}

// The same for the weight: one thread per element of it and split of the pixels.
template <typename T>
kernel void weigh_narrow(
    device const T* source [[buffer(0)]], device const T* gradient [[buffer(1)]], device T* weight [[buffer(2)]],
    device float* partials [[buffer(3)]], constant Convolution& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]], uint index [[thread_position_in_threadgroup]], uint threads [[threads_per_threadgroup]]) {
    const uint group_index = group_in(grid, own_group);
    const long i = long(group_index) * long(threads) + long(index);
    const int all = p.groups * p.targets, taps = p.taps_high * p.taps_wide * p.sources;
    if (i >= long(all) * taps * p.splits) return;
    const long line = i / all;
    const int channel = int(i - line * all), group = channel / p.targets, own = channel - group * p.targets;
    const int split = int(line / taps), tap_index = int(line - long(split) * taps);
    const Source<T> patches(p, source, group);
    const Gradients<T> gradients(p, gradient, group);
    const Tap tap = patches.tap(tap_index);
    const Outer outer = gradients.place(own);
    const long end = min(long(patches.pixels), (split + 1) * p.chunk);
    float total = 0.0f;
    for (long k = split * p.chunk; k < end;) {
        const long stop = min(end, k + long(block_depth));
        float sum = 0.0f;
        for (; k < stop; k++) sum = fma(patches.at(patches.pixel(k), tap), gradients.at(outer, gradients.depth(k)), sum);
        total += sum;
    }
    Kernel<T>(p, weight, partials, group, split).store(tap_index, own, total);
}

#define CONVOLUTION_BUFFERS(T) device const T*, device const T*, device const T*, device T*, constant Convolution&, constant Grid&
#define WEIGHT_BUFFERS(T) device const T*, device const T*, device T*, device float*, constant Convolution&, constant Grid&
#define INSTANTIATE_CONVOLUTIONS(T) \
    template [[host_name("convolve_large_" #T)]] kernel void convolve_simd<T, 64, 64>(CONVOLUTION_BUFFERS(T), uint, uint, uint, uint); \
    template [[host_name("convolve_small_" #T)]] kernel void convolve_simd<T, 32, 32>(CONVOLUTION_BUFFERS(T), uint, uint, uint, uint); \
    template [[host_name("convolve_plain_" #T)]] kernel void convolve_plain<T>(CONVOLUTION_BUFFERS(T), uint, uint); \
    template [[host_name("convolve_narrow_" #T)]] kernel void convolve_narrow<T>(CONVOLUTION_BUFFERS(T), uint, uint, uint); \
    template [[host_name("weigh_large_" #T)]] kernel void weigh_simd<T, 64, 64>(WEIGHT_BUFFERS(T), uint, uint, uint, uint); \
    template [[host_name("weigh_small_" #T)]] kernel void weigh_simd<T, 32, 32>(WEIGHT_BUFFERS(T), uint, uint, uint, uint); \
    template [[host_name("weigh_plain_" #T)]] kernel void weigh_plain<T>(WEIGHT_BUFFERS(T), uint, uint); \
    template [[host_name("weigh_narrow_" #T)]] kernel void weigh_narrow<T>(WEIGHT_BUFFERS(T), uint, uint, uint);

INSTANTIATE_CONVOLUTIONS(float)
INSTANTIATE_CONVOLUTIONS(half)
INSTANTIATE_CONVOLUTIONS(bfloat)

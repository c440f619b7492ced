// Stable sorting along an axis. Elements become unsigned keys of the same order; blocks of a line are sorted in threadgroup memory by
// a bitonic network over (key, place), which is a strict order; then runs are merged pair by pair, each element finding its rank.
#include "common.metal"

constant int descending [[function_constant(0)]];

template <typename T>
struct KeyOf {
    typedef uint type;
};
template <>
struct KeyOf<long> {
    typedef ulong type;
};

// −0 as 0, NaN above all; negative numbers fall as their bits rise, so all their bits are turned.
inline uint ordered(float value) {
    if (value != value) return 0xffffffffu;
    const uint bits = as_type<uint>(value + 0.0f);
    return bits ^ ((bits >> 31) != 0 ? 0xffffffffu : 0x80000000u);
}

inline uint ordered(half value) {
    return ordered(float(value));
}

inline uint ordered(bfloat value) {
    return ordered(float(value));
}

inline uint ordered(int value) {
    return uint(value) ^ 0x80000000u;
}

inline uint ordered(bool value) {
    return value ? 1u : 0u;
}

inline ulong ordered(long value) {
    return ulong(value) ^ 0x8000000000000000UL;
}

struct SortParameters {
    Strided kept;       // x, values, indices
    long length;        // of x along the axis
    long strides[3];    // along the axis
    long wanted;        // of the sorted elements, how many are written
    long width;         // of the blocks (a power of two), or of the runs to merge
};

template <typename T>
kernel void sort_block(
    device const T* x [[buffer(0)]],
    device typename KeyOf<T>::type* keys [[buffer(1)]],
    device uint* places [[buffer(2)]],
    constant SortParameters& p [[buffer(3)]], constant Grid& grid [[buffer(30)]],
    uint2 own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint2 threads [[threads_per_threadgroup]]) {
    typedef typename KeyOf<T>::type K;
    threadgroup K block_keys[1024];
    threadgroup uint block_places[1024];
    const uint2 group = group_in(grid, own_group);
    const uint width = uint(p.width);
    const long first = long(group.y) * p.width;
    const long start = position_of(p.kept, long(group.x), 0);
    for (uint e = index; e < width; e += threads.x) {
        // What the block lacks is above every element, whose place is smaller.
        K key = ~K(0);
        uint place = 0xffffffffu;
        if (first + long(e) < p.length) {
            key = ordered(x[start + (first + long(e)) * p.strides[0]]);
            if (descending != 0) key = ~key;
            place = uint(first) + e;
        }
        block_keys[e] = key;
        block_places[e] = place;
    }

    for (uint run = 2; run <= width; run *= 2) {
        for (uint apart = run / 2; apart > 0; apart /= 2) {
            threadgroup_barrier(mem_flags::mem_threadgroup);
            for (uint pair = index; pair < width / 2; pair += threads.x) {
                const uint a = pair / apart * apart * 2 + pair % apart;
                const uint b = a + apart;
                const K key_a = block_keys[a];
                const K key_b = block_keys[b];
                const uint place_a = block_places[a];
                const uint place_b = block_places[b];
                const bool is_above = key_a > key_b || (key_a == key_b && place_a > place_b);
                if (is_above == ((a & run) == 0)) {
                    block_keys[a] = key_b;
                    block_keys[b] = key_a;
                    block_places[a] = place_b;
                    block_places[b] = place_a;
                }
            }
        }
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);

    for (uint e = index; e < width; e += threads.x) {
        if (first + long(e) >= p.length) continue;
        const long at = long(group.x) * p.length + first + long(e);
        keys[at] = block_keys[e];
        places[at] = block_places[e];
    }
}

// Merges neighbouring runs: an element's new place is its place in its run plus how many of the other run are smaller.
template <typename K>
kernel void sort_merge(
    device const K* keys [[buffer(0)]],
    device const uint* places [[buffer(1)]],
    device K* merged_keys [[buffer(2)]],
    device uint* merged_places [[buffer(3)]],
    constant SortParameters& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(index);
    if (i >= p.kept.count * p.length) return;
    const long line = i / p.length * p.length;
    const long at = i - line;
    const long first = at / (2 * p.width) * 2 * p.width;
    const long middle = first + p.width; // a last run without a neighbour has nothing from there on
    const long last = min(first + 2 * p.width, p.length);
    const K key = keys[i];
    const uint place = places[i];
    const long begin = at < middle ? middle : first;
    long low = begin;
    long high = at < middle ? last : middle;
    while (low < high) {
        const long probe = (low + high) / 2;
        const K other = keys[line + probe];
        if (other < key || (other == key && places[line + probe] < place)) low = probe + 1;
        else high = probe;
    }
    const long own = at < middle ? at - first : at - middle;
    const long target = line + first + own + (low - begin);
    merged_keys[target] = key;
    merged_places[target] = place;
}

template <typename T>
kernel void sort_write(
    device const T* x [[buffer(0)]],
    device const uint* places [[buffer(1)]],
    device T* values [[buffer(2)]],
    device long* indices [[buffer(3)]],
    constant SortParameters& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(index);
    if (i >= p.kept.count * p.wanted) return;
    const long line = i / p.wanted;
    const long rank = i - line * p.wanted;
    const Places<3> start = places_of<3>(p.kept, line);
    const long place = long(places[line * p.length + rank]);
    values[start.at[1] + rank * p.strides[1]] = x[start.at[0] + place * p.strides[0]];
    indices[start.at[2] + rank * p.strides[2]] = place;
}

#define INSTANTIATE(T)                                                                         \
    template [[host_name("sort_block_" #T)]] [[kernel]] decltype(sort_block<T>) sort_block<T>; \
    template [[host_name("sort_write_" #T)]] [[kernel]] decltype(sort_write<T>) sort_write<T>;

#define INSTANTIATE_MERGE(K) template [[host_name("sort_merge_" #K)]] [[kernel]] decltype(sort_merge<K>) sort_merge<K>;

INSTANTIATE(float)
INSTANTIATE(half)
INSTANTIATE(bfloat)
INSTANTIATE(int)
INSTANTIATE(long)
INSTANTIATE(bool)
INSTANTIATE_MERGE(uint)
INSTANTIATE_MERGE(ulong)

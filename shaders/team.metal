// Threadgroups that reduce: included by the families that do.
#ifndef TEAM_METAL
#define TEAM_METAL
#include "common.metal"

// The type in which elements of a type are summed.
template <typename T>
struct Wide {
    typedef float type;
};
template <>
struct Wide<int> {
    typedef long type;
};
template <>
struct Wide<long> {
    typedef long type;
};
template <>
struct Wide<bool> {
    typedef long type;
};

// How a threadgroup is cut into cells, each reduced by as many threads (powers of two): TeamShape.cs. Neighbouring threads belong
// to neighbouring cells in a column team, else to one cell, as far as it goes.
struct TeamShape {
    int cells;
    int members;
    int is_column;
    int padding;
};

inline uint cell_of(constant TeamShape& team, uint index) {
    return team.is_column != 0 ? index % uint(team.cells) : index / uint(team.members);
}

inline uint member_of(constant TeamShape& team, uint index) {
    return team.is_column != 0 ? index / uint(team.cells) : index % uint(team.members);
}

inline float exchange(float value, ushort mask) {
    return simd_shuffle_xor(value, mask);
}

inline long exchange(long value, ushort mask) {
    const uint low = simd_shuffle_xor(uint(ulong(value)), mask);
    const uint high = simd_shuffle_xor(uint(ulong(value) >> 32), mask);
    return long((ulong(high) << 32) | ulong(low));
}

// Combines the values of a cell's members in a fixed order, in simdgroups and then over them. All threads of the threadgroup take
// part; all members get the result (the same bits if op is commutative). scratch has a value per thread.
template <typename V, typename Op>
inline V across(V value, constant TeamShape& team, uint index, threadgroup V* scratch, Op op) {
    V total = value;
    const uint members = uint(team.members);
    const uint lanes = min(members, 32u);
    if (team.is_column == 0) {
        for (uint mask = 1; mask < lanes; mask *= 2) {
            const V other = exchange(total, ushort(mask));
            total = op(total, other);
        }
        if (members <= 32) return total;
        if (index % 32 == 0) scratch[index / 32] = total;
        threadgroup_barrier(mem_flags::mem_threadgroup);
        const uint first = index / members * (members / 32);
        total = scratch[first];
        for (uint i = 1; i < members / 32; i++) {
            const V other = scratch[first + i];
            total = op(total, other);
        }
    } else {
        scratch[index] = total;
        threadgroup_barrier(mem_flags::mem_threadgroup);
        const uint cells = uint(team.cells);
        total = scratch[index % cells];
        for (uint i = 1; i < members; i++) {
            const V other = scratch[i * cells + index % cells];
            total = op(total, other);
        }
    }
    threadgroup_barrier(mem_flags::mem_threadgroup); // scratch may be written again
    return total;
}

struct Add {
    template <typename V>
    V operator()(V a, V b) const {
        return a + b;
    }
};

// NaN if either is.
struct Larger {
    template <typename V>
    V operator()(V a, V b) const {
        return a > b || a != a ? a : b;
    }
};

#endif

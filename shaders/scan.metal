// Running sums and products along one axis. A threadgroup walks a line in blocks of four elements per thread; what the blocks
// before add up to is carried with the rounding errors of its additions (Kahan, 1965; PyTorch carries a double).
#include "team.metal"

enum ScanKind { ScanKind_Sum, ScanKind_Product };

constant int kind [[function_constant(0)]]; // ScanKind

struct ScanParameters {
    Strided kept;    // x, y
    long length;     // of the axis
    long x_stride;    // along the axis
    long y_stride;
    int reverse;
    int threads;     // of the threadgroup, at most 256
};

template <typename A>
inline A combined(A a, A b) {
    return kind == ScanKind_Sum ? a + b : a * b;
}

template <typename T>
kernel void scan(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant ScanParameters& p [[buffer(2)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]]) {
    typedef typename Wide<T>::type A;
    threadgroup A totals[2][256];
    const uint group = group_in(grid, own_group);
    const A neutral = kind == ScanKind_Sum ? A(0) : A(1);
    const Places<2> start = places_of<2>(p.kept, long(group));
    A carry = neutral;
    A lost = A(0);
    for (long block = 0; block < p.length; block += 4 * long(p.threads)) {
        const long first = block + 4 * long(index);
        A values[4];
        A total = neutral;
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
            const long at = p.reverse != 0 ? p.length - 1 - (first + i) : first + i;
            if (first + i < p.length) total = combined(total, A(x[start.at[0] + at * p.x_stride]));
            values[i] = total;
        }

        // What each thread's four add up to, running over the threads (Hillis and Steele, 1986), from one row to the other.
        int row = 0;
        totals[0][index] = total;
        threadgroup_barrier(mem_flags::mem_threadgroup);
        for (uint offset = 1; offset < uint(p.threads); offset *= 2) {
            const A own = totals[row][index];
            totals[1 - row][index] = index >= offset ? combined(totals[row][index - offset], own) : own;
            row = 1 - row;
            threadgroup_barrier(mem_flags::mem_threadgroup);
        }

        const A before = index == 0 ? carry : combined(carry, totals[row][index - 1]);
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
            const long at = p.reverse != 0 ? p.length - 1 - (first + i) : first + i;
            if (first + i < p.length) y[start.at[1] + at * p.y_stride] = T(combined(before, values[i]));
        }

        const A whole = totals[row][p.threads - 1];
        if (kind == ScanKind_Sum) {
            const A corrected = whole - lost;
            const A next = carry + corrected;
            lost = (next - carry) - corrected;
            if (lost != lost) lost = A(0); // infinities have no error
            carry = next;
        } else {
            carry = carry * whole;
        }
        threadgroup_barrier(mem_flags::mem_threadgroup); // the rows are written again
    }
}

#define INSTANTIATE(T) template [[host_name("scan_" #T)]] [[kernel]] decltype(scan<T>) scan<T>;

INSTANTIATE(float)
INSTANTIATE(half)
INSTANTIATE(bfloat)
INSTANTIATE(int)
INSTANTIATE(long)

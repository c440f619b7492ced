// What all kernel families share; put in front of each when it is compiled.
#include <metal_stdlib>
using namespace metal;

// The shape of a launch and the strides of up to six operands, axes innermost first: Strided.cs.
struct Strided {
    long count;
    int rank;
    int is_contiguous;
    long shape[8];
    long strides[48];
};

// Where the first N operands have an element.
template <int N>
struct Places {
    long at[N];
};

// Where the first N operands have the element that is index-th in row-major order.
template <int N>
inline Places<N> places_of(constant Strided& plan, long index) {
    Places<N> places;
#pragma clang loop unroll(full)
    for (int operand = 0; operand < N; operand++) places.at[operand] = plan.is_contiguous != 0 ? index : 0;
    if (plan.is_contiguous != 0) return places;
    long rest = index;
    for (int axis = 0; axis < plan.rank; axis++) {
        // The outermost axis needs no division, and those of 32 bits are several times faster.
        long outer = 0;
        if (axis < plan.rank - 1) outer = plan.count <= 0x7fffffffL ? long(uint(rest) / uint(plan.shape[axis])) : rest / plan.shape[axis];
        const long coordinate = axis < plan.rank - 1 ? rest - outer * plan.shape[axis] : rest;
#pragma clang loop unroll(full)
        for (int operand = 0; operand < N; operand++) places.at[operand] += coordinate * plan.strides[operand * 8 + axis];
        rest = outer;
    }
    return places;
}

// Where operand `operand` has the element that is index-th in row-major order.
inline long position_of(constant Strided& plan, long index, int operand) {
    if (plan.is_contiguous != 0) return index;
    long position = 0, rest = index;
    for (int axis = 0; axis < plan.rank; axis++) {
        long outer = 0;
        if (axis < plan.rank - 1) outer = plan.count <= 0x7fffffffL ? long(uint(rest) / uint(plan.shape[axis])) : rest / plan.shape[axis];
        const long coordinate = axis < plan.rank - 1 ? rest - outer * plan.shape[axis] : rest;
        position += coordinate * plan.strides[operand * 8 + axis];
        rest = outer;
    }
    return position;
}

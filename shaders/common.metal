// What all kernel families share; put in front of each when it is compiled.
#include <metal_stdlib>
using namespace metal;

// The shape of a launch and the strides of up to four operands, axes innermost first: Strided.cs.
struct Strided {
    long count;
    int rank;
    int is_contiguous;
    long shape[8];
    long strides[32];
};

// Where operand `operand` has the element that is index-th in row-major order.
inline long position_of(constant Strided& plan, long index, int operand) {
    if (plan.is_contiguous != 0) return index;
    long position = 0;
    for (int axis = 0; axis < plan.rank; axis++) {
        const long length = plan.shape[axis];
        const long outer = index / length;
        position += (index - outer * length) * plan.strides[operand * 8 + axis];
        index = outer;
    }
    return position;
}

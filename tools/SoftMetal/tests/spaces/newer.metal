#include <metal_stdlib>
using namespace metal;
template <typename T>
T f(T x) {
    if constexpr (sizeof(T) == 4) return x;
    else return T(0);
}
kernel void g(device float* x [[buffer(0)]]) { x[0] = f(1.0f); }

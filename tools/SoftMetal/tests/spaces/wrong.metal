#include <metal_stdlib>
using namespace metal;
constant float table[2] = {1, 2};
constant bool has_mask [[function_constant(0)]];
struct P { int n; long s[4]; };
struct M { float a; int b; };
template <typename T> T get(device const T* p, constant P& q, threadgroup T* s) { s[0] = p[q.n]; return s[0]; }
template <typename T> [[kernel]] void f(device const T* a [[buffer(0)]], device T* o [[buffer(1), function_constant(has_mask)]], constant P& p [[buffer(2)]], uint2 i [[thread_position_in_grid]]) {
    threadgroup T t[4 * 8];
    threadgroup M ms[2];
    M m; m.a = 1; ms[0] = m; m = ms[1];
    if (has_mask) o[i.x] = get(a, p, t) + T(table[1]);
    float4 v = float4(1.0, 2, 3, 4); v.xy = v.zw;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    P copy = p;
}
template [[host_name("f_float")]] [[kernel]] void f<float>(device const float*, device float*, constant P&, uint2);
template [[host_name("f_half")]] [[kernel]] void f<half>(device const half*, device half*, constant P&, uint2);
kernel void g(device atomic_uint* u [[buffer(0)]], device const float4* x [[buffer(1)]], device float4* y [[buffer(2)]]) { atomic_fetch_add_explicit(u, 1u, memory_order_relaxed); y[0] = x[1] * 2.0f; }
kernel void bad(device float* x [[buffer(0)]]) { threadgroup float* t = x; }

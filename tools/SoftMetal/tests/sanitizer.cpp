// Run by test.sh under AddressSanitizer with OVERRUN = 0 (clean), 1 (threadgroup memory) or 2 (a buffer).
#include "client.hpp"

TEST(sanitizer) {
    const char* overrun = getenv("OVERRUN");
    Gpu gpu;
    Owned p = gpu.pipeline("#include <metal_stdlib>\nusing namespace metal;\n"
        "kernel void f(device float* x [[buffer(0)]], constant int& k [[buffer(1)]], uint i [[thread_position_in_grid]]) {\n"
        "    threadgroup float t[32];\n    t[i] = x[i];\n    threadgroup_barrier(mem_flags::mem_threadgroup);\n    float v = simd_sum(t[31 - i]);\n"
        "    if (k == 1) t[i + 1] = 0;\n    if (k == 2) x[i + 1] = 0;\n    x[i] = v;\n}", "f");
    Owned x = gpu.buffer(std::vector<float>(32, 1.0f)), k = gpu.buffer(std::vector<int>{overrun ? atoi(overrun) : 0});
    CHECK_EMPTY(gpu.dispatch(p, {x, k}, {1, 1, 1}, {32, 1, 1}));
    CHECK(Gpu::contents<float>(x)[31] == 32);
}

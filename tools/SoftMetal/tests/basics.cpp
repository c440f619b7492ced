// The language: every feature of the dialect in a small kernel, through the whole interface.
#include "client.hpp"
#include <cmath>

static const std::string head = "#include <metal_stdlib>\n#include <metal_simdgroup_matrix>\nusing namespace metal;\n";

TEST(vector_add) {
    Gpu gpu;
    Owned p = gpu.pipeline(head + R"(
kernel void add(device const float* a [[buffer(0)]], device const float* b [[buffer(1)]], device float* c [[buffer(2)]],
                constant uint& n [[buffer(3)]], uint i [[thread_position_in_grid]]) {
    if (i < n) c[i] = a[i] + b[i];
})", "add");
    CHECK(p);
    if (!p) return;
    const unsigned n = 1000;
    std::vector<float> a(n), b(n);
    for (unsigned i = 0; i < n; i++) { a[i] = i; b[i] = 2.0f * i; }
    Owned A = gpu.buffer(a), B = gpu.buffer(b), C = gpu.buffer(n * 4);
    std::string error = gpu.run([&](id e) {
        send<void>(e, "setComputePipelineState:", (id)p);
        send<void>(e, "setBuffer:offset:atIndex:", (id)A, 0ul, 0ul);
        send<void>(e, "setBuffer:offset:atIndex:", (id)B, 0ul, 1ul);
        send<void>(e, "setBuffer:offset:atIndex:", (id)C, 0ul, 2ul);
        send<void>(e, "setBytes:length:atIndex:", (const void*)&n, 4ul, 3ul);
        send<void>(e, "dispatchThreads:threadsPerThreadgroup:", MTLSize{n, 1, 1}, MTLSize{256, 1, 1});
    });
    CHECK_EMPTY(error);
    float* c = Gpu::contents<float>(C);
    for (unsigned i = 0; i < n; i++) CHECK(c[i] == 3.0f * i);
}

TEST(reduction_with_barriers_and_simd) {
    Gpu gpu;
    Owned p = gpu.pipeline(head + R"(
kernel void sum(device const float* x [[buffer(0)]], device float* out [[buffer(1)]], uint tid [[thread_index_in_threadgroup]],
                uint group [[threadgroup_position_in_grid]], uint threads [[threads_per_threadgroup]],
                uint lane [[thread_index_in_simdgroup]], uint simd [[simdgroup_index_in_threadgroup]]) {
    threadgroup float partial[32];
    float v = simd_sum(x[group * threads + tid]);
    if (lane == 0) partial[simd] = v;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    if (simd == 0) {
        v = simd_sum(lane < threads / 32 ? partial[lane] : 0.0f);
        if (lane == 0) out[group] = v;
    }
})", "sum");
    CHECK(p);
    if (!p) return;
    std::vector<float> x(4 * 256);
    for (size_t i = 0; i < x.size(); i++) x[i] = float(i % 7);
    Owned X = gpu.buffer(x), out = gpu.buffer(16);
    for (const char* order : {"forward", "reverse", "random:5"}) {
        softmetal_set_option("order", order);
        CHECK_EMPTY(gpu.dispatch(p, {X, out}, {4, 1, 1}, {256, 1, 1}));
        for (int g = 0; g < 4; g++) {
            float expected = 0;
            for (int i = 0; i < 256; i++) expected += x[g * 256 + i];
            CHECK(Gpu::contents<float>(out)[g] == expected);
        }
    }
    softmetal_set_option("order", "forward");
}

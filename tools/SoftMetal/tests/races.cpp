// Deleted barriers, one at a time, in kernels of the kinds that need them; overruns of every kind of memory.
#include "client.hpp"
#include <cstdio>
#include <fstream>
#include <unistd.h>

static const std::string head = "#include <metal_stdlib>\nusing namespace metal;\n";

struct Checking {
    Checking() { softmetal_set_option("check", "1"); }
    ~Checking() { softmetal_set_option("check", "0"); }
};

// Runs the source whole, which must be silent, then without each line that holds a barrier, which must be noticed.
static void mutate(const std::string& source, const char* name, std::vector<size_t> buffer_floats, MTLSize groups, MTLSize threads) {
    Checking on;
    Gpu gpu;
    auto run = [&](const std::string& text) {
        Owned p = gpu.pipeline(text, name);
        if (!p) return std::string("no pipeline");
        std::vector<Owned> buffers;
        std::vector<id> ids;
        for (size_t n : buffer_floats) { buffers.push_back(gpu.buffer(std::vector<float>(n, 1.0f))); ids.push_back(buffers.back()); }
        return gpu.dispatch(p, ids, groups, threads);
    };
    CHECK_EMPTY(run(source));
    int found = 0;
    for (size_t at = source.find("_barrier("); at != std::string::npos; at = source.find("_barrier(", at + 1)) {
        size_t begin = source.rfind('\n', at) + 1, end = source.find(';', at) + 1;
        std::string mutant = source;
        mutant.replace(begin, end - begin, ";");
        CHECK_CONTAINS(run(mutant), "race");
        found++;
    }
    CHECK(found > 0);
    take_errors();
}

TEST(race_reduction) {
    mutate(head + R"(
kernel void sum(device const float* x [[buffer(0)]], device float* out [[buffer(1)]], uint tid [[thread_index_in_threadgroup]],
                uint group [[threadgroup_position_in_grid]]) {
    threadgroup float partial[128];
    partial[tid] = x[group * 128 + tid];
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (uint step = 64; step > 0; step /= 2) {
        if (tid < step) partial[tid] += partial[tid + step];
        threadgroup_barrier(mem_flags::mem_threadgroup);
    }
    if (tid == 0) out[group] = partial[0];
})", "sum", {512, 4}, {4, 1, 1}, {128, 1, 1});
}

TEST(race_tiled_gemm) {
    mutate(head + R"(
kernel void gemm(device const float* a [[buffer(0)]], device const float* b [[buffer(1)]], device float* c [[buffer(2)]],
                 uint2 t [[thread_position_in_threadgroup]], uint2 g [[threadgroup_position_in_grid]]) {
    threadgroup float ta[16][16], tb[16][17];
    float sum = 0;
    for (uint k = 0; k < 64; k += 16) {
        ta[t.y][t.x] = a[(g.y * 16 + t.y) * 64 + k + t.x];
        tb[t.y][t.x] = b[(k + t.y) * 64 + g.x * 16 + t.x];
        threadgroup_barrier(mem_flags::mem_threadgroup);
        for (uint i = 0; i < 16; i++) sum += ta[t.y][i] * tb[i][t.x];
        threadgroup_barrier(mem_flags::mem_threadgroup);
    }
    c[(g.y * 16 + t.y) * 64 + g.x * 16 + t.x] = sum;
})", "gemm", {4096, 4096, 4096}, {4, 4, 1}, {16, 16, 1});
}

TEST(race_softmax) {
    mutate(head + R"(
kernel void softmax(device const float* x [[buffer(0)]], device float* y [[buffer(1)]], uint tid [[thread_index_in_threadgroup]],
                    uint row [[threadgroup_position_in_grid]], uint lane [[thread_index_in_simdgroup]], uint simd [[simdgroup_index_in_threadgroup]]) {
    threadgroup float shared[4];
    float v = x[row * 128 + tid], m = simd_max(v);
    if (lane == 0) shared[simd] = m;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    m = max(max(shared[0], shared[1]), max(shared[2], shared[3]));
    threadgroup_barrier(mem_flags::mem_threadgroup);
    float e = exp(v - m), s = simd_sum(e);
    if (lane == 0) shared[simd] = s;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    s = shared[0] + shared[1] + shared[2] + shared[3];
    y[row * 128 + tid] = e / s;
})", "softmax", {512, 512}, {4, 1, 1}, {128, 1, 1});
}

TEST(race_within_a_simdgroup_and_through_device_memory) {
    mutate(head + R"(
kernel void turn(device float* x [[buffer(0)]], uint tid [[thread_index_in_threadgroup]]) {
    threadgroup float mine[32];
    mine[tid] = x[tid];
    simdgroup_barrier(mem_flags::mem_threadgroup);
    float v = mine[31 - tid];
    threadgroup_barrier(mem_flags::mem_device);
    x[31 - tid] = v;
    simdgroup_barrier(mem_flags::mem_device);
    x[tid] = x[tid] + 1;
})", "turn", {32}, {1, 1, 1}, {32, 1, 1});
}

TEST(race_flags_count) {
    // A barrier for device memory does not order threadgroup memory, and the other way round.
    Checking on;
    Gpu gpu;
    const std::string source = head + R"(
kernel void turn(device float* x [[buffer(0)]], uint tid [[thread_index_in_threadgroup]]) {
    threadgroup float mine[64];
    mine[tid] = x[tid];
    threadgroup_barrier(mem_flags::FLAG);
    x[tid] = mine[63 - tid];
})";
    for (auto [flag, races] : {std::pair{"mem_threadgroup", false}, {"mem_device", true}, {"mem_none", true}}) {
        std::string text = source;
        text.replace(text.find("FLAG"), 4, flag);
        Owned p = gpu.pipeline(text, "turn"), x = gpu.buffer(std::vector<float>(64, 1.0f));
        CHECK((gpu.dispatch(p, {x}, {1, 1, 1}, {64, 1, 1}).find("race") != std::string::npos) == races);
    }
    take_errors();
}

TEST(race_between_threadgroups_and_atomics) {
    Checking on;
    Gpu gpu;
    const std::string source = head + R"(
kernel void plain(device uint* x [[buffer(0)]]) { x[0] += 1; }
kernel void atomics(device atomic_uint* x [[buffer(0)]]) { atomic_fetch_add_explicit(x, 1u, memory_order_relaxed); }
)";
    Owned plain = gpu.pipeline(source, "plain"), atomics = gpu.pipeline(source, "atomics"), x = gpu.buffer(std::vector<unsigned>(1, 0));
    CHECK_CONTAINS(gpu.dispatch(plain, {x}, {2, 1, 1}, {1, 1, 1}), "race");
    *Gpu::contents<unsigned>(x) = 0;
    CHECK_EMPTY(gpu.dispatch(atomics, {x}, {4, 1, 1}, {64, 1, 1}));
    CHECK(*Gpu::contents<unsigned>(x) == 256);
    take_errors();
}

TEST(race_between_concurrent_dispatches) {
    Gpu gpu;
    const std::string source = head + R"(
kernel void twice(device float* x [[buffer(0)]], device const float* y [[buffer(1)]], uint i [[thread_position_in_grid]]) { x[i] = 2 * y[i]; })";
    for (bool check : {true, false}) {
        softmetal_set_option("check", check ? "1" : "0");
        Owned p = gpu.pipeline(source, "twice");
        for (int barrier : {0, 1, 2, 3}) {          // none, scope, the resource, another resource
            Owned a = gpu.buffer(std::vector<float>(64, 1.0f)), b = gpu.buffer(std::vector<float>(64, 0.0f)), c = gpu.buffer(std::vector<float>(64, 0.0f));
            std::string error = gpu.run([&](id e) {
                send<void>(e, "setComputePipelineState:", (id)p);
                auto step = [&](id to, id from) {
                    send<void>(e, "setBuffer:offset:atIndex:", to, 0ul, 0ul);
                    send<void>(e, "setBuffer:offset:atIndex:", from, 0ul, 1ul);
                    send<void>(e, "dispatchThreadgroups:threadsPerThreadgroup:", MTLSize{1, 1, 1}, MTLSize{64, 1, 1});
                };
                step(b, a);
                id resources[] = {barrier == 2 ? (id)b : (id)a};
                if (barrier == 1) send<void>(e, "memoryBarrierWithScope:", 1ul);
                if (barrier > 1) send<void>(e, "memoryBarrierWithResources:count:", (const id*)resources, 1ul);
                step(c, b);
            }, true);
            bool ordered = barrier == 1 || barrier == 2;
            if (check) CHECK((error.find("race") == std::string::npos) == ordered);
            else CHECK((Gpu::contents<float>(c)[5] == 4.0f) == ordered);
        }
    }
    take_errors();
}

TEST(overruns_are_named) {
    Checking on;
    Gpu gpu;
    auto error = [&](const char* body) {
        Owned p = gpu.pipeline(head + "kernel void f(device float* x [[buffer(0)]], constant int& k [[buffer(1)]], uint i [[thread_position_in_grid]]) {\n" + body + "\n}", "f");
        Owned x = gpu.buffer(std::vector<float>(40, 1.0f)), k = gpu.buffer(std::vector<int>(1, 32));
        return gpu.dispatch(p, {x, k}, {1, 1, 1}, {32, 1, 1});
    };
    CHECK_EMPTY(error("x[i] = 1; x[i + 8] = x[i];").substr(0, 0));
    CHECK_CONTAINS(error("x[i + 9] = 1;"), "out of bounds: write: byte 160 of a buffer of 160 bytes at program_source:4");
    CHECK_CONTAINS(error("if (i == 0) x[1] = x[-1];"), "out of bounds: read: byte -4 of a buffer");
    CHECK_CONTAINS(error("threadgroup float t[32]; threadgroup float u[32];\nu[i] = 0; t[i + (k > 0)] = 1;"), "of threadgroup memory: byte 128 of \"t\" of 128 bytes at program_source:5");
    CHECK_EMPTY(error("float t[4] = {0, 1, 2, 3}; x[i] = t[i & 3];"));
    take_errors();
}

// A pipeline with constants is a copy of its library, which does not stay; its lines are the library's.
TEST(overruns_of_specialised_kernels_are_named) {
    Checking on;
    Gpu gpu;
    Owned values(send(send(objc_getClass("MTLFunctionConstantValues"), "alloc"), "init"));
    int far = 40;
    send<void>(values, "setConstantValue:type:atIndex:", (const void*)&far, 29ul, 0ul);   // MTLDataTypeInt
    Owned p = gpu.pipeline(head + "constant int far [[function_constant(0)]];\nkernel void f(device float* x [[buffer(0)]]) {\n    x[far] = 1;\n}", "f", values);
    Owned x = gpu.buffer(std::vector<float>(40, 1.0f));
    CHECK_CONTAINS(gpu.dispatch(p, {x}, {1, 1, 1}, {1, 1, 1}), "byte 160 of a buffer of 160 bytes at program_source:5");
    take_errors();
}

TEST(edits_put_mutants_behind_a_switch) {
    char path[] = "/tmp/softmetal-edits-XXXXXX";
    close(mkstemp(path));
    std::ofstream(path) << "family.metal:2:    x[i] = softmetal_mutant(1) ? 5.0f : 7.0f;\nfamily.metal:3:    while (softmetal_mutant(2)) {}\nother.metal:2:wrong\n";
    CHECK(softmetal_set_option("edits", path) == 1);
    Gpu gpu;
    Owned p = gpu.pipeline(head + "#line 1 \"family.metal\"\nkernel void f(device float* x [[buffer(0)]], uint i [[thread_position_in_grid]]) {\n    x[i] = 1;\n\n}", "f");
    Owned x = gpu.buffer(std::vector<float>(32, 0.0f));
    auto run = [&](const char* mutant) {
        CHECK(softmetal_set_option("mutant", mutant) == 1);
        return gpu.dispatch(p, {x}, {1, 1, 1}, {32, 1, 1});
    };
    unsigned char reached[4];
    softmetal_take_reached(reached, 4);
    CHECK_EMPTY(run("0"));
    CHECK(Gpu::contents<float>(x)[31] == 7.0f);
    softmetal_take_reached(reached, 4);
    CHECK(!reached[0] && reached[1] && reached[2] && !reached[3]);
    CHECK_EMPTY(run("1"));
    CHECK(Gpu::contents<float>(x)[31] == 5.0f);
    CHECK_CONTAINS(run("2"), "endless");
    CHECK(softmetal_set_option("mutant", "x") == 0);
    softmetal_set_option("mutant", "0");
    CHECK(softmetal_set_option("edits", "/nowhere/at/all") == 0);
    remove(path);
    take_errors();
}

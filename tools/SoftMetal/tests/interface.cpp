// The Objective-C surface: objects and their counts, Metal's rules, injected faults, asynchrony, orders, guard pages.
#include "client.hpp"
#include <cmath>
#include <thread>

static const std::string head = "#include <metal_stdlib>\nusing namespace metal;\n";
static const std::string copy = head + R"(
struct Four { float4 v; };
kernel void copy(device const float* a [[buffer(0)]], device float* b [[buffer(1)]], uint i [[thread_position_in_grid]]) { b[i] = a[i]; }
kernel void params(device float* a [[buffer(0)]], constant Four& p [[buffer(1)]]) { a[0] = p.v.w; }
kernel void local(device float* a [[buffer(0)]], threadgroup float* t [[threadgroup(0)]]) { t[0] = 3; a[0] = t[0]; }
[[kernel]] [[max_total_threads_per_threadgroup(64)]] void few(device float* a [[buffer(0)]]) { a[0] = 1; }
kernel void slow(device float* a [[buffer(0)]]) { float s = 0; for (int i = 0; i < 20000000; i++) s += sin(float(i)); a[0] = s > 1e9f ? 2 : 1; }
kernel void large(device float* a [[buffer(0)]]) { threadgroup float t[8192 + 4]; t[0] = 1; a[0] = t[0]; }
kernel void vectors(device float4* a [[buffer(0)]]) { a[0] = 1; }
)";

static id pipeline_of(Gpu& gpu, const char* name) {
    Owned p = gpu.pipeline(copy, name);
    id object = p;
    objc_retain(object);
    return send(object, "autorelease");
}

TEST(interface_strings_and_collections) {
    id s = string("grüße");
    CHECK(send<unsigned long>(s, "length") == 5);
    CHECK(text_of(s) == "grüße");
    Owned made(send(send(objc_getClass("NSString"), "alloc"), "initWithBytes:length:encoding:", (const void*)"abcdef", 3ul, 4ul));
    CHECK(text_of(made) == "abc");
    id two[] = {s, made};
    id array = send(objc_getClass("NSArray"), "arrayWithObjects:count:", (const id*)two, 2ul);
    CHECK(send<unsigned long>(array, "count") == 2 && send(array, "objectAtIndex:", 1ul) == (id)made);
    CHECK_CONTAINS(text_of(send(array, "description")), "abc");
    send(array, "objectAtIndex:", 2ul);
    CHECK_CONTAINS(take_error(), "beyond bounds");
    CHECK(send<int>(send(objc_getClass("NSNumber"), "numberWithInt:", -3), "intValue") == -3);
    CHECK(send<double>(send(objc_getClass("NSNumber"), "numberWithDouble:", 2.5), "doubleValue") == 2.5);
    CHECK(objc_getClass("NoSuchClass") == nullptr);
    CHECK(send<unsigned long>(nullptr, "length") == 0);   // a message to nil
    CHECK(sel_registerName("count") == sel_registerName(std::string("count").c_str()));
}

TEST(interface_device) {
    Gpu gpu;
    CHECK(text_of(send(gpu.device, "name")) == "SoftMetal");
    MTLSize size = send_structure<MTLSize>(gpu.device, "maxThreadsPerThreadgroup");
    CHECK(size.width == 1024 && size.height == 1024 && size.depth == 1024);
    CHECK(send<unsigned long>(gpu.device, "maxThreadgroupMemoryLength") == 32768);
    CHECK(send<unsigned long>(gpu.device, "maxBufferLength") >= 1ul << 30 && send<uint64_t>(gpu.device, "recommendedMaxWorkingSetSize") > 0);
    CHECK(send<bool>(gpu.device, "hasUnifiedMemory"));
    CHECK(send<bool>(gpu.device, "supportsFamily:", 1007l) && !send<bool>(gpu.device, "supportsFamily:", 1009l));
    Owned all(MTLCopyAllDevices());
    CHECK(send<unsigned long>(all, "count") == 1 && send(all, "objectAtIndex:", 0ul) == (id)gpu.device);
    unsigned long before = send<unsigned long>(gpu.device, "currentAllocatedSize");
    {
        Owned b = gpu.buffer(1000);
        CHECK(send<unsigned long>(b, "length") == 1000 && send<unsigned long>(gpu.device, "currentAllocatedSize") == before + 1000);
        CHECK(std::isnan(Gpu::contents<float>(b)[7]));
        send<void>(b, "setLabel:", string("mine"));
        CHECK(text_of(send(b, "label")) == "mine");
    }
    CHECK(send<unsigned long>(gpu.device, "currentAllocatedSize") == before);
    Owned p = gpu.pipeline(copy, "few");
    CHECK(send<unsigned long>(p, "maxTotalThreadsPerThreadgroup") == 64 && send<unsigned long>(p, "threadExecutionWidth") == 32);
}

TEST(interface_counts_and_leaks) {
    char text[4096];
    Gpu gpu;
    long before = softmetal_live_objects(text, sizeof text);
    {
        AutoreleasePool pool;
        Owned b = gpu.buffer(16), p = gpu.pipeline(copy, "copy");
        CHECK(send<unsigned long>(b, "retainCount") == 1);
        objc_retain(b);
        CHECK(send<unsigned long>(b, "retainCount") == 2);
        send<void>(b, "release");
        CHECK(gpu.dispatch(p, {b, b}, {1, 1, 1}, {4, 1, 1}).empty());
    }
    CHECK(softmetal_live_objects(text, sizeof text) == before);
    Owned b = gpu.buffer(16);
    send<void>(b, "setLabel:", string("kept"));
    CHECK(softmetal_live_objects(text, sizeof text) >= before + 1);
    CHECK_CONTAINS(text, "\"kept\"");

    id gone = gpu.buffer(16);
    { Owned last(gone); }
    CHECK_EMPTY(take_errors().substr(0, 0));
    objc_release(gone);
    CHECK_CONTAINS(take_error(), "over-release");
    send(gone, "contents");
    CHECK_CONTAINS(take_error(), "sent to a deallocated MTLBuffer");
    send(gpu.device, "noSuchMethod:");
    CHECK_CONTAINS(take_error(), "-[MTLDevice noSuchMethod:]: unrecognized selector");
    std::thread([] { string("orphan"); }).join();
    CHECK_CONTAINS(take_error(), "autoreleased with no pool in place");
}

// Encodes a good dispatch of `copy`, with f to spoil it; returns the command buffer's error and empties the record.
static void violates(const char* message, const std::function<void(Gpu&, id command, id encoder, id pipeline, id a, id b)>& f, bool ends = true) {
    Gpu gpu;
    Owned p = gpu.pipeline(copy, "copy"), a = gpu.buffer(std::vector<float>(64, 1.0f)), b = gpu.buffer(256);
    AutoreleasePool pool;
    id command = send(gpu.queue, "commandBuffer"), encoder = send(command, "computeCommandEncoder");
    send<void>(encoder, "setComputePipelineState:", (id)p);
    send<void>(encoder, "setBuffer:offset:atIndex:", (id)a, 0ul, 0ul);
    send<void>(encoder, "setBuffer:offset:atIndex:", (id)b, 0ul, 1ul);
    f(gpu, command, encoder, p, a, b);
    if (ends) {
        send<void>(encoder, "endEncoding");
        send<void>(command, "commit");
    }
    send<void>(command, "waitUntilCompleted");
    CHECK(send<unsigned long>(command, "status") == 5);
    CHECK_CONTAINS(describe_error(send(command, "error")), message);
    CHECK_CONTAINS(take_errors(), message);
}

static void go(id encoder, MTLSize groups = {1, 1, 1}, MTLSize threads = {64, 1, 1}) { send<void>(encoder, "dispatchThreadgroups:threadsPerThreadgroup:", groups, threads); }

TEST(rules_of_the_encoder) {
    violates("called after endEncoding", [](Gpu&, id c, id e, id, id, id) { send<void>(e, "endEncoding"); go(e); send<void>(c, "commit"); }, false);
    violates("computePipelineState must not be nil", [](Gpu&, id, id e, id, id, id) { send<void>(e, "setComputePipelineState:", (id)nullptr); });
    violates("index(31) must be < 31", [](Gpu&, id, id e, id, id a, id) { send<void>(e, "setBuffer:offset:atIndex:", a, 0ul, 31ul); });
    violates("offset(256) must be < [buffer length](256)", [](Gpu&, id, id e, id, id a, id) { send<void>(e, "setBuffer:offset:atIndex:", a, 256ul, 0ul); });
    violates("offset(300) must be <", [](Gpu&, id, id e, id, id, id) { send<void>(e, "setBufferOffset:atIndex:", 300ul, 0ul); });
    violates("no buffer is set at index 5", [](Gpu&, id, id e, id, id, id) { send<void>(e, "setBufferOffset:atIndex:", 0ul, 5ul); });
    violates("length(4097) must be <= 4096", [](Gpu&, id, id e, id, id, id) { static char big[5000]; send<void>(e, "setBytes:length:atIndex:", (const void*)big, 4097ul, 2ul); });
    violates("must be a multiple of 16", [](Gpu&, id, id e, id, id, id) { send<void>(e, "setThreadgroupMemoryLength:atIndex:", 20ul, 0ul); });
    violates("must be <= 32768", [](Gpu&, id, id e, id, id, id) { send<void>(e, "setThreadgroupMemoryLength:atIndex:", 32784ul, 0ul); });
}

TEST(rules_of_dispatches) {
    violates("computePipelineState must be set", [](Gpu& g, id c, id e, id, id, id) {
        send<void>(e, "endEncoding");
        e = send(c, "computeCommandEncoder");
        go(e);
        send<void>(e, "endEncoding");
        send<void>(c, "commit");
        (void)g;
    }, false);
    violates("(1056) must be <= 1024", [](Gpu&, id, id e, id, id, id) { go(e, {1, 1, 1}, {33, 32, 1}); });
    violates("(65) must be <= 64", [](Gpu& g, id, id e, id, id, id) { send<void>(e, "setComputePipelineState:", pipeline_of(g, "few")); go(e, {1, 1, 1}, {65, 1, 1}); });
    violates("dimension of zero", [](Gpu&, id, id e, id, id, id) { go(e, {0, 1, 1}); });
    violates("dimension of zero", [](Gpu&, id, id e, id, id, id) { go(e, {1, 1, 1}, {1, 0, 1}); });
    violates("missing Buffer binding for argument b at index 1 of kernel copy", [](Gpu&, id, id e, id, id, id) { send<void>(e, "setBuffer:offset:atIndex:", (id)nullptr, 0ul, 1ul); go(e); });
    violates("offset(2) must be a multiple of 4", [](Gpu&, id, id e, id, id a, id) { send<void>(e, "setBuffer:offset:atIndex:", a, 2ul, 0ul); go(e); });
    violates("offset(4) must be a multiple of 16", [](Gpu& g, id, id e, id, id a, id) { send<void>(e, "setComputePipelineState:", pipeline_of(g, "vectors")); send<void>(e, "setBuffer:offset:atIndex:", a, 4ul, 0ul); go(e); });
    violates("(8) must be >= 16 for argument p", [](Gpu& g, id, id e, id, id, id) {
        float two[2] = {};
        send<void>(e, "setComputePipelineState:", pipeline_of(g, "params"));
        send<void>(e, "setBytes:length:atIndex:", (const void*)two, 8ul, 1ul);
        go(e);
    });
    violates("read-only", [](Gpu&, id, id e, id, id, id) { float v[64] = {}; send<void>(e, "setBytes:length:atIndex:", (const void*)v, 256ul, 1ul); go(e); });
    violates("missing threadgroup memory for argument t", [](Gpu& g, id, id e, id, id, id) { send<void>(e, "setComputePipelineState:", pipeline_of(g, "local")); go(e); });
    violates("does not include buffers", [](Gpu&, id, id e, id, id, id) { send<void>(e, "memoryBarrierWithScope:", 2ul); });
}

TEST(rules_of_threadgroup_memory) {
    Gpu gpu;
    std::string error;
    CHECK(!gpu.pipeline(copy, "large", nullptr, &error));
    CHECK_CONTAINS(error, "Threadgroup memory size (32784) exceeds the maximum threadgroup memory allowed (32768)");
    const std::string source = head + R"(
template <typename T, int N> [[kernel]] void f(device float* x [[buffer(0)]], threadgroup float* more [[threadgroup(0)]]) {
    constexpr int rows = N / 2;
    using Row = T[16];
    threadgroup Row tile[rows];
    threadgroup T one, pair[2];
    tile[0][0] = one = 1; more[0] = 1; x[0] = tile[0][0];
}
template [[host_name("f")]] [[kernel]] void f<half, 8>(device float*, threadgroup float*);
kernel void late(device float* x [[buffer(0)]]) { x[0] = 1; threadgroup float t[16384]; t[0] = 1; }
)";
    Owned p = gpu.pipeline(source, "f"), late = gpu.pipeline(source, "late"), x = gpu.buffer(64);
    CHECK(send<unsigned long>(p, "staticThreadgroupMemoryLength") == 4 * 16 * 2 + 6);
    for (unsigned long length : {16384ul, 32752ul}) {
        std::string problem = gpu.run([&](id e) {
            send<void>(e, "setComputePipelineState:", (id)p);
            send<void>(e, "setBuffer:offset:atIndex:", (id)x, 0ul, 0ul);
            send<void>(e, "setThreadgroupMemoryLength:atIndex:", length, 0ul);
            go(e, {1, 1, 1}, {1, 1, 1});
        });
        if (length == 16384) CHECK_EMPTY(problem); else CHECK_CONTAINS(problem, "total threadgroup memory(32886) must be <= 32768");
    }
    CHECK_CONTAINS(gpu.dispatch(late, {x}, {1, 1, 1}, {1, 1, 1}), "exceeds the maximum of 32768");   // not at the top: as it runs
    take_errors();
}

TEST(rules_of_command_buffers) {
    Gpu gpu;
    id command = send(gpu.queue, "commandBuffer");
    send<void>(command, "waitUntilCompleted");
    CHECK_CONTAINS(take_error(), "not committed");
    command = send(gpu.queue, "commandBuffer");
    send<void>(command, "commit");
    send<void>(command, "commit");
    CHECK_CONTAINS(take_error(), "already committed");
    CHECK(send(command, "computeCommandEncoder") == nullptr);
    CHECK_CONTAINS(take_error(), "already committed");
    command = send(gpu.queue, "commandBuffer");
    id encoder = send(command, "computeCommandEncoder");
    send<void>(command, "commit");
    CHECK_CONTAINS(take_error(), "uncommitted encoder");
    send<void>(command, "waitUntilCompleted");
    (void)encoder;
    command = send(gpu.queue, "commandBuffer");
    {
        AutoreleasePool inner;
        send(command, "computeCommandEncoder");
        CHECK(send(command, "computeCommandEncoder") == nullptr);
        CHECK_CONTAINS(take_error(), "already encoding");
    }
    CHECK_CONTAINS(take_error(), "Command encoder released without endEncoding");
    send<void>(command, "commit");
    send<void>(command, "waitUntilCompleted");
    CHECK(send<unsigned long>(command, "status") == 5);
    CHECK(gpu.buffer(0) == nullptr);
    CHECK_CONTAINS(take_error(), "zero length");
    CHECK(send(gpu.device, "newBufferWithLength:options:", 1ul << 40, 0ul) == nullptr);
    CHECK_CONTAINS(take_error(), "maxBufferLength");
}

TEST(interface_blit) {
    Gpu gpu;
    Owned a = gpu.buffer(std::vector<float>{1, 2, 3, 4}), b = gpu.buffer(std::vector<float>(4, 0.0f));
    auto blit = [&](const std::function<void(id)>& f) {
        AutoreleasePool pool;
        id command = send(gpu.queue, "commandBuffer"), e = send(command, "blitCommandEncoder");
        f(e);
        send<void>(e, "endEncoding");
        send<void>(command, "commit");
        send<void>(command, "waitUntilCompleted");
        return describe_error(send(command, "error"));
    };
    struct NSRange { unsigned long location, length; };
    CHECK_EMPTY(blit([&](id e) {
        send<void>(e, "copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:", (id)a, 4ul, (id)b, 8ul, 8ul);
        send<void>(e, "fillBuffer:range:value:", (id)b, NSRange{0, 4}, (unsigned char)0);
    }));
    CHECK(Gpu::contents<float>(b)[2] == 2 && Gpu::contents<float>(b)[3] == 3 && Gpu::contents<float>(b)[0] == 0);
    CHECK_CONTAINS(blit([&](id e) { send<void>(e, "copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:", (id)a, 12ul, (id)b, 0ul, 8ul); }), "[sourceBuffer length](16)");
    CHECK_CONTAINS(blit([&](id e) { send<void>(e, "copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:", (id)a, 0ul, (id)a, 4ul, 8ul); }), "overlap");
    CHECK_CONTAINS(blit([&](id e) { send<void>(e, "fillBuffer:range:value:", (id)a, NSRange{12, 8}, (unsigned char)0); }), "exceeds");
    take_errors();
}

TEST(faults) {
    Gpu gpu;
    softmetal_set_fault("nil-device");
    CHECK(MTLCreateSystemDefaultDevice() == nullptr);
    CHECK(send<unsigned long>(Owned(MTLCopyAllDevices()), "count") == 0);
    softmetal_set_fault("");
    softmetal_set_fault("alloc:2");
    Owned one = gpu.buffer(4), two = gpu.buffer(4), three = gpu.buffer(4);
    CHECK(one && !two && three);
    std::string error;
    softmetal_set_fault("compile");
    CHECK(!gpu.library(copy, &error));
    CHECK_CONTAINS(error, "program_source:1:1: error:");
    CHECK(gpu.library(copy));
    softmetal_set_fault("pipeline");
    CHECK(!gpu.pipeline(copy, "copy", nullptr, &error));
    CHECK_CONTAINS(error, "internal error");
    softmetal_set_fault("queue");
    CHECK(send(gpu.device, "newCommandQueue") == nullptr);
    softmetal_set_fault("commandbuffer:2");
    Owned p = gpu.pipeline(copy, "params"), out = gpu.buffer(std::vector<float>(4, 5.0f)), four = gpu.buffer(std::vector<float>(4, 6.0f));
    CHECK_EMPTY(gpu.dispatch(p, {out, four}, {1, 1, 1}, {1, 1, 1}));
    *Gpu::contents<float>(out) = 5;
    CHECK_CONTAINS(gpu.dispatch(p, {out, four}, {1, 1, 1}, {1, 1, 1}), "GPU Hang");
    CHECK(*Gpu::contents<float>(out) == 5);         // a failed command buffer has done nothing
    CHECK_EMPTY(gpu.dispatch(p, {out, four}, {1, 1, 1}, {1, 1, 1}));
    softmetal_set_fault("no-simdgroup-matrix");
    CHECK(!send<bool>(gpu.device, "supportsFamily:", 1007l) && send<bool>(gpu.device, "supportsFamily:", 1005l));
    const std::string matrices = head + "kernel void m(device float* x [[buffer(0)]]) {\nsimdgroup_float8x8 a;\nsimdgroup_load(a, x);\nsimdgroup_store(a, x);\n}\nkernel void plain(device float* x [[buffer(0)]]) { x[0] = 1; }";
    CHECK(!gpu.pipeline(matrices, "m", nullptr, &error));
    CHECK_CONTAINS(error, "simdgroup_matrix");
    CHECK(gpu.pipeline(matrices, "plain"));
    softmetal_set_fault("");
    CHECK(gpu.pipeline(matrices, "m"));
    CHECK(softmetal_set_fault("no-such-fault") == 0);
}

TEST(work_runs_after_commit_and_in_order) {
    Gpu gpu;
    Owned slow = gpu.pipeline(copy, "slow"), copies = gpu.pipeline(copy, "copy"), a = gpu.buffer(std::vector<float>{0}), b = gpu.buffer(std::vector<float>{0});
    auto encode = [&](id p, id x, id y) {
        id command = send(gpu.queue, "commandBuffer"), e = send(command, "computeCommandEncoder");
        send<void>(e, "setComputePipelineState:", p);
        send<void>(e, "setBuffer:offset:atIndex:", x, 0ul, 0ul);
        send<void>(e, "setBuffer:offset:atIndex:", y, 0ul, 1ul);
        go(e, {1, 1, 1}, {1, 1, 1});
        send<void>(e, "endEncoding");
        return command;
    };
    id first = encode(slow, a, b), second = encode(copies, a, b);
    CHECK(*Gpu::contents<float>(a) == 0 && send<unsigned long>(first, "status") == 0);
    send<void>(first, "commit");
    send<void>(second, "commit");
    CHECK(*Gpu::contents<float>(a) == 0 && send<unsigned long>(second, "status") < 4);   // not waited for: not there
    send<void>(second, "waitUntilCompleted");
    CHECK(*Gpu::contents<float>(b) == 1 && send<unsigned long>(first, "status") == 4 && send<unsigned long>(second, "status") == 4);
    double start = send<double>(first, "GPUStartTime"), end = send<double>(first, "GPUEndTime");
    CHECK(end > start && end <= send<double>(second, "GPUStartTime"));
}

TEST(unretained_buffers_must_outlive_their_work) {
    Gpu gpu;
    for (bool retained : {true, false}) {
        AutoreleasePool pool;
        Owned p = gpu.pipeline(copy, "few");
        id command = send(gpu.queue, retained ? "commandBuffer" : "commandBufferWithUnretainedReferences"), e = send(command, "computeCommandEncoder");
        {
            Owned b = gpu.buffer(16);
            send<void>(e, "setComputePipelineState:", (id)p);
            send<void>(e, "setBuffer:offset:atIndex:", (id)b, 0ul, 0ul);
            go(e, {1, 1, 1}, {1, 1, 1});
        }
        send<void>(e, "endEncoding");
        send<void>(command, "commit");
        send<void>(command, "waitUntilCompleted");
        std::string error = describe_error(send(command, "error"));
        if (retained) CHECK_EMPTY(error); else CHECK_CONTAINS(error, "was deallocated while the command buffer that uses it was pending");
    }
    take_errors();
}

TEST(divergence_is_an_error_and_not_a_hang) {
    Gpu gpu;
    auto error = [&](const char* body, unsigned long threads) {
        Owned p = gpu.pipeline(head + "kernel void f(device float* x [[buffer(0)]], uint i [[thread_position_in_grid]]) {\n" + body + "\n}", "f"), x = gpu.buffer(4096);
        return gpu.dispatch(p, {x}, {1, 1, 1}, {threads, 1, 1});
    };
    for (const char* order : {"forward", "reverse", "random"}) {
        softmetal_set_option("order", order);
        CHECK_CONTAINS(error("if (i < 40) threadgroup_barrier(mem_flags::mem_none);", 64), "divergent threadgroup_barrier at program_source:4: reached by 40 threads of 64");
        CHECK_CONTAINS(error("if (i < 40)\n threadgroup_barrier(mem_flags::mem_none);\nelse threadgroup_barrier(mem_flags::mem_none);", 64), "divergent threadgroup_barrier");
        CHECK_CONTAINS(error("if (i < 5) x[i] = simd_sum(x[i]);", 32), "divergent simd_sum at program_source:4: reached by 5 lanes of 32");
        CHECK_CONTAINS(error("if (i < 5) x[i] = simd_sum(x[i]);\nelse x[i] = simd_max(x[i]);", 32), "divergent simd_");
        CHECK_CONTAINS(error("x[i] = simd_sum(x[i]);", 40), "in a partial simdgroup of 8 threads");
    }
    softmetal_set_option("order", "forward");
    softmetal_set_option("partial-simd", "1");
    Owned p = gpu.pipeline(head + "kernel void f(device float* x [[buffer(0)]], uint i [[thread_position_in_grid]]) { if (i < 5) x[i] = simd_sum(float(i));\nelse x[i] = simd_max(float(i)); }", "f"), x = gpu.buffer(160);
    CHECK_EMPTY(gpu.dispatch(p, {x}, {1, 1, 1}, {40, 1, 1}));
    CHECK(Gpu::contents<float>(x)[4] == 10 && Gpu::contents<float>(x)[5] == 31 && Gpu::contents<float>(x)[39] == 39);
    softmetal_set_option("partial-simd", "0");
    take_errors();
}

TEST(guard_pages_and_wild_pointers) {
    Gpu gpu;
    const std::string source = head + "kernel void f(device float* x [[buffer(0)]], constant int& k [[buffer(1)]], uint i [[thread_position_in_grid]]) {\n  x[int(i) + k] = 1;\n}";
    auto error = [&](const char* guard, int k) {
        softmetal_set_option("guard", guard);
        Owned p = gpu.pipeline(source, "f"), x = gpu.buffer(64), offset = gpu.buffer(std::vector<int>{k});
        std::string text = gpu.dispatch(p, {x, offset}, {1, 1, 1}, {16, 1, 1});
        softmetal_set_option("guard", "0");
        return text;
    };
    CHECK_EMPTY(error("1", 0));
    CHECK_EMPTY(error("before", 0));
    CHECK_CONTAINS(error("1", 1), "out of bounds: access at byte 64 of a buffer of 64 bytes at program_source:4");
    CHECK_CONTAINS(error("before", -1), "out of bounds: access at byte -4 of a buffer of 64 bytes at program_source:4");
    CHECK_CONTAINS(error("0", 500000000), "which belongs to no buffer at program_source:4");
    CHECK_EMPTY(error("0", 0));                     // and life goes on
    take_errors();
}

TEST(order_modes_show_what_depends_on_order) {
    Gpu gpu;
    Owned p = gpu.pipeline(head + "kernel void f(device atomic_uint* n [[buffer(0)]], device uint* x [[buffer(1)]], uint i [[thread_position_in_grid]]) { x[atomic_fetch_add_explicit(n, 1u, memory_order_relaxed)] = i; }", "f");
    softmetal_set_option("threads", "1");
    std::vector<std::vector<unsigned>> seen;
    for (const char* order : {"forward", "reverse", "random:1", "random:2"}) {
        softmetal_set_option("order", order);
        Owned n = gpu.buffer(std::vector<unsigned>{0}), x = gpu.buffer(256 * 4);
        CHECK_EMPTY(gpu.dispatch(p, {n, x}, {4, 1, 1}, {64, 1, 1}));
        auto* c = Gpu::contents<unsigned>(x);
        seen.emplace_back(c, c + 256);
    }
    softmetal_set_option("order", "forward");
    softmetal_set_option("threads", "0");
    CHECK(seen[0][0] == 0 && seen[0][255] == 255);
    CHECK(seen[1][0] == 255 && seen[1][255] == 0);
    CHECK(seen[2] != seen[0] && seen[3] != seen[0]);
}

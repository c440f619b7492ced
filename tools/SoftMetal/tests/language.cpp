// The language: a kernel for every feature of the dialect, its results compared with C++.
#include "client.hpp"
#include <cmath>

static const std::string head = "#include <metal_stdlib>\n#include <metal_simdgroup>\n#include <metal_simdgroup_matrix>\n#include <metal_atomic>\nusing namespace metal;\n";

// Runs kernel f over `threads` threads of one group with one output buffer of floats.
static std::vector<float> floats(const std::string& source, size_t outputs, unsigned long threads = 1, std::vector<float> input = {0}) {
    Gpu gpu;
    Owned p = gpu.pipeline(head + source, "f");
    if (!p) { failed(__FILE__, __LINE__, "no pipeline for %s", source.substr(0, 120).c_str()); return std::vector<float>(outputs, NAN); }
    Owned out = gpu.buffer(outputs * 4), in = gpu.buffer(input);
    std::string error = gpu.dispatch(p, {out, in}, {1, 1, 1}, {threads, 1, 1});
    if (!error.empty()) failed(__FILE__, __LINE__, "%s", error.c_str());
    float* c = Gpu::contents<float>(out);
    return std::vector<float>(c, c + outputs);
}

static void expect(const std::string& source, const std::vector<float>& wanted, unsigned long threads = 1, std::vector<float> input = {0}) {
    auto got = floats(source, wanted.size(), threads, input);
    for (size_t i = 0; i < wanted.size(); i++)
        if (!(got[i] == wanted[i] || (std::isnan(got[i]) && std::isnan(wanted[i]))))
            failed(__FILE__, __LINE__, "element %zu is %g, not %g, in %s", i, got[i], wanted[i], source.substr(0, 200).c_str());
}

static std::string body(const std::string& statements) {
    return "kernel void f(device float* out [[buffer(0)]], device const float* in [[buffer(1)]], uint i [[thread_position_in_grid]],\n"
           "    uint lane [[thread_index_in_simdgroup]], uint simd [[simdgroup_index_in_threadgroup]]) {\n" + statements + "\n}\n";
}

TEST(language_literals) {
    expect(body("out[0] = 1 / 3.0 == 1.0f / 3.0f; out[1] = 0.1h == half(0.1f); out[2] = float(1.5h); out[3] = sizeof(1.0) == 4; out[4] = float(2.0bf);"
                "out[5] = 1e-3; out[6] = 0x1p4; out[7] = 1u << 31 > 0; out[8] = float(0xFFul);"),
           {1, 1, 1.5f, 1, 2, 1e-3f, 16, 1, 255});
}

TEST(language_half_conversions) {
    // Every half to float and back; rounding to even; denormals, infinities.
    auto out = floats(body("float bad = 0; for (uint b = 0; b < 65536; b++) { half h = as_type<half>(ushort(b)); half back = half(float(h));"
                           "if (!isnan(h) && as_type<ushort>(back) != b) bad += 1; if (isnan(h) && !isnan(back)) bad += 1; } out[0] = bad;"
                           "out[1] = half(65519.0f); out[2] = half(65520.0f); out[3] = half(0x1p-25f); out[4] = half(0x1.8p-25f); out[5] = half(1.0f + 0x1p-11f); out[6] = half(1.0f + 0x1.8p-10f);"
                           "out[7] = bfloat(1.0f + 0x1p-8f); out[8] = bfloat(1.0f + 0x1.8p-7f); out[9] = float(bfloat(3.4e38f)); out[10] = isnan(bfloat(NAN)); out[11] = as_type<ushort>(bfloat(-2.0f));"), 12);
    std::vector<float> wanted = {0, 65504, INFINITY, 0, 0x1p-24f, 1, 1 + 0x1p-9f, 1, 1 + 0x1p-6f, INFINITY, 1, 49152};
    for (size_t i = 0; i < wanted.size(); i++) if (i != 9) CHECK(out[i] == wanted[i]);
    CHECK(out[9] > 3.3e38f);
}

TEST(language_half_arithmetic) {
    expect(body("half a = 1.0h, b = 3.0h; half q = a / b; out[0] = float(q) == float(half(1.0f / 3.0f)); a += 0.5h; out[1] = a; a *= b; out[2] = a; out[3] = -a;"
                "out[4] = a > b; out[5] = a * 2.0f; out[6] = float(a + 1); half2 v = half2(1.0h, 2.0h) * 3.0h; out[7] = v.x; out[8] = v.y; bfloat c = bfloat(2.0f); c -= bfloat(0.5f); out[9] = c;"
                "half4 w = half4(float4(1, 2, 3, 4)); out[10] = float4(w).w; out[11] = is_same_v<decltype(a + b), half>; out[12] = is_same_v<decltype(a + 1.0f), float>;"
                "out[13] = max(a, b); out[14] = sqrt(16.0h); out[15] = numeric_limits<half>::max(); out[16] = isinf(numeric_limits<bfloat>::infinity());"),
           {1, 1.5f, 4.5f, -4.5f, 1, 9, 5.5f, 3, 6, 1.5f, 4, 1, 1, 4.5f, 4, 65504, 1});
}

TEST(language_vectors) {
    expect(body("float4 a = float4(1, 2, 3, 4), b = float4(2.0f); float4 c = a * b + 1.0f; out[0] = c.x; out[1] = c[3]; float2 p = a.yz; out[2] = p.x + p.y; a.xy = a.yx; out[3] = a.x; a.zw += float2(10, 20);"
                "out[4] = a.w; float3 q = float3(p, 9); out[5] = q.z; out[6] = dot(q, float3(1, 1, 1)); bool4 m = c > 5.0f; out[7] = any(m); out[8] = all(m); c = select(c, float4(0), m); out[9] = c.w;"
                "uint2 u = uint2(7, 9) / 2u; out[10] = u.y; int3 s = -int3(1, 2, 3); out[11] = s.z; out[12] = sizeof(float3); out[13] = sizeof(packed_float3); out[14] = sizeof(half3); out[15] = alignof(float4);"
                "packed_float3 k = packed_float3(1, 2, 3); float3 kk = k; out[16] = kk.z + k[0]; out[17] = a.rgba.a; float4 d = c; d.x = 42; out[18] = d.r; uint4 e = uint4(float4(1.9f)); out[19] = e.x;"
                "out[20] = as_type<float2>(uint2(0x3f800000, 0x40000000)).y; vec<float, 4> g(1.0f); out[21] = g.z; out[22] = length(float2(3, 4)); out[23] = max(float2(1, 5), float2(2, 3)).y; float4 h = a.wzyx; out[24] = h.x;"),
           {3, 9, 5, 2, 24, 9, 14, 1, 0, 0, 4, -3, 16, 12, 8, 16, 4, 24, 42, 1, 2, 1, 5, 5, 24});
}

TEST(language_mathematics) {
    auto out = floats(body("float x = in[i]; out[0] = exp(x); out[1] = log(x); out[2] = metal::precise::sin(x); out[3] = fast::tanh(x); out[4] = rsqrt(x); out[5] = pow(x, 3.0f); out[6] = fma(x, x, 1.0f);"
                           "out[7] = round(2.5f); out[8] = rint(2.5f); out[9] = fract(-0.25f); out[10] = sign(-3.0f); out[11] = clamp(x, 0.0f, 0.5f); out[12] = mix(1.0f, 3.0f, 0.5f); out[13] = step(1.0f, x);"
                           "out[14] = fmod(5.5f, 2.0f); out[15] = max(NAN, 1.0f); out[16] = min(1, 2); out[17] = abs(-3); out[18] = popcount(255u); out[19] = clz(1u); out[20] = ctz(8u); out[21] = mulhi(0x80000000u, 4u);"
                           "out[22] = sinpi(0.5f); out[23] = cospi(1.0f); out[24] = exp10(2.0f); out[25] = saturate(3.0f); out[26] = isnan(NAN); out[27] = isinf(INFINITY); out[28] = copysign(1.0f, -2.0f); out[29] = rotate(0x80000001u, 1u);"
                           "out[30] = select(1.0f, 2.0f, true); out[31] = atan2(1.0f, 1.0f); out[32] = reverse_bits(1u) == 0x80000000u; out[33] = extract_bits(0xF0u, 4u, 4u); out[34] = exp2(float2(3.0f, 4.0f)).y; out[35] = ldexp(1.0f, 3);"), 36, 1, {0.75f});
    std::vector<float> wanted = {expf(.75f), logf(.75f), sinf(.75f), tanhf(.75f), 1 / sqrtf(.75f), powf(.75f, 3), .75f * .75f + 1, 3, 2, .75f, -1, .5f, 2, 0,
                                 1.5f, 1, 1, 3, 8, 31, 3, 2, 1, -1, 100, 1, 1, 1, -1, 3, 2, atan2f(1, 1), 1, 15, 16, 8};
    for (size_t i = 0; i < wanted.size(); i++)
        if (!(fabsf(out[i] - wanted[i]) <= 1e-6f * fabsf(wanted[i]))) failed(__FILE__, __LINE__, "element %zu is %g, not %g", i, out[i], wanted[i]);
}

TEST(language_attributes) {
    Gpu gpu;
    Owned p = gpu.pipeline(head + R"(
kernel void f(device uint* out [[buffer(0)]], uint3 g [[thread_position_in_grid]], ushort3 t [[thread_position_in_threadgroup]], uint index [[thread_index_in_threadgroup]],
              uint2 group [[threadgroup_position_in_grid]], uint3 groups [[threadgroups_per_grid]], uint3 grid [[threads_per_grid]], uint3 size [[threads_per_threadgroup]],
              ushort3 full [[dispatch_threads_per_threadgroup]], uint lane [[thread_index_in_simdgroup]], uint simd [[simdgroup_index_in_threadgroup]],
              uint simds [[simdgroups_per_threadgroup]], ushort width [[threads_per_simdgroup]], uint w2 [[thread_execution_width]], uint quad [[thread_index_in_quadgroup]]) {
    uint at = (g.x + grid.x * (g.y + grid.y * g.z)) * 8;
    out[at] = t.x + 10 * t.y + 100 * t.z; out[at + 1] = index; out[at + 2] = group.x + 10 * group.y; out[at + 3] = groups.x + 10 * groups.y + 100 * groups.z;
    out[at + 4] = size.x + 100 * size.y; out[at + 5] = full.x + 100 * full.y; out[at + 6] = lane + 100 * simd + 10000 * simds; out[at + 7] = width + w2 + quad;
})", "f");
    CHECK(p);
    if (!p) return;
    const unsigned long X = 10, Y = 5, Z = 2;       // groups of 8 × 4 × 1: the last are smaller
    Owned out = gpu.buffer(X * Y * Z * 8 * 4);
    CHECK_EMPTY(gpu.run([&](id e) {
        send<void>(e, "setComputePipelineState:", (id)p);
        send<void>(e, "setBuffer:offset:atIndex:", (id)out, 0ul, 0ul);
        send<void>(e, "dispatchThreads:threadsPerThreadgroup:", MTLSize{X, Y, Z}, MTLSize{8, 4, 1});
    }));
    auto* o = Gpu::contents<unsigned>(out);
    for (unsigned z = 0; z < Z; z++) for (unsigned y = 0; y < Y; y++) for (unsigned x = 0; x < X; x++, o += 8) {
        unsigned sx = x < 8 ? 8 : 2, sy = y < 4 ? 4 : 1, tx = x % 8, ty = y % 4, index = tx + sx * ty;
        CHECK(o[0] == tx + 10 * ty && o[1] == index && o[2] == x / 8 + 10 * (y / 4) && o[3] == 2 + 20 + 200);
        CHECK(o[4] == sx + 100 * sy && o[5] == 8 + 400 && o[6] == index % 32 + 100 * (index / 32) + 10000 * ((sx * sy + 31) / 32) && o[7] == 64 + index % 4);
    }
}

TEST(language_templates_and_host_names) {
    Gpu gpu;
    Owned lib = gpu.library(head + R"(
struct Add { template <typename T> T operator()(T a, T b) thread const { return a + b; } };
struct Mul { template <typename T> T operator()(T a, T b) { return a * b; } };
template <typename T, typename Op, int N = 1>
[[kernel]] void binary(device const T* a [[buffer(0)]], device const T* b [[buffer(1)]], device T* c [[buffer(2)]], uint i [[thread_position_in_grid]]) {
    for (int k = 0; k < N; k++) c[i * N + k] = Op()(a[i * N + k], b[i * N + k]);
}
#define INSTANTIATE(name, T, Op) template [[host_name("binary_" #name)]] [[kernel]] void binary<T, Op>(device const T*, device const T*, device T*, uint);
INSTANTIATE(add_float, float, Add)
INSTANTIATE(mul_int, int, Mul)
template [[host_name("add4_half")]] [[kernel]] decltype(binary<half, Add, 4>) binary<half, Add, 4>;
kernel void plain(device float* x [[buffer(0)]]) { x[0] = 1; }
)");
    CHECK(lib);
    if (!lib) return;
    id names = send(lib, "functionNames");
    CHECK(send<unsigned long>(names, "count") == 4);
    auto run = [&](const char* name, const std::vector<id>& buffers, unsigned long threads) {
        Owned f(send(lib, "newFunctionWithName:", string(name)));
        Owned p(send(gpu.device, "newComputePipelineStateWithFunction:error:", (id)f, (id*)nullptr));
        CHECK_EMPTY(gpu.dispatch(p, buffers, {1, 1, 1}, {threads, 1, 1}));
        CHECK(text_of(send(f, "name")) == name);
    };
    Owned a = gpu.buffer(std::vector<float>{1, 2}), b = gpu.buffer(std::vector<float>{3, 4}), c = gpu.buffer(8);
    run("binary_add_float", {a, b, c}, 2);
    CHECK(Gpu::contents<float>(c)[1] == 6);
    Owned ia = gpu.buffer(std::vector<int>{5, 6}), ib = gpu.buffer(std::vector<int>{7, -8}), ic = gpu.buffer(8);
    run("binary_mul_int", {ia, ib, ic}, 2);
    CHECK(Gpu::contents<int>(ic)[1] == -48);
    Owned ha = gpu.buffer(std::vector<uint16_t>(8, 0x3c00)), hc = gpu.buffer(16);
    run("add4_half", {ha, ha, hc}, 2);
    CHECK(Gpu::contents<uint16_t>(hc)[7] == 0x4000);
    CHECK(send(lib, "newFunctionWithName:", string("no_such")) == nullptr);
}

TEST(language_function_constants) {
    Gpu gpu;
    const std::string source = head + R"(
constant bool scaled [[function_constant(0)]];
constant float scale [[function_constant(1)]];
constant uint count [[function_constant(5)]];
constant int offset_or [[function_constant(9)]];
constant int offset = is_function_constant_defined(offset_or) ? offset_or : 20;
constant bool both = scaled && count > 2u;
kernel void f(device float* out [[buffer(0)]], device const float* extra [[buffer(1), function_constant(scaled)]]) {
    out[0] = scaled ? scale * extra[0] : -1.0f; out[1] = float(max(count, 3u)); out[2] = both; out[3] = offset;
}
kernel void g(device float* out [[buffer(0)]]) { out[0] = 7; }
)";
    auto constants = [&](bool scaled, float scale, unsigned count) {
        Owned v(send(send(objc_getClass("MTLFunctionConstantValues"), "alloc"), "init"));
        send<void>(v, "setConstantValue:type:atIndex:", (const void*)&scaled, 53ul, 0ul);
        send<void>(v, "setConstantValue:type:withName:", (const void*)&scale, 3ul, string("scale"));
        send<void>(v, "setConstantValue:type:atIndex:", (const void*)&count, 33ul, 5ul);
        return v;
    };
    Owned one = constants(true, 2.5f, 10), two = constants(false, 0.0f, 1);
    Owned p = gpu.pipeline(source, "f", one), q = gpu.pipeline(source, "f", two), out = gpu.buffer(16), extra = gpu.buffer(std::vector<float>{4});
    CHECK_EMPTY(gpu.dispatch(p, {out, extra}, {1, 1, 1}, {1, 1, 1}));
    float* o = Gpu::contents<float>(out);
    CHECK(o[0] == 10 && o[1] == 10 && o[2] == 1 && o[3] == 20);
    CHECK_EMPTY(gpu.dispatch(q, {out}, {1, 1, 1}, {1, 1, 1}));
    CHECK(o[0] == -1 && o[1] == 3 && o[2] == 0);
    CHECK_EMPTY(gpu.dispatch(p, {out, extra}, {1, 1, 1}, {1, 1, 1}));   // each pipeline keeps its own
    CHECK(o[0] == 10);

    std::string error;
    CHECK(!gpu.pipeline(source, "f", nullptr, &error));
    CHECK_CONTAINS(error, "must be specialized");
    CHECK(gpu.pipeline(source, "g"));               // reaches none of them
    Owned missing(send(send(objc_getClass("MTLFunctionConstantValues"), "alloc"), "init"));
    CHECK(!gpu.pipeline(source, "f", missing, &error));
    CHECK_CONTAINS(error, "function constant 'scaled' (index 0)");
    Owned wrong = constants(true, 1, 1);
    int i = 1;
    send<void>(wrong, "setConstantValue:type:atIndex:", (const void*)&i, 29ul, 1ul);
    CHECK(!gpu.pipeline(source, "f", wrong, &error));
    CHECK_CONTAINS(error, "is of type float, but its value was set as int");
    CHECK_CONTAINS(take_error(), "is of type float");
}

TEST(language_macros_and_options) {
    Gpu gpu;
    Owned options(send(objc_getClass("MTLCompileOptions"), "new"));
    id keys[] = {string("WIDTH"), string("NAME")}, values[] = {send(objc_getClass("NSNumber"), "numberWithInt:", 12), string("f")};
    send<void>(options, "setPreprocessorMacros:", send(objc_getClass("NSDictionary"), "dictionaryWithObjects:forKeys:count:", (const id*)values, (const id*)keys, 2ul));
    send<void>(options, "setLanguageVersion:", (3ul << 16) + 1);
    send<void>(options, "setMathMode:", 0l);
    id error = nullptr;
    Owned lib(send(gpu.device, "newLibraryWithSource:options:error:", string(head + "kernel void NAME(device float* x [[buffer(0)]]) { x[0] = WIDTH; x[1] = __METAL_VERSION__; }"), (id)options, &error));
    CHECK_EMPTY(describe_error(error));
    Owned f(send(lib, "newFunctionWithName:", string("f"))), p(send(gpu.device, "newComputePipelineStateWithFunction:error:", (id)f, &error)), x = gpu.buffer(8);
    CHECK_EMPTY(gpu.dispatch(p, {x}, {1, 1, 1}, {1, 1, 1}));
    CHECK(Gpu::contents<float>(x)[0] == 12 && Gpu::contents<float>(x)[1] == 310);
}

TEST(language_address_spaces_and_storage) {
    expect(R"(
constant float table[4] = {1, 2, 3, 4};
constant constexpr int size = 4;
struct Params { int n; float scale; float4 v; };
struct Pair { float a, b; };
constant constexpr int3 shifts = {1, 2, 3};
struct Box {
    float v;
    Box() thread = default;
    Box() threadgroup = default;
    Box() constant = default;
    explicit Box(float x) thread : v(x) {}
    explicit Box(float x) constant : v(x) {}
    float get() const device { return v; }
    float get() const thread { return v; }
    float get() const constant { return v; }
};
template <typename T> T first(const device T* p) { return p[0]; }
template <typename T> T first(const threadgroup T* p) { return p[0]; }
float total(threadgroup const float (&a)[2][4], thread const Pair& p) { float s = p.a; for (int i = 0; i < 8; i++) s += a[i / 4][i % 4]; return s; }
)" + body(R"(
    threadgroup float a[2][4], b;
    threadgroup Pair pairs[size];
    threadgroup metal::array<float, 3> c;
    if (lane < 8) a[lane / 4][lane % 4] = table[lane % 4];
    if (lane == 0) { b = 5; pairs[2].b = 6; c[1] = 7; }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    threadgroup float* row = &a[1][0];
    threadgroup float& ref = b;
    Pair p{0.5f, 0};
    thread Pair& q = p;
    const constant float* t = table + 1;
    Box box(3 - 3 + shifts.z);
    if (lane == 31) { out[0] = total(a, q); out[1] = row[3]; out[2] = ref + pairs[2].b + c[1]; out[3] = *t; out[4] = first(in); out[5] = first(row); out[6] = box.get(); out[7] = sizeof(Params); }
)"), {20.5f, 4, 18, 2, 9, 1, 3, 32}, 32, {9});
}

TEST(language_simd_operations) {
    expect(body(R"(
    float v = float(lane + 1);
    float r[24];
    r[0] = simd_sum(v); r[1] = simd_max(v);
    r[2] = simd_min(v);
    r[3] = simd_prefix_inclusive_sum(v);
    r[4] = simd_prefix_exclusive_sum(v);
    r[5] = simd_shuffle(v, 3);
    r[6] = simd_shuffle_down(v, 1);
    r[7] = simd_shuffle_up(v, 1);
    r[8] = simd_shuffle_xor(v, 1);
    r[9] = simd_broadcast(v, 9);
    r[10] = simd_broadcast_first(v);
    r[11] = float(ulong(simd_ballot(lane < 4)));
    r[12] = simd_all(lane < 32);
    r[13] = simd_any(lane == 40);
    r[14] = float(simd_or(uint(lane == 5) << 3));
    r[15] = simd_product(lane < 3 ? 2.0f : 1.0f);
    r[16] = quad_sum(v);
    r[17] = float(simd_sum(half(1.0h)));
    r[18] = simd_sum(float2(1, 2)).y;
    r[19] = simd_shuffle_rotate_down(v, 31);
    r[20] = simd_shuffle_and_fill_up(v, 50.0f + v, 2);
    r[21] = float(simd_xor(lane));
    r[22] = quad_broadcast(v, 2);
    r[23] = simd_is_first();
    if (i == 32 + 6) for (int k = 0; k < 24; k++) out[k] = r[k];
    if (i == 63) { out[24] = r[6]; out[25] = r[3]; }
    if (i == 32) { out[26] = r[7]; out[27] = r[20]; out[28] = r[23]; })"),
           {528, 32, 1, 28, 21, 4, 8, 6, 8, 10, 1, 15, 1, 0, 8, 8, 26, 32, 64, 6, 5, 0, 7, 0, 32, 528, 1, 81, 1}, 64);
}

TEST(language_simdgroup_matrix) {
    for (const char* type : {"float", "half", "bfloat"}) {
        std::string T = type;
        std::vector<float> in(256);
        for (int k = 0; k < 256; k++) in[k] = float((k * 7) % 11 - 5);
        auto out = floats(body("threadgroup " + T + " a[16 * 16];\nthreadgroup " + T + " b[64];\nthreadgroup float c[64];\n"
            "for (uint k = lane; k < 256; k += 32) a[k] = " + T + "(in[k]);\nfor (uint k = lane; k < 64; k += 32) b[k] = " + T + "(in[k + 64]);\n"
            "threadgroup_barrier(mem_flags::mem_threadgroup);\nsimdgroup_matrix<" + T + ", 8, 8> ma, mb;\nsimdgroup_float8x8 mc = make_filled_simdgroup_matrix<float, 8, 8>(0.5f);\n"
            "simdgroup_load(ma, a, 16, ulong2(8, 4));\nsimdgroup_load(mb, b, 8, 0, true);\nsimdgroup_multiply_accumulate(mc, ma, mb, mc);\n"
            "mc.thread_elements()[0] *= 2.0f; mc.thread_elements()[1] *= 2.0f;\nsimdgroup_store(mc, c, 8);\nthreadgroup_barrier(mem_flags::mem_threadgroup);\n"
            "for (uint k = lane; k < 64; k += 32) out[k] = c[k];\nsimdgroup_multiply(mc, ma, mb);\nsimdgroup_store(mc, out + 64, 16, ulong2(0, 0), true);"), 64 + 128, 32, in);
        for (int r = 0; r < 8; r++) for (int c = 0; c < 8; c++) {
            float s = 0;
            for (int k = 0; k < 8; k++) s += in[(r + 4) * 16 + 8 + k] * in[64 + c * 8 + k];
            if (out[r * 8 + c] != 2 * (s + 0.5f)) failed(__FILE__, __LINE__, "%d %d: %g, not %g; %g", r, c, out[r * 8 + c], 2 * (s + 0.5f), out[64 + c * 16 + r]);
            CHECK(out[64 + c * 16 + r] == s);
        }
    }
}

TEST(language_matrices) {
    expect(body(R"(
    float2x3 a = float2x3(float3(1, 2, 3), float3(4, 5, 6));
    float3x2 t = transpose(a);
    float2 v = t * float3(1, 0, 2);
    float3 w = a * float2(2, 1);
    float2 u = float3(1, 1, 1) * a;
    float3x3 p = a * t;
    float4x4 d = float4x4(2.0f);
    d[3][0] = 5.0f;
    half4x4 h = half4x4(d * 0.5f);
    float2x2 e(1, 2, 3, 4);
    e += e;
    if (lane == 0) { out[0] = v.x; out[1] = v.y; out[2] = w.z; out[3] = u.y; out[4] = p[2][1]; out[5] = determinant(d); out[6] = float(h[3][0]);
        out[7] = e[1][0]; out[8] = sizeof(float3x3); out[9] = determinant(float3x3(float3(2, 0, 1), float3(1, 3, 0), float3(0, 1, 4))); out[10] = (float4(1, 1, 1, 1) * d).w; })"),
           {7, 16, 12, 15, 36, 16, 2.5f, 6, 48, 25, 7});
}

TEST(language_what_shaders_of_others_use) {
    Gpu gpu;
    Owned p = gpu.pipeline(head + R"(
#define BASE 4
constant int shift [[function_constant(BASE * 100 + (3 - 1))]];
struct Block { union { struct { half d; half m; }; half2 dm; }; uint8_t q[4]; };
template <typename V> void unpack(device const Block* b, short at, thread V& out) { for (int i = 0; i < 4; i++) out[i] = float(b->d) * float(b->q[i]) + float(b->dm.y) + at; }
typedef void (sums_t)(device const Block* blocks [[buffer(0)]], device float* out [[buffer(1)]], threadgroup float* scratch [[threadgroup(0)]], uint i [[thread_position_in_grid]]);
template <typename B, typename V, void (*read)(device const B*, short, thread V&)>
kernel void sums(device const B* blocks [[buffer(BASE - 4)]], device float* out [[buffer(BASE / 4)]], threadgroup float* scratch [[threadgroup(0)]], uint i [[thread_position_in_grid]]) {
    threadgroup float seen[1];
    V v;
    read(blocks, 1, v);
    float many[6] = { [ 0 ... 6 - 1 ] = 0.5f };
    scratch[0] = seen[0] = pow(3.0f, 2) + many[5] + clamp(fmax(0.0f, v) - float4(packed_uchar4(1)), 0.0f, 9.0f).z;
    out[0] = v.x + v.w; out[1] = scratch[0]; out[2] = seen[0] > 9.0f ? half(2.0f) : 1.0f; out[3] = float(numeric_limits<half>::max()) + vec_elements<float4>::value + shift;
}
template [[host_name("sums_half")]] kernel sums_t sums<Block, float4, unpack<float4>>;
)", "sums_half", [] {
        static Owned values(send(send(objc_getClass("MTLFunctionConstantValues"), "alloc"), "init"));
        static const int seven = 7;
        send<void>(values, "setConstantValue:type:atIndex:", (const void*)&seven, 29ul, 402ul);
        return (id)values;
    }());
    CHECK(p);
    if (!p) return;
    // d = 2, m = 1; out = 2q + 1 + 1.
    Owned blocks = gpu.buffer(std::vector<unsigned char>{0x00, 0x40, 0x00, 0x3c, 1, 2, 3, 4}), out = gpu.buffer(16);
    CHECK_EMPTY(gpu.run([&](id e) {
        send<void>(e, "setComputePipelineState:", (id)p);
        send<void>(e, "setBuffer:offset:atIndex:", (id)blocks, 0ul, 0ul);
        send<void>(e, "setBuffer:offset:atIndex:", (id)out, 0ul, 1ul);
        send<void>(e, "setThreadgroupMemoryLength:atIndex:", 16ul, 0ul);
        send<void>(e, "dispatchThreadgroups:threadsPerThreadgroup:", MTLSize{1, 1, 1}, MTLSize{1, 1, 1});
    }));
    float* o = Gpu::contents<float>(out);
    CHECK(o[0] == 4 + 10 && o[1] == 9.5f + 7 && o[2] == 2 && o[3] == 65504 + 4 + 7);
}

TEST(language_atomics) {
    Gpu gpu;
    Owned p = gpu.pipeline(head + R"(
kernel void f(device atomic_uint* u [[buffer(0)]], device atomic_int* s [[buffer(1)]], device atomic_float* x [[buffer(2)]], uint i [[thread_position_in_grid]]) {
    threadgroup atomic_uint local;
    if (i % 64 == 0) atomic_store_explicit(&local, 0u, memory_order_relaxed);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    atomic_fetch_add_explicit(&local, 2, memory_order_relaxed);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    if (i % 64 == 0) atomic_fetch_add_explicit(&u[0], atomic_load_explicit(&local, memory_order_relaxed), memory_order_relaxed);
    atomic_fetch_max_explicit(&u[1], i, memory_order_relaxed);
    atomic_fetch_min_explicit(s, -int(i), memory_order_relaxed);
    atomic_fetch_add_explicit(x, 0.5f, memory_order_relaxed);
    atomic_fetch_or_explicit(&u[2], 1u << (i % 32), memory_order_relaxed);
    uint expected = 0;
    if (atomic_compare_exchange_weak_explicit(&u[3], &expected, 77u, memory_order_relaxed, memory_order_relaxed)) atomic_exchange_explicit(&u[4], i + 100, memory_order_relaxed);
})", "f");
    Owned u = gpu.buffer(std::vector<unsigned>(5, 0)), s = gpu.buffer(std::vector<int>(1, 0)), x = gpu.buffer(std::vector<float>(1, 0));
    CHECK_EMPTY(gpu.dispatch(p, {u, s, x}, {16, 1, 1}, {64, 1, 1}));
    auto* o = Gpu::contents<unsigned>(u);
    CHECK(o[0] == 2048 && o[1] == 1023 && o[2] == 0xffffffff && o[3] == 77 && o[4] >= 100);
    CHECK(*Gpu::contents<int>(s) == -1023 && *Gpu::contents<float>(x) == 512);
}

TEST(language_errors_name_the_line) {
    Gpu gpu;
    std::string error;
    auto problem = [&](const std::string& text) { CHECK(!gpu.library(text, &error)); return error; };
    CHECK_CONTAINS(problem("#include <metal_stdlib>\nusing namespace metal;\nkernel void f(device float* x [[buffer(0)]]) {\n  x[0] = y;\n}"), "program_source:4:10: error:");
    CHECK_CONTAINS(problem(head + "kernel void f(float x) {}"), "parameter 'x' needs an attribute");
    CHECK_CONTAINS(problem(head + "kernel void f(device float* x [[buffer(31)]]) {}"), "must be between 0 and 30");
    CHECK_CONTAINS(problem(head + "kernel void f(device float* x [[buffer(0)]]) { threadgroup float a[2] = {0, 1}; }"), "no initialiser");
    CHECK_CONTAINS(problem(head + "float g() { threadgroup float a[2]; return a[0]; }"), "must be declared in the body of a kernel");
    CHECK_CONTAINS(problem(head + "kernel void f(constant float* x [[buffer(0)]]) { x[0] = 1; }"), "error:");   // constant is read-only
    CHECK_CONTAINS(problem(head + "kernel void f(device float* x [[buffer(0)]]) { x[0] = min(x[0], 0); }"), "error:");   // ambiguous in Metal
    CHECK_CONTAINS(problem(head + "kernel void f(device float* x [[buffer(0)]]) { x[0] = simd_sum(1ul); }"), "error:");   // no 64-bit simd operations
    CHECK_CONTAINS(problem("#include <no_such_header>\n"), "no_such_header");
    CHECK_CONTAINS(error, "1 error generated");
}

// Philox-4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011) and what is made of its bits, the
// same stream as the CPU's: element i in row-major order takes number i mod 4 of the block at counter offset + ⌊i/4⌋. A thread makes
// one block.
#include "common.metal"

enum RandomKind { RandomKind_Uniform, RandomKind_Normal, RandomKind_Bernoulli, RandomKind_Integer };

constant int kind [[function_constant(0)]];

struct RandomParameters {
    Strided plan;
    ulong seed;
    ulong offset;
    long whole_a;
    ulong width; // of integers
    float a;
    float b;
    float width_real; // B − A
    float last;       // the number before B
};

inline uint4 philox(ulong seed, ulong counter) {
    uint4 x = uint4(uint(counter), uint(counter >> 32), 0u, 0u);
    uint k0 = uint(seed);
    uint k1 = uint(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const ulong p0 = ulong(0xD2511F53u) * ulong(x.x);
        const ulong p1 = ulong(0xCD9E8D57u) * ulong(x.z);
        x = uint4(uint(p1 >> 32) ^ x.y ^ k0, uint(p1), uint(p0 >> 32) ^ x.w ^ k1, uint(p0));
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return x;
}

// 24 bits in [0, 1), exact.
inline float to_unit(uint bits) { return float(bits >> 8) * (1.0f / 16777216.0f); }

// ln x for positive normal x, step by step as the CPU computes it, so that both give the same bits.
inline float log_of(float x) {
    const int root = 0x3F3504F3; // √½: the exponent counts from there
    const int bits = as_type<int>(x) - root;
    const float e = float(bits >> 23);
    const float m = as_type<float>((bits & 0x007FFFFF) + root);
    const float f = m - 1.0f;
    const float s = f / (f + 2.0f);
    const float z = s * s;
    const float half_square = 0.5f * f * f;
    float p = 0.233305819382418938f;
    p = fma(p, z, 0.285508165997115487f);
    p = fma(p, z, 0.400001218769720015f);
    p = fma(p, z, 0.666666665544516463f);
    const float tail = fma(s, fma(z, p, half_square), e * 1.4286068203094172e-6f);
    return fma(e, 0.693145751953125f, f - (half_square - tail));
}

// (cos 2πv, sin 2πv) for v in [0, 1]; the reduction to quarter turns is exact.
inline float2 turn_of(float v) {
    const float quarters = rint(v * 4.0f);
    const float r = fma(quarters, -0.25f, v) * 6.283185307179586f;
    const float z = r * r;
    float p = -0.000195878657021018751f;
    p = fma(p, z, 0.00833274815408503215f);
    p = fma(p, z, -0.166666646617146985f);
    const float sin_r = fma(r * z, p, r);
    float q = 0.0000245479168536910169f;
    q = fma(q, z, -0.00138883029191136328f);
    q = fma(q, z, 0.0416666646589014037f);
    const float cos_r = fma(z * z, q, 1.0f - 0.5f * z);
    switch (int(quarters) & 3) {
        case 0: return float2(cos_r, sin_r);
        case 1: return float2(-sin_r, cos_r);
        case 2: return float2(-cos_r, -sin_r);
        default: return float2(sin_r, -cos_r);
    }
}

// Two normal numbers of two random words (Box, Muller: A Note on the Generation of Random Normal Deviates, 1958).
inline float2 normal_pair(uint first, uint second) {
    const float radius = precise::sqrt(-2.0f * log_of(1.0f - to_unit(first)));
    return radius * turn_of(to_unit(second));
}

// The upper 64 bits of a product of 128.
inline ulong multiply_high(ulong a, ulong b) {
    const ulong low = (a & 0xffffffffUL) * (b & 0xffffffffUL);
    const ulong first = (a >> 32) * (b & 0xffffffffUL) + (low >> 32);
    const ulong second = (a & 0xffffffffUL) * (b >> 32) + (first & 0xffffffffUL);
    return (a >> 32) * (b >> 32) + (first >> 32) + (second >> 32);
}

// ⌊width·u⌋ with u = high/2³², or (high·2³² + low)/2⁶⁴ where width needs it.
inline long integer_of(constant RandomParameters& p, uint high, uint low) {
    const ulong below = p.width <= 0x100000000UL ? (p.width * ulong(high)) >> 32 : multiply_high(p.width, (ulong(high) << 32) | ulong(low));
    return long(ulong(p.whole_a) + below);
}

inline float4 values_of(constant RandomParameters& p, uint4 bits) {
    if (kind == RandomKind_Normal) {
        const float2 first = normal_pair(bits.x, bits.y);
        const float2 second = normal_pair(bits.z, bits.w);
        return float4(fma(first.x, p.b, p.a), fma(first.y, p.b, p.a), fma(second.x, p.b, p.a), fma(second.y, p.b, p.a));
    }
    const float4 u = float4(to_unit(bits.x), to_unit(bits.y), to_unit(bits.z), to_unit(bits.w));
    if (kind == RandomKind_Uniform) {
        return float4(
            min(fma(u.x, p.width_real, p.a), p.last), min(fma(u.y, p.width_real, p.a), p.last),
            min(fma(u.z, p.width_real, p.a), p.last), min(fma(u.w, p.width_real, p.a), p.last));
    }
    return float4(u.x >= p.a ? p.b : 0.0f, u.y >= p.a ? p.b : 0.0f, u.z >= p.a ? p.b : 0.0f, u.w >= p.a ? p.b : 0.0f);
}

template <typename T, typename C>
inline void store_element(device T* y, constant RandomParameters& p, long index, C value) {
    if (index < p.plan.count) y[position_of(p.plan, index, 0)] = Convert<T>::from(value);
}

template <typename T>
kernel void random_elements(
    device T* y [[buffer(0)]], constant RandomParameters& p [[buffer(1)]], constant Grid& whole [[buffer(30)]],
    uint own_place [[thread_position_in_grid]], uint threads [[threads_per_threadgroup]]) {
    const uint place = place_in(whole, own_place, threads);
    const uint grid = threads_of(whole, threads);
    for (long counter = long(place); counter * 4L < p.plan.count; counter += long(grid)) {
        const uint4 bits = philox(p.seed, p.offset + ulong(counter));
        const long first = counter * 4L;
        if (kind == RandomKind_Integer) {
            store_element(y, p, first, integer_of(p, bits.x, bits.y));
            store_element(y, p, first + 1L, integer_of(p, bits.y, bits.x));
            store_element(y, p, first + 2L, integer_of(p, bits.z, bits.w));
            store_element(y, p, first + 3L, integer_of(p, bits.w, bits.z));
        } else {
            const float4 values = values_of(p, bits);
            store_element(y, p, first, values.x);
            store_element(y, p, first + 1L, values.y);
            store_element(y, p, first + 2L, values.z);
            store_element(y, p, first + 3L, values.w);
        }
    }
}

#define OF_TYPE(NAME, TYPE) template [[host_name("random_" #NAME)]] [[kernel]] decltype(random_elements<TYPE>) random_elements<TYPE>;

OF_TYPE(float, float)
OF_TYPE(half, half)
OF_TYPE(bfloat, bfloat)
OF_TYPE(int, int)
OF_TYPE(long, long)
OF_TYPE(bool, uchar)

// The mathematical, relational, integer and geometric functions. Floating functions are overloads, as in MSL, so that pow(x, 2) is that of
// x's type; those of integers too take one type, and mixing types is an error here as it is ambiguous there. half and bfloat compute
// in float and round once; fast:: and precise:: are of float alone.
#pragma once

namespace metal {

#define SOFTMETAL_EACH(call) { vec<T, N> r; for (int i = 0; i < N; i++) r[i] = call; return r; }
#define SOFTMETAL_EACH_BOOL(call) { vec<bool, N> r; for (int i = 0; i < N; i++) r[i] = call; return r; }
#define SOFTMETAL_UNARY_OF(T, name, expression) inline T name(T value) { float x = float(value); return T(expression); }
#define SOFTMETAL_PAIR_OF(T, name, expression) inline T name(T first, T second) { float x = float(first), y = float(second); return T(expression); }
#define SOFTMETAL_UNARY_VECTOR(name) template<class T, int N> inline vec<T, N> name(const vec<T, N>& a) SOFTMETAL_EACH(name(a[i]))
// A scalar beside a vector stands for a vector of it.
#define SOFTMETAL_PAIR_VECTOR(name) \
template<class T, int N> inline vec<T, N> name(const vec<T, N>& a, const vec<T, N>& b) SOFTMETAL_EACH(name(a[i], b[i])) \
template<class T, int N> inline vec<T, N> name(const vec<T, N>& a, softmetal::same_t<T> b) SOFTMETAL_EACH(name(a[i], b)) \
template<class T, int N> inline vec<T, N> name(softmetal::same_t<T> a, const vec<T, N>& b) SOFTMETAL_EACH(name(a, b[i]))

#define SOFTMETAL_FLOAT_FUNCTIONS                                                                                              \
SOFTMETAL_UNARY(exp, __builtin_expf(x)) SOFTMETAL_UNARY(exp2, __builtin_exp2f(x)) SOFTMETAL_UNARY(exp10, __builtin_powf(10.0f, x)) \
SOFTMETAL_UNARY(log, __builtin_logf(x)) SOFTMETAL_UNARY(log2, __builtin_log2f(x)) SOFTMETAL_UNARY(log10, __builtin_log10f(x)) \
SOFTMETAL_UNARY(sin, __builtin_sinf(x)) SOFTMETAL_UNARY(cos, __builtin_cosf(x)) SOFTMETAL_UNARY(tan, __builtin_tanf(x))       \
SOFTMETAL_UNARY(asin, __builtin_asinf(x)) SOFTMETAL_UNARY(acos, __builtin_acosf(x)) SOFTMETAL_UNARY(atan, __builtin_atanf(x)) \
SOFTMETAL_UNARY(sinh, __builtin_sinhf(x)) SOFTMETAL_UNARY(cosh, __builtin_coshf(x)) SOFTMETAL_UNARY(tanh, __builtin_tanhf(x)) \
SOFTMETAL_UNARY(asinh, __builtin_asinhf(x)) SOFTMETAL_UNARY(acosh, __builtin_acoshf(x)) SOFTMETAL_UNARY(atanh, __builtin_atanhf(x)) \
SOFTMETAL_UNARY(sinpi, softmetal_sinpi(x)) SOFTMETAL_UNARY(cospi, softmetal_sinpi(x + 0.5f))                                  \
SOFTMETAL_UNARY(sqrt, __builtin_sqrtf(x)) SOFTMETAL_UNARY(rsqrt, 1.0f / __builtin_sqrtf(x))                                   \
SOFTMETAL_UNARY(floor, __builtin_floorf(x)) SOFTMETAL_UNARY(ceil, __builtin_ceilf(x)) SOFTMETAL_UNARY(trunc, __builtin_truncf(x)) \
SOFTMETAL_UNARY(round, __builtin_roundf(x)) SOFTMETAL_UNARY(rint, __builtin_rintf(x)) SOFTMETAL_UNARY(fabs, __builtin_fabsf(x)) \
SOFTMETAL_UNARY(fract, __builtin_fminf(x - __builtin_floorf(x), 0x1.fffffep-1f))                                              \
SOFTMETAL_UNARY(saturate, __builtin_fminf(__builtin_fmaxf(x, 0.0f), 1.0f))                                                    \
SOFTMETAL_UNARY(sign, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x == 0.0f ? x : 0.0f)                                              \
SOFTMETAL_PAIR(pow, __builtin_powf(x, y)) SOFTMETAL_PAIR(powr, __builtin_powf(x, y)) SOFTMETAL_PAIR(atan2, __builtin_atan2f(x, y)) \
SOFTMETAL_PAIR(fmod, __builtin_fmodf(x, y)) SOFTMETAL_PAIR(fdim, __builtin_fdimf(x, y)) SOFTMETAL_PAIR(copysign, __builtin_copysignf(x, y)) \
SOFTMETAL_PAIR(fmin, __builtin_fminf(x, y)) SOFTMETAL_PAIR(fmax, __builtin_fmaxf(x, y)) SOFTMETAL_PAIR(divide, x / y)

inline float softmetal_sinpi(float x) { return float(__builtin_sin(3.14159265358979323846 * (double(x) - 2.0 * __builtin_floor(double(x) * 0.5)))); }
#define SOFTMETAL_UNARY(name, expression) SOFTMETAL_UNARY_OF(float, name, expression) SOFTMETAL_UNARY_VECTOR(name)
#define SOFTMETAL_PAIR(name, expression) SOFTMETAL_PAIR_OF(float, name, expression) SOFTMETAL_PAIR_VECTOR(name)
namespace precise { SOFTMETAL_FLOAT_FUNCTIONS }
namespace fast { SOFTMETAL_FLOAT_FUNCTIONS }
#undef SOFTMETAL_UNARY
#undef SOFTMETAL_PAIR
#define SOFTMETAL_UNARY(name, expression) SOFTMETAL_UNARY_OF(float, name, expression) SOFTMETAL_UNARY_OF(half, name, expression) \
    SOFTMETAL_UNARY_OF(bfloat, name, expression) SOFTMETAL_UNARY_VECTOR(name)
#define SOFTMETAL_PAIR(name, expression) SOFTMETAL_PAIR_OF(float, name, expression) SOFTMETAL_PAIR_OF(half, name, expression) \
    SOFTMETAL_PAIR_OF(bfloat, name, expression) SOFTMETAL_PAIR_VECTOR(name)
SOFTMETAL_FLOAT_FUNCTIONS

// log1p and expm1 are not in MSL: shaders that need them bring their own.

template<class T> requires softmetal::is_scalar<T> inline T min(T a, T b) {
    if constexpr (softmetal::is_floating<T>) return T(__builtin_fminf(float(a), float(b))); else return b < a ? b : a;
}
template<class T> requires softmetal::is_scalar<T> inline T max(T a, T b) {
    if constexpr (softmetal::is_floating<T>) return T(__builtin_fmaxf(float(a), float(b))); else return a < b ? b : a;
}
template<class T> requires softmetal::is_scalar<T> inline T clamp(T x, T low, T high) { return min(max(x, low), high); }
template<class T> requires softmetal::is_scalar<T> inline T min3(T a, T b, T c) { return min(a, min(b, c)); }
template<class T> requires softmetal::is_scalar<T> inline T max3(T a, T b, T c) { return max(a, max(b, c)); }
template<class T> requires softmetal::is_scalar<T> inline T median3(T a, T b, T c) { return max(min(a, b), min(max(a, b), c)); }
template<class T> requires softmetal::is_scalar<T> inline T abs(T x) {
    if constexpr (softmetal::is_floating<T>) return T(__builtin_fabsf(float(x)));
    else if constexpr (std::is_unsigned_v<T>) return x;
    else return x < 0 ? T(-x) : x;
}
template<class T, int N> inline vec<T, N> min(const vec<T, N>& a, const vec<T, N>& b) SOFTMETAL_EACH(min(a[i], b[i]))
template<class T, int N> inline vec<T, N> max(const vec<T, N>& a, const vec<T, N>& b) SOFTMETAL_EACH(max(a[i], b[i]))
template<class T, int N> inline vec<T, N> min(const vec<T, N>& a, softmetal::same_t<T> b) SOFTMETAL_EACH(min(a[i], b))
template<class T, int N> inline vec<T, N> max(const vec<T, N>& a, softmetal::same_t<T> b) SOFTMETAL_EACH(max(a[i], b))
template<class T, int N> inline vec<T, N> min(softmetal::same_t<T> a, const vec<T, N>& b) SOFTMETAL_EACH(min(a, b[i]))
template<class T, int N> inline vec<T, N> max(softmetal::same_t<T> a, const vec<T, N>& b) SOFTMETAL_EACH(max(a, b[i]))
template<class T, int N> inline vec<T, N> clamp(const vec<T, N>& a, const vec<T, N>& low, const vec<T, N>& high) SOFTMETAL_EACH(clamp(a[i], low[i], high[i]))
template<class T, int N> inline vec<T, N> clamp(const vec<T, N>& a, softmetal::same_t<T> low, softmetal::same_t<T> high) SOFTMETAL_EACH(clamp(a[i], low, high))
template<class T, int N> inline vec<T, N> abs(const vec<T, N>& a) SOFTMETAL_EACH(abs(a[i]))
namespace precise { using metal::min, metal::max, metal::clamp, metal::abs; }
namespace fast { using metal::min, metal::max, metal::clamp, metal::abs; }

template<class T> requires softmetal::is_floating<T> inline T fma(T a, T b, T c) { return T(__builtin_fmaf(float(a), float(b), float(c))); }
template<class T> requires softmetal::is_floating<T> inline T mix(T a, T b, T t) { return a + (b - a) * t; }
template<class T> requires softmetal::is_floating<T> inline T step(T edge, T x) { return x < edge ? T(0.0f) : T(1.0f); }
template<class T> requires softmetal::is_floating<T> inline T smoothstep(T low, T high, T x) {
    T t = saturate((x - low) / (high - low));
    return t * t * (T(3.0f) - T(2.0f) * t);
}
template<class T, int N> inline vec<T, N> fma(const vec<T, N>& a, const vec<T, N>& b, const vec<T, N>& c) SOFTMETAL_EACH(fma(a[i], b[i], c[i]))
template<class T, int N> inline vec<T, N> mix(const vec<T, N>& a, const vec<T, N>& b, const vec<T, N>& t) SOFTMETAL_EACH(mix(a[i], b[i], t[i]))
template<class T, int N> inline vec<T, N> mix(const vec<T, N>& a, const vec<T, N>& b, softmetal::same_t<T> t) SOFTMETAL_EACH(mix(a[i], b[i], t))
inline float ldexp(float x, int k) { return __builtin_ldexpf(x, k); }
inline float frexp(float x, int& k) { return __builtin_frexpf(x, &k); }
inline float modf(float x, float& whole) { return __builtin_modff(x, &whole); }
inline float sincos(float x, float& cosine) { cosine = __builtin_cosf(x); return __builtin_sinf(x); }
inline float nextafter(float x, float y) { return __builtin_nextafterf(x, y); }
inline int ilogb(float x) { return __builtin_ilogbf(x); }
namespace precise { using metal::fma, metal::mix, metal::sincos; }
namespace fast { using metal::fma, metal::mix, metal::sincos; }

#define SOFTMETAL_TEST(name, expression)                                                                                       \
template<class T> requires softmetal::is_floating<T> inline bool name(T value) {                                               \
    uint32_t x = __builtin_bit_cast(uint32_t, float(value)), m = x & 0x7fffffff; (void)m; return expression; }                \
template<class T, int N> inline vec<bool, N> name(const vec<T, N>& a) SOFTMETAL_EACH_BOOL(name(a[i]))
SOFTMETAL_TEST(isnan, m > 0x7f800000) SOFTMETAL_TEST(isinf, m == 0x7f800000) SOFTMETAL_TEST(isfinite, m < 0x7f800000)
SOFTMETAL_TEST(isnormal, m >= 0x00800000 && m < 0x7f800000) SOFTMETAL_TEST(signbit, x >> 31)
template<class T> inline bool isunordered(T a, T b) { return isnan(a) || isnan(b); }

template<class T> requires softmetal::is_scalar<T> inline T select(T a, T b, bool c) { return c ? b : a; }
template<class T, int N> inline vec<T, N> select(const vec<T, N>& a, const vec<T, N>& b, const vec<bool, N>& c) SOFTMETAL_EACH(c[i] ? b[i] : a[i])
template<class T, int N> inline vec<T, N> select(const vec<T, N>& a, const vec<T, N>& b, bool c) { return c ? b : a; }
inline bool all(bool a) { return a; }
inline bool any(bool a) { return a; }
template<int N> inline bool all(const vec<bool, N>& a) { bool r = true; for (int i = 0; i < N; i++) r = r && a[i]; return r; }
template<int N> inline bool any(const vec<bool, N>& a) { bool r = false; for (int i = 0; i < N; i++) r = r || a[i]; return r; }

template<class T> requires std::is_integral_v<T> inline T popcount(T x) { return T(__builtin_popcountll(std::make_unsigned_t<T>(x))); }
template<class T> requires std::is_integral_v<T> inline T clz(T x) {
    auto u = std::make_unsigned_t<T>(x);
    return u == 0 ? T(sizeof(T) * 8) : T(__builtin_clzll(u) - (64 - int(sizeof(T)) * 8));
}
template<class T> requires std::is_integral_v<T> inline T ctz(T x) { auto u = std::make_unsigned_t<T>(x); return u == 0 ? T(sizeof(T) * 8) : T(__builtin_ctzll(u)); }
template<class T> requires std::is_integral_v<T> inline T reverse_bits(T x) {
    auto u = std::make_unsigned_t<T>(x), r = std::make_unsigned_t<T>(0);
    for (size_t i = 0; i < sizeof(T) * 8; i++) { r = (r << 1) | (u & 1); u >>= 1; }
    return T(r);
}
template<class T> requires std::is_integral_v<T> inline T rotate(T x, T k) {
    using U = std::make_unsigned_t<T>;
    unsigned bits = sizeof(T) * 8, n = unsigned(k) % bits;
    return n == 0 ? x : T(U(U(x) << n) | U(U(x) >> (bits - n)));
}
template<class T> requires std::is_integral_v<T> inline T mulhi(T a, T b) {
    if constexpr (sizeof(T) == 8) { using W = std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>; return T((W(a) * W(b)) >> 64); }
    else { using W = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>; return T((W(a) * W(b)) >> (sizeof(T) * 8)); }
}
template<class T> requires std::is_integral_v<T> inline T madhi(T a, T b, T c) { return mulhi(a, b) + c; }
inline int mul24(int a, int b) { return a * b; }
inline uint mul24(uint a, uint b) { return a * b; }
inline int mad24(int a, int b, int c) { return a * b + c; }
inline uint mad24(uint a, uint b, uint c) { return a * b + c; }
template<class T> requires std::is_integral_v<T> inline T hadd(T a, T b) { return T((a >> 1) + (b >> 1) + (a & b & 1)); }
template<class T> requires std::is_integral_v<T> inline std::make_unsigned_t<T> absdiff(T a, T b) { using U = std::make_unsigned_t<T>; return a > b ? U(a) - U(b) : U(b) - U(a); }
template<class T> requires std::is_integral_v<T> inline T addsat(T a, T b) {
    T r;
    return !__builtin_add_overflow(a, b, &r) ? r : b < 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
}
template<class T> requires std::is_integral_v<T> inline T subsat(T a, T b) {
    T r;
    return !__builtin_sub_overflow(a, b, &r) ? r : (std::is_unsigned_v<T> || b > 0) ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
}
template<class T> requires std::is_integral_v<T> inline T extract_bits(T x, uint offset, uint bits) {
    if (bits == 0) return 0;
    using U = std::make_unsigned_t<T>;
    unsigned width = sizeof(T) * 8;
    return T(T(U(x) << (width - offset - bits)) >> (width - bits));
}
template<class T> requires std::is_integral_v<T> inline T insert_bits(T base, T insert, uint offset, uint bits) {
    using U = std::make_unsigned_t<T>;
    U mask = bits >= sizeof(T) * 8 ? U(~U(0)) : U((U(1) << bits) - 1);
    return T((U(base) & ~U(mask << offset)) | U((U(insert) & mask) << offset));
}

template<class T, int N> inline T dot(const vec<T, N>& a, const vec<T, N>& b) { T r = a[0] * b[0]; for (int i = 1; i < N; i++) r += a[i] * b[i]; return r; }
template<class T, int N> inline T length_squared(const vec<T, N>& a) { return dot(a, a); }
template<class T, int N> inline T length(const vec<T, N>& a) { return sqrt(dot(a, a)); }
template<class T, int N> inline T distance(const vec<T, N>& a, const vec<T, N>& b) { return length(a - b); }
template<class T, int N> inline vec<T, N> normalize(const vec<T, N>& a) { return a * rsqrt(dot(a, a)); }
template<class T> inline vec<T, 3> cross(const vec<T, 3>& a, const vec<T, 3>& b) {
    return vec<T, 3>(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]);
}

inline float unpack_unorm(uint x, int shift) { return float((x >> shift) & 0xff) / 255.0f; }
inline float4 unpack_unorm4x8_to_float(uint x) { return float4(unpack_unorm(x, 0), unpack_unorm(x, 8), unpack_unorm(x, 16), unpack_unorm(x, 24)); }

}

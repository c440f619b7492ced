// half and bfloat: 16 bits of storage, arithmetic in float, rounded to nearest even after every operation.
#pragma once

namespace softmetal {

constexpr float half_to_float(uint16_t h) {
    uint32_t sign = uint32_t(h & 0x8000) << 16, magnitude = h & 0x7fff;
    if (magnitude >= 0x7c00) return __builtin_bit_cast(float, sign | 0x7f800000 | ((magnitude & 0x3ff) << 13));
    // 2^112 moves the exponent from half's bias to float's; denormals come out exact.
    float value = __builtin_bit_cast(float, magnitude << 13) * 0x1p112f;
    return __builtin_bit_cast(float, __builtin_bit_cast(uint32_t, value) | sign);
}

constexpr uint16_t float_to_half(float f) {
    uint32_t bits = __builtin_bit_cast(uint32_t, f), sign = (bits >> 16) & 0x8000;
    bits &= 0x7fffffff;
    if (bits > 0x7f800000) return uint16_t(sign | 0x7e00 | ((bits >> 13) & 0x3ff));
    if (bits >= 0x477ff000) return uint16_t(sign | 0x7c00);
    if (bits < 0x38800000) {
        // Adding 1/2 leaves the denormal half in the low bits, rounded by the addition.
        float shifted = __builtin_bit_cast(float, bits) + 0.5f;
        return uint16_t(sign | (__builtin_bit_cast(uint32_t, shifted) - 0x3f000000));
    }
    bits += 0xc8000fff + ((bits >> 13) & 1);        // rebias by -112 and round
    return uint16_t(sign | (bits >> 13));
}

constexpr float bfloat_to_float(uint16_t b) { return __builtin_bit_cast(float, uint32_t(b) << 16); }

constexpr uint16_t float_to_bfloat(float f) {
    uint32_t bits = __builtin_bit_cast(uint32_t, f);
    if ((bits & 0x7fffffff) > 0x7f800000) return uint16_t((bits >> 16) | 0x40);
    return uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

}

#define SOFTMETAL_SMALL_FLOAT(name)                                                                                           \
struct name {                                                                                                                 \
    uint16_t bits;                                                                                                            \
    name() = default;                                                                                                         \
    constexpr name(float value) : bits(0) { *this = from(value); }                                                            \
    constexpr name(int value) : name(float(value)) {}                                                                         \
    constexpr name(unsigned value) : name(float(value)) {}                                                                    \
    constexpr name(long value) : name(float(value)) {}                                                                        \
    constexpr name(unsigned long value) : name(float(value)) {}                                                               \
    constexpr name(short value) : name(float(value)) {}                                                                       \
    constexpr name(unsigned short value) : name(float(value)) {}                                                              \
    constexpr name(signed char value) : name(float(value)) {}                                                                 \
    constexpr name(unsigned char value) : name(float(value)) {}                                                               \
    constexpr name(char value) : name(float(value)) {}                                                                        \
    constexpr name(bool value) : name(float(value)) {}                                                                        \
    SOFTMETAL_FROM_HALF(name)                                                                                                 \
    static constexpr name from(float value) { name r(raw{}); r.bits = softmetal::float_to_##name(value); return r; }          \
    constexpr operator float() const { return softmetal::name##_to_float(bits); }                                             \
    constexpr name operator-() const { name r(raw{}); r.bits = bits ^ 0x8000; return r; }                                     \
    name operator+() const { return *this; }                                                                                  \
    name& operator+=(float o) { return *this = from(float(*this) + o); }                                                      \
    name& operator-=(float o) { return *this = from(float(*this) - o); }                                                      \
    name& operator*=(float o) { return *this = from(float(*this) * o); }                                                      \
    name& operator/=(float o) { return *this = from(float(*this) / o); }                                                      \
    name& operator++() { return *this += 1.0f; }                                                                              \
    name& operator--() { return *this -= 1.0f; }                                                                              \
private:                                                                                                                      \
    struct raw {};                                                                                                            \
    constexpr name(raw) : bits(0) {}                                                                                          \
};                                                                                                                            \
constexpr name operator+(name a, name b) { return name(float(a) + float(b)); }                                                \
constexpr name operator-(name a, name b) { return name(float(a) - float(b)); }                                                \
constexpr name operator*(name a, name b) { return name(float(a) * float(b)); }                                                \
constexpr name operator/(name a, name b) { return name(float(a) / float(b)); }                                                \
constexpr bool operator==(name a, name b) { return float(a) == float(b); }                                                    \
constexpr bool operator!=(name a, name b) { return float(a) != float(b); }                                                    \
constexpr bool operator<(name a, name b) { return float(a) < float(b); }                                                      \
constexpr bool operator>(name a, name b) { return float(a) > float(b); }                                                      \
constexpr bool operator<=(name a, name b) { return float(a) <= float(b); }                                                    \
constexpr bool operator>=(name a, name b) { return float(a) >= float(b); }

// The compiler's own half where it has one: that may stand in an anonymous structure of a union, as in formats of quantized weights.
#if defined(__FLT16_MANT_DIG__) && (!defined(__clang__) || __clang_major__ >= 15)
#define SOFTMETAL_NATIVE_HALF
using half = _Float16;
#define SOFTMETAL_FROM_HALF(name) constexpr name(half value) : name(float(value)) {}
#else
#define SOFTMETAL_FROM_HALF(name)
SOFTMETAL_SMALL_FLOAT(half)
#endif
SOFTMETAL_SMALL_FLOAT(bfloat)

// Mixed with float the result is a float; with an integer, the small type.
#define SOFTMETAL_MIXED(name, op)                                                                                             \
template<class S> requires std::is_arithmetic_v<S> inline auto operator op(name a, S b) {                                     \
    if constexpr (std::is_same_v<S, float>) return float(a) op b; else return a op name(b); }                                 \
template<class S> requires std::is_arithmetic_v<S> inline auto operator op(S a, name b) {                                     \
    if constexpr (std::is_same_v<S, float>) return a op float(b); else return name(a) op b; }
#define SOFTMETAL_MIXED_ALL(name) SOFTMETAL_MIXED(name, +) SOFTMETAL_MIXED(name, -) SOFTMETAL_MIXED(name, *) SOFTMETAL_MIXED(name, /) \
    SOFTMETAL_MIXED(name, ==) SOFTMETAL_MIXED(name, !=) SOFTMETAL_MIXED(name, <) SOFTMETAL_MIXED(name, >) SOFTMETAL_MIXED(name, <=) SOFTMETAL_MIXED(name, >=)
#ifndef SOFTMETAL_NATIVE_HALF
SOFTMETAL_MIXED_ALL(half)
#endif
SOFTMETAL_MIXED_ALL(bfloat)

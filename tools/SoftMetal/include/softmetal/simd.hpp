// Barriers and the operations across the 32 lanes of a simdgroup.
#pragma once

namespace metal {

enum class mem_flags : uint32_t { mem_none = 0, mem_device = 1, mem_threadgroup = 2, mem_texture = 4, mem_threadgroup_imageblock = 8, mem_object_data = 16 };
constexpr mem_flags operator|(mem_flags a, mem_flags b) { return mem_flags(uint32_t(a) | uint32_t(b)); }
constexpr mem_flags operator&(mem_flags a, mem_flags b) { return mem_flags(uint32_t(a) & uint32_t(b)); }

#define SOFTMETAL_SITE const char* file = __builtin_FILE(), int line = __builtin_LINE()
#define SOFTMETAL_HERE file, line

inline void threadgroup_barrier(mem_flags flags, SOFTMETAL_SITE) { softmetal_barrier(uint32_t(flags), false, SOFTMETAL_HERE); }
inline void simdgroup_barrier(mem_flags flags, SOFTMETAL_SITE) { softmetal_barrier(uint32_t(flags), true, SOFTMETAL_HERE); }

}

namespace softmetal {

using metal::vec;
constexpr int lanes = 32, slot_size = 64;
template<class T> T& slot(unsigned char* slots, uint32_t lane) { return *reinterpret_cast<T*>(slots + lane * slot_size); }

// MSL has no simd operation on 64-bit integers, and none on bool.
template<class T> inline constexpr bool is_simd_type = is_scalar<typename shape<T>::element> && sizeof(typename shape<T>::element) <= 4
                                                    && !std::is_same_v<typename shape<T>::element, bool>;

// Every lane's value in a table; the mask says who came.
template<class T> unsigned char* gather(const T& value, uint32_t* mask, const char* what, SOFTMETAL_SITE) {
    static_assert(sizeof(T) <= slot_size);
    return softmetal_exchange(&value, sizeof(T), nullptr, mask, what, SOFTMETAL_HERE);
}

// One result for all lanes: a tree over those that came, as the hardware does it. A missing lane is left out.
template<class Op, class T> T reduce(T value, const char* what, SOFTMETAL_SITE) {
    auto combine = [](unsigned char* slots, uint32_t mask) {
        for (int step = 1; step < lanes; step *= 2)
            for (int i = 0; i < lanes; i += 2 * step) {
                bool left = mask >> i & 1, right = mask >> (i + step) & 1;
                if (left && right) slot<T>(slots, i) = Op()(slot<T>(slots, i), slot<T>(slots, i + step));
                else if (right) { slot<T>(slots, i) = slot<T>(slots, i + step); mask |= 1u << i; }
            }
    };
    return slot<T>(softmetal_exchange(&value, sizeof(T), combine, nullptr, what, SOFTMETAL_HERE), 0);
}

template<class Op, bool inclusive, class T> T scan(T value, T identity, const char* what, SOFTMETAL_SITE) {
    uint32_t mask, lane = softmetal_lane();
    unsigned char* slots = gather(value, &mask, what, SOFTMETAL_HERE);
    T result = identity;
    for (uint32_t i = 0; i < lane + inclusive; i++) if (mask >> i & 1) result = Op()(result, slot<T>(slots, i));
    return result;
}

struct add { template<class T> T operator()(T a, T b) const { return T(a + b); } };
struct multiply { template<class T> T operator()(T a, T b) const { return T(a * b); } };
struct smaller { template<class T> T operator()(T a, T b) const { return metal::min(a, b); } };
struct larger { template<class T> T operator()(T a, T b) const { return metal::max(a, b); } };
struct both { template<class T> T operator()(T a, T b) const { return T(a & b); } };
struct either { template<class T> T operator()(T a, T b) const { return T(a | b); } };
struct differ { template<class T> T operator()(T a, T b) const { return T(a ^ b); } };

}

namespace metal {

#define SOFTMETAL_REDUCE(name, op) template<class T> requires softmetal::is_simd_type<T> inline T name(T value, SOFTMETAL_SITE) { \
    return softmetal::reduce<softmetal::op>(value, #name, SOFTMETAL_HERE); }
SOFTMETAL_REDUCE(simd_sum, add) SOFTMETAL_REDUCE(simd_product, multiply) SOFTMETAL_REDUCE(simd_min, smaller) SOFTMETAL_REDUCE(simd_max, larger)
SOFTMETAL_REDUCE(simd_and, both) SOFTMETAL_REDUCE(simd_or, either) SOFTMETAL_REDUCE(simd_xor, differ)
#define SOFTMETAL_SCAN(name, op, inclusive, identity) template<class T> requires softmetal::is_simd_type<T> inline T name(T value, SOFTMETAL_SITE) { \
    return softmetal::scan<softmetal::op, inclusive>(value, T(identity), #name, SOFTMETAL_HERE); }
SOFTMETAL_SCAN(simd_prefix_inclusive_sum, add, true, 0) SOFTMETAL_SCAN(simd_prefix_exclusive_sum, add, false, 0)
SOFTMETAL_SCAN(simd_prefix_inclusive_product, multiply, true, 1) SOFTMETAL_SCAN(simd_prefix_exclusive_product, multiply, false, 1)

// Reads lane `from` of this lane's window [base, base + width); outside it the lane keeps its own value, as shuffles do not wrap.
#define SOFTMETAL_SHUFFLE(name, parameter, width, from)                                                                        \
template<class T> requires softmetal::is_simd_type<T> inline T name(T value, parameter, SOFTMETAL_SITE) {                      \
    uint32_t mask, lane = softmetal_lane(), base = lane & ~uint32_t(width - 1);                                               \
    unsigned char* slots = softmetal::gather(value, &mask, #name, SOFTMETAL_HERE);                                            \
    int64_t source = from;                                                                                                    \
    return source >= base && source < base + width ? softmetal::slot<T>(slots, uint32_t(source)) : value; }
SOFTMETAL_SHUFFLE(simd_shuffle, ushort id, 32, id)
SOFTMETAL_SHUFFLE(simd_shuffle_down, ushort delta, 32, int64_t(lane) + delta)
SOFTMETAL_SHUFFLE(simd_shuffle_up, ushort delta, 32, int64_t(lane) - delta)
SOFTMETAL_SHUFFLE(simd_shuffle_xor, ushort bits, 32, int64_t(lane ^ bits))
SOFTMETAL_SHUFFLE(simd_shuffle_rotate_down, ushort delta, 32, int64_t((lane + delta) & 31))
SOFTMETAL_SHUFFLE(simd_shuffle_rotate_up, ushort delta, 32, int64_t((lane - delta) & 31))
SOFTMETAL_SHUFFLE(simd_broadcast, ushort id, 32, id)
SOFTMETAL_SHUFFLE(quad_shuffle, ushort id, 4, base + id)
SOFTMETAL_SHUFFLE(quad_broadcast, ushort id, 4, base + id)
SOFTMETAL_SHUFFLE(quad_shuffle_down, ushort delta, 4, int64_t(lane) + delta)
SOFTMETAL_SHUFFLE(quad_shuffle_up, ushort delta, 4, int64_t(lane) - delta)
SOFTMETAL_SHUFFLE(quad_shuffle_xor, ushort bits, 4, int64_t(lane ^ bits))

template<class T> requires softmetal::is_simd_type<T> inline T simd_broadcast_first(T value, SOFTMETAL_SITE) {
    uint32_t mask;
    unsigned char* slots = softmetal::gather(value, &mask, "simd_broadcast_first", SOFTMETAL_HERE);
    return softmetal::slot<T>(slots, uint32_t(__builtin_ctz(mask)));
}
template<class T> requires softmetal::is_simd_type<T> inline T simd_shuffle_and_fill_down(T value, T fill, ushort delta, SOFTMETAL_SITE) {
    struct both { T value, fill; } own{value, fill};
    uint32_t mask, source = softmetal_lane() + delta;
    unsigned char* slots = softmetal::gather(own, &mask, "simd_shuffle_and_fill_down", SOFTMETAL_HERE);
    return source < 32 ? softmetal::slot<both>(slots, source).value : softmetal::slot<both>(slots, source - 32).fill;
}
template<class T> requires softmetal::is_simd_type<T> inline T simd_shuffle_and_fill_up(T value, T fill, ushort delta, SOFTMETAL_SITE) {
    struct both { T value, fill; } own{value, fill};
    uint32_t mask, lane = softmetal_lane();
    unsigned char* slots = softmetal::gather(own, &mask, "simd_shuffle_and_fill_up", SOFTMETAL_HERE);
    return lane >= delta ? softmetal::slot<both>(slots, lane - delta).value : softmetal::slot<both>(slots, 32 + lane - delta).fill;
}

struct simd_vote {
    using vote_t = uint64_t;
    vote_t bits;
    constexpr explicit simd_vote(vote_t bits = 0) : bits(bits) {}
    constexpr explicit operator vote_t() const { return bits; }
    constexpr bool all() const { return (bits & 0xffffffff) == 0xffffffff; }
    constexpr bool any() const { return bits != 0; }
};
inline simd_vote simd_ballot(bool value, SOFTMETAL_SITE) {
    uint32_t mask, v = value, votes = 0;
    unsigned char* slots = softmetal::gather(v, &mask, "simd_ballot", SOFTMETAL_HERE);
    for (uint32_t i = 0; i < 32; i++) if ((mask >> i & 1) && softmetal::slot<uint32_t>(slots, i)) votes |= 1u << i;
    return simd_vote(votes);
}
inline bool simd_all(bool value, SOFTMETAL_SITE) { return softmetal::reduce<softmetal::both>(uint32_t(value), "simd_all", SOFTMETAL_HERE) != 0; }
inline bool simd_any(bool value, SOFTMETAL_SITE) { return softmetal::reduce<softmetal::either>(uint32_t(value), "simd_any", SOFTMETAL_HERE) != 0; }
inline simd_vote simd_active_threads_mask(SOFTMETAL_SITE) { return simd_ballot(true, SOFTMETAL_HERE); }
inline bool simd_is_first(SOFTMETAL_SITE) {
    uint32_t mask, v = 0;
    softmetal::gather(v, &mask, "simd_is_first", SOFTMETAL_HERE);
    return softmetal_lane() == uint32_t(__builtin_ctz(mask));
}
template<class T> requires softmetal::is_simd_type<T> inline T quad_sum(T value, SOFTMETAL_SITE) {
    uint32_t mask, base = softmetal_lane() & ~3u;
    unsigned char* slots = softmetal::gather(value, &mask, "quad_sum", SOFTMETAL_HERE);
    using softmetal::slot;
    return T(T(slot<T>(slots, base) + slot<T>(slots, base + 1)) + T(slot<T>(slots, base + 2) + slot<T>(slots, base + 3)));
}

}

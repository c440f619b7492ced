// Declarations of MSL's library for check-address-spaces.sh: clang reads shaders as C++ for OpenCL, whose address spaces are
// MSL's under other names. Nothing here has a body that runs.
#pragma clang system_header
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define device __global
#define threadgroup __local
#define constant __constant
#define thread __private

typedef unsigned char uint8_t; typedef signed char int8_t; typedef unsigned short uint16_t; typedef short int16_t;
typedef unsigned int uint32_t; typedef int int32_t; typedef unsigned long uint64_t; typedef long int64_t;
typedef unsigned char uchar; typedef unsigned short ushort; typedef unsigned int uint; typedef unsigned long ulong;
typedef unsigned long size_t; typedef long ptrdiff_t;

namespace metal {

template<bool B> struct bool_constant { static constexpr __constant bool value = B; };
typedef bool_constant<true> true_type; typedef bool_constant<false> false_type;
template<class A, class B> struct is_same : false_type {};
template<class A> struct is_same<A, A> : true_type {};
template<class A, class B> constexpr __constant bool is_same_v = is_same<A, B>::value;
template<bool B, class T = void> struct enable_if {};
template<class T> struct enable_if<true, T> { typedef T type; };
template<bool B, class T = void> using enable_if_t = typename enable_if<B, T>::type;
template<bool B, class T, class F> struct conditional { typedef T type; };
template<class T, class F> struct conditional<false, T, F> { typedef F type; };
template<bool B, class T, class F> using conditional_t = typename conditional<B, T, F>::type;
template<class T> struct same { typedef T type; };
template<class T> using same_t = typename same<T>::type;
template<class T> constexpr __constant bool is_integral_v = __is_integral(T);
template<class T> constexpr __constant bool is_floating_point_v = __is_floating_point(T);
template<class T> constexpr __constant bool is_signed_v = __is_signed(T);
template<class T> constexpr __constant bool is_unsigned_v = __is_unsigned(T);
template<class T> struct is_floating_point : bool_constant<__is_floating_point(T)> {};
template<class T> struct is_integral : bool_constant<__is_integral(T)> {};
template<class T> struct numeric_limits {
    static constexpr T max() { return T(0); }
    static constexpr T min() { return T(0); }
    static constexpr T lowest() { return T(0); }
    static constexpr T infinity() { return T(0); }
    static constexpr T quiet_NaN() { return T(0); }
    static constexpr T epsilon() { return T(0); }
};

}

// bfloat: converts to and from float; the arithmetic is float's.
struct bfloat {
    ushort bits;
    bfloat() = default;
    bfloat(float);
    operator float() const;
};

#define SPACES_VECTORS(T) \
typedef T T##2 __attribute__((ext_vector_type(2))); typedef T T##3 __attribute__((ext_vector_type(3))); typedef T T##4 __attribute__((ext_vector_type(4))); \
template<class... A> T##2 make_##T##2(A...); template<class... A> T##3 make_##T##3(A...); template<class... A> T##4 make_##T##4(A...);
SPACES_VECTORS(float) SPACES_VECTORS(half) SPACES_VECTORS(int) SPACES_VECTORS(uint) SPACES_VECTORS(short) SPACES_VECTORS(ushort)
SPACES_VECTORS(char) SPACES_VECTORS(uchar) SPACES_VECTORS(long) SPACES_VECTORS(ulong)

#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define FLT_MAX 3.40282346638528859812e+38f
#define FLT_MIN 1.17549435e-38f
#define INT_MAX 0x7fffffff
#define INT_MIN (-INT_MAX - 1)
#define UINT_MAX 0xffffffffu

template<class To, class From> To as_type(From);

namespace metal {

#define SPACES_UNARY(name) template<class T> T name(T);
#define SPACES_ALL_UNARY SPACES_UNARY(exp) SPACES_UNARY(exp2) SPACES_UNARY(exp10) SPACES_UNARY(log) SPACES_UNARY(log2) SPACES_UNARY(log10) SPACES_UNARY(sin) \
    SPACES_UNARY(cos) SPACES_UNARY(tan) SPACES_UNARY(asin) SPACES_UNARY(acos) SPACES_UNARY(atan) SPACES_UNARY(sinh) SPACES_UNARY(cosh) SPACES_UNARY(tanh) \
    SPACES_UNARY(asinh) SPACES_UNARY(acosh) SPACES_UNARY(atanh) SPACES_UNARY(sinpi) SPACES_UNARY(cospi) SPACES_UNARY(sqrt) SPACES_UNARY(rsqrt) \
    SPACES_UNARY(floor) SPACES_UNARY(ceil) SPACES_UNARY(trunc) SPACES_UNARY(round) SPACES_UNARY(rint) SPACES_UNARY(fabs) SPACES_UNARY(fract) \
    SPACES_UNARY(saturate) SPACES_UNARY(sign) template<class T> T pow(T, T); template<class T> T powr(T, T); template<class T> T atan2(T, T); \
    template<class T> T fmod(T, T); template<class T> T fmin(T, T); template<class T> T fmax(T, T); template<class T> T copysign(T, T); template<class T> T divide(T, T);
SPACES_ALL_UNARY
SPACES_UNARY(abs) SPACES_UNARY(popcount) SPACES_UNARY(clz) SPACES_UNARY(ctz) SPACES_UNARY(reverse_bits)
template<class T> T min(T, T);
template<class T> T max(T, T);
template<class T> T clamp(T, same_t<T>, same_t<T>);
template<class T> T fma(T, T, T);
template<class T> T mix(T, T, T);
template<class T> T mulhi(T, T);
template<class T> T rotate(T, T);
template<class T> T select(T, T, bool);
template<class T> auto dot(T, T) -> decltype(T().x);
template<class T> bool isnan(T);
template<class T> bool isinf(T);
template<class T> bool isfinite(T);
template<class T> bool signbit(T);
float ldexp(float, int);
float frexp(float, thread int&);
namespace precise { SPACES_ALL_UNARY template<class T> T fma(T, T, T); }
namespace fast { SPACES_ALL_UNARY }

enum class mem_flags : uint { mem_none = 0, mem_device = 1, mem_threadgroup = 2 };
constexpr mem_flags operator|(mem_flags a, mem_flags b) { return mem_flags(uint(a) | uint(b)); }
void threadgroup_barrier(mem_flags);
void simdgroup_barrier(mem_flags);
SPACES_UNARY(simd_sum) SPACES_UNARY(simd_product) SPACES_UNARY(simd_min) SPACES_UNARY(simd_max) SPACES_UNARY(simd_and) SPACES_UNARY(simd_or) SPACES_UNARY(simd_xor)
SPACES_UNARY(simd_prefix_inclusive_sum) SPACES_UNARY(simd_prefix_exclusive_sum) SPACES_UNARY(simd_broadcast_first)
template<class T> T simd_shuffle(T, ushort); template<class T> T simd_shuffle_down(T, ushort); template<class T> T simd_shuffle_up(T, ushort);
template<class T> T simd_shuffle_xor(T, ushort); template<class T> T simd_broadcast(T, ushort);
struct simd_vote { ulong bits; explicit operator ulong() const; };
simd_vote simd_ballot(bool);
bool simd_all(bool); bool simd_any(bool);

template<class T> using pair = T __attribute__((ext_vector_type(2)));
template<class T, int C, int R> struct simdgroup_matrix {
    pair<T> two;
    simdgroup_matrix() = default;
    explicit simdgroup_matrix(T);
    pair<T>& thread_elements();
};
typedef simdgroup_matrix<float, 8, 8> simdgroup_float8x8;
typedef simdgroup_matrix<half, 8, 8> simdgroup_half8x8;
template<class T, int C, int R> simdgroup_matrix<T, C, R> make_filled_simdgroup_matrix(T);
#define SPACES_MATRIX(space) \
template<class T> void simdgroup_load(simdgroup_matrix<T, 8, 8>&, const space T*, ulong = 8, ulong2 = (ulong2)(0), bool = false); \
template<class T> void simdgroup_store(simdgroup_matrix<T, 8, 8>, space T*, ulong = 8, ulong2 = (ulong2)(0), bool = false);
SPACES_MATRIX(device) SPACES_MATRIX(threadgroup)
template<class D, class A, class B, class C> void simdgroup_multiply_accumulate(D&, A, B, C);
template<class D, class A, class B> void simdgroup_multiply(D&, A, B);

template<class T> struct atomic { T value; };
template<class T> using _atomic = atomic<T>;
// OpenCL has types of these names already.
#define atomic_int metal_atomic_int
#define atomic_uint metal_atomic_uint
#define atomic_float metal_atomic_float
#define atomic_ulong metal_atomic_ulong
#define atomic_bool metal_atomic_bool
#define memory_order metal_memory_order
#define memory_order_relaxed metal_memory_order_relaxed
typedef atomic<int> atomic_int; typedef atomic<uint> atomic_uint; typedef atomic<float> atomic_float; typedef atomic<ulong> atomic_ulong; typedef atomic<bool> atomic_bool;
enum memory_order { memory_order_relaxed };
#define SPACES_FETCH(space, name) template<class T> T atomic_##name##_explicit(volatile space atomic<T>*, same_t<T>, memory_order);
#define SPACES_ATOMICS(space) SPACES_FETCH(space, exchange) SPACES_FETCH(space, fetch_add) SPACES_FETCH(space, fetch_sub) SPACES_FETCH(space, fetch_min) \
    SPACES_FETCH(space, fetch_max) SPACES_FETCH(space, fetch_and) SPACES_FETCH(space, fetch_or) SPACES_FETCH(space, fetch_xor) \
    template<class T> T atomic_load_explicit(const volatile space atomic<T>*, memory_order); \
    template<class T> void atomic_store_explicit(volatile space atomic<T>*, same_t<T>, memory_order); \
    template<class T> bool atomic_compare_exchange_weak_explicit(volatile space atomic<T>*, thread T*, same_t<T>, memory_order, memory_order);
SPACES_ATOMICS(device) SPACES_ATOMICS(threadgroup)

}

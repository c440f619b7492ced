// What a translated shader includes. No header of the C library with functions in the global namespace may be included
// here: abs, exp and the like would clash with metal's under `using namespace metal`.
#pragma once
#include <cfloat>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include "runtime.hpp"
#include "small_float.hpp"
#include "vector.hpp"
#include "math.hpp"
#include "dense_matrix.hpp"
#include "simd.hpp"
#include "matrix.hpp"
#include "atomic.hpp"

namespace metal {

using std::bool_constant, std::conditional, std::conditional_t, std::enable_if, std::enable_if_t, std::false_type, std::true_type,
      std::integral_constant, std::is_arithmetic, std::is_const, std::is_integral, std::is_pointer, std::is_same, std::is_same_v,
      std::is_signed, std::is_unsigned, std::is_convertible, std::is_convertible_v, std::is_enum, std::is_class, std::is_array,
      std::remove_const, std::remove_cv, std::remove_cv_t, std::remove_reference, std::remove_reference_t, std::make_unsigned,
      std::make_unsigned_t, std::make_signed, std::make_signed_t, std::declval, std::is_trivially_copyable, std::void_t,
      std::is_base_of, std::is_base_of_v, std::integral_constant;
using ::size_t, ::ptrdiff_t;
template<class T> inline constexpr bool is_integral_v = std::is_integral_v<T>;
template<class T> inline constexpr bool is_signed_v = std::is_signed_v<T> || softmetal::is_floating<T>;
template<class T> inline constexpr bool is_unsigned_v = std::is_unsigned_v<T>;
template<class T> inline constexpr bool is_arithmetic_v = softmetal::is_scalar<T>;
template<class T> struct is_floating_point : std::bool_constant<softmetal::is_floating<std::remove_cv_t<T>>> {};
template<class T> inline constexpr bool is_floating_point_v = is_floating_point<T>::value;
template<class T> struct is_vector : std::bool_constant<(softmetal::count_of<T> > 1)> {};
template<class T> inline constexpr bool is_vector_v = is_vector<T>::value;
template<class T> struct make_scalar { using type = typename softmetal::shape<T>::element; };
template<class T> using make_scalar_t = typename make_scalar<T>::type;

// Names with an underscore are Apple's own, and shaders of others specialise them all the same.
template<class T> struct _numeric_limits_impl : std::numeric_limits<T> {};
template<class T> struct numeric_limits : _numeric_limits_impl<T> {};
template<class T> struct __is_valid_simdgroup_type : std::bool_constant<softmetal::is_simd_type<T>> {};
template<class T> struct vec_elements : std::integral_constant<uint, softmetal::count_of<T>> {};
template<> struct _numeric_limits_impl<half> {
    static constexpr bool is_specialized = true, is_signed = true, is_integer = false, has_infinity = true;
    static constexpr int digits = 11, max_exponent = 16, min_exponent = -13;
    static constexpr half max() { return half(65504.0f); }
    static constexpr half lowest() { return half(-65504.0f); }
    static constexpr half min() { return half(0x1p-14f); }
    static constexpr half epsilon() { return half(0x1p-10f); }
    static constexpr half infinity() { return half(__builtin_inff()); }
    static constexpr half quiet_NaN() { return half(__builtin_nanf("")); }
};
template<> struct _numeric_limits_impl<bfloat> {
    static constexpr bool is_specialized = true, is_signed = true, is_integer = false, has_infinity = true;
    static constexpr int digits = 8, max_exponent = 128, min_exponent = -125;
    static constexpr bfloat max() { return bfloat(0x1.fep127f); }
    static constexpr bfloat lowest() { return bfloat(-0x1.fep127f); }
    static constexpr bfloat min() { return bfloat(0x1p-126f); }
    static constexpr bfloat epsilon() { return bfloat(0x1p-7f); }
    static constexpr bfloat infinity() { return bfloat(__builtin_inff()); }
    static constexpr bfloat quiet_NaN() { return bfloat(__builtin_nanf("")); }
};

template<class T, size_t N> struct array {
    T softmetal_items[N];
    constexpr T& operator[](size_t i) { return softmetal_items[i]; }
    constexpr const T& operator[](size_t i) const { return softmetal_items[i]; }
    static constexpr size_t size() { return N; }
};

template<class T> constexpr void swap(T& a, T& b) { T c = a; a = b; b = c; }

}

template<class To, class From> constexpr To as_type(From value) {
    static_assert(sizeof(To) == sizeof(From), "as_type needs types of one size");
    return __builtin_bit_cast(To, value);
}

namespace softmetal {

template<class T, size_t N, class V> void fill_range(T (&array)[N], size_t first, size_t last, const V& value) { for (size_t i = first; i <= last; i++) array[i] = value; }

template<class T> T host_constant(int index) { T value{}; softmetal_host_constant(index, &value, sizeof value); return value; }

// Read while the library loads: a constant computed from it keeps the answer.
inline bool host_constant_defined(int index) { char value[64]; return softmetal_host_constant(index, value, sizeof value); }

template<class T> auto threadgroup_variable(int id, const char* name) -> T& {
    return *static_cast<T*>(softmetal_threadgroup_variable(id, name, sizeof(T), alignof(T)));
}

// Arguments that become whatever the kernel's parameter is.
struct pointer {
    void* address;
    pointer(const thread_state& s, int index) : address(s.buffers[index]) {}
    template<class T> operator T*() const { return static_cast<T*>(address); }
};
struct reference {
    void* address;
    reference(const thread_state& s, int index) : address(s.buffers[index]) {}
    template<class T> operator T&() const { return *static_cast<T*>(address); }
};
struct group_pointer {
    void* address;
    group_pointer(const thread_state& s, int index) : address(s.threadgroup_memory[index]) {}
    template<class T> operator T*() const { return static_cast<T*>(address); }
};
struct group_reference {
    void* address;
    group_reference(const thread_state& s, int index) : address(s.threadgroup_memory[index]) {}
    template<class T> operator T&() const { return *static_cast<T*>(address); }
};
struct builtin {
    triple t;
    builtin(triple t) : t(t) {}
    builtin(uint32_t x) : t{x, 0, 0} {}
    operator uint() const { return t.x; }
    operator ushort() const { return ushort(t.x); }
    operator int() const { return int(t.x); }
    operator uint2() const { return uint2(t.x, t.y); }
    operator ushort2() const { return ushort2(t.x, t.y); }
    operator uint3() const { return uint3(t.x, t.y, t.z); }
    operator ushort3() const { return ushort3(t.x, t.y, t.z); }
};

template<class P> void describe_one(parameter& p) {
    using R = std::remove_reference_t<P>;
    if (p.role == role::builtin) return;
    p.reference = std::is_reference_v<P>;
    using Target = std::conditional_t<std::is_reference_v<P>, R, std::remove_pointer_t<R>>;
    p.writable = !std::is_const_v<Target>;
    if constexpr (!std::is_void_v<Target>) { p.size = sizeof(Target); p.alignment = alignof(Target); }
}
template<class... P> bool describe(void (*)(P...), parameter* p) { int i = 0; (describe_one<P>(p[i++]), ...); (void)i; return true; }

}

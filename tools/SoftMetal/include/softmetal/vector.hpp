// vec<T, 2..4>, packed vectors, and their operators. Swizzles arrive as take<…>() and part<…>() from the rewriter.
#pragma once

namespace metal {

template<class T, int N> struct vec;
template<class T, int N> struct packed_vec;

}

namespace softmetal {

template<class T> struct shape { static constexpr int count = 1; using element = T; };
template<class T, int N> struct shape<metal::vec<T, N>> { static constexpr int count = N; using element = T; };
template<class T, int N> struct shape<metal::packed_vec<T, N>> { static constexpr int count = N; using element = T; };
template<class T> inline constexpr int count_of = shape<std::remove_cvref_t<T>>::count;
template<class T> inline constexpr bool is_scalar = std::is_arithmetic_v<T> || std::is_same_v<T, half> || std::is_same_v<T, bfloat>;
template<class T> inline constexpr bool is_floating = std::is_same_v<T, float> || std::is_same_v<T, half> || std::is_same_v<T, bfloat>;
template<class T> struct same { using type = T; };
template<class T> using same_t = typename same<T>::type;   // keeps a parameter out of deduction

// The left side of v.xy = …
template<class V, int... I> struct swizzled {
    V& v;
    using value = metal::vec<typename shape<V>::element, sizeof...(I)>;
    operator value() const { return value(v[I]...); }
    void operator=(const value& o) { int k = 0; ((v[I] = o[k++]), ...); }
    void operator+=(const value& o) { *this = value(*this) + o; }
    void operator-=(const value& o) { *this = value(*this) - o; }
    void operator*=(const value& o) { *this = value(*this) * o; }
    void operator/=(const value& o) { *this = value(*this) / o; }
};

}

namespace metal {

#define SOFTMETAL_VECTOR_BODY(N)                                                                                              \
    using softmetal_element = T;                                                                                              \
    vec() = default;                                                                                                          \
    template<class S> requires softmetal::is_scalar<S>                                                                        \
    constexpr vec(S value) : vec(softmetal_fill{}, T(value)) {}                                                               \
    template<class U> requires (!std::is_same_v<U, T>)                                                                        \
    constexpr explicit vec(const vec<U, N>& o) : vec() { for (int i = 0; i < N; i++) (*this)[i] = T(o[i]); }                  \
    template<class U> requires (!std::is_same_v<U, T>)                                                                        \
    constexpr explicit vec(const packed_vec<U, N>& o) : vec() { for (int i = 0; i < N; i++) (*this)[i] = T(o[i]); }           \
    constexpr vec(const packed_vec<T, N>& o) : vec() { for (int i = 0; i < N; i++) (*this)[i] = o[i]; }                       \
    template<class... A> requires (sizeof...(A) > 1 && sizeof...(A) < N && (softmetal::count_of<A> + ...) == N)               \
    constexpr vec(const A&... parts) : vec() { int k = 0; (softmetal_put(k, parts), ...); }                                   \
    constexpr T& operator[](int i) { return (&x)[i]; }                                                                        \
    constexpr const T& operator[](int i) const { return (&x)[i]; }                                                            \
    template<int... I> constexpr auto take() const {                                                                          \
        if constexpr (sizeof...(I) == 1) return (*this)[(I + ...)]; else return vec<T, int(sizeof...(I))>((*this)[I]...); }   \
    template<int... I> softmetal::swizzled<vec, I...> part() { return {*this}; }                                              \
private:                                                                                                                      \
    struct softmetal_fill {};                                                                                                 \
    constexpr vec(softmetal_fill, T value) : vec() { for (int i = 0; i < N; i++) (*this)[i] = value; }                        \
    template<class A> constexpr void softmetal_put(int& k, const A& a) {                                                      \
        if constexpr (softmetal::count_of<A> == 1) (*this)[k++] = T(a);                                                       \
        else for (int i = 0; i < softmetal::count_of<A>; i++) (*this)[k++] = T(a[i]); }

// One scalar for each element: these can be constant expressions.
template<class T> struct alignas(2 * sizeof(T)) vec<T, 2> {
    union { T x; T r; };
    union { T y; T g; };
    template<class A, class B> constexpr vec(A a, B b) : x(T(a)), y(T(b)) {}
    SOFTMETAL_VECTOR_BODY(2)
};

template<class T> struct alignas(4 * sizeof(T)) vec<T, 3> {
    union { T x; T r; };
    union { T y; T g; };
    union { T z; T b; };
    template<class A, class B, class C> constexpr vec(A a, B b, C c) : x(T(a)), y(T(b)), z(T(c)) {}
    SOFTMETAL_VECTOR_BODY(3)
};

template<class T> struct alignas(4 * sizeof(T)) vec<T, 4> {
    union { T x; T r; };
    union { T y; T g; };
    union { T z; T b; };
    union { T w; T a; };
    template<class A, class B, class C, class D> constexpr vec(A a, B b, C c, D d) : x(T(a)), y(T(b)), z(T(c)), w(T(d)) {}
    SOFTMETAL_VECTOR_BODY(4)
};

// The alignment and size of N elements in a row.
template<class T, int N> struct packed_vec {
    T element[N];
    packed_vec() = default;
    packed_vec(const vec<T, N>& o) { for (int i = 0; i < N; i++) element[i] = o[i]; }
    template<class S> requires softmetal::is_scalar<S> packed_vec(S value) { for (T& e : element) e = T(value); }
    template<class... A> requires (sizeof...(A) > 1 && (softmetal::count_of<A> + ...) == N)
    packed_vec(const A&... parts) : packed_vec(vec<T, N>(parts...)) {}
    T& operator[](int i) { return element[i]; }
    const T& operator[](int i) const { return element[i]; }
    template<int... I> auto take() const { return vec<T, N>(*this).template take<I...>(); }
    template<int... I> softmetal::swizzled<packed_vec, I...> part() { return {*this}; }
};

#define SOFTMETAL_BINARY(op, result)                                                                                           \
template<class T, int N> constexpr vec<result, N> operator op(const vec<T, N>& a, const vec<T, N>& b) {                       \
    vec<result, N> r; for (int i = 0; i < N; i++) r[i] = result(a[i] op b[i]); return r; }                                    \
template<class T, int N, class S> requires softmetal::is_scalar<S> constexpr vec<result, N> operator op(const vec<T, N>& a, S b) { return a op vec<T, N>(b); } \
template<class T, int N, class S> requires softmetal::is_scalar<S> constexpr vec<result, N> operator op(S a, const vec<T, N>& b) { return vec<T, N>(a) op b; } \
template<class T, int N> constexpr vec<result, N> operator op(const packed_vec<T, N>& a, const packed_vec<T, N>& b) { return vec<T, N>(a) op vec<T, N>(b); } \
template<class T, int N> constexpr vec<result, N> operator op(const vec<T, N>& a, const packed_vec<T, N>& b) { return a op vec<T, N>(b); } \
template<class T, int N> constexpr vec<result, N> operator op(const packed_vec<T, N>& a, const vec<T, N>& b) { return vec<T, N>(a) op b; } \
template<class T, int N, class S> requires softmetal::is_scalar<S> constexpr vec<result, N> operator op(const packed_vec<T, N>& a, S b) { return vec<T, N>(a) op vec<T, N>(b); }
SOFTMETAL_BINARY(+, T) SOFTMETAL_BINARY(-, T) SOFTMETAL_BINARY(*, T) SOFTMETAL_BINARY(/, T) SOFTMETAL_BINARY(%, T)
SOFTMETAL_BINARY(&, T) SOFTMETAL_BINARY(|, T) SOFTMETAL_BINARY(^, T) SOFTMETAL_BINARY(<<, T) SOFTMETAL_BINARY(>>, T)
SOFTMETAL_BINARY(==, bool) SOFTMETAL_BINARY(!=, bool) SOFTMETAL_BINARY(<, bool) SOFTMETAL_BINARY(>, bool)
SOFTMETAL_BINARY(<=, bool) SOFTMETAL_BINARY(>=, bool) SOFTMETAL_BINARY(&&, bool) SOFTMETAL_BINARY(||, bool)
#undef SOFTMETAL_BINARY

#define SOFTMETAL_ASSIGN(op)                                                                                                   \
template<class T, int N> constexpr vec<T, N>& operator op##=(vec<T, N>& a, const softmetal::same_t<vec<T, N>>& b) { return a = a op b; } \
template<class T, int N> packed_vec<T, N>& operator op##=(packed_vec<T, N>& a, const softmetal::same_t<vec<T, N>>& b) { return a = vec<T, N>(a) op b; }
SOFTMETAL_ASSIGN(+) SOFTMETAL_ASSIGN(-) SOFTMETAL_ASSIGN(*) SOFTMETAL_ASSIGN(/) SOFTMETAL_ASSIGN(%)
SOFTMETAL_ASSIGN(&) SOFTMETAL_ASSIGN(|) SOFTMETAL_ASSIGN(^) SOFTMETAL_ASSIGN(<<) SOFTMETAL_ASSIGN(>>)
#undef SOFTMETAL_ASSIGN

template<class T, int N> constexpr vec<T, N> operator-(const vec<T, N>& a) { vec<T, N> r; for (int i = 0; i < N; i++) r[i] = T(-a[i]); return r; }
template<class T, int N> constexpr vec<T, N> operator+(const vec<T, N>& a) { return a; }
template<class T, int N> constexpr vec<T, N> operator~(const vec<T, N>& a) { vec<T, N> r; for (int i = 0; i < N; i++) r[i] = T(~a[i]); return r; }
template<class T, int N> constexpr vec<bool, N> operator!(const vec<T, N>& a) { vec<bool, N> r; for (int i = 0; i < N; i++) r[i] = !a[i]; return r; }

}

#define SOFTMETAL_VECTORS(T, name)                                                                                             \
using name##2 = metal::vec<T, 2>; using name##3 = metal::vec<T, 3>; using name##4 = metal::vec<T, 4>;                         \
using packed_##name##2 = metal::packed_vec<T, 2>; using packed_##name##3 = metal::packed_vec<T, 3>; using packed_##name##4 = metal::packed_vec<T, 4>;
using uint = unsigned int;
using ushort = unsigned short;
using uchar = unsigned char;
using ulong = unsigned long;
SOFTMETAL_VECTORS(float, float) SOFTMETAL_VECTORS(half, half) SOFTMETAL_VECTORS(bfloat, bfloat)
SOFTMETAL_VECTORS(int, int) SOFTMETAL_VECTORS(uint, uint) SOFTMETAL_VECTORS(short, short) SOFTMETAL_VECTORS(ushort, ushort)
SOFTMETAL_VECTORS(char, char) SOFTMETAL_VECTORS(uchar, uchar) SOFTMETAL_VECTORS(long, long) SOFTMETAL_VECTORS(ulong, ulong)
SOFTMETAL_VECTORS(bool, bool)
#undef SOFTMETAL_VECTORS

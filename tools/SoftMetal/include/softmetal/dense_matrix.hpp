// matrix<T, columns, rows>: float2x2 to float4x4, of half and bfloat too. Columns are vectors, as in MSL.
#pragma once

namespace metal {

template<class T, int C, int R = C> struct matrix {
    vec<T, R> columns[C];
    matrix() = default;
    explicit matrix(T diagonal) : columns{} { for (int c = 0; c < C; c++) for (int r = 0; r < R; r++) columns[c][r] = c == r ? diagonal : T(0.0f); }
    template<class... A> requires (sizeof...(A) == C && ((softmetal::count_of<A> == R) && ...))
    matrix(const A&... parts) : columns{vec<T, R>(parts)...} {}
    template<class... A> requires (sizeof...(A) == C * R && ((softmetal::count_of<A> == 1) && ...))
    matrix(A... elements) { int k = 0; ((columns[k / R][k % R] = T(elements), k++), ...); }
    template<class U> requires (!std::is_same_v<U, T>) explicit matrix(const matrix<U, C, R>& o) { for (int c = 0; c < C; c++) columns[c] = vec<T, R>(o[c]); }
    vec<T, R>& operator[](int c) { return columns[c]; }
    const vec<T, R>& operator[](int c) const { return columns[c]; }
    bool operator==(const matrix& o) const { for (int c = 0; c < C; c++) if (!all(columns[c] == o[c])) return false; return true; }
    matrix operator-() const { matrix m; for (int c = 0; c < C; c++) m[c] = -columns[c]; return m; }
};

#define SOFTMETAL_MATRIX_EACH(expression) { matrix<T, C, R> m; for (int c = 0; c < C; c++) m[c] = expression; return m; }
template<class T, int C, int R> inline matrix<T, C, R> operator+(const matrix<T, C, R>& a, const matrix<T, C, R>& b) SOFTMETAL_MATRIX_EACH(a[c] + b[c])
template<class T, int C, int R> inline matrix<T, C, R> operator-(const matrix<T, C, R>& a, const matrix<T, C, R>& b) SOFTMETAL_MATRIX_EACH(a[c] - b[c])
template<class T, int C, int R> inline matrix<T, C, R> operator*(const matrix<T, C, R>& a, softmetal::same_t<T> b) SOFTMETAL_MATRIX_EACH(a[c] * b)
template<class T, int C, int R> inline matrix<T, C, R> operator*(softmetal::same_t<T> a, const matrix<T, C, R>& b) SOFTMETAL_MATRIX_EACH(a * b[c])
#undef SOFTMETAL_MATRIX_EACH
template<class T, int C, int R> inline vec<T, R> operator*(const matrix<T, C, R>& a, const vec<T, C>& x) {
    vec<T, R> y = a[0] * x[0];
    for (int c = 1; c < C; c++) y += a[c] * x[c];
    return y;
}
template<class T, int C, int R> inline vec<T, C> operator*(const vec<T, R>& x, const matrix<T, C, R>& a) { vec<T, C> y; for (int c = 0; c < C; c++) y[c] = dot(x, a[c]); return y; }
template<class T, int K, int R, int C> inline matrix<T, C, R> operator*(const matrix<T, K, R>& a, const matrix<T, C, K>& b) {
    matrix<T, C, R> m;
    for (int c = 0; c < C; c++) m[c] = a * b[c];
    return m;
}
template<class T, int C, int R> inline matrix<T, C, R>& operator*=(matrix<T, C, R>& a, softmetal::same_t<T> b) { return a = a * b; }
template<class T, int C, int R> inline matrix<T, C, R>& operator*=(matrix<T, C, R>& a, const matrix<T, C, C>& b) { return a = a * b; }
template<class T, int C, int R> inline matrix<T, C, R>& operator+=(matrix<T, C, R>& a, const matrix<T, C, R>& b) { return a = a + b; }
template<class T, int C, int R> inline matrix<T, C, R>& operator-=(matrix<T, C, R>& a, const matrix<T, C, R>& b) { return a = a - b; }
template<class T, int C, int R> inline matrix<T, R, C> transpose(const matrix<T, C, R>& a) {
    matrix<T, R, C> m;
    for (int c = 0; c < C; c++) for (int r = 0; r < R; r++) m[r][c] = a[c][r];
    return m;
}
template<class T> inline T determinant(const matrix<T, 2, 2>& a) { return a[0][0] * a[1][1] - a[1][0] * a[0][1]; }
template<class T> inline T determinant(const matrix<T, 3, 3>& a) { return dot(a[0], cross(a[1], a[2])); }
// By the minors of the first row.
template<class T> inline T determinant(const matrix<T, 4, 4>& a) {
    T sum = T(0.0f);
    for (int k = 0; k < 4; k++) {
        matrix<T, 3, 3> minor;
        for (int c = 0, m = 0; c < 4; c++) if (c != k) { minor[m++] = vec<T, 3>(a[c][1], a[c][2], a[c][3]); }
        sum += (k % 2 ? -a[k][0] : a[k][0]) * determinant(minor);
    }
    return sum;
}

}

#define SOFTMETAL_MATRICES(T)                                                                                                  \
using T##2x2 = metal::matrix<T, 2, 2>; using T##2x3 = metal::matrix<T, 2, 3>; using T##2x4 = metal::matrix<T, 2, 4>;          \
using T##3x2 = metal::matrix<T, 3, 2>; using T##3x3 = metal::matrix<T, 3, 3>; using T##3x4 = metal::matrix<T, 3, 4>;          \
using T##4x2 = metal::matrix<T, 4, 2>; using T##4x3 = metal::matrix<T, 4, 3>; using T##4x4 = metal::matrix<T, 4, 4>;
SOFTMETAL_MATRICES(float) SOFTMETAL_MATRICES(half)
#undef SOFTMETAL_MATRICES

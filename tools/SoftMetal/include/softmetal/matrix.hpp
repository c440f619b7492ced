// simdgroup_matrix<T, 8, 8>: 64 elements spread over 32 lanes, two neighbours of a row to a lane. Which lane holds which
// element is not documented by Apple, so portable shaders treat thread_elements() element by element.
#pragma once

namespace metal {

template<class T, int Columns = 8, int Rows = 8> struct simdgroup_matrix;

template<class T> struct simdgroup_matrix<T, 8, 8> {
    static_assert(softmetal::is_floating<T>, "simdgroup_matrix holds float, half or bfloat");
    vec<T, 2> softmetal_elements;
    simdgroup_matrix() = default;
    explicit simdgroup_matrix(T diagonal) {
        uint32_t lane = softmetal_lane(), row = softmetal_row(lane), column = softmetal_column(lane);
        softmetal_elements = vec<T, 2>(row == column ? diagonal : T(0.0f), row == column + 1 ? diagonal : T(0.0f));
    }
    vec<T, 2>& thread_elements() { return softmetal_elements; }
    const vec<T, 2>& thread_elements() const { return softmetal_elements; }
    static uint32_t softmetal_row(uint32_t lane) { return ((lane >> 2) & 4) + ((lane >> 1) & 3); }
    static uint32_t softmetal_column(uint32_t lane) { return ((lane >> 2) & 2) * 2 + (lane & 1) * 2; }
};

using simdgroup_float8x8 = simdgroup_matrix<float, 8, 8>;
using simdgroup_half8x8 = simdgroup_matrix<half, 8, 8>;
using simdgroup_bfloat8x8 = simdgroup_matrix<bfloat, 8, 8>;

template<class T, int C = 8, int R = 8> simdgroup_matrix<T, C, R> make_filled_simdgroup_matrix(T value) {
    simdgroup_matrix<T, C, R> m;
    m.softmetal_elements = vec<T, 2>(value);
    return m;
}

// origin is (column, row). Every lane reads and writes its own two elements.
template<class T> void simdgroup_load(simdgroup_matrix<T, 8, 8>& m, const softmetal::same_t<T>* source, ulong elements_per_row = 8, ulong2 origin = ulong2(0), bool transpose = false) {
    uint32_t lane = softmetal_lane();
    ulong row = m.softmetal_row(lane), column = m.softmetal_column(lane);
    for (int i = 0; i < 2; i++)
        m.softmetal_elements[i] = transpose ? source[(origin.y + column + i) * elements_per_row + origin.x + row]
                                            : source[(origin.y + row) * elements_per_row + origin.x + column + i];
}

template<class T> void simdgroup_store(const simdgroup_matrix<T, 8, 8>& m, softmetal::same_t<T>* target, ulong elements_per_row = 8, ulong2 origin = ulong2(0), bool transpose = false) {
    uint32_t lane = softmetal_lane();
    ulong row = m.softmetal_row(lane), column = m.softmetal_column(lane);
    for (int i = 0; i < 2; i++)
        (transpose ? target[(origin.y + column + i) * elements_per_row + origin.x + row]
                   : target[(origin.y + row) * elements_per_row + origin.x + column + i]) = m.softmetal_elements[i];
}

}

namespace softmetal {

struct product_slot { float a[2], b[2], c[2]; };

template<class M> void multiply_add(M& d, const vec<float, 2>& a, const vec<float, 2>& b, const vec<float, 2>& c, SOFTMETAL_SITE) {
    product_slot own{{a[0], a[1]}, {b[0], b[1]}, {c[0], c[1]}};
    auto combine = [](unsigned char* slots, uint32_t) {
        float a[8][8], b[8][8], c[8][8];
        using M8 = metal::simdgroup_matrix<float, 8, 8>;
        for (uint32_t lane = 0; lane < 32; lane++) {
            auto& s = slot<product_slot>(slots, lane);
            uint32_t row = M8::softmetal_row(lane), column = M8::softmetal_column(lane);
            for (int i = 0; i < 2; i++) { a[row][column + i] = s.a[i]; b[row][column + i] = s.b[i]; c[row][column + i] = s.c[i]; }
        }
        for (int k = 0; k < 8; k++) for (int i = 0; i < 8; i++) for (int j = 0; j < 8; j++) c[i][j] += a[i][k] * b[k][j];
        for (uint32_t lane = 0; lane < 32; lane++) {
            auto& s = slot<product_slot>(slots, lane);
            for (int i = 0; i < 2; i++) s.c[i] = c[M8::softmetal_row(lane)][M8::softmetal_column(lane) + i];
        }
    };
    unsigned char* slots = softmetal_exchange(&own, sizeof own, combine, nullptr, "simdgroup_multiply_accumulate", SOFTMETAL_HERE);
    auto& s = slot<product_slot>(slots, softmetal_lane());
    for (int i = 0; i < 2; i++) d.softmetal_elements[i] = typename shape<std::remove_cvref_t<decltype(d.softmetal_elements)>>::element(s.c[i]);
}

}

namespace metal {

template<class D, class A, class B, class C>
void simdgroup_multiply_accumulate(simdgroup_matrix<D, 8, 8>& d, const simdgroup_matrix<A, 8, 8>& a, const simdgroup_matrix<B, 8, 8>& b,
                                   const simdgroup_matrix<C, 8, 8>& c, SOFTMETAL_SITE) {
    softmetal::multiply_add(d, vec<float, 2>(a.softmetal_elements[0], a.softmetal_elements[1]), vec<float, 2>(b.softmetal_elements[0], b.softmetal_elements[1]),
                            vec<float, 2>(c.softmetal_elements[0], c.softmetal_elements[1]), SOFTMETAL_HERE);
}
template<class D, class A, class B>
void simdgroup_multiply(simdgroup_matrix<D, 8, 8>& d, const simdgroup_matrix<A, 8, 8>& a, const simdgroup_matrix<B, 8, 8>& b, SOFTMETAL_SITE) {
    simdgroup_multiply_accumulate(d, a, b, make_filled_simdgroup_matrix<float, 8, 8>(0.0f), SOFTMETAL_HERE);
}
template<class A, class B> simdgroup_matrix<A, 8, 8> operator*(const simdgroup_matrix<A, 8, 8>& a, const simdgroup_matrix<B, 8, 8>& b) {
    simdgroup_matrix<A, 8, 8> d;
    simdgroup_multiply(d, a, b);
    return d;
}

}

// Products with a sparse matrix in compressed rows: entry e of row i, offsets[i] <= e < offsets[i + 1], is values[e] in column columns[e].
// Narrower numbers come as float. Nothing depends on timing: no atomics.
#include "common.metal"

constant int has_values [[function_constant(0)]]; // else they are ones
constant int has_dense [[function_constant(1)]];  // else the dense operand is the identity

struct SparseParameters {
    long rows, entries; // of the sparse matrix
    long width;         // columns of the dense one
    long pieces;        // of the merge path
    long length;        // items of a piece
    long a_row, a_column;
    long b_row, b_column;
    long y_row, y_column;
};

// Ends of rows and entries merged into one list, in the order in which they are met (Merrill and Garland, Merge-Based Parallel Sparse
// Matrix-Vector Multiplication, 2016): how many rows have ended before an item of it.
inline long rows_before(device const int* offsets, constant SparseParameters& p, long item) {
    long low = 0, high = p.rows;
    while (low < high) {
        const long middle = (low + high) / 2;
        if (long(offsets[middle + 1]) < item - middle) low = middle + 1;
        else high = middle;
    }
    return low;
}

// The row of an entry: the last that begins at or before it.
inline long row_of(device const int* offsets, long rows, long entry) {
    long low = 0, high = rows;
    while (high - low > 1) {
        const long middle = (low + high) / 2;
        if (long(offsets[middle]) <= entry) low = middle;
        else high = middle;
    }
    return low;
}

// A thread does one piece for one column: it writes the rows that end in it, and carries what it has of the row after those.
kernel void sparse_pieces(
    device const int* offsets [[buffer(0)]],
    device const int* columns [[buffer(1)]],
    device const float* values [[buffer(2)]],
    device const float* b [[buffer(3)]],
    device float* y [[buffer(4)]],
    device float* carries [[buffer(5)]],
    device int* carry_rows [[buffer(6)]],
    constant SparseParameters& p [[buffer(7)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint thread_index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(thread_index);
    if (i >= p.pieces * p.width) return;
    const long piece = i / p.width, column = i - piece * p.width;
    const long items = p.rows + p.entries, first = piece * p.length;
    const long last = min(first + p.length, items);
    long row = rows_before(offsets, p, first);
    long entry = first - row;
    const long last_row = rows_before(offsets, p, last), last_entry = last - last_row;
    device const float* dense = b + column * p.b_column;
    while (true) {
        const long end = row < last_row ? long(offsets[row + 1]) : last_entry;
        float sum = 0.0f;
        for (long e = entry; e < end; e++) {
            const float x = dense[long(columns[e]) * p.b_row];
            sum += has_values != 0 ? values[e] * x : x;
        }
        if (row >= last_row) {
            if (column == 0) carry_rows[piece] = entry < end ? int(row) : -1;
            carries[i] = sum;
            return;
        }
        y[row * p.y_row + column * p.y_column] = sum;
        entry = end;
        row++;
    }
}

// Adds what pieces carry of a row to its end. They lie one behind the other, and the first of them adds all. The last piece ends with the last row
// and carries nothing, so it ends any run.
kernel void sparse_carries(
    device const float* carries [[buffer(0)]],
    device const int* carry_rows [[buffer(1)]],
    device float* y [[buffer(2)]],
    constant SparseParameters& p [[buffer(3)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint thread_index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long i = long(group) * long(threads) + long(thread_index);
    if (i >= p.pieces * p.width) return;
    const long piece = i / p.width, column = i - piece * p.width;
    const int row = carry_rows[piece];
    if (row < 0) return;
    if (piece > 0) {
        if (carry_rows[piece - 1] == row) return;
    }
    float sum = 0.0f;
    for (long other = piece; carry_rows[other] == row; other++) sum += carries[other * p.width + column];
    y[long(row) * p.y_row + column * p.y_column] += sum;
}

// The entries, which lie in different places, put into zeros.
kernel void sparse_expand(
    device const int* offsets [[buffer(0)]],
    device const int* columns [[buffer(1)]],
    device const float* values [[buffer(2)]],
    device float* y [[buffer(3)]],
    constant SparseParameters& p [[buffer(4)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint thread_index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long e = long(group) * long(threads) + long(thread_index);
    if (e >= p.entries) return;
    const float value = has_values != 0 ? values[e] : 1.0f;
    y[row_of(offsets, p.rows, e) * p.y_row + long(columns[e]) * p.y_column] = value;
}

// A thread does one entry: the product of two rows, in blocks so that no chain of additions is long, or an element.
kernel void sparse_sample(
    device const int* offsets [[buffer(0)]],
    device const int* columns [[buffer(1)]],
    device const float* a [[buffer(2)]],
    device const float* b [[buffer(3)]],
    device float* y [[buffer(4)]],
    constant SparseParameters& p [[buffer(5)]], constant Grid& grid [[buffer(30)]],
    uint own_group [[threadgroup_position_in_grid]],
    uint thread_index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
    const uint group = group_in(grid, own_group);
    const long e = long(group) * long(threads) + long(thread_index);
    if (e >= p.entries) return;
    device const float* left = a + row_of(offsets, p.rows, e) * p.a_row;
    const long column = long(columns[e]);
    float sum = 0.0f;
    if (has_dense != 0) {
        device const float* right = b + column * p.b_row;
        for (long block = 0; block < p.width; block += 256) {
            const long end = min(block + 256, p.width);
            float part = 0.0f;
            for (long j = block; j < end; j++) part += left[j * p.a_column] * right[j * p.b_column];
            sum += part;
        }
    } else {
        sum = left[column * p.a_column];
    }
    y[e * p.y_row] = sum;
}

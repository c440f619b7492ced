namespace Gradient.Backend.Cpu;

/// <summary>
/// C = activation(A · B + bias), or with Accumulate: activation(C + A · B + bias). Strides count elements and may be any integer
/// for A and B; a row of C is contiguous.
/// </summary>
internal unsafe struct GemmArguments<T>
    where T : unmanaged
{
    /// <summary>Rows of A and C.</summary>
    public nint M;

    /// <summary>Columns of B and C.</summary>
    public nint N;

    /// <summary>Columns of A, rows of B. With 0 the product is zero.</summary>
    public nint K;

    public T* A;

    /// <summary>From row to row of A.</summary>
    public nint ARow;

    /// <summary>From column to column of A.</summary>
    public nint AColumn;

    public T* B;

    /// <summary>From row to row of B.</summary>
    public nint BRow;

    /// <summary>From column to column of B.</summary>
    public nint BColumn;

    public T* C;

    /// <summary>From row to row of C.</summary>
    public nint CRow;

    public bool Accumulate;

    /// <summary>N values, one for each column, contiguous; null for none.</summary>
    public T* Bias;

    /// <summary>Negative results become 0; NaN stays.</summary>
    public bool Relu;
}

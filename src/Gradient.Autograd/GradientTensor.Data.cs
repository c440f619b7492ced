using Tensor = Gradient.Core.Tensor;
using Numerics = System.Numerics.Tensors;

namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>A copy of the values, in row-major order, as a vector: <c>GradientTensor.From([1f, 2f, 3f])</c>.</summary>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static GradientTensor From<T>(ReadOnlySpan<T> values, Device? device = null, bool requiresGrad = false) where T : unmanaged =>
        new(Tensor.From(values, [values.Length], device ?? Devices.Default), requiresGrad);

    /// <summary>A copy of the values, in row-major order, under a shape.</summary>
    /// <exception cref="ShapeMismatchException">The shape has another number of elements.</exception>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static GradientTensor From<T>(ReadOnlySpan<T> values, Shape shape, Device? device = null, bool requiresGrad = false) where T : unmanaged =>
        new(Tensor.From(values, shape, device ?? Devices.Default), requiresGrad);

    /// <summary>A tensor [rows, columns] with a copy of the values.</summary>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static GradientTensor From<T>(T[,] values, Device? device = null, bool requiresGrad = false) where T : unmanaged =>
        new(Tensor.From(values, device ?? Devices.Default), requiresGrad);

    /// <summary>A tensor of rank 3 with a copy of the values.</summary>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static GradientTensor From<T>(T[,,] values, Device? device = null, bool requiresGrad = false) where T : unmanaged =>
        new(Tensor.From(values, device ?? Devices.Default), requiresGrad);

    /// <summary>A tensor of rank 4 with a copy of the values.</summary>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static GradientTensor From<T>(T[,,,] values, Device? device = null, bool requiresGrad = false) where T : unmanaged =>
        new(Tensor.From(values, device ?? Devices.Default), requiresGrad);

    /// <summary>A contiguous tensor with a copy of the values, of the same lengths.</summary>
    /// <exception cref="ShapeMismatchException">The rank is above <see cref="Shape.MaxRank"/>.</exception>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static GradientTensor From<T>(Numerics.Tensor<T> values, Device? device = null, bool requiresGrad = false) where T : unmanaged =>
        new(Tensor.From(values, device ?? Devices.Default), requiresGrad);

    /// <summary>A contiguous tensor with a copy of the values, of the same lengths.</summary>
    /// <exception cref="ShapeMismatchException">The rank is above <see cref="Shape.MaxRank"/>.</exception>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static GradientTensor From<T>(in Numerics.ReadOnlyTensorSpan<T> values, Device? device = null, bool requiresGrad = false) where T : unmanaged =>
        new(Tensor.From(values, device ?? Devices.Default), requiresGrad);

    /// <summary>The only element, of a Float32 tensor or converted to it.</summary>
    /// <exception cref="ShapeMismatchException">There are none or several.</exception>
    public float Item() => Value.ElementCount == 1 ? Value.To(DType.Float32).Item<float>() : Value.Item<float>();

    /// <summary>The only element.</summary>
    /// <exception cref="ShapeMismatchException">There are none or several.</exception>
    /// <exception cref="DTypeMismatchException">It is not of type <typeparamref name="T"/>.</exception>
    public T Item<T>() where T : unmanaged => Value.Item<T>();

    /// <summary>The elements in row-major order: a copy.</summary>
    /// <exception cref="DTypeMismatchException">They are not of type <typeparamref name="T"/>; convert with To first.</exception>
    public T[] ToArray<T>() where T : unmanaged => Value.ToArray<T>();

    /// <summary>The elements with their shape for System.Numerics.Tensors: a copy.</summary>
    /// <exception cref="DTypeMismatchException">They are not of type <typeparamref name="T"/>; convert with To first.</exception>
    public Numerics.Tensor<T> ToTensor<T>() where T : unmanaged => Value.ToTensor<T>();

    /// <summary>
    /// The elements in the device's memory, without a copy, valid while the tensor is alive and used afterwards
    /// (<see cref="GC.KeepAlive"/>). Who writes through the span does so unseen by the tape.
    /// </summary>
    /// <exception cref="DTypeMismatchException">They are not of type <typeparamref name="T"/>; convert with To first.</exception>
    /// <exception cref="UnsupportedOperationException">Not contiguous, too many for a span, or not visible to the host.</exception>
    public Span<T> AsSpan<T>() where T : unmanaged => Value.AsSpan<T>();

    /// <summary>Values, shape and type, as NumPy prints them, and whether gradients are wanted.</summary>
    public override string ToString() => Value + (RequiresGrad ? ", requires grad" : "");
}

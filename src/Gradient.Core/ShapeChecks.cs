using System.Runtime.CompilerServices;

namespace Gradient.Core;

/// <summary>The rules that shapes, types and devices of an operation's tensors must keep, each in one place.</summary>
public static class ShapeChecks
{
    /// <summary>The shape that both broadcast to.</summary>
    /// <exception cref="ShapeMismatchException">They do not.</exception>
    public static Shape Broadcast(string operation, in Shape a, in Shape b) =>
        Shape.TryBroadcast(a, b, out var result) ? result : throw new ShapeMismatchException(
            $"{operation}: shapes {a} and {b} do not broadcast; aligned at the last axis, lengths must be equal or 1.");

    /// <summary>Shapes that must be equal.</summary>
    /// <exception cref="ShapeMismatchException">They are not.</exception>
    public static void Equal(string operation, in Shape actual, in Shape expected)
    {
        if (actual != expected) throw new ShapeMismatchException($"{operation}: shape {actual} where {expected} is needed.");
    }

    /// <summary>A tensor of exactly so many axes.</summary>
    /// <exception cref="ShapeMismatchException">It has another number.</exception>
    public static void Rank(string operation, in Shape shape, int rank, string meaning)
    {
        if (shape.Rank != rank)
            throw new ShapeMismatchException($"{operation}: shape {shape} has {shape.Rank} axes where {meaning} is needed.");
    }

    /// <summary>Tensors that must lie on one device.</summary>
    /// <exception cref="DeviceMismatchException">They do not.</exception>
    public static void SameDevice(string operation, Tensor a, Tensor b)
    {
        if (!ReferenceEquals(a.Device, b.Device))
            throw new DeviceMismatchException($"{operation}: one tensor lies on {a.Device}, another on {b.Device}; move one with To.");
    }

    /// <summary>A tensor, if there is one, of the type of the input.</summary>
    /// <exception cref="DTypeMismatchException">It has another.</exception>
    public static void SameType(string operation, Tensor x, Tensor? other)
    {
        if (other is not null && other.DType != x.DType)
            throw new DTypeMismatchException(
                $"{operation}: the input is {x.DType.Name()}, but another tensor is {other.DType.Name()}; convert one with To(DType.{x.DType}).");
    }

    /// <summary>A floating-point type.</summary>
    /// <exception cref="DTypeMismatchException">It is not one.</exception>
    public static void FloatingPoint(string operation, DType dtype)
    {
        if (!dtype.IsFloatingPoint())
            throw new DTypeMismatchException($"{operation} needs floating-point numbers, not {dtype.Name()}; convert with To(DType.Float32).");
    }

    /// <summary>The error of an index outside its axis.</summary>
    public static ShapeMismatchException IndexOutside(string operation, long index, int axis, in Shape shape)
    {
        long length = shape.Rank == 0 ? 1 : shape[axis];
        return new($"{operation}: index {index} is outside axis {axis} of shape {shape}, which has length {length}; indices go from 0 to {length - 1}.");
    }

    /// <summary>The error of a label outside the classes.</summary>
    public static ShapeMismatchException LabelOutside(string operation, long label, long classes, long ignoredLabel) =>
        new($"{operation}: label {label} is outside the {classes} classes; labels go from 0 to {classes - 1}, or are {ignoredLabel} for what shall not count.");
}

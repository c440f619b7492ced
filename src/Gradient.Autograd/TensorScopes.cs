namespace Gradient.Autograd;

/// <summary><see cref="TensorScope"/> for tensors with a history.</summary>
public static class TensorScopes
{
    /// <summary>Excepts a tensor from being returned at the end of this scope and of those around it.</summary>
    /// <returns>The tensor itself.</returns>
    public static GradientTensor Keep(this TensorScope scope, GradientTensor tensor)
    {
        scope.Keep(tensor.Value);
        return tensor;
    }

    /// <summary>Hands a tensor over to the surrounding scope, to be returned at the end of that one.</summary>
    /// <returns>The tensor itself.</returns>
    public static GradientTensor MoveOut(this TensorScope scope, GradientTensor tensor)
    {
        scope.MoveOut(tensor.Value);
        return tensor;
    }
}

namespace Gradient.Nn;

public abstract partial class Module
{
    /// <summary>Switches this module and all inside to training, or with false to evaluation.</summary>
    /// <returns>The module itself.</returns>
    public Module Train(bool training = true)
    {
        foreach (var (_, module) in NamedModules()) module.IsTraining = training;
        return this;
    }

    /// <summary>Switches to evaluation: nothing is dropped, batch normalization uses its running statistics.</summary>
    /// <returns>The module itself.</returns>
    public Module Eval() => Train(false);

    /// <summary>Takes all parameters out of training: they require no gradients until <see cref="Unfreeze"/>.</summary>
    /// <returns>The module itself.</returns>
    public Module Freeze() => RequireGrad(false);

    /// <summary>Has all parameters require gradients again.</summary>
    /// <returns>The module itself.</returns>
    public Module Unfreeze() => RequireGrad(true);

    /// <summary>Forgets the gradients of all parameters.</summary>
    public void ZeroGrad()
    {
        foreach (var parameter in Parameters()) parameter.Grad = null;
    }

    /// <summary>
    /// Moves parameters and buffers to a device. They stay the same objects, so that optimizers keep knowing them; gradients of what
    /// moved are forgotten.
    /// </summary>
    /// <returns>The module itself.</returns>
    public Module To(Device device) => Convert(value => value.To(device));

    /// <summary>
    /// Converts parameters and buffers to a floating-point type (integer buffers stay). They stay the same objects; gradients of what
    /// was converted are forgotten.
    /// </summary>
    /// <returns>The module itself.</returns>
    /// <exception cref="DTypeMismatchException">The type is not floating point.</exception>
    public Module To(DType dtype)
    {
        ShapeChecks.FloatingPoint("Module.To", dtype);
        return Convert(value => value.DType.IsFloatingPoint() ? value.To(dtype) : value);
    }

    private Module Convert(Func<Tensor, Tensor> convert)
    {
        foreach (var (_, tensor) in NamedParameters()) Replace(tensor, convert(tensor.Value));
        foreach (var (_, tensor) in NamedBuffers()) Replace(tensor, convert(tensor.Value));
        return this;
    }

    private static void Replace(GradientTensor tensor, Tensor value)
    {
        if (!ReferenceEquals(value, tensor.Value)) tensor.Replace(value.Persist());
    }

    private Module RequireGrad(bool requiresGrad)
    {
        foreach (var parameter in Parameters()) parameter.RequiresGrad = requiresGrad;
        return this;
    }
}

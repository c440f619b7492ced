namespace Gradient.Nn;

/// <summary>output = input · weight + bias over the last axis. Weight and bias start uniform in ±1/√inputs, as in PyTorch.</summary>
public sealed class Linear : Module
{
    /// <param name="inputs">The length of the last axis of the input.</param>
    /// <param name="outputs">The length of the last axis of the output.</param>
    /// <param name="bias">Whether there is a bias.</param>
    public Linear(int inputs, int outputs, bool bias = true)
    {
        (Inputs, Outputs) = (inputs, outputs);
        Weight = Register("weight", Initializers.KaimingUniform(GradientTensor.Zeros([inputs, outputs]), Math.Sqrt(5)));
        double bound = inputs > 0 ? 1 / Math.Sqrt(inputs) : 0;
        if (bias) Bias = Register("bias", Initializers.Uniform(GradientTensor.Zeros([outputs]), -bound, bound));
    }

    /// <summary>The length of the last axis of the input.</summary>
    public int Inputs { get; }

    /// <summary>The length of the last axis of the output.</summary>
    public int Outputs { get; }

    /// <summary>[inputs, outputs].</summary>
    public GradientTensor Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public GradientTensor? Bias { get; }

    /// <summary>[…, inputs] → […, outputs].</summary>
    public override GradientTensor Forward(GradientTensor x) => Observe(Functional.Linear(x, Weight, Bias));
}

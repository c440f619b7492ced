using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>The widths of hardware vectors, which take different instructions in places, give the same bits.</summary>
public unsafe class VectorWidthTests
{
    [Test]
    public void Float32_functions_agree()
    {
        var x = References.DenseFloats();
        Compare<float, UnaryOperators.Exp>(x);
        Compare<float, UnaryOperators.Expm1>(x);
        Compare<float, UnaryOperators.Log>(x);
        Compare<float, UnaryOperators.Log1p>(x);
        Compare<float, UnaryOperators.Tanh>(x);
        Compare<float, UnaryOperators.Erf>(x);
        Compare<float, UnaryOperators.Sin>(x);
        Compare<float, UnaryOperators.Tan>(x);
        Compare<float, UnaryOperators.Round>(x);
        Compare<float, UnaryOperators.Sign>(x);
        Compare<float, ActivationOperators.Relu>(x);
        Compare<float, ActivationOperators.Gelu>(x);
        Compare<float, ActivationOperators.Softplus>(x);
        Compare<float, ActivationOperators.Hardswish>(x);
        Compare<float, ActivationOperators.Mish>(x);
    }

    [Test]
    public void Float64_functions_agree()
    {
        var x = DoubleFunctionTests.Inputs();
        Compare<double, UnaryOperators.Exp>(x);
        Compare<double, UnaryOperators.Expm1>(x);
        Compare<double, UnaryOperators.Log>(x);
        Compare<double, UnaryOperators.Log1p>(x);
        Compare<double, UnaryOperators.Tanh>(x);
        Compare<double, UnaryOperators.Erf>(x);
        Compare<double, UnaryOperators.Cos>(x);
        Compare<double, ActivationOperators.Gelu>(x);
    }

    [Test]
    public void Integer_functions_agree()
    {
        var x = Enumerable.Range(-1000, 2001).Append(int.MinValue).Append(int.MaxValue).ToArray();
        Compare<int, UnaryOperators.Negate>(x);
        Compare<int, UnaryOperators.Abs>(x);
        Compare<int, UnaryOperators.Sign>(x);
        Compare<int, UnaryOperators.Square>(x);
        Compare<int, UnaryOperators.Clamp>(x);
    }

    private static void Compare<T, F>(T[] x) where T : unmanaged where F : struct, IUnaryOperator
    {
        T[] narrow = Run<Simd128<T>, T, F>(x), middle = Run<Simd256<T>, T, F>(x), wide = Run<Simd512<T>, T, F>(x);
        for (int i = 0; i < x.Length; i++)
            if (!middle[i].Equals(narrow[i]) || !wide[i].Equals(narrow[i]))
                Assert.Fail($"{typeof(F).Name} of {x[i]}: {narrow[i]} in 128 bits, {middle[i]} in 256, {wide[i]} in 512");
    }

    private static T[] Run<V, T, F>(T[] x) where V : struct, ISimd<V> where T : unmanaged where F : struct, IUnaryOperator
    {
        var y = new T[x.Length];
        var parameters = new KernelParameters(1.25, 20);
        fixed (T* from = x, to = y)
        {
            byte** p = stackalloc byte*[2];
            p[0] = (byte*)to;
            p[1] = (byte*)from;
            ElementKernels.UnaryLoop<V, F>(p, x.Length, &parameters);
        }

        return y;
    }
}

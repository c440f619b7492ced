using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <content>The polynomials; tools/coefficients.py computes and checks them. Errors are those of the exact polynomial.</content>
internal static partial class VectorMath
{
    /// <summary>(eʳ − 1 − r)/r² for |r| ≤ ln(2)/2; error of eʳ below 8·10⁻⁹ (double: 1.3·10⁻¹⁷).</summary>
    [MethodImpl(Inline)]
    private static V ExpTail<V>(V r) where V : struct, ISimd<V>
    {
        if (V.IsDouble)
        {
            var p = V.Constant(2.51003854955103191e-8);
            p = V.MultiplyAdd(p, r, V.Constant(2.76200884454097482e-7));
            p = V.MultiplyAdd(p, r, V.Constant(2.75572684599970648e-6));
            p = V.MultiplyAdd(p, r, V.Constant(0.0000248015212959543751));
            p = V.MultiplyAdd(p, r, V.Constant(0.000198412698630536169));
            p = V.MultiplyAdd(p, r, V.Constant(0.00138888889172137169));
            p = V.MultiplyAdd(p, r, V.Constant(0.00833333333333006183));
            p = V.MultiplyAdd(p, r, V.Constant(0.0416666666666241279));
            p = V.MultiplyAdd(p, r, V.Constant(0.166666666666666675));
            p = V.MultiplyAdd(p, r, V.Constant(0.500000000000000102));
            return p;
        }
        else
        {
            var p = V.Constant(0.00139261835877134945);
            p = V.MultiplyAdd(p, r, V.Constant(0.00836317905272257737));
            p = V.MultiplyAdd(p, r, V.Constant(0.0416665546172045742));
            p = V.MultiplyAdd(p, r, V.Constant(0.166665769896987757));
            p = V.MultiplyAdd(p, r, V.Constant(0.5));
            return p;
        }
    }

    /// <summary>(ln((1 + s)/(1 − s)) − 2s)/s³ with z = s², for s ≤ (√2 − 1)/(√2 + 1); relative error of the logarithm below 2·10⁻¹¹ (double: 5·10⁻¹⁸).</summary>
    [MethodImpl(Inline)]
    private static V LogTail<V>(V z) where V : struct, ISimd<V>
    {
        if (V.IsDouble)
        {
            var p = V.Constant(0.14616585424888622);
            p = V.MultiplyAdd(p, z, V.Constant(0.153317106182107716));
            p = V.MultiplyAdd(p, z, V.Constant(0.18182889455674946));
            p = V.MultiplyAdd(p, z, V.Constant(0.22222211130259877));
            p = V.MultiplyAdd(p, z, V.Constant(0.285714286260032687));
            p = V.MultiplyAdd(p, z, V.Constant(0.399999999998994432));
            p = V.MultiplyAdd(p, z, V.Constant(0.666666666666666969));
            return p;
        }
        else
        {
            var p = V.Constant(0.233305819382418938);
            p = V.MultiplyAdd(p, z, V.Constant(0.285508165997115487));
            p = V.MultiplyAdd(p, z, V.Constant(0.400001218769720015));
            p = V.MultiplyAdd(p, z, V.Constant(0.666666665544516463));
            return p;
        }
    }

    /// <summary>erf(x)/x with z = x² ≤ 1; error below 1.3·10⁻⁹ (double: 8·10⁻¹⁸).</summary>
    [MethodImpl(Inline)]
    private static V ErfSeries<V>(V z) where V : struct, ISimd<V>
    {
        if (V.IsDouble)
        {
            var p = V.Constant(-7.79589882700214224e-10);
            p = V.MultiplyAdd(p, z, V.Constant(1.37200645467776856e-8));
            p = V.MultiplyAdd(p, z, V.Constant(-1.62084838018717059e-7));
            p = V.MultiplyAdd(p, z, V.Constant(1.64474247033173624e-6));
            p = V.MultiplyAdd(p, z, V.Constant(-0.0000149247369074196603));
            p = V.MultiplyAdd(p, z, V.Constant(0.000120552949048397079));
            p = V.MultiplyAdd(p, z, V.Constant(-0.000854832597538969208));
            p = V.MultiplyAdd(p, z, V.Constant(0.00522397760711642273));
            p = V.MultiplyAdd(p, z, V.Constant(-0.0268661706432377704));
            p = V.MultiplyAdd(p, z, V.Constant(0.112837916709450063));
            p = V.MultiplyAdd(p, z, V.Constant(-0.376126389031835404));
            p = V.MultiplyAdd(p, z, V.Constant(1.12837916709551257));
            return p;
        }
        else
        {
            var p = V.Constant(0.0000787587506268548834);
            p = V.MultiplyAdd(p, z, V.Constant(-0.000801686428716586953));
            p = V.MultiplyAdd(p, z, V.Constant(0.00518908742343397399));
            p = V.MultiplyAdd(p, z, V.Constant(-0.0268542120106264124));
            p = V.MultiplyAdd(p, z, V.Constant(0.112835947151602177));
            p = V.MultiplyAdd(p, z, V.Constant(-0.37612626666720331));
            p = V.MultiplyAdd(p, z, V.Constant(1.12837916584835095));
            return p;
        }
    }

    /// <summary>(1 + 2t)·exp(t²)·erfc(t) with u = (t − K)/(t + K), t ≥ 0, K = 2 (double: 3); error below 1.3·10⁻⁸ (double: 4·10⁻¹⁷).</summary>
    [MethodImpl(Inline)]
    private static V ErfcScaled<V>(V u) where V : struct, ISimd<V>
    {
        if (V.IsDouble)
        {
            var p = V.Constant(-4.17096781379482851e-9);
            p = V.MultiplyAdd(p, u, V.Constant(-8.40572180521488324e-9));
            p = V.MultiplyAdd(p, u, V.Constant(3.28524339817598733e-8));
            p = V.MultiplyAdd(p, u, V.Constant(9.15624423143498495e-8));
            p = V.MultiplyAdd(p, u, V.Constant(-1.31142987703078664e-7));
            p = V.MultiplyAdd(p, u, V.Constant(-6.04598067133669328e-7));
            p = V.MultiplyAdd(p, u, V.Constant(3.49132534322063767e-7));
            p = V.MultiplyAdd(p, u, V.Constant(3.46369010871842827e-6));
            p = V.MultiplyAdd(p, u, V.Constant(-7.27733169318920435e-7));
            p = V.MultiplyAdd(p, u, V.Constant(-0.0000200964889518068053));
            p = V.MultiplyAdd(p, u, V.Constant(4.94822524318831221e-6));
            p = V.MultiplyAdd(p, u, V.Constant(0.000125098110465905284));
            p = V.MultiplyAdd(p, u, V.Constant(-0.000105159514308020234));
            p = V.MultiplyAdd(p, u, V.Constant(-0.000779832030428455424));
            p = V.MultiplyAdd(p, u, V.Constant(0.00188869031639872202));
            p = V.MultiplyAdd(p, u, V.Constant(0.00252939178743923201));
            p = V.MultiplyAdd(p, u, V.Constant(-0.0237705149146893254));
            p = V.MultiplyAdd(p, u, V.Constant(0.0683080273458557419));
            p = V.MultiplyAdd(p, u, V.Constant(-0.11927366341550478));
            p = V.MultiplyAdd(p, u, V.Constant(0.129645158702704033));
            p = V.MultiplyAdd(p, u, V.Constant(-0.0475622943534468494));
            p = V.MultiplyAdd(p, u, V.Constant(-0.135621106124580672));
            p = V.MultiplyAdd(p, u, V.Constant(1.25300805826972964));
            return p;
        }
        else
        {
            var p = V.Constant(0.0000216677893182073007);
            p = V.MultiplyAdd(p, u, V.Constant(-0.000373059067536462831));
            p = V.MultiplyAdd(p, u, V.Constant(-0.00125137480681651822));
            p = V.MultiplyAdd(p, u, V.Constant(0.00128244249782983128));
            p = V.MultiplyAdd(p, u, V.Constant(0.00863949147121502092));
            p = V.MultiplyAdd(p, u, V.Constant(-0.00804796595931893039));
            p = V.MultiplyAdd(p, u, V.Constant(-0.0542057216994386477));
            p = V.MultiplyAdd(p, u, V.Constant(0.164053647443959893));
            p = V.MultiplyAdd(p, u, V.Constant(-0.166031297492661938));
            p = V.MultiplyAdd(p, u, V.Constant(-0.0927639169344333955));
            p = V.MultiplyAdd(p, u, V.Constant(1.27697839114408804));
            return p;
        }
    }

    /// <summary>(sin r − r)/r³ with z = r², |r| ≤ π/4; error of the sine below 10⁻⁸ (double: 10⁻¹⁷).</summary>
    [MethodImpl(Inline)]
    private static V SinTail<V>(V z) where V : struct, ISimd<V>
    {
        if (V.IsDouble)
        {
            var p = V.Constant(1.59181152632659752e-10);
            p = V.MultiplyAdd(p, z, V.Constant(-2.50511316502351815e-8));
            p = V.MultiplyAdd(p, z, V.Constant(2.75573161016178744e-6));
            p = V.MultiplyAdd(p, z, V.Constant(-0.000198412698367567725));
            p = V.MultiplyAdd(p, z, V.Constant(0.00833333333333094729));
            p = V.MultiplyAdd(p, z, V.Constant(-0.166666666666666646));
            return p;
        }
        else
        {
            var p = V.Constant(-0.000195878657021018751);
            p = V.MultiplyAdd(p, z, V.Constant(0.00833274815408503215));
            p = V.MultiplyAdd(p, z, V.Constant(-0.166666646617146985));
            return p;
        }
    }

    /// <summary>(cos r − 1 + r²/2)/r⁴ with z = r², |r| ≤ π/4; error of the cosine below 8·10⁻¹⁰ (double: 5·10⁻¹⁹).</summary>
    [MethodImpl(Inline)]
    private static V CosTail<V>(V z) where V : struct, ISimd<V>
    {
        if (V.IsDouble)
        {
            var p = V.Constant(-1.13826236474746046e-11);
            p = V.MultiplyAdd(p, z, V.Constant(2.08761461465586116e-9));
            p = V.MultiplyAdd(p, z, V.Constant(-2.7557317271145146e-7));
            p = V.MultiplyAdd(p, z, V.Constant(0.0000248015872987645608));
            p = V.MultiplyAdd(p, z, V.Constant(-0.00138888888888873965));
            p = V.MultiplyAdd(p, z, V.Constant(0.0416666666666666654));
            return p;
        }
        else
        {
            var p = V.Constant(0.0000245479168536910169);
            p = V.MultiplyAdd(p, z, V.Constant(-0.00138883029191136328));
            p = V.MultiplyAdd(p, z, V.Constant(0.0416666646589014037));
            return p;
        }
    }
}

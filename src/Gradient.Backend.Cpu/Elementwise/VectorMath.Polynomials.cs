using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <content>The polynomials; tools/coefficients.py computes and checks them. Errors are those of the exact polynomial.</content>
/// <remarks>
/// Of a long polynomial in single precision, powers are taken together by twos and fours (Estrin) instead of one after the other
/// (Horner): a loop waits for its longest chain of products, since few iterations fit into the processor's window.
/// </remarks>
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
            var low = V.MultiplyAdd(r, V.Constant(0.0416665546172045742), V.Constant(0.166665769896987757));
            var high = V.MultiplyAdd(r, V.Constant(0.00139261835877134945), V.Constant(0.00836317905272257737));
            return V.MultiplyAdd(r, V.MultiplyAdd(r * r, high, low), V.Constant(0.5));
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

    /// <summary>(x + 4)·exp(x²/2)·Φ(−x) with u = (x − 4)/(x + 4), x ≥ 0; relative error below 1.3·10⁻⁸ (double: 3.7·10⁻¹⁷).</summary>
    [MethodImpl(Inline)]
    private static V MillsScaled<V>(V u) where V : struct, ISimd<V>
    {
        if (V.IsDouble)
        {
            var p = V.Constant(-9.65342542022850467e-10);
            p = V.MultiplyAdd(p, u, V.Constant(7.26954547902668946e-11));
            p = V.MultiplyAdd(p, u, V.Constant(1.39240239935017101e-8));
            p = V.MultiplyAdd(p, u, V.Constant(1.45785933470364597e-8));
            p = V.MultiplyAdd(p, u, V.Constant(-7.63808205349045035e-8));
            p = V.MultiplyAdd(p, u, V.Constant(-1.54263205367710739e-7));
            p = V.MultiplyAdd(p, u, V.Constant(2.63682485764076251e-7));
            p = V.MultiplyAdd(p, u, V.Constant(1.01980485181351727e-6));
            p = V.MultiplyAdd(p, u, V.Constant(-6.25132104047868019e-7));
            p = V.MultiplyAdd(p, u, V.Constant(-5.91889273176323645e-6));
            p = V.MultiplyAdd(p, u, V.Constant(7.15005595921609866e-7));
            p = V.MultiplyAdd(p, u, V.Constant(0.0000351441811577609727));
            p = V.MultiplyAdd(p, u, V.Constant(-1.90786653166135743e-6));
            p = V.MultiplyAdd(p, u, V.Constant(-0.000231094818319376211));
            p = V.MultiplyAdd(p, u, V.Constant(0.000133344254019049116));
            p = V.MultiplyAdd(p, u, V.Constant(0.0016308184418903596));
            p = V.MultiplyAdd(p, u, V.Constant(-0.00347969236224253334));
            p = V.MultiplyAdd(p, u, V.Constant(-0.00754018896559305902));
            p = V.MultiplyAdd(p, u, V.Constant(0.0603965748906994641));
            p = V.MultiplyAdd(p, u, V.Constant(-0.186521857959694163));
            p = V.MultiplyAdd(p, u, V.Constant(0.387137400742218879));
            p = V.MultiplyAdd(p, u, V.Constant(-0.607896641971891759));
            p = V.MultiplyAdd(p, u, V.Constant(0.75528513041575148));
            return p;
        }
        else
        {
            var z = u * u;
            var even = V.Constant(0.000194801851142465442);
            even = V.MultiplyAdd(even, z, V.Constant(-0.0035235740563519058));
            even = V.MultiplyAdd(even, z, V.Constant(0.0604064697483036412));
            even = V.MultiplyAdd(even, z, V.Constant(0.387136679794706625));
            even = V.MultiplyAdd(even, z, V.Constant(0.755285138510370549));
            var odd = V.Constant(-0.000122983157005266082);
            odd = V.MultiplyAdd(odd, z, V.Constant(0.00156931364509224635));
            odd = V.MultiplyAdd(odd, z, V.Constant(-0.00752721291167985461));
            odd = V.MultiplyAdd(odd, z, V.Constant(-0.18652300589738765));
            odd = V.MultiplyAdd(odd, z, V.Constant(-0.607896606073809151));
            return V.MultiplyAdd(odd, u, even);
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

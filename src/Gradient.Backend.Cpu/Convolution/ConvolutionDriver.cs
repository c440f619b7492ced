using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>The three convolutions of one element type and vector width.</summary>
internal static unsafe class ConvolutionDriver<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>y = x * weight + bias.</summary>
    public static void Forward(in ConvolutionShape s, T* x, T* weight, T* bias, bool relu, T* y, WorkerPool pool)
    {
        TapPlan plan = TapPlan.Forward(s);
        nint* taps = Scratch.Get<nint>(ScratchPurpose.Taps, plan.Taps);
        for (int t = 0; t < plan.Taps; t++)
            taps[t] = (nint)t * s.GroupInputs * s.Outputs;
        nint row = (nint)s.OutputWidth * s.Outputs;
        var output = new LatticeOutput<T> { Origin = y, Image = s.OutputHeight * row, Row = row, Column = s.Outputs };
        if (s.IsDepthwise)
        {
            Depthwise<T, TVector, TSimd>.Run(plan, s.Batch, x, weight, taps, bias, relu, output, pool);
            return;
        }

        if (NarrowProduct<T, TVector, TSimd>.Suits(plan, s.Groups, s.GroupOutputs))
        {
            NarrowProduct<T, TVector, TSimd>.Run(plan, s.Batch, s.GroupOutputs, x, weight, taps, s.Outputs, 1, bias, relu, output, pool);
            return;
        }

        if (Winograd<T, TVector, TSimd>.Suits(plan, s.Batch, s.Groups, s.GroupOutputs))
        {
            Winograd<T, TVector, TSimd>.Run(plan, s.Batch, s.GroupOutputs, x, weight, taps, s.Outputs, 1, bias, relu, output, pool);
            return;
        }

        T* packed = Scratch.Get<T>(ScratchPurpose.Panels, TapProduct<T, TVector, TSimd>.PackedCount(plan, s.Groups, s.GroupOutputs));
        TapProduct<T, TVector, TSimd>.Pack(plan, s.Groups, s.GroupOutputs, weight, taps, s.Outputs, 1, s.GroupOutputs, packed, pool);
        TapProduct<T, TVector, TSimd>.Run(plan, s.Batch, s.Groups, s.GroupOutputs, x, packed, bias, relu, output, pool);
    }

    /// <summary>dx from dy: one lattice for each residue of the position by the stride.</summary>
    public static void InputGradient(in ConvolutionShape s, T* dy, T* weight, T* dx, WorkerPool pool)
    {
        for (int rowPhase = 0; rowPhase < Math.Min(s.StrideHeight, s.Height); rowPhase++)
        {
            for (int columnPhase = 0; columnPhase < Math.Min(s.StrideWidth, s.Width); columnPhase++)
                InputGradientPhase(s, rowPhase, columnPhase, dy, weight, dx, pool);
        }
    }

    private static void InputGradientPhase(in ConvolutionShape s, int rowPhase, int columnPhase, T* dy, T* weight, T* dx, WorkerPool pool)
    {
        TapPlan plan = TapPlan.InputGradient(s, rowPhase, columnPhase, out var rows, out var columns);
        nint rowStride = (nint)s.Width * s.Inputs;
        var output = new LatticeOutput<T>
        {
            Origin = dx + (rowPhase * rowStride) + ((nint)columnPhase * s.Inputs),
            Image = s.Height * rowStride,
            Row = s.StrideHeight * rowStride,
            Column = (nint)s.StrideWidth * s.Inputs,
        };
        if (plan.Taps == 0)
        {
            Clear(plan, s.Batch, s.Inputs, output);
            return;
        }

        nint* taps = Scratch.Get<nint>(ScratchPurpose.Taps, plan.Taps);
        for (int t = 0; t < plan.Taps; t++)
        {
            int r = rows.Last - (t / plan.TapColumns * rows.Period), c = columns.Last - (t % plan.TapColumns * columns.Period);
            taps[t] = (((nint)r * s.KernelWidth) + c) * s.GroupInputs * s.Outputs;
        }

        if (s.IsDepthwise)
        {
            Depthwise<T, TVector, TSimd>.Run(plan, s.Batch, dy, weight, taps, null, false, output, pool);
            return;
        }

        if (NarrowProduct<T, TVector, TSimd>.Suits(plan, s.Groups, s.GroupInputs))
        {
            NarrowProduct<T, TVector, TSimd>.Run(plan, s.Batch, s.GroupInputs, dy, weight, taps, 1, s.Outputs, null, false, output, pool);
            return;
        }

        if (Winograd<T, TVector, TSimd>.Suits(plan, s.Batch, s.Groups, s.GroupInputs))
        {
            Winograd<T, TVector, TSimd>.Run(plan, s.Batch, s.GroupInputs, dy, weight, taps, 1, s.Outputs, null, false, output, pool);
            return;
        }

        T* packed = Scratch.Get<T>(ScratchPurpose.Panels, TapProduct<T, TVector, TSimd>.PackedCount(plan, s.Groups, s.GroupInputs));
        TapProduct<T, TVector, TSimd>.Pack(plan, s.Groups, s.GroupInputs, weight, taps, 1, s.Outputs, s.GroupOutputs, packed, pool);
        TapProduct<T, TVector, TSimd>.Run(plan, s.Batch, s.Groups, s.GroupInputs, dy, packed, null, false, output, pool);
    }

    /// <summary>dw from x and dy.</summary>
    public static void WeightGradient(in ConvolutionShape s, T* x, T* dy, T* dw, WorkerPool pool)
    {
        TapPlan plan = TapPlan.Forward(s);
        if (s.IsDepthwise)
            Depthwise<T, TVector, TSimd>.WeightGradient(s, x, dy, dw, pool);
        else if (WinogradWeightGradient<T, TVector, TSimd>.Suits(plan, s))
            WinogradWeightGradient<T, TVector, TSimd>.Run(plan, s, x, dy, dw, pool);
        else
            WeightGradient<T, TVector, TSimd>.Run(s, x, dy, dw, pool);
    }

    /// <summary>No kernel element reaches these pixels (stride above kernel): their gradient is 0.</summary>
    private static void Clear(in TapPlan plan, int batch, int channels, in LatticeOutput<T> output)
    {
        for (nint n = 0; n < batch; n++)
        {
            for (nint i = 0; i < plan.Rows; i++)
            {
                for (nint j = 0; j < plan.Columns; j++)
                    new Span<T>(output.Origin + (n * output.Image) + (i * output.Row) + (j * output.Column), channels).Clear();
            }
        }
    }
}

using System.Runtime.CompilerServices;
using Gradient.Backend.Metal;
using Gradient.Backend.Metal.Tests;
using Gradient.Nn;
using Gradient.Training;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>
/// Every fault at every point of a training step of a small convolutional network (forward, backward, clipping, optimizer): it ends in an
/// exception that names what happened, memory returns to where it was, and the next step computes what it would have.
/// </summary>
[NonParallelizable]
public sealed class FaultSweep
{
    private const int MostPoints = 1000;

    /// <summary>The N of fault N is the Nth allocation, command buffer, dispatch of the step, until there is none.</summary>
    [TestCase("alloc:{0}+", typeof(OutOfDeviceMemoryException), ": no memory for", 10)]
    [TestCase("commandbuffer:{0}", typeof(GradientException), "GPU Hang", 2)]
    [TestCase("dispatch:{0}", typeof(GradientException), "Address Fault", 50)]
    public void Wherever_a_fault_strikes_it_is_told_and_the_next_step_is_right(string fault, Type type, string message, int least)
    {
        SoftMetal.Require();
        var device = new MetalDevice(MetalKernelDevice.Find()!);
        var expected = Step(device);
        Near(expected, Step(Devices.Cpu));
        Step(device);
        var before = Alive(device);
        int point = 1;
        for (; point < MostPoints; point++)
        {
            if (StepWith(string.Format(System.Globalization.CultureInfo.InvariantCulture, fault, point), device) is not { } error) break;
            string at = $"{fault}, point {point}: {error}";
            Assert.That(error, Is.TypeOf(type).With.Message.Contains(message), at);
            // Which kernel: one is named, but for the first failure and for command buffers that fail as a whole.
            if (point > 1 && fault.StartsWith("dispatch", StringComparison.Ordinal)) Assert.That(error.Message, Does.Match("kernel [a-z0-9_]+(<[-0-9, ]*>)? failed"), at);
            Assert.That(Alive(device), Is.EqualTo(before), at);
            Assert.That(Step(device), Is.EqualTo(expected), at);
        }

        Assert.That(point - 1, Is.InRange(least, MostPoints - 2), "points at which the fault struck");
        TestContext.Out.WriteLine($"{fault}: {point - 1} points");
    }

    /// <summary>What is compiled stays, so that letting one more succeed each time comes past all of them.</summary>
    [TestCase("compile", "does not compile", 8)]
    [TestCase("pipeline", "no pipeline for", 25)]
    public void Whatever_does_not_compile_is_told_and_the_next_step_is_right(string fault, string message, int least)
    {
        SoftMetal.Require();
        var device = new MetalDevice(MetalKernelDevice.Find()!);
        var expected = Step(Devices.Cpu);
        var told = new HashSet<string>();
        int point = 1;
        for (; point < MostPoints; point++)
        {
            if (StepWith(point == 1 ? fault : fault + ":2", device) is not { } error) break;
            Assert.That(error, Is.TypeOf<UnsupportedOperationException>().With.Message.Contains(message).And.Message.Contains(".metal"));
            Assert.That(told.Add(error.Message), "each failure names what no earlier one named: " + error.Message);
        }

        Assert.That(point - 1, Is.InRange(least, MostPoints - 2), "points at which the fault struck");
        TestContext.Out.WriteLine($"{fault}: {point - 1} points");
        Near(Step(device), expected);
        var before = Alive(device);
        Step(device);
        Assert.That(Alive(device), Is.EqualTo(before));
    }

    [Test]
    public void Without_a_queue_there_is_no_device_and_nothing_stays()
    {
        SoftMetal.Require();
        MetalKernelDevice.Find(); // what is made once is made
        long before = SoftMetal.LiveObjects(out _);
        using (SoftMetal.Fault("queue")) Assert.That(MetalKernelDevice.Find, Throws.TypeOf<GradientException>().With.Message.Contains("no command queue"));
        Assert.That(SoftMetal.LiveObjects(out string report), Is.EqualTo(before), report);
    }

    /// <summary>The step with a fault; what it threw, or null if the fault never struck and the step was right.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static GradientException? StepWith(string fault, Device device)
    {
        Memory.Trim(); // so that each buffer is allocated
        using var injected = SoftMetal.Fault(fault);
        try
        {
            Step(device);
            return null;
        }
        catch (GradientException error)
        {
            return error;
        }
    }

    /// <summary>Bytes of tensors and Objective-C objects, once all that nobody can reach is gone.</summary>
    private static (long Bytes, long Objects, string Report) Alive(Device device)
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        device.Synchronize();
        Memory.Trim();
        long objects = SoftMetal.LiveObjects(out string report);
        return (Memory.Statistics(device).LiveBytes, objects, report);
    }

    /// <summary>One step from the same start: the loss and the parameters after it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<float[]> Step(Device device)
    {
        RandomNumbers.Seed(1);
        var model = new Sequential(
            // Without a bias, whose gradient in front of a BatchNorm is rounding alone, which Adam would scale up.
            new Conv2d(1, 2, kernelSize: 3, padding: 1, bias: false), new BatchNorm2d(2), new ReLU(), new MaxPool2d(2), new Flatten(), new Dropout(0.25f), new Linear(8, 3));
        model.To(device);
        var optimizer = new AdamW(model.Parameters(), learningRate: 1e-2f, weightDecay: 0.01f);
        var images = GradientTensor.Randn([2, 4, 4, 1], seed: 7).To(device);
        var loss = Loss.CrossEntropy(model.Forward(images), GradientTensor.From<long>([0, 2]).To(device));
        loss.Backward();
        float value = loss.Item(); // so that the step lies in two command buffers at least
        Gradients.ClipNorm(model.Parameters(), maxNorm: 1f);
        optimizer.Step();
        return [[value], .. model.Parameters().Select(parameter => parameter.Value.ToArray<float>())];
    }

    /// <summary>As another device computes: rounding alone tells them apart.</summary>
    private static void Near(List<float[]> actual, List<float[]> expected)
    {
        Assert.That(actual, Has.Count.EqualTo(expected.Count));
        for (int i = 0; i < expected.Count; i++) Assert.That(actual[i], Is.EqualTo(expected[i]).Within(1e-5));
    }
}

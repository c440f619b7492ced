using Gradient.Backend.Metal.Tests;
using NUnit.Framework.Interfaces;

[assembly: NoFindings]

namespace Gradient.Backend.Metal.Tests;

/// <summary>
/// A test fails if SoftMetal has reported something by its end: a rule of Metal that was broken, a race, an overrun. Where tests run side
/// by side, the report may be another's.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class NoFindingsAttribute : Attribute, ITestAction
{
    public ActionTargets Targets => ActionTargets.Test;

    public void BeforeTest(ITest test)
    {
    }

    public void AfterTest(ITest test)
    {
        if (!Bindings.Metal.IsAvailable || !Bindings.Metal.IsSubstitute) return;
        var findings = SoftMetal.TakeErrors();
        if (findings.Count > 0) Assert.Fail($"SoftMetal reports:\n{string.Join('\n', findings)}");
    }
}

using System.Globalization;
using Gradient.Mutation.Tests;

return args is ["--worker", var folder, var tests, ..]
    ? Suite.Work(folder, tests, [.. args[3..].Select(number => int.Parse(number, CultureInfo.InvariantCulture))])
    : Suite.Run(args);

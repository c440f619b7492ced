using System.Globalization;
using Gradient.Mutation.Tests;

switch (args)
{
    case ["--worker", var folder, var tests]:
        new Worker(folder, tests).Serve();
        return 0;
    case ["--measure", var folder, var tests, var part, var parts]:
        new Worker(folder, tests).Measure(int.Parse(part, CultureInfo.InvariantCulture), int.Parse(parts, CultureInfo.InvariantCulture));
        return 0;
    default:
        return Suite.Run(args);
}

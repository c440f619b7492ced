using System.CommandLine;
using Gradient.Benchmarks;

var device = new Option<string>("--device") { Description = "cpu", DefaultValueFactory = _ => "cpu" };
var threads = new Option<int>("--threads") { Description = "how many cores", DefaultValueFactory = _ => 2 };
var only = new Option<string>("--only") { Description = "only workloads whose name has this in it", DefaultValueFactory = _ => "" };
var seconds = new Option<double>("--seconds") { Description = "how long to measure each", DefaultValueFactory = _ => 1.5 };
var command = new RootCommand("Times the workloads of the peer comparison; one JSON line each.") { device, threads, only, seconds };
command.SetAction(arguments =>
{
    if (arguments.GetValue(device) != "cpu")
    {
        Console.Error.WriteLine("This version has the CPU backend only: use --device cpu.");
        return 2;
    }

    Devices.Cpu.Threads = arguments.GetValue(threads);
    var timer = new Gradient.Benchmarks.Timer(arguments.GetValue(only)!, arguments.GetValue(seconds));
    RandomNumbers.Seed(0);
    Operations.Run(timer);
    Steps.Run(timer);
    return 0;
});
return command.Parse(args).Invoke();

using System.CommandLine;
using Gradient.Benchmarks;

var device = new Option<string>("--device") { Description = "cpu", DefaultValueFactory = _ => "cpu" };
var threads = new Option<int>("--threads") { Description = "how many cores", DefaultValueFactory = _ => 2 };
var only = new Option<string>("--only") { Description = "only workloads whose name has this in it", DefaultValueFactory = _ => "" };
var seconds = new Option<double>("--seconds") { Description = "how long to measure each", DefaultValueFactory = _ => 1.5 };
var profile = new Option<bool>("--profile") { Description = "print time, calls, bytes and GFLOP/s per operation" };
var peak = new Option<bool>("--peak") { Description = "print how near matrix products come to the cores' multiply-adds, and nothing else" };
var command = new RootCommand("Times the workloads of the peer comparison; one JSON line each.") { device, threads, only, seconds, profile, peak };
command.SetAction(arguments =>
{
    if (arguments.GetValue(device) != "cpu")
    {
        Console.Error.WriteLine("This version has the CPU backend only: use --device cpu.");
        return 2;
    }

    if (arguments.GetValue(peak))
    {
        Peak.Run(arguments.GetValue(threads), arguments.GetValue(seconds));
        return 0;
    }

    Devices.Cpu.Threads = arguments.GetValue(threads);
    var profiled = arguments.GetValue(profile) ? new ProfiledDevice() : null;
    if (profiled is not null) Devices.Default = profiled;
    var timer = new Gradient.Benchmarks.Timer(arguments.GetValue(only)!, arguments.GetValue(seconds), profiled);
    RandomNumbers.Seed(0);
    Bandwidth.Run(timer);
    Operations.Run(timer);
    Steps.Run(timer);
    Checkpointing.Run(timer);
    Loading.Run(timer);
    SparseProducts.Run(timer);
    if (profiled is null) LinalgComparison.Run(arguments.GetValue(only)!, arguments.GetValue(seconds), arguments.GetValue(threads));
    return 0;
});
return command.Parse(args).Invoke();

using Microsoft.Extensions.Logging;

namespace Gradient.Training;

/// <summary>What a <see cref="CheckpointManager"/> tells its log.</summary>
internal static partial class CheckpointLog
{
    [LoggerMessage(301, LogLevel.Information, "Saved the checkpoint of step {Step} to {Path}, {Bytes} bytes")]
    public static partial void Saved(ILogger logger, long step, string path, long bytes);

    [LoggerMessage(302, LogLevel.Warning, "Passed over the checkpoint {Path}: {Problem}")]
    public static partial void PassedOver(ILogger logger, string path, string problem);

    [LoggerMessage(303, LogLevel.Debug, "Removed the checkpoint {Path}")]
    public static partial void Removed(ILogger logger, string path);

    [LoggerMessage(304, LogLevel.Warning, "Kept all checkpoints in {Path}: {Problem}")]
    public static partial void NotPruned(ILogger logger, string path, string problem);
}

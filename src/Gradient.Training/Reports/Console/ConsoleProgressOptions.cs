namespace Gradient.Training;

/// <summary>How <see cref="ConsoleProgress"/> looks. What is null is found out from the console and its environment.</summary>
public sealed record ConsoleProgressOptions
{
    /// <summary>Whether there is a bar, drawn again and again on one line; else lines are added now and then.</summary>
    public bool? Live { get; init; }

    /// <summary>Whether the bar is coloured, by ANSI's codes. Null: unless NO_COLOR is set (no-color.org), or a Windows console may not know them.</summary>
    public bool? Color { get; init; }

    /// <summary>The columns of the terminal, asked for at each drawing.</summary>
    public Func<int>? Width { get; init; }

    /// <summary>The least time between two drawings of the bar; 0.1 seconds by default.</summary>
    public TimeSpan DrawInterval { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>The least time between two lines where there is no bar; 10 seconds by default.</summary>
    public TimeSpan LineInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock; the system's by default.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

namespace Gradient.Data;

/// <summary>How far a <see cref="DataLoader"/> has come: which epoch, counted from 0, and how many of its batches were delivered.</summary>
public readonly record struct DataLoaderPosition(long Epoch, int Batch);

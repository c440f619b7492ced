namespace Gradient.Nn;

/// <summary>Where the channels of an image stand.</summary>
public enum ChannelOrder
{
    /// <summary>[batch, height, width, channels]: how Gradient computes.</summary>
    Last,

    /// <summary>[batch, channels, height, width]: seen through a permuted view on the way in and out.</summary>
    First,
}

"""From PyTorch's layouts to Gradient's: images channels last, kernels [window..., inputs / groups, outputs], weights [inputs, outputs]."""


def same(t):
    return t


def last(t):
    """[batch, channels, ...] becomes [batch, ..., channels]."""
    return t.movedim(1, -1)


def kernel(t):
    """[a, b, window...] becomes [window..., b, a]: a is the outputs of a convolution, the inputs of a transposed one."""
    return t.permute(*range(2, t.dim()), 1, 0)


def weight(t):
    return t.t() if t.dim() == 2 else t

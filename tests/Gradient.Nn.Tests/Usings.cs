global using Gradient.Autograd;
global using Gradient.Core;

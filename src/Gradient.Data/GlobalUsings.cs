global using Gradient.Core;

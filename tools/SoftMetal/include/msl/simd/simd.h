#include "../metal_stdlib"

// One step of an update rule over up to five parameters in one launch, in the formulation of PyTorch 2: row y of the grid is a
// parameter, with five buffers: parameter, gradient, states. A state that the rule has no use for is bound to something else and
// never touched.
#include "common.metal"

enum OptimizerKind {
    OptimizerKind_Sgd, OptimizerKind_Adam, OptimizerKind_RmsProp, OptimizerKind_Adagrad, OptimizerKind_Adadelta, OptimizerKind_NAdam,
};

constant int kind [[function_constant(0)]];

struct OptimizerParameters {
    long counts[5];
    float sign;
    float decay;
    float rate;
    float moment_rate;
    float root_correction;
    float epsilon;
    float momentum;
    float gradient_share;
    float moment_share;
    float smoothing;
    float square_share;
    int flags;
};

constant int flag_decays = 1;
constant int flag_decoupled = 2;
constant int flag_momentum = 4;
constant int flag_first_step = 8;
constant int flag_nesterov = 16;
constant int flag_centered = 32;
constant int flag_ams_grad = 64;
constant int flag_state0 = 128;
constant int flag_state1 = 256;
constant int flag_state2 = 512;

// The running means of the gradient and of its square.
inline void update_moments(float g, thread float& first, thread float& second, constant OptimizerParameters& p) {
    first = fma(p.moment_share, g - first, first);
    second = fma(second, p.smoothing, p.square_share * g * g);
}

inline float updated(float x, float g, thread float& s0, thread float& s1, thread float& s2, constant OptimizerParameters& p) {
    switch (kind) {
        case OptimizerKind_Sgd: {
            // Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep learning, 2013.
            if ((p.flags & flag_momentum) != 0) {
                s0 = (p.flags & flag_first_step) != 0 ? g : fma(s0, p.momentum, g * p.gradient_share);
                g = (p.flags & flag_nesterov) != 0 ? fma(s0, p.momentum, g) : s0;
            }
            return x - p.rate * g;
        }
        case OptimizerKind_Adam: {
            // Kingma, Ba: Adam, 2015; Loshchilov, Hutter: Decoupled Weight Decay Regularization, 2019; Reddi, Kale, Kumar: On the
            // Convergence of Adam and Beyond, 2018.
            update_moments(g, s0, s1, p);
            float second = s1;
            if ((p.flags & flag_ams_grad) != 0) {
                s2 = maximum(s2, s1);
                second = s2;
            }
            return x - p.rate * s0 / (precise::sqrt(second) / p.root_correction + p.epsilon);
        }
        case OptimizerKind_NAdam: {
            // Dozat: Incorporating Nesterov Momentum into Adam, 2016.
            update_moments(g, s0, s1, p);
            const float denominator = precise::sqrt(s1) / p.root_correction + p.epsilon;
            return x - fma(p.rate, g, p.moment_rate * s0) / denominator;
        }
        case OptimizerKind_RmsProp: {
            // Hinton: Neural Networks for Machine Learning, lecture 6e, 2012; centered: Graves, 2013.
            s0 = fma(s0, p.smoothing, p.square_share * g * g);
            float variance = s0;
            if ((p.flags & flag_centered) != 0) {
                s2 = fma(p.square_share, g - s2, s2);
                variance = fma(-s2, s2, s0);
            }
            float change = g / (precise::sqrt(variance) + p.epsilon);
            if ((p.flags & flag_momentum) != 0) {
                s1 = fma(s1, p.momentum, change);
                change = s1;
            }
            return x - p.rate * change;
        }
        case OptimizerKind_Adagrad: {
            // Duchi, Hazan, Singer: Adaptive Subgradient Methods, 2011.
            s0 = fma(g, g, s0);
            return x - p.rate * g / (precise::sqrt(s0) + p.epsilon);
        }
        case OptimizerKind_Adadelta: {
            // Zeiler: ADADELTA, 2012.
            s0 = fma(s0, p.smoothing, p.square_share * g * g);
            const float change = precise::sqrt(s1 + p.epsilon) / precise::sqrt(s0 + p.epsilon) * g;
            s1 = fma(s1, p.smoothing, p.square_share * change * change);
            return x - p.rate * change;
        }
        default: return x;
    }
}

// T: of parameters and gradients. S: of states.
template <typename T, typename S>
inline void update_one(
    device T* parameter, device const T* gradient, device S* state0, device S* state1, device S* state2,
    constant OptimizerParameters& p, int slot, uint place, uint grid) {
    for (long i = long(place); i < p.counts[slot]; i += long(grid)) {
        float x = float(parameter[i]);
        float g = float(gradient[i]) * p.sign;
        float s0 = 0.0f;
        float s1 = 0.0f;
        float s2 = 0.0f;
        if ((p.flags & flag_state0) != 0) s0 = float(state0[i]);
        if ((p.flags & flag_state1) != 0) s1 = float(state1[i]);
        if ((p.flags & flag_state2) != 0) s2 = float(state2[i]);
        if ((p.flags & flag_decays) != 0) {
            if ((p.flags & flag_decoupled) != 0) x *= p.decay;
            else g = fma(x, p.decay, g);
        }
        parameter[i] = T(updated(x, g, s0, s1, s2, p));
        if ((p.flags & flag_state0) != 0) state0[i] = S(s0);
        if ((p.flags & flag_state1) != 0) state1[i] = S(s1);
        if ((p.flags & flag_state2) != 0) state2[i] = S(s2);
    }
}

template <typename T, typename S>
kernel void update_all(
    device T* p0 [[buffer(0)]], device const T* g0 [[buffer(1)]], device S* a0 [[buffer(2)]], device S* b0 [[buffer(3)]], device S* c0 [[buffer(4)]],
    device T* p1 [[buffer(5)]], device const T* g1 [[buffer(6)]], device S* a1 [[buffer(7)]], device S* b1 [[buffer(8)]], device S* c1 [[buffer(9)]],
    device T* p2 [[buffer(10)]], device const T* g2 [[buffer(11)]], device S* a2 [[buffer(12)]], device S* b2 [[buffer(13)]], device S* c2 [[buffer(14)]],
    device T* p3 [[buffer(15)]], device const T* g3 [[buffer(16)]], device S* a3 [[buffer(17)]], device S* b3 [[buffer(18)]], device S* c3 [[buffer(19)]],
    device T* p4 [[buffer(20)]], device const T* g4 [[buffer(21)]], device S* a4 [[buffer(22)]], device S* b4 [[buffer(23)]], device S* c4 [[buffer(24)]],
    constant OptimizerParameters& p [[buffer(25)]], constant Grid& whole [[buffer(30)]],
    uint2 own_place [[thread_position_in_grid]], uint2 threads [[threads_per_threadgroup]]) {
    const uint2 place = place_in(whole, own_place, threads);
    const uint2 grid = threads_of(whole, threads);
    switch (place.y) {
        case 0u: update_one<T, S>(p0, g0, a0, b0, c0, p, 0, place.x, grid.x); break;
        case 1u: update_one<T, S>(p1, g1, a1, b1, c1, p, 1, place.x, grid.x); break;
        case 2u: update_one<T, S>(p2, g2, a2, b2, c2, p, 2, place.x, grid.x); break;
        case 3u: update_one<T, S>(p3, g3, a3, b3, c3, p, 3, place.x, grid.x); break;
        default: update_one<T, S>(p4, g4, a4, b4, c4, p, 4, place.x, grid.x); break;
    }
}

#define OF_TYPES(T, S) template [[host_name("update_" #T "_" #S)]] [[kernel]] decltype(update_all<T, S>) update_all<T, S>;

OF_TYPES(float, float)
OF_TYPES(half, half)
OF_TYPES(half, float)
OF_TYPES(bfloat, bfloat)
OF_TYPES(bfloat, float)

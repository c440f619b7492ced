// Atomics. Metal has relaxed order alone; they are atomic between OS threads here too.
#pragma once

namespace metal {

enum memory_order { memory_order_relaxed = 0, memory_order_seq_cst = 5 };
enum thread_scope { thread_scope_thread, thread_scope_simdgroup, thread_scope_threadgroup, thread_scope_device };

template<class T> struct alignas(sizeof(T)) atomic { T softmetal_value; };
template<class T> using _atomic = atomic<T>;
using atomic_int = atomic<int>;
using atomic_uint = atomic<uint>;
using atomic_bool = atomic<bool>;
using atomic_float = atomic<float>;
using atomic_ulong = atomic<ulong>;

}

namespace softmetal {

// Through the compiler's builtins on the bits; kept out of the race checker's sight but for one report.
#define SOFTMETAL_UNSEEN __attribute__((no_sanitize("thread"), noinline))
template<class T> struct bits_of { using type = T; };
template<> struct bits_of<float> { using type = uint32_t; };

template<class T> SOFTMETAL_UNSEEN T atomic_read(const volatile metal::atomic<T>* object) {
    softmetal_atomic_access((const void*)object, sizeof(T), false);
    T value;
    __atomic_load(const_cast<T*>(&object->softmetal_value), &value, __ATOMIC_RELAXED);
    return value;
}
template<class T> SOFTMETAL_UNSEEN T atomic_replace(volatile metal::atomic<T>* object, T value) {
    softmetal_atomic_access((const void*)object, sizeof(T), true);
    T old;
    __atomic_exchange(const_cast<T*>(&object->softmetal_value), &value, &old, __ATOMIC_RELAXED);
    return old;
}
template<class T> SOFTMETAL_UNSEEN bool atomic_compare(volatile metal::atomic<T>* object, T* expected, T desired) {
    softmetal_atomic_access((const void*)object, sizeof(T), true);
    using B = typename bits_of<T>::type;
    return __atomic_compare_exchange(reinterpret_cast<B*>(const_cast<T*>(&object->softmetal_value)), reinterpret_cast<B*>(expected),
                                     reinterpret_cast<B*>(&desired), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
template<class Op, class T> SOFTMETAL_UNSEEN T atomic_update(volatile metal::atomic<T>* object, T value) {
    T old = atomic_read(object);
    while (!atomic_compare(object, &old, T(Op()(old, value)))) {}
    return old;
}
struct subtract { template<class T> T operator()(T a, T b) const { return T(a - b); } };

}

namespace metal {

template<class T> inline T atomic_load_explicit(const volatile atomic<T>* object, memory_order) { return softmetal::atomic_read(object); }
template<class T> inline void atomic_store_explicit(volatile atomic<T>* object, softmetal::same_t<T> value, memory_order) { softmetal::atomic_replace(object, value); }
template<class T> inline T atomic_exchange_explicit(volatile atomic<T>* object, softmetal::same_t<T> value, memory_order) { return softmetal::atomic_replace(object, value); }
template<class T> inline bool atomic_compare_exchange_weak_explicit(volatile atomic<T>* object, softmetal::same_t<T>* expected, softmetal::same_t<T> desired, memory_order, memory_order) {
    return softmetal::atomic_compare(object, expected, desired);
}
#define SOFTMETAL_FETCH(name, op) template<class T> inline T atomic_fetch_##name##_explicit(volatile atomic<T>* object, softmetal::same_t<T> value, memory_order) { \
    return softmetal::atomic_update<softmetal::op>(object, value); }
SOFTMETAL_FETCH(add, add) SOFTMETAL_FETCH(sub, subtract) SOFTMETAL_FETCH(min, smaller) SOFTMETAL_FETCH(max, larger)
SOFTMETAL_FETCH(and, both) SOFTMETAL_FETCH(or, either) SOFTMETAL_FETCH(xor, differ)
inline void atomic_thread_fence(mem_flags, memory_order, thread_scope = thread_scope_device) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

}

// What went wrong, what to do differently, and what to break on purpose.
#pragma once
#include <cstdint>
#include <string>

namespace softmetal {

// Records a violation of Metal's rules for softmetal_take_error, and prints it unless SOFTMETAL_QUIET is set.
// With SOFTMETAL_ABORT it ends the process, as Apple's validation layer does.
void report(const std::string& message);

enum class Order { forward, reverse, random };

// Read from the environment when the library is loaded; softmetal_set_option changes one.
struct Settings {
    Order order = Order::forward;           // SOFTMETAL_ORDER: forward, reverse, random or random:SEED; fibers and threadgroups
    uint64_t seed = 1;
    Order concurrent = Order::reverse;      // SOFTMETAL_CONCURRENT: dispatches of a concurrent encoder without a barrier between
    unsigned threads = 0;                   // SOFTMETAL_THREADS: 0 is one per core
    unsigned stack_kilobytes = 128;         // SOFTMETAL_STACK_KB: per fiber
    unsigned delay_microseconds = 0;        // SOFTMETAL_DELAY_US: between commit and execution
    bool guard = false;                     // SOFTMETAL_GUARD: an inaccessible page after (1) or before (before) every buffer
    bool guard_before = false;
    bool fill = true;                       // SOFTMETAL_FILL: fresh buffers and threadgroup memory are filled with NaN bytes
    bool check = false;                     // SOFTMETAL_CHECK: races and overruns, access by access
    bool address_sanitizer = false;         // SOFTMETAL_ASAN
    bool partial_simd = false;              // SOFTMETAL_PARTIAL_SIMD: allow simd operations by a part of a simdgroup
    bool flush_denormals = false;           // SOFTMETAL_FTZ
    bool quiet = false, abort = false;
    bool set(const std::string& name, const std::string& value);   // false: no such option or value
};
extern Settings settings;

// Faults: "nil-device", "alloc:N", "compile", "pipeline", "commandbuffer:N", "dispatch:N", "queue", "no-simdgroup-matrix";
// N counts from 1, "N+": that one and all after it.
bool set_fault(const std::string& fault);                          // "" clears all; false: no such fault
bool fault_strikes(const char* name);                              // counts down "name:N"; a lasting fault always strikes

}

// The agreement between a translated shader and libSoftMetal.so. Both sides include it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace softmetal {

struct triple { uint32_t x, y, z; };

// What one thread of a dispatch knows; the names are those of MSL's attributes.
struct thread_state {
    triple thread_position_in_grid, thread_position_in_threadgroup, threadgroup_position_in_grid, threadgroups_per_grid,
           threads_per_grid, threads_per_threadgroup, dispatch_threads_per_threadgroup, grid_origin, grid_size;
    uint32_t thread_index_in_threadgroup, simdgroup_index_in_threadgroup, thread_index_in_simdgroup, simdgroups_per_threadgroup,
             threads_per_simdgroup, thread_execution_width, dispatch_simdgroups_per_threadgroup, thread_index_in_quadgroup,
             quadgroup_index_in_threadgroup, quadgroups_per_threadgroup;
    void* const* buffers;                           // 31 addresses with the offset added
    void* const* threadgroup_memory;                // 31 addresses in the group's arena
};

enum class role { buffer, threadgroup, builtin };

struct parameter {
    const char* name;
    softmetal::role role;
    int index;
    bool enabled;                                   // false: its function constant is false
    size_t size, alignment;                         // of what a pointer or reference points to
    bool reference, writable;
};

struct kernel_entry {
    const char* name;
    void (*run)(const thread_state&);
    parameter* parameters;
    int parameter_count;
    int max_threads;
    size_t static_memory;                           // of its threadgroup variables; 0 when known only as it runs
    bool described;
};

}

extern "C" {

// Threads of a threadgroup (simd: of a simdgroup) wait for each other. flags: 1 device memory, 2 threadgroup memory.
void softmetal_barrier(uint32_t flags, bool simd, const char* file, int line);

// Every lane of the simdgroup hands in `size` bytes (at most 64). The last to come runs `combine`, if any, over all of
// them. Returns 32 slots of 64 bytes, good until the lane's second exchange after this one. mask: the lanes that came.
unsigned char* softmetal_exchange(const void* value, size_t size, void (*combine)(unsigned char* slots, uint32_t mask), uint32_t* mask,
                                  const char* what, const char* file, int line);
uint32_t softmetal_lane();

// The storage of a threadgroup variable: the same address for every thread of the group.
void* softmetal_threadgroup_variable(int id, const char* name, size_t size, size_t alignment);

// A function constant's value while a library is loaded; false when it has none.
bool softmetal_host_constant(int index, void* value, size_t size);

// Tells the race checker of an atomic access.
void softmetal_atomic_access(const void* address, size_t size, bool write);

// For shaders that were edited to hold mutants: whether this one was chosen (option "mutant").
bool softmetal_mutant(int number);

}

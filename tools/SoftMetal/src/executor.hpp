// Runs one dispatch: threadgroups in parallel on OS threads, the threads of a group as fibers on one of them.
#pragma once
#include "../include/softmetal/runtime.hpp"
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace softmetal {

constexpr int buffer_slots = 31;

struct Launch {
    kernel_entry* kernel = nullptr;
    triple groups{}, group_size{}, grid{};          // grid in threads; the last groups may be smaller
    void* buffers[buffer_slots] = {};
    size_t threadgroup_lengths[buffer_slots] = {};
    struct Extent { const unsigned char* begin; size_t length; };
    std::vector<Extent> extents;                    // what the dispatch may touch, for the checker
    uint32_t number = 0;                            // of the dispatch, unique in the process
    std::vector<uint32_t> concurrent;               // dispatches that may run at the same time
    const char* name = "";

    // Filled while it runs.
    std::atomic<size_t> static_memory{0};
    std::atomic<bool> failed{false};
    std::mutex lock;
    std::string error;
    void fail(const std::string& message);
};

// Returns when all threads have ended; launch.error says what went wrong.
void run(Launch& launch);

struct Stack { void* pointer; unsigned char* base; };

enum class Wait : uint8_t { no, barrier, simdgroup, done };

struct Site {
    const char* file = nullptr;
    int line = 0;
    const char* what = nullptr;
    bool operator==(const Site& o) const { return line == o.line && (file == o.file || std::string(file) == o.file); }
    std::string text() const;
};

struct Thread {
    thread_state state;
    Stack* stack = nullptr;
    Wait wait = Wait::no;
    Site site;
};

// One exchange or barrier of a simdgroup at a time; two tables, so that a fast lane does not overwrite what a slow one reads.
struct Simdgroup {
    uint32_t arrived = 0, came[2] = {}, members = 0;
    int table = 0;
    Site site;
    std::vector<Thread*> deferred;
    uint32_t device_barriers = 0, threadgroup_barriers = 0;
    alignas(64) unsigned char slots[2][32 * 64];
};

class Group {
public:
    explicit Group(size_t stack_bytes);
    ~Group();
    void run(Launch& launch, triple position);

    // Called from kernels, on a fiber.
    void barrier(uint32_t flags, const Site& site);
    unsigned char* exchange(const void* value, size_t size, void (*combine)(unsigned char*, uint32_t), uint32_t* mask, const Site& site, uint32_t flags);
    void* variable(int id, const char* name, size_t size, size_t alignment);
    [[noreturn]] void abandon(const std::string& message);   // ends the group from within a fiber
    [[noreturn]] static void fiber_main();

    struct Allocation { const unsigned char* begin; size_t size; const char* name; };
    Launch* launch = nullptr;
    Thread* current = nullptr;
    uint32_t device_barriers = 0, threadgroup_barriers = 0, linear = 0;   // of the group; its number in the grid
    std::vector<Allocation> allocations;
    std::vector<Simdgroup> simdgroups;
    Simdgroup& simdgroup() { return simdgroups[current->state.simdgroup_index_in_threadgroup]; }
    bool on_own_stack(const void* address) const { auto* a = (const unsigned char*)address; return a >= stack_memory && a < stack_memory + stack_memory_size; }
    const void* fault_stack() const { return fault_stack_memory + sizeof fault_stack_memory - 64; }
    // Threads' states and simdgroups' slots, which shaders read through our headers.
    bool own_data(const void* address) const {
        auto inside = [&](const auto& v) { return address >= (const void*)v.data() && address < (const void*)(v.data() + v.size()); };
        return inside(simdgroups) || inside(threads) || (address >= (const void*)launch && address < (const void*)(launch + 1))
            || (address >= (const void*)this && address < (const void*)(this + 1));
    }
    bool in_arena(const void* address) const { auto* a = (const unsigned char*)address; return a >= arena && a < arena + arena_size; }

private:
    static constexpr size_t arena_size = 1 << 18;
    size_t stack_bytes, count = 0, finished = 0, at_barrier = 0, arena_used = 0, static_used = 0;
    unsigned char* stack_memory;
    size_t stack_memory_size;
    unsigned char* arena;
    unsigned char fault_stack_memory[32768];
    std::vector<Stack> stacks;
    std::vector<Stack*> free_stacks;
    std::vector<Thread> threads;
    std::vector<Thread*> ready, woken;
    size_t ready_next = 0;
    void* main_stack = nullptr;
    Site barrier_site;
    std::vector<void*> variables;
    void* threadgroup_memory[buffer_slots];

    void prepare(triple position);
    void* allocate(size_t size, size_t alignment, const char* name);
    Thread* pick();
    bool unstick(std::string& message);
    void resume(Thread* thread, void** save);
    void block();
    void complete(Simdgroup& s, void (*combine)(unsigned char*, uint32_t));
    void reset_stacks();
    void place(Stack& stack);
};

// The group whose fiber this OS thread is running, if any.
Group* running_group();

// A source of order for settings.order = random.
struct Shuffler {
    uint64_t state;
    explicit Shuffler(uint64_t seed) : state(seed * 0x9E3779B97F4A7C15 + 1) {}
    uint64_t operator()() { state ^= state << 13; state ^= state >> 7; state ^= state << 17; return state; }
    template<class T> void operator()(std::vector<T>& v) { for (size_t i = v.size(); i > 1; i--) std::swap(v[i - 1], v[(*this)() % i]); }
};

}

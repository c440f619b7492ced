// The checker: shaders compiled with -fsanitize=thread call these functions at every access to memory. Every byte has a
// shadow cell with its last write and two last reads; two accesses are ordered by a barrier between them, which shows in the
// barrier counters, and by nothing else. So a race shows in any order of execution, and needs no luck.
#include "compiler.hpp"
#include "diagnostics.hpp"
#include "executor.hpp"
#include <dlfcn.h>
#include <memory>
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace softmetal {

namespace {

struct Access {
    uint32_t dispatch, group, instruction;          // dispatch 0: none; instruction: the low half of its address
    uint16_t thread, barriers, simd_barriers;
    bool atomic;
};
struct Cell { Access write, reads[2]; };
constexpr size_t page_bytes = 4096;
using Page = std::unique_ptr<Cell[]>;

// In check mode one OS thread at a time runs shaders of a queue; queues of their own share the table under a lock.
std::mutex& shadow_lock() { static auto& m = *new std::mutex; return m; }
std::unordered_map<uintptr_t, Page>& pages() { static auto& p = *new std::unordered_map<uintptr_t, Page>; return p; }

Cell& cell(const unsigned char* address) {
    auto number = (uintptr_t)address / page_bytes;
    Page& page = pages()[number];
    if (!page) page = std::make_unique<Cell[]>(page_bytes);
    return page[(uintptr_t)address % page_bytes];
}

bool conflict(const Access& old, const Access& now, const Group& g, bool threadgroup_memory) {
    if (old.dispatch == 0 || (old.atomic && now.atomic)) return false;
    if (old.dispatch != now.dispatch) {
        auto& others = g.launch->concurrent;
        return !threadgroup_memory && std::find(others.begin(), others.end(), old.dispatch) != others.end();
    }
    if (old.group != now.group) return !threadgroup_memory;
    if (old.thread == now.thread || old.barriers != now.barriers) return false;
    return old.thread / 32 != now.thread / 32 || old.simd_barriers == now.simd_barriers;
}

std::string where(const void* instruction) {
    std::string line = source_line(instruction);
    return line.empty() ? "an unknown line" : line;
}

std::string name_of(Group& g, const unsigned char* address) {
    for (auto& a : g.allocations)
        if (address >= a.begin && address < a.begin + a.size) return "threadgroup memory \"" + std::string(a.name) + "\" at byte " + std::to_string(address - a.begin);
    for (auto& p : g.launch->extents)
        if (address >= p.begin && address < p.begin + p.length) return "buffer memory at byte " + std::to_string(address - p.begin);
    return "memory";
}

void race(Group& g, const unsigned char* address, const Access& old, bool old_writes, const Access& now, bool writes, const void* instruction) {
    auto who = [&](const Access& a) { return "thread " + std::to_string(a.thread) + " of threadgroup " + std::to_string(a.group); };
    const void* before = (const void*)(((uintptr_t)instruction & ~0xffffffffull) | old.instruction);
    std::string other = old.dispatch != now.dispatch ? " of an earlier dispatch with no memory barrier between" : "";
    g.launch->fail("race: " + name_of(g, address) + ": " + (writes ? "write" : "read") + " by " + who(now) + " at " + where(instruction) + " and "
                   + (old_writes ? "write" : "read") + " by " + who(old) + other + " at " + where(before));
}

bool known_image(const void* address) {
    static thread_local std::unordered_set<uintptr_t> known;
    auto page = (uintptr_t)address / page_bytes;
    if (known.count(page)) return true;
    Dl_info info;
    if (!dladdr(address, &info)) return false;
    known.insert(page);
    return true;
}

// Whether every byte belongs to something the kernel may touch; ends the group if not.
void check_bounds(Group& g, const unsigned char* a, size_t size, bool write, const void* instruction) {
    auto inside = [&](const unsigned char* begin, size_t length) { return a >= begin && a + size <= begin + length; };
    const char* verb = write ? "write" : "read";
    if (g.in_arena(a)) {
        for (auto& x : g.allocations) if (inside(x.begin, x.size)) return;
        std::string near;
        for (auto& x : g.allocations)               // the one just before, or else just after
            if (a + 64 >= x.begin && a < x.begin + x.size + 64 && near.empty())
                near = ": byte " + std::to_string(a - x.begin) + " of \"" + x.name + "\" of " + std::to_string(x.size) + " bytes";
        g.abandon(std::string("out of bounds: ") + verb + " of threadgroup memory" + near + " at " + where(instruction));
    }
    for (auto& x : g.launch->extents) if (inside(x.begin, x.length)) return;
    if (known_image(a)) return;
    std::string near;
    long nearest = 65536;
    for (auto& x : g.launch->extents) {
        long distance = a < x.begin ? x.begin - a : a - (x.begin + x.length);
        if (distance >= nearest) continue;
        nearest = distance;
        near = ": byte " + std::to_string(a - x.begin) + " of a buffer of " + std::to_string(x.length) + " bytes";
    }
    g.abandon(std::string("out of bounds: ") + verb + (near.empty() ? " of memory that belongs to no bound buffer" : near) + " at " + where(instruction));
}

void access(const void* address, size_t size, bool write, bool atomic, const void* instruction) {
    Group* g = running_group();
    if (!g || !g->current || g->launch->failed) return;
    if (g->on_own_stack(address) || g->own_data(address)) return;
    auto* a = (const unsigned char*)address;
    check_bounds(*g, a, size, write, instruction);
    bool local = g->in_arena(a);
    if (!local && known_image(a) ) return;
    Simdgroup& s = g->simdgroup();
    Access now{g->launch->number, g->linear, (uint32_t)(uintptr_t)instruction, (uint16_t)g->current->state.thread_index_in_threadgroup,
               (uint16_t)(local ? g->threadgroup_barriers : g->device_barriers), (uint16_t)(local ? s.threadgroup_barriers : s.device_barriers), atomic};
    std::lock_guard guard(shadow_lock());
    for (size_t i = 0; i < size; i++) {
        Cell& c = cell(a + i);
        if (conflict(c.write, now, *g, local)) return race(*g, a + i, c.write, true, now, write, instruction);
        if (write) {
            for (auto& r : c.reads) if (conflict(r, now, *g, local)) return race(*g, a + i, r, false, now, true, instruction);
            c.write = now;
        }
        else if (c.reads[0].dispatch == now.dispatch && c.reads[0].group == now.group && c.reads[0].thread == now.thread) c.reads[0] = now;
        else { c.reads[1] = c.reads[0]; c.reads[0] = now; }
    }
}

}

}

// clang turns atomic builtins into calls even where told not to; the access itself was reported by softmetal_atomic_access.
#define SOFTMETAL_ATOMIC_HOOK(bits, type)                                                                                     \
    type __tsan_atomic##bits##_load(const volatile type* a, int) { return __atomic_load_n(a, __ATOMIC_RELAXED); }             \
    void __tsan_atomic##bits##_store(volatile type* a, type v, int) { __atomic_store_n(a, v, __ATOMIC_RELAXED); }             \
    type __tsan_atomic##bits##_exchange(volatile type* a, type v, int) { return __atomic_exchange_n(a, v, __ATOMIC_RELAXED); } \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type* a, type expected, type v, int, int) {                      \
        __atomic_compare_exchange_n(a, &expected, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED); return expected; }           \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type* a, type* expected, type v, int, int) {                   \
        return __atomic_compare_exchange_n(a, expected, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED); }

#define SOFTMETAL_HOOK(size)                                                                                                  \
    void __tsan_read##size(void* a) { softmetal::access(a, size, false, false, __builtin_return_address(0)); }               \
    void __tsan_write##size(void* a) { softmetal::access(a, size, true, false, __builtin_return_address(0)); }               \
    void __tsan_unaligned_read##size(void* a) { softmetal::access(a, size, false, false, __builtin_return_address(0)); }     \
    void __tsan_unaligned_write##size(void* a) { softmetal::access(a, size, true, false, __builtin_return_address(0)); }     \
    void __tsan_volatile_read##size(void* a) { softmetal::access(a, size, false, false, __builtin_return_address(0)); }      \
    void __tsan_volatile_write##size(void* a) { softmetal::access(a, size, true, false, __builtin_return_address(0)); }      \
    void __tsan_unaligned_volatile_read##size(void* a) { softmetal::access(a, size, false, false, __builtin_return_address(0)); }  \
    void __tsan_unaligned_volatile_write##size(void* a) { softmetal::access(a, size, true, false, __builtin_return_address(0)); }

extern "C" {

SOFTMETAL_HOOK(1)
SOFTMETAL_HOOK(2)
SOFTMETAL_HOOK(4)
SOFTMETAL_HOOK(8)
SOFTMETAL_HOOK(16)
SOFTMETAL_ATOMIC_HOOK(8, uint8_t)
SOFTMETAL_ATOMIC_HOOK(16, uint16_t)
SOFTMETAL_ATOMIC_HOOK(32, uint32_t)
SOFTMETAL_ATOMIC_HOOK(64, uint64_t)
void __tsan_read_range(void* a, size_t size) { softmetal::access(a, size, false, false, __builtin_return_address(0)); }
void __tsan_write_range(void* a, size_t size) { softmetal::access(a, size, true, false, __builtin_return_address(0)); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void* __tsan_memcpy(void* to, const void* from, size_t size) {
    softmetal::access(from, size, false, false, __builtin_return_address(0));
    softmetal::access(to, size, true, false, __builtin_return_address(0));
    return __builtin_memcpy(to, from, size);
}
void* __tsan_memmove(void* to, const void* from, size_t size) {
    softmetal::access(from, size, false, false, __builtin_return_address(0));
    softmetal::access(to, size, true, false, __builtin_return_address(0));
    return __builtin_memmove(to, from, size);
}
void* __tsan_memset(void* to, int value, size_t size) {
    softmetal::access(to, size, true, false, __builtin_return_address(0));
    return __builtin_memset(to, value, size);
}

void softmetal_atomic_access(const void* address, size_t size, bool write) {
    if (softmetal::settings.check) softmetal::access(address, size, write, true, __builtin_return_address(0));
}

}

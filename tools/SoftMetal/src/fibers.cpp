// The threads of one threadgroup, as fibers. A thread that never waits costs no switch: the next one starts on its stack.
#include "compiler.hpp"
#include "diagnostics.hpp"
#include "executor.hpp"
#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <sys/mman.h>

extern "C" void softmetal_switch(void** save, void* to);
extern "C" void softmetal_fiber_start();

namespace softmetal {

namespace {

thread_local Group* running = nullptr;
constexpr size_t most_fibers = 1024, guard_bytes = 4096;
constexpr unsigned char poison = 0xFF;

// AddressSanitizer's marks, when its runtime is in the process.
using Mark = void (*)(const volatile void*, size_t);
void mark(const char* function, const void* begin, size_t size) {
    static const auto poison_memory = (Mark)dlsym(RTLD_DEFAULT, "__asan_poison_memory_region"), unpoison = (Mark)dlsym(RTLD_DEFAULT, "__asan_unpoison_memory_region");
    if (Mark f = *function == 'p' ? poison_memory : unpoison) f(begin, size);
}

std::string plural(size_t n, const char* what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

}

Group* running_group() { return running; }

std::string Site::text() const {
    std::string name = file;
    return std::string(what) + " at " + name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1) + ":" + std::to_string(line);
}

Group::Group(size_t bytes) : stack_bytes(bytes), stacks(most_fibers) {
    stack_memory_size = most_fibers * (stack_bytes + guard_bytes);
    stack_memory = (unsigned char*)mmap(nullptr, stack_memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    arena = (unsigned char*)mmap(nullptr, arena_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack_memory == MAP_FAILED || arena == MAP_FAILED) { perror("SoftMetal: no memory for fibers"); abort(); }
    for (size_t i = 0; i < most_fibers; i++) {
        stacks[i].base = stack_memory + i * (stack_bytes + guard_bytes);
        mprotect(stacks[i].base, guard_bytes, PROT_NONE);
    }
    threads.reserve(most_fibers);
    reset_stacks();
}

Group::~Group() {
    munmap(stack_memory, stack_memory_size);
    munmap(arena, arena_size);
}

// A fresh stack, on which softmetal_switch returns into fiber_main. The tops are staggered to spread over cache sets.
void Group::place(Stack& stack) {
    size_t stagger = (size_t)(&stack - stacks.data()) % 32 * 128;
    auto* top = (void**)(stack.base + guard_bytes + stack_bytes - 256 - stagger);
#if defined(__x86_64__)
    memset(top - 7, 0, 7 * sizeof(void*));          // r15 r14 r13 r12 rbx rbp, then the address to return to
    top[-7 + 3] = (void*)&fiber_main;
    top[-7 + 6] = (void*)&softmetal_fiber_start;
    stack.pointer = top - 7;
#elif defined(__aarch64__)
    memset(top - 20, 0, 20 * sizeof(void*));
    top[-20] = (void*)&fiber_main;                  // x19
    top[-20 + 11] = (void*)&softmetal_fiber_start;  // x30
    stack.pointer = top - 20;
#else
#error SoftMetal runs on x86-64 and arm64
#endif
}

void Group::reset_stacks() {
    free_stacks.clear();
    for (size_t i = stacks.size(); i-- > 0;) { place(stacks[i]); free_stacks.push_back(&stacks[i]); }
}

void Group::fiber_main() {
    for (;;) {
        Group* g = running;
        Thread* t = g->current;
        g->launch->kernel->run(t->state);
        t->wait = Wait::done;
        g->finished++;
        Thread* following = g->pick();
        if (following && !following->stack) {
            following->stack = t->stack;
            g->current = following;
            continue;
        }
        g->free_stacks.push_back(t->stack);
        g->resume(following, &t->stack->pointer);
    }
}

void Group::resume(Thread* thread, void** save) {
    current = thread;
    if (!thread) { softmetal_switch(save, main_stack); return; }
    if (!thread->stack) { thread->stack = free_stacks.back(); free_stacks.pop_back(); }
    softmetal_switch(save, thread->stack->pointer);
}

void Group::block() {
    Thread* me = current;
    Thread* following = pick();
    if (following == me) return;
    resume(following, &me->stack->pointer);
}

// The next thread to run: those that are ready, round by round; nullptr when all have ended or the group is stuck.
Thread* Group::pick() {
    for (;;) {
        if (ready_next < ready.size()) return ready[ready_next++];
        if (woken.empty()) {
            std::string message;
            if (finished == count || launch->failed) return nullptr;
            if (!unstick(message)) { launch->fail(message); return nullptr; }
        }
        ready.swap(woken);
        woken.clear();
        ready_next = 0;
        if (settings.order == Order::reverse) std::reverse(ready.begin(), ready.end());
        else if (settings.order == Order::random) {
            static thread_local Shuffler shuffle(settings.seed);
            shuffle(ready);
        }
    }
}

// Nobody can go on. Partial simd operations may be let through by SOFTMETAL_PARTIAL_SIMD; all else is a mistake.
bool Group::unstick(std::string& message) {
    for (auto& s : simdgroups) {
        if (!s.arrived) continue;
        if (settings.partial_simd) { s.came[s.table] = s.arrived; complete(s, nullptr); return true; }
        Thread* other = nullptr;
        for (auto& t : threads)
            if (&simdgroups[t.state.simdgroup_index_in_threadgroup] == &s && !(t.wait == Wait::simdgroup && t.site == s.site)) other = &t;
        message = "divergent " + s.site.text() + ": reached by " + plural((size_t)__builtin_popcount(s.arrived), "lane") + " of " + std::to_string(s.members)
                + (!other ? std::string(" (a partial simdgroup)") : other->wait == Wait::done ? ", while another has returned" : ", while another waits in " + other->site.text());
        return false;
    }
    Thread* other = nullptr;
    for (auto& t : threads) if (t.wait != Wait::barrier) other = &t;
    message = "divergent " + barrier_site.text() + ": reached by " + plural(at_barrier, "thread") + " of " + std::to_string(count)
            + (!other ? std::string() : other->wait == Wait::done ? ", while another has returned" : ", while another waits in " + other->site.text());
    return false;
}

void Group::barrier(uint32_t flags, const Site& site) {
    if (at_barrier == 0) barrier_site = site;
    else if (!(barrier_site == site)) abandon("divergent " + site.text() + ", while others wait in " + barrier_site.text());
    Thread* me = current;
    if (++at_barrier < count) {
        me->wait = Wait::barrier;
        me->site = site;
        block();
        return;
    }
    at_barrier = 0;
    if (flags & 1) device_barriers++;
    if (flags & 2) threadgroup_barriers++;
    for (auto& t : threads) if (t.wait == Wait::barrier) { t.wait = Wait::no; woken.push_back(&t); }
}

unsigned char* Group::exchange(const void* value, size_t size, void (*combine)(unsigned char*, uint32_t), uint32_t* mask, const Site& site, uint32_t flags) {
    Simdgroup& s = simdgroup();
    Thread* me = current;
    uint32_t lane = me->state.thread_index_in_simdgroup;
    while (s.arrived && !(s.site == site)) {
        if (!settings.partial_simd) abandon("divergent " + site.text() + ", while other lanes of the simdgroup wait in " + s.site.text());
        me->wait = Wait::simdgroup;
        me->site = site;
        s.deferred.push_back(me);
        block();
    }
    if (size && s.members < 32 && !settings.partial_simd)
        abandon(site.text() + " in a partial simdgroup of " + plural(s.members, "thread") + ": the threadgroup's size is not a multiple of 32");
    s.site = site;
    int table = s.table;
    memcpy(s.slots[table] + lane * 64, value, size);
    s.arrived |= 1u << lane;
    if ((uint32_t)__builtin_popcount(s.arrived) == s.members) {
        if (flags & 1) s.device_barriers++;
        if (flags & 2) s.threadgroup_barriers++;
        s.came[table] = s.arrived;
        complete(s, combine);
    }
    else {
        me->wait = Wait::simdgroup;
        me->site = site;
        block();
        // Let through incomplete: the first lane to wake combines.
        if (combine && s.came[table] != 0 && (uint32_t)__builtin_popcount(s.came[table]) != s.members) {
            uint32_t came = s.came[table];
            if (lane == (uint32_t)__builtin_ctz(came)) combine(s.slots[table], came);
        }
    }
    if (mask) *mask = s.came[table];
    return s.slots[table];
}

void Group::complete(Simdgroup& s, void (*combine)(unsigned char*, uint32_t)) {
    if (combine) combine(s.slots[s.table], s.arrived);
    uint32_t first = (uint32_t)(&s - simdgroups.data()) * 32;
    for (uint32_t i = 0; i < 32; i++) {
        if (!(s.arrived >> i & 1)) continue;
        Thread& t = threads[first + i];
        if (&t == current && t.wait == Wait::no) continue;
        t.wait = Wait::no;
        woken.push_back(&t);
    }
    for (Thread* t : s.deferred) { t->wait = Wait::no; woken.push_back(t); }
    s.deferred.clear();
    s.arrived = 0;
    s.table ^= 1;
}

void* Group::allocate(size_t size, size_t alignment, const char* name) {
    size_t gap = settings.check || settings.address_sanitizer ? 64 : 0;
    alignment = std::max<size_t>(alignment, 16);
    arena_used = (arena_used + gap + alignment - 1) / alignment * alignment;
    static_used += size;
    if (static_used > 32768)
        launch->fail("threadgroup memory of " + std::to_string(static_used) + " bytes exceeds the maximum of 32768 bytes, at \"" + name + "\"");
    if (arena_used + size > arena_size) abandon("threadgroup memory exceeds what SoftMetal has");
    unsigned char* place = arena + arena_used;
    if (settings.address_sanitizer) mark("unpoison", place, size);
    if (settings.fill) memset(place, poison, size);
    arena_used += size;
    allocations.push_back({place, size, name});
    return place;
}

void* Group::variable(int id, const char* name, size_t size, size_t alignment) {
    if ((size_t)id >= variables.size()) variables.resize(id + 1);
    if (!variables[id]) variables[id] = allocate(size, alignment, name);
    return variables[id];
}

void Group::abandon(const std::string& message) {
    launch->fail(message);
    void* nowhere;
    current = nullptr;
    softmetal_switch(&nowhere, main_stack);
    __builtin_unreachable();
}

void Group::prepare(triple p) {
    const Launch& l = *launch;
    auto extent = [](uint32_t grid, uint32_t size, uint32_t position) { return std::min(size, grid - position * size); };
    triple size{extent(l.grid.x, l.group_size.x, p.x), extent(l.grid.y, l.group_size.y, p.y), extent(l.grid.z, l.group_size.z, p.z)};
    count = (size_t)size.x * size.y * size.z;
    uint32_t groups = (uint32_t)(count + 31) / 32, full = (l.group_size.x * l.group_size.y * l.group_size.z + 31) / 32;
    linear = p.x + l.groups.x * (p.y + l.groups.y * p.z);
    finished = at_barrier = 0;
    device_barriers = threadgroup_barriers = 0;
    arena_used = static_used = 0;
    if (settings.address_sanitizer) {
        mark("poison", arena, arena_size);
        mark("unpoison", stack_memory, stack_memory_size);   // what an abandoned fiber left
    }
    allocations.clear();
    std::fill(variables.begin(), variables.end(), nullptr);
    for (int i = 0; i < buffer_slots; i++)
        threadgroup_memory[i] = l.threadgroup_lengths[i] ? allocate(l.threadgroup_lengths[i], 16, "threadgroup argument") : nullptr;
    static_used = arena_used;
    if (simdgroups.size() < groups) simdgroups.resize(groups);
    for (uint32_t i = 0; i < groups; i++) {
        auto& s = simdgroups[i];
        s.arrived = s.device_barriers = s.threadgroup_barriers = 0;
        s.table = 0;
        s.deferred.clear();
        s.members = (uint32_t)std::min<size_t>(32, count - i * 32);
    }
    threads.resize(count);
    woken.resize(count);
    ready.clear();
    ready_next = 0;
    uint32_t index = 0;
    for (uint32_t z = 0; z < size.z; z++) for (uint32_t y = 0; y < size.y; y++) for (uint32_t x = 0; x < size.x; x++, index++) {
        Thread& t = threads[index];
        t.stack = nullptr;
        t.wait = Wait::no;
        t.state = {{p.x * l.group_size.x + x, p.y * l.group_size.y + y, p.z * l.group_size.z + z}, {x, y, z}, p, l.groups, l.grid, size, l.group_size,
                   {0, 0, 0}, l.grid, index, index / 32, index % 32, groups, 32, 32, full, index % 4, index / 4, (uint32_t)(count + 3) / 4,
                   l.buffers, threadgroup_memory};
        woken[index] = &t;
    }
}

void Group::run(Launch& l, triple position) {
    launch = &l;
    running = this;
    prepare(position);
    Thread* first = pick();
    resume(first, &main_stack);
    running = nullptr;
    if (l.failed) reset_stacks();
    if (static_used > l.static_memory) l.static_memory = static_used;
}

}

using namespace softmetal;

extern "C" {

void softmetal_barrier(uint32_t flags, bool simd, const char* file, int line) {
    if (simd) running->exchange(nullptr, 0, nullptr, nullptr, {file, line, "simdgroup_barrier"}, flags);
    else running->barrier(flags, {file, line, "threadgroup_barrier"});
}

unsigned char* softmetal_exchange(const void* value, size_t size, void (*combine)(unsigned char*, uint32_t), uint32_t* mask,
                                  const char* what, const char* file, int line) {
    return running->exchange(value, size, combine, mask, {file, line, what}, 0);
}

uint32_t softmetal_lane() { return running->current->state.thread_index_in_simdgroup; }

void* softmetal_threadgroup_variable(int id, const char* name, size_t size, size_t alignment) { return running->variable(id, name, size, alignment); }

}

// Threadgroups over OS threads, and what happens when a shader touches memory that is not there.
#include "executor.hpp"
#include "compiler.hpp"
#include "device.hpp"
#include "diagnostics.hpp"
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <memory>
#include <numeric>
#include <thread>
#include <ucontext.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace softmetal {

namespace {

// Faults. The handler runs on its own stack, notes what happened, and sends the fiber to abandon its group.
thread_local char fault_text[256];
thread_local void* fault_instruction;
thread_local struct FaultStack {
    unsigned char memory[32768];
    bool installed = false;
} fault_stack;
struct sigaction old_segv, old_bus;

void leave_faulty_fiber() {
    std::string line = source_line((char*)fault_instruction + 1);
    running_group()->abandon(std::string(fault_text) + (line.empty() ? "" : " at " + line));
}

void on_fault(int number, siginfo_t* info, void* context) {
    Group* group = running_group();
    if (!group || !group->current) {
        struct sigaction& old = number == SIGSEGV ? old_segv : old_bus;
        if (old.sa_flags & SA_SIGINFO) { old.sa_sigaction(number, info, context); return; }
        if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) { old.sa_handler(number); return; }
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    auto* machine = &((ucontext_t*)context)->uc_mcontext;
    if (group->on_own_stack(info->si_addr)) snprintf(fault_text, sizeof fault_text, "stack overflow (SOFTMETAL_STACK_KB gives kernels more)");
    else if (!describe_guard_page(info->si_addr, fault_text, sizeof fault_text))
        snprintf(fault_text, sizeof fault_text, "access to address %p, which belongs to no buffer", info->si_addr);
    else memmove(fault_text + 15, fault_text, strlen(fault_text) + 1), memcpy(fault_text, "out of bounds: ", 15);
#if defined(__x86_64__)
    fault_instruction = (void*)machine->gregs[REG_RIP];
    machine->gregs[REG_RIP] = (greg_t)&leave_faulty_fiber;
    machine->gregs[REG_RSP] = (greg_t)(((uintptr_t)group->fault_stack() & ~15ul) - 8);
#elif defined(__aarch64__)
    fault_instruction = (void*)machine->pc;
    machine->pc = (uintptr_t)&leave_faulty_fiber;
    machine->sp = (uintptr_t)group->fault_stack() & ~15ul;
#endif
}

void install_fault_handler() {
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action = {};
        action.sa_sigaction = on_fault;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        sigaction(SIGSEGV, &action, &old_segv);
        sigaction(SIGBUS, &action, &old_bus);
    });
    if (fault_stack.installed) return;
    stack_t stack = {}, old = {};
    sigaltstack(nullptr, &old);
    if (old.ss_flags & SS_DISABLE) {
        stack.ss_sp = fault_stack.memory;
        stack.ss_size = sizeof fault_stack.memory;
        sigaltstack(&stack, nullptr);
    }
    fault_stack.installed = true;
}

void set_denormals() {
#if defined(__x86_64__)
    _mm_setcsr(settings.flush_denormals ? _mm_getcsr() | 0x8040 : _mm_getcsr() & ~0x8040u);
#elif defined(__aarch64__)
    uint64_t fpcr;
    asm volatile("mrs %0, fpcr" : "=r"(fpcr));
    fpcr = settings.flush_denormals ? fpcr | (1u << 24) : fpcr & ~(1ul << 24);
    asm volatile("msr fpcr, %0" ::"r"(fpcr));
#endif
}

struct Work {
    Launch* launch;
    size_t groups, stride, start;
    std::atomic<size_t> next{0};
};

void run_share(Work& work) {
    static thread_local std::unique_ptr<Group> group;
    static thread_local unsigned kilobytes = 0;
    unsigned wanted = settings.stack_kilobytes * (settings.check || settings.address_sanitizer ? 4 : 1);
    if (!group || kilobytes != wanted) { group = std::make_unique<Group>((size_t)wanted * 1024); kilobytes = wanted; }
    install_fault_handler();
    set_denormals();
    Launch& l = *work.launch;
    for (size_t i; !l.failed && (i = work.next++) < work.groups;) {
        size_t n = settings.order == Order::reverse ? work.groups - 1 - i : (work.start + i * work.stride) % work.groups;
        group->run(l, {(uint32_t)(n % l.groups.x), (uint32_t)(n / l.groups.x % l.groups.y), (uint32_t)(n / l.groups.x / l.groups.y)});
    }
}

// Helpers that live as long as the process; one dispatch at a time has them.
class Pool {
    std::mutex lock, turn;
    std::condition_variable start, end;
    Work* work = nullptr;
    unsigned helpers = 0, busy = 0, wanted = 0;
    uint64_t generation = 0;

    void help(unsigned number) {
        for (uint64_t seen = 0;;) {
            Work* mine;
            {
                std::unique_lock guard(lock);
                start.wait(guard, [&] { return generation != seen; });
                seen = generation;
                if (number >= wanted || !work) continue;
                mine = work;
                busy++;
            }
            run_share(*mine);
            std::lock_guard guard(lock);
            if (--busy == 0) end.notify_all();
        }
    }

public:
    void run(Work& w, unsigned threads) {
        std::lock_guard mine(turn);
        {
            std::lock_guard guard(lock);
            for (; helpers + 1 < threads; helpers++) std::thread(&Pool::help, this, helpers).detach();
            work = &w;
            wanted = threads - 1;
            generation++;
        }
        start.notify_all();
        run_share(w);
        std::unique_lock guard(lock);
        work = nullptr;
        end.wait(guard, [&] { return busy == 0; });
    }
};

Pool& pool() { static auto& p = *new Pool; return p; }

}

void Launch::fail(const std::string& message) {
    std::lock_guard guard(lock);
    if (failed) return;
    failed = true;
    error = message;
}

void run(Launch& launch) {
    Work work{&launch, (size_t)launch.groups.x * launch.groups.y * launch.groups.z, 1, 0};
    if (work.groups == 0) return;
    if (settings.order == Order::random) {
        static thread_local Shuffler random(settings.seed + 17);
        do work.stride = random() % work.groups + 1; while (std::gcd(work.stride, work.groups) != 1);
        work.start = random() % work.groups;
    }
    unsigned threads = settings.check ? 1 : settings.threads ? settings.threads : std::thread::hardware_concurrency();
    if (work.groups == 1 || threads < 2) run_share(work);
    else pool().run(work, (unsigned)std::min<size_t>(threads, work.groups));
}

}

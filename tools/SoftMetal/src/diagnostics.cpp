#include "diagnostics.hpp"
#include "mutants.hpp"
#include "objc.hpp"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <sstream>

namespace softmetal {

Settings settings;

namespace {

std::mutex& lock() { static auto& m = *new std::mutex; return m; }
std::deque<std::string>& messages() { static auto& q = *new std::deque<std::string>; return q; }
struct Fault { long count; bool stays; };
std::map<std::string, Fault>& faults() { static auto& f = *new std::map<std::string, Fault>; return f; }
constexpr size_t most_messages = 1000;

// Faults that stay until cleared; the others strike at the Nth occasion, once, or from then on.
bool lasting(const std::string& name) { return name == "nil-device" || name == "no-simdgroup-matrix"; }

const char* const fault_names[] = {"nil-device", "alloc", "compile", "pipeline", "commandbuffer", "dispatch", "queue", "no-simdgroup-matrix"};

const struct { const char *variable, *option; } variables[] = {
    {"SOFTMETAL_ORDER", "order"}, {"SOFTMETAL_CONCURRENT", "concurrent"}, {"SOFTMETAL_THREADS", "threads"},
    {"SOFTMETAL_STACK_KB", "stack"}, {"SOFTMETAL_DELAY_US", "delay"}, {"SOFTMETAL_GUARD", "guard"}, {"SOFTMETAL_FILL", "fill"},
    {"SOFTMETAL_CHECK", "check"}, {"SOFTMETAL_ASAN", "asan"}, {"SOFTMETAL_PARTIAL_SIMD", "partial-simd"},
    {"SOFTMETAL_FTZ", "ftz"}, {"SOFTMETAL_QUIET", "quiet"}, {"SOFTMETAL_ABORT", "abort"},
    {"SOFTMETAL_EDITS", "edits"}, {"SOFTMETAL_MUTANT", "mutant"},
};

bool parse_order(const std::string& value, Order& order, uint64_t& seed) {
    if (value == "forward") order = Order::forward;
    else if (value == "reverse") order = Order::reverse;
    else if (value.rfind("random", 0) == 0) {
        order = Order::random;
        if (value.size() > 7 && value[6] == ':') seed = strtoull(value.c_str() + 7, nullptr, 10);
    }
    else return false;
    return true;
}

}

void report(const std::string& message) {
    {
        std::lock_guard guard(lock());
        if (messages().size() < most_messages) messages().push_back(message);
    }
    if (!settings.quiet) fprintf(stderr, "SoftMetal: %s\n", message.c_str());
    if (settings.abort) std::abort();
}

bool Settings::set(const std::string& name, const std::string& value) {
    bool on = !value.empty() && value != "0";
    auto number = [&](unsigned& place) { char* end; place = strtoul(value.c_str(), &end, 10); return *end == 0 && !value.empty(); };
    if (name == "order") return parse_order(value, order, seed);
    if (name == "concurrent") return parse_order(value, concurrent, seed);
    if (name == "threads") return number(threads);
    if (name == "stack") return number(stack_kilobytes);
    if (name == "delay") return number(delay_microseconds);
    if (name == "guard") { guard = on; guard_before = value == "before"; return true; }
    if (name == "edits") return read_edits(value);
    if (name == "mutant") { unsigned chosen; bool right = number(chosen); if (right) select_mutant((int)chosen); return right; }
    bool* flag = name == "fill" ? &fill : name == "check" ? &check : name == "asan" ? &address_sanitizer
               : name == "partial-simd" ? &partial_simd : name == "ftz" ? &flush_denormals : name == "quiet" ? &quiet
               : name == "abort" ? &abort : nullptr;
    if (flag) *flag = on;
    return flag != nullptr;
}

bool set_fault(const std::string& fault) {
    std::lock_guard guard(lock());
    if (fault.empty()) { faults().clear(); return true; }
    auto colon = fault.find(':');
    std::string name = fault.substr(0, colon);
    bool known = false;
    for (const char* f : fault_names) known |= name == f;
    if (!known) return false;
    char* end = nullptr;
    long count = colon == std::string::npos ? 1 : strtol(fault.c_str() + colon + 1, &end, 10);
    bool stays = end && *end == '+';
    if (count < 1 || (end && end[stays] != 0)) return false;
    faults()[name] = {count, stays};
    return true;
}

bool fault_strikes(const char* name) {
    std::lock_guard guard(lock());
    auto found = faults().find(name);
    if (found == faults().end()) return false;
    if (lasting(name)) return true;
    if (found->second.count > 1) { found->second.count--; return false; }
    if (!found->second.stays) faults().erase(found);
    return true;
}

namespace {

bool report_leaks = false;

__attribute__((constructor)) void load() {
    for (auto& v : variables)
        if (const char* value = getenv(v.variable); value && !settings.set(v.option, value))
            fprintf(stderr, "SoftMetal: %s=%s is not understood\n", v.variable, value);
    if (const char* list = getenv("SOFTMETAL_FAULTS")) {
        std::stringstream items(list);
        for (std::string item; std::getline(items, item, ',');)
            if (!set_fault(item)) fprintf(stderr, "SoftMetal: SOFTMETAL_FAULTS has no fault \"%s\"\n", item.c_str());
    }
    const char* leaks = getenv("SOFTMETAL_LEAKS");
    report_leaks = leaks && strcmp(leaks, "0") != 0;
    define_foundation_classes();
    define_device_classes();
    define_library_classes();
    define_command_classes();
}

__attribute__((destructor)) void unload() {
    if (!report_leaks) return;
    long total = 0;
    std::string text = live_objects_report(&total);
    fprintf(stderr, "SoftMetal: %ld objects alive at exit\n%s", total, text.c_str());
}

// Copies with a terminating zero, as much as fits; returns the whole length.
long copy_text(const std::string& text, char* buffer, size_t size) {
    if (size) {
        size_t n = std::min(size - 1, text.size());
        memcpy(buffer, text.data(), n);
        buffer[n] = 0;
    }
    return (long)text.size();
}

}

}

using namespace softmetal;

// The hooks for tests. Apple's framework has none of them.
extern "C" {

// Takes the oldest recorded message; returns its length, or 0 when there is none.
long softmetal_take_error(char* buffer, size_t size) {
    std::lock_guard guard(lock());
    if (messages().empty()) { if (size) *buffer = 0; return 0; }
    std::string text = messages().front();
    messages().pop_front();
    return copy_text(text, buffer, size);
}

// The number of objects alive, and a list of them by class.
long softmetal_live_objects(char* buffer, size_t size) {
    long total = 0;
    copy_text(live_objects_report(&total), buffer, size);
    return total;
}

int softmetal_set_fault(const char* fault) { return set_fault(fault ? fault : ""); }
int softmetal_set_option(const char* name, const char* value) { return settings.set(name, value); }

}

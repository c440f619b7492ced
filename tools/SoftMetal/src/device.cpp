#include "device.hpp"
#include "diagnostics.hpp"
#include <cstring>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

namespace softmetal {

namespace {

constexpr unsigned long max_buffer_length = 1ul << 33;
constexpr unsigned char poison = 0xFF;              // NaN in every floating type, -1 in every integer

std::mutex& buffers_lock() { static auto& m = *new std::mutex; return m; }
std::map<const unsigned char*, Buffer*>& buffers() { static auto& b = *new std::map<const unsigned char*, Buffer*>; return b; }

// Guard pages in a table that a signal handler can read.
struct Guard { std::atomic<const unsigned char*> page; std::atomic<const unsigned char*> contents; unsigned long length; };
constexpr size_t most_guards = 1 << 16;
Guard guards[most_guards];

size_t page_size() { static const size_t size = sysconf(_SC_PAGESIZE); return size; }
size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

Buffer* new_buffer(Device* self, unsigned long length, unsigned long options) {
    if (length == 0) { report("-[MTLDevice newBufferWithLength:options:]: Cannot create buffer of zero length."); return nullptr; }
    if (length > max_buffer_length) {
        report("-[MTLDevice newBufferWithLength:options:]: length " + std::to_string(length) + " exceeds maxBufferLength " + std::to_string(max_buffer_length));
        return nullptr;
    }
    if ((options >> 4 & 0xf) == 2) report("-[MTLDevice newBufferWithLength:options:]: SoftMetal has shared storage; private buffers must not be read through contents");
    if (fault_strikes("alloc")) return nullptr;
    auto* buffer = new Buffer(length);
    if (!buffer->contents) { release(buffer); return nullptr; }
    self->allocated += length;
    return buffer;
}

bool supports_family(Device*, SEL, long family) {
    bool matrices = !fault_strikes("no-simdgroup-matrix");
    if (family >= 1001 && family <= 1009) return family <= (matrices ? 1008 : 1005);   // MTLGPUFamilyApple1 = 1001
    return family == 3001 || family == 3002 || family == 3003 || family == 2002 || (family == 5001 && matrices);   // Common, Mac2, Metal3
}

Object* new_compute_pipeline(Device*, Function* function, unsigned long max_threads, Object** error) {
    const char* const domain = "AGXMetalSoft";
    if (error) *error = nullptr;
    if (!function) { report("-[MTLDevice newComputePipelineStateWithFunction:error:]: computeFunction must not be nil."); return nullptr; }
    if (fault_strikes("pipeline")) { give_error(error, domain, 3, "Compiler encountered an internal error"); return nullptr; }
    if (!function->entry->constants.empty() && !function->specialised) {
        give_error(error, domain, 3, "Function " + function->entry->host_name + " must be specialized using newFunctionWithName:constantValues:error: before being used in a pipeline state");
        return nullptr;
    }
    if (function->entry->matrices && fault_strikes("no-simdgroup-matrix")) {
        give_error(error, domain, 3, "Compilation failed: function " + function->entry->host_name + " uses simdgroup_matrix, which this device does not support");
        return nullptr;
    }
    std::string reason;
    auto code = load_library(function->library->compiled.library_path, function->constants, reason);
    if (!code) { give_error(error, domain, 3, "SoftMetal cannot load the compiled shader: " + reason); return nullptr; }
    size_t memory = code->named(function->entry->host_name)->static_memory;
    if (memory > threadgroup_memory_limit) {
        give_error(error, domain, 3, "Threadgroup memory size (" + std::to_string(memory) + ") exceeds the maximum threadgroup memory allowed (" + std::to_string(threadgroup_memory_limit) + ")");
        return nullptr;
    }
    auto* pipeline = new Pipeline;
    pipeline->static_memory = memory;
    pipeline->code = code;
    pipeline->kernel = code->named(function->entry->host_name);
    pipeline->function_name = function->entry->host_name;
    if (pipeline->kernel->max_threads > 0) pipeline->max_threads = std::min(most_threads, (unsigned long)pipeline->kernel->max_threads);
    if (max_threads) pipeline->max_threads = std::min(pipeline->max_threads, max_threads);
    return pipeline;
}

}

Device::Device() : Object(class_named("MTLDevice")) { label = "SoftMetal"; }

Device* the_device() { static auto& device = *new Device; return &device; }

Buffer::Buffer(unsigned long length) : Object(class_named("MTLBuffer")), length(length) {
    size_t page = page_size();
    if (settings.guard) {
        size_t whole = round_up(length, page) + page;
        void* m = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (m == MAP_FAILED) return;
        mapping = m;
        mapping_size = whole;
        auto* base = (unsigned char*)m;
        unsigned char* guard = settings.guard_before ? base : base + whole - page;
        mprotect(guard, page, PROT_NONE);
        // The end of the buffer meets the guard page, but for what 16-byte alignment leaves.
        contents = settings.guard_before ? base + page : guard - round_up(length, 16);
        for (size_t i = 0; i < most_guards; i++) {
            const unsigned char* none = nullptr;
            if (!guards[i].page.compare_exchange_strong(none, guard)) continue;
            guards[i].contents = contents;
            guards[i].length = length;
            break;
        }
    }
    // The exact length, so that AddressSanitizer sees its end.
    else if (void* memory; posix_memalign(&memory, 4096, length) == 0) contents = (unsigned char*)memory;
    if (!contents) return;
    memset(contents, settings.fill ? poison : 0, length);
    std::lock_guard guard(buffers_lock());
    buffers()[contents] = this;
}

void Buffer::destroy() {
    {
        std::lock_guard guard(buffers_lock());
        buffers().erase(contents);
    }
    if (!contents) return;
    the_device()->allocated -= length;
    if (mapping) {
        for (auto& g : guards) if (g.contents == contents) { g.contents = nullptr; g.page = nullptr; break; }
        munmap(mapping, mapping_size);
    }
    else {
        memset(contents, poison, std::min(length, 4096ul));   // a late reader sees NaN
        free(contents);
    }
    contents = nullptr;
}

bool describe_guard_page(const void* address, char* text, size_t size) {
    auto* a = (const unsigned char*)address;
    size_t page = page_size();
    for (auto& g : guards) {
        const unsigned char* p = g.page;
        if (!p || a < p || a >= p + page) continue;
        snprintf(text, size, "access at byte %ld of a buffer of %lu bytes", (long)(a - g.contents.load()), g.length);
        return true;
    }
    return false;
}

bool inside_a_buffer(const void* address, size_t size, std::string* nearest) {
    auto* a = (const unsigned char*)address;
    std::lock_guard guard(buffers_lock());
    auto after = buffers().upper_bound(a);
    if (after == buffers().begin()) return false;
    Buffer* b = std::prev(after)->second;
    if (a + size <= b->contents + b->length) return true;
    if (a < b->contents + b->length + 65536 && nearest)
        *nearest = "byte " + std::to_string(a - b->contents) + " of buffer \"" + b->label + "\" of " + std::to_string(b->length) + " bytes";
    return false;
}

void define_device_classes() {
    define_class("MTLDevice")
        ->method("name", +[](Device*, SEL) { return string_result("SoftMetal"); })
        .method("registryID", +[](Device*, SEL) -> uint64_t { return 0x50F7; })
        .method("newCommandQueue", new_command_queue)
        .method("newCommandQueueWithMaxCommandBufferCount:", +[](Device* self, SEL name, unsigned long) { return new_command_queue(self, name); })
        .method("newBufferWithLength:options:", +[](Device* self, SEL, unsigned long length, unsigned long options) { return new_buffer(self, length, options); })
        .method("newBufferWithBytes:length:options:", +[](Device* self, SEL, const void* bytes, unsigned long length, unsigned long options) {
            Buffer* b = new_buffer(self, length, options);
            if (b) memcpy(b->contents, bytes, length);
            return b;
        })
        .method("newComputePipelineStateWithFunction:error:", +[](Device* self, SEL, Function* function, Object** error) {
            return new_compute_pipeline(self, function, 0, error);
        })
        .method("newComputePipelineStateWithDescriptor:options:reflection:error:",
                +[](Device* self, SEL, PipelineDescriptor* d, unsigned long, Object** reflection, Object** error) {
            if (reflection) *reflection = nullptr;
            Object* pipeline = new_compute_pipeline(self, d->function.get(), d->max_threads, error);
            if (pipeline) pipeline->label = d->label;
            return pipeline;
        })
        .method("maxThreadsPerThreadgroup", +[](Device*, SEL) { return Size{most_threads, most_threads, most_threads}; })
        .method("maxThreadgroupMemoryLength", +[](Device*, SEL) { return threadgroup_memory_limit; })
        .method("maxBufferLength", +[](Device*, SEL) { return max_buffer_length; })
        .method("recommendedMaxWorkingSetSize", +[](Device*, SEL) -> uint64_t {
            return (uint64_t)sysconf(_SC_PHYS_PAGES) * page_size() * 3 / 4;
        })
        .method("hasUnifiedMemory", +[](Device*, SEL) { return true; })
        .method("isLowPower", +[](Device*, SEL) { return false; })
        .method("isHeadless", +[](Device*, SEL) { return true; })
        .method("isRemovable", +[](Device*, SEL) { return false; })
        .method("supportsFamily:", supports_family)
        .method("currentAllocatedSize", +[](Device* self, SEL) { return self->allocated.load(); });

    define_class("MTLBuffer")
        ->method("contents", +[](Buffer* self, SEL) { return (void*)self->contents; })
        .method("length", +[](Buffer* self, SEL) { return self->length; })
        .method("device", +[](Buffer*, SEL) -> Object* { return the_device(); })
        .method("storageMode", +[](Buffer*, SEL) -> unsigned long { return 0; })
        .method("allocatedSize", +[](Buffer* self, SEL) { return self->length; })
        .method("gpuAddress", +[](Buffer* self, SEL) { return (uint64_t)self->contents; });
}

}

using namespace softmetal;

extern "C" {

Object* MTLCreateSystemDefaultDevice() { return fault_strikes("nil-device") ? nullptr : retain(the_device()); }

Object* MTLCopyAllDevices() {
    if (fault_strikes("nil-device")) return new Array({});
    return new Array({retain(the_device())});
}

}

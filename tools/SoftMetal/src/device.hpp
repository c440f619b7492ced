// MTLDevice, MTLBuffer, and the library classes' objects.
#pragma once
#include "compiler.hpp"
#include "foundation.hpp"

namespace softmetal {

struct Size { unsigned long width, height, depth; };   // MTLSize: by value in every ABI, as NSUInteger[3]
struct Range { unsigned long location, length; };      // NSRange

constexpr unsigned long most_threads = 1024, threadgroup_memory_limit = 32768, simd_width = 32, buffer_limit = 31;

struct Device : Object {
    Device();
    std::atomic<unsigned long> allocated{0};
};
Device* the_device();

struct Buffer : Object {
    unsigned char* contents = nullptr;
    unsigned long length;
    void* mapping = nullptr;                        // with guard pages
    size_t mapping_size = 0;
    explicit Buffer(unsigned long length);
    void destroy() override;
};
// The buffer whose guard page holds this address, as text; empty when there is none. Takes no lock: for a signal handler.
bool describe_guard_page(const void* address, char* text, size_t size);
// Whether [address, address + size) lies in one living buffer; gives the buffer nearest to it.
bool inside_a_buffer(const void* address, size_t size, std::string* nearest);

struct CompileOptions : Object {
    CompileRequest request;
    CompileOptions();
};

struct FunctionConstantValues : Object {
    ConstantValues values;
    FunctionConstantValues();
};

struct Library : Object {
    Compiled compiled;
    Library(Compiled compiled);
};

struct Function : Object {
    Ref<Library> library;
    const Entry* entry;
    std::map<int, std::string> constants;           // resolved to indices
    bool specialised = false;
    Function(Library* library, const Entry* entry);
    void destroy() override { library = {}; }
};

struct PipelineDescriptor : Object {
    Ref<Function> function;
    unsigned long max_threads = 0;
    PipelineDescriptor();
    void destroy() override { function = {}; }
};

struct Pipeline : Object {
    std::shared_ptr<Loaded> code;
    kernel_entry* kernel = nullptr;
    std::string function_name;
    unsigned long max_threads = most_threads;
    std::atomic<unsigned long> static_memory{0};    // of unusual kernels, known after the first dispatch
    Pipeline();
    void destroy() override { code = {}; }
};

Object* new_command_queue(Device* device, SEL);

}

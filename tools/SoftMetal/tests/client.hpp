// A client of the Objective-C surface, as a binding would be one: everything through objc_msgSend.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

using id = void*;
using SEL = const void*;
struct MTLSize { unsigned long width, height, depth; };

extern "C" {
id objc_getClass(const char*);
SEL sel_registerName(const char*);
void objc_msgSend();
void objc_msgSend_stret();
id objc_retain(id);
void objc_release(id);
void* objc_autoreleasePoolPush();
void objc_autoreleasePoolPop(void*);
id MTLCreateSystemDefaultDevice();
id MTLCopyAllDevices();
long softmetal_take_error(char*, size_t);
long softmetal_live_objects(char*, size_t);
int softmetal_set_fault(const char*);
int softmetal_set_option(const char*, const char*);
void softmetal_take_reached(unsigned char*, int);
}

template<class R = id, class... A> R send(id object, const char* selector, A... arguments) {
    return reinterpret_cast<R (*)(id, SEL, A...)>(&objc_msgSend)(object, sel_registerName(selector), arguments...);
}

// Structures of more than 16 bytes come back through memory: on x86-64 that is another entry.
template<class R> R send_structure(id object, const char* selector) {
#if defined(__x86_64__)
    return reinterpret_cast<R (*)(id, SEL)>(&objc_msgSend_stret)(object, sel_registerName(selector));
#else
    return reinterpret_cast<R (*)(id, SEL)>(&objc_msgSend)(object, sel_registerName(selector));
#endif
}

struct AutoreleasePool {
    void* token = objc_autoreleasePoolPush();
    ~AutoreleasePool() { objc_autoreleasePoolPop(token); }
};

inline id string(const std::string& text) { return send(objc_getClass("NSString"), "stringWithUTF8String:", text.c_str()); }
inline std::string text_of(id s) { return s ? send<const char*>(s, "UTF8String") : ""; }
inline std::string describe_error(id error) { return error ? text_of(send(error, "localizedDescription")) : ""; }

// An owned object.
class Owned {
    id object = nullptr;
public:
    Owned() = default;
    explicit Owned(id o) : object(o) {}
    Owned(Owned&& o) noexcept : object(o.object) { o.object = nullptr; }
    Owned& operator=(Owned&& o) noexcept { std::swap(object, o.object); return *this; }
    ~Owned() { if (object) objc_release(object); }
    operator id() const { return object; }
};

struct Gpu {
    Owned device{MTLCreateSystemDefaultDevice()};
    Owned queue{send(device, "newCommandQueue")};

    Owned library(const std::string& source, std::string* error = nullptr, bool fast = false) const {
        Owned options(send(send(objc_getClass("MTLCompileOptions"), "alloc"), "init"));
        send<void>(options, "setFastMathEnabled:", fast);
        id problem = nullptr;
        Owned made(send(device, "newLibraryWithSource:options:error:", string(source), (id)options, &problem));
        if (error) *error = describe_error(problem);
        else if (!made) fprintf(stderr, "%s\n", describe_error(problem).c_str());
        return made;
    }
    Owned pipeline(const std::string& source, const char* name, id constants = nullptr, std::string* error = nullptr) const {
        Owned lib = library(source, error);
        if (!lib) return {};
        id problem = nullptr;
        Owned function(constants ? send(lib, "newFunctionWithName:constantValues:error:", string(name), constants, &problem)
                                 : send(lib, "newFunctionWithName:", string(name)));
        if (error) *error = describe_error(problem);
        if (!function) return {};
        Owned made(send(device, "newComputePipelineStateWithFunction:error:", (id)function, &problem));
        if (error) *error = describe_error(problem);
        else if (!made) fprintf(stderr, "%s\n", describe_error(problem).c_str());
        return made;
    }
    template<class T> Owned buffer(const std::vector<T>& v) const {
        return Owned(send(device, "newBufferWithBytes:length:options:", (const void*)v.data(), (unsigned long)(v.size() * sizeof(T)), 0ul));
    }
    Owned buffer(size_t bytes) const { return Owned(send(device, "newBufferWithLength:options:", (unsigned long)bytes, 0ul)); }
    template<class T> static T* contents(id buffer) { return send<T*>(buffer, "contents"); }

    // Encodes with f, commits, waits; returns the error's text or "".
    std::string run(const std::function<void(id encoder)>& f, bool concurrent = false) const {
        AutoreleasePool pool;
        id command = send(queue, "commandBuffer");
        id encoder = send(command, "computeCommandEncoderWithDispatchType:", (unsigned long)concurrent);
        f(encoder);
        send<void>(encoder, "endEncoding");
        send<void>(command, "commit");
        send<void>(command, "waitUntilCompleted");
        return describe_error(send(command, "error"));
    }
    // One dispatch of groups × threads with these buffers at 0, 1, …
    std::string dispatch(id pipeline, const std::vector<id>& buffers, MTLSize groups, MTLSize threads) const {
        return run([&](id e) {
            send<void>(e, "setComputePipelineState:", pipeline);
            for (size_t i = 0; i < buffers.size(); i++) send<void>(e, "setBuffer:offset:atIndex:", buffers[i], 0ul, (unsigned long)i);
            send<void>(e, "dispatchThreadgroups:threadsPerThreadgroup:", groups, threads);
        });
    }
};

inline std::string take_error() {
    char text[4096];
    return softmetal_take_error(text, sizeof text) > 0 ? text : "";
}
inline std::string take_errors() {
    std::string all;
    for (std::string one; !(one = take_error()).empty();) all += one + "\n";
    return all;
}

// Tests register themselves; main runs those whose name contains the argument.
struct Test { const char* name; void (*body)(); };
inline std::vector<Test>& tests() { static std::vector<Test> t; return t; }
inline int failures = 0;
#define TEST(name) static void name(); static bool registered_##name = (tests().push_back({#name, name}), true); static void name()
inline int shown = 0;
template<class... A> void failed(const char* file, int line, const char* format, A... arguments) {
    failures++;
    if (++shown > 6) return;                        // of one test
    printf("  %s:%d: ", file, line);
    printf(format, arguments...);
    printf("\n");
}
#define CHECK(condition) do { if (!(condition)) failed(__FILE__, __LINE__, "%s", #condition); } while (0)
#define CHECK_CONTAINS(text, part) do { std::string t_ = (text); if (t_.find(part) == std::string::npos) \
    failed(__FILE__, __LINE__, "\"%s\" does not contain \"%s\"", t_.c_str(), part); } while (0)
#define CHECK_EMPTY(text) do { std::string t_ = (text); if (!t_.empty()) failed(__FILE__, __LINE__, "unexpected: %s", t_.c_str()); } while (0)

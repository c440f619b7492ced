// From preprocessed MSL to C++ that includes <softmetal/metal.hpp>.
#pragma once
#include "lexer.hpp"
#include <map>
#include <set>
#include <stdexcept>

namespace softmetal {

// One attributed parameter of a kernel.
struct KernelParameter {
    std::string name, attribute;                    // attribute: "buffer", "threadgroup", or the name of a builtin
    int index = -1;                                 // of a buffer or threadgroup parameter
    bool reference = false;
    std::string enabled_by;                         // [[function_constant(name)]], or empty
};

struct KernelSource {
    std::string name;
    bool is_template = false;
    int max_threads = 0;                            // [[max_total_threads_per_threadgroup(n)]]; 0 when absent
    std::vector<KernelParameter> parameters;
    std::string place;
    bool storage_known = false;                     // softmetal_storage_NAME gives the bytes of its threadgroup variables
};

// What a library offers: one per kernel that is no template and per host_name instantiation.
struct Entry {
    std::string host_name, callee;                  // callee: "f" or "f<float, 4>"
    std::string kernel;
    std::string place;
    std::set<std::string> constants;                // the function constants it can reach
    bool matrices = false;                          // whether it can reach a simdgroup_matrix
};

struct FunctionConstant { std::string name, type; int index; bool optional = false; };   // optional: the shader asks whether it is defined

struct Translation {
    std::string code;
    std::vector<Entry> entries;
    std::vector<FunctionConstant> constants;
};

// A mistake in the source, "program_source:12: what".
struct SourceError : std::runtime_error { using runtime_error::runtime_error; };

// Throws SourceError.
Translation translate(const std::string& preprocessed);

// The stages, in the order in which translate runs them (rewriter.cpp: declarations; dialect.cpp: within lines).
struct Rewriter {
    Tokens tokens;
    std::map<std::string, KernelSource> kernels;
    std::vector<FunctionConstant> constants;
    std::vector<Entry> entries;
    std::map<std::string, std::set<std::string>> mentions;   // identifiers in each named declaration
    int threadgroup_variables = 0;

    void declarations(size_t begin, size_t end);    // kernels, instantiations, function constants
    void attributes();                              // those outside of kernels and instantiations
    void qualifiers();                              // device, thread, threadgroup, constant
    void literals();                                // 1.0 is a float, 1.0h a half
    void swizzles();
    void range_designators();
    void drop_repeated_members();                   // overloads that differed in address space alone
    std::string wrappers();
private:
    void declaration(size_t begin, size_t end);
    void kernel(size_t begin, size_t name, size_t open, size_t body);
    void instantiation(size_t begin, size_t end);
    void function_constant(size_t begin, size_t end, size_t attribute);
    void threadgroup_storage(size_t keyword, size_t end, bool in_kernel);
    size_t top_of_body(size_t body, size_t end, std::string& constants_text) const;
    std::string storage_sizes;                      // of the kernel being read: + sizeof(float [32]) …
    KernelParameter parameter(size_t begin, size_t end);
    [[noreturn]] void fail(size_t token, const std::string& what) const;
};

}

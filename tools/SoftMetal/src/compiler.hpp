// MSL source → a shared library on disk, cached by content.
#pragma once
#include "rewriter.hpp"
#include "../include/softmetal/runtime.hpp"
#include <memory>

namespace softmetal {

struct CompileRequest {
    std::string source;
    std::vector<std::pair<std::string, std::string>> macros;
    bool fast_math = true;                          // Metal's own default
    long language_version = 0;                      // 0: the newest
};

struct Compiled {
    Translation translation;
    std::string library_path, diagnostics;          // diagnostics: warnings, or the errors when library_path is empty
};

Compiled compile(const CompileRequest& request);

// A loaded copy of a compiled library. Function constants are read while it loads, so each set of values has its own copy.
struct ConstantValues {
    std::map<int, std::pair<unsigned long, std::string>> by_index;           // MTLDataType and bytes
    std::map<std::string, std::pair<unsigned long, std::string>> by_name;
};
struct Loaded {
    void* handle = nullptr;
    std::vector<kernel_entry*> kernels;
    ~Loaded();
    kernel_entry* named(const std::string& name) const;
};
std::shared_ptr<Loaded> load_library(const std::string& path, const std::map<int, std::string>& constants, std::string& error);

// "file:line" of an address in a loaded shader, by addr2line; empty when unknown.
std::string source_line(const void* address);

}

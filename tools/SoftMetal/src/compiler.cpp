#include "compiler.hpp"
#include "diagnostics.hpp"
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <sys/file.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace softmetal {

namespace fs = std::filesystem;

namespace {

// libSoftMetal.so lies in bin/, the headers in include/ beside it.
std::string own_path() {
    Dl_info info;
    return dladdr((void*)&compile, &info) ? fs::absolute(info.dli_fname).string() : "";
}

std::string include_directory() {
    if (const char* set = getenv("SOFTMETAL_INCLUDE")) return set;
    return (fs::path(own_path()).parent_path().parent_path() / "include").string();
}

std::string cache_directory() {
    std::string path;
    if (const char* set = getenv("SOFTMETAL_CACHE")) path = set;
    else path = (fs::path(own_path()).parent_path() / "cache").string();   // of this clone: bin/cache
    fs::create_directories(path);
    return path;
}

std::string read_text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

// Written under another name first, so that a process that looks meanwhile sees all or nothing.
void write_text(const std::string& path, const std::string& text) {
    std::string temporary = path + "." + std::to_string(getpid());
    std::ofstream(temporary, std::ios::binary) << text;
    fs::rename(temporary, path);
}

std::string hash(const std::string& text) {         // 128 bits of FNV-1a
    unsigned __int128 h = ((unsigned __int128)0x6c62272e07bb0142 << 64) | 0x62b821756295c58d;
    const unsigned __int128 prime = ((unsigned __int128)1 << 88) | 0x13b;
    for (unsigned char c : text) { h ^= c; h *= prime; }
    char digits[33];
    snprintf(digits, sizeof digits, "%016llx%016llx", (unsigned long long)(h >> 64), (unsigned long long)h);
    return digits;
}

// Runs a program with both outputs into a file; returns its exit status, -1 if it could not be started.
int execute(const std::vector<std::string>& command, const std::string& out, const std::string& err) {
    std::vector<char*> arguments;
    for (auto& a : command) arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);
    // The compiler must not inherit a preloaded sanitizer.
    std::vector<char*> variables;
    for (char** v = environ; *v; v++) if (strncmp(*v, "LD_PRELOAD=", 11) != 0) variables.push_back(*v);
    variables.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&files, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    pid_t child;
    int failed = posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), variables.data());
    posix_spawn_file_actions_destroy(&files);
    if (failed) return -1;
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Held by one process, and by one thread in it: the others wait.
class OneAtATime {
    int file;
public:
    explicit OneAtATime(const std::string& path) : file(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
        while (file >= 0 && flock(file, LOCK_EX) != 0 && errno == EINTR) {}
    }
    ~OneAtATime() { if (file >= 0) close(file); }
};

std::string compiler_program() {
    static const std::string chosen = [] {
        if (const char* set = getenv("SOFTMETAL_CXX")) return std::string(set);
        for (const char* name : {"g++", "clang++", "c++"})
            if (execute({name, "--version"}, "/dev/null", "/dev/null") == 0) return std::string(name);
        return std::string();
    }();
    return chosen;
}

// The compiler, the headers and the processor shape the code too.
std::string environment_key() {
    static const std::string key = [] {
        std::string text = compiler_program();
        for (auto& f : fs::recursive_directory_iterator(include_directory()))
            if (f.is_regular_file()) text += "|" + hash(read_text(f.path()));
        std::ifstream cpu("/proc/cpuinfo");
        for (std::string line; std::getline(cpu, line);) if (line.rfind("flags", 0) == 0 || line.rfind("Features", 0) == 0) { text += line; break; }
        return hash(text);
    }();
    return key;
}

std::string count_errors(const std::string& diagnostics) {
    size_t count = 0;
    for (size_t at = diagnostics.find("error:"); at != std::string::npos; at = diagnostics.find("error:", at + 1)) count++;
    return diagnostics + std::to_string(count) + (count == 1 ? " error generated.\n" : " errors generated.\n");
}

thread_local const std::map<int, std::string>* loading_constants = nullptr;

}

Compiled compile(const CompileRequest& request) {
    Compiled result;
    if (compiler_program().empty()) {
        result.diagnostics = "SoftMetal needs g++ or clang++ to compile shaders, and found neither (SOFTMETAL_CXX names another).";
        return result;
    }
    std::string mode = std::string(request.fast_math ? "fast" : "safe") + (settings.check ? "-check" : "") + (settings.address_sanitizer ? "-asan" : "");
    std::string key = mode + environment_key() + std::to_string(request.language_version) + "\n";
    for (auto& [name, value] : request.macros) key += name + "=" + value + "\n";
    std::string base = cache_directory() + "/" + hash(key + request.source);
    std::string unique = base + "." + std::to_string(getpid()) + "-" + std::to_string(std::hash<std::thread::id>()(std::this_thread::get_id()));

    // Preprocess. The .metal file's own lines are kept through markers.
    std::string preprocessed_path = base + ".i", errors_path = unique + ".err";
    if (!fs::exists(preprocessed_path)) {
        std::string input = unique + ".metal", output = unique + ".i";
        write_text(input, "# 1 \"program_source\"\n" + request.source);
        std::vector<std::string> command = {compiler_program(), "-E", "-x", "c++", "-std=gnu++20", "-undef", "-nostdinc", "-w",
            "-I", include_directory() + "/msl", "-D__METAL__=1", "-D__HAVE_BFLOAT__=1", "-D__APPLE__=1",
            "-D__METAL_VERSION__=" + std::to_string(request.language_version ? (request.language_version >> 16) * 100 + (request.language_version & 0xff) * 10 : 320)};
        for (auto& [name, value] : request.macros) command.push_back("-D" + name + "=" + value);
        command.push_back(input);
        int status = execute(command, output, errors_path);
        result.diagnostics = read_text(errors_path);
        fs::remove(input);
        fs::remove(errors_path);
        if (status != 0) { fs::remove(output); result.diagnostics = count_errors(result.diagnostics); return result; }
        // What precedes the shader's first line names temporary files, and must not enter the key of its code.
        std::string text = read_text(output);
        size_t first = text.find("# 1 \"program_source\"");
        write_text(preprocessed_path, first == std::string::npos ? text : text.substr(first));
        fs::remove(output);
    }
    try { result.translation = translate(read_text(preprocessed_path)); }
    catch (const SourceError& e) { result.diagnostics = count_errors(std::string(e.what()) + "\n"); return result; }

    // The library's key is the translated code, so that a change of the translator is a change of the key.
    std::string coded = cache_directory() + "/" + hash(mode + environment_key() + result.translation.code);
    std::string library = coded + ".so", code = coded + ".cpp";
    if (!fs::exists(library)) {
        OneAtATime turn(coded + ".lock");           // processes side by side want the same shaders first
        if (fs::exists(library)) { result.library_path = library; return result; }
        write_text(code, result.translation.code);
        std::string object = unique + ".o", output = unique + ".so";
        std::vector<std::string> command = {compiler_program(), "-c", "-std=gnu++20", "-O2", "-g1", "-fPIC", "-w", "-fvisibility=hidden",
            "-fno-strict-aliasing", "-fno-math-errno", "-ffp-contract=off", "-march=native", "-fno-exceptions", "-fno-rtti",
            "-fno-stack-protector", "-fno-threadsafe-statics", "-I", include_directory(), "-o", object, code};
        if (compiler_program().find("clang") == std::string::npos) command.push_back("-fexcess-precision=16");   // half rounds after each operation
        if (request.fast_math) command.insert(command.begin() + 1, "-ffast-math");
        if (settings.check) { command.insert(command.begin() + 1, "-fsanitize=thread"); command.push_back("-g"); }
        if (settings.address_sanitizer) command.insert(command.begin() + 1, "-fsanitize=address");
        int status = execute(command, "/dev/null", errors_path);
        if (status == 0) {
            // Linked without the sanitizer's own runtime for races: libSoftMetal answers those calls.
            command = {compiler_program(), "-shared", "-o", output, object, own_path()};
            if (settings.address_sanitizer) command.push_back("-fsanitize=address");
            status = execute(command, "/dev/null", errors_path);
        }
        result.diagnostics = read_text(errors_path);
        fs::remove(errors_path);
        fs::remove(object);
        if (status != 0) { result.diagnostics = count_errors(result.diagnostics); return result; }
        fs::rename(output, library);
    }
    result.library_path = library;
    return result;
}

Loaded::~Loaded() { if (handle) dlclose(handle); }

kernel_entry* Loaded::named(const std::string& name) const {
    for (kernel_entry* k : kernels) if (name == k->name) return k;
    return nullptr;
}

std::shared_ptr<Loaded> load_library(const std::string& path, const std::map<int, std::string>& constants, std::string& error) {
    std::string copy = path;
    if (!constants.empty()) {
        static std::atomic<int> serial{0};
        copy = path + "." + std::to_string(getpid()) + "." + std::to_string(serial++);
        fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
    }
    auto loaded = std::make_shared<Loaded>();
    loading_constants = &constants;
    loaded->handle = dlopen(copy.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!loaded->handle) error = dlerror();
    else {
        auto list = (kernel_entry* (*)(int*))dlsym(loaded->handle, "softmetal_kernels");
        int count = 0;
        kernel_entry* table = list(&count);
        for (int i = 0; i < count; i++) loaded->kernels.push_back(&table[i]);
    }
    loading_constants = nullptr;
    if (copy != path) fs::remove(copy);
    return loaded->handle ? loaded : nullptr;
}

std::string source_line(const void* address) {
    Dl_info info;
    if (!dladdr(address, &info) || !info.dli_fname) return "";
    std::string file = info.dli_fname;              // of a copy that is gone: what it was copied from
    if (size_t end = file.rfind(".so."); end != std::string::npos) file.resize(end + 3);
    char offset[32];
    snprintf(offset, sizeof offset, "%lx", (unsigned long)((const char*)address - (const char*)info.dli_fbase - 1));
    std::string out = cache_directory() + "/line." + std::to_string(getpid()) + "-" + std::to_string(std::hash<std::thread::id>()(std::this_thread::get_id()));
    if (execute({"addr2line", "-i", "-e", file, offset}, out, "/dev/null") != 0) return "";
    std::string text = read_text(out), place;
    fs::remove(out);
    std::stringstream lines(text);
    // The innermost frames may be in our headers: the first line that belongs to the shader counts.
    for (std::string line; std::getline(lines, line);) {
        if (line.find("include/softmetal/") != std::string::npos || line.rfind("??", 0) == 0) continue;
        place = line.substr(line.rfind('/') == std::string::npos ? 0 : line.rfind('/') + 1);
        break;
    }
    return place.substr(0, place.find(" ("));
}

}

extern "C" bool softmetal_host_constant(int index, void* value, size_t size) {
    using namespace softmetal;
    if (!loading_constants) return false;
    auto found = loading_constants->find(index);
    if (found == loading_constants->end()) return false;
    memcpy(value, found->second.data(), std::min(size, found->second.size()));
    return true;
}

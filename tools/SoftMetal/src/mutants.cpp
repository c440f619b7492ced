// A file of edits holds every mutant of a shader at once, each behind softmetal_mutant(n), so that one compilation serves them all.
#include "mutants.hpp"
#include "executor.hpp"
#include <fstream>
#include <map>
#include <sstream>

namespace softmetal {

namespace {

constexpr int most_mutants = 4096;
constexpr long most_calls = 10'000'000;                // by one threadgroup, before it counts as endless
auto& edits() { static auto& e = *new std::map<std::pair<std::string, int>, std::string>; return e; }
std::atomic<int> selected{0};
std::atomic<bool> reached[most_mutants];

}

bool read_edits(const std::string& path) {
    edits().clear();
    if (path.empty()) return true;
    std::ifstream in(path);
    if (!in) return false;
    for (std::string line; std::getline(in, line);) {
        size_t name = line.find(':'), number = line.find(':', name + 1);
        if (name == std::string::npos || number == std::string::npos) return false;
        edits()[{line.substr(0, name), atoi(line.c_str() + name + 1)}] = line.substr(number + 1);
    }
    return true;
}

std::string with_edits(const std::string& source) {
    if (edits().empty()) return source;
    std::stringstream in(source), out;
    std::string file = "program_source";
    int number = 1;
    for (std::string line; std::getline(in, line); number++) {
        auto found = edits().find({file, number});
        out << (found == edits().end() ? line : found->second) << '\n';
        if (line.rfind("#line ", 0) != 0) continue;
        number = atoi(line.c_str() + 6) - 1;
        size_t open = line.find('"'), close = line.rfind('"');
        if (open < close) file = line.substr(open + 1, close - open - 1);
    }
    return out.str();
}

void select_mutant(int number) { selected = number; }

}

using namespace softmetal;

extern "C" {

bool softmetal_mutant(int number) {
    if (number > 0 && number < most_mutants) reached[number].store(true, std::memory_order_relaxed);
    int chosen = selected.load(std::memory_order_relaxed);
    Group* group = running_group();
    if (chosen == 0 || !group) return false;
    thread_local uint32_t dispatch = 0, linear = 0;
    thread_local long calls = 0;
    if (dispatch != group->launch->number || linear != group->linear) { dispatch = group->launch->number; linear = group->linear; calls = 0; }
    if (++calls > most_calls) group->abandon("endless: a threadgroup passed places of mutants " + std::to_string(most_calls) + " times");
    return chosen == number;
}

// Writes 1 for each number below `size` that was asked for since the last call, else 0.
void softmetal_take_reached(unsigned char* flags, int size) {
    for (int i = 0; i < size; i++) flags[i] = i < most_mutants && reached[i].exchange(false);
}

}

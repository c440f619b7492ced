// Shaders changed on purpose: lines that take the place of others when a library is made, and the switch between mutants in them.
#pragma once
#include <string>

namespace softmetal {

bool read_edits(const std::string& path);              // lines "file:line:text"; an empty path: none; false: unreadable
std::string with_edits(const std::string& source);
void select_mutant(int number);                        // 0: none

}

// MSL as a list of tokens that prints back to the same lines.
#pragma once
#include <string>
#include <vector>

namespace softmetal {

enum class Kind { identifier, number, text, punctuation, directive };

struct Token {
    Kind kind;
    std::string text;
    std::string space;                              // what precedes it: blanks and line ends
    bool is(const char* t) const { return text == t; }
    bool identifier() const { return kind == Kind::identifier; }
};

using Tokens = std::vector<Token>;

// Of preprocessed text: no comments; lines that begin with # are one token each. Punctuation is one character a token.
Tokens lex(const std::string& source);

std::string print(const Tokens& tokens, size_t begin, size_t end);
inline std::string print(const Tokens& tokens) { return print(tokens, 0, tokens.size()); }

// Removes a token's text and keeps its line ends.
inline void erase(Token& token) { token.text.clear(); }

// For an opening bracket, the index of its partner; the last token when it has none.
size_t partner(const Tokens& tokens, size_t open);
// For "<" in a template context, the index of the matching ">".
size_t angle_partner(const Tokens& tokens, size_t open);
// The next index at or after i whose token is not erased; tokens.size() at the end.
size_t next(const Tokens& tokens, size_t i);
// The last index before i whose token is not erased, or npos.
size_t previous(const Tokens& tokens, size_t i);
constexpr size_t npos = static_cast<size_t>(-1);

// The line of the .metal file on which token i stands, following the preprocessor's line markers, as "file:line".
std::string place_of(const Tokens& tokens, size_t i);

}

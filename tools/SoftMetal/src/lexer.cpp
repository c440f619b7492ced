#include "lexer.hpp"
#include <cctype>

namespace softmetal {

Tokens lex(const std::string& s) {
    Tokens tokens;
    size_t i = 0;
    bool line_start = true;
    std::string space;
    auto add = [&](Kind kind, size_t end) {
        tokens.push_back({kind, s.substr(i, end - i), std::move(space)});
        space.clear();
        i = end;
        line_start = false;
    };
    while (i < s.size()) {
        char c = s[i];
        if (isspace((unsigned char)c)) {
            if (c == '\n') line_start = true;
            space += c;
            i++;
        }
        else if (c == '#' && line_start) add(Kind::directive, std::min(s.find('\n', i), s.size()));
        else if (isalpha((unsigned char)c) || c == '_') {
            size_t e = i;
            while (e < s.size() && (isalnum((unsigned char)s[e]) || s[e] == '_')) e++;
            add(Kind::identifier, e);
        }
        else if (isdigit((unsigned char)c) || (c == '.' && i + 1 < s.size() && isdigit((unsigned char)s[i + 1]))) {
            bool hexadecimal = c == '0' && i + 1 < s.size() && (s[i + 1] | 32) == 'x';
            size_t e = i;
            while (e < s.size()) {
                char d = s[e];
                bool sign = (d == '+' || d == '-') && ((s[e - 1] | 32) == (hexadecimal ? 'p' : 'e'));
                if (!isalnum((unsigned char)d) && d != '.' && d != '_' && d != '\'' && !sign) break;
                e++;
            }
            add(Kind::number, e);
        }
        else if (c == '"' || c == '\'') {
            size_t e = i + 1;
            while (e < s.size() && s[e] != c) e += s[e] == '\\' ? 2 : 1;
            add(Kind::text, std::min(e + 1, s.size()));
        }
        else add(Kind::punctuation, i + 1);
    }
    if (!space.empty()) tokens.push_back({Kind::directive, "", space});
    return tokens;
}

std::string print(const Tokens& tokens, size_t begin, size_t end) {
    std::string text;
    for (size_t i = begin; i < end; i++) text += tokens[i].space + tokens[i].text;
    return text;
}

size_t partner(const Tokens& tokens, size_t open) {
    int depth = 0;
    for (size_t i = open; i < tokens.size(); i++) {
        if (tokens[i].kind != Kind::punctuation || tokens[i].text.empty()) continue;
        char c = tokens[i].text[0];
        if (c == '(' || c == '[' || c == '{') depth++;
        else if ((c == ')' || c == ']' || c == '}') && --depth == 0) return i;
    }
    return tokens.empty() ? 0 : tokens.size() - 1;
}

size_t angle_partner(const Tokens& tokens, size_t open) {
    int depth = 0;
    for (size_t i = open; i < tokens.size(); i++) {
        const Token& t = tokens[i];
        if (t.kind != Kind::punctuation || t.text.empty()) continue;
        if (t.is("(") || t.is("[") || t.is("{")) i = partner(tokens, i);
        else if (t.is("<")) depth++;
        else if (t.is(">") && --depth == 0) return i;
        else if (t.is(";")) break;
    }
    return tokens.size() - 1;
}

size_t next(const Tokens& tokens, size_t i) {
    while (i < tokens.size() && (tokens[i].text.empty() || tokens[i].kind == Kind::directive)) i++;
    return i;
}

size_t previous(const Tokens& tokens, size_t i) {
    while (i-- > 0) if (!tokens[i].text.empty() && tokens[i].kind != Kind::directive) return i;
    return npos;
}

std::string place_of(const Tokens& tokens, size_t end) {
    std::string file = "program_source";
    long line = 1;
    for (size_t i = 0; i <= end && i < tokens.size(); i++) {
        for (char c : tokens[i].space) line += c == '\n';
        const std::string& t = tokens[i].text;
        if (tokens[i].kind != Kind::directive || t.size() < 3 || !isdigit((unsigned char)t[2])) continue;
        size_t quote = t.find('"');
        line = strtol(t.c_str() + 2, nullptr, 10) - 1;
        if (quote != std::string::npos) file = t.substr(quote + 1, t.find('"', quote + 1) - quote - 1);
    }
    return file + ":" + std::to_string(line);
}

}

// What differs from C++ within a declaration: address spaces, literals, swizzles, overloads by address space.
#include "rewriter.hpp"
#include <cstring>

namespace softmetal {

// threadgroup float a[8][8], b[32];  →  float (&a)[8][8] = softmetal::threadgroup_variable<float [8][8]>(0); ...
// A pointer or reference into threadgroup memory loses the word alone (in qualifiers()).
void Rewriter::threadgroup_storage(size_t keyword, size_t limit, bool in_kernel) {
    size_t before = previous(tokens, keyword);
    // The statement before may itself be a rewritten variable, whose text ends with "; ".
    char last = tokens[before].text[tokens[before].text.find_last_not_of(' ')];
    bool statement = last == ';' || last == '{' || last == '}';
    if (!statement) return;
    size_t end = keyword + 1, type_end = npos;
    for (; end < limit && !tokens[end].is(";"); end++) {
        if (tokens[end].is("*") || tokens[end].is("&")) return;
        if (tokens[end].is("=")) fail(keyword, "variables in threadgroup memory have no initialiser");
        if (tokens[end].is("<")) end = angle_partner(tokens, end);
        else if (tokens[end].is("(")) end = partner(tokens, end);
        else if (tokens[end].is("[")) end = partner(tokens, end);
        else if (tokens[end].identifier() && type_end == npos) {
            size_t after = next(tokens, end + 1);
            if (tokens[after].is("[") || tokens[after].is(";") || tokens[after].is(",")) type_end = end;
        }
    }
    if (type_end == npos) return;
    if (!in_kernel) fail(keyword, "variables in threadgroup memory must be declared in the body of a kernel");
    std::string type;
    for (size_t i = keyword + 1; i < type_end; i++) type += tokens[i].space + tokens[i].text;
    std::string text;
    for (size_t i = type_end; i < end;) {
        std::string name = tokens[i++].text, extent;
        for (i = next(tokens, i); i < end && tokens[i].is("["); i = next(tokens, i)) {
            size_t close = partner(tokens, i);
            extent += print(tokens, i, close + 1);
            i = close + 1;
        }
        storage_sizes += " + sizeof(" + type + extent + ")";
        text += type + " (&" + name + ")" + extent + " = softmetal::threadgroup_variable<" + type + extent + ">("
              + std::to_string(threadgroup_variables++) + ", \"" + name + "\"); ";
        if (i < end && tokens[i].is(",")) i = next(tokens, i + 1);
    }
    for (size_t i = keyword; i <= end; i++) { if (i > keyword) tokens[i].space.clear(); erase(tokens[i]); }
    tokens[keyword].text = text;
    tokens[keyword].kind = Kind::text;
}

// Reads the constants and threadgroup variables at the top of a kernel's body: returns where they end, and the constants' text.
size_t Rewriter::top_of_body(size_t body, size_t end, std::string& constants_text) const {
    size_t i = next(tokens, body + 1);
    while (i < end) {
        size_t stop = i;
        bool constant_expression = tokens[i].is("using") || tokens[i].is("typedef");
        while (stop < end && !tokens[stop].is(";") && !tokens[stop].is("{")) { constant_expression |= tokens[stop].is("constexpr"); stop++; }
        if (tokens[stop].is("{") || !(constant_expression || tokens[i].is("threadgroup"))) break;
        // A real constant cannot size an array; its literals are not rewritten here.
        for (size_t k = i; k <= stop; k++) if (tokens[k].kind == Kind::number && tokens[k].text.find('.') != std::string::npos) constant_expression = false;
        for (size_t k = i; constant_expression && k <= stop; k++)
            if (!tokens[k].is("constant") && !tokens[k].is("thread") && !tokens[k].is("static") && tokens[k].kind != Kind::directive) constants_text += (k > i && tokens[k].space.empty() ? "" : " ") + tokens[k].text;   // :: and >> stay whole
        i = next(tokens, stop + 1);
    }
    return i;
}

namespace {

// Whether the `constant` at i qualifies a constructor, as in  Name() constant = default;  which C++ cannot say.
bool qualifies_constructor(const Tokens& t, size_t i) {
    size_t close = previous(t, i), after = next(t, i + 1);
    if (close == npos || !t[close].is(")") || after >= t.size() || !(t[after].is("{") || t[after].is("=") || t[after].is(":") || t[after].is(";"))) return false;
    int depth = 0;
    size_t open = close;
    for (;; open--) {
        depth += t[open].is(")") ? 1 : t[open].is("(") ? -1 : 0;
        if (depth == 0 || open == 0) break;
    }
    size_t name = previous(t, open), before = name == npos ? npos : previous(t, name);
    if (before == npos) return false;
    const Token& b = t[before];
    bool type = (b.identifier() && !b.is("constexpr") && !b.is("inline") && !b.is("explicit")) || b.is(">") || b.is("*") || b.is("&");
    return !type;
}

}

void Rewriter::qualifiers() {
    static const std::set<std::string> erased = {"device", "thread", "threadgroup"};
    for (size_t i = 0; i < tokens.size(); i++) {
        Token& t = tokens[i];
        if (!t.identifier()) continue;
        if (t.is("is_function_constant_defined") && i + 2 < tokens.size()) {
            for (auto& c : constants) if (tokens[i + 2].is(c.name.c_str())) { tokens[i + 2].text = std::to_string(c.index); c.optional = true; }
            t.text = "softmetal::host_constant_defined";
        }
        if (t.is("threadgroup")) threadgroup_storage(i, tokens.size(), false);
        if (erased.count(t.text)) { erase(t); continue; }
        if (!t.is("constant")) continue;
        if (qualifies_constructor(tokens, i)) { erase(t); continue; }
        // const once per type: look back to the start of the type and forward to its end.
        bool already = false;
        for (size_t k = previous(tokens, i); k != npos; k = previous(tokens, k)) {
            if (tokens[k].is("const") || tokens[k].is("constexpr")) already |= tokens[k].is("const");
            else if (!tokens[k].identifier() && !tokens[k].is(":") && !tokens[k].is(">")) break;
            if (tokens[k].is(">")) break;
        }
        for (size_t k = next(tokens, i + 1); k < tokens.size() && !already; k = next(tokens, k + 1)) {
            if (tokens[k].is("<")) { k = angle_partner(tokens, k); continue; }
            if (tokens[k].is("const")) already = true;
            else if (!tokens[k].identifier() && !tokens[k].is(":")) break;
        }
        t.text = already ? "" : "const";
    }
}

void Rewriter::literals() {
    for (auto& t : tokens) {
        if (t.kind != Kind::number) continue;
        std::string& s = t.text;
        bool hexadecimal = s.size() > 1 && s[0] == '0' && (s[1] | 32) == 'x';
        bool real = hexadecimal ? s.find_first_of("pP") != std::string::npos : s.find_first_of(".eE") != std::string::npos;
        char last = s.back() | 32;
        if (!hexadecimal && last == 'h') { s = "half(" + s.substr(0, s.size() - 1) + (real ? "f)" : ".0f)"); continue; }
        if (!hexadecimal && last == 'f' && s.size() > 2 && (s[s.size() - 2] | 32) == 'b') {
            s = "bfloat(" + s.substr(0, s.size() - 2) + (real ? "f)" : ".0f)");
            continue;
        }
        if (!real) { if (!hexadecimal && last == 'f') s = s.substr(0, s.size() - 1) + ".0f"; continue; }
        if (last != 'f' && last != 'l') s += "f";   // MSL has no double
    }
}

// v.xy → v.template take<0, 1>(), and v.xy = … → v.template part<0, 1>() = …
void Rewriter::swizzles() {
    for (size_t i = 1; i + 1 < tokens.size(); i++) {
        Token& t = tokens[i];
        if (!t.identifier() || t.text.size() < 2 || t.text.size() > 4) continue;
        size_t dot = previous(tokens, i), after = next(tokens, i + 1);
        if (dot == npos || !tokens[dot].is(".") || after >= tokens.size() || tokens[after].is("(")) continue;
        std::string indices;
        for (const char* letters : {"xyzw", "rgba"}) {
            std::string found;
            for (char c : t.text) {
                const char* at = strchr(letters, c);
                if (!at) { found.clear(); break; }
                found += (found.empty() ? "" : ", ") + std::to_string(at - letters);
            }
            if (!found.empty()) indices = found;
        }
        if (indices.empty()) continue;
        size_t second = next(tokens, after + 1);
        bool assigned = (tokens[after].is("=") && !tokens[second].is("="))
                     || (tokens[after].text.size() == 1 && strchr("+-*/&|^%", tokens[after].text[0]) && tokens[second].is("=") && tokens[second].space.empty());
        t.text = (assigned ? "template part<" : "template take<") + indices + ">()";
    }
}

// float a[n] = { [0 ... n - 1] = x };  →  float a[n] = {}; softmetal::fill_range(a, 0, n - 1, x);
void Rewriter::range_designators() {
    for (size_t i = 0; i + 4 < tokens.size(); i++) {
        if (!tokens[i].is("=") || !tokens[next(tokens, i + 1)].is("{")) continue;
        size_t brace = next(tokens, i + 1), open = next(tokens, brace + 1), end = partner(tokens, brace);
        if (!tokens[open].is("[") || !tokens[next(tokens, end + 1)].is(";")) continue;
        size_t close = partner(tokens, open), dots = open;
        while (dots + 2 < close && !(tokens[dots].is(".") && tokens[dots + 1].is(".") && tokens[dots + 2].is("."))) dots++;
        size_t equal = next(tokens, close + 1), name = previous(tokens, i);
        if (dots + 2 >= close || !tokens[equal].is("=")) continue;
        while (name != npos && tokens[name].is("]")) {       // the extents
            for (int depth = 0; name != npos; name--) {
                depth += tokens[name].is("]") ? 1 : tokens[name].is("[") ? -1 : 0;
                if (depth == 0) break;
            }
            name = previous(tokens, name);
        }
        if (name == npos || !tokens[name].identifier()) continue;
        std::string text = "= {}; softmetal::fill_range(" + tokens[name].text + ", " + print(tokens, open + 1, dots) + ", "
                         + print(tokens, dots + 3, close) + ", " + print(tokens, equal + 1, end) + ")";
        for (size_t k = i; k <= end; k++) erase(tokens[k]);
        tokens[i].text = text;
        tokens[i].kind = Kind::text;
    }
}

// Inside each class and at namespace scope, a function whose text equals an earlier one is dropped.
void Rewriter::drop_repeated_members() {
    std::vector<std::set<std::string>> scopes(1);
    size_t start = 0;
    auto normal = [&](size_t begin, size_t end) {
        std::string text;
        for (size_t k = begin; k < end; k++) if (!tokens[k].text.empty() && tokens[k].kind != Kind::directive) text += tokens[k].text + " ";
        return text;
    };
    auto finish = [&](size_t end, bool function) {
        std::string text = normal(start, end);
        if (function && !scopes.back().insert(text).second)
            for (size_t k = start; k < end; k++) if (tokens[k].kind != Kind::directive) erase(tokens[k]);
        start = end;
    };
    bool parenthesis = false;
    for (size_t i = 0; i < tokens.size(); i++) {
        const Token& t = tokens[i];
        if (t.text.empty() || t.kind == Kind::directive) continue;
        if (t.is("template") && tokens[next(tokens, i + 1)].is("<")) { i = angle_partner(tokens, next(tokens, i + 1)); continue; }
        if (t.is("(") || t.is("[")) { parenthesis |= t.is("("); i = partner(tokens, i); }
        else if (t.is("{")) {
            size_t before = previous(tokens, i);
            if (parenthesis || (before != npos && tokens[before].is("="))) {
                bool body = before == npos || !tokens[before].is("=");
                i = partner(tokens, i);
                if (body) { finish(i + 1, true); parenthesis = false; }
            }
            else { scopes.emplace_back(); start = i + 1; }
        }
        else if (t.is("}")) { if (scopes.size() > 1) scopes.pop_back(); start = i + 1; parenthesis = false; }
        else if (t.is(";")) { finish(i + 1, parenthesis && scopes.size() > 1); parenthesis = false; }
        else if (t.is(":") && !parenthesis) {
            size_t before = previous(tokens, i);
            if (before != npos && (tokens[before].is("public") || tokens[before].is("private") || tokens[before].is("protected"))) start = i + 1;
        }
    }
}

}

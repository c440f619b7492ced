// Declarations: what is a kernel, which instantiations have names, which constants are set by the host.
#include "rewriter.hpp"
#include <algorithm>
#include <cstring>

namespace softmetal {

namespace {

const std::set<std::string> builtins = {
    "thread_position_in_grid", "thread_position_in_threadgroup", "thread_index_in_threadgroup", "threadgroup_position_in_grid",
    "threadgroups_per_grid", "threads_per_grid", "threads_per_threadgroup", "dispatch_threads_per_threadgroup",
    "simdgroup_index_in_threadgroup", "thread_index_in_simdgroup", "simdgroups_per_threadgroup", "threads_per_simdgroup",
    "thread_execution_width", "dispatch_simdgroups_per_threadgroup", "thread_index_in_quadgroup",
    "quadgroup_index_in_threadgroup", "quadgroups_per_threadgroup", "grid_origin", "grid_size",
};

bool attribute_at(const Tokens& t, size_t i) {
    return i + 1 < t.size() && t[i].is("[") && t[i + 1].is("[") && t[i + 1].space.empty();
}

struct Attribute { std::string name; std::vector<std::string> arguments; };

// Reads [[a, b(c)]] at i, erases it, moves i past it.
std::vector<Attribute> take_attributes(Tokens& t, size_t& i) {
    size_t close = partner(t, i);
    std::vector<Attribute> found;
    for (size_t k = i + 2; k + 1 < close; k++) {
        if (!t[k].identifier()) continue;
        Attribute a{t[k].text, {}};
        if (t[k + 1].is("(")) {
            size_t end = partner(t, k + 1);
            std::string argument;
            for (size_t m = k + 2; m < end; m++) argument += t[m].text;
            a.arguments.push_back(argument);
            k = end;
        }
        found.push_back(a);
    }
    for (size_t k = i; k <= close; k++) erase(t[k]);
    i = close + 1;
    return found;
}

// The value of an index, a constant expression of numbers, + - * / and parentheses; −1 if it is another thing.
struct IndexExpression {
    const char* at;
    bool good = true;
    long primary() {
        if (*at == '(') { at++; long n = sum(); good = good && *at == ')'; at++; return n; }
        char* end;
        long n = strtol(at, &end, 0);
        good = good && end != at;
        at = end + strspn(end, "uUlL");
        return n;
    }
    long product() {
        long n = primary();
        while (good && (*at == '*' || *at == '/')) {
            bool times = *at++ == '*';
            long m = primary();
            good = good && (times || m != 0);
            if (good) n = times ? n * m : n / m;
        }
        return n;
    }
    long sum() {
        long n = product();
        while (good && (*at == '+' || *at == '-')) n = *at++ == '+' ? n + product() : n - product();
        return n;
    }
};

int number_of(const std::string& text) {
    IndexExpression e{text.c_str()};
    long n = e.sum();
    return e.good && !*e.at ? (int)n : -1;
}

}

void Rewriter::fail(size_t token, const std::string& what) const {
    throw SourceError(place_of(tokens, token) + ":1: error: " + what);
}

// Splits a namespace's tokens into declarations.
void Rewriter::declarations(size_t begin, size_t end) {
    size_t i = begin;
    while ((i = next(tokens, i)) < end) {
        if (tokens[i].is(";")) { i++; continue; }
        size_t start = i;
        bool parenthesis = false, type = false, scope = false;
        if (tokens[i].is("namespace") || (tokens[i].is("extern") && i + 1 < end && tokens[i + 1].kind == Kind::text)) scope = true;
        for (; i < end; i++) {
            const Token& t = tokens[i];
            if (t.is("template") && i + 1 < end && tokens[i + 1].is("<")) { i = angle_partner(tokens, i + 1); continue; }
            if (t.is("struct") || t.is("class") || t.is("union") || t.is("enum")) type = type || !parenthesis;
            else if (t.is("(") || t.is("[")) { parenthesis |= t.is("("); i = partner(tokens, i); }
            else if (t.is(";")) break;
            else if (t.is("{")) {
                size_t close = partner(tokens, i), before = previous(tokens, i);
                if (scope) { declarations(i + 1, close); i = close; break; }
                bool body = parenthesis && before != npos && !tokens[before].is("=");
                i = close;
                if (body) break;
            }
        }
        i = std::min(i, end - 1) + 1;
        if (!scope) declaration(start, i);
    }
}

void Rewriter::declaration(size_t begin, size_t end) {
    size_t i = begin;
    if (tokens[i].is("template") && !tokens[next(tokens, i + 1)].is("<")) { instantiation(begin, end); return; }

    // Its name: the identifier before the first parenthesis, after struct, or the last before = or ;
    size_t name = npos, open = npos, body = npos, constant_attribute = npos, is_kernel = npos;
    for (; i < end; i++) {
        const Token& t = tokens[i];
        if (t.is("template") && tokens[next(tokens, i + 1)].is("<")) { i = angle_partner(tokens, next(tokens, i + 1)); continue; }
        if (attribute_at(tokens, i)) {
            size_t close = partner(tokens, i);
            for (size_t k = i; k < close; k++) {
                if (tokens[k].is("function_constant")) constant_attribute = i;
                if (tokens[k].is("kernel")) is_kernel = i;
            }
            i = close;
        }
        else if (t.is("kernel")) is_kernel = i;
        else if (t.is("alignas") && tokens[i + 1].is("(")) i = partner(tokens, i + 1);
        else if (t.is("(")) { if (open == npos && name != npos) open = i; i = partner(tokens, i); }
        else if (t.is("{")) { body = i; break; }
        else if (t.is("=") || t.is(":")) { if (!(t.is(":") && (tokens[i + 1].is(":") || tokens[i - 1].is(":")))) break; }
        else if (t.identifier() && open == npos) name = i;
        else if (t.is("<") && name != npos && open == npos) i = angle_partner(tokens, i);
    }
    if (is_kernel != npos) {
        if (open == npos) fail(is_kernel, "a kernel needs a parameter list");
        kernel(begin, name, open, body);
    }
    else if (constant_attribute != npos) function_constant(begin, end, constant_attribute);
    if (name != npos) {
        auto& set = mentions[tokens[name].text];
        for (size_t k = begin; k < end; k++) if (tokens[k].identifier()) set.insert(tokens[k].text);
    }
}

void Rewriter::kernel(size_t begin, size_t name, size_t open, size_t body) {
    KernelSource k;
    k.name = tokens[name].text;
    k.place = place_of(tokens, name);
    if (kernels.count(k.name)) fail(name, "redefinition of kernel '" + k.name + "'");
    for (size_t i = begin; i < open; i++) {
        if (tokens[i].is("template")) { k.is_template = true; i = angle_partner(tokens, next(tokens, i + 1)); continue; }
        if (tokens[i].is("kernel")) erase(tokens[i]);
        if (!attribute_at(tokens, i)) continue;
        size_t after = i;
        for (auto& a : take_attributes(tokens, after))
            if (a.name == "max_total_threads_per_threadgroup" && !a.arguments.empty()) k.max_threads = number_of(a.arguments[0]);
        i = after - 1;
    }
    size_t close = partner(tokens, open), start = open + 1;
    std::set<int> used;
    for (size_t i = open + 1; i <= close; i++) {
        if (i == close || tokens[i].is(",")) {
            if (next(tokens, start) < i) k.parameters.push_back(parameter(start, i));
            start = i + 1;
        }
        else if (tokens[i].is("(") || tokens[i].is("[") || tokens[i].is("{")) i = partner(tokens, i);
        else if (tokens[i].is("<")) i = angle_partner(tokens, i);
    }
    // As Metal does, buffers without an index take the first free one.
    for (auto& p : k.parameters) if (p.attribute == "buffer" && p.index >= 0) used.insert(p.index);
    for (auto& p : k.parameters) {
        if (p.attribute != "buffer" || p.index >= 0) continue;
        p.index = 0;
        while (used.count(p.index)) p.index++;
        used.insert(p.index);
    }
    for (auto& p : k.parameters)
        if (p.attribute == "buffer" && p.index > 30) fail(open, "'buffer' attribute parameter is out of bounds: must be between 0 and 30");
    if (body != npos) {
        size_t end = partner(tokens, body);
        std::string constants_text, header;
        size_t top = top_of_body(body, end, constants_text);
        storage_sizes = "0ul";
        k.storage_known = true;
        for (size_t i = body; i < end; i++) {
            if (!tokens[i].is("threadgroup")) continue;
            int before = threadgroup_variables;
            threadgroup_storage(i, end, true);
            if (threadgroup_variables > before && i >= top) k.storage_known = false;   // may depend on what is not constant
        }
        if (k.is_template)
            for (size_t i = next(tokens, begin), stop = angle_partner(tokens, next(tokens, i + 1)); i <= stop; i++)
                if (tokens[i].kind != Kind::directive && !tokens[i].is("device") && !tokens[i].is("thread") && !tokens[i].is("threadgroup"))
                    header += (tokens[i].space.empty() ? "" : " ") + (tokens[i].is("constant") ? "const" : tokens[i].text);
        if (k.storage_known)
            tokens[end].text += " " + header + " inline unsigned long softmetal_storage_" + k.name + "() {" + constants_text + " return " + storage_sizes + "; }";
        if (!k.is_template) entries.push_back({k.name, k.name, k.name, k.place, {}});
        kernels[k.name] = std::move(k);
    }
}

KernelParameter Rewriter::parameter(size_t begin, size_t end) {
    KernelParameter p;
    bool pointer = false, threadgroup = false;
    for (size_t i = begin; i < end; i++) {
        if (attribute_at(tokens, i)) {
            size_t after = i;
            for (auto& a : take_attributes(tokens, after)) {
                if (a.name == "buffer" || a.name == "threadgroup") {
                    p.attribute = a.name;
                    p.index = a.arguments.empty() ? -1 : number_of(a.arguments[0]);
                    if (p.index < 0) fail(begin, "'" + a.name + "' attribute needs an index that is a plain number");
                }
                else if (a.name == "function_constant") p.enabled_by = a.arguments.empty() ? "" : a.arguments[0];
                else if (builtins.count(a.name)) p.attribute = a.name;
                else if (a.name != "maybe_unused") fail(begin, "attribute '" + a.name + "' is not supported by SoftMetal");
            }
            i = after - 1;
            continue;
        }
        if (tokens[i].is("<")) { i = angle_partner(tokens, i); continue; }
        if (tokens[i].is("*")) pointer = true;
        if (tokens[i].is("&")) p.reference = true;
        if (tokens[i].is("threadgroup")) threadgroup = true;
        if (tokens[i].identifier()) p.name = tokens[i].text;
    }
    if (p.attribute.empty()) {
        if (threadgroup) fail(begin, "parameter '" + p.name + "' in threadgroup memory needs [[threadgroup(n)]]");
        if (!pointer && !p.reference) fail(begin, "invalid type for input declaration in a kernel function: parameter '" + p.name + "' needs an attribute");
        p.attribute = "buffer";
    }
    return p;
}

// What is left of them, as in the type of a kernel, says nothing to C++.
void Rewriter::attributes() {
    for (size_t i = 0; i < tokens.size(); i++)
        if (attribute_at(tokens, i)) { take_attributes(tokens, i); i--; }
}

// What string literals say; neighbours are one: "add_" "float".
static std::string string_of(const std::string& literals) {
    std::string text;
    bool inside = false;
    for (char c : literals) {
        if (c == '"') inside = !inside;
        else if (inside) text += c;
    }
    return text;
}

// template [[host_name("x")]] [[kernel]] void f<float>(...);   or   ... decltype(f<float>) f<float>;
void Rewriter::instantiation(size_t begin, size_t end) {
    Entry e;
    e.place = place_of(tokens, begin);
    size_t name = npos, angle = npos;
    for (size_t i = begin + 1; i < end; i++) {
        const Token& t = tokens[i];
        if (attribute_at(tokens, i)) {
            size_t after = i;
            for (auto& a : take_attributes(tokens, after))
                if (a.name == "host_name" && !a.arguments.empty()) e.host_name = string_of(a.arguments[0]);
            i = after - 1;
        }
        else if (t.is("decltype")) i = partner(tokens, i + 1);
        else if (t.is("(") || t.is(";")) break;
        else if (t.is("<")) { angle = i; i = angle_partner(tokens, i); }
        else if (t.identifier()) name = i;
    }
    if (e.host_name.empty()) return;                // an ordinary explicit instantiation
    if (name == npos || angle == npos) fail(begin, "a host_name instantiation needs the template arguments written out: f<float>(…)");
    e.kernel = tokens[name].text;
    e.callee = e.kernel + print(tokens, angle, angle_partner(tokens, angle) + 1);
    std::replace(e.callee.begin(), e.callee.end(), '\n', ' ');
    auto& set = mentions[e.host_name];
    for (size_t i = begin; i < end; i++) {
        if (tokens[i].identifier()) set.insert(tokens[i].text);
        if (tokens[i].kind != Kind::directive) erase(tokens[i]);
    }
    entries.push_back(std::move(e));
}

// constant bool has_mask [[function_constant(0)]];  →  static const bool has_mask = softmetal::host_constant<bool>(0);
void Rewriter::function_constant(size_t begin, size_t end, size_t attribute) {
    FunctionConstant c;
    size_t name = previous(tokens, attribute), after = attribute;
    c.name = tokens[name].text;
    for (auto& a : take_attributes(tokens, after)) if (!a.arguments.empty()) c.index = number_of(a.arguments[0]);
    for (size_t i = begin; i < name; i++) {
        if (tokens[i].is("constant") || tokens[i].is("const") || tokens[i].is("static") || tokens[i].is("constexpr")) continue;
        c.type += (c.type.empty() ? "" : " ") + tokens[i].text;
    }
    if (c.index < 0) fail(attribute, "'function_constant' needs an index that is a plain number");
    if (!tokens[end - 1].is(";")) fail(attribute, "a function constant has no initialiser");
    tokens[end - 1].text = " = softmetal::host_constant<" + c.type + ">(" + std::to_string(c.index) + ");";
    constants.push_back(c);
}

std::string Rewriter::wrappers() {
    std::string code = "\n# 1 \"softmetal-wrappers\"\n", table;
    int n = 0;
    for (auto& e : entries) {
        auto found = kernels.find(e.kernel);
        if (found == kernels.end()) throw SourceError(e.place + ":1: error: host_name \"" + e.host_name + "\" names no kernel template '" + e.kernel + "'");
        const KernelSource& k = found->second;
        std::string id = std::to_string(n++), call, parameters;
        for (auto& p : k.parameters) {
            std::string index = std::to_string(p.index);
            if (!call.empty()) call += ", ";
            if (p.attribute == "buffer") call += (p.reference ? "softmetal::reference(s, " : "softmetal::pointer(s, ") + index + ")";
            else if (p.attribute == "threadgroup") call += (p.reference ? "softmetal::group_reference(s, " : "softmetal::group_pointer(s, ") + index + ")";
            else call += "softmetal::builtin(s." + p.attribute + ")";
            parameters += "{\"" + p.name + "\", softmetal::role::" + (p.attribute == "buffer" || p.attribute == "threadgroup" ? p.attribute : "builtin") + ", "
                        + index + ", " + (p.enabled_by.empty() ? "true" : "bool(" + p.enabled_by + ")") + "}, ";
        }
        code += "static void softmetal_run_" + id + "(const softmetal::thread_state& s) { (void)s; ::" + e.callee + "(" + call + "); }\n";
        code += "static softmetal::parameter softmetal_parameters_" + id + "[] = {" + parameters + "{}};\n";
        table += "    {\"" + e.host_name + "\", softmetal_run_" + id + ", softmetal_parameters_" + id + ", " + std::to_string(k.parameters.size()) + ", "
               + std::to_string(k.max_threads) + ", "
               + (k.storage_known ? "::softmetal_storage_" + e.callee + "()" : std::string("0")) + ", softmetal::describe(&::" + e.callee + ", softmetal_parameters_" + id + ")},\n";
    }
    code += "extern \"C\" __attribute__((visibility(\"default\"))) softmetal::kernel_entry* softmetal_kernels(int* count) {\n"
            "    static softmetal::kernel_entry table[] = {\n" + table + "    {}};\n    *count = " + std::to_string(entries.size()) + ";\n    return table;\n}\n";
    return code;
}

Translation translate(const std::string& preprocessed) {
    Rewriter r;
    r.tokens = lex(preprocessed);
    r.declarations(0, r.tokens.size());
    r.attributes();
    r.qualifiers();
    r.literals();
    r.swizzles();
    r.range_designators();
    r.drop_repeated_members();
    Translation result;
    result.code = "#include <softmetal/metal.hpp>\n" + print(r.tokens) + r.wrappers();
    // Which function constants can an entry reach? Follow the names.
    for (auto& e : r.entries) {
        std::set<std::string> seen;
        std::vector<std::string> open = {e.kernel, e.host_name};
        while (!open.empty()) {
            std::string name = open.back();
            open.pop_back();
            if (!seen.insert(name).second) continue;
            if (auto m = r.mentions.find(name); m != r.mentions.end()) open.insert(open.end(), m->second.begin(), m->second.end());
        }
        for (auto& c : r.constants) if (seen.count(c.name)) e.constants.insert(c.name);
        for (const char* name : {"simdgroup_matrix", "simdgroup_float8x8", "simdgroup_half8x8", "simdgroup_bfloat8x8"}) e.matrices |= seen.count(name) > 0;
    }
    result.entries = r.entries;
    result.constants = r.constants;
    return result;
}

}

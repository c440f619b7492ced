// The few Foundation classes that Metal's interface needs.
#pragma once
#include "objc.hpp"

namespace softmetal {

struct String : Object {
    std::string text;
    explicit String(std::string text);
    std::string describe() const override { return text; }
};

struct Array : Object {
    std::vector<Object*> items;                     // retained
    explicit Array(std::vector<Object*> taken);     // takes over the references
    void destroy() override { for (Object* o : items) release(o); items.clear(); }
    std::string describe() const override;
};

struct Dictionary : Object {
    std::vector<std::pair<Object*, Object*>> pairs; // keys and values, retained
    Dictionary();
    void put(Object* key, Object* value) { pairs.emplace_back(retain(key), retain(value)); }
    Object* find(const Object* key) const;          // nullptr when there is none
    void destroy() override { for (auto& [k, v] : pairs) { release(k); release(v); } pairs.clear(); }
};

struct Number : Object {
    double real = 0;
    int64_t whole = 0;
    bool is_real = false;
    Number();
    std::string describe() const override;
};

struct Error : Object {
    std::string domain, message;
    long code;
    Ref<Dictionary> user_info;
    Error(std::string domain, long code, std::string message);
    void destroy() override { user_info = {}; }
    std::string describe() const override { return "Error Domain=" + domain + " Code=" + std::to_string(code) + " \"" + message + "\""; }
};

Object* string_result(const std::string& text);     // an autoreleased string
void give_error(Object** place, const char* domain, long code, const std::string& message);   // autoreleased, if wanted

}

// The Objective-C runtime's part: messages, reference counts, autorelease pools, and the account of what is alive.
#include "objc.hpp"
#include "diagnostics.hpp"
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <unordered_set>

namespace softmetal {

namespace {

std::mutex& registry_lock() { static auto& m = *new std::mutex; return m; }
std::unordered_map<std::string, Class*>& classes() { static auto& c = *new std::unordered_map<std::string, Class*>; return c; }
std::unordered_set<Object*>& living_objects() { static auto& o = *new std::unordered_set<Object*>; return o; }
std::deque<Object*>& quarantine() { static auto& q = *new std::deque<Object*>; return q; }
constexpr size_t quarantine_size = 65536;

struct PoolStack {
    std::vector<Object*> objects;
    std::vector<size_t> marks;
    void pop(size_t level) {
        if (level >= marks.size()) { report("objc_autoreleasePoolPop: the pool was already popped"); return; }
        size_t mark = marks[level];
        while (objects.size() > mark) { Object* o = objects.back(); objects.pop_back(); release(o); }
        marks.resize(level);
    }
    ~PoolStack() { if (!marks.empty()) pop(0); }
};
thread_local PoolStack pools;

void* unrecognised_message() { return nullptr; }

}

Object::Object(Class* isa) : isa(isa) {
    std::lock_guard guard(registry_lock());
    living_objects().insert(this);
}

std::string Object::describe() const {
    char address[32];
    snprintf(address, sizeof address, "%p", (const void*)this);
    std::string text = "<" + isa->name + ": " + address + ">";
    return label.empty() ? text : text + " label = " + label;
}

Class::Class(std::string name, Class* parent) : Object(this), name(std::move(name)), parent(parent) {
    std::lock_guard guard(registry_lock());
    living_objects().erase(this);                   // classes are for ever
}

const Method* Class::find(SEL selector, bool of_class) const {
    for (const Class* c = this; c; c = c->parent) {
        const Methods& table = of_class ? c->class_methods : c->instance_methods;
        auto found = table.find(selector);
        if (found != table.end()) return &found->second;
    }
    return nullptr;
}

SEL selector(const char* name) {
    static auto& names = *new std::unordered_set<std::string>;
    std::lock_guard guard(registry_lock());
    return names.emplace(name).first->c_str();
}

Class* class_named(const char* name) {
    std::lock_guard guard(registry_lock());
    auto found = classes().find(name);
    return found == classes().end() ? nullptr : found->second;
}

Class* define_class(const char* name, const char* parent) {
    Class* made = new Class(name, parent ? class_named(parent) : nullptr);
    std::lock_guard guard(registry_lock());
    classes()[name] = made;
    return made;
}

Object* retain(Object* object) {
    if (!object) return nullptr;
    if (!object->alive()) { report("retain sent to a deallocated " + object->isa->name); return object; }
    object->references.fetch_add(1, std::memory_order_relaxed);
    return object;
}

void release(Object* object) {
    if (!object) return;
    if (!object->alive()) { report("release sent to a deallocated " + object->isa->name + " (over-release)"); return; }
    if (object->isa == object) return;              // a class
    if (object->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    object->destroy();
    object->state = Object::dead;
    Object* oldest = nullptr;
    {
        std::lock_guard guard(registry_lock());
        living_objects().erase(object);
        quarantine().push_back(object);
        if (quarantine().size() > quarantine_size) { oldest = quarantine().front(); quarantine().pop_front(); }
    }
    delete oldest;
}

Object* autorelease(Object* object) {
    if (!object) return nullptr;
    if (pools.marks.empty()) {
        report("MISSING POOLS: object " + object->describe() + " autoreleased with no pool in place - just leaking");
        return object;
    }
    pools.objects.push_back(object);
    return object;
}

std::string live_objects_report(long* total) {
    std::map<std::string, long> counts;
    std::map<std::string, std::string> labels;
    long sum = 0;
    std::lock_guard guard(registry_lock());
    for (Object* o : living_objects()) {
        if (o->isa->name == "MTLDevice" || o == MTLCommandBufferEncoderInfoErrorKey) continue;
        ++counts[o->isa->name];
        ++sum;
        if (!o->label.empty() && labels[o->isa->name].size() < 200) labels[o->isa->name] += " \"" + o->label + "\"";
    }
    std::string text;
    for (auto& [name, count] : counts) text += name + " " + std::to_string(count) + labels[name] + "\n";
    if (total) *total = sum;
    return text;
}

}

using namespace softmetal;

extern "C" {

// Called by objc_msgSend with every argument register saved: the method's address for this object and selector.
IMP softmetal_method(Object* self, SEL name) {
    if (self->state == Object::dead) {
        report("message \"" + std::string(name) + "\" sent to a deallocated " + self->isa->name);
        return (IMP)unrecognised_message;
    }
    if (self->state != Object::living) {
        report("message \"" + std::string(name) + "\" sent to something that is not an object (on x86-64, methods that return "
               "a structure of more than 16 bytes go through objc_msgSend_stret)");
        return (IMP)unrecognised_message;
    }
    bool to_class = self->isa == self;
    const Class* receiver = to_class ? static_cast<Class*>(self) : self->isa;
    if (const Method* method = receiver->find(name, to_class)) return method->function;
    const std::string& class_name = receiver->name;
    report(std::string(to_class ? "+[" : "-[") + class_name + " " + name + "]: unrecognized selector");
    return (IMP)unrecognised_message;
}

Object* objc_getClass(const char* name) { return class_named(name); }
Object* objc_lookUpClass(const char* name) { return class_named(name); }
SEL sel_registerName(const char* name) { return selector(name); }
SEL sel_getUid(const char* name) { return selector(name); }
const char* sel_getName(SEL name) { return name; }
Object* objc_retain(Object* object) { return retain(object); }
void objc_release(Object* object) { release(object); }
Object* objc_autorelease(Object* object) { return autorelease(object); }

void* objc_autoreleasePoolPush() {
    pools.marks.push_back(pools.objects.size());
    return reinterpret_cast<void*>(pools.marks.size());
}

// The types of a method, as in Method; nullptr when there is no such class or method.
const char* softmetal_method_types(const char* class_name, const char* name, int of_class) {
    const Class* c = class_named(class_name);
    const Method* method = c ? c->find(selector(name), of_class) : nullptr;
    return method ? method->types.c_str() : nullptr;
}

void objc_autoreleasePoolPop(void* pool) { pools.pop(reinterpret_cast<size_t>(pool) - 1); }

}

// The object model: classes with methods looked up by selector, counted references, autorelease pools.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace softmetal {

using SEL = const char*;      // interned: equal names have equal addresses
using IMP = void (*)();
struct Class;

// Every object a client can hold. Destroyed objects stay in a quarantine with `alive` cleared, so that their use is noticed.
struct Object {
    static constexpr uint64_t living = 0x4C495645'4F424A43, dead = 0x44454144'4F424A43;
    Class* isa;
    uint64_t state = living;
    std::atomic<long> references{1};
    std::string label;

    explicit Object(Class* isa);
    Object(const Object&) = delete;
    virtual ~Object() = default;
    virtual void destroy() {}                       // lets go of what the object owns; the header remains
    virtual std::string describe() const;
    bool alive() const { return state == living; }
};

struct Class : Object {
    std::string name;
    Class* parent;
    std::unordered_map<SEL, IMP> instance_methods, class_methods;
    Class(std::string name, Class* parent);
    template<class R, class... A> Class& method(const char* selector, R (*function)(A...)) { return put(instance_methods, selector, (IMP)function); }
    template<class R, class... A> Class& class_method(const char* selector, R (*function)(A...)) { return put(class_methods, selector, (IMP)function); }
private:
    Class& put(std::unordered_map<SEL, IMP>& table, const char* selector, IMP function);
};

SEL selector(const char* name);
Class* class_named(const char* name);               // nullptr when there is none
Class* define_class(const char* name, const char* parent = "NSObject");

Object* retain(Object* object);
void release(Object* object);
Object* autorelease(Object* object);

// What lives, by class, for the leak report: the classes of constant objects (classes, the devices) are left out.
std::string live_objects_report(long* total);

// A counted reference held by SoftMetal itself.
template<class T> class Ref {
    T* object = nullptr;
public:
    Ref() = default;
    Ref(T* taken) : object(taken) { retain(taken); }
    Ref(const Ref& other) : Ref(other.object) {}
    Ref(Ref&& other) noexcept : object(other.object) { other.object = nullptr; }
    Ref& operator=(Ref other) noexcept { std::swap(object, other.object); return *this; }
    ~Ref() { if (object) release(object); }
    T* get() const { return object; }
    T* operator->() const { return object; }
    explicit operator bool() const { return object != nullptr; }
};

// The one constant object besides classes and the device: the key of MTLCommandBuffer.h.
extern "C" Object* MTLCommandBufferEncoderInfoErrorKey;

// Defined beside each family of classes; called once, when the library is loaded.
void define_foundation_classes();
void define_device_classes();
void define_library_classes();
void define_command_classes();

}

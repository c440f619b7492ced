// The object model: classes with methods looked up by selector, counted references, autorelease pools.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace softmetal {

using SEL = const char*;      // interned: equal names have equal addresses
using IMP = void (*)();
struct Class;

SEL selector(const char* name);

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

// A type in the letters of Objective-C's encoding; all pointers but those to objects are ^, a structure is its size.
template<class T> std::string type_code() {
    if constexpr (std::is_void_v<T>) return "v";
    else if constexpr (std::is_pointer_v<T>) return std::is_base_of_v<Object, std::remove_cv_t<std::remove_pointer_t<T>>> ? "@" : "^";
    else if constexpr (std::is_same_v<T, bool>) return "B";
    else if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 8 ? "d" : "f";
    else if constexpr (std::is_integral_v<T>) return std::string(1, (std::is_signed_v<T> ? " cs i   q" : " CS I   Q")[sizeof(T)]);
    else return "{" + std::to_string(sizeof(T)) + "}";
}

struct Method {
    IMP function;
    std::string types;                              // of the result, then of the arguments behind the selector
};

using Methods = std::unordered_map<SEL, Method>;

struct Class : Object {
    std::string name;
    Class* parent;
    Methods instance_methods, class_methods;
    Class(std::string name, Class* parent);
    const Method* find(SEL selector, bool of_class) const;   // nullptr when there is none, nor inherited
    template<class R, class Self, class... A> Class& method(const char* selector, R (*function)(Self, SEL, A...)) { return put(instance_methods, selector, function); }
    template<class R, class Self, class... A> Class& class_method(const char* selector, R (*function)(Self, SEL, A...)) { return put(class_methods, selector, function); }
private:
    template<class R, class Self, class... A> Class& put(Methods& table, const char* name, R (*function)(Self, SEL, A...)) {
        table[softmetal::selector(name)] = {(IMP)function, (type_code<R>() + ... + type_code<A>())};
        return *this;
    }
};

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

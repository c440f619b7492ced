#include "foundation.hpp"
#include "diagnostics.hpp"
#include <cstring>

namespace softmetal {

String::String(std::string text) : Object(class_named("NSString")), text(std::move(text)) {}
Array::Array(std::vector<Object*> taken) : Object(class_named("NSArray")), items(std::move(taken)) {}
Dictionary::Dictionary() : Object(class_named("NSDictionary")) {}
Number::Number() : Object(class_named("NSNumber")) {}
Error::Error(std::string domain, long code, std::string message)
    : Object(class_named("NSError")), domain(std::move(domain)), message(std::move(message)), code(code) {}

std::string Array::describe() const {
    std::string text = "(";
    for (Object* o : items) text += (text.size() > 1 ? ", " : "") + o->describe();
    return text + ")";
}

// Strings are equal if their texts are, other objects only to themselves.
Object* Dictionary::find(const Object* key) const {
    auto* text = dynamic_cast<const String*>(key);
    for (auto& [k, v] : pairs) {
        auto* other = dynamic_cast<const String*>(k);
        if (k == key || (text && other && text->text == other->text)) return v;
    }
    return nullptr;
}

std::string Number::describe() const { return is_real ? std::to_string(real) : std::to_string(whole); }

Object* string_result(const std::string& text) { return autorelease(new String(text)); }

void give_error(Object** place, const char* domain, long code, const std::string& message) {
    if (place) *place = autorelease(new Error(domain, code, message));
}

namespace {

constexpr unsigned long ascii = 1, utf8 = 4;        // NSStringEncoding

template<class T> Object* number(Object*, SEL, T value) {
    auto* n = new Number;
    n->is_real = std::is_floating_point_v<T>;
    n->real = (double)value;
    n->whole = (int64_t)value;
    return autorelease(n);
}

Object* array_of(Object**  objects, unsigned long count) {
    std::vector<Object*> items(objects, objects + count);
    for (Object* o : items) retain(o);
    return new Array(std::move(items));
}

// A pool as an object: alloc/init pushes, drain or the last release pops.
struct Pool : Object {
    void* token;
    Pool();
    void destroy() override;
};

}

extern "C" { void* objc_autoreleasePoolPush(); void objc_autoreleasePoolPop(void*); }

Pool::Pool() : Object(class_named("NSAutoreleasePool")), token(objc_autoreleasePoolPush()) {}
void Pool::destroy() { objc_autoreleasePoolPop(token); }

void define_foundation_classes() {
    define_class("NSObject", nullptr)
        ->method("retain", +[](Object* self, SEL) { return retain(self); })
        .method("release", +[](Object* self, SEL) { release(self); })
        .method("autorelease", +[](Object* self, SEL) { return autorelease(self); })
        .method("retainCount", +[](Object* self, SEL) { return (unsigned long)self->references.load(); })
        .method("init", +[](Object* self, SEL) { return self; })
        .method("class", +[](Object* self, SEL) -> Object* { return self->isa; })
        .method("hash", +[](Object* self, SEL) { return (unsigned long)self; })
        .method("isEqual:", +[](Object* self, SEL, Object* other) -> bool { return self == other; })
        .method("respondsToSelector:", +[](Object* self, SEL, SEL name) -> bool { return self->isa->find(name, false); })
        .method("description", +[](Object* self, SEL) { return string_result(self->describe()); })
        .class_method("retain", +[](Object* self, SEL) { return self; })
        .class_method("release", +[](Object*, SEL) {})
        .class_method("class", +[](Object* self, SEL) { return self; })
        .class_method("description", +[](Object* self, SEL) { return string_result(static_cast<Class*>(self)->name); });

    define_class("NSAutoreleasePool")
        ->class_method("alloc", +[](Object*, SEL) -> Object* { return new Pool; })
        .class_method("new", +[](Object*, SEL) -> Object* { return new Pool; })
        .method("drain", +[](Object* self, SEL) { release(self); });

    define_class("NSString")
        ->class_method("stringWithUTF8String:", +[](Object*, SEL, const char* text) -> Object* {
            if (!text) { report("+[NSString stringWithUTF8String:]: NULL cString"); return nullptr; }
            return string_result(text);
        })
        .class_method("string", +[](Object*, SEL) { return string_result(""); })
        .class_method("alloc", +[](Object*, SEL) -> Object* { return new String(""); })
        .method("initWithUTF8String:", +[](String* self, SEL, const char* text) { self->text = text; return self; })
        .method("initWithBytes:length:encoding:", +[](String* self, SEL, const char* bytes, unsigned long length, unsigned long encoding) -> String* {
            if (encoding != utf8 && encoding != ascii) {
                report("-[NSString initWithBytes:length:encoding:]: SoftMetal knows the encodings 1 (ASCII) and 4 (UTF-8), not " + std::to_string(encoding));
                release(self);
                return nullptr;
            }
            self->text.assign(bytes, length);
            return self;
        })
        .method("UTF8String", +[](String* self, SEL) { return self->text.c_str(); })
        .method("lengthOfBytesUsingEncoding:", +[](String* self, SEL, unsigned long) { return (unsigned long)self->text.size(); })
        .method("length", +[](String* self, SEL) {
            unsigned long units = 0;                // UTF-16 units, as NSString counts
            for (unsigned char c : self->text) units += (c & 0xC0) == 0x80 ? 0 : c >= 0xF0 ? 2 : 1;
            return units;
        })
        .method("isEqualToString:", +[](String* self, SEL, String* other) -> bool { return other && self->text == other->text; });

    define_class("NSArray")
        ->class_method("array", +[](Object*, SEL) { return autorelease(new Array({})); })
        .class_method("arrayWithObject:", +[](Object*, SEL, Object* object) { return autorelease(array_of(&object, 1)); })
        .class_method("arrayWithObjects:count:", +[](Object*, SEL, Object** objects, unsigned long count) { return autorelease(array_of(objects, count)); })
        .class_method("alloc", +[](Object*, SEL) -> Object* { return new Array({}); })
        .method("initWithObjects:count:", +[](Array* self, SEL, Object** objects, unsigned long count) {
            for (unsigned long i = 0; i < count; i++) self->items.push_back(retain(objects[i]));
            return self;
        })
        .method("count", +[](Array* self, SEL) { return (unsigned long)self->items.size(); })
        .method("firstObject", +[](Array* self, SEL) -> Object* { return self->items.empty() ? nullptr : self->items[0]; })
        .method("objectAtIndex:", +[](Array* self, SEL, unsigned long index) -> Object* {
            if (index < self->items.size()) return self->items[index];
            report("-[NSArray objectAtIndex:]: index " + std::to_string(index) + " beyond bounds, count " + std::to_string(self->items.size()));
            return nullptr;
        });

    define_class("NSDictionary")
        ->class_method("dictionary", +[](Object*, SEL) -> Object* { return autorelease(new Dictionary); })
        .class_method("dictionaryWithObjects:forKeys:count:", +[](Object*, SEL, Object** objects, Object** keys, unsigned long count) {
            auto* d = new Dictionary;
            for (unsigned long i = 0; i < count; i++) d->put(keys[i], objects[i]);
            return autorelease(d);
        })
        .method("objectForKey:", +[](Dictionary* self, SEL, Object* key) { return self->find(key); })
        .method("count", +[](Dictionary* self, SEL) { return (unsigned long)self->pairs.size(); });

    define_class("NSNumber")
        ->class_method("numberWithInt:", number<int>)
        .class_method("numberWithUnsignedInt:", number<unsigned>)
        .class_method("numberWithInteger:", number<long>)
        .class_method("numberWithUnsignedInteger:", number<unsigned long>)
        .class_method("numberWithLongLong:", number<long long>)
        .class_method("numberWithUnsignedLongLong:", number<unsigned long long>)
        .class_method("numberWithBool:", number<bool>)
        .class_method("numberWithFloat:", number<float>)
        .class_method("numberWithDouble:", number<double>)
        .method("intValue", +[](Number* self, SEL) { return (int)self->whole; })
        .method("longLongValue", +[](Number* self, SEL) { return (long long)self->whole; })
        .method("doubleValue", +[](Number* self, SEL) { return self->is_real ? self->real : (double)self->whole; });

    define_class("NSError")
        ->method("localizedDescription", +[](Error* self, SEL) { return string_result(self->message); })
        .method("code", +[](Error* self, SEL) { return self->code; })
        .method("domain", +[](Error* self, SEL) { return string_result(self->domain); })
        .method("userInfo", +[](Error* self, SEL) -> Object* { return self->user_info ? self->user_info.get() : autorelease(new Dictionary); });
}

}

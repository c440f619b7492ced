// MTLLibrary, MTLFunction, compile options, function constants, pipeline states.
#include "device.hpp"
#include "diagnostics.hpp"
#include "mutants.hpp"

namespace softmetal {

namespace {

// MTLDataType, its name in MSL, and its size.
const struct { unsigned long type; const char* name; size_t size; } data_types[] = {
    {53, "bool", 1}, {54, "bool2", 2}, {55, "bool3", 4}, {56, "bool4", 4}, {45, "char", 1}, {49, "uchar", 1}, {37, "short", 2}, {41, "ushort", 2},
    {29, "int", 4}, {30, "int2", 8}, {31, "int3", 16}, {32, "int4", 16}, {33, "uint", 4}, {34, "uint2", 8}, {35, "uint3", 16}, {36, "uint4", 16},
    {3, "float", 4}, {4, "float2", 8}, {5, "float3", 16}, {6, "float4", 16}, {16, "half", 2}, {17, "half2", 4}, {19, "half4", 8},
    {81, "long", 8}, {85, "ulong", 8}, {121, "bfloat", 2},
};

std::string type_name(unsigned long type) {
    for (auto& t : data_types) if (t.type == type) return t.name;
    return "MTLDataType " + std::to_string(type);
}

std::string plain_name(std::string name) {
    static const std::map<std::string, std::string> others = {{"uint32_t", "uint"}, {"int32_t", "int"}, {"uint16_t", "ushort"}, {"int16_t", "short"},
        {"uint8_t", "uchar"}, {"int8_t", "char"}, {"int64_t", "long"}, {"uint64_t", "ulong"}, {"unsigned int", "uint"}, {"unsigned", "uint"}};
    auto found = others.find(name);
    return found == others.end() ? name : found->second;
}

bool add_value(FunctionConstantValues* self, const void* value, unsigned long type, std::pair<unsigned long, std::string>& place) {
    for (auto& t : data_types)
        if (t.type == type) { place = {type, std::string((const char*)value, t.size)}; return true; }
    report("-[MTLFunctionConstantValues setConstantValue:type:]: " + type_name(type) + " is no type for a function constant");
    (void)self;
    return false;
}

Function* new_function(Library* self, String* name, const ConstantValues* values, Object** error) {
    if (error) *error = nullptr;
    const char* const domain = "MTLLibraryErrorDomain";
    if (!name) { report("-[MTLLibrary newFunctionWithName:]: functionName must not be nil."); return nullptr; }
    const Entry* entry = nullptr;
    for (auto& e : self->compiled.translation.entries) if (e.host_name == name->text) entry = &e;
    if (!entry) { give_error(error, domain, 5, "Function " + name->text + " was not found in the library"); return nullptr; }
    auto* function = new Function(self, entry);
    if (!values) return function;
    function->specialised = true;
    for (auto& c : self->compiled.translation.constants) {
        auto by_index = values->by_index.find(c.index);
        auto by_name = values->by_name.find(c.name);
        bool given = by_index != values->by_index.end() || by_name != values->by_name.end();
        if (!given) {
            if (!entry->constants.count(c.name) || c.optional) continue;
            give_error(error, domain, 3, "Compiler error: function constant '" + c.name + "' (index " + std::to_string(c.index) + ") of function '" + entry->host_name + "' was not provided a value");
            release(function);
            return nullptr;
        }
        auto& value = by_index != values->by_index.end() ? by_index->second : by_name->second;
        if (type_name(value.first) != plain_name(c.type)) {
            std::string message = "function constant '" + c.name + "' (index " + std::to_string(c.index) + ") is of type " + plain_name(c.type) + ", but its value was set as " + type_name(value.first);
            report("-[MTLLibrary newFunctionWithName:constantValues:error:]: " + message);
            give_error(error, domain, 3, message);
            release(function);
            return nullptr;
        }
        function->constants[c.index] = value.second;
    }
    return function;
}

}

CompileOptions::CompileOptions() : Object(class_named("MTLCompileOptions")) {}
FunctionConstantValues::FunctionConstantValues() : Object(class_named("MTLFunctionConstantValues")) {}
Library::Library(Compiled c) : Object(class_named("MTLLibrary")), compiled(std::move(c)) {}
Function::Function(Library* library, const Entry* entry) : Object(class_named("MTLFunction")), library(library), entry(entry) {}
PipelineDescriptor::PipelineDescriptor() : Object(class_named("MTLComputePipelineDescriptor")) {}
Pipeline::Pipeline() : Object(class_named("MTLComputePipelineState")) {}

void define_library_classes() {
    class_named("MTLDevice")->method("newLibraryWithSource:options:error:",
            +[](Device*, SEL, String* source, CompileOptions* options, Object** error) -> Object* {
        if (error) *error = nullptr;
        if (!source) { report("-[MTLDevice newLibraryWithSource:options:error:]: source must not be nil."); return nullptr; }
        if (fault_strikes("compile")) {
            give_error(error, "MTLLibraryErrorDomain", 3, "program_source:1:1: error: unknown type name 'fault_injected'\n^\n1 error generated.\n");
            return nullptr;
        }
        CompileRequest request;
        if (options) request = options->request;
        request.source = with_edits(source->text);
        Compiled compiled = compile(request);
        if (compiled.library_path.empty()) { give_error(error, "MTLLibraryErrorDomain", 3, compiled.diagnostics); return nullptr; }
        return new Library(std::move(compiled));
    });

    for (auto* alloc : {"alloc", "new"}) {
        (class_named("MTLCompileOptions") ? class_named("MTLCompileOptions") : define_class("MTLCompileOptions"))
            ->class_method(alloc, +[](Object*, SEL) -> Object* { return new CompileOptions; });
        (class_named("MTLFunctionConstantValues") ? class_named("MTLFunctionConstantValues") : define_class("MTLFunctionConstantValues"))
            ->class_method(alloc, +[](Object*, SEL) -> Object* { return new FunctionConstantValues; });
        (class_named("MTLComputePipelineDescriptor") ? class_named("MTLComputePipelineDescriptor") : define_class("MTLComputePipelineDescriptor"))
            ->class_method(alloc, +[](Object*, SEL) -> Object* { return new PipelineDescriptor; });
    }

    class_named("MTLCompileOptions")
        ->method("setFastMathEnabled:", +[](CompileOptions* self, SEL, bool on) { self->request.fast_math = on; })
        .method("setMathMode:", +[](CompileOptions* self, SEL, long mode) { self->request.fast_math = mode != 0; })   // MTLMathModeSafe = 0
        .method("setMathFloatingPointFunctions:", +[](CompileOptions*, SEL, long) {})
        .method("setOptimizationLevel:", +[](CompileOptions*, SEL, long) {})
        .method("setLanguageVersion:", +[](CompileOptions* self, SEL, unsigned long version) {
            unsigned long major = version >> 16, minor = version & 0xffff;
            if (major < 1 || major > 4 || minor > 4) report("-[MTLCompileOptions setLanguageVersion:]: " + std::to_string(version) + " is not an MTLLanguageVersion");
            else self->request.language_version = (long)version;
        })
        .method("setPreprocessorMacros:", +[](CompileOptions* self, SEL, Dictionary* macros) {
            self->request.macros.clear();
            if (macros) for (auto& [key, value] : macros->pairs) self->request.macros.emplace_back(key->describe(), value->describe());
        });

    class_named("MTLFunctionConstantValues")
        ->method("setConstantValue:type:atIndex:", +[](FunctionConstantValues* self, SEL, const void* value, unsigned long type, unsigned long index) {
            std::pair<unsigned long, std::string> v;
            if (add_value(self, value, type, v)) self->values.by_index[(int)index] = v;
        })
        .method("setConstantValues:type:withRange:", +[](FunctionConstantValues* self, SEL, const char* values, unsigned long type, Range range) {
            std::pair<unsigned long, std::string> v;
            for (unsigned long i = 0; i < range.length; i++, values += v.second.size())
                if (add_value(self, values, type, v)) self->values.by_index[(int)(range.location + i)] = v;
        })
        .method("setConstantValue:type:withName:", +[](FunctionConstantValues* self, SEL, const void* value, unsigned long type, String* name) {
            std::pair<unsigned long, std::string> v;
            if (add_value(self, value, type, v)) self->values.by_name[name->text] = v;
        })
        .method("reset", +[](FunctionConstantValues* self, SEL) { self->values = {}; });

    define_class("MTLLibrary")
        ->method("newFunctionWithName:", +[](Library* self, SEL, String* name) { return new_function(self, name, nullptr, nullptr); })
        .method("newFunctionWithName:constantValues:error:", +[](Library* self, SEL, String* name, FunctionConstantValues* values, Object** error) {
            static const ConstantValues none;
            return new_function(self, name, values ? &values->values : &none, error);
        })
        .method("functionNames", +[](Library* self, SEL) {
            std::vector<Object*> names;
            for (auto& e : self->compiled.translation.entries) names.push_back(new String(e.host_name));
            return autorelease(new Array(names));
        })
        .method("device", +[](Library*, SEL) -> Object* { return the_device(); });

    define_class("MTLFunction")
        ->method("name", +[](Function* self, SEL) { return string_result(self->entry->host_name); })
        .method("functionType", +[](Function*, SEL) -> unsigned long { return 3; })
        .method("device", +[](Function*, SEL) -> Object* { return the_device(); });

    class_named("MTLComputePipelineDescriptor")
        ->method("setComputeFunction:", +[](PipelineDescriptor* self, SEL, Function* f) { self->function = Ref<Function>(f); })
        .method("setMaxTotalThreadsPerThreadgroup:", +[](PipelineDescriptor* self, SEL, unsigned long n) { self->max_threads = n; })
        .method("setThreadGroupSizeIsMultipleOfThreadExecutionWidth:", +[](PipelineDescriptor*, SEL, bool) {});

    define_class("MTLComputePipelineState")
        ->method("maxTotalThreadsPerThreadgroup", +[](Pipeline* self, SEL) { return self->max_threads; })
        .method("threadExecutionWidth", +[](Pipeline*, SEL) { return simd_width; })
        .method("staticThreadgroupMemoryLength", +[](Pipeline* self, SEL) { return self->static_memory.load(); })
        .method("device", +[](Pipeline*, SEL) -> Object* { return the_device(); });
}

}

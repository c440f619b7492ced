// Encoders: Metal's rules on what may be encoded, with messages in the manner of its validation layer.
#include "commands.hpp"
#include "diagnostics.hpp"
#include <algorithm>
#include <cstring>

namespace softmetal {

namespace {

std::string text(unsigned long n) { return std::to_string(n); }

void copy_buffer(BlitEncoder* self, SEL, Buffer* source, unsigned long source_offset, Buffer* target, unsigned long target_offset, unsigned long size) {
    const char* method = "copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:";
    if (!self->usable(method)) return;
    auto wrong = [&](const std::string& what) { self->buffer->violation(std::string("-[MTLBlitCommandEncoder ") + method + "]: " + what); };
    if (!source || !target) return wrong("buffer must not be nil.");
    if (source_offset > source->length || size > source->length - source_offset)
        return wrong("(sourceOffset + size)(" + text(source_offset + size) + ") must be <= [sourceBuffer length](" + text(source->length) + ").");
    if (target_offset > target->length || size > target->length - target_offset)
        return wrong("(destinationOffset + size)(" + text(target_offset + size) + ") must be <= [destinationBuffer length](" + text(target->length) + ").");
    if (source == target && source_offset < target_offset + size && target_offset < source_offset + size && size)
        return wrong("source and destination ranges overlap within the same buffer.");
    CommandBuffer* buffer = self->buffer.get();     // owns the pass, so that a plain pointer will do
    bool keeps = buffer->retains_resources;
    Ref<Buffer> kept_source(keeps ? source : nullptr), kept_target(keeps ? target : nullptr);
    self->pass->copies.push_back([=, kept_source = kept_source, kept_target = kept_target] {
        if (!source->alive() || !target->alive()) { buffer->violation("a buffer of a copy was deallocated while its command buffer was pending"); return; }
        memcpy(target->contents + target_offset, source->contents + source_offset, size);
    });
}

void fill_buffer(BlitEncoder* self, SEL, Buffer* target, Range range, unsigned char value) {
    if (!self->usable("fillBuffer:range:value:")) return;
    if (!target) { self->buffer->violation("-[MTLBlitCommandEncoder fillBuffer:range:value:]: buffer must not be nil."); return; }
    if (range.location > target->length || range.length > target->length - range.location || range.length == 0) {
        self->buffer->violation("-[MTLBlitCommandEncoder fillBuffer:range:value:]: range [" + text(range.location) + ", " + text(range.location + range.length)
                                + ") is empty or exceeds the buffer's length " + text(target->length) + ".");
        return;
    }
    Ref<Buffer> kept(target);
    self->pass->copies.push_back([=] { memset(kept->contents + range.location, value, range.length); });
}

}

Encoder::Encoder(const char* class_name, CommandBuffer* command_buffer, bool concurrent)
    : Object(class_named(class_name)), buffer(command_buffer) {
    buffer->passes.push_back(std::make_unique<Pass>());
    pass = buffer->passes.back().get();
    pass->concurrent = concurrent;
    buffer->encoding = this;
}

bool Encoder::usable(const char* method) {
    if (!ended && buffer->status < Status::committed) return true;
    buffer->violation("-[" + isa->name + " " + method + "]: called after endEncoding has been called");
    return false;
}

void Encoder::end() {
    if (!usable("endEncoding")) return;
    ended = true;
    pass->label = label;
    buffer->encoding = nullptr;
}

void Encoder::destroy() {
    if (!ended) {
        buffer->violation("-[" + isa->name + " dealloc]: Command encoder released without endEncoding");
        if (buffer->encoding == this) buffer->encoding = nullptr;
    }
    buffer = {};
}

void ComputeEncoder::set_buffer(Buffer* b, unsigned long offset, unsigned long index) {
    if (!usable("setBuffer:offset:atIndex:")) return;
    auto wrong = [&](const std::string& what) { buffer->violation("-[MTLComputeCommandEncoder setBuffer:offset:atIndex:]: " + what); };
    if (index >= buffer_limit) return wrong("index(" + text(index) + ") must be < 31.");
    if (b && !b->alive()) return wrong("buffer is deallocated.");
    if (b && b->isa->name != "MTLBuffer") return wrong("buffer is not a MTLBuffer.");
    if (b && offset >= b->length) return wrong("offset(" + text(offset) + ") must be < [buffer length](" + text(b->length) + ").");
    auto& binding = state.bindings[index];
    binding = {};
    if (!b) return;
    binding.buffer = b;
    binding.offset = offset;
    if (buffer->retains_resources) binding.kept = Ref<Buffer>(b);
}

void ComputeEncoder::dispatch(const char* method, Size groups, Size size, Size grid) {
    if (!usable(method)) return;
    auto wrong = [&](const std::string& what) { buffer->violation(std::string("-[MTLComputeCommandEncoder ") + method + "]: " + what); };
    if (!state.pipeline) return wrong("computePipelineState must be set before dispatch.");
    Pipeline& pipeline = *state.pipeline.get();
    if (groups.width == 0 || groups.height == 0 || groups.depth == 0) return wrong("the grid has a dimension of zero.");
    if (size.width == 0 || size.height == 0 || size.depth == 0) return wrong("threadsPerThreadgroup has a dimension of zero.");
    if (groups.width > 0xffffffff / size.width || groups.height > 0xffffffff / size.height || groups.depth > 0xffffffff / size.depth)
        return wrong("the grid has more than 2^32 - 1 threads in a dimension.");
    unsigned long count = size.width * size.height * size.depth;
    if (count > pipeline.max_threads)
        return wrong("(threadsPerThreadgroup.width(" + text(size.width) + ") * threadsPerThreadgroup.height(" + text(size.height) + ") * threadsPerThreadgroup.depth("
                     + text(size.depth) + "))(" + text(count) + ") must be <= " + text(pipeline.max_threads) + ". (kernel threadgroup size limit)");
    size_t threadgroup_total = 0;
    for (int i = 0; i < pipeline.kernel->parameter_count; i++) {
        const parameter& p = pipeline.kernel->parameters[i];
        if (!p.enabled || p.role == role::builtin) continue;
        std::string which = " for argument " + std::string(p.name) + " at index " + text((unsigned long)p.index) + " of kernel " + pipeline.function_name;
        if (p.role == role::threadgroup) {
            size_t length = state.threadgroup_lengths[p.index];
            if (length == 0) return wrong("missing threadgroup memory" + which + ".");
            if (p.reference && length < p.size) return wrong("threadgroup memory length(" + text(length) + ") must be >= " + text(p.size) + which + ".");
            threadgroup_total += length;
            continue;
        }
        auto& binding = state.bindings[p.index];
        if (!binding.buffer && !binding.bytes) return wrong("missing Buffer binding" + which + ".");
        size_t room = binding.bytes ? binding.bytes->size() : binding.buffer->length - binding.offset;
        if (room < p.size && p.reference)
            return wrong((binding.bytes ? "length(" : "(length - offset)(") + text(room) + ") must be >= " + text(p.size) + which + ".");
        size_t alignment = std::max<size_t>(p.alignment, binding.buffer ? 4 : 1);
        if (p.size == p.alignment) alignment = p.alignment;   // a pointer to scalars needs its own alignment alone
        if (binding.buffer && alignment && binding.offset % alignment)
            return wrong("offset(" + text(binding.offset) + ") must be a multiple of " + text(alignment) + which + ".");
        if (binding.bytes && p.writable) return wrong("bytes set with setBytes are read-only, and the kernel may write them," + which + ".");
    }
    if (threadgroup_total + pipeline.static_memory > threadgroup_memory_limit)
        return wrong("total threadgroup memory(" + text(threadgroup_total + pipeline.static_memory) + ") must be <= " + text(threadgroup_memory_limit) + ".");
    state.group_size = {(uint32_t)size.width, (uint32_t)size.height, (uint32_t)size.depth};
    state.groups = {(uint32_t)groups.width, (uint32_t)groups.height, (uint32_t)groups.depth};
    state.grid = {(uint32_t)grid.width, (uint32_t)grid.height, (uint32_t)grid.depth};
    state.label = pipeline.label.empty() || pipeline.label == pipeline.function_name ? pipeline.function_name : pipeline.function_name + " (" + pipeline.label + ")";
    if (!label.empty()) state.label += " in encoder \"" + label + "\"";
    pass->dispatches.push_back(state);
    state.signposts.clear();
}

void define_encoder_classes() {
    define_class("MTLComputeCommandEncoder")
        ->method("setComputePipelineState:", +[](ComputeEncoder* self, SEL, Pipeline* pipeline) {
            if (!self->usable("setComputePipelineState:")) return;
            if (!pipeline) self->buffer->violation("-[MTLComputeCommandEncoder setComputePipelineState:]: computePipelineState must not be nil.");
            else self->state.pipeline = Ref<Pipeline>(pipeline);
        })
        .method("setBuffer:offset:atIndex:", +[](ComputeEncoder* self, SEL, Buffer* b, unsigned long offset, unsigned long index) { self->set_buffer(b, offset, index); })
        .method("setBuffers:offsets:withRange:", +[](ComputeEncoder* self, SEL, Buffer** b, unsigned long* offsets, Range range) {
            for (unsigned long i = 0; i < range.length; i++) self->set_buffer(b[i], offsets[i], range.location + i);
        })
        .method("setBufferOffset:atIndex:", +[](ComputeEncoder* self, SEL, unsigned long offset, unsigned long index) {
            if (!self->usable("setBufferOffset:atIndex:")) return;
            auto wrong = [&](const std::string& what) { self->buffer->violation("-[MTLComputeCommandEncoder setBufferOffset:atIndex:]: " + what); };
            if (index >= buffer_limit) return wrong("index(" + text(index) + ") must be < 31.");
            auto& binding = self->state.bindings[index];
            if (!binding.buffer) return wrong("no buffer is set at index " + text(index) + ".");
            if (offset >= binding.buffer->length) return wrong("offset(" + text(offset) + ") must be < [buffer length](" + text(binding.buffer->length) + ").");
            binding.offset = offset;
        })
        .method("setBytes:length:atIndex:", +[](ComputeEncoder* self, SEL, const void* bytes, unsigned long length, unsigned long index) {
            if (!self->usable("setBytes:length:atIndex:")) return;
            auto wrong = [&](const std::string& what) { self->buffer->violation("-[MTLComputeCommandEncoder setBytes:length:atIndex:]: " + what); };
            if (index >= buffer_limit) return wrong("index(" + text(index) + ") must be < 31.");
            if (!bytes || length == 0) return wrong("bytes must not be nil, nor length zero.");
            if (length > 4096) return wrong("length(" + text(length) + ") must be <= 4096.");
            self->state.bindings[index] = {};
            self->state.bindings[index].bytes = std::make_shared<std::string>((const char*)bytes, length);
        })
        .method("setThreadgroupMemoryLength:atIndex:", +[](ComputeEncoder* self, SEL, unsigned long length, unsigned long index) {
            if (!self->usable("setThreadgroupMemoryLength:atIndex:")) return;
            auto wrong = [&](const std::string& what) { self->buffer->violation("-[MTLComputeCommandEncoder setThreadgroupMemoryLength:atIndex:]: " + what); };
            if (index >= buffer_limit) return wrong("index(" + text(index) + ") must be < 31.");
            if (length % 16) return wrong("length(" + text(length) + ") must be a multiple of 16 bytes.");
            if (length > threadgroup_memory_limit) return wrong("length(" + text(length) + ") must be <= " + text(threadgroup_memory_limit) + ".");
            self->state.threadgroup_lengths[index] = length;
        })
        .method("dispatchThreadgroups:threadsPerThreadgroup:", +[](ComputeEncoder* self, SEL, Size groups, Size size) {
            self->dispatch("dispatchThreadgroups:threadsPerThreadgroup:", groups, size, {groups.width * size.width, groups.height * size.height, groups.depth * size.depth});
        })
        .method("dispatchThreads:threadsPerThreadgroup:", +[](ComputeEncoder* self, SEL, Size threads, Size size) {
            auto groups = [](unsigned long n, unsigned long s) { return s ? n / s + (n % s != 0) : n; };
            self->dispatch("dispatchThreads:threadsPerThreadgroup:",
                           {groups(threads.width, size.width), groups(threads.height, size.height), groups(threads.depth, size.depth)}, size, threads);
        })
        .method("memoryBarrierWithScope:", +[](ComputeEncoder* self, SEL, unsigned long scope) {
            if (!self->usable("memoryBarrierWithScope:")) return;
            if (scope & 1) self->pass->barriers.push_back({self->pass->dispatches.size(), true, {}});   // MTLBarrierScopeBuffers = 1
            else self->buffer->violation("-[MTLComputeCommandEncoder memoryBarrierWithScope:]: the scope does not include buffers.");
        })
        .method("memoryBarrierWithResources:count:", +[](ComputeEncoder* self, SEL, Buffer** resources, unsigned long count) {
            if (!self->usable("memoryBarrierWithResources:count:")) return;
            self->pass->barriers.push_back({self->pass->dispatches.size(), false, std::vector<Buffer*>(resources, resources + count)});
        })
        .method("insertDebugSignpost:", +[](ComputeEncoder* self, SEL, String* text) {
            if (self->usable("insertDebugSignpost:") && text) self->state.signposts.push_back(text->text);
        })
        .method("dispatchType", +[](ComputeEncoder* self, SEL) -> unsigned long { return self->pass->concurrent; })
        .method("useResource:usage:", +[](ComputeEncoder* self, SEL, Buffer*, unsigned long) { self->usable("useResource:usage:"); });

    define_class("MTLBlitCommandEncoder")
        ->method("copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:", copy_buffer)
        .method("insertDebugSignpost:", +[](BlitEncoder*, SEL, String*) {})
        .method("fillBuffer:range:value:", fill_buffer);

    for (const char* name : {"MTLComputeCommandEncoder", "MTLBlitCommandEncoder"})
        class_named(name)->method("endEncoding", +[](Encoder* self, SEL) { self->end(); })
            .method("setLabel:", +[](Object* self, SEL, String* label) { self->label = label ? label->text : ""; })
            .method("label", +[](Object* self, SEL) -> Object* { return self->label.empty() ? nullptr : string_result(self->label); })
            .method("pushDebugGroup:", +[](Encoder*, SEL, String*) {})
            .method("popDebugGroup", +[](Encoder*, SEL) {})
            .method("device", +[](Encoder*, SEL) -> Object* { return the_device(); });
}

}

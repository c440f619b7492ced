// Command queues and buffers: committed work runs later, on the queue's thread, in order.
#include "commands.hpp"
#include "diagnostics.hpp"
#include <chrono>
#include <cstring>

namespace softmetal {

Object* MTLCommandBufferEncoderInfoErrorKey;

namespace {

// What an error tells of one encoder.
struct EncoderInfo : Object {
    std::vector<std::string> signposts;
    EncoderState state;
    EncoderInfo(const std::string& encoder, std::vector<std::string> signposts, EncoderState state)
        : Object(class_named("MTLCommandBufferEncoderInfo")), signposts(std::move(signposts)), state(state) { label = encoder; }
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::atomic<uint32_t> dispatch_numbers{1};

// The order in which a pass runs its dispatches. depends(j, i): dispatch j must come after dispatch i.
std::vector<size_t> order_of(size_t count, bool concurrent, const std::function<bool(size_t, size_t)>& depends) {
    std::vector<size_t> order;
    if (!concurrent || settings.concurrent == Order::forward) {
        for (size_t i = 0; i < count; i++) order.push_back(i);
        return order;
    }
    static Shuffler random(settings.seed);
    std::vector<bool> done(count);
    while (order.size() < count) {
        std::vector<size_t> free;
        for (size_t j = 0; j < count; j++) {
            bool ready = !done[j];
            for (size_t i = 0; i < j && ready; i++) ready = done[i] || !depends(j, i);
            if (ready) free.push_back(j);
        }
        size_t chosen = settings.concurrent == Order::reverse ? free.back() : free[random() % free.size()];
        done[chosen] = true;
        order.push_back(chosen);
    }
    return order;
}

}

CommandQueue::CommandQueue() : Object(class_named("MTLCommandQueue")) { worker = std::thread(&CommandQueue::serve, this); }

void CommandQueue::destroy() {
    {
        std::lock_guard guard(lock);
        closing = true;
    }
    work.notify_all();
    // A queue can lose its last reference on its own thread, with the last command buffer.
    if (worker.get_id() == std::this_thread::get_id()) worker.detach();
    else worker.join();
}

void CommandQueue::commit(CommandBuffer* buffer) {
    retain(buffer);
    {
        std::lock_guard guard(lock);
        committed.push_back(buffer);
    }
    work.notify_all();
}

void CommandQueue::serve() {
    for (;;) {
        CommandBuffer* next;
        {
            std::unique_lock guard(lock);
            work.wait(guard, [&] { return closing || !committed.empty(); });
            if (committed.empty()) return;
            next = committed.front();
            committed.pop_front();
        }
        if (settings.delay_microseconds) std::this_thread::sleep_for(std::chrono::microseconds(settings.delay_microseconds));
        next->execute();
        // Let go before anyone is told, so that a client who waited counts its own references alone. If this was the last
        // one, the memory is still there: destroyed objects stay in the quarantine.
        release(next);
        next->finish();
        if (closing && committed.empty()) return;
    }
}

CommandBufferDescriptor::CommandBufferDescriptor() : Object(class_named("MTLCommandBufferDescriptor")) {}

CommandBuffer::CommandBuffer(CommandQueue* queue, bool retains_resources)
    : Object(class_named("MTLCommandBuffer")), queue(queue), retains_resources(retains_resources) {}

void CommandBuffer::violation(const std::string& message) {
    report(message);
    std::lock_guard guard(lock);
    if (failure.empty()) failure = message;
}

void CommandBuffer::execute() {
    start_time = now();
    status = Status::scheduled;
    // MTLCommandBufferErrorTimeout = 2, PageFault = 3. A fault of the whole command buffer is no encoder's.
    long code = fault_strikes("commandbuffer") ? 2 : 3;
    if (code == 2) {
        failure = "Caused GPU Hang Error (00000003:kIOAccelCommandBufferCallbackErrorHang): fault injected";
        for (auto& pass : passes) pass->state = EncoderState::affected;
    }
    for (auto& pass : passes) {
        if (!failure.empty()) break;
        run_pass(*pass);
        pass->state = failure.empty() ? EncoderState::completed : EncoderState::faulted;
    }
    end_time = now();
    if (!failure.empty()) {
        std::string name = label.empty() ? "" : " in command buffer \"" + label + "\"";
        auto* e = new Error("MTLCommandBufferErrorDomain", code, failure + name);
        if (error_options & 1) {
            auto* info = new Dictionary;
            Object* infos = encoder_infos();
            info->put(MTLCommandBufferEncoderInfoErrorKey, infos);
            e->user_info = Ref<Dictionary>(info);
            release(infos);
            release(info);
        }
        error = Ref<Error>(e);
        release(e);
    }
    passes.clear();                                 // lets go of buffers and pipelines
}

void CommandBuffer::finish() {
    std::lock_guard guard(lock);
    status = failure.empty() ? Status::completed : Status::error;
    changed.notify_all();
}

void CommandBuffer::wait(Status least) {
    std::unique_lock guard(lock);
    changed.wait(guard, [&] { return status >= least; });
}

Object* CommandBuffer::encoder_infos() const {
    std::vector<Object*> infos;
    for (auto& pass : passes) infos.push_back(new EncoderInfo(pass->label, pass->signposts, pass->state));
    return new Array(std::move(infos));
}

void CommandBuffer::run_pass(Pass& pass) {
    for (auto& copy : pass.copies) copy();
    size_t count = pass.dispatches.size();
    auto touches = [&](size_t i, Buffer* b) {
        for (auto& binding : pass.dispatches[i].bindings) if (binding.buffer == b) return true;
        return false;
    };
    // Direct dependence through one barrier; the order below respects chains of them by construction.
    auto depends = [&](size_t j, size_t i) {
        if (!pass.concurrent) return true;
        for (auto& b : pass.barriers) {
            if (b.before <= i || b.before > j) continue;
            if (b.all) return true;
            for (Buffer* r : b.resources) if (touches(i, r) && touches(j, r)) return true;
        }
        return false;
    };
    uint32_t base = dispatch_numbers.fetch_add((uint32_t)count);
    // For the race checker: chains of barriers order too.
    std::vector<std::vector<bool>> after;
    if (settings.check && pass.concurrent) {
        after.assign(count, std::vector<bool>(count));
        for (size_t j = 0; j < count; j++) for (size_t i = j; i-- > 0;) {
            if (!after[j][i] && !depends(j, i)) continue;
            after[j][i] = true;
            for (size_t k = 0; k < i; k++) if (after[i][k]) after[j][k] = true;
        }
    }
    for (size_t j : order_of(count, pass.concurrent, depends)) {
        std::vector<uint32_t> concurrent;
        if (!after.empty()) for (size_t i = 0; i < count; i++) if (i != j && !after[std::max(i, j)][std::min(i, j)]) concurrent.push_back(base + (uint32_t)i);
        auto& dispatch = pass.dispatches[j];
        pass.signposts.insert(pass.signposts.end(), dispatch.signposts.begin(), dispatch.signposts.end());
        if (fault_strikes("dispatch")) failure = "Caused GPU Address Fault Error (0000000b:kIOAccelCommandBufferCallbackErrorPageFault): fault injected";
        else run_dispatch(dispatch, base + (uint32_t)j, std::move(concurrent));
        if (!failure.empty()) return;
    }
}

void CommandBuffer::run_dispatch(DispatchCommand& c, uint32_t number, std::vector<uint32_t> concurrent) {
    Launch launch;
    launch.kernel = c.pipeline->kernel;
    launch.groups = c.groups;
    launch.group_size = c.group_size;
    launch.grid = c.grid;
    launch.number = number;
    launch.concurrent = std::move(concurrent);
    launch.name = c.label.c_str();
    for (int i = 0; i < buffer_slots; i++) {
        auto& b = c.bindings[i];
        launch.threadgroup_lengths[i] = c.threadgroup_lengths[i];
        if (b.buffer) {
            if (!b.buffer->alive()) {
                violation(c.label + ": the buffer at index " + std::to_string(i) + " was deallocated while the command buffer that uses it was pending");
                return;
            }
            launch.buffers[i] = b.buffer->contents + b.offset;
            launch.extents.push_back({b.buffer->contents, b.buffer->length});
        }
        else if (b.bytes) {
            launch.buffers[i] = b.bytes->data();
            launch.extents.push_back({(unsigned char*)b.bytes->data(), b.bytes->size()});
        }
    }
    softmetal::run(launch);
    if (c.pipeline->static_memory == 0) c.pipeline->static_memory = launch.static_memory.load();
    if (!launch.error.empty()) violation("kernel " + c.label + ": " + launch.error);
}

Object* new_command_queue(Device*, SEL) { return fault_strikes("queue") ? nullptr : new CommandQueue; }

void define_command_classes() {
    define_class("MTLCommandQueue")
        ->method("commandBuffer", +[](CommandQueue* self, SEL) { return autorelease(new CommandBuffer(self, true)); })
        .method("commandBufferWithUnretainedReferences", +[](CommandQueue* self, SEL) { return autorelease(new CommandBuffer(self, false)); })
        .method("commandBufferWithDescriptor:", +[](CommandQueue* self, SEL, CommandBufferDescriptor* descriptor) -> Object* {
            if (!descriptor) { report("-[MTLCommandQueue commandBufferWithDescriptor:]: descriptor must not be nil."); return nullptr; }
            auto* buffer = new CommandBuffer(self, descriptor->retains_resources);
            buffer->error_options = descriptor->error_options;
            return autorelease(buffer);
        })
        .method("device", +[](CommandQueue*, SEL) -> Object* { return the_device(); });

    define_class("MTLCommandBuffer")
        ->method("computeCommandEncoderWithDispatchType:", +[](CommandBuffer* self, SEL, unsigned long type) -> Object* {
            if (self->status >= Status::committed) { self->violation("-[MTLCommandBuffer computeCommandEncoder]: the command buffer is already committed"); return nullptr; }
            if (self->encoding) { self->violation("A command encoder is already encoding to this command buffer"); return nullptr; }
            return autorelease(new ComputeEncoder(self, type == 1));   // MTLDispatchTypeConcurrent = 1
        })
        .method("computeCommandEncoder", +[](CommandBuffer* self, SEL) -> Object* {
            if (self->status >= Status::committed) { self->violation("-[MTLCommandBuffer computeCommandEncoder]: the command buffer is already committed"); return nullptr; }
            if (self->encoding) { self->violation("A command encoder is already encoding to this command buffer"); return nullptr; }
            return autorelease(new ComputeEncoder(self, false));
        })
        .method("blitCommandEncoder", +[](CommandBuffer* self, SEL) -> Object* {
            if (self->status >= Status::committed) { self->violation("-[MTLCommandBuffer blitCommandEncoder]: the command buffer is already committed"); return nullptr; }
            if (self->encoding) { self->violation("A command encoder is already encoding to this command buffer"); return nullptr; }
            return autorelease(new BlitEncoder(self));
        })
        .method("enqueue", +[](CommandBuffer* self, SEL) { if (self->status == Status::not_enqueued) self->status = Status::enqueued; })
        .method("commit", +[](CommandBuffer* self, SEL) {
            if (self->status >= Status::committed) { self->violation("-[MTLCommandBuffer commit]: commit an already committed command buffer"); return; }
            if (self->encoding) self->violation("-[MTLCommandBuffer commit]: commit command buffer with uncommitted encoder");
            self->status = Status::committed;
            self->queue->commit(self);
        })
        .method("waitUntilScheduled", +[](CommandBuffer* self, SEL) {
            if (self->status < Status::committed) { self->violation("-[MTLCommandBuffer waitUntilScheduled]: the command buffer is not committed"); return; }
            self->wait(Status::scheduled);
        })
        .method("waitUntilCompleted", +[](CommandBuffer* self, SEL) {
            if (self->status < Status::committed) { self->violation("-[MTLCommandBuffer waitUntilCompleted]: the command buffer is not committed"); return; }
            self->wait(Status::completed);
        })
        .method("status", +[](CommandBuffer* self, SEL) { return (unsigned long)self->status.load(); })
        .method("error", +[](CommandBuffer* self, SEL) -> Object* { return self->status == Status::error ? autorelease(retain(self->error.get())) : nullptr; })
        .method("GPUStartTime", +[](CommandBuffer* self, SEL) { return self->start_time; })
        .method("GPUEndTime", +[](CommandBuffer* self, SEL) { return self->end_time; })
        .method("kernelStartTime", +[](CommandBuffer* self, SEL) { return self->start_time; })
        .method("kernelEndTime", +[](CommandBuffer* self, SEL) { return self->end_time; })
        .method("retainedReferences", +[](CommandBuffer* self, SEL) { return self->retains_resources; })
        .method("commandQueue", +[](CommandBuffer* self, SEL) -> Object* { return self->queue.get(); })
        .method("device", +[](CommandBuffer*, SEL) -> Object* { return the_device(); });

    define_class("MTLCommandBufferDescriptor")
        ->class_method("alloc", +[](Object*, SEL) -> Object* { return new CommandBufferDescriptor; })
        .class_method("new", +[](Object*, SEL) -> Object* { return new CommandBufferDescriptor; })
        .method("setRetainedReferences:", +[](CommandBufferDescriptor* self, SEL, bool value) { self->retains_resources = value; })
        .method("retainedReferences", +[](CommandBufferDescriptor* self, SEL) { return self->retains_resources; })
        .method("setErrorOptions:", +[](CommandBufferDescriptor* self, SEL, unsigned long value) { self->error_options = value; })
        .method("errorOptions", +[](CommandBufferDescriptor* self, SEL) { return self->error_options; });

    define_class("MTLCommandBufferEncoderInfo")
        ->method("label", +[](Object* self, SEL) { return string_result(self->label); })
        .method("debugSignposts", +[](EncoderInfo* self, SEL) -> Object* {
            std::vector<Object*> texts;
            for (auto& text : self->signposts) texts.push_back(new String(text));
            return autorelease(new Array(std::move(texts)));
        })
        .method("errorState", +[](EncoderInfo* self, SEL) { return (long)self->state; });
    MTLCommandBufferEncoderInfoErrorKey = new String("MTLCommandBufferEncoderInfoErrorKey");

    // Labels: for every class of Metal objects.
    for (const char* name : {"MTLBuffer", "MTLCommandQueue", "MTLCommandBuffer", "MTLLibrary", "MTLFunction", "MTLComputePipelineState", "MTLComputePipelineDescriptor"})
        class_named(name)->method("setLabel:", +[](Object* self, SEL, String* label) { self->label = label ? label->text : ""; })
            .method("label", +[](Object* self, SEL) -> Object* { return self->label.empty() ? nullptr : string_result(self->label); });
    define_encoder_classes();
}

}

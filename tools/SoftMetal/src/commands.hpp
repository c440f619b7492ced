// Queues, command buffers, encoders: what a client records, and when it runs.
#pragma once
#include "device.hpp"
#include "executor.hpp"
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <thread>

namespace softmetal {

struct CommandBuffer;

struct CommandQueue : Object {
    std::mutex lock;
    std::condition_variable work;
    std::deque<CommandBuffer*> committed;           // retained
    bool closing = false;
    std::thread worker;                             // last: it starts at once and reads the rest
    CommandQueue();
    void destroy() override;
    void commit(CommandBuffer* buffer);
private:
    void serve();
};

// A dispatch with all that was bound when it was encoded.
struct DispatchCommand {
    Ref<Pipeline> pipeline;
    triple groups, group_size, grid;
    struct Binding { Buffer* buffer = nullptr; Ref<Buffer> kept; unsigned long offset = 0; std::shared_ptr<std::string> bytes; };
    Binding bindings[buffer_slots];
    size_t threadgroup_lengths[buffer_slots] = {};
    std::string label;                              // of the encoder and the pipeline, for messages
    std::vector<std::string> signposts;             // inserted since the dispatch before
};

struct Barrier { size_t before; bool all; std::vector<Buffer*> resources; };   // stands before dispatch number `before`

// MTLCommandEncoderErrorState.
enum class EncoderState : unsigned long { unknown = 0, completed = 1, affected = 2, pending = 3, faulted = 4 };

// The commands of one encoder.
struct Pass {
    EncoderState state = EncoderState::pending;
    std::vector<std::string> signposts;             // of the dispatches that have begun
    bool concurrent = false;
    std::string label;
    std::vector<DispatchCommand> dispatches;
    std::vector<Barrier> barriers;
    std::vector<std::function<void()>> copies;      // of a blit encoder
};

enum class Status : unsigned long { not_enqueued = 0, enqueued = 1, committed = 2, scheduled = 3, completed = 4, error = 5 };

struct CommandBufferDescriptor : Object {
    bool retains_resources = true;
    unsigned long error_options = 0;                // MTLCommandBufferErrorOptionEncoderExecutionStatus = 1
    CommandBufferDescriptor();
};

struct CommandBuffer : Object {
    Ref<CommandQueue> queue;
    bool retains_resources;
    unsigned long error_options = 0;
    std::vector<std::unique_ptr<Pass>> passes;
    Object* encoding = nullptr;                     // the encoder that is open
    std::string failure;                            // the first violation or fault
    std::mutex lock;
    std::condition_variable changed;
    std::atomic<Status> status{Status::not_enqueued};
    Ref<Error> error;
    double start_time = 0, end_time = 0;
    CommandBuffer(CommandQueue* queue, bool retains_resources);
    void destroy() override { passes.clear(); queue = {}; error = {}; }
    void violation(const std::string& message);     // reports, and makes the command buffer fail
    void execute();
    void finish();                                  // tells those who wait
    void wait(Status least);
private:
    Object* encoder_infos() const;
    void run_pass(Pass& pass);
    void run_dispatch(DispatchCommand& command, uint32_t number, std::vector<uint32_t> concurrent);
};

struct Encoder : Object {
    Ref<CommandBuffer> buffer;
    Pass* pass;
    bool ended = false;
    Encoder(const char* class_name, CommandBuffer* buffer, bool concurrent);
    bool usable(const char* method);                // false, with a violation, after endEncoding
    void end();
    void destroy() override;
};

struct ComputeEncoder : Encoder {
    DispatchCommand state;                          // of the next dispatch
    ComputeEncoder(CommandBuffer* buffer, bool concurrent) : Encoder("MTLComputeCommandEncoder", buffer, concurrent) {}
    void destroy() override { Encoder::destroy(); state = {}; }
    void set_buffer(Buffer* b, unsigned long offset, unsigned long index);
    void dispatch(const char* method, Size groups, Size group_size, Size grid);
};

struct BlitEncoder : Encoder {
    explicit BlitEncoder(CommandBuffer* buffer) : Encoder("MTLBlitCommandEncoder", buffer, false) {}
};

void define_encoder_classes();

}

// What the error of a failed command buffer tells of its encoders: labels, signposts, states, as in MTLCommandBuffer.h.
#include "client.hpp"

extern "C" id MTLCommandBufferEncoderInfoErrorKey;

static const std::string source = R"(#include <metal_stdlib>
using namespace metal;
kernel void add(device float* a [[buffer(0)]]) { a[0] += 1; }
)";

static id described_buffer(Gpu& gpu, unsigned long options) {
    Owned descriptor(send(objc_getClass("MTLCommandBufferDescriptor"), "new"));
    CHECK(send<bool>(descriptor, "retainedReferences") && send<unsigned long>(descriptor, "errorOptions") == 0);
    send<void>(descriptor, "setErrorOptions:", options);
    return send(gpu.queue, "commandBufferWithDescriptor:", (id)descriptor);
}

// Three encoders of two dispatches each, a signpost before every one; the fault strikes somewhere.
static id run_three(Gpu& gpu, const char* fault, unsigned long options) {
    Owned p = gpu.pipeline(source, "add"), a = gpu.buffer(std::vector<float>{0});
    id command = described_buffer(gpu, options);
    for (int i = 0; i < 3; i++) {
        id e = send(command, "computeCommandEncoder");
        send<void>(e, "setLabel:", string("encoder " + std::to_string(i)));
        send<void>(e, "setComputePipelineState:", (id)p);
        send<void>(e, "setBuffer:offset:atIndex:", (id)a, 0ul, 0ul);
        for (int j = 0; j < 2; j++) {
            send<void>(e, "insertDebugSignpost:", string("post " + std::to_string(2 * i + j)));
            send<void>(e, "dispatchThreadgroups:threadsPerThreadgroup:", MTLSize{1, 1, 1}, MTLSize{1, 1, 1});
        }
        send<void>(e, "endEncoding");
    }
    CHECK(softmetal_set_fault(fault));
    send<void>(command, "commit");
    send<void>(command, "waitUntilCompleted");
    return send(command, "error");
}

static std::string told(id info) {
    std::string text = text_of(send(info, "label")) + ":" + std::to_string(send<long>(info, "errorState"));
    id posts = send(info, "debugSignposts");
    for (unsigned long i = 0; i < send<unsigned long>(posts, "count"); i++) text += " " + text_of(send(posts, "objectAtIndex:", i));
    return text;
}

TEST(failures_tell_the_state_of_every_encoder) {
    Gpu gpu;
    id error = run_three(gpu, "dispatch:4", 1);
    CHECK_CONTAINS(describe_error(error), "Address Fault");
    id infos = send(send(error, "userInfo"), "objectForKey:", MTLCommandBufferEncoderInfoErrorKey);
    CHECK(send<unsigned long>(infos, "count") == 3);
    CHECK(told(send(infos, "objectAtIndex:", 0ul)) == "encoder 0:1 post 0 post 1");   // completed
    CHECK(told(send(infos, "objectAtIndex:", 1ul)) == "encoder 1:4 post 2 post 3");   // faulted
    CHECK(told(send(infos, "objectAtIndex:", 2ul)) == "encoder 2:3");                 // pending
    id other = run_three(gpu, "dispatch:3", 1);
    infos = send(send(other, "userInfo"), "objectForKey:", MTLCommandBufferEncoderInfoErrorKey);
    CHECK(told(send(infos, "objectAtIndex:", 1ul)) == "encoder 1:4 post 2");          // what has begun
}

TEST(failures_of_the_whole_command_buffer_are_no_encoders) {
    Gpu gpu;
    id infos = send(send(run_three(gpu, "commandbuffer", 1), "userInfo"), "objectForKey:", MTLCommandBufferEncoderInfoErrorKey);
    for (unsigned long i = 0; i < 3; i++) CHECK(told(send(infos, "objectAtIndex:", i)) == "encoder " + std::to_string(i) + ":2");   // affected
}

TEST(failures_tell_encoders_only_if_asked) {
    Gpu gpu;
    id error = run_three(gpu, "dispatch:4", 0);
    CHECK(error && send(send(error, "userInfo"), "objectForKey:", MTLCommandBufferEncoderInfoErrorKey) == nullptr);
    CHECK(run_three(gpu, "dispatch:7", 1) == nullptr);
    softmetal_set_fault("");
}

TEST(faults_may_stay) {
    Gpu gpu;
    CHECK(softmetal_set_fault("alloc:2+"));
    CHECK(Owned(gpu.buffer(16)));
    for (int i = 0; i < 3; i++) CHECK(!Owned(gpu.buffer(16)));
    softmetal_set_fault("");
    CHECK(Owned(gpu.buffer(16)));
    CHECK(!softmetal_set_fault("alloc:2-") && !softmetal_set_fault("alloc:x") && !softmetal_set_fault("alloc:"));
    softmetal_set_fault("");
}

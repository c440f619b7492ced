# The two pieces that C++ cannot say: objc_msgSend (keep every argument register, look the method up, jump to it) and
# the switch between fibers (keep what the calling convention says survives a call, exchange stacks).

#if defined(__x86_64__)
        .text
        .p2align 4
        .globl  objc_msgSend
        .type   objc_msgSend, @function
objc_msgSend:
        .cfi_startproc
        testq   %rdi, %rdi
        jz      .Lnil
        call    .Lkeep_and_look_up
        jmp     *%r11
        .cfi_endproc
        .size   objc_msgSend, . - objc_msgSend

# Methods that return a structure in memory: the address of the result comes first, then self, then the selector.
        .p2align 4
        .globl  objc_msgSend_stret
        .type   objc_msgSend_stret, @function
objc_msgSend_stret:
        .cfi_startproc
        testq   %rsi, %rsi
        jz      .Lnil
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        call    .Lkeep_and_look_up
        popq    %rdx
        popq    %rsi
        popq    %rdi
        jmp     *%r11
.Lnil:
        xorl    %eax, %eax
        xorl    %edx, %edx
        xorps   %xmm0, %xmm0
        xorps   %xmm1, %xmm1
        ret
        .cfi_endproc
        .size   objc_msgSend_stret, . - objc_msgSend_stret

# In: rdi = self, rsi = selector. Out: r11 = the method. Everything else is kept.
        .p2align 4
.Lkeep_and_look_up:
        pushq   %rbp
        movq    %rsp, %rbp
        andq    $-16, %rsp
        subq    $192, %rsp
        movq    %rdi, 0(%rsp)
        movq    %rsi, 8(%rsp)
        movq    %rdx, 16(%rsp)
        movq    %rcx, 24(%rsp)
        movq    %r8, 32(%rsp)
        movq    %r9, 40(%rsp)
        movq    %rax, 48(%rsp)
        movq    %r10, 56(%rsp)
        movaps  %xmm0, 64(%rsp)
        movaps  %xmm1, 80(%rsp)
        movaps  %xmm2, 96(%rsp)
        movaps  %xmm3, 112(%rsp)
        movaps  %xmm4, 128(%rsp)
        movaps  %xmm5, 144(%rsp)
        movaps  %xmm6, 160(%rsp)
        movaps  %xmm7, 176(%rsp)
        call    softmetal_method@PLT
        movq    %rax, %r11
        movq    0(%rsp), %rdi
        movq    8(%rsp), %rsi
        movq    16(%rsp), %rdx
        movq    24(%rsp), %rcx
        movq    32(%rsp), %r8
        movq    40(%rsp), %r9
        movq    48(%rsp), %rax
        movq    56(%rsp), %r10
        movaps  64(%rsp), %xmm0
        movaps  80(%rsp), %xmm1
        movaps  96(%rsp), %xmm2
        movaps  112(%rsp), %xmm3
        movaps  128(%rsp), %xmm4
        movaps  144(%rsp), %xmm5
        movaps  160(%rsp), %xmm6
        movaps  176(%rsp), %xmm7
        movq    %rbp, %rsp
        popq    %rbp
        ret

# void softmetal_switch(void** save_stack, void* new_stack)
        .p2align 4
        .globl  softmetal_switch
        .hidden softmetal_switch
        .type   softmetal_switch, @function
softmetal_switch:
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret
        .size   softmetal_switch, . - softmetal_switch

# Where a fresh fiber begins: r12 holds the function, which never returns.
        .p2align 4
        .globl  softmetal_fiber_start
        .hidden softmetal_fiber_start
softmetal_fiber_start:
        call    *%r12
        ud2

#elif defined(__aarch64__)
        .text
        .p2align 4
        .globl  objc_msgSend
        .type   objc_msgSend, %function
objc_msgSend:
        cbz     x0, 1f
        stp     x29, x30, [sp, #-224]!
        mov     x29, sp
        stp     x0, x1, [sp, #16]
        stp     x2, x3, [sp, #32]
        stp     x4, x5, [sp, #48]
        stp     x6, x7, [sp, #64]
        str     x8, [sp, #80]
        stp     q0, q1, [sp, #96]
        stp     q2, q3, [sp, #128]
        stp     q4, q5, [sp, #160]
        stp     q6, q7, [sp, #192]
        bl      softmetal_method
        mov     x16, x0
        ldp     x0, x1, [sp, #16]
        ldp     x2, x3, [sp, #32]
        ldp     x4, x5, [sp, #48]
        ldp     x6, x7, [sp, #64]
        ldr     x8, [sp, #80]
        ldp     q0, q1, [sp, #96]
        ldp     q2, q3, [sp, #128]
        ldp     q4, q5, [sp, #160]
        ldp     q6, q7, [sp, #192]
        ldp     x29, x30, [sp], #224
        br      x16
1:      mov     x1, #0
        movi    d0, #0
        movi    d1, #0
        movi    d2, #0
        movi    d3, #0
        ret
        .size   objc_msgSend, . - objc_msgSend

        .p2align 4
        .globl  softmetal_switch
        .hidden softmetal_switch
        .type   softmetal_switch, %function
softmetal_switch:
        sub     sp, sp, #160
        stp     x19, x20, [sp, #0]
        stp     x21, x22, [sp, #16]
        stp     x23, x24, [sp, #32]
        stp     x25, x26, [sp, #48]
        stp     x27, x28, [sp, #64]
        stp     x29, x30, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mov     x9, sp
        str     x9, [x0]
        mov     sp, x1
        ldp     x19, x20, [sp, #0]
        ldp     x21, x22, [sp, #16]
        ldp     x23, x24, [sp, #32]
        ldp     x25, x26, [sp, #48]
        ldp     x27, x28, [sp, #64]
        ldp     x29, x30, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        add     sp, sp, #160
        ret
        .size   softmetal_switch, . - softmetal_switch

        .p2align 4
        .globl  softmetal_fiber_start
        .hidden softmetal_fiber_start
softmetal_fiber_start:
        blr     x19
        brk     #0
#endif
        .section .note.GNU-stack,"",%progbits

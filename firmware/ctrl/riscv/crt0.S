/* SPDX-License-Identifier: MIT */
/*
 * Entry and trap vector. The loader has zeroed what lies behind the file's bytes, so .bss needs
 * nothing here. Interrupts are never taken: the main loop sleeps in wfi, which a pending enabled
 * interrupt ends, and reads the event registers. A trap is therefore always a defect.
 */
	.section .init, "ax"
	.globl _start
_start:
	csrw mie, zero
	csrci mstatus, 8
	la t0, trap_vector
	csrw mtvec, t0
	la sp, stack_top
	call firmware_main
1:	wfi
	j 1b

	.text
	.balign 4
trap_vector:
	/* A trap while the first one is being reported: stay down. */
	csrrwi t0, mscratch, 1
	bnez t0, 1b
	la t0, crash_frame
	sd ra, 8(t0)
	sd sp, 16(t0)
	sd gp, 24(t0)
	sd tp, 32(t0)
	sd t1, 48(t0)
	sd t2, 56(t0)
	sd s0, 64(t0)
	sd s1, 72(t0)
	sd a0, 80(t0)
	sd a1, 88(t0)
	sd a2, 96(t0)
	sd a3, 104(t0)
	sd a4, 112(t0)
	sd a5, 120(t0)
	sd a6, 128(t0)
	sd a7, 136(t0)
	sd s2, 144(t0)
	sd s3, 152(t0)
	sd s4, 160(t0)
	sd s5, 168(t0)
	sd s6, 176(t0)
	sd s7, 184(t0)
	sd s8, 192(t0)
	sd s9, 200(t0)
	sd s10, 208(t0)
	sd s11, 216(t0)
	sd t3, 224(t0)
	sd t4, 232(t0)
	sd t5, 240(t0)
	sd t6, 248(t0)
	la sp, panic_stack_top
	mv a0, t0
	csrr a1, mcause
	csrr a2, mepc
	csrr a3, mtval
	call firmware_trap
1:	wfi
	j 1b

	.bss
	.balign 16
	.space 32768
stack_top:
	.space 8192
panic_stack_top:
crash_frame:
	.space 256

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PE programs, position independent. The image begins with the offset of each entry, in the order
 * of enum pe_program in pe_machine.h. Launch arguments a0..a3 as each says.
 */
	.option	norelax
	.macro	entry name
	.dword	\name - image
	.endm
	.macro	issue op, rs1, rs2
	.insn r	0x0b, 0, \op, x0, \rs1, \rs2
	.endm
	.macro	exit rs1
	.insn r	0x0b, 2, 0, x0, \rs1, x0
	.endm

	.set	ROWS, 0x805
	.set	COLS, 0x806
	.set	STRIDE_CB, 0x808
	.set	M, 0x809
	.set	N, 0x80a

	.section .text
image:
	entry	leave
	entry	echo
	entry	spin
	entry	illegal
	entry	load
	entry	count
	entry	receive
	entry	starve
	entry	store
	entry	sleep

leave:	/* exit code 0 */
	exit	x0

echo:	/* a0 bytes from a1 to a2 through local memory; exit code a3 */
	li	t0, 0
	li	t1, 0x0001000000001000
	issue	0x00, t0, t1
	csrwi	ROWS, 1
	csrw	COLS, a0
	csrw	STRIDE_CB, x0
	issue	0x10, a1, t0
	issue	0x11, a2, t0
	exit	a3

spin:
	j	spin

illegal:
	.word	0

load:	/* an access of the core itself to a1; the value becomes the exit code */
	ld	t0, (a1)
	exit	t0

count:	/* a0 rounds, then exit code 0 */
	li	t0, 0
	li	t1, 0x4000
1:	add	t0, t0, a0
	sd	t0, (t1)
	addi	a0, a0, -1
	bnez	a0, 1b
	exit	x0

receive: /* from west, a tile nobody sends */
	li	t0, 1
	li	t1, 0
	issue	0x2a, t0, t1
	exit	x0

starve:	/* wait for data in a CB that nobody fills */
	li	t0, 3
	li	t1, 0x0000010000001000
	issue	0x00, t0, t1
	li	t1, 32
	.insn r	0x0b, 1, 1, t2, t0, t1
	exit	x0

store:	/* the core itself writes a0 to a1 */
	sd	a0, (a1)
	exit	x0

sleep:	/* wait for the control core's interrupt; exit code: what CLAIM gives */
	li	t0, 0x02000000
	li	t1, 1
	sw	t1, 0x10c(t0)		/* priority of source 3 */
	li	t1, 1 << 3
	sw	t1, 0x150(t0)		/* enable, core A */
	li	t1, 1 << 11
	csrw	mie, t1
	wfi
	lw	t2, 0x170(t0)
	exit	t2

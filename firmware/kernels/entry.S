/* SPDX-License-Identifier: MIT */
/*
 * Image header (struct mtia_pe_image) and the two entries of a PE program. mkpe fills in the size,
 * the argument size, the name and the checksum.
 *
 * At entry: a0 = arguments in local memory, a1 = their size, a2 = position, a3 = sub-grid.
 * Stacks: core A's ends at 128 KiB, core B's 4 KiB below.
 */
	.section .header, "a"
	.word	0x4550544d		/* MTIA_PE_MAGIC */
	.half	1			/* MTIA_PE_ABI */
	.half	64
	.word	0			/* image_size */
	.word	entry_a - image_start
	.word	entry_b - image_start
	.word	0			/* args_size */
	.word	0			/* crc */
	.fill	36, 1, 0		/* name */

	.section .text.entry, "ax"
	.globl	entry_a
entry_a:
	lui	sp, 0x20		/* 0x20000 */
	mv	a1, a2
	mv	a2, a3
	call	core_a
	j	leave

	.globl	entry_b
entry_b:
	lui	sp, 0x1f		/* 0x1f000 */
	mv	a1, a2
	mv	a2, a3
	call	core_b
leave:
	.insn	r 0x0b, 2, 0, x0, a0, x0	/* EXIT a0 */
	j	leave

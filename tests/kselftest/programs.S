/* SPDX-License-Identifier: GPL-2.0 */
/* The PE programs, in the binaries that launch them. */
	.macro	program name
	.globl	mtia_program_\name
	.globl	mtia_program_\name\()_end
	.balign	8
mtia_program_\name:
	.incbin	"\name\().pe"
mtia_program_\name\()_end:
	.endm

	.section .rodata
	program	sum
	program	probe

	.section .note.GNU-stack, "", @progbits

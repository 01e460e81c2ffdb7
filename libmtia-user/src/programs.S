/* SPDX-License-Identifier: MIT */
/*
 * The PE programs of the library, as the assembler finds them in its include path (build.mk), and
 * the list that program.c looks them up in.
 */
	.macro	program name
	.section .rodata
	.balign	8
.Lstart_\name:
	.incbin	"\name\().pe"
.Lend_\name:
.Lname_\name:
	.asciz	"\name"
	.section .data.rel.ro, "aw"
	.quad	.Lname_\name, .Lstart_\name, .Lend_\name
	.endm

	.section .data.rel.ro, "aw"
	.balign	8
	.globl	embedded_programs
	.hidden	embedded_programs
	.type	embedded_programs, @object
embedded_programs:
	program	fc_int8
	program	tbe
	program	tbe_wide
	program	matmul
	program	transpose
	program	concat
	program	interaction
	program	interaction_blocks
	program	elementwise
	program	rowwise
	program	layernorm
	program	reduce_add
	.section .data.rel.ro, "aw"
	.quad	0, 0, 0
	.size	embedded_programs, . - embedded_programs
	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: GPL-2.0 */
/* Entry of a workload: stack, main(), result in a0, then ebreak (with mtvec 0 the hart halts). */
	.section .text.start
	.globl _start
_start:
	la	sp, stack_top
	call	main
	ebreak
	.section .bss
	.align	4
	.space	8192
stack_top:

/* SPDX-License-Identifier: GPL-2.0 */
/* A workload's image as data of the host program: -DNAME=..., -DFILE="..." */
#define CAT3_(a, b, c)	a##b##c
#define CAT3(a, b, c)	CAT3_(a, b, c)
	.section .rodata
	.globl CAT3(rv_, NAME, _start), CAT3(rv_, NAME, _end)
CAT3(rv_, NAME, _start):
	.incbin FILE
CAT3(rv_, NAME, _end):
	.section .note.GNU-stack,"",@progbits

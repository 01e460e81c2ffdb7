/* SPDX-License-Identifier: GPL-2.0 */
/* The programs as data: the control core's and the PEs'. */
	.section .rodata
	.globl	guest_image, guest_image_end, pe_image, pe_image_end
	.balign	8
guest_image:
	.incbin	GUEST
guest_image_end:
	.balign	8
pe_image:
	.incbin	PE_GUEST
pe_image_end:
	.section .note.GNU-stack, "", %progbits

// SPDX-License-Identifier: GPL-2.0
/*
 * The guest side of the differential test, run by qemu-riscv64: reads streams from standard input,
 * runs each where its header says, writes what it left behind to standard output. No libc: nothing
 * here but system calls. Exit status 0 if all input was used, 1 on a bad read or write.
 */
#include "guest_io.h"
#include "stream.h"

uint64_t saved_sp, saved_gp, saved_tp;

/*
 * Jump to a0 with a1 in a0. The stream leaves no register as it was and returns to stream_back, so
 * what must survive is in memory; s0..s11 are pushed.
 */
void stream_call(uint64_t entry, uint64_t data);
extern char stream_back[];

asm(	"	.globl stream_call, stream_back\n"
	"stream_call:\n"
	"	addi	sp, sp, -112\n"
	"	sd	ra, 0(sp)\n"
	"	sd	s0, 8(sp)\n	sd	s1, 16(sp)\n	sd	s2, 24(sp)\n"
	"	sd	s3, 32(sp)\n	sd	s4, 40(sp)\n	sd	s5, 48(sp)\n"
	"	sd	s6, 56(sp)\n	sd	s7, 64(sp)\n	sd	s8, 72(sp)\n"
	"	sd	s9, 80(sp)\n	sd	s10, 88(sp)\n	sd	s11, 96(sp)\n"
	"	la	t0, saved_sp\n	sd	sp, 0(t0)\n"
	"	la	t0, saved_gp\n	sd	gp, 0(t0)\n"
	"	la	t0, saved_tp\n	sd	tp, 0(t0)\n"
	"	mv	t0, a0\n	mv	a0, a1\n	jr	t0\n"
	"stream_back:\n"
	"	la	t0, saved_sp\n	ld	sp, 0(t0)\n"
	"	la	t0, saved_gp\n	ld	gp, 0(t0)\n"
	"	la	t0, saved_tp\n	ld	tp, 0(t0)\n"
	"	ld	ra, 0(sp)\n"
	"	ld	s0, 8(sp)\n	ld	s1, 16(sp)\n	ld	s2, 24(sp)\n"
	"	ld	s3, 32(sp)\n	ld	s4, 40(sp)\n	ld	s5, 48(sp)\n"
	"	ld	s6, 56(sp)\n	ld	s7, 64(sp)\n	ld	s8, 72(sp)\n"
	"	ld	s9, 80(sp)\n	ld	s10, 88(sp)\n	ld	s11, 96(sp)\n"
	"	addi	sp, sp, 112\n"
	"	ret\n");

void _start(void)
{
	struct stream_data *data = (void *)(uintptr_t)STREAM_DATA;
	struct stream_input in;
	struct stream_result result;

	map(STREAM_CODE, STREAM_CODE_SIZE, 7);
	map(STREAM_DATA, 4096, 3);
	for (;;) {
		uint64_t entry;
		unsigned int i;

		get(&in, sizeof(in));
		if (!in.code_size)
			quit(0);
		if (in.code_size > STREAM_MAX_CODE || in.code_offset > 4096)
			quit(1);
		entry = STREAM_CODE + in.code_offset;
		get((void *)(uintptr_t)entry, in.code_size);
		*data = in.data;
		data->return_to = (uintptr_t)stream_back;
		asm volatile("fence.i" ::: "memory");
		stream_call(entry, STREAM_DATA + STREAM_WINDOW / 2);
		for (i = 0; i < STREAM_WINDOW; i++)
			result.window[i] = data->window[i];
		for (i = 0; i < 32; i++) {
			result.regs[i] = data->regs[i];
			result.fregs[i] = data->fregs[i];
		}
		result.fcsr = data->fcsr;
		put(&result, sizeof(result));
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * runner.c for streams of vector instructions: traps are counted and stepped over. Streams leave
 * x1..x4 alone, so there is a stack for the handler.
 */
#include "guest_io.h"
#include "vec_stream.h"

enum { SIGILL = 4, SIGBUS = 7, SIGSEGV = 11, SA_SIGINFO = 4, SA_NODEFER = 0x40000000 };

/* Offset of the pc in struct ucontext: flags, link, stack, 1024 bits of mask, aligned to 16. */
#define UCONTEXT_PC	176

static struct vec_result result;
uint64_t saved_sp;

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
	"	mv	t0, a0\n	mv	a0, a1\n	jr	t0\n"
	"stream_back:\n"
	"	ld	ra, 0(sp)\n"
	"	ld	s0, 8(sp)\n	ld	s1, 16(sp)\n	ld	s2, 24(sp)\n"
	"	ld	s3, 32(sp)\n	ld	s4, 40(sp)\n	ld	s5, 48(sp)\n"
	"	ld	s6, 56(sp)\n	ld	s7, 64(sp)\n	ld	s8, 72(sp)\n"
	"	ld	s9, 80(sp)\n	ld	s10, 88(sp)\n	ld	s11, 96(sp)\n"
	"	addi	sp, sp, 112\n"
	"	ret\n");

static void on_trap(int sig, void *info, char *ucontext)
{
	uint64_t *pc = (uint64_t *)(ucontext + UCONTEXT_PC);

	(void)info;
	if (*pc - VEC_CODE >= VEC_CODE_SIZE)
		quit(2);
	vec_trap(&result, sig == SIGILL ? VEC_TRAP_ILLEGAL : VEC_TRAP_ACCESS, *pc);
	*pc += 4;
}

static void catch(int sig)
{
	struct {
		void (*handler)(int sig, void *info, char *ucontext);
		unsigned long flags, mask;
	} action = { on_trap, SA_SIGINFO | SA_NODEFER, 0 };

	if (syscall6(SYS_SIGACTION, sig, (long)&action, 0, 8, 0, 0))
		quit(1);
}

void _start(void)
{
	struct vec_data *data = (void *)(uintptr_t)VEC_DATA;
	static struct vec_input in;

	map(VEC_CODE, VEC_CODE_SIZE, 7);
	map(VEC_DATA, sizeof(*data), 3);
	map(VEC_RETURN, 4096, 3);
	*(uint64_t *)(uintptr_t)VEC_RETURN = (uintptr_t)stream_back;
	catch(SIGILL);
	catch(SIGBUS);
	catch(SIGSEGV);
	for (;;) {
		uint64_t entry;

		get(&in, sizeof(in));
		if (!in.code_size)
			quit(0);
		if (in.code_size > VEC_MAX_CODE || in.code_offset > 4096)
			quit(1);
		entry = VEC_CODE + in.code_offset;
		get((void *)(uintptr_t)entry, in.code_size);
		*data = in.data;
		result.traps = 0;
		result.trap_hash = 0;
		asm volatile("fence.i" ::: "memory");
		stream_call(entry, VEC_DATA);
		memcpy(result.regs, data->regs, sizeof(result.regs));
		memcpy(result.fregs, data->fregs, sizeof(result.fregs));
		result.vtype = data->vtype;
		result.vcsr = data->vcsr;
		result.vstart = data->vstart;
		result.fcsr = data->fcsr;
		memcpy(result.v, data->v, sizeof(result.v));
		memcpy(result.window, data->window, sizeof(result.window));
		put(&result, sizeof(result));
	}
}

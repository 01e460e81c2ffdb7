// SPDX-License-Identifier: GPL-2.0
/*
 * The guest side of the encodings test, run by qemu-riscv64: reads 32-bit words from standard input
 * (a zero ends them), executes each once, and writes a byte for each to standard output: 'i' if it
 * was an illegal instruction, 'l' if it was legal, whatever it then did.
 *
 * Around the word everything is c.ebreak, so that falling through or jumping traps; other memory is
 * unmapped. All registers point into a data area.
 */
#include "guest_io.h"

#define CODE		0x20000000ul
#define CODE_SIZE	0x4000ul
#define WORD_AT		(CODE + 0x2000)
#define DATA		0x30000000ul
#define DATA_SIZE	0x4000ul

enum { SIGILL_ = 4, SIGTRAP_ = 5, SIGBUS_ = 7, SIGSEGV_ = 11 };

/* struct rt_sigframe's ucontext on RISC-V: gregs[0] is pc, gregs[n] is xn */
struct ucontext_head {
	unsigned long flags;
	void *link;
	struct {
		void *sp;
		int flags;
		size_t size;
	} stack;
	uint8_t sigmask[128];
	uint64_t gregs[32] __attribute__((aligned(16)));
};

uint64_t saved_sp;
static volatile char verdict;
static uint8_t signal_stack[16384] __attribute__((aligned(16)));

/* Set all registers to a0 and jump to a1; comes back at probe_back with sp restored. */
void probe(uint64_t data, uint64_t entry);
extern char probe_back[];

asm(	"	.globl probe, probe_back\n"
	"probe:\n"
	"	addi	sp, sp, -112\n"
	"	sd	ra, 0(sp)\n"
	"	sd	s0, 8(sp)\n	sd	s1, 16(sp)\n	sd	s2, 24(sp)\n"
	"	sd	s3, 32(sp)\n	sd	s4, 40(sp)\n	sd	s5, 48(sp)\n"
	"	sd	s6, 56(sp)\n	sd	s7, 64(sp)\n	sd	s8, 72(sp)\n"
	"	sd	s9, 80(sp)\n	sd	s10, 88(sp)\n	sd	s11, 96(sp)\n"
	"	la	t0, saved_sp\n	sd	sp, 0(t0)\n"
	"	mv	ra, a0\n	mv	sp, a0\n	mv	gp, a0\n"
	"	mv	tp, a0\n	mv	t0, a0\n	mv	t1, a0\n"
	"	mv	t2, a0\n	mv	s0, a0\n	mv	s1, a0\n"
	"	mv	a2, a0\n	mv	a3, a0\n	mv	a4, a0\n"
	"	mv	a5, a0\n	mv	a6, a0\n	mv	a7, a0\n"
	"	mv	s2, a0\n	mv	s3, a0\n	mv	s4, a0\n"
	"	mv	s5, a0\n	mv	s6, a0\n	mv	s7, a0\n"
	"	mv	s8, a0\n	mv	s9, a0\n	mv	s10, a0\n"
	"	mv	s11, a0\n	mv	t3, a0\n	mv	t4, a0\n"
	"	mv	t5, a0\n	mv	t6, a0\n"
	"	jr	a1\n"
	"probe_back:\n"
	"	ld	ra, 0(sp)\n"
	"	ld	s0, 8(sp)\n	ld	s1, 16(sp)\n	ld	s2, 24(sp)\n"
	"	ld	s3, 32(sp)\n	ld	s4, 40(sp)\n	ld	s5, 48(sp)\n"
	"	ld	s6, 56(sp)\n	ld	s7, 64(sp)\n	ld	s8, 72(sp)\n"
	"	ld	s9, 80(sp)\n	ld	s10, 88(sp)\n	ld	s11, 96(sp)\n"
	"	addi	sp, sp, 112\n"
	"	ret\n");

static void on_signal(int sig, void *info, void *context)
{
	struct ucontext_head *uc = context;

	(void)info;
	verdict = sig == SIGILL_ && uc->gregs[0] == WORD_AT ? 'i' : 'l';
	uc->gregs[0] = (uintptr_t)probe_back;
	uc->gregs[2] = saved_sp;
}

static void catch(int sig)
{
	/* handler, flags (SA_SIGINFO | SA_ONSTACK | SA_NODEFER), mask */
	struct {
		void (*handler)(int, void *, void *);
		unsigned long flags;
		uint64_t mask;
	} action = { on_signal, 4 | 0x08000000 | 0x40000000, 0 };

	if (syscall6(SYS_SIGACTION, sig, (long)&action, 0, 8, 0, 0))
		quit(1);
}

void _start(void)
{
	struct {
		void *sp;
		int flags;
		size_t size;
	} stack = { signal_stack, 0, sizeof(signal_stack) };
	volatile uint16_t *code = (void *)CODE;
	uint32_t word;
	size_t i;
	char out;

	map(CODE, CODE_SIZE, 7);
	map(DATA, DATA_SIZE, 3);
	if (syscall6(SYS_SIGALTSTACK, (long)&stack, 0, 0, 0, 0, 0))
		quit(1);
	catch(SIGILL_);
	catch(SIGTRAP_);
	catch(SIGBUS_);
	catch(SIGSEGV_);
	for (i = 0; i < CODE_SIZE / 2; i++)
		code[i] = 0x9002;
	code[0xfff] = 0x85aa;		/* c.mv a1, a0: the jump needed a1 */
	for (;;) {
		get(&word, 4);
		if (!word)
			quit(0);
		code[0x1000] = word;
		code[0x1001] = (word & 3) == 3 ? word >> 16 : 0x9002;
		asm volatile("fence.i" ::: "memory");
		verdict = '?';
		probe(DATA + DATA_SIZE / 2, WORD_AT - 2);
		out = verdict;
		put(&out, 1);
	}
}

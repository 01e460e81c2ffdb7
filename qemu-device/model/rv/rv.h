/* SPDX-License-Identifier: MIT */
/*
 * RISC-V hart: RV64GC (IMAFDC + Zicsr + Zifencei) + Zfh, machine mode only; with rv_config.vector
 * also V (RVV 1.0, VLEN 512, ELEN 64) and Zvfh.
 *
 * One interpreter serves the control core and both cores of every PE. It knows no device: memory
 * that is plain RAM is reached through windows, everything else through the owner's callbacks.
 *
 * Threads: a hart and the rv_icache it uses belong to one thread at a time. Harts that share an
 * rv_icache must be run by the same worker. Only @stop_request may be set from elsewhere.
 *
 * Guests cannot make any function here exit, abort, or touch memory outside windows and pages the
 * owner handed in. Addresses wrap at 2^64.
 *
 * Minimal use:
 *	struct rv_icache *ic = rv_icache_create(256);
 *	struct rv_config cfg = { .bus = &my_bus, .ctx = me, .icache = ic, .hartid = 3,
 *				 .windows = { { .base = 0, .size = LM_SIZE, .host = lm,
 *						.perms = RV_R | RV_W } }, .nwindows = 1 };
 *	rv_init(&hart, &cfg);
 *	rv_reset(&hart, entry_pc);
 *	switch (rv_run(&hart, hart.s.cycle + quantum)) { ... }
 *	rv_fini(&hart);
 */
#ifndef MTIA_RV_H
#define MTIA_RV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rv_hart;
struct rv_icache;
struct rv_page;

/*
 * Cost of an instruction in core cycles: RV_COST_BASE plus what is named here. Invented figures of
 * a short in-order pipeline; the paper gives the clock (800 MHz) and no latencies. A bus callback
 * that takes longer adds to hart->s.cycle itself.
 */
enum {
	RV_COST_BASE	= 1,
	RV_COST_LOAD	= 1,	/* loads and LR, wherever they go */
	RV_COST_AMO	= 3,	/* AMO and SC */
	RV_COST_MUL	= 2,
	RV_COST_DIV	= 19,	/* div and rem, 32 and 64 bits alike */
	RV_COST_FP	= 2,	/* add, mul, fused, conversions; others cost the base */
	RV_COST_FDIV	= 19,	/* fdiv and fsqrt, all formats alike */
	RV_COST_TAKEN	= 1,	/* taken branch, jal, jalr, mret */
	RV_COST_TRAP	= 4,	/* trap entry, in place of the instruction's cost */
	/*
	 * Vector: as the scalar kind for the first RV_VLENB bytes of the widest operand, then one
	 * cycle for each RV_VLENB more (division: RV_COST_DIV). By element: see rv_vec_cost().
	 */
	RV_COST_VEC_BEAT	= 1,
};

/* VLEN in bytes; and elements of one bit in it. */
#define RV_VLENB	64
#define RV_VLEN		(8 * RV_VLENB)

/* vtype when the last vsetvl asked for what there is not; vl is 0 then. */
#define RV_VTYPE_VILL	(UINT64_C(1) << 63)

/* Exception causes, privileged spec v1.12 table 3.6. */
enum rv_cause {
	RV_CAUSE_FETCH_MISALIGNED	= 0,
	RV_CAUSE_FETCH_FAULT		= 1,
	RV_CAUSE_ILLEGAL		= 2,
	RV_CAUSE_BREAKPOINT		= 3,
	RV_CAUSE_LOAD_MISALIGNED	= 4,
	RV_CAUSE_LOAD_FAULT		= 5,
	RV_CAUSE_STORE_MISALIGNED	= 6,
	RV_CAUSE_STORE_FAULT		= 7,
	RV_CAUSE_ECALL_M		= 11,
};

#define RV_CAUSE_INTERRUPT	(UINT64_C(1) << 63)

/* mip / mie bits. Bits 16..63 are the platform's; the owner defines them. */
#define RV_IRQ_SOFT		3
#define RV_IRQ_TIMER		7
#define RV_IRQ_EXT		11
#define RV_IRQ_PLATFORM		16
#define RV_MIP_MSIP		(UINT64_C(1) << RV_IRQ_SOFT)
#define RV_MIP_MTIP		(UINT64_C(1) << RV_IRQ_TIMER)
#define RV_MIP_MEIP		(UINT64_C(1) << RV_IRQ_EXT)

#define RV_MSTATUS_MIE		(UINT64_C(1) << 3)
#define RV_MSTATUS_MPIE		(UINT64_C(1) << 7)
/* State of the F registers: 0 off, 1 initial (as at reset), 3 dirty, which any use makes it. */
#define RV_MSTATUS_FS		(UINT64_C(3) << 13)
#define RV_MSTATUS_FS_INITIAL	(UINT64_C(1) << 13)
/* The same for the vector unit; 0 for ever where there is none. */
#define RV_MSTATUS_VS		(UINT64_C(3) << 9)
#define RV_MSTATUS_VS_INITIAL	(UINT64_C(1) << 9)

/* What a bus callback says. */
enum rv_result {
	RV_OK = 0,
	RV_FAULT,	/* the instruction traps with *exc; nothing of it has happened */
	RV_STALL,	/* not executed; rv_run() returns RV_STOP_STALL, a later run retries it */
};

/*
 * Filled with a fitting default before every callback (cause by kind of access, tval = address, or
 * the instruction for CSRs and custom-0), so a callback may return RV_FAULT without touching it.
 */
struct rv_exc {
	uint64_t cause;
	uint64_t tval;
};

/* Atomic operations as the bus sees them; the numbers are funct5 of the A extension. */
enum rv_amo {
	RV_AMO_ADD	= 0x00,
	RV_AMO_SWAP	= 0x01,
	RV_AMO_LR	= 0x02,
	RV_AMO_SC	= 0x03,
	RV_AMO_XOR	= 0x04,
	RV_AMO_OR	= 0x08,
	RV_AMO_AND	= 0x0c,
	RV_AMO_MIN	= 0x10,
	RV_AMO_MAX	= 0x14,
	RV_AMO_MINU	= 0x18,
	RV_AMO_MAXU	= 0x1c,
};

/*
 * rv_amo_apply() - the value an AMO leaves in memory.
 * @op: not RV_AMO_LR or RV_AMO_SC
 * @size: 4 or 8; with 4 only the low 32 bits of @old, @operand and the result matter
 * For buses that implement amo() on RAM of theirs.
 */
uint64_t rv_amo_apply(enum rv_amo op, unsigned int size, uint64_t old, uint64_t operand);

/*
 * Everything that is not a window. Every member must be set. @ctx is the hart's own context
 * pointer. While a callback runs, hart->s is up to date: pc is that of the instruction, cycle the
 * time it starts. A callback may: add to s.cycle (latency; it shows in the instruction's cost),
 * change s.mip and s.custom_csr[], call rv_flush_icache() on any hart, set stop_request. These are
 * seen before the next instruction. It may not call rv_run() on a hart of the same rv_icache, nor
 * rv_reset(), rv_fini() or rv_set_windows() on this hart, nor write s.x[] or s.pc: to end a
 * program, set stop_request and do these when rv_run() has returned.
 */
struct rv_bus {
	/*
	 * @size: 1, 2, 4 or 8; @addr is a multiple of it. load() returns the value in the low bytes
	 * (zero-extended; the hart sign-extends). Default fault: access fault, tval = addr.
	 */
	enum rv_result (*load)(void *ctx, uint64_t addr, unsigned int size, uint64_t *val,
			       struct rv_exc *exc);
	enum rv_result (*store)(void *ctx, uint64_t addr, unsigned int size, uint64_t val,
				struct rv_exc *exc);
	/*
	 * @size: 4 or 8, @addr a multiple. *old gets the value before (the low @size bytes).
	 * RV_AMO_LR: read only. RV_AMO_SC (called only with a live reservation on @addr): *old is,
	 * on entry, the value LR returned; store @operand if memory still holds it and set *old to
	 * 0, else set *old to 1. Default fault: store access fault (LR: load), tval = addr.
	 */
	enum rv_result (*amo)(void *ctx, uint64_t addr, unsigned int size, enum rv_amo op,
			      uint64_t operand, uint64_t *old, struct rv_exc *exc);
	/*
	 * Instruction fetch of the 4 KiB page at @vaddr (a multiple of 4096). *host: 4096 readable
	 * bytes, used only during the call that fetches (they are copied). *phys_key: names the
	 * memory behind it, equal for two pages iff they are the same memory, across all harts that
	 * share the rv_icache. Default fault: fetch access fault, tval = address of the part of the
	 * instruction that could not be fetched.
	 */
	enum rv_result (*fetch)(void *ctx, uint64_t vaddr, uint64_t *phys_key, const void **host,
				struct rv_exc *exc);
	/*
	 * Custom CSRs: 0x7c0-0x7ff and 0x800-0x8ff read/write, 0xcc0-0xcff read only. Those of
	 * 0x800..0x83f come here only if their bit in hart->custom_csr_hook is set. A csrrs/csrrw
	 * that reads and writes calls read, then write; if write stalls, both are repeated.
	 * Default fault: illegal instruction, tval = instruction.
	 */
	enum rv_result (*csr_read)(void *ctx, unsigned int csr, uint64_t *val, struct rv_exc *exc);
	enum rv_result (*csr_write)(void *ctx, unsigned int csr, uint64_t val, struct rv_exc *exc);
	/*
	 * Opcode 0x0b, R-type. @rs1, @rs2: register values. *rd is 0 on entry and goes to the
	 * destination register on RV_OK (dropped for x0).
	 * Default fault: illegal instruction, tval = instruction.
	 */
	enum rv_result (*custom0)(void *ctx, struct rv_hart *hart, unsigned int funct3,
				  unsigned int funct7, uint64_t rs1, uint64_t rs2, uint64_t *rd,
				  struct rv_exc *exc);
};

#define RV_R	1u
#define RV_W	2u
#define RV_X	4u

#define RV_MAX_WINDOWS	4

/*
 * RAM the hart reaches without a callback. Put the one used most first. An access lies in a window
 * if all its bytes do and the permission is there; else it goes to the bus. Misaligned loads and
 * stores work in windows and trap (cause 4/6) on the bus; misaligned LR/SC/AMO always trap.
 * Windows may not overlap, nor wrap past 2^64.
 */
struct rv_window {
	uint64_t base;
	uint64_t size;
	uint8_t *host;		/* owner's, must outlive the hart's use of it */
	uint32_t perms;		/* RV_R | RV_W | RV_X */
	/*
	 * With RV_X: pages entirely inside are fetched from here and not by bus->fetch();
	 * phys_key of address a is phys + (a - base). base and phys are then multiples of 4096.
	 */
	uint64_t phys;
};

struct rv_config {
	const struct rv_bus *bus;	/* must outlive the hart */
	void *ctx;			/* first argument of every callback */
	struct rv_icache *icache;	/* must outlive the hart */
	uint64_t hartid;
	uint64_t mvendorid, marchid, mimpid;
	struct rv_window windows[RV_MAX_WINDOWS];
	unsigned int nwindows;
	bool vector;			/* has V; else its instructions and CSRs are illegal */
};

/* Direct custom CSRs: 0x800 .. 0x800 + 63. */
#define RV_CUSTOM_CSR_BASE	0x800
#define RV_NR_CUSTOM_CSR	64

/*
 * The architectural state, complete: save and load a hart by copying this struct (then call
 * rv_flush_icache()). No pointers, no padding. Valid outside rv_run() and during callbacks.
 */
struct rv_state {
	uint64_t x[33];		/* x[0] is 0; x[32] swallows writes to x0, 0 outside rv_run() */
	uint64_t pc;
	uint64_t cycle;		/* local time; the owner may move it forward between runs */
	uint64_t instret;	/* retired instructions (trapping ones don't retire) */
	uint64_t mcycle_off;	/* mcycle = cycle + mcycle_off; likewise minstret */
	uint64_t minstret_off;
	uint64_t mstatus;	/* MIE, MPIE, FS, VS; MPP always reads as 3 */
	uint64_t mie;
	uint64_t mip;		/* set and cleared by the owner only; guests cannot write it */
	uint64_t mtvec;
	uint64_t mepc;
	uint64_t mcause;
	uint64_t mtval;
	uint64_t mscratch;
	uint64_t resv_addr;	/* LR reservation: address, the value read, */
	uint64_t resv_val;
	uint32_t resv_size;	/* 4 or 8, 0 if there is none */
	uint32_t waiting;	/* in wfi */
	/*
	 * Trapped with mtvec == 0; halt_* say why. Until rv_reset(), or until the owner has dealt
	 * with it, moved pc, and clears this.
	 */
	uint32_t halted;
	/*
	 * Fields of the segment at vstart that a vector load or store that stalled has done: it
	 * goes on from there when tried again. 0 after a trap, and in a hart that has no V.
	 */
	uint32_t vfield;
	uint64_t halt_cause;
	uint64_t halt_pc;
	uint64_t halt_tval;
	uint64_t custom_csr[RV_NR_CUSTOM_CSR];
	uint64_t f[32];		/* narrower values are NaN-boxed */
	uint32_t fflags;	/* 5 bits */
	uint32_t frm;		/* 3 bits; above 4 its use traps */
	/* Vector; all zero in a hart that has no V, but for vtype. */
	uint64_t vl;		/* 0 .. what vtype allows */
	uint64_t vtype;		/* RV_VTYPE_VILL, or 8 bits that mean something */
	uint64_t vstart;	/* 0 .. RV_VLEN - 1 */
	uint32_t vxrm;		/* 2 bits */
	uint32_t vxsat;		/* 1 bit */
	uint8_t v[32][RV_VLENB];
};

/* Slots of the hart's table of code pages: one way, so 256 KiB of code run without a conflict. */
#define RV_FETCH_SLOTS	64

struct rv_hart {
	struct rv_state s;

	/* Owner's: bit n set = custom CSR 0x800 + n goes to the bus callbacks. */
	uint64_t custom_csr_hook;
	/*
	 * Owner's: set to 1 (any thread, plain or atomic store) to have rv_run() return
	 * RV_STOP_REQUEST. Seen on entry, after any callback, and at least every
	 * RV_STOP_POLL cycles. rv_run() clears it when it obeys.
	 */
	uint32_t stop_request;

	/* The interpreter's; owners don't touch the rest. */
	uint32_t nwindows;
	const struct rv_bus *bus;
	void *ctx;
	struct rv_icache *icache;
	uint64_t hartid, mvendorid, marchid, mimpid;
	bool vector;
	struct {
		uint64_t base;
		uint64_t rlim, wlim;	/* an 8-byte access fits if addr - base < lim */
		uint8_t *host;
	} fast;				/* windows[0], ready for the one-compare check */
	struct rv_window windows[RV_MAX_WINDOWS];
	struct {
		uint64_t vpage;
		struct rv_page *page;	/* NULL: empty; else this slot holds a reference */
	} fetch[RV_FETCH_SLOTS];
	uint64_t fetch_used;		/* bitmap of non-empty slots */
	uint32_t fetch_gen;		/* counts flushes */
};

#define RV_STOP_POLL	65536

/* Why rv_run() returned. */
enum rv_stop {
	RV_STOP_BUDGET,		/* s.cycle >= until_cycle */
	RV_STOP_WFI,		/* in wfi and (mip & mie) == 0; run again after setting mip */
	RV_STOP_STALL,		/* a callback returned RV_STALL; s.pc is the instruction to retry */
	RV_STOP_HALT,		/* trap with mtvec == 0; returned for as long as s.halted is set */
	RV_STOP_REQUEST,	/* stop_request was set */
};

/*
 * rv_init() - make a hart. State is that after rv_reset(hart, 0), cycle and instret 0.
 * Returns 0 or -EINVAL (missing bus member or icache, bad window).
 */
int rv_init(struct rv_hart *hart, const struct rv_config *cfg);

/* rv_fini() - give up the references to code pages. The struct may then be discarded. */
void rv_fini(struct rv_hart *hart);

/*
 * rv_reset() - registers, CSRs, custom CSRs, reservation, wfi and halt to their reset values
 * (zero, mstatus.FS and VS initial, vtype ill), pc to @pc, icache table emptied. Kept: cycle and
 * instret (time goes on), custom_csr_hook, mip (the owner's wires).
 */
void rv_reset(struct rv_hart *hart, uint64_t pc);

/*
 * rv_csr_peek(), rv_csr_poke() - a CSR as a csrr or csrw would, for debuggers: no callback, no time.
 * False if there is no such register here (or it is the bus's), or it can't be written.
 */
bool rv_csr_peek(const struct rv_hart *hart, unsigned int csr, uint64_t *val);
bool rv_csr_poke(struct rv_hart *hart, unsigned int csr, uint64_t val);

/*
 * rv_state_valid() - could this hart be in this state? For states that come from outside: those
 * that pass are safe to run, whatever else they hold. @state may be the hart's own.
 */
bool rv_state_valid(const struct rv_hart *hart, const struct rv_state *state);

/*
 * rv_set_windows() - replace the windows; not during a callback. Returns 0 or -EINVAL (unchanged).
 * Follow with rv_flush_icache() if an RV_X window changed.
 */
int rv_set_windows(struct rv_hart *hart, const struct rv_window *windows, unsigned int nwindows);

/*
 * rv_run() - execute until something is due.
 * @until_cycle: absolute, in the hart's own time. No instruction starts at or after it, so the
 * overshoot is less than the cost of one instruction; until_cycle = s.cycle + 1 steps one.
 *
 * Interrupts (mip & mie, mstatus.MIE) are looked at on entry, after callbacks, CSR writes and mret.
 * Order: 11, 3, 7, then 16..63. A pending interrupt is taken before a stalled instruction is
 * retried. Results don't depend on how a run is cut into calls.
 */
enum rv_stop rv_run(struct rv_hart *hart, uint64_t until_cycle);

/*
 * rv_flush_icache() - what fence.i does: forget which code the hart has fetched. The owner calls it
 * when it has loaded a program, or changed what addresses mean. Cheap: decoded pages stay in the
 * rv_icache, and are used again if memory still holds the same bytes.
 */
void rv_flush_icache(struct rv_hart *hart);

/*
 * rv_icache_create() - decoded code, shared by the harts of one worker.
 * @max_pages: pages kept that no hart refers to (about 37 KiB each); pages in use come on top, at
 * most RV_FETCH_SLOTS a hart. NULL on out of memory.
 *
 * A hart runs what a page held when it fetched it, until fence.i or rv_flush_icache(), as with a
 * real instruction cache. If decoding runs out of memory, the fetch faults (cause 1).
 */
struct rv_icache *rv_icache_create(unsigned int max_pages);
/* All harts using it must have gone through rv_fini(). NULL is fine. */
void rv_icache_destroy(struct rv_icache *icache);

struct rv_icache_stats {
	uint64_t fetches;	/* table misses: a page looked up and compared with memory */
	uint64_t pages_made;	/* pages that were new or had changed */
	uint64_t insns_decoded;
	uint64_t evicted;
	uint32_t pages, pages_idle;
};

void rv_icache_get_stats(const struct rv_icache *icache, struct rv_icache_stats *stats);

/*
 * rv_disasm() - one instruction as text, without address ("addi a0,a0,-1"; ".insn 0x..." if
 * unknown).
 * @insn: 32 bits at @pc; if its low two bits aren't 3, only the low 16 count.
 * Writes at most @n bytes with the terminator. Returns the instruction's length, 2 or 4.
 */
int rv_disasm(char *buf, size_t n, uint32_t insn, uint64_t pc);

_Static_assert(sizeof(struct rv_state) == (33 + 15 + 3 + RV_NR_CUSTOM_CSR + 33 + 4) * 8 + 16 +
	       32 * RV_VLENB,
	       "saved states have no padding");

#endif /* MTIA_RV_H */

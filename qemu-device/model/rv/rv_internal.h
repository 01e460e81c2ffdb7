/* SPDX-License-Identifier: MIT */
/* What the interpreter's own files share. */
#ifndef MTIA_RV_INTERNAL_H
#define MTIA_RV_INTERNAL_H

#include "rv_fp.h"
#include "rv_insn.h"

#define RV_PAGE_SIZE	4096u
#define RV_PAGE_SLOTS	(RV_PAGE_SIZE / 2)

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

/*
 * What a record can do: every instruction of the list, and these of our own.
 *
 * Variants of instructions. *_P: branch whose target is on the same page. J: jal without link.
 * CCSR_*: plain read or write of a custom CSR that the hart keeps itself. VECTOR, VECTOR_MEM: all
 * instructions of the vector unit; which one is in the record.
 */
#define RV_VARIANT_LIST(X)							\
	X(BEQ_P) X(BNE_P) X(BLT_P) X(BGE_P) X(BLTU_P) X(BGEU_P) X(JAL_P) X(J_P)	\
	X(CCSR_R) X(CCSR_W) X(CCSR_WI) X(VECTOR) X(VECTOR_MEM)

/*
 * No instructions. DECODE: nothing decoded here yet. PAGE_END: the slot after the last. STRADDLE:
 * the first half of an instruction whose second half is on the next page. ILLEGAL: traps. STOP: the
 * cycle budget ends here (written over a record for the length of one rv_run()).
 */
#define RV_MARKER_LIST(X) X(DECODE) X(PAGE_END) X(STRADDLE) X(ILLEGAL) X(STOP)

enum rv_exec_op {
	RV_EXEC_INSNS_END = RV_NR_INSNS - 1,
#define X(name)	RV_OP_##name,
	RV_VARIANT_LIST(X)
	RV_MARKER_LIST(X)
#undef X
	RV_NR_EXEC_OPS,
};

/* Handlers come in two, by the length of the instruction (they step one or two slots). */
#define RV_HANDLER(op, len)	((op) * 2 + ((len) == 2))

/*
 * A decoded instruction. Slot i of a page is the one at byte 2 * i, so the successor is the next
 * slot or the one after it, and pc is the slot's number.
 */
struct rv_rec {
	union {
		const void *label;	/* computed goto */
		uintptr_t handler;	/* switch */
	};
	union {
		struct {
			uint8_t rd;	/* 32 for x0; rs2 of stores and branches */
			uint8_t rs1;
			union {
				int16_t imm;	/* _P: displacement in slots */
				struct {
					uint8_t rs2;
					uint8_t rs3_rm;	/* rounding mode in bits 7..5 */
				};
			};
		};
		struct {
			uint32_t rd_u : 8;
			int32_t imm_u : 24;	/* LUI, AUIPC: bits 31..12; JAL: displacement */
		};
	};
	uint16_t cost;		/* from here to the end of the block, without RV_COST_TAKEN */
	uint16_t count;		/* instructions, likewise */
};

_Static_assert(sizeof(struct rv_rec) == 16, "four records a cache line");
/* The costliest block is a page of divisions, or one of 2-byte loads. */
_Static_assert(RV_PAGE_SLOTS / 2 * (RV_COST_BASE + RV_COST_DIV) < UINT16_MAX &&
	       RV_PAGE_SLOTS / 2 * (RV_COST_BASE + RV_COST_FDIV) < UINT16_MAX &&
	       RV_PAGE_SLOTS * (RV_COST_BASE + RV_COST_LOAD) < UINT16_MAX, "rec.cost overflows");

/*
 * One page of code as it was when fetched. Depends on nothing but its bytes: the same page serves
 * every hart and every address.
 */
struct rv_page {
	uint64_t phys_key;
	uint32_t refs;		/* slots of hart tables that point here */
	bool stale;		/* memory has changed: not in the hash, freed with the last ref */
	struct rv_page *hash_next;
	struct rv_page *idle_prev, *idle_next;	/* LRU of pages without references */
	uint8_t bytes[RV_PAGE_SIZE];
	struct rv_rec rec[RV_PAGE_SLOTS + 1];
};

/* Pages found by phys_key, idle ones in a ring with the least recently used first. */
#define RV_ICACHE_BUCKETS	1024

struct rv_icache {
	struct rv_page *bucket[RV_ICACHE_BUCKETS];
	struct rv_page *idle_first, *idle_last;
	unsigned int max_idle;
	struct rv_icache_stats stats;
};

/*
 * rv_icache_get() - the page whose memory is @host now, with a reference for the caller.
 * @labels: the handlers' table, NULL for the switch build. NULL on out of memory.
 */
struct rv_page *rv_icache_get(struct rv_icache *ic, uint64_t phys_key, const void *host,
			      const void *const *labels);
void rv_icache_put(struct rv_icache *ic, struct rv_page *page);

/* The value of a record's first member. */
static inline const void *rv_handler(const void *const *labels, unsigned int op, unsigned int len)
{
	if (labels)
		return labels[RV_HANDLER(op, len)];
	return (const void *)(uintptr_t)RV_HANDLER(op, len);
}

/*
 * rv_decode_insn() - fill *rec for one instruction (32-bit form).
 * @offset: its byte in the page, or a negative number if it runs outside of one: then no branch is
 * taken to stay on the page.
 * Sets cost and count of this instruction alone. Returns whether the block ends with it.
 */
bool rv_decode_insn(struct rv_rec *rec, uint32_t insn, unsigned int len, int offset,
		    const void *const *labels);

/* rv_decode_block() - decode from @slot to the end of its block. */
void rv_decode_block(struct rv_icache *ic, struct rv_page *page, unsigned int slot,
		     const void *const *labels);

static inline uint32_t rv_page_half(const struct rv_page *page, unsigned int offset)
{
	return page->bytes[offset] | (uint32_t)page->bytes[offset + 1] << 8;
}

/* Instruction at a byte of a page; only the first half if it is at the very end. */
static inline uint32_t rv_page_insn(const struct rv_page *page, unsigned int offset)
{
	uint32_t insn = rv_page_half(page, offset);

	if (rv_insn_len(insn) == 4 && offset + 4 <= RV_PAGE_SIZE)
		insn |= rv_page_half(page, offset + 2) << 16;
	return insn;
}

/* Host pointer if [addr, addr + size) lies in one window with @perms, else NULL. */
static inline uint8_t *rv_window_ptr(const struct rv_hart *h, uint64_t addr, unsigned int size,
				     unsigned int perms)
{
	unsigned int i;

	for (i = 0; i < h->nwindows; i++) {
		const struct rv_window *w = &h->windows[i];
		uint64_t off = addr - w->base;

		if (off < w->size && w->size - off >= size && (w->perms & perms) == perms)
			return w->host + off;
	}
	return NULL;
}

/* A load as the register gets it: sizes, signs and boxing by @op. False if it lies in no window. */
bool rv_window_load(const struct rv_hart *h, enum rv_op op, uint64_t addr, uint64_t *val);
bool rv_window_store(const struct rv_hart *h, unsigned int size, uint64_t addr, uint64_t val);

/*
 * The same on the bus, and stores and atomics; h->s must be up to date if a callback may run.
 * rv_bus_read(): the bytes as they are.
 */
enum rv_result rv_bus_read(struct rv_hart *h, unsigned int size, uint64_t addr, uint64_t *val,
			   struct rv_exc *exc);
enum rv_result rv_bus_load(struct rv_hart *h, enum rv_op op, uint64_t addr, uint64_t *val,
			   struct rv_exc *exc);
enum rv_result rv_bus_store(struct rv_hart *h, unsigned int size, uint64_t addr, uint64_t val,
			    struct rv_exc *exc);
enum rv_result rv_atomic(struct rv_hart *h, enum rv_amo op, unsigned int size, uint64_t addr,
			 uint64_t operand, uint64_t *rd, struct rv_exc *exc);

/* A Zicsr instruction, all of it: writes its destination register on RV_OK. */
enum rv_result rv_csr_insn(struct rv_hart *h, uint32_t insn, struct rv_exc *exc);

/*
 * rv_vec_insn() - a vector instruction that does not access memory, all of it.
 * @op: RV_OP_V*. *extra: cycles on top of the cost in its row. False: it is illegal, here and now.
 */
bool rv_vec_insn(struct rv_hart *h, unsigned int op, uint32_t insn, unsigned int *extra);

/*
 * rv_vec_memory() - a vector load or store. h->s must be up to date: callbacks may run.
 * *bus: set if one did. On RV_FAULT and RV_STALL vstart tells the element that did not go through;
 * those before it have.
 */
enum rv_result rv_vec_memory(struct rv_hart *h, unsigned int op, uint32_t insn,
			     struct rv_exc *exc, unsigned int *extra, bool *bus);

/* Is vtype (bit 63 clear) one that vsetvl takes, and the elements it then allows. */
bool rv_vtype_valid(uint64_t vtype);
unsigned int rv_vtype_vlmax(uint64_t vtype);

/* NaN boxing: a narrower value has all upper bits set, and counts as a NaN where it does not. */
static inline uint64_t rv_box16(uint16_t v)
{
	return ~UINT64_C(0xffff) | v;
}

static inline uint64_t rv_box32(uint32_t v)
{
	return ~UINT64_C(0xffffffff) | v;
}

static inline uint64_t rv_box64(uint64_t v)
{
	return v;
}

static inline uint16_t rv_unbox16(uint64_t f)
{
	return f >> 16 == UINT64_MAX >> 16 ? f : RV_F16_NAN;
}

static inline uint32_t rv_unbox32(uint64_t f)
{
	return f >> 32 == UINT32_MAX ? f : RV_F32_NAN;
}

static inline uint64_t rv_unbox64(uint64_t f)
{
	return f;
}

/* Trap entry. Costs RV_COST_TRAP; halts the hart if there is no handler. */
void rv_trap(struct rv_hart *h, uint64_t cause, uint64_t tval);

#endif /* MTIA_RV_INTERNAL_H */

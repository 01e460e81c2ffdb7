// SPDX-License-Identifier: MIT
/*
 * The interpreter loop.
 *
 * Records are run one after the other without looking at anything; cycles and instructions are
 * counted a block at a time, on entering it (ENTER). Each record knows the cost from itself to the
 * end of its block, so the time at any instruction is what was counted minus the record's cost, and
 * leaving a block in the middle (trap, callback) is exact.
 *
 * A block that would run past the budget gets a STOP written over the first record that may not
 * start; it is taken away when the block is left. So budgets are exact, at no cost to the loop.
 *
 * Two ways to dispatch from the same handlers: computed goto, and (RV_SWITCH) a plain switch.
 */
#include <string.h>

#include "rv_internal.h"

#if defined(__GNUC__) && !defined(__clang__)
/* Each handler keeps its own indirect jump: the branch predictor tells them apart. */
#pragma GCC optimize("no-gcse", "no-crossjumping")
#endif

static uint64_t div64(int64_t a, int64_t b)
{
	if (!b)
		return UINT64_MAX;
	if (b == -1)
		return -(uint64_t)a;	/* INT64_MIN / -1 wraps */
	return a / b;
}

static uint64_t rem64(int64_t a, int64_t b)
{
	if (!b)
		return a;
	if (b == -1)
		return 0;
	return a % b;
}

/* Put the page at @vaddr into the hart's table. */
static enum rv_result fetch_page(struct rv_hart *h, uint64_t vaddr, uint64_t tval,
				 const void *const *labels, struct rv_exc *exc)
{
	uint64_t vpage = vaddr / RV_PAGE_SIZE, phys_key = 0;
	unsigned int i, slot = vpage % RV_FETCH_SLOTS;
	const void *host = NULL;
	struct rv_page *page;
	enum rv_result res;

	*exc = (struct rv_exc){ .cause = RV_CAUSE_FETCH_FAULT, .tval = tval };
	for (i = 0; i < h->nwindows && !host; i++) {
		const struct rv_window *w = &h->windows[i];
		uint64_t off = vaddr - w->base;

		if ((w->perms & RV_X) && off < w->size && w->size - off >= RV_PAGE_SIZE) {
			host = w->host + off;
			phys_key = w->phys + off;
		}
	}
	if (!host) {
		res = h->bus->fetch(h->ctx, vaddr, &phys_key, &host, exc);
		if (res != RV_OK)
			return res;
	}
	page = rv_icache_get(h->icache, phys_key, host, labels);
	if (!page)
		return RV_FAULT;
	if (h->fetch[slot].page)
		rv_icache_put(h->icache, h->fetch[slot].page);
	h->fetch[slot].page = page;
	h->fetch[slot].vpage = vpage;
	h->fetch_used |= UINT64_C(1) << slot;
	return RV_OK;
}

/* The cause of the interrupt to take now, 0 if none (0 is no interrupt we have). */
static unsigned int pending_irq(const struct rv_state *s)
{
	uint64_t irqs = s->mip & s->mie;

	if (likely(!irqs) || !(s->mstatus & RV_MSTATUS_MIE))
		return 0;
	if (irqs & RV_MIP_MEIP)
		return RV_IRQ_EXT;
	if (irqs & RV_MIP_MSIP)
		return RV_IRQ_SOFT;
	if (irqs & RV_MIP_MTIP)
		return RV_IRQ_TIMER;
	return __builtin_ctzll(irqs);
}

/*
 * The first record after @r in its block that would start at or after the budget's end, NULL if the
 * whole block may run. @left: cycles of the budget, at least 1.
 */
static struct rv_rec *find_stop(const struct rv_page *page, struct rv_rec *r, uint64_t left)
{
	unsigned int slot = page ? r - page->rec : 0;
	struct rv_rec *q = r;

	while (q->count > 1) {
		unsigned int len = rv_insn_len(rv_page_insn(page, slot * 2));

		slot += len / 2;
		q += len / 2;
		if ((uint64_t)(r->cost - q->cost) >= left)
			return q;
	}
	return NULL;
}

#define CAT3(a, b, c)	a##b##c
#define LABEL(name, len) CAT3(l_##name, _, len)

#ifdef RV_SWITCH
#define OP(name)	case RV_HANDLER(RV_OP_##name, LEN):
#define OP4(name)	case RV_HANDLER(RV_OP_##name, 4):
#define MARKER(name)	case RV_HANDLER(RV_OP_##name, 4): case RV_HANDLER(RV_OP_##name, 2):
#define GO()		goto dispatch
#else
#define OP(name)	LABEL(name, LEN):
#define OP4(name)	l_##name##_4:
#define MARKER(name)	l_##name:
#define GO()		goto *r->label
#endif

#define NEXT() do { \
	r += LEN / 2; \
	GO(); \
} while (0)

#define ENTER() do { \
	cyc += r->cost; \
	ret += r->count; \
	if (unlikely(cyc > limit)) \
		goto over; \
	GO(); \
} while (0)

#define PC()	(va0 + (uint64_t)(r - rec0) * 2)

/* State as before the instruction at r. */
#define SYNC() do { \
	h->s.cycle = cyc - r->cost; \
	h->s.instret = ret - r->count; \
	h->s.pc = PC(); \
} while (0)

/* The instruction's own bytes. */
#define INSN()	(page ? rv_page_insn(page, (r - rec0) * 2) : scratch_insn)

/* Floating point. Off: illegal. Else it becomes dirty, as an implementation may say of any use. */
#define FP_ON() do { \
	if (unlikely((h->s.mstatus & RV_MSTATUS_FS) != RV_MSTATUS_FS)) { \
		if (!(h->s.mstatus & RV_MSTATUS_FS)) \
			goto illegal; \
		h->s.mstatus |= RV_MSTATUS_FS; \
	} \
} while (0)

/* Before anything that may free pages. */
#define UNPATCH() do { \
	if (patched) { \
		patched->label = patched_label; \
		patched = NULL; \
	} \
} while (0)

enum rv_stop rv_run(struct rv_hart *h, uint64_t until_cycle)
{
#ifdef RV_SWITCH
	const void *const *const labels = NULL;
#else
	static const void *const labels[RV_NR_EXEC_OPS * 2] = {
#define X(name, ...) \
		[RV_HANDLER(RV_OP_##name, 4)] = &&l_##name##_4, \
		[RV_HANDLER(RV_OP_##name, 2)] = &&l_##name##_2,
		RV_BASE_LIST(X)
		RV_VARIANT_LIST(X)
#undef X
#define X(name, ...) \
		[RV_HANDLER(RV_OP_##name, 4)] = &&l_##name##_4,
		RV_FP_LIST(X)
#undef X
#define X(name) \
		[RV_HANDLER(RV_OP_##name, 4)] = &&l_##name, \
		[RV_HANDLER(RV_OP_##name, 2)] = &&l_##name,
		RV_MARKER_LIST(X)
#undef X
	};
#endif
	uint64_t *const x = h->s.x;
	uint64_t cyc, ret;		/* counted to the end of the block being run */
	uint64_t limit;			/* look up from the loop when cyc is past this */
	struct rv_rec *r;		/* the instruction being executed */
	struct rv_page *page = NULL;	/* r's page; NULL if r is in scratch */
	struct rv_rec *rec0 = NULL;	/* record 0 and the address that belongs to it */
	uint64_t va0 = 0;
	uint64_t vpage = UINT64_MAX;	/* va0's page number, UINT64_MAX if r is in scratch */

	/* An instruction on two pages is decoded here; its successor is a PAGE_END. */
	struct rv_rec scratch[3] = { 0 };
	uint32_t scratch_insn = 0;	/* 0 is never an instruction of 4 bytes */

	struct rv_rec *patched = NULL;	/* overwritten with STOP */
	const void *patched_label = NULL;

	/* from handlers to the common code below */
	uint64_t target, addr, value;
	enum rv_op op;
	enum rv_amo amo;
	unsigned int size, len, rd, irq, extra;
	bool bus;
	enum rv_result res;
	enum rv_stop stop;
	struct rv_exc exc;
	uint32_t insn;

	/* h->s is the truth here; all checks are made. */
attention:
	UNPATCH();
	if (unlikely(h->s.halted)) {
		stop = RV_STOP_HALT;
		goto out;
	}
	if (unlikely(__atomic_load_n(&h->stop_request, __ATOMIC_RELAXED))) {
		__atomic_store_n(&h->stop_request, 0, __ATOMIC_RELAXED);
		stop = RV_STOP_REQUEST;
		goto out;
	}
	if (unlikely(h->s.waiting)) {
		if (!(h->s.mip & h->s.mie)) {
			stop = RV_STOP_WFI;
			goto out;
		}
		h->s.waiting = 0;
	}
	if (h->s.cycle >= until_cycle) {
		stop = RV_STOP_BUDGET;
		goto out;
	}
	irq = pending_irq(&h->s);
	if (unlikely(irq)) {
		rv_trap(h, RV_CAUSE_INTERRUPT | irq, 0);
		goto attention;
	}
	cyc = h->s.cycle;
	ret = h->s.instret;
	limit = until_cycle - cyc > RV_STOP_POLL ? cyc + RV_STOP_POLL : until_cycle;
	target = h->s.pc;
	goto other_page;

	/* Go to target; cyc and ret count all that was executed. */
jump:
	if (likely(target / RV_PAGE_SIZE == vpage)) {
		r = rec0 + target % RV_PAGE_SIZE / 2;
		ENTER();
	}
other_page:
	{
		unsigned int slot = target / RV_PAGE_SIZE % RV_FETCH_SLOTS;

		if (unlikely(h->fetch[slot].vpage != target / RV_PAGE_SIZE))
			goto miss;
		page = h->fetch[slot].page;
		vpage = h->fetch[slot].vpage;
		va0 = vpage * RV_PAGE_SIZE;
		rec0 = page->rec;
		r = rec0 + target % RV_PAGE_SIZE / 2;
		ENTER();
	}
miss:
	h->s.cycle = cyc;
	h->s.instret = ret;
	h->s.pc = target;
	UNPATCH();
	if (cyc >= until_cycle)
		goto attention;
	res = fetch_page(h, target & ~(uint64_t)(RV_PAGE_SIZE - 1), target, labels, &exc);
	goto fetched;

	/* The block at r does not fit under limit. */
over:
	cyc -= r->cost;
	ret -= r->count;
	if (cyc >= until_cycle || __atomic_load_n(&h->stop_request, __ATOMIC_RELAXED)) {
		h->s.cycle = cyc;
		h->s.instret = ret;
		h->s.pc = PC();
		goto attention;
	}
	limit = until_cycle - cyc > RV_STOP_POLL ? cyc + RV_STOP_POLL : until_cycle;
	if (r->cost > until_cycle - cyc) {
		patched = find_stop(page, r, until_cycle - cyc);
		if (patched) {
			patched_label = patched->label;
			patched->label = rv_handler(labels, RV_OP_STOP, 4);
		}
	}
	cyc += r->cost;
	ret += r->count;
	GO();

#ifdef RV_SWITCH
dispatch:
	switch (r->handler) {
#endif

#define LEN 4
#include "rv_exec_ops.h"
#include "rv_exec_fp.h"
#undef LEN
#define LEN 2
#include "rv_exec_ops.h"
#undef LEN

MARKER(DECODE)
	rv_decode_block(h->icache, page, r - rec0, labels);
	ENTER();

MARKER(PAGE_END)
	target = PC();
	goto other_page;

MARKER(STOP)
	SYNC();
	goto attention;

MARKER(ILLEGAL)
illegal:
	insn = INSN();
	SYNC();
	rv_trap(h, RV_CAUSE_ILLEGAL, insn);
	goto attention;

MARKER(STRADDLE)
	{
		uint64_t pc = va0 + RV_PAGE_SIZE - 2, next = va0 + RV_PAGE_SIZE;
		unsigned int slot = next / RV_PAGE_SIZE % RV_FETCH_SLOTS;

		if (unlikely(cyc >= until_cycle || h->fetch[slot].vpage != next / RV_PAGE_SIZE)) {
			h->s.cycle = cyc;
			h->s.instret = ret;
			h->s.pc = pc;
			UNPATCH();
			if (cyc >= until_cycle)
				goto attention;
			res = fetch_page(h, next, next, labels, &exc);
			goto fetched;
		}
		insn = rv_page_insn(page, RV_PAGE_SIZE - 2) |
		       rv_page_half(h->fetch[slot].page, 0) << 16;
		page = NULL;
		vpage = UINT64_MAX;
		va0 = pc;
		rec0 = scratch;
		r = scratch;
		if (insn != scratch_insn) {
			rv_decode_insn(&scratch[0], insn, 4, -1, labels);
			scratch[2].label = rv_handler(labels, RV_OP_PAGE_END, 4);
			scratch_insn = insn;
		}
	}
	ENTER();

#ifdef RV_SWITCH
	default:
		__builtin_unreachable();
	}
#endif

slow_load:
	if (rv_window_load(h, op, addr, &value)) {
		x[r->rd] = value;
		r += len / 2;
		GO();
	}
	rd = r->rd;
	SYNC();
	UNPATCH();
	res = rv_bus_load(h, op, addr, &value, &exc);
	if (res == RV_OK)
		x[rd] = value;
	goto executed;

slow_fload:
	if (rv_window_load(h, op, addr, &value)) {
		h->s.f[r->rd] = value;
		r += len / 2;
		GO();
	}
	rd = r->rd;
	SYNC();
	UNPATCH();
	res = rv_bus_load(h, op, addr, &value, &exc);
	if (res == RV_OK)
		h->s.f[rd] = value;
	goto executed;

slow_store:
	if (rv_window_store(h, size, addr, value)) {
		r += len / 2;
		GO();
	}
	SYNC();
	UNPATCH();
	res = rv_bus_store(h, size, addr, value, &exc);
	goto executed;

atomic:
	addr = x[r->rs1];
	value = x[r->rs2];
	rd = r->rd;
	if (!(addr & (size - 1)) &&
	    rv_window_ptr(h, addr, size, amo == RV_AMO_LR ? RV_R : RV_R | RV_W)) {
		rv_atomic(h, amo, size, addr, value, &x[rd], &exc);
		r += len / 2;
		GO();
	}
	SYNC();
	UNPATCH();
	res = rv_atomic(h, amo, size, addr, value, &value, &exc);
	if (res == RV_OK)
		x[rd] = value;
	goto executed;

csr:
	insn = INSN();
	SYNC();
	UNPATCH();
	op = RV_OP_CSRRW;
	len = 4;
	res = rv_csr_insn(h, insn, &exc);
	goto executed;

	/* The next two end their block: what they cost is known only now. */
vector:
	insn = INSN();
	if (unlikely(!rv_vec_insn(h, r->imm, insn, &extra)))
		goto illegal;
	cyc += extra;
	r += 2;
	ENTER();

vector_mem:
	insn = INSN();
	op = r->imm;
	bus = false;
	SYNC();
	UNPATCH();
	res = rv_vec_memory(h, op, insn, &exc, &extra, &bus);
	if (res == RV_OK && !bus) {
		cyc += extra;
		r += 2;
		ENTER();
	}
	if (res == RV_OK)
		h->s.cycle += extra;
	len = 4;
	goto executed;

custom0:
	insn = INSN();
	SYNC();
	UNPATCH();
	op = RV_OP_CUSTOM0;
	len = 4;
	value = 0;
	exc = (struct rv_exc){ .cause = RV_CAUSE_ILLEGAL, .tval = insn };
	res = h->bus->custom0(h->ctx, h, rv_field(insn, 12, 3), insn >> 25, x[rv_rs1(insn)],
			      x[rv_rs2(insn)], &value, &exc);
	if (res == RV_OK && rv_rd(insn))
		x[rv_rd(insn)] = value;
	goto executed;

fence_i:
	SYNC();
	UNPATCH();
	rv_flush_icache(h);
	op = RV_OP_FENCE_I;
	len = 4;
	res = RV_OK;
	goto executed;

wfi:
	SYNC();
	h->s.waiting = 1;
	op = RV_OP_WFI;
	len = 4;
	res = RV_OK;
	goto executed;

mret:
	SYNC();
	h->s.cycle += rv_insns[RV_OP_MRET].cost;
	h->s.instret++;
	h->s.pc = h->s.mepc;
	h->s.mstatus = (h->s.mstatus & ~RV_MSTATUS_MIE) | RV_MSTATUS_MPIE |
		       (h->s.mstatus & RV_MSTATUS_MPIE ? RV_MSTATUS_MIE : 0);
	goto attention;

ecall:
	SYNC();
	rv_trap(h, RV_CAUSE_ECALL_M, 0);
	goto attention;

ebreak:
	SYNC();
	rv_trap(h, RV_CAUSE_BREAKPOINT, h->s.pc);
	goto attention;

	/* An instruction is over that may have had effects outside; h->s is as before it. */
executed:
	if (res == RV_OK) {
		h->s.cycle += rv_insns[op].cost;
		h->s.instret++;
		h->s.pc += len;
		goto attention;
	}
fetched:
	if (res == RV_FAULT)
		rv_trap(h, exc.cause, exc.tval);
	if (res != RV_STALL)
		goto attention;
	stop = RV_STOP_STALL;
out:
	h->s.x[32] = 0;
	return stop;
}

// SPDX-License-Identifier: MIT
/*
 * Fabric interface: 2-D DMA between local memory and virtual addresses or other PEs' local memory.
 *
 * DMA_IN from LPDDR or SRAM moves its bytes when its latency has passed, within pe_advance(). What
 * changes memory (DMA_OUT), or needs the host or another PE, is staged at that point and ends at the
 * barrier.
 * Translations are looked up when a command starts (a bad address is reported early, and the
 * host's caches are warmed while the latency passes) and again when it moves data, so that none is
 * used after pe_flush_tlb().
 */
#include "pe_internal.h"
#include "timing.h"

/* move() met host memory or another PE's: not an error, and not a value of enum mtia_fault_reason. */
#define NEEDS_COMMIT 0x100

/* ---- Other PEs ------------------------------------------------------------------------------- */

#define PEER_WINDOW (256 * (uint64_t)MTIA_PE_PEER_STRIDE)

bool fi_is_peer(uint64_t va)
{
	return va - MTIA_PE_PEER_BASE < PEER_WINDOW;
}

bool fi_peer_inside(const struct mtia_pe *pe, uint64_t va)
{
	uint64_t n = (va - MTIA_PE_PEER_BASE) / MTIA_PE_PEER_STRIDE;

	return n / 16 < pe->s.launch.rows && n % 16 < pe->s.launch.cols;
}

bool fi_peer_mapped(const struct mtia_pe *pe, uint64_t va)
{
	return fi_is_peer(va) && fi_peer_inside(pe, va) && va % MTIA_PE_PEER_STRIDE < LS_SIZE;
}

/* Local memory at an address that is mapped; NULL where PEs are started one by one and it is not yet. */
static uint8_t *peer_memory(const struct mtia_pe *pe, uint64_t va)
{
	uint32_t n = (uint32_t)((va - MTIA_PE_PEER_BASE) / MTIA_PE_PEER_STRIDE);
	const struct pe_launch *l = &pe->s.launch;
	struct mtia_pe *peer = pe_peer(pe, (l->row0 + n / 16) * pe->grid_cols + l->col0 + n % 16);

	return peer ? peer->s.ls + va % MTIA_PE_PEER_STRIDE : NULL;
}

enum mtia_fault_reason fi_far(struct mtia_pe *pe, const struct pe_tlb_entry *where, void *buf,
			      size_t len, bool write)
{
	uint8_t *peer;

	if (where->target != FI_PEER)
		return write ? pe->fabric->host_write(pe->soc, pe->index, where->bus, buf, len) :
			       pe->fabric->host_read(pe->soc, pe->index, where->bus, buf, len);
	peer = peer_memory(pe, where->bus);
	if (!peer)
		return MTIA_FAULT_BAD_ADDR;
	memmove(write ? peer : buf, write ? buf : peer, len);
	return MTIA_FAULT_NONE;
}

/* ---- Translation ----------------------------------------------------------------------------- */

static enum mtia_fault_reason miss(struct mtia_pe *pe, uint64_t va, unsigned int access,
				   struct pe_tlb_entry *where, uint64_t *left)
{
	struct pe_page page = { 0 };
	struct pe_tlb_entry *entry;
	enum mtia_fault_reason reason;
	unsigned int shift;
	uint64_t off;

	if (fi_peer_mapped(pe, va) && access != MTIA_ACCESS_EXEC) {
		*where = (struct pe_tlb_entry){ .target = FI_PEER, .bus = va };
		*left = LS_SIZE - va % MTIA_PE_PEER_STRIDE;
		return MTIA_FAULT_NONE;
	}
	if (va < MTIA_VA_USER_MIN || va >= MTIA_VA_USER_MAX)
		return MTIA_FAULT_BAD_ADDR;
	reason = pe->fabric->translate(pe->soc, pe->s.launch.asid, va, access, &page);
	if (reason)
		return reason;
	shift = page.size >> MTIA_HUGE_SHIFT ? MTIA_HUGE_SHIFT : MTIA_PAGE_SHIFT;
	off = va & ((UINT64_C(1) << shift) - 1);
	entry = shift == MTIA_HUGE_SHIFT ? &pe->tlb_huge[(va >> shift) % PE_TLB_SIZE] :
					   &pe->tlb_page[(va >> shift) % PE_TLB_SIZE];
	if (entry->tag != (va >> shift) + 1)
		entry->perms = 0;
	entry->tag = (va >> shift) + 1;
	entry->host = page.host;
	entry->bus = page.bus;
	entry->target = page.target;
	entry->perms |= 1u << access;
	*where = *entry;
	where->host = page.host ? page.host + off : NULL;
	where->bus = page.bus + off;
	*left = (UINT64_C(1) << shift) - off;
	return MTIA_FAULT_NONE;
}

static inline bool hit(const struct pe_tlb_entry *entry, uint64_t va, unsigned int shift,
		       unsigned int access, struct pe_tlb_entry *where, uint64_t *left)
{
	uint64_t off = va & ((UINT64_C(1) << shift) - 1);

	if (entry->tag != (va >> shift) + 1 || !(entry->perms >> access & 1))
		return false;
	where->host = entry->host ? entry->host + off : NULL;
	where->bus = entry->bus + off;
	where->target = entry->target;
	*left = (UINT64_C(1) << shift) - off;
	return true;
}

enum mtia_fault_reason fi_translate(struct mtia_pe *pe, uint64_t va, unsigned int access,
				    struct pe_tlb_entry *where, uint64_t *left)
{
	if (hit(&pe->tlb_huge[(va >> MTIA_HUGE_SHIFT) % PE_TLB_SIZE], va, MTIA_HUGE_SHIFT, access,
		where, left) ||
	    hit(&pe->tlb_page[(va >> MTIA_PAGE_SHIFT) % PE_TLB_SIZE], va, MTIA_PAGE_SHIFT, access,
		where, left))
		return MTIA_FAULT_NONE;
	return miss(pe, va, access, where, left);
}

/* ---- Transfers ------------------------------------------------------------------------------- */

static unsigned int access_of(const struct pe_cmd *cmd)
{
	return cmd_inbound(cmd) ? MTIA_ACCESS_READ : MTIA_ACCESS_WRITE;
}

/* Where row `row` lies: behind the one before, or of DMA_GATHER where its index says. */
static uint64_t row_va(const struct mtia_pe *pe, const struct pe_cmd *cmd, uint32_t row)
{
	const struct pe_cb *cb = &pe->s.cb[cmd->cb0 % MTIA_PE_CBS];
	uint8_t scratch[4];
	uint32_t index = row;

	if (cmd->op == MTIA_OP_DMA_GATHER)
		memcpy(&index,
		       cb_gather(pe, cb, cb_advance(cb, cb->rpos, cmd->off0 + 4ull * row), 4, scratch),
		       4);
	return cmd->va + index * (uint64_t)cmd->stride_mem;
}

static void fault(struct mtia_pe *pe, const struct pe_cmd *cmd, enum mtia_fault_reason reason,
		  uint64_t va, uint64_t cycle)
{
	pe_mmu_fault(pe, MTIA_FAULT_SRC_FI | pe->index, access_of(cmd), reason, va);
	cp_cmd_fault(pe, cmd, MTIA_CAUSE_FI_FAULT, va, cycle);
}

/* Find the memory, take the port, and come back when the latency has passed. */
static void request(struct mtia_pe *pe, uint32_t index, uint64_t cycle)
{
	struct pe_state *s = &pe->s;
	struct pe_cmd *cmd = &s->cmd[index];
	bool in = cmd_inbound(cmd);
	unsigned int access = access_of(cmd);
	struct pe_cb *cb = &s->cb[in ? cmd->cbd : cmd->cb0];
	uint64_t *port = in ? &s->fi_read_free : &s->fi_write_free;
	uint64_t *last = cmd->op == MTIA_OP_DMA_IN_MC ? &s->group[cmd->group].last :
			 in ? &cb->in_last : &s->fi_write_last;
	uint64_t beats = (cmd->cols + FI_BYTES_PER_CYCLE - 1) / FI_BYTES_PER_CYCLE;
	uint64_t begin = cycle + FI_SETUP, end, left, longest = 0;
	/* DMA_GATHER asks for its rows one by one, all others for one piece of memory. */
	uint32_t asks = cmd->op == MTIA_OP_DMA_GATHER ? cmd->rows : 1;
	uint64_t bytes = (uint64_t)cmd->rows * cmd->cols / asks;

	for (uint32_t i = 0; i < asks; i++) {
		uint64_t va = row_va(pe, cmd, i), latency = FI_PEER_LATENCY;
		struct pe_tlb_entry where;
		enum mtia_fault_reason reason = fi_translate(pe, va, access, &where, &left);

		if (reason) {
			fault(pe, cmd, reason, va, cycle);
			return;
		}
		if (in && where.host) {
			__builtin_prefetch(where.host);
			if (left > 64)
				__builtin_prefetch(where.host + 64);
		}
		if (where.target != FI_PEER)
			latency = pe->fabric->latency(pe->soc, where.target, where.host, bytes, access,
						      cycle);
		if (longest < latency)
			longest = latency;
	}
	if (begin < *port)
		begin = *port;
	*port = begin + cmd->rows * beats;
	end = *port;
	if (cmd->op == MTIA_OP_DMA_IN_MC && end < cmd->taken)
		end = cmd->taken;
	end += longest;
	if (end < *last)
		end = *last;
	*last = end;
	pe_post(pe, end, EVENT_FI, index);
}

void fi_start(struct mtia_pe *pe, uint32_t index, uint64_t cycle)
{
	struct pe_cmd *cmd = &pe->s.cmd[index];
	struct pe_cb *cb = &pe->s.cb[cmd_inbound(cmd) ? cmd->cbd : cmd->cb0];

	/* Reserve the place first: a faulting command too has one, as a snapshot expects. */
	if (cmd_inbound(cmd)) {
		cmd->ring_pos = cb_dst_pos(cb, cb->in_flight);
		cb->in_flight += cmd->bytes;
		cb->in_kind = cmd_in_kind(cmd);
	} else {
		cmd->ring_pos = cb_src_pos(cb, cb->out_flight);
		cb->out_flight += cmd->bytes;
	}
	if (cmd->op == MTIA_OP_DMA_IN_MC)
		mc_start(pe, index, cycle);
	else
		request(pe, index, cycle);
}

void fi_read(struct mtia_pe *pe, uint32_t index, uint64_t cycle)
{
	const struct pe_cmd *cmd = &pe->s.cmd[index];

	if (cmd->state == CMD_RUNNING && cmd->op == MTIA_OP_DMA_IN_MC)
		request(pe, index, cycle);
}

/* `len` bytes between memory and the ring; not beyond the end of the ring. */
static unsigned int move_piece(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t va,
			       uint8_t *ls, uint64_t len, bool commit, uint64_t *bad)
{
	unsigned int access = access_of(cmd);
	bool in = access == MTIA_ACCESS_READ;

	while (len) {
		struct pe_tlb_entry where;
		unsigned int reason;
		uint64_t n = 0;

		reason = fi_translate(pe, va, access, &where, &n);
		if (n > len)
			n = len;
		if (reason == MTIA_FAULT_NONE && !where.host) {
			if (!commit)
				return NEEDS_COMMIT;
			reason = fi_far(pe, &where, ls, n, !in);
		} else if (reason == MTIA_FAULT_NONE) {
			uint64_t good = fi_good_bytes(pe, where.host, n, access);

			if (good < n) {
				*bad = va + good;
				return MTIA_FAULT_POISON;
			}
			if (in)
				memcpy(ls, where.host, n);
			else
				memcpy(where.host, ls, n);
		}
		if (reason) {
			*bad = va;
			return reason;
		}
		va += n;
		ls += n;
		len -= n;
	}
	return MTIA_FAULT_NONE;
}

static unsigned int move(struct mtia_pe *pe, const struct pe_cmd *cmd, bool commit, uint64_t *bad)
{
	const struct pe_cb *cb = &pe->s.cb[cmd_inbound(cmd) ? cmd->cbd : cmd->cb0];
	uint8_t *ring = pe->s.ls + cb->base;
	uint32_t rows = cmd->rows, cols = cmd->cols, pos = cmd->ring_pos;

	if (cmd->stride_cb == cols && (uint64_t)cmd->stride_mem == cols &&
	    cmd->op != MTIA_OP_DMA_GATHER) {
		cols *= rows;
		rows = 1;
	}
	for (uint32_t r = 0; r < rows; r++) {
		uint64_t va = row_va(pe, cmd, r);
		uint32_t first = cb->size - pos < cols ? cb->size - pos : cols;
		unsigned int reason = move_piece(pe, cmd, va, ring + pos, first, commit, bad);

		if (reason == MTIA_FAULT_NONE && first < cols)
			reason = move_piece(pe, cmd, va + first, ring, cols - first, commit, bad);
		if (reason)
			return reason;
		pos = cb_advance(cb, pos, cmd->stride_cb);
	}
	return MTIA_FAULT_NONE;
}

static void stage(struct mtia_pe *pe, uint32_t index, uint64_t cycle)
{
	struct pe_cmd *cmd = &pe->s.cmd[index];

	cmd->state = CMD_STAGED;
	pe_stage(pe, cycle, STAGED_FI, index);
	pe_post(pe, barrier_after(pe, cycle), EVENT_DONE, index);
}

void fi_data(struct mtia_pe *pe, uint32_t index, uint64_t cycle)
{
	struct pe_state *s = &pe->s;
	struct pe_cmd *cmd = &s->cmd[index];
	uint64_t bad = 0;
	unsigned int reason;
	struct pe_cb *cb;

	if (cmd->state != CMD_RUNNING || cmd->unit != UNIT_FI)
		return;
	if (!cmd_inbound(cmd) || cmd->op == MTIA_OP_DMA_IN_MC) {
		stage(pe, index, cycle);
		return;
	}
	cb = &s->cb[cmd->cbd];
	if (cycle < cb->in_hold) {
		pe_post(pe, cb->in_hold, EVENT_FI, index);
		return;
	}
	reason = move(pe, cmd, false, &bad);
	if (reason == NEEDS_COMMIT) {
		cb->in_hold = barrier_after(pe, cycle);
		stage(pe, index, cycle);
	} else if (reason) {
		fault(pe, cmd, reason, bad, cycle);
	} else {
		cp_complete(pe, index, cycle);
	}
}

void fi_commit(struct mtia_pe *pe, uint32_t index)
{
	const struct pe_cmd *cmd = &pe->s.cmd[index];
	uint64_t bad = 0;
	unsigned int reason = move(pe, cmd, true, &bad);

	if (reason)
		fault(pe, cmd, reason, bad, pe->s.commit_at);
	else if (cmd->op == MTIA_OP_DMA_IN_MC)
		mc_deliver(pe, cmd, pe->s.commit_at);
}

void fi_done(struct mtia_pe *pe, struct pe_cmd *cmd)
{
	struct pe_counters *count = &pe->s.counters;
	uint64_t bytes = (uint64_t)cmd->rows * cmd->cols;
	struct pe_cb *cb;

	if (cmd_inbound(cmd)) {
		cb = &pe->s.cb[cmd->cbd];
		cb->in_flight -= cmd->bytes;
		cb_push(cb, cmd->bytes);
		if (cmd->op == MTIA_OP_DMA_IN_MC)
			pe->s.group[cmd->group].flights--;
		if (cmd->op == MTIA_OP_DMA_IN_MC && !mc_leads(pe, cmd))
			count->fi_multicast_bytes += bytes;
		else
			*(fi_is_peer(cmd->va) ? &count->fi_peer_bytes : &count->fi_read_bytes) +=
				bytes;
	} else {
		cb = &pe->s.cb[cmd->cb0];
		cb->out_flight -= cmd->bytes;
		cb_pop(cb, cmd->bytes);
		*(fi_is_peer(cmd->va) ? &count->fi_peer_bytes : &count->fi_write_bytes) += bytes;
	}
}

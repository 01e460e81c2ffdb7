// SPDX-License-Identifier: MIT
/*
 * The control subsystem's DMA channels.
 *
 * A transfer advances in chunks. A chunk is moved at once and then takes the time its bytes need,
 * so there is a point to abort, and to let others go, every 64 KiB. Where it crosses a page, the
 * end of a memory, or 4 KiB between two host addresses, it is cut further.
 */
#include <string.h>

#include "soc.h"

/* Invented, as in pe/timing.h; 64 bytes a cycle is the network's width (paper section 3). */
#define DMA_START_CYCLES 32
#define DMA_BYTES_PER_CYCLE 64
#define DMA_BYTES_PER_CYCLE_PCIE 20 /* 16 GB/s at 800 MHz (paper Table I) */

#define SPACE_MASK 0xffu
#define SPACE_ASID_SHIFT 8

/* Where a piece of one side of a transfer lies: memory, or a bus address. */
struct side {
	uint8_t *host; /* NULL: on the bus */
	uint64_t bus;
	uint64_t left;
};

void dma_reset(struct mtia_model *m)
{
	memset(m->dma, 0, sizeof(m->dma));
}

static enum mtia_fault_reason resolve(struct mtia_model *m, uint32_t space, uint64_t addr,
				      unsigned int access, struct side *side)
{
	uint64_t pte, offset;
	enum mtia_fault_reason reason;

	side->host = NULL;
	switch (space & SPACE_MASK) {
	case MTIA_SPACE_PHYS:
		side->host = memory_at(m, addr, &side->left);
		return side->host ? MTIA_FAULT_NONE : MTIA_FAULT_BAD_ADDR;
	case MTIA_SPACE_VIRT:
		reason = mmu_translate(m, space >> SPACE_ASID_SHIFT, addr, access, &pte, &offset,
				       &side->left);
		if (reason != MTIA_FAULT_NONE)
			return reason;
		side->host = memory_of_leaf(m, pte);
		if (side->host)
			side->host += offset;
		else
			side->bus = (pte & MTIA_PTE_ADDR_MASK) + offset;
		return MTIA_FAULT_NONE;
	case MTIA_SPACE_HOST:
		side->bus = addr;
		side->left = UINT64_MAX - addr;
		if (side->left != UINT64_MAX)
			side->left++;
		return MTIA_FAULT_NONE;
	default:
		return MTIA_FAULT_BAD_ADDR;
	}
}

/* n bytes of the pattern, beginning with its byte `phase`. */
static void fill(uint8_t *p, uint64_t pattern, unsigned int phase, size_t n)
{
	uint64_t turned = phase ? pattern >> (8 * phase) | pattern << (64 - 8 * phase) : pattern;

	if (!pattern) {
		memory_zero(p, n);
		return;
	}
	for (; n >= 8; n -= 8, p += 8)
		memcpy(p, &turned, 8);
	memcpy(p, &turned, n);
}

struct chunk_result {
	enum mtia_fault_reason reason;
	bool dst_failed;
	bool over_pcie;
	uint64_t wait; /* for others at the memories, the longest of its pieces */
};

static void fail_side(struct chunk_result *r, enum mtia_fault_reason reason, bool dst)
{
	r->reason = reason;
	r->dst_failed = dst;
}

static void memory_time(struct mtia_model *m, const uint8_t *host, uint64_t n, bool write,
			uint64_t cycle, struct chunk_result *r)
{
	uint64_t wait = host ? memsys_dma(m, host, n, write, cycle) : 0;

	if (wait > r->wait)
		r->wait = wait;
}

/* Move up to n bytes from where the job is; returns how many were. */
static uint64_t move(struct mtia_model *m, unsigned int channel, uint64_t n, struct chunk_result *r)
{
	const struct dma_transfer *job = &m->dma[channel].job;
	uint64_t pos = m->dma[channel].pos, cycle = m->dma[channel].due, done = 0;

	while (done < n && r->reason == MTIA_FAULT_NONE) {
		struct side src = { 0 }, dst = { 0 };
		uint64_t at = pos + done, part = n - done;
		enum mtia_fault_reason reason;

		if (!job->fill) {
			reason = job->src + at < job->src ?
					 MTIA_FAULT_BAD_ADDR :
					 resolve(m, job->src_space, job->src + at, MTIA_ACCESS_READ,
						 &src);
			if (reason != MTIA_FAULT_NONE) {
				fail_side(r, reason, false);
				break;
			}
			if (part > src.left)
				part = src.left;
		}
		reason = job->dst + at < job->dst ?
				 MTIA_FAULT_BAD_ADDR :
				 resolve(m, job->dst_space, job->dst + at, MTIA_ACCESS_WRITE, &dst);
		if (reason != MTIA_FAULT_NONE) {
			fail_side(r, reason, true);
			break;
		}
		if (part > dst.left)
			part = dst.left;
		if (!dst.host && (job->fill || !src.host) && part > sizeof(m->bounce))
			part = sizeof(m->bounce);
		if (m->ecc.count && src.host) {
			part = ecc_read(m, NULL, src.host, part, MTIA_ECC_SRC_DMA | channel);
			if (!part) {
				fail_side(r, MTIA_FAULT_POISON, false);
				break;
			}
		}
		if (m->ecc.count && dst.host)
			ecc_write(m, dst.host, part);
		r->over_pcie |= !dst.host || (!job->fill && !src.host);
		memory_time(m, src.host, part, false, cycle, r);
		memory_time(m, dst.host, part, true, cycle, r);

		if (job->fill) {
			fill(dst.host ? dst.host : m->bounce, job->pattern, at % 8, part);
			src.host = m->bounce;
		} else if (!src.host) {
			src.host = dst.host ? dst.host : m->bounce;
			reason = soc_host_read(m, src.bus, src.host, part);
			if (reason != MTIA_FAULT_NONE)
				fail_side(r, reason, false);
		} else if (dst.host) {
			memmove(dst.host, src.host, part);
		}
		if (r->reason == MTIA_FAULT_NONE && !dst.host) {
			reason = soc_host_write(m, dst.bus, src.host, part);
			if (reason != MTIA_FAULT_NONE)
				fail_side(r, reason, true);
		}
		if (r->reason == MTIA_FAULT_NONE)
			done += part;
	}
	return done;
}

static uint64_t cycles_of(uint64_t bytes, bool over_pcie)
{
	uint64_t rate = over_pcie ? DMA_BYTES_PER_CYCLE_PCIE : DMA_BYTES_PER_CYCLE;

	return (bytes + rate - 1) / rate;
}

static void finish(struct mtia_model *m, unsigned int channel, uint32_t status)
{
	m->dma[channel].status = status;
	m->ctrl.dma_done |= 1u << channel;
}

static void step_channel(struct mtia_model *m, unsigned int channel)
{
	struct dma_channel *ch = &m->dma[channel];
	struct chunk_result r = { .reason = MTIA_FAULT_NONE };
	uint64_t n = ch->job.len - ch->pos;

	if (ch->last) {
		finish(m, channel, ch->result);
		return;
	}
	if (n > SOC_DMA_CHUNK)
		n = SOC_DMA_CHUNK;
	n = move(m, channel, n, &r);
	ch->pos += n;
	m->dma_bytes += n;
	ch->due += (cycles_of(n, r.over_pcie) + 1 + r.wait) * m->inject.slow;
	if (r.reason != MTIA_FAULT_NONE) {
		uint32_t space = r.dst_failed ? ch->job.dst_space : ch->job.src_space;

		ch->fault_addr = (r.dst_failed ? ch->job.dst : ch->job.src) + ch->pos;
		if ((space & SPACE_MASK) == MTIA_SPACE_VIRT)
			mmu_fault(m, MTIA_FAULT_SRC_DMA | channel, space >> SPACE_ASID_SHIFT,
				  r.dst_failed ? MTIA_ACCESS_WRITE : MTIA_ACCESS_READ, r.reason,
				  ch->fault_addr);
		ch->last = true;
		ch->result = MTIA_DMA_ST_ERROR | (uint32_t)r.reason << 8;
	} else if (ch->pos == ch->job.len) {
		ch->last = true;
		ch->result = MTIA_DMA_ST_DONE;
	}
}

static int earliest(const struct mtia_model *m)
{
	int best = -1;

	for (int c = 0; c < MTIA_DMA_CHANNELS; c++)
		if (m->dma[c].status == MTIA_DMA_ST_BUSY && !(m->inject.stalled_dma >> c & 1) &&
		    (best < 0 || m->dma[c].due < m->dma[best].due))
			best = c;
	return best;
}

uint64_t dma_next_event(const struct mtia_model *m)
{
	int c = earliest(m);

	return c < 0 ? SOC_NEVER : m->dma[c].due;
}

void dma_advance(struct mtia_model *m, uint64_t cycle)
{
	for (int c = earliest(m); c >= 0 && m->dma[c].due <= cycle; c = earliest(m))
		step_channel(m, c);
}

/* ---- Registers ---- */

bool dma_reg_read(struct mtia_model *m, unsigned int channel, uint32_t offset, unsigned int size,
		  uint64_t *value)
{
	const struct dma_channel *ch = &m->dma[channel];

	if (size < 4)
		return false;
	if (size == 4) {
		switch (offset) {
		case MTIA_DMA_SRC_SPACE:
			*value = ch->regs.src_space;
			return true;
		case MTIA_DMA_DST_SPACE:
			*value = ch->regs.dst_space;
			return true;
		case MTIA_DMA_CTRL: /* write only */
			*value = 0;
			return true;
		case MTIA_DMA_STATUS:
			*value = ch->status;
			return true;
		}
	}
	switch (offset & ~7u) {
	case MTIA_DMA_SRC:
		*value = reg_part(ch->regs.src, offset & 4, size);
		return true;
	case MTIA_DMA_DST:
		*value = reg_part(ch->regs.dst, offset & 4, size);
		return true;
	case MTIA_DMA_LEN:
		*value = reg_part(ch->regs.len, offset & 4, size);
		return true;
	case MTIA_DMA_PATTERN:
		*value = reg_part(ch->regs.pattern, offset & 4, size);
		return true;
	case MTIA_DMA_FAULT_ADDR:
		*value = reg_part(ch->fault_addr, offset & 4, size);
		return true;
	default:
		return false;
	}
}

static void start(struct mtia_model *m, unsigned int channel, bool filling)
{
	struct dma_channel *ch = &m->dma[channel];
	uint64_t now = m->ctrl.hart.s.cycle;
	bool host;

	if (ch->status == MTIA_DMA_ST_BUSY) {
		soc_error(m, MTIA_ERR_GUEST, MTIA_PA_CTRL + MTIA_CC_DMA(channel) + MTIA_DMA_CTRL,
			  "DMA channel %u started while busy", channel);
		return;
	}
	ch->job = ch->regs;
	ch->job.fill = filling;
	ch->fault_addr = 0;
	ch->pos = 0;
	ch->last = false;
	ch->status = MTIA_DMA_ST_BUSY;
	host = (ch->job.dst_space & SPACE_MASK) == MTIA_SPACE_HOST ||
	       (!filling && (ch->job.src_space & SPACE_MASK) == MTIA_SPACE_HOST);
	ch->due = now + (DMA_START_CYCLES + (host ? SOC_LATENCY_HOST : SOC_LATENCY_LPDDR)) *
				(uint64_t)m->inject.slow;
	if (!ch->job.len || ch->job.len > SOC_DMA_MAX) {
		soc_error(m, MTIA_ERR_GUEST, MTIA_PA_CTRL + MTIA_CC_DMA(channel) + MTIA_DMA_LEN,
			  "DMA channel %u: length 0x%llx", channel,
			  (unsigned long long)ch->job.len);
		ch->last = true;
		ch->result = MTIA_DMA_ST_ERROR | MTIA_FAULT_BAD_ADDR << 8;
		ch->fault_addr = ch->job.dst;
	}
	m->ctrl.hart.stop_request = 1; /* there is a new event to stop at */
}

static void write_ctrl(struct mtia_model *m, unsigned int channel, uint32_t value)
{
	if (value & MTIA_DMA_ABORT) {
		/* Between two chunks, so at once. Nothing more is moved after this. */
		if (m->dma[channel].status == MTIA_DMA_ST_BUSY)
			finish(m, channel, MTIA_DMA_ST_ERROR | MTIA_FAULT_NONE << 8);
		return;
	}
	if (value & MTIA_DMA_START)
		start(m, channel, value & MTIA_DMA_FILL);
}

bool dma_reg_write(struct mtia_model *m, unsigned int channel, uint32_t offset, uint64_t value,
		   unsigned int size)
{
	struct dma_transfer *regs = &m->dma[channel].regs;
	uint64_t *reg;

	if (size < 4)
		return false;
	if (size == 4) {
		switch (offset) {
		case MTIA_DMA_SRC_SPACE:
			regs->src_space = value;
			return true;
		case MTIA_DMA_DST_SPACE:
			regs->dst_space = value;
			return true;
		case MTIA_DMA_CTRL:
			write_ctrl(m, channel, value);
			return true;
		}
	}
	switch (offset & ~7u) {
	case MTIA_DMA_SRC:
		reg = &regs->src;
		break;
	case MTIA_DMA_DST:
		reg = &regs->dst;
		break;
	case MTIA_DMA_LEN:
		reg = &regs->len;
		break;
	case MTIA_DMA_PATTERN:
		reg = &regs->pattern;
		break;
	default:
		return false;
	}
	*reg = reg_merge(*reg, value, offset & 4, size);
	return true;
}

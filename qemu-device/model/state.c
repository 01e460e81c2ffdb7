// SPDX-License-Identifier: MIT
/*
 * Snapshots and the state hash: one walk over the state serves saving, loading and hashing, so that
 * the three cannot drift apart.
 *
 * Stream: header (magic, version, total bytes, LPDDR size, features, transfers in flight), then
 * sections of {id, bytes, content}, then an FNV-1a of all before. Host byte order (little endian). A
 * stream is read only by the version that wrote it. The sum finds accidents; against malice every
 * value that the model relies on is checked as well.
 */
#include <errno.h>
#include <string.h>

#include "soc.h"

#define STATE_MAGIC UINT64_C(0x315441545341544d) /* "MTASTAT1" */
#define STATE_VERSION 2

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

enum section {
	SECTION_TIME = 1,
	SECTION_PORT,
	SECTION_CORE,
	SECTION_INJECT, /* what follows may break rules because of it */
	SECTION_DMA,
	SECTION_MEMSYS,
	SECTION_ECC,
	SECTION_MMU,
	SECTION_SUBGRIDS,
	SECTION_PES,
	SECTION_COUNTERS,
	SECTION_SENSORS, /* behind time and what it counts */
	SECTION_WORK_QUEUES, /* with the feature only; behind sub-grids */
	SECTION_END,
};

enum walk_mode { WALK_SIZE, WALK_SAVE, WALK_LOAD, WALK_HASH };

struct walk {
	enum walk_mode mode;
	uint8_t *out;
	const uint8_t *in;
	size_t size; /* of out or in */
	size_t pos;
	uint64_t hash;
	bool bad;
};

static uint64_t fnv(uint64_t hash, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size--)
		hash = (hash ^ *p++) * FNV_PRIME;
	return hash;
}

static void put(struct walk *w, void *data, size_t size)
{
	switch (w->mode) {
	case WALK_SIZE:
		break;
	case WALK_SAVE:
		if (size > w->size - w->pos) {
			w->bad = true;
			return;
		}
		memcpy(w->out + w->pos, data, size);
		break;
	case WALK_LOAD:
		if (w->bad || size > w->size - w->pos) {
			w->bad = true;
			memset(data, 0, size);
			return;
		}
		memcpy(data, w->in + w->pos, size);
		break;
	case WALK_HASH:
		w->hash = fnv(w->hash, data, size);
		return;
	}
	w->pos += size;
}

#define PUT(w, lvalue) put(w, &(lvalue), sizeof(lvalue))

static void put_bool(struct walk *w, bool *value)
{
	uint8_t byte = *value;

	PUT(w, byte);
	if (byte > 1)
		w->bad = true;
	*value = byte == 1;
}

/* A value that must be there as it is. */
static void put_fixed(struct walk *w, uint64_t value)
{
	uint64_t copy = value;

	PUT(w, copy);
	if (copy != value)
		w->bad = true;
}

static void put_atomic32(struct walk *w, _Atomic uint32_t *value)
{
	uint32_t copy = atomic_load(value);

	PUT(w, copy);
	atomic_store(value, copy);
}

static void put_atomic64(struct walk *w, _Atomic uint64_t *value)
{
	uint64_t copy = atomic_load(value);

	PUT(w, copy);
	atomic_store(value, copy);
}

/* ---- Sections ---- */

static void walk_time(struct mtia_model *m, struct walk *w)
{
	PUT(w, m->now);
	if (m->now % SOC_QUANTUM || m->now > SOC_TIME_END)
		w->bad = true;
}

static void walk_port(struct mtia_model *m, struct walk *w)
{
	struct port *p = &m->port;
	struct shadow *s = &m->shadow;
	bool resetting;

	pthread_mutex_lock(&p->lock);
	put_bool(w, &p->run);
	put_bool(w, &p->reset);
	PUT(w, p->start_pc);
	PUT(w, p->start_arg);
	PUT(w, p->rung);
	PUT(w, p->doorbell);
	PUT(w, p->mbox_event);
	PUT(w, p->mbox_h2d_tail);
	PUT(w, p->mbox_d2h_head);
	PUT(w, p->cq_head);
	put_atomic32(w, &s->ctrl);
	put_atomic64(w, &s->boot_pc);
	put_atomic64(w, &s->boot_arg);
	resetting = s->resetting;
	put_bool(w, &resetting);
	s->resetting = resetting;
	put_atomic32(w, &s->fw_status);
	put_atomic32(w, &s->heartbeat);
	put_atomic32(w, &s->fw_version);
	put_atomic32(w, &s->err_count);
	put_atomic32(w, &s->err_class);
	put_atomic64(w, &s->err_addr);
	if ((s->ctrl != 0) != p->run || s->ctrl > MTIA_CTRL_CORE_RUN || p->mbox_event > 3 ||
	    resetting != p->reset)
		w->bad = true;
	if (w->mode == WALK_LOAD)
		p->dirty = true;
	pthread_mutex_unlock(&p->lock);
}

/* What a hart can be in; the interpreter relies on it. */
static bool hart_valid(const struct mtia_model *m, const struct rv_state *s)
{
	return rv_state_valid(&m->ctrl.hart, s) && s->cycle >= m->now &&
	       /* ahead of the barrier by an instruction at most, a generous one */
	       s->cycle - m->now < SOC_LONG_QUANTUM;
}

static void walk_core(struct mtia_model *m, struct walk *w)
{
	struct ctrl *c = &m->ctrl;

	if (w->mode != WALK_LOAD && c->hart.s.cycle < m->now)
		c->hart.s.cycle = m->now; /* it waits; its clock follows when it next runs */
	PUT(w, c->hart.s);
	if (!hart_valid(m, &c->hart.s))
		w->bad = true;
	put_bool(w, &c->run);
	PUT(w, c->timecmp);
	PUT(w, c->irq_enable);
	PUT(w, c->doorbells);
	PUT(w, c->pe_done);
	PUT(w, c->pe_fault);
	PUT(w, c->mbox_event);
	PUT(w, c->dma_done);
	PUT(w, c->mbox_h2d_tail);
	PUT(w, c->mbox_d2h_head);
	PUT(w, c->cq_head);
	PUT(w, c->db_tail);
	PUT(w, c->tlb_asid);
	PUT(w, c->tlb_va);
	PUT(w, c->tlb_size);
	if (c->mbox_event > 3 || c->dma_done >> MTIA_DMA_CHANNELS)
		w->bad = true;
}

static void walk_transfer(struct walk *w, struct dma_transfer *t)
{
	PUT(w, t->src);
	PUT(w, t->dst);
	PUT(w, t->len);
	PUT(w, t->src_space);
	PUT(w, t->dst_space);
	PUT(w, t->pattern);
	put_bool(w, &t->fill);
}

/* Longer than any chunk waits for memory that is slow and asked for by others. */
#define DMA_MAX_WAIT (UINT64_C(1) << 42)

static void walk_dma(struct mtia_model *m, struct walk *w)
{
	for (unsigned int i = 0; i < MTIA_DMA_CHANNELS; i++) {
		struct dma_channel *ch = &m->dma[i];

		walk_transfer(w, &ch->regs);
		walk_transfer(w, &ch->job);
		PUT(w, ch->status);
		PUT(w, ch->fault_addr);
		put_bool(w, &ch->last);
		PUT(w, ch->result);
		PUT(w, ch->pos);
		PUT(w, ch->due);
		if (ch->status != MTIA_DMA_ST_BUSY)
			continue;
		if ((ch->due < m->now && !(m->inject.stalled_dma >> i & 1)) ||
		    (ch->due > m->now && ch->due - m->now > DMA_MAX_WAIT) ||
		    (ch->last ? (ch->result & 0xff) < MTIA_DMA_ST_DONE :
				ch->pos >= ch->job.len || ch->job.len > SOC_DMA_MAX))
			w->bad = true;
	}
}

static void walk_mmu(struct mtia_model *m, struct walk *w)
{
	struct mmu *mmu = &m->mmu;

	PUT(w, mmu->root);
	PUT(w, mmu->page);
	PUT(w, mmu->huge);
	for (unsigned int i = 0; i < SOC_FAULT_FIFO; i++) {
		PUT(w, mmu->fifo[i].status);
		PUT(w, mmu->fifo[i].src);
		PUT(w, mmu->fifo[i].va);
	}
	PUT(w, mmu->fault_head);
	PUT(w, mmu->fault_count);
	put_bool(w, &mmu->fault_lost);
	PUT(w, mmu->misses);
	if (!mmu_state_valid(m))
		w->bad = true;
}

static void walk_memsys(struct mtia_model *m, struct walk *w)
{
	struct memsys *ms = &m->memsys;

	/* The model's timing is the host's choice; a stream belongs to one of them. */
	put_fixed(w, ms->approx);
	put_bool(w, &ms->cache);
	PUT(w, ms->free_at);
	put(w, ms->tag, SOC_CACHE_LINES * sizeof(ms->tag[0]));
	put(w, ms->next_way, SOC_CACHE_SETS);
	PUT(w, ms->hits);
	PUT(w, ms->misses);
	PUT(w, ms->writebacks);
	PUT(w, ms->bypassed);
	if (w->mode == WALK_LOAD && !memsys_state_valid(m))
		w->bad = true;
}

static void walk_ecc(struct mtia_model *m, struct walk *w)
{
	struct ecc *ecc = &m->ecc;

	for (unsigned int i = 0; i < SOC_ECC_WORDS; i++) {
		PUT(w, ecc->word[i].addr);
		PUT(w, ecc->word[i].bits);
		PUT(w, ecc->word[i].syndrome);
		put_bool(w, &ecc->word[i].told);
	}
	PUT(w, ecc->count);
	for (unsigned int i = 0; i < SOC_ECC_FIFO; i++) {
		PUT(w, ecc->fifo[i].status);
		PUT(w, ecc->fifo[i].where);
		PUT(w, ecc->fifo[i].addr);
	}
	PUT(w, ecc->fault_head);
	PUT(w, ecc->fault_count);
	put_bool(w, &ecc->lost);
	PUT(w, ecc->errors);
	PUT(w, ecc->period);
	PUT(w, ecc->scrub_from);
	PUT(w, ecc->scrub_seen);
	if (!ecc_state_valid(m))
		w->bad = true;
	if (w->mode == WALK_LOAD && !w->bad)
		m->fabric.ecc_armed = ecc->count != 0;
}

static void walk_subgrids(struct mtia_model *m, struct walk *w)
{
	for (unsigned int i = 0; i < MTIA_MAX_SUBGRIDS; i++) {
		struct subgrid *sg = &m->subgrids.entry[i];

		PUT(w, sg->rect);
		PUT(w, sg->asid);
		PUT(w, sg->entry);
		PUT(w, sg->arg);
		PUT(w, sg->args_addr);
		PUT(w, sg->args_size);
		PUT(w, sg->arg_pos);
		PUT(w, sg->state);
		PUT(w, sg->refusal);
		PUT(w, sg->pes);
		PUT(w, sg->faulted);
		PUT(w, sg->exited);
		PUT(w, sg->start_cycle);
	}
	PUT(w, m->subgrids.event);
	PUT(w, m->subgrids.claimed);
	if (!subgrid_state_valid(m))
		w->bad = true;
}

static void walk_work_queues(struct mtia_model *m, struct walk *w)
{
	for (unsigned int i = 0; i < MTIA_MAX_SUBGRIDS; i++) {
		struct work_queue *wq = &m->subgrids.entry[i].wq;

		for (unsigned int n = 0; n < SOC_WQ_DEPTH; n++) {
			PUT(w, wq->slot[n].desc);
			PUT(w, wq->slot[n].state);
			PUT(w, wq->slot[n].began);
			PUT(w, wq->slot[n].ended);
		}
		PUT(w, wq->count);
		PUT(w, wq->ended);
		PUT(w, wq->ready);
		PUT(w, wq->refused);
		PUT(w, wq->request);
		PUT(w, wq->args);
	}
	if (!workqueue_state_valid(m))
		w->bad = true;
}

static void walk_pes(struct mtia_model *m, struct walk *w)
{
	size_t size = pe_state_size();

	PUT(w, m->running);
	for (unsigned int i = 0; i < SOC_NR_PES; i++) {
		struct pe_block *b = &m->pe[i];
		struct pe_status status;

		PUT(w, b->asid);
		PUT(w, b->subgrid);
		PUT(w, b->entry);
		PUT(w, b->arg);
		PUT(w, b->last_asid);
		PUT(w, b->group);
		PUT(w, b->ready);
		PUT(w, b->stuck_since);
		PUT(w, b->tlb_misses);
		if (w->mode != WALK_LOAD && w->mode != WALK_SIZE)
			pe_save(b->pe, m->pe_state);
		put(w, m->pe_state, size);
		if (w->mode != WALK_LOAD)
			continue;
		if (w->bad || pe_load(b->pe, m->pe_state, size)) {
			w->bad = true;
			return;
		}
		pe_get_status(b->pe, &status);
		if ((status.status == MTIA_PE_RUNNING) != (m->running >> i & 1) ||
		    ((m->running >> i & 1) && !(b->group >> i & 1)) ||
		    /* An event in the past would have to be caught up with, for ages. */
		    pe_next_event(b->pe) < m->now ||
		    (b->stuck_since != SOC_NEVER && b->stuck_since > m->now) ||
		    b->ready > m->now + SOC_LONG_QUANTUM)
			w->bad = true;
	}
}

static void walk_counters(struct mtia_model *m, struct walk *w)
{
	PUT(w, m->dma_bytes);
	PUT(w, m->host_reads);
	PUT(w, m->host_read_bytes);
	PUT(w, m->host_writes);
	PUT(w, m->host_write_bytes);
	/* How often the host looked is no property of the chip's state. */
	if (w->mode != WALK_HASH)
		put_atomic64(w, &m->shadow.counter[MTIA_CNT_MMIO_READS]);
}

static void walk_sensors(struct mtia_model *m, struct walk *w)
{
	struct sensors *s = &m->sensors;

	PUT(w, s->due);
	PUT(w, s->energy);
	PUT(w, s->power);
	PUT(w, s->pe_clock);
	PUT(w, s->temp);
	PUT(w, s->busy_cycles);
	PUT(w, s->macs);
	PUT(w, s->bytes);
	if (w->mode == WALK_LOAD && !sensors_state_valid(m))
		w->bad = true;
}

static void walk_inject(struct mtia_model *m, struct walk *w)
{
	struct inject *inject = &m->inject;

	PUT(w, inject->hung_pes);
	put_bool(w, &inject->hang_control);
	PUT(w, inject->stalled_dma);
	PUT(w, inject->slow);
	PUT(w, inject->drop_irqs);
	PUT(w, inject->duplicate_irqs);
	PUT(w, inject->corrupt);
	PUT(w, inject->corrupt_word);
	PUT(w, inject->reorder);
	put_bool(w, &inject->holding);
	PUT(w, inject->held_bus);
	PUT(w, inject->held);
	put_bool(w, &inject->fail_walk);
	PUT(w, inject->walk_asid);
	PUT(w, inject->walk_va);
	if (!inject_state_valid(m))
		w->bad = true;
}

static void (*const section_walk[SECTION_END])(struct mtia_model *m, struct walk *w) = {
	[SECTION_TIME] = walk_time,
	[SECTION_PORT] = walk_port,
	[SECTION_CORE] = walk_core,
	[SECTION_DMA] = walk_dma,
	[SECTION_ECC] = walk_ecc,
	[SECTION_MMU] = walk_mmu,
	[SECTION_MEMSYS] = walk_memsys,
	[SECTION_SUBGRIDS] = walk_subgrids,
	[SECTION_PES] = walk_pes,
	[SECTION_COUNTERS] = walk_counters,
	[SECTION_SENSORS] = walk_sensors,
	[SECTION_INJECT] = walk_inject,
	[SECTION_WORK_QUEUES] = walk_work_queues,
};

static size_t state_size(struct mtia_model *m);

/* The stream but for its sum. */
static void walk_state(struct mtia_model *m, struct walk *w, uint64_t total)
{
	put_fixed(w, STATE_MAGIC);
	put_fixed(w, STATE_VERSION);
	put_fixed(w, total);
	put_fixed(w, m->lpddr_size);
	put_fixed(w, m->caps);
	put_fixed(w, m->fi_outstanding);
	for (unsigned int id = SECTION_TIME; id < SECTION_END && !w->bad; id++) {
		struct walk measure = { .mode = WALK_SIZE };

		if (id == SECTION_WORK_QUEUES && !(m->caps & MTIA_CAP_WORK_QUEUE))
			continue;
		section_walk[id](m, &measure);
		put_fixed(w, id);
		put_fixed(w, measure.pos);
		section_walk[id](m, w);
	}
}

static size_t state_size(struct mtia_model *m)
{
	struct walk w = { .mode = WALK_SIZE };

	walk_state(m, &w, 0);
	return w.pos + sizeof(uint64_t);
}

/* ---- Entry points ---- */

int mtia_model_save(struct mtia_model *m, void *buf, size_t *size)
{
	struct walk w = { .mode = WALK_SAVE, .out = buf };
	size_t total = state_size(m);

	if (!size)
		return -EINVAL;
	if (!buf) {
		*size = total;
		return 0;
	}
	if (*size < total) {
		*size = total;
		return -ENOSPC;
	}
	*size = total;
	/* What PEs remember of the TLB isn't saved; forgetting it gives both the same future. */
	for (unsigned int i = 0; i < SOC_NR_PES; i++)
		pe_flush_tlb(m->pe[i].pe);
	w.size = total;
	walk_state(m, &w, total);
	if (w.bad || w.pos + sizeof(uint64_t) != total) {
		soc_error(m, MTIA_ERR_MODEL, 0, "the model's state breaks its own rules");
		return -EIO;
	}
	w.hash = fnv(FNV_OFFSET, buf, w.pos);
	PUT(&w, w.hash);
	return 0;
}

int mtia_model_load(struct mtia_model *m, const void *buf, size_t size)
{
	struct walk w = { .mode = WALK_LOAD, .in = buf, .size = size };
	size_t total = state_size(m);
	uint64_t sum;

	mtia_model_reset(m, MTIA_RESET_POWER_ON);
	if (!buf || size != total)
		return -EINVAL;
	memcpy(&sum, (const uint8_t *)buf + total - sizeof(sum), sizeof(sum));
	if (sum != fnv(FNV_OFFSET, buf, total - sizeof(sum)))
		return -EINVAL;
	walk_state(m, &w, total);
	if (w.bad) {
		m->memsys.cache = false; /* SRAM is the caller's still */
		mtia_model_reset(m, MTIA_RESET_POWER_ON);
		return -EINVAL;
	}
	rv_flush_icache(&m->ctrl.hart);
	ctrl_update_irqs(m);
	shadow_publish(m);
	shadow_publish_counters(m);
	return 0;
}

/* FNV-1a where whole pages of zeroes are one multiplication: most of memory is. */
static uint64_t hash_memory(uint64_t hash, const uint8_t *p, uint64_t size)
{
	uint64_t page_of_zeroes = 1;

	for (unsigned int i = 0; i < 4096; i++)
		page_of_zeroes *= FNV_PRIME;
	while (size) {
		size_t part = size < 4096 ? size : 4096;

		if (part == 4096 && memory_is_zero(p, part))
			hash *= page_of_zeroes;
		else
			hash = fnv(hash, p, part);
		p += part;
		size -= part;
	}
	return hash;
}

uint64_t mtia_model_state_hash(struct mtia_model *m, uint64_t lpddr_offset, uint64_t lpddr_bytes)
{
	struct walk w = { .mode = WALK_HASH, .hash = FNV_OFFSET };

	walk_state(m, &w, 0);
	w.hash = hash_memory(w.hash, m->sram, MTIA_SRAM_SIZE);
	if (lpddr_offset > m->lpddr_size)
		lpddr_offset = m->lpddr_size;
	if (lpddr_bytes > m->lpddr_size - lpddr_offset)
		lpddr_bytes = m->lpddr_size - lpddr_offset;
	return hash_memory(w.hash, m->lpddr + lpddr_offset, lpddr_bytes);
}

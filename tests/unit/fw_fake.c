// SPDX-License-Identifier: GPL-2.0
#include "fw_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake fake;
unsigned int fake_depth;

static uint32_t cq_tail[MTIA_MAX_CQS];
static uint64_t submitted[MTIA_MAX_QUEUES];
/* Exactly one command copy each, so that ASan sees a byte too far. */
static uint8_t *copies[MTIA_MAX_QUEUES];

/* ---- The port -------------------------------------------------------------------------------- */

uint64_t port_time(void)
{
	return fake.time;
}

void port_set_timer(uint64_t cycle)
{
	fake.timer = cycle;
}

void port_set_status(uint32_t status)
{
	fake.status = status;
}

void port_set_version(uint32_t version)
{
	fake.version = version;
}

void port_count_heartbeat(void)
{
	fake.heartbeats++;
}

uint32_t port_grid(void)
{
	return fake.grid;
}

uint64_t port_pe_enabled(void)
{
	return fake.pe_enabled;
}

uint64_t port_lpddr_size(void)
{
	return FAKE_LPDDR_SIZE;
}

uint32_t port_clock_hz(void)
{
	return MTIA_CLOCK_HZ;
}

uint32_t port_events(void)
{
	return (fake.doorbells ? MTIA_CC_IRQ_DOORBELL : 0) | (fake.mbox ? MTIA_CC_IRQ_MBOX : 0) |
	       (fake.subgrid_events ? MTIA_CC_IRQ_SUBGRID : 0) |
	       (fake.memory_error.status & MTIA_ECC_VALID ? MTIA_CC_IRQ_ECC : 0) |
	       (fake.dma_done ? MTIA_CC_IRQ_DMA : 0) | (fake.fault_count ? MTIA_CC_IRQ_FAULT : 0);
}

uint64_t port_take_doorbells(void)
{
	uint64_t rung = fake.doorbells;

	fake.doorbells = 0;
	return rung;
}

uint32_t port_doorbell_tail(unsigned int slot)
{
	return fake.doorbell_tail[slot];
}

void port_take_mbox(void)
{
	fake.mbox = false;
}

uint32_t port_h2d_tail(void)
{
	return fake.h2d_tail;
}

uint32_t port_d2h_head(void)
{
	return fake.d2h_head;
}

uint32_t port_cq_head(unsigned int cq)
{
	return fake.cq_head[cq];
}

void port_msi(unsigned int vector)
{
	fake.msi[vector]++;
}

void port_read_lpddr(void *dst, uint64_t offset, size_t size)
{
	if (offset > FAKE_LPDDR_SIZE || size > FAKE_LPDDR_SIZE - offset)
		abort();
	memcpy(dst, fake.lpddr + offset, size);
}

void *port_command_copy(unsigned int slot)
{
	if (!copies[slot])
		copies[slot] = malloc(MTIA_CMD_MAX_SIZE);
	return copies[slot];
}

uint64_t port_phys(const void *memory)
{
	return (uint64_t)(uintptr_t)memory;
}

void port_dma_start(unsigned int channel, const struct fw_dma *dma)
{
	struct fake_channel *c = &fake.channel[channel];

	if (c->busy || !dma->size)
		abort();
	*c = (struct fake_channel){ .busy = true, .dma = *dma, .status = MTIA_DMA_ST_BUSY };
}

void port_dma_abort(unsigned int channel)
{
	struct fake_channel *c = &fake.channel[channel];

	if (!c->busy)
		return;
	c->aborted = true;
	if (!fake.slow_abort) {
		c->busy = false;
		c->status = MTIA_DMA_ST_IDLE;
	}
}

uint32_t port_dma_status(unsigned int channel, uint64_t *fault_addr)
{
	*fault_addr = fake.channel[channel].fault_addr;
	return fake.channel[channel].status;
}

uint32_t port_dma_done(void)
{
	return fake.dma_done;
}

void port_clear_dma_done(uint32_t channels)
{
	fake.dma_done &= ~channels;
}

void port_mmu_root(unsigned int asid, uint64_t root)
{
	fake.root[asid] = root;
}

void port_tlb_invalidate(uint32_t asid, uint64_t va, uint64_t size)
{
	(void)asid;
	(void)va;
	(void)size;
	fake.tlb_invalidations++;
}

bool port_pop_fault(struct fw_mmu_fault *fault)
{
	if (!fake.fault_count)
		return false;
	*fault = fake.faults[0];
	fake.fault_count--;
	memmove(fake.faults, fake.faults + 1, fake.fault_count * sizeof(fake.faults[0]));
	return true;
}

bool port_pop_memory_error(struct fw_memory_error *error)
{
	*error = fake.memory_error;
	fake.memory_error.status = 0;
	return error->status & MTIA_ECC_VALID;
}

void port_scrub_memory(uint32_t cycles_a_page)
{
	fake.scrub_period = cycles_a_page;
}

static void start_pe(unsigned int pe, unsigned int id, const struct fw_launch *launch)
{
	struct fake_pe *p = &fake.pe[pe];
	uint64_t pos = (pe / 8 - (launch->rect & 0xff)) |
		       (uint64_t)(pe % 8 - (launch->rect >> 8 & 0xff)) << 16;

	/* The firmware handed out a PE that was not its to give. */
	if (p->running || p->owner != FW_NO_OWNER || !(fake.pe_enabled >> pe & 1))
		abort();
	p->start = *launch;
	for (unsigned int n = 0; n < 4; n++)
		p->start.arg[n] += launch->arg_pos >> n & 1 ? pos : 0;
	memset(p->args, 0, sizeof(p->args));
	memcpy(p->args, launch->args, launch->args_size);
	p->owner = (uint8_t)id;
	p->running = true;
	p->exited = p->faulted = false;
	p->starts++;
}

uint32_t port_subgrid_start(unsigned int id, const struct fw_launch *launch)
{
	unsigned int row = launch->rect & 0xff, col = launch->rect >> 8 & 0xff;
	unsigned int rows = launch->rect >> 16 & 0xff, cols = launch->rect >> 24;
	uint32_t refusal = fake.refuse_launch;

	fake.refuse_launch = 0;
	if (refusal)
		return refusal;
	for (unsigned int pe = 0; pe < MTIA_MAX_PES; pe++)
		if (pe / 8 - row < rows && pe % 8 - col < cols)
			start_pe(pe, id, launch);
	if (!fake_depth)
		return 0;
	fake.queue[id] = (struct fake_queue){ .launch = *launch, .count = 1,
					      .work[0].state = MTIA_WQ_RUNNING };
	return (fake_depth - 1) << 8;
}

/* ---- Work queues ---- */

static void fail_work(unsigned int id, enum mtia_wq_state how)
{
	struct fake_queue *q = &fake.queue[id];

	for (; q->ended < q->count; how = MTIA_WQ_FLUSHED)
		q->work[q->ended++].state = how;
	fake.subgrid_events |= FW_BIT(id);
}

static void begin_work(unsigned int id)
{
	struct fake_queue *q = &fake.queue[id];
	struct fake_work *work = &q->work[q->ended];
	const struct mtia_wq_request *request = work->request;
	enum mtia_wq_state bad = fake.bad_request;

	fake.bad_request = MTIA_WQ_WAITING;
	if (bad) {
		fail_work(id, bad);
		return;
	}
	work->state = MTIA_WQ_RUNNING;
	memcpy(q->launch.entry, request->entry, sizeof(request->entry));
	memcpy(q->launch.arg, request->arg, sizeof(request->arg));
	q->launch.args = (const void *)(uintptr_t)request->args_addr;
	q->launch.args_size = request->args_size;
	q->launch.arg_pos = request->arg_pos;
	for (unsigned int pe = 0; pe < MTIA_MAX_PES; pe++) {
		if (fake.pe[pe].owner != id)
			continue;
		fake.pe[pe].owner = FW_NO_OWNER;
		start_pe(pe, id, &q->launch);
	}
}

static bool failed(unsigned int id)
{
	const struct fake_queue *q = &fake.queue[id];

	return q->ended && q->work[q->ended - 1].state != MTIA_WQ_DONE;
}

/* A PE of it has stopped; all of them, well, or not. */
static void end_work(unsigned int id, bool well)
{
	struct fake_queue *q = &fake.queue[id];

	if (q->ended == q->count)
		return;
	if (!well) {
		fail_work(id, MTIA_WQ_FAILED);
		return;
	}
	q->work[q->ended++].state = MTIA_WQ_DONE;
	if (q->ended < q->count)
		begin_work(id);
}

uint32_t port_work_push(unsigned int id, const struct mtia_wq_request *request, uint32_t tag)
{
	struct fake_queue *q = &fake.queue[id];

	if (!fake_depth || !tag || tag > 0xffff || (uintptr_t)request % 64)
		abort();
	if (failed(id))
		return MTIA_SG_ERR_STATE;
	if (q->count == fake_depth)
		abort(); /* the firmware knows its room */
	q->work[q->count++] = (struct fake_work){ .request = request, .tag = tag };
	if (q->count == q->ended + 1)
		begin_work(id);
	return 0;
}

enum mtia_wq_state port_work_oldest(unsigned int id)
{
	return fake.queue[id].count ? fake.queue[id].work[0].state : MTIA_WQ_WAITING;
}

void port_work_pop(unsigned int id)
{
	struct fake_queue *q = &fake.queue[id];

	if (!q->ended)
		abort();
	q->ended--;
	q->count--;
	memmove(q->work, q->work + 1, q->count * sizeof(q->work[0]));
}

void port_subgrid_stop(unsigned int id)
{
	for (unsigned int pe = 0; pe < MTIA_MAX_PES; pe++) {
		struct fake_pe *p = &fake.pe[pe];

		if (p->owner != id)
			continue;
		if (fake.record_on_reset && p->running)
			fake_mmu_record(pe, MTIA_FAULT_UNMAPPED, MTIA_ACCESS_READ, 0);
		p->running = false;
		p->owner = FW_NO_OWNER;
	}
	fake.subgrid_events &= ~FW_BIT(id);
	memset(&fake.queue[id], 0, sizeof(fake.queue[id]));
}

uint64_t port_subgrid_events(void)
{
	return fake.subgrid_events;
}

void port_clear_subgrid_events(uint64_t ids)
{
	fake.subgrid_events &= ~ids;
}

uint64_t port_subgrid_faulted(unsigned int id)
{
	uint64_t mask = 0;

	for (unsigned int pe = 0; pe < MTIA_MAX_PES; pe++)
		mask |= (uint64_t)(fake.pe[pe].owner == id && fake.pe[pe].faulted) << pe;
	return mask;
}

uint64_t port_subgrid_exited(unsigned int id)
{
	uint64_t mask = 0;

	for (unsigned int pe = 0; pe < MTIA_MAX_PES; pe++)
		mask |= (uint64_t)(fake.pe[pe].owner == id && fake.pe[pe].exited) << pe;
	return mask;
}

uint32_t port_pe_exit_code(unsigned int pe)
{
	return fake.pe[pe].exit_code;
}

void port_pe_fault(unsigned int pe, struct fw_pe_fault *fault)
{
	*fault = fake.pe[pe].fault;
}

uint64_t port_subgrid_left(unsigned int id)
{
	uint64_t mask = 0;

	for (unsigned int pe = 0; pe < MTIA_MAX_PES; pe++)
		mask |= (uint64_t)(fake.pe[pe].owner == id && fake.pe[pe].running) << pe;
	return mask;
}

void port_pe_position(unsigned int pe, uint32_t *core, uint64_t *pc)
{
	*core = pe % 2;
	*pc = FAKE_VA + 4 * pe;
}

void port_pe_state(unsigned int pe, struct mtia_fw_pe *state)
{
	const struct fake_pe *p = &fake.pe[pe];

	*state = (struct mtia_fw_pe){
		.status = p->faulted ? MTIA_PE_FAULTED :
			  p->running ? MTIA_PE_RUNNING :
				       MTIA_PE_DONE,
		.exit_code = p->exit_code,
		.fault_core = p->fault.core,
		.fault_cause = p->fault.cause,
		.fault_pc = p->fault.pc,
		.fault_tval = p->fault.tval,
		.fault_cycle = p->fault.cycle,
	};
}

void port_pe_core(unsigned int pe, unsigned int core, struct mtia_fw_core *state)
{
	*state = (struct mtia_fw_core){
		.pc = fake_pe_register(pe, core, 32),
		.ra = fake_pe_register(pe, core, 1),
		.sp = fake_pe_register(pe, core, 2),
	};
}

void port_pe_registers(unsigned int pe, unsigned int core, __u64 x[32])
{
	for (unsigned int n = 0; n < 32; n++)
		x[n] = fake_pe_register(pe, core, n);
}

struct mtia_fw_pes *port_pes(unsigned int slot)
{
	return (struct mtia_fw_pes *)(fake.lpddr + MTIA_FW_PES_OFFSET +
				      slot * MTIA_FW_PES_STRIDE);
}

struct mtia_fw_wait *port_wait(unsigned int slot)
{
	return (struct mtia_fw_wait *)(fake.lpddr + MTIA_FW_WAIT_OFFSET) + slot;
}

/* ---- DMA ------------------------------------------------------------------------------------- */

static uint8_t *dma_byte(uint32_t space, uint64_t addr, bool write, unsigned int *reason)
{
	unsigned int asid = space >> 8;

	switch (space & 0xff) {
	case MTIA_SPACE_HOST:
		if (addr >= FAKE_HOST_BASE && addr - FAKE_HOST_BASE < FAKE_HOST_SIZE)
			return fake.host + (addr - FAKE_HOST_BASE);
		*reason = MTIA_FAULT_HOST_BUS;
		return NULL;
	case MTIA_SPACE_VIRT:
		*reason = fake.root[asid] ? MTIA_FAULT_UNMAPPED : MTIA_FAULT_NO_CONTEXT;
		if (!fake.root[asid] || addr < FAKE_VA || addr - FAKE_VA >= FAKE_VA_SIZE)
			return NULL;
		return fake.virt[asid] + (addr - FAKE_VA);
	default:
		if (addr >= MTIA_PA_LPDDR && addr - MTIA_PA_LPDDR < FAKE_LPDDR_SIZE) {
			if (addr - MTIA_PA_LPDDR < MTIA_FW_REGION_SIZE)
				fake.dma_bytes_to_fw_region++;
			return fake.lpddr + (addr - MTIA_PA_LPDDR);
		}
		if (addr >= MTIA_PA_SRAM && addr - MTIA_PA_SRAM < MTIA_SRAM_SIZE)
			return fake.sram_word + addr % 8;
		(void)write;
		return (uint8_t *)(uintptr_t)addr; /* firmware memory; ASan looks at it */
	}
}

static void dma_move(unsigned int channel)
{
	struct fake_channel *c = &fake.channel[channel];
	unsigned int reason = 0;

	for (uint64_t i = 0; i < c->dma.size; i++) {
		uint8_t *to = dma_byte(c->dma.dst_space, c->dma.dst + i, true, &reason);
		uint8_t *from = NULL;
		bool write = !to;

		if (to && !c->dma.fill)
			from = dma_byte(c->dma.src_space, c->dma.src + i, false, &reason);
		if (!to || (!from && !c->dma.fill)) {
			c->fault_addr = (write ? c->dma.dst : c->dma.src) + i;
			c->status = MTIA_DMA_ST_ERROR | reason << 8;
			if (reason != MTIA_FAULT_HOST_BUS)
				fake_mmu_record(MTIA_FAULT_SRC_DMA | channel, reason,
						write ? MTIA_ACCESS_WRITE : MTIA_ACCESS_READ,
						c->fault_addr);
			return;
		}
		*to = c->dma.fill ? (uint8_t)(c->dma.pattern >> i % 8 * 8) : *from;
	}
	c->status = MTIA_DMA_ST_DONE;
}

bool fake_dma_finish(unsigned int channel)
{
	struct fake_channel *c = &fake.channel[channel];

	if (!c->busy)
		return false;
	c->busy = false;
	if (c->aborted)
		c->status = MTIA_DMA_ST_IDLE;
	else
		dma_move(channel);
	fake.dma_done |= 1u << channel;
	return true;
}

void fake_run(void)
{
	fw_poll(fake.fw);
}

void fake_settle(void)
{
	bool moved;

	do {
		fake_run();
		moved = false;
		for (unsigned int c = 0; c < MTIA_DMA_CHANNELS; c++)
			moved |= fake_dma_finish(c);
	} while (moved);
	fake_run();
}

/* ---- PEs ------------------------------------------------------------------------------------- */

void fake_pe_exit(unsigned int pe, uint32_t code)
{
	unsigned int owner = fake.pe[pe].owner;
	bool last = true;

	fake.pe[pe].running = false;
	fake.pe[pe].exit_code = code;
	fake.pe[pe].exited = code;
	for (unsigned int i = 0; i < MTIA_MAX_PES; i++)
		last &= fake.pe[i].owner != owner || !fake.pe[i].running;
	if (owner != FW_NO_OWNER && (code || last)) {
		fake.subgrid_events |= FW_BIT(owner);
		end_work(owner, !code && !port_subgrid_exited(owner) && !port_subgrid_faulted(owner));
	}
}

void fake_pes_exit(uint64_t pes, uint32_t code)
{
	for (unsigned int pe = 0; pe < 64; pe++)
		if (pes >> pe & 1)
			fake_pe_exit(pe, code);
}

void fake_pe_raise(unsigned int pe, uint32_t core, uint64_t cause, uint64_t tval, uint64_t cycle)
{
	fake.pe[pe].running = false;
	fake.pe[pe].fault = (struct fw_pe_fault){
		.core = core, .cause = cause, .pc = FAKE_VA + 0x40, .tval = tval, .cycle = cycle
	};
	fake.pe[pe].faulted = true;
	if (fake.pe[pe].owner != FW_NO_OWNER) {
		fake.subgrid_events |= FW_BIT(fake.pe[pe].owner);
		end_work(fake.pe[pe].owner, false);
	}
}

void fake_mmu_record(uint32_t src, unsigned int reason, unsigned int access, uint64_t va)
{
	if (fake.fault_count == 16)
		return;
	fake.faults[fake.fault_count++] = (struct fw_mmu_fault){
		.status = MTIA_FAULT_VALID | reason << 8 | access << 16, .src = src, .va = va
	};
}

uint64_t fake_running_pes(void)
{
	uint64_t mask = 0;

	for (unsigned int pe = 0; pe < MTIA_MAX_PES; pe++)
		mask |= (uint64_t)fake.pe[pe].running << pe;
	return mask;
}

/* ---- The host -------------------------------------------------------------------------------- */

void fake_shutdown(void)
{
	free(fake.fw);
	free(fake.lpddr);
	free(fake.sram_word);
	free(fake.host);
	for (unsigned int i = 0; i < MTIA_MAX_ASIDS; i++)
		free(fake.virt[i]);
	for (unsigned int i = 0; i < MTIA_MAX_QUEUES; i++) {
		free(copies[i]);
		copies[i] = NULL;
	}
	memset(&fake, 0, sizeof(fake));
}

void fake_power_on(void)
{
	fake_shutdown();
	fake.fw = calloc(1, sizeof(*fake.fw));
	fake.lpddr = calloc(1, FAKE_LPDDR_SIZE);
	fake.sram_word = calloc(1, 8);
	fake.host = calloc(1, FAKE_HOST_SIZE);
	fake.pe_enabled = ~0ull;
	fake.grid = 8 | 8 << 8 | MTIA_CORES_PER_PE << 16;
	fake.time = 1000;
	for (unsigned int pe = 0; pe < MTIA_MAX_PES; pe++)
		fake.pe[pe].owner = FW_NO_OWNER;
	memset(cq_tail, 0, sizeof(cq_tail));
	memset(submitted, 0, sizeof(submitted));
}

struct mtia_fw_boot fake_boot_params(void)
{
	return (struct mtia_fw_boot){
		.magic = MTIA_FW_BOOT_MAGIC,
		.abi_major = MTIA_FW_ABI_MAJOR,
		.d2h_addr = FAKE_D2H,
		.log_addr = FAKE_LOG,
		.log_size = FAKE_LOG_BYTES,
	};
}

enum mtia_fw_fail fake_boot_with(const struct mtia_fw_boot *boot)
{
	return fw_init(fake.fw, boot);
}

void fake_boot(unsigned int contexts)
{
	struct mtia_fw_boot boot = fake_boot_params();

	if (!fake.fw)
		fake_power_on();
	if (fake_boot_with(&boot) != MTIA_FW_FAIL_NONE)
		abort();
	if (fake_call(MTIA_H2D_CQ_CREATE, 0, FAKE_CQ(0), FAKE_CQ_ENTRIES, 2, 0, 0))
		abort();
	for (unsigned int asid = 1; asid <= contexts; asid++) {
		fake.virt[asid] = calloc(1, FAKE_VA_SIZE);
		if (fake_call(MTIA_H2D_CTX_CREATE, asid, MTIA_FW_REGION_SIZE + (8u << 20), 0, 0, 0,
			      0))
			abort();
	}
}

void fake_send(enum mtia_h2d_type type, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
	       uint64_t a4, uint64_t a5)
{
	struct mtia_h2d_msg msg = {
		.type = type, .seq = ++fake.seq, .arg = { a0, a1, a2, a3, a4, a5 }
	};

	memcpy(fake.lpddr + MTIA_FW_H2D_OFFSET + fake.h2d_tail % MTIA_H2D_SLOTS * sizeof(msg), &msg,
	       sizeof(msg));
	fake.h2d_tail++;
	fake.mbox = true;
}

bool fake_message(enum mtia_d2h_type type, struct mtia_d2h_msg *msg)
{
	const struct mtia_d2h_msg *ring = (void *)(fake.host + (FAKE_D2H - FAKE_HOST_BASE));

	for (;;) {
		*msg = ring[fake.d2h_head % MTIA_D2H_SLOTS];
		if ((msg->phase & 1) != !(fake.d2h_head / MTIA_D2H_SLOTS & 1))
			return false;
		fake.d2h_head++;
		fake.mbox = true;
		if (msg->type == type)
			return true;
	}
}

int fake_call(enum mtia_h2d_type type, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
	      uint64_t a4, uint64_t a5)
{
	struct mtia_d2h_msg msg;

	fake_send(type, a0, a1, a2, a3, a4, a5);
	fake_settle();
	while (fake_message(MTIA_D2H_REPLY, &msg))
		if (msg.seq == fake.seq && msg.request == type)
			return msg.status;
	return 1;
}

int fake_queue(unsigned int slot, unsigned int asid)
{
	submitted[slot] = 0;
	return fake_call(MTIA_H2D_QUEUE_CREATE, slot, asid, FAKE_RING(slot), FAKE_ENTRIES, 0,
			 1 | 8 << 8 | 8 << 16);
}

void fake_desc(unsigned int slot, struct mtia_desc desc)
{
	uint64_t at = FAKE_RING(slot) + submitted[slot] % FAKE_ENTRIES * sizeof(desc);

	submitted[slot]++;
	if (!desc.seqno)
		desc.seqno = submitted[slot];
	memcpy(fake.lpddr + at, &desc, sizeof(desc));
	fake.doorbell_tail[slot] = (uint32_t)submitted[slot];
	fake.doorbells |= 1ull << slot;
}

void fake_exec(unsigned int slot, uint64_t va, uint64_t size)
{
	fake_desc(slot, (struct mtia_desc){ .type = MTIA_DESC_EXEC, .arg = { va, size } });
}

bool fake_cqe(unsigned int cq, struct mtia_cqe *cqe)
{
	const struct mtia_cqe *ring = (void *)(fake.host + (FAKE_CQ(cq) - FAKE_HOST_BASE));

	*cqe = ring[cq_tail[cq] % FAKE_CQ_ENTRIES];
	if ((cqe->phase & 1) != !(cq_tail[cq] / FAKE_CQ_ENTRIES & 1))
		return false;
	cq_tail[cq]++;
	fake.cq_head[cq] = cq_tail[cq];
	return true;
}

bool fake_cqe_is(unsigned int queue, enum mtia_job_status status, uint32_t detail)
{
	struct mtia_cqe cqe;

	if (!fake_cqe(0, &cqe)) {
		fprintf(stderr, "#   no completion\n");
		return false;
	}
	if (cqe.queue == queue && cqe.status == status && cqe.detail == detail)
		return true;
	fprintf(stderr, "#   queue %u status %u detail %u\n", cqe.queue, cqe.status, cqe.detail);
	return false;
}

/* ---- Command buffers ------------------------------------------------------------------------- */

void fake_cmds_begin(struct fake_cmds *c)
{
	memset(c, 0, sizeof(*c));
	c->size = sizeof(struct mtia_cmd_header);
}

void *fake_cmds_add(struct fake_cmds *c, enum mtia_opcode opcode, uint32_t size)
{
	struct mtia_pkt *pkt = (void *)(c->bytes + c->size);

	pkt->opcode = (uint16_t)opcode;
	pkt->size = size;
	c->size += size;
	c->count++;
	return pkt;
}

void fake_cmds_seal(struct fake_cmds *c)
{
	struct mtia_cmd_header header = {
		.magic = MTIA_CMD_MAGIC,
		.version = MTIA_CMD_VERSION,
		.packet_count = (uint16_t)c->count,
		.size = c->size,
	};

	memcpy(c->bytes, &header, sizeof(header));
}

void *fake_at(unsigned int asid, uint64_t va)
{
	return fake.virt[asid] + (va - FAKE_VA);
}

void fake_cmds_submit(struct fake_cmds *c, unsigned int slot, unsigned int asid, uint64_t va)
{
	fake_cmds_seal(c);
	memcpy(fake_at(asid, va), c->bytes, c->size);
	fake_exec(slot, va, c->size);
}

void fake_launch(struct fake_cmds *c, uint64_t program, unsigned int rows, unsigned int cols,
		 uint32_t args_size)
{
	struct mtia_pkt_launch *launch = fake_cmds_add(
		c, MTIA_PKT_LAUNCH, (uint32_t)sizeof(*launch) + ((args_size + 7) & ~7u));

	launch->program_va = program;
	launch->program_size = 4096;
	launch->rows = (uint16_t)rows;
	launch->cols = (uint16_t)cols;
	launch->args_size = args_size;
}

struct mtia_pe_image *fake_program(unsigned int asid, uint64_t va, uint32_t args_size)
{
	struct mtia_pe_image *image = fake_at(asid, va);

	*image = (struct mtia_pe_image){
		.magic = MTIA_PE_MAGIC,
		.abi = MTIA_PE_ABI,
		.header_size = sizeof(*image),
		.image_size = 256,
		.entry = { 64, 128 },
		.args_size = args_size,
	};
	return image;
}

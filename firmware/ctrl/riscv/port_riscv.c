// SPDX-License-Identifier: MIT
/* The port for the control core: registers of regs.h, the main loop, what a trap does. */
#include "fw.h"

#include <string.h>

#define MIE_TIMER    (1u << 7)
#define MIE_EXTERNAL (1u << 11)

/* How long a crash report may wait for the link, in cycles (10 ms). */
#define PANIC_PATIENCE 8000000ull

static struct fw firmware;

void firmware_main(void);
void firmware_trap(const uint64_t frame[32], uint64_t cause, uint64_t pc, uint64_t tval);

static volatile uint32_t *reg32(uint64_t pa)
{
	return (volatile uint32_t *)pa;
}

static volatile uint64_t *reg64(uint64_t pa)
{
	return (volatile uint64_t *)pa;
}

static uint32_t cc_read(uint32_t offset)
{
	return *reg32(MTIA_PA_CTRL + offset);
}

static void cc_write(uint32_t offset, uint32_t value)
{
	*reg32(MTIA_PA_CTRL + offset) = value;
}

static uint64_t cc_read64(uint32_t offset)
{
	return *reg64(MTIA_PA_CTRL + offset);
}

static void cc_write64(uint32_t offset, uint64_t value)
{
	*reg64(MTIA_PA_CTRL + offset) = value;
}

static uint64_t pe_reg(unsigned int pe, uint32_t offset)
{
	return MTIA_PA_PE_CTRL + (uint64_t)pe * 4096 + offset;
}

uint64_t port_time(void)
{
	return cc_read64(MTIA_CC_TIME);
}

void port_set_timer(uint64_t cycle)
{
	cc_write64(MTIA_CC_TIMECMP, cycle);
}

void port_set_status(uint32_t status)
{
	cc_write(MTIA_CC_FW_STATUS, status);
}

void port_set_version(uint32_t version)
{
	cc_write(MTIA_CC_FW_VERSION, version);
}

void port_count_heartbeat(void)
{
	cc_write(MTIA_CC_HEARTBEAT, cc_read(MTIA_CC_HEARTBEAT) + 1);
}

uint32_t port_grid(void)
{
	return cc_read(MTIA_CC_GRID);
}

uint64_t port_pe_enabled(void)
{
	return cc_read64(MTIA_CC_PE_ENABLED);
}

uint64_t port_lpddr_size(void)
{
	return cc_read64(MTIA_CC_LPDDR_SIZE);
}

uint32_t port_clock_hz(void)
{
	return cc_read(MTIA_CC_CLOCK_HZ);
}

uint32_t port_events(void)
{
	return cc_read(MTIA_CC_IRQ_STATUS);
}

uint64_t port_take_doorbells(void)
{
	uint64_t rung = cc_read64(MTIA_CC_DOORBELLS);

	cc_write64(MTIA_CC_DOORBELLS, rung);
	return rung;
}

uint32_t port_doorbell_tail(unsigned int slot)
{
	return cc_read(MTIA_CC_DB_TAIL(slot));
}

void port_take_mbox(void)
{
	cc_write(MTIA_CC_MBOX_EVENT, 3);
}

uint32_t port_h2d_tail(void)
{
	return cc_read(MTIA_CC_MBOX_H2D_TAIL);
}

uint32_t port_d2h_head(void)
{
	return cc_read(MTIA_CC_MBOX_D2H_HEAD);
}

uint32_t port_cq_head(unsigned int cq)
{
	return cc_read(MTIA_CC_CQ_HEAD(cq));
}

void port_msi(unsigned int vector)
{
	cc_write(MTIA_CC_MSI, vector);
}

void port_read_lpddr(void *dst, uint64_t offset, size_t size)
{
	memcpy(dst, (const void *)(MTIA_PA_LPDDR + offset), size);
	/* Each byte is read once, here: the host may change it later. */
	__asm__ volatile("" ::: "memory");
}

void *port_command_copy(unsigned int slot)
{
	return (void *)(MTIA_PA_LPDDR + MTIA_FW_SCRATCH_OFFSET +
			(uint64_t)slot * MTIA_CMD_MAX_SIZE);
}

uint64_t port_phys(const void *memory)
{
	return (uint64_t)memory;
}

void port_dma_start(unsigned int channel, const struct fw_dma *dma)
{
	uint32_t at = MTIA_CC_DMA(channel);

	cc_write64(at + MTIA_DMA_DST, dma->dst);
	cc_write64(at + MTIA_DMA_LEN, dma->size);
	cc_write(at + MTIA_DMA_DST_SPACE, dma->dst_space);
	if (dma->fill) {
		cc_write64(at + MTIA_DMA_PATTERN, dma->pattern);
	} else {
		cc_write64(at + MTIA_DMA_SRC, dma->src);
		cc_write(at + MTIA_DMA_SRC_SPACE, dma->src_space);
	}
	/* What the channel will read must be in memory before it starts. */
	__asm__ volatile("fence rw, rw" ::: "memory");
	cc_write(at + MTIA_DMA_CTRL, MTIA_DMA_START | (dma->fill ? MTIA_DMA_FILL : 0));
}

void port_dma_abort(unsigned int channel)
{
	cc_write(MTIA_CC_DMA(channel) + MTIA_DMA_CTRL, MTIA_DMA_ABORT);
}

uint32_t port_dma_status(unsigned int channel, uint64_t *fault_addr)
{
	uint32_t status = cc_read(MTIA_CC_DMA(channel) + MTIA_DMA_STATUS);

	if ((status & 0xff) == MTIA_DMA_ST_ERROR)
		*fault_addr = cc_read64(MTIA_CC_DMA(channel) + MTIA_DMA_FAULT_ADDR);
	return status;
}

uint32_t port_dma_done(void)
{
	return cc_read(MTIA_CC_DMA_DONE);
}

void port_clear_dma_done(uint32_t channels)
{
	cc_write(MTIA_CC_DMA_DONE, channels);
	__asm__ volatile("fence rw, rw" ::: "memory");
}

void port_mmu_root(unsigned int asid, uint64_t root)
{
	cc_write64(MTIA_CC_MMU_ROOT(asid), root);
}

void port_tlb_invalidate(uint32_t asid, uint64_t va, uint64_t size)
{
	cc_write(MTIA_CC_TLB_ASID, asid);
	cc_write64(MTIA_CC_TLB_VA, va);
	cc_write64(MTIA_CC_TLB_SIZE, size);
}

bool port_pop_fault(struct fw_mmu_fault *fault)
{
	fault->status = cc_read(MTIA_CC_FAULT_STATUS);
	if (!(fault->status & MTIA_FAULT_VALID))
		return false;
	fault->src = cc_read(MTIA_CC_FAULT_SRC);
	fault->va = cc_read64(MTIA_CC_FAULT_VA);
	cc_write(MTIA_CC_FAULT_POP, 1);
	return true;
}

bool port_pop_memory_error(struct fw_memory_error *error)
{
	error->status = cc_read(MTIA_CC_ECC_STATUS);
	if (!(error->status & MTIA_ECC_VALID))
		return false;
	error->where = cc_read(MTIA_CC_ECC_WHERE);
	error->addr = cc_read64(MTIA_CC_ECC_ADDR);
	cc_write(MTIA_CC_ECC_POP, 1);
	error->corrected = cc_read64(MTIA_CC_ECC_CORRECTED);
	error->uncorrected = cc_read64(MTIA_CC_ECC_UNCORRECTED);
	return true;
}

void port_scrub_memory(uint32_t cycles_a_page)
{
	cc_write(MTIA_CC_ECC_SCRUB_PERIOD, cycles_a_page);
}

uint32_t port_subgrid_start(unsigned int id, const struct fw_launch *launch)
{
	uint32_t at = MTIA_CC_SG(id);

	cc_write(at + MTIA_SG_RECT, launch->rect);
	cc_write(at + MTIA_SG_ASID, launch->asid);
	for (unsigned int core = 0; core < MTIA_CORES_PER_PE; core++)
		cc_write64(at + MTIA_SG_ENTRY(core), launch->entry[core]);
	for (unsigned int n = 0; n < 4; n++)
		cc_write64(at + MTIA_SG_ARG(n), launch->arg[n]);
	cc_write64(at + MTIA_SG_ARGS_ADDR, (uint64_t)launch->args);
	cc_write(at + MTIA_SG_ARGS_SIZE, launch->args_size);
	cc_write(at + MTIA_SG_ARG_POS, launch->arg_pos);
	cc_write(at + MTIA_SG_CTRL, MTIA_SG_CLAIM | MTIA_SG_SCRUB | MTIA_SG_START);
	return cc_read(at + MTIA_SG_STATUS) >> 8;
}

uint32_t port_work_push(unsigned int id, const struct mtia_wq_request *request, uint32_t tag)
{
	/* What the PEs will read must be in memory before they are told. */
	__asm__ volatile("fence rw, rw" ::: "memory");
	cc_write64(MTIA_CC_WQ(id) + MTIA_WQ_PUSH, MTIA_WQ_DESC((uint64_t)request, tag));
	return cc_read(MTIA_CC_SG(id) + MTIA_SG_STATUS) >> 8 & 0xff;
}

enum mtia_wq_state port_work_oldest(unsigned int id)
{
	return cc_read64(MTIA_CC_WQ(id) + MTIA_WQ_SLOT(0)) & MTIA_WQ_STATE_MASK;
}

void port_work_pop(unsigned int id)
{
	cc_write(MTIA_CC_WQ(id) + MTIA_WQ_POP, 1);
}

void port_subgrid_stop(unsigned int id)
{
	cc_write(MTIA_CC_SG(id) + MTIA_SG_CTRL, MTIA_SG_KILL | MTIA_SG_RELEASE);
}

uint64_t port_subgrid_events(void)
{
	return cc_read64(MTIA_CC_SG_EVENT);
}

void port_clear_subgrid_events(uint64_t ids)
{
	cc_write64(MTIA_CC_SG_EVENT, ids);
}

uint64_t port_subgrid_faulted(unsigned int id)
{
	return cc_read64(MTIA_CC_SG(id) + MTIA_SG_FAULTED);
}

uint64_t port_subgrid_exited(unsigned int id)
{
	return cc_read64(MTIA_CC_SG(id) + MTIA_SG_EXITED);
}

uint32_t port_pe_exit_code(unsigned int pe)
{
	return *reg32(pe_reg(pe, MTIA_PC_EXIT_CODE));
}

void port_pe_fault(unsigned int pe, struct fw_pe_fault *fault)
{
	fault->core = *reg32(pe_reg(pe, MTIA_PC_FAULT_CORE));
	fault->cause = *reg64(pe_reg(pe, MTIA_PC_FAULT_CAUSE));
	fault->pc = *reg64(pe_reg(pe, MTIA_PC_FAULT_PC));
	fault->tval = *reg64(pe_reg(pe, MTIA_PC_FAULT_TVAL));
	fault->cycle = *reg64(pe_reg(pe, MTIA_PC_FAULT_CYCLE));
}

uint64_t port_subgrid_left(unsigned int id)
{
	return cc_read64(MTIA_CC_SG(id) + MTIA_SG_LEFT);
}

void port_pe_position(unsigned int pe, uint32_t *core, uint64_t *pc)
{
	*core = *reg32(pe_reg(pe, MTIA_PC_DBG_STATUS(0))) & MTIA_DBG_OFF ? 1 : 0;
	*reg32(pe_reg(pe, MTIA_PC_DBG_SELECT(*core))) = MTIA_DBG_REG_PC;
	*pc = *reg64(pe_reg(pe, MTIA_PC_DBG_DATA(*core)));
}

void port_pe_state(unsigned int pe, struct mtia_fw_pe *state)
{
	struct fw_pe_fault fault;

	port_pe_fault(pe, &fault);
	state->status = *reg32(pe_reg(pe, MTIA_PC_STATUS));
	state->exit_code = port_pe_exit_code(pe);
	state->fault_core = fault.core;
	state->fault_cause = fault.cause;
	state->fault_pc = fault.pc;
	state->fault_tval = fault.tval;
	state->fault_cycle = fault.cycle;
	state->busy_cycles = *reg64(pe_reg(pe, MTIA_PC_BUSY_CYCLES));
}

static uint64_t debug_register(unsigned int pe, unsigned int core, uint32_t number)
{
	*reg32(pe_reg(pe, MTIA_PC_DBG_SELECT(core))) = number;
	return *reg64(pe_reg(pe, MTIA_PC_DBG_DATA(core)));
}

void port_pe_core(unsigned int pe, unsigned int core, struct mtia_fw_core *state)
{
	state->pc = debug_register(pe, core, MTIA_DBG_REG_PC);
	state->ra = debug_register(pe, core, MTIA_DBG_REG_X(1));
	state->sp = debug_register(pe, core, MTIA_DBG_REG_X(2));
	state->instrs = *reg64(pe_reg(pe, MTIA_PC_INSTRS(core)));
	state->status = *reg32(pe_reg(pe, MTIA_PC_DBG_STATUS(core)));
}

void port_pe_registers(unsigned int pe, unsigned int core, __u64 x[32])
{
	for (unsigned int n = 0; n < 32; n++)
		x[n] = debug_register(pe, core, MTIA_DBG_REG_X(n));
}

struct mtia_fw_pes *port_pes(unsigned int slot)
{
	return (struct mtia_fw_pes *)(MTIA_PA_LPDDR + MTIA_FW_PES_OFFSET +
				      (uint64_t)slot * MTIA_FW_PES_STRIDE);
}

struct mtia_fw_wait *port_wait(unsigned int slot)
{
	return (struct mtia_fw_wait *)(MTIA_PA_LPDDR + MTIA_FW_WAIT_OFFSET) + slot;
}

static _Noreturn void halt(void)
{
	__asm__ volatile("csrw mie, zero");
	for (;;)
		__asm__ volatile("wfi");
}

static void write_crash_record(const uint64_t frame[32], uint64_t cause, uint64_t pc, uint64_t tval)
{
	volatile struct mtia_fw_crash *crash =
		(volatile struct mtia_fw_crash *)(MTIA_PA_LPDDR + MTIA_FW_CRASH_OFFSET);

	crash->cycle = port_time();
	crash->cause = cause;
	crash->pc = pc;
	crash->tval = tval;
	for (unsigned int r = 0; r < 32; r++)
		crash->x[r] = frame[r];
	__asm__ volatile("fence w, w" ::: "memory");
	crash->magic = MTIA_FW_CRASH_MAGIC;
}

/*
 * A defect of our own: a record in LPDDR, status for a host that polls, registers into the log, PANIC
 * into the mailbox. Then silence; only a control-core reset helps.
 */
void firmware_trap(const uint64_t frame[32], uint64_t cause, uint64_t pc, uint64_t tval)
{
	struct fw *fw = &firmware;

	write_crash_record(frame, cause, pc, tval);
	port_set_status(MTIA_FW_PANIC);
	if (!fw->boot.d2h_addr)
		halt();
	fw_log(fw, FW_LOG_ERROR, "panic: mcause %llu mepc %llx mtval %llx",
	       (unsigned long long)cause, (unsigned long long)pc, (unsigned long long)tval);
	for (unsigned int r = 0; r < 32; r += 4)
		fw_log(fw, FW_LOG_ERROR, "x%u.. %llx %llx %llx %llx", r,
		       (unsigned long long)frame[r], (unsigned long long)frame[r + 1],
		       (unsigned long long)frame[r + 2], (unsigned long long)frame[r + 3]);
	mailbox_panic(fw, cause, pc, tval);
	outbox_drain(fw, port_time() + PANIC_PATIENCE);
	halt();
}

void firmware_main(void)
{
	struct fw *fw = &firmware;
	struct mtia_fw_boot boot;
	enum mtia_fw_fail fail;

	port_set_status(MTIA_FW_STARTING);
	port_set_version(MTIA_FW_ABI_MAJOR << 16 | MTIA_FW_ABI_MINOR);
	port_read_lpddr(&boot, MTIA_FW_BOOT_OFFSET, sizeof(boot));
	fail = fw_init(fw, &boot);
	if (fail != MTIA_FW_FAIL_NONE) {
		port_set_status(MTIA_FW_FAILED | (uint32_t)fail << 8);
		halt();
	}
	cc_write(MTIA_CC_IRQ_ENABLE, MTIA_CC_IRQ_DOORBELL | MTIA_CC_IRQ_MBOX | MTIA_CC_IRQ_DMA |
					     MTIA_CC_IRQ_FAULT | MTIA_CC_IRQ_SUBGRID |
					     MTIA_CC_IRQ_ECC);
	__asm__ volatile("csrw mie, %0" : : "r"((uint64_t)(MIE_TIMER | MIE_EXTERNAL)));
	fw_log(fw, FW_LOG_INFO, "mtia-ctrl ready: ABI %u.%u, grid %ux%u, %u PEs, LPDDR %llu MiB",
	       MTIA_FW_ABI_MAJOR, MTIA_FW_ABI_MINOR, fw->grid_rows, fw->grid_cols,
	       subgrid_count(fw->grid.enabled),
	       (unsigned long long)(fw->lpddr_size >> 20));
	port_set_status(MTIA_FW_READY);
	for (;;) {
		fw_poll(fw);
		__asm__ volatile("wfi" ::: "memory");
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * All that the control firmware asks of hardware. port_riscv.c answers with registers, the unit
 * tests and fuzzers with a fake; nothing else in this folder touches an address of its own making.
 *
 * None of these calls waits. "take" calls return what happened since the last call and clear it.
 * Events are levels: port_events() keeps showing one until it has been taken or cleared, and the
 * main loop sleeps only while it shows none.
 */
#ifndef MTIA_FW_PORT_H
#define MTIA_FW_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtia/fw_abi.h"
#include "mtia/pe.h"
#include "mtia/regs.h"

/* Time in core-clock cycles. The timer makes the main loop run at or after `cycle`. */
uint64_t port_time(void);
void port_set_timer(uint64_t cycle);

void port_set_status(uint32_t status);
void port_set_version(uint32_t version);
void port_count_heartbeat(void);
uint32_t port_grid(void); /* as MTIA_REG_GRID */
uint64_t port_pe_enabled(void);
uint64_t port_lpddr_size(void);
uint32_t port_clock_hz(void);

uint32_t port_events(void); /* MTIA_CC_IRQ_* */

/* What the host wrote. */
uint64_t port_take_doorbells(void);
uint32_t port_doorbell_tail(unsigned int slot);
void port_take_mbox(void);
uint32_t port_h2d_tail(void);
uint32_t port_d2h_head(void);
uint32_t port_cq_head(unsigned int cq);
void port_msi(unsigned int vector);

/* Copy from LPDDR; the caller has checked the range against port_lpddr_size(). */
void port_read_lpddr(void *dst, uint64_t offset, size_t size);
/* MTIA_CMD_MAX_SIZE bytes of queue `slot`'s own, 8-byte aligned, out of reach of any client. */
void *port_command_copy(unsigned int slot);
/* The device physical address by which a DMA channel reaches firmware memory. */
uint64_t port_phys(const void *memory);

struct fw_dma {
	uint64_t src, dst, size;
	uint64_t pattern;
	uint32_t src_space, dst_space; /* MTIA_SPACE_* | asid << 8 */
	bool fill;
};
void port_dma_start(unsigned int channel, const struct fw_dma *dma);
void port_dma_abort(unsigned int channel);
/* MTIA_DMA_STATUS; fault address is valid in state ERROR. */
uint32_t port_dma_status(unsigned int channel, uint64_t *fault_addr);
uint32_t port_dma_done(void); /* bit channel */
void port_clear_dma_done(uint32_t channels);

void port_mmu_root(unsigned int asid, uint64_t root); /* 0 disables */
void port_tlb_invalidate(uint32_t asid, uint64_t va, uint64_t size);
struct fw_mmu_fault {
	uint32_t status; /* MTIA_CC_FAULT_STATUS */
	uint32_t src;	 /* MTIA_CC_FAULT_SRC */
	uint64_t va;
};
bool port_pop_fault(struct fw_mmu_fault *fault);

struct fw_memory_error {
	uint32_t status; /* MTIA_CC_ECC_STATUS */
	uint32_t where;	 /* MTIA_CC_ECC_WHERE */
	uint64_t addr;
	uint64_t corrected, uncorrected; /* so far */
};
bool port_pop_memory_error(struct fw_memory_error *error);
void port_scrub_memory(uint32_t cycles_a_page);

/* A launch on a whole sub-grid; see MTIA_CC_SG() of regs.h. */
struct fw_launch {
	uint32_t asid;
	uint32_t rect; /* as MTIA_SG_RECT */
	uint64_t entry[MTIA_CORES_PER_PE];
	uint64_t arg[4];
	uint32_t arg_pos; /* as MTIA_SG_ARG_POS */
	uint32_t args_size;
	const void *args; /* 8-byte aligned, in the command copy */
};
/*
 * Take the PEs for table entry `id`, zero them, start the program; 0, or the hardware's refusal,
 * enum mtia_sg_refusal, in the low byte and from bit 8 on the room in the entry's work queue, if
 * there are work queues.
 */
uint32_t port_subgrid_start(unsigned int id, const struct fw_launch *launch);
void port_subgrid_stop(unsigned int id); /* reset its PEs, give them back, drop its event */
uint64_t port_subgrid_events(void); /* bit id: ended or failed */
void port_clear_subgrid_events(uint64_t ids);
uint64_t port_subgrid_faulted(unsigned int id); /* bit pe */
uint64_t port_subgrid_exited(unsigned int id);  /* bit pe: exit code is not 0 */
/*
 * Put a launch behind those of table entry `id`, which was started; see MTIA_CC_WQ() of regs.h. The
 * request and its arguments stay as they are until it has begun. 0, or enum mtia_sg_refusal.
 */
uint32_t port_work_push(unsigned int id, const struct mtia_wq_request *request, uint32_t tag);
enum mtia_wq_state port_work_oldest(unsigned int id); /* WAITING: there is none */
void port_work_pop(unsigned int id); /* the oldest, whose launch has ended */
uint32_t port_pe_exit_code(unsigned int pe);
struct fw_pe_fault {
	uint32_t core;
	uint64_t cause, pc, tval, cycle;
};
void port_pe_fault(unsigned int pe, struct fw_pe_fault *fault);
uint64_t port_subgrid_left(unsigned int id); /* bit pe: still running */
/* The core of a running PE that has not left yet, A if neither has, and where it is. */
void port_pe_position(unsigned int pe, uint32_t *core, uint64_t *pc);
/* All of the record but `core`, then a core's part and its integer registers, as of now. */
void port_pe_state(unsigned int pe, struct mtia_fw_pe *state);
void port_pe_core(unsigned int pe, unsigned int core, struct mtia_fw_core *state);
void port_pe_registers(unsigned int pe, unsigned int core, __u64 x[32]);
/* The record of queue `slot` in LPDDR, MTIA_FW_PES_OFFSET. */
struct mtia_fw_pes *port_pes(unsigned int slot);
struct mtia_fw_wait *port_wait(unsigned int slot); /* likewise, MTIA_FW_WAIT_OFFSET */

#endif /* MTIA_FW_PORT_H */

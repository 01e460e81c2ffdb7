/* SPDX-License-Identifier: GPL-2.0 */
/* PE launches by hand, through the monitor: what firmware does, without firmware. */
#ifndef MTIA_TESTS_SOC_PE_MACHINE_H
#define MTIA_TESTS_SOC_PE_MACHINE_H

#include "machine.h"
#include "mtia/pe.h"

enum pe_program {
	PE_LEAVE, PE_ECHO, PE_SPIN, PE_ILLEGAL, PE_LOAD, PE_COUNT, PE_RECEIVE, PE_STARVE, PE_STORE,
	PE_SLEEP,
};

#define PE_ASID 5
#define PE_ROOT (4 * MiB)
#define PE_CODE UINT64_C(0x100000000)	/* VA, LPDDR at 2 MiB */
#define PE_DATA UINT64_C(0x200000000)	/* VA, LPDDR at 16 MiB, 16 MiB of huge pages */
#define PE_SRAM UINT64_C(0x300000000)	/* VA, SRAM at 0, 2 MiB of small pages */
#define PE_HOST UINT64_C(0x400000000)	/* VA, host window */
#define PE_DATA_OFFSET (16 * MiB)

#define PE_REG(pe, off) (MTIA_PA_PE_CTRL + (uint64_t)(pe) * 4096 + (off))
#define PE_SUBGRID(row, col, rows, cols) \
	((uint32_t)(row) | (uint32_t)(col) << 8 | (uint32_t)(rows) << 16 | (uint32_t)(cols) << 24)

struct pe_job {
	enum pe_program core[2];
	uint64_t arg[4];
	uint32_t subgrid; /* 0 = this PE alone */
	uint32_t asid;	  /* 0 = PE_ASID */
};

/* Boot the monitor, map the programs and data above in PE_ASID. */
void pe_machine_boot(struct machine *mc);
uint64_t pe_entry(enum pe_program program); /* VA */
void pe_launch(struct machine *mc, unsigned int pe, const struct pe_job *job);
/* Registers and START, put into the current batch; monitor_run() does it. */
void pe_launch_add(struct machine *mc, unsigned int pe, const struct pe_job *job);
void pe_ctrl(struct machine *mc, unsigned int pe, uint32_t bits);
uint32_t pe_status_of(struct machine *mc, unsigned int pe);
/* Run until the PEs of the mask have stopped (done or faulted); false after `budget` cycles. */
bool pe_wait(struct machine *mc, uint64_t pes, uint64_t budget);
/* PE_DONE | PE_FAULT, cleared. */
uint64_t pe_events(struct machine *mc);

#endif /* MTIA_TESTS_SOC_PE_MACHINE_H */

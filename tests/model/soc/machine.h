/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A chip with a host around it, for the tests of the SoC: memories, a window of host memory behind
 * the bus, a record of interrupts and errors; and the monitor, through which a test makes the
 * control core read and write.
 */
#ifndef MTIA_TESTS_SOC_MACHINE_H
#define MTIA_TESTS_SOC_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest.h"
#include "mtia_model.h"
#include "../../unit/tap.h"

#define MiB (UINT64_C(1) << 20)
#define LPDDR_SIZE (64 * MiB)
#define HOST_BASE UINT64_C(0x4000000000) /* bus address of the window */
#define HOST_SIZE (1 * MiB)

struct machine {
	struct mtia_model *model;
	uint8_t *lpddr, *sram, *host;
	uint64_t lpddr_size;
	struct guest_page *page;
	uint64_t batches;
	struct guest_access *next; /* of the batch being put together */
	unsigned int irqs[MTIA_MAX_VECTORS];
	_Atomic unsigned int logs, kicks; /* also counted while another thread writes BAR0 */
	_Atomic unsigned int errors[8]; /* log lines by enum mtia_model_err */
	uint64_t last_irq_seen; /* first 8 bytes of host memory when the newest interrupt came */
	bool stop_on_irq;
	unsigned int host_refuses; /* the next accesses that fail */
};

/* workers: as in struct mtia_model_config. Memory is lazily mapped and zero. Exits on failure. */
void machine_open(struct machine *mc, unsigned int workers, uint64_t lpddr_size);
void machine_open_timing(struct machine *mc, unsigned int workers, uint64_t lpddr_size,
			 enum mtia_model_timing timing);
void machine_open_v1plus(struct machine *mc, unsigned int workers, uint64_t lpddr_size,
			 enum mtia_model_timing timing);
void machine_close(struct machine *mc);
/* Load the image and start a program. */
void machine_boot(struct machine *mc, enum guest_program program);
void machine_stop(struct machine *mc); /* CORE_RUN = 0, and applied */

uint64_t reg_read(struct machine *mc, uint64_t offset);	  /* 4 bytes */
uint64_t reg_read64(struct machine *mc, uint64_t offset); /* 8 bytes */
void reg_write(struct machine *mc, uint64_t offset, uint64_t value);
void reg_write64(struct machine *mc, uint64_t offset, uint64_t value);

/* Steps until idle or `budget` has passed; returns the last result. */
struct mtia_model_step machine_run(struct machine *mc, uint64_t budget);

/* Through the monitor. A batch is put together and run by monitor_run(); false: not done. */
struct guest_access *monitor_add(struct machine *mc, uint64_t op, uint64_t addr, uint64_t value);
bool monitor_run(struct machine *mc);
/* One access. *trap (may be NULL) = mcause + 1. */
uint64_t monitor_read(struct machine *mc, unsigned int size, uint64_t addr, uint64_t *trap);
void monitor_write(struct machine *mc, unsigned int size, uint64_t addr, uint64_t value,
		   uint64_t *trap);

#define cc_read(mc, off) monitor_read(mc, 4, MTIA_PA_CTRL + (off), NULL)
#define cc_read64(mc, off) monitor_read(mc, 8, MTIA_PA_CTRL + (off), NULL)
#define cc_write(mc, off, v) monitor_write(mc, 4, MTIA_PA_CTRL + (off), v, NULL)
#define cc_write64(mc, off, v) monitor_write(mc, 8, MTIA_PA_CTRL + (off), v, NULL)

struct dma_case {
	uint64_t src, dst, len, pattern;
	uint32_t src_space, dst_space;
	bool fill;
};
/* Run a transfer on a channel to its end; MTIA_DMA_STATUS. */
uint32_t machine_dma(struct machine *mc, unsigned int channel, const struct dma_case *dma);
uint32_t machine_dma_start(struct machine *mc, unsigned int channel, const struct dma_case *dma);

/* Page tables, written by the host: a table at an LPDDR offset. */
void pt_set(struct machine *mc, uint64_t table, uint64_t va, unsigned int level, uint64_t pte);
/* Map one page, making tables (4 KiB each, from *next_table on) as needed. */
void pt_map(struct machine *mc, uint64_t root, uint64_t *next_table, uint64_t va, uint64_t leaf,
	    bool huge);

void pattern_fill(uint8_t *p, size_t n, uint32_t seed);

#endif /* MTIA_TESTS_SOC_MACHINE_H */

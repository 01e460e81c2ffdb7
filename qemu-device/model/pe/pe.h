/* SPDX-License-Identifier: MIT */
/*
 * One processing element: two RV64 cores, Command Processor, FI, MLU, DPE, RE, SE, 128 KiB local memory.
 * What a PE program sees is uapi/mtia/pe.h; this is how the SoC drives it.
 *
 * Time and order. The SoC advances all PEs in quanta: barriers lie at the multiples of
 * pe_config.quantum. Between two barriers
 *
 *	for all PEs, in parallel, any order:	pe_advance(pe, barrier)
 *	then for all PEs, serially, by index:	pe_commit(pe)
 *
 * While PEs advance, LPDDR and SRAM do not change and a PE touches nothing but itself. What it does
 * to the world (memory writes, every access to host memory, reduction tiles, fault records, "I am
 * done") waits for pe_commit(). An operation that waits this way ends at the barrier, so its issuer
 * finds the world changed. Thus results and cycle counts depend on the quantum, but not on the
 * number of workers nor on the order of the calls in the parallel phase.
 *
 * Threads: calls on one PE must be serialised. pe_advance() of different PEs may run at the same
 * time if they don't share an rv_icache. pe_commit(), pe_start() and pe_reset() also touch the
 * neighbours; all calls but pe_advance() need every PE to be at rest.
 *
 * Nothing a program does ends the process, allocates memory or blocks.
 */
#ifndef MTIA_MODEL_PE_H
#define MTIA_MODEL_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtia/pe.h"
#include "mtia/regs.h"

struct mtia_pe;
struct rv_icache;

/* Never: no event will come by itself. */
#define PE_NEVER UINT64_MAX

/* A page or huge page of a virtual address space, as the MMU sees it. */
struct pe_page {
	uint64_t va;	 /* first byte, a multiple of size */
	uint64_t size;	 /* MTIA_PAGE_SIZE or 1 << MTIA_HUGE_SHIFT */
	uint32_t target; /* MTIA_PTE_TARGET_* */
	uint8_t *host;	 /* LPDDR, SRAM: the memory behind va; stays valid for the model's life */
	uint64_t bus;	 /* HOST: bus address behind va */
};

/*
 * The SoC as a PE reaches it. Every function must be set (but ecc, if ecc_armed never is).
 */
struct pe_fabric {
	/*
	 * Look up the page of @va for MTIA_ACCESS_*. Called from pe_advance(), so from any worker,
	 * for several PEs at once, and from pe_commit(). The PE keeps the answer until
	 * pe_flush_tlb(). Has no visible effect besides counters.
	 */
	enum mtia_fault_reason (*translate)(void *soc, uint32_t asid, uint64_t va,
					    unsigned int access, struct pe_page *page);

	/*
	 * Cycles from a request of @bytes bytes for MTIA_ACCESS_* at @host (LPDDR, SRAM; NULL: host
	 * memory) till the first of them is there, or written. Called from pe_advance(), so from any
	 * worker: it may read what stands still between two barriers and change what is this PE's.
	 */
	uint32_t (*latency)(void *soc, uint32_t target, const uint8_t *host, uint64_t bytes,
			    unsigned int access, uint64_t cycle);

	/*
	 * Only if ecc_armed: memory at @host is about to be read (from any worker) or written (from
	 * pe_commit()). How many of the bytes come before the first one that is poison.
	 */
	uint64_t (*ecc)(void *soc, const uint8_t *host, uint64_t bytes, unsigned int access);
	bool ecc_armed; /* changes between quanta only */

	/* The rest is called from pe_commit() (neighbour: also pe_start(), pe_reset()) only. */

	/* Host memory over PCIe; MTIA_FAULT_NONE or MTIA_FAULT_HOST_BUS. */
	enum mtia_fault_reason (*host_read)(void *soc, unsigned int pe, uint64_t bus, void *buf,
					    size_t len);
	enum mtia_fault_reason (*host_write)(void *soc, unsigned int pe, uint64_t bus,
					     const void *buf, size_t len);
	/* MMU fault record; @src as MTIA_CC_FAULT_SRC. Comes before stopped(). */
	void (*fault)(void *soc, unsigned int src, uint32_t asid, unsigned int access,
		      enum mtia_fault_reason reason, uint64_t va);
	/* The PE went from RUNNING to MTIA_PE_DONE or MTIA_PE_FAULTED; see pe_status(). */
	void (*stopped)(void *soc, unsigned int pe, unsigned int status);
	/* PE by index, also the own one; NULL if there is none (or it is not enabled). */
	struct mtia_pe *(*neighbour)(void *soc, unsigned int pe);
};

struct pe_config {
	unsigned int index;	  /* row * grid_cols + column */
	unsigned int grid_cols;
	uint32_t quantum;	  /* cycles between barriers, a power of two, 32 .. 65536 */
	unsigned int isa;	  /* MTIA_ISA_*: cap of the host SIMD level */
	uint64_t caps;		  /* MTIA_CAP_* that the PE has; operations of others are unknown */
	uint32_t fi_outstanding;  /* DMA transfers in flight, 1 .. MTIA_FI_OUTSTANDING; 0 = that many */
	const struct pe_fabric *fabric; /* must outlive the PE */
	void *soc;		  /* first argument of the callbacks */
	struct rv_icache *icache; /* shared by the PEs of one worker; must outlive the PE */
};

/* Idle, local memory and accumulators zero. NULL: out of memory or an argument out of range. */
struct mtia_pe *pe_create(const struct pe_config *config);
void pe_destroy(struct mtia_pe *pe); /* NULL is fine */

/* Local memory, MTIA_PE_LOCAL_SIZE bytes, for the control core and its DMA between quanta. */
uint8_t *pe_local_memory(struct mtia_pe *pe);

struct pe_launch {
	uint32_t asid;
	uint8_t row0, col0, rows, cols; /* sub-grid; this PE lies inside */
	uint64_t entry[MTIA_CORES_PER_PE]; /* VA */
	uint64_t arg[4]; /* a0..a3 of both cores */
};

/*
 * Start both cores at @cycle (>= every cycle the PE has been advanced to). Local memory is kept
 * (the arguments are there already), CBs, commands, CSRs and counters of the launch start at zero,
 * accumulators keep their contents. Tiles that waited in the RE inboxes stay (a neighbour may have
 * started earlier) unless they came from another ASID. 0, or -EBUSY (running), -EINVAL (sub-grid
 * without this PE).
 */
int pe_start(struct mtia_pe *pe, const struct pe_launch *launch, uint64_t cycle);
/* Stop at once, from any state, to MTIA_PE_IDLE: commands, CBs and RE inboxes are dropped. */
void pe_reset(struct mtia_pe *pe);
/* Zero local memory and accumulators. Callers reset first. */
void pe_scrub(struct mtia_pe *pe);
/* pe_reset() and pe_scrub(), and status, launch and all counters to zero. */
void pe_power_on(struct mtia_pe *pe);

/*
 * Run to @until: every event before it has happened. Effects to be committed are settled at
 * barriers, so if some are waiting the PE does not pass the next barrier without pe_commit().
 * Callers that always stop at a barrier and commit need not care. Does nothing unless RUNNING.
 */
void pe_advance(struct mtia_pe *pe, uint64_t until);
/* Make the effects of the quantum happen. Cheap if there are none. In index order. */
void pe_commit(struct mtia_pe *pe);
/*
 * Earliest cycle at which the PE can do something by itself; PE_NEVER if it is not running, or
 * waits for a neighbour, or for ever. All PEs of a launch at PE_NEVER with one still RUNNING is a
 * deadlock.
 */
uint64_t pe_next_event(const struct mtia_pe *pe);
/* Stop a RUNNING PE with MTIA_CAUSE_DEADLOCK that names what it waits for; then pe_commit() it. */
void pe_raise_deadlock(struct mtia_pe *pe, uint64_t cycle);

/* MTIA_PE_IRQ_CTRL fires at @cycle. Nothing happens unless RUNNING. */
void pe_interrupt(struct mtia_pe *pe, uint64_t cycle);

/*
 * The debug block, MTIA_PC_DBG_* of core @core; between quanta. A core that is let go does so at
 * @cycle. pe_debug_halted(): is one of the cores held that would otherwise have something to do?
 * pe_debug_read(), _write(): MTIA_DBG_REG_*; 0, -EINVAL (no such register, or not writable), -EBUSY
 * (not halted).
 */
uint32_t pe_debug_status(const struct mtia_pe *pe, uint32_t core);
uint32_t pe_debug_control(const struct mtia_pe *pe, uint32_t core);
void pe_set_debug_control(struct mtia_pe *pe, uint32_t core, uint32_t value, uint64_t cycle);
bool pe_debug_halted(const struct mtia_pe *pe);
uint32_t *pe_debug_select(struct mtia_pe *pe, uint32_t core);
int pe_debug_read(const struct mtia_pe *pe, uint32_t core, uint32_t reg, uint64_t *val);
int pe_debug_write(struct mtia_pe *pe, uint32_t core, uint32_t reg, uint64_t val);

/* Forget translations. To be called whenever the MMU's tables may have changed meaning. */
void pe_flush_tlb(struct mtia_pe *pe);

struct pe_status {
	uint32_t status;	/* MTIA_PE_IDLE .. MTIA_PE_FAULTED */
	uint32_t exit_code;	/* OR of both cores' */
	uint32_t fault_core;	/* 0, 1, MTIA_PE_FAULT_CP; the fault_* are 0 without a fault */
	uint64_t fault_cause;
	uint64_t fault_pc;
	uint64_t fault_tval;
	uint64_t fault_cycle;
	uint64_t instrs[MTIA_CORES_PER_PE]; /* since start */
	uint64_t busy_cycles;	/* since start, up to the end of the last quantum or the stop */
};
void pe_get_status(const struct mtia_pe *pe, struct pe_status *status);

/* Since pe_power_on(), over all launches; units as MTIA_CNT_*. */
struct pe_counters {
	uint64_t instrs;
	uint64_t busy_cycles;
	uint64_t dpe_macs;
	uint64_t se_elements;
	uint64_t re_tiles;
	uint64_t fi_read_bytes;
	uint64_t fi_write_bytes;
	uint64_t launches;
	uint64_t dpe_mmls;
	uint64_t dpe_hits;
	uint64_t mlu_bytes;
	uint64_t fi_peer_bytes;
	uint64_t fi_multicast_bytes;
};
void pe_get_counters(const struct mtia_pe *pe, struct pe_counters *counters);

/*
 * Snapshot between quanta (after pe_commit()): plain data, size fixed for a build of the model.
 * pe_load() trusts nothing: -EINVAL leaves the PE as after pe_power_on(). It does not know the
 * SoC's clock: a caller refuses a PE whose pe_next_event() lies far in the past, which would have
 * to run all that time at once.
 */
size_t pe_state_size(void);
void pe_save(const struct mtia_pe *pe, void *buf);
int pe_load(struct mtia_pe *pe, const void *buf, size_t size);

#endif /* MTIA_MODEL_PE_H */

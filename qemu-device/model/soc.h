/* SPDX-License-Identifier: MIT */
/*
 * The chip around the PEs: what its files share.
 *
 * Threads. Everything is touched by the thread inside mtia_model_step() only (or whoever the caller
 * serialises with it), except
 *  - struct port, under its lock (BAR0 writes; never held over a callback or during a quantum),
 *  - struct shadow, atomics (BAR0 reads, errors),
 *  - soc_translate(), which workers call while PEs advance: it reads the TLB, tables and roots,
 *    which stand still then, and writes only to the struct pe_block of its PE.
 *
 * Time is in core-clock cycles. m->now is always a multiple of SOC_QUANTUM; inside a quantum the
 * control subsystem's clock is that of the control core, m->ctrl.hart.s.cycle, running or not.
 */
#ifndef MTIA_MODEL_SOC_H
#define MTIA_MODEL_SOC_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtia/regs.h"
#include "mtia_model.h"
#include "pe/pe.h"
#include "rv/rv.h"

/*
 * Cycles between barriers: the shortest time in which one PE can affect another (invented, as all
 * latencies here; the paper gives none). Without a running PE nobody can see a barrier, and the
 * control core goes on for longer at a time.
 */
#define SOC_QUANTUM 128u
#define SOC_LONG_QUANTUM 4096u

/* Latencies of the control core's uncached accesses, on top of the instruction's own cost. */
#define SOC_CTRL_REG_CYCLES 4
#define SOC_PE_REG_CYCLES 16   /* register network */
#define SOC_PE_LOCAL_CYCLES 24 /* through the PE's fabric interface */
/* Local memory is zeroed 512 bytes a cycle (400 GB/s, paper Table I). */
#define SOC_SCRUB_CYCLES (MTIA_PE_LOCAL_SIZE / 512)
/* Launch arguments into local memory, the network's width a cycle (paper section 3). */
#define SOC_ARGS_CYCLES(bytes) (((bytes) + 63) / 64)
/*
 * PEs of a launch that all wait for each other this long are a deadlock. The time is there for
 * firmware that starts the PEs of a launch one by one, without the sub-grid table.
 */
#define SOC_DEADLOCK_CYCLES 262144u

/* From a PE's request to its data, without contention. */
#define SOC_LATENCY_LPDDR 200
#define SOC_LATENCY_SRAM 100
#define SOC_LATENCY_HOST 800

/* How much slower than 800 MHz the model may be, see MTIA_REG_TIME_SCALE. */
#define SOC_TIME_SCALE 16
#define SOC_HW_REV 0x0100
#define SOC_CAPS                                                                                   \
	(MTIA_CAP_INT8 | MTIA_CAP_REDUCTION | MTIA_CAP_FLOAT16 | MTIA_CAP_VECTOR | MTIA_CAP_MLU |  \
	 MTIA_CAP_LOOKUP | MTIA_CAP_MULTICAST | MTIA_CAP_ATOMICS)
/* On top, with mtia_model_config.v1plus. */
#define SOC_CAPS_V1PLUS                                                                            \
	(MTIA_CAP_GATHER | MTIA_CAP_SE_ROWS128 | MTIA_CAP_MML_AUTO | MTIA_CAP_WORK_QUEUE)
#define SOC_NR_PES (MTIA_GRID_ROWS * MTIA_GRID_COLS)
#define SOC_PE_ENABLED UINT64_MAX
_Static_assert(SOC_NR_PES == 64, "a PE mask is one word");

#define SOC_NEVER UINT64_MAX
/* The end of time (180 years): nothing is scheduled behind it, so adding a latency cannot wrap. */
#define SOC_TIME_END (UINT64_C(1) << 62)

#define SOC_DMA_CHUNK 65536u /* bytes moved between two looks at ABORT */
#define SOC_DMA_MAX (UINT64_C(1) << 40)
#define SOC_FAULT_FIFO 16
#define SOC_TLB_PAGES 1024 /* direct-mapped */
#define SOC_TLB_HUGE 256
#define SOC_TLB_FILLS 16 /* new translations a PE can bring into the TLB a quantum */
#define SOC_LPDDR_CHANNELS 16 /* paper Table I */
#define SOC_SRAM_SLICES 64 /* paper section 3 */
/* SRAM as a cache: 128 MiB of 512-byte lines, 8 ways, first in first out; invented */
#define SOC_CACHE_WAYS 8
#define SOC_CACHE_SETS 32768
#define SOC_CACHE_LINES (SOC_CACHE_SETS * SOC_CACHE_WAYS)
#define SOC_MEM_NOTES 256 /* lines a PE can bring into the cache a quantum; others pass it by */
#define SOC_ECC_WORDS 64 /* bad words at a time; a mask of them is one word */
#define SOC_ECC_FIFO 16
#define SOC_WQ_DEPTH 4 /* places of a sub-grid's work queue; invented */
#define SOC_MAX_SLOW 1000
#define SOC_LOG_LIMIT 256 /* guest errors reported through log() between two resets */

/* ---- BAR0, host side (mmio.c) ---- */

/* What the host has written and the device has not taken yet. */
struct port {
	pthread_mutex_t lock;
	_Atomic bool dirty;
	bool run;	     /* CORE_RUN as written last */
	bool reset;	     /* CORE_RUN fell since the device looked */
	uint64_t start_pc, start_arg; /* BOOT_* when CORE_RUN rose */
	uint64_t rung;
	uint32_t doorbell[MTIA_MAX_QUEUES];
	uint32_t mbox_event;
	uint32_t mbox_h2d_tail, mbox_d2h_head;
	uint32_t cq_head[MTIA_MAX_CQS];
};

/* What BAR0 reads give. */
struct shadow {
	_Atomic uint32_t ctrl;
	_Atomic uint64_t boot_pc, boot_arg;
	_Atomic bool resetting; /* a reset is on its way: the firmware's words are void */
	_Atomic uint32_t fw_status, heartbeat, fw_version;
	_Atomic uint32_t core_state;
	_Atomic uint64_t core_pc, core_cause, core_tval;
	_Atomic uint64_t timestamp;
	_Atomic uint64_t counter[MTIA_NUM_COUNTERS];
	_Atomic uint64_t ras[MTIA_NUM_RAS];
	_Atomic uint32_t temp, power, pe_clock;
	_Atomic uint64_t energy;
	_Atomic uint32_t err_count, err_class;
	_Atomic uint64_t err_addr;
	_Atomic uint32_t logged;
};

/* ---- Control core (ctrl.c, ctrl_regs.c) ---- */

struct ctrl {
	struct rv_hart hart;
	struct rv_icache *icache;
	bool run; /* out of reset */
	bool pe_started; /* in this quantum, which then ends at the next barrier */
	uint64_t timecmp;
	uint32_t irq_enable;
	uint64_t doorbells;
	uint64_t pe_done, pe_fault;
	uint32_t mbox_event;
	uint32_t dma_done;
	uint32_t mbox_h2d_tail, mbox_d2h_head;
	uint32_t cq_head[MTIA_MAX_CQS];
	uint32_t db_tail[MTIA_MAX_QUEUES];
	uint32_t tlb_asid;
	uint64_t tlb_va, tlb_size;
};

/* ---- DMA (dma.c) ---- */

struct dma_transfer {
	uint64_t src, dst, len;
	uint32_t src_space, dst_space;
	uint64_t pattern;
	bool fill;
};

struct dma_channel {
	struct dma_transfer regs; /* as written; .fill unused */
	struct dma_transfer job;  /* as it was at START */
	uint32_t status;
	uint64_t fault_addr;
	bool last;	/* all is moved, only the end is to be told */
	uint32_t result; /* the status then */
	uint64_t pos;	/* bytes done */
	uint64_t due;	/* next chunk, or the end; valid while BUSY */
};

/* ---- MMU (mmu.c) ---- */

struct tlb_entry {
	uint64_t tag; /* 0 = empty */
	uint64_t pte;
};

struct fault_record {
	uint32_t status; /* without LOST */
	uint32_t src;
	uint64_t va;
};

struct mmu {
	uint64_t root[MTIA_MAX_ASIDS];
	struct tlb_entry page[SOC_TLB_PAGES];
	struct tlb_entry huge[SOC_TLB_HUGE];
	struct fault_record fifo[SOC_FAULT_FIFO];
	uint32_t fault_head, fault_count;
	bool fault_lost;
	uint64_t misses; /* of DMA channels; PEs count their own */
};

/* ---- Memory system (memsys.c) ---- */

/* What requests use, one after the other. */
#define MEM_CHANNEL(n) (n)
#define MEM_SLICE(n) (SOC_LPDDR_CHANNELS + (n))
#define MEM_ROW(n) (SOC_LPDDR_CHANNELS + SOC_SRAM_SLICES + (n))
#define MEM_COLUMN(n) (MEM_ROW(MTIA_GRID_ROWS) + (n))
#define MEM_RESOURCES MEM_COLUMN(MTIA_GRID_COLS)
#define MEM_WORDS ((MEM_RESOURCES + 63) / 64)

struct mem_load {
	uint64_t used[MEM_WORDS]; /* bit resource */
	uint32_t bytes[MEM_RESOURCES];
};

/* What a PE asked for since the last barrier; empty between quanta. */
struct mem_notes {
	struct mem_load load;
	uint32_t line[SOC_MEM_NOTES]; /* with TAG_DIRTY */
	uint32_t count, hits, misses, bypassed;
};

struct memsys {
	bool approx; /* for the model's life */
	bool cache;
	uint64_t free_at[MEM_RESOURCES]; /* cycle at which all that was asked for is done */
	uint32_t *tag; /* SOC_CACHE_LINES, all 0 unless cache */
	uint8_t *next_way; /* SOC_CACHE_SETS */
	uint64_t hits, misses, writebacks, bypassed; /* requests by line, since the last reset */
};

/* ---- ECC (ecc.c) ---- */

struct ecc_word {
	uint64_t addr; /* device physical, multiple of 8 */
	uint8_t bits; /* that are wrong: 1 or 2 */
	uint8_t syndrome;
	bool told; /* recorded; only of two bits */
	bool rewritten; /* since the last barrier */
};

struct ecc_record {
	uint32_t status, where; /* MTIA_CC_ECC_STATUS, MTIA_CC_ECC_WHERE, without LOST */
	uint64_t addr;
};

struct ecc {
	struct ecc_word word[SOC_ECC_WORDS];
	uint32_t count;
	struct ecc_record fifo[SOC_ECC_FIFO];
	uint32_t fault_head, fault_count;
	bool lost;
	uint64_t errors[MTIA_NUM_RAS];
	uint32_t period; /* of the scrubber, 0 = off */
	uint64_t scrub_from; /* cycle at which it began at its first page */
	uint64_t scrub_seen; /* pages from then on that need no look: nothing was there */
};

/* ---- Sensors (sensors.c) ---- */

struct sensors {
	uint64_t due;	   /* end of the window under way */
	uint64_t energy;   /* nJ up to its beginning */
	uint32_t power;	   /* mW, of the window before */
	uint32_t pe_clock; /* Hz, of that */
	uint32_t temp;	   /* millidegrees, at its end */
	/* What had been counted at its end. */
	uint64_t busy_cycles, macs, bytes;
};

/* ---- Sub-grids (subgrid.c) and their work queues (workqueue.c) ---- */

struct wq_slot {
	uint64_t desc;	/* 0: of START */
	uint32_t state; /* enum mtia_wq_state */
	uint64_t began, ended;
};

/* Empty without MTIA_CAP_WORK_QUEUE. */
struct work_queue {
	struct wq_slot slot[SOC_WQ_DEPTH]; /* oldest first */
	uint32_t count;	 /* places taken */
	uint32_t ended;	 /* of those, the first ones; the next one runs if the entry does */
	/* Of the first that waits: what the engines hold. All of them hold the same. */
	uint64_t ready;	 /* cycle at which it has come */
	uint32_t refused; /* 0, MTIA_WQ_BAD_REQUEST or MTIA_WQ_POISON */
	struct mtia_wq_request request;
	uint8_t args[MTIA_PE_ARGS_SIZE];
};

struct subgrid {
	/* registers; rect and asid stand still while the entry has PEs */
	uint32_t rect, asid;
	uint64_t entry[MTIA_CORES_PER_PE];
	uint64_t arg[4];
	uint64_t args_addr;
	uint32_t args_size, arg_pos;
	uint32_t state;	  /* MTIA_SG_FREE .. */
	uint32_t refusal; /* enum mtia_sg_refusal */
	uint64_t pes;	  /* 0 if free */
	uint64_t faulted, exited;
	uint64_t start_cycle;
	struct work_queue wq;
};

struct subgrids {
	struct subgrid entry[MTIA_MAX_SUBGRIDS];
	uint64_t event; /* bit entry */
	uint64_t claimed; /* PEs of all entries */
	uint64_t turn; /* bit entry: begins its next launch at this barrier; 0 between quanta */
};

/* ---- PEs (peblock.c) ---- */

struct tlb_fill {
	uint64_t va;
	uint64_t pte;
	uint32_t asid;
	bool huge;
};

struct pe_block {
	struct mtia_model *m;
	struct mtia_pe *pe;
	unsigned int index;
	/* registers */
	uint32_t asid, subgrid;
	uint64_t entry[MTIA_CORES_PER_PE];
	uint64_t arg[4];
	uint32_t last_asid;   /* of the sub-grid that had it last, plus 1; 0: clean */
	uint64_t group;	      /* PEs of the running launch's sub-grid */
	uint64_t ready;	      /* cycle at which the last scrub ends */
	uint64_t stuck_since; /* running, and no event will come by itself; SOC_NEVER if not so */
	/* written while PEs advance */
	uint64_t tlb_misses;
	unsigned int nfills;
	struct tlb_fill fill[SOC_TLB_FILLS];
	struct mem_notes notes;
	uint64_t ecc_met; /* bit: index of a bad word that it read */
};

/* ---- Worker threads (workers.c) ---- */

struct workers {
	unsigned int count; /* with the caller's thread */
	unsigned int nthreads; /* started */
	struct worker *worker;
	struct rv_icache **icache; /* one a worker */
	pthread_mutex_t lock;
	pthread_cond_t go, idle;
	_Atomic uint32_t turn;
	_Atomic uint32_t busy;
	bool quit;
	/* the work of this turn */
	uint64_t pes;
	uint64_t until;
};

/* ---- Faults to inject (inject.c) ---- */

struct inject {
	uint64_t hung_pes;
	bool hang_control;
	uint32_t stalled_dma; /* bit channel */
	uint32_t slow; /* factor, 1 = off */
	uint64_t drop_irqs, duplicate_irqs;
	uint64_t corrupt; /* bits to flip, 0 = off */
	uint32_t corrupt_word;
	uint64_t reorder; /* completions to hold back */
	bool holding;
	uint64_t held_bus, held[4];
	bool fail_walk;
	uint32_t walk_asid;
	uint64_t walk_va; /* of the page */
};

struct mtia_model {
	struct mtia_model_host_ops ops;
	void *opaque;
	uint8_t *lpddr, *sram;
	uint64_t lpddr_size;
	uint64_t caps; /* MTIA_CAP_* */
	uint32_t fi_outstanding; /* DMA transfers in flight a PE */
	unsigned int isa;

	uint64_t now;
	_Atomic bool stop;
	struct port port;
	struct shadow shadow;
	struct ctrl ctrl;
	struct dma_channel dma[MTIA_DMA_CHANNELS];
	uint64_t dma_bytes;
	uint64_t host_reads, host_read_bytes, host_writes, host_write_bytes;
	struct mmu mmu;
	struct pe_fabric fabric;
	struct pe_block pe[SOC_NR_PES];
	uint64_t running; /* PEs started and not stopped */
	struct subgrids subgrids;
	struct memsys memsys;
	struct ecc ecc;
	struct sensors sensors;
	struct inject inject;
	struct workers workers;
	void *pe_state; /* room for one PE's snapshot */
	uint8_t bounce[4096];
};

/* model.c */

/*
 * Record an error (MTIA_REG_ERR_*) and report it. @addr: register, physical or bus address it is
 * about. Any thread.
 */
__attribute__((format(printf, 4, 5))) void soc_error(struct mtia_model *m, enum mtia_model_err err,
						     uint64_t addr, const char *fmt, ...);
/* The same without log(), for places that may not call back. */
void soc_count_error(struct mtia_model *m, enum mtia_model_err err, uint64_t addr);
/* Reset by CORE_RUN = 0: all but memories, counters, time, what the host's registers hold. */
void soc_core_reset(struct mtia_model *m);
void soc_raise_irq(struct mtia_model *m, unsigned int vector);
/* Host memory; MTIA_FAULT_NONE or MTIA_FAULT_HOST_BUS. */
enum mtia_fault_reason soc_host_read(struct mtia_model *m, uint64_t bus, void *buf, size_t len);
enum mtia_fault_reason soc_host_write(struct mtia_model *m, uint64_t bus, const void *buf,
				      size_t len);

/* mmio.c */
int port_init(struct mtia_model *m);
void port_fini(struct mtia_model *m);
void port_power_on(struct mtia_model *m);
/* Take what the host wrote. */
void port_apply(struct mtia_model *m);
/* Show the state of core and clock to BAR0 reads; cheap, every quantum. */
void shadow_publish(struct mtia_model *m);
void shadow_publish_counters(struct mtia_model *m);

/* memory.c */
/*
 * Memory at a device physical address: NULL if there is none, else *left = bytes up to the end of
 * that memory.
 */
uint8_t *memory_at(struct mtia_model *m, uint64_t pa, uint64_t *left);
/* The same for the target and address of a page-table leaf that was checked. */
uint8_t *memory_of_leaf(struct mtia_model *m, uint64_t pte);
void memory_zero(uint8_t *p, size_t n);
bool memory_is_zero(const uint8_t *p, size_t n);

/* memsys.c */
int memsys_init(struct mtia_model *m, bool approx);
void memsys_fini(struct mtia_model *m);
void memsys_reset(struct mtia_model *m);
/*
 * struct pe_fabric's latency, with contention or the cache. @host: in LPDDR or SRAM as @target says.
 * From any worker.
 */
uint32_t memsys_latency(struct pe_block *b, uint32_t target, const uint8_t *host, uint64_t bytes,
			unsigned int access, uint64_t cycle);
/* Take in what @pes asked for in the quantum that began at @from. */
void memsys_barrier(struct mtia_model *m, uint64_t pes, uint64_t from);
/* A DMA channel moves @bytes at @host; returns the cycles it waits for others. */
uint64_t memsys_dma(struct mtia_model *m, const uint8_t *host, uint64_t bytes, bool write,
		    uint64_t cycle);
/* Use SRAM as a cache, or not; what the scratchpad held is lost. False: a PE or a channel runs. */
bool memsys_set_cache(struct mtia_model *m, bool cache);
unsigned int memsys_channel(uint64_t lpddr_offset);
unsigned int memsys_slice(uint64_t sram_offset);
bool memsys_state_valid(const struct mtia_model *m);

/* ecc.c */
/*
 * Make one (bit0 == bit1) or two bits of the word at @pa bad. False: no such memory or bit, or the table
 * is full.
 */
bool ecc_inject(struct mtia_model *m, uint64_t pa, unsigned int bit0, unsigned int bit1);
void ecc_clear(struct mtia_model *m); /* all words are good */
/*
 * A read of memory: how many bytes come before the first one that is poison. @b: from a PE, which
 * notes it (any worker); NULL: it is recorded at once for @source.
 */
uint64_t ecc_read(struct mtia_model *m, struct pe_block *b, const uint8_t *host, uint64_t bytes,
		  uint32_t source);
void ecc_write(struct mtia_model *m, const uint8_t *host, uint64_t bytes); /* not from PEs */
uint64_t soc_ecc(void *soc, const uint8_t *host, uint64_t bytes, unsigned int access);
void ecc_barrier(struct mtia_model *m, uint64_t pes);
void ecc_set_period(struct mtia_model *m, uint32_t cycles);
uint64_t ecc_scrub_addr(const struct mtia_model *m);
uint64_t ecc_next_event(const struct mtia_model *m); /* the scrubber meets a bad word */
void ecc_advance(struct mtia_model *m, uint64_t cycle);
void ecc_pop(struct mtia_model *m);
struct ecc_record ecc_oldest(const struct mtia_model *m);
void ecc_reset(struct mtia_model *m);
bool ecc_state_valid(const struct mtia_model *m);

/* sensors.c */

void sensors_reset(struct mtia_model *m, bool power_on);
/* Up to m->now; nothing happened since the end of the window, if that lies before. */
void sensors_advance(struct mtia_model *m);
void sensors_publish(struct mtia_model *m);
bool sensors_state_valid(const struct mtia_model *m);

/* inject.c */
void inject_reset(struct mtia_model *m);
/* A completion is about to be written: true, it was taken and is written later. */
bool inject_hold_cqe(struct mtia_model *m, uint64_t bus, const void *cqe);
void inject_release_cqe(struct mtia_model *m); /* another one has been written */
bool inject_state_valid(const struct mtia_model *m);

/* ctrl.c */
int ctrl_init(struct mtia_model *m);
void ctrl_fini(struct mtia_model *m);
void ctrl_reset(struct mtia_model *m);
void ctrl_start(struct mtia_model *m, uint64_t pc, uint64_t arg);
uint32_t ctrl_core_state(const struct mtia_model *m); /* MTIA_CORE_* */
/* Interrupt wires follow the registers; to be called after every change of those. */
void ctrl_update_irqs(struct mtia_model *m);
/* Cycle at which the core wants to run: now, that of its timer, or SOC_NEVER. */
uint64_t ctrl_next_run(const struct mtia_model *m);
uint64_t ctrl_next_timer(const struct mtia_model *m);
/* Run core, timer and DMA from m->now to at most @end; returns the barrier reached. */
uint64_t ctrl_advance(struct mtia_model *m, uint64_t end);

/* ctrl_regs.c: accesses of the control core at MTIA_PA_CTRL + @offset; size 4 or 8, aligned. */
uint32_t ctrl_irq_status(const struct mtia_model *m);
uint64_t ctrl_reg_read(struct mtia_model *m, uint32_t offset, unsigned int size);
void ctrl_reg_write(struct mtia_model *m, uint32_t offset, uint64_t value, unsigned int size);

/* Halves of (64) registers: bits of @reg at byte @at (0 or 4) of a @size byte access. */
static inline uint64_t reg_part(uint64_t reg, unsigned int at, unsigned int size)
{
	return size == 8 ? reg : (uint32_t)(reg >> (8 * at));
}

static inline uint64_t reg_merge(uint64_t reg, uint64_t value, unsigned int at, unsigned int size)
{
	if (size == 8)
		return value;
	return at ? (uint32_t)reg | value << 32 : (reg >> 32 << 32) | (uint32_t)value;
}

/* The bits a partial write of @value names, others 0: what RW1C registers want. */
static inline uint64_t reg_bits(uint64_t value, unsigned int at, unsigned int size)
{
	return size == 8 ? value : (uint64_t)(uint32_t)value << (8 * at);
}

/* dma.c */
void dma_reset(struct mtia_model *m);
uint64_t dma_next_event(const struct mtia_model *m);
/* Everything due up to @cycle, in order of time, then channel. */
void dma_advance(struct mtia_model *m, uint64_t cycle);
bool dma_reg_read(struct mtia_model *m, unsigned int channel, uint32_t offset, unsigned int size,
		  uint64_t *value);
bool dma_reg_write(struct mtia_model *m, unsigned int channel, uint32_t offset, uint64_t value,
		   unsigned int size);

/* mmu.c */
void mmu_reset(struct mtia_model *m);
/*
 * Translation for a DMA channel: *pte = the leaf, *offset = of va in its page, *left = bytes from
 * va to the page's end.
 */
enum mtia_fault_reason mmu_translate(struct mtia_model *m, uint32_t asid, uint64_t va,
				     unsigned int access, uint64_t *pte, uint64_t *offset,
				     uint64_t *left);
/* struct pe_fabric's translate; @soc is a struct pe_block. */
enum mtia_fault_reason soc_translate(void *soc, uint32_t asid, uint64_t va, unsigned int access,
				     struct pe_page *page);
/* Take in what the PEs looked up in the quantum that ended. */
void mmu_merge_fills(struct mtia_model *m, uint64_t pes);
/* @size 0 = everything of the ASID; @asid MTIA_TLB_ALL = every ASID. */
void mmu_invalidate(struct mtia_model *m, uint32_t asid, uint64_t va, uint64_t size);
void mmu_set_root(struct mtia_model *m, unsigned int asid, uint64_t root);
void mmu_fault(struct mtia_model *m, uint32_t src, uint32_t asid, unsigned int access,
	       enum mtia_fault_reason reason, uint64_t va);
void mmu_pop_fault(struct mtia_model *m);
uint32_t mmu_fault_status(const struct mtia_model *m);
/* State from a stream: whether it may be used. */
bool mmu_state_valid(const struct mtia_model *m);

/* peblock.c */
int peblock_init(struct mtia_model *m);
void peblock_fini(struct mtia_model *m);
void peblock_reset(struct mtia_model *m);
void peblock_power_on(struct mtia_model *m);
bool peblock_reg_read(struct mtia_model *m, unsigned int pe, uint32_t offset, unsigned int size,
		      uint64_t *value);
bool peblock_reg_write(struct mtia_model *m, unsigned int pe, uint32_t offset, uint64_t value,
		       unsigned int size);
/* Earliest cycle at which a PE does something, or a deadlock is called one. */
uint64_t peblock_next_event(struct mtia_model *m);
/* From m->now to @end: PEs in parallel, their effects in order, then deadlocks. */
void peblock_advance(struct mtia_model *m, uint64_t end);
uint64_t peblock_group(uint32_t subgrid); /* PEs of MTIA_PC_SUBGRID; 0 if it is no sub-grid */
/* Stop at once and forget; of PEs in any state. */
void peblock_reset_pes(struct mtia_model *m, uint64_t pes);
/* Zero what idle PEs hold; they may start SOC_SCRUB_CYCLES after @cycle. */
void peblock_scrub_pes(struct mtia_model *m, uint64_t pes, uint64_t cycle);
/* Start from the registers of struct pe_block; 0, or -EINVAL, -EBUSY of pe_start(). */
int peblock_start(struct pe_block *b, uint64_t cycle);

/* subgrid.c */
void subgrid_reset(struct mtia_model *m);
/* @offset from MTIA_CC_SG(0); size 4 or 8, aligned. False: no such register. */
bool subgrid_reg_read(const struct mtia_model *m, uint32_t offset, unsigned int size,
		      uint64_t *value);
bool subgrid_reg_write(struct mtia_model *m, uint32_t offset, uint64_t value, unsigned int size);
/* A PE went from running to @status; false: it is no entry's. From pe_commit(). */
bool subgrid_stopped(struct mtia_model *m, unsigned int pe, unsigned int status);
/* Where @size bytes of arguments are; NULL: not in LPDDR or SRAM, misaligned, too many. */
const uint8_t *subgrid_args(struct mtia_model *m, uint64_t addr, uint32_t size);
/* Cycles of a broadcast to all PEs of the entry. */
uint64_t subgrid_hops(const struct subgrid *sg);
/* All of the entry's PEs, which are reset, begin what its registers say in its start_cycle. */
void subgrid_run(struct mtia_model *m, struct subgrid *sg, const uint8_t *args);
void subgrid_tell(struct mtia_model *m, struct subgrid *sg); /* SG_EVENT */
/* State from a stream. */
bool subgrid_state_valid(const struct mtia_model *m);

/* workqueue.c */
void workqueue_empty(struct subgrid *sg);
void workqueue_started(struct mtia_model *m, struct subgrid *sg); /* by START */
/* The entry's launch is DONE or FAILED. If another waits it begins at the barrier. */
void workqueue_ended(struct mtia_model *m, struct subgrid *sg);
void workqueue_turn(struct mtia_model *m); /* begin what is due, after all effects of a quantum */
uint32_t workqueue_room(const struct mtia_model *m, const struct subgrid *sg);
/* @offset from MTIA_CC_WQ(0), which is there; else as subgrid_reg_read(). */
bool workqueue_reg_read(const struct mtia_model *m, uint32_t offset, unsigned int size,
			uint64_t *value);
bool workqueue_reg_write(struct mtia_model *m, uint32_t offset, uint64_t value, unsigned int size);
bool workqueue_state_valid(struct mtia_model *m); /* subgrid_state_valid() is true */

/* workers.c */
int workers_init(struct mtia_model *m, unsigned int count);
void workers_fini(struct mtia_model *m);
/* The worker a PE belongs to. */
unsigned int workers_of(const struct mtia_model *m, unsigned int pe);
/* pe_advance() of all @pes to @until. */
void workers_run(struct mtia_model *m, uint64_t pes, uint64_t until);

#endif /* MTIA_MODEL_SOC_H */

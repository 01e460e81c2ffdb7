/* SPDX-License-Identifier: MIT */
/*
 * C ABI of the MTIA v1 chip model (libmtia-model). Users: the QEMU shim (dlopen), mtia-sim,
 * libmtia-user's simulator back-end, tests, fuzzers.
 *
 * Rules
 *  - No globals: any number of models in a process, each an opaque handle.
 *  - Structures start with `size` (the caller's sizeof); members are only ever appended.
 *  - Calls return 0 or a negative errno value. Nothing a guest does ends the process: a guest's
 *    mistake becomes a status, fault record or interrupt the guest can see, and is reported through
 *    log() with its class.
 *  - Threads: mtia_model_mmio_read(), mtia_model_mmio_write() and mtia_model_stop() may be called
 *    from any thread at any time and never wait for a running step (bounded, microseconds). All
 *    other calls on one model, mtia_model_step() first of all, must be serialised by the caller.
 *  - Callbacks run on the thread that is inside mtia_model_step() (raise_irq, log: also inside
 *    mmio_write) and must not call back into the same model, except mtia_model_stop().
 *  - Virtual time only: results and cycle counts depend on inputs, never on the host's clock or on
 *    the number of workers.
 */
#ifndef MTIA_MODEL_H
#define MTIA_MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MTIA_MODEL_ABI_MAJOR 1
#define MTIA_MODEL_ABI_MINOR 3
#define MTIA_MODEL_API __attribute__((visibility("default")))

struct mtia_model;

/* Whose mistake: told apart in log, register (MTIA_REG_ERR_CLASS) and counters. */
enum mtia_model_err {
	MTIA_ERR_NONE = 0,
	MTIA_ERR_GUEST = 1,	    /* guest broke a documented rule */
	MTIA_ERR_UNPREDICTABLE = 2, /* guest relies on something documented as unpredictable */
	MTIA_ERR_UNIMPLEMENTED = 3, /* the chip has it, this model has not */
	MTIA_ERR_HOST = 4,	    /* a callback failed (DMA refused) */
	MTIA_ERR_MODEL = 5,	    /* internal inconsistency: a bug of ours */
};

enum mtia_model_log_level { MTIA_LOG_ERROR, MTIA_LOG_WARN, MTIA_LOG_INFO, MTIA_LOG_DEBUG };

struct mtia_model_host_ops {
	size_t size;
	/* Access `len` bytes of bus address space. 0, or negative errno: the access failed. */
	int (*dma_read)(void *opaque, uint64_t addr, void *buf, size_t len);
	int (*dma_write)(void *opaque, uint64_t addr, const void *buf, size_t len);
	/* Raise logical vector `vector` (0 .. MTIA_MAX_VECTORS - 1), edge. */
	void (*raise_irq)(void *opaque, unsigned int vector);
	/* May be NULL. One line, no newline, valid during the call. */
	void (*log)(void *opaque, enum mtia_model_log_level level, enum mtia_model_err err,
		    const char *text);
	/* May be NULL. New work may exist after an mmio_write: step() should be called. */
	void (*kick)(void *opaque);
};

enum mtia_model_timing {
	MTIA_TIMING_FUNCTIONAL = 0, /* closed-form minimum latencies */
	/*
	 * Since minor 2: requests also wait for each other on network rows and columns, SRAM slices and
	 * LPDDR channels. The same results, other cycles.
	 */
	MTIA_TIMING_APPROX = 1,
};

struct mtia_model_config {
	size_t size;
	uint64_t lpddr_size; /* multiple of 2 MiB, 64 MiB .. 64 GiB */
	void *lpddr;	     /* host memory, caller's; must stay valid; zero when new; 8-byte aligned */
	void *sram;	     /* MTIA_SRAM_SIZE bytes, likewise */
	unsigned int workers; /* host threads that advance PEs, 1 .. 64; 0 = 1 */
	enum mtia_model_timing timing;
	unsigned int isa; /* MTIA_ISA_*: upper bound of the host SIMD level used */
	unsigned int v1plus; /* since minor 1; nonzero: the features that v1 does not have, MTIA_CAP_* from bit 32 */
	/* since minor 3; DMA transfers that a PE can have in flight; 0 = MTIA_MODEL_FI_OUTSTANDING, the most */
	unsigned int fi_outstanding;
};
#define MTIA_MODEL_FI_OUTSTANDING 16u
#define MTIA_ISA_AUTO 0
#define MTIA_ISA_SCALAR 1
#define MTIA_ISA_AVX2 2
#define MTIA_ISA_AVX512 3

/* major << 16 | minor of the library; a user refuses another major, and a minor below its own. */
MTIA_MODEL_API uint32_t mtia_model_abi_version(void);

/*
 * Create a model in power-on state (control core in reset). `ops` is copied. On failure returns a
 * negative errno and writes one sentence to err (may be NULL).
 */
MTIA_MODEL_API int mtia_model_create(const struct mtia_model_config *config,
				     const struct mtia_model_host_ops *ops, void *opaque,
				     struct mtia_model **out, char *err, size_t err_size);
MTIA_MODEL_API void mtia_model_destroy(struct mtia_model *model); /* NULL is fine */

enum mtia_model_reset {
	MTIA_RESET_POWER_ON = 0, /* memory contents are the caller's and stay */
	MTIA_RESET_FLR = 1,	 /* as power-on, but MTIA_REG_TIMESTAMP goes on */
};
MTIA_MODEL_API int mtia_model_reset(struct mtia_model *model, enum mtia_model_reset kind);

/* BAR0 access; size 4 or 8. Memory order: a write happens after everything the caller wrote to
 * LPDDR or SRAM before it. */
MTIA_MODEL_API uint64_t mtia_model_mmio_read(struct mtia_model *model, uint64_t offset,
					     unsigned int size);
MTIA_MODEL_API void mtia_model_mmio_write(struct mtia_model *model, uint64_t offset, uint64_t value,
					  unsigned int size);

enum mtia_model_why {
	MTIA_STEP_BUDGET = 0, /* budget used up, more to do now */
	MTIA_STEP_IDLE = 1,   /* nothing to do until next_event or an mmio_write */
	MTIA_STEP_STOPPED = 2, /* mtia_model_stop() */
};

struct mtia_model_step {
	size_t size;
	enum mtia_model_why why;
	uint64_t cycles;     /* core-clock cycles that passed */
	uint64_t next_event; /* IDLE: cycle of the next timer event; UINT64_MAX: none, or not IDLE */
	uint64_t now;
};

/*
 * Advance at most `budget` cycles, rounded up to a quantum (128 cycles; time always stands at a
 * multiple of it). While idle, time jumps to the next event inside the budget; if there is none, it
 * stands still and the step returns IDLE: how long idle time lasts is the caller's decision.
 */
MTIA_MODEL_API int mtia_model_step(struct mtia_model *model, uint64_t budget,
				   struct mtia_model_step *result);
/* Make the current or next step() return soon (within a quantum). Async-signal-safe. */
MTIA_MODEL_API void mtia_model_stop(struct mtia_model *model);

/* Faults to inject; each is off until asked for and invisible to the guest otherwise. */
enum mtia_model_fault {
	MTIA_INJECT_CLEAR = 0,	       /* arg0 = fault to take back, 0 = all */
	MTIA_INJECT_HANG_PE = 1,       /* arg0 = PE: makes no progress, whatever resets it, till CLEAR */
	MTIA_INJECT_HANG_CONTROL = 2,  /* control core stops retiring instructions until its reset */
	MTIA_INJECT_DROP_IRQ = 3,      /* swallow the next arg0 interrupts */
	MTIA_INJECT_CORRUPT_CQE = 4,   /* flip bits arg0 of word arg1 (64 bits each, 0 .. 3) in the
					* next 32-byte host write */
	/* Since minor 2: */
	MTIA_INJECT_DUPLICATE_IRQ = 5, /* raise each of the next arg0 interrupts twice */
	MTIA_INJECT_REORDER_CQE = 6,   /* hold each of the next arg0 32-byte host writes back until
					* another one has passed it */
	MTIA_INJECT_PANIC_CONTROL = 7, /* illegal instruction on the control core; -EBUSY: in reset */
	MTIA_INJECT_STALL_DMA = 8,     /* channel arg0 moves nothing (ABORT works) */
	MTIA_INJECT_SLOW = 9,	       /* memory, network, DMA take arg0 (1 .. 1000) times as long */
	MTIA_INJECT_ECC_CE = 10,       /* bit arg1 of the 8-byte word at device physical address arg0 */
	MTIA_INJECT_ECC_UE = 11,       /* bits arg1 & 0xff and arg1 >> 8; 0: any two; both: -EINVAL
					* also when the table of bad words (64) is full */
	MTIA_INJECT_FAIL_WALK = 12,    /* page walks of ASID arg0 for VA arg1 find a bad entry */
};
MTIA_MODEL_API int mtia_model_inject(struct mtia_model *model, enum mtia_model_fault fault,
				     uint64_t arg0, uint64_t arg1);

/* The faults by name; NULL behind the last. Static; arg0, arg1: what they are, NULL if not used. */
struct mtia_model_fault_info {
	enum mtia_model_fault fault;
	const char *name, *arg0, *arg1, *help;
};
MTIA_MODEL_API const struct mtia_model_fault_info *mtia_model_fault_info(unsigned int index);

/*
 * Snapshot of all state but LPDDR and SRAM contents. save: *size in = room (buf may be NULL to ask),
 * out = bytes needed; -ENOSPC: too little. load: the stream is untrusted; -EINVAL leaves the model
 * in power-on state. A stream is read by the version of the library that wrote it.
 */
MTIA_MODEL_API int mtia_model_save(struct mtia_model *model, void *buf, size_t *size);
MTIA_MODEL_API int mtia_model_load(struct mtia_model *model, const void *buf, size_t size);

/* FNV-1a hash of all architectural state including SRAM and the given LPDDR range; all of it but
 * MTIA_CNT_MMIO_READS, which is the host's doing. */
MTIA_MODEL_API uint64_t mtia_model_state_hash(struct mtia_model *model, uint64_t lpddr_offset,
					      uint64_t lpddr_bytes);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_MODEL_H */

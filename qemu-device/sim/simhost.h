/* SPDX-License-Identifier: MIT */
/*
 * libmtia-simhost: the host of a simulated MTIA in user space. It does what the kernel driver does
 * for a real device, no more: gives the chip model its memory, loads and starts the control
 * firmware, speaks the mailbox, owns LPDDR, page tables, queues and completion rings. Users:
 * libmtia-user's simulator back-end, mtia-sim, the model tests.
 *
 * Rules
 *  - Calls return 0 or a negative errno value; simhost_error() has the sentence. Errors every call
 *    can give and that are not repeated below: -EINVAL (an argument breaks a stated rule),
 *    -ENOMEM (memory of this process, of LPDDR or of the arena), -EIO (firmware panicked or the
 *    model failed; simhost_state() tells, only simhost_restart() or simhost_close() help).
 *  - Time is device time, in cycles of the core clock (MTIA_CLOCK_HZ). Nothing here sleeps or looks
 *    at the host's clock: a call that waits advances the model, and gives up with -ETIME when its
 *    budget of cycles has passed. Idle device time is skipped, so a large budget costs little.
 *  - Threads: a simhost and all that was made from it belong to one thread at a time; the caller
 *    serialises. Different simhosts are independent. There are no globals.
 *  - Ownership: buffers, vms and queues are destroyed explicitly, users before what they use (queue
 *    before its vm; mappings before their buffer, checked: -EBUSY). simhost_close() frees all left.
 */
#ifndef MTIA_SIMHOST_H
#define MTIA_SIMHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtia/fw_abi.h"
#include "mtia/regs.h"
#include "mtia_model.h"

#ifdef __cplusplus
extern "C" {
#endif

struct simhost;
struct simhost_vm;
struct simhost_queue;

/* ---- The model's entry points: from a shared library, or linked into the program ------------- */

struct simhost_model_ops {
	void *library; /* dlopen() handle, NULL when linked */
	uint32_t (*abi_version)(void);
	int (*create)(const struct mtia_model_config *config, const struct mtia_model_host_ops *ops,
		      void *opaque, struct mtia_model **out, char *err, size_t err_size);
	void (*destroy)(struct mtia_model *model);
	int (*reset)(struct mtia_model *model, enum mtia_model_reset kind);
	uint64_t (*mmio_read)(struct mtia_model *model, uint64_t offset, unsigned int size);
	void (*mmio_write)(struct mtia_model *model, uint64_t offset, uint64_t value,
			   unsigned int size);
	int (*step)(struct mtia_model *model, uint64_t budget, struct mtia_model_step *result);
	void (*stop)(struct mtia_model *model);
	int (*inject)(struct mtia_model *model, enum mtia_model_fault fault, uint64_t arg0,
		      uint64_t arg1);
};

/* For a program that links the model (sanitizers, static tools): `ops = SIMHOST_MODEL_LINKED;` */
#define SIMHOST_MODEL_LINKED                                                                       \
	((struct simhost_model_ops){                                                               \
		.abi_version = mtia_model_abi_version,                                             \
		.create = mtia_model_create,                                                       \
		.destroy = mtia_model_destroy,                                                     \
		.reset = mtia_model_reset,                                                         \
		.mmio_read = mtia_model_mmio_read,                                                 \
		.mmio_write = mtia_model_mmio_write,                                               \
		.step = mtia_model_step,                                                           \
		.stop = mtia_model_stop,                                                           \
		.inject = mtia_model_inject,                                                       \
	})

/*
 * Load libmtia-model from `path`. -ENOENT: cannot be opened; -ENOEXEC: a symbol is missing;
 * -EPROTO: another ABI major, or a minor below this header's. err (may be NULL) gets one sentence.
 */
int simhost_model_load(const char *path, struct simhost_model_ops *ops, char *err, size_t err_size);
void simhost_model_unload(struct simhost_model_ops *ops); /* after the last simhost using it */

/* ---- Open ------------------------------------------------------------------------------------ */

struct simhost_config {
	size_t size;			       /* sizeof(struct simhost_config) */
	const struct simhost_model_ops *model; /* required; copied */
	const void *firmware;		       /* image bytes, only read during open and restart */
	size_t firmware_size;
	const char *firmware_path; /* used when firmware is NULL; required then */
	uint64_t lpddr_size;	   /* 0 = 1 GiB; never committed until touched */
	uint64_t host_size;	   /* arena for SIMHOST_MEM_HOST, 0 = 1 GiB, likewise lazy */
	unsigned int workers;	   /* model threads, 0 = 1; results do not depend on it */
	unsigned int isa;	   /* MTIA_ISA_* */
	bool v1plus;		   /* the features that v1 does not have */
	unsigned int fi_outstanding; /* DMA transfers that a PE can have in flight, 0 = 16, v1's */
	enum mtia_model_timing timing;
	uint64_t call_cycles;	   /* budget of a mailbox call, 0 = SIMHOST_CALL_CYCLES */
	unsigned int log_level;	   /* of the firmware, 0 error .. 3 debug */
	/* May be NULL. Lines of the model's own log; must not call back into the simhost. */
	void (*log)(void *opaque, enum mtia_model_log_level level, enum mtia_model_err err,
		    const char *text);
	void *opaque;
};

#define SIMHOST_CALL_CYCLES (1600ull * 1000 * 1000) /* 2 s of device time */

/*
 * Create the model, load and verify the firmware, start it, wait until it is READY, set up the
 * completion ring and the driver's own queue (slot 0). On failure nothing is left; err (may be
 * NULL) gets one sentence. Errors: -ENOEXEC bad firmware image (the sentence names the defect),
 * -EPROTO ABI or register interface mismatch, -ETIME firmware did not come up, -ENOENT no file.
 */
int simhost_open(const struct simhost_config *config, struct simhost **out, char *err,
		 size_t err_size);
void simhost_close(struct simhost *sh); /* NULL is fine */

/* Sentence of the last failed call on this simhost or anything made from it; never NULL. */
const char *simhost_error(const struct simhost *sh);

enum simhost_state {
	SIMHOST_READY = 0,
	SIMHOST_FW_PANIC = 1,  /* firmware sent PANIC or its state says so */
	SIMHOST_FW_HUNG = 2,   /* a mailbox call was not answered in its budget */
	SIMHOST_MODEL_FAILED = 3,
};
enum simhost_state simhost_state(const struct simhost *sh);

/*
 * Recovery tier 3: stop the control core, load the firmware again, re-create the completion ring
 * and the driver's queue. LPDDR, buffers, vms and their mappings stay. User queues are dead: their
 * unfinished jobs end with MTIA_JOB_KILLED, submits give -ECANCELED, and they can be destroyed.
 */
int simhost_restart(struct simhost *sh);

/* ---- Memory ---------------------------------------------------------------------------------- */

enum simhost_mem {
	SIMHOST_MEM_LPDDR = MTIA_PTE_TARGET_LPDDR,
	SIMHOST_MEM_SRAM = MTIA_PTE_TARGET_SRAM,
	SIMHOST_MEM_HOST = MTIA_PTE_TARGET_HOST, /* "system" memory behind PCIe */
};

/* The caller's structure; it must stay where it is while the buffer is mapped anywhere. */
struct simhost_buffer {
	enum simhost_mem mem;
	uint64_t offset;     /* into LPDDR or SRAM; bus address for HOST */
	uint64_t size;	     /* bytes asked for */
	void *cpu;	     /* plain memory, size bytes; touch it only while no call is running */
	uint32_t mappings;   /* pages mapped somewhere, kept by the library */
	uint32_t reserved;
};

/*
 * Allocate `size` > 0 bytes, zeroed, aligned to 4 KiB (2 MiB when size is at least that, so that
 * large leaves fit). -ENOSPC: that memory is full.
 */
int simhost_buffer_alloc(struct simhost *sh, enum simhost_mem mem, uint64_t size,
			 struct simhost_buffer *out);
int simhost_buffer_free(struct simhost *sh, struct simhost_buffer *buffer); /* -EBUSY: mapped */
uint64_t simhost_mem_free_bytes(const struct simhost *sh, enum simhost_mem mem);

/* ---- Address spaces -------------------------------------------------------------------------- */

#define SIMHOST_READ  (1u << 0)
#define SIMHOST_WRITE (1u << 1)
#define SIMHOST_EXEC  (1u << 2)

/* -ENOSPC: all ASIDs are in use. */
int simhost_vm_create(struct simhost *sh, struct simhost_vm **out);
int simhost_vm_destroy(struct simhost_vm *vm); /* -EBUSY while queues use it; unmaps all */
/*
 * Map [offset, offset + size) of the buffer at va. va, offset and size: multiples of 4 KiB (size
 * may end with the buffer, its last page is mapped whole), va range inside MTIA_VA_USER_MIN ..
 * MAX. 2 MiB leaves are used where alignment allows. -EEXIST: a page there is mapped already.
 * Fails as a whole or takes effect as a whole.
 */
int simhost_vm_map(struct simhost_vm *vm, uint64_t va, struct simhost_buffer *buffer,
		   uint64_t offset, uint64_t size, unsigned int perms);
/* Unmap what is mapped in the range (holes are fine) and invalidate TLBs before returning. */
int simhost_vm_unmap(struct simhost_vm *vm, uint64_t va, uint64_t size);
/* Where va leads: CPU pointer and bytes left in its page, NULL if unmapped. For tools and tests. */
void *simhost_vm_lookup(struct simhost_vm *vm, uint64_t va, uint64_t *left);
unsigned int simhost_vm_asid(const struct simhost_vm *vm);

/* ---- Queues ---------------------------------------------------------------------------------- */

struct simhost_queue_config {
	size_t size;		/* sizeof(struct simhost_queue_config) */
	unsigned int entries;	/* ring, power of two 2 .. 1024; 0 = 64 */
	unsigned int rows, cols; /* largest sub-grid of its launches; 0 = the whole grid */
	unsigned int priority;	/* 0 .. 3, higher first */
};

/* -ENOSPC: no free queue slot. */
int simhost_queue_create(struct simhost_vm *vm, const struct simhost_queue_config *config,
			 struct simhost_queue **out);
/* Jobs that have not finished are killed first (MTIA_JOB_KILLED). */
int simhost_queue_destroy(struct simhost_queue *queue);
/* End everything in the queue with `status`; when it returns nothing of it runs any more. */
int simhost_queue_kill(struct simhost_queue *queue, enum mtia_job_status status);
unsigned int simhost_queue_slot(const struct simhost_queue *queue);
/* The driver's own queue: slot 0, ASID 0, takes COPY and FILL descriptors. Never destroyed. */
struct simhost_queue *simhost_kernel_queue(struct simhost *sh);

/*
 * Hand the command buffer at cmd_va (cmd_size bytes, in the queue's vm) to the device. *seqno (may
 * be NULL) identifies the job, counting 1, 2, 3 ... in the queue. Does not advance the device.
 * -EAGAIN: the ring is full of unfinished jobs (wait for one); -ECANCELED: the queue is dead.
 */
int simhost_submit(struct simhost_queue *queue, uint64_t cmd_va, uint64_t cmd_size,
		   uint64_t *seqno);
/* The same for any descriptor, not checked here: tests use it to lie to the firmware. */
int simhost_submit_desc(struct simhost_queue *queue, const struct mtia_desc *desc,
			uint64_t *seqno);

struct simhost_completion {
	uint64_t seqno;
	uint64_t t_start, t_end; /* device cycles */
	enum mtia_job_status status;
	uint32_t detail;
};

#define SIMHOST_HISTORY 1024 /* finished jobs a queue remembers */

/*
 * Advance the device until job `seqno` of the queue has finished. 0 and *out (may be NULL) filled,
 * whatever the job's status; -ETIME: `budget` cycles passed first (0 = only look); -ENODATA:
 * finished too long ago to remember; -ENOENT: never submitted.
 */
int simhost_wait(struct simhost_queue *queue, uint64_t seqno, uint64_t budget,
		 struct simhost_completion *out);
/* Newest seqno finished (0 = none); does not advance the device. */
uint64_t simhost_queue_completed(const struct simhost_queue *queue);
/* Advance the device by at most `budget` cycles; returns early when a completion, a mailbox message
 * or a fault arrived. *cycles (may be NULL) = what passed. */
int simhost_run(struct simhost *sh, uint64_t budget, uint64_t *cycles);

/* ---- Faults ---------------------------------------------------------------------------------- */

struct simhost_fault {
	unsigned int slot, asid;
	enum mtia_job_status status;
	uint64_t seqno;
	bool on_pe;	    /* row, col (of the chip), core, pc are valid */
	unsigned int row, col;
	unsigned int core;  /* 0 A, 1 B, MTIA_PE_FAULT_CP */
	unsigned int packet; /* index in the command buffer */
	unsigned int reason; /* enum mtia_fault_reason, 0 if not an MMU fault */
	unsigned int access; /* MTIA_ACCESS_* */
	unsigned int mcause; /* of a PE core or command, 0 if none */
	uint64_t addr;	    /* VA or tval */
	uint64_t pc;
	uint64_t cycle;	    /* of a PE's fault, 0 if it was no PE's */
};

/* Newest fault record of this queue; -ENODATA if there was none. */
int simhost_queue_fault(const struct simhost_queue *queue, struct simhost_fault *out);
/* What happened, of a record of a PE or of the MMU, without who and where; returns buf. */
const char *simhost_fault_what(const struct simhost_fault *fault, char *buf, size_t size);
/* One sentence for people, always NUL-terminated; returns buf. */
const char *simhost_fault_text(const struct simhost_fault *fault, char *buf, size_t size);
const char *simhost_status_name(enum mtia_job_status status); /* "MMU_FAULT" ...; "UNKNOWN" */

/* ---- Memory errors --------------------------------------------------------------------------- */

/* What the firmware told last. */
struct simhost_memory {
	uint64_t corrected, uncorrected; /* errors since power-on; the rest is about the newest */
	bool uncorrected_now;
	unsigned int channel; /* of LPDDR, or MTIA_ECC_SRAM | slice */
	uint64_t addr;	      /* device physical */
};
void simhost_memory_errors(const struct simhost *sh, struct simhost_memory *out);

/* ---- Looking --------------------------------------------------------------------------------- */

/* Device cycles since power-on. Lags while the device sleeps, catches up with its next event. */
uint64_t simhost_now(struct simhost *sh);
uint64_t simhost_counter(struct simhost *sh, enum mtia_counter counter);
const char *simhost_counter_name(enum mtia_counter counter); /* "dpe_macs" ...; NULL out of range */
/* Firmware log text since the last call: copies at most size bytes, returns how many; lines that
 * were overwritten before they were read are skipped. */
size_t simhost_log_read(struct simhost *sh, char *buf, size_t size);
/* What firmware and chip said of themselves; text lives as long as the simhost. */
const char *simhost_firmware_version(const struct simhost *sh);
unsigned int simhost_grid_rows(const struct simhost *sh);
unsigned int simhost_grid_cols(const struct simhost *sh);
uint64_t simhost_lpddr_size(const struct simhost *sh);
/* Raw ways in, for tests and fault injection. */
struct mtia_model *simhost_model(struct simhost *sh);
const struct simhost_model_ops *simhost_model_table(const struct simhost *sh);
void *simhost_lpddr(struct simhost *sh); /* first byte; simhost_lpddr_size() bytes */
/* One mailbox call; *reply (may be NULL) gets the message. Returns the firmware's status, or
 * -ETIME when no reply came. */
int simhost_call(struct simhost *sh, enum mtia_h2d_type type, const uint64_t arg[7],
		 struct mtia_d2h_msg *reply);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_SIMHOST_H */

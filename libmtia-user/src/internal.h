/* SPDX-License-Identifier: MIT */
/*
 * Inside libmtia-user: the objects behind the handles, and what a back-end has to do.
 *
 * Lock order: queue->lock, context->lock, then whatever the back-end has. References are atomic and
 * need no lock. Dropping the last one can take context->lock and enter the back-end, so none is
 * dropped while context->lock is held.
 */
#ifndef MTIA_LIB_INTERNAL_H
#define MTIA_LIB_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "mtia/mtia.h"
#include "mtia/regs.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- Errors --------------------------------------------------------------------------------- */

#ifdef __clang_analyzer__ /* it sees one file at a time: a failure's code is never 0 */
#define fail(code, operation, hint, ...) (mtia_error_set(code, operation, hint, __VA_ARGS__), code)
#else
#define fail(code, operation, hint, ...) mtia_error_set(code, operation, hint, __VA_ARGS__)
#endif

/* Add to the error that fail() has just set. */
void error_device(const struct mtia_device *device);
void error_device_named(const char *bdf, const char *name); /* the BDF unless it is empty */
void error_job(const mtia_event *event, const struct mtia_job_result *result);

/* Give the first min(out->size, known) bytes of `src`, keeping out->size. */
int desc_write(void *out, const void *src, size_t known, const char *operation);

/* ---- Back-ends ------------------------------------------------------------------------------ */

struct queue_point {
	struct mtia_queue *queue;
	uint64_t seq;
};

/* What a back-end knows of a failed job. */
struct queue_fault {
	bool banned;  /* the queue takes no more work */
	uint64_t seq; /* whose result it is; 0 = none */
	uint64_t reset_epoch;
	struct mtia_job_result result;
};

/*
 * All functions return 0 or the negative code of an error that they have set. `wait` returns -ETIME
 * without setting one. Destroy functions cannot fail: what goes wrong there, the kernel or the
 * simulator cleans up when the device is closed.
 */
struct backend_ops {
	void (*close)(struct mtia_device *device);
	int (*props)(struct mtia_device *device, struct mtia_device_props *out);
	int (*counters)(struct mtia_device *device, uint64_t values[MTIA_NUM_COUNTERS]);
	int (*timestamp)(struct mtia_device *device, uint64_t *cycles, int64_t *host_ns);

	int (*vm_create)(struct mtia_context *context);
	void (*vm_destroy)(struct mtia_context *context);
	/* Allocate buffer->mapped_bytes and map them at buffer->va. */
	int (*buffer_create)(struct mtia_buffer *buffer, const char *label);
	void (*buffer_destroy)(struct mtia_buffer *buffer);
	int (*buffer_map)(struct mtia_buffer *buffer, void **cpu);

	int (*queue_create)(struct mtia_queue *queue, const struct mtia_queue_desc *desc);
	void (*queue_destroy)(struct mtia_queue *queue);
	/* -EAGAIN: the ring is full, wait for a job. Jobs become seq 1, 2, 3 ... */
	int (*submit)(struct mtia_queue *queue, uint64_t cmd_va, uint32_t cmd_bytes,
		      const struct queue_point *deps, size_t dep_count, uint64_t seq);
	int (*wait)(struct mtia_device *device, const struct queue_point *points, size_t count,
		    bool any, int64_t deadline_ns);
	int (*completed)(struct mtia_queue *queue, uint64_t *seq);
	/* About job seq, or if that is not known or 0, about the newest that failed. */
	int (*fault)(struct mtia_queue *queue, uint64_t seq, struct queue_fault *out);
};

int kernel_list(struct mtia_device_info *out, size_t room, size_t *count);
int kernel_open_node(const struct mtia_device_info *info); /* file descriptor, or -1 with errno */
int kernel_open(const struct mtia_device_info *info, struct mtia_device **out);
int sim_list(struct mtia_device_info *out, size_t room, size_t *count);
int sim_open(const struct mtia_device_info *info, struct mtia_device **out);

/* ---- Objects -------------------------------------------------------------------------------- */

struct mtia_device {
	atomic_uint refs;
	const struct backend_ops *ops;
	struct mtia_device_props props; /* as at open; constant but for vram_used_bytes */
};

int device_init(struct mtia_device *device, const struct backend_ops *ops,
		const struct mtia_device_info *info);
struct mtia_device *device_get(struct mtia_device *device);

struct va_hole {
	uint64_t start, end;
	struct va_hole *next; /* at a higher address, never touching this one */
};

struct mtia_context {
	atomic_uint refs;
	struct mtia_device *device;
	uint32_t vm_id; /* kernel */
	void *vm;	/* simulator */
	pthread_mutex_t lock; /* guards what follows */
	struct va_hole *holes;
	struct mtia_queue *queues;
	struct mtia_program *programs; /* built-in ones that somebody holds */
	uint64_t last_queue_id;
};

struct mtia_context *context_get(struct mtia_context *context);
/* Address ranges; -ENOSPC when none is left. A guard page follows every range. */
int va_init(struct mtia_context *context);
int va_alloc(struct mtia_context *context, uint64_t bytes, uint64_t align, uint64_t *va);
void va_free(struct mtia_context *context, uint64_t va, uint64_t bytes);
void va_fini(struct mtia_context *context);

struct mtia_buffer {
	atomic_uint refs;
	struct mtia_context *context;
	uint64_t bytes;	       /* asked for */
	uint64_t mapped_bytes; /* whole pages */
	uint64_t va;
	uint32_t placement, flags;
	uint32_t handle; /* kernel */
	void *memory;	 /* simulator */
	pthread_mutex_t lock; /* guards cpu */
	void *cpu;
};

struct mtia_buffer *buffer_get(struct mtia_buffer *buffer);
/* -ERANGE unless [offset, offset + bytes) lies inside. */
int buffer_check_range(const struct mtia_buffer *buffer, uint64_t offset, uint64_t bytes,
		       const char *operation);

struct mtia_program {
	atomic_uint refs;
	struct mtia_buffer *buffer;
	uint32_t image_size, args_size;
	char name[36];
	struct mtia_program *next; /* in context->programs */
	bool builtin;
};

struct mtia_program *program_get(struct mtia_program *program);

/* What a job keeps alive. */
struct job_refs {
	struct mtia_buffer **buffers;
	size_t buffer_count, buffer_room;
	struct mtia_program **programs;
	size_t program_count, program_room;
};

int job_refs_copy(struct job_refs *dst, const struct job_refs *src);
void job_refs_drop(struct job_refs *refs);

struct mtia_cmd {
	struct mtia_context *context;
	int error; /* of the first call that failed */
	uint8_t *data; /* header and packets, MTIA_CMD_MAX_SIZE bytes */
	uint32_t bytes, packets, limit;
	struct job_refs refs;
};

/* Packets that mtia_submit() puts around what the builder holds. */
#define CMD_PROLOGUE_BYTES   16 /* TIMESTAMP */
#define CMD_PROLOGUE_PACKETS 1
#define CMD_EPILOGUE_BYTES   40 /* TIMESTAMP, SIGNAL */
#define CMD_EPILOGUE_PACKETS 2

/*
 * Written by the job itself, in system memory: the kernel's fence tells that a job ended, this
 * tells that it reached its end, and when.
 */
struct job_slot {
	uint64_t t_start, t_end;
	uint64_t done; /* seq */
	uint64_t reserved;
};

struct job {
	uint32_t ring_start, ring_end; /* of its command buffer in the command ring */
	struct job_refs refs;
	struct mtia_job_result result;
};

#define CMD_RING_BYTES (256u << 10)

/*
 * A binary syncobj with the fence of the newest job. A point of a timeline is signalled from an
 * interrupt of its own (dma_fence_chain), so this is the shorter way to wait for that job. Keeps its
 * fence while somebody waits for it.
 */
struct kernel_newest {
	uint32_t syncobj;
	uint32_t waiters;
	uint64_t seq; /* whose fence it is; 0: nobody's */
};

struct mtia_queue {
	atomic_uint refs;
	struct mtia_context *context;
	struct mtia_queue *next; /* in context->queues */
	uint64_t id;
	uint32_t rows, cols;
	uint32_t timeout_ms;
	uint32_t kernel_id, syncobj; /* kernel */
	void *sim;		     /* simulator */

	pthread_mutex_t lock; /* guards what follows */
	uint64_t submitted;   /* newest job */
	uint64_t ended;	      /* newest job whose result is in jobs[] */
	uint64_t banned_by;   /* job that the queue was banned for, or 0 */
	struct kernel_newest newest;
	struct mtia_buffer *ring; /* command buffers, in VRAM: the device reads its own memory */
	uint8_t *ring_cpu;
	uint32_t ring_head; /* next free byte */
	struct mtia_buffer *slots; /* MTIA_HISTORY x struct job_slot */
	struct job_slot *slots_cpu;
	struct job *jobs; /* MTIA_HISTORY, job seq in [(seq - 1) % MTIA_HISTORY] */
};

#endif /* MTIA_LIB_INTERNAL_H */

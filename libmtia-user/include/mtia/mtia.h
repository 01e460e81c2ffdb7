/* SPDX-License-Identifier: MIT */
/*
 * libmtia-user: use an MTIA from a program. Devices, buffers, PE programs, command buffers, queues.
 * Operators on top of it (FC, TBE) are in mtia/ops.h, their host reference results in mtia/ref.h.
 *
 * Two back-ends serve the same calls with the same results: the kernel driver (default) and, with
 * MTIA_BACKEND=sim in the environment, the chip model with the real firmware inside this process.
 *
 * Returns. Every int is 0 or negative: -errno where an errno says it, else one of MTIA_E*.
 * mtia_error_last() has the sentence, the place and a hint for this thread's newest failure. What a
 * call returns is about the call; how a job ended is in struct mtia_job_result.
 * Errors that any call can give and that are not repeated below: -EINVAL (an argument breaks a
 * stated rule), -ENOMEM, -EOPNOTSUPP (a descriptor has a flag or a non-zero tail that this version
 * does not know), MTIA_ELOST (the device is gone).
 *
 * Descriptors start with `size` (sizeof the structure) and `flags`. Members are only appended,
 * zero is always the default.
 *
 * Lifetime. Objects are reference counted. A child keeps its parents alive (buffer -> context ->
 * device), so *_free() may come in any order; *_free(NULL) is fine. What a job uses through this
 * header's builder calls lives until that job has ended.
 *
 * Threads. Different threads may use the same device, context, buffer, program or queue at the same
 * time. A struct mtia_cmd belongs to one thread at a time. Contents of buffers are the caller's to
 * order: after the job that writes them has ended. Nothing here is async-signal-safe. There is no
 * process-wide state but the thread-local error.
 */
#ifndef MTIA_MTIA_H
#define MTIA_MTIA_H

#include <stddef.h>
#include <stdint.h>

#include "mtia/fw_abi.h" /* enum mtia_job_status */

#ifdef __cplusplus
extern "C" {
#endif

#define MTIA_VERSION_MAJOR 1
#define MTIA_VERSION_MINOR 0
#define MTIA_VERSION_PATCH 0

#define MTIA_API __attribute__((visibility("default")))

struct mtia_device;
struct mtia_context;
struct mtia_buffer;
struct mtia_program;
struct mtia_queue;
struct mtia_cmd;
struct mtia_pkt; /* mtia/cmd.h */

/* Version of the library that is loaded: major << 16 | minor << 8 | patch. */
MTIA_API uint32_t mtia_version(void);

/* ---- Errors --------------------------------------------------------------------------------- */

/* Causes that no errno names. Values never change. */
enum mtia_errcode {
	MTIA_ENODRIVER = -2000, /* an MTIA is on the bus, but no driver is bound to it */
	MTIA_EFIRMWARE = -2001, /* control firmware missing, refused, or stopped */
	MTIA_EJOB = -2002,	/* a job ended with a status other than MTIA_JOB_OK */
	MTIA_EVERIFY = -2003,	/* a result differs from the reference */
	MTIA_EVERSION = -2004,	/* library and driver, firmware or model do not fit each other */
	MTIA_ELOST = -2005,	/* the device was reset under its clients, or removed */
	MTIA_EPROGRAM = -2006,	/* not a valid PE program */
	MTIA_EMODEL = -2007,	/* simulator: the chip model is missing or failed */
	MTIA_EBANNED = -2008,	/* the queue takes no more work after a fault; create a new one */
};

struct mtia_error {
	uint32_t size;	    /* in: sizeof(struct mtia_error) */
	int32_t code;	    /* what the call returned; 0 = nothing failed in this thread yet */
	int32_t sys_errno;  /* positive errno of the system call behind it, or 0 */
	uint32_t status;    /* enum mtia_job_status of the job, for MTIA_EJOB */
	uint64_t queue_id;  /* of the job, or 0 */
	uint64_t seq;	    /* of the job, or 0 */
	int32_t pe_row, pe_col; /* where it failed, or -1 */
	char operation[40]; /* ioctl, file or step that failed, e.g. "DRM_MTIA_VM_BIND" */
	char device[40];    /* "0000:01:00.0", "sim0", or empty */
	char message[256];  /* one sentence */
	char hint[256];	    /* what to do about it, or empty */
};
/* This thread's newest failure. Stays until the next failure in the same thread. */
MTIA_API int mtia_error_last(struct mtia_error *out);
MTIA_API const char *mtia_strerror(int code); /* sentence for a code alone; never NULL */
MTIA_API const char *mtia_errname(int code);  /* "MTIA_EJOB", "EACCES", "UNKNOWN"; never NULL */
/*
 * For layers above this library: set this thread's error, as the library does, and return `code`.
 * `hint` may be NULL.
 */
MTIA_API int mtia_error_set(int code, const char *operation, const char *hint, const char *format,
			    ...) __attribute__((format(printf, 4, 5)));

/* ---- Devices -------------------------------------------------------------------------------- */

enum mtia_backend_kind { MTIA_BACKEND_KERNEL = 0, MTIA_BACKEND_SIM = 1 };

enum mtia_device_state {
	MTIA_DEVICE_USABLE = 0,
	MTIA_DEVICE_NO_DRIVER = 1,     /* on the PCI bus, no driver bound */
	MTIA_DEVICE_OTHER_DRIVER = 2,  /* bound to a driver that is not mtia */
	MTIA_DEVICE_NO_NODE = 3,       /* driver bound, no /dev/accel/accelN */
	MTIA_DEVICE_NO_PERMISSION = 4, /* node exists, this user may not open it */
	MTIA_DEVICE_NO_FIRMWARE = 5,   /* missing (simulator: it or the chip model) */
};

struct mtia_device_info {
	uint32_t size;	    /* in, element 0 only: sizeof(struct mtia_device_info) */
	uint32_t index;	    /* position in the list, what a selector "0" means */
	uint32_t backend;   /* enum mtia_backend_kind */
	uint32_t state;	    /* enum mtia_device_state */
	char name[16];	    /* "accel0", "sim0", or "-" without a node */
	char bdf[16];	    /* "0000:01:00.0", or empty */
	char node[64];	    /* "/dev/accel/accel0", or empty */
	char driver[32];    /* bound driver, or empty */
	uint16_t vendor_id, device_id;
	int32_t numa_node;  /* -1 = unknown */
	uint32_t node_uid, node_gid, node_mode; /* of the node, when there is one */
	uint32_t reserved;
	char message[256];  /* why it cannot be used, one sentence; empty when usable */
	char hint[256];	    /* what to do about it */
};

/*
 * All MTIAs of this machine, usable or not, ordered by PCI address. *count: in = room in `out`
 * (which may be NULL with 0), out = how many there are. No device is not an error.
 */
MTIA_API int mtia_device_list(struct mtia_device_info *out, size_t *count);

/*
 * Open a device. selector: NULL or "" = the first usable one; "0" = index; "accel0"; "sim0";
 * "0000:01:00.0" or "01:00.0"; "/dev/accel/accel0".
 * -ENODEV no such device; -EACCES node not accessible; MTIA_ENODRIVER; MTIA_EFIRMWARE;
 * MTIA_EVERSION; MTIA_EMODEL.
 */
MTIA_API int mtia_device_open(const char *selector, struct mtia_device **out);
MTIA_API void mtia_device_free(struct mtia_device *device);

struct mtia_device_props {
	uint32_t size;		 /* in: sizeof(struct mtia_device_props) */
	uint32_t backend;	 /* enum mtia_backend_kind */
	uint32_t hw_version;	 /* register interface, major << 16 | minor */
	uint32_t hw_revision;	 /* 0x0100 = MTIA v1 */
	uint32_t grid_rows, grid_cols;
	uint64_t pe_enabled;	 /* bit row * 8 + col */
	uint64_t va_start, va_end; /* device addresses a context can have */
	uint64_t vram_bytes, vram_used_bytes; /* LPDDR that clients can have, and have */
	uint64_t sram_bytes;
	uint64_t pe_local_bytes;
	uint64_t clock_hz;	 /* rate of the cycles in results and timestamps */
	uint64_t features;	 /* MTIA_CAP_* of mtia/regs.h */
	uint32_t max_queues, max_contexts;
	uint32_t max_jobs;	 /* largest ring of a queue */
	uint32_t max_cmd_bytes;	 /* largest command buffer */
	uint32_t default_timeout_ms, max_timeout_ms;
	uint32_t fw_abi_major, fw_abi_minor;
	uint32_t fw_state;	 /* enum mtia_fw_state */
	uint32_t reserved;
	uint64_t fw_features;	 /* MTIA_FW_FEAT_* */
	uint8_t fw_build_id[20];
	char fw_version[32];
	char driver_name[16];	 /* "mtia" or "sim" */
	char driver_version[24]; /* major.minor.patch of the driver, or of the model's ABI */
	char bdf[16], name[16];
};
MTIA_API int mtia_device_props(struct mtia_device *device, struct mtia_device_props *out);

/* Activity counters, index = enum mtia_counter (mtia/regs.h). *count as in mtia_device_list(). */
MTIA_API int mtia_device_counters(struct mtia_device *device, uint64_t *values, size_t *count);
MTIA_API const char *mtia_counter_name(uint32_t counter); /* "dpe_macs" ..., NULL out of range */
/* Device time in cycles and CLOCK_MONOTONIC right before; host_ns may be NULL. */
MTIA_API int mtia_device_timestamp(struct mtia_device *device, uint64_t *cycles, int64_t *host_ns);

/* ---- Contexts: an address space ------------------------------------------------------------- */

/* -ENOSPC: this open device has all it can have (max_contexts), or device memory is full. */
MTIA_API int mtia_context_create(struct mtia_device *device, struct mtia_context **out);
MTIA_API void mtia_context_free(struct mtia_context *context);
/* Borrowed: valid as long as the caller holds the context. */
MTIA_API struct mtia_device *mtia_context_device(struct mtia_context *context);

/* ---- Buffers -------------------------------------------------------------------------------- */

enum mtia_placement {
	MTIA_PLACE_VRAM = 0,   /* LPDDR */
	MTIA_PLACE_SYSTEM = 1, /* host memory */
	MTIA_PLACE_SRAM = 2,   /* on-chip; -EINVAL from a driver that does not give it out */
};

#define MTIA_BUFFER_READONLY (1u << 0) /* the device may not write */
#define MTIA_BUFFER_EXEC     (1u << 1) /* PE cores may fetch instructions; implies READONLY */

struct mtia_buffer_desc {
	uint32_t size, flags; /* MTIA_BUFFER_* */
	uint64_t bytes;	      /* > 0; contents start as zero */
	uint32_t placement;   /* enum mtia_placement */
	uint32_t reserved;
	const char *label;    /* for debugging, at most 63 bytes are used; NULL = none */
};

/* Memory, mapped into the context at a page-aligned address. -ENOSPC: the memory asked for is full. */
MTIA_API int mtia_buffer_create(struct mtia_context *context, const struct mtia_buffer_desc *desc,
				struct mtia_buffer **out);
MTIA_API void mtia_buffer_free(struct mtia_buffer *buffer);
MTIA_API uint64_t mtia_buffer_address(const struct mtia_buffer *buffer); /* device VA */
MTIA_API uint64_t mtia_buffer_bytes(const struct mtia_buffer *buffer);
/* CPU pointer to the first byte, valid until the buffer is freed. Reading VRAM this way is slow. */
MTIA_API int mtia_buffer_map(struct mtia_buffer *buffer, void **out);
/* Copy a range. -ERANGE: it is not inside the buffer. */
MTIA_API int mtia_buffer_write(struct mtia_buffer *buffer, uint64_t offset, const void *src,
			       size_t bytes);
MTIA_API int mtia_buffer_read(struct mtia_buffer *buffer, uint64_t offset, void *dst, size_t bytes);

/* ---- PE programs ---------------------------------------------------------------------------- */

/* Check an image (mtia/pe.h) without a device. MTIA_EPROGRAM: the sentence names the defect. */
MTIA_API int mtia_program_check(const void *image, size_t bytes);
/* Check it and place it in the context, readable and executable for PE cores. */
MTIA_API int mtia_program_load(struct mtia_context *context, const void *image, size_t bytes,
			       struct mtia_program **out);
/*
 * A program that comes with the library ("fc_int8", "tbe"), loaded once a context as long as
 * somebody holds it. MTIA_KERNEL_DIR in the environment = take DIR/NAME.pe instead. -ENOENT: no
 * such program.
 */
MTIA_API int mtia_program_builtin(struct mtia_context *context, const char *name,
				  struct mtia_program **out);
MTIA_API void mtia_program_free(struct mtia_program *program);
MTIA_API const char *mtia_program_name(const struct mtia_program *program);
MTIA_API uint32_t mtia_program_args_size(const struct mtia_program *program);

/* ---- Command buffers ------------------------------------------------------------------------ */

/*
 * A builder of the packets in mtia/cmd.h. The first call that fails makes the builder keep that
 * error: later calls and mtia_submit() return it until mtia_cmd_reset().
 * Ranges are checked against their buffers (-ERANGE), the whole against the device's limit
 * (-E2BIG). A builder may be submitted any number of times, and changed or freed right after a
 * submit.
 */
MTIA_API int mtia_cmd_create(struct mtia_context *context, struct mtia_cmd **out);
MTIA_API void mtia_cmd_free(struct mtia_cmd *cmd);
MTIA_API void mtia_cmd_reset(struct mtia_cmd *cmd); /* empty, no error */

MTIA_API int mtia_cmd_nop(struct mtia_cmd *cmd);
/* rows x cols PEs; args_size must be what the program expects. */
MTIA_API int mtia_cmd_launch(struct mtia_cmd *cmd, struct mtia_program *program, uint32_t rows,
			     uint32_t cols, const void *args, size_t args_size);
/* bytes > 0; ranges of one buffer may not overlap. */
MTIA_API int mtia_cmd_copy(struct mtia_cmd *cmd, struct mtia_buffer *dst, uint64_t dst_offset,
			   struct mtia_buffer *src, uint64_t src_offset, uint64_t bytes);
/* bytes > 0; the pattern repeats little-endian from the first byte on. */
MTIA_API int mtia_cmd_fill(struct mtia_cmd *cmd, struct mtia_buffer *dst, uint64_t offset,
			   uint64_t bytes, uint64_t pattern);
/* Offsets below: multiples of 8. Store the value; wait until the stored u64 is >= value. */
MTIA_API int mtia_cmd_signal(struct mtia_cmd *cmd, struct mtia_buffer *dst, uint64_t offset,
			     uint64_t value);
MTIA_API int mtia_cmd_wait(struct mtia_cmd *cmd, struct mtia_buffer *src, uint64_t offset,
			   uint64_t value);
MTIA_API int mtia_cmd_timestamp(struct mtia_cmd *cmd, struct mtia_buffer *dst, uint64_t offset);
/* Keep a buffer alive that only launch arguments name, until jobs of this builder have ended. */
MTIA_API int mtia_cmd_use(struct mtia_cmd *cmd, struct mtia_buffer *buffer);
/*
 * Append a packet as it is, for tests and experiments: only its framing (size a multiple of 8, at
 * least the header's) is checked here; the firmware judges the rest.
 */
MTIA_API int mtia_cmd_packet(struct mtia_cmd *cmd, const struct mtia_pkt *packet);
/* The encoded buffer so far, header included; valid until the next call on this builder. */
MTIA_API int mtia_cmd_data(struct mtia_cmd *cmd, const void **data, size_t *bytes);

/* ---- Queues, jobs, events ------------------------------------------------------------------- */

enum mtia_queue_priority {
	MTIA_QUEUE_NORMAL = 0,
	MTIA_QUEUE_LOW = 1,
	MTIA_QUEUE_HIGH = 2,	 /* -EACCES without CAP_SYS_NICE */
	MTIA_QUEUE_REALTIME = 3, /* likewise */
};

struct mtia_queue_desc {
	uint32_t size, flags; /* flags 0 */
	uint32_t rows, cols;  /* largest sub-grid of its launches; 0 and 0 = whole grid */
	uint32_t priority;    /* enum mtia_queue_priority */
	/*
	 * Time limit of a job in device time; 0 = the device's default. Waiting for PEs and DMA
	 * channels that other queues have is not part of it.
	 */
	uint32_t timeout_ms;
	uint32_t max_jobs;    /* ring slots, power of two 2 .. props.max_jobs; 0 = 64 */
	uint32_t reserved;
};

/* desc may be NULL: all defaults. -ENOSPC: there are as many as there can be (max_queues). */
MTIA_API int mtia_queue_create(struct mtia_context *context, const struct mtia_queue_desc *desc,
			       struct mtia_queue **out);
/* Jobs that have not ended are ended by the device with MTIA_JOB_KILLED. */
MTIA_API void mtia_queue_free(struct mtia_queue *queue);
MTIA_API struct mtia_context *mtia_queue_context(struct mtia_queue *queue); /* borrowed */
/* Largest sub-grid its launches may use. */
MTIA_API void mtia_queue_grid(const struct mtia_queue *queue, uint32_t *rows, uint32_t *cols);

/* A job, by value: seq counts 1, 2, 3 ... in its queue. {0, 0} is no job and always done. */
typedef struct mtia_event {
	uint64_t queue_id; /* unique in the context */
	uint64_t seq;
} mtia_event;

/*
 * Queue what the builder holds. Jobs of a queue run in order; `deps` name jobs of other queues of
 * the same context that must have ended before (how they ended does not matter). May wait for the
 * oldest job when the queue is full. event may be NULL.
 * MTIA_EBANNED: the queue was stopped by a fault; the sentence says which.
 */
MTIA_API int mtia_submit(struct mtia_queue *queue, struct mtia_cmd *cmd, const mtia_event *deps,
			 size_t dep_count, mtia_event *event);

struct mtia_job_result {
	uint32_t ended;	    /* 0 = still queued or running; nothing below is valid then */
	uint32_t status;    /* enum mtia_job_status; MTIA_JOB_UNRECORDED */
	uint64_t t_start, t_end; /* device cycles; 0 when the job did not end with MTIA_JOB_OK */
	/* Where and why, when status is not MTIA_JOB_OK; a part that does not apply is 0. */
	uint32_t packet;    /* index in the command buffer as built */
	int32_t pe_row, pe_col; /* on the chip; -1 = no PE */
	uint32_t core;	    /* 0 = A, 1 = B, 2 = a command of the CP */
	uint32_t reason;    /* enum mtia_fault_reason of an MMU fault (mtia/regs.h) */
	uint32_t access;    /* MTIA_ACCESS_*, with reason */
	uint32_t mcause;    /* of the core or command, see mtia/pe.h */
	uint32_t reserved;
	uint64_t address;   /* VA, or the trap value; the exit code for MTIA_JOB_PE_EXIT */
	uint64_t pc;
	uint64_t cycle;	    /* device cycle at which the PE stopped; 0 when it was no PE's fault */
};
/* The job failed, and a later failure took the queue's only fault record before it was read. */
#define MTIA_JOB_UNRECORDED 255u

#define MTIA_WAIT_ANY (1u << 0) /* return when one has ended; without it, when all have */
#define MTIA_FOREVER  INT64_MAX

/*
 * Wait for jobs until the absolute CLOCK_MONOTONIC time deadline_ns (in the past = only look).
 * results (may be NULL) gets `count` entries, also on failure. Returns 0 when they ended with
 * MTIA_JOB_OK; MTIA_EJOB when one that ended did not, and then mtia_error_last() describes the
 * first such; -ETIME when the deadline passed first; -ENOENT unknown queue or job; -ENODATA ended
 * more than MTIA_HISTORY jobs of its queue ago.
 */
MTIA_API int mtia_event_wait(struct mtia_context *context, const mtia_event *events, size_t count,
			     uint32_t flags, int64_t deadline_ns, struct mtia_job_result *results);
#define MTIA_HISTORY 1024
MTIA_API int64_t mtia_now_ns(void); /* CLOCK_MONOTONIC */
MTIA_API const char *mtia_job_status_name(uint32_t status); /* "MMU_FAULT"; "UNKNOWN" */
/* One sentence for people; always NUL-terminated. Returns buf. */
MTIA_API const char *mtia_job_result_text(const struct mtia_job_result *result, char *buf,
					  size_t size);

struct mtia_queue_status {
	uint32_t size;	      /* in: sizeof(struct mtia_queue_status) */
	uint32_t banned;      /* 1 = takes no more work */
	uint64_t submitted, ended; /* newest job of each */
	uint64_t reset_epoch; /* device resets that lost work since the driver started; 0 in sim */
};
MTIA_API int mtia_queue_status(struct mtia_queue *queue, struct mtia_queue_status *out);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_MTIA_H */

/* SPDX-License-Identifier: MIT */
#ifndef MTIA_SIMHOST_INTERNAL_H
#define MTIA_SIMHOST_INTERNAL_H

#include "fwimage.h"
#include "simhost.h"

/* Where the arena of "system" memory lies on the bus: not 0, so that a lost base shows. */
#define HOST_BUS_BASE 0x100000000ull

#define CQ_ID	   0
#define CQ_VECTOR  2
#define CQ_ENTRIES 4096
#define LOG_SIZE   65536

/* The longest the model runs without a look at the rings: bounds what a lost interrupt costs. */
#define STEP_SLICE 8000000ull /* 10 ms */

/* A range of one memory, in a list sorted by start. */
struct range {
	uint64_t start, size;
	struct range *next;
};

struct arena {
	uint8_t *cpu;	/* byte 0 of the memory */
	uint64_t base;	/* offset (or bus address) of byte 0 */
	uint64_t bytes; /* of the mapping */
	uint64_t free_bytes;
	struct range *free;
};

struct mapping {
	uint64_t va, size;
	struct simhost_buffer *buffer;
	uint64_t offset;
	struct mapping *next;
};

struct table_page {
	uint64_t offset;
	struct table_page *next;
};

struct simhost_vm {
	struct simhost *sh;
	unsigned int asid;
	unsigned int queues;
	uint64_t root;
	struct table_page *tables; /* all of it, the root too */
	struct mapping *mappings;
	struct simhost_vm *next;
};

struct simhost_queue {
	struct simhost *sh;
	struct simhost_vm *vm; /* NULL: the driver's own */
	unsigned int slot, entries, rows, cols, priority;
	uint64_t ring; /* LPDDR offset */
	bool dead;
	uint64_t submitted, completed; /* seqno */
	struct simhost_completion history[SIMHOST_HISTORY];
	bool has_fault;
	struct simhost_fault fault;
	struct simhost_queue *next;
};

struct simhost {
	struct simhost_memory memory;
	struct simhost_model_ops ops;
	struct mtia_model *model;
	enum simhost_state state;
	char error[256];

	struct arena arenas[3]; /* by enum simhost_mem */
	uint64_t call_cycles;
	unsigned int log_level;
	void (*log)(void *opaque, enum mtia_model_log_level level, enum mtia_model_err err,
		    const char *text);
	void *opaque;
	uint8_t *firmware;
	size_t firmware_size;
	struct mtia_fw_header header;
	unsigned int rows, cols;

	struct simhost_buffer d2h, log_ring, cq;
	uint32_t h2d_tail, d2h_head, cq_head;
	uint32_t seq;
	bool reply_valid;
	struct mtia_d2h_msg reply;
	uint64_t log_read;
	uint64_t events;   /* completions and messages seen, to notice news */
	uint64_t bad_input; /* entries of the device that made no sense */
	/*
	 * The model does not move its clock while it sleeps and its next event is beyond a step's
	 * budget. What was asked for meanwhile is kept here until the event is due.
	 */
	bool asleep;
	uint64_t wake_in; /* cycles, UINT64_MAX: never by itself */
	uint64_t slept;

	struct simhost_vm *vms;
	uint64_t asids; /* in use */
	struct simhost_queue *queues[MTIA_MAX_QUEUES];
};

/* Records the sentence, returns err. */
int simhost_fail(struct simhost *sh, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* mem.c */
int arena_init(struct arena *arena, uint64_t bytes, uint64_t base, uint64_t reserved);
void arena_destroy(struct arena *arena);
/* -ENOSPC or 0; `size` and `align` multiples of 4 KiB. */
int arena_alloc(struct arena *arena, uint64_t size, uint64_t align, uint64_t *offset);
int arena_free(struct arena *arena, uint64_t offset, uint64_t size);
void *arena_cpu(const struct arena *arena, uint64_t offset);

/* mailbox.c: rings of the device in host memory */
void rings_poll(struct simhost *sh);

/* queue.c */
int queue_open(struct simhost *sh, struct simhost_vm *vm, unsigned int slot,
	       const struct simhost_queue_config *config, struct simhost_queue **out);
void queue_complete(struct simhost *sh, const struct mtia_cqe *cqe);
void queue_abandon(struct simhost_queue *queue);
void queue_free(struct simhost_queue *queue);

/* vm.c */
int vm_attach(struct simhost_vm *vm); /* CTX_CREATE */
void vm_free(struct simhost_vm *vm);

/* fault.c */
void fault_decode(const struct mtia_d2h_msg *msg, struct simhost_fault *out);

#endif /* MTIA_SIMHOST_INTERNAL_H */

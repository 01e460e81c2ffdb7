/* SPDX-License-Identifier: MIT */
/*
 * State and internal interfaces of the control firmware's portable core.
 *
 * One event loop, no blocking: fw_poll() takes what happened (doorbells, messages, DMA and PE
 * completions, faults, time), advances every queue that can go on, and returns. A queue is a small
 * state machine; whatever it waits for (channel, sub-grid, PEs, CQ room, memory value) is an event
 * or a timer, so one queue never holds up another, and each wait ends by completion or by kill.
 */
#ifndef MTIA_FW_H
#define MTIA_FW_H

#include "cmdbuf.h"
#include "port.h"
#include "subgrid.h"

/* Errno values of mailbox replies (Linux numbering, part of the ABI). */
#define FW_ENOENT 2
#define FW_EBUSY  16
#define FW_EEXIST 17
#define FW_EINVAL 22

/* Channel 0 writes to the host only; 1-2 move what a job needs to go on, 3-7 move bulk data. */
#define FW_CH_OUTBOX   0
#define FW_CH_SMALL    1
#define FW_CH_BULK     3
/* A bulk transfer gives its channel back after this much: more copies than channels take turns. */
#define FW_BULK_CHUNK  (4ull << 20)

#define FW_OUTBOX_SIZE 128 /* host writes waiting; power of two */
#define FW_LOG_SIZE    MTIA_FW_LOG_AHEAD /* text waiting for the host; power of two */
/* D2H entries that only replies may use, so that faulting clients cannot silence the mailbox. */
#define FW_D2H_RESERVED 16

struct fw_line {
	uint8_t slot[MTIA_MAX_QUEUES];
	unsigned int count;
};

enum fw_job_state {
	FW_JOB_NONE = 0,   /* next descriptor may be fetched */
	FW_JOB_PACKET,	   /* next packet may start */
	FW_JOB_DMA,	   /* has or waits for a channel; dma_purpose says what follows */
	FW_JOB_GRID,	   /* waits for a free sub-grid */
	FW_JOB_RUN,	   /* PEs are running */
	FW_JOB_SLEEP,	   /* WAIT packet, until wake_at or a SIGNAL */
	FW_JOB_DRAIN,	   /* killed; an aborted channel has yet to stop */
	FW_JOB_AHEAD_DMA,  /* as RUN, with a work queue (v1+): a program's header comes */
	FW_JOB_AHEAD_HELD, /* the same: nothing can be put behind what runs */
	FW_JOB_COMPLETE,   /* result known, CQE not yet written */
};

enum fw_dma_purpose {
	FW_DMA_COMMANDS, /* command buffer into the copy */
	FW_DMA_PROGRAM,	 /* PE program header */
	FW_DMA_BULK,	 /* copy, fill */
	FW_DMA_WORD,	 /* signal, timestamp */
	FW_DMA_WAIT,	 /* value of a WAIT packet */
	FW_DMA_AHEAD,	 /* PE program header of a launch that may be put behind the running one */
};

struct fw_queue {
	bool used;
	uint8_t asid, cq, priority, rows, cols;
	uint32_t entries;
	uint64_t ring; /* LPDDR offset */
	uint32_t head, tail;
	uint64_t seqno;	       /* of the job in `desc`, or of the last one finished */
	uint64_t kill_until;   /* jobs up to this seqno end with kill_status unstarted */
	uint8_t kill_status;
	uint32_t kill_seq;     /* of the reply owed when DRAIN ends */

	enum fw_job_state state;
	struct mtia_desc desc;
	uint8_t job_cq; /* where its completion goes */
	uint64_t t_start, t_end;
	uint8_t status;
	uint32_t detail;

	struct cmdbuf cmds;
	struct cmdbuf_packet packet;

	enum fw_dma_purpose dma_purpose;
	struct fw_dma dma;     /* what is left of it */
	uint64_t dma_size;     /* bytes of the chunk under way */
	int channel;	       /* -1: none */
	uint64_t word;	       /* 8 bytes to or from memory */
	struct mtia_pe_image program;

	bool waits; /* in a line, from wait_since on */
	uint64_t wait_since;
	uint64_t waited; /* cycles that the job was in lines before */

	uint64_t wake_at, backoff;
	struct subgrid_rect rect;
	uint64_t pes;
};

/* Launches of a queue's job that its sub-grid's work queue holds. */
struct fw_ahead {
	uint32_t packet[MTIA_WQ_MAX_DEPTH]; /* index, oldest first; the first one runs */
	unsigned int count;
	unsigned int room;   /* for more of them */
	unsigned int slot;   /* of request[], used in turn */
	bool pushed;	     /* any behind the first */
	bool over;	     /* the next packet cannot be put there */
	struct cmdbuf before; /* that packet */
	struct mtia_wq_request request[MTIA_WQ_MAX_DEPTH] __attribute__((aligned(64)));
};

struct fw_cq {
	bool used;
	uint64_t addr;
	uint32_t entries, tail;
	uint32_t vector;
	uint32_t users;
};

struct fw_host_write {
	uint64_t addr;
	uint32_t size;
	int32_t vector; /* -1: none */
	uint64_t data[8];
};

struct fw {
	struct mtia_fw_boot boot;
	uint64_t lpddr_size;
	uint32_t clock_hz;
	unsigned int grid_rows, grid_cols;

	struct fw_queue queues[MTIA_MAX_QUEUES];
	struct fw_cq cqs[MTIA_MAX_CQS];
	uint64_t contexts;	  /* bit asid */
	uint32_t context_users[MTIA_MAX_ASIDS];
	uint64_t ready;		  /* queues that can go on now */
	uint64_t by_priority[4];  /* queues of each priority */
	uint64_t cqe_blocked;	  /* queues in COMPLETE without room */
	uint64_t sleeping;	  /* queues in SLEEP */
	unsigned int next_slot;	  /* round robin */

	struct subgrid grid;
	struct fw_line grid_waiters;
	uint64_t pe_faults; /* PEs whose record below is their launch's */
	struct fw_mmu_fault pe_mmu_fault[MTIA_MAX_PES];

	struct fw_line small_waiters, bulk_waiters;
	uint8_t channel_owner[MTIA_DMA_CHANNELS];
	struct fw_mmu_fault dma_mmu_fault[MTIA_DMA_CHANNELS];

	uint32_t h2d_head;
	uint32_t d2h_tail;
	uint32_t faults_dropped;
	bool mailbox_blocked; /* requests wait for room to answer */

	struct fw_host_write outbox[FW_OUTBOX_SIZE];
	uint32_t outbox_head, outbox_tail;
	enum { FW_OUT_IDLE, FW_OUT_MESSAGE, FW_OUT_LOG_TEXT, FW_OUT_LOG_COUNT } out_busy;

	char log_text[FW_LOG_SIZE];
	uint64_t log_written, log_sent; /* bytes since boot */
	uint64_t log_count;			   /* DMA source of `written` */
	uint32_t log_chunk, log_lost;
	unsigned int log_level;
	bool log_announced; /* the host wants to know of new text */

	uint64_t timer_at; /* what the timer is set to */
	uint64_t heartbeat_at, heartbeat_period;
	uint64_t poll_at; /* when blocked CQEs look at the host's head again; 0 = none blocked */

	struct fw_ahead ahead[MTIA_MAX_QUEUES];
};

#define FW_NO_OWNER 0xff
#define FW_BIT(n)   (1ull << (n))

/* main.c: boot checks and the event loop's body */
enum mtia_fw_fail fw_init(struct fw *fw, const struct mtia_fw_boot *boot);
void fw_poll(struct fw *fw);
static inline bool fw_looks_ahead(const struct fw_queue *q)
{
	return q->state == FW_JOB_AHEAD_DMA || q->state == FW_JOB_AHEAD_HELD;
}
static inline unsigned int fw_slot(const struct fw *fw, const struct fw_queue *q)
{
	return (unsigned int)(q - fw->queues);
}
/* Range inside LPDDR and clear of the firmware's region. */
bool fw_lpddr_range_ok(const struct fw *fw, uint64_t offset, uint64_t size);

/*
 * Index of the lowest bit of a mask that is not 0, by a de Bruijn sequence: the control core has no
 * instruction for it.
 */
extern const uint8_t fw_bit_index[64];
static inline unsigned int lowest_bit(uint64_t mask)
{
	return fw_bit_index[(mask & -mask) * 0x03f79d71b4cb0a89ull >> 58];
}

/* line.c: queues that wait for the same thing, higher priority first, then as they came */
void line_join(struct fw *fw, struct fw_line *line, unsigned int slot);
unsigned int line_next(struct fw *fw, struct fw_line *line);
void line_leave(struct fw *fw, struct fw_line *line, unsigned int slot);
/* Would it be the first one if it joined? */
bool line_lets_pass(const struct fw *fw, const struct fw_line *line, unsigned int slot);
void line_report(struct fw *fw, const struct fw_queue *q); /* its waiting, to the host */

/* log.c */
enum { FW_LOG_ERROR, FW_LOG_WARN, FW_LOG_INFO, FW_LOG_DEBUG };
void fw_log(struct fw *fw, unsigned int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* outbox.c: ordered writes to host memory */
unsigned int outbox_room(const struct fw *fw);
void outbox_push(struct fw *fw, uint64_t addr, const void *data, uint32_t size, int vector);
void outbox_kick(struct fw *fw);
void outbox_done(struct fw *fw); /* the channel finished */
/* A panic's last act: write out all that is waiting, without the event loop, until `deadline`. */
void outbox_drain(struct fw *fw, uint64_t deadline);

/* mailbox.c */
void mailbox_poll(struct fw *fw);
void mailbox_reply(struct fw *fw, uint32_t request, uint32_t seq, int32_t status, uint64_t arg0);
void mailbox_fault(struct fw *fw, const uint64_t arg[6], uint64_t cycle);
void mailbox_memory_errors(struct fw *fw); /* records of the hardware, to the host */
void mailbox_panic(struct fw *fw, uint64_t cause, uint64_t pc, uint64_t tval);

/* context.c */
int context_create(struct fw *fw, uint64_t asid, uint64_t root);
int context_destroy(struct fw *fw, uint64_t asid);
int context_tlb_invalidate(struct fw *fw, uint64_t asid, uint64_t va, uint64_t size);

/* cq.c */
int cq_create(struct fw *fw, const uint64_t arg[7]);
int cq_destroy(struct fw *fw, uint64_t id);
bool cq_post(struct fw *fw, struct fw_queue *q); /* false: no room now */

/* queue.c */
int queue_create(struct fw *fw, const uint64_t arg[7]);
int queue_destroy(struct fw *fw, uint64_t slot);
void queue_take_doorbells(struct fw *fw);
bool queue_fetch(struct fw_queue *q); /* a descriptor is in q->desc */

/* dma.c: channels for jobs */
void dma_request(struct fw *fw, struct fw_queue *q, enum fw_dma_purpose purpose);
void dma_poll(struct fw *fw);
bool dma_cancel(struct fw *fw, struct fw_queue *q); /* false: the channel is still stopping */
void dma_take_faults(struct fw *fw); /* MMU records to where job.c finds them */

/* job.c */
void job_step(struct fw *fw, struct fw_queue *q);
void job_dma_done(struct fw *fw, struct fw_queue *q, uint32_t status, uint64_t fault_addr,
		  const struct fw_mmu_fault *record);
void job_finish(struct fw *fw, struct fw_queue *q, enum mtia_job_status status, uint32_t detail);
void job_wake_sleepers(struct fw *fw); /* memory changed: look again now */
void job_sleep_timers(struct fw *fw, uint64_t now);
#define FW_WHERE_NO_PE 0xffull
void job_report_fault(struct fw *fw, struct fw_queue *q, uint64_t addr, uint64_t where,
		      uint64_t cause, uint64_t pc, uint64_t cycle);

/* launch.c */
void launch_place(struct fw *fw, struct fw_queue *q); /* header is in q->program */
void launch_poll(struct fw *fw);		      /* events of sub-grids */
/* Where a launch is that does not end: its first PE that still runs; false if there is none. */
struct fw_spot {
	uint64_t where, pc, cycle; /* as job_report_fault() takes them */
};
bool launch_spot(struct fw *fw, const struct fw_queue *q, struct fw_spot *spot);
void launch_stop(struct fw *fw, struct fw_queue *q);  /* reset, release */
void launch_retry_waiters(struct fw *fw);
void launch_failed(struct fw *fw, struct fw_queue *q); /* a PE says so: the job's end */

/* ahead.c: launches behind the running one, where the hardware has work queues */
void ahead_started(struct fw *fw, struct fw_queue *q, unsigned int room);
void ahead_header(struct fw *fw, struct fw_queue *q, bool good); /* has come, or cannot */
void ahead_poll(struct fw *fw, struct fw_queue *q); /* an event, if q looks ahead */
bool ahead_kill(struct fw *fw, struct fw_queue *q); /* as dma_cancel() */

/*
 * pestate.c: the PEs of q's launch to where the host finds them, with the registers of PE `shown`, or
 * of the lowest that runs.
 */
#define FW_ANY_PE MTIA_MAX_PES
void pestate_record(struct fw *fw, struct fw_queue *q, unsigned int shown);

/* kill.c */
#define KILL_REPLY_LATER 1 /* kill_drained() answers */
int kill_queue(struct fw *fw, uint64_t slot, uint64_t status, uint32_t seq);
void kill_drained(struct fw *fw, struct fw_queue *q);

#endif /* MTIA_FW_H */

/* SPDX-License-Identifier: MIT */
/*
 * Driver <-> control firmware: firmware image, boot parameters, mailbox, queue descriptors,
 * completion entries. Invented; no interface of MTIA v1 is public.
 *
 * Placement follows one rule, "posted writes only": what the host tells the device is written into
 * LPDDR through BAR2 and announced by a BAR0 write; what the device tells the host is written into
 * host memory and announced by an MSI-X vector. Nobody reads across the link to make progress.
 *
 *  - H2D message ring, queue rings: in LPDDR, written by the host, free-running 32-bit tails.
 *  - D2H message ring, completion rings, log ring: in host memory, written by the device. An entry
 *    is new when its phase differs from what the consumer saw in that slot one lap ago: phase is 1
 *    on the first lap, 0 on the second, and so on (a zeroed ring is empty).
 *
 * Every index, length and address is checked by the side that did not write it.
 */
#ifndef MTIA_FW_ABI_H
#define MTIA_FW_ABI_H

#include "types.h"

/* A major mismatch is refused; a minor counts additions. */
#define MTIA_FW_ABI_MAJOR	1
#define MTIA_FW_ABI_MINOR	5

/* ---- Firmware image ("mtia/v1/mtia_ctrl.bin") --------------------------------------------------- */

#define MTIA_FW_MAGIC		0x003157464149544dull /* "MTIAFW1\0", first byte lowest */
#define MTIA_FW_MAX_SIZE	(4u << 20)
#define MTIA_FW_MAX_SECTIONS	8

struct mtia_fw_section {
	__u32 file_offset; /* from the start of the image; multiple of 8 */
	__u32 file_size;   /* bytes in the image, 0 for pure zero fill */
	__u32 load_offset; /* into the firmware region of LPDDR; multiple of 8 */
	__u32 mem_size;	   /* >= file_size; the rest is zeroed */
};
MTIA_ASSERT_SIZE(struct mtia_fw_section, 16);

struct mtia_fw_header {
	__u64 magic;
	__u32 header_size; /* sizeof(struct mtia_fw_header) */
	__u32 image_size;  /* header and all sections; the file may not be shorter */
	__u16 abi_major;
	__u16 abi_minor;
	__u32 section_count; /* 1 .. MTIA_FW_MAX_SECTIONS */
	__u32 entry_offset;  /* into the firmware region; inside a section */
	__u32 payload_crc;   /* CRC-32C of bytes header_size .. image_size */
	__u8 build_id[20];
	char version[32];    /* text, NUL-terminated, for people */
	__u32 header_crc;    /* CRC-32C of the header with this field as 0 */
	__u64 features;	     /* MTIA_FW_FEAT_* */
	struct mtia_fw_section sections[MTIA_FW_MAX_SECTIONS];
};
MTIA_ASSERT_OFFSET(struct mtia_fw_header, build_id, 32);
MTIA_ASSERT_OFFSET(struct mtia_fw_header, features, 88);
MTIA_ASSERT_SIZE(struct mtia_fw_header, 224);

/* ---- The firmware region: the first bytes of LPDDR, never given to a client -------------------- */

#define MTIA_FW_REGION_SIZE	(16u << 20)
#define MTIA_FW_IMAGE_LIMIT	(8u << 20)  /* image, bss, stacks stay below */
#define MTIA_FW_BOOT_OFFSET	(8u << 20)  /* struct mtia_fw_boot, written by the driver before start */
#define MTIA_FW_H2D_OFFSET	((8u << 20) + 0x1000) /* MTIA_H2D_SLOTS x struct mtia_h2d_msg */
#define MTIA_FW_CRASH_OFFSET	((8u << 20) + 0x2000) /* struct mtia_fw_crash */
#define MTIA_FW_WAIT_OFFSET	((8u << 20) + 0x3000) /* MTIA_MAX_QUEUES x struct mtia_fw_wait */
#define MTIA_FW_PES_OFFSET	(9u << 20) /* MTIA_MAX_QUEUES x MTIA_FW_PES_STRIDE: struct mtia_fw_pes */
#define MTIA_FW_PES_STRIDE	0x4000u
#define MTIA_FW_SCRATCH_OFFSET	(12u << 20) /* 4 MiB, the firmware's own */

#define MTIA_H2D_SLOTS		64
#define MTIA_D2H_SLOTS		64

/*
 * Start: with the core stopped the host writes the sections and struct mtia_fw_boot, zeroes the D2H
 * ring, the log header, the magic of the crash record and `job` of the PEs' records, sets
 * MBOX_H2D_TAIL and MBOX_D2H_HEAD to 0, BOOT_PC to MTIA_PA_LPDDR + entry_offset, then CORE_RUN.
 * BOOT_ARG is not used by this version. Counts left over from an earlier boot are refused
 * (MTIA_FW_FAIL_RING).
 */

/* MTIA_REG_FW_STATUS: state in the low byte, on MTIA_FW_FAILED the reason << 8. */
enum mtia_fw_state {
	MTIA_FW_OFF = 0, /* written nothing yet */
	MTIA_FW_STARTING = 1,
	MTIA_FW_READY = 2,
	MTIA_FW_FAILED = 3, /* boot refused */
	MTIA_FW_PANIC = 4,
};
enum mtia_fw_fail {
	MTIA_FW_FAIL_NONE = 0,
	MTIA_FW_FAIL_BOOT_MAGIC = 1,
	MTIA_FW_FAIL_ABI = 2,  /* driver's ABI major is not the firmware's */
	MTIA_FW_FAIL_RING = 3, /* a ring's size or address is not usable */
	MTIA_FW_FAIL_HW = 4,   /* register interface or grid not supported */
};

/*
 * MBOX_H2D_TAIL, MBOX_D2H_HEAD and CQ_HEAD keep their values over a reset of the control core: the
 * driver writes 0 to them before the start, or the firmware fails with FAIL_RING.
 */
#define MTIA_FW_BOOT_MAGIC	0x544f4f42u /* "BOOT" */
struct mtia_fw_boot {
	__u32 magic;
	__u16 abi_major, abi_minor; /* the driver's */
	__u64 d2h_addr;		    /* bus address, 64-byte aligned, MTIA_D2H_SLOTS entries */
	__u64 log_addr;		    /* bus address of struct mtia_fw_log, or 0 */
	__u32 log_size;		    /* bytes of text ring, power of two, 4 KiB .. 1 MiB */
	__u32 mbox_vector;	    /* logical vector for the D2H ring */
	__u64 features;		    /* what the driver can use of MTIA_FW_FEAT_* */
	__u32 heartbeat_ms;	    /* requested period of HEARTBEAT in device time; 0 = 100 */
	__u32 reserved[5];
};
MTIA_ASSERT_SIZE(struct mtia_fw_boot, 64);

#define MTIA_FW_FEAT_REDUCTION	(1ull << 0) /* launches may use k-split programs */

/*
 * Log ring in host memory: text lines, each ends in '\n'; written = bytes since boot. Up to
 * MTIA_FW_LOG_AHEAD bytes more may be there before they are counted, in place of the oldest ones.
 */
#define MTIA_FW_LOG_AHEAD	0x4000u
struct mtia_fw_log {
	__u64 written;
	__u64 reserved[7];
	/* log_size bytes of text follow */
};
MTIA_ASSERT_SIZE(struct mtia_fw_log, 64);

/*
 * Crash record (since ABI 1.2): the control core when the firmware met a defect of its own. It lies
 * in LPDDR, so it is there when nothing else works; magic is written last.
 */
#define MTIA_FW_CRASH_MAGIC	0x48535243u /* "CRSH" */
struct mtia_fw_crash {
	__u32 magic;
	__u32 reserved;
	__u64 cycle;
	__u64 cause, pc, tval; /* mcause, mepc, mtval */
	__u64 x[32];	       /* x0 and x5 read 0: the trap vector needs them */
};
MTIA_ASSERT_SIZE(struct mtia_fw_crash, 296);

/*
 * PEs of the launch that last failed by a fault in a queue, or was killed with it for its time limit,
 * as they were when that was noticed, before their reset (since ABI 1.2). One record a queue slot.
 * The firmware writes it before the fault message or the reply to the KILL; cores that were not
 * to blame ran on while it was written. `job` is 0 while it is being written and before the first.
 */
struct mtia_fw_core {
	__u64 pc, ra, sp;
	__u64 instrs; /* retired since the start */
	__u32 status; /* MTIA_DBG_HALTED, _BLOCKED, _OFF */
	__u32 reserved;
};
struct mtia_fw_pe {
	__u32 status;	  /* MTIA_PE_* */
	__u32 exit_code;
	__u32 fault_core; /* as MTIA_PC_FAULT_CORE; these five of the last fault, if any */
	__u32 reserved;
	__u64 fault_cause, fault_pc, fault_tval, fault_cycle;
	__u64 busy_cycles;
	struct mtia_fw_core core[2];
};
MTIA_ASSERT_SIZE(struct mtia_fw_pe, 136);
struct mtia_fw_pes {
	__u64 job;   /* sequence number in its queue; 0: none yet since the queue was created */
	__u64 cycle; /* when the record was begun */
	__u64 pes;   /* bit PE: the launch's; entries of other PEs in pe[] are not written */
	__u32 rect;  /* as MTIA_SG_RECT */
	__u32 shown; /* PE whose registers are in x: the first that failed, or the lowest running */
	__u64 x[2][32]; /* both cores, x0 .. x31 */
	struct mtia_fw_pe pe[64];
	/* Launches behind it in the sub-grid's work queue (since ABI 1.3); 0 if there is none. */
	__u32 behind;
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct mtia_fw_pes, 9256);

/*
 * How long a queue's job has waited for PEs and DMA channels that other queues had (since ABI 1.4),
 * one record a queue slot: a time limit that the host sets is not for that. What a job waits for by
 * itself, as by a WAIT packet, is no such time. Written when a wait begins and when it ends, so
 * `job` can be an earlier one: the job that runs has not waited then. It is 0 when the queue is
 * created, and while the first wait of another job is written down. A host that finds `job` and
 * `since` the same before and after has read one state; who took over what was waited for has done
 * so before the completion that gave it up is sent.
 */
struct mtia_fw_wait {
	__u64 job;    /* sequence number in its queue */
	__u64 waited; /* cycles, of its waits that have ended */
	__u64 since;  /* cycle in which a wait began that has not ended; 0: none */
	__u64 reserved;
};
MTIA_ASSERT_SIZE(struct mtia_fw_wait, 32);

/* ---- Mailbox ------------------------------------------------------------------------------------- */

enum mtia_h2d_type {
	MTIA_H2D_PING = 1,	    /* reply arg[0] = firmware's clock in cycles */
	/*
	 * arg: ring id, bus address (32-byte aligned), entries (power of two 16..32768), vector. The
	 * host has zeroed the ring and written 0 to its CQ_HEAD before (-EINVAL otherwise).
	 */
	MTIA_H2D_CQ_CREATE = 2,
	MTIA_H2D_CQ_DESTROY = 3,    /* arg: ring id; -EBUSY while queues use it */
	MTIA_H2D_CTX_CREATE = 4,    /* arg: asid 1.., root table as LPDDR offset */
	MTIA_H2D_CTX_DESTROY = 5,   /* arg: asid; -EBUSY while queues use it */
	/*
	 * arg: slot, asid, ring LPDDR offset (64-byte aligned), entries (power of two 2..1024), cq id,
	 * priority (0..3, higher first) | rows << 8 | cols << 16. Slot 0 goes with ASID 0, every other
	 * slot with another; rows and cols are 1 .. the grid's (not looked at for slot 0). The ring
	 * starts with head, tail and seqno at 0, whatever the doorbell held before. Who waits for PEs
	 * or a DMA channel does so by priority, equals in order of arrival, and is passed by none after
	 * two seconds (since ABI 1.4); the first in the line for PEs blocks the rest. Nothing is taken
	 * from a launch that runs.
	 */
	MTIA_H2D_QUEUE_CREATE = 6,
	MTIA_H2D_QUEUE_DESTROY = 7, /* arg: slot; drops what has not started, waits for nothing: -EBUSY while a job runs (KILL first) */
	/*
	 * arg: slot, MTIA_JOB_* status (not OK). Replies when nothing of the queue runs any more. Every
	 * job announced before the request ends with that status; the reply comes behind their
	 * completions as far as the ring had room (the rest follow when it has). The queue stays
	 * usable. -EBUSY while an earlier KILL of it is not answered.
	 */
	MTIA_H2D_QUEUE_KILL = 8,
	MTIA_H2D_TLB_INV = 9,	    /* arg: asid, va, size (0 = whole ASID) */
	/*
	 * arg: 0 error .. 3 debug, 1 (since ABI 1.3): raise mbox_vector whenever text has arrived in the
	 * log ring, else 0. After the start it is 2, 0.
	 */
	MTIA_H2D_LOG_LEVEL = 10,
};

struct mtia_h2d_msg {
	__u32 type;
	__u32 seq; /* chosen by the host, echoed in the reply */
	__u64 arg[7];
};
MTIA_ASSERT_SIZE(struct mtia_h2d_msg, 64);

enum mtia_d2h_type {
	MTIA_D2H_REPLY = 1,	/* seq and type of the request, status 0 or a negative errno value */
	/*
	 * A job failed by a fault (MMU_FAULT, PE_*, DMA_ERROR, DEADLOCK): arg as below, sent before its
	 * completion. Only that job ends; the queue goes on, and banning its owner is the host's
	 * decision. A record for which the ring has no room is dropped, the completion never is. seq and
	 * status are the halves of the cycle of a PE's fault, MTIA_FAULT_CYCLE(); 0 if it was no PE's.
	 */
	MTIA_D2H_FAULT = 2,
	MTIA_D2H_PANIC = 3,	/* firmware stopped: arg[0] = mcause, [1] = mepc, [2] = mtval */
	/*
	 * A memory error (since ABI 1.1): arg[0] = MTIA_CC_ECC_STATUS | MTIA_CC_ECC_WHERE << 32, [1] =
	 * device physical address, [2] = corrected, [3] = uncorrected errors so far. Dropped if there is
	 * no room; the counts tell.
	 */
	MTIA_D2H_MEMORY = 4,
};

struct mtia_d2h_msg {
	__u16 type;
	__u16 request; /* MTIA_H2D_* for a reply */
	__u32 seq;
	__s32 status;
	__u32 phase; /* bit 0; written last */
	__u64 arg[6];
};
MTIA_ASSERT_SIZE(struct mtia_d2h_msg, 64);

/* arg[] of MTIA_D2H_FAULT */
#define MTIA_FAULT_ARG_QUEUE	0 /* slot | asid << 16 | MTIA_JOB_* << 32 */
#define MTIA_FAULT_ARG_SEQNO	1 /* of the job */
#define MTIA_FAULT_ARG_ADDR	2 /* VA or tval */
#define MTIA_FAULT_ARG_WHERE	3 /* PE row | col << 8 (of the chip) | core << 16 | packet index << 32; PE row 0xff = no PE */
/*
 * enum mtia_fault_reason | access << 8 | mcause << 16. All 0: PE_EXIT, with the exit code in ADDR, or
 * TIMEOUT, where WHERE, PC and the cycle tell of the first PE that had not left.
 */
#define MTIA_FAULT_ARG_CAUSE	4
#define MTIA_FAULT_ARG_PC	5
#define MTIA_FAULT_CYCLE(msg)	((__u64)(__u32)(msg)->status << 32 | (msg)->seq)

/* ---- Queue rings and completions ------------------------------------------------------------------ */

enum mtia_desc_type {
	MTIA_DESC_NOP = 1,
	MTIA_DESC_EXEC = 2, /* run the command buffer at arg[0], arg[1] bytes, in the queue's ASID */
	MTIA_DESC_COPY = 3, /* slot 0 only: arg = src, dst, bytes, src space | dst space << 8 */
	MTIA_DESC_FILL = 4, /* slot 0 only: arg = pattern, dst, bytes, dst space << 8 */
};

struct mtia_desc {
	__u32 type;
	__u32 flags; /* 0: the completion goes to the queue's ring; or MTIA_DESC_CQ(another) */
	__u64 seqno; /* of this queue: 1, 2, 3 ... no gaps */
	__u64 arg[6];
};
MTIA_ASSERT_SIZE(struct mtia_desc, 64);
/* The completion ring of this descriptor alone (since ABI 1.5); if it is gone by then, the queue's. */
#define MTIA_DESC_CQ(id)	((id) + 1u)
/*
 * COPY and FILL: spaces MTIA_SPACE_PHYS (LPDDR behind the firmware region, or SRAM) and
 * MTIA_SPACE_HOST; 1 .. 2^40 bytes. A descriptor with a wrong type, flag, seqno, slot or range ends
 * with MTIA_JOB_BAD_PACKET, detail MTIA_NO_PACKET; its completion carries the seqno the firmware
 * expected.
 */

/* Instead of a packet index: the descriptor or the command buffer as a whole. */
#define MTIA_NO_PACKET		0xffffffffu

/* How a job ended. Also what a client sees, so values never change meaning. */
enum mtia_job_status {
	MTIA_JOB_OK = 0,
	MTIA_JOB_BAD_BUFFER = 1,   /* command buffer: address, size, magic or version */
	MTIA_JOB_BAD_PACKET = 2,   /* unknown opcode, wrong size, reserved bits */
	MTIA_JOB_BAD_PROGRAM = 3,  /* PE program header or entry */
	MTIA_JOB_NO_RESOURCE = 4,  /* sub-grid larger than the queue's or the chip's */
	MTIA_JOB_MMU_FAULT = 5,
	MTIA_JOB_PE_EXCEPTION = 6, /* trap on a PE core: illegal instruction, misaligned ... */
	MTIA_JOB_PE_COMMAND = 7,   /* a CP command had an illegal field or broke a CB rule */
	MTIA_JOB_PE_EXIT = 8,	   /* program left with a non-zero code, see the fault record */
	MTIA_JOB_DMA_ERROR = 9,	   /* the host's bus refused, or memory is bad: see the reason */
	MTIA_JOB_TIMEOUT = 10,	   /* killed by the driver because it took too long */
	MTIA_JOB_KILLED = 11,	   /* killed with its queue, not its own fault */
	MTIA_JOB_DEADLOCK = 12,	   /* every core of the launch waits and nothing can wake it */
	MTIA_JOB_INTERNAL = 13,	   /* firmware's own inconsistency */
};

struct mtia_cqe {
	__u64 seqno;
	__u64 t_start; /* device cycles: descriptor fetched */
	__u64 t_end;   /* last packet finished */
	__u16 queue;
	__u8 status; /* enum mtia_job_status */
	__u8 phase;  /* bit 0; the device writes the entry in one 32-byte posted write */
	__u32 detail; /* OK: 0; PE_EXIT: the exit code; else packet index or MTIA_NO_PACKET */
};
MTIA_ASSERT_SIZE(struct mtia_cqe, 32);
MTIA_ASSERT_OFFSET(struct mtia_cqe, phase, 27);

#endif /* MTIA_FW_ABI_H */

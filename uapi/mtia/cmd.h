/* SPDX-License-Identifier: MIT */
/*
 * Command buffers: what a job is made of. Written by user space (libmtia-user) into a buffer
 * object, named by its VA in QUEUE_SUBMIT, copied once by the control firmware and then checked
 * byte for byte. Invented.
 *
 * A buffer is one struct mtia_cmd_header followed by packets, each a struct mtia_pkt with its body,
 * multiples of 8 bytes, back to back, until header.size. Packets take effect in order: a packet
 * starts when all earlier ones have finished. All addresses are VAs of the queue's address space.
 * A wrong packet ends this job with MTIA_JOB_BAD_PACKET (detail = packet index); packets before it
 * have run, later ones have not, other jobs are untouched.
 */
#ifndef MTIA_CMD_H
#define MTIA_CMD_H

#include "types.h"

#define MTIA_CMD_MAGIC		0x4243544du /* "MTCB" */
#define MTIA_CMD_VERSION	1
#define MTIA_CMD_ALIGN		8	    /* of the buffer's VA, of sizes, of packets */
#define MTIA_CMD_MAX_SIZE	(64u << 10) /* whole buffer */

struct mtia_cmd_header {
	__u32 magic;
	__u16 version;
	__u16 packet_count; /* exact number of packets */
	__u32 size;	    /* bytes of header and packets; equals the job's cmd_size */
	__u32 flags;	    /* must be 0 */
};
MTIA_ASSERT_SIZE(struct mtia_cmd_header, 16);

enum mtia_opcode {
	MTIA_PKT_NOP = 0,
	MTIA_PKT_LAUNCH = 1,
	MTIA_PKT_COPY = 2,
	MTIA_PKT_FILL = 3,
	MTIA_PKT_SIGNAL = 4,
	MTIA_PKT_WAIT = 5,
	MTIA_PKT_TIMESTAMP = 6,
};

struct mtia_pkt {
	__u16 opcode; /* enum mtia_opcode */
	__u16 flags;  /* must be 0 */
	__u32 size;   /* bytes of header and body, multiple of 8 */
};
MTIA_ASSERT_SIZE(struct mtia_pkt, 8);

/*
 * Run a PE program (image format in pe.h, mapped with exec permission) on a free rows x cols
 * sub-grid, which must fit the queue's. Every PE starts both cores; the launch ends when all cores
 * have left by EXIT, or when the first of them fails. Local memories and accumulators are zero at
 * start; a0 = address of the arguments in local memory, a1 = their size, a2 = row | col << 16 of
 * this PE in the sub-grid, a3 = rows | cols << 16.
 */
#define MTIA_LAUNCH_MAX_ARGS	2048
struct mtia_pkt_launch {
	struct mtia_pkt hdr;
	__u64 program_va; /* multiple of 4096 */
	__u32 program_size;
	__u16 rows, cols;
	__u32 args_size; /* 0 .. MTIA_LAUNCH_MAX_ARGS; args follow, padded to 8 */
	__u32 reserved;	 /* must be 0 */
	/* __u8 args[] */
};
MTIA_ASSERT_SIZE(struct mtia_pkt_launch, 32);

struct mtia_pkt_copy { /* ranges may not overlap; any alignment */
	struct mtia_pkt hdr;
	__u64 dst, src;
	__u64 size; /* > 0 */
};
MTIA_ASSERT_SIZE(struct mtia_pkt_copy, 32);

struct mtia_pkt_fill {
	struct mtia_pkt hdr;
	__u64 dst;
	__u64 size;    /* > 0 */
	__u64 pattern; /* repeated little-endian from dst on */
};
MTIA_ASSERT_SIZE(struct mtia_pkt_fill, 32);

struct mtia_pkt_signal { /* *va = value; va multiple of 8 */
	struct mtia_pkt hdr;
	__u64 va;
	__u64 value;
};
MTIA_ASSERT_SIZE(struct mtia_pkt_signal, 24);

struct mtia_pkt_wait { /* until (__u64)*va >= value; the job's time limit applies; va multiple of 8 */
	struct mtia_pkt hdr;
	__u64 va;
	__u64 value;
};
MTIA_ASSERT_SIZE(struct mtia_pkt_wait, 24);

struct mtia_pkt_timestamp { /* *va = device cycles; va multiple of 8 */
	struct mtia_pkt hdr;
	__u64 va;
};
MTIA_ASSERT_SIZE(struct mtia_pkt_timestamp, 16);

#endif /* MTIA_CMD_H */

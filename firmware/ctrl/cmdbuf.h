/* SPDX-License-Identifier: MIT */
/*
 * Checker and iterator of command buffers (uapi/mtia/cmd.h). Works on a private copy of the bytes
 * that nobody else can change, reads nothing outside it whatever it holds, and has no other state.
 */
#ifndef MTIA_FW_CMDBUF_H
#define MTIA_FW_CMDBUF_H

#include <stdint.h>

#include "mtia/cmd.h"
#include "mtia/fw_abi.h"

struct cmdbuf {
	const uint8_t *data;
	uint32_t size;
	uint32_t offset; /* of the next packet */
	uint32_t index;	 /* of the packet cmdbuf_next() returned last; MTIA_NO_PACKET before */
	uint32_t count;
};

struct cmdbuf_packet {
	enum mtia_opcode opcode;
	union {
		struct mtia_pkt_launch launch;
		struct mtia_pkt_copy copy;
		struct mtia_pkt_fill fill;
		struct mtia_pkt_signal signal;
		struct mtia_pkt_wait wait;
		struct mtia_pkt_timestamp timestamp;
	};
	const uint8_t *args; /* launch: 8-byte aligned, args_size bytes padded to 8 */
};

/* `data` is 8-byte aligned and `size` bytes long. MTIA_JOB_OK or MTIA_JOB_BAD_BUFFER. */
enum mtia_job_status cmdbuf_open(struct cmdbuf *it, const void *data, uint64_t size);

enum cmdbuf_result { CMDBUF_PACKET, CMDBUF_END, CMDBUF_BAD };
/* BAD: it->index is the packet at fault; every later call is BAD too. */
enum cmdbuf_result cmdbuf_next(struct cmdbuf *it, struct cmdbuf_packet *packet);

/*
 * A program's header against the launch that names it. MTIA_JOB_OK or MTIA_JOB_BAD_PROGRAM. Its CRC
 * is not looked at: the library checks it once when it loads the file, and a client that damages
 * its own program harms itself only.
 */
struct mtia_pe_image;
enum mtia_job_status cmdbuf_check_program(const struct mtia_pe_image *image,
					  const struct mtia_pkt_launch *launch);

#endif /* MTIA_FW_CMDBUF_H */

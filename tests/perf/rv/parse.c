// SPDX-License-Identifier: GPL-2.0
/*
 * The firmware's own parse loop: its checker and iterator of command buffers, compiled as it is,
 * over a buffer of all packet types, some of them wrong.
 */
#include <stdint.h>

#include "../../../firmware/ctrl/cmdbuf.c"
#ifdef __riscv
#include "../../../firmware/ctrl/riscv/string.c"
#endif

#ifndef ROUNDS
#define ROUNDS 12000
#endif

static uint64_t buffer[1024];
static uint32_t used; /* words of 8 bytes */
static uint32_t packets;

static void packet(enum mtia_opcode opcode, uint32_t words, uint64_t a, uint64_t b, uint64_t c)
{
	struct mtia_pkt header = { .opcode = opcode, .size = words * 8 };
	uint64_t *p = &buffer[used];

	__builtin_memcpy(p, &header, sizeof(header));
	if (words > 1)
		p[1] = a;
	if (words > 2)
		p[2] = b;
	if (words > 3)
		p[3] = c;
	used += words;
	packets++;
}

static void build(void)
{
	struct mtia_cmd_header header = {
		.magic = MTIA_CMD_MAGIC, .version = MTIA_CMD_VERSION,
	};

	used = sizeof(header) / 8;
	for (uint32_t i = 0; i < 24; i++) {
		packet(MTIA_PKT_NOP, 1, 0, 0, 0);
		packet(MTIA_PKT_COPY, 4, 0x100000000 + i * 64, 0x200000000 + i * 64, 64);
		packet(MTIA_PKT_FILL, 4, 0x300000000, 8 + i, ~(uint64_t)i);
		packet(MTIA_PKT_SIGNAL, 3, 0x100001000, i, 0);
		packet(MTIA_PKT_WAIT, 3, 0x100001000, i, 0);
		packet(MTIA_PKT_TIMESTAMP, 2, 0x100002000 + i * 8, 0, 0);
	}
	header.packet_count = packets;
	header.size = used * 8;
	__builtin_memcpy(buffer, &header, sizeof(header));
}

int main(void)
{
	uint32_t value = 0;

	build();
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct cmdbuf_packet p;
		struct cmdbuf it;

		/* Every fourth time one word is not what it should be. */
		uint64_t *broken = &buffer[2 + round * 7 % (used - 2)], kept = *broken;

		if (round % 4 == 0)
			*broken ^= 1ull << round % 64;
		if (cmdbuf_open(&it, buffer, (uint64_t)used * 8) == MTIA_JOB_OK) {
			while (cmdbuf_next(&it, &p) == CMDBUF_PACKET)
				value = value * 31 + p.opcode;
		}
		value = value * 31 + it.index;
		*broken = kept;
	}
	return (int)(value & 0x7fffffff);
}

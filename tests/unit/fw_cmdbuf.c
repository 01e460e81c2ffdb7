// SPDX-License-Identifier: GPL-2.0
/* Command-buffer checker: one wrong field at a time in valid buffers, then random bytes. */
#include <stdlib.h>

#include "fw_fake.h"
#include "tap.h"

static void valid_buffer(struct fake_cmds *c)
{
	struct mtia_pkt_copy *copy;
	struct mtia_pkt_fill *fill;
	struct mtia_pkt_signal *signal;
	struct mtia_pkt_wait *wait;
	struct mtia_pkt_timestamp *stamp;

	fake_cmds_begin(c);
	fake_cmds_add(c, MTIA_PKT_NOP, sizeof(struct mtia_pkt));
	fake_launch(c, FAKE_VA, 2, 3, 20);
	copy = fake_cmds_add(c, MTIA_PKT_COPY, sizeof(*copy));
	copy->dst = FAKE_VA + 1;
	copy->src = FAKE_VA + 1000;
	copy->size = 999;
	fill = fake_cmds_add(c, MTIA_PKT_FILL, sizeof(*fill));
	fill->dst = FAKE_VA + 3;
	fill->size = 5;
	signal = fake_cmds_add(c, MTIA_PKT_SIGNAL, sizeof(*signal));
	signal->va = FAKE_VA + 8;
	wait = fake_cmds_add(c, MTIA_PKT_WAIT, sizeof(*wait));
	wait->va = FAKE_VA + 16;
	stamp = fake_cmds_add(c, MTIA_PKT_TIMESTAMP, sizeof(*stamp));
	stamp->va = FAKE_VA + 24;
	fake_cmds_seal(c);
}

/* Offsets of the packets in valid_buffer(). */
enum { AT_NOP = 16, AT_LAUNCH = 24, AT_COPY = 80, AT_FILL = 112, AT_SIGNAL = 144, AT_WAIT = 168,
       AT_STAMP = 192, AT_END = 208 };

/* Walk a private copy of exactly `size` bytes. OPEN_BAD, or the index of the bad packet, or -1. */
#define OPEN_BAD (-2)
static int walk(const struct fake_cmds *c, uint32_t size)
{
	uint8_t *exact = malloc(size ? size : 1);
	struct cmdbuf_packet packet;
	struct cmdbuf it;
	int result = -1;

	memcpy(exact, c->bytes, size);
	if (cmdbuf_open(&it, exact, size) != MTIA_JOB_OK) {
		result = OPEN_BAD;
	} else {
		enum cmdbuf_result r;

		while ((r = cmdbuf_next(&it, &packet)) == CMDBUF_PACKET)
			;
		if (r == CMDBUF_BAD) {
			result = (int)it.index;
			if (cmdbuf_next(&it, &packet) != CMDBUF_BAD)
				result = -3;
		}
	}
	free(exact);
	return result;
}

struct wrong {
	const char *name;
	unsigned int offset, bytes;
	uint64_t value;
	int result;
};

static const struct wrong table[] = {
	{ "magic", 0, 4, 0x11111111, OPEN_BAD },
	{ "version 0", 4, 2, 0, OPEN_BAD },
	{ "version 2", 4, 2, 2, OPEN_BAD },
	{ "packet count too small", 6, 2, 6, 6 },
	{ "packet count 0", 6, 2, 0, 0 },
	{ "packet count too large", 6, 2, 8, 7 },
	{ "size larger than the job's", 8, 4, AT_END + 8, OPEN_BAD },
	{ "size smaller than the job's", 8, 4, AT_END - 8, OPEN_BAD },
	{ "header flags", 12, 4, 1, OPEN_BAD },
	{ "nop: unknown opcode", AT_NOP, 2, 7, 0 },
	{ "nop: opcode 0xffff", AT_NOP, 2, 0xffff, 0 },
	{ "nop: flags", AT_NOP + 2, 2, 1, 0 },
	{ "nop: size 0", AT_NOP + 4, 4, 0, 0 },
	{ "nop: size 4", AT_NOP + 4, 4, 4, 0 },
	{ "nop: size 16", AT_NOP + 4, 4, 16, 0 },
	{ "nop: size beyond the buffer", AT_NOP + 4, 4, 0x1000, 0 },
	{ "nop: size 2^32 - 8", AT_NOP + 4, 4, 0xfffffff8, 0 },
	{ "launch: flags", AT_LAUNCH + 2, 2, 0x8000, 1 },
	{ "launch: size without the arguments", AT_LAUNCH + 4, 4, 32, 1 },
	{ "launch: size not a multiple of 8", AT_LAUNCH + 4, 4, 52, 1 },
	{ "launch: size too large", AT_LAUNCH + 4, 4, 64, 1 },
	{ "launch: program VA misaligned", AT_LAUNCH + 8, 8, FAKE_VA + 8, 1 },
	{ "launch: program VA beyond 48 bits", AT_LAUNCH + 8, 8, 1ull << 48, 1 },
	{ "launch: program end wraps", AT_LAUNCH + 8, 8, ~0ull << 12, 1 },
	{ "launch: program size 0", AT_LAUNCH + 16, 4, 0, 1 },
	{ "launch: no rows", AT_LAUNCH + 20, 2, 0, 1 },
	{ "launch: no columns", AT_LAUNCH + 22, 2, 0, 1 },
	{ "launch: more arguments than the packet", AT_LAUNCH + 24, 4, 25, 1 },
	{ "launch: fewer arguments than the packet", AT_LAUNCH + 24, 4, 16, 1 },
	{ "launch: 2049 arguments", AT_LAUNCH + 24, 4, 2049, 1 },
	{ "launch: 2^32 - 1 arguments", AT_LAUNCH + 24, 4, 0xffffffff, 1 },
	{ "launch: reserved", AT_LAUNCH + 28, 4, 1, 1 },
	{ "copy: flags", AT_COPY + 2, 2, 2, 2 },
	{ "copy: size field of another packet", AT_COPY + 4, 4, 24, 2 },
	{ "copy: destination beyond 48 bits", AT_COPY + 8, 8, (1ull << 48) - 998, 2 },
	{ "copy: source beyond 48 bits", AT_COPY + 16, 8, ~0ull, 2 },
	{ "copy: size 0", AT_COPY + 24, 8, 0, 2 },
	{ "copy: overlap by one byte", AT_COPY + 24, 8, 1000, 2 },
	{ "copy: size 2^64 - 1", AT_COPY + 24, 8, ~0ull, 2 },
	{ "copy: size 2^48", AT_COPY + 24, 8, 1ull << 48, 2 },
	{ "fill: flags", AT_FILL + 2, 2, 1, 3 },
	{ "fill: size 0", AT_FILL + 16, 8, 0, 3 },
	{ "fill: end wraps", AT_FILL + 16, 8, ~0ull - 2, 3 },
	{ "fill: destination beyond 48 bits", AT_FILL + 8, 8, (1ull << 48) - 4, 3 },
	{ "signal: flags", AT_SIGNAL + 2, 2, 1, 4 },
	{ "signal: VA misaligned", AT_SIGNAL + 8, 8, FAKE_VA + 4, 4 },
	{ "signal: VA beyond 48 bits", AT_SIGNAL + 8, 8, 1ull << 48, 4 },
	{ "wait: flags", AT_WAIT + 2, 2, 1, 5 },
	{ "wait: VA misaligned", AT_WAIT + 8, 8, FAKE_VA + 1, 5 },
	{ "wait: VA at the top", AT_WAIT + 8, 8, ~7ull, 5 },
	{ "timestamp: flags", AT_STAMP + 2, 2, 1, 6 },
	{ "timestamp: size 8", AT_STAMP + 4, 4, 8, 6 },
	{ "timestamp: VA misaligned", AT_STAMP + 8, 8, FAKE_VA + 2, 6 },
};

static void check_table(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fake_cmds c;

		valid_buffer(&c);
		memcpy(c.bytes + table[i].offset, &table[i].value, table[i].bytes);
		tap_ok(walk(&c, c.size) == table[i].result, "%s", table[i].name);
	}
}

static void check_sizes(void)
{
	static struct fake_cmds big;
	struct fake_cmds c;
	bool refused = true;

	valid_buffer(&c);
	tap_ok(walk(&c, c.size) == -1, "the valid buffer is valid");
	for (uint32_t size = 0; size < c.size; size++)
		refused &= walk(&c, size) == OPEN_BAD;
	tap_ok(refused, "cut at every length");

	fake_cmds_begin(&big);
	while (big.size < MTIA_CMD_MAX_SIZE)
		fake_cmds_add(&big, MTIA_PKT_NOP, sizeof(struct mtia_pkt));
	fake_cmds_seal(&big);
	tap_ok(walk(&big, big.size) == -1, "largest buffer, %u packets", big.count);
	fake_cmds_begin(&c);
	fake_cmds_seal(&c);
	tap_ok(walk(&c, c.size) == -1, "a buffer without packets");
	fake_launch(&c, FAKE_VA, 1, 1, MTIA_LAUNCH_MAX_ARGS);
	fake_cmds_seal(&c);
	tap_ok(walk(&c, c.size) == -1, "most arguments");
}

/* xorshift: the same bytes on every machine */
static uint64_t seed = 88172645463325252ull;
static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static void check_random(void)
{
	unsigned int ends[8] = { 0 };
	bool sane = true;

	for (unsigned int n = 0; n < 200000; n++) {
		struct fake_cmds c;
		int r;

		valid_buffer(&c);
		for (unsigned int i = rnd() % 4 + 1; i; i--) {
			unsigned int at = 16 + rnd() % (c.size - 16);

			c.bytes[at] = (uint8_t)rnd();
		}
		r = walk(&c, c.size);
		sane &= r >= -1 && r <= 7;
		if (r >= 0 && r < 8)
			ends[r]++;
	}
	tap_ok(sane, "200000 mutated buffers end in a packet index or well");
	tap_ok(ends[0] && ends[1] && ends[2] && ends[3] && ends[4] && ends[5] && ends[6],
	       "every packet was the bad one at times");
}

static void check_program(void)
{
	const struct mtia_pkt_launch launch = { .program_size = 4096, .args_size = 16 };
	const struct mtia_pe_image good = {
		.magic = MTIA_PE_MAGIC, .abi = MTIA_PE_ABI, .header_size = sizeof(good),
		.image_size = 128, .entry = { 64, 126 }, .args_size = 16,
	};
	struct mtia_pe_image bad;

	tap_ok(cmdbuf_check_program(&good, &launch) == MTIA_JOB_OK, "good program");
#define BAD(field, value, text)                                                        \
	do {                                                                           \
		bad = good;                                                            \
		bad.field = (value);                                                   \
		tap_ok(cmdbuf_check_program(&bad, &launch) == MTIA_JOB_BAD_PROGRAM,    \
		       "program: " text);                                              \
	} while (0)
	BAD(magic, 0, "magic");
	BAD(abi, 2, "ABI");
	BAD(header_size, 60, "header size");
	BAD(image_size, 4100, "image larger than the packet says");
	BAD(image_size, 126, "image size not a multiple of 4");
	BAD(image_size, 0, "image size 0");
	BAD(entry[0], 62, "entry in the header");
	BAD(entry[0], 65, "odd entry");
	BAD(entry[1], 128, "entry behind the image");
	BAD(entry[1], 0xfffffffe, "entry at 2^32");
	BAD(args_size, 8, "expects other arguments");
#undef BAD
}

int main(void)
{
	check_sizes();
	check_table();
	check_program();
	check_random();
	return tap_done();
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream: random instructions that end by themselves, for running in two implementations.
 *
 * Memory as the stream sees it, the same in both:
 *	STREAM_CODE	code, at an offset that makes most streams cross a page
 *	STREAM_DATA	struct stream_data; the entry's a0 points to its middle
 * The stream loads all registers from regs[], fregs[] and fcsr, does its work on window[], stores
 * all of them there again, and jumps to return_to.
 */
#ifndef MTIA_TESTS_RV_STREAM_H
#define MTIA_TESTS_RV_STREAM_H

#include <stdint.h>

#define STREAM_CODE		0x20000000
#define STREAM_CODE_SIZE	0x4000
#define STREAM_DATA		0x30000000
#define STREAM_WINDOW		1024
#define STREAM_MAX_CODE		8192

struct stream_data {
	uint8_t window[STREAM_WINDOW];
	uint64_t regs[32];	/* [0] is not used */
	uint64_t fregs[32];
	uint64_t fcsr;
	uint64_t return_to;
	uint64_t nobody;	/* no LR goes here: an SC fails and ends the reservation */
};

/* What goes through the pipe to the runner, followed by code_size bytes; it answers with result. */
struct stream_input {
	uint32_t code_offset;	/* of the entry, from STREAM_CODE */
	uint32_t code_size;	/* 0: no more streams */
	struct stream_data data;
};

struct stream_result {
	uint8_t window[STREAM_WINDOW];
	uint64_t regs[32];
	uint64_t fregs[32];
	uint64_t fcsr;
};

struct stream {
	struct stream_input in;
	uint8_t code[STREAM_MAX_CODE];
	int aligned;		/* no misaligned access in it: may run on a bus */
};

/* The same seed gives the same stream. */
void stream_make(struct stream *s, uint64_t seed);

#endif /* MTIA_TESTS_RV_STREAM_H */

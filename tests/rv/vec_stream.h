/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream of vector instructions for two implementations, see stream.h. Here instructions may
 * trap: whoever runs the stream counts that and goes on with the next (all have 4 bytes).
 *
 *	VEC_CODE	code
 *	VEC_DATA	struct vec_data, two pages, with nothing before and after them: what runs off
 *			the end of window[] faults
 *	VEC_RETURN	where the stream jumps to when it is done: out of reach of its stores
 */
#ifndef MTIA_TESTS_RV_VEC_STREAM_H
#define MTIA_TESTS_RV_VEC_STREAM_H

#include <stdint.h>

#define VEC_CODE	0x20000000
#define VEC_CODE_SIZE	0x4000
#define VEC_DATA	0x30000000
#define VEC_RETURN	0x40000000	/* a page that starts with the address */
#define VEC_MAX_CODE	8192
#define VEC_WINDOW	4096
#define VEC_INDICES	256		/* bytes of indices of each width */

struct vec_result {
	uint64_t regs[32];		/* [0]: vl */
	uint64_t fregs[32];
	uint64_t vtype, vcsr, vstart, fcsr;
	uint8_t v[32][64];
	uint8_t window[VEC_WINDOW];
	/* filled in by who runs the stream */
	uint64_t traps;
	uint64_t trap_hash;		/* over kind and place of traps, see vec_trap() */
};

struct vec_data {
	uint64_t regs[32];
	uint64_t fregs[32];
	uint64_t vtype, vcsr, vstart, fcsr;
	uint8_t v[32][64];
	uint8_t indices[4][VEC_INDICES];
	uint8_t unused[4096 - 512 - 32 - 2048 - 4 * VEC_INDICES];
	uint8_t window[VEC_WINDOW];
};

_Static_assert(sizeof(struct vec_data) == 8192, "two pages");

struct vec_input {
	uint32_t code_offset;
	uint32_t code_size;		/* 0: no more streams */
	struct vec_data data;
};

struct vec_stream {
	struct vec_input in;
	uint8_t code[VEC_MAX_CODE];
	int aligned;			/* no misaligned access in it: may run on a bus */
};

enum { VEC_TRAP_ILLEGAL = 1, VEC_TRAP_ACCESS = 2 };

static inline void vec_trap(struct vec_result *r, unsigned int kind, uint64_t pc)
{
	r->traps++;
	r->trap_hash = (r->trap_hash ^ (pc - VEC_CODE) ^ (uint64_t)kind << 32) *
		       UINT64_C(0x9e3779b97f4a7c15);
}

/* The same seed gives the same stream. */
void vec_stream_make(struct vec_stream *s, uint64_t seed);

#endif /* MTIA_TESTS_RV_VEC_STREAM_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * SE_ROWS of quantised rows with an FP16 scale and bias, INT8 and INT4, header first and last:
 * random shapes on rings that wrap, against plain C that unpacks an element at a time.
 */
#include <math.h>

#include "../unit/tap.h"
#include "model/pe/half.h"
#include "pe_ring.h"

#define RUNS 150

enum { CB_ROWS, CB_WEIGHT, CB_DST };

static uint32_t head_at(uint32_t layout, uint32_t d)
{
	return layout == MTIA_ROW_I4_F16_LAST ? d / 2 : 0;
}

static float load_half(uint32_t off)
{
	uint16_t half;
	uint32_t bits;
	float f;

	get(CB_ROWS, off, &half, 2);
	bits = f32_from_f16(half);
	memcpy(&f, &bits, 4);
	return f;
}

static uint32_t element(uint32_t layout, uint32_t row, uint32_t c)
{
	uint32_t q = row + (layout == MTIA_ROW_I4_F16_LAST ? 0 : 4);
	uint8_t byte;

	get(CB_ROWS, q + (layout == MTIA_ROW_I8_F16_FIRST ? c : c / 2), &byte, 1);
	if (layout == MTIA_ROW_I8_F16_FIRST)
		return byte;
	return c & 1 ? byte >> 4 : byte & 15;
}

static bool test_layout(struct bench *b, uint32_t layout, uint32_t most)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		bool int4 = layout != MTIA_ROW_I8_F16_FIRST;
		uint32_t d = i % 4 ? bench_range(1, 100) : bench_range(1, 1024);
		uint32_t size, fit, rows, stride;
		uint32_t off0 = bench_range(0, 60), off1 = bench_range(0, 60);
		uint32_t offd = bench_range(0, 60);
		uint32_t flags = (bench_range(0, 1) ? MTIA_F_WEIGHTED : 0) |
				 (bench_range(0, 1) ? MTIA_F_INIT : 0) | MTIA_F_ROW(layout);
		float sum[1024] = {0};
		static struct prog p;
		static uint8_t before[LS];

		d += int4 && d & 1;
		size = (int4 ? d / 2 : d) + 4;
		fit = 0xd000 / (size + 40);
		rows = bench_range(1, most < fit ? most : fit);
		stride = size + bench_range(0, 40);
		p.n = 0;
		scramble();
		make_ring(&p, CB_ROWS, 0x1000, 0xe000, off0 + (rows - 1) * stride + size,
			  bench_range(0, 64), 1);
		make_ring(&p, CB_WEIGHT, 0xf000, 0x1000, off1 + 4 * rows, 0, 1);
		make_ring(&p, CB_DST, 0x10000, 0x4000, bench_range(0, 90), offd + 4 * d, 1);
		for (unsigned int r = 0; r < rows; r++) {
			/* Normal numbers of either sign, subnormal ones, zeros. */
			uint16_t head[2] = {
				(uint16_t)bench_range(0, 0x4800),
				(uint16_t)(bench_range(0, 0x4800) | bench_range(0, 1) << 15)};
			float w = (float)bench_range(0, 1000) / 400;

			for (unsigned int k = 0; k < 4; k++) {
				want[at(CB_ROWS, off0 + r * stride + head_at(layout, d) + k)] =
					((uint8_t *)head)[k];
				want[at(CB_WEIGHT, off1 + 4 * r + k)] = ((uint8_t *)&w)[k];
			}
		}
		for (unsigned int c = 0; c < d; c++) {
			sum[c] = (float)bench_range(0, 5000) / 333;
			put(CB_DST, offd + 4 * c, &sum[c], 4);
			if (flags & MTIA_F_INIT)
				sum[c] = 0;
		}
		memcpy(before, want, LS);
		p_csr(&p, MTIA_CSR_CB0, CB_ROWS);
		p_csr(&p, MTIA_CSR_CB1, CB_WEIGHT);
		p_csr(&p, MTIA_CSR_OFF0, off0);
		p_csr(&p, MTIA_CSR_OFF1, off1);
		p_csr(&p, MTIA_CSR_OFFD, offd);
		p_csr(&p, MTIA_CSR_STRIDE_CB, stride);
		p_csr(&p, MTIA_CSR_FLAGS, flags);
		p_issue(&p, MTIA_OP_SE_ROWS, rows | (uint64_t)d << 32, CB_DST);
		for (unsigned int r = 0; r < rows; r++) {
			uint32_t row = off0 + r * stride, head = row + head_at(layout, d);
			float w = 1, s, t;

			if (flags & MTIA_F_WEIGHTED)
				get(CB_WEIGHT, off1 + 4 * r, &w, 4);
			s = w * load_half(head);
			t = w * load_half(head + 2);
			for (unsigned int c = 0; c < d; c++)
				sum[c] = fmaf(s, (float)element(layout, row, c), sum[c] + t);
		}
		put(CB_DST, offd, sum, 4 * d);
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

int main(void)
{
	static const char *const isa[] = {"auto", "scalar", "avx2"};
	static const char *const name[] = {
		[MTIA_ROW_I8_F16_FIRST] = "INT8, FP16 first",
		[MTIA_ROW_I4_F16_LAST] = "INT4, FP16 last",
		[MTIA_ROW_I4_F16_FIRST] = "INT4, FP16 first",
	};

	for (unsigned int i = 0; i < 3; i++) {
		struct bench *b = bench_create(256, i);
		struct bench *plus = bench_create_caps(256, i, MTIA_CAP_SE_ROWS128);

		for (uint32_t l = MTIA_ROW_I8_F16_FIRST; l <= MTIA_ROW_I4_F16_FIRST; l++) {
			tap_ok(test_layout(b, l, 32), "%s: SE_ROWS of %s", isa[i], name[l]);
			tap_ok(test_layout(plus, l, 128), "%s: v1+: of %s, up to 128", isa[i],
			       name[l]);
		}
		bench_destroy(plus);
		bench_destroy(b);
	}
	return tap_done();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Each operation of a PE, run by a program with random shapes, on rings that wrap, against plain C.
 * The plain C is this file's own: it shares nothing with the model.
 */
#include <math.h>

#include "../unit/tap.h"
#include "model/pe/half.h"
#include "pe_ring.h"

#define RUNS 150

/* ---- Accumulators ---------------------------------------------------------------------------- */

enum { CB_KEPT, CB_STREAM, CB_DST, CB_BIAS, CB_COLS, CB_SUMS };

static int32_t acc[32][32];

struct tile {
	uint32_t m, n, k, flags, off0, off1;
};

/* Fill `bank` with something that differs from row to row: a bias and a few MMLs on top. */
static void make_bank(struct prog *p, unsigned int bank, unsigned int mmls)
{
	struct tile t[4];
	uint32_t need0 = 0, need1 = 0;
	uint32_t bias_n = bench_range(1, 32), bias_off = bench_range(0, 40);
	int32_t bias[32] = {0};

	make_ring(p, CB_BIAS, 0x18000, 0x800, bias_off + 4 * bias_n, bench_range(0, 99), 1);
	p_csr(p, MTIA_CSR_CB0, CB_BIAS);
	p_csr(p, MTIA_CSR_OFF0, bias_off);
	p_csr(p, MTIA_CSR_N, bias_n);
	p_csr(p, MTIA_CSR_FLAGS, MTIA_F_BIAS);
	p_issue(p, MTIA_OP_RE_INIT, 1u << bank, 0);
	get(CB_BIAS, bias_off, bias, 4 * bias_n);
	for (unsigned int i = 0; i < 32; i++)
		memcpy(acc[i], bias, sizeof(bias));

	for (unsigned int i = 0; i < mmls; i++) {
		t[i] = (struct tile){bench_range(1, 32),      bench_range(1, 32),
				     bench_range(1, 32),      bench_range(0, 3),
				     32 * bench_range(0, 40), 32 * bench_range(0, 40)};
		if (t[i].off0 + 32 * t[i].n > need0)
			need0 = t[i].off0 + 32 * t[i].n;
		if (t[i].off1 + 32 * t[i].m > need1)
			need1 = t[i].off1 + 32 * t[i].m;
	}
	make_ring(p, CB_KEPT, 0x1000, 0x4000, need0, 0, 32);
	make_ring(p, CB_STREAM, 0x5000, 0x4000, need1, 64, 32);
	p_csr(p, MTIA_CSR_CB0, CB_KEPT);
	p_csr(p, MTIA_CSR_CB1, CB_STREAM);
	for (unsigned int i = 0; i < mmls; i++) {
		uint32_t half0 = 32 * bench_range(0, t[i].off0 / 32);

		p_csr(p, MTIA_CSR_M, t[i].m);
		p_csr(p, MTIA_CSR_N, t[i].n);
		p_csr(p, MTIA_CSR_K, t[i].k);
		p_csr(p, MTIA_CSR_FLAGS, t[i].flags);
		p_csr(p, MTIA_CSR_OFF0, half0);
		p_csr(p, MTIA_CSR_OFF1, 0);
		p_issue(p, MTIA_OP_MML, bank, (t[i].off0 - half0) | (uint64_t)t[i].off1 << 32);
		for (unsigned int m = 0; m < t[i].m; m++) {
			for (unsigned int n = 0; n < t[i].n; n++) {
				for (unsigned int k = 0; k < t[i].k; k++) {
					uint8_t x = want[at(CB_KEPT, t[i].off0 + 32 * n + k)];
					uint8_t y = want[at(CB_STREAM, t[i].off1 + 32 * m + k)];
					int a = t[i].flags & MTIA_F_SIGNED0 ? (int8_t)x : x;
					int c = t[i].flags & MTIA_F_SIGNED1 ? (int8_t)y : y;

					acc[m][n] =
						(int32_t)((uint32_t)acc[m][n] + (uint32_t)(a * c));
				}
			}
		}
	}
}

static bool test_mml(struct bench *b)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		uint32_t m = bench_range(1, 32), n = bench_range(1, 32), bank = bench_range(0, 3);
		uint32_t stride = 4 * n + 4 * bench_range(0, 3), off = bench_range(0, 100);
		static struct prog p;
		static uint8_t before[LS];

		p.n = 0;
		scramble();
		memcpy(before, want, LS);
		make_bank(&p, bank, i % 5);
		make_ring(&p, CB_DST, 0xa000, 0x8000, bench_range(0, 300),
			  off + (m - 1) * stride + 4 * n, 1);
		p_csr(&p, MTIA_CSR_M, m);
		p_csr(&p, MTIA_CSR_N, n);
		p_csr(&p, MTIA_CSR_OFFD, off);
		p_csr(&p, MTIA_CSR_STRIDE_CB, stride == 4 * n ? 0 : stride);
		p_issue(&p, MTIA_OP_RE_STORE, bank, CB_DST);
		for (unsigned int r = 0; r < m; r++)
			put(CB_DST, off + r * stride, acc[r], 4 * n);
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

static uint32_t canonical_bits(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, 4);
	return x != x ? 0x7fc00000 : bits;
}

/* The compiler's own FP16; BF16 by hand. */
static uint16_t narrow(uint32_t bits, uint32_t type)
{
	_Float16 half;
	uint16_t code;
	float x;

	if (type == MTIA_TYPE_BF16)
		return (bits & 0x7fffffff) > 0x7f800000 ?
			       0x7fc0 :
			       (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
	memcpy(&x, &bits, sizeof(x));
	half = (_Float16)x;
	memcpy(&code, &half, sizeof(code));
	return x != x ? 0x7e00 : code;
}

static bool test_quantise(struct bench *b, bool requant)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		uint32_t m = bench_range(1, 32), n = bench_range(1, 32), bank = bench_range(0, 3);
		/* One mtia_se_col a column, a row, or for all; F32, F16, BF16. */
		uint32_t per = bench_range(0, 2), type = requant ? 0 : bench_range(0, 2);
		uint32_t params = per == 1 ? m : per ? 1 : n;
		uint32_t es = requant ? 1 : type ? 2 : 4, stride = es * n + es * bench_range(0, 5);
		uint32_t off = bench_range(0, 100), off0 = bench_range(0, 50),
			 off1 = bench_range(0, 50);
		bool rowsum = bench_range(0, 1), relu = !requant && bench_range(0, 1);
		int32_t zp = (int32_t)bench_range(0, 300) - 20;
		int32_t lo = (int32_t)bench_range(0, 200) - 100,
			hi = lo + (int32_t)bench_range(0, 155);
		struct mtia_se_col col[32];
		static struct prog p;
		static uint8_t before[LS];

		p.n = 0;
		scramble();
		make_ring(&p, CB_COLS, 0x19000, 0x1000, off0 + 16 * params, 0, 1);
		make_ring(&p, CB_SUMS, 0x1a000, 0x1000, off1 + 4 * m, 32, 1);
		for (unsigned int c = 0; c < params; c++) {
			col[c].scale = ldexpf(1 + (float)bench_range(0, 1000) / 1000, -14);
			if (bench_range(0, 15) == 0)
				col[c].scale = -col[c].scale;
			col[c].offset = (int32_t)bench_range(0, 200000) - 100000;
			col[c].zero_point = (int32_t)bench_range(0, 255) - 128;
			col[c].reserved = 0;
			for (unsigned int k = 0; k < 16; k++)
				want[at(CB_COLS, off0 + 16 * c + k)] = ((uint8_t *)&col[c])[k];
		}
		memcpy(before, want, LS);
		make_bank(&p, bank, 3);
		make_ring(&p, CB_DST, 0xa000, 0x8000, bench_range(0, 300),
			  off + (m - 1) * stride + es * n, 1);
		p_csr(&p, MTIA_CSR_CB0, CB_COLS);
		p_csr(&p, MTIA_CSR_CB1, CB_SUMS);
		p_csr(&p, MTIA_CSR_OFF0, off0);
		p_csr(&p, MTIA_CSR_OFF1, off1);
		p_csr(&p, MTIA_CSR_M, m);
		p_csr(&p, MTIA_CSR_N, n);
		p_csr(&p, MTIA_CSR_OFFD, off);
		p_csr(&p, MTIA_CSR_STRIDE_CB, stride);
		p_csr(&p, MTIA_CSR_FLAGS,
		      (rowsum ? MTIA_F_ROWSUM : 0) | (relu ? MTIA_F_RELU : 0) |
			      (per == 1 ? MTIA_F_PER_ROW : per ? MTIA_F_PER_TENSOR : 0) |
			      MTIA_F_TYPED(type));
		p_csr(&p, MTIA_CSR_IMM0, (uint32_t)zp);
		p_csr(&p, MTIA_CSR_IMM1, (uint64_t)(int64_t)lo);
		p_csr(&p, MTIA_CSR_IMM2, (uint32_t)hi);
		p_issue(&p, requant ? MTIA_OP_SE_REQUANT : MTIA_OP_SE_DEQUANT, bank, CB_DST);
		for (unsigned int r = 0; r < m; r++) {
			uint32_t sum = 0;

			if (rowsum)
				get(CB_SUMS, off1 + 4 * r, &sum, 4);
			for (unsigned int c = 0; c < n; c++) {
				const struct mtia_se_col *q = &col[per == 1 ? r : per ? 0 : c];
				int32_t raw =
					(int32_t)((uint32_t)acc[r][c] + (uint32_t)q->offset -
						  (uint32_t)q->zero_point * sum);
				float x = (float)raw * q->scale;
				long v = lrintf(x) + zp;
				uint8_t u8 = (uint8_t)(v < lo ? lo : v > hi ? hi : v);
				uint32_t f32 = canonical_bits(relu && x <= 0 ? 0.0f : x);
				uint32_t out = requant ? u8 : type ? narrow(f32, type) : f32;

				put(CB_DST, off + r * stride + es * c, &out, es);
			}
		}
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

/* ---- Embedding rows -------------------------------------------------------------------------- */

static bool test_rows(struct bench *b, uint32_t most)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		uint32_t d = i % 4 ? bench_range(1, 140) : bench_range(1, 1024);
		uint32_t rows = bench_range(i % 7 ? 1 : 0, i % 4 ? most : 12);
		uint32_t stride = d + 8 + bench_range(0, 40), off0 = bench_range(0, 60);
		uint32_t off1 = bench_range(0, 60), offd = bench_range(0, 60);
		uint32_t flags = (bench_range(0, 1) ? MTIA_F_WEIGHTED : 0) |
				 (bench_range(0, 1) || !rows ? MTIA_F_INIT : 0);
		float sum[1024] = {0};
		static struct prog p;
		static uint8_t before[LS];

		p.n = 0;
		scramble();
		make_ring(&p, CB_KEPT, 0x1000, 0xe000,
			  off0 + (rows ? (rows - 1) * stride + d + 8 : 0), bench_range(0, 64), 1);
		make_ring(&p, CB_STREAM, 0xf000, 0x1000, off1 + 4 * rows, 0, 1);
		make_ring(&p, CB_DST, 0x10000, 0x4000, bench_range(0, 90), offd + 4 * d, 1);
		for (unsigned int r = 0; r < rows; r++) {
			float f[2] = {(float)bench_range(0, 1000) / 3000,
				      (float)bench_range(0, 1000) / -500};
			float w = (float)bench_range(0, 1000) / 400;

			for (unsigned int k = 0; k < 8; k++)
				want[at(CB_KEPT, off0 + r * stride + d + k)] = ((uint8_t *)f)[k];
			for (unsigned int k = 0; k < 4; k++)
				want[at(CB_STREAM, off1 + 4 * r + k)] = ((uint8_t *)&w)[k];
		}
		for (unsigned int c = 0; c < d; c++) {
			sum[c] = (float)bench_range(0, 5000) / 333;
			put(CB_DST, offd + 4 * c, &sum[c], 4);
			if (flags & MTIA_F_INIT)
				sum[c] = 0;
		}
		memcpy(before, want, LS);
		p_csr(&p, MTIA_CSR_CB0, CB_KEPT);
		p_csr(&p, MTIA_CSR_CB1, CB_STREAM);
		p_csr(&p, MTIA_CSR_OFF0, off0);
		p_csr(&p, MTIA_CSR_OFF1, off1);
		p_csr(&p, MTIA_CSR_OFFD, offd);
		p_csr(&p, MTIA_CSR_STRIDE_CB, stride);
		p_csr(&p, MTIA_CSR_FLAGS, flags);
		p_issue(&p, MTIA_OP_SE_ROWS, rows | (uint64_t)d << 32, CB_DST);
		for (unsigned int r = 0; r < rows; r++) {
			float f[2], w = 1, s, t;

			get(CB_KEPT, off0 + r * stride + d, f, 8);
			if (flags & MTIA_F_WEIGHTED)
				get(CB_STREAM, off1 + 4 * r, &w, 4);
			s = w * f[0];
			t = w * f[1];
			for (unsigned int c = 0; c < d; c++) {
				uint8_t q;

				get(CB_KEPT, off0 + r * stride + c, &q, 1);
				sum[c] = fmaf(s, (float)q, sum[c] + t);
			}
		}
		put(CB_DST, offd, sum, 4 * d);
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

/* Rows of FP32 and FP16, up to `most` of them. */
static bool test_rows_float(struct bench *b, uint32_t layout, uint32_t most)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		uint32_t size = layout == MTIA_ROW_F16 ? 2 : 4;
		uint32_t d = i % 4 ? bench_range(1, 100) : bench_range(1, 1024);
		uint32_t fit = 0xd000 / (size * d + 40), rows = bench_range(1, most < fit ? most : fit);
		uint32_t stride = size * d + bench_range(0, 40), off0 = bench_range(0, 60);
		uint32_t off1 = bench_range(0, 60), offd = bench_range(0, 60);
		uint32_t flags = (bench_range(0, 1) ? MTIA_F_WEIGHTED : 0) |
				 (bench_range(0, 1) ? MTIA_F_INIT : 0) | MTIA_F_ROW(layout);
		float sum[1024] = {0};
		static struct prog p;
		static uint8_t before[LS];

		p.n = 0;
		scramble();
		make_ring(&p, CB_KEPT, 0x1000, 0xe000, off0 + (rows - 1) * stride + size * d,
			  bench_range(0, 64), 1);
		make_ring(&p, CB_STREAM, 0xf000, 0x1000, off1 + 4 * rows, 0, 1);
		make_ring(&p, CB_DST, 0x10000, 0x4000, bench_range(0, 90), offd + 4 * d, 1);
		for (unsigned int r = 0; r < rows; r++) {
			float w = (float)bench_range(0, 1000) / 400;

			for (unsigned int k = 0; k < 4; k++)
				want[at(CB_STREAM, off1 + 4 * r + k)] = ((uint8_t *)&w)[k];
		}
		for (unsigned int c = 0; c < d; c++) {
			if (!(flags & MTIA_F_INIT))
				sum[c] = (float)bench_range(0, 5000) / 333;
			put(CB_DST, offd + 4 * c, &sum[c], 4);
		}
		memcpy(before, want, LS);
		p_csr(&p, MTIA_CSR_CB0, CB_KEPT);
		p_csr(&p, MTIA_CSR_CB1, CB_STREAM);
		p_csr(&p, MTIA_CSR_OFF0, off0);
		p_csr(&p, MTIA_CSR_OFF1, off1);
		p_csr(&p, MTIA_CSR_OFFD, offd);
		p_csr(&p, MTIA_CSR_STRIDE_CB, stride);
		p_csr(&p, MTIA_CSR_FLAGS, flags);
		p_issue(&p, MTIA_OP_SE_ROWS, rows | (uint64_t)d << 32, CB_DST);
		for (unsigned int c = 0; c < d; c++) {
			uint32_t bits;

			for (unsigned int r = 0; r < rows; r++) {
				uint64_t off = off0 + r * stride + size * c;
				float w = 1, x;
				uint16_t half;

				if (flags & MTIA_F_WEIGHTED)
					get(CB_STREAM, off1 + 4 * r, &w, 4);
				if (size == 2) {
					get(CB_KEPT, off, &half, 2);
					bits = f32_from_f16(half);
					memcpy(&x, &bits, 4);
				} else {
					get(CB_KEPT, off, &x, 4);
				}
				sum[c] = fmaf(w, x, sum[c]);
			}
			bits = canonical_bits(sum[c]);
			put(CB_DST, offd + 4 * c, &bits, 4);
		}
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

static bool test_scale(struct bench *b)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		uint32_t d = bench_range(1, i % 5 ? 100 : 1024), offd = bench_range(0, 60);
		bool recip = bench_range(0, 1);
		uint32_t imm = recip ? bench_range(1, 5000) : 0x3e000000 + bench_range(0, 1u << 24);
		float s;
		static struct prog p;
		static uint8_t before[LS];

		p.n = 0;
		scramble();
		memcpy(before, want, LS);
		make_ring(&p, CB_DST, 0x10000, 0x4000, bench_range(0, 90), offd + 4 * d, 1);
		p_csr(&p, MTIA_CSR_OFFD, offd);
		p_csr(&p, MTIA_CSR_FLAGS, recip ? MTIA_F_RECIP : 0);
		p_csr(&p, MTIA_CSR_IMM0, imm);
		p_issue(&p, MTIA_OP_SE_SCALE, d, CB_DST);
		if (recip)
			s = 1.0f / (float)imm;
		else
			memcpy(&s, &imm, 4);
		for (unsigned int c = 0; c < d; c++) {
			uint32_t bits;
			float x;

			for (unsigned int k = 0; k < 4; k++)
				((uint8_t *)&x)[k] = want[space_at(CB_DST, offd + 4 * c + k)];
			bits = canonical_bits(x * s);
			put(CB_DST, offd + 4 * c, &bits, 4);
		}
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

static bool test_rowsum(struct bench *b)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		uint32_t n = bench_range(1, i % 5 ? 100 : 4096), most = (0xe000 - 100) / n;
		uint32_t rows = bench_range(1, most > 64 ? 64 : most);
		uint32_t stride = n, off0 = bench_range(0, 60), offd = bench_range(0, 60);
		uint32_t flags = bench_range(0, 1) ? MTIA_F_SIGNED0 : 0;
		static struct prog p;
		static uint8_t before[LS];

		if (n < 100)
			stride += bench_range(0, 9);
		if (bench_range(0, 1))
			flags |= MTIA_F_INIT;
		p.n = 0;
		scramble();
		memcpy(before, want, LS);
		make_ring(&p, CB_KEPT, 0x1000, 0xe000, off0 + (rows - 1) * stride + n, 0, 1);
		make_ring(&p, CB_DST, 0x10000, 0x4000, bench_range(0, 90), offd + 4 * rows, 1);
		p_csr(&p, MTIA_CSR_CB0, CB_KEPT);
		p_csr(&p, MTIA_CSR_OFF0, off0);
		p_csr(&p, MTIA_CSR_OFFD, offd);
		p_csr(&p, MTIA_CSR_STRIDE_CB, stride == n ? 0 : stride);
		p_csr(&p, MTIA_CSR_FLAGS, flags);
		p_issue(&p, MTIA_OP_SE_ROWSUM, rows | (uint64_t)n << 32, CB_DST);
		for (unsigned int r = 0; r < rows; r++) {
			uint32_t sum = 0;

			for (unsigned int k = 0; k < 4 && !(flags & MTIA_F_INIT); k++)
				((uint8_t *)&sum)[k] = want[space_at(CB_DST, offd + 4 * r + k)];
			for (unsigned int c = 0; c < n; c++) {
				uint8_t q;

				get(CB_KEPT, off0 + r * stride + c, &q, 1);
				sum += flags & MTIA_F_SIGNED0 ? (uint32_t)(int8_t)q : q;
			}
			put(CB_DST, offd + 4 * r, &sum, 4);
		}
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

/* ---- DMA ------------------------------------------------------------------------------------- */

static uint8_t mem_want[BENCH_SIZE];

static bool test_dma(struct bench *b, bool in)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		uint32_t align = in ? 32 : 4, rows = bench_range(1, i % 3 ? 20 : 300);
		uint32_t cols = bench_range(1, 0xe000 / rows > 5000 ? 5000 : 0xe000 / rows);
		uint32_t most = (0xf000 - 32) / rows, stride = cols, shift = bench_range(0, 3);
		int32_t stride_mem =
			(int32_t)(((cols + align - 1) & ~(align - 1)) + align * bench_range(0, 9));
		bool host = i % 6 == 5;
		uint64_t va = BENCH_BASE + BENCH_SIZE / 2 + align * bench_range(0, 1000);
		uint8_t *mem = b->mem;
		uint64_t origin = BENCH_BASE;
		static struct prog p;
		static uint8_t before[LS];

		if (most > cols && shift)
			stride = bench_range(cols, most < cols + 40 ? most : cols + 40);
		if (bench_range(0, 3) == 0)
			stride_mem = -stride_mem;
		if (host) { /* small, and never beyond the page */
			rows = bench_range(1, 20);
			cols = bench_range(1, 500);
			stride = cols;
			stride_mem = (int32_t)((cols + align - 1) & ~(align - 1));
			va = BENCH_HOST + align * bench_range(0, 32);
			mem = b->host;
			origin = BENCH_HOST;
		}
		b->huge = i & 1;
		p.n = 0;
		scramble();
		for (uint32_t k = 0; k < (host ? BENCH_SMALL : BENCH_SIZE); k += 8) {
			uint64_t x = bench_random();

			memcpy(mem + k, &x, 8);
		}
		memcpy(mem_want, mem, host ? BENCH_SMALL : BENCH_SIZE);
		memcpy(before, want, LS);
		make_ring(&p, CB_KEPT, 0x1000, 0xf000, in ? bench_range(0, 31) : rows * stride,
			  in ? rows * stride : 0, 1);
		p_csr(&p, MTIA_CSR_ROWS, rows);
		p_csr(&p, MTIA_CSR_COLS, cols);
		p_csr(&p, MTIA_CSR_STRIDE_MEM, (uint64_t)(int64_t)stride_mem);
		p_csr(&p, MTIA_CSR_STRIDE_CB, stride == cols ? 0 : stride);
		p_issue(&p, in ? MTIA_OP_DMA_IN : MTIA_OP_DMA_OUT, va, CB_KEPT);
		p_fence(&p);
		p_sync(&p, MTIA_SYNC_CB_LEVEL, CB_KEPT, 0, A0);
		p_keep(&p, A0, 0x1f000);
		for (unsigned int r = 0; r < rows; r++) {
			uint8_t *row = mem_want + (va - origin) + (int64_t)r * stride_mem;

			for (unsigned int c = 0; c < cols; c++) {
				if (in)
					want[space_at(CB_KEPT, (uint64_t)r * stride + c)] = row[c];
				else
					get(CB_KEPT, (uint64_t)r * stride + c, row + c, 1);
			}
		}
		*(uint64_t *)(want + 0x1f000) = in ? ring[CB_KEPT].level + rows * stride : 0;
		if (!run(b, &p, before) || memcmp(mem, mem_want, host ? BENCH_SMALL : BENCH_SIZE))
			return false;
	}
	return true;
}

int main(void)
{
	static const char *const isa[] = {"auto", "scalar", "avx2"};

	for (unsigned int i = 0; i < 3; i++) {
		struct bench *b = bench_create(256, i);

		tap_ok(test_mml(b), "%s: RE_INIT with bias, MML, RE_STORE", isa[i]);
		tap_ok(test_quantise(b, true), "%s: SE_REQUANT", isa[i]);
		tap_ok(test_quantise(b, false), "%s: SE_DEQUANT", isa[i]);
		tap_ok(test_rows(b, 32), "%s: SE_ROWS", isa[i]);
		tap_ok(test_rows_float(b, MTIA_ROW_F32, 32), "%s: SE_ROWS of FP32", isa[i]);
		tap_ok(test_rows_float(b, MTIA_ROW_F16, 32), "%s: SE_ROWS of FP16", isa[i]);
		tap_ok(test_scale(b), "%s: SE_SCALE", isa[i]);
		tap_ok(test_rowsum(b), "%s: SE_ROWSUM", isa[i]);
		if (!i) {
			tap_ok(test_dma(b, true),
			       "DMA_IN: 2-D, strides of either sign, host memory");
			tap_ok(test_dma(b, false),
			       "DMA_OUT: 2-D, strides of either sign, host memory");
		}
		bench_destroy(b);
		b = bench_create_caps(256, i, MTIA_CAP_SE_ROWS128);
		tap_ok(test_rows(b, 128), "%s: v1+: SE_ROWS of up to 128 rows", isa[i]);
		tap_ok(test_rows_float(b, MTIA_ROW_F32, 128), "%s: v1+: of FP32", isa[i]);
		bench_destroy(b);
	}
	return tap_done();
}

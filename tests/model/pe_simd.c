// SPDX-License-Identifier: GPL-2.0
/* Every SIMD level that this host has computes the same bits as the scalar definition. */
#include <math.h>

#include "../unit/tap.h"
#include "model/pe/simd.h"
#include "model/pe/simd_array.h"
#include "pe_bench.h"

static void fill(void *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)buf)[i] = (uint8_t)bench_random();
}

/* Random bytes, or one of the values where arithmetic breaks. */
static void fill_operand(uint8_t *buf, size_t n)
{
	static const uint8_t corner[] = {0, 1, 0x7f, 0x80, 0xff};
	unsigned int kind = bench_range(0, 7);

	for (size_t i = 0; i < n; i++)
		buf[i] = kind < 5    ? corner[kind]
			 : kind == 5 ? corner[bench_range(0, 4)]
				     : (uint8_t)bench_random();
}

static float odd_float(void)
{
	static const uint32_t corner[] = {
		0,	    0x80000000, 1,	    0x807fffff, 0x00800000, 0x7f7fffff,
		0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f812345,
		0x3f800000, 0x4f000000, 0xcf000000, 0x3f000000, 0x4effffff};
	uint32_t bits = bench_range(0, 2) ? (uint32_t)bench_random() : corner[bench_range(0, 16)];
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static bool check_mml(const struct pe_simd *simd, bool ks, bool ss)
{
	static int32_t want[1024] __attribute__((aligned(64))),
		got[1024] __attribute__((aligned(64)));

	for (unsigned int i = 0; i < 2000; i++) {
		unsigned int m = 32, n = 32, k = 32;
		uint8_t *kept, *stream;

		if (i % 4) {
			m = bench_range(1, 32);
			n = bench_range(1, 32);
			k = bench_range(1, 32);
		}
		/* Exactly as long as the contract says, so that ASan sees a byte too many. */
		kept = malloc(32 * n);
		stream = malloc(32 * m);
		if (!kept || !stream)
			return false;
		fill_operand(kept, 32 * n);
		fill_operand(stream, 32 * m);
		fill(want, sizeof(want));
		memcpy(got, want, sizeof(got));
		pe_simd_scalar.mml(want, kept, stream, m, n, k, ks, ss);
		simd->mml(got, kept, stream, m, n, k, ks, ss);
		free(kept);
		free(stream);
		if (memcmp(want, got, sizeof(want))) {
			fprintf(stderr, "# m %u n %u k %u differ\n", m, n, k);
			return false;
		}
	}
	return true;
}

/* Any code, or tame ones that make sums without infinities and NaN. */
static void fill_half(uint16_t *x, size_t n, bool bf16)
{
	bool tame = bench_range(0, 1);

	for (size_t i = 0; i < n; i++) {
		x[i] = (uint16_t)bench_random();
		if (tame)
			x[i] = bf16 ? (x[i] & 0x83ff) | 0x3c00 : x[i] & 0xbfff;
	}
}

static bool check_mml_half(const struct pe_simd *simd, bool bf16)
{
	static int32_t want[1024] __attribute__((aligned(64))),
		got[1024] __attribute__((aligned(64)));

	for (unsigned int i = 0; i < 2000; i++) {
		unsigned int m = bench_range(1, 32), n = bench_range(1, 32), k = bench_range(1, 16);
		uint16_t *kept, *stream;

		if (i % 4 == 0)
			m = n = 32, k = 16;
		kept = malloc(32 * n);
		stream = malloc(32 * m);
		if (!kept || !stream)
			return false;
		fill_half(kept, 16 * n, bf16);
		fill_half(stream, 16 * m, bf16);
		for (unsigned int j = 0; j < 1024; j++) {
			float x = odd_float();

			memcpy(&want[j], &x, 4);
		}
		memcpy(got, want, sizeof(got));
		pe_simd_scalar.mml_half(want, (uint8_t *)kept, (uint8_t *)stream, m, n, k, bf16);
		simd->mml_half(got, (uint8_t *)kept, (uint8_t *)stream, m, n, k, bf16);
		free(kept);
		free(stream);
		if (memcmp(want, got, sizeof(want))) {
			fprintf(stderr, "# m %u n %u k %u differ\n", m, n, k);
			return false;
		}
	}
	return true;
}

static bool check_add(const struct pe_simd *simd)
{
	static float want[1024] __attribute__((aligned(64))),
		got[1024] __attribute__((aligned(64))), y[1024] __attribute__((aligned(64)));

	for (unsigned int i = 0; i < 200; i++) {
		for (unsigned int j = 0; j < 1024; j++) {
			want[j] = got[j] = odd_float();
			y[j] = odd_float();
		}
		pe_simd_scalar.add_f32((int32_t *)want, (int32_t *)y, 1024);
		simd->add_f32((int32_t *)got, (int32_t *)y, 1024);
		if (memcmp(want, got, sizeof(want)))
			return false;
	}
	return true;
}

static bool check_out(const struct pe_simd *simd, bool requant)
{
	for (unsigned int i = 0; i < 20000; i++) {
		int32_t bank[32] __attribute__((aligned(64)));
		struct simd_cols cols;
		struct simd_clamp clamp;
		uint8_t w8[32], g8[32];
		float wf[32], gf[32];
		int32_t rowsum = bench_range(0, 1) ? 0 : (int32_t)bench_random();
		bool relu = bench_range(0, 1);

		fill(bank, sizeof(bank));
		fill(&cols, sizeof(cols));
		for (unsigned int j = 0; j < 32; j++) {
			if (bench_range(0, 1))
				cols.scale[j] = odd_float();
			else
				cols.scale[j] =
					ldexpf(1.0f + (float)bench_range(0, 999) / 1000, -24);
			if (bench_range(0, 3) == 0)
				bank[j] = (int32_t)bench_range(0, 3) - 2;
		}
		clamp.zero_point = bench_range(0, 1)
					   ? (int32_t)bench_range(0, 255)
					   : (int32_t)bench_range(0, 2u << 30) - (1 << 30);
		clamp.min = (int32_t)bench_range(0, 255) - 128;
		clamp.max = clamp.min + (int32_t)bench_range(0, (uint32_t)(255 - clamp.min));
		if (requant) {
			pe_simd_scalar.requant(w8, bank, &cols, rowsum, &clamp);
			simd->requant(g8, bank, &cols, rowsum, &clamp);
			if (memcmp(w8, g8, 32))
				return false;
		} else {
			pe_simd_scalar.dequant(wf, bank, &cols, rowsum, relu);
			simd->dequant(gf, bank, &cols, rowsum, relu);
			if (memcmp(wf, gf, sizeof(wf)))
				return false;
		}
	}
	return true;
}

static bool check_rows(const struct pe_simd *simd, bool odd)
{
	for (unsigned int i = 0; i < 3000; i++) {
		unsigned int d = i % 3 ? bench_range(1, 130) : bench_range(1, 1024);
		unsigned int rows = bench_range(0, 32), stride = d + 8 + bench_range(0, 3);
		bool init = bench_range(0, 1) || !rows, weighted = bench_range(0, 1);
		size_t len = rows ? (size_t)(rows - 1) * stride + d + 8 : 0;
		uint8_t *data = malloc(len + 1), *w = malloc(4 * rows + 1);
		uint8_t *want = malloc(4 * d + 1), *got = malloc(4 * d + 1);
		bool same;

		if (!data || !w || !want || !got)
			return false;
		fill(data, len);
		for (unsigned int r = 0; r < rows; r++) {
			float f[2] = {odd ? odd_float() : (float)bench_range(0, 1000) / 700,
				      odd ? odd_float() : (float)bench_range(0, 1000) / -300};
			float x = odd ? odd_float() : (float)bench_range(0, 100) / 33;

			memcpy(data + r * stride + d, f, 8);
			memcpy(w + 4 * r, &x, 4);
		}
		for (unsigned int j = 0; j < d; j++) {
			float f = odd ? odd_float() : (float)bench_range(0, 1000) / 7;

			memcpy(want + 4 * j, &f, 4);
		}
		memcpy(got, want, 4 * d);
		pe_simd_scalar.rows(want, d, data, stride, rows, weighted ? w : NULL, init);
		simd->rows(got, d, data, stride, rows, weighted ? w : NULL, init);
		same = !memcmp(want, got, 4 * d);
		free(data);
		free(w);
		free(want);
		free(got);
		if (!same)
			return false;
	}
	return true;
}

static bool check_rows_float(const struct pe_simd *simd, bool f16)
{
	for (unsigned int i = 0; i < 3000; i++) {
		unsigned int d = i % 3 ? bench_range(1, 130) : bench_range(1, 1024);
		unsigned int rows = bench_range(0, 128), size = f16 ? 2 : 4;
		unsigned int stride = size * d + bench_range(0, 3);
		bool init = bench_range(0, 1) || !rows, weighted = bench_range(0, 1);
		size_t len = rows ? (size_t)(rows - 1) * stride + size * d : 0;
		uint8_t *data = malloc(len + 1), *w = malloc(4 * rows + 1);
		uint8_t *want = malloc(4 * d + 1), *got = malloc(4 * d + 1);
		bool same;

		if (!data || !w || !want || !got)
			return false;
		fill(data, len);
		for (unsigned int r = 0; i % 2 && r < rows; r++) {
			/* No infinities and NaN, so that the order of the sum shows. */
			for (unsigned int j = 0; j < d; j++)
				data[r * stride + size * j + size - 1] &= 0xbb;
		}
		for (unsigned int r = 0; r < rows; r++) {
			float x = i % 2 ? (float)bench_range(0, 100) / 33 : odd_float();

			memcpy(w + 4 * r, &x, 4);
		}
		for (unsigned int j = 0; j < d; j++) {
			float x = i % 2 ? (float)bench_range(0, 1000) / 7 : odd_float();

			memcpy(want + 4 * j, &x, 4);
		}
		memcpy(got, want, 4 * d);
		pe_simd_scalar.rows_float(want, d, data, stride, rows, weighted ? w : NULL, init,
					  f16);
		simd->rows_float(got, d, data, stride, rows, weighted ? w : NULL, init, f16);
		same = !memcmp(want, got, 4 * d);
		free(data);
		free(w);
		free(want);
		free(got);
		if (!same)
			return false;
	}
	return true;
}

static bool check_scale(const struct pe_simd *simd)
{
	for (unsigned int i = 0; i < 5000; i++) {
		unsigned int d = bench_range(1, 100);
		uint8_t *want = malloc(4 * d), *got = malloc(4 * d);
		float s = odd_float();
		bool same;

		if (!want || !got)
			return false;
		for (unsigned int j = 0; j < d; j++) {
			float f = odd_float();

			memcpy(want + 4 * j, &f, 4);
		}
		memcpy(got, want, 4 * d);
		pe_simd_scalar.scale(want, d, s);
		simd->scale(got, d, s);
		same = !memcmp(want, got, 4 * d);
		free(want);
		free(got);
		if (!same)
			return false;
	}
	return true;
}

static bool check_rowsum(const struct pe_simd *simd)
{
	for (unsigned int i = 0; i < 5000; i++) {
		size_t n = i % 2 ? bench_range(1, 200) : bench_range(1, 4096);
		uint8_t *row = malloc(n);
		bool sign = bench_range(0, 1), same;

		if (!row)
			return false;
		fill_operand(row, n);
		same = pe_simd_scalar.rowsum(row, n, sign) == simd->rowsum(row, n, sign);
		free(row);
		if (!same)
			return false;
	}
	return true;
}

/* Arrays of exactly n elements, so that ASan sees one too many. */
struct arrays {
	unsigned int n;
	float *x, *y;
	uint8_t *a, *b;
	int32_t *zp;
};

static bool make_arrays(struct arrays *s)
{
	s->n = bench_range(0, 3) ? bench_range(1, 70) : bench_range(1, 1024);
	s->x = malloc(4 * s->n);
	s->y = malloc(4 * s->n);
	s->a = malloc(4 * s->n);
	s->b = malloc(4 * s->n);
	s->zp = malloc(4 * s->n);
	if (!s->x || !s->y || !s->a || !s->b || !s->zp)
		return false;
	for (unsigned int i = 0; i < s->n; i++) {
		s->x[i] = bench_range(0, 1) ? odd_float() :
					      (float)(int32_t)bench_range(0, 4000) / 16 - 125;
		s->zp[i] = bench_range(0, 3) ? (int32_t)bench_range(0, 255) - 128 :
					       (int32_t)bench_random();
	}
	memcpy(s->y, s->x, 4 * s->n);
	return true;
}

static void free_arrays(struct arrays *s)
{
	free(s->x);
	free(s->y);
	free(s->a);
	free(s->b);
	free(s->zp);
}

static bool check_halves(const struct simd_array *array, bool bf16)
{
	for (unsigned int i = 0; i < 3000; i++) {
		struct arrays s;
		bool same;

		if (!make_arrays(&s))
			return false;
		simd_array_scalar.narrow(s.a, s.x, s.n, bf16);
		array->narrow(s.b, s.x, s.n, bf16);
		same = !memcmp(s.a, s.b, 2 * s.n);
		for (unsigned int k = 0; k < s.n; k++) { /* all codes, over the runs */
			uint16_t code = (uint16_t)(i * 64 + k);

			memcpy(s.a + 2 * k, &code, 2);
		}
		simd_array_scalar.widen(s.x, s.a, s.n, bf16);
		array->widen(s.y, s.a, s.n, bf16);
		same = same && !memcmp(s.x, s.y, 4 * s.n);
		free_arrays(&s);
		if (!same)
			return false;
	}
	return true;
}

static bool check_to_8(const struct simd_array *array)
{
	for (unsigned int i = 0; i < 3000; i++) {
		int32_t lo = (int32_t)bench_range(0, 255) - 128;
		int32_t hi = lo + (int32_t)bench_range(0, (uint32_t)(255 - lo));
		struct arrays s;
		bool same;

		if (!make_arrays(&s))
			return false;
		simd_array_scalar.to_8(s.a, s.x, s.zp, s.n, lo, hi);
		array->to_8(s.b, s.x, s.zp, s.n, lo, hi);
		same = !memcmp(s.a, s.b, s.n);
		simd_array_scalar.store(s.a, s.x, s.n);
		array->store(s.b, s.x, s.n);
		same = same && !memcmp(s.a, s.b, 4 * s.n);
		free_arrays(&s);
		if (!same)
			return false;
	}
	return true;
}

static bool check_lookup(const struct simd_array *array, uint32_t flags)
{
	static struct pe_lut lut;

	for (unsigned int i = 0; i < 2000; i++) {
		struct arrays s;
		bool same;

		if (!make_arrays(&s))
			return false;
		memset(&lut.head, 0, sizeof(lut.head));
		lut.head.flags = flags;
		lut.head.segments = bench_range(0, 1) ? bench_range(1, 512) : bench_range(1, 5);
		lut.head.lo = bench_range(0, 7) ? (float)bench_range(0, 99) - 50 : -3e38f;
		lut.head.inv_step = bench_range(0, 7) ? (float)bench_range(1, 99) / 8 : 3e38f;
		if (flags & MTIA_LUT_LOG) {
			lut.head.shift = bench_range(1, 23);
			lut.head.base = bench_range(0, 3) ?
						(bench_range(90, 140) << 23) >> lut.head.shift :
						(uint32_t)bench_random();
		}
		lut.head.negative = odd_float();
		lut.head.below = odd_float();
		lut.head.above = odd_float();
		lut.head.slope_below = bench_range(0, 1) ? odd_float() : 0;
		lut.head.slope_above = bench_range(0, 1) ? odd_float() : 0;
		for (unsigned int k = 0; k < 4 * MTIA_SE_LUT_SEGMENTS; k++)
			lut.c[k] = odd_float();
		simd_array_scalar.lookup(s.x, s.n, &lut);
		array->lookup(s.y, s.n, &lut);
		/* NaNs are made canonical when they are stored. */
		simd_array_scalar.store(s.a, s.x, s.n);
		simd_array_scalar.store(s.b, s.y, s.n);
		same = !memcmp(s.a, s.b, 4 * s.n);
		free_arrays(&s);
		if (!same)
			return false;
	}
	return true;
}

/* The definition itself, on values worked out by hand. */
static void check_definition(void)
{
	int32_t bank[1024] __attribute__((aligned(64))) = {0};
	uint8_t kept[1024], stream[1024], u8[32];
	struct simd_cols cols = {0};
	struct simd_clamp clamp = {.zero_point = 3, .min = 0, .max = 255};
	float f32[32];
	uint32_t bits;

	memset(kept, 0x80, sizeof(kept));
	memset(stream, 0xff, sizeof(stream));
	pe_simd_scalar.mml(bank, kept, stream, 32, 32, 32, true, false);
	tap_u64((uint32_t)bank[0], (uint32_t)(32 * 255 * -128), "u8 255 x s8 -128, 32 deep");
	bank[0] = INT32_MAX;
	pe_simd_scalar.mml(bank, kept, stream, 1, 1, 1, true, true);
	tap_u64((uint32_t)bank[0], 0x8000007fu, "accumulation wraps");

	for (unsigned int j = 0; j < 32; j++)
		bank[j] = 0;
	bank[0] = 5, cols.scale[0] = 0.5f; /* 2.5 -> 2 */
	bank[1] = 7, cols.scale[1] = 0.5f; /* 3.5 -> 4 */
	bank[2] = 1, cols.scale[2] = NAN;
	bank[3] = 1, cols.scale[3] = INFINITY;
	bank[4] = -1, cols.scale[4] = INFINITY;
	bank[5] = 100, cols.scale[5] = 1, cols.offset[5] = 11, cols.zero_point[5] = 7;
	pe_simd_scalar.requant(u8, bank, &cols, 2, &clamp);
	tap_ok(u8[0] == 5 && u8[1] == 7, "rounding to nearest even, zero point after it");
	tap_ok(u8[2] == 3 && u8[3] == 255 && u8[4] == 0, "NaN counts as 0, infinities saturate");
	tap_u64(u8[5], 100 + 11 - 14 + 3, "offset and row sum");
	pe_simd_scalar.dequant(f32, bank, &cols, 2, true);
	memcpy(&bits, &f32[2], 4);
	tap_u64(bits, SIMD_NAN, "ReLU keeps NaN, in its canonical form");
	tap_ok(f32[4] == 0 && !signbit(f32[4]) && f32[5] == 97.0f, "ReLU clears what is negative");
}

int main(void)
{
	const struct pe_simd *levels[] = {pe_simd_select(MTIA_ISA_SCALAR),
					  pe_simd_select(MTIA_ISA_AVX2),
					  pe_simd_select(MTIA_ISA_AVX512)};
	static const char *const names[] = {"scalar", "avx2", "avx512"};

	tap_ok(levels[0] == &pe_simd_scalar, "the cap is obeyed");
	check_definition();
	for (unsigned int i = 1; i < 3; i++) {
		const struct pe_simd *s = levels[i];

		if (strcmp(s->name, names[i])) {
			tap_skip("this host lacks it", "%s", names[i]);
			continue;
		}
		for (unsigned int c = 0; c < 4; c++)
			tap_ok(check_mml(s, c & 1, c & 2), "%s: mml kept %c8 streamed %c8", s->name,
			       c & 1 ? 's' : 'u', c & 2 ? 's' : 'u');
		tap_ok(check_mml_half(s, false), "%s: mml f16", s->name);
		tap_ok(check_mml_half(s, true), "%s: mml bf16", s->name);
		tap_ok(check_add(s), "%s: add", s->name);
		tap_ok(check_out(s, true), "%s: requant", s->name);
		tap_ok(check_out(s, false), "%s: dequant", s->name);
		tap_ok(check_rows(s, false), "%s: rows", s->name);
		tap_ok(check_rows(s, true), "%s: rows with denormals, infinities, NaN", s->name);
		tap_ok(check_rows_float(s, false), "%s: rows of f32", s->name);
		tap_ok(check_rows_float(s, true), "%s: rows of f16", s->name);
		tap_ok(check_scale(s), "%s: scale", s->name);
		tap_ok(check_rowsum(s), "%s: rowsum", s->name);
		tap_ok(check_halves(s->array, false), "%s: arrays of FP16", s->name);
		tap_ok(check_halves(s->array, true), "%s: arrays of BF16", s->name);
		tap_ok(check_to_8(s->array), "%s: arrays to 8 bits, and stored", s->name);
		for (uint32_t flags = 0; flags < 12; flags++)
			tap_ok(check_lookup(s->array, flags), "%s: lookup, flags %u", s->name,
			       flags);
	}
	return tap_done();
}

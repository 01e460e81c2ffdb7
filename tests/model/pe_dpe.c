// SPDX-License-Identifier: GPL-2.0
/*
 * DPE and what takes its FP16 and BF16 results: strides, the order of the sum, FP32 banks over the
 * links and out through SE, what DPE holds of its operands, self-stepping offsets. Random shapes on
 * rings that wrap, against plain C; the conversions are those that pe_half proves.
 */
#include <math.h>

#include "model/pe/half.h"
#include "pe_ring.h"

#define RUNS 200

enum { CB_KEPT, CB_STREAM, CB_DST, CB_BIAS };

static uint32_t acc[32][32]; /* bits */

static float float_of(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static uint32_t bits_of(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return x != x ? 0x7fc00000 : bits;
}

/* Halves between 2^-10 and 2^10, or any code: infinities, NaN, subnormal numbers. */
static void fill_halves(uint32_t from, uint32_t bytes, bool bf16, bool wild)
{
	for (uint32_t i = from; i < from + bytes; i += 2) {
		uint16_t x = (uint16_t)bench_random();

		if (!wild)
			x = bf16 ? (x & 0x83ff) | 0x3c00 : (x & 0xa3ff) | 0x1800;
		memcpy(&want[i], &x, 2);
	}
}

static float half_at(unsigned int cb, uint64_t off, bool bf16)
{
	uint16_t x;

	get(cb, off, &x, 2);
	return float_of(bf16 ? f32_from_bf16(x) : f32_from_f16(x));
}

struct mml {
	uint32_t m, n, k, off0, off1, stride0, stride1, flags;
};

static void expect_mml(const struct mml *t, uint32_t type)
{
	uint32_t s0 = t->stride0 ? t->stride0 : 32, s1 = t->stride1 ? t->stride1 : 32;
	bool bf16 = type == MTIA_TYPE_BF16;

	for (unsigned int m = 0; m < t->m; m++) {
		for (unsigned int n = 0; n < t->n; n++) {
			uint64_t kept = t->off0 + s0 * n, stream = t->off1 + s1 * m;

			if (type == MTIA_TYPE_I8) {
				for (unsigned int k = 0; k < t->k; k++) {
					uint8_t x = want[at(CB_KEPT, kept + k)];
					uint8_t y = want[at(CB_STREAM, stream + k)];
					int a = t->flags & MTIA_F_SIGNED0 ? (int8_t)x : x;
					int c = t->flags & MTIA_F_SIGNED1 ? (int8_t)y : y;

					acc[m][n] += (uint32_t)(a * c);
				}
				continue;
			}
			for (unsigned int k = 0; k < t->k; k += 2)
				acc[m][n] = bits_of(fmaf(half_at(CB_STREAM, stream + k, bf16),
							 half_at(CB_KEPT, kept + k, bf16),
							 float_of(acc[m][n])));
		}
	}
}

/* A bank from a bias and a few MMLs on top, each with strides of its own. */
static void make_bank(struct prog *p, unsigned int bank, unsigned int mmls, uint32_t type)
{
	struct mml t[4];
	uint32_t need0 = 0, need1 = 0, bias_n = bench_range(1, 32);
	uint32_t bias[32] = {0};

	make_ring(p, CB_BIAS, 0x18000, 0x800, 4 * bias_n, bench_range(0, 99), 1);
	get(CB_BIAS, 0, bias, 4 * bias_n);
	if (bench_range(0, 3)) { /* else any bits */
		for (unsigned int i = 0; i < bias_n; i++) {
			bias[i] = bits_of((float)bench_range(0, 2000) / 8 - 100);
			for (unsigned int c = 0; c < 4; c++)
				want[at(CB_BIAS, 4 * i + c)] = (uint8_t)(bias[i] >> 8 * c);
		}
	}
	p_csr(p, MTIA_CSR_CB0, CB_BIAS);
	p_csr(p, MTIA_CSR_OFF0, 0);
	p_csr(p, MTIA_CSR_N, bias_n);
	p_csr(p, MTIA_CSR_FLAGS, MTIA_F_BIAS);
	p_issue(p, MTIA_OP_RE_INIT, 1u << bank, 0);
	for (unsigned int i = 0; i < 32; i++)
		memcpy(acc[i], bias, sizeof(bias));

	for (unsigned int i = 0; i < mmls; i++) {
		uint32_t s0 = bench_range(0, 4), s1 = bench_range(0, 4), end;

		t[i] = (struct mml){bench_range(1, 32),	     bench_range(1, 32),
				    bench_range(1, 32),	     32 * bench_range(0, 40),
				    32 * bench_range(0, 40), 32 * s0,
				    32 * s1,		     MTIA_F_TYPE0(type) | MTIA_F_TYPE1(type)};
		if (type == MTIA_TYPE_I8)
			t[i].flags |= bench_range(0, 3);
		else
			t[i].k = 2 * ((t[i].k + 1) / 2);
		end = t[i].off0 + (t[i].n - 1) * 32 * (s0 ? s0 : 1) + 32;
		if (end > need0)
			need0 = end;
		end = t[i].off1 + (t[i].m - 1) * 32 * (s1 ? s1 : 1) + 32;
		if (end > need1)
			need1 = end;
	}
	make_ring(p, CB_KEPT, 0x1000, 0x4000, need0, 0, 32);
	make_ring(p, CB_STREAM, 0x5000, 0x4000, need1, 64, 32);
	p_csr(p, MTIA_CSR_CB0, CB_KEPT);
	p_csr(p, MTIA_CSR_CB1, CB_STREAM);
	for (unsigned int i = 0; i < mmls; i++) {
		p_csr(p, MTIA_CSR_M, t[i].m);
		p_csr(p, MTIA_CSR_N, t[i].n);
		p_csr(p, MTIA_CSR_K, t[i].k);
		p_csr(p, MTIA_CSR_FLAGS, t[i].flags);
		p_csr(p, MTIA_CSR_STRIDE0, t[i].stride0);
		p_csr(p, MTIA_CSR_STRIDE1, t[i].stride1);
		p_csr(p, MTIA_CSR_OFF0, 0);
		p_csr(p, MTIA_CSR_OFF1, t[i].off1);
		p_issue(p, MTIA_OP_MML, bank, t[i].off0);
		expect_mml(&t[i], type);
	}
}

/* What SE_BANK makes of one number, into `to`; its bytes. */
static uint32_t expect_bank(uint32_t bits, uint32_t flags, const uint64_t imm[3], uint8_t *to)
{
	float x = float_of(bits), p;
	uint32_t type = flags / MTIA_F_TYPED(1) & 7;
	int64_t q = 0, lo = (int16_t)imm[2], hi = (int16_t)(imm[2] >> 16);
	uint16_t half;

	if (flags & MTIA_F_RELU)
		x = x > 0 || x != x ? x : 0.0f;
	if (flags & MTIA_F_QUANT) {
		p = x * float_of((uint32_t)imm[0]);
		if (p == p)
			q = p >= 0x1p31f ? INT32_MAX : p < -0x1p31f ? INT32_MIN : llrintf(p);
		q += (int32_t)imm[1];
		*to = (uint8_t)(q < lo ? lo : q > hi ? hi : q);
		return 1;
	}
	bits = bits_of(x);
	if (type == MTIA_TYPE_F16 || type == MTIA_TYPE_BF16) {
		half = type == MTIA_TYPE_F16 ? f16_from_f32(bits) : bf16_from_f32(bits);
		memcpy(to, &half, 2);
		return 2;
	}
	memcpy(to, &bits, 4);
	return 4;
}

static bool test_product(struct bench *b, uint32_t type)
{
	static const uint32_t out[] = {0,
				       MTIA_F_TYPED(MTIA_TYPE_F32),
				       MTIA_F_TYPED(MTIA_TYPE_F16),
				       MTIA_F_TYPED(MTIA_TYPE_BF16),
				       MTIA_F_QUANT};

	for (unsigned int i = 0; i < RUNS; i++) {
		uint32_t m = bench_range(1, 32), n = bench_range(1, 32), bank = bench_range(0, 3);
		bool store = type == MTIA_TYPE_I8 || bench_range(0, 3) == 0;
		uint32_t flags = out[bench_range(0, 4)] | (bench_range(0, 1) ? MTIA_F_RELU : 0);
		uint32_t es = store || flags / MTIA_F_TYPED(1) % 8 == MTIA_TYPE_F32 ? 4
			      : flags & MTIA_F_QUANT				    ? 1
			      : flags / MTIA_F_TYPED(1) % 8			    ? 2
										    : 4;
		uint32_t stride = es * (n + bench_range(0, 3)), off = bench_range(0, 100);
		int16_t lo = (int16_t)((int)bench_range(0, 200) - 128), hi = lo + 50;
		uint64_t imm[3] = {bits_of((float)bench_range(1, 100) / 16), bench_range(0, 200),
				   (uint16_t)lo | (uint64_t)(uint16_t)hi << 16};
		static struct prog p;
		static uint8_t before[LS];

		p.n = 0;
		scramble();
		if (type != MTIA_TYPE_I8)
			fill_halves(0x1000, 0x8000, type == MTIA_TYPE_BF16, i % 4 == 0);
		make_bank(&p, bank, i % 5, type);
		memcpy(before, want, LS);
		make_ring(&p, CB_DST, 0xa000, 0x8000, bench_range(0, 300),
			  off + (m - 1) * stride + es * n, 1);
		p_csr(&p, MTIA_CSR_M, m);
		p_csr(&p, MTIA_CSR_N, n);
		p_csr(&p, MTIA_CSR_OFFD, off);
		p_csr(&p, MTIA_CSR_STRIDE_CB, stride == es * n ? 0 : stride);
		p_csr(&p, MTIA_CSR_FLAGS, flags);
		for (unsigned int c = 0; c < 3; c++)
			p_csr(&p, MTIA_CSR_IMM0 + c, imm[c]);
		p_issue(&p, store ? MTIA_OP_RE_STORE : MTIA_OP_SE_BANK, bank, CB_DST);
		for (unsigned int r = 0; r < m; r++) {
			for (unsigned int c = 0; c < n; c++) {
				uint8_t x[4];

				memcpy(x, &acc[r][c], 4);
				if (!store)
					expect_bank(acc[r][c], flags, imm, x);
				put(CB_DST, off + r * stride + c * es, x, es);
			}
		}
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

/* PE 0 sends banks of any bits to PE 1, which adds them to its own. */
static void test_recvf(struct bench *b)
{
	static struct prog a, none;
	uint32_t mine[32], theirs[32], got[32 * 32], special[] = {0x7f800000, 0xff800000, 0x7fa00001,
								  0x80000000, 1, 0x7f7fffff};
	struct pe_status st;
	bool same = true;

	for (unsigned int i = 0; i < 32; i++) {
		mine[i] = i < 12 ? special[i % 6] : bits_of((float)i / 3);
		theirs[i] = i < 12 ? special[i / 2] : (uint32_t)bench_random();
	}
	for (unsigned int pe = 0; pe < 2; pe++) {
		a.n = none.n = 0;
		p_init(&a, CB_BIAS, 0x1000, 128);
		p_init(&a, CB_DST, 0x2000, 4096);
		p_issue(&a, MTIA_OP_CB_PUSH, CB_BIAS, 128);
		p_csr(&a, MTIA_CSR_CB0, CB_BIAS);
		p_csr(&a, MTIA_CSR_M, 32);
		p_csr(&a, MTIA_CSR_N, 32);
		p_csr(&a, MTIA_CSR_FLAGS, MTIA_F_BIAS);
		p_issue(&a, MTIA_OP_RE_INIT, 2, 0);
		if (pe)
			p_issue(&a, MTIA_OP_RE_RECVF, 2, MTIA_DIR_EAST);
		else
			p_issue(&a, MTIA_OP_RE_SEND, 2, MTIA_DIR_EAST);
		p_issue(&a, MTIA_OP_RE_STORE, 1, CB_DST);
		p_fence(&a);
		p_exit(&a, 0);
		memcpy(bench_ls(b, pe) + 0x1000, pe ? mine : theirs, 128);
		bench_start(b, pe, &a, &none, 1, 2);
	}
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE, "a bank of FP32 goes east");
	memcpy(got, bench_ls(b, 1) + 0x2000, sizeof(got));
	for (unsigned int i = 0; i < 32 * 32; i++)
		same &= got[i] == bits_of(float_of(mine[i % 32]) + float_of(theirs[i % 32]));
	tap_ok(same, "and is added to the receiver's, one rounding, NaN canonical");
	memcpy(got, bench_ls(b, 0) + 0x2000, sizeof(got));
	for (unsigned int i = 0; i < 32 * 32; i++)
		same &= got[i] == theirs[i % 32];
	tap_ok(same, "INIT, SEND and STORE keep all 32 bits");
	bench_reset(b);
	a.n = 0;
	p_issue(&a, MTIA_OP_RE_RECVF, 1, MTIA_DIR_EAST);
	bench_one(b, &a, NULL);
	pe_get_status(b->pe[0], &st);
	tap_ok(st.fault_cause == MTIA_CAUSE_LINK &&
		       st.fault_tval == (MTIA_DIR_EAST | MTIA_OP_RE_RECVF << 8),
	       "RECVF over the edge of the sub-grid traps");
	bench_reset(b);
}

/* ---- What DPE holds -------------------------------------------------------------------------- */

static void operands(struct prog *p)
{
	p->n = 0;
	p_init(p, CB_KEPT, 0x1000, 0x1000);
	p_init(p, CB_STREAM, 0x2000, 0x1000);
	p_issue(p, MTIA_OP_CB_PUSH, CB_KEPT, 0x1000);
	p_issue(p, MTIA_OP_CB_PUSH, CB_STREAM, 0x1000);
	p_csr(p, MTIA_CSR_CB0, CB_KEPT);
	p_csr(p, MTIA_CSR_CB1, CB_STREAM);
	p_csr(p, MTIA_CSR_M, 32);
	p_csr(p, MTIA_CSR_N, 32);
	p_csr(p, MTIA_CSR_K, 32);
	p_issue(p, MTIA_OP_RE_INIT, 0xf, 0);
}

static void mml(struct prog *p, uint32_t off0, uint32_t off1)
{
	p_issue(p, MTIA_OP_MML, 0, off0 | (uint64_t)off1 << 32);
}

/* Blocks found in place, of a program that operands() began. */
static uint64_t hits(struct bench *b, struct prog *p, uint64_t *cycles)
{
	struct pe_counters before, after;
	struct pe_status st;

	p_fence(p);
	p_exit(p, 0);
	pe_get_counters(b->pe[0], &before);
	bench_one(b, p, NULL);
	pe_get_counters(b->pe[0], &after);
	pe_get_status(b->pe[0], &st);
	if (cycles)
		*cycles = st.busy_cycles;
	if (st.status != MTIA_PE_DONE)
		return UINT64_MAX;
	bench_reset(b);
	return after.dpe_hits - before.dpe_hits;
}

static void test_held(struct bench *b)
{
	static struct prog p;
	uint64_t same, other;

	operands(&p);
	mml(&p, 0, 0);
	tap_u64(hits(b, &p, NULL), 0, "the first MML of a launch finds nothing");
	operands(&p);
	mml(&p, 0, 0);
	mml(&p, 0, 1024);
	tap_u64(hits(b, &p, NULL), 1, "the kept block stays");
	operands(&p);
	mml(&p, 0, 0);
	mml(&p, 1024, 0);
	mml(&p, 0, 0);
	tap_u64(hits(b, &p, NULL), 2, "the streamed block too; one of each is held, not two");
	operands(&p);
	mml(&p, 1024, 1024);
	p_issue(&p, MTIA_OP_CB_POP, CB_KEPT, 1024);
	p_issue(&p, MTIA_OP_CB_POP, CB_STREAM, 512);
	mml(&p, 0, 512);
	tap_u64(hits(b, &p, NULL), 2, "a POP does not move the block");
	operands(&p);
	mml(&p, 0, 0);
	p_csr(&p, MTIA_CSR_N, 7);
	p_csr(&p, MTIA_CSR_M, 7);
	mml(&p, 0, 0);
	p_csr(&p, MTIA_CSR_STRIDE0, 64);
	mml(&p, 0, 0);
	tap_u64(hits(b, &p, NULL), 3, "fewer rows are part of it, other strides are not");
	operands(&p);
	mml(&p, 0, 0);
	p_init(&p, CB_KEPT, 0x1000, 0x1000);
	p_issue(&p, MTIA_OP_CB_PUSH, CB_KEPT, 0x1000);
	mml(&p, 0, 0);
	tap_u64(hits(b, &p, NULL), 1, "CB_INIT ends it");
	operands(&p);
	mml(&p, 0, 0);
	p_issue(&p, MTIA_OP_CB_POP, CB_STREAM, 0x1000);
	p_issue(&p, MTIA_OP_CB_PUSH, CB_STREAM, 0x1000);
	mml(&p, 0, 0);
	tap_u64(hits(b, &p, NULL), 1, "the same place a lap later is another block");

	operands(&p);
	p_csr(&p, MTIA_CSR_M, 1);
	for (unsigned int i = 0; i < 20; i++)
		mml(&p, 0, 0);
	hits(b, &p, &same);
	operands(&p);
	p_csr(&p, MTIA_CSR_M, 1);
	for (unsigned int i = 0; i < 20; i++)
		mml(&p, 1024 * (i & 1), 0);
	hits(b, &p, &other);
	tap_ok(other >= same + 19 * 24, "and saves the load of its rows (%llu, %llu cycles)",
	       (unsigned long long)same, (unsigned long long)other);
}

/* ---- Offsets that step ----------------------------------------------------------------------- */

static void test_auto(struct bench *b)
{
	static struct prog p;
	static uint8_t image[LS], explicit[4096];
	uint64_t off[2];
	bool same = true;

	for (unsigned int i = 0; i < LS; i++)
		image[i] = (uint8_t)bench_random();
	for (unsigned int step = 0; step < 2; step++) {
		operands(&p);
		p_init(&p, CB_DST, 0x3000, 4096);
		p_csr(&p, MTIA_CSR_OFF0, step ? 2048 : 0);
		p_csr(&p, MTIA_CSR_OFF1, 0);
		p_csr(&p, MTIA_CSR_AUTO0, (uint32_t)-1024);
		p_csr(&p, MTIA_CSR_AUTO1, 512);
		p_csr(&p, MTIA_CSR_FLAGS, MTIA_F_SIGNED0 | (step ? MTIA_F_AUTO : 0));
		for (unsigned int i = 0; i < 3; i++)
			mml(&p, 32 + (step ? 0 : 2048 - 1024 * i), step ? 0 : 512 * i);
		p_csr_read(&p, A0, MTIA_CSR_OFF0);
		p_keep(&p, A0, 0x5000);
		p_csr_read(&p, A0, MTIA_CSR_OFF1);
		p_keep(&p, A0, 0x5008);
		p_issue(&p, MTIA_OP_RE_STORE, 0, CB_DST);
		p_fence(&p);
		p_exit(&p, 0);
		memcpy(bench_ls(b, 0), image, LS);
		same &= bench_one(b, &p, NULL) == BENCH_ALL_DONE;
		if (!step)
			memcpy(explicit, bench_ls(b, 0) + 0x3000, sizeof(explicit));
		else
			same &= !memcmp(explicit, bench_ls(b, 0) + 0x3000, sizeof(explicit));
		memcpy(off, bench_ls(b, 0) + 0x5000, sizeof(off));
		bench_reset(b);
	}
	tap_ok(same, "MML with AUTO steps as explicit offsets do");
	tap_ok(off[0] == (uint32_t)-1024 && off[1] == 3 * 512,
	       "and leaves the next ones in the CSRs, 32 bits of them");
}

int main(void)
{
	static const char *const name[] = {"INT8", "FP16", "BF16"};
	struct bench *b = bench_create(256, MTIA_ISA_AUTO);
	struct bench *plus = bench_create_caps(256, MTIA_ISA_AUTO, MTIA_CAP_MML_AUTO);

	for (uint32_t type = 0; type < 3; type++)
		tap_ok(test_product(b, type), "%s: products with strides, out through RE and SE",
		       name[type]);
	test_recvf(b);
	test_held(b);
	test_auto(plus);
	bench_destroy(plus);
	bench_destroy(b);
	return tap_done();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Random streams in the interpreter and in qemu-riscv64: same registers, flags and memory.
 *
 * usage: diff QEMU RUNNER [STREAMS [SEED]]
 *
 * Each stream runs in qemu once and in the interpreter several times: computed goto and switch; in
 * slices of a few cycles; with the data in a window that is not the first; with the data behind bus
 * callbacks, which also stall now and then (streams without misaligned accesses). Every seventh is
 * also single-stepped, to count which instructions were executed.
 */
#include <inttypes.h>

#include "fault_bus.h"
#include "guest.h"
#include "oracle.h"
#include "rv_insn.h"
#include "stream.h"

#define STREAMS		30000
#define MAX_STEPS	200000	/* cycles a stream may take */

struct machine {
	uint8_t code[STREAM_CODE_SIZE];
	union {
		struct stream_data data;
		uint8_t bytes[4096];
	};
	unsigned int stall;		/* every n-th bus access stalls once, 0: none */
	unsigned int accesses;
	bool stalled;
};

static uint64_t executed[RV_NR_INSNS + 1], executed_c[RV_NR_CINSNS + 1];

/* ---- bus: the data page ------------------------------------------------------------------- */

static bool stall_now(struct machine *m)
{
	if (m->stalled) {
		m->stalled = false;
		return false;
	}
	m->stalled = m->stall && ++m->accesses % m->stall == 0;
	return m->stalled;
}

static uint8_t *data_at(struct machine *m, uint64_t addr, unsigned int size)
{
	uint64_t off = addr - STREAM_DATA;

	return off <= sizeof(m->bytes) - size ? m->bytes + off : NULL;
}

static enum rv_result bus_load(void *ctx, uint64_t addr, unsigned int size, uint64_t *val,
			       struct rv_exc *exc)
{
	uint8_t *p = data_at(ctx, addr, size);

	(void)exc;
	if (!p)
		return RV_FAULT;
	if (stall_now(ctx))
		return RV_STALL;
	*val = 0;
	memcpy(val, p, size);
	return RV_OK;
}

static enum rv_result bus_store(void *ctx, uint64_t addr, unsigned int size, uint64_t val,
				struct rv_exc *exc)
{
	uint8_t *p = data_at(ctx, addr, size);

	(void)exc;
	if (!p)
		return RV_FAULT;
	if (stall_now(ctx))
		return RV_STALL;
	memcpy(p, &val, size);
	return RV_OK;
}

static enum rv_result bus_amo(void *ctx, uint64_t addr, unsigned int size, enum rv_amo op,
			      uint64_t operand, uint64_t *old, struct rv_exc *exc)
{
	uint8_t *p = data_at(ctx, addr, size);
	uint64_t now = 0, expected = *old, new;

	(void)exc;
	if (!p)
		return RV_FAULT;
	if (stall_now(ctx))
		return RV_STALL;
	memcpy(&now, p, size);
	*old = now;
	if (op == RV_AMO_LR)
		return RV_OK;
	if (op == RV_AMO_SC) {
		*old = now != expected;
		if (now == expected)
			memcpy(p, &operand, size);
		return RV_OK;
	}
	new = rv_amo_apply(op, size, now, operand);
	memcpy(p, &new, size);
	return RV_OK;
}

static enum rv_result bus_fetch(void *ctx, uint64_t vaddr, uint64_t *key, const void **host,
				struct rv_exc *exc)
{
	struct machine *m = ctx;
	uint64_t off = vaddr - STREAM_CODE;

	(void)exc;
	if (off >= STREAM_CODE_SIZE)
		return RV_FAULT;
	*key = vaddr;
	*host = m->code + off;
	return RV_OK;
}

static const struct rv_bus bus = {
	bus_load, bus_store, bus_amo, bus_fetch, fault_csr_read, fault_csr_write, fault_custom0,
};

/* ---- one run in the interpreter ------------------------------------------------------------ */

enum where { FIRST_WINDOW, THIRD_WINDOW, ON_BUS };

struct way {
	const char *name;
	rv_run_fn run;
	enum where data;
	unsigned int slice;		/* cycles a call, 0: all at once */
	unsigned int every;		/* used on every n-th stream */
};

static const struct way ways[] = {
	{ "computed goto", rv_run, FIRST_WINDOW, 0, 1 },
	{ "switch", rv_run_switch, FIRST_WINDOW, 0, 1 },
	{ "slices", rv_run, FIRST_WINDOW, 13, 2 },
	{ "slices, switch", rv_run_switch, FIRST_WINDOW, 7, 5 },
	{ "third window", rv_run, THIRD_WINDOW, 0, 3 },
	{ "bus with stalls", rv_run, ON_BUS, 0, 1 },
	{ "bus with stalls, switch, slices", rv_run_switch, ON_BUS, 29, 3 },
	{ "single steps", rv_run, FIRST_WINDOW, 1, 7 },
};

#define NWAYS (sizeof(ways) / sizeof(*ways))

static void count(const struct machine *m, uint64_t pc)
{
	uint32_t insn;

	if (pc - STREAM_CODE > STREAM_CODE_SIZE - 4)
		return;
	memcpy(&insn, m->code + (pc - STREAM_CODE), 4);
	if (rv_insn_len(insn) == 2) {
		executed_c[rv_lookup_c(insn)]++;
		insn = rv_expand_c(insn);
	}
	executed[rv_lookup(insn)]++;
}

/* Instructions and cycles of the first way; all others must take as many. */
struct times {
	uint64_t cycle, instret;
};

static bool run(const struct way *way, struct rv_icache *ic, struct machine *m,
		const struct stream *s, struct stream_result *result, struct times *times)
{
	static uint8_t elsewhere[64];
	struct rv_window data = { .base = STREAM_DATA, .size = sizeof(m->bytes), .host = m->bytes,
				  .perms = RV_R | RV_W };
	struct rv_config cfg = { .bus = &bus, .ctx = m, .icache = ic };
	struct rv_hart hart;
	enum rv_stop stop = RV_STOP_BUDGET;

	if (way->data == FIRST_WINDOW) {
		cfg.windows[cfg.nwindows++] = data;
	} else if (way->data == THIRD_WINDOW) {
		cfg.windows[0] = (struct rv_window){ .base = 0x1000, .size = 64, .host = elsewhere,
						     .perms = RV_R };
		cfg.windows[1] = (struct rv_window){ .base = UINT64_MAX - 63, .size = 64,
						     .host = elsewhere, .perms = RV_R };
		cfg.windows[2] = data;
		cfg.nwindows = 3;
	}
	memcpy(m->code + s->in.code_offset, s->code, s->in.code_size);
	m->data = s->in.data;
	m->data.return_to = 8;		/* nothing there: the fetch fault ends the stream */
	m->stall = way->data == ON_BUS ? 3 : 0;
	m->accesses = 0;
	m->stalled = false;

	if (rv_init(&hart, &cfg))
		return false;
	rv_reset(&hart, STREAM_CODE + s->in.code_offset);
	hart.s.x[10] = STREAM_DATA + STREAM_WINDOW / 2;
	while (stop == RV_STOP_BUDGET || stop == RV_STOP_STALL) {
		if (hart.s.cycle > MAX_STEPS)
			break;
		if (way->slice == 1)
			count(m, hart.s.pc);
		stop = way->run(&hart, way->slice ? hart.s.cycle + way->slice : UINT64_MAX);
	}
	rv_fini(&hart);
	memcpy(result->window, m->data.window, sizeof(result->window));
	memcpy(result->regs, m->data.regs, sizeof(result->regs));
	memcpy(result->fregs, m->data.fregs, sizeof(result->fregs));
	result->fcsr = m->data.fcsr;
	if (stop != RV_STOP_HALT || hart.s.halt_cause != RV_CAUSE_FETCH_FAULT ||
	    hart.s.halt_pc != 8) {
		fprintf(stderr, "#   stop %d, cause %" PRIu64 ", pc 0x%" PRIx64 ", tval 0x%" PRIx64
			"\n", stop, hart.s.halt_cause, hart.s.halt_pc, hart.s.halt_tval);
		return false;
	}
	if (!times->cycle) {
		times->cycle = hart.s.cycle;
		times->instret = hart.s.instret;
	} else if (times->cycle != hart.s.cycle || times->instret != hart.s.instret) {
		fprintf(stderr, "#   %" PRIu64 " instructions in %" PRIu64 " cycles, not %" PRIu64
			" in %" PRIu64 "\n", hart.s.instret, hart.s.cycle, times->instret,
			times->cycle);
		return false;
	}
	return true;
}

static void report(const struct stream *s, uint64_t seed, const struct way *way,
		   const struct stream_result *got, const struct stream_result *want)
{
	unsigned int i, n = 0;
	char text[64];

	fprintf(stderr, "# seed %" PRIu64 ", %s:\n", seed, way->name);
	for (i = 1; i < 32; i++)
		if (got->regs[i] != want->regs[i])
			fprintf(stderr, "#   x%u: got 0x%" PRIx64 ", want 0x%" PRIx64 "\n", i,
				got->regs[i], want->regs[i]);
	for (i = 0; i < 32; i++)
		if (got->fregs[i] != want->fregs[i])
			fprintf(stderr, "#   f%u: got 0x%" PRIx64 ", want 0x%" PRIx64 "\n", i,
				got->fregs[i], want->fregs[i]);
	if (got->fcsr != want->fcsr)
		fprintf(stderr, "#   fcsr: got 0x%" PRIx64 ", want 0x%" PRIx64 "\n", got->fcsr,
			want->fcsr);
	for (i = 0; i < STREAM_WINDOW && n < 8; i++)
		if (got->window[i] != want->window[i] && ++n)
			fprintf(stderr, "#   window[%u]: got 0x%02x, want 0x%02x\n", i,
				got->window[i], want->window[i]);
	for (i = 0; i < s->in.code_size;) {
		uint64_t pc = STREAM_CODE + s->in.code_offset + i;
		uint32_t insn;

		memcpy(&insn, s->code + i, 4);
		i += rv_disasm(text, sizeof(text), insn, pc);
		fprintf(stderr, "#   %" PRIx64 ": %s\n", pc, text);
	}
}

static void check_coverage(void)
{
	unsigned int i, missing = 0, counted = 0;
	uint64_t total = 0, least = UINT64_MAX;

	for (i = 0; i < RV_VEC_FIRST; i++) {	/* vec_diff.c has the rest */
		if (not_in_streams(i))
			continue;
		counted++;
		total += executed[i];
		least = executed[i] < least ? executed[i] : least;
		if (!executed[i])
			missing++, fprintf(stderr, "#   never executed: %s\n", rv_insns[i].text);
	}
	tap_ok(!missing, "%u of %u instructions of user mode executed (%" PRIu64
	       " counted, the rarest %" PRIu64 " times)", counted - missing, counted, total, least);
	for (i = missing = 0, total = 0, least = UINT64_MAX; i < RV_NR_CINSNS; i++) {
		if (i == RV_C_EBREAK)
			continue;
		total += executed_c[i];
		least = executed_c[i] < least ? executed_c[i] : least;
		if (!executed_c[i])
			missing++, fprintf(stderr, "#   never executed: %s\n", rv_cop_name(i));
	}
	tap_ok(!missing, "%u of %u compressed instructions executed (%" PRIu64
	       " counted, the rarest %" PRIu64 " times)", RV_NR_CINSNS - 1 - missing,
	       RV_NR_CINSNS - 1, total, least);
}

int main(int argc, char **argv)
{
	unsigned int streams = argc > 3 ? strtoul(argv[3], NULL, 0) : STREAMS, i, w;
	uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 0) : 20230617;
	unsigned int ran[NWAYS] = { 0 }, bad[NWAYS] = { 0 };
	struct machine *m = calloc(1, sizeof(*m));
	struct stream_input end = { 0 };
	struct rv_icache *ic, *ic_switch;
	FILE *in = spool(), *out = spool();
	static struct stream s;

	if (argc < 3 || !m) {
		fprintf(stderr, "usage: %s QEMU RUNNER [STREAMS [SEED]]\n", argv[0]);
		return 2;
	}
	for (i = 0; i < streams; i++) {
		stream_make(&s, seed + i);
		fwrite(&s.in, sizeof(s.in), 1, in);
		fwrite(s.code, s.in.code_size, 1, in);
	}
	fwrite(&end, sizeof(end), 1, in);
	/* qemu before 8.2 spells it the first way */
	tap_ok(run_qemu(argv[1], "rv64,Zfh=true", argv[2], in, out) ||
	       run_qemu(argv[1], "rv64,zfh=true", argv[2], in, out), "%s ran %u streams", argv[1], streams);

	ic = rv_icache_create(8);
	ic_switch = rv_icache_create(0);
	for (i = 0; i < streams; i++) {
		struct stream_result want, got;
		struct times times = { 0 };

		if (fread(&want, sizeof(want), 1, out) != 1)
			break;
		stream_make(&s, seed + i);
		for (w = 0; w < NWAYS; w++) {
			if (i % ways[w].every || (ways[w].data == ON_BUS && !s.aligned))
				continue;
			ran[w]++;
			if (!run(&ways[w], ways[w].run == rv_run ? ic : ic_switch, m, &s, &got,
				 &times) ||
			    memcmp(got.window, want.window, sizeof(got.window)) ||
			    memcmp(got.fregs, want.fregs, sizeof(got.fregs)) ||
			    got.fcsr != want.fcsr ||
			    memcmp(got.regs + 1, want.regs + 1, sizeof(got.regs) - 8)) {
				if (!bad[w]++)
					report(&s, seed + i, &ways[w], &got, &want);
			}
		}
	}
	tap_u64(i, streams, "results of all streams compared");
	for (w = 0; w < NWAYS; w++)
		tap_ok(ran[w] && !bad[w], "%s: %u streams, %u differ", ways[w].name, ran[w],
		       bad[w]);
	check_coverage();
	rv_icache_destroy(ic);
	rv_icache_destroy(ic_switch);
	free(m);
	fclose(in);
	fclose(out);
	return tap_done();
}

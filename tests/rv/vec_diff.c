// SPDX-License-Identifier: GPL-2.0
/*
 * Random streams of vector instructions in the interpreter and in qemu-riscv64 with the same VLEN:
 * same registers, flags, memory and traps. diff.c is the same for scalar ones.
 *
 * usage: vec_diff QEMU RUNNER [STREAMS [SEED]]
 */
#include <inttypes.h>

#include "fault_bus.h"
#include "guest.h"
#include "oracle.h"
#include "rv_insn.h"
#include "vec_stream.h"

#define STREAMS		24000
#define BATCH		2000
#define MAX_CYCLES	1000000

#define RETURN_PC	8		/* nothing there: the fetch fault ends the stream */

struct machine {
	uint8_t code[VEC_CODE_SIZE];
	struct vec_data data;
	uint64_t return_to;
	unsigned int stall, accesses;	/* every n-th bus access stalls once, 0: none */
	bool stalled;
};

static uint64_t executed[RV_NR_INSNS + 1], trapped;

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
	uint64_t off = addr - VEC_DATA;

	return off <= sizeof(m->data) - size ? (uint8_t *)&m->data + off : NULL;
}

static enum rv_result bus_load(void *ctx, uint64_t addr, unsigned int size, uint64_t *val,
			       struct rv_exc *exc)
{
	struct machine *m = ctx;
	uint8_t *p = data_at(ctx, addr, size);

	(void)exc;
	if (addr == VEC_RETURN) {
		*val = m->return_to;
		return RV_OK;
	}
	if (!p)
		return RV_FAULT;
	if (stall_now(m))
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

static enum rv_result bus_fetch(void *ctx, uint64_t vaddr, uint64_t *key, const void **host,
				struct rv_exc *exc)
{
	struct machine *m = ctx;
	uint64_t off = vaddr - VEC_CODE;

	(void)exc;
	if (off >= VEC_CODE_SIZE)
		return RV_FAULT;
	*key = vaddr;
	*host = m->code + off;
	return RV_OK;
}

static const struct rv_bus bus = {
	bus_load, bus_store, fault_amo, bus_fetch, fault_csr_read, fault_csr_write, fault_custom0,
};

enum where { FIRST_WINDOW, THIRD_WINDOW, ON_BUS };

static const struct way {
	const char *name;
	rv_run_fn run;
	enum where data;
	unsigned int slice, every;
} ways[] = {
	{ "computed goto", rv_run, FIRST_WINDOW, 0, 1 },
	{ "switch", rv_run_switch, FIRST_WINDOW, 0, 2 },
	{ "slices", rv_run, FIRST_WINDOW, 13, 3 },
	{ "slices, switch", rv_run_switch, FIRST_WINDOW, 7, 5 },
	{ "third window", rv_run, THIRD_WINDOW, 0, 3 },
	{ "bus with stalls", rv_run, ON_BUS, 0, 1 },
	{ "bus with stalls, switch, slices", rv_run_switch, ON_BUS, 29, 3 },
	{ "single steps", rv_run, FIRST_WINDOW, 1, 1 },
};

#define NWAYS (sizeof(ways) / sizeof(*ways))

static uint32_t insn_at(const struct machine *m, uint64_t pc)
{
	uint32_t insn = 0;

	if (pc - VEC_CODE <= VEC_CODE_SIZE - 4)
		memcpy(&insn, m->code + (pc - VEC_CODE), 4);
	return insn;
}

/* Step over a trap that the stream may have; false: it is none of these. */
static bool step_over(struct rv_hart *hart, struct vec_result *result)
{
	struct rv_state *s = &hart->s;
	unsigned int kind;

	switch (s->halt_cause) {
	case RV_CAUSE_ILLEGAL:
		kind = VEC_TRAP_ILLEGAL;
		break;
	case RV_CAUSE_LOAD_FAULT:
	case RV_CAUSE_STORE_FAULT:
	case RV_CAUSE_LOAD_MISALIGNED:	/* on the bus past the end of memory, which counts first */
	case RV_CAUSE_STORE_MISALIGNED:
		kind = VEC_TRAP_ACCESS;
		break;
	default:
		return false;
	}
	vec_trap(result, kind, s->halt_pc);
	s->halted = 0;
	s->pc = s->halt_pc + 4;
	return true;
}

struct times {
	uint64_t cycle, instret;
};

static bool run(const struct way *way, struct rv_icache *ic, struct machine *m,
		const struct vec_stream *s, struct vec_result *result, struct times *times)
{
	static uint8_t elsewhere[64];
	struct rv_window data = { .base = VEC_DATA, .size = sizeof(m->data),
				  .host = (uint8_t *)&m->data, .perms = RV_R | RV_W };
	struct rv_config cfg = { .bus = &bus, .ctx = m, .icache = ic, .vector = true };
	static struct rv_hart hart;
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
	m->return_to = RETURN_PC;
	m->stall = way->data == ON_BUS ? 3 : 0;
	m->accesses = 0;
	m->stalled = false;
	memset(result, 0, sizeof(*result));

	if (rv_init(&hart, &cfg))
		return false;
	rv_reset(&hart, VEC_CODE + s->in.code_offset);
	hart.s.x[10] = VEC_DATA;
	for (;;) {
		uint64_t pc = hart.s.pc;

		stop = way->run(&hart, way->slice ? hart.s.cycle + way->slice : UINT64_MAX);
		if (way->slice == 1) {
			executed[rv_lookup(insn_at(m, pc))] += stop != RV_STOP_HALT;
			trapped += stop == RV_STOP_HALT;
		}
		if (hart.s.cycle > MAX_CYCLES || !rv_state_valid(&hart, &hart.s))
			break;
		if (stop == RV_STOP_HALT && !step_over(&hart, result))
			break;
	}
	rv_fini(&hart);
	memcpy(result->regs, m->data.regs, sizeof(result->regs));
	memcpy(result->fregs, m->data.fregs, sizeof(result->fregs));
	result->vtype = m->data.vtype;
	result->vcsr = m->data.vcsr;
	result->vstart = m->data.vstart;
	result->fcsr = m->data.fcsr;
	memcpy(result->v, m->data.v, sizeof(result->v));
	memcpy(result->window, m->data.window, sizeof(result->window));
	if (stop != RV_STOP_HALT || hart.s.halt_cause != RV_CAUSE_FETCH_FAULT ||
	    hart.s.halt_pc != RETURN_PC) {
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

static void report(const struct vec_stream *s, uint64_t seed, const struct way *way,
		   const struct vec_result *got, const struct vec_result *want)
{
	unsigned int i, j, n = 0;
	char text[64];

	fprintf(stderr, "# seed %" PRIu64 ", %s:\n", seed, way->name);
	for (i = 0; i < 32; i++) {
		if (got->regs[i] != want->regs[i])
			fprintf(stderr, "#   %s%u: got 0x%" PRIx64 ", want 0x%" PRIx64 "\n",
				i ? "x" : "vl, x", i, got->regs[i], want->regs[i]);
		if (got->fregs[i] != want->fregs[i])
			fprintf(stderr, "#   f%u: got 0x%" PRIx64 ", want 0x%" PRIx64 "\n", i,
				got->fregs[i], want->fregs[i]);
	}
	fprintf(stderr, "#   vtype 0x%" PRIx64 " 0x%" PRIx64 ", vcsr %" PRIu64 " %" PRIu64 ", vstart %"
		PRIu64 " %" PRIu64 ", fcsr 0x%" PRIx64 " 0x%" PRIx64 ", traps %" PRIu64 " %" PRIu64
		"\n", got->vtype, want->vtype, got->vcsr, want->vcsr, got->vstart, want->vstart,
		got->fcsr, want->fcsr, got->traps, want->traps);
	for (i = 0; i < 32; i++) {
		if (!memcmp(got->v[i], want->v[i], 64))
			continue;
		fprintf(stderr, "#   v%u got  ", i);
		for (j = 64; j--;)
			fprintf(stderr, "%02x%s", got->v[i][j], j % 8 ? "" : " ");
		fprintf(stderr, "\n#   v%u want ", i);
		for (j = 64; j--;)
			fprintf(stderr, "%02x%s", want->v[i][j], j % 8 ? "" : " ");
		fprintf(stderr, "\n");
	}
	for (i = 0; i < VEC_WINDOW && n < 8; i++)
		if (got->window[i] != want->window[i] && ++n)
			fprintf(stderr, "#   window[%u]: got 0x%02x, want 0x%02x\n", i,
				got->window[i], want->window[i]);
	for (i = 0; i < s->in.code_size; i += 4) {
		uint64_t pc = VEC_CODE + s->in.code_offset + i;
		uint32_t insn;

		memcpy(&insn, s->code + i, 4);
		rv_disasm(text, sizeof(text), insn, pc);
		fprintf(stderr, "#   %" PRIx64 ": %s\n", pc, text);
	}
}

static void check_coverage(void)
{
	unsigned int i, missing = 0, all = RV_NR_INSNS - RV_VEC_FIRST;
	uint64_t total = 0, least = UINT64_MAX;

	for (i = RV_VEC_FIRST; i < RV_NR_INSNS; i++) {
		total += executed[i];
		least = executed[i] < least ? executed[i] : least;
		if (!executed[i])
			missing++, fprintf(stderr, "#   never executed: %s\n", rv_insns[i].text);
	}
	tap_ok(!missing, "%u of %u vector instructions executed (%" PRIu64
	       " counted, the rarest %" PRIu64 " times; %" PRIu64 " trapped)", all - missing, all,
	       total, least, trapped);
}

static bool same(const struct vec_result *got, const struct vec_result *want)
{
	return !memcmp(got, want, sizeof(*got));
}

static unsigned int ran[NWAYS], bad[NWAYS];

/* One run of qemu; how many of @n results came back. */
static unsigned int batch(char **argv, uint64_t seed, unsigned int n, FILE *in, FILE *out,
			  struct machine *m, struct rv_icache *ic, struct rv_icache *ic_switch)
{
	static struct vec_stream s;
	struct vec_input end = { 0 };
	unsigned int i, w;
	bool done;

	rewind(in);
	for (i = 0; i < n; i++) {
		vec_stream_make(&s, seed + i);
		fwrite(&s.in, sizeof(s.in), 1, in);
		fwrite(s.code, s.in.code_size, 1, in);
	}
	fwrite(&end, sizeof(end), 1, in);
	done = run_qemu(argv[1], vector_cpu(argv[1]), argv[2], in, out);
	for (i = 0; i < n; i++) {
		static struct vec_result want, got;
		struct times times = { 0 };

		if (!done || fread(&want, sizeof(want), 1, out) != 1)
			break;
		vec_stream_make(&s, seed + i);
		for (w = 0; w < NWAYS; w++) {
			if ((seed + i) % ways[w].every || (ways[w].data == ON_BUS && !s.aligned))
				continue;
			ran[w]++;
			if ((!run(&ways[w], ways[w].run == rv_run ? ic : ic_switch, m, &s, &got,
				  &times) || !same(&got, &want)) && !bad[w]++)
				report(&s, seed + i, &ways[w], &got, &want);
		}
	}
	return i;
}

int main(int argc, char **argv)
{
	unsigned int streams = argc > 3 ? strtoul(argv[3], NULL, 0) : STREAMS, i, n, w;
	uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 0) : 20230617;
	struct machine *m = calloc(1, sizeof(*m));
	struct rv_icache *ic, *ic_switch;
	FILE *in = spool(), *out = spool();

	if (argc < 3 || !m) {
		fprintf(stderr, "usage: %s QEMU RUNNER [STREAMS [SEED]]\n", argv[0]);
		return 2;
	}
	ic = rv_icache_create(8);
	ic_switch = rv_icache_create(0);
	for (i = 0; i < streams; i += n) {
		unsigned int want = streams - i < BATCH ? streams - i : BATCH;

		n = batch(argv, seed + i, want, in, out, m, ic, ic_switch);
		if (n != want)
			break;
	}
	tap_u64(i, streams, "results of all streams of %s compared", argv[1]);
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

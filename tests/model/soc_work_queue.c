// SPDX-License-Identifier: GPL-2.0
/*
 * Work queues of sub-grids: order, what a turn costs, reports and back-pressure, failures and what
 * is behind them, misuse, snapshots in the middle, any number of workers, with and without contention.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "soc/pe_machine.h"

#define OTHER_ASID 6
#define REQUESTS (6 * MiB) /* in LPDDR, 4 KiB each: request, arguments behind it */
#define REQUEST(i) (MTIA_PA_LPDDR + REQUESTS + (i) * 4096)
#define DEPTH 4

static uint64_t sg(unsigned int n, uint32_t off)
{
	return MTIA_PA_CTRL + MTIA_CC_SG(n) + off;
}

static uint64_t wq(unsigned int n, uint32_t off)
{
	return MTIA_PA_CTRL + MTIA_CC_WQ(n) + off;
}

static uint32_t status(struct machine *mc, unsigned int n)
{
	return monitor_read(mc, 4, sg(n, MTIA_SG_STATUS), NULL);
}

static uint32_t state_of(struct machine *mc, unsigned int n)
{
	return status(mc, n) & 0xff;
}

static uint32_t refusal(struct machine *mc, unsigned int n)
{
	return status(mc, n) >> 8 & 0xff;
}

static uint32_t room(struct machine *mc, unsigned int n)
{
	return status(mc, n) >> 16;
}

static uint32_t ctrl(struct machine *mc, unsigned int n, uint32_t bits)
{
	monitor_add(mc, 4 | GUEST_WRITE, sg(n, MTIA_SG_CTRL), bits);
	return state_of(mc, n);
}

static void claim(struct machine *mc, unsigned int n, uint32_t rect, uint32_t asid)
{
	monitor_add(mc, 4 | GUEST_WRITE, sg(n, MTIA_SG_RECT), rect);
	monitor_add(mc, 4 | GUEST_WRITE, sg(n, MTIA_SG_ASID), asid);
	ctrl(mc, n, MTIA_SG_CLAIM);
}

static struct mtia_wq_request *request(struct machine *mc, unsigned int i)
{
	return (struct mtia_wq_request *)(mc->lpddr + REQUESTS + i * 4096);
}

static void describe(struct machine *mc, unsigned int i, const struct pe_job *job)
{
	struct mtia_wq_request *r = request(mc, i);

	*r = (struct mtia_wq_request){ 0 };
	for (unsigned int core = 0; core < 2; core++)
		r->entry[core] = pe_entry(job->core[core]);
	memcpy(r->arg, job->arg, sizeof(r->arg));
}

/* All PEs copy 4 KiB from MiB @from of the data to the next one. */
static void describe_copy(struct machine *mc, unsigned int i, unsigned int from)
{
	struct pe_job job = { .core = { PE_ECHO, PE_COUNT },
			      .arg = { 4096, PE_DATA + from * MiB, PE_DATA + (from + 1) * MiB } };

	describe(mc, i, &job);
}

static void push_add(struct machine *mc, unsigned int n, unsigned int i)
{
	monitor_add(mc, 8 | GUEST_WRITE, wq(n, MTIA_WQ_PUSH), MTIA_WQ_DESC(REQUEST(i), i + 1));
}

static void push(struct machine *mc, unsigned int n, unsigned int i)
{
	push_add(mc, n, i);
	monitor_run(mc);
}

static void push_word(struct machine *mc, unsigned int n, uint64_t desc)
{
	monitor_write(mc, 8, wq(n, MTIA_WQ_PUSH), desc, NULL);
}

static uint64_t slot(struct machine *mc, unsigned int n, unsigned int i)
{
	return monitor_read(mc, 8, wq(n, MTIA_WQ_SLOT(i)), NULL);
}

static uint64_t shown(unsigned int i, enum mtia_wq_state state)
{
	return MTIA_WQ_DESC(REQUEST(i), i + 1) | state;
}

static uint64_t word(struct machine *mc, unsigned int n, uint32_t off)
{
	return monitor_read(mc, 8, wq(n, off), NULL);
}

static void pop(struct machine *mc, unsigned int n)
{
	monitor_write(mc, 4, wq(n, MTIA_WQ_POP), 1, NULL);
}

static bool idle(struct machine *mc, unsigned int n)
{
	for (unsigned int i = 0; i < 400; i++) {
		if (state_of(mc, n) != MTIA_SG_RUNNING)
			return true;
		machine_run(mc, 4096);
	}
	return false;
}

static void boot(struct machine *mc, unsigned int workers, enum mtia_model_timing timing)
{
	machine_open_v1plus(mc, workers, LPDDR_SIZE, timing);
	pe_machine_boot(mc);
	cc_write64(mc, MTIA_CC_MMU_ROOT(OTHER_ASID), PE_ROOT | MTIA_MMU_ROOT_ENABLE);
	pattern_fill(mc->lpddr + PE_DATA_OFFSET, 4096, 9);
}

static uint64_t local(unsigned int pe)
{
	return MTIA_PA_PE_LOCAL + pe * MTIA_PA_PE_STRIDE;
}

/* One look after the other: all of it is a guest error there. */
static void test_absent(void)
{
	struct machine mc;
	uint32_t errors;

	machine_open(&mc, 1, LPDDR_SIZE);
	pe_machine_boot(&mc);
	claim(&mc, 1, PE_SUBGRID(0, 0, 2, 2), PE_ASID);
	tap_u64(status(&mc, 1), MTIA_SG_CLAIMED, "v1: no room in a queue that is not there");
	errors = reg_read(&mc, MTIA_REG_ERR_COUNT);
	push(&mc, 1, 0);
	tap_u64(reg_read(&mc, MTIA_REG_ERR_COUNT), errors + 1, "v1: PUSH is an error");
	tap_u64(reg_read64(&mc, MTIA_REG_ERR_ADDR), wq(1, MTIA_WQ_PUSH), "which names the register");
	tap_u64(reg_read(&mc, MTIA_REG_ERR_CLASS), MTIA_ERR_GUEST, "and is the guest's");
	tap_u64(slot(&mc, 1, 0), 0, "v1: nothing to read");
	tap_u64(state_of(&mc, 1), MTIA_SG_CLAIMED, "v1: nothing has begun");
	machine_close(&mc);
}

static void test_order(struct machine *mc)
{
	uint64_t ended = 0, began, args[4] = { 1, 2, 3, 4 };
	bool order = true, turn = true;

	claim(mc, 1, PE_SUBGRID(2, 3, 2, 2), PE_ASID);
	tap_u64(room(mc, 1), DEPTH, "room for 4");
	for (unsigned int i = 0; i < 4; i++)
		describe_copy(mc, i, i);
	/* Core A copies in every launch, core B dirties local memory in all but the last. */
	request(mc, 0)->arg[0] = 4096;
	request(mc, 3)->entry[1] = pe_entry(PE_LEAVE);
	request(mc, 3)->args_addr = REQUEST(3) + 64;
	request(mc, 3)->args_size = sizeof(args);
	memcpy(request(mc, 3) + 1, args, sizeof(args));
	monitor_write(mc, 8, local(19) + 0x5000, 77, NULL);
	for (unsigned int i = 0; i < 4; i++)
		push_add(mc, 1, i);
	tap_u64(status(mc, 1), MTIA_SG_RUNNING, "the first one runs, no room is left");
	tap_u64(slot(mc, 1, 0), shown(0, MTIA_WQ_RUNNING), "the oldest place shows it");
	tap_u64(slot(mc, 1, 3), shown(3, MTIA_WQ_WAITING), "the last one waits");
	push(mc, 1, 4);
	tap_u64(refusal(mc, 1), MTIA_SG_ERR_QUEUE, "a fifth is refused");
	tap_ok(idle(mc, 1), "all of them end");
	tap_u64(state_of(mc, 1), MTIA_SG_DONE, "well");
	tap_mem(mc->lpddr + PE_DATA_OFFSET + 4 * MiB, mc->lpddr + PE_DATA_OFFSET, 4096,
		"each found what the one before it made");
	tap_u64(monitor_read(mc, 8, local(19) + 0x5000, NULL), 0, "on zeroed PEs");
	tap_u64(monitor_read(mc, 8, local(19) + 0x4000, NULL), 0, "also by the launch before");
	tap_u64(monitor_read(mc, 8, local(28) + 24, NULL), 4, "with its arguments");
	tap_u64(cc_read64(mc, MTIA_CC_SG_EVENT), 1 << 1, "with an event");
	cc_write64(mc, MTIA_CC_SG_EVENT, 1 << 1);
	tap_u64(room(mc, 1), 0, "places are taken until the reports are dropped");
	push(mc, 1, 4);
	tap_u64(refusal(mc, 1), MTIA_SG_ERR_QUEUE, "so nothing is taken in");
	for (unsigned int i = 0; i < 4; i++) {
		order &= slot(mc, 1, 0) == shown(i, MTIA_WQ_DONE);
		began = word(mc, 1, MTIA_WQ_BEGAN);
		/* The last one has half a line of arguments on top. */
		turn &= i ? began - ended == 256 + 2 * 4 * MTIA_SG_HOP_CYCLES + (i == 3) : began > 0;
		ended = word(mc, 1, MTIA_WQ_ENDED);
		turn &= ended > began;
		pop(mc, 1);
	}
	tap_ok(order, "reports in order, each by its tag");
	tap_ok(turn, "a turn takes the scrub and the hops, nothing else");
	tap_u64(room(mc, 1), DEPTH, "room again");
	tap_u64(slot(mc, 1, 0), 0, "and no report");
	ctrl(mc, 1, MTIA_SG_RELEASE);
}

/* A launch of START is the queue's first. */
static void test_start(struct machine *mc)
{
	struct pe_job job = { .core = { PE_LEAVE, PE_COUNT }, .arg = { 3000 } };

	claim(mc, 1, PE_SUBGRID(0, 0, 8, 8), PE_ASID);
	for (unsigned int core = 0; core < 2; core++)
		monitor_add(mc, 8 | GUEST_WRITE, sg(1, MTIA_SG_ENTRY(core)), pe_entry(job.core[core]));
	monitor_add(mc, 8 | GUEST_WRITE, sg(1, MTIA_SG_ARG(0)), job.arg[0]);
	describe_copy(mc, 0, 0);
	monitor_add(mc, 4 | GUEST_WRITE, sg(1, MTIA_SG_CTRL), MTIA_SG_SCRUB | MTIA_SG_START);
	push(mc, 1, 0);
	tap_u64(slot(mc, 1, 0), MTIA_WQ_RUNNING, "START's launch, tag 0");
	tap_u64(slot(mc, 1, 1), shown(0, MTIA_WQ_WAITING), "one behind it");
	tap_u64(room(mc, 1), DEPTH - 2, "each has a place");
	tap_ok(idle(mc, 1) && slot(mc, 1, 0) == MTIA_WQ_DONE && slot(mc, 1, 1) == shown(0, MTIA_WQ_DONE),
	       "both end");
	tap_u64(monitor_read(mc, 8, sg(1, MTIA_SG_START_CYCLE), NULL) - word(mc, 1, MTIA_WQ_ENDED),
		256 + 2 * 16 * MTIA_SG_HOP_CYCLES, "the turn of 64 PEs");
	tap_u64(monitor_read(mc, 8, sg(1, MTIA_SG_ARG(0)), NULL), 4096, "the registers are the request's");
	ctrl(mc, 1, MTIA_SG_START);
	tap_u64(room(mc, 1), DEPTH - 1, "another START drops the reports");
	ctrl(mc, 1, MTIA_SG_RELEASE);
	tap_u64(slot(mc, 1, 0), 0, "RELEASE empties the queue");
}

static void test_misuse(struct machine *mc)
{
	static const struct {
		uint64_t desc;
		const char *name;
	} bad[] = {
		{ MTIA_WQ_DESC(REQUEST(0), 0), "tag 0" },
		{ MTIA_WQ_DESC(REQUEST(0) + 32, 1), "an address that is no multiple of 64" },
		{ MTIA_WQ_DESC(REQUEST(0) + 1, 1), "bits of the state" },
		{ MTIA_WQ_DESC(MTIA_PA_SRAM, 1), "a request in SRAM" },
		{ MTIA_WQ_DESC(MTIA_PA_LPDDR + LPDDR_SIZE, 1), "one behind LPDDR" },
		{ MTIA_WQ_DESC(MTIA_WQ_ADDR_MASK, 1), "the highest address" },
		{ MTIA_WQ_DESC(0, 1), "address 0" },
	};
	uint32_t errors;

	push(mc, 1, 0);
	tap_u64(refusal(mc, 1), MTIA_SG_ERR_STATE, "PUSH to a free entry is refused");
	claim(mc, 1, PE_SUBGRID(0, 0, 1, 1), PE_ASID);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errors = reg_read(mc, MTIA_REG_ERR_COUNT);
		push_word(mc, 1, bad[i].desc);
		tap_ok(refusal(mc, 1) == MTIA_SG_ERR_ARGS && room(mc, 1) == DEPTH &&
			       reg_read(mc, MTIA_REG_ERR_COUNT) == errors + 1,
		       "%s: refused by name", bad[i].name);
	}
	errors = reg_read(mc, MTIA_REG_ERR_COUNT);
	pop(mc, 1);
	tap_u64(reg_read(mc, MTIA_REG_ERR_COUNT), errors + 1, "POP without a report is an error");
	monitor_write(mc, 4, wq(1, MTIA_WQ_PUSH), 0x40, NULL);
	monitor_write(mc, 4, wq(1, MTIA_WQ_PUSH) + 4, 1, NULL);
	monitor_write(mc, 8, wq(1, MTIA_WQ_BEGAN), 1, NULL);
	monitor_read(mc, 4, wq(1, 0x60), NULL);
	tap_u64(reg_read(mc, MTIA_REG_ERR_COUNT), errors + 5, "halves of PUSH, RO, no register: errors");
	ctrl(mc, 1, MTIA_SG_RELEASE);
}

/* The first of @what is at fault, another one is behind it. */
static void check_bad_request(struct machine *mc, enum mtia_wq_state how, const char *name)
{
	push_add(mc, 1, 0);
	push_add(mc, 1, 1);
	push(mc, 1, 0);
	tap_ok(idle(mc, 1) && state_of(mc, 1) == MTIA_SG_FAILED, "%s: FAILED", name);
	tap_ok(slot(mc, 1, 0) == shown(0, MTIA_WQ_DONE) && slot(mc, 1, 1) == shown(1, how) &&
		       slot(mc, 1, 2) == shown(0, MTIA_WQ_FLUSHED),
	       "%s: by name, the one in front is DONE, the one behind FLUSHED", name);
	tap_ok(!monitor_read(mc, 8, sg(1, MTIA_SG_FAULTED), NULL) &&
		       !monitor_read(mc, 8, sg(1, MTIA_SG_EXITED), NULL),
	       "%s: no PE is to blame", name);
	ctrl(mc, 1, MTIA_SG_KILL);
}

static void test_bad_requests(struct machine *mc)
{
	struct mtia_wq_request good, *r = request(mc, 1);

	claim(mc, 1, PE_SUBGRID(4, 4, 1, 2), PE_ASID);
	describe_copy(mc, 0, 0);
	describe_copy(mc, 1, 1);
	good = *r;
	r->arg_pos = 0x10;
	check_bad_request(mc, MTIA_WQ_BAD_REQUEST, "ARG_POS");
	*r = good;
	r->args_size = MTIA_PE_ARGS_SIZE + 8;
	r->args_addr = REQUEST(1) + 64;
	check_bad_request(mc, MTIA_WQ_BAD_REQUEST, "too many arguments");
	r->args_size = 8;
	r->args_addr = MTIA_PA_LPDDR + LPDDR_SIZE;
	check_bad_request(mc, MTIA_WQ_BAD_REQUEST, "arguments from nowhere");
	r->args_addr = local(0);
	check_bad_request(mc, MTIA_WQ_BAD_REQUEST, "arguments from a PE");
	r->args_addr = REQUEST(1) + 68;
	check_bad_request(mc, MTIA_WQ_BAD_REQUEST, "misaligned arguments");
	r->args_addr = REQUEST(1) + 64;
	mtia_model_inject(mc->model, MTIA_INJECT_ECC_UE, REQUEST(1) + 64, 0);
	check_bad_request(mc, MTIA_WQ_POISON, "arguments that are poison");
	*r = good;
	mtia_model_inject(mc->model, MTIA_INJECT_ECC_UE, REQUEST(1) + 8, 0);
	check_bad_request(mc, MTIA_WQ_POISON, "a request that is poison");
	mtia_model_inject(mc->model, MTIA_INJECT_CLEAR, 0, 0);
	push_add(mc, 1, 1);
	push(mc, 1, 0);
	tap_ok(idle(mc, 1) && state_of(mc, 1) == MTIA_SG_DONE, "after KILL and repair it works");
	/* The first of an idle queue. */
	r->arg_pos = 0xff;
	ctrl(mc, 1, MTIA_SG_KILL);
	push(mc, 1, 1);
	tap_ok(state_of(mc, 1) == MTIA_SG_FAILED && slot(mc, 1, 0) == shown(1, MTIA_WQ_BAD_REQUEST),
	       "a bad request on idle PEs");
	push(mc, 1, 0);
	tap_u64(refusal(mc, 1), MTIA_SG_ERR_STATE, "PUSH after a failure is refused");
	ctrl(mc, 1, MTIA_SG_KILL);
	push(mc, 1, 0);
	tap_ok(idle(mc, 1) && state_of(mc, 1) == MTIA_SG_DONE, "until KILL");
	ctrl(mc, 1, MTIA_SG_RELEASE);
}

struct outcome {
	uint64_t began[3], ended[3];
	uint8_t data[8192];
};

/* Three launches on four PEs, beside others whose second launch is of @other, with two behind it. */
static void neighbour(struct outcome *out, enum pe_program other, bool beside)
{
	/* Who waits for ever is found only if nobody else has something to do. */
	struct pe_job bad = { .core = { other, other == PE_STARVE ? PE_LEAVE : PE_SPIN },
			      .arg = { 0, 0x500000000, 0, 7 } };
	struct machine mc;
	uint32_t want = other == PE_SPIN ? MTIA_WQ_RUNNING : MTIA_WQ_FAILED;

	memset(out, 0, sizeof(*out));
	boot(&mc, 2, MTIA_TIMING_FUNCTIONAL);
	claim(&mc, 1, PE_SUBGRID(0, 0, 2, 2), PE_ASID);
	claim(&mc, 2, PE_SUBGRID(0, 2, 2, 2), OTHER_ASID);
	for (unsigned int i = 0; i < 3; i++)
		describe_copy(&mc, i, i);
	describe_copy(&mc, 3, 8);
	describe(&mc, 4, &bad);
	for (unsigned int i = 0; i < 3; i++)
		push_add(&mc, 1, i);
	if (beside) {
		push_add(&mc, 2, 3);
		push_add(&mc, 2, 4);
		push_add(&mc, 2, 3);
		push_add(&mc, 2, 3);
	}
	monitor_run(&mc);
	machine_run(&mc, 1000);
	if (beside) {
		for (unsigned int i = 0; i < 100 && slot(&mc, 2, 1) != shown(4, want); i++)
			machine_run(&mc, 4096);
		tap_ok(slot(&mc, 2, 0) == shown(3, MTIA_WQ_DONE) && slot(&mc, 2, 1) == shown(4, want),
		       "program %d, second of four: %s", other,
		       want == MTIA_WQ_RUNNING ? "runs" : "failed");
		if (want == MTIA_WQ_FAILED)
			tap_ok(state_of(&mc, 2) == MTIA_SG_FAILED &&
				       slot(&mc, 2, 2) == shown(3, MTIA_WQ_FLUSHED) &&
				       slot(&mc, 2, 3) == shown(3, MTIA_WQ_FLUSHED),
			       "program %d: those behind it are flushed", other);
		ctrl(&mc, 2, MTIA_SG_KILL);
		tap_ok(state_of(&mc, 2) == MTIA_SG_CLAIMED && room(&mc, 2) == DEPTH &&
			       !slot(&mc, 2, 0) && !(cc_read64(&mc, MTIA_CC_SG_EVENT) >> 2 & 1),
		       "program %d: KILL empties the queue", other);
		push(&mc, 2, 3);
		tap_ok(idle(&mc, 2) && slot(&mc, 2, 0) == shown(3, MTIA_WQ_DONE),
		       "program %d: which works again", other);
	}
	tap_ok(idle(&mc, 1) && state_of(&mc, 1) == MTIA_SG_DONE, "the work is done");
	for (unsigned int i = 0; i < 3; i++) {
		out->began[i] = word(&mc, 1, MTIA_WQ_BEGAN);
		out->ended[i] = word(&mc, 1, MTIA_WQ_ENDED) - out->began[0];
		pop(&mc, 1);
	}
	for (unsigned int i = 3; i-- > 0;)
		out->began[i] -= out->began[0];
	memcpy(out->data, mc.lpddr + PE_DATA_OFFSET + 3 * MiB, sizeof(out->data));
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
}

static void test_neighbour(void)
{
	static const enum pe_program programs[] = { PE_SPIN, PE_ILLEGAL, PE_LOAD, PE_STARVE, PE_ECHO };
	struct outcome alone, beside;

	neighbour(&alone, PE_SPIN, false);
	for (unsigned int i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		neighbour(&beside, programs[i], true);
		tap_mem(&beside, &alone, sizeof(alone), "beside program %d: same cycles, same bits",
			programs[i]);
	}
}

/* ---- Determinism and snapshots ---- */

/* Four full queues, and PEs in the middle of a launch of each. */
static void make_busy(struct machine *mc)
{
	struct pe_job fails = { .core = { PE_ILLEGAL, PE_SPIN } };

	for (unsigned int i = 0; i < 6; i++)
		describe_copy(mc, i, i);
	describe(mc, 6, &fails);
	for (unsigned int n = 0; n < 4; n++) {
		claim(mc, n, PE_SUBGRID(2 * n, 0, 2, 8), PE_ASID);
		for (unsigned int i = 0; i < 4; i++)
			push_add(mc, n, n == 3 && i == 2 ? 6 : (n + i) % 6);
	}
	monitor_run(mc);
	machine_run(mc, 9000);
}

static uint64_t hash_of(struct machine *mc)
{
	return mtia_model_state_hash(mc->model, 0, LPDDR_SIZE);
}

static void test_determinism(void)
{
	for (unsigned int approx = 0; approx < 2; approx++) {
		enum mtia_model_timing timing = approx ? MTIA_TIMING_APPROX : MTIA_TIMING_FUNCTIONAL;
		uint64_t want = 0, middle = 0;
		bool same = true;

		for (unsigned int workers = 1; workers <= 4; workers *= 2) {
			struct machine mc;
			uint64_t half;

			boot(&mc, workers, timing);
			make_busy(&mc);
			half = hash_of(&mc);
			machine_run(&mc, 100000);
			if (workers == 1) {
				want = hash_of(&mc);
				middle = half;
				tap_ok(state_of(&mc, 0) == MTIA_SG_DONE &&
					       state_of(&mc, 3) == MTIA_SG_FAILED &&
					       slot(&mc, 3, 3) == shown(0, MTIA_WQ_FLUSHED),
				       "approx %u: all ends as it has to", approx);
			}
			same &= hash_of(&mc) == want || workers == 1;
			same &= half == middle;
			machine_close(&mc);
		}
		tap_ok(same, "approx %u: the same chip for 1, 2, 4 workers", approx);
	}
}

static void sum(uint8_t *data, size_t size)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size - 8; i++)
		hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
	memcpy(data + size - 8, &hash, 8);
}

static void test_snapshot(void)
{
	struct machine a, b;
	unsigned int refused = 0, accepted = 0;
	uint8_t *data, *bad;
	size_t size = 0, queues;
	uint32_t x = 4711;
	bool same = true;

	boot(&a, 1, MTIA_TIMING_FUNCTIONAL);
	machine_open_v1plus(&b, 4, LPDDR_SIZE, MTIA_TIMING_FUNCTIONAL);
	make_busy(&a);
	mtia_model_save(a.model, NULL, &size);
	data = malloc(size);
	bad = malloc(size);
	if (!data || !bad || mtia_model_save(a.model, data, &size))
		exit(2);
	memcpy(b.lpddr, a.lpddr, LPDDR_SIZE);
	b.batches = a.batches;
	b.next = b.page->access;
	tap_u64(mtia_model_load(b.model, data, size), 0, "a chip with full queues is loaded");
	tap_u64(hash_of(&b), hash_of(&a), "the same state");
	for (unsigned int i = 0; i < 10; i++) {
		machine_run(&a, 5000);
		machine_run(&b, 5000);
		same &= hash_of(&a) == hash_of(&b);
	}
	tap_ok(same, "and the same future");
	tap_ok(idle(&b, 0) && slot(&b, 0, 3) == shown(3, MTIA_WQ_DONE), "with every launch");

	/* The queues are the last section: forge values in it, and in those of the sub-grids. */
	queues = MTIA_MAX_SUBGRIDS * (DEPTH * 28 + 4 + 4 + 8 + 4 + 64 + MTIA_PE_ARGS_SIZE);
	for (unsigned int i = 0; i < 40; i++) {
		size_t at;

		memcpy(bad, data, size);
		for (unsigned int flips = 1 + i % 3; flips; flips--) {
			x = x * 1664525u + 1013904223u;
			/* of the first four, which are used, all but the arguments */
			at = size - 8 - queues + (x >> 8) % 4 * (queues / MTIA_MAX_SUBGRIDS) +
			     (x >> 12) % (DEPTH * 28 + 84);
			x = x * 1664525u + 1013904223u;
			bad[at] ^= 1 << (x >> 29);
		}
		sum(bad, size);
		if (mtia_model_load(b.model, bad, size)) {
			refused++;
			continue;
		}
		accepted++;
		machine_run(&b, 5000);
	}
	tap_ok(refused > 6 && accepted, "40 forged streams: %u refused, %u ran", refused, accepted);
	tap_u64(b.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	tap_u64(mtia_model_load(b.model, data, size), 0, "the true one still loads");
	free(data);
	free(bad);
	machine_close(&a);
	machine_close(&b);
}

int main(void)
{
	struct machine mc;

	test_absent();
	boot(&mc, 1, MTIA_TIMING_FUNCTIONAL);
	test_order(&mc);
	test_start(&mc);
	test_misuse(&mc);
	test_bad_requests(&mc);
	make_busy(&mc);
	machine_stop(&mc);
	machine_boot(&mc, GUEST_MONITOR);
	tap_ok(state_of(&mc, 0) == MTIA_SG_FREE && !slot(&mc, 0, 0), "a core reset empties the queues");
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
	test_neighbour();
	test_determinism();
	test_snapshot();
	return tap_done();
}

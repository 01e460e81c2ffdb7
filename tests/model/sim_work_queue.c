// SPDX-License-Identifier: GPL-2.0
/*
 * Launches behind each other with the firmware on a chip that has work queues (v1+), next to one
 * that has not: the same results in fewer cycles, the same failures, kill, other clients.
 */
#include <errno.h>

#include "mtia/fw_abi.h"
#include "mtia/pe.h"
#include "sim_fixture.h"
#include "sim_probe.h"

#define OUT(n) (DATA_VA + (n) * 4096ull) /* of launch n */

static struct simhost_buffer program;
static const char *program_path;

static struct simhost *device(struct simhost_config config)
{
	struct simhost *sh = device_open_as(config);

	program_load(sh, program_path, &program);
	return sh;
}

static void open_client(struct client *c, struct simhost *sh)
{
	client_open(c, sh, 0, 0);
	program_map(c, &program, PROGRAM_VA);
}

static void close_client(struct client *c)
{
	simhost_vm_unmap(c->vm, PROGRAM_VA, program.size);
	client_close(c);
}

static void launch(struct client *c, unsigned int rows, unsigned int cols, struct probe_args args)
{
	struct mtia_pkt_launch *p = packet(c, MTIA_PKT_LAUNCH, sizeof(*p) + sizeof(args));

	p->program_va = PROGRAM_VA;
	p->program_size = (uint32_t)program.size;
	p->rows = (uint16_t)rows;
	p->cols = (uint16_t)cols;
	p->args_size = sizeof(args);
	memcpy(p + 1, &args, sizeof(args));
}

static struct probe_args hello(unsigned int n)
{
	return (struct probe_args){ .mode = PROBE_HELLO, .out = OUT(n), .value = 100 + n };
}

/* A job of `count` launches; from descriptor to end. */
static uint64_t cycles_of(struct client *c, unsigned int count, unsigned int rows, bool work)
{
	struct simhost_completion done = { 0 };

	begin(c);
	for (unsigned int n = 0; n < count; n++) {
		struct probe_args args = hello(n);

		args.only = work ? 0 : 65; /* nobody: all leave at once */
		launch(c, rows, rows, args);
	}
	if (simhost_wait(c->queue, submit(c), BUDGET, &done) || done.status != MTIA_JOB_OK)
		return 0;
	return done.t_end - done.t_start;
}

static bool hellos_ok(const struct client *c, unsigned int count, unsigned int rows)
{
	for (unsigned int n = 0; n < count; n++) {
		const struct probe_out *out = (void *)((uint8_t *)c->data.cpu + n * 4096);

		for (unsigned int i = 0; i < rows * rows; i++, out++)
			if (out->value != 100 + n || out->dirt || out->grid != (rows | rows << 16) ||
			    out->pos != (i / rows | i % rows << 16))
				return false;
	}
	return true;
}

struct figures {
	uint64_t nothing; /* cycles a launch that follows another, on 64 PEs that leave at once */
	uint64_t few;	  /* the same on four PEs */
	uint64_t gap;	  /* cycles a launch on top of what its PEs take, when they work */
	uint64_t total[2];
};

static void measure(struct figures *f, struct simhost_config config)
{
	struct simhost *sh = device(config);
	uint64_t busy;
	struct client c;

	open_client(&c, sh);
	f->nothing = (cycles_of(&c, 33, 8, false) - cycles_of(&c, 1, 8, false)) / 32;
	f->few = (cycles_of(&c, 33, 2, false) - cycles_of(&c, 1, 2, false)) / 32;
	busy = simhost_counter(sh, MTIA_CNT_PE_BUSY_CYCLES);
	f->total[0] = cycles_of(&c, 1, 1, true);
	f->total[1] = cycles_of(&c, 5, 1, true);
	busy = (simhost_counter(sh, MTIA_CNT_PE_BUSY_CYCLES) - busy) / 6;
	f->gap = (f->total[1] - f->total[0]) / 4 - busy;
	memset(c.data.cpu, 0, 3 * 4096);
	tap_ok(cycles_of(&c, 3, 8, true) && hellos_ok(&c, 3, 8),
	       "v1plus %d: 3 launches on 64 PEs, each on clean memory", config.v1plus);
	close_client(&c);
	simhost_close(sh);
}

static void check_cost(void)
{
	struct figures v1, plus, other;

	measure(&v1, (struct simhost_config){ .workers = 1 });
	measure(&plus, (struct simhost_config){ .workers = 1, .v1plus = true });
	tap_ok(plus.gap * 3 < v1.gap, "between two launches that work: %llu cycles, v1 %llu",
	       (unsigned long long)plus.gap, (unsigned long long)v1.gap);
	tap_ok(plus.nothing * 10 < v1.nothing * 7, "64 PEs that leave at once: %llu a launch, v1 %llu",
	       (unsigned long long)plus.nothing, (unsigned long long)v1.nothing);
	tap_ok(plus.few * 10 < v1.few * 7, "4 of them: %llu, v1 %llu",
	       (unsigned long long)plus.few, (unsigned long long)v1.few);
	for (unsigned int workers = 2; workers <= 4; workers *= 2) {
		measure(&other, (struct simhost_config){ .workers = workers, .v1plus = true });
		tap_ok(!memcmp(&other, &plus, sizeof(plus)), "to the cycle with %u workers", workers);
	}
	measure(&plus, (struct simhost_config){ .workers = 1, .v1plus = true,
						.timing = MTIA_TIMING_APPROX });
	measure(&other, (struct simhost_config){ .workers = 4, .v1plus = true,
						 .timing = MTIA_TIMING_APPROX });
	tap_ok(!memcmp(&other, &plus, sizeof(plus)), "with contention, 1 and 4 workers: %llu",
	       (unsigned long long)plus.gap);
}

static const struct mtia_fw_pes *record(struct simhost *sh, struct client *c)
{
	struct simhost_fault fault = { 0 };

	simhost_queue_fault(c->queue, &fault);
	return (void *)((uint8_t *)simhost_lpddr(sh) + MTIA_FW_PES_OFFSET +
			fault.slot * MTIA_FW_PES_STRIDE);
}

/* Four launches, the second of which does as `args` says, beside a neighbour at work. */
static void check_failure(struct simhost *sh, struct probe_args args, enum mtia_job_status status,
			  unsigned int behind)
{
	const char *name = simhost_status_name(status);
	struct simhost_completion done = { 0 };
	struct simhost_fault fault = { 0 };
	struct client bad, good;
	uint64_t seqno, other;

	open_client(&good, sh);
	open_client(&bad, sh);
	begin(&good);
	for (unsigned int n = 0; n < 6; n++)
		launch(&good, 2, 2, hello(n));
	begin(&bad);
	launch(&bad, 2, 2, hello(0));
	launch(&bad, 2, 2, args);
	launch(&bad, 2, 2, hello(2));
	launch(&bad, 2, 2, hello(3));
	other = submit(&good);
	seqno = submit(&bad);
	if (status == MTIA_JOB_TIMEOUT) {
		tap_ok(simhost_wait(bad.queue, seqno, 2000000, NULL) == -ETIME, "it spins");
		tap_ok(!simhost_queue_kill(bad.queue, status), "and is killed");
	}
	tap_ok(!simhost_wait(bad.queue, seqno, BUDGET, &done) && done.status == status, "%s", name);
	simhost_queue_fault(bad.queue, &fault);
	tap_ok(fault.packet == 1 && fault.on_pe && fault.seqno == seqno, "%s: the record names the packet",
	       name);
	if (status != MTIA_JOB_PE_EXIT)
		tap_ok(record(sh, &bad)->job == seqno && record(sh, &bad)->behind == behind,
		       "%s: and for core dumps, what was behind it", name);
	tap_ok(hellos_ok(&bad, 1, 2) && !*((uint32_t *)bad.data.cpu + 2 * 1024 + 4),
	       "%s: the first one has run, the third has not", name);
	expect(&good, other, MTIA_JOB_OK, "the neighbour's job");
	tap_ok(hellos_ok(&good, 6, 2), "%s: with all its results", name);
	begin(&bad);
	for (unsigned int n = 0; n < 2; n++)
		launch(&bad, 8, 8, hello(n));
	expect(&bad, submit(&bad), MTIA_JOB_OK, "another job on all PEs");
	tap_ok(hellos_ok(&bad, 2, 8), "%s: which are clean", name);
	close_client(&bad);
	close_client(&good);
}

/* Two that want the whole chip, launch after launch: both get on. */
static void check_turns(struct simhost *sh)
{
	struct simhost_completion done[2];
	struct client c[2];
	uint64_t seqno[2];

	for (unsigned int i = 0; i < 2; i++) {
		open_client(&c[i], sh);
		begin(&c[i]);
		for (unsigned int n = 0; n < 6; n++)
			launch(&c[i], 8, 8, hello(n));
		seqno[i] = submit(&c[i]);
	}
	for (unsigned int i = 0; i < 2; i++)
		tap_ok(!simhost_wait(c[i].queue, seqno[i], BUDGET, &done[i]) &&
			       done[i].status == MTIA_JOB_OK && hellos_ok(&c[i], 6, 8),
		       "client %u of two that want all PEs", i);
	tap_ok(done[1].t_end > done[0].t_end &&
		       done[1].t_end - done[0].t_end < (done[0].t_end - done[0].t_start) / 2,
	       "they take turns: both end at nearly the same time");
	close_client(&c[0]);
	close_client(&c[1]);
}

int main(int argc, char **argv)
{
	struct simhost *sh;
	uint64_t lpddr;

	fixture_init(argc - 1, argv);
	program_path = argv[3];
	check_cost();
	sh = device((struct simhost_config){ .workers = 2, .v1plus = true });
	lpddr = simhost_mem_free_bytes(sh, SIMHOST_MEM_LPDDR);
	check_failure(sh, (struct probe_args){ .mode = PROBE_ILLEGAL, .only = 3 },
		      MTIA_JOB_PE_EXCEPTION, 2);
	check_failure(sh, (struct probe_args){ .mode = PROBE_LOAD, .addr = 0x700000000ull },
		      MTIA_JOB_MMU_FAULT, 2);
	check_failure(sh, (struct probe_args){ .mode = PROBE_EXIT, .value = 7, .only = 4 },
		      MTIA_JOB_PE_EXIT, 2);
	check_failure(sh, (struct probe_args){ .mode = PROBE_SPIN, .only = 2 }, MTIA_JOB_TIMEOUT, 2);
	check_turns(sh);
	tap_u64(simhost_mem_free_bytes(sh, SIMHOST_MEM_LPDDR), lpddr, "no LPDDR was lost");
	tap_ok(simhost_state(sh) == SIMHOST_READY, "firmware is well at the end");
	simhost_close(sh);
	return tap_done();
}

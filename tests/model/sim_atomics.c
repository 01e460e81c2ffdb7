// SPDX-License-Identifier: GPL-2.0
/*
 * Locks, barriers, multicast and neighbours' memory on up to 64 PEs with the real firmware: results,
 * the same ones and the same cycles for 1, 2 and 4 worker threads; locks taken in the wrong order
 * beside a neighbour whom that must not concern.
 */
#include "mtia/pe.h"
#include "sim_fixture.h"
#include "sim_locks.h"

#define ROUNDS	   2u
#define SOURCE	   (4u << 20) /* in DATA: what is read */
#define COUNTER	   (2u << 20)
#define SOURCE_SIZE (128u * LOCKS_BLOCKS * LOCKS_BLOCK)

static struct simhost_buffer program;

static void open_client(struct client *c, struct simhost *sh)
{
	client_open(c, sh, 0, 0);
	program_map(c, &program, PROGRAM_VA);
	for (unsigned int i = 0; i < SOURCE_SIZE; i++)
		((uint8_t *)c->data.cpu)[SOURCE + i] = (uint8_t)(i * 2654435761u >> 11);
}

static void close_client(struct client *c)
{
	simhost_vm_unmap(c->vm, PROGRAM_VA, program.size);
	client_close(c);
}

static uint64_t start(struct client *c, unsigned int rows, unsigned int cols, enum locks_mode mode)
{
	const struct locks_args args = {
		.out = DATA_VA,
		.counter = DATA_VA + COUNTER,
		.data = DATA_VA + SOURCE,
		.mode = mode,
		.rounds = ROUNDS,
	};
	struct mtia_pkt_launch *p;

	memset(c->data.cpu, 0, SOURCE);
	begin(c);
	p = packet(c, MTIA_PKT_LAUNCH, sizeof(*p) + sizeof(args));
	p->program_va = PROGRAM_VA;
	p->program_size = (uint32_t)program.size;
	p->rows = (uint16_t)rows;
	p->cols = (uint16_t)cols;
	p->args_size = sizeof(args);
	memcpy(p + 1, &args, sizeof(args));
	return submit(c);
}

static bool counted(const struct client *c, unsigned int pes)
{
	const struct locks_out *out = c->data.cpu;
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < MTIA_CORES_PER_PE * pes; i++)
		wrong += out[i].all != MTIA_CORES_PER_PE * pes * ROUNDS ||
			 out[i].own != MTIA_CORES_PER_PE * ROUNDS * 5;
	return !wrong;
}

static bool shared(const struct client *c, unsigned int rows, unsigned int cols)
{
	const uint8_t *out = c->data.cpu, *data = out + SOURCE;
	bool ok = true;

	for (unsigned int row = 0; row < rows; row++) {
		for (unsigned int col = 0; col < cols; col++) {
			for (unsigned int i = 0; i < LOCKS_BLOCKS; i++, out += 2 * LOCKS_BLOCK) {
				ok &= !memcmp(out, data + (row * LOCKS_BLOCKS + i) * LOCKS_BLOCK,
					      LOCKS_BLOCK);
				ok &= !memcmp(out + LOCKS_BLOCK,
					      data + ((64 + col) * LOCKS_BLOCKS + i) * LOCKS_BLOCK,
					      LOCKS_BLOCK);
			}
		}
	}
	return ok;
}

static bool shifted(const struct client *c, unsigned int rows, unsigned int cols)
{
	const uint8_t *out = c->data.cpu, *data = out + SOURCE;
	bool ok = true;

	for (unsigned int row = 0; row < rows; row++)
		for (unsigned int col = 0; col < cols; col++)
			ok &= !memcmp(out + (row * cols + (col + 1) % cols) * LOCKS_BLOCK,
				      data + (row * cols + col) * LOCKS_BLOCK, LOCKS_BLOCK);
	return ok;
}

/* ---- Whole-chip runs, which must not depend on the number of workers ---- */

enum { COUNT, MULTICAST, ALONE, SHIFT, RUNS };

struct seen {
	uint64_t cycles[RUNS];
	uint64_t read[RUNS], multicast[RUNS], peer[RUNS];
	uint64_t deadlock_cycle, deadlock_addr;
};

static uint64_t run(struct client *c, enum locks_mode mode, struct seen *seen, unsigned int n)
{
	struct simhost_completion done = { 0 };
	uint64_t read = simhost_counter(c->sh, MTIA_CNT_FI_READ_BYTES);
	uint64_t multicast = simhost_counter(c->sh, MTIA_CNT_FI_MULTICAST_BYTES);
	uint64_t peer = simhost_counter(c->sh, MTIA_CNT_FI_PEER_BYTES);
	uint64_t seqno = start(c, 8, 8, mode);

	if (simhost_wait(c->queue, seqno, BUDGET, &done))
		dump_log(c->sh);
	seen->cycles[n] = done.t_end - done.t_start;
	seen->read[n] = simhost_counter(c->sh, MTIA_CNT_FI_READ_BYTES) - read;
	seen->multicast[n] = simhost_counter(c->sh, MTIA_CNT_FI_MULTICAST_BYTES) - multicast;
	seen->peer[n] = simhost_counter(c->sh, MTIA_CNT_FI_PEER_BYTES) - peer;
	return done.status;
}

static void check_runs(struct simhost *sh, struct seen *seen)
{
	const uint64_t one = LOCKS_BLOCKS * LOCKS_BLOCK;
	struct client c;
	uint64_t status;

	open_client(&c, sh);
	status = run(&c, LOCKS_COUNT, seen, COUNT);
	tap_ok(status == MTIA_JOB_OK && counted(&c, 64),
	       "128 cores count under locks and meet at barriers: %llu cycles",
	       (unsigned long long)seen->cycles[COUNT]);
	status = run(&c, LOCKS_ALONE, seen, ALONE);
	tap_ok(status == MTIA_JOB_OK && shared(&c, 8, 8) &&
		       seen->read[ALONE] == 128 * one && !seen->multicast[ALONE],
	       "64 PEs read for themselves: %llu bytes, %llu cycles",
	       (unsigned long long)seen->read[ALONE], (unsigned long long)seen->cycles[ALONE]);
	status = run(&c, LOCKS_MULTICAST, seen, MULTICAST);
	tap_ok(status == MTIA_JOB_OK && shared(&c, 8, 8) &&
		       seen->read[MULTICAST] == 16 * one &&
		       seen->multicast[MULTICAST] == (128 - 16) * one,
	       "as rows and columns an eighth, once: %llu bytes, %llu cycles",
	       (unsigned long long)seen->read[MULTICAST],
	       (unsigned long long)seen->cycles[MULTICAST]);
	status = run(&c, LOCKS_SHIFT, seen, SHIFT);
	tap_ok(status == MTIA_JOB_OK && shifted(&c, 8, 8) &&
		       seen->peer[SHIFT] == 64 * LOCKS_BLOCK,
	       "64 PEs write into their neighbours' memory: %llu cycles",
	       (unsigned long long)seen->cycles[SHIFT]);
	close_client(&c);
}

/* ---- What goes wrong stays where it is ---- */

static void check_deadlock(struct simhost *sh, struct seen *seen)
{
	struct simhost_fault fault = { 0 };
	struct client bad, good;
	uint64_t seqno, other, alone, lpddr = simhost_mem_free_bytes(sh, SIMHOST_MEM_LPDDR);
	uint8_t *undisturbed = malloc(SOURCE);
	char text[320];

	open_client(&bad, sh);
	open_client(&good, sh);

	/* the whole chip */
	seqno = start(&bad, 8, 8, LOCKS_WRONG_ORDER);
	expect(&bad, seqno, MTIA_JOB_DEADLOCK, "64 PEs take locks in the wrong order");
	simhost_queue_fault(bad.queue, &fault);
	simhost_fault_text(&fault, text, sizeof(text));
	tap_ok(fault.seqno == seqno && fault.on_pe && fault.mcause == MTIA_CAUSE_DEADLOCK &&
		       (fault.addr >> 8 & 0xff) == (MTIA_PE_OP_SYNC | MTIA_SYNC_ATOM_WAIT_EQ) &&
		       (fault.addr & 0xff) == 7 && fault.cycle,
	       "%s", text);
	tap_ok(strstr(text, "atomic register 7 of PE (0,1)") && strstr(text, "PE (0,0) core A"),
	       "it says who waits for what");
	seen->deadlock_cycle = fault.cycle;
	seen->deadlock_addr = fault.addr;
	expect(&good, start(&good, 8, 8, LOCKS_COUNT), MTIA_JOB_OK, "the chip works on");
	tap_ok(counted(&good, 64), "with locks that are free");

	/* half of it, beside a neighbour with the same locks, on its own PEs */
	expect(&good, start(&good, 8, 4, LOCKS_COUNT), MTIA_JOB_OK, "the neighbour undisturbed");
	memcpy(undisturbed, good.data.cpu, SOURCE);
	seqno = start(&bad, 8, 4, LOCKS_WRONG_ORDER);
	other = start(&good, 8, 4, LOCKS_COUNT);
	tap_ok(finish(&good, other, NULL) == MTIA_JOB_OK && counted(&good, 32) &&
		       !memcmp(undisturbed, good.data.cpu, SOURCE),
	       "beside the deadlock its result is bit-identical");
	alone = start(&good, 8, 4, LOCKS_MULTICAST);
	tap_ok(finish(&good, alone, NULL) == MTIA_JOB_OK && shared(&good, 8, 4),
	       "and it runs on while the others wait");
	expect(&bad, seqno, MTIA_JOB_DEADLOCK, "the deadlock is seen all the same");
	simhost_queue_fault(bad.queue, &fault);
	tap_ok(fault.seqno == seqno && fault.on_pe, "%s",
	       simhost_fault_text(&fault, text, sizeof(text)));

	/* over the edge, where the neighbour's register is */
	seqno = start(&bad, 8, 4, LOCKS_OUTSIDE);
	other = start(&good, 8, 4, LOCKS_COUNT);
	expect(&bad, seqno, MTIA_JOB_PE_COMMAND, "a register outside the sub-grid");
	simhost_queue_fault(bad.queue, &fault);
	simhost_fault_text(&fault, text, sizeof(text));
	tap_ok(fault.mcause == MTIA_CAUSE_FIELD && strstr(text, "PE position") &&
		       strstr(text, "(0,0) core A"), "%s", text);
	tap_ok(finish(&good, other, NULL) == MTIA_JOB_OK &&
		       !memcmp(undisturbed, good.data.cpu, SOURCE),
	       "the neighbour's result is bit-identical");
	close_client(&bad);
	close_client(&good);
	tap_u64(simhost_mem_free_bytes(sh, SIMHOST_MEM_LPDDR), lpddr, "nothing is lost");
	free(undisturbed);
}

/* Bad memory under a multicast: read once, so told once, by the member that reads. */
static void check_poison(struct simhost *sh)
{
	const uint64_t at = SOURCE + (3 * LOCKS_BLOCKS + 1) * LOCKS_BLOCK + 512; /* row 3 */
	struct simhost_fault fault = { 0 };
	struct simhost_memory memory;
	struct client bad, good;
	uint64_t seqno, other;
	char text[320];

	open_client(&bad, sh);
	open_client(&good, sh);
	simhost_model_table(sh)->inject(simhost_model(sh), MTIA_INJECT_ECC_UE,
					MTIA_PA_LPDDR + bad.data.offset + at, 0);
	seqno = start(&bad, 8, 4, LOCKS_MULTICAST);
	other = start(&good, 8, 4, LOCKS_MULTICAST);
	expect(&bad, seqno, MTIA_JOB_DMA_ERROR, "32 PEs, of which a row shares poison");
	simhost_queue_fault(bad.queue, &fault);
	simhost_fault_text(&fault, text, sizeof(text));
	simhost_memory_errors(sh, &memory);
	tap_ok(fault.reason == MTIA_FAULT_POISON && fault.on_pe && fault.row == 3 &&
		       fault.col % 4 == 0 && fault.addr == DATA_VA + at &&
		       memory.uncorrected == 1,
	       "%s", text);
	tap_ok(finish(&good, other, NULL) == MTIA_JOB_OK && shared(&good, 8, 4),
	       "the neighbour's bytes are right");
	close_client(&bad);
	close_client(&good);
}

int main(int argc, char **argv)
{
	static const unsigned int workers[] = { 1, 2, 4 };
	struct seen seen[3] = { 0 };

	fixture_init(argc - 1, argv);
	for (unsigned int i = 0; i < 3; i++) {
		struct simhost *sh = device_open_workers(workers[i]);

		program_load(sh, argv[3], &program);
		check_runs(sh, &seen[i]);
		check_deadlock(sh, &seen[i]);
		check_poison(sh);
		simhost_close(sh);
		if (i)
			tap_ok(!memcmp(&seen[i], &seen[0], sizeof(seen[0])),
			       "%u workers: the same cycles, bytes and deadlock as with one",
			       workers[i]);
	}
	return tap_done();
}

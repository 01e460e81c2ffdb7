// SPDX-License-Identifier: GPL-2.0
/*
 * PE programs on the model: placement, arguments, scrubbing, exit codes, bad memory, kill of a hung
 * program beside a neighbour that runs on, isolation of local memory and address spaces.
 */
#include <errno.h>

#include "mtia/pe.h"
#include "sim_fixture.h"
#include "sim_probe.h"

static struct simhost_buffer program; /* shared by all clients, mapped in each */

static void open_client(struct client *c, struct simhost *sh, unsigned int rows, unsigned int cols)
{
	client_open(c, sh, rows, cols);
	program_map(c, &program, PROGRAM_VA);
}

static void close_client(struct client *c)
{
	simhost_vm_unmap(c->vm, PROGRAM_VA, program.size);
	client_close(c);
}

static struct mtia_pkt_launch *launch(struct client *c, unsigned int rows, unsigned int cols,
				      struct probe_args args)
{
	struct mtia_pkt_launch *p = packet(c, MTIA_PKT_LAUNCH, sizeof(*p) + sizeof(args));

	args.out = DATA_VA;
	p->program_va = PROGRAM_VA;
	p->program_size = (uint32_t)program.size;
	p->rows = (uint16_t)rows;
	p->cols = (uint16_t)cols;
	p->args_size = sizeof(args);
	memcpy(p + 1, &args, sizeof(args));
	return p;
}

static uint64_t run_probe(struct client *c, unsigned int rows, unsigned int cols,
			  struct probe_args args)
{
	begin(c);
	launch(c, rows, cols, args);
	return submit(c);
}

static bool hello_ok(struct client *c, unsigned int rows, unsigned int cols, uint32_t value)
{
	const struct probe_out *out = c->data.cpu;
	bool good = true;

	for (unsigned int row = 0; row < rows; row++) {
		for (unsigned int col = 0; col < cols; col++, out++) {
			if (out->pos == (row | col << 16) && out->grid == (rows | cols << 16) &&
			    out->value == value && !out->dirt)
				continue;
			fprintf(stderr, "#   PE %u,%u: pos %x grid %x value %u dirt %llx\n", row,
				col, out->pos, out->grid, out->value,
				(unsigned long long)out->dirt);
			good = false;
		}
	}
	return good;
}

static void check_hello(struct simhost *sh)
{
	struct probe_args hello = { .mode = PROBE_HELLO, .value = 1234 };
	uint64_t launches = simhost_counter(sh, MTIA_CNT_LAUNCHES);
	struct client a, b;

	open_client(&a, sh, 0, 0);
	expect(&a, run_probe(&a, 8, 8, hello), MTIA_JOB_OK, "all 64 PEs");
	tap_ok(hello_ok(&a, 8, 8, 1234), "positions, grid, arguments, clean memory");
	tap_u64(simhost_counter(sh, MTIA_CNT_LAUNCHES) - launches, 64, "launches counted");
	hello.value = 5;
	memset(a.data.cpu, 0, 4096);
	expect(&a, run_probe(&a, 3, 5, hello), MTIA_JOB_OK, "3 x 5 PEs");
	tap_ok(hello_ok(&a, 3, 5, 5), "memory was scrubbed after the launch before");

	open_client(&b, sh, 2, 2);
	expect(&b, run_probe(&b, 2, 2, hello), MTIA_JOB_OK, "another client on the same PEs");
	tap_ok(hello_ok(&b, 2, 2, 5), "finds nothing of the first one's");
	expect(&b, run_probe(&b, 3, 2, hello), MTIA_JOB_NO_RESOURCE, "more than its queue may have");
	expect(&a, run_probe(&a, 9, 1, hello), MTIA_JOB_NO_RESOURCE, "more than the chip has");
	close_client(&a);
	close_client(&b);
}

/* Timer interrupts and exceptions in a compiled handler, floating point on both sides of it. */
static void check_interrupts(struct simhost *sh)
{
	struct probe_args args = { .mode = PROBE_INTERRUPTS, .value = 20000 };
	const struct probe_out *out;
	struct client c;
	unsigned int bad = 0;

	open_client(&c, sh, 2, 2);
	expect(&c, run_probe(&c, 2, 2, args), MTIA_JOB_OK, "four PEs with a handler");
	out = c.data.cpu;
	for (unsigned int i = 0; i < 4; i++)
		bad += out[i].dirt != 199990000 || out[i].grid != 20 ||
		       out[i].value != out[0].value;
	tap_ok(!bad && out->value > 200, "%u timer interrupts and %u exceptions each",
	       out->value, out->grid);
	close_client(&c);
}

/* From descriptor to the end of a command buffer that is `count` launches of 64 PEs that leave at once. */
static uint64_t cycles_of(struct client *c, unsigned int count, unsigned int rows)
{
	struct simhost_completion done = { 0 };

	begin(c);
	for (unsigned int n = 0; n < count; n++)
		launch(c, rows, rows, (struct probe_args){ .mode = PROBE_HELLO, .only = 65 });
	if (simhost_wait(c->queue, submit(c), BUDGET, &done) || done.status != MTIA_JOB_OK)
		return UINT64_MAX;
	return done.t_end - done.t_start;
}

/*
 * What a launch costs. v1's is about 5 us, 4000 cycles (a figure of its makers); most of it were the
 * control core's register writes if it did not describe the launch once.
 */
#define LAUNCH_CYCLES 4000

static void check_cost(struct simhost *sh)
{
	uint64_t one, both, single;
	struct client c;

	open_client(&c, sh, 0, 0);
	one = cycles_of(&c, 1, 8);
	both = cycles_of(&c, 2, 8);
	single = cycles_of(&c, 1, 1);
	tap_ok(one <= LAUNCH_CYCLES, "8 x 8 launch of nothing, whole job: %llu cycles of at most %u",
	       (unsigned long long)one, LAUNCH_CYCLES);
	tap_ok(both > one && both - one <= LAUNCH_CYCLES * 3 / 4, "another behind it: %llu more",
	       (unsigned long long)(both - one));
	tap_ok(one < single + 512, "1 x 1: %llu, so the number of PEs does not matter",
	       (unsigned long long)single);
	close_client(&c);
}

/* What a program says itself; what the hardware says: sim_misuse.c. */
static void check_exits(struct simhost *sh)
{
	struct probe_args hello = { .mode = PROBE_HELLO, .value = 9 };
	struct client c;
	uint32_t detail = 0;
	uint64_t seqno;

	open_client(&c, sh, 0, 0);
	seqno = run_probe(&c, 2, 2,
			  (struct probe_args){ .mode = PROBE_EXIT, .value = 77, .only = 1 });
	tap_ok(finish(&c, seqno, &detail) == MTIA_JOB_PE_EXIT && detail == 77,
	       "exit code %u: PE_EXIT", detail);
	/* Others spin when the first fails: the launch ends all the same. */
	begin(&c);
	launch(&c, 8, 8, (struct probe_args){ .mode = PROBE_EXIT, .value = 3 });
	launch(&c, 1, 1, hello);
	expect(&c, submit(&c), MTIA_JOB_PE_EXIT, "a failed launch ends its job");
	expect(&c, run_probe(&c, 8, 8, hello), MTIA_JOB_OK, "and the next one has all PEs again");
	tap_ok(hello_ok(&c, 8, 8, 9), "clean ones");
	close_client(&c);
}

static int inject(struct simhost *sh, enum mtia_model_fault fault, uint64_t arg0, uint64_t arg1)
{
	return simhost_model_table(sh)->inject(simhost_model(sh), fault, arg0, arg1);
}

/* Bad memory, from the bit to the host: a corrected word, poison that a PE reads, the scrubber. */
static void check_memory(struct simhost *sh)
{
	struct probe_args load = { .mode = PROBE_LOAD, .addr = DATA_VA + 65536 };
	struct probe_args hello = { .mode = PROBE_HELLO, .value = 31 };
	struct simhost_memory memory;
	struct simhost_fault fault = { 0 };
	struct probe_out undisturbed[16];
	struct client bad, good;
	uint64_t pa, seqno, other;
	char text[256];

	open_client(&bad, sh, 0, 0);
	open_client(&good, sh, 0, 0);
	expect(&good, run_probe(&good, 4, 4, hello), MTIA_JOB_OK, "the neighbour undisturbed");
	memcpy(undisturbed, good.data.cpu, sizeof(undisturbed));
	pa = MTIA_PA_LPDDR + bad.data.offset + 65536;
	inject(sh, MTIA_INJECT_ECC_CE, pa, 7);
	expect(&bad, run_probe(&bad, 1, 1, load), MTIA_JOB_OK, "a PE that reads one bad bit");
	simhost_run(sh, 100000, NULL);
	simhost_memory_errors(sh, &memory);
	tap_ok(memory.corrected == 1 && !memory.uncorrected && memory.addr == pa &&
		       memory.channel < 16,
	       "the host is told of address and channel");
	inject(sh, MTIA_INJECT_ECC_UE, pa, 0);
	seqno = run_probe(&bad, 1, 1, load);
	other = run_probe(&good, 4, 4, hello);
	expect(&bad, seqno, MTIA_JOB_DMA_ERROR, "one that reads poison");
	simhost_queue_fault(bad.queue, &fault);
	tap_ok(fault.reason == MTIA_FAULT_POISON && fault.on_pe && fault.addr == load.addr, "%s",
	       simhost_fault_text(&fault, text, sizeof(text)));
	tap_ok(finish(&good, other, NULL) == MTIA_JOB_OK &&
		       !memcmp(good.data.cpu, undisturbed, sizeof(undisturbed)),
	       "the neighbour's result is bit-identical");
	simhost_memory_errors(sh, &memory);
	tap_ok(memory.uncorrected == 1 && memory.uncorrected_now, "the host is told");
	memset((uint8_t *)bad.data.cpu + 65536, 0, 8);
	begin(&bad);
	copy(&bad, DATA_VA + 65536, DATA_VA, 4096);
	expect(&bad, submit(&bad), MTIA_JOB_OK, "a copy over it");
	expect(&bad, run_probe(&bad, 1, 1, load), MTIA_JOB_OK, "repairs it");
	inject(sh, MTIA_INJECT_ECC_CE, pa + 1024, 7);
	for (unsigned int i = 0; i < 10 && memory.corrected == 1; i++) {
		simhost_run(sh, BUDGET * 8, NULL);
		simhost_memory_errors(sh, &memory);
	}
	tap_u64(memory.corrected, 2, "the scrubber finds what nobody reads");
	close_client(&bad);
	close_client(&good);
}

static void check_bad_programs(struct simhost *sh)
{
	struct probe_args hello = { .mode = PROBE_HELLO };
	struct mtia_pe_image *image = program.cpu, good = *image;
	struct client c;

	open_client(&c, sh, 0, 0);
#define BAD(field, value, name)                                                          \
	do {                                                                             \
		image->field = (value);                                                  \
		expect(&c, run_probe(&c, 1, 1, hello), MTIA_JOB_BAD_PROGRAM, name);      \
		*image = good;                                                           \
	} while (0)
	BAD(magic, 0, "program magic");
	BAD(abi, 9, "program ABI");
	BAD(entry[0], good.image_size, "entry behind the program");
	BAD(entry[1], 4, "entry in the header");
	BAD(image_size, 1u << 30, "program larger than its packet says");
	BAD(args_size, 8, "program that expects other arguments");
#undef BAD
	begin(&c);
	launch(&c, 1, 1, hello)->program_va = DATA_VA + (8 << 20);
	expect(&c, submit(&c), MTIA_JOB_BAD_PROGRAM, "zeroes for a program");
	begin(&c);
	launch(&c, 1, 1, hello)->program_va = 0x700000000ull;
	expect(&c, submit(&c), MTIA_JOB_MMU_FAULT, "unmapped program");
	begin(&c);
	memcpy(c.data.cpu, program.cpu, 65536);
	launch(&c, 1, 1, hello)->program_va = DATA_VA;
	expect(&c, submit(&c), MTIA_JOB_MMU_FAULT, "program on pages without EXEC");
	close_client(&c);
}

static void check_kill(struct simhost *sh)
{
	struct probe_args spin = { .mode = PROBE_SPIN }, hello = { .mode = PROBE_HELLO, .value = 4 };
	struct simhost_completion done;
	struct client hung, busy, waiting;
	uint64_t first, second, queued;
	unsigned int good = 0;

	open_client(&hung, sh, 0, 0);
	open_client(&busy, sh, 0, 0);
	open_client(&waiting, sh, 0, 0);
	first = run_probe(&hung, 8, 4, spin);
	second = submit(&hung);
	tap_ok(simhost_wait(hung.queue, first, 800000, NULL) == -ETIME, "a program spins");
	for (unsigned int n = 0; n < 20; n++)
		good += finish(&busy, run_probe(&busy, 4, 4, hello), NULL) == MTIA_JOB_OK;
	tap_u64(good, 20, "its neighbour runs launch after launch");
	queued = run_probe(&waiting, 8, 8, hello);
	tap_ok(simhost_wait(waiting.queue, queued, 800000, NULL) == -ETIME,
	       "a launch of the whole chip waits");
	tap_ok(!simhost_queue_kill(hung.queue, MTIA_JOB_TIMEOUT), "kill is answered");
	tap_ok(!simhost_wait(hung.queue, first, 0, &done) && done.status == MTIA_JOB_TIMEOUT,
	       "the hung job ends with TIMEOUT, before the reply");
	tap_ok(!simhost_wait(hung.queue, second, 0, &done) && done.status == MTIA_JOB_TIMEOUT,
	       "so does the one behind it");
	expect(&waiting, queued, MTIA_JOB_OK, "the waiting launch gets the chip");
	tap_ok(hello_ok(&waiting, 8, 8, 4), "and clean PEs");
	expect(&hung, run_probe(&hung, 1, 1, hello), MTIA_JOB_OK, "the killed queue works again");
	simhost_model_table(sh)->inject(simhost_model(sh), MTIA_INJECT_HANG_PE, 0, 0);
	first = run_probe(&hung, 1, 1, hello);
	tap_ok(simhost_wait(hung.queue, first, 800000, NULL) == -ETIME, "a PE hangs");
	tap_ok(!simhost_queue_kill(hung.queue, MTIA_JOB_TIMEOUT), "kill is answered");
	expect(&hung, first, MTIA_JOB_TIMEOUT, "its job");
	simhost_model_table(sh)->inject(simhost_model(sh), MTIA_INJECT_CLEAR, MTIA_INJECT_HANG_PE, 0);
	expect(&busy, run_probe(&busy, 1, 1, hello), MTIA_JOB_OK, "without the fault the PE works");
	close_client(&hung);
	close_client(&busy);
	close_client(&waiting);
}

/* Faults while the mailbox overflows with records: completions still arrive. */
static void check_fault_flood(struct simhost *sh)
{
	struct probe_args bad = { .mode = PROBE_ILLEGAL };
	struct probe_args hello = { .mode = PROBE_HELLO, .value = 1 };
	unsigned int good = 0;
	struct client c;

	open_client(&c, sh, 0, 0);
	for (unsigned int n = 0; n < 200; n++)
		good += finish(&c, run_probe(&c, 1, 1, bad), NULL) == MTIA_JOB_PE_EXCEPTION;
	tap_u64(good, 200, "200 faulting jobs");
	expect(&c, run_probe(&c, 8, 8, hello), MTIA_JOB_OK, "nothing is left of them");
	close_client(&c);
}

int main(int argc, char **argv)
{
	struct simhost *sh;
	uint64_t lpddr;

	fixture_init(argc - 1, argv);
	sh = device_open();
	program_load(sh, argv[3], &program);
	lpddr = simhost_mem_free_bytes(sh, SIMHOST_MEM_LPDDR);
	check_hello(sh);
	check_interrupts(sh);
	check_cost(sh);
	check_exits(sh);
	check_memory(sh);
	check_bad_programs(sh);
	check_kill(sh);
	check_fault_flood(sh);
	tap_u64(simhost_mem_free_bytes(sh, SIMHOST_MEM_LPDDR), lpddr, "no LPDDR was lost");
	tap_ok(simhost_state(sh) == SIMHOST_READY, "firmware is well at the end");
	simhost_close(sh);
	return tap_done();
}

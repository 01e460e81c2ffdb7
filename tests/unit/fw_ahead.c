// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware core on a fake chip with work queues: launches of one job behind each other, what may
 * not be put there, failures in the middle, kill in every state, other queues that wait.
 */
#include "fw_fake.h"
#include "tap.h"

#define PROGRAM (FAKE_VA + 0x40000)
#define OTHER_PROGRAM (FAKE_VA + 0x41000)
#define WORD (FAKE_VA + 0x8000)

static void setup(unsigned int depth, unsigned int queues)
{
	fake_depth = depth;
	fake_power_on();
	fake_boot(2);
	for (unsigned int slot = 1; slot <= queues; slot++)
		if (fake_queue(slot, 1 + slot % 2))
			tap_ok(false, "queue %u", slot);
	for (unsigned int asid = 1; asid <= 2; asid++) {
		fake_program(asid, PROGRAM, 16);
		fake_program(asid, OTHER_PROGRAM, 16)->entry[1] = 68;
	}
}

static void add_launch(struct fake_cmds *c, uint64_t program, unsigned int rows, unsigned int cols,
		       unsigned int value)
{
	fake_launch(c, program, rows, cols, 16);
	memset(c->bytes + c->size - 16, (int)value, 16);
}

static void add_signal(struct fake_cmds *c)
{
	struct mtia_pkt_signal *p = fake_cmds_add(c, MTIA_PKT_SIGNAL, sizeof(*p));

	p->va = WORD;
	p->value = 77;
}

static void submit(struct fake_cmds *c, unsigned int slot)
{
	fake_cmds_submit(c, slot, 1 + slot % 2, FAKE_VA + slot * 0x1000);
}

/* A job of `count` launches with arguments 1, 2, 3 .. */
static void launches(unsigned int slot, unsigned int count, unsigned int rows, unsigned int cols)
{
	struct fake_cmds c;

	fake_cmds_begin(&c);
	for (unsigned int i = 0; i < count; i++)
		add_launch(&c, i % 2 ? OTHER_PROGRAM : PROGRAM, rows, cols, i + 1);
	submit(&c, slot);
}

static bool none(void)
{
	struct mtia_cqe cqe;

	return !fake_cqe(0, &cqe);
}

static bool all_released(void)
{
	const struct fw *fw = fake.fw;
	bool free = !fake_running_pes() && !fw->grid.used && !fw->grid_waiters.count &&
		    !fw->small_waiters.count && !fw->bulk_waiters.count;

	for (unsigned int pe = 0; pe < 64; pe++)
		free &= fake.pe[pe].owner == FW_NO_OWNER;
	for (unsigned int c = 1; c < MTIA_DMA_CHANNELS; c++)
		free &= fw->channel_owner[c] == FW_NO_OWNER && !fake.channel[c].busy;
	for (unsigned int slot = 0; slot < MTIA_MAX_QUEUES; slot++)
		free &= !fw->ahead[slot].count && !fake.queue[slot].count;
	return free;
}

/* Does launch `value` run on the PEs of the mask, all of it as its packet says? */
static bool runs(uint64_t pes, unsigned int value)
{
	for (unsigned int pe = 0; pe < 64; pe++) {
		const struct fake_pe *p = &fake.pe[pe];
		uint64_t program = value % 2 ? PROGRAM : OTHER_PROGRAM;

		if (!(pes >> pe & 1))
			continue;
		if (!p->running || p->args[0] != value || p->args[15] != value || p->args[16] ||
		    p->start.entry[0] != program + 64 ||
		    p->start.entry[1] != program + (value % 2 ? 128 : 68) ||
		    p->start.arg[1] != 16 || p->start.arg[2] != (pe / 8 | (uint64_t)(pe % 8) << 16))
			return false;
	}
	return fake_running_pes() == pes;
}

static void check_order(unsigned int depth)
{
	unsigned int ahead = depth > 1 ? 1 : 0;
	bool order = true, known = true;

	setup(depth, 1);
	launches(1, 12, 2, 3);
	fake_settle();
	tap_u64(fake.queue[1].count, depth, "depth %u: the queue is filled", depth);
	for (unsigned int value = 1; value <= 12; value++) {
		order &= runs(0x0707, value);
		known &= none();
		fake_pes_exit(0x0707 & ~2ull, 0);
		fake_settle();
		order &= runs(2, value);
		fake_pes_exit(2, 0);
		/* Before the firmware has heard of it, the next one runs. */
		order &= ahead && value < 12 ? runs(0x0707, value + 1) : !fake_running_pes();
		fake_settle();
	}
	tap_ok(order, "depth %u: 12 launches in order, each as its packet says", depth);
	tap_ok(known && fake_cqe_is(1, MTIA_JOB_OK, 0) && none() && all_released(),
	       "depth %u: one completion, all released", depth);
	tap_u64(fake.pe[0].starts, 12, "depth %u: none twice", depth);

	/* The firmware sleeps through many of them. */
	launches(1, 12, 2, 3);
	for (unsigned int n = 0; n < 40; n++) {
		fake_settle();
		for (unsigned int i = 0; i < n % 5; i++)
			fake_pes_exit(fake_running_pes(), 0);
	}
	tap_ok(fake_cqe_is(1, MTIA_JOB_OK, 0) && all_released() && fake.pe[0].starts == 24,
	       "depth %u: several reports at a time", depth);
}

/* What follows a launch and is no launch of the same shape takes effect behind it. */
static void check_others(void)
{
	uint64_t *word;
	struct fake_cmds c;

	setup(4, 1);
	word = fake_at(2, WORD);
	fake_cmds_begin(&c);
	add_launch(&c, PROGRAM, 2, 2, 1);
	add_launch(&c, OTHER_PROGRAM, 2, 2, 2);
	add_signal(&c);
	add_launch(&c, PROGRAM, 2, 2, 3);
	add_launch(&c, OTHER_PROGRAM, 1, 2, 4);
	submit(&c, 1);
	fake_settle();
	tap_ok(runs(0x0303, 1) && fake.queue[1].count == 2 && !*word, "two, the signal waits");
	fake_pes_exit(0x0303, 0);
	fake_settle();
	tap_ok(runs(0x0303, 2) && !*word, "for both of them");
	fake_pes_exit(0x0303, 0);
	fake_settle();
	tap_ok(*word == 77 && runs(0x0303, 3) && fake.queue[1].count == 1,
	       "then the next; nothing of another shape behind it");
	fake_pes_exit(0x0303, 0);
	fake_settle();
	tap_ok(runs(0x0003, 4), "which follows on PEs of its own");
	fake_pes_exit(3, 0);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_OK, 0) && all_released(), "the job ends");
}

/* The third packet cannot run: the two in front of it do, then the job ends as it would without. */
static void check_bad(enum mtia_job_status status, uint64_t program, uint32_t program_size,
		      const char *name)
{
	struct mtia_pkt_launch *launch;
	struct fake_cmds c;

	setup(4, 1);
	fake_cmds_begin(&c);
	add_launch(&c, PROGRAM, 2, 2, 1);
	add_launch(&c, OTHER_PROGRAM, 2, 2, 2);
	fake_launch(&c, program, 2, 2, 16);
	launch = (struct mtia_pkt_launch *)(c.bytes + c.size - sizeof(*launch) - 16);
	launch->program_size = program_size;
	add_launch(&c, PROGRAM, 2, 2, 4);
	submit(&c, 1);
	fake_settle();
	tap_ok(runs(0x0303, 1) && none(), "%s: the first runs", name);
	fake_pes_exit(0x0303, 0);
	fake_settle();
	tap_ok(runs(0x0303, 2) && none(), "%s: the second runs", name);
	fake_pes_exit(0x0303, 0);
	fake_settle();
	tap_ok(fake_cqe_is(1, status, 2) && all_released() && fake.pe[0].starts == 2,
	       "%s: the job ends at the third packet", name);
	launches(1, 1, 1, 1);
	fake_settle();
	fake_pes_exit(1, 0);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_OK, 0) && all_released(), "%s: the queue works", name);
}

static const struct mtia_d2h_msg *fault_message(void)
{
	static struct mtia_d2h_msg msg;

	return fake_message(MTIA_D2H_FAULT, &msg) ? &msg : NULL;
}

static bool fault_is(unsigned int slot, uint32_t packet)
{
	const struct mtia_d2h_msg *msg = fault_message();

	return msg && (msg->arg[MTIA_FAULT_ARG_QUEUE] & 0xffff) == slot &&
	       msg->arg[MTIA_FAULT_ARG_WHERE] >> 32 == packet;
}

/* Until the header of the second launch of queue 1's job is on its way. */
static void until_header(void)
{
	for (unsigned int n = 0; n < 100; n++) {
		for (unsigned int c = 0; c < MTIA_DMA_CHANNELS; c++) {
			fake_run();
			if (fake.fw->queues[1].state == FW_JOB_AHEAD_DMA)
				return;
			fake_dma_finish(c);
		}
	}
	tap_ok(false, "no header is on its way");
}

static void check_failures(void)
{
	setup(4, 2);
	launches(1, 6, 2, 2);
	launches(2, 6, 2, 2);
	fake_settle();
	fake_pes_exit(0x0303, 0);
	fake_settle();
	tap_ok(runs(0x0303 | 0x0c0c, 2) || fake_running_pes() == (0x0303 | 0x0c0c),
	       "two jobs beside each other");
	fake_pe_raise(8, 1, 2, 0x13, 500);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_PE_EXCEPTION, 1) && fault_is(1, 1), "a fault in the second of six");
	tap_ok(port_pes(1)->job == 1 && port_pes(1)->behind == 3 && port_pes(1)->shown == 8,
	       "its record tells how many were behind it");
	tap_u64(fake_running_pes(), 0x0c0c, "the neighbour runs on");
	tap_u64(fake.pe[2].starts, 1, "in its first launch");
	for (unsigned int i = 0; i < 6; i++) {
		fake_pes_exit(0x0c0c, 0);
		fake_settle();
	}
	tap_ok(fake_cqe_is(2, MTIA_JOB_OK, 0) && fake.pe[2].starts == 6 && all_released(), "to its end");
	tap_u64(fake.pe[0].starts, 2, "nothing behind the fault began");

	launches(1, 6, 2, 2);
	fake_settle();
	fake_pes_exit(0x0303, 0);
	fake_pes_exit(0x0303, 0);
	fake_pe_exit(9, 5);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_PE_EXIT, 5) && fault_is(1, 2) && all_released(),
	       "an exit code of the third, reported with two that ended well");

	/* While a header is on its way. */
	launches(1, 2, 2, 2);
	until_header();
	fake_pe_raise(0, 0, 2, 0x13, 500);
	fake_run();
	tap_ok(none(), "a fault meanwhile waits for it");
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_PE_EXCEPTION, 0) && fault_is(1, 0) && all_released(),
	       "and ends the job");

	launches(1, 3, 1, 1);
	fake_settle();
	fake.bad_request = MTIA_WQ_POISON;
	fake_pes_exit(1, 0);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_DMA_ERROR, 1) && fault_is(1, 1) && all_released(),
	       "a request that is poison");
	launches(1, 3, 1, 1);
	fake_settle();
	fake.bad_request = MTIA_WQ_BAD_REQUEST;
	fake_pes_exit(1, 0);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_INTERNAL, 1) && all_released(), "one that the hardware refuses");
	launches(1, 3, 1, 1);
	for (unsigned int i = 0; i < 3; i++) {
		fake_settle();
		fake_pes_exit(1, 0);
	}
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_OK, 0) && all_released(), "the queue works on");
}

static void check_killed(const char *name, uint32_t detail)
{
	tap_ok(fake_cqe_is(1, MTIA_JOB_TIMEOUT, detail) && none() && all_released(), "kill %s", name);
	launches(1, 2, 1, 1);
	fake_settle();
	fake_pes_exit(1, 0);
	fake_pes_exit(1, 0);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_OK, 0) && all_released(), "kill %s: the queue works", name);
}

static int kill(unsigned int slot)
{
	return fake_call(MTIA_H2D_QUEUE_KILL, slot, MTIA_JOB_TIMEOUT, 0, 0, 0, 0);
}

static void check_kill(void)
{
	setup(4, 1);
	launches(1, 9, 2, 2);
	fake_settle();
	fake_pes_exit(0x0303, 0);
	fake_settle();
	fake_pes_exit(1, 0);
	tap_ok(!kill(1), "kill with a full queue");
	tap_ok(port_pes(1)->job == 1 && port_pes(1)->behind == 3 && port_pes(1)->shown == 1,
	       "the record: where it was, three behind it");
	check_killed("with a full queue", 1);

	for (unsigned int slow = 0; slow < 2; slow++) {
		setup(4, 1);
		fake.slow_abort = slow;
		launches(1, 3, 2, 2);
		until_header();
		fake_send(MTIA_H2D_QUEUE_KILL, 1, MTIA_JOB_TIMEOUT, 0, 0, 0, 0);
		fake_run();
		tap_u64(fake_running_pes(), 0, "its PEs stop at once");
		fake_settle();
		check_killed(slow ? "while a header comes, slow channel" : "while a header comes", 0);
	}

	/* PEs are done, and a header is on its way: nothing runs, the sub-grid is held. */
	setup(4, 1);
	launches(1, 3, 2, 2);
	until_header();
	fake_pes_exit(0x0303, 0);
	fake_settle();
	tap_ok(runs(0x0303, 2), "a launch put ahead when nothing runs any more");
	kill(1);
	check_killed("of that", 1);
}

/* Nobody keeps PEs from others by being quick. */
static void check_waiting(void)
{
	setup(4, 2);
	launches(1, 100, 8, 8);
	fake_settle();
	launches(2, 1, 1, 1);
	fake_settle();
	for (unsigned int n = 0; n < 4; n++) {
		fake_pes_exit(~0ull, 0);
		fake_settle();
	}
	tap_u64(fake_running_pes(), 1, "a launch waits for what was ahead of it, no more");
	fake_pes_exit(1, 0);
	fake_settle();
	tap_ok(fake_cqe_is(2, MTIA_JOB_OK, 0) && runs(~0ull, 5), "and the job it interrupted goes on");
	for (unsigned int n = 0; n < 96; n++) {
		fake_pes_exit(~0ull, 0);
		fake_settle();
	}
	tap_ok(fake_cqe_is(1, MTIA_JOB_OK, 0) && all_released() && fake.pe[63].starts == 100,
	       "to its end");
}

/* But who would not be next stops nothing, until it has waited for long. */
static void check_lower_waits(void)
{
	setup(4, 1);
	fake_call(MTIA_H2D_QUEUE_CREATE, 2, 1, FAKE_RING(2), FAKE_ENTRIES, 0, 0 | 8 << 8 | 8 << 16);
	launches(1, 100, 8, 8);
	fake_settle();
	launches(2, 1, 1, 1);
	fake_settle();
	for (unsigned int n = 0; n < 10; n++) {
		fake_pes_exit(~0ull, 0);
		fake_settle();
	}
	tap_ok(runs(~0ull, 11) && fake.queue[1].count == 4, "who waits below stops nothing");
	fake.time += 2ull * MTIA_CLOCK_HZ;
	for (unsigned int n = 0; n < 4; n++) {
		fake_pes_exit(~0ull, 0);
		fake_settle();
	}
	tap_u64(fake_running_pes(), 1, "until it has waited for long");
	fake_pes_exit(1, 0);
	for (unsigned int n = 0; n < 90; n++) {
		fake_settle();
		fake_pes_exit(~0ull, 0);
	}
	fake_settle();
	tap_ok(all_released() && fake.pe[63].starts == 100, "both end");
}

/* Random jobs on many queues with PEs ending in random ways: everything is accounted for. */
static void check_storm(unsigned int depth)
{
	unsigned int submitted = 0, completed = 0, outstanding[17] = { 0 };
	uint64_t seed = depth, last[17] = { 0 };
	struct mtia_cqe cqe;
	bool ordered = true;

	setup(depth, 16);
	for (unsigned int n = 0; n < 20000; n++) {
		unsigned int slot, pe;

		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		slot = 1 + (seed >> 33) % 16;
		pe = seed >> 40 & 63;
		if (seed >> 62 == 0) {
			if (outstanding[slot] < FAKE_ENTRIES) {
				launches(slot, (seed >> 20) % 9, 1 + (seed >> 50) % 3, 1 + (seed >> 54) % 3);
				outstanding[slot]++;
				submitted++;
			}
		} else if (seed >> 60 == 5 && !(seed >> 50 & 31)) {
			fake_send(MTIA_H2D_QUEUE_KILL, slot, MTIA_JOB_TIMEOUT, 0, 0, 0, 0);
		} else if (fake.pe[pe].running) {
			if (seed >> 60 == 6 && !(seed >> 50 & 7))
				fake_pe_raise(pe, 0, 2, 0, seed >> 20);
			else
				fake_pe_exit(pe, seed >> 60 == 7 && !(seed >> 50 & 15));
		}
		if (seed >> 58 & 1)
			fake_run();
		fake_dma_finish(seed >> 55 & 7);
		for (; fake_cqe(0, &cqe); completed++) {
			ordered &= cqe.seqno == ++last[cqe.queue] && cqe.status != MTIA_JOB_INTERNAL;
			outstanding[cqe.queue]--;
		}
		if (fake.h2d_tail - fake.fw->h2d_head > 32)
			fake_settle();
		fake.d2h_head = fake.fw->d2h_tail;
		fake.mbox = true;
	}
	for (unsigned int n = 0; n < 4000 && completed < submitted; n++) {
		fake_pes_exit(fake_running_pes(), 0);
		fake_settle();
		for (; fake_cqe(0, &cqe); completed++)
			ordered &= cqe.seqno == ++last[cqe.queue];
	}
	tap_ok(submitted > 300 && completed == submitted && ordered,
	       "depth %u: storm of %u jobs, each completed once, in order", depth, submitted);
	tap_ok(all_released(), "depth %u: storm: all released", depth);
}

int main(void)
{
	for (unsigned int depth = 1; depth <= MTIA_WQ_MAX_DEPTH; depth++)
		check_order(depth);
	check_others();
	check_bad(MTIA_JOB_MMU_FAULT, FAKE_VA + FAKE_VA_SIZE, 4096, "a program that is not mapped");
	check_bad(MTIA_JOB_BAD_PROGRAM, FAKE_VA + 0x60000, 4096, "zeroes for a program");
	check_bad(MTIA_JOB_BAD_PROGRAM, PROGRAM, 32, "a program smaller than its header");
	check_bad(MTIA_JOB_BAD_PACKET, PROGRAM, 0, "a bad packet");
	check_failures();
	check_kill();
	check_waiting();
	check_lower_waits();
	for (unsigned int depth = 1; depth <= MTIA_WQ_MAX_DEPTH; depth += 3)
		check_storm(depth);
	fake_shutdown();
	return tap_done();
}

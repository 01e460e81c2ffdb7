// SPDX-License-Identifier: GPL-2.0
/* Firmware core on a fake chip: launches, sub-grids, PE faults, kill in every state. */
#include "fw_fake.h"
#include "tap.h"

#define PROGRAM (FAKE_VA + 0x40000)

static void setup(unsigned int queues)
{
	fake_power_on();
	fake_boot(2);
	for (unsigned int slot = 1; slot <= queues; slot++)
		if (fake_queue(slot, 1 + slot % 2))
			tap_ok(false, "queue %u", slot);
	for (unsigned int asid = 1; asid <= 2; asid++)
		fake_program(asid, PROGRAM, 16);
}

static unsigned int asid_of(unsigned int slot)
{
	return 1 + slot % 2;
}

static uint64_t buffer_of(unsigned int slot)
{
	return FAKE_VA + slot * 0x1000;
}

static void launch(unsigned int slot, unsigned int rows, unsigned int cols)
{
	struct fake_cmds c;

	fake_cmds_begin(&c);
	fake_launch(&c, PROGRAM, rows, cols, 16);
	memset(c.bytes + c.size - 16, (int)(0x40 + slot), 16);
	fake_cmds_submit(&c, slot, asid_of(slot), buffer_of(slot));
}

static bool none(void)
{
	struct mtia_cqe cqe;

	return !fake_cqe(0, &cqe);
}

/* Nothing held: what must be true whenever all queues are idle. */
static bool all_released(void)
{
	const struct fw *fw = fake.fw;
	bool free = !fake_running_pes() && !fw->grid.used && !fw->grid_waiters.count &&
		    !fw->small_waiters.count && !fw->bulk_waiters.count && !fw->sleeping;

	for (unsigned int pe = 0; pe < 64; pe++)
		free &= fake.pe[pe].owner == FW_NO_OWNER;
	for (unsigned int c = 1; c < MTIA_DMA_CHANNELS; c++)
		free &= fw->channel_owner[c] == FW_NO_OWNER && !fake.channel[c].busy;
	return free;
}

static void check_launch(void)
{
	const struct fake_pe *pe;

	setup(2);
	launch(1, 2, 3);
	fake_settle();
	tap_u64(fake_running_pes(), 0x0707, "2 x 3 runs at the top left");
	pe = &fake.pe[8 + 2];
	tap_ok(pe->start.asid == 2 && pe->start.rect == (2 << 16 | 3 << 24) &&
		       pe->start.entry[0] == PROGRAM + 64 && pe->start.entry[1] == PROGRAM + 128,
	       "ASID, sub-grid, entries");
	tap_ok(pe->start.arg[0] == MTIA_PE_ARGS_BASE && pe->start.arg[1] == 16 &&
		       pe->start.arg[2] == (1 | 2 << 16) && pe->start.arg[3] == (2 | 3 << 16),
	       "a0..a3 of the PE at row 1, column 2");
	tap_ok(pe->args[0] == 0x41 && pe->args[15] == 0x41 && !pe->args[16], "arguments");
	launch(2, 3, 3);
	fake_settle();
	tap_u64(fake_running_pes(), 0x0707 | 0x383838, "the neighbour's lands beside it");
	fake_pes_exit(0x0707 & ~2ull, 0);
	fake_settle();
	tap_ok(none(), "not complete while one PE runs");
	fake_pes_exit(2, 0);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_OK, 0), "complete when the last has left");
	tap_ok(fake.pe[0].owner == FW_NO_OWNER, "its PEs are given back");
	tap_u64(fake_running_pes(), 0x383838, "the neighbour runs on");
	fake_pes_exit(0x383838, 0);
	fake_settle();
	tap_ok(fake_cqe_is(2, MTIA_JOB_OK, 0) && all_released(), "all released");
	fake_pes_exit(~0ull, 3);
	fake_pe_raise(5, 0, 2, 0, 0);
	fake_settle();
	tap_ok(none() && all_released(), "events of idle PEs are ignored");
}

static void check_bad_launch(void)
{
	struct mtia_pe_image *image;
	struct fake_cmds c;

	setup(1);
	fake_call(MTIA_H2D_QUEUE_CREATE, 5, 1, FAKE_RING(5), FAKE_ENTRIES, 0, 2 << 8 | 4 << 16);
	fake_cmds_begin(&c);
	fake_launch(&c, PROGRAM, 3, 1, 16);
	fake_cmds_submit(&c, 5, 1, FAKE_VA);
	fake_settle();
	tap_ok(fake_cqe_is(5, MTIA_JOB_NO_RESOURCE, 0), "larger than the queue's sub-grid");
	launch(1, 9, 1);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_NO_RESOURCE, 0), "larger than the chip");
	fake_cmds_begin(&c);
	fake_launch(&c, FAKE_VA + FAKE_VA_SIZE, 1, 1, 16);
	fake_cmds_submit(&c, 1, 2, FAKE_VA);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_MMU_FAULT, 0), "program not mapped");
	image = fake_program(2, PROGRAM, 16);
	image->args_size = 24;
	launch(1, 1, 1);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_BAD_PROGRAM, 0), "program expects other arguments");
	image->args_size = 16;
	image->magic = 0;
	launch(1, 1, 1);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_BAD_PROGRAM, 0), "not a program");
	fake_cmds_begin(&c);
	fake_launch(&c, PROGRAM, 1, 1, 16);
	((struct mtia_pkt_launch *)(c.bytes + 16))->program_size = 32;
	fake_cmds_submit(&c, 1, 2, FAKE_VA);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_BAD_PROGRAM, 0), "program shorter than a header");
	tap_ok(all_released() && !fake.pe[0].starts, "no PE was started");

	fake_power_on();
	fake.pe_enabled = 0x00000000000000feull; /* PE (0,0) is broken, only row 0 exists */
	fake_boot(2);
	fake_queue(1, 2);
	fake_program(2, PROGRAM, 16);
	launch(1, 2, 1);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_NO_RESOURCE, 0), "never fits the enabled PEs");
	launch(1, 1, 7);
	fake_settle();
	tap_u64(fake_running_pes(), 0xfe, "disabled PEs are left out");
}

#define FAULT_CYCLE 0x9876543210ull

/* PEs of the job's launch, `shown`'s registers among it; every other record is empty. */
static void check_pes(unsigned int slot, uint64_t job, uint64_t pes, unsigned int shown,
		      const char *name)
{
	const struct mtia_fw_pes *r = port_pes(slot);
	bool good = r->job == job && r->pes == pes && r->shown == shown;

	for (unsigned int n = 0; n < 64; n++)
		good &= r->x[n / 32][n % 32] == fake_pe_register(shown, n / 32, n % 32);
	for (unsigned int pe = 0; pe < 64; pe++) {
		const struct mtia_fw_core *core = &r->pe[pe].core[1];
		bool in = pes >> pe & 1;

		good &= core->pc == (in ? fake_pe_register(pe, 1, 32) : 0) &&
			core->ra == (in ? fake_pe_register(pe, 1, 1) : 0) &&
			core->sp == (in ? fake_pe_register(pe, 1, 2) : 0);
	}
	for (unsigned int other = 0; other < MTIA_MAX_QUEUES; other++)
		good &= other == slot || !port_pes(other)->job;
	tap_ok(good, "%s: record of its PEs", name);
}

static void check_fault(enum mtia_job_status status, uint32_t core, uint64_t cause, uint64_t tval,
			bool record, const char *name)
{
	struct mtia_d2h_msg msg;

	setup(2);
	launch(1, 2, 2);
	fake_settle();
	launch(2, 1, 1);
	fake_settle();
	launch(1, 1, 1);
	fake_settle();
	if (record)
		fake_mmu_record(core == MTIA_PE_FAULT_CP ? MTIA_FAULT_SRC_FI | 9 : 9 | core << 8,
				MTIA_FAULT_PERM, MTIA_ACCESS_WRITE, tval);
	fake_pe_raise(9, core, cause, tval, FAULT_CYCLE);
	fake_pe_raise(0, 0, 2, 0, FAULT_CYCLE + 400);
	fake_settle();
	tap_ok(fake_cqe_is(1, status, 0), "%s", name);
	tap_ok(fake_message(MTIA_D2H_FAULT, &msg) && MTIA_FAULT_CYCLE(&msg) == FAULT_CYCLE &&
		       msg.arg[MTIA_FAULT_ARG_QUEUE] ==
			       (1 | 2 << 16 | (uint64_t)status << 32) &&
		       msg.arg[MTIA_FAULT_ARG_ADDR] == tval &&
		       msg.arg[MTIA_FAULT_ARG_WHERE] == (1 | 1 << 8 | core << 16) &&
		       msg.arg[MTIA_FAULT_ARG_PC] == FAKE_VA + 0x40 &&
		       msg.arg[MTIA_FAULT_ARG_CAUSE] ==
			       (cause << 16 |
				(record ? MTIA_FAULT_PERM | MTIA_ACCESS_WRITE << 8 : 0)),
	       "%s: record of the first PE that failed", name);
	check_pes(1, 1, 0x0303, 9, name);
	tap_ok(port_pes(1)->rect == (2 << 16 | 2 << 24) &&
		       port_pes(1)->pe[9].status == MTIA_PE_FAULTED &&
		       port_pes(1)->pe[9].fault_core == core &&
		       port_pes(1)->pe[9].fault_cause == cause &&
		       port_pes(1)->pe[9].fault_tval == tval &&
		       port_pes(1)->pe[9].fault_cycle == FAULT_CYCLE &&
		       port_pes(1)->pe[8].status == MTIA_PE_RUNNING,
	       "%s: which failed and which ran", name);
	tap_u64(fake_running_pes(), 4 | 1, "%s: neighbour runs on, next job started", name);
	fake_pes_exit(5, 0);
	fake_settle();
	tap_ok(!none() && !none() && none() && all_released(), "%s: released", name);
}

static void check_faults(void)
{
	struct mtia_d2h_msg msg;

	check_fault(MTIA_JOB_PE_EXCEPTION, 1, 2, 0x13, false, "illegal instruction");
	check_fault(MTIA_JOB_PE_EXCEPTION, 0, 5, 0x30000, false, "load outside local memory");
	check_fault(MTIA_JOB_MMU_FAULT, 0, 7, 0x140000000, true, "store to a page without WRITE");
	check_fault(MTIA_JOB_MMU_FAULT, MTIA_PE_FAULT_CP, MTIA_CAUSE_FI_FAULT, 0x140000000, true,
		    "DMA fault");
	check_fault(MTIA_JOB_PE_COMMAND, 0, MTIA_CAUSE_FIELD, 0x205, false, "illegal field");
	check_fault(MTIA_JOB_PE_COMMAND, 1, MTIA_CAUSE_CB_RULE, 0x103, false, "CB rule");
	check_fault(MTIA_JOB_PE_COMMAND, 0, MTIA_CAUSE_LINK, 0x2900, false, "link");
	check_fault(MTIA_JOB_DEADLOCK, 0, MTIA_CAUSE_DEADLOCK, 0x103, false, "deadlock");

	setup(2);
	launch(1, 1, 8);
	fake_settle();
	launch(2, 8, 8);
	fake_settle();
	fake.record_on_reset = true;
	fake_call(MTIA_H2D_QUEUE_KILL, 1, MTIA_JOB_TIMEOUT, 0, 0, 0, 0);
	fake.record_on_reset = false;
	fake_pe_raise(0, 0, 7, 0x40000, 0);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_TIMEOUT, 0) && fake_cqe_is(2, MTIA_JOB_PE_EXCEPTION, 0),
	       "a fault record left by the launch before is not taken for this one's");

	setup(1);
	launch(1, 2, 2);
	fake_settle();
	fake_pe_exit(1, 77);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_PE_EXIT, 77), "exit code ends the launch at once");
	tap_ok(fake_message(MTIA_D2H_FAULT, &msg) && msg.arg[MTIA_FAULT_ARG_WHERE] == 1 << 8 &&
		       msg.arg[MTIA_FAULT_ARG_ADDR] == 77 && !msg.arg[MTIA_FAULT_ARG_CAUSE],
	       "its record names PE and code");
	tap_ok(all_released(), "and the others are stopped");
}

static void check_memory_errors(void)
{
	struct mtia_d2h_msg msg;

	setup(1);
	tap_ok(fake.scrub_period, "boot starts the scrubber");
	fake.memory_error = (struct fw_memory_error){
		.status = MTIA_ECC_VALID | MTIA_ECC_UNCORRECTED, .where = 0x355,
		.addr = MTIA_PA_LPDDR + 0x1230, .corrected = 4, .uncorrected = 1,
	};
	fake_settle();
	tap_ok(fake_message(MTIA_D2H_MEMORY, &msg) &&
		       msg.arg[0] == (MTIA_ECC_VALID | MTIA_ECC_UNCORRECTED | 0x355ull << 32) &&
		       msg.arg[1] == MTIA_PA_LPDDR + 0x1230 && msg.arg[2] == 4 && msg.arg[3] == 1,
	       "a memory error is told to the host");
	launch(1, 1, 1);
	fake_settle();
	fake_mmu_record(MTIA_FAULT_SRC_FI, MTIA_FAULT_POISON, MTIA_ACCESS_READ, FAKE_VA);
	fake_pe_raise(0, MTIA_PE_FAULT_CP, MTIA_CAUSE_FI_FAULT, FAKE_VA, 1);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_DMA_ERROR, 0) && fake_message(MTIA_D2H_FAULT, &msg) &&
		       (msg.arg[MTIA_FAULT_ARG_CAUSE] & 0xff) == MTIA_FAULT_POISON,
	       "a job that reads poison fails with that reason");
}

static void check_refused(void)
{
	setup(2);
	fake.refuse_launch = MTIA_SG_ERR_OVERLAP;
	launch(1, 2, 2);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_INTERNAL, 0) && all_released(),
	       "a launch that the hardware refuses ends its job, nothing is held");
	launch(2, 8, 8);
	fake_settle();
	tap_u64(fake_running_pes(), ~0ull, "and the grid is free for the next");
}

static void check_waiting(void)
{
	setup(4);
	launch(1, 8, 5);
	fake_settle();
	launch(2, 8, 4); /* does not fit now */
	fake_settle();
	launch(3, 1, 1); /* would fit, but must not pass */
	launch(4, 8, 8);
	fake_settle();
	tap_u64(fake_running_pes(), 0x1f1f1f1f1f1f1f1full, "small launch does not pass a waiting one");
	fake_pes_exit(fake_running_pes(), 0);
	fake_settle();
	tap_u64(fake_running_pes(), 0x0f0f0f0f0f0f0f0full | 0x10, "then both run, in order");
	fake_pes_exit(0x0f0f0f0f0f0f0f0full, 0);
	fake_settle();
	tap_u64(fake_running_pes(), 0x10, "the whole grid waits for the last PE");
	fake_pes_exit(0x10, 0);
	fake_settle();
	tap_u64(fake_running_pes(), ~0ull, "and gets it");
	fake_pes_exit(~0ull, 0);
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_OK, 0) && fake_cqe_is(2, MTIA_JOB_OK, 0) &&
		       fake_cqe_is(3, MTIA_JOB_OK, 0) &&
		       fake_cqe_is(4, MTIA_JOB_OK, 0) && all_released(),
	       "completions in order");
}

static void queue_of_priority(unsigned int slot, unsigned int priority)
{
	if (fake_call(MTIA_H2D_QUEUE_CREATE, slot, asid_of(slot), FAKE_RING(slot), FAKE_ENTRIES, 0,
		      priority | 8 << 8 | 8 << 16))
		tap_ok(false, "queue %u of priority %u", slot, priority);
}

/* All PEs are of the launch of this queue. */
static bool grid_is_of(unsigned int slot)
{
	bool good = fake_running_pes() == ~0ull;

	for (unsigned int pe = 0; pe < 64; pe++)
		good &= fake.pe[pe].owner == slot;
	if (!good)
		fprintf(stderr, "#   PE 0 is of %u, not %u\n", fake.pe[0].owner, slot);
	return good;
}

static void check_priorities(void)
{
	static const unsigned int order[] = { 5, 4, 3, 2, 1, 2, 1 };
	struct mtia_pkt_fill *fill;
	struct fake_cmds c;
	bool good = true;

	setup(0);
	queue_of_priority(1, 0);
	queue_of_priority(2, 0);
	queue_of_priority(3, 1);
	queue_of_priority(4, 3);
	queue_of_priority(5, 3);
	for (unsigned int n = 0; n < 3; n++)
		launch(1, 8, 8);
	fake_settle();
	launch(2, 8, 8);
	launch(2, 8, 8);
	fake_settle();
	launch(3, 8, 8);
	fake_settle();
	launch(5, 8, 8);
	fake_settle();
	launch(4, 8, 8);
	fake_settle();
	tap_ok(grid_is_of(1), "a launch that runs is not taken off for one of higher priority");
	for (unsigned int i = 0; i < sizeof(order) / sizeof(*order); i++) {
		fake_pes_exit(~0ull, 0);
		fake_settle();
		good &= grid_is_of(order[i]);
	}
	tap_ok(good, "the next one is of the highest priority; equals take turns, as they came");
	fake_pes_exit(~0ull, 0);
	fake_settle();
	tap_ok(all_released(), "all released");

	setup(0);
	for (unsigned int slot = 1; slot <= 5; slot++)
		queue_of_priority(slot, 1);
	queue_of_priority(6, 2);
	for (unsigned int slot = 1; slot <= 5; slot++) {
		launch(slot, 4, 4);
		launch(slot, 4, 4);
		fake_settle();
	}
	launch(6, 8, 8);
	fake_settle();
	fake_pes_exit(0x0f0f0f0full, 0);
	fake_settle();
	tap_u64(fake_running_pes(), ~0x0f0f0f0full,
		"a free sub-grid is kept for a launch of higher priority that needs more");
	fake_pes_exit(~0x0f0f0f0full, 0);
	fake_settle();
	tap_ok(grid_is_of(6), "which gets it all");
	fake_pes_exit(~0ull, 0);
	fake_settle();
	tap_ok(fake_running_pes() == ~0ull && fake.pe[0].owner == 5 && fake.pe[4].owner == 1 &&
		       fake.pe[32].owner == 2 && fake.pe[36].owner == 3,
	       "then those that waited, as they came");

	setup(0);
	queue_of_priority(1, 1);
	queue_of_priority(2, 1);
	queue_of_priority(3, 2);
	launch(1, 8, 5);
	fake_settle();
	launch(2, 8, 8);
	fake_settle();
	launch(3, 1, 1);
	fake_settle();
	tap_u64(fake_running_pes(), 0x1f1f1f1f1f1f1f1full | 0x20,
		"one of higher priority that fits passes those that wait");

	setup(12);
	queue_of_priority(13, 2);
	for (unsigned int slot = 1; slot <= 13; slot++) {
		fake_cmds_begin(&c);
		fill = fake_cmds_add(&c, MTIA_PKT_FILL, sizeof(*fill));
		fill->dst = FAKE_VA + 0x10000;
		fill->size = 8;
		fake_cmds_submit(&c, slot, asid_of(slot), buffer_of(slot));
		for (unsigned int i = 0; i < 4; i++) {
			fake_run();
			for (unsigned int ch = 0; ch < FW_CH_BULK; ch++)
				fake_dma_finish(ch);
		}
		fake_run();
	}
	tap_ok(fake.fw->bulk_waiters.count == 12 - (MTIA_DMA_CHANNELS - FW_CH_BULK) + 1 &&
		       fake.fw->bulk_waiters.slot[0] == 13,
	       "the next channel is for the copy of the highest priority");
	fake_settle();
	tap_ok(all_released(), "all copied");
}

static void drain_outbox(void)
{
	while (fake_dma_finish(FW_CH_OUTBOX))
		fake_run();
}

static int kill(unsigned int slot)
{
	return fake_call(MTIA_H2D_QUEUE_KILL, slot, MTIA_JOB_TIMEOUT, 0, 0, 0, 0);
}

/* After a kill: the status, everything given back, and the queue works. */
static void check_killed(unsigned int slot, unsigned int jobs, uint32_t detail, const char *name)
{
	bool good = true;

	for (unsigned int i = 0; i < jobs; i++)
		good &= fake_cqe_is(slot, MTIA_JOB_TIMEOUT, i ? MTIA_NO_PACKET : detail);
	tap_ok(good && none(), "kill %s: %u jobs end with the status", name, jobs);
	tap_ok(all_released(), "kill %s: all released", name);
	fake_desc(slot, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	fake_settle();
	tap_ok(fake_cqe_is(slot, MTIA_JOB_OK, 0), "kill %s: the queue works again", name);
}

/* The record of a launch that took too long: its first PE that had not left. */
static void check_spot(unsigned int slot, unsigned int pe)
{
	struct mtia_d2h_msg msg;
	bool found = fake_message(MTIA_D2H_FAULT, &msg);

	tap_ok(found && (msg.arg[MTIA_FAULT_ARG_QUEUE] & 0xffff) == slot &&
		       msg.arg[MTIA_FAULT_ARG_QUEUE] >> 32 == MTIA_JOB_TIMEOUT &&
		       msg.arg[MTIA_FAULT_ARG_SEQNO] == 1 && !msg.arg[MTIA_FAULT_ARG_CAUSE] &&
		       msg.arg[MTIA_FAULT_ARG_WHERE] == (pe / 8 | pe % 8 << 8 | pe % 2 << 16) &&
		       msg.arg[MTIA_FAULT_ARG_PC] == FAKE_VA + 4 * pe && MTIA_FAULT_CYCLE(&msg),
	       "kill: the record names the PE that had not left");
}

static void check_kill(void)
{
	struct mtia_pkt_wait *wait;
	struct mtia_pkt_fill *fill;
	struct mtia_d2h_msg msg;
	struct fake_cmds c;
	unsigned int last, done = 0;

	setup(2);
	launch(1, 2, 2);
	launch(1, 1, 1);
	launch(1, 1, 1);
	fake_settle();
	fake_pe_exit(0, 0); /* an event in flight while we kill */
	tap_ok(kill(1) == 0, "kill running PEs");
	check_killed(1, 3, 0, "of running PEs");

	setup(1);
	launch(1, 2, 2);
	fake_settle();
	fake_pe_exit(0, 0);
	fake_send(MTIA_H2D_QUEUE_KILL, 1, MTIA_JOB_TIMEOUT, 0, 0, 0, 0);
	fake_settle();
	check_spot(1, 1);
	tap_ok(fake_message(MTIA_D2H_REPLY, &msg) && !msg.status, "kill of three PEs of four");
	check_killed(1, 1, 0, "of three PEs of four");
	check_pes(1, 1, 0x0303, 1, "kill for a time limit");

	setup(1);
	launch(1, 1, 1);
	fake_settle();
	tap_ok(!fake_call(MTIA_H2D_QUEUE_KILL, 1, MTIA_JOB_KILLED, 0, 0, 0, 0) && !none() &&
		       !port_pes(1)->job,
	       "a kill for another reason records nothing");

	setup(2);
	launch(1, 8, 8);
	fake_settle();
	launch(2, 1, 1);
	fake_settle();
	tap_ok(kill(2) == 0 && fake_cqe_is(2, MTIA_JOB_TIMEOUT, 0), "kill in the grid's waiting line");
	tap_u64(fake_running_pes(), ~0ull, "the running launch goes on");
	kill(1);
	check_killed(1, 1, 0, "of a whole grid");

	setup(3);
	launch(1, 8, 7);
	fake_settle();
	launch(2, 8, 8);
	fake_settle();
	launch(3, 8, 1);
	fake_settle();
	kill(2);
	tap_u64(fake_running_pes(), ~0ull, "killing the first in line lets the next go");

	setup(2);
	fake_cmds_begin(&c);
	fake_cmds_add(&c, MTIA_PKT_NOP, 8);
	wait = fake_cmds_add(&c, MTIA_PKT_WAIT, sizeof(*wait));
	wait->va = FAKE_VA + 0x8000;
	wait->value = 10;
	fake_cmds_submit(&c, 1, 2, FAKE_VA);
	fake_settle();
	tap_ok(kill(1) == 0, "kill in WAIT");
	check_killed(1, 1, 1, "in WAIT");
	fake.time += 10000000;
	fake_settle();
	tap_ok(none(), "its timer is gone");

	setup(2);
	fake_cmds_submit(&c, 1, 2, FAKE_VA);
	fake_run(); /* command fetch under way */
	fake_send(MTIA_H2D_QUEUE_KILL, 1, MTIA_JOB_TIMEOUT, 0, 0, 0, 0);
	fake_run();
	fake_settle();
	tap_ok(fake_message(MTIA_D2H_REPLY, &msg) && !msg.status, "kill during the command fetch");
	check_killed(1, 1, MTIA_NO_PACKET, "during the command fetch");

	for (unsigned int slow = 0; slow < 2; slow++) {
		setup(2);
		fake.slow_abort = slow;
		fake_cmds_begin(&c);
		fill = fake_cmds_add(&c, MTIA_PKT_FILL, sizeof(*fill));
		fill->dst = FAKE_VA + 0x10000;
		fill->size = 0x1000;
		fill->pattern = ~0ull;
		fake_cmds_submit(&c, 1, 2, FAKE_VA);
		fake_run();
		while (fake_dma_finish(1) || fake_dma_finish(2))
			fake_run();
		fake_send(MTIA_H2D_QUEUE_KILL, 1, MTIA_JOB_TIMEOUT, 0, 0, 0, 0);
		fake_run();
		if (slow) {
			tap_ok(none() && fake.channel[FW_CH_BULK].aborted,
			       "a channel that is still stopping holds the reply");
			fake_send(MTIA_H2D_QUEUE_KILL, 1, MTIA_JOB_KILLED, 0, 0, 0, 0);
			fake_run();
			drain_outbox();
			tap_ok(fake_message(MTIA_D2H_REPLY, &msg) && msg.status == -FW_EBUSY &&
				       msg.seq == fake.seq,
			       "a second kill meanwhile is busy");
		}
		fake_settle();
		tap_ok(fake_message(MTIA_D2H_REPLY, &msg) && !msg.status &&
			       msg.request == MTIA_H2D_QUEUE_KILL,
		       "kill of a fill%s", slow ? ", slow channel" : "");
		check_killed(1, 1, 0, slow ? "of a fill, slow channel" : "of a fill");
	}

	setup(12);
	for (unsigned int slot = 1; slot <= 12; slot++) {
		fake_cmds_begin(&c);
		fill = fake_cmds_add(&c, MTIA_PKT_FILL, sizeof(*fill));
		fill->dst = FAKE_VA + 0x10000;
		fill->size = 8;
		fake_cmds_submit(&c, slot, asid_of(slot), buffer_of(slot));
	}
	for (unsigned int i = 0; i < 40; i++) {
		fake_run();
		for (unsigned int ch = 0; ch < FW_CH_BULK; ch++)
			fake_dma_finish(ch);
	}
	last = fake.fw->bulk_waiters.slot[fake.fw->bulk_waiters.count - 1];
	fake_send(MTIA_H2D_QUEUE_KILL, last, MTIA_JOB_TIMEOUT, 0, 0, 0, 0);
	fake_run();
	drain_outbox();
	tap_ok(fake_cqe_is(last, MTIA_JOB_TIMEOUT, 0), "kill while waiting for a channel");
	fake_settle();
	for (unsigned int i = 0; i < 11; i++) {
		struct mtia_cqe cqe;

		done += fake_cqe(0, &cqe) && !cqe.status && cqe.queue != last;
	}
	tap_u64(done, 11, "the other 11 queues are not harmed");

	setup(2);
	tap_ok(kill(1) == 0, "kill idle");
	check_killed(1, 0, 0, "idle");
	for (unsigned int i = 0; i < FAKE_ENTRIES; i++)
		launch(1, 1, 1);
	tap_ok(kill(1) == 0, "kill with a full ring, before the first doorbell was seen");
	check_killed(1, FAKE_ENTRIES, MTIA_NO_PACKET, "with a full ring");
	launch(1, 1, 1);
	fake_settle();
	tap_ok(fake_call(MTIA_H2D_QUEUE_DESTROY, 1, 0, 0, 0, 0, 0) == -FW_EBUSY,
	       "destroy while a job runs");
	kill(1);
	tap_ok(fake_call(MTIA_H2D_QUEUE_DESTROY, 1, 0, 0, 0, 0, 0) == 0, "destroy after kill");
	port_pes(1)->job = 7;
	tap_ok(fake_queue(1, 2) == 0 && !port_pes(1)->job,
	       "the slot can be used again, without what the last queue left");
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	tap_ok(fake_cqe_is(1, MTIA_JOB_TIMEOUT, 0), "old completion");
	fake_settle();
	tap_ok(fake_cqe_is(1, MTIA_JOB_OK, 0), "new queue starts at seqno 1");
}

/* A host that reads no messages: records are dropped, completions and replies are not. */
static void check_fault_flood(void)
{
	struct mtia_d2h_msg msg;
	unsigned int completed = 0, records = 0, replies = 0;

	setup(1);
	for (unsigned int n = 0; n < 100; n++) {
		launch(1, 1, 1);
		fake_settle();
		fake_pe_raise(0, 0, 2, 0, 0);
		fake_settle();
		completed += fake_cqe_is(1, MTIA_JOB_PE_EXCEPTION, 0);
	}
	tap_u64(completed, 100, "100 faults unread: every job completes");
	for (unsigned int n = 0; n < 4; n++)
		fake_send(MTIA_H2D_PING, 0, 0, 0, 0, 0, 0);
	fake_settle();
	while (fake.fw->d2h_tail != fake.d2h_head) {
		const struct mtia_d2h_msg *ring = (void *)(fake.host + (FAKE_D2H - FAKE_HOST_BASE));

		msg = ring[fake.d2h_head++ % MTIA_D2H_SLOTS];
		records += msg.type == MTIA_D2H_FAULT;
		replies += msg.type == MTIA_D2H_REPLY;
	}
	tap_ok(records == MTIA_D2H_SLOTS - FW_D2H_RESERVED && replies == 4,
	       "%u records kept, room left for %u replies", records, replies);
	tap_ok(fake.fw->faults_dropped == 100 - records, "the rest is counted");
}

/* Random launches on many queues with PEs ending in random ways: everything is accounted for. */
static void check_storm(void)
{
	uint64_t seed = 7;
	unsigned int submitted = 0, completed = 0;
	unsigned int outstanding[25] = { 0 };
	uint64_t last[25] = { 0 };
	bool ordered = true;

	setup(24);
	for (unsigned int n = 0; n < 30000; n++) {
		unsigned int slot, pe;
		struct mtia_cqe cqe;

		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		slot = 1 + (seed >> 33) % 24;
		pe = seed >> 40 & 63;
		switch (seed >> 60) {
		case 0:
		case 1:
		case 2:
			if (outstanding[slot] < FAKE_ENTRIES) {
				launch(slot, 1 + (seed >> 50) % 4, 1 + (seed >> 54) % 4);
				outstanding[slot]++;
				submitted++;
			}
			break;
		case 3:
			if (fake.pe[pe].running)
				fake_pe_raise(pe, 0, 2, 0, seed >> 20);
			break;
		case 4:
			if (!(seed >> 50 & 15))
				fake_send(MTIA_H2D_QUEUE_KILL, slot, MTIA_JOB_KILLED, 0, 0, 0, 0);
			break;
		case 5:
			fake.time += 1000;
			break;
		default:
			if (fake.pe[pe].running)
				fake_pe_exit(pe, 0);
			break;
		}
		if (seed >> 58 & 1)
			fake_run();
		fake_dma_finish(seed >> 55 & 7);
		while (fake_cqe(0, &cqe)) {
			ordered &= cqe.seqno == last[cqe.queue] + 1;
			last[cqe.queue] = cqe.seqno;
			outstanding[cqe.queue]--;
			completed++;
		}
		if (fake.h2d_tail - fake.fw->h2d_head > 32)
			fake_settle();
		fake.d2h_head = fake.fw->d2h_tail;
		fake.mbox = true;
	}
	for (unsigned int n = 0; n < 2000 && completed < submitted; n++) {
		struct mtia_cqe cqe;

		fake_pes_exit(fake_running_pes(), 0);
		fake_settle();
		while (fake_cqe(0, &cqe)) {
			ordered &= cqe.seqno == last[cqe.queue] + 1;
			last[cqe.queue] = cqe.seqno;
			completed++;
		}
	}
	tap_ok(submitted > 1000 && completed == submitted, "storm: %u jobs, each completed once",
	       submitted);
	tap_ok(ordered, "storm: in order");
	tap_ok(all_released(), "storm: all released");
}

static void check_all(void)
{
	check_launch();
	check_bad_launch();
	check_faults();
	check_refused();
	check_memory_errors();
	check_waiting();
	check_priorities();
	check_kill();
	check_fault_flood();
	check_storm();
}

int main(void)
{
	check_all();
	/* Whoever makes one launch at a time sees no difference. */
	fake_depth = 4;
	check_all();
	fake_shutdown();
	return tap_done();
}

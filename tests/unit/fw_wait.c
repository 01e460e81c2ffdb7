// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware core on a fake chip: jobs that wait for what others have. What the host is told of that,
 * and that every wait ends.
 */
#include "fw_fake.h"
#include "tap.h"

#define PROGRAM (FAKE_VA + 0x40000)
#define SECOND	((uint64_t)MTIA_CLOCK_HZ)

enum { LOW, NORMAL, HIGH };

static void setup(void)
{
	fake_power_on();
	fake_boot(2);
	fake.time = 1000;
	for (unsigned int asid = 1; asid <= 2; asid++)
		fake_program(asid, PROGRAM, 16);
}

static void queue(unsigned int slot, unsigned int priority)
{
	if (fake_call(MTIA_H2D_QUEUE_CREATE, slot, 1 + slot % 2, FAKE_RING(slot), FAKE_ENTRIES, 0,
		      priority | 8 << 8 | 8 << 16))
		tap_ok(false, "queue %u of priority %u", slot, priority);
}

static void submit(struct fake_cmds *c, unsigned int slot)
{
	fake_cmds_submit(c, slot, 1 + slot % 2, FAKE_VA + slot * 0x1000);
}

/* A job of `count` launches on all PEs. */
static void launch(unsigned int slot, unsigned int count)
{
	struct fake_cmds c;

	fake_cmds_begin(&c);
	while (count--)
		fake_launch(&c, PROGRAM, 8, 8, 16);
	submit(&c, slot);
	fake_settle();
}

static void end_launch(void)
{
	fake_pes_exit(~0ull, 0);
	fake_settle();
}

static bool runs(unsigned int slot)
{
	return fake_running_pes() == ~0ull && fake.pe[0].owner == slot;
}

static bool told(unsigned int slot, uint64_t job, uint64_t waited, uint64_t since)
{
	const struct mtia_fw_wait *record = port_wait(slot);
	bool good = record->job == job && record->waited == waited && record->since == since;

	if (!good)
		fprintf(stderr, "#   job %llu waited %llu since %llu\n",
			(unsigned long long)record->job, (unsigned long long)record->waited,
			(unsigned long long)record->since);
	return good;
}

static int kill(unsigned int slot)
{
	return fake_call(MTIA_H2D_QUEUE_KILL, slot, MTIA_JOB_TIMEOUT, 0, 0, 0, 0);
}

static void check_pes(void)
{
	setup();
	queue(1, NORMAL);
	queue(2, NORMAL);
	tap_ok(told(1, 0, 0, 0) && told(2, 0, 0, 0), "nothing has waited in a new queue");
	launch(1, 1);
	tap_ok(runs(1) && told(1, 0, 0, 0), "who finds PEs is told nothing of");
	launch(2, 2);
	tap_ok(told(2, 1, 0, 1000), "who waits for them is, from when on");
	fake.time += 300;
	end_launch();
	tap_ok(runs(2) && told(2, 1, 300, 0), "and at its end for how long");
	launch(1, 1);
	tap_ok(told(1, 2, 0, 1300), "job 2 of the other waits, job 1 did not");
	fake.time += 50;
	end_launch();
	tap_ok(runs(1) && told(1, 2, 50, 0) && told(2, 1, 300, 1350),
	       "a second launch of a job waits, too");
	fake.time += 7;
	end_launch();
	tap_ok(runs(2) && told(2, 1, 307, 0), "all waits of a job count");
	fake.time += 90000;
	end_launch();
	tap_ok(told(2, 1, 307, 0), "its running does not");
	launch(2, 1);
	launch(1, 1);
	fake.time += 1;
	end_launch();
	launch(2, 1);
	fake.time += 20;
	end_launch();
	tap_ok(told(2, 3, 20, 0), "each job begins with none");
	launch(1, 1);
	fake.time += 4;
	tap_ok(!kill(1) && told(1, 4, 4, 0), "a kill ends the wait");
	kill(2);
	tap_ok(!fake_call(MTIA_H2D_QUEUE_DESTROY, 2, 0, 0, 0, 0, 0), "destroyed");
	queue(2, NORMAL);
	tap_ok(told(2, 0, 0, 0), "and made anew, as new");
}

static void fill(unsigned int slot)
{
	struct mtia_pkt_fill *packet;
	struct fake_cmds c;

	fake_cmds_begin(&c);
	packet = fake_cmds_add(&c, MTIA_PKT_FILL, sizeof(*packet));
	packet->dst = FAKE_VA + 0x10000;
	packet->size = 8;
	submit(&c, slot);
	for (unsigned int i = 0; i < 4; i++) {
		fake_run();
		for (unsigned int channel = 0; channel < FW_CH_BULK; channel++)
			fake_dma_finish(channel);
	}
	fake_run();
}

static void check_channels(void)
{
	enum { BULK = MTIA_DMA_CHANNELS - FW_CH_BULK, LAST = BULK + 1 };
	struct mtia_pkt_wait *packet;
	struct fake_cmds c;
	bool good = true;

	setup();
	for (unsigned int slot = 1; slot <= LAST; slot++)
		queue(slot, NORMAL);
	for (unsigned int slot = 1; slot <= LAST; slot++)
		fill(slot);
	for (unsigned int slot = 1; slot <= BULK; slot++)
		good &= told(slot, 0, 0, 0);
	tap_ok(good, "%u copies have a channel each", BULK);
	tap_ok(told(LAST, 1, 0, 1000), "the next one waits");
	fake.time += 60;
	fake_dma_finish(FW_CH_BULK);
	fake_run();
	tap_ok(told(LAST, 1, 60, 0), "for the first that comes free");
	fake.time += 60;
	fake_settle();
	tap_ok(told(LAST, 1, 60, 0), "and is not told of while it copies");

	/* A value that is not there. */
	fake_cmds_begin(&c);
	packet = fake_cmds_add(&c, MTIA_PKT_WAIT, sizeof(*packet));
	packet->va = FAKE_VA + 0x8000;
	packet->value = 10;
	submit(&c, 1);
	fake_settle();
	for (unsigned int i = 0; i < 10; i++) {
		fake.time += SECOND;
		fake_settle();
	}
	tap_ok(fake.fw->queues[1].state == FW_JOB_SLEEP && told(1, 0, 0, 0),
	       "what a WAIT packet waits for is no other's");
	kill(1);
}

/* Two queues of higher priority have always one that waits; what waits below them is next when? */
static void check_age(void)
{
	unsigned int turns = 0;
	struct mtia_cqe cqe;
	bool good = true;

	setup();
	queue(1, NORMAL);
	queue(2, NORMAL);
	queue(3, LOW);
	queue(4, HIGH);
	queue(5, LOW);
	launch(1, 1);
	launch(3, 1);
	fake.time += SECOND / 10;
	launch(5, 1);
	for (; !runs(3) && turns < 100; turns++) {
		while (fake_cqe(0, &cqe))
			;
		launch(1 + (turns + 1) % 2, 1);
		fake.time += SECOND / 4;
		good &= fake.fw->grid_waiters.count == 3;
		end_launch();
	}
	tap_ok(good && turns > 6 && turns < 12, "low priority after 2 seconds: %u turns", turns);
	tap_ok(told(3, 1, SECOND / 10 + turns * (SECOND / 4), 0), "its wait is told in full");
	launch(4, 1);
	end_launch();
	tap_ok(runs(5), "who has waited for long is passed by no priority");
	for (unsigned int i = 0; i < 2; i++)
		end_launch();
	end_launch();
	tap_ok(!fake_running_pes() && !fake.fw->grid_waiters.count, "all have ended");

	/* Equals that are old keep their order, and let nobody in between. */
	launch(1, 1);
	launch(3, 1);
	launch(5, 1);
	fake.time += 3 * SECOND;
	launch(2, 1);
	launch(4, 1);
	tap_ok(fake.fw->grid_waiters.slot[0] == 3 && fake.fw->grid_waiters.slot[1] == 5 &&
		       fake.fw->grid_waiters.slot[2] == 4 && fake.fw->grid_waiters.slot[3] == 2,
	       "behind them it is by priority");
}

int main(void)
{
	check_pes();
	check_channels();
	check_age();
	fake_shutdown();
	return tap_done();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What the chip gets wrong by itself: interrupts, completions, walks, DMA, a PE. Injected by QEMU's
 * monitor; a neighbour goes on in every case, and afterwards the same client does.
 */
#include <sched.h>

#include "fdinfo.h"
#include "monitor.h"
#include "pe/args.h"

#define LIMIT_MS 3000
#define SIZE	 (16 * PAGE)

/* Longer than the watchdog's second, shorter than the job's limit. */
#define SOON_MS 2500

FIXTURE(inject)
{
	struct client c, neighbour;
	struct buf buf, program;
	__u32 value;
};

static void expect_works(struct __test_metadata *_metadata, struct client *c, __u32 value)
{
	EXPECT_EQ(0, client_fill(_metadata, c, VA_CMDS + CMDS_SIZE / 2, PAGE, value));
	EXPECT_EQ(0, count_wrong(client_read_result(c), PAGE, value));
}

FIXTURE_SETUP(inject)
{
	client_open(_metadata, &self->c, LIMIT_MS);
	client_buf(_metadata, &self->c, SIZE, VRAM, VA_BASE, &self->buf);
	client_program(_metadata, &self->c, PROGRAM(probe), VA_PROGRAM, &self->program);
	client_open(_metadata, &self->neighbour, 9000);
	self->value = 1;
	expect_works(_metadata, &self->c, 1);
	expect_works(_metadata, &self->neighbour, 1);
}

FIXTURE_TEARDOWN(inject)
{
	EXPECT_EQ(0, inject("clear"));
	client_renew_queue(_metadata, &self->c);
	expect_works(_metadata, &self->c, 2);
	expect_works(_metadata, &self->neighbour, 2);
	client_close(&self->c);
	client_close(&self->neighbour);
}

static void submit_fill(struct __test_metadata *_metadata, struct _test_data_inject *self)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE, SIZE, ++self->value);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
}

static void expect_filled(struct __test_metadata *_metadata, struct _test_data_inject *self)
{
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, self->value));
}

static void expect_state(struct __test_metadata *_metadata, struct client *c, __u32 reason,
			 __u32 flags)
{
	struct drm_mtia_queue_get_state is;

	ASSERT_EQ(0, queue_state(c->fd, c->queue, &is));
	EXPECT_EQ(reason ? DRM_MTIA_STATE_BANNED : DRM_MTIA_STATE_OK, is.state);
	EXPECT_EQ(reason, is.reason);
	EXPECT_EQ(flags, is.flags);
}

/* The watchdog finds what its interrupt did not tell, long before the job's time is over. */
TEST_F_TIMEOUT(inject, lost_interrupt, 60)
{
	__s64 begin = after_ms(0);

	ASSERT_EQ(0, inject("drop-irq:1"));
	submit_fill(_metadata, self);
	EXPECT_EQ(-ETIME, syncobj_wait(self->c.fd, self->c.syncobj, after_ms(50)));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->c.syncobj, begin + SOON_MS * 1000000ll));
	expect_filled(_metadata, self);
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_NONE, 0);
	submit_fill(_metadata, self);
	expect_filled(_metadata, self);
}

TEST_F_TIMEOUT(inject, interrupts_that_come_twice, 60)
{
	int i;

	ASSERT_EQ(0, inject("duplicate-irq:20"));
	for (i = 0; i < 20; i++) {
		submit_fill(_metadata, self);
		expect_filled(_metadata, self);
	}
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_NONE, 0);
}

/* A completion of nothing that was submitted: it is dropped, its job ends by its time, unblamed. */
static void expect_survives(struct __test_metadata *_metadata, struct _test_data_inject *self,
			    const char *fault)
{
	struct cmds cmds;

	ASSERT_EQ(0, inject(fault));
	submit_fill(_metadata, self);
	expect_works(_metadata, &self->neighbour, 3);
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_TIMEOUT, DRM_MTIA_QUEUE_INNOCENT);
	expect_state(_metadata, &self->neighbour, DRM_MTIA_REASON_NONE, 0);
	cmds_begin(&cmds);
	EXPECT_EQ(-ECANCELED, client_submit(&self->c, &cmds));
	expect_works(_metadata, &self->neighbour, 4);
}

TEST_F_TIMEOUT(inject, completion_of_another_job, 60)
{
	expect_survives(_metadata, self, "corrupt-cqe:0x1000:0");
}

TEST_F_TIMEOUT(inject, completion_of_a_queue_that_is_not, 60)
{
	expect_survives(_metadata, self, "corrupt-cqe:0xff00:3");
}

/* With the wrong phase an entry is not there; those behind it have to get past it. */
TEST_F_TIMEOUT(inject, completion_that_cannot_be_seen, 60)
{
	cpu_set_t all, one;
	struct client more[4];
	int i;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(all), &all));
	ASSERT_EQ(0, inject("corrupt-cqe:0x1000000:3"));
	submit_fill(_metadata, self);
	/* Of all rings there are, one a CPU, whichever the fault is in. */
	for (i = 0; i < 4; i++) {
		CPU_ZERO(&one);
		CPU_SET(i % sysconf(_SC_NPROCESSORS_ONLN), &one);
		ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
		client_open(_metadata, &more[i], 9000);
		expect_works(_metadata, &more[i], 5);
	}
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(all), &all));
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_TIMEOUT, DRM_MTIA_QUEUE_INNOCENT);
	for (i = 0; i < 4; i++) {
		expect_state(_metadata, &more[i], DRM_MTIA_REASON_NONE, 0);
		expect_works(_metadata, &more[i], 6);
		client_close(&more[i]);
	}
}

/* Each arrives after the one behind it: both are handled, in the queue's order. */
TEST_F_TIMEOUT(inject, completions_out_of_order, 60)
{
	struct cmds cmds;
	__u32 first;

	ASSERT_EQ(0, inject("reorder-cqe:1"));
	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE, SIZE / 2, 7);
	first = syncobj_create(self->c.fd);
	ASSERT_EQ(0, client_submit_at(&self->c, self->c.queue, &cmds, 0, first));
	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE + SIZE / 2, SIZE / 2, 7);
	ASSERT_EQ(0, client_submit_at(&self->c, self->c.queue, &cmds, 512, self->c.syncobj));
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, first, 0));
	EXPECT_EQ(0, fence_status(self->c.fd, first));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 7));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_NONE, 0);
}

/* The command's DMA makes no progress; a program's does not need it. */
TEST_F_TIMEOUT(inject, dma_that_stalls, 60)
{
	struct probe_args args = { .op = PROBE_EXIT };
	char fault[32];
	struct cmds cmds;
	int i;

	for (i = 0; i < 8; i++) {
		snprintf(fault, sizeof(fault), "stall-dma:%d", i);
		if (inject(fault))
			break;
	}
	ASSERT_LT(0, i);
	submit_fill(_metadata, self);
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_TIMEOUT, DRM_MTIA_QUEUE_GUILTY);
	ASSERT_EQ(0, inject("clear:stall-dma"));
	client_renew_queue(_metadata, &self->c);
	submit_fill(_metadata, self);
	expect_filled(_metadata, self);
	cmds_begin(&cmds);
	cmds_launch(&cmds, VA_PROGRAM, self->program.size, 8, 8, &args, sizeof(args));
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
}

/* A PE that no reset of its sub-grid revives. Whose job needs it loses that job and no more. */
TEST_F_TIMEOUT(inject, pe_that_hangs, 60)
{
	struct probe_args args = { .op = PROBE_EXIT };
	struct drm_mtia_queue_get_state state;
	struct cmds cmds;

	ASSERT_EQ(0, inject("hang-pe:0"));
	cmds_begin(&cmds);
	cmds_launch(&cmds, VA_PROGRAM, self->program.size, 8, 8, &args, sizeof(args));
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	expect_works(_metadata, &self->neighbour, 3);
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	ASSERT_EQ(0, queue_state(self->c.fd, self->c.queue, &state));
	EXPECT_EQ(DRM_MTIA_REASON_TIMEOUT, state.reason);
	EXPECT_EQ(0, state.fault_pe & 0xffff);
	ASSERT_EQ(0, inject("clear:hang-pe"));
	client_renew_queue(_metadata, &self->c);
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
}

/* ASID that the client's address space had for its last job, from debugfs. */
static int asid_of(struct client *c)
{
	char name[300], line[200], want[64], device[DEVICE_NAME];
	unsigned long long number;
	int slot, asid, found = -1;
	FILE *f;

	if (device_name(device))
		return -1;
	snprintf(name, sizeof(name), "/sys/kernel/debug/accel/%s/queues", device);
	f = fopen(name, "r");
	snprintf(want, sizeof(want), "mtia-client%lld-", fdinfo_number(c->fd, "drm-client-id"));
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, want) && sscanf(line, "%llu %d %d", &number, &slot, &asid) == 3)
			found = asid;
	if (f)
		fclose(f);
	return found;
}

/* Its page table is right and the chip reads it wrong. */
TEST_F_TIMEOUT(inject, walk_that_fails, 60)
{
	struct drm_mtia_queue_get_state state;
	char fault[64];

	/* It has one when a job of it has run. */
	expect_works(_metadata, &self->c, 2);
	ASSERT_LT(0, asid_of(&self->c));
	snprintf(fault, sizeof(fault), "fail-walk:%d:0x%llx", asid_of(&self->c),
		 (unsigned long long)VA_BASE + 3 * PAGE);
	ASSERT_EQ(0, inject(fault));
	submit_fill(_metadata, self);
	EXPECT_EQ(-EIO, client_wait(_metadata, &self->c));
	ASSERT_EQ(0, queue_state(self->c.fd, self->c.queue, &state));
	EXPECT_EQ(DRM_MTIA_STATE_BANNED, state.state);
	EXPECT_EQ(VA_BASE + 3 * PAGE, state.fault_va / PAGE * PAGE);
	expect_state(_metadata, &self->neighbour, DRM_MTIA_REASON_NONE, 0);
	expect_works(_metadata, &self->neighbour, 3);
}

TEST_F_TIMEOUT(inject, everything_slow, 60)
{
	ASSERT_EQ(0, inject("slow:50"));
	submit_fill(_metadata, self);
	expect_filled(_metadata, self);
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_NONE, 0);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * The system goes to sleep, as far as all devices are suspended (pm_test), and comes back: memory
 * of open files, page tables and queues are as before, the firmware is told its log's level again;
 * a job that hangs is ended by its limit; a chip that sleeps by itself is woken for it.
 */
#include "sum.h"

#define SIZE (64 * PAGE)

FIXTURE(sleep)
{
	struct client c;
	struct buf vram, system, program;
};

FIXTURE_VARIANT(sleep)
{
	const char *state, *depth;
};

FIXTURE_VARIANT_ADD(sleep, to_idle)
{
	.state = "freeze",
};

FIXTURE_VARIANT_ADD(sleep, to_memory)
{
	.state = "mem", .depth = "deep",
};

static int write_text(const char *path, const char *text)
{
	return text_write(open(path, O_WRONLY | O_CLOEXEC), text);
}

static void log_file(const char *name, char path[128])
{
	char device[DEVICE_NAME] = "";

	device_name(device);
	snprintf(path, 128, "/sys/kernel/debug/accel/%s/%s", device, name);
}

/* Whether the log has a text behind the last start of the firmware. */
static bool log_has(const char *what)
{
	static char text[1 << 18];
	char path[128], *begin = text, *next;
	size_t size = 0;
	ssize_t n;
	int fd;

	log_file("fw_log", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while ((n = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
		size += n;
	close(fd);
	text[size] = '\0';
	while ((next = strstr(begin, "mtia-ctrl ready")))
		begin = next + 1;
	return strstr(begin, what);
}

/* Whether the firmware that runs now logs what is worth a line when debugging only. */
static bool logs_requests(struct client *c)
{
	__s64 end = after_ms(PATIENCE_MS);

	if (client_short_queue(c, 0))
		return false;
	/* Text is on its way when a request has been answered. */
	while (!log_has(" D request 7 "))
		if (after_ms(0) > end)
			return false;
	return true;
}

FIXTURE_SETUP(sleep)
{
	char path[128];

	log_file("fw_log_level", path);
	ASSERT_EQ(0, write_text(path, "3"));
	client_open(_metadata, &self->c, 1000);
	client_buf(_metadata, &self->c, SIZE, VRAM, VA_BASE, &self->vram);
	client_buf(_metadata, &self->c, SIZE, SYSTEM, VA_BASE + SIZE, &self->system);
	client_program(_metadata, &self->c, PROGRAM(sum), VA_PROGRAM, &self->program);
	ASSERT_EQ(0, write_text("/sys/power/pm_test", "devices"));
	ASSERT_EQ(0, write_text("/sys/module/suspend/parameters/pm_test_delay", "1"));
	if (variant->depth)
		ASSERT_EQ(0, write_text("/sys/power/mem_sleep", variant->depth));
}

FIXTURE_TEARDOWN(sleep)
{
	client_close(&self->c);
}

/* On all PEs, with what is in memory of both kinds. */
static void expect_works(struct __test_metadata *_metadata, struct _test_data_sleep *self)
{
	client_sums(_metadata, &self->c, &self->program,
		    (struct sum_place){ &self->vram, VA_BASE },
		    (struct sum_place){ &self->system, VA_BASE + SIZE });
}

TEST_F_TIMEOUT(sleep, nothing_is_lost, 120)
{
	struct drm_mtia_queue_get_state before, after;
	int round;

	ASSERT_EQ(0, queue_state(self->c.fd, self->c.queue, &before));
	for (round = 0; round < 3; round++) {
		fill_words(self->vram.map, SIZE, 0x1111 + round);
		fill_words(self->system.map, SIZE, 0x2222 + round);
		expect_works(_metadata, self);
		ASSERT_EQ(0, write_text("/sys/power/state", variant->state));
		EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x1111 + round));
		EXPECT_TRUE(logs_requests(&self->c));
		expect_works(_metadata, self);
		EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x1111 + round));
	}
	ASSERT_EQ(0, queue_state(self->c.fd, self->c.queue, &after));
	EXPECT_EQ(before.reset_epoch, after.reset_epoch);
	EXPECT_EQ(DRM_MTIA_STATE_OK, after.state);
	EXPECT_EQ(DRM_MTIA_REASON_NONE, after.reason);
}

/* The chip has gone to sleep by itself; it does so again afterwards. */
TEST_F_TIMEOUT(sleep, of_a_chip_that_sleeps, 120)
{
	char text[64];
	int round, tries;

	for (round = 0; round < 2; round++) {
		fill_words(self->vram.map, SIZE, 0x3333 + round);
		fill_words(self->system.map, SIZE, 0x4444 + round);
		for (tries = 0; tries < PATIENCE_MS; tries++) {
			if (!strcmp(device_sysfs_read("power/runtime_status", text), "suspended"))
				break;
			nap_ms(1);
		}
		ASSERT_STREQ("suspended", text);
		ASSERT_EQ(0, write_text("/sys/power/state", variant->state));
		EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x3333 + round));
		EXPECT_EQ(0, count_wrong(self->system.map, SIZE, 0x4444 + round));
		expect_works(_metadata, self);
		EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x3333 + round));
	}
}

TEST_F_TIMEOUT(sleep, under_a_job_that_hangs, 120)
{
	client_start_gate(_metadata, &self->c);
	ASSERT_EQ(0, write_text("/sys/power/state", variant->state));
	ASSERT_EQ(0, syncobj_wait(self->c.fd, self->c.syncobj, 0));
	EXPECT_EQ(-ETIME, fence_status(self->c.fd, self->c.syncobj));
	client_renew_queue(_metadata, &self->c);
	expect_works(_metadata, self);
}

/* Those that have none of the chip's slots wait for the end of sleep, and lose nothing. */
TEST_F_TIMEOUT(sleep, under_more_queues_than_slots, 120)
{
	enum { MANY = 80 };
	struct client *c = &self->c;
	__u32 queue[MANY], done[MANY], i;
	struct cmds cmds;

	cmds_begin(&cmds);
	client_gate(c, &cmds);
	cmds_end(&cmds);
	memcpy(c->cmds.map, cmds.data, cmds.size);
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(0, queue_create(c->fd, c->vm, 2, 1000, &queue[i]));
		done[i] = syncobj_create(c->fd);
		ASSERT_NE(0, done[i]);
		if (i < MTIA_MAX_QUEUES - 1) {
			ASSERT_EQ(0, submit(c->fd, queue[i], VA_CMDS, cmds.size, done[i]));
			continue;
		}
		cmds_begin(&cmds);
		cmds_fill(&cmds, VA_BASE + i * 256, 256, i);
		ASSERT_EQ(0, client_submit_at(c, queue[i], &cmds, i * 256, done[i]));
	}
	ASSERT_EQ(0, write_text("/sys/power/state", variant->state));
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(0, syncobj_wait(c->fd, done[i], after_ms(PATIENCE_MS)));
		if (i < MTIA_MAX_QUEUES - 1) {
			EXPECT_EQ(-ETIME, fence_status(c->fd, done[i]));
		} else {
			EXPECT_EQ(0, fence_status(c->fd, done[i]));
			EXPECT_EQ(0, count_wrong((char *)self->vram.map + i * 256, 256, i));
		}
	}
	expect_works(_metadata, self);
}

TEST_HARNESS_MAIN

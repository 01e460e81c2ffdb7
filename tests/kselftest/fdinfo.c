// SPDX-License-Identifier: GPL-2.0
/* What tools like nvtop read of a client, in the form that drm-usage-stats.rst lays down. */
#include "fdinfo.h"

FIXTURE(fdinfo)
{
	struct client c;
};

FIXTURE_SETUP(fdinfo)
{
	client_open(_metadata, &self->c, 2000);
}

FIXTURE_TEARDOWN(fdinfo)
{
	client_close(&self->c);
}

TEST_F(fdinfo, who_it_is)
{
	char text[128], device[DEVICE_NAME];
	int other = device_open();

	ASSERT_LE(0, other);
	fdinfo_text(self->c.fd, "drm-driver", text, sizeof(text));
	EXPECT_STREQ("mtia", text);
	ASSERT_EQ(0, device_name(device));
	fdinfo_text(self->c.fd, "drm-pdev", text, sizeof(text));
	EXPECT_STREQ(device, text);
	EXPECT_LT(0, fdinfo_number(self->c.fd, "drm-client-id"));
	EXPECT_NE(fdinfo_number(other, "drm-client-id"),
		  fdinfo_number(self->c.fd, "drm-client-id"));
	close(other);
}

TEST_F(fdinfo, engine_time_has_its_unit)
{
	char text[128], *unit;

	fdinfo_text(self->c.fd, "drm-engine-pe", text, sizeof(text));
	EXPECT_LE(0, strtoll(text, &unit, 10));
	EXPECT_STREQ(" ns", unit);
}

TEST_F(fdinfo, engine_time_only_grows)
{
	__s64 before = fdinfo_number(self->c.fd, "drm-engine-pe"), now;
	int i;

	EXPECT_LE(0, before);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, client_fill(_metadata, &self->c, VA_CMDS + CMDS_SIZE / 2,
					 CMDS_SIZE / 4, i));
		now = fdinfo_number(self->c.fd, "drm-engine-pe");
		EXPECT_LT(before, now);
		before = now;
	}
	/* Nothing runs, nothing is counted. */
	nap_ms(20);
	EXPECT_EQ(before, fdinfo_number(self->c.fd, "drm-engine-pe"));
}

TEST_F(fdinfo, engine_time_of_others_does_not_count)
{
	struct client other;

	client_open(_metadata, &other, 0);
	ASSERT_EQ(0, client_fill(_metadata, &self->c, VA_CMDS + CMDS_SIZE / 2, 8, 1));
	EXPECT_EQ(0, fdinfo_number(other.fd, "drm-engine-pe"));
	client_close(&other);
}

TEST_F(fdinfo, memory_follows_objects)
{
	static const struct {
		__u32 placement;
		const char *total, *resident, *shared;
	} kinds[] = {
		{ VRAM, "drm-total-vram", "drm-resident-vram", "drm-shared-vram" },
		{ SYSTEM, "drm-total-memory", "drm-resident-memory", "drm-shared-memory" },
		{ SRAM, "drm-total-sram", "drm-resident-sram", "drm-shared-sram" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		__s64 total = fdinfo_number(self->c.fd, kinds[i].total);
		__s64 resident = fdinfo_number(self->c.fd, kinds[i].resident);
		__u32 handles[4];
		int k;

		ASSERT_LE(0, total);
		ASSERT_LE(0, resident);
		EXPECT_EQ(0, fdinfo_number(self->c.fd, kinds[i].shared));
		for (k = 0; k < 4; k++) {
			ASSERT_EQ(0, bo_create(self->c.fd, (k + 1) * MIB, kinds[i].placement, 0,
					       &handles[k]));
		}
		EXPECT_EQ(total + 10 * MIB, fdinfo_number(self->c.fd, kinds[i].total));
		EXPECT_EQ(resident + 10 * MIB, fdinfo_number(self->c.fd, kinds[i].resident));
		for (k = 0; k < 4; k++)
			bo_close(self->c.fd, handles[k]);
		EXPECT_EQ(total, fdinfo_number(self->c.fd, kinds[i].total));
		EXPECT_EQ(resident, fdinfo_number(self->c.fd, kinds[i].resident));
	}
}

TEST_F(fdinfo, memory_is_active_while_jobs_use_it)
{
	struct cmds cmds;
	__s64 total = fdinfo_number(self->c.fd, "drm-total-vram");

	EXPECT_LT(0, total);
	EXPECT_GE(0, fdinfo_number(self->c.fd, "drm-active-vram"));
	cmds_begin(&cmds);
	client_gate(&self->c, &cmds);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	EXPECT_EQ(total, fdinfo_number(self->c.fd, "drm-active-vram"));
	client_release(&self->c);
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_GE(0, fdinfo_number(self->c.fd, "drm-active-vram"));
}

/* Whatever a client did: when it is gone, the device is as before. */
TEST_F(fdinfo, nothing_is_left_of_a_client)
{
	struct drm_mtia_mem_region before[3], after[3];
	struct client other;
	struct cmds cmds;
	struct buf buf;
	int i;

	ASSERT_EQ(0, query(self->c.fd, DRM_MTIA_QUERY_MEM_REGIONS, before, sizeof(before)));
	for (i = 0; i < 20; i++) {
		client_open(_metadata, &other, 500);
		client_buf(_metadata, &other, 4 * MIB, i % 2 ? VRAM : SYSTEM, VA_BASE, &buf);
		ASSERT_EQ(0, client_fill(_metadata, &other, VA_BASE, 4 * MIB, i));
		switch (i % 3) {
		case 0: /* a fault */
			EXPECT_EQ(-EIO, client_fill(_metadata, &other, VA_BASE + 4 * MIB, 8, i));
			break;
		case 1: /* a job that will not end */
			cmds_begin(&cmds);
			client_gate(&other, &cmds);
			ASSERT_EQ(0, client_submit(&other, &cmds));
			break;
		case 2: /* a wrong packet */
			cmds_begin(&cmds);
			cmds_add(&cmds, 77, 8);
			EXPECT_EQ(-EIO, client_run(_metadata, &other, &cmds));
			break;
		}
		munmap(buf.map, buf.size);
		client_close(&other);
	}
	/* Objects of jobs that were killed go when the kernel gets round to it. */
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, query(self->c.fd, DRM_MTIA_QUERY_MEM_REGIONS, after, sizeof(after)));
		if (after[0].used == before[0].used && after[1].used == before[1].used)
			break;
		nap_ms(20);
	}
	EXPECT_EQ(before[0].used, after[0].used);
	EXPECT_EQ(before[1].used, after[1].used);
}

TEST_HARNESS_MAIN

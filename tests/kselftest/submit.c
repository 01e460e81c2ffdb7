// SPDX-License-Identifier: GPL-2.0
/* Jobs: each packet with its data checked, arguments that are refused, order, ring wrap. */
#include "mtia_test.h"

#define SIZE (64 * PAGE)

FIXTURE(submit)
{
	struct client c;
	struct buf buf; /* 64 pages at VA_BASE */
};

FIXTURE_VARIANT(submit)
{
	__u32 placement;
};

FIXTURE_VARIANT_ADD(submit, vram)
{
	.placement = VRAM,
};

FIXTURE_VARIANT_ADD(submit, system)
{
	.placement = SYSTEM,
};

FIXTURE_SETUP(submit)
{
	client_open(_metadata, &self->c, 0);
	client_buf(_metadata, &self->c, SIZE, variant->placement, VA_BASE, &self->buf);
}

FIXTURE_TEARDOWN(submit)
{
	client_close(&self->c);
}

TEST_F(submit, nop)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
	cmds_begin(&cmds);
	cmds_nop(&cmds);
	cmds_nop(&cmds);
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
}

TEST_F(submit, fill)
{
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 0x0123456789abcdefull));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x0123456789abcdefull));
}

TEST_F(submit, fill_at_any_alignment)
{
	__u8 want[64] = {}, pattern[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	__u64 value;
	int i;

	memcpy(&value, pattern, 8);
	for (i = 0; i < 21; i++)
		want[11 + i] = pattern[i % 8];
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE + 11, 21, value));
	EXPECT_EQ(0, memcmp(self->buf.map, want, sizeof(want)));
}

TEST_F(submit, copy)
{
	struct cmds cmds;
	__u64 i;

	for (i = 0; i < SIZE / 16; i++)
		((__u64 *)self->buf.map)[i] = i * 0x9e3779b97f4a7c15ull;
	cmds_begin(&cmds);
	cmds_copy(&cmds, VA_BASE + SIZE / 2, VA_BASE, SIZE / 2);
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
	EXPECT_EQ(0, memcmp((char *)self->buf.map + SIZE / 2, self->buf.map, SIZE / 2));
}

TEST_F(submit, copy_at_any_alignment)
{
	char *bytes = self->buf.map;
	struct cmds cmds;
	int i;

	for (i = 0; i < 5000; i++)
		bytes[i] = i * 7;
	cmds_begin(&cmds);
	/* Both ends inside pages, both pages crossed at different bytes. */
	cmds_copy(&cmds, VA_BASE + 20003, VA_BASE + 13, 4900);
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
	EXPECT_EQ(0, memcmp(bytes + 20003, bytes + 13, 4900));
	EXPECT_EQ(0, bytes[20002]);
	EXPECT_EQ(0, bytes[20003 + 4900]);
}

TEST_F(submit, copy_between_placements)
{
	struct buf other;
	struct cmds cmds;

	client_buf(_metadata, &self->c, SIZE, (VRAM | SYSTEM) ^ variant->placement, VA_BASE + SIZE,
		   &other);
	fill_words(self->buf.map, SIZE, 0xc0ffee);
	cmds_begin(&cmds);
	cmds_copy(&cmds, VA_BASE + SIZE, VA_BASE, SIZE);
	cmds_fill(&cmds, VA_BASE, SIZE, 0xdecaf);
	cmds_copy(&cmds, VA_BASE, VA_BASE + SIZE, SIZE / 2);
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
	EXPECT_EQ(0, count_wrong(other.map, SIZE, 0xc0ffee));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE / 2, 0xc0ffee));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + SIZE / 2, SIZE / 2, 0xdecaf));
}

TEST_F(submit, timestamp)
{
	struct drm_mtia_timestamp before, after;
	volatile __u64 *stamp = self->buf.map;
	struct cmds cmds;

	ASSERT_EQ(0, query(self->c.fd, DRM_MTIA_QUERY_TIMESTAMP, &before, sizeof(before)));
	cmds_begin(&cmds);
	cmds_timestamp(&cmds, VA_BASE);
	cmds_fill(&cmds, VA_BASE + PAGE, SIZE - PAGE, 1);
	cmds_timestamp(&cmds, VA_BASE + 8);
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
	ASSERT_EQ(0, query(self->c.fd, DRM_MTIA_QUERY_TIMESTAMP, &after, sizeof(after)));
	EXPECT_LE(before.device_cycles, stamp[0]);
	EXPECT_LT(stamp[0], stamp[1]);
	EXPECT_LE(stamp[1], after.device_cycles);
}

TEST_F(submit, signal_and_wait)
{
	volatile __u64 *word = self->buf.map;
	struct cmds cmds;

	word[2] = 100;
	cmds_begin(&cmds);
	cmds_signal(&cmds, VA_BASE, 0x1122334455667788ull);
	cmds_wait(&cmds, VA_BASE, 0x1122334455667788ull);
	/* "At least", not "equal". */
	cmds_wait(&cmds, VA_BASE + 16, 99);
	cmds_signal(&cmds, VA_BASE + 8, ~0ull);
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
	EXPECT_EQ(0x1122334455667788ull, word[0]);
	EXPECT_EQ(~0ull, word[1]);
}

TEST_F(submit, wait_ends_when_the_cpu_writes)
{
	volatile __u64 *word = self->buf.map;
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_wait(&cmds, VA_BASE, 5);
	cmds_signal(&cmds, VA_BASE + 8, 1);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	nap_ms(50);
	EXPECT_EQ(0, word[1]);
	word[0] = 4;
	nap_ms(50);
	EXPECT_EQ(0, word[1]);
	word[0] = 6;
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(1, word[1]);
}

TEST_F(submit, command_buffer_in_this_memory)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE + PAGE, PAGE, 0xabc);
	cmds_end(&cmds);
	/* Across a page, at the smallest alignment. */
	memcpy((char *)self->buf.map + 4 * PAGE - 16, cmds.data, cmds.size);
	ASSERT_EQ(0, submit(self->c.fd, self->c.queue, VA_BASE + 4 * PAGE - 16, cmds.size,
			    self->c.syncobj));
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + PAGE, PAGE, 0xabc));
}

TEST_F(submit, largest_command_buffer)
{
	const __u32 size = MTIA_CMD_MAX_SIZE;
	__u32 count = (size - sizeof(struct mtia_cmd_header)) / sizeof(struct mtia_pkt), i;
	struct mtia_cmd_header *header = self->buf.map;
	struct mtia_pkt *pkt = (void *)(header + 1);

	/* Only NOPs, but for a SIGNAL at the end that shows that all were taken. */
	for (i = 0; i < count - 3; i++)
		pkt[i] = (struct mtia_pkt){ MTIA_PKT_NOP, 0, 8 };
	*(struct mtia_pkt_signal *)&pkt[i] = (struct mtia_pkt_signal){
		.hdr = { MTIA_PKT_SIGNAL, 0, sizeof(struct mtia_pkt_signal) },
		.va = VA_BASE + size,
		.value = 77,
	};
	*header = (struct mtia_cmd_header){
		.magic = MTIA_CMD_MAGIC,
		.version = MTIA_CMD_VERSION,
		.packet_count = count - 2,
		.size = size,
	};
	ASSERT_EQ(0, submit(self->c.fd, self->c.queue, VA_BASE, size, self->c.syncobj));
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(77, *(volatile __u64 *)((char *)self->buf.map + size));
	EXPECT_EQ(-E2BIG, submit(self->c.fd, self->c.queue, VA_BASE, size + 8, self->c.syncobj));
}

/* ---- Arguments that are refused -------------------------------------------------------------- */

FIXTURE(submit_args)
{
	struct client c;
	struct drm_mtia_job job; /* a good one */
};

FIXTURE_SETUP(submit_args)
{
	struct cmds cmds;

	client_open(_metadata, &self->c, 0);
	cmds_begin(&cmds);
	cmds_signal(&cmds, VA_CMDS + PAGE, 1);
	cmds_end(&cmds);
	memcpy(self->c.cmds.map, cmds.data, cmds.size);
	self->job.cmd_va = VA_CMDS;
	self->job.cmd_size = cmds.size;
}

FIXTURE_TEARDOWN(submit_args)
{
	client_close(&self->c);
}

static __u64 signalled(const struct client *c)
{
	return *(volatile __u64 *)((char *)c->cmds.map + PAGE);
}

static int submit_one(struct _test_data_submit_args *self, struct drm_mtia_job job)
{
	return submit_jobs(self->c.fd, self->c.queue, &job, 1);
}

TEST_F(submit_args, good_one)
{
	EXPECT_EQ(0, submit_one(self, self->job));
	EXPECT_EQ(0, bo_wait(self->c.fd, self->c.cmds.handle, 0, after_ms(PATIENCE_MS)));
	EXPECT_EQ(1, signalled(&self->c));
}

TEST_F(submit_args, no_jobs)
{
	EXPECT_EQ(-EINVAL, submit_jobs(self->c.fd, self->c.queue, NULL, 0));
}

TEST_F(submit_args, too_many_jobs)
{
	struct drm_mtia_job *jobs = calloc(DRM_MTIA_MAX_ARRAY + 1, sizeof(*jobs));
	int i;

	for (i = 0; i <= DRM_MTIA_MAX_ARRAY; i++)
		jobs[i] = self->job;
	EXPECT_EQ(-E2BIG, submit_jobs(self->c.fd, self->c.queue, jobs, DRM_MTIA_MAX_ARRAY + 1));
	nap_ms(20);
	EXPECT_EQ(0, signalled(&self->c));
	free(jobs);
}

TEST_F(submit_args, unknown_queue)
{
	EXPECT_EQ(-ENOENT, submit_jobs(self->c.fd, self->c.queue + 1, &self->job, 1));
	EXPECT_EQ(-ENOENT, submit_jobs(self->c.fd, 0, &self->job, 1));
}

TEST_F(submit_args, queue_of_another_file)
{
	int fd = device_open();

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOENT, submit_jobs(fd, self->c.queue, &self->job, 1));
	close(fd);
}

TEST_F(submit_args, flags)
{
	struct drm_mtia_queue_submit args = {
		.queue_id = self->c.queue,
		.jobs = { sizeof(self->job), 1, (uintptr_t)&self->job },
	};
	int bit;

	for (bit = 0; bit < 32; bit++) {
		args.flags = 1u << bit;
		EXPECT_EQ(-EINVAL, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_QUEUE_SUBMIT, &args));
	}
}

TEST_F(submit_args, job_flags)
{
	int bit;

	for (bit = 0; bit < 32; bit++) {
		struct drm_mtia_job job = self->job;

		job.flags = 1u << bit;
		EXPECT_EQ(-EINVAL, submit_one(self, job));
	}
}

TEST_F(submit_args, address_unaligned)
{
	struct drm_mtia_job job = self->job;

	job.cmd_va += 4;
	EXPECT_EQ(-EINVAL, submit_one(self, job));
}

TEST_F(submit_args, address_outside_the_vm)
{
	static const __u64 vas[] = { 8, VA_BASE - 16, MTIA_VA_USER_MAX - 16, MTIA_VA_USER_MAX,
				     -8ull, 1ull << 63 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vas); i++) {
		struct drm_mtia_job job = self->job;

		job.cmd_va = vas[i];
		EXPECT_EQ(-EINVAL, submit_one(self, job)) {
			TH_LOG("0x%llx", vas[i]);
		}
	}
}

TEST_F(submit_args, size_unaligned_or_too_small)
{
	static const __u32 sizes[] = { 1, 8, 17, 20 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct drm_mtia_job job = self->job;

		job.cmd_size = sizes[i];
		EXPECT_EQ(-EINVAL, submit_one(self, job)) {
			TH_LOG("%u", sizes[i]);
		}
	}
}

TEST_F(submit_args, size_too_large)
{
	struct drm_mtia_job job = self->job;

	job.cmd_size = MTIA_CMD_MAX_SIZE + 8;
	EXPECT_EQ(-E2BIG, submit_one(self, job));
	job.cmd_size = ~7u;
	EXPECT_EQ(-E2BIG, submit_one(self, job));
}

TEST_F(submit_args, size_zero_with_an_address)
{
	struct drm_mtia_job job = self->job;

	job.cmd_size = 0;
	EXPECT_EQ(-EINVAL, submit_one(self, job));
	job.cmd_va = 0;
	EXPECT_EQ(0, submit_one(self, job));
}

TEST_F(submit_args, strides)
{
	struct {
		struct drm_mtia_job job;
		__u64 later;
	} longer = { .job = self->job };
	struct drm_mtia_queue_submit args = {
		.queue_id = self->c.queue,
		.jobs = { sizeof(self->job) - 8, 1, (uintptr_t)&longer },
	};

	EXPECT_EQ(-EINVAL, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_QUEUE_SUBMIT, &args));
	args.jobs.stride = sizeof(longer);
	EXPECT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_QUEUE_SUBMIT, &args));
	longer.later = 1ull << 63;
	EXPECT_EQ(-E2BIG, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_QUEUE_SUBMIT, &args));
	args.jobs.array = 16;
	EXPECT_EQ(-EFAULT, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_QUEUE_SUBMIT, &args));
}

TEST_F(submit_args, all_or_nothing)
{
	const struct drm_mtia_sync sync = {
		.flags = DRM_MTIA_SYNC_SIGNAL,
		.handle = self->c.syncobj,
	};
	struct drm_mtia_job jobs[8];
	int i;

	for (i = 0; i < 8; i++) {
		jobs[i] = self->job;
		jobs[i].syncs = (struct drm_mtia_obj_array){ sizeof(sync), 1, (uintptr_t)&sync };
	}
	jobs[7].flags = 1;
	EXPECT_EQ(-EINVAL, submit_jobs(self->c.fd, self->c.queue, jobs, 8));
	nap_ms(50);
	EXPECT_EQ(0, signalled(&self->c));
	/* No fence was put anywhere either. */
	EXPECT_EQ(-EINVAL, syncobj_wait(self->c.fd, self->c.syncobj, 0));
	jobs[7].flags = 0;
	EXPECT_EQ(0, submit_jobs(self->c.fd, self->c.queue, jobs, 8));
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(1, signalled(&self->c));
}

/* ---- Many jobs ------------------------------------------------------------------------------- */

/*
 * 6000 jobs through a ring of 64: job n ends well only if job n - 1 did its work before. The last
 * one's value and fence show that all ran.
 */
TEST(submit_ring_wraps)
{
	enum { JOBS = 6000, BATCH = 50, STRIDE = 64 };
	__u64 before[MTIA_NUM_COUNTERS], after[MTIA_NUM_COUNTERS];
	struct drm_mtia_job jobs[BATCH];
	struct drm_mtia_sync sync;
	volatile __u64 *word;
	struct buf cmdbuf;
	struct cmds cmds;
	struct client c;
	int i, k;

	client_open(_metadata, &c, 0);
	client_buf(_metadata, &c, (JOBS * STRIDE + PAGE - 1) / PAGE * PAGE, VRAM, VA_BASE, &cmdbuf);
	word = (volatile __u64 *)((char *)c.cmds.map + PAGE);
	for (i = 0; i < JOBS; i++) {
		cmds_begin(&cmds);
		cmds_wait(&cmds, VA_CMDS + PAGE, i);
		cmds_signal(&cmds, VA_CMDS + PAGE, i + 1);
		cmds_end(&cmds);
		ASSERT_LE(cmds.size, STRIDE);
		memcpy((char *)cmdbuf.map + i * STRIDE, cmds.data, cmds.size);
	}
	ASSERT_EQ(0, query(c.fd, DRM_MTIA_QUERY_COUNTERS, before, sizeof(before)));
	sync = (struct drm_mtia_sync){ .flags = DRM_MTIA_SYNC_SIGNAL, .handle = c.syncobj };
	for (i = 0; i < JOBS; i += BATCH) {
		for (k = 0; k < BATCH; k++) {
			jobs[k] = (struct drm_mtia_job){
				.cmd_va = VA_BASE + (i + k) * STRIDE,
				.cmd_size = cmds.size,
				.syncs = { sizeof(sync), k == BATCH - 1, (uintptr_t)&sync },
			};
		}
		ASSERT_EQ(0, submit_jobs(c.fd, c.queue, jobs, BATCH));
	}
	EXPECT_EQ(0, client_wait(_metadata, &c));
	EXPECT_EQ(JOBS, *word);
	ASSERT_EQ(0, query(c.fd, DRM_MTIA_QUERY_COUNTERS, after, sizeof(after)));
	/* Posted writes only: with everything in VRAM the device never reads the host. */
	EXPECT_EQ(before[MTIA_CNT_HOST_READS], after[MTIA_CNT_HOST_READS]);
	/* The completions, on the other hand, were written there. */
	EXPECT_LE(before[MTIA_CNT_HOST_WRITES] + JOBS, after[MTIA_CNT_HOST_WRITES]);
	client_close(&c);
}

/* Nor does the CPU read a register on the way of a job. */
TEST(submit_reads_no_registers)
{
	__u64 before[MTIA_NUM_COUNTERS], after[MTIA_NUM_COUNTERS];
	enum { JOBS = 200 };
	struct cmds cmds;
	struct client c;
	int i;

	client_open(_metadata, &c, 0);
	cmds_begin(&cmds);
	cmds_nop(&cmds);
	ASSERT_EQ(0, client_run(_metadata, &c, &cmds));
	ASSERT_EQ(0, query(c.fd, DRM_MTIA_QUERY_COUNTERS, before, sizeof(before)));
	for (i = 0; i < JOBS; i++)
		ASSERT_EQ(0, client_run(_metadata, &c, &cmds));
	ASSERT_EQ(0, query(c.fd, DRM_MTIA_QUERY_COUNTERS, after, sizeof(after)));
	/* What the two queries read themselves is at most two words a counter. */
	EXPECT_GE(before[MTIA_CNT_MMIO_READS] + 4 * MTIA_NUM_COUNTERS, after[MTIA_CNT_MMIO_READS]);
	client_close(&c);
}

/* Many queues of one client at once, each with its own data. */
TEST(submit_in_parallel)
{
	enum { QUEUES = 8, ROUNDS = 25 };
	__u32 queues[QUEUES], syncobjs[QUEUES];
	struct cmds cmds;
	struct client c;
	struct buf buf;
	int i, round;

	client_open(_metadata, &c, 0);
	client_buf(_metadata, &c, QUEUES * 8 * PAGE, VRAM, VA_BASE, &buf);
	for (i = 0; i < QUEUES; i++) {
		ASSERT_EQ(0, queue_create(c.fd, c.vm, 4, 0, &queues[i]));
		syncobjs[i] = syncobj_create(c.fd);
	}
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < QUEUES; i++) {
			cmds_begin(&cmds);
			cmds_fill(&cmds, VA_BASE + i * 8 * PAGE, 4 * PAGE, round << 8 | i);
			cmds_copy(&cmds, VA_BASE + (i * 8 + 4) * PAGE, VA_BASE + i * 8 * PAGE,
				  4 * PAGE);
			ASSERT_EQ(0, client_submit_at(&c, queues[i], &cmds, i * 256, syncobjs[i]));
		}
		for (i = 0; i < QUEUES; i++) {
			ASSERT_EQ(0, syncobj_wait(c.fd, syncobjs[i], after_ms(PATIENCE_MS)));
			EXPECT_EQ(0, fence_status(c.fd, syncobjs[i]));
			EXPECT_EQ(0, count_wrong((char *)buf.map + i * 8 * PAGE, 8 * PAGE,
						 round << 8 | i));
		}
	}
	client_close(&c);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* Queues: creation, limits, privileges, destruction under load. */
#include <grp.h>
#include <sched.h>

#include "mtia_test.h"

FIXTURE(queue)
{
	struct client c;
};

FIXTURE_SETUP(queue)
{
	client_open(_metadata, &self->c, 0);
}

FIXTURE_TEARDOWN(queue)
{
	client_close(&self->c);
}

static struct drm_mtia_queue_create good(const struct client *c)
{
	return (struct drm_mtia_queue_create){
		.vm_id = c->vm,
		.priority = DRM_MTIA_PRIORITY_NORMAL,
	};
}

static int create(const struct client *c, struct drm_mtia_queue_create *args)
{
	return mtia_ioctl(c->fd, DRM_IOCTL_MTIA_QUEUE_CREATE, args);
}

/* A job of the queue ends well. */
static int works(struct client *c, __u32 queue)
{
	struct cmds cmds;
	int err;

	cmds_begin(&cmds);
	cmds_nop(&cmds);
	err = client_submit_at(c, queue, &cmds, 0, c->syncobj);
	if (!err)
		err = syncobj_wait(c->fd, c->syncobj, after_ms(PATIENCE_MS));
	return err ?: fence_status(c->fd, c->syncobj);
}

TEST_F(queue, state_of_a_new_one)
{
	struct drm_mtia_queue_get_state state;

	ASSERT_EQ(0, queue_state(self->c.fd, self->c.queue, &state));
	EXPECT_EQ(DRM_MTIA_STATE_OK, state.state);
	EXPECT_EQ(DRM_MTIA_REASON_NONE, state.reason);
	EXPECT_EQ(0, state.flags);
	EXPECT_EQ(0, state.fault_seqno);
	EXPECT_EQ(MTIA_JOB_OK, state.fault_status);
	EXPECT_EQ(0xff, state.fault_pe & 0xff);
}

TEST_F(queue, state_flags_must_be_zero)
{
	struct drm_mtia_queue_get_state state = { .queue_id = self->c.queue, .flags = 1 };

	EXPECT_EQ(-EINVAL, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_QUEUE_GET_STATE, &state));
}

TEST_F(queue, state_of_an_unknown_one)
{
	struct drm_mtia_queue_get_state state;

	EXPECT_EQ(-ENOENT, queue_state(self->c.fd, 0, &state));
	EXPECT_EQ(-ENOENT, queue_state(self->c.fd, self->c.queue + 1, &state));
}

TEST_F(queue, ids_belong_to_one_file)
{
	struct drm_mtia_queue_get_state state;
	int other = device_open();

	ASSERT_LE(0, other);
	EXPECT_EQ(-ENOENT, queue_state(other, self->c.queue, &state));
	EXPECT_EQ(-ENOENT, queue_destroy(other, self->c.queue));
	close(other);
	EXPECT_EQ(0, works(&self->c, self->c.queue));
}

TEST_F(queue, destroyed_twice)
{
	EXPECT_EQ(0, queue_destroy(self->c.fd, self->c.queue));
	EXPECT_EQ(-ENOENT, queue_destroy(self->c.fd, self->c.queue));
}

TEST_F(queue, destroy_pad)
{
	struct drm_mtia_queue_destroy args = { .queue_id = self->c.queue, .pad = 1 };

	EXPECT_EQ(-EINVAL, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_QUEUE_DESTROY, &args));
	EXPECT_EQ(0, works(&self->c, self->c.queue));
}

TEST_F(queue, unknown_vm)
{
	struct drm_mtia_queue_create args = good(&self->c);

	args.vm_id = self->c.vm + 1;
	EXPECT_EQ(-ENOENT, create(&self->c, &args));
	args.vm_id = 0;
	EXPECT_EQ(-ENOENT, create(&self->c, &args));
}

TEST_F(queue, unknown_flags)
{
	int bit;

	for (bit = 0; bit < 32; bit++) {
		struct drm_mtia_queue_create args = good(&self->c);

		args.flags = 1u << bit;
		EXPECT_EQ(-EINVAL, create(&self->c, &args));
	}
}

TEST_F(queue, padding_and_reserved)
{
	struct drm_mtia_queue_create args;
	int i;

	for (i = 0; i < 3; i++) {
		args = good(&self->c);
		args.pad[i] = 1;
		EXPECT_EQ(-EINVAL, create(&self->c, &args));
	}
	args = good(&self->c);
	args.pad2 = 1;
	EXPECT_EQ(-EINVAL, create(&self->c, &args));
	for (i = 0; i < 2; i++) {
		args = good(&self->c);
		args.reserved[i] = 1ull << 63;
		EXPECT_EQ(-EINVAL, create(&self->c, &args));
	}
}

TEST_F(queue, sub_grids)
{
	static const struct {
		__u16 rows, cols;
		int err;
	} cases[] = {
		{ 0, 0, 0 },
		{ 1, 1, 0 },
		{ 8, 8, 0 },
		{ 1, 8, 0 },
		{ 8, 1, 0 },
		{ 0, 1, -EINVAL },
		{ 1, 0, -EINVAL },
		{ 9, 8, -EINVAL },
		{ 8, 9, -EINVAL },
		{ 0xffff, 1, -EINVAL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct drm_mtia_queue_create args = good(&self->c);

		args.pe_rows = cases[i].rows;
		args.pe_cols = cases[i].cols;
		EXPECT_EQ(cases[i].err, create(&self->c, &args)) {
			TH_LOG("%u x %u", cases[i].rows, cases[i].cols);
		}
	}
}

TEST_F(queue, ring_sizes)
{
	static const struct {
		__u32 jobs;
		int err;
	} cases[] = {
		{ 0, 0 },	   { 2, 0 },	    { 64, 0 },	       { 1024, 0 },
		{ 1, -EINVAL },	   { 3, -EINVAL },  { 100, -EINVAL },  { 2048, -EINVAL },
		{ 1u << 31, -EINVAL }, { ~0u, -EINVAL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct drm_mtia_queue_create args = good(&self->c);

		args.max_jobs = cases[i].jobs;
		EXPECT_EQ(cases[i].err, create(&self->c, &args)) {
			TH_LOG("%u jobs", cases[i].jobs);
		}
		if (!cases[i].err) {
			EXPECT_EQ(0, works(&self->c, args.queue_id));
		}
	}
}

TEST_F(queue, time_limit_is_clamped)
{
	struct drm_mtia_queue_create args = good(&self->c);

	args.job_timeout_ms = ~0u;
	EXPECT_EQ(0, create(&self->c, &args));
	EXPECT_EQ(0, works(&self->c, args.queue_id));
}

TEST_F(queue, priorities)
{
	__u8 priority;

	for (priority = 0; priority <= DRM_MTIA_PRIORITY_REALTIME; priority++) {
		struct drm_mtia_queue_create args = good(&self->c);

		args.priority = priority;
		EXPECT_EQ(0, create(&self->c, &args));
		EXPECT_EQ(0, works(&self->c, args.queue_id));
	}
}

TEST_F(queue, priority_unknown)
{
	struct drm_mtia_queue_create args = good(&self->c);

	args.priority = DRM_MTIA_PRIORITY_REALTIME + 1;
	EXPECT_EQ(-EINVAL, create(&self->c, &args));
	args.priority = 0xff;
	EXPECT_EQ(-EINVAL, create(&self->c, &args));
}

TEST_F(queue, priority_needs_privilege)
{
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		static const int want[] = { 0, 0, -EACCES, -EACCES };
		int i, wrong = 0;

		if (setgroups(0, NULL) || setgid(1000) || setuid(1000))
			_exit(98);
		for (i = 0; i < 4; i++) {
			struct drm_mtia_queue_create args = good(&self->c);

			args.priority = i;
			wrong |= (create(&self->c, &args) != want[i]) << i;
		}
		_exit(wrong);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(queue, used_up_and_free_again)
{
	static __u32 queues[2048];
	__u32 one, max, count;
	struct drm_mtia_device_info info;
	__u64 used = vram_used(self->c.fd);
	int err = 0, round;

	ASSERT_EQ(0, query(self->c.fd, DRM_MTIA_QUERY_DEVICE_INFO, &info, sizeof(info)));
	max = info.max_queues;
	ASSERT_GT(2048, max);
	for (round = 0; round < 2; round++) {
		for (count = 0; count < 2048; count++) {
			err = queue_create(self->c.fd, self->c.vm, 2, 0, &queues[count]);
			if (err)
				break;
		}
		EXPECT_EQ(-ENOSPC, err);
		/* One is the fixture's. */
		EXPECT_EQ(max - 1, count);
		EXPECT_EQ(0, works(&self->c, queues[0]));
		EXPECT_EQ(0, works(&self->c, queues[count - 1]));
		EXPECT_EQ(0, queue_destroy(self->c.fd, queues[3]));
		EXPECT_EQ(0, queue_create(self->c.fd, self->c.vm, 2, 0, &one));
		EXPECT_EQ(0, works(&self->c, one));
		queues[3] = one;
		while (count--)
			EXPECT_EQ(0, queue_destroy(self->c.fd, queues[count]));
		EXPECT_EQ(used, vram_used(self->c.fd));
	}
}

TEST_F(queue, destroyed_with_jobs_in_flight)
{
	__u32 syncobjs[10];
	struct cmds cmds;
	int i;

	cmds_begin(&cmds);
	client_gate(&self->c, &cmds);
	for (i = 0; i < 10; i++) {
		syncobjs[i] = syncobj_create(self->c.fd);
		ASSERT_EQ(0, client_submit_at(&self->c, self->c.queue, &cmds, 0, syncobjs[i]));
	}
	nap_ms(20);
	EXPECT_EQ(0, queue_destroy(self->c.fd, self->c.queue));
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(0, syncobj_wait(self->c.fd, syncobjs[i], after_ms(PATIENCE_MS)));
		EXPECT_EQ(-ECANCELED, fence_status(self->c.fd, syncobjs[i]));
	}
	EXPECT_EQ(-ENOENT, client_submit(&self->c, &cmds));
	ASSERT_EQ(0, queue_create(self->c.fd, self->c.vm, 0, 0, &self->c.queue));
	EXPECT_EQ(0, works(&self->c, self->c.queue));
}

TEST_F(queue, closed_file_with_jobs_in_flight)
{
	struct client other;
	struct cmds cmds;
	int i;

	for (i = 0; i < 5; i++) {
		client_open(_metadata, &other, 0);
		cmds_begin(&cmds);
		client_gate(&other, &cmds);
		ASSERT_EQ(0, client_submit(&other, &cmds));
		ASSERT_EQ(0, client_submit(&other, &cmds));
		client_close(&other);
		EXPECT_EQ(0, works(&self->c, self->c.queue));
	}
}

/*
 * Interrupts of completion rings that a CPU has got so far, and in *others the rest. Return: how many
 * vectors the rings have of their own.
 */
static int completion_interrupts(int cpu, long *here, long *others)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[1024], *next;
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), vectors = 0;

	*here = 0;
	*others = 0;
	while (file && fgets(line, sizeof(line), file)) {
		if (!strstr(line, "mtia-") || !strstr(line, "-cq"))
			continue;
		vectors++;
		next = strchr(line, ':') + 1;
		for (int i = 0; i < cpus; i++)
			*(i == cpu ? here : others) += strtol(next, &next, 10);
	}
	if (file)
		fclose(file);
	return vectors;
}

TEST_F(queue, completions_arrive_where_jobs_are_submitted)
{
	struct drm_mtia_queue_create args = good(&self->c);
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t all;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(all), &all));
	ASSERT_EQ(0, create(&self->c, &args));
	for (int cpu = 0; cpu < 4 * cpus; cpu++) {
		long here, others, here_before, others_before;
		cpu_set_t one;

		if (completion_interrupts(cpu % cpus, &here_before, &others_before) < cpus)
			SKIP(return, "fewer completion rings than CPUs");
		CPU_ZERO(&one);
		CPU_SET(cpu % cpus, &one);
		ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
		ASSERT_EQ(0, works(&self->c, args.queue_id));
		ASSERT_EQ(0, works(&self->c, args.queue_id));
		completion_interrupts(cpu % cpus, &here, &others);
		EXPECT_LT(here_before, here);
		EXPECT_EQ(others_before, others);
	}
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(all), &all));
}

static int cpu_online(int cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	return text_write(open(path, O_WRONLY | O_CLOEXEC), online ? "1" : "0");
}

/* Its vector goes with it. What was under way is found all the same, and what comes goes elsewhere. */
TEST_F(queue, cpu_goes_with_a_job_in_flight)
{
	cpu_set_t all, one;
	struct cmds cmds;
	__s64 begin;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU only");
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(all), &all));
	CPU_ZERO(&one);
	CPU_SET(1, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	cmds_begin(&cmds);
	client_gate(&self->c, &cmds);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(all), &all));
	ASSERT_EQ(0, cpu_online(1, false));
	client_release(&self->c);
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->c.syncobj, after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, fence_status(self->c.fd, self->c.syncobj));
	/* Would each have to be found, it took ten seconds. */
	begin = after_ms(0);
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(0, works(&self->c, self->c.queue));
	EXPECT_GT(begin + 5000000000ll, after_ms(0));
	EXPECT_EQ(0, cpu_online(1, true));
}

TEST_HARNESS_MAIN

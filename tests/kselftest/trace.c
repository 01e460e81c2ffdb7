// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints, ours and the scheduler's: each has the fields that driver/mtia_trace.h promises, and
 * what happens is told once, in order, and by the same ids.
 */
#include <ctype.h>
#include <sys/mount.h>

#include "mtia_test.h"

#define TRACING  "/sys/kernel/tracing"
#define INSTANCE TRACING "/instances/mtia-test"
#define JOBS	 8
#define LIMIT_MS 200
#define VA_HOLE  (VA_BASE + 64 * MIB)
#define VA_DATA  (VA_BASE + 16 * MIB)

struct event {
	char name[32];
	char text[480]; /* fields, KEY=VALUE */
};

FIXTURE(trace)
{
	struct client c;
	struct event *events;
	int count;
	bool old_names; /* of the scheduler's events, before 6.17 */
	char queued[32], run[32], done[32];
};

static int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* All of a file, which has no size; to be freed. */
static char *file_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 0, room = 4 * MIB;
	char *text = fd < 0 ? NULL : malloc(room);
	ssize_t n;

	if (!text)
		return NULL;
	while ((n = read(fd, text + size, room - 1 - size)) > 0)
		size += n;
	close(fd);
	text[size] = '\0';
	return text;
}

FIXTURE_SETUP(trace)
{
	if (access(TRACING "/instances", F_OK))
		ASSERT_EQ(0, mount("nodev", TRACING, "tracefs", 0, NULL));
	client_open(_metadata, &self->c, LIMIT_MS);
	rmdir(INSTANCE);
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	/* Counts events over all CPUs, so that their order is certain. */
	ASSERT_EQ(0, file_write(INSTANCE "/trace_clock", "counter"));
	ASSERT_EQ(0, file_write(INSTANCE "/events/mtia/enable", "1"));
	ASSERT_EQ(0, file_write(INSTANCE "/events/gpu_scheduler/enable", "1"));
	self->old_names = !access(INSTANCE "/events/gpu_scheduler/drm_run_job", F_OK);
	strcpy(self->queued, self->old_names ? "drm_sched_job" : "drm_sched_job_queue");
	strcpy(self->run, self->old_names ? "drm_run_job" : "drm_sched_job_run");
	strcpy(self->done, self->old_names ? "drm_sched_process_job" : "drm_sched_job_done");
}

FIXTURE_TEARDOWN(trace)
{
	free(self->events);
	EXPECT_EQ(0, rmdir(INSTANCE));
	client_close(&self->c);
}

/* Ends tracing; all that there was is in self->events. */
static void events_take(struct __test_metadata *_metadata, struct _test_data_trace *self)
{
	char *text, *line, *next, *name, *fields;
	int room = 0;

	ASSERT_EQ(0, file_write(INSTANCE "/tracing_on", "0"));
	text = file_read(INSTANCE "/trace");
	ASSERT_NE(NULL, text);
	for (next = text; (next = strchr(next, '\n')); next++)
		room++;
	self->events = calloc(room + 1, sizeof(*self->events));
	ASSERT_NE(NULL, self->events);
	for (line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		/* "   task-123  [000] d.... 45: name: key=value key=value" */
		name = *line == '#' ? NULL : strstr(line, ": ");
		fields = name ? strstr(name + 2, ": ") : NULL;
		if (!fields)
			continue;
		snprintf(self->events[self->count].name, sizeof(self->events->name), "%.*s",
			 (int)(fields - name - 2), name + 2);
		snprintf(self->events[self->count].text, sizeof(self->events->text), "%s",
			 fields + 1);
		printf("# %s:%s\n", self->events[self->count].name, fields + 1);
		self->count++;
	}
	free(text);
	ASSERT_LT(0, self->count);
}

/* Value of a field as text up to a blank or comma, or "". */
static const char *field(const struct event *event, const char *key, char value[64])
{
	char mark[64];
	const char *at;

	snprintf(mark, sizeof(mark), " %s=", key);
	at = strstr(event->text, mark);
	value[0] = '\0';
	if (at)
		snprintf(value, 64, "%.*s", (int)strcspn(at + strlen(mark), " ,"),
			 at + strlen(mark));
	return value;
}

/* Value of a field; one that is not there is none of those that tests look for. */
static __s64 number(const struct event *event, const char *key)
{
	char value[64];

	field(event, key, value);
	if (!*value)
		return INT64_MIN;
	return *value == '-' ? strtoll(value, NULL, 0) : (__s64)strtoull(value, NULL, 0);
}

/* The first one from `from` on that has this name and, if `key` is given, this value; or -1. */
static int find(struct _test_data_trace *self, int from, const char *name, const char *key,
		__s64 value)
{
	int i;

	for (i = from; from >= 0 && i < self->count; i++)
		if (!strcmp(self->events[i].name, name) &&
		    (!key || number(&self->events[i], key) == value))
			return i;
	return -1;
}

static int find_text(struct _test_data_trace *self, int from, const char *name, const char *key,
		     const char *value)
{
	char is[64];
	int i;

	for (i = from; from >= 0 && i < self->count; i++)
		if (!strcmp(self->events[i].name, name) &&
		    !strcmp(field(&self->events[i], key, is), value))
			return i;
	return -1;
}

static int count(struct _test_data_trace *self, const char *name)
{
	int i, n = 0;

	for (i = 0; i < self->count; i++)
		n += !strcmp(self->events[i].name, name);
	return n;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

/* "dev, slot, seqno" of an event's format: what comes behind the fields that all events have. */
static void fields_of(const char *name, char list[512])
{
	char path[128], *text, *at, *end, *word, *word_end;
	size_t size = 0;

	snprintf(path, sizeof(path), TRACING "/events/mtia/%s/format", name);
	text = file_read(path);
	list[0] = '\0';
	for (at = text; at && (at = strstr(at, "field:")) && (end = strchr(at, ';')); at = end) {
		word_end = end;
		if (word_end[-1] == ']' && isdigit(word_end[-2]))
			while (*word_end != '[')
				word_end--;
		for (word = word_end; word[-1] != ' '; word--)
			;
		if (strncmp(word, "common_", 7))
			size += snprintf(list + size, 512 - size, "%s%.*s", size ? ", " : "",
					 (int)(word_end - word), word);
	}
	free(text);
}

/* " * - NAME(FIELD, FIELD): ..." of the header; a list may go over several lines. */
TEST_F(trace, fields_are_what_the_documentation_says)
{
	char *text = file_read("driver/mtia_trace.h"), *at = text, *end;
	char name[64], list[512], is[512];
	int events = 0, dirs = 0;
	struct dirent *entry;
	size_t size;
	DIR *dir;

	ASSERT_NE(NULL, text);
	while ((at = strstr(at, "\n * - mtia_"))) {
		at += strlen("\n * - ");
		size = strcspn(at, "(\n");
		ASSERT_EQ('(', at[size]);
		snprintf(name, sizeof(name), "%.*s", (int)size, at);
		at += size + 1;
		end = strchr(at, ')');
		ASSERT_NE(NULL, end);
		for (size = 0; at < end && size < sizeof(list) - 1; at++) {
			if (!strncmp(at, "\n *", 3))
				at += 3;
			while (size && list[size - 1] == ' ' && *at == ' ')
				at++;
			list[size++] = *at;
		}
		list[size] = '\0';
		fields_of(name, is);
		EXPECT_STREQ(list, is) {
			TH_LOG("%s", name);
		}
		events++;
	}
	free(text);
	dir = opendir(TRACING "/events/mtia");
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir)))
		dirs += !strncmp(entry->d_name, "mtia_", 5);
	closedir(dir);
	EXPECT_EQ(dirs, events);
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

TEST_F(trace, jobs_from_the_call_to_the_end)
{
	char ring[64], fence[64], queue_name[32];
	int i, queued = -1, run = -1, ours, cqe, end, last = 0;
	struct cmds cmds;
	__s64 slot, queue;

	for (i = 0; i < JOBS; i++) {
		cmds_begin(&cmds);
		cmds_nop(&cmds);
		ASSERT_EQ(0, client_submit_at(&self->c, self->c.queue, &cmds, i * 256,
					      self->c.syncobj));
	}
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	events_take(_metadata, self);

	i = find(self, 0, "mtia_job_run", NULL, 0);
	ASSERT_LE(0, i);
	slot = number(&self->events[i], "slot");
	EXPECT_LT(0, slot);
	queue = number(&self->events[i], "queue");
	EXPECT_LT(0, queue);
	snprintf(queue_name, sizeof(queue_name), "-queue%lld", queue);
	for (i = 0; i < JOBS; i++) {
		queued = find(self, queued + 1, self->queued, NULL, 0);
		ASSERT_LE(0, queued);
		/* The scheduler's name for the queue has its number. */
		field(&self->events[queued], "ring", ring);
		EXPECT_LT(strlen(queue_name), strlen(ring));
		EXPECT_STREQ(queue_name, ring + strlen(ring) - strlen(queue_name));
		field(&self->events[queued], "fence", fence);
		EXPECT_STRNE("", fence);

		run = find(self, run + 1, self->run, NULL, 0);
		ours = find(self, 0, "mtia_job_run", "seqno", i + 1);
		cqe = find(self, 0, "mtia_cqe", "seqno", i + 1);
		end = find(self, 0, "mtia_job_done", "seqno", i + 1);
		ASSERT_TRUE(ours >= 0 && cqe >= 0 && end >= 0);
		EXPECT_LT(queued, run);
		EXPECT_LT(run, ours);
		EXPECT_LT(ours, cqe);
		EXPECT_LT(cqe, end);
		EXPECT_LT(last, end);
		last = end;
		EXPECT_STREQ(fence, field(&self->events[run], "fence", ring));
		EXPECT_LT(end, find_text(self, end, self->done, "fence", fence));

		EXPECT_EQ(slot, number(&self->events[ours], "slot"));
		EXPECT_EQ(slot, number(&self->events[cqe], "slot"));
		EXPECT_EQ(slot, number(&self->events[end], "slot"));
		EXPECT_EQ(queue, number(&self->events[ours], "queue"));
		EXPECT_EQ(queue, number(&self->events[end], "queue"));
		EXPECT_EQ(VA_CMDS + i * 256, number(&self->events[ours], "cmd"));
		EXPECT_EQ(cmds.size, number(&self->events[ours], "size"));
		EXPECT_EQ(MTIA_JOB_OK, number(&self->events[cqe], "status"));
		EXPECT_LE(number(&self->events[cqe], "start"), number(&self->events[cqe], "end"));
		EXPECT_EQ(0, number(&self->events[end], "error"));
	}
	EXPECT_EQ(JOBS, count(self, self->queued));
	EXPECT_EQ(JOBS, count(self, "mtia_job_run"));
	EXPECT_EQ(JOBS, count(self, "mtia_job_done"));
	EXPECT_EQ(JOBS, count(self, self->done));
}

/* What a job with an error leaves beside its own event: a ban, and its end. */
static void expect_end(struct __test_metadata *_metadata, struct _test_data_trace *self, int sign,
		       __u32 reason, int error)
{
	int ban, end;

	ASSERT_LE(0, sign);
	ban = find(self, 0, "mtia_queue_ban", NULL, 0);
	end = find(self, ban, "mtia_job_done", NULL, 0);
	ASSERT_LE(0, end);
	EXPECT_EQ(number(&self->events[sign], "slot"), number(&self->events[ban], "slot"));
	EXPECT_EQ(number(&self->events[sign], "slot"), number(&self->events[end], "slot"));
	EXPECT_EQ(number(&self->events[sign], "seqno"), number(&self->events[end], "seqno"));
	EXPECT_EQ(reason, number(&self->events[ban], "reason"));
	EXPECT_EQ(error, number(&self->events[end], "error"));
	EXPECT_EQ(1, count(self, "mtia_queue_ban"));
	EXPECT_EQ(1, count(self, "mtia_job_run"));
	EXPECT_EQ(1, count(self, "mtia_job_done"));
}

TEST_F(trace, fault)
{
	int i;

	EXPECT_EQ(-EIO, client_fill(_metadata, &self->c, VA_HOLE, 8, 1));
	events_take(_metadata, self);
	i = find(self, 0, "mtia_fault", NULL, 0);
	expect_end(_metadata, self, i, DRM_MTIA_REASON_MMU_FAULT, -EIO);
	EXPECT_EQ(VA_HOLE, number(&self->events[i], "va"));
	EXPECT_EQ(MTIA_JOB_MMU_FAULT, number(&self->events[i], "status"));
	EXPECT_EQ(1, number(&self->events[i], "seqno"));
	EXPECT_LT(find(self, 0, "mtia_job_run", "seqno", 1), i);
}

TEST_F(trace, time_limit)
{
	int i;

	client_start_gate(_metadata, &self->c);
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	events_take(_metadata, self);
	i = find(self, 0, "mtia_job_timedout", NULL, 0);
	expect_end(_metadata, self, i, DRM_MTIA_REASON_TIMEOUT, -ETIME);
	EXPECT_EQ(1, number(&self->events[i], "guilty"));
	/* Killed in the firmware, which answers, before the job's end is told. */
	i = find(self, i, "mtia_mbox_tx", "type", MTIA_H2D_QUEUE_KILL);
	ASSERT_LE(0, i);
	i = find(self, i, "mtia_mbox_rx", "seq", number(&self->events[i], "seq"));
	ASSERT_LE(0, i);
	EXPECT_EQ(MTIA_H2D_QUEUE_KILL, number(&self->events[i], "request"));
	EXPECT_EQ(0, number(&self->events[i], "status"));
}

/* ---- Memory ---------------------------------------------------------------------------------- */

TEST_F(trace, binds)
{
	int map, map_done, unmap, unmap_done, inv, create;
	struct cmds cmds;
	__s64 asid, bind;
	__u32 handle;

	/* Once a job of it ran, the device knows of the address space. */
	cmds_begin(&cmds);
	cmds_nop(&cmds);
	ASSERT_EQ(0, client_run(_metadata, &self->c, &cmds));
	ASSERT_EQ(0, bo_create(self->c.fd, 4 * PAGE, VRAM, 0, &handle));
	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, handle, PAGE, VA_DATA, 2 * PAGE, 0));
	ASSERT_EQ(0, vm_unmap(self->c.fd, self->c.vm, VA_DATA, 2 * PAGE));
	events_take(_metadata, self);

	create = find(self, 0, "mtia_bo_create", NULL, 0);
	map = find(self, create, "mtia_vm_bind", "op", DRM_MTIA_VM_BIND_MAP);
	ASSERT_TRUE(create >= 0 && map >= 0);
	asid = number(&self->events[map], "asid");
	bind = number(&self->events[map], "bind");
	map_done = find(self, map, "mtia_vm_bind_done", "bind", bind);
	unmap = find(self, map_done, "mtia_vm_bind", "op", DRM_MTIA_VM_BIND_UNMAP);
	ASSERT_TRUE(map_done >= 0 && unmap >= 0);
	unmap_done = find(self, unmap, "mtia_vm_bind_done", "bind", bind + 1);
	ASSERT_LE(0, unmap_done);

	EXPECT_EQ(4 * PAGE, number(&self->events[create], "size"));
	EXPECT_EQ(VRAM, number(&self->events[create], "placement"));
	EXPECT_EQ(handle, number(&self->events[map], "bo"));
	EXPECT_EQ(VA_DATA, number(&self->events[map], "va"));
	EXPECT_EQ(2 * PAGE, number(&self->events[map], "size"));
	EXPECT_EQ(PAGE, number(&self->events[map], "offset"));
	EXPECT_EQ(0, number(&self->events[map_done], "error"));
	EXPECT_LT(0, asid);
	EXPECT_EQ(asid, number(&self->events[map_done], "asid"));
	EXPECT_EQ(bind + 1, number(&self->events[unmap], "bind"));
	EXPECT_EQ(0, number(&self->events[unmap_done], "error"));
	/* Before an unmap is done the device was told, of the same address space. */
	inv = find(self, unmap, "mtia_mbox_tx", "type", MTIA_H2D_TLB_INV);
	ASSERT_LE(0, inv);
	EXPECT_LT(inv, unmap_done);
	EXPECT_EQ(asid, number(&self->events[inv], "arg"));
	EXPECT_EQ(2, count(self, "mtia_vm_bind"));
	EXPECT_EQ(2, count(self, "mtia_vm_bind_done"));
}

TEST_F(trace, eviction)
{
	__u64 size = vram_size(self->c.fd) / 100 * 60 / MIB * MIB;
	__u32 one, two;
	int i;

	ASSERT_EQ(0, bo_create(self->c.fd, size, VRAM, 0, &one));
	ASSERT_EQ(0, bo_create(self->c.fd, size - MIB, VRAM, 0, &two));
	EXPECT_EQ(SYSTEM, bo_where(self->c.fd, one, NULL));
	events_take(_metadata, self);
	i = find(self, 0, "mtia_bo_create", "size", size);
	i = find(self, i, "mtia_bo_move", "size", size);
	ASSERT_LE(0, i);
	/* TTM's numbers: out of device memory into memory of the system. */
	EXPECT_EQ(2, number(&self->events[i], "from"));
	EXPECT_EQ(1, number(&self->events[i], "to"));
	EXPECT_LT(i, find(self, 0, "mtia_bo_create", "size", size - MIB));
}

/* ---- Reset ----------------------------------------------------------------------------------- */

TEST_F(trace, reset)
{
	char path[128], device[DEVICE_NAME];
	struct cmds cmds;
	int i, end;

	cmds_begin(&cmds);
	cmds_nop(&cmds);
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
	ASSERT_EQ(0, device_name(device));
	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/reset", device);
	ASSERT_EQ(0, file_write(path, "core"));
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
	events_take(_metadata, self);

	EXPECT_EQ(1, count(self, "mtia_reset"));
	i = find(self, find(self, 0, "mtia_job_done", "seqno", 1), "mtia_reset", "tier", 3);
	ASSERT_LE(0, i);
	EXPECT_NE(NULL, strstr(self->events[i].text, " reason=asked for in debugfs"));
	EXPECT_NE(NULL, strstr(self->events[i].text, device));
	/* A new firmware answers, is told of the address space and the queue, runs its next job. */
	i = find(self, i, "mtia_mbox_tx", "type", MTIA_H2D_PING);
	i = find(self, i, "mtia_mbox_tx", "type", MTIA_H2D_CTX_CREATE);
	i = find(self, i, "mtia_mbox_tx", "type", MTIA_H2D_QUEUE_CREATE);
	ASSERT_LE(0, i);
	end = find(self, i, "mtia_job_done", "seqno", 2);
	EXPECT_LT(i, end);
	/* The hardware counts from 1 again. */
	EXPECT_EQ(1, number(&self->events[find(self, i, "mtia_cqe", NULL, 0)], "seqno"));
}

TEST_HARNESS_MAIN

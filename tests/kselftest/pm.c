// SPDX-License-Identifier: GPL-2.0
/*
 * Runtime power management: when the chip sleeps, what wakes it and what does not, and that nobody
 * notices anything but that.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/utsname.h>

#include "fdinfo.h"
#include "monitor.h"
#include "sum.h"

#define SIZE   (16 * PAGE)
#define STATUS "power/runtime_status"
#define DELAY  "power/autosuspend_delay_ms"
/* Sleeps when it is told to, and not before. */
#define NEVER  "3600000"

FIXTURE(pm)
{
	char delay[64];
	struct client c;
	struct buf vram, sram, system, program;
};

static bool status_is(const char *status)
{
	char text[64];

	return !strcmp(status, device_sysfs_read(STATUS, text));
}

static void wait_status(struct __test_metadata *_metadata, const char *status)
{
	__s64 end = after_ms(PATIENCE_MS);
	char text[64];

	while (!status_is(status) && after_ms(0) < end)
		nap_ms(1);
	ASSERT_STREQ(status, device_sysfs_read(STATUS, text));
}

/* Asleep when this returns, and awake from the first time that somebody wakes it. */
static void put_to_sleep(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, device_sysfs_write(DELAY, "0"));
	wait_status(_metadata, "suspended");
	ASSERT_EQ(0, device_sysfs_write(DELAY, NEVER));
}

/* Wakes and sleeps as fast as it can. */
static void sleep_at_once(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, device_sysfs_write(DELAY, "0"));
}

FIXTURE_SETUP(pm)
{
	device_sysfs_read(DELAY, self->delay);
	client_open(_metadata, &self->c, 2000);
	client_buf(_metadata, &self->c, SIZE, VRAM, VA_BASE, &self->vram);
	client_buf(_metadata, &self->c, SIZE, SRAM, VA_BASE + SIZE, &self->sram);
	client_buf(_metadata, &self->c, SIZE, SYSTEM, VA_BASE + 2 * SIZE, &self->system);
	client_program(_metadata, &self->c, PROGRAM(sum), VA_PROGRAM, &self->program);
}

FIXTURE_TEARDOWN(pm)
{
	EXPECT_EQ(0, device_sysfs_write(DELAY, self->delay));
	EXPECT_EQ(0, device_may_sleep());
	client_close(&self->c);
}

/* Programs and copies, with what is in memory of all kinds. */
static void expect_works(struct __test_metadata *_metadata, struct _test_data_pm *self)
{
	client_sums(_metadata, &self->c, &self->program,
		    (struct sum_place){ &self->vram, VA_BASE },
		    (struct sum_place){ &self->system, VA_BASE + 2 * SIZE });
}

TEST_F(pm, sleeps_when_idle)
{
	char text[64];
	__s64 slept;

	EXPECT_STREQ("auto", device_sysfs_read("power/control", text));
	EXPECT_STREQ("100", self->delay);
	wait_status(_metadata, "suspended");
	slept = atoll(device_sysfs_read("power/runtime_suspended_time", text));
	nap_ms(50);
	EXPECT_LT(slept, atoll(device_sysfs_read("power/runtime_suspended_time", text)));

	expect_works(_metadata, self);
	EXPECT_EQ(0, device_sysfs_write(DELAY, "10"));
	wait_status(_metadata, "suspended");

	EXPECT_EQ(0, device_stay_awake());
	EXPECT_STREQ("active", device_sysfs_read(STATUS, text));
	nap_ms(50);
	EXPECT_STREQ("active", device_sysfs_read(STATUS, text));
	EXPECT_EQ(0, device_may_sleep());
	wait_status(_metadata, "suspended");
}

static int debugfs_read(const char *name)
{
	char path[160], device[DEVICE_NAME] = "", text[256];
	int fd, err = 0;

	device_name(device);
	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/%s", device, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text)) <= 0)
		err = -errno ?: -ENODATA;
	close(fd);
	return err;
}

static int bind_async_and_wait(struct client *c, __u32 handle)
{
	const struct drm_mtia_sync sync = {
		.flags = DRM_MTIA_SYNC_SIGNAL,
		.handle = syncobj_create(c->fd),
	};
	const struct drm_mtia_vm_bind_op op = {
		.op = DRM_MTIA_VM_BIND_MAP,
		.bo_handle = handle,
		.va = VA_OUT,
		.size = PAGE,
	};
	int err = vm_bind_async(c->fd, c->vm, &op, 1, &sync, 1);

	err = err ?: syncobj_wait(c->fd, sync.handle, after_ms(PATIENCE_MS));
	err = err ?: fence_status(c->fd, sync.handle);
	syncobj_destroy(c->fd, sync.handle);
	return err;
}

#define EXPECT_WAKES(call)                                                      \
	do {                                                                    \
		put_to_sleep(_metadata);                                        \
		EXPECT_EQ(0, (call)) { TH_LOG("%s", #call); }                   \
		EXPECT_TRUE(status_is("active")) { TH_LOG("%s", #call); }       \
	} while (0)

TEST_F_TIMEOUT(pm, what_touches_the_chip_wakes_it, 60)
{
	__u64 counters[MTIA_NUM_COUNTERS], word = 0;
	struct drm_mtia_timestamp timestamp;
	struct drm_mtia_fw_info fw = {};
	int fd = self->c.fd, mem;
	__u32 vm, queue, handle;

	fill_words(self->vram.map, SIZE, 0x11);
	EXPECT_WAKES(query(fd, DRM_MTIA_QUERY_FW_INFO, &fw, sizeof(fw)));
	EXPECT_EQ(MTIA_FW_READY, fw.state);
	EXPECT_WAKES(query(fd, DRM_MTIA_QUERY_TIMESTAMP, &timestamp, sizeof(timestamp)));
	EXPECT_NE(~0ull, timestamp.device_cycles);
	EXPECT_WAKES(query(fd, DRM_MTIA_QUERY_COUNTERS, counters, sizeof(counters)));
	EXPECT_NE(~0ull, counters[0]);
	EXPECT_WAKES(bo_create(fd, SIZE, VRAM, 0, &handle));
	EXPECT_WAKES(vm_create(fd, &vm));
	EXPECT_WAKES(vm_map(fd, vm, handle, 0, VA_BASE, SIZE, 0));
	EXPECT_WAKES(vm_unmap(fd, vm, VA_BASE, PAGE));
	EXPECT_WAKES(queue_create(fd, vm, 0, 0, &queue));
	EXPECT_WAKES(submit(fd, queue, 0, 0, self->c.syncobj));
	EXPECT_EQ(0, syncobj_wait(fd, self->c.syncobj, after_ms(PATIENCE_MS)));
	EXPECT_WAKES(queue_destroy(fd, queue));
	EXPECT_WAKES(vm_destroy(fd, vm));
	EXPECT_WAKES(bind_async_and_wait(&self->c, handle));
	EXPECT_WAKES(count_wrong(self->vram.map, SIZE, 0x11));
	EXPECT_WAKES(count_wrong(self->sram.map, SIZE, 0));
	mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	EXPECT_WAKES(pread(mem, &word, 8, (uintptr_t)self->vram.map) - 8);
	EXPECT_EQ(0x11, word);
	close(mem);
	EXPECT_WAKES(client_fill(_metadata, &self->c, VA_BASE, SIZE, 0x12));
	EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x12));
	EXPECT_WAKES(debugfs_read("regs"));
	EXPECT_WAKES(debugfs_read("fw_crash"));
	EXPECT_WAKES(debugfs_read("fw_log_stream"));
	bo_close(fd, handle);
}

static int sensor_read(const char *file)
{
	char path[64], text[64];
	int i;

	/* The number is not the device's. */
	for (i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "hwmon/hwmon%d/%s", i, file);
		if (*device_sysfs_read(path, text))
			return strtoll(text, NULL, 10) < 0 ? -ERANGE : 0;
	}
	return -ENOENT;
}

static int count_read(const char *file)
{
	char text[64];

	return strspn(device_sysfs_read(file, text), "0123456789") ? 0 : -EIO;
}

static int open_and_close(void)
{
	int fd = device_open();

	return fd < 0 ? fd : close(fd);
}

#define EXPECT_LETS_SLEEP(call)                                                 \
	do {                                                                    \
		EXPECT_EQ(0, (call)) { TH_LOG("%s", #call); }                   \
		EXPECT_TRUE(status_is("suspended")) { TH_LOG("%s", #call); }    \
	} while (0)

TEST_F(pm, the_rest_does_not)
{
	struct drm_mtia_queue_get_state queue;
	struct drm_mtia_device_info info = {};
	struct drm_mtia_vm_get_state vm;
	int fd = self->c.fd;
	__u64 offset;

	/* A stream that is open when the chip goes to sleep is one that nothing comes by. */
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 1));
	put_to_sleep(_metadata);
	EXPECT_LETS_SLEEP(query(fd, DRM_MTIA_QUERY_DEVICE_INFO, &info, sizeof(info)));
	EXPECT_LETS_SLEEP(!vram_size(fd));
	EXPECT_LETS_SLEEP(bo_mmap_offset(fd, self->vram.handle, &offset));
	EXPECT_LETS_SLEEP(bo_where(fd, self->vram.handle, NULL) - VRAM);
	EXPECT_LETS_SLEEP(bo_wait(fd, self->vram.handle, 0, 0));
	EXPECT_LETS_SLEEP(queue_state(fd, self->c.queue, &queue));
	EXPECT_LETS_SLEEP(vm_state(fd, self->c.vm, &vm));
	EXPECT_LETS_SLEEP(syncobj_wait(fd, self->c.syncobj, 0));
	EXPECT_LETS_SLEEP(bo_export(fd, self->vram.handle) < 0);
	EXPECT_LETS_SLEEP(count_wrong(self->system.map, SIZE, 0));
	EXPECT_LETS_SLEEP(fdinfo_number(fd, "drm-total-vram") <= 0);
	EXPECT_LETS_SLEEP(sensor_read("temp1_input"));
	EXPECT_LETS_SLEEP(sensor_read("power1_input"));
	EXPECT_LETS_SLEEP(sensor_read("energy1_input"));
	EXPECT_LETS_SLEEP(sensor_read("freq1_input"));
	EXPECT_LETS_SLEEP(count_read("ras/lpddr_corrected"));
	EXPECT_LETS_SLEEP(debugfs_read("fw_log"));
	EXPECT_LETS_SLEEP(debugfs_read("queues"));
	EXPECT_LETS_SLEEP(debugfs_read("bos"));
	EXPECT_LETS_SLEEP(debugfs_read("reset"));
	EXPECT_LETS_SLEEP(open_and_close());
	/* No call that is wrong does. */
	EXPECT_LETS_SLEEP(submit(fd, 999, 0, 0, 0) + ENOENT);
	EXPECT_LETS_SLEEP(vm_destroy(fd, 999) + ENOENT);
	EXPECT_LETS_SLEEP(queue_destroy(fd, 999) + ENOENT);
}

TEST_F(pm, memory_and_mappings_stay)
{
	int round;

	for (round = 1; round <= 5; round++) {
		fill_words(self->vram.map, SIZE, 0x100 + round);
		fill_words(self->sram.map, SIZE, 0x200 + round);
		fill_words(self->system.map, SIZE, 0x300 + round);
		put_to_sleep(_metadata);
		/* The chip first, then the CPU. */
		EXPECT_EQ(0, client_read(_metadata, &self->c, VA_BASE, SIZE / 2));
		EXPECT_EQ(0, count_wrong(client_read_result(&self->c), SIZE / 2, 0x100 + round));
		put_to_sleep(_metadata);
		EXPECT_EQ(0, count_wrong(self->sram.map, SIZE, 0x200 + round));
		EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x100 + round));
		EXPECT_EQ(0, count_wrong(self->system.map, SIZE, 0x300 + round));
		put_to_sleep(_metadata);
		expect_works(_metadata, self);
		/* What the CPU writes after it has slept is what the chip reads. */
		put_to_sleep(_metadata);
		fill_words(self->vram.map, SIZE, 0x400 + round);
		EXPECT_EQ(0, client_read(_metadata, &self->c, VA_BASE, SIZE / 2));
		EXPECT_EQ(0, count_wrong(client_read_result(&self->c), SIZE / 2, 0x400 + round));
	}
}

TEST_F(pm, a_job_keeps_it_awake)
{
	struct drm_mtia_sync wait = { .handle = self->c.syncobj };
	struct drm_mtia_job job = { .syncs = { sizeof(wait), 1, (uintptr_t)&wait } };
	char text[64];

	sleep_at_once(_metadata);
	client_start_gate(_metadata, &self->c);
	nap_ms(100);
	EXPECT_STREQ("active", device_sysfs_read(STATUS, text));
	client_release(&self->c);
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	wait_status(_metadata, "suspended");

	/* One behind another job, in another queue, does too. */
	client_start_gate(_metadata, &self->c);
	ASSERT_EQ(0, queue_create(self->c.fd, self->c.vm, 0, 0, &self->c.queue));
	ASSERT_EQ(0, submit_jobs(self->c.fd, self->c.queue, &job, 1));
	client_release(&self->c);
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	wait_status(_metadata, "suspended");
	/* One that runs out of time does as long as it has. */
	client_start_gate(_metadata, &self->c);
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	wait_status(_metadata, "suspended");
	client_renew_queue(_metadata, &self->c);
	expect_works(_metadata, self);
}

/* ---- Many times ------------------------------------------------------------------------------ */

enum { WORKERS = 4, CYCLES = 200 };

struct worker {
	pthread_t thread;
	struct client *c;
	struct buf *buf;
	unsigned int seed;
	int cycles, bad;
};

/* Each of them looks, after its own time, whether all is as it was, by chip and by CPU. */
static void *work(void *arg)
{
	struct worker *w = arg;
	struct client *c = w->c;
	__u64 value = w->seed;
	struct cmds cmds;
	int i;

	for (i = 0; i < w->cycles; i++) {
		usleep(rand_r(&w->seed) % 6000);
		w->bad += word_at(w->buf, 0) != value || word_at(w->buf, PAGE - 8) != value;
		value = (__u64)w->seed << 32 | i;
		cmds_begin(&cmds);
		cmds_fill(&cmds, VA_BASE, PAGE, value);
		w->bad += !!client_submit(c, &cmds);
		w->bad += !!syncobj_wait(c->fd, c->syncobj, after_ms(PATIENCE_MS));
		w->bad += !!fence_status(c->fd, c->syncobj);
	}
	return NULL;
}

TEST_F_TIMEOUT(pm, many_times_by_many, 120)
{
	struct worker workers[WORKERS];
	struct client clients[WORKERS];
	struct buf bufs[WORKERS];
	char text[64];
	__s64 slept;
	int i;

	sleep_at_once(_metadata);
	slept = atoll(device_sysfs_read("power/runtime_suspended_time", text));
	for (i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){
			.c = &clients[i],
			.buf = &bufs[i],
			.seed = i + 1,
			.cycles = CYCLES,
		};
		client_open(_metadata, &clients[i], 0);
		client_buf(_metadata, &clients[i], PAGE, VRAM, VA_BASE, &bufs[i]);
		fill_words(bufs[i].map, PAGE, i + 1);
	}
	for (i = 0; i < WORKERS; i++)
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	for (i = 0; i < WORKERS; i++) {
		ASSERT_EQ(0, pthread_join(workers[i].thread, NULL));
		EXPECT_EQ(0, workers[i].bad);
		client_close(&clients[i]);
	}
	wait_status(_metadata, "suspended");
	EXPECT_LT(slept, atoll(device_sysfs_read("power/runtime_suspended_time", text)));
}

/* One alone, so that the chip sleeps before each of its jobs. How long it takes to wake it. */
TEST_F_TIMEOUT(pm, many_times_in_turn, 120)
{
	__s64 begin, took, all = 0, most = 0;
	int i, slept = 0;

	sleep_at_once(_metadata);
	for (i = 0; i < CYCLES; i++) {
		wait_status(_metadata, "suspended");
		begin = after_ms(0);
		ASSERT_EQ(0, submit(self->c.fd, self->c.queue, 0, 0, self->c.syncobj));
		took = after_ms(0) - begin;
		EXPECT_EQ(0, client_wait(_metadata, &self->c));
		all += took;
		most = took > most ? took : most;
		slept++;
	}
	EXPECT_EQ(CYCLES, slept);
	TH_LOG("a submission that wakes the chip: %lld us, %lld us at most", all / CYCLES / 1000,
	       most / 1000);
	expect_works(_metadata, self);
}

/* Whoever is killed leaves nothing behind that keeps the chip awake. */
TEST_F_TIMEOUT(pm, killed_in_the_middle, 120)
{
	int i, status;

	sleep_at_once(_metadata);
	for (i = 0; i < 20; i++) {
		struct worker w = { .seed = 1, .cycles = 100000 };
		struct client c;
		struct buf buf;
		pid_t child = fork();

		ASSERT_LE(0, child);
		if (!child) {
			client_open(_metadata, &c, 0);
			client_buf(_metadata, &c, PAGE, VRAM, VA_BASE, &buf);
			w.c = &c;
			w.buf = &buf;
			work(&w);
			_exit(0);
		}
		nap_ms(20 + 7 * i);
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
		wait_status(_metadata, "suspended");
	}
	expect_works(_metadata, self);
}

struct reader {
	pthread_t thread;
	int fd, queue, bad;
	bool stop;
};

static void *read_all(void *arg)
{
	static const char *const files[] = { "fw_log", "queues", "bos", "regs", "fw_crash", "reset" };
	struct reader *r = arg;
	struct drm_mtia_queue_get_state state;
	size_t i;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			r->bad += !!debugfs_read(files[i]);
		r->bad += !!sensor_read("temp1_input") + !!sensor_read("energy1_input");
		r->bad += !!count_read("ras/sram_corrected");
		r->bad += fdinfo_number(r->fd, "drm-total-vram") <= 0;
		r->bad += !!queue_state(r->fd, r->queue, &state);
	}
	return NULL;
}

/* Readers of everything, and somebody at work: neither disturbs the other. */
TEST_F_TIMEOUT(pm, under_readers, 60)
{
	struct reader r = { .fd = self->c.fd, .queue = self->c.queue };
	int i;

	sleep_at_once(_metadata);
	ASSERT_EQ(0, pthread_create(&r.thread, NULL, read_all, &r));
	for (i = 0; i < 50; i++) {
		EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, PAGE, i));
		EXPECT_EQ(0, count_wrong(self->vram.map, PAGE, i));
		nap_ms(i % 5);
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(r.thread, NULL));
	EXPECT_EQ(0, r.bad);
	wait_status(_metadata, "suspended");
}

/* What has been read does not get less, whatever the chip did meanwhile. */
TEST_F(pm, energy_only_grows)
{
	__s64 end = after_ms(1500), now, last = 0;
	char path[64], text[64];
	int i;

	for (i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "hwmon/hwmon%d/energy1_input", i);
		if (*device_sysfs_read(path, text))
			break;
	}
	ASSERT_EQ(0, device_sysfs_write(DELAY, "1"));
	for (i = 0; after_ms(0) < end; i++) {
		now = strtoll(device_sysfs_read(path, text), NULL, 10);
		ASSERT_LE(last, now);
		ASSERT_LT(0, now);
		last = now;
		if (i % 16 == 0)
			EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, PAGE, i));
	}
}

/* ---- Others ---------------------------------------------------------------------------------- */

/* A udmabuf's importer is us, which needs no chip that is awake; a device that imports from us does. */
TEST_F(pm, importer_keeps_it_awake)
{
	struct utsname name;
	char text[64];
	int vgem = -1, dmabuf, i;
	__u32 handle;

	/* Since 7.0 vgem does not attach to what it imports. */
	ASSERT_EQ(0, uname(&name));
	if (atoi(name.release) >= 7)
		SKIP(return, "no importer");
	ASSERT_EQ(0, system("modprobe vgem >/dev/null 2>&1"));
	for (i = 0; i < 16 && vgem < 0; i++) {
		char path[32], driver[8] = "";
		struct drm_version version = { .name = driver, .name_len = sizeof(driver) - 1 };

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		vgem = open(path, O_RDWR | O_CLOEXEC);
		if (vgem >= 0 && (mtia_ioctl(vgem, DRM_IOCTL_VERSION, &version) ||
				  strcmp(driver, "vgem"))) {
			close(vgem);
			vgem = -1;
		}
	}
	ASSERT_LE(0, vgem);
	sleep_at_once(_metadata);
	fill_words(self->vram.map, SIZE, 0x51);
	dmabuf = bo_export(self->c.fd, self->vram.handle);
	wait_status(_metadata, "suspended");
	ASSERT_EQ(0, bo_import(vgem, dmabuf, &handle));
	nap_ms(100);
	EXPECT_STREQ("active", device_sysfs_read(STATUS, text));
	EXPECT_EQ(0, bo_close(vgem, handle));
	close(vgem);
	close(dmabuf);
	wait_status(_metadata, "suspended");
	EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x51));
	expect_works(_metadata, self);
}

static __u64 epoch_of(struct client *c)
{
	struct drm_mtia_queue_get_state state;

	return queue_state(c->fd, c->queue, &state) ? 0 : state.reset_epoch;
}

/* What goes wrong in its sleep, or shows when it wakes, is a failure like others. */
TEST_F_TIMEOUT(pm, firmware_that_does_not_wake, 120)
{
	static const char *const faults[] = { "panic-control", "hang-control" };
	__u64 epoch = epoch_of(&self->c);
	char text[64];
	size_t i;

	for (i = 0; i < 2; i++) {
		fill_words(self->vram.map, SIZE, 0x61 + i);
		put_to_sleep(_metadata);
		ASSERT_EQ(0, inject(faults[i]));
		nap_ms(50);
		EXPECT_STREQ("suspended", device_sysfs_read(STATUS, text));
		EXPECT_EQ(epoch + i, epoch_of(&self->c));
		/* It is found out now; the job can be under way by then, and lost. */
		ASSERT_EQ(0, submit(self->c.fd, self->c.queue, 0, 0, self->c.syncobj));
		client_wait(_metadata, &self->c);
		/* A hang shows by its heartbeat. */
		while (epoch_of(&self->c) == epoch + i)
			nap_ms(1);
		EXPECT_EQ(0, inject("clear"));
		/* And so long the job can take more time than it has. */
		client_renew_queue(_metadata, &self->c);
		expect_works(_metadata, self);
		EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x61 + i));
		EXPECT_EQ(epoch + i + 1, epoch_of(&self->c));
	}
	put_to_sleep(_metadata);
	expect_works(_metadata, self);
}

TEST_F_TIMEOUT(pm, reset_in_its_sleep, 60)
{
	__u64 epoch = epoch_of(&self->c);
	struct drm_mtia_vm_get_state vm;

	fill_words(self->vram.map, SIZE, 0x71);
	put_to_sleep(_metadata);
	EXPECT_EQ(0, device_reset("core"));
	EXPECT_EQ(epoch + 1, epoch_of(&self->c));
	put_to_sleep(_metadata);
	EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x71));
	expect_works(_metadata, self);

	/* The function, by the PCI core. */
	put_to_sleep(_metadata);
	EXPECT_EQ(0, device_sysfs_write("reset", "1"));
	EXPECT_EQ(epoch + 2, epoch_of(&self->c));
	EXPECT_EQ(0, vm_state(self->c.fd, self->c.vm, &vm));
	EXPECT_EQ(DRM_MTIA_REASON_VRAM_LOST, vm.reason);
	put_to_sleep(_metadata);
	EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0));
	client_close(&self->c);
	client_open(_metadata, &self->c, 0);
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_CMDS + CMDS_SIZE / 2, PAGE, 3));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->c), PAGE, 3));
}

/* Which D3hot promises not to do. */
TEST_F_TIMEOUT(pm, power_lost_in_its_sleep, 60)
{
	__u64 epoch = epoch_of(&self->c);
	struct drm_mtia_vm_get_state vm;
	__u32 other, queue;
	struct cmds cmds;

	/* Nothing of it is in device memory but its page tables. */
	ASSERT_EQ(0, vm_create(self->c.fd, &other));
	ASSERT_EQ(0, queue_create(self->c.fd, other, 0, 0, &queue));
	ASSERT_EQ(0, vm_map(self->c.fd, other, self->system.handle, 0, VA_BASE, SIZE, 0));
	fill_words(self->vram.map, SIZE, 0x81);
	fill_words(self->system.map, SIZE, 0x82);
	put_to_sleep(_metadata);
	ASSERT_EQ(0, inject("power-loss"));
	/* Who touches it wakes it, and finds nothing. */
	EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0));
	do {
		nap_ms(1);
		ASSERT_EQ(0, vm_state(self->c.fd, self->c.vm, &vm));
	} while (vm.reason == DRM_MTIA_REASON_NONE);
	EXPECT_EQ(DRM_MTIA_REASON_VRAM_LOST, vm.reason);
	EXPECT_EQ(epoch + 1, epoch_of(&self->c));
	EXPECT_EQ(-ECANCELED, submit(self->c.fd, self->c.queue, 0, 0, self->c.syncobj));
	EXPECT_EQ(0, count_wrong(self->system.map, SIZE, 0x82));
	/* The others go on, on page tables that were written anew. */
	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE + PAGE, PAGE, 0x83);
	cmds_end(&cmds);
	memcpy(self->system.map, cmds.data, cmds.size);
	ASSERT_EQ(0, submit(self->c.fd, queue, VA_BASE, cmds.size, self->c.syncobj));
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(0, count_wrong((char *)self->system.map + PAGE, PAGE, 0x83));
	client_close(&self->c);
	client_open(_metadata, &self->c, 0);
	client_buf(_metadata, &self->c, SIZE, VRAM, VA_BASE, &self->vram);
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 0x84));
	EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x84));
}

TEST_F_TIMEOUT(pm, unbound_in_its_sleep, 60)
{
	char device[DEVICE_NAME];
	int i, fd;

	ASSERT_EQ(0, device_name(device));
	for (i = 0; i < 3; i++) {
		put_to_sleep(_metadata);
		fd = open(DRIVER_SYSFS "/unbind", O_WRONLY | O_CLOEXEC);
		EXPECT_EQ(strlen(device), write(fd, device, strlen(device)));
		close(fd);
		/* A dummy page. */
		*(volatile __u64 *)self->vram.map = 1;
		EXPECT_EQ(1, word_at(&self->vram, 0));
		EXPECT_EQ(-ENODEV, submit(self->c.fd, self->c.queue, 0, 0, self->c.syncobj));
		fd = open(DRIVER_SYSFS "/bind", O_WRONLY | O_CLOEXEC);
		EXPECT_EQ(strlen(device), write(fd, device, strlen(device)));
		close(fd);
		client_close(&self->c);
		client_open(_metadata, &self->c, 0);
		EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_CMDS + CMDS_SIZE / 2, PAGE, 3));
		EXPECT_EQ(0, count_wrong(client_read_result(&self->c), PAGE, 3));
		client_buf(_metadata, &self->c, SIZE, VRAM, VA_BASE, &self->vram);
	}
}

TEST_HARNESS_MAIN

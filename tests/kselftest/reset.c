// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery of the whole chip, each tier made to happen by a fault that QEMU's monitor injects. An
 * open file goes on as it is: what was lost is told by fences and QUEUE_GET_STATE, what was not is as
 * it was. Jobs' own errors and kills of queues are hang.c's and fault.c's.
 */
#include <linux/netlink.h>
#include <pthread.h>
#include <sys/socket.h>

#include "monitor.h"
#include "pe/args.h"

#define SIZE	 (64 * PAGE)
#define LIMIT_MS 500
#define VA_DATA	 (VA_BASE + 64 * MIB)
/* Reset and what comes before it; generous, because the host may have other things to do. */
#define RESET_MS 15000

FIXTURE(reset)
{
	struct client a, b;
	struct buf vram, system; /* a's, at VA_DATA */
	struct buf program;	 /* a's: sum */
	__u64 epoch;
};

static __u64 epoch_of(struct client *c)
{
	struct drm_mtia_queue_get_state state;

	return queue_state(c->fd, c->queue, &state) ? 0 : state.reset_epoch;
}

/* Until a reset has begun: what is submitted from then on waits for its end. */
static void wait_epoch(struct __test_metadata *_metadata, struct client *c, __u64 epoch)
{
	__s64 end = after_ms(RESET_MS);

	while (epoch_of(c) < epoch && after_ms(0) < end)
		nap_ms(1);
	ASSERT_LE(epoch, epoch_of(c));
}

FIXTURE_SETUP(reset)
{
	/* Of one that sleeps nobody sees that it fails, see pm.c. */
	ASSERT_EQ(0, device_stay_awake());
	client_open(_metadata, &self->a, LIMIT_MS);
	client_open(_metadata, &self->b, 9000);
	client_buf(_metadata, &self->a, SIZE, VRAM, VA_DATA, &self->vram);
	client_buf(_metadata, &self->a, SIZE, SYSTEM, VA_DATA + SIZE, &self->system);
	client_program(_metadata, &self->a, PROGRAM(sum), VA_PROGRAM, &self->program);
	fill_words(self->vram.map, SIZE, 0x1111);
	fill_words(self->system.map, SIZE, 0x2222);
	self->epoch = epoch_of(&self->a);
}

FIXTURE_TEARDOWN(reset)
{
	EXPECT_EQ(0, device_may_sleep());
	client_close(&self->a);
	client_close(&self->b);
}

/* Copies by DMA and sums by all PEs, in and out of both kinds of memory. */
static void expect_works(struct __test_metadata *_metadata, struct _test_data_reset *self)
{
	struct sum_args args = { .in = VA_DATA, .out = VA_DATA + SIZE, .rows = 1, .add = 7 };
	const volatile __u32 *out = self->system.map;
	struct cmds cmds;
	__u32 i, wrong = 0;

	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_DATA, SIZE, 0x0000000500000005ull);
	cmds_launch(&cmds, VA_PROGRAM, self->program.size, 8, 8, &args, sizeof(args));
	ASSERT_EQ(0, client_run(_metadata, &self->a, &cmds));
	for (i = 0; i < 64 * SUM_ROW_WORDS; i++)
		wrong += out[i] != 5 + 7 + i / SUM_ROW_WORDS;
	EXPECT_EQ(0, wrong);
}

static void expect_untouched(struct __test_metadata *_metadata, struct _test_data_reset *self)
{
	EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0x1111));
	EXPECT_EQ(0, count_wrong(self->system.map, SIZE, 0x2222));
	EXPECT_EQ(0, client_read(_metadata, &self->a, VA_DATA, SIZE / 16));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->a), SIZE / 16, 0x1111));
	EXPECT_EQ(0, client_read(_metadata, &self->a, VA_DATA + SIZE, SIZE / 16));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->a), SIZE / 16, 0x2222));
}

static void expect_state(struct __test_metadata *_metadata, struct client *c, __u32 state,
			 __u32 reason, __u32 flags, __u64 epoch)
{
	struct drm_mtia_queue_get_state is;

	ASSERT_EQ(0, queue_state(c->fd, c->queue, &is));
	EXPECT_EQ(state, is.state);
	EXPECT_EQ(reason, is.reason);
	EXPECT_EQ(flags, is.flags);
	EXPECT_EQ(epoch, is.reset_epoch);
}

static __u32 fw_state(int fd)
{
	struct drm_mtia_fw_info info = {};

	query(fd, DRM_MTIA_QUERY_FW_INFO, &info, sizeof(info));
	return info.state;
}

/* Refused while the core does not run, which ends with the reset before. */
static int panic_soon(void)
{
	__s64 end = after_ms(RESET_MS);
	int err;

	do {
		err = inject("panic-control");
	} while (err == -EPROTO && after_ms(0) < end);
	return err;
}

/* ---- Control core ---------------------------------------------------------------------------- */

TEST_F_TIMEOUT(reset, panic_while_idle, 60)
{
	__s64 begin;

	expect_works(_metadata, self);
	fill_words(self->vram.map, SIZE, 0x1111);
	fill_words(self->system.map, SIZE, 0x2222);
	begin = after_ms(0);
	ASSERT_EQ(0, inject("panic-control"));
	wait_epoch(_metadata, &self->a, self->epoch + 1);
	/* Whose queue was idle has lost nothing. */
	expect_untouched(_metadata, self);
	TH_LOG("%lld ms from the panic to the first good jobs", (after_ms(0) - begin) / 1000000);
	expect_state(_metadata, &self->a, DRM_MTIA_STATE_OK, DRM_MTIA_REASON_NONE, 0,
		     self->epoch + 1);
	EXPECT_EQ(MTIA_FW_READY, fw_state(self->a.fd));
	expect_works(_metadata, self);
	EXPECT_EQ(0, client_fill(_metadata, &self->b, VA_CMDS + CMDS_SIZE / 2, PAGE, 3));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->b), PAGE, 3));
}

/* In the hardware: lost. Behind it in the same queue: cancelled. Held back in another one: done. */
TEST_F_TIMEOUT(reset, panic_with_jobs_in_flight, 60)
{
	struct drm_mtia_sync syncs[2] = {
		{ .flags = 0 },
		{ .flags = DRM_MTIA_SYNC_SIGNAL, .handle = self->b.syncobj },
	};
	const struct drm_mtia_job job = {
		.cmd_va = VA_CMDS,
		.cmd_size = sizeof(struct mtia_cmd_header) + sizeof(struct mtia_pkt_signal),
		.syncs = { sizeof(syncs[0]), 2, (uintptr_t)syncs },
	};
	struct drm_syncobj_handle shared = { .fd = -1 };
	struct cmds cmds;
	__u32 done[3], i;

	/* More time than the panic takes to get there. */
	self->a.timeout_ms = 9000;
	client_renew_queue(_metadata, &self->a);
	cmds_begin(&cmds);
	client_gate(&self->a, &cmds);
	for (i = 0; i < 3; i++) {
		done[i] = syncobj_create(self->a.fd);
		ASSERT_EQ(0, client_submit_at(&self->a, self->a.queue, &cmds, i * 256, done[i]));
		cmds_begin(&cmds);
		cmds_nop(&cmds);
	}
	/* b's job waits for a's first one. */
	shared.handle = done[0];
	ASSERT_EQ(0, mtia_ioctl(self->a.fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &shared));
	ASSERT_EQ(0, mtia_ioctl(self->b.fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &shared));
	close(shared.fd);
	syncs[0].handle = shared.handle;
	cmds_begin(&cmds);
	cmds_signal(&cmds, VA_CMDS + CMDS_SIZE / 2, 0x77);
	cmds_end(&cmds);
	memcpy(self->b.cmds.map, cmds.data, cmds.size);
	ASSERT_EQ(0, submit_jobs(self->b.fd, self->b.queue, &job, 1));

	ASSERT_EQ(0, inject("panic-control"));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, syncobj_wait(self->a.fd, done[i], after_ms(PATIENCE_MS)));
		EXPECT_EQ(-ECANCELED, fence_status(self->a.fd, done[i]));
	}
	EXPECT_EQ(0, client_wait(_metadata, &self->b));
	EXPECT_EQ(0x77, *(const volatile __u64 *)client_read_result(&self->b));
	expect_state(_metadata, &self->b, DRM_MTIA_STATE_OK, DRM_MTIA_REASON_NONE, 0,
		     self->epoch + 1);
	/* Not its fault, and it goes on without a new queue. */
	expect_state(_metadata, &self->a, DRM_MTIA_STATE_OK, DRM_MTIA_REASON_DEVICE_RESET,
		     DRM_MTIA_QUEUE_INNOCENT, self->epoch + 1);
	expect_untouched(_metadata, self);
	expect_works(_metadata, self);
}

/* Programs on the PEs end with the reset, whatever they do. */
TEST_F_TIMEOUT(reset, panic_under_a_program, 60)
{
	struct probe_args spin = { .op = PROBE_SPIN };
	struct buf probe;
	struct cmds cmds;

	client_program(_metadata, &self->b, PROGRAM(probe), VA_PROGRAM, &probe);
	cmds_begin(&cmds);
	cmds_launch(&cmds, VA_PROGRAM, probe.size, 8, 8, &spin, sizeof(spin));
	ASSERT_EQ(0, client_submit(&self->b, &cmds));
	nap_ms(20);
	ASSERT_EQ(0, inject("panic-control"));
	EXPECT_EQ(-ECANCELED, client_wait(_metadata, &self->b));
	expect_untouched(_metadata, self);
	expect_works(_metadata, self);
}

/* A call to the firmware that it does not answer is done after the reset, and says nothing of it. */
TEST_F_TIMEOUT(reset, hang_found_by_a_call, 60)
{
	__u32 queue;

	ASSERT_EQ(0, inject("hang-control"));
	EXPECT_EQ(0, queue_create(self->a.fd, self->a.vm, 0, 0, &queue));
	wait_epoch(_metadata, &self->a, self->epoch + 1);
	EXPECT_EQ(0, queue_destroy(self->a.fd, self->a.queue));
	self->a.queue = queue;
	expect_untouched(_metadata, self);
	/* The same for giving up what jobs could still use. */
	ASSERT_EQ(0, inject("hang-control"));
	EXPECT_EQ(0, vm_unmap(self->a.fd, self->a.vm, VA_DATA, SIZE));
	wait_epoch(_metadata, &self->a, self->epoch + 2);
	EXPECT_EQ(-EIO, client_read(_metadata, &self->a, VA_DATA, PAGE));
	client_renew_queue(_metadata, &self->a);
	ASSERT_EQ(0, vm_map(self->a.fd, self->a.vm, self->vram.handle, 0, VA_DATA, SIZE, 0));
	expect_untouched(_metadata, self);
	ASSERT_EQ(0, inject("hang-control"));
	EXPECT_EQ(0, queue_destroy(self->b.fd, self->b.queue));
	EXPECT_EQ(0, vm_destroy(self->b.fd, self->b.vm));
	wait_epoch(_metadata, &self->a, self->epoch + 3);
	expect_works(_metadata, self);
}

/* Nobody asks it anything: the watchdog finds out. */
TEST_F_TIMEOUT(reset, hang_found_by_the_heartbeat, 60)
{
	ASSERT_EQ(0, inject("hang-control"));
	wait_epoch(_metadata, &self->a, self->epoch + 1);
	expect_untouched(_metadata, self);
	expect_works(_metadata, self);
}

/* Who is over time when the firmware does not kill it: guilty, banned. Others: not. */
TEST_F_TIMEOUT(reset, guilty_and_innocent, 60)
{
	struct cmds cmds;

	client_start_gate(_metadata, &self->b);
	client_start_gate(_metadata, &self->a);
	ASSERT_EQ(0, inject("hang-control"));
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->a));
	EXPECT_EQ(-ECANCELED, client_wait(_metadata, &self->b));
	wait_epoch(_metadata, &self->a, self->epoch + 1);
	expect_state(_metadata, &self->a, DRM_MTIA_STATE_BANNED, DRM_MTIA_REASON_TIMEOUT,
		     DRM_MTIA_QUEUE_GUILTY, self->epoch + 1);
	expect_state(_metadata, &self->b, DRM_MTIA_STATE_OK, DRM_MTIA_REASON_DEVICE_RESET,
		     DRM_MTIA_QUEUE_INNOCENT, self->epoch + 1);
	cmds_begin(&cmds);
	cmds_nop(&cmds);
	EXPECT_EQ(-ECANCELED, client_submit(&self->a, &cmds));
	EXPECT_EQ(0, client_fill(_metadata, &self->b, VA_CMDS + CMDS_SIZE / 2, PAGE, 4));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->b), PAGE, 4));
	client_renew_queue(_metadata, &self->a);
	expect_untouched(_metadata, self);
	expect_works(_metadata, self);
}

/* ---- The function, and the end --------------------------------------------------------------- */

/* From the driver's own work, not through the PCI core. tests/vm/flr.c has the other way. */
TEST_F_TIMEOUT(reset, function, 60)
{
	int i;

	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, device_reset("device"));
		expect_state(_metadata, &self->a, DRM_MTIA_STATE_BANNED, DRM_MTIA_REASON_VRAM_LOST,
			     DRM_MTIA_QUEUE_INNOCENT, self->epoch + i);
		EXPECT_EQ(0, count_wrong(self->system.map, SIZE, 0x2222));
		client_close(&self->a);
		client_open(_metadata, &self->a, LIMIT_MS);
		client_buf(_metadata, &self->a, SIZE, VRAM, VA_DATA, &self->vram);
		client_buf(_metadata, &self->a, SIZE, SYSTEM, VA_DATA + SIZE, &self->system);
		client_program(_metadata, &self->a, PROGRAM(sum), VA_PROGRAM, &self->program);
		expect_works(_metadata, self);
		fill_words(self->system.map, SIZE, 0x2222);
	}
}

/* ---- Again and again, and with others at work ------------------------------------------------ */

TEST_F_TIMEOUT(reset, ten_panics, 120)
{
	__u64 used = vram_used(self->a.fd);
	struct cmds cmds;
	int i;

	for (i = 1; i <= 10; i++) {
		cmds_begin(&cmds);
		cmds_nop(&cmds);
		/* With a job under way, and with none. */
		if (i % 2)
			client_start_gate(_metadata, &self->b);
		else
			EXPECT_EQ(0, client_run(_metadata, &self->b, &cmds));
		ASSERT_EQ(0, panic_soon());
		wait_epoch(_metadata, &self->a, self->epoch + i);
		expect_works(_metadata, self);
	}
	EXPECT_EQ(self->epoch + 10, epoch_of(&self->a));
	EXPECT_EQ(used, vram_used(self->a.fd));
}

struct worker {
	pthread_t thread;
	volatile bool *stop;
	int err, calls;
	int which;
};

static int worker_step(struct worker *w, int fd, __u32 vm, __u32 handle)
{
	__u32 id, bo;
	int err;

	switch (w->which) {
	case 0:
		return vm_map(fd, vm, handle, 0, VA_BASE, SIZE, 0) ?:
		       vm_unmap(fd, vm, VA_BASE, SIZE);
	case 1:
		return queue_create(fd, vm, 0, 0, &id) ?: queue_destroy(fd, id);
	case 2:
		return vm_create(fd, &id) ?: vm_destroy(fd, id);
	default:
		err = bo_create(fd, SIZE, VRAM, 0, &bo);
		return err ?: bo_close(fd, bo);
	}
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	int fd = device_open();
	__u32 vm, handle;

	w->err = vm_create(fd, &vm) ?: bo_create(fd, SIZE, VRAM, 0, &handle);
	while (!w->err && !*w->stop) {
		w->err = worker_step(w, fd, vm, handle);
		w->calls++;
	}
	close(fd);
	return NULL;
}

/* Nobody who makes, maps or destroys something hears of a reset. */
TEST_F_TIMEOUT(reset, under_calls_of_all_kinds, 120)
{
	struct worker workers[4];
	volatile bool stop = false;
	int i;

	for (i = 0; i < 4; i++) {
		workers[i] = (struct worker){ .stop = &stop, .which = i };
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]));
	}
	for (i = 1; i <= 5; i++) {
		nap_ms(100);
		ASSERT_EQ(0, i % 5 ? panic_soon() : inject("hang-control"));
		wait_epoch(_metadata, &self->a, self->epoch + i);
		expect_works(_metadata, self);
	}
	stop = true;
	for (i = 0; i < 4; i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(0, workers[i].err) {
			TH_LOG("worker %d after %d calls", i, workers[i].calls);
		}
		EXPECT_LT(5, workers[i].calls);
	}
	expect_works(_metadata, self);
}

/* ---- Firmware -------------------------------------------------------------------------------- */

TEST_F_TIMEOUT(reset, firmware_is_loaded_again_in_place, 60)
{
	ASSERT_EQ(0, device_reset("firmware"));
	expect_untouched(_metadata, self);
	expect_works(_metadata, self);
	expect_state(_metadata, &self->a, DRM_MTIA_STATE_OK, DRM_MTIA_REASON_NONE, 0,
		     self->epoch + 1);
	EXPECT_EQ(-EINVAL, device_reset("firmwares"));
	EXPECT_EQ(-EINVAL, device_reset(""));
	EXPECT_EQ(self->epoch + 1, epoch_of(&self->a));
}

/* ---- Wedged ---------------------------------------------------------------------------------- */

static int uevents_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	return bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : fd;
}

/* Whether an event comes that has such a line. */
static bool uevent_has(int fd, const char *line)
{
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	char text[8192];
	bool found = false;
	ssize_t n, at;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (!found && (n = recv(fd, text, sizeof(text) - 1, 0)) > 0) {
		text[n] = '\0';
		for (at = 0; at < n; at += strlen(text + at) + 1)
			found |= !strcmp(text + at, line);
	}
	return found;
}

FIXTURE(wedge)
{
	struct client c;
	struct buf vram, system;
	char device[DEVICE_NAME];
};

FIXTURE_VARIANT(wedge)
{
	bool firmware; /* one that does not start, so that all tiers fail; else at once */
};

FIXTURE_VARIANT_ADD(wedge, at_once)
{
	.firmware = false,
};

FIXTURE_VARIANT_ADD(wedge, no_tier_helps)
{
	.firmware = true,
};

FIXTURE_SETUP(wedge)
{
	ASSERT_EQ(0, device_name(self->device));
	client_open(_metadata, &self->c, 9000);
	client_buf(_metadata, &self->c, SIZE, VRAM, VA_DATA, &self->vram);
	client_buf(_metadata, &self->c, SIZE, SYSTEM, VA_DATA + SIZE, &self->system);
	fill_words(self->vram.map, SIZE, 0x1111);
	fill_words(self->system.map, SIZE, 0x2222);
}

static int driver_write(const char *what, const char *device)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), DRIVER_SYSFS "/%s", what);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, device, strlen(device)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* Whatever happened, the next test finds a device that works. */
FIXTURE_TEARDOWN(wedge)
{
	struct client fresh;

	client_close(&self->c);
	EXPECT_EQ(0, driver_write("unbind", self->device));
	EXPECT_EQ(0, driver_write("bind", self->device));
	client_open(_metadata, &fresh, 0);
	EXPECT_EQ(0, client_fill(_metadata, &fresh, VA_CMDS + CMDS_SIZE / 2, PAGE, 0x77));
	EXPECT_EQ(0, count_wrong(client_read_result(&fresh), PAGE, 0x77));
	client_close(&fresh);
}

#define FIRMWARE "/lib/firmware/mtia/v1/mtia_ctrl.bin"

static __u32 crc32c(const void *data, size_t size)
{
	const __u8 *byte = data;
	__u32 crc = ~0u;
	int bit;

	while (size--) {
		crc ^= *byte++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* A good image whose first section is all zeroes: it is accepted and never gets ready. */
static int firmware_break(void)
{
	struct mtia_fw_header *header;
	int fd = open(FIRMWARE, O_RDONLY | O_CLOEXEC);
	static char image[4 << 20];
	ssize_t size = read(fd, image, sizeof(image));

	close(fd);
	if (size < (ssize_t)sizeof(*header))
		return -EIO;
	header = (struct mtia_fw_header *)image;
	memset(image + header->header_size, 0, header->image_size - header->header_size);
	header->payload_crc = crc32c(image + header->header_size,
				     header->image_size - header->header_size);
	header->header_crc = 0;
	header->header_crc = crc32c(image, sizeof(*header));
	if (rename(FIRMWARE, FIRMWARE ".good"))
		return -errno;
	fd = open(FIRMWARE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	size = write(fd, image, size) == size;
	close(fd);
	return size ? 0 : -EIO;
}

static int firmware_mend(void)
{
	return rename(FIRMWARE ".good", FIRMWARE) ? -errno : 0;
}

TEST_F_TIMEOUT(wedge, everything_ends, 120)
{
	struct drm_mtia_vm_get_state vm_state = { .vm_id = self->c.vm };
	volatile __u64 *vram = self->vram.map;
	struct drm_mtia_queue_get_state state;
	struct cmds cmds;
	__u32 id, i;
	int events;

	events = uevents_open();
	ASSERT_LE(0, events);
	client_start_gate(_metadata, &self->c);
	if (variant->firmware) {
		ASSERT_EQ(0, firmware_break());
		EXPECT_EQ(-EIO, device_reset("firmware"));
		ASSERT_EQ(0, firmware_mend());
		/* Lost in the first reset, before it was clear how it would end. */
		EXPECT_EQ(-ECANCELED, client_wait(_metadata, &self->c));
	} else {
		EXPECT_EQ(-EIO, device_reset("wedge"));
		EXPECT_EQ(-ENODEV, client_wait(_metadata, &self->c));
	}
	EXPECT_TRUE(uevent_has(events, "WEDGED=rebind,bus-reset"));
	close(events);

	cmds_begin(&cmds);
	cmds_nop(&cmds);
	EXPECT_EQ(-EIO, client_submit(&self->c, &cmds));
	EXPECT_EQ(-EIO, bo_create(self->c.fd, PAGE, VRAM, 0, &id));
	EXPECT_EQ(-EIO, bo_create(self->c.fd, PAGE, SYSTEM, 0, &id));
	EXPECT_EQ(-EIO, vm_create(self->c.fd, &id));
	EXPECT_EQ(-EIO, queue_create(self->c.fd, self->c.vm, 0, 0, &id));
	EXPECT_EQ(-EIO, vm_unmap(self->c.fd, self->c.vm, VA_DATA, SIZE));
	ASSERT_EQ(0, queue_state(self->c.fd, self->c.queue, &state));
	EXPECT_EQ(DRM_MTIA_STATE_BANNED, state.state);
	ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_VM_GET_STATE, &vm_state));
	EXPECT_EQ(DRM_MTIA_STATE_BANNED, vm_state.state);
	EXPECT_EQ(0, bo_wait(self->c.fd, self->vram.handle, 0, 0));

	/* Mappings can be touched; of device memory they show something else. */
	for (i = 0; i < SIZE / 8; i += 64)
		vram[i] = i;
	EXPECT_EQ(0, count_wrong(self->system.map, SIZE, 0x2222));
	/* What was made can be given up. */
	EXPECT_EQ(0, queue_destroy(self->c.fd, self->c.queue));
	EXPECT_EQ(0, vm_destroy(self->c.fd, self->c.vm));
	EXPECT_EQ(0, bo_close(self->c.fd, self->vram.handle));
}

TEST_HARNESS_MAIN

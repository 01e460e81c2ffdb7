// SPDX-License-Identifier: GPL-2.0
/*
 * Errors of the PCIe link, injected by QEMU's monitor and handled by the kernel's AER service; the
 * card pulled out of its slot with everything open, and put back.
 */
#include "../kselftest/monitor.h"
#include "pe/args.h"

#define SIZE	(64 * PAGE)
#define WAIT_MS 60000

FIXTURE(pcie)
{
	struct client c;
	struct buf vram, system, program;
	__u64 epoch;
	char device[DEVICE_NAME];
};

static __u64 epoch_of(struct client *c)
{
	struct drm_mtia_queue_get_state state;

	return queue_state(c->fd, c->queue, &state) ? 0 : state.reset_epoch;
}

FIXTURE_SETUP(pcie)
{
	ASSERT_EQ(0, device_name(self->device));
	client_open(_metadata, &self->c, 9000);
	client_buf(_metadata, &self->c, SIZE, VRAM, VA_BASE, &self->vram);
	client_buf(_metadata, &self->c, SIZE, SYSTEM, VA_BASE + SIZE, &self->system);
	client_program(_metadata, &self->c, PROGRAM(probe), VA_PROGRAM, &self->program);
	fill_words(self->vram.map, SIZE, 0x1111);
	fill_words(self->system.map, SIZE, 0x2222);
	self->epoch = epoch_of(&self->c);
}

FIXTURE_TEARDOWN(pcie)
{
	client_close(&self->c);
}

static void expect_fresh_works(struct __test_metadata *_metadata)
{
	struct client c;

	client_open(_metadata, &c, 0);
	EXPECT_EQ(0, client_fill(_metadata, &c, VA_CMDS + CMDS_SIZE / 2, PAGE, 0x66));
	EXPECT_EQ(0, count_wrong(client_read_result(&c), PAGE, 0x66));
	client_close(&c);
}

/* ---- Errors of the link ---------------------------------------------------------------------- */

/* An error by QEMU's name of it. */
static int link_error(const char *error)
{
	char arguments[128], answer[256];
	int err;

	snprintf(arguments, sizeof(arguments),
		 "\"command-line\":\"pcie_aer_inject_error mtia0 %s\"", error);
	err = monitor_command("human-monitor-command", arguments, answer, sizeof(answer));
	return err ?: strstr(answer, "OK") ? 0 : -EPROTO;
}

/* A number of debugfs "reset". */
static long debugfs_number(const char *device, const char *name)
{
	char path[128], line[64], key[32];
	long value, found = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/reset", device);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31s %ld", key, &value) == 2 && !strcmp(key, name))
			found = value;
	}
	if (file)
		fclose(file);
	return found;
}

TEST_F_TIMEOUT(pcie, correctable, 60)
{
	long before = debugfs_number(self->device, "link_errors");
	__s64 end = after_ms(WAIT_MS);

	ASSERT_LE(0, before);
	client_start_gate(_metadata, &self->c);
	ASSERT_EQ(0, link_error("RCVR"));
	while (debugfs_number(self->device, "link_errors") == before && after_ms(0) < end)
		nap_ms(5);
	EXPECT_EQ(before + 1, debugfs_number(self->device, "link_errors"));
	/* Nobody has noticed. */
	client_release(&self->c);
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(self->epoch, epoch_of(&self->c));
}

/* A transaction was lost, the link was not: looked at, nothing is wrong, everything goes on. */
TEST_F_TIMEOUT(pcie, not_fatal, 60)
{
	struct client other;

	client_start_gate(_metadata, &self->c);
	ASSERT_EQ(0, link_error("COMP_TIME"));
	client_open(_metadata, &other, 0);
	EXPECT_EQ(0, client_fill(_metadata, &other, VA_CMDS + CMDS_SIZE / 2, PAGE, 1));
	client_close(&other);
	client_release(&self->c);
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 3));
	EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 3));
	EXPECT_EQ(self->epoch, epoch_of(&self->c));
}

/* The link is reset, and the card with it; open files live on. */
TEST_F_TIMEOUT(pcie, fatal, 120)
{
	struct drm_mtia_queue_get_state state;
	int round;

	for (round = 0; round < 3; round++) {
		client_start_gate(_metadata, &self->c);
		ASSERT_EQ(0, link_error("DLP"));
		ASSERT_EQ(0, syncobj_wait(self->c.fd, self->c.syncobj, after_ms(WAIT_MS)));
		EXPECT_EQ(-ECANCELED, fence_status(self->c.fd, self->c.syncobj));
		/* Waits for the end of it. */
		expect_fresh_works(_metadata);
		ASSERT_EQ(0, queue_state(self->c.fd, self->c.queue, &state));
		EXPECT_EQ(DRM_MTIA_STATE_BANNED, state.state);
		EXPECT_EQ(DRM_MTIA_REASON_VRAM_LOST, state.reason);
		EXPECT_EQ(DRM_MTIA_QUEUE_INNOCENT, state.flags);
		EXPECT_EQ(self->epoch + 1, state.reset_epoch);
		EXPECT_EQ(0, count_wrong(self->system.map, SIZE, 0x2222));
		client_close(&self->c);
		pcie_setup(_metadata, self, variant);
	}
}

/* ---- The slot -------------------------------------------------------------------------------- */

static bool is_bound(void)
{
	char path[300];

	/* Its node is the last that comes. */
	return !device_node(path, sizeof(path)) && !access(path, F_OK);
}

static int wait_bound(bool bound)
{
	__s64 end = after_ms(WAIT_MS);

	while (is_bound() != bound && after_ms(0) < end)
		nap_ms(10);
	return is_bound() == bound ? 0 : -ETIME;
}

/* As the card was made by tools/vm/run. */
static int card_properties(char *text, size_t size)
{
	static const char *const names[] = { "model", "lpddr-size" };
	char arguments[128], answer[512], *value, *end;
	size_t i, n;
	int err;

	n = snprintf(text, size, "\"driver\":\"mtia\",\"id\":\"mtia0\",\"bus\":\"rp0\"");
	for (i = 0; i < 2; i++) {
		snprintf(arguments, sizeof(arguments),
			 "\"path\":\"/machine/peripheral/mtia0\",\"property\":\"%s\"", names[i]);
		err = monitor_command("qom-get", arguments, answer, sizeof(answer));
		value = err ? NULL : strstr(answer, "\"return\": ");
		if (!value)
			return err ?: -EPROTO;
		value += strlen("\"return\": ");
		end = strstr(value, ", \"id\"") ?: strrchr(value, '}');
		if (end)
			*end = '\0';
		n += snprintf(text + n, size - n, ",\"%s\":%s", names[i], value);
	}
	return n < size ? 0 : -E2BIG;
}

static void pull_and_plug(struct __test_metadata *_metadata, const char *properties)
{
	__s64 end;
	int fd;

	ASSERT_EQ(0, monitor_command("device_del", "\"id\":\"mtia0\"", NULL, 0));
	/* The attention button: Linux takes five seconds to see whether it is pressed again. */
	ASSERT_EQ(0, wait_bound(false));
	/* QEMU lets go of it when the slot has no power any more. */
	end = after_ms(WAIT_MS);
	while (monitor_command("device_add", properties, NULL, 0) == -EPROTO && after_ms(0) < end)
		nap_ms(200);
	ASSERT_EQ(0, wait_bound(true));
	/* The driver is its driver before it has probed it. */
	end = after_ms(WAIT_MS);
	while ((fd = device_open()) == -ENODEV && after_ms(0) < end)
		nap_ms(10);
	ASSERT_LE(0, fd);
	close(fd);
}

TEST_F_TIMEOUT(pcie, card_is_pulled_with_everything_open, 240)
{
	struct drm_syncobj_handle fence = {
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	struct drm_prime_handle prime = { .flags = O_CLOEXEC | O_RDWR };
	volatile __u64 *vram = self->vram.map;
	struct sync_file_info info;
	char properties[1024], path[128];
	int debugfs, status, round;
	__u32 id;
	__u64 i;
	pid_t pid;

	ASSERT_EQ(0, card_properties(properties, sizeof(properties)));
	for (round = 0; round < 2; round++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/regs", self->device);
		debugfs = open(path, O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, debugfs);
		prime.handle = self->system.handle;
		ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime));
		client_start_gate(_metadata, &self->c);
		fence.handle = self->c.syncobj;
		ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &fence));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			bo_wait(self->c.fd, self->vram.handle, 0, INT64_MAX);
			_exit(7);
		}

		pull_and_plug(_metadata, properties);

		info = (struct sync_file_info){};
		ASSERT_EQ(0, mtia_ioctl(fence.fd, SYNC_IOC_FILE_INFO, &info));
		EXPECT_EQ(-ENODEV, info.status);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
		EXPECT_EQ(-ENODEV, bo_create(self->c.fd, PAGE, VRAM, 0, &id));
		for (i = 0; i < SIZE / 8; i += 64)
			vram[i] = i;
		/* The new card is another device, and works beside the remains of the old one. */
		expect_fresh_works(_metadata);
		close(fence.fd);
		close(prime.fd);
		close(debugfs);
		client_close(&self->c);
		munmap(self->vram.map, SIZE);
		munmap(self->system.map, SIZE);
		munmap(self->program.map, self->program.size);
		pcie_setup(_metadata, self, variant);
	}
}

TEST_HARNESS_MAIN

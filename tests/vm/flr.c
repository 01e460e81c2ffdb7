// SPDX-License-Identifier: GPL-2.0
/*
 * Function-level reset through sysfs. The driver does not take part in resets that others start, so
 * one behind its back costs it the device; nothing else may happen, and a rebind brings it back.
 */
#include "mtia_test.h"

FIXTURE(flr)
{
	char device[DEVICE_NAME];
	char reset[128];
};

static int sysfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

FIXTURE_SETUP(flr)
{
	ASSERT_EQ(0, device_name(self->device));
	snprintf(self->reset, sizeof(self->reset), "/sys/bus/pci/devices/%s/reset", self->device);
}

FIXTURE_TEARDOWN(flr)
{
}

static void expect_works(struct __test_metadata *_metadata)
{
	struct client c;

	client_open(_metadata, &c, 0);
	EXPECT_EQ(0, client_fill(_metadata, &c, VA_CMDS + CMDS_SIZE / 2, PAGE, 0x66));
	EXPECT_EQ(0, count_wrong(client_read_result(&c), PAGE, 0x66));
	client_close(&c);
}

TEST_F(flr, method_is_offered)
{
	char path[160], methods[64] = "";
	int fd;

	snprintf(path, sizeof(path), "%s_method", self->reset);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_LT(0, read(fd, methods, sizeof(methods) - 1));
	close(fd);
	EXPECT_NE(NULL, strstr(methods, "flr"));
}

TEST_F(flr, while_no_driver_has_it)
{
	int i;

	expect_works(_metadata);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sysfs_write(DRIVER_SYSFS "/unbind", self->device));
		EXPECT_EQ(0, sysfs_write(self->reset, "1"));
		ASSERT_EQ(0, sysfs_write(DRIVER_SYSFS "/bind", self->device));
		expect_works(_metadata);
	}
}

TEST_F_TIMEOUT(flr, behind_the_drivers_back, 60)
{
	struct cmds cmds;
	struct client c;
	__u32 handle;
	int err;

	client_open(_metadata, &c, 500);
	cmds_begin(&cmds);
	cmds_nop(&cmds);
	ASSERT_EQ(0, client_run(_metadata, &c, &cmds));
	ASSERT_EQ(0, sysfs_write(self->reset, "1"));
	/* The chip does not answer: the job ends in bounded time nevertheless. */
	err = client_submit(&c, &cmds);
	if (!err) {
		err = syncobj_wait(c.fd, c.syncobj, after_ms(30000));
		EXPECT_EQ(0, err);
		err = fence_status(c.fd, c.syncobj);
	}
	EXPECT_TRUE(err == -EIO || err == -ETIME);
	EXPECT_EQ(-EIO, bo_create(c.fd, PAGE, VRAM, 0, &handle));
	client_close(&c);
	ASSERT_EQ(0, sysfs_write(DRIVER_SYSFS "/unbind", self->device));
	ASSERT_EQ(0, sysfs_write(DRIVER_SYSFS "/bind", self->device));
	expect_works(_metadata);
}

TEST_HARNESS_MAIN

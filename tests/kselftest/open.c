// SPDX-License-Identifier: GPL-2.0
/* Files of the device: who may open it, what a file owns, what copies of a descriptor share. */
#include <grp.h>

#include "mtia_test.h"

FIXTURE(open)
{
	char path[300];
	gid_t gid;
	int fd;
};

FIXTURE_SETUP(open)
{
	struct stat st;

	ASSERT_EQ(0, device_node(self->path, sizeof(self->path)));
	ASSERT_EQ(0, stat(self->path, &st));
	self->gid = st.st_gid;
	self->fd = device_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(open)
{
	close(self->fd);
}

static bool has_bo(int fd, __u32 handle)
{
	struct drm_mtia_bo_info info = { .handle = handle };

	return !mtia_ioctl(fd, DRM_IOCTL_MTIA_BO_INFO, &info);
}

/* Runs a function in a child; its exit status. */
static int in_child(int (*function)(struct _test_data_open *self), struct _test_data_open *self)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(function(self));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST_F(open, driver_name_and_version)
{
	char name[16] = "", desc[64] = "";
	struct drm_version args = {
		.name = name,
		.name_len = sizeof(name) - 1,
		.desc = desc,
		.desc_len = sizeof(desc) - 1,
	};

	ASSERT_EQ(0, mtia_ioctl(self->fd, DRM_IOCTL_VERSION, &args));
	EXPECT_STREQ("mtia", name);
	EXPECT_EQ(1, args.version_major);
	EXPECT_LT(0, strlen(desc));
}

TEST_F(open, open_and_close_1000_times)
{
	int i, fd;

	for (i = 0; i < 1000; i++) {
		fd = open(self->path, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, close(fd));
	}
}

TEST_F(open, handles_belong_to_one_file)
{
	int other = device_open();
	__u32 handle;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, bo_create(self->fd, PAGE, VRAM, 0, &handle));
	EXPECT_TRUE(has_bo(self->fd, handle));
	EXPECT_FALSE(has_bo(other, handle));
	close(other);
}

TEST_F(open, duplicate_is_the_same_file)
{
	int copy = dup(self->fd);
	__u32 handle;

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, bo_create(self->fd, PAGE, VRAM, 0, &handle));
	EXPECT_TRUE(has_bo(copy, handle));
	close(self->fd);
	EXPECT_TRUE(has_bo(copy, handle));
	EXPECT_EQ(0, bo_close(copy, handle));
	self->fd = copy;
}

static int use_parents_file(struct _test_data_open *self)
{
	__u32 handle;

	return bo_create(self->fd, PAGE, VRAM, 0, &handle) || close(self->fd);
}

TEST_F(open, fork_shares_the_file)
{
	__u32 handle;

	ASSERT_EQ(0, bo_create(self->fd, PAGE, VRAM, 0, &handle));
	EXPECT_EQ(0, in_child(use_parents_file, self));
	/* The child's end closed nothing of ours. */
	EXPECT_TRUE(has_bo(self->fd, handle));
	EXPECT_TRUE(has_bo(self->fd, handle + 1));
}

static int exec_looks_for_fd(struct _test_data_open *self)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	execl("/usr/bin/test", "test", "-e", path, NULL);
	return 99;
}

TEST_F(open, close_on_exec)
{
	EXPECT_EQ(1, in_child(exec_looks_for_fd, self));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFD, 0));
	EXPECT_EQ(0, in_child(exec_looks_for_fd, self));
}

TEST_F(open, clients_64_at_once)
{
	struct buf bufs[64];
	int fds[64], i;

	for (i = 0; i < 64; i++) {
		fds[i] = device_open();
		ASSERT_LE(0, fds[i]);
		buf_create(_metadata, fds[i], 4 * PAGE, i % 2 ? VRAM : SYSTEM, &bufs[i]);
		fill_words(bufs[i].map, 4 * PAGE, 0x0101010101010101ull * i);
	}
	for (i = 0; i < 64; i++)
		EXPECT_EQ(0, count_wrong(bufs[i].map, 4 * PAGE, 0x0101010101010101ull * i));
	for (i = 0; i < 64; i++) {
		buf_destroy(fds[i], &bufs[i]);
		close(fds[i]);
	}
}

static int open_with_group(struct _test_data_open *self)
{
	struct drm_mtia_device_info info;
	__u32 handle, vm, queue;
	int fd;

	if (setgroups(1, &self->gid) || setgid(1000) || setuid(1000))
		return 98;
	fd = open(self->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno;
	return query(fd, DRM_MTIA_QUERY_DEVICE_INFO, &info, sizeof(info)) ||
	       bo_create(fd, PAGE, VRAM, 0, &handle) || vm_create(fd, &vm) ||
	       vm_map(fd, vm, handle, 0, VA_BASE, PAGE, 0) ||
	       queue_create(fd, vm, 0, 0, &queue);
}

static int open_without_group(struct _test_data_open *self)
{
	if (setgroups(0, NULL) || setgid(1000) || setuid(1000))
		return 98;
	return open(self->path, O_RDWR | O_CLOEXEC) < 0 ? errno : 0;
}

TEST_F(open, group_of_the_node_needs_no_privilege)
{
	struct stat st;

	ASSERT_EQ(0, stat(self->path, &st));
	/* What the udev rule says; the guest has no udev. */
	ASSERT_EQ(0, chmod(self->path, 0660));
	EXPECT_EQ(0, in_child(open_with_group, self));
	ASSERT_EQ(0, chmod(self->path, st.st_mode & 0777));
}

TEST_F(open, others_may_not)
{
	struct stat st;

	ASSERT_EQ(0, stat(self->path, &st));
	ASSERT_EQ(0, chmod(self->path, 0660));
	EXPECT_EQ(EACCES, in_child(open_without_group, self));
	ASSERT_EQ(0, chmod(self->path, st.st_mode & 0777));
}

TEST_F(open, unknown_ioctl)
{
	__u64 nothing[16] = {};

	EXPECT_EQ(-EINVAL, mtia_ioctl(self->fd, DRM_IOWR(DRM_COMMAND_BASE + 0x3f, __u64), nothing));
	EXPECT_EQ(-EINVAL, mtia_ioctl(self->fd, DRM_IOWR(DRM_COMMAND_BASE + 14, __u64), nothing));
}

/* Programs of an earlier or a later version pass shorter or longer structures. */
TEST_F(open, other_sizes_of_a_structure)
{
	struct {
		struct drm_mtia_bo_info info;
		__u64 later;
	} longer = {};
	__u64 shorter = DRM_MTIA_QUERY_QUEUE_INFO;

	ASSERT_EQ(0, bo_create(self->fd, PAGE, VRAM, 0, &longer.info.handle));
	EXPECT_EQ(0, mtia_ioctl(self->fd,
				_IOC(_IOC_READ | _IOC_WRITE, 'd',
				     DRM_COMMAND_BASE + DRM_MTIA_BO_INFO, sizeof(longer)),
				&longer));
	EXPECT_EQ(PAGE, longer.info.size);
	EXPECT_EQ(0, mtia_ioctl(self->fd,
				_IOC(_IOC_READ | _IOC_WRITE, 'd',
				     DRM_COMMAND_BASE + DRM_MTIA_DEV_QUERY, sizeof(shorter)),
				&shorter));
	EXPECT_EQ(sizeof(struct drm_mtia_queue_info), shorter >> 32);
}

TEST_F(open, bad_pointer)
{
	EXPECT_EQ(-EFAULT, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_DEV_QUERY, (void *)8));
}

TEST_HARNESS_MAIN

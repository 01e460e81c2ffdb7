// SPDX-License-Identifier: GPL-2.0
/*
 * The firmware's log in debugfs: level, what it has, the stream, also over resets and when the
 * device goes, and what is left of a crash.
 */
#include <poll.h>
#include <signal.h>

#include "monitor.h"

#define LEVEL_ERROR 0
#define LEVEL_INFO  2
#define LEVEL_DEBUG 3
#define VA_HOLE	    (VA_BASE + 64 * MIB)

FIXTURE(fw_log)
{
	char device[DEVICE_NAME];
	struct client c;
};

static void file_path(struct _test_data_fw_log *self, const char *name, char path[128])
{
	snprintf(path, 128, "/sys/kernel/debug/accel/%s/%s", self->device, name);
}

static int file_open(struct _test_data_fw_log *self, const char *name, int flags)
{
	char path[128];
	int fd;

	file_path(self, name, path);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int file_write(struct _test_data_fw_log *self, const char *name, const char *text)
{
	char path[128];

	file_path(self, name, path);
	return text_write(open(path, O_WRONLY | O_CLOEXEC), text);
}

static int level_set(struct _test_data_fw_log *self, int level)
{
	char text[16];

	snprintf(text, sizeof(text), "%d\n", level);
	return file_write(self, "fw_log_level", text);
}

static int level_get(struct _test_data_fw_log *self)
{
	int fd = file_open(self, "fw_log_level", O_RDONLY);
	char text[16] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return -errno;
	close(fd);
	return atoi(text);
}

FIXTURE_SETUP(fw_log)
{
	ASSERT_EQ(0, device_name(self->device));
	client_open(_metadata, &self->c, 0);
	ASSERT_EQ(0, level_set(self, LEVEL_INFO));
}

FIXTURE_TEARDOWN(fw_log)
{
	EXPECT_EQ(0, level_set(self, LEVEL_INFO));
	client_close(&self->c);
}

/* A stream behind all that there is. */
static int stream_open(struct __test_metadata *_metadata, struct _test_data_fw_log *self)
{
	int fd = file_open(self, "fw_log_stream", O_RDONLY | O_NONBLOCK);
	char text[4096];

	ASSERT_LE(0, fd);
	while (read(fd, text, sizeof(text)) > 0)
		;
	EXPECT_EQ(EAGAIN, errno);
	return fd;
}

static char seen[1 << 20];

/* Reads until the text is there, with what came before it in seen[]; false if it does not come. */
static bool stream_find(int fd, const char *text, size_t step)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	__s64 end = after_ms(PATIENCE_MS);
	size_t size = 0;
	ssize_t n;

	while (after_ms(0) < end && size + step < sizeof(seen) && poll(&poll_fd, 1, 1000) >= 0) {
		n = read(fd, seen + size, step);
		if (n > 0)
			size += n;
		else if (errno != EAGAIN)
			return false;
		seen[size] = '\0';
		if (strstr(seen, text))
			return true;
	}
	return false;
}

/* A request that the firmware logs at level debug; its text. */
static void log_request(struct __test_metadata *_metadata, struct _test_data_fw_log *self)
{
	ASSERT_EQ(0, client_short_queue(&self->c, 2));
}

static void log_fault(struct __test_metadata *_metadata, struct _test_data_fw_log *self, __u64 va)
{
	EXPECT_EQ(-EIO, client_fill(_metadata, &self->c, va, 8, 1));
	client_renew_queue(_metadata, &self->c);
}

TEST_F(fw_log, level)
{
	int fd = stream_open(_metadata, self);
	int level;

	EXPECT_EQ(LEVEL_INFO, level_get(self));
	EXPECT_EQ(-EINVAL, level_set(self, 4));
	EXPECT_EQ(-EINVAL, level_set(self, -1));
	EXPECT_EQ(-EINVAL, file_write(self, "fw_log_level", "debug"));
	EXPECT_EQ(LEVEL_INFO, level_get(self));
	for (level = LEVEL_ERROR; level <= LEVEL_DEBUG; level++) {
		EXPECT_EQ(0, level_set(self, level));
		EXPECT_EQ(level, level_get(self));
	}
	log_request(_metadata, self);
	EXPECT_TRUE(stream_find(fd, " D request 7 ", 4096));
	close(fd);
}

/* For information a fault is worth a line, a request is not; for errors neither is. */
TEST_F(fw_log, lines_below_the_level_are_not_there)
{
	struct pollfd poll_fd;
	char text[4096], va[32];
	ssize_t n, size = 0;

	poll_fd = (struct pollfd){ .fd = stream_open(_metadata, self), .events = POLLIN };
	ASSERT_EQ(0, level_set(self, LEVEL_ERROR));
	log_fault(_metadata, self, VA_HOLE + 0x100);
	ASSERT_EQ(0, level_set(self, LEVEL_INFO));
	log_request(_metadata, self);
	log_fault(_metadata, self, VA_HOLE + 0x200);
	/* Lines come in order: once this one is here, the others will not be. */
	snprintf(va, sizeof(va), "status 5 at %llx", VA_HOLE + 0x200);
	while (poll(&poll_fd, 1, PATIENCE_MS) == 1) {
		n = read(poll_fd.fd, text + size, sizeof(text) - 1 - size);
		ASSERT_LT(0, n);
		size += n;
		text[size] = '\0';
		if (strstr(text, va))
			break;
	}
	EXPECT_NE(NULL, strstr(text, va));
	snprintf(va, sizeof(va), "at %llx", VA_HOLE + 0x100);
	EXPECT_EQ(NULL, strstr(text, va));
	EXPECT_EQ(NULL, strstr(text, "request"));
	close(poll_fd.fd);
}

TEST_F(fw_log, poll_and_two_readers)
{
	struct pollfd poll_fd;
	char va[32], *text;
	int other;

	poll_fd = (struct pollfd){ .fd = stream_open(_metadata, self), .events = POLLIN };
	other = stream_open(_metadata, self);
	EXPECT_EQ(0, poll(&poll_fd, 1, 50));
	log_fault(_metadata, self, VA_HOLE);
	EXPECT_EQ(1, poll(&poll_fd, 1, PATIENCE_MS));
	EXPECT_EQ(POLLIN, poll_fd.revents);
	snprintf(va, sizeof(va), "at %llx", VA_HOLE);
	EXPECT_TRUE(stream_find(poll_fd.fd, va, 4096));
	*strstr(seen, va) = '\0';
	ASSERT_NE(NULL, text = strdup(seen));
	/* Each reader has all of it, in pieces as large as it wants. */
	EXPECT_TRUE(stream_find(other, va, 1));
	*strstr(seen, va) = '\0';
	EXPECT_STREQ(text, seen);
	free(text);
	close(other);
	close(poll_fd.fd);
}

/* read() waits for text, and for nothing longer than a signal. */
TEST_F(fw_log, read_waits)
{
	int fd = stream_open(_metadata, self), status;
	char text[256];
	pid_t pid;

	fcntl(fd, F_SETFL, 0);
	pid = fork();
	if (!pid)
		_exit(read(fd, text, sizeof(text)) > 0 && text[0] == '[' ? 0 : 1);
	nap_ms(100);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	log_fault(_metadata, self, VA_HOLE);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);

	pid = fork();
	if (!pid)
		_exit(read(fd, text, sizeof(text)) > 0);
	nap_ms(100);
	kill(pid, SIGTERM);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) || WTERMSIG(status) == SIGTERM);
	close(fd);
}

/* A stream that is not read misses what the ring has no room for, and says so. */
TEST_F(fw_log, missed)
{
	int fd = stream_open(_metadata, self), i;
	char text[64] = "";

	ASSERT_EQ(0, level_set(self, LEVEL_DEBUG));
	for (i = 0; i < 1000; i++)
		log_request(_metadata, self);
	ASSERT_EQ(0, level_set(self, LEVEL_INFO));
	ASSERT_LT(0, read(fd, text, sizeof(text) - 1));
	EXPECT_NE(NULL, strstr(text, " bytes missed]\n")) {
		TH_LOG("%s", text);
	}
	EXPECT_EQ('[', text[0]);
	EXPECT_LT(1000, atoi(text + 1));
	/* It goes on with a whole line. */
	ASSERT_LT(0, read(fd, text, sizeof(text) - 1));
	EXPECT_EQ('[', text[0]);
	EXPECT_NE(NULL, strstr(text, "] D "));
	close(fd);
}

/* A stream has a firmware's last words and the first ones of the next, which keeps the level. */
TEST_F_TIMEOUT(fw_log, over_resets, 60)
{
	int fd = stream_open(_metadata, self);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	ASSERT_EQ(0, level_set(self, LEVEL_DEBUG));
	ASSERT_EQ(0, inject("panic-control"));
	EXPECT_TRUE(stream_find(fd, " I mtia-ctrl ready: ", 4096));
	EXPECT_NE(NULL, strstr(seen, " E panic: "));
	EXPECT_EQ(NULL, strstr(seen, "missed"));
	EXPECT_EQ(LEVEL_DEBUG, level_get(self));
	log_request(_metadata, self);
	EXPECT_TRUE(stream_find(fd, " D request 7 ", 4096));

	/* Device memory is lost, streams are not; nor is a level that was never told but once. */
	ASSERT_EQ(0, file_write(self, "reset", "device"));
	EXPECT_TRUE(stream_find(fd, " I mtia-ctrl ready: ", 4096));
	EXPECT_EQ(NULL, strstr(seen, "missed"));
	client_close(&self->c);
	client_open(_metadata, &self->c, 0);
	log_request(_metadata, self);
	EXPECT_TRUE(stream_find(fd, " D request 7 ", 4096));

	/* Of what a start before the last one had, a reader is told how much it was. */
	log_request(_metadata, self);
	ASSERT_EQ(1, poll(&poll_fd, 1, PATIENCE_MS));
	ASSERT_EQ(0, file_write(self, "reset", "core"));
	ASSERT_EQ(0, file_write(self, "reset", "core"));
	EXPECT_TRUE(stream_find(fd, " I mtia-ctrl ready: ", 4096));
	EXPECT_NE(NULL, strstr(seen, " bytes missed]\n"));
	EXPECT_TRUE(stream_find(fd, " I mtia-ctrl ready: ", 4096));
	close(fd);
}

static int driver_write(struct _test_data_fw_log *self, const char *what)
{
	char path[64];
	int fd, err = 0;

	snprintf(path, sizeof(path), DRIVER_SYSFS "/%s", what);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, self->device, DEVICE_NAME - 1) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Reads to the end; what that is. */
static pid_t read_to_the_end(int fd)
{
	char text[4096];
	pid_t pid;

	fcntl(fd, F_SETFL, 0);
	pid = fork();
	if (pid)
		return pid;
	while (read(fd, text, sizeof(text)) > 0)
		;
	_exit(errno);
}

/* Who waits when the device goes out of service, or goes, is let go. */
TEST_F_TIMEOUT(fw_log, wedged_and_unbound, 60)
{
	int fd = stream_open(_metadata, self), other = stream_open(_metadata, self), status;
	struct pollfd poll_fd = { .fd = other, .events = POLLIN };
	char text[4096];
	pid_t pid;

	pid = read_to_the_end(fd);
	nap_ms(100);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	EXPECT_EQ(-EIO, file_write(self, "reset", "wedge"));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(EIO, WEXITSTATUS(status));
	EXPECT_EQ(1, poll(&poll_fd, 1, PATIENCE_MS));
	EXPECT_TRUE(poll_fd.revents & POLLHUP);
	EXPECT_EQ(-EIO, file_open(self, "fw_log_stream", O_RDONLY));
	EXPECT_EQ(-EIO, level_set(self, LEVEL_DEBUG));
	close(fd);
	close(other);
	client_close(&self->c);
	ASSERT_EQ(0, driver_write(self, "unbind"));
	ASSERT_EQ(0, driver_write(self, "bind"));

	client_open(_metadata, &self->c, 0);
	fd = stream_open(_metadata, self);
	other = stream_open(_metadata, self);
	poll_fd.fd = other;
	pid = read_to_the_end(fd);
	nap_ms(100);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	ASSERT_EQ(0, driver_write(self, "unbind"));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(ENODEV, WEXITSTATUS(status));
	EXPECT_EQ(1, poll(&poll_fd, 1, PATIENCE_MS));
	EXPECT_EQ(-1, read(other, text, sizeof(text)));
	close(fd);
	close(other);
	ASSERT_EQ(0, driver_write(self, "bind"));
}

TEST_F(fw_log, log_and_crash_record)
{
	char text[64] = "";
	int fd = file_open(self, "fw_log", O_RDONLY);

	ASSERT_LE(0, fd);
	EXPECT_EQ(sizeof(text) - 1, read(fd, text, sizeof(text) - 1));
	close(fd);
	fd = file_open(self, "fw_crash", O_RDONLY);
	ASSERT_LE(0, fd);
	memset(text, 0, sizeof(text));
	EXPECT_LT(0, read(fd, text, sizeof(text) - 1));
	EXPECT_STREQ("none\n", text);
	close(fd);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Why a device cannot be used: a file tree plays sysfs and /dev (MTIA_ROOT), one device a reason.
 * Permission needs a second user; as root the test becomes nobody for that part.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib_fake.h"
#include "tap.h"

static char root[] = P_tmpdir "/mtia-discover-XXXXXX";

static void make_file(const char *path, const char *text)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(full, 0755);
		*slash = '/';
	}
	if (!text) {
		mkdir(full, 0755);
		return;
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static void make_device(const char *bdf, const char *vendor, const char *device, const char *driver,
			const char *node)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/vendor", bdf);
	make_file(path, vendor);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/device", bdf);
	make_file(path, device);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/numa_node", bdf);
	make_file(path, "-1\n");
	if (driver) {
		snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/driver", root, bdf);
		snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
		if (symlink(target, path))
			abort();
	}
	if (node) {
		snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/accel/%s", bdf, node);
		make_file(path, NULL);
	}
}

static const char *last_message(void)
{
	static struct mtia_error e;

	e.size = sizeof(e);
	mtia_error_last(&e);
	return e.message;
}

static void without_devices(void)
{
	struct mtia_device *device;
	size_t count = 0;
	int ret;

	tap_ok(mtia_device_list(NULL, &count) == 0 && count == 0, "no PCI at all: an empty list");
	ret = mtia_device_open(NULL, &device);
	tap_ok(ret == -ENODEV && !device, "nothing to open: %s", last_message());
	make_device("0000:00:01.0", "0x8086\n", "0x1234\n", "e1000", NULL);
	tap_ok(mtia_device_list(NULL, &count) == 0 && count == 0, "others' devices do not count");
}

static void with_devices(void)
{
	struct mtia_device_info list[8] = { { .size = sizeof(list[0]) } };
	struct mtia_device_info two[2] = { { .size = sizeof(list[0]) } };
	struct mtia_device *device;
	size_t count = 8;
	char path[128];

	make_device("0000:05:00.0", "0x1af4\n", "0x10f0\n", "mtia", "accel2");
	make_device("0000:01:00.0", "0x1af4\n", "0x10f0\n", NULL, NULL);
	make_device("0000:02:00.0", "0x1af4\n", "0x10f0\n", "vfio-pci", NULL);
	make_device("0000:03:00.0", "0x1af4\n", "0x10f0\n", "mtia", NULL);
	make_device("0000:04:00.0", "0x1af4\n", "0x10f0\n", "mtia", "accel1");
	make_file("dev/accel/accel2", "");
	snprintf(path, sizeof(path), "%s/dev/accel/accel2", root);
	chmod(path, 0640);

	tap_ok(mtia_device_list(list, &count) == 0 && count == 5, "five devices");
	tap_ok(!strcmp(list[0].bdf, "0000:01:00.0") && !strcmp(list[4].bdf, "0000:05:00.0") &&
		       list[4].index == 4, "in the order of their addresses");
	tap_ok(list[0].state == MTIA_DEVICE_NO_DRIVER && strstr(list[0].hint, "modprobe"),
	       "no driver: %s", list[0].message);
	tap_ok(list[1].state == MTIA_DEVICE_OTHER_DRIVER && strstr(list[1].message, "vfio-pci"),
	       "another driver: %s", list[1].message);
	tap_ok(list[2].state == MTIA_DEVICE_NO_NODE && strstr(list[2].hint, "firmware"),
	       "no node in sysfs: %s", list[2].message);
	tap_ok(list[3].state == MTIA_DEVICE_NO_NODE && strstr(list[3].message, "accel1"),
	       "no node in /dev: %s", list[3].message);
	tap_ok(list[4].state == MTIA_DEVICE_USABLE && list[4].node_mode == 0640 &&
		       !list[4].message[0], "a node that can be opened");
	tap_ok(list[4].vendor_id == 0x1af4 && list[4].device_id == 0x10f0 &&
		       list[4].numa_node == -1 && !strcmp(list[4].name, "accel2"), "its facts");
	count = 2;
	tap_ok(mtia_device_list(two, &count) == 0 && count == 5 &&
		       !strcmp(two[1].bdf, "0000:02:00.0"),
	       "a short array gets a prefix and the count");

	make_file("sys/bus/pci/drivers/mtia", NULL);
	list[0].size = sizeof(list[0]);
	count = 8;
	tap_ok(mtia_device_list(list, &count) == 0 && list[0].state == MTIA_DEVICE_NO_FIRMWARE &&
		       strstr(list[0].message, "mtia_ctrl.bin"), "loaded, no firmware: %s",
	       list[0].message);
	tap_ok(mtia_device_open("0", &device) == MTIA_EFIRMWARE, "open: no firmware");
	make_file("sys/module/firmware_class/parameters/path", "/opt/fw\n");
	make_file("opt/fw/mtia/v1/mtia_ctrl.bin", "");
	list[0].size = sizeof(list[0]);
	count = 8;
	tap_ok(mtia_device_list(list, &count) == 0 && list[0].state == MTIA_DEVICE_NO_DRIVER &&
		       strstr(list[0].message, "not bound") && strstr(list[0].hint, "dmesg"),
	       "loaded, firmware where the kernel was told to look: %s", list[0].message);

	tap_ok(mtia_device_open("0", &device) == MTIA_ENODRIVER, "open: no driver");
	tap_ok(mtia_device_open("02:00.0", &device) == MTIA_ENODRIVER, "open: another driver");
	tap_ok(mtia_device_open("0000:03:00.0", &device) == -ENODEV, "open: no node");
	tap_ok(mtia_device_open("9", &device) == -ENODEV, "open: no such index");
	tap_ok(strstr(last_message(), "'9'"), "which the sentence names");
	tap_ok(mtia_device_open("accel7", &device) == -ENODEV, "open: no such name");
}

/* In a child, as nobody. Its exit status is the number of cases that failed. */
static int as_nobody(void)
{
	struct mtia_device_info list[8] = { { .size = sizeof(list[0]) } };
	struct mtia_device *device;
	size_t count = 8;
	int failed = 0;

	if (setgid(65534) || setuid(65534))
		return 100;
	failed += mtia_device_list(list, &count) != 0 || count != 5;
	failed += list[4].state != MTIA_DEVICE_NO_PERMISSION;
	failed += !strstr(list[4].message, "root:root with mode 0640") ||
		  !strstr(list[4].message, "nobody");
	failed += !list[4].hint[0];
	failed += mtia_device_open("accel2", &device) != -EACCES;
	failed += !strstr(last_message(), "/dev/accel/accel2");
	fprintf(stderr, "# %s; try: %s\n", list[4].message, list[4].hint);
	return failed;
}

int main(void)
{
	char command[64];
	int status;

	if (!mkdtemp(root))
		return 1;
	chmod(root, 0755);
	setenv("MTIA_ROOT", root, 1);
	unsetenv("MTIA_BACKEND");
	without_devices();
	with_devices();
	if (geteuid()) {
		tap_skip("needs root to become another user", "permission denied");
	} else {
		pid_t child = fork();

		if (!child)
			_exit(as_nobody());
		waitpid(child, &status, 0);
		tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		       "permission denied names node, owner, mode, user and remedy (%d wrong)",
		       WEXITSTATUS(status));
	}
	setenv("MTIA_BACKEND", "abacus", 1);
	status = mtia_device_open(NULL, &(struct mtia_device *){ NULL });
	tap_ok(status == -EINVAL, "unknown back-end: %s", last_message());
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return tap_done() | (system(command) != 0);
}

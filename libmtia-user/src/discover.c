// SPDX-License-Identifier: MIT
/*
 * Which MTIAs the machine has, and what keeps a program from using one: read from sysfs, so that it
 * works without the driver and without opening anything. libdrm does not know accel nodes.
 *
 * MTIA_ROOT (tests): a folder that stands for /, with its sys/ and dev/.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#define DRIVER_NAME "mtia"

static const char *root(void)
{
	const char *dir = secure_getenv("MTIA_ROOT");

	return dir ? dir : "";
}

/* The number in a sysfs file, or `otherwise`. */
static long long read_number(const char *dir, const char *file, long long otherwise)
{
	char path[640], text[64], *end;
	long long value = otherwise;
	FILE *f;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, file) >= sizeof(path))
		return otherwise;
	f = fopen(path, "re");
	if (!f)
		return otherwise;
	if (fgets(text, sizeof(text), f)) {
		value = strtoll(text, &end, 0);
		if (end == text)
			value = otherwise;
	}
	fclose(f);
	return value;
}

static void read_driver(const char *dir, struct mtia_device_info *info)
{
	char path[640], target[512];
	const char *name;
	ssize_t length;

	snprintf(path, sizeof(path), "%s/driver", dir);
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return;
	target[length] = 0;
	name = strrchr(target, '/');
	snprintf(info->driver, sizeof(info->driver), "%.31s", name ? name + 1 : target);
}

/* The node's name from sysfs: DIR/accel/accelN. */
static void read_node(const char *dir, struct mtia_device_info *info)
{
	char path[640];
	struct dirent *entry;
	DIR *folder;

	snprintf(info->name, sizeof(info->name), "-");
	snprintf(path, sizeof(path), "%s/accel", dir);
	folder = opendir(path);
	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (!strncmp(entry->d_name, "accel", 5) && strlen(entry->d_name) < 16) {
			snprintf(info->name, sizeof(info->name), "%.15s", entry->d_name);
			snprintf(info->node, sizeof(info->node), "/dev/accel/%.15s",
				 entry->d_name);
		}
	closedir(folder);
}

static const char *user_name(uint32_t uid, char *buf, size_t size)
{
	struct passwd pw, *found = NULL;
	char text[1024];

	if (!getpwuid_r(uid, &pw, text, sizeof(text), &found) && found)
		snprintf(buf, size, "%s", pw.pw_name);
	else
		snprintf(buf, size, "%u", uid);
	return buf;
}

static const char *group_name(uint32_t gid, char *buf, size_t size)
{
	struct group gr, *found = NULL;
	char text[4096];

	if (!getgrgid_r(gid, &gr, text, sizeof(text), &found) && found)
		snprintf(buf, size, "%s", gr.gr_name);
	else
		snprintf(buf, size, "%u", gid);
	return buf;
}

static void judge_access(struct mtia_device_info *info, const char *path)
{
	char user[40], owner[40], group[40];

	if (!faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS))
		return;
	if (errno != EACCES && errno != EPERM && errno != EROFS) {
		info->state = MTIA_DEVICE_NO_NODE;
		snprintf(info->message, sizeof(info->message), "%s: %s", info->node,
			 strerror(errno));
		return;
	}
	info->state = MTIA_DEVICE_NO_PERMISSION;
	group_name(info->node_gid, group, sizeof(group));
	snprintf(info->message, sizeof(info->message),
		 "%s belongs to %s:%s with mode %04o, which user %s may not open", info->node,
		 user_name(info->node_uid, owner, sizeof(owner)), group, info->node_mode,
		 user_name(geteuid(), user, sizeof(user)));
	if (info->node_gid && info->node_mode & 0060)
		snprintf(info->hint, sizeof(info->hint),
			 "sudo usermod -aG %s %s, then log in again", group, user);
	else
		snprintf(info->hint, sizeof(info->hint),
			 "a udev rule: SUBSYSTEM==\"accel\", GROUP=\"render\", MODE=\"0660\"; or "
			 "run as root");
}

#define FIRMWARE_NAME "mtia/v1/mtia_ctrl.bin"

/* Where request_firmware() looks, which may have been given another folder to begin with. */
static bool firmware_present(void)
{
	static const char *const suffix[] = { "", ".xz", ".zst" };
	char path[640], extra[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/module/firmware_class/parameters/path", root());
	f = fopen(path, "re");
	if (f) {
		if (!fgets(extra, sizeof(extra), f))
			extra[0] = 0;
		extra[strcspn(extra, "\n")] = 0;
		fclose(f);
	}
	for (size_t i = 0; i < ARRAY_SIZE(suffix); i++) {
		snprintf(path, sizeof(path), "%.200s/lib/firmware/" FIRMWARE_NAME "%s", root(),
			 suffix[i]);
		if (!access(path, F_OK))
			return true;
		snprintf(path, sizeof(path), "%.200s%s/" FIRMWARE_NAME "%s", root(), extra,
			 suffix[i]);
		if (extra[0] && !access(path, F_OK))
			return true;
	}
	return false;
}

static void judge_unbound(struct mtia_device_info *info)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/sys/bus/pci/drivers/" DRIVER_NAME, root());
	if (access(path, F_OK)) {
		info->state = MTIA_DEVICE_NO_DRIVER;
		snprintf(info->message, sizeof(info->message),
			 "%s is on the bus, but the driver " DRIVER_NAME " is not loaded",
			 info->bdf);
		snprintf(info->hint, sizeof(info->hint), "sudo modprobe " DRIVER_NAME);
	} else if (!firmware_present()) {
		info->state = MTIA_DEVICE_NO_FIRMWARE;
		snprintf(info->message, sizeof(info->message),
			 "the driver did not take %s: /lib/firmware/" FIRMWARE_NAME " is missing",
			 info->bdf);
		snprintf(info->hint, sizeof(info->hint),
			 "install the firmware, then: echo %s | sudo tee /sys/bus/pci/drivers/"
			 DRIVER_NAME "/bind", info->bdf);
	} else {
		info->state = MTIA_DEVICE_NO_DRIVER;
		snprintf(info->message, sizeof(info->message),
			 "the driver " DRIVER_NAME " is loaded, but not bound to %s", info->bdf);
		snprintf(info->hint, sizeof(info->hint),
			 "'dmesg | grep mtia' tells why; then: echo %s | sudo tee "
			 "/sys/bus/pci/drivers/" DRIVER_NAME "/bind",
			 info->bdf);
	}
}

static void judge(struct mtia_device_info *info)
{
	char path[512];
	struct stat st;

	if (!info->driver[0]) {
		judge_unbound(info);
		return;
	}
	if (strcmp(info->driver, DRIVER_NAME)) {
		info->state = MTIA_DEVICE_OTHER_DRIVER;
		snprintf(info->message, sizeof(info->message), "%s is bound to the driver %s",
			 info->bdf, info->driver);
		snprintf(info->hint, sizeof(info->hint),
			 "unbind it there, then: echo %s | sudo tee /sys/bus/pci/drivers/mtia/bind",
			 info->bdf);
		return;
	}
	snprintf(path, sizeof(path), "%s%s", root(), info->node);
	if (!info->node[0] || stat(path, &st)) {
		info->state = MTIA_DEVICE_NO_NODE;
		snprintf(info->message, sizeof(info->message),
			 "%s is bound to mtia, but %s does not exist", info->bdf,
			 info->node[0] ? info->node : "its node");
		snprintf(info->hint, sizeof(info->hint),
			 info->node[0] ? "is devtmpfs or udev running?" :
					 "'dmesg | grep mtia': the firmware may have failed");
		return;
	}
	info->node_uid = st.st_uid;
	info->node_gid = st.st_gid;
	info->node_mode = st.st_mode & 07777;
	judge_access(info, path);
}

int kernel_open_node(const struct mtia_device_info *info)
{
	char path[512];

	snprintf(path, sizeof(path), "%.255s%s", root(), info->node);
	return open(path, O_RDWR | O_CLOEXEC);
}

static int by_address(const void *a, const void *b)
{
	const struct mtia_device_info *x = a, *y = b;

	return strcmp(x->bdf, y->bdf);
}

int kernel_list(struct mtia_device_info *out, size_t room, size_t *count)
{
	char bus[256], dir[512];
	struct dirent *entry;
	DIR *folder;

	*count = 0;
	snprintf(bus, sizeof(bus), "%.200s/sys/bus/pci/devices", root());
	folder = opendir(bus);
	if (!folder)
		return 0; /* no PCI: no device */
	while ((entry = readdir(folder))) {
		struct mtia_device_info info = { .state = MTIA_DEVICE_USABLE };

		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof(info.bdf))
			continue;
		snprintf(dir, sizeof(dir), "%s/%.200s", bus, entry->d_name);
		info.vendor_id = read_number(dir, "vendor", 0);
		info.device_id = read_number(dir, "device", 0);
		if (info.vendor_id != MTIA_PCI_VENDOR_ID || info.device_id != MTIA_PCI_DEVICE_ID)
			continue;
		snprintf(info.bdf, sizeof(info.bdf), "%.15s", entry->d_name);
		info.numa_node = read_number(dir, "numa_node", -1);
		read_driver(dir, &info);
		read_node(dir, &info);
		judge(&info);
		if (*count < room)
			out[*count] = info;
		(*count)++;
	}
	closedir(folder);
	qsort(out, *count < room ? *count : room, sizeof(*out), by_address);
	return 0;
}

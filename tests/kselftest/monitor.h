/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The monitor of the QEMU that the guest runs in (tools/vm/run --monitor): how tests break the
 * device. Functions return 0 or a negative errno value: -ENODEV without a monitor, -EPROTO for what
 * QEMU refused.
 */
#ifndef MTIA_MONITOR_H
#define MTIA_MONITOR_H

#include <glob.h>

#include "mtia_test.h"

static inline int monitor_open(void)
{
	int fd = -ENODEV;
	glob_t found;

	if (glob("/dev/vport*p3", 0, NULL, &found))
		return -ENODEV;
	fd = open(found.gl_pathv[0], O_RDWR | O_CLOEXEC);
	globfree(&found);
	return fd < 0 ? -errno : fd;
}

/* Reads a line; what does not fit is dropped. */
static inline int monitor_line(int fd, char *line, size_t size)
{
	size_t n = 0;
	char c = 0;

	while (c != '\n') {
		if (read(fd, &c, 1) != 1)
			return -EIO;
		if (n + 1 < size)
			line[n++] = c;
	}
	line[n] = '\0';
	return 0;
}

/* One command, with its arguments as JSON text; `answer` (may be NULL): the line that came back. */
static inline int monitor_command(const char *name, const char *arguments, char *answer,
				  size_t size)
{
	static unsigned int id;
	char text[1024], line[4096], mark[32];
	int i, n, err = 0, fd = monitor_open();

	if (fd < 0)
		return fd;
	/* Whoever opened the port before may have left this done, and answers unread. */
	id++;
	snprintf(mark, sizeof(mark), "\"id\": \"%d-%u\"", getpid(), id);
	for (i = 0; i < 2 && !err; i++) {
		n = snprintf(text, sizeof(text),
			     "{\"execute\":\"%s\",\"arguments\":{%s},\"id\":\"%d-%u\"}\n",
			     i ? name : "qmp_capabilities", i ? arguments : "", getpid(), id);
		if (n >= (int)sizeof(text) || write(fd, text, n) != n)
			err = -EIO;
		do {
			err = err ?: monitor_line(fd, line, sizeof(line));
		} while (!err && !strstr(line, mark));
	}
	close(fd);
	if (!err && strstr(line, "\"error\":")) {
		fprintf(stderr, "# monitor: %s: %s", name, line);
		err = -EPROTO;
	}
	if (answer) {
		line[size < sizeof(line) ? size - 1 : sizeof(line) - 1] = '\0';
		strcpy(answer, line);
	}
	return err;
}

/* A fault of the chip, by its name and arguments as in qemu-device/shim. */
static inline int inject(const char *fault)
{
	char arguments[256];

	snprintf(arguments, sizeof(arguments),
		 "\"path\":\"/machine/peripheral/mtia0\",\"property\":\"inject\",\"value\":\"%s\"",
		 fault);
	return monitor_command("qom-set", arguments, NULL, 0);
}

#endif /* MTIA_MONITOR_H */

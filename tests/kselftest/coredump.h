/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading device core dumps, driver/mtia_coredump.c. One can come late, of a failure before: who looks
 * for one of its own looks at what it says.
 */
#ifndef MTIA_TEST_COREDUMP_H
#define MTIA_TEST_COREDUMP_H

#include "mtia_test.h"

#define DUMP_PATH 300

/* The directory of our device's dump, if there is one. */
static inline bool dump_path(char path[DUMP_PATH])
{
	char device[DEVICE_NAME], link[DUMP_PATH + 32], target[PATH_MAX];
	DIR *dir = opendir("/sys/class/devcoredump");
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "devcd", 5))
			continue;
		snprintf(path, DUMP_PATH, "/sys/class/devcoredump/%s", entry->d_name);
		snprintf(link, sizeof(link), "%s/failing_device", path);
		found = realpath(link, target) && !device_name(device) &&
			!strcmp(strrchr(target, '/') + 1, device);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Its text, to be freed; NULL if there is none. */
static inline char *dump_read(void)
{
	char path[DUMP_PATH], file[DUMP_PATH + 8], *text;
	size_t size = 0;
	ssize_t n;
	int fd;

	if (!dump_path(path))
		return NULL;
	snprintf(file, sizeof(file), "%s/data", path);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = malloc(4 * MIB);
	while ((n = read(fd, text + size, 4 * MIB - 1 - size)) > 0)
		size += n;
	text[size] = '\0';
	close(fd);
	return text;
}

/* The next one; NULL if none comes. */
static inline char *dump_wait(void)
{
	__s64 end = after_ms(PATIENCE_MS);
	char *text;

	while (!(text = dump_read()) && after_ms(0) < end)
		nap_ms(2);
	return text;
}

/* Throws the dump away, if there is one. */
static inline int dump_dismiss(void)
{
	char path[DUMP_PATH], file[DUMP_PATH + 8];
	__s64 end = after_ms(PATIENCE_MS);
	int fd;

	if (!dump_path(path))
		return 0;
	snprintf(file, sizeof(file), "%s/data", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, "0", 1) != 1)
		return -errno;
	close(fd);
	while (!access(path, F_OK)) {
		if (after_ms(0) > end)
			return -ETIME;
		nap_ms(1);
	}
	return 0;
}

/* First line behind "[section]"; NULL if there is no such section. */
static inline const char *dump_section(const char *text, const char *section)
{
	char head[64];
	const char *at;

	snprintf(head, sizeof(head), "\n[%s]\n", section);
	at = strstr(text, head);
	return at ? at + strlen(head) : NULL;
}

/* The rest of the line that begins with "key " in a section; "" if there is none. */
static inline const char *dump_text(const char *text, const char *section, const char *key,
				    char value[256])
{
	const char *line = dump_section(text, section);
	size_t length = strlen(key);

	value[0] = '\0';
	for (; line && *line && *line != '['; line += strcspn(line, "\n") + 1) {
		if (!strncmp(line, key, length) && line[length] == ' ') {
			line += length + strspn(line + length, " ");
			snprintf(value, 256, "%.*s", (int)strcspn(line, "\n"), line);
			break;
		}
	}
	return value;
}

/* As a number; -1 if it is missing. */
static inline __s64 dump_number(const char *text, const char *section, const char *key)
{
	char value[256];

	return *dump_text(text, section, key, value) ? (__s64)strtoull(value, NULL, 0) : -1;
}

/* Lines of a section that begin so. */
static inline unsigned int dump_count(const char *text, const char *section, const char *begin)
{
	const char *line = dump_section(text, section);
	unsigned int count = 0;

	for (; line && *line && *line != '['; line += strcspn(line, "\n") + 1)
		count += !strncmp(line, begin, strlen(begin));
	return count;
}

#endif /* MTIA_TEST_COREDUMP_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Reading /proc/self/fdinfo, Documentation/gpu/drm-usage-stats.rst. */
#ifndef MTIA_TEST_FDINFO_H
#define MTIA_TEST_FDINFO_H

#include "mtia_test.h"

/* Text behind "key:" and white space; empty if the key is missing. */
static inline void fdinfo_text(int fd, const char *key, char *text, size_t size)
{
	char path[64], line[256];
	size_t length = strlen(key);
	FILE *file;

	text[0] = '\0';
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, key, length) && line[length] == ':') {
			snprintf(text, size, "%s",
				 line + length + 1 + strspn(line + length + 1, " \t"));
			text[strcspn(text, "\n")] = '\0';
			break;
		}
	}
	if (file)
		fclose(file);
}

/* Nanoseconds, bytes (units are taken into account) or a plain number; -1 if it is missing. */
static inline __s64 fdinfo_number(int fd, const char *key)
{
	char text[128], *unit;
	__s64 value;

	fdinfo_text(fd, key, text, sizeof(text));
	if (!text[0])
		return -1;
	value = strtoll(text, &unit, 10);
	if (!strcmp(unit, " KiB"))
		value *= 1024;
	else if (!strcmp(unit, " MiB"))
		value *= 1024 * 1024;
	return value;
}

#endif /* MTIA_TEST_FDINFO_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads a golden file: the cases of generate.py, for the host references and for a device alike.
 *
 *	struct golden *cases = golden_read("tests/golden/fc.golden");
 *	for (struct golden *c = cases; c; c = c->next)
 *		run(golden_int(c, "m"), golden_array(c, "a", "u8", m * k));
 *
 * The files are ours and committed, so anything unexpected ends the test program with a message:
 * a file that is missing, a case without a field asked for, a field of another type or size.
 */
#ifndef MTIA_TESTS_GOLDEN_H
#define MTIA_TESTS_GOLDEN_H

#include <stddef.h>
#include <stdint.h>

struct golden_field {
	char *name;
	char type[4]; /* "int", "u8", "s8", "u16", "s32", "s64", "f32" */
	int64_t value;
	void *data; /* arrays; aligned for any type */
	size_t bytes;
	struct golden_field *next;
};

struct golden {
	char *name;
	struct golden_field *fields;
	struct golden *next;
};

struct golden *golden_read(const char *path);
void golden_free(struct golden *cases);
int64_t golden_int(const struct golden *c, const char *name);
/* `count` elements of `type`; never NULL. */
const void *golden_array(const struct golden *c, const char *name, const char *type, size_t count);
/* The same, or NULL if the case has no such field. */
const void *golden_optional(const struct golden *c, const char *name, const char *type,
			    size_t count);
/* Number of bytes of an array. */
size_t golden_bytes(const struct golden *c, const char *name);

#endif /* MTIA_TESTS_GOLDEN_H */

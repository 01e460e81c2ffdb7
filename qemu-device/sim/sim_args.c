// SPDX-License-Identifier: MIT
/* The argument bytes of a launch, from the command line. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtia_sim.h"

struct bytes {
	uint8_t *out;
	size_t room, count;
};

static int append(struct bytes *b, const void *data, size_t size)
{
	if (size > b->room - b->count)
		return -E2BIG;
	memcpy(b->out + b->count, data, size);
	b->count += size;
	return 0;
}

static int append_number(struct bytes *b, const char *text, unsigned int size)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = *text == '-' ? (unsigned long long)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	if (errno || end == text || *end)
		return -EINVAL;
	/* A negative number may have its sign bits cut off, a positive one may not lose any. */
	if (size == 4 && (*text == '-' ? (long long)value < INT32_MIN : value > UINT32_MAX))
		return -ERANGE;
	return append(b, &value, size);
}

static int append_float(struct bytes *b, const char *text)
{
	char *end;
	float value = strtof(text, &end);

	return end == text || *end ? -EINVAL : append(b, &value, sizeof(value));
}

static int append_hex(struct bytes *b, const char *text)
{
	for (; *text; text += 2) {
		char digits[3] = { text[0], text[1], 0 };
		uint8_t byte;
		int err;

		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
			return -EINVAL;
		byte = (uint8_t)strtoul(digits, NULL, 16);
		err = append(b, &byte, 1);
		if (err)
			return err;
	}
	return 0;
}

static int append_file(struct bytes *b, const char *path)
{
	FILE *file = fopen(path, "rb");
	int c, err = 0;

	if (!file)
		return -errno;
	while (!err && (c = fgetc(file)) != EOF) {
		uint8_t byte = (uint8_t)c;

		err = append(b, &byte, 1);
	}
	fclose(file);
	return err;
}

/* NAME or NAME+OFFSET */
static int append_va(struct bytes *b, const struct sim_options *options, char *text)
{
	char *plus = strchr(text, '+');
	unsigned long long offset = 0;

	if (plus) {
		char *end;

		*plus = 0;
		offset = strtoull(plus + 1, &end, 0);
		if (end == plus + 1 || *end)
			return -EINVAL;
	}
	for (unsigned int i = 0; i < options->buffer_count; i++) {
		if (!strcmp(options->buffers[i].name, text)) {
			uint64_t va = options->buffers[i].va + offset;

			return append(b, &va, sizeof(va));
		}
	}
	return -ENOENT;
}

static int append_item(struct bytes *b, const struct sim_options *options, char *item)
{
	if (*item == '@')
		return append_file(b, item + 1);
	if (!strncmp(item, "u32:", 4) || !strncmp(item, "i32:", 4))
		return append_number(b, item + 4, 4);
	if (!strncmp(item, "u64:", 4))
		return append_number(b, item + 4, 8);
	if (!strncmp(item, "f32:", 4))
		return append_float(b, item + 4);
	if (!strncmp(item, "va:", 3))
		return append_va(b, options, item + 3);
	if (!strncmp(item, "hex:", 4))
		return append_hex(b, item + 4);
	return append_hex(b, item);
}

int sim_args_build(const struct sim_options *options, uint8_t *out, size_t room, char *err_text,
		   size_t err_size)
{
	struct bytes b = { .out = out, .room = room };
	char *copy, *save = NULL;
	int err = 0;

	if (!options->args)
		return 0;
	copy = strdup(options->args);
	if (!copy)
		return -ENOMEM;
	for (char *item = strtok_r(copy, ",", &save); item && !err;
	     item = strtok_r(NULL, ",", &save)) {
		char name[64];

		snprintf(name, sizeof(name), "%s", item);
		err = append_item(&b, options, item);
		if (err)
			snprintf(err_text, err_size, "argument '%s': %s", name,
				 err == -ENOENT && name[0] != '@' ? "no buffer of that name" :
								    strerror(-err));
	}
	free(copy);
	return err ? err : (int)b.count;
}

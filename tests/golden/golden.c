// SPDX-License-Identifier: GPL-2.0
#include "golden.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("golden: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void *allocate(size_t size)
{
	void *data = calloc(size ? size : 1, 1);

	if (!data)
		die("no memory");
	return data;
}

static uint8_t digit(const char *path, char c)
{
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (uint8_t)(c - 'a' + 10);
	die("%s: '%c' is no hexadecimal digit", path, c);
}

static size_t element_size(const char *type)
{
	static const char *const names[] = { "u8", "s8", "s32", "f32", "s64", "u16" };
	static const size_t sizes[] = { 1, 1, 4, 4, 8, 2 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		if (!strcmp(type, names[i]))
			return sizes[i];
	}
	return 0;
}

static struct golden_field *parse_field(const char *path, char *line)
{
	struct golden_field *field = allocate(sizeof(*field));
	char *save = NULL, *name = strtok_r(line, " ", &save), *type = strtok_r(NULL, " ", &save);
	char *value = strtok_r(NULL, " ", &save);

	if (!name || !type)
		die("%s: a line is neither a case nor a field", path);
	field->name = strdup(name);
	if (!strcmp(type, "=") && value) {
		strcpy(field->type, "int");
		field->value = strtoll(value, NULL, 10);
		return field;
	}
	if (!element_size(type))
		die("%s: %s is of unknown type %s", path, name, type);
	strcpy(field->type, type);
	field->bytes = value ? strlen(value) / 2 : 0;
	if (value && (strlen(value) % 2 || field->bytes % element_size(type)))
		die("%s: %s has %zu digits", path, name, strlen(value));
	field->data = allocate(field->bytes);
	for (size_t i = 0; i < field->bytes; i++)
		((uint8_t *)field->data)[i] =
			(uint8_t)(digit(path, value[2 * i]) << 4 | digit(path, value[2 * i + 1]));
	return field;
}

struct golden *golden_read(const char *path)
{
	struct golden *first = NULL, **end = &first;
	struct golden_field **field_end = NULL;
	FILE *file = fopen(path, "r");
	size_t capacity = 0;
	char *line = NULL;

	if (!file)
		die("%s cannot be read; run from the top of the tree", path);
	while (getline(&line, &capacity, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		if (!line[0] || line[0] == '#')
			continue;
		if (!strncmp(line, "case ", 5)) {
			*end = allocate(sizeof(**end));
			(*end)->name = strdup(line + 5);
			field_end = &(*end)->fields;
			end = &(*end)->next;
			continue;
		}
		if (!field_end)
			die("%s: a field before the first case", path);
		*field_end = parse_field(path, line);
		field_end = &(*field_end)->next;
	}
	free(line);
	fclose(file);
	if (!first)
		die("%s holds no case", path);
	return first;
}

void golden_free(struct golden *cases)
{
	struct golden_field *field;
	struct golden *c;

	while ((c = cases)) {
		cases = c->next;
		while ((field = c->fields)) {
			c->fields = field->next;
			free(field->name);
			free(field->data);
			free(field);
		}
		free(c->name);
		free(c);
	}
}

static const struct golden_field *find(const struct golden *c, const char *name)
{
	for (const struct golden_field *field = c->fields; field; field = field->next) {
		if (!strcmp(field->name, name))
			return field;
	}
	return NULL;
}

int64_t golden_int(const struct golden *c, const char *name)
{
	const struct golden_field *field = find(c, name);

	if (!field || strcmp(field->type, "int"))
		die("case %s has no integer %s", c->name, name);
	return field->value;
}

const void *golden_optional(const struct golden *c, const char *name, const char *type,
			    size_t count)
{
	const struct golden_field *field = find(c, name);

	if (!field)
		return NULL;
	if (strcmp(field->type, type) || field->bytes != count * element_size(type))
		die("case %s: %s is %zu bytes of %s, expected %zu elements of %s", c->name, name,
		    field->bytes, field->type, count, type);
	return field->data;
}

const void *golden_array(const struct golden *c, const char *name, const char *type, size_t count)
{
	const void *data = golden_optional(c, name, type, count);

	if (!data)
		die("case %s has no %s", c->name, name);
	return data;
}

size_t golden_bytes(const struct golden *c, const char *name)
{
	const struct golden_field *field = find(c, name);

	if (!field || !field->data)
		die("case %s has no array %s", c->name, name);
	return field->bytes;
}

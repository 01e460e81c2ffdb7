// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static void put(struct json *j, const char *bytes, size_t count)
{
	if (j->failed)
		return;
	if (j->room - j->length < count) {
		size_t room = (j->room + count) * 2 + 256;
		char *text = realloc(j->text, room);

		if (!text) {
			j->failed = true;
			return;
		}
		j->text = text;
		j->room = room;
	}
	memcpy(j->text + j->length, bytes, count);
	j->length += count;
}

static void put_text(struct json *j, const char *text)
{
	put(j, text, strlen(text));
}

/* Bytes of the UTF-8 sequence at s, 0 if it is none (overlong and surrogates are none). */
static size_t utf8_length(const unsigned char *s)
{
	uint32_t code;
	size_t more;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0) {
		more = 1;
		code = s[0] & 0x1f;
	} else if (s[0] >= 0xe0 && s[0] < 0xf0) {
		more = 2;
		code = s[0] & 0x0f;
	} else if (s[0] >= 0xf0 && s[0] < 0xf5) {
		more = 3;
		code = s[0] & 0x07;
	} else {
		return 0;
	}
	for (size_t i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if ((more == 2 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
	    (more == 3 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	return more + 1;
}

static void put_quoted(struct json *j, const char *value)
{
	const unsigned char *s = (const unsigned char *)value;
	char escape[8];

	put(j, "\"", 1);
	while (*s) {
		size_t bytes = utf8_length(s);

		if (!bytes) {
			put_text(j, "\\ufffd");
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\') {
			escape[0] = '\\';
			escape[1] = *s;
			put(j, escape, 2);
		} else if (*s < 0x20 || *s == 0x7f) {
			snprintf(escape, sizeof(escape), "\\u%04x", *s);
			put_text(j, escape);
		} else {
			put(j, (const char *)s, bytes);
		}
		s += bytes;
	}
	put(j, "\"", 1);
}

/* What comes before every value. */
static void lead(struct json *j, const char *key)
{
	if (j->comma)
		put(j, ",", 1);
	if (key) {
		put_quoted(j, key);
		put(j, ":", 1);
	}
	j->comma = true;
}

static void open_level(struct json *j, const char *key, const char *bracket)
{
	lead(j, key);
	put_text(j, bracket);
	j->depth++;
	j->comma = false;
}

static void close_level(struct json *j, const char *bracket)
{
	put_text(j, bracket);
	j->depth--;
	j->comma = true;
}

void json_object(struct json *j, const char *key)
{
	open_level(j, key, "{");
}

void json_array(struct json *j, const char *key)
{
	open_level(j, key, "[");
}

void json_end_object(struct json *j)
{
	close_level(j, "}");
}

void json_end_array(struct json *j)
{
	close_level(j, "]");
}

void json_string(struct json *j, const char *key, const char *value)
{
	lead(j, key);
	if (value)
		put_quoted(j, value);
	else
		put_text(j, "null");
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
	char text[24];

	lead(j, key);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	put_text(j, text);
}

void json_i64(struct json *j, const char *key, int64_t value)
{
	char text[24];

	lead(j, key);
	snprintf(text, sizeof(text), "%" PRId64, value);
	put_text(j, text);
}

void json_double(struct json *j, const char *key, double value)
{
	char text[40];

	lead(j, key);
	if (isfinite(value))
		snprintf(text, sizeof(text), "%.10g", value);
	else
		snprintf(text, sizeof(text), "null");
	put_text(j, text);
}

void json_bool(struct json *j, const char *key, bool value)
{
	lead(j, key);
	put_text(j, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	lead(j, key);
	put_text(j, "null");
}

void json_hex(struct json *j, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	json_string(j, key, text);
}

void json_raw(struct json *j, const char *text)
{
	lead(j, NULL);
	put_text(j, text);
}

char *json_take(struct json *j, size_t *length)
{
	char *text;

	put(j, "\n", 1);
	text = j->failed || j->depth ? NULL : j->text;
	*length = j->length;
	if (!text)
		free(j->text);
	memset(j, 0, sizeof(*j));
	return text;
}

void json_drop(struct json *j)
{
	free(j->text);
	memset(j, 0, sizeof(*j));
}

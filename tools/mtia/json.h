/* SPDX-License-Identifier: MIT */
/*
 * Writing one JSON document (RFC 8259) into memory. Keys are given where an object is open, NULL
 * where an array is; commas and nesting are the writer's business. Bytes that are not UTF-8 become
 * U+FFFD, a float that JSON has no number for becomes null. Once memory runs out the writer only
 * counts, and json_take() returns NULL.
 */
#ifndef MTIA_CLI_JSON_H
#define MTIA_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json {
	char *text;
	size_t length, room;
	unsigned int depth;
	bool comma, failed;
};

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_end_array(struct json *j);
void json_string(struct json *j, const char *key, const char *value); /* NULL becomes null */
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
void json_double(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_hex(struct json *j, const char *key, uint64_t value); /* the string "0x..." */
void json_raw(struct json *j, const char *text); /* finished JSON: a value, or values with commas */

/* The finished text with a newline, malloc'ed, or NULL; the writer is empty afterwards. */
char *json_take(struct json *j, size_t *length);
void json_drop(struct json *j);

#endif /* MTIA_CLI_JSON_H */

// SPDX-License-Identifier: MIT
/* The thread's newest error, names and sentences of codes, size-prefixed results. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"

static _Thread_local struct mtia_error last = { .pe_row = -1, .pe_col = -1 };

static const struct {
	int code;
	const char *name, *text;
} codes[] = {
#define CODE(c, text) { c, #c, text }
	CODE(MTIA_ENODRIVER, "no driver is bound to the device"),
	CODE(MTIA_EFIRMWARE, "control firmware missing, refused or stopped"),
	CODE(MTIA_EJOB, "a job failed"),
	CODE(MTIA_EVERIFY, "a result differs from the reference"),
	CODE(MTIA_EVERSION, "versions do not fit each other"),
	CODE(MTIA_ELOST, "the device was lost"),
	CODE(MTIA_EPROGRAM, "not a valid PE program"),
	CODE(MTIA_EMODEL, "the chip model is missing or failed"),
	CODE(MTIA_EBANNED, "the queue was stopped by a fault"),
};

int mtia_error_set(int code, const char *operation, const char *hint, const char *format, ...)
{
	va_list args;

	memset(&last, 0, sizeof(last));
	last.code = code;
	last.sys_errno = code < 0 && code > -2000 ? -code : 0;
	last.pe_row = -1;
	last.pe_col = -1;
	snprintf(last.operation, sizeof(last.operation), "%s", operation);
	if (hint)
		snprintf(last.hint, sizeof(last.hint), "%s", hint);
	va_start(args, format);
	vsnprintf(last.message, sizeof(last.message), format, args);
	va_end(args);
	return code;
}

void error_device_named(const char *bdf, const char *name)
{
	snprintf(last.device, sizeof(last.device), "%s", bdf[0] ? bdf : name);
}

void error_device(const struct mtia_device *device)
{
	error_device_named(device->props.bdf, device->props.name);
}

void error_job(const mtia_event *event, const struct mtia_job_result *result)
{
	last.queue_id = event->queue_id;
	last.seq = event->seq;
	last.status = result->status;
	last.pe_row = result->pe_row;
	last.pe_col = result->pe_col;
}

int mtia_error_last(struct mtia_error *out)
{
	if (!out || out->size < offsetof(struct mtia_error, sys_errno))
		return -EINVAL;

	uint32_t size = out->size;
	uint32_t copy = size < sizeof(last) ? size : sizeof(last);

	memcpy(out, &last, copy);
	memset((char *)out + copy, 0, size - copy);
	out->size = size;
	return 0;
}

const char *mtia_strerror(int code)
{
	const char *text;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return codes[i].text;
	text = code <= 0 && code > -2000 ? strerrordesc_np(-code) : NULL;
	return text ? text : "unknown error";
}

const char *mtia_errname(int code)
{
	const char *name;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return codes[i].name;
	name = code < 0 && code > -2000 ? strerrorname_np(-code) : NULL;
	if (code == 0)
		return "OK";
	return name ? name : "UNKNOWN";
}

int desc_write(void *out, const void *src, size_t known, const char *operation)
{
	uint32_t size;

	if (!out)
		return fail(-EINVAL, operation, NULL, "the place for the result is NULL");
	memcpy(&size, out, sizeof(size));
	if (size < 8)
		return fail(-EINVAL, operation, "set .size = sizeof(structure)",
			    "the structure's size is %u", size);

	size_t copy = size < known ? size : known;

	memcpy((char *)out + sizeof(size), (const char *)src + sizeof(size), copy - sizeof(size));
	memset((char *)out + copy, 0, size - copy);
	return 0;
}

uint32_t mtia_version(void)
{
	return MTIA_VERSION_MAJOR << 16 | MTIA_VERSION_MINOR << 8 | MTIA_VERSION_PATCH;
}

int64_t mtia_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

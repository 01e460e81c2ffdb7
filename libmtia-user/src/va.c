// SPDX-License-Identifier: MIT
/*
 * Device addresses of a context: first fit over a sorted list of holes. The kernel leaves the
 * choice of addresses to user space; a context has tens of buffers, so a list is enough. Each range
 * is followed by an unmapped page, so that running over its end is a fault and not a neighbour.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"
#include "mtia/regs.h"

int va_init(struct mtia_context *context)
{
	struct va_hole *hole = malloc(sizeof(*hole));

	if (!hole)
		return fail(-ENOMEM, "context", NULL, "out of memory");
	*hole = (struct va_hole){ context->device->props.va_start, context->device->props.va_end,
				  NULL };
	context->holes = hole;
	return 0;
}

void va_fini(struct mtia_context *context)
{
	while (context->holes) {
		struct va_hole *hole = context->holes;

		context->holes = hole->next;
		free(hole);
	}
}

int va_alloc(struct mtia_context *context, uint64_t bytes, uint64_t align, uint64_t *va)
{
	uint64_t need = bytes + MTIA_PAGE_SIZE;
	int ret = -ENOSPC;

	pthread_mutex_lock(&context->lock);
	for (struct va_hole **link = &context->holes; *link; link = &(*link)->next) {
		struct va_hole *hole = *link;
		uint64_t start = (hole->start + align - 1) & ~(align - 1);

		if (need < bytes || start < hole->start || start > hole->end ||
		    hole->end - start < need)
			continue;
		if (start == hole->start) {
			hole->start += need;
			if (hole->start == hole->end) {
				*link = hole->next;
				free(hole);
			}
		} else {
			struct va_hole *rest = malloc(sizeof(*rest));

			if (!rest) {
				ret = -ENOMEM;
				break;
			}
			*rest = (struct va_hole){ start + need, hole->end, hole->next };
			hole->end = start;
			hole->next = rest;
			if (rest->start == rest->end) {
				hole->next = rest->next;
				free(rest);
			}
		}
		*va = start;
		ret = 0;
		break;
	}
	pthread_mutex_unlock(&context->lock);
	return ret ? fail(ret, "device address", NULL,
			  "no address range of %llu bytes is left in the context",
			  (unsigned long long)bytes) : 0;
}

void va_free(struct mtia_context *context, uint64_t va, uint64_t bytes)
{
	uint64_t end = va + bytes + MTIA_PAGE_SIZE;
	struct va_hole *before = NULL, *after;

	pthread_mutex_lock(&context->lock);
	for (after = context->holes; after && after->start < va; after = after->next)
		before = after;
	if (before && before->end == va) {
		before->end = end;
		if (after && after->start == end) {
			before->end = after->end;
			before->next = after->next;
			free(after);
		}
	} else if (after && after->start == end) {
		after->start = va;
	} else {
		struct va_hole *hole = malloc(sizeof(*hole));

		/* Without memory the range stays unused until the context goes: harmless. */
		if (hole) {
			*hole = (struct va_hole){ va, end, after };
			if (before)
				before->next = hole;
			else
				context->holes = hole;
		}
	}
	pthread_mutex_unlock(&context->lock);
}

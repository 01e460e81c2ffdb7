// SPDX-License-Identifier: MIT
/* Circular buffers: rings in local memory with a hardware read pointer and level. */
#include "pe_internal.h"

void cb_pop(struct pe_cb *cb, uint32_t bytes)
{
	cb->rpos = cb_src_pos(cb, bytes);
	cb->level -= bytes;
	cb->rptr += bytes;
}

void cb_push(struct pe_cb *cb, uint32_t bytes)
{
	cb->level += bytes;
}

const uint8_t *cb_gather(const struct mtia_pe *pe, const struct pe_cb *cb, uint32_t pos, size_t len,
			 uint8_t *scratch)
{
	const uint8_t *ring = pe->s.ls + cb->base;
	size_t first = cb->size - pos;

	if (len <= first)
		return ring + pos;
	memcpy(scratch, ring + pos, first);
	memcpy(scratch + first, ring, len - first);
	return scratch;
}

void cb_scatter(struct mtia_pe *pe, const struct pe_cb *cb, uint32_t pos, const uint8_t *data,
		size_t len)
{
	uint8_t *ring = pe->s.ls + cb->base;
	size_t first = cb->size - pos;

	if (data == ring + pos)
		return;
	if (len < first)
		first = len;
	memcpy(ring + pos, data, first);
	memcpy(ring, data + first, len - first);
}

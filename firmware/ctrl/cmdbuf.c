// SPDX-License-Identifier: MIT
#include "cmdbuf.h"

#include "mtia/pe.h"
#include "mtia/regs.h"

#include <stdbool.h>
#include <string.h>

enum mtia_job_status cmdbuf_open(struct cmdbuf *it, const void *data, uint64_t size)
{
	struct mtia_cmd_header header;

	it->data = data;
	it->size = 0;
	it->offset = 0;
	it->index = MTIA_NO_PACKET;
	it->count = 0;
	if (size < sizeof(header) || size > MTIA_CMD_MAX_SIZE || size % MTIA_CMD_ALIGN)
		return MTIA_JOB_BAD_BUFFER;
	memcpy(&header, data, sizeof(header));
	if (header.magic != MTIA_CMD_MAGIC || header.version != MTIA_CMD_VERSION ||
	    header.size != size || header.flags)
		return MTIA_JOB_BAD_BUFFER;
	it->size = (uint32_t)size;
	it->offset = sizeof(header);
	it->count = header.packet_count;
	return MTIA_JOB_OK;
}

/* [va, va + size) ends inside the address space; whether it is mapped is the MMU's business. */
static bool va_range_ok(uint64_t va, uint64_t size)
{
	return size && size <= MTIA_VA_USER_MAX && va <= MTIA_VA_USER_MAX - size;
}

static bool word_ok(uint64_t va)
{
	return va % 8 == 0 && va_range_ok(va, 8);
}

static bool launch_ok(const struct mtia_pkt_launch *launch)
{
	uint32_t padded;

	if (launch->args_size > MTIA_LAUNCH_MAX_ARGS || launch->reserved)
		return false;
	padded = (launch->args_size + 7) & ~7u;
	return launch->hdr.size == sizeof(*launch) + padded && launch->rows && launch->cols &&
	       launch->program_va % MTIA_PAGE_SIZE == 0 &&
	       va_range_ok(launch->program_va, launch->program_size);
}

static bool copy_ok(const struct mtia_pkt_copy *copy)
{
	if (!va_range_ok(copy->dst, copy->size) || !va_range_ok(copy->src, copy->size))
		return false;
	return copy->dst >= copy->src + copy->size || copy->src >= copy->dst + copy->size;
}

static uint32_t packet_min_size(unsigned int opcode)
{
	switch (opcode) {
	case MTIA_PKT_NOP:
		return sizeof(struct mtia_pkt);
	case MTIA_PKT_LAUNCH:
		return sizeof(struct mtia_pkt_launch);
	case MTIA_PKT_COPY:
		return sizeof(struct mtia_pkt_copy);
	case MTIA_PKT_FILL:
		return sizeof(struct mtia_pkt_fill);
	case MTIA_PKT_SIGNAL:
		return sizeof(struct mtia_pkt_signal);
	case MTIA_PKT_WAIT:
		return sizeof(struct mtia_pkt_wait);
	case MTIA_PKT_TIMESTAMP:
		return sizeof(struct mtia_pkt_timestamp);
	default:
		return 0; /* unknown */
	}
}

static bool packet_ok(struct cmdbuf *it, uint32_t left, struct cmdbuf_packet *packet)
{
	const uint8_t *at = it->data + it->offset;
	struct mtia_pkt hdr;
	uint32_t min;

	if (it->index >= it->count || left < sizeof(hdr))
		return false;
	memcpy(&hdr, at, sizeof(hdr));
	min = packet_min_size(hdr.opcode);
	if (!min || hdr.flags || hdr.size < min || hdr.size > left || hdr.size % 8)
		return false;
	/* Only a launch has a tail, and it checks that itself. */
	if (hdr.opcode != MTIA_PKT_LAUNCH && hdr.size != min)
		return false;

	packet->opcode = hdr.opcode;
	packet->args = NULL;
	memcpy(&packet->launch, at, min);
	switch (packet->opcode) {
	case MTIA_PKT_LAUNCH:
		packet->args = at + sizeof(struct mtia_pkt_launch);
		return launch_ok(&packet->launch);
	case MTIA_PKT_COPY:
		return copy_ok(&packet->copy);
	case MTIA_PKT_FILL:
		return va_range_ok(packet->fill.dst, packet->fill.size);
	case MTIA_PKT_SIGNAL:
		return word_ok(packet->signal.va);
	case MTIA_PKT_WAIT:
		return word_ok(packet->wait.va);
	case MTIA_PKT_TIMESTAMP:
		return word_ok(packet->timestamp.va);
	case MTIA_PKT_NOP:
		return true;
	}
	return false;
}

enum cmdbuf_result cmdbuf_next(struct cmdbuf *it, struct cmdbuf_packet *packet)
{
	uint32_t left = it->size - it->offset;

	it->index++;
	if (!left && it->index == it->count)
		return CMDBUF_END;
	if (!packet_ok(it, left, packet)) {
		it->count = 0;
		return CMDBUF_BAD;
	}
	it->offset += packet->launch.hdr.size;
	return CMDBUF_PACKET;
}

enum mtia_job_status cmdbuf_check_program(const struct mtia_pe_image *image,
					  const struct mtia_pkt_launch *launch)
{
	if (image->magic != MTIA_PE_MAGIC || image->abi != MTIA_PE_ABI ||
	    image->header_size != sizeof(*image))
		return MTIA_JOB_BAD_PROGRAM;
	if (image->image_size > launch->program_size || image->image_size % 4)
		return MTIA_JOB_BAD_PROGRAM;
	for (unsigned int core = 0; core < MTIA_CORES_PER_PE; core++) {
		uint32_t entry = image->entry[core];

		if (entry < sizeof(*image) || entry >= image->image_size || entry % 2)
			return MTIA_JOB_BAD_PROGRAM;
	}
	if (image->args_size != launch->args_size || image->args_size > MTIA_PE_ARGS_SIZE)
		return MTIA_JOB_BAD_PROGRAM;
	return MTIA_JOB_OK;
}

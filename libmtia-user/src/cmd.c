// SPDX-License-Identifier: MIT
/* The builder of command buffers (mtia/cmd.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "mtia/cmd.h"

int job_refs_copy(struct job_refs *dst, const struct job_refs *src)
{
	memset(dst, 0, sizeof(*dst));
	if (src->buffer_count) {
		dst->buffers = calloc(src->buffer_count, sizeof(struct mtia_buffer *));
		if (!dst->buffers)
			goto no_memory;
	}
	if (src->program_count) {
		dst->programs = calloc(src->program_count, sizeof(struct mtia_program *));
		if (!dst->programs)
			goto no_memory;
	}
	for (; dst->buffer_count < src->buffer_count; dst->buffer_count++)
		dst->buffers[dst->buffer_count] = buffer_get(src->buffers[dst->buffer_count]);
	for (; dst->program_count < src->program_count; dst->program_count++)
		dst->programs[dst->program_count] = program_get(src->programs[dst->program_count]);
	return 0;
no_memory:
	free(dst->buffers);
	dst->buffers = NULL;
	return fail(-ENOMEM, "mtia_submit", NULL, "out of memory");
}

void job_refs_drop(struct job_refs *refs)
{
	for (size_t i = 0; i < refs->buffer_count; i++)
		mtia_buffer_free(refs->buffers[i]);
	for (size_t i = 0; i < refs->program_count; i++)
		mtia_program_free(refs->programs[i]);
	free(refs->buffers);
	free(refs->programs);
	memset(refs, 0, sizeof(*refs));
}

/* Room for one more pointer in an array that grows by doubling. */
static int grow(void *array, size_t count, size_t *room)
{
	void **slot = array, *bigger;
	size_t more = *room ? *room * 2 : 8;

	if (count < *room)
		return 0;
	bigger = realloc(*slot, more * sizeof(void *));
	if (!bigger)
		return fail(-ENOMEM, "command buffer", NULL, "out of memory");
	*slot = bigger;
	*room = more;
	return 0;
}

static int use_buffer(struct mtia_cmd *cmd, struct mtia_buffer *buffer)
{
	struct job_refs *refs = &cmd->refs;
	int ret;

	for (size_t i = 0; i < refs->buffer_count; i++)
		if (refs->buffers[i] == buffer)
			return 0;
	ret = grow(&refs->buffers, refs->buffer_count, &refs->buffer_room);
	if (!ret)
		refs->buffers[refs->buffer_count++] = buffer_get(buffer);
	return ret;
}

static int use_program(struct mtia_cmd *cmd, struct mtia_program *program)
{
	struct job_refs *refs = &cmd->refs;
	int ret;

	for (size_t i = 0; i < refs->program_count; i++)
		if (refs->programs[i] == program)
			return 0;
	ret = grow(&refs->programs, refs->program_count, &refs->program_room);
	if (!ret)
		refs->programs[refs->program_count++] = program_get(program);
	return ret;
}

int mtia_cmd_create(struct mtia_context *context, struct mtia_cmd **out)
{
	struct mtia_cmd *cmd;
	uint32_t limit;

	if (!context || !out)
		return fail(-EINVAL, "mtia_cmd_create", NULL, "an argument is NULL");
	*out = NULL;
	cmd = calloc(1, sizeof(*cmd));
	limit = context->device->props.max_cmd_bytes;
	if (!limit || limit > MTIA_CMD_MAX_SIZE)
		limit = MTIA_CMD_MAX_SIZE;
	if (cmd)
		cmd->data = malloc(limit);
	if (!cmd || !cmd->data) {
		free(cmd);
		return fail(-ENOMEM, "mtia_cmd_create", NULL, "out of memory");
	}
	cmd->limit = limit - CMD_PROLOGUE_BYTES - CMD_EPILOGUE_BYTES;
	cmd->context = context_get(context);
	mtia_cmd_reset(cmd);
	*out = cmd;
	return 0;
}

void mtia_cmd_reset(struct mtia_cmd *cmd)
{
	cmd->error = 0;
	cmd->packets = 0;
	cmd->bytes = sizeof(struct mtia_cmd_header);
	job_refs_drop(&cmd->refs);
}

void mtia_cmd_free(struct mtia_cmd *cmd)
{
	if (!cmd)
		return;
	job_refs_drop(&cmd->refs);
	mtia_context_free(cmd->context);
	free(cmd->data);
	free(cmd);
}

/* Keep the first error. */
static int note(struct mtia_cmd *cmd, int ret)
{
	if (ret && !cmd->error)
		cmd->error = ret;
	return ret;
}

static int earlier_error(const struct mtia_cmd *cmd)
{
	return fail(cmd->error, "command buffer", "mtia_cmd_reset() starts again",
		    "an earlier call on this builder failed: %s", mtia_strerror(cmd->error));
}

/* Append a packet of `bytes` and `tail_bytes` (padded with zeros to 8). */
static int append(struct mtia_cmd *cmd, void *packet, size_t bytes, const void *tail,
		  size_t tail_bytes)
{
	size_t padded = (tail_bytes + MTIA_CMD_ALIGN - 1) & ~(size_t)(MTIA_CMD_ALIGN - 1);
	struct mtia_pkt *hdr = packet;

	if (bytes + padded > cmd->limit - cmd->bytes)
		return fail(-E2BIG, "command buffer", "split the work into several jobs",
			    "more than the device's %u bytes", cmd->limit);
	hdr->size = bytes + padded;
	memcpy(cmd->data + cmd->bytes, packet, bytes);
	if (padded) {
		memset(cmd->data + cmd->bytes + bytes, 0, padded);
		memcpy(cmd->data + cmd->bytes + bytes, tail, tail_bytes);
	}
	cmd->bytes += hdr->size;
	cmd->packets++;
	return 0;
}

/* What every call checks first about a range that a packet names. */
static int take_range(struct mtia_cmd *cmd, struct mtia_buffer *buffer, uint64_t offset,
		      uint64_t bytes, const char *operation)
{
	int ret = buffer_check_range(buffer, offset, bytes, operation);

	if (!ret && buffer->context != cmd->context)
		ret = fail(-EINVAL, operation, NULL, "the buffer belongs to another context");
	if (!ret && !bytes)
		ret = fail(-EINVAL, operation, NULL, "0 bytes");
	return ret ? ret : use_buffer(cmd, buffer);
}

int mtia_cmd_nop(struct mtia_cmd *cmd)
{
	struct mtia_pkt p = { .opcode = MTIA_PKT_NOP };

	if (cmd->error)
		return earlier_error(cmd);
	return note(cmd, append(cmd, &p, sizeof(p), NULL, 0));
}

int mtia_cmd_launch(struct mtia_cmd *cmd, struct mtia_program *program, uint32_t rows,
		    uint32_t cols, const void *args, size_t args_size)
{
	static const char op[] = "mtia_cmd_launch";
	const struct mtia_device_props *props = &cmd->context->device->props;
	struct mtia_pkt_launch p = {
		.hdr.opcode = MTIA_PKT_LAUNCH, .rows = rows, .cols = cols, .args_size = args_size,
	};
	int ret;

	if (cmd->error)
		return earlier_error(cmd);
	if (!program || (args_size && !args))
		return note(cmd, fail(-EINVAL, op, NULL, "an argument is NULL"));
	if (program->buffer->context != cmd->context)
		return note(cmd, fail(-EINVAL, op, NULL, "the program belongs to another context"));
	if (!rows || !cols || rows > props->grid_rows || cols > props->grid_cols)
		return note(cmd, fail(-EINVAL, op, NULL, "%u x %u PEs of a grid of %u x %u", rows,
				      cols, props->grid_rows, props->grid_cols));
	if (args_size != program->args_size || args_size > MTIA_LAUNCH_MAX_ARGS)
		return note(cmd,
			    fail(-EINVAL, op, "library and PE program may be of different versions",
				 "program '%s' expects %u bytes of arguments, not %zu",
				 program->name, program->args_size, args_size));
	p.program_va = program->buffer->va;
	p.program_size = program->image_size;
	ret = use_program(cmd, program);
	if (!ret)
		ret = append(cmd, &p, sizeof(p), args, args_size);
	return note(cmd, ret);
}

int mtia_cmd_copy(struct mtia_cmd *cmd, struct mtia_buffer *dst, uint64_t dst_offset,
		  struct mtia_buffer *src, uint64_t src_offset, uint64_t bytes)
{
	static const char op[] = "mtia_cmd_copy";
	struct mtia_pkt_copy p = { .hdr.opcode = MTIA_PKT_COPY, .size = bytes };
	int ret;

	if (cmd->error)
		return earlier_error(cmd);
	ret = take_range(cmd, dst, dst_offset, bytes, op);
	if (!ret)
		ret = take_range(cmd, src, src_offset, bytes, op);
	if (!ret && dst == src && dst_offset < src_offset + bytes &&
	    src_offset < dst_offset + bytes)
		ret = fail(-EINVAL, op, NULL, "source and destination overlap");
	if (!ret) {
		p.dst = dst->va + dst_offset;
		p.src = src->va + src_offset;
		ret = append(cmd, &p, sizeof(p), NULL, 0);
	}
	return note(cmd, ret);
}

int mtia_cmd_fill(struct mtia_cmd *cmd, struct mtia_buffer *dst, uint64_t offset, uint64_t bytes,
		  uint64_t pattern)
{
	struct mtia_pkt_fill p = { .hdr.opcode = MTIA_PKT_FILL, .size = bytes, .pattern = pattern };
	int ret;

	if (cmd->error)
		return earlier_error(cmd);
	ret = take_range(cmd, dst, offset, bytes, "mtia_cmd_fill");
	if (!ret) {
		p.dst = dst->va + offset;
		ret = append(cmd, &p, sizeof(p), NULL, 0);
	}
	return note(cmd, ret);
}

static int take_word(struct mtia_cmd *cmd, struct mtia_buffer *buffer, uint64_t offset,
		     const char *operation)
{
	if (offset % sizeof(uint64_t))
		return fail(-EINVAL, operation, NULL, "offset %llu is not a multiple of 8",
			    (unsigned long long)offset);
	return take_range(cmd, buffer, offset, sizeof(uint64_t), operation);
}

int mtia_cmd_signal(struct mtia_cmd *cmd, struct mtia_buffer *dst, uint64_t offset, uint64_t value)
{
	struct mtia_pkt_signal p = { .hdr.opcode = MTIA_PKT_SIGNAL, .value = value };
	int ret;

	if (cmd->error)
		return earlier_error(cmd);
	ret = take_word(cmd, dst, offset, "mtia_cmd_signal");
	if (!ret) {
		p.va = dst->va + offset;
		ret = append(cmd, &p, sizeof(p), NULL, 0);
	}
	return note(cmd, ret);
}

int mtia_cmd_wait(struct mtia_cmd *cmd, struct mtia_buffer *src, uint64_t offset, uint64_t value)
{
	struct mtia_pkt_wait p = { .hdr.opcode = MTIA_PKT_WAIT, .value = value };
	int ret;

	if (cmd->error)
		return earlier_error(cmd);
	ret = take_word(cmd, src, offset, "mtia_cmd_wait");
	if (!ret) {
		p.va = src->va + offset;
		ret = append(cmd, &p, sizeof(p), NULL, 0);
	}
	return note(cmd, ret);
}

int mtia_cmd_timestamp(struct mtia_cmd *cmd, struct mtia_buffer *dst, uint64_t offset)
{
	struct mtia_pkt_timestamp p = { .hdr.opcode = MTIA_PKT_TIMESTAMP };
	int ret;

	if (cmd->error)
		return earlier_error(cmd);
	ret = take_word(cmd, dst, offset, "mtia_cmd_timestamp");
	if (!ret) {
		p.va = dst->va + offset;
		ret = append(cmd, &p, sizeof(p), NULL, 0);
	}
	return note(cmd, ret);
}

int mtia_cmd_use(struct mtia_cmd *cmd, struct mtia_buffer *buffer)
{
	if (cmd->error)
		return earlier_error(cmd);
	if (!buffer || buffer->context != cmd->context)
		return note(cmd, fail(-EINVAL, "mtia_cmd_use", NULL,
				      "the buffer is NULL or of another context"));
	return note(cmd, use_buffer(cmd, buffer));
}

int mtia_cmd_packet(struct mtia_cmd *cmd, const struct mtia_pkt *packet)
{
	if (cmd->error)
		return earlier_error(cmd);
	if (!packet || packet->size < sizeof(*packet) || packet->size % MTIA_CMD_ALIGN)
		return note(cmd, fail(-EINVAL, "mtia_cmd_packet", NULL,
				      "its size is not a multiple of 8 of at least 8"));
	if (packet->size > cmd->limit - cmd->bytes)
		return note(cmd, fail(-E2BIG, "mtia_cmd_packet", NULL,
				      "more than the device's %u bytes", cmd->limit));
	memcpy(cmd->data + cmd->bytes, packet, packet->size);
	cmd->bytes += packet->size;
	cmd->packets++;
	return 0;
}

int mtia_cmd_data(struct mtia_cmd *cmd, const void **data, size_t *bytes)
{
	struct mtia_cmd_header header = {
		.magic = MTIA_CMD_MAGIC, .version = MTIA_CMD_VERSION,
		.packet_count = cmd->packets, .size = cmd->bytes,
	};

	if (cmd->error)
		return earlier_error(cmd);
	memcpy(cmd->data, &header, sizeof(header));
	*data = cmd->data;
	*bytes = cmd->bytes;
	return 0;
}

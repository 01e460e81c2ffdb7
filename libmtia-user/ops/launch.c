// SPDX-License-Identifier: MIT
/* Launching an operator's PE program. */
#include "launch.h"

int mtia_op_launch(struct mtia_cmd *cmd, const char *name, struct mtia_queue *queue, uint32_t rows,
		   uint32_t cols, const void *args, size_t args_bytes,
		   struct mtia_buffer *const *buffers, size_t buffer_count)
{
	struct mtia_program *program;
	int ret = mtia_program_builtin(mtia_queue_context(queue), name, &program);

	if (ret)
		return ret;
	ret = mtia_cmd_launch(cmd, program, rows, cols, args, args_bytes);
	mtia_program_free(program); /* the command buffer holds it now */
	for (size_t i = 0; i < buffer_count && !ret; i++) {
		if (buffers[i])
			ret = mtia_cmd_use(cmd, buffers[i]);
	}
	return ret;
}

void mtia_op_grid(struct mtia_queue *queue, uint64_t units, uint32_t *rows, uint32_t *cols)
{
	mtia_queue_grid(queue, rows, cols);
	if (units < *cols) {
		*rows = 1;
		*cols = (uint32_t)units;
	} else if (units / *cols < *rows) {
		*rows = (uint32_t)(units / *cols);
	}
}

int mtia_op_upload(struct mtia_context *context, const char *label, const void *data,
		   uint64_t bytes, struct mtia_buffer **out)
{
	const struct mtia_buffer_desc desc = {
		.size = sizeof(desc),
		.flags = MTIA_BUFFER_READONLY,
		.bytes = bytes,
		.label = label,
	};
	int ret = mtia_buffer_create(context, &desc, out);

	if (ret)
		return ret;
	ret = mtia_buffer_write(*out, 0, data, bytes);
	if (ret) {
		mtia_buffer_free(*out);
		*out = NULL;
	}
	return ret;
}

/* SPDX-License-Identifier: MIT */
/* Launching an operator's PE program: what is the same for all of them. */
#ifndef MTIA_OPS_LAUNCH_H
#define MTIA_OPS_LAUNCH_H

#include "mtia/mtia.h"

/*
 * Append one launch of the built-in program `name` and keep the buffers (NULL ones are left out)
 * alive for it.
 */
int mtia_op_launch(struct mtia_cmd *cmd, const char *name, struct mtia_queue *queue, uint32_t rows,
		   uint32_t cols, const void *args, size_t args_bytes,
		   struct mtia_buffer *const *buffers, size_t buffer_count);

/* The largest part of the queue's sub-grid that has at most `units` (>= 1) PEs: whole rows if
 * possible. */
void mtia_op_grid(struct mtia_queue *queue, uint64_t units, uint32_t *rows, uint32_t *cols);

/* A read-only buffer with `bytes` of data. */
int mtia_op_upload(struct mtia_context *context, const char *label, const void *data,
		   uint64_t bytes, struct mtia_buffer **out);

/* mtia_<op>_run(): mtia_<op>_append() as a job of its own. */
#define MTIA_OP_RUN(op, desc_type)                                                                 \
	int mtia_##op##_run(struct mtia_queue *queue, const struct desc_type *desc,                \
			    const mtia_event *deps, size_t dep_count, mtia_event *event)           \
	{                                                                                          \
		struct mtia_cmd *cmd;                                                              \
		int ret = mtia_cmd_create(mtia_queue_context(queue), &cmd);                        \
                                                                                                   \
		if (ret)                                                                           \
			return ret;                                                                \
		ret = mtia_##op##_append(cmd, queue, desc);                                        \
		if (!ret)                                                                          \
			ret = mtia_submit(queue, cmd, deps, dep_count, event);                     \
		mtia_cmd_free(cmd);                                                                \
		return ret;                                                                        \
	}

#endif /* MTIA_OPS_LAUNCH_H */

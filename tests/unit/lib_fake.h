/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A back-end of libmtia-user that runs no job by itself: the test says when jobs end and how. It
 * follows the command buffer's epilogue, so that a job that "ends well" leaves its proof behind.
 */
#ifndef MTIA_TESTS_LIB_FAKE_H
#define MTIA_TESTS_LIB_FAKE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../libmtia-user/src/internal.h"
#include "mtia/cmd.h"

#define FAKE_BUFFERS 256

struct fake {
	struct mtia_device base;
	struct mtia_buffer *buffers[FAKE_BUFFERS];
	void *memory[FAKE_BUFFERS];
	unsigned int live_buffers, live_vms, live_queues;
	/* what the next calls do */
	int fail_buffer, fail_submit, fail_vm, fail_queue;
	bool wait_never; /* nothing ever ends */
	struct queue_fault fault;
	/* what was seen */
	uint64_t submitted, completed;
	uint8_t last_cmd[MTIA_CMD_MAX_SIZE];
	uint32_t last_size;
	uint64_t last_va;
	size_t last_deps;
	uint64_t cmd_va[4096];
	bool fail_job[4096];
};

static struct fake *fake_of(struct mtia_device *device)
{
	return (struct fake *)device;
}

static uint8_t *fake_at(struct fake *f, uint64_t va, uint64_t bytes)
{
	for (int i = 0; i < FAKE_BUFFERS; i++)
		if (f->buffers[i] && va >= f->buffers[i]->va &&
		    va + bytes <= f->buffers[i]->va + f->buffers[i]->mapped_bytes)
			return (uint8_t *)f->memory[i] + (va - f->buffers[i]->va);
	return NULL;
}

static void fake_close(struct mtia_device *device)
{
	(void)device;
}

static int fake_props(struct mtia_device *device, struct mtia_device_props *out)
{
	(void)device;
	out->hw_version = MTIA_REGS_MAJOR << 16;
	out->grid_rows = 8;
	out->grid_cols = 8;
	out->va_start = MTIA_VA_USER_MIN;
	out->va_end = MTIA_VA_USER_MIN + (1ull << 30);
	out->max_jobs = 1024;
	out->max_cmd_bytes = MTIA_CMD_MAX_SIZE;
	out->max_timeout_ms = 1000;
	out->default_timeout_ms = 100;
	return 0;
}

static int fake_vm_create(struct mtia_context *context)
{
	struct fake *f = fake_of(context->device);

	if (f->fail_vm)
		return mtia_error_set(f->fail_vm, "fake", NULL, "no vm");
	f->live_vms++;
	return 0;
}

static void fake_vm_destroy(struct mtia_context *context)
{
	fake_of(context->device)->live_vms--;
}

static int fake_buffer_create(struct mtia_buffer *buffer, const char *label)
{
	struct fake *f = fake_of(buffer->context->device);

	(void)label;
	if (f->fail_buffer)
		return mtia_error_set(f->fail_buffer, "fake", NULL, "no buffer");
	for (uint32_t i = 0; i < FAKE_BUFFERS; i++)
		if (!f->buffers[i]) {
			f->buffers[i] = buffer;
			f->memory[i] = calloc(1, buffer->mapped_bytes);
			buffer->handle = i;
			f->live_buffers++;
			return f->memory[i] ? 0 : -ENOMEM;
		}
	return mtia_error_set(-ENOSPC, "fake", NULL, "full");
}

static void fake_buffer_destroy(struct mtia_buffer *buffer)
{
	struct fake *f = fake_of(buffer->context->device);

	f->buffers[buffer->handle] = NULL;
	free(f->memory[buffer->handle]);
	f->live_buffers--;
}

static int fake_buffer_map(struct mtia_buffer *buffer, void **cpu)
{
	*cpu = fake_of(buffer->context->device)->memory[buffer->handle];
	return 0;
}

static int fake_queue_create(struct mtia_queue *queue, const struct mtia_queue_desc *desc)
{
	struct fake *f = fake_of(queue->context->device);

	(void)desc;
	if (f->fail_queue)
		return mtia_error_set(f->fail_queue, "fake", NULL, "no queue");
	f->live_queues++;
	return 0;
}

static void fake_queue_destroy(struct mtia_queue *queue)
{
	fake_of(queue->context->device)->live_queues--;
}

static int fake_submit(struct mtia_queue *queue, uint64_t cmd_va, uint32_t cmd_bytes,
		       const struct queue_point *deps, size_t dep_count, uint64_t seq)
{
	struct fake *f = fake_of(queue->context->device);
	uint8_t *cmd = fake_at(f, cmd_va, cmd_bytes);

	(void)deps;
	if (f->fail_submit)
		return f->fail_submit;
	if (!cmd || cmd_bytes > sizeof(f->last_cmd) || seq != f->submitted + 1)
		return mtia_error_set(-EFAULT, "fake", NULL, "bad submission");
	memcpy(f->last_cmd, cmd, cmd_bytes);
	f->last_size = cmd_bytes;
	f->last_va = cmd_va;
	f->last_deps = dep_count;
	f->cmd_va[seq % 4096] = cmd_va;
	f->submitted = seq;
	return 0;
}

/* Walk the command buffer as it is in memory now and do its timestamps and stores. */
static void fake_execute(struct fake *f, uint64_t seq)
{
	uint8_t *cmd = fake_at(f, f->cmd_va[seq % 4096], sizeof(struct mtia_cmd_header));
	struct mtia_cmd_header header;
	struct mtia_pkt packet;

	if (f->fail_job[seq % 4096])
		return;
	memcpy(&header, cmd, sizeof(header));
	for (uint32_t at = sizeof(header); at < header.size; at += packet.size) {
		memcpy(&packet, cmd + at, sizeof(packet));
		if (packet.opcode == MTIA_PKT_TIMESTAMP) {
			struct mtia_pkt_timestamp p;
			uint64_t now = 100 * seq + at;

			memcpy(&p, cmd + at, sizeof(p));
			memcpy(fake_at(f, p.va, 8), &now, 8);
		} else if (packet.opcode == MTIA_PKT_SIGNAL) {
			struct mtia_pkt_signal p;

			memcpy(&p, cmd + at, sizeof(p));
			memcpy(fake_at(f, p.va, 8), &p.value, 8);
		}
	}
}

static void fake_run_to(struct fake *f, uint64_t seq)
{
	while (f->completed < seq && f->completed < f->submitted)
		fake_execute(f, ++f->completed);
}

static int fake_wait(struct mtia_device *device, const struct queue_point *points, size_t count,
		     bool any, int64_t deadline_ns)
{
	struct fake *f = fake_of(device);

	(void)deadline_ns;
	if (f->wait_never)
		return -ETIME;
	for (size_t i = 0; i < (any ? 1 : count); i++)
		fake_run_to(f, points[i].seq);
	return 0;
}

static int fake_completed(struct mtia_queue *queue, uint64_t *seq)
{
	*seq = fake_of(queue->context->device)->completed;
	return 0;
}

static int fake_fault(struct mtia_queue *queue, uint64_t seq, struct queue_fault *out)
{
	(void)seq;
	*out = fake_of(queue->context->device)->fault;
	return 0;
}

static const struct backend_ops fake_ops = {
	.close = fake_close, .props = fake_props,
	.vm_create = fake_vm_create, .vm_destroy = fake_vm_destroy,
	.buffer_create = fake_buffer_create, .buffer_destroy = fake_buffer_destroy,
	.buffer_map = fake_buffer_map,
	.queue_create = fake_queue_create, .queue_destroy = fake_queue_destroy,
	.submit = fake_submit, .wait = fake_wait, .completed = fake_completed, .fault = fake_fault,
};

static inline struct fake *fake_new(void)
{
	struct fake *f = calloc(1, sizeof(*f));
	const struct mtia_device_info info = { .name = "fake0" };

	if (!f || device_init(&f->base, &fake_ops, &info))
		abort();
	return f;
}

#endif /* MTIA_TESTS_LIB_FAKE_H */

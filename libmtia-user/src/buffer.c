// SPDX-License-Identifier: MIT
/* Buffers: memory with a device address. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../ops/desc.h"
#include "internal.h"

#define LABEL_MAX 63

static int check(const struct mtia_buffer_desc *d)
{
	static const char op[] = "mtia_buffer_create";

	if (d->flags & ~(MTIA_BUFFER_READONLY | MTIA_BUFFER_EXEC))
		return fail(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d->flags);
	if (d->placement > MTIA_PLACE_SRAM || d->reserved)
		return fail(-EINVAL, op, NULL, "placement %u is neither VRAM, system nor SRAM",
			    d->placement);
	if (!d->bytes)
		return fail(-EINVAL, op, NULL, "a buffer of 0 bytes");
	if (d->bytes > 1ull << MTIA_VA_BITS)
		return fail(-ENOSPC, op, NULL, "%llu bytes are more than the device can address",
			    (unsigned long long)d->bytes);
	return 0;
}

int mtia_buffer_create(struct mtia_context *context, const struct mtia_buffer_desc *desc,
		       struct mtia_buffer **out)
{
	static const char op[] = "mtia_buffer_create";
	struct mtia_buffer_desc d;
	struct mtia_buffer *buffer;
	char label[LABEL_MAX + 1] = "";
	uint64_t align;
	int ret;

	if (!context || !out)
		return fail(-EINVAL, op, NULL, "an argument is NULL");
	*out = NULL;
	ret = mtia_desc_take(op, desc, &d, sizeof(d), offsetof(struct mtia_buffer_desc, label));
	if (!ret)
		ret = check(&d);
	if (ret)
		return ret;
	if (d.label)
		strncat(label, d.label, LABEL_MAX);
	buffer = calloc(1, sizeof(*buffer));
	if (!buffer)
		return fail(-ENOMEM, op, NULL, "out of memory");
	atomic_init(&buffer->refs, 1);
	buffer->bytes = d.bytes;
	buffer->mapped_bytes = (d.bytes + MTIA_PAGE_SIZE - 1) & ~(uint64_t)(MTIA_PAGE_SIZE - 1);
	buffer->placement = d.placement;
	buffer->flags = d.flags;
	buffer->context = context;

	/* Large leaves of the page table need both sides aligned. */
	align = 1ull << (d.bytes >> MTIA_HUGE_SHIFT ? MTIA_HUGE_SHIFT : MTIA_PAGE_SHIFT);
	ret = va_alloc(context, buffer->mapped_bytes, align, &buffer->va);
	if (ret)
		goto out_free;
	ret = context->device->ops->buffer_create(buffer, label);
	if (ret)
		goto out_va;
	pthread_mutex_init(&buffer->lock, NULL);
	context_get(context);
	*out = buffer;
	return 0;

out_va:
	va_free(context, buffer->va, buffer->mapped_bytes);
out_free:
	free(buffer);
	return ret;
}

struct mtia_buffer *buffer_get(struct mtia_buffer *buffer)
{
	atomic_fetch_add(&buffer->refs, 1);
	return buffer;
}

void mtia_buffer_free(struct mtia_buffer *buffer)
{
	struct mtia_context *context;

	if (!buffer || atomic_fetch_sub(&buffer->refs, 1) != 1)
		return;
	context = buffer->context;
	context->device->ops->buffer_destroy(buffer);
	va_free(context, buffer->va, buffer->mapped_bytes);
	pthread_mutex_destroy(&buffer->lock);
	free(buffer);
	mtia_context_free(context);
}

uint64_t mtia_buffer_address(const struct mtia_buffer *buffer)
{
	return buffer->va;
}

uint64_t mtia_buffer_bytes(const struct mtia_buffer *buffer)
{
	return buffer->bytes;
}

int mtia_buffer_map(struct mtia_buffer *buffer, void **out)
{
	int ret = 0;

	if (!buffer || !out)
		return fail(-EINVAL, "mtia_buffer_map", NULL, "an argument is NULL");
	pthread_mutex_lock(&buffer->lock);
	if (!buffer->cpu)
		ret = buffer->context->device->ops->buffer_map(buffer, &buffer->cpu);
	*out = ret ? NULL : buffer->cpu;
	pthread_mutex_unlock(&buffer->lock);
	return ret;
}

int buffer_check_range(const struct mtia_buffer *buffer, uint64_t offset, uint64_t bytes,
		       const char *operation)
{
	if (!buffer)
		return fail(-EINVAL, operation, NULL, "the buffer is NULL");
	if (offset > buffer->bytes || bytes > buffer->bytes - offset)
		return fail(-ERANGE, operation, NULL,
			    "%llu bytes from %llu on leave a buffer of %llu bytes",
			    (unsigned long long)bytes, (unsigned long long)offset,
			    (unsigned long long)buffer->bytes);
	return 0;
}

static int access_range(struct mtia_buffer *buffer, uint64_t offset, size_t bytes,
			const void *data, const char *operation, char **cpu)
{
	void *base;
	int ret = buffer_check_range(buffer, offset, bytes, operation);

	if (!ret && bytes && !data)
		ret = fail(-EINVAL, operation, NULL, "the data pointer is NULL");
	if (!ret)
		ret = mtia_buffer_map(buffer, &base);
	if (!ret)
		*cpu = (char *)base + offset;
	return ret;
}

int mtia_buffer_write(struct mtia_buffer *buffer, uint64_t offset, const void *src, size_t bytes)
{
	char *cpu;
	int ret = access_range(buffer, offset, bytes, src, "mtia_buffer_write", &cpu);

	if (!ret && bytes)
		memcpy(cpu, src, bytes);
	return ret;
}

int mtia_buffer_read(struct mtia_buffer *buffer, uint64_t offset, void *dst, size_t bytes)
{
	char *cpu;
	int ret = access_range(buffer, offset, bytes, dst, "mtia_buffer_read", &cpu);

	if (!ret && bytes)
		memcpy(dst, cpu, bytes);
	return ret;
}

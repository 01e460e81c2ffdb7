// SPDX-License-Identifier: MIT
/* Devices: list, choose, open, ask; contexts. Which back-end serves is decided here only. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "mtia/regs.h"
#include "simhost.h" /* names of what firmware and chip report */

const char *mtia_counter_name(uint32_t counter)
{
	return simhost_counter_name(counter);
}

static int backend_choice(enum mtia_backend_kind *kind)
{
	const char *name = getenv("MTIA_BACKEND");

	if (!name || !*name || !strcmp(name, "kernel"))
		*kind = MTIA_BACKEND_KERNEL;
	else if (!strcmp(name, "sim"))
		*kind = MTIA_BACKEND_SIM;
	else
		return fail(-EINVAL, "MTIA_BACKEND", "set it to kernel or sim, or unset it",
			    "MTIA_BACKEND=%s names no back-end", name);
	return 0;
}

/* *out is malloc'ed, *count entries, each of this version's size. */
static int list_all(struct mtia_device_info **out, size_t *count)
{
	enum mtia_backend_kind kind = MTIA_BACKEND_KERNEL;
	size_t room = 8;
	int ret = backend_choice(&kind);

	if (ret)
		return ret;
	for (;;) {
		struct mtia_device_info *list = calloc(room, sizeof(*list));

		if (!list)
			return fail(-ENOMEM, "device list", NULL, "out of memory");
		ret = kind == MTIA_BACKEND_SIM ? sim_list(list, room, count) :
						 kernel_list(list, room, count);
		if (!ret && *count <= room) {
			for (size_t i = 0; i < *count; i++) {
				list[i].size = sizeof(*list);
				list[i].index = i;
				list[i].backend = kind;
			}
			*out = list;
			return 0;
		}
		free(list);
		if (ret)
			return ret;
		room = *count + 8;
	}
}

int mtia_device_list(struct mtia_device_info *out, size_t *count)
{
	struct mtia_device_info *list;
	size_t room, found;
	uint32_t stride = 0;
	int ret;

	if (!count || (*count && !out))
		return fail(-EINVAL, "mtia_device_list", NULL, "no place for the result");
	room = *count;
	if (room) {
		stride = out->size;
		if (stride < 8)
			return fail(-EINVAL, "mtia_device_list",
				    "set out[0].size = sizeof(struct mtia_device_info)",
				    "the structure's size is %u", stride);
	}
	ret = list_all(&list, &found);
	if (ret)
		return ret;
	for (size_t i = 0; i < room && i < found; i++) {
		size_t copy = stride < sizeof(*list) ? stride : sizeof(*list);
		char *to = (char *)out + i * stride;

		memset(to, 0, stride);
		memcpy(to, &list[i], copy);
		memcpy(to, &stride, sizeof(stride));
	}
	*count = found;
	free(list);
	return 0;
}

static bool selects(const char *selector, const struct mtia_device_info *info)
{
	char *end;
	unsigned long index = strtoul(selector, &end, 10);

	if (*selector >= '0' && *selector <= '9' && !*end)
		return index == info->index;
	if (!strcmp(selector, info->name) || (info->node[0] && !strcmp(selector, info->node)))
		return true;
	if (info->bdf[0] && !strcasecmp(selector, info->bdf))
		return true;
	/* "01:00.0" is short for domain 0 */
	return !strncmp(info->bdf, "0000:", 5) && !strcasecmp(selector, info->bdf + 5);
}

static int unusable(const struct mtia_device_info *info)
{
	static const int code[] = {
		[MTIA_DEVICE_NO_DRIVER] = MTIA_ENODRIVER,
		[MTIA_DEVICE_OTHER_DRIVER] = MTIA_ENODRIVER,
		[MTIA_DEVICE_NO_NODE] = -ENODEV,
		[MTIA_DEVICE_NO_PERMISSION] = -EACCES,
		[MTIA_DEVICE_NO_FIRMWARE] = MTIA_EFIRMWARE,
	};

	return fail(code[info->state], "open", info->hint, "%s", info->message);
}

int mtia_device_open(const char *selector, struct mtia_device **out)
{
	struct mtia_device_info *list;
	const struct mtia_device_info *chosen = NULL;
	size_t count;
	int ret;

	if (!out)
		return fail(-EINVAL, "mtia_device_open", NULL, "no place for the result");
	*out = NULL;
	ret = list_all(&list, &count);
	if (ret)
		return ret;
	for (size_t i = 0; i < count && !chosen; i++)
		if (selector && *selector ? selects(selector, &list[i]) :
					    list[i].state == MTIA_DEVICE_USABLE)
			chosen = &list[i];
	if (!chosen && count && !(selector && *selector))
		chosen = &list[0]; /* to say why it cannot be used */

	if (!chosen && count)
		ret = fail(-ENODEV, "open", "'mtia list' shows what there is",
			   "no device matches '%s'", selector);
	else if (!chosen)
		ret = fail(-ENODEV, "open",
			   "check 'lspci -d 1af4:10f0', or set MTIA_BACKEND=sim to run without a "
			   "device",
			   "this machine has no MTIA");
	else if (chosen->state != MTIA_DEVICE_USABLE)
		ret = unusable(chosen);
	else if (chosen->backend == MTIA_BACKEND_SIM)
		ret = sim_open(chosen, out);
	else
		ret = kernel_open(chosen, out);
	if (ret && chosen)
		error_device_named(chosen->bdf, chosen->name);
	free(list);
	return ret;
}

int device_init(struct mtia_device *device, const struct backend_ops *ops,
		const struct mtia_device_info *info)
{
	int ret;

	atomic_init(&device->refs, 1);
	device->ops = ops;
	snprintf(device->props.bdf, sizeof(device->props.bdf), "%s", info->bdf);
	snprintf(device->props.name, sizeof(device->props.name), "%s", info->name);
	device->props.backend = info->backend;
	ret = ops->props(device, &device->props);
	if (ret)
		return ret;
	if (device->props.hw_version >> 16 != MTIA_REGS_MAJOR) {
		ret = fail(MTIA_EVERSION, "open", "use the library of the device's generation",
			   "device speaks register interface %u.%u, this library knows %u",
			   device->props.hw_version >> 16, device->props.hw_version & 0xffff,
			   MTIA_REGS_MAJOR);
		error_device(device);
	}
	return ret;
}

struct mtia_device *device_get(struct mtia_device *device)
{
	atomic_fetch_add(&device->refs, 1);
	return device;
}

void mtia_device_free(struct mtia_device *device)
{
	if (device && atomic_fetch_sub(&device->refs, 1) == 1)
		device->ops->close(device);
}

int mtia_device_props(struct mtia_device *device, struct mtia_device_props *out)
{
	struct mtia_device_props now;
	int ret;

	if (!device)
		return fail(-EINVAL, "mtia_device_props", NULL, "device is NULL");
	now = device->props;
	ret = device->ops->props(device, &now);
	if (ret)
		return ret;
	return desc_write(out, &now, sizeof(now), "mtia_device_props");
}

int mtia_device_counters(struct mtia_device *device, uint64_t *values, size_t *count)
{
	uint64_t all[MTIA_NUM_COUNTERS] = { 0 };
	size_t room;
	int ret;

	if (!device || !count || (*count && !values))
		return fail(-EINVAL, "mtia_device_counters", NULL, "an argument is NULL");
	room = *count;
	ret = device->ops->counters(device, all);
	if (ret)
		return ret;
	memcpy(values, all, (room < MTIA_NUM_COUNTERS ? room : MTIA_NUM_COUNTERS) * sizeof(*all));
	*count = MTIA_NUM_COUNTERS;
	return 0;
}

int mtia_device_timestamp(struct mtia_device *device, uint64_t *cycles, int64_t *host_ns)
{
	int64_t ignored;

	if (!device || !cycles)
		return fail(-EINVAL, "mtia_device_timestamp", NULL, "an argument is NULL");
	return device->ops->timestamp(device, cycles, host_ns ? host_ns : &ignored);
}

int mtia_context_create(struct mtia_device *device, struct mtia_context **out)
{
	struct mtia_context *context;
	int ret;

	if (!device || !out)
		return fail(-EINVAL, "mtia_context_create", NULL, "an argument is NULL");
	*out = NULL;
	context = calloc(1, sizeof(*context));
	if (!context)
		return fail(-ENOMEM, "mtia_context_create", NULL, "out of memory");
	atomic_init(&context->refs, 1);
	context->device = device_get(device);
	pthread_mutex_init(&context->lock, NULL);
	ret = va_init(context);
	if (!ret)
		ret = device->ops->vm_create(context);
	if (ret) {
		va_fini(context);
		pthread_mutex_destroy(&context->lock);
		mtia_device_free(device);
		free(context);
		return ret;
	}
	*out = context;
	return 0;
}

struct mtia_context *context_get(struct mtia_context *context)
{
	atomic_fetch_add(&context->refs, 1);
	return context;
}

void mtia_context_free(struct mtia_context *context)
{
	if (!context || atomic_fetch_sub(&context->refs, 1) != 1)
		return;
	context->device->ops->vm_destroy(context);
	va_fini(context);
	pthread_mutex_destroy(&context->lock);
	mtia_device_free(context->device);
	free(context);
}

struct mtia_device *mtia_context_device(struct mtia_context *context)
{
	return context->device;
}

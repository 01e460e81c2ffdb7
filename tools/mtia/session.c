// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

int session_open(struct session *s, struct command *command, uint32_t timeout_ms)
{
	struct mtia_queue_desc desc = { .size = sizeof(desc), .timeout_ms = timeout_ms };
	int ret;

	memset(s, 0, sizeof(*s));
	s->props.size = sizeof(s->props);
	ret = mtia_device_open(command->device, &s->device);
	if (!ret)
		ret = mtia_device_props(s->device, &s->props);
	if (!ret)
		ret = mtia_context_create(s->device, &s->context);
	if (!ret)
		ret = mtia_queue_create(s->context, &desc, &s->queue);
	return ret;
}

void session_close(struct session *s)
{
	mtia_queue_free(s->queue);
	mtia_context_free(s->context);
	mtia_device_free(s->device);
	memset(s, 0, sizeof(*s));
}

int session_buffer(struct session *s, const char *label, uint32_t placement, uint64_t bytes,
		   struct mtia_buffer **out)
{
	struct mtia_buffer_desc desc = {
		.size = sizeof(desc), .bytes = bytes, .placement = placement, .label = label,
	};

	return mtia_buffer_create(s->context, &desc, out);
}

int session_buffer_near(struct session *s, const char *label, uint64_t bytes, uint64_t *in_sram,
			struct mtia_buffer **out)
{
	int ret = session_buffer(s, label, MTIA_PLACE_SRAM, bytes, out);

	if (ret == -ENOSPC || ret == -EINVAL)
		return session_buffer(s, label, MTIA_PLACE_VRAM, bytes, out);
	*in_sram += ret ? 0 : bytes;
	return ret;
}

int session_wait(struct session *s, mtia_event event, uint64_t *cycles)
{
	struct mtia_job_result result;
	int ret = mtia_event_wait(s->context, &event, 1, 0, MTIA_FOREVER, &result);

	if (!ret && cycles)
		*cycles += result.t_end - result.t_start;
	return ret;
}

void session_json(const struct session *s, struct json *j)
{
	const struct mtia_device_props *p = &s->props;

	json_object(j, "device");
	json_string(j, "name", p->name);
	json_string(j, "bdf", p->bdf[0] ? p->bdf : NULL);
	json_string(j, "backend", p->backend == MTIA_BACKEND_SIM ? "sim" : "kernel");
	json_string(j, "firmware", p->fw_version);
	json_end_object(j);
}

int latencies_add(struct latencies *l, int64_t ns)
{
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		double *bigger = realloc(l->ns, room * sizeof(*bigger));

		if (!bigger)
			return mtia_error_set(-ENOMEM, "latencies", NULL, "out of memory");
		l->ns = bigger;
		l->room = room;
	}
	l->ns[l->count++] = ns;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Nearest rank: the smallest value that a share `quantile` of all does not exceed. */
double latencies_at(struct latencies *l, double quantile)
{
	size_t rank;

	if (!l->count)
		return 0;
	qsort(l->ns, l->count, sizeof(*l->ns), by_value);
	rank = (size_t)(quantile * l->count);
	if (rank < quantile * l->count)
		rank++;
	return l->ns[rank ? rank - 1 : 0];
}

void latencies_free(struct latencies *l)
{
	free(l->ns);
	memset(l, 0, sizeof(*l));
}

const char *bytes_text(uint64_t bytes, char buf[32])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = bytes;
	unsigned int unit = 0;

	while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(buf, 32, "%.*f %s", unit && value < 100 ? 1 : 0, value, units[unit]);
	return buf;
}

const char *time_text(double ns, char buf[32])
{
	if (ns < 1e3)
		snprintf(buf, 32, "%.0f ns", ns);
	else if (ns < 1e6)
		snprintf(buf, 32, "%.1f us", ns / 1e3);
	else if (ns < 1e9)
		snprintf(buf, 32, "%.2f ms", ns / 1e6);
	else
		snprintf(buf, 32, "%.2f s", ns / 1e9);
	return buf;
}

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

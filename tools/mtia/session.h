/* SPDX-License-Identifier: MIT */
/* What every verb that runs jobs starts with: a device, a context, a queue. */
#ifndef MTIA_CLI_SESSION_H
#define MTIA_CLI_SESSION_H

#include "cli.h"

struct session {
	struct mtia_device *device;
	struct mtia_context *context;
	struct mtia_queue *queue;
	struct mtia_device_props props;
};

/* 0, or the library's error; free in any case. timeout_ms 0 = the device's default. */
int session_open(struct session *s, struct command *command, uint32_t timeout_ms);
void session_close(struct session *s);

int session_buffer(struct session *s, const char *label, uint32_t placement, uint64_t bytes,
		   struct mtia_buffer **out);
/* A buffer in SRAM, or in LPDDR if it has no room or is not given out. *in_sram counts its bytes. */
int session_buffer_near(struct session *s, const char *label, uint64_t bytes, uint64_t *in_sram,
			struct mtia_buffer **out);
/* Wait for a job; its cycles on the device are added to *cycles (may be NULL). */
int session_wait(struct session *s, mtia_event event, uint64_t *cycles);

/* "device": { ... } in the document: which one, on which back-end. */
void session_json(const struct session *s, struct json *j);

/* Wall-clock times of jobs. */
struct latencies {
	double *ns;
	size_t count, room;
};
int latencies_add(struct latencies *l, int64_t ns); /* -ENOMEM */
double latencies_at(struct latencies *l, double quantile); /* sorts; 0 if there are none */
void latencies_free(struct latencies *l);

#endif /* MTIA_CLI_SESSION_H */

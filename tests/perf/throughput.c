// SPDX-License-Identifier: GPL-2.0
/*
 * In the guest: how jobs a second change with the number of queues and of clients, and how fast data
 * gets to the device and back, next to memcpy. What is compared alternates, so that all of it sees
 * the same machine; the figure is the median of the rounds. One JSON line.
 *
 * usage: throughput [ROUNDS]
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "mtia/mtia.h"

#define MAX_ROUNDS 25
#define JOBS	   1024 /* a round, all queues or clients together */
#define IN_FLIGHT  64	/* likewise */
#define QUEUES	   64 /* one more than the device has slots */
#define CLIENTS	   16
#define COPY_BYTES (64ull << 20)

struct client {
	struct mtia_device *device;
	struct mtia_context *context;
	struct mtia_queue *queue[QUEUES];
	struct mtia_cmd *nop;
};

static void die(const char *what)
{
	struct mtia_error e = { .size = sizeof(e) };

	mtia_error_last(&e);
	fprintf(stderr, "%s: %s %s\n", what, e.message, e.hint);
	_exit(1);
}

static void client_open(struct client *c, unsigned int queues)
{
	if (mtia_device_open(NULL, &c->device) || mtia_context_create(c->device, &c->context) ||
	    mtia_cmd_create(c->context, &c->nop) || mtia_cmd_nop(c->nop))
		die("set-up");
	for (unsigned int q = 0; q < queues; q++)
		if (mtia_queue_create(c->context, NULL, &c->queue[q]))
			die("queue");
}

static void client_close(struct client *c, unsigned int queues)
{
	for (unsigned int q = 0; q < queues; q++)
		mtia_queue_free(c->queue[q]);
	mtia_cmd_free(c->nop);
	mtia_context_free(c->context);
	mtia_device_free(c->device);
}

/* NOP jobs, by turns in each queue, never more than in_flight that have not ended. */
static void run_jobs(struct client *c, unsigned int queues, unsigned int jobs, unsigned int in_flight)
{
	mtia_event events[IN_FLIGHT];

	for (unsigned int j = 0; j < jobs + in_flight; j++) {
		mtia_event *slot = &events[j % in_flight];

		if (j >= in_flight &&
		    mtia_event_wait(c->context, slot, 1, 0, MTIA_FOREVER, NULL))
			die("NOP job");
		if (j < jobs && mtia_submit(c->queue[j % queues], c->nop, NULL, 0, slot))
			die("submit");
	}
}

static double jobs_with_queues(unsigned int queues)
{
	struct client c;
	int64_t start;
	double rate;

	client_open(&c, queues);
	run_jobs(&c, queues, IN_FLIGHT, IN_FLIGHT);
	start = mtia_now_ns();
	run_jobs(&c, queues, JOBS, IN_FLIGHT);
	rate = JOBS / ((double)(mtia_now_ns() - start) / 1e9);
	client_close(&c, queues);
	return rate;
}

static double jobs_with_clients(unsigned int clients)
{
	pthread_barrier_t *all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_barrierattr_t attr;
	int64_t start;
	int status;

	if (all == MAP_FAILED)
		die("mmap");
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(all, &attr, clients + 1);
	for (unsigned int p = 0; p < clients; p++) {
		pid_t child = fork();

		if (child < 0)
			die("fork");
		if (!child) {
			struct client c;

			client_open(&c, 1);
			run_jobs(&c, 1, IN_FLIGHT / clients, IN_FLIGHT / clients);
			pthread_barrier_wait(all);
			run_jobs(&c, 1, JOBS / clients, IN_FLIGHT / clients);
			pthread_barrier_wait(all);
			client_close(&c, 1);
			_exit(0);
		}
	}
	pthread_barrier_wait(all);
	start = mtia_now_ns();
	pthread_barrier_wait(all);
	start = mtia_now_ns() - start;
	while (wait(&status) > 0)
		if (status)
			_exit(1);
	munmap(all, sizeof(*all));
	return JOBS / ((double)start / 1e9);
}

/* ---- Copies ---------------------------------------------------------------------------------- */

enum way { BY_MEMCPY, MMAP_TO, MMAP_FROM, DMA_TO, DMA_FROM, WAYS };

struct copies {
	struct client c;
	struct mtia_buffer *vram, *system;
	uint8_t *vram_map, *system_map, *a, *b;
};

static void *pages(void)
{
	void *p = mmap(NULL, COPY_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void copies_open(struct copies *s)
{
	struct mtia_buffer_desc desc = { .size = sizeof(desc), .bytes = COPY_BYTES };
	void *map;

	client_open(&s->c, 1);
	if (mtia_buffer_create(s->c.context, &desc, &s->vram) || mtia_buffer_map(s->vram, &map))
		die("device memory");
	s->vram_map = map;
	desc.placement = MTIA_PLACE_SYSTEM;
	if (mtia_buffer_create(s->c.context, &desc, &s->system) || mtia_buffer_map(s->system, &map))
		die("system memory");
	s->system_map = map;
	s->a = pages();
	s->b = pages();
	for (uint64_t i = 0; i < COPY_BYTES; i++)
		s->a[i] = (uint8_t)(i * 7 + (i >> 12));
	memcpy(s->vram_map, s->a, COPY_BYTES); /* page faults are not what is measured */
}

static void dma(struct copies *s, struct mtia_buffer *dst, struct mtia_buffer *src)
{
	struct mtia_cmd *cmd;
	mtia_event event;

	if (mtia_cmd_create(s->c.context, &cmd) || mtia_cmd_copy(cmd, dst, 0, src, 0, COPY_BYTES) ||
	    mtia_submit(s->c.queue[0], cmd, NULL, 0, &event) ||
	    mtia_event_wait(s->c.context, &event, 1, 0, MTIA_FOREVER, NULL))
		die("copy job");
	mtia_cmd_free(cmd);
}

/* MB/s */
static double copy(struct copies *s, enum way way)
{
	int64_t start = mtia_now_ns();

	switch (way) {
	case BY_MEMCPY:
		memcpy(s->b, s->a, COPY_BYTES);
		break;
	case MMAP_TO:
		memcpy(s->vram_map, s->a, COPY_BYTES);
		break;
	case MMAP_FROM:
		memcpy(s->b, s->vram_map, COPY_BYTES);
		break;
	case DMA_TO:
		dma(s, s->vram, s->system);
		break;
	default:
		dma(s, s->system, s->vram);
		break;
	}
	return COPY_BYTES / 1e6 / ((double)(mtia_now_ns() - start) / 1e9);
}

/* Each way once more, into memory that holds something else. */
static bool copies_right(struct copies *s)
{
	bool right;

	memset(s->b, 0, COPY_BYTES);
	copy(s, MMAP_TO);
	copy(s, MMAP_FROM);
	right = !memcmp(s->a, s->b, COPY_BYTES);
	for (uint64_t i = 0; i < COPY_BYTES; i++)
		s->system_map[i] = s->b[i] = (uint8_t)~s->a[i];
	copy(s, DMA_TO);
	memset(s->system_map, 0, COPY_BYTES);
	copy(s, DMA_FROM);
	return right && !memcmp(s->system_map, s->b, COPY_BYTES);
}

/* ---- Figures --------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

int main(int argc, char **argv)
{
	static const char *const names[WAYS] = { "memcpy", "mmap_to", "mmap_from", "dma_to", "dma_from" };
	static double one[MAX_ROUNDS], queues[MAX_ROUNDS], clients[MAX_ROUNDS], mbs[WAYS][MAX_ROUNDS];
	int rounds = argc > 1 ? atoi(argv[1]) : 9;
	struct copies copies;

	if (argc > 2 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: throughput [ROUNDS 1..%d]\n", MAX_ROUNDS);
		return 2;
	}
	for (int r = 0; r < rounds; r++) {
		/* One queue of one client is the peer of both. */
		one[r] = jobs_with_clients(1);
		queues[r] = jobs_with_queues(QUEUES);
		clients[r] = jobs_with_clients(CLIENTS);
	}
	copies_open(&copies);
	for (int r = 0; r < rounds; r++)
		for (int way = 0; way < WAYS; way++)
			mbs[way][r] = copy(&copies, way);
	if (!copies_right(&copies)) {
		fputs("copied data differ\n", stderr);
		return 1;
	}
	printf("{\"jobs_1\":%.0f,\"jobs_%d_queues\":%.0f,\"jobs_%d_clients\":%.0f", median(one, rounds), QUEUES,
	       median(queues, rounds), CLIENTS, median(clients, rounds));
	for (int way = 0; way < WAYS; way++)
		printf(",\"%s_mbs\":%.0f", names[way], median(mbs[way], rounds));
	printf("}\n");
	return 0;
}

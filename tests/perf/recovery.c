// SPDX-License-Identifier: GPL-2.0
/*
 * In the guest: how long it takes to stop a queue whose job never ends, to reset the control core,
 * to reset the function, and to bind the driver. The reset of the function counts from the write to
 * sysfs to the end of the first good job after it, the others to where the call returns, which
 * the test then shows to be true by a job. Medians; one JSON line, milliseconds.
 *
 * usage: recovery [ROUNDS]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mtia/mtia.h"

#define MAX_ROUNDS 25

static char bdf[16];

static void die(const char *what)
{
	struct mtia_error e = { .size = sizeof(e) };

	mtia_error_last(&e);
	fprintf(stderr, "%s: %s %s\n", what, e.message, e.hint);
	_exit(1);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t length = (ssize_t)strlen(text);

	if (fd < 0 || write(fd, text, (size_t)length) != length) {
		perror(path);
		_exit(1);
	}
	close(fd);
}

struct client {
	struct mtia_device *device;
	struct mtia_context *context;
	struct mtia_queue *queue;
	struct mtia_cmd *nop;
};

static void client_open(struct client *c)
{
	struct mtia_device_props props = { .size = sizeof(props) };

	if (mtia_device_open(NULL, &c->device) || mtia_device_props(c->device, &props) ||
	    mtia_context_create(c->device, &c->context) ||
	    mtia_queue_create(c->context, NULL, &c->queue) ||
	    mtia_cmd_create(c->context, &c->nop) || mtia_cmd_nop(c->nop))
		die("set-up");
	memcpy(bdf, props.bdf, sizeof(bdf));
}

static void client_close(struct client *c)
{
	mtia_queue_free(c->queue);
	mtia_cmd_free(c->nop);
	mtia_context_free(c->context);
	mtia_device_free(c->device);
}

static void run_job(struct client *c)
{
	mtia_event event;

	if (mtia_submit(c->queue, c->nop, NULL, 0, &event) ||
	    mtia_event_wait(c->context, &event, 1, 0, MTIA_FOREVER, NULL))
		die("job");
}

/* A job that waits for what nobody writes, and says before that that it runs. */
static double kill_ms(struct client *c)
{
	struct mtia_buffer_desc desc = { .size = sizeof(desc), .bytes = 4096 };
	struct mtia_queue *queue;
	struct mtia_buffer *word;
	struct mtia_cmd *cmd;
	mtia_event event;
	void *map;
	int64_t begin;

	if (mtia_buffer_create(c->context, &desc, &word) || mtia_buffer_map(word, &map) ||
	    mtia_queue_create(c->context, NULL, &queue) || mtia_cmd_create(c->context, &cmd) ||
	    mtia_cmd_signal(cmd, word, 0, 1) || mtia_cmd_wait(cmd, word, 64, 1) ||
	    mtia_submit(queue, cmd, NULL, 0, &event))
		die("a job that never ends");
	while (!*(volatile uint64_t *)map)
		;
	begin = mtia_now_ns();
	mtia_queue_free(queue);
	begin = mtia_now_ns() - begin;
	mtia_cmd_free(cmd);
	mtia_buffer_free(word);
	run_job(c);
	return (double)begin / 1e6;
}

static double core_reset_ms(struct client *c)
{
	char path[96];
	int64_t begin;

	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/reset", bdf);
	begin = mtia_now_ns();
	put(path, "core");
	begin = mtia_now_ns() - begin;
	run_job(c);
	return (double)begin / 1e6;
}

/* Clients that had device memory go with it: a new one has the first job. */
static double function_reset_ms(void)
{
	struct client c;
	char path[96];
	int64_t begin;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", bdf);
	begin = mtia_now_ns();
	put(path, "1");
	client_open(&c);
	run_job(&c);
	begin = mtia_now_ns() - begin;
	client_close(&c);
	return (double)begin / 1e6;
}

static double probe_ms(void)
{
	struct client c;
	int64_t begin;

	put("/sys/bus/pci/drivers/mtia/unbind", bdf);
	begin = mtia_now_ns();
	put("/sys/bus/pci/drivers/mtia/bind", bdf);
	begin = mtia_now_ns() - begin;
	client_open(&c);
	run_job(&c);
	client_close(&c);
	return (double)begin / 1e6;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *ms, int count)
{
	qsort(ms, (size_t)count, sizeof(*ms), by_value);
	return ms[count / 2];
}

int main(int argc, char **argv)
{
	double stop[MAX_ROUNDS], core[MAX_ROUNDS], function[MAX_ROUNDS], probe[MAX_ROUNDS];
	int rounds = argc > 1 ? atoi(argv[1]) : 9;
	struct client c;

	if (rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: recovery [ROUNDS 1..%d]\n", MAX_ROUNDS);
		return 2;
	}
	client_open(&c);
	for (int r = 0; r < rounds; r++) {
		stop[r] = kill_ms(&c);
		core[r] = core_reset_ms(&c);
	}
	client_close(&c);
	for (int r = 0; r < rounds; r++) {
		function[r] = function_reset_ms();
		probe[r] = probe_ms();
	}
	printf("{\"kill_ms\":%.2f,\"core_reset_ms\":%.2f,", median(stop, rounds),
	       median(core, rounds));
	printf("\"function_reset_ms\":%.2f,\"probe_ms\":%.2f}\n", median(function, rounds),
	       median(probe, rounds));
	return 0;
}

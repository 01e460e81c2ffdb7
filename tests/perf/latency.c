// SPDX-License-Identifier: GPL-2.0
/*
 * In the guest: a NOP job from submit to fence, next to a 4 KiB read of an NVMe device at queue
 * depth 1. The two alternate, so both see the same machine. One JSON line, microseconds.
 *
 * usage: latency NVME_DEVICE [ROUNDS]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "mtia/mtia.h"

#define MAX_ROUNDS 10000

static void die(const char *what)
{
	struct mtia_error e = { .size = sizeof(e) };

	mtia_error_last(&e);
	fprintf(stderr, "%s: %s %s\n", what, e.message, e.hint);
	exit(1);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double percentile(int64_t *ns, int count, int percent)
{
	qsort(ns, count, sizeof(*ns), by_value);
	return (double)ns[(long)count * percent / 100] / 1e3;
}

int main(int argc, char **argv)
{
	static int64_t job[MAX_ROUNDS], read_ns[MAX_ROUNDS];
	int rounds = argc > 2 ? atoi(argv[2]) : 1000, fd;
	struct mtia_context *context;
	struct mtia_device *device;
	struct mtia_queue *queue;
	struct mtia_cmd *cmd;
	void *page;

	if (argc < 2 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: latency NVME_DEVICE [ROUNDS 1..%d]\n", MAX_ROUNDS);
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (fd < 0 || posix_memalign(&page, 4096, 4096)) {
		perror(argv[1]);
		return 1;
	}
	if (mtia_device_open(NULL, &device) || mtia_context_create(device, &context) ||
	    mtia_queue_create(context, NULL, &queue) || mtia_cmd_create(context, &cmd) ||
	    mtia_cmd_nop(cmd))
		die("set-up");

	for (int r = -50; r < rounds; r++) { /* the first 50 warm both up */
		mtia_event event;
		int64_t start = mtia_now_ns(), middle;

		if (mtia_submit(queue, cmd, NULL, 0, &event) ||
		    mtia_event_wait(context, &event, 1, 0, MTIA_FOREVER, NULL))
			die("NOP job");
		middle = mtia_now_ns();
		if (pread(fd, page, 4096, ((r + 50) * 7 % 64) * 4096) != 4096) {
			perror("pread");
			return 1;
		}
		if (r >= 0) {
			job[r] = middle - start;
			read_ns[r] = mtia_now_ns() - middle;
		}
	}
	printf("{\"nop_us\":%.1f,\"nop_p99_us\":%.1f,", percentile(job, rounds, 50),
	       percentile(job, rounds, 99));
	printf("\"nvme_read_us\":%.1f,\"nvme_read_p99_us\":%.1f}\n", percentile(read_ns, rounds, 50),
	       percentile(read_ns, rounds, 99));
	return 0;
}

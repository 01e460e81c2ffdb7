// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a fuzz target without a fuzzer, over files or over made-up inputs:
 *
 *	TARGET NAME ROUNDS [SEED]
 *	TARGET -- FILE...
 *
 * Prints TAP; a target that fails kills the process, which the runner counts as a failure.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_INPUT 4096
#define BATCH 100

static uint8_t input[1 << 20];

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!f) {
		perror(path);
		return 1;
	}
	size = fread(input, 1, sizeof(input), f);
	fclose(f);
	LLVMFuzzerTestOneInput(input, size);
	tap_ok(true, "%s", path);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t x, rounds;
	char *end;

	if (argc < 3) {
		fprintf(stderr, "usage: %s NAME ROUNDS [SEED] | %s -- FILE...\n", argv[0], argv[0]);
		return 2;
	}
	if (!strcmp(argv[1], "--")) {
		for (int i = 2; i < argc; i++)
			if (replay_file(argv[i]))
				return 2;
		return tap_done();
	}
	rounds = strtoull(argv[2], &end, 10);
	x = (argc > 3 ? strtoull(argv[3], NULL, 10) : 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (uint64_t done = 0; done < rounds && !*end;) {
		uint64_t until = done + BATCH < rounds ? done + BATCH : rounds;

		for (; done < until; done++) {
			size_t size = next(&x) % MAX_INPUT;

			for (size_t i = 0; i < size; i++)
				input[i] = next(&x) >> 32;
			LLVMFuzzerTestOneInput(input, size);
		}
		tap_ok(true, "%s: %llu random inputs", argv[1], (unsigned long long)until);
	}
	return tap_done();
}

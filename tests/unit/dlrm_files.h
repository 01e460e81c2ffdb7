/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of the data set and of the model share: a scratch directory and broken files. */
#ifndef MTIA_TESTS_DLRM_FILES_H
#define MTIA_TESTS_DLRM_FILES_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "image.h"
#include "tap.h"

static char scratch[64];

static inline void scratch_make(void)
{
	strcpy(scratch, P_tmpdir "/mtia-dlrm-XXXXXX");
	if (!mkdtemp(scratch)) {
		perror("mkdtemp");
		exit(1);
	}
}

static inline const char *scratch_path(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	return path;
}

static inline void scratch_write(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(scratch_path(name), "wb");

	if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
		perror(scratch_path(name));
		exit(1);
	}
}

static inline void scratch_text(const char *name, const char *text)
{
	scratch_write(name, text, strlen(text));
}

/* The CRC of a changed image put right, so that the checks behind it are reached. */
static inline void reseal(void *image, size_t size)
{
	struct dlrm_file_header *header = image;

	header->crc = dlrm_crc32(0, (char *)image + DLRM_CRC_FROM, size - DLRM_CRC_FROM);
}

/* One file that must be refused with -EBADMSG and a sentence that holds `word`. */
typedef int (*open_file_fn)(const char *path, struct dlrm_error *error);

static inline void refused(open_file_fn open_file, const void *image, size_t size, const char *word,
			   const char *what)
{
	struct dlrm_error error = { "" };
	int err;

	scratch_write("broken", image, size);
	err = open_file(scratch_path("broken"), &error);
	tap_ok(err == -EBADMSG && strstr(error.text, word), "%s: %s", what, error.text);
	unlink(scratch_path("broken"));
}

/* What either reader must say about a whole file's broken copies. */
static inline void test_broken(open_file_fn open_file, const char *image, size_t size)
{
	struct dlrm_file_header *header;
	char *copy = malloc(size + 8);

	refused(open_file, image, size / 2, "truncated", "cut in half");
	refused(open_file, image, size - 1, "truncated", "cut by a byte");
	refused(open_file, image, sizeof(*header) - 1, "truncated", "cut in its header");
	refused(open_file, image, 0, "truncated", "empty");
	memcpy(copy, image, size);
	memset(copy + size, 0, 8);
	refused(open_file, copy, size + 8, "corrupt", "bytes behind the end");
	copy[0] ^= 1;
	refused(open_file, copy, size, "magic", "wrong magic");
	copy[0] ^= 1;
	copy[8] ^= 2;
	refused(open_file, copy, size, "version", "wrong version");
	copy[8] ^= 2;
	copy[size / 2] ^= 0x10;
	refused(open_file, copy, size, "CRC", "a flipped bit in the middle");
	copy[size / 2] ^= 0x10;
	header = (struct dlrm_file_header *)copy;
	header->file_size = size + (1ull << 40);
	refused(open_file, copy, size, "truncated", "a size beyond the file");
	free(copy);
}

/*
 * Every byte of the first `prefix` set to a few values, with a CRC that fits: the reader may accept
 * what it can live with, and must survive all (the sanitizers watch).
 */
static inline void test_mutations(open_file_fn open_file, const char *image, size_t size,
				  size_t prefix)
{
	static const unsigned char values[] = { 0x00, 0xff, 0x80, 0x01 };
	unsigned int accepted = 0, refusals = 0, silent = 0;
	char *copy = malloc(size);

	for (size_t at = DLRM_CRC_FROM; at < prefix && at < size; at++) {
		for (size_t v = 0; v < sizeof(values); v++) {
			struct dlrm_error error = { "" };
			int err;

			memcpy(copy, image, size);
			copy[at] = (char)values[v];
			reseal(copy, size);
			scratch_write("mutated", copy, size);
			err = open_file(scratch_path("mutated"), &error);
			accepted += !err;
			refusals += err != 0;
			silent += err && !error.text[0];
		}
	}
	unlink(scratch_path("mutated"));
	free(copy);
	tap_ok(refusals && !silent,
	       "of mutated files %u are refused, each with a sentence, %u accepted", refusals,
	       accepted);
}

#endif /* MTIA_TESTS_DLRM_FILES_H */

/* SPDX-License-Identifier: MIT */
/*
 * What the data set's and the model's file have in common: reading a whole file, the checks of the
 * header, walking the sections, and the error that names what was wrong.
 */
#ifndef MTIA_DLRM_IMAGE_H
#define MTIA_DLRM_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"

/* One sentence, without a full stop or newline: "<file>: truncated: 4711 of 9422 bytes". */
struct dlrm_error {
	char text[320];
};

/* Formats the sentence and returns `code`. `error` may be NULL. */
int dlrm_fail(struct dlrm_error *error, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

uint32_t dlrm_crc32(uint32_t crc, const void *data, size_t size); /* start with 0 */

/*
 * The whole file, with a NUL behind it that `size` does not count; caller frees. -errno of open or
 * read; -EISDIR, -EFBIG beyond `limit`.
 */
int dlrm_read_file(const char *path, uint64_t limit, char **data, size_t *size,
		   struct dlrm_error *error);

/*
 * Written beside `path` and renamed, so that no reader meets half a file. -errno.
 */
int dlrm_write_file(const char *path, const void *data, size_t size, struct dlrm_error *error);

/*
 * Checks magic, version, sizes and CRC. -EBADMSG with the first thing that is wrong; a file that
 * ends early is called truncated before anything else.
 */
int dlrm_image_check(const char *name, const void *image, size_t size, const char *magic,
		     size_t header_size, struct dlrm_error *error);
/* Fills in file_size and crc of a finished image. */
void dlrm_image_seal(void *image, size_t size, const char *magic, size_t header_size);

/* Walks the sections. Once something did not fit, `bad` stays set and every section is NULL. */
struct dlrm_cursor {
	const char *image;
	uint64_t size, at;
	bool bad;
};
/* count x element bytes at the next multiple of 8. count <= 2^32, element <= 2^20 or it is bad. */
const void *dlrm_section(struct dlrm_cursor *cursor, uint64_t count, uint64_t element);
/* True if the sections seen are all of the file. */
bool dlrm_sections_end(const struct dlrm_cursor *cursor);

/* Names terminated, kinds and counts within limits; -EBADMSG. Used for both files. */
int dlrm_features_check(const char *name, const struct dlrm_feature *features, uint32_t tables,
			const struct dlrm_dense *dense, uint32_t dense_count,
			struct dlrm_error *error);

#endif /* MTIA_DLRM_IMAGE_H */

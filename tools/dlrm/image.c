// SPDX-License-Identifier: MIT
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int dlrm_fail(struct dlrm_error *error, int code, const char *fmt, ...)
{
	va_list args;

	if (error) {
		va_start(args, fmt);
		vsnprintf(error->text, sizeof(error->text), fmt, args);
		va_end(args);
	}
	return code;
}

/* A nibble at a time: small table, and 100 MB/s are enough for files of a few megabytes. */
uint32_t dlrm_crc32(uint32_t crc, const void *data, size_t size)
{
	static const uint32_t nibble[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t *at = data;

	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= at[i];
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return ~crc;
}

static int read_all(int fd, char *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = read(fd, data + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EIO;
		done += (size_t)got;
	}
	return 0;
}

int dlrm_read_file(const char *path, uint64_t limit, char **data, size_t *size,
		   struct dlrm_error *error)
{
	struct stat st = { 0 };
	int fd, err = 0;
	char *text;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if ((uint64_t)st.st_size > limit)
		err = -EFBIG;
	if (err) {
		dlrm_fail(error, err, "%s: %s", path, strerror(-err));
		goto close;
	}
	text = malloc((size_t)st.st_size + 1);
	if (!text) {
		err = dlrm_fail(error, -ENOMEM, "%s: no memory for %" PRId64 " bytes", path,
				(int64_t)st.st_size);
		goto close;
	}
	err = read_all(fd, text, (size_t)st.st_size);
	if (err) {
		dlrm_fail(error, err, "%s: read failed: %s", path, strerror(-err));
		free(text);
		goto close;
	}
	text[st.st_size] = 0;
	*data = text;
	*size = (size_t)st.st_size;
close:
	if (fd >= 0)
		close(fd);
	return err;
}

int dlrm_write_file(const char *path, const void *data, size_t size, struct dlrm_error *error)
{
	size_t length = strlen(path) + sizeof(".new");
	char *temporary = malloc(length);
	FILE *file;
	int err = 0;

	if (!temporary)
		return dlrm_fail(error, -ENOMEM, "%s: no memory", path);
	snprintf(temporary, length, "%s.new", path);
	file = fopen(temporary, "wb");
	if (!file)
		err = -errno;
	if (file && fwrite(data, 1, size, file) != size)
		err = errno ? -errno : -EIO;
	if (file && fclose(file) && !err)
		err = -errno;
	if (!err && rename(temporary, path))
		err = -errno;
	if (err) {
		dlrm_fail(error, err, "%s: cannot be written: %s", path, strerror(-err));
		if (file)
			unlink(temporary);
	}
	free(temporary);
	return err;
}

int dlrm_image_check(const char *name, const void *image, size_t size, const char *magic,
		     size_t header_size, struct dlrm_error *error)
{
	const struct dlrm_file_header *header = image;
	uint32_t crc;

	if (size < sizeof(*header))
		return dlrm_fail(error, -EBADMSG, "%s: truncated: %zu bytes hold no header", name,
				 size);
	if (memcmp(header->magic, magic, sizeof(header->magic)))
		return dlrm_fail(error, -EBADMSG, "%s: wrong magic: not a %s file", name, magic);
	if (header->version != DLRM_VERSION)
		return dlrm_fail(error, -EBADMSG, "%s: version %u, this program reads version %u",
				 name, header->version, DLRM_VERSION);
	if (size < header_size || size < header->file_size)
		return dlrm_fail(error, -EBADMSG, "%s: truncated: %zu of %" PRIu64 " bytes", name,
				 size, (uint64_t)header->file_size);
	if (header->header_size != header_size || header->file_size != size)
		return dlrm_fail(error, -EBADMSG,
				 "%s: corrupt header: header_size %u, file_size %" PRIu64
				 ", expected %zu and %zu",
				 name, header->header_size, (uint64_t)header->file_size,
				 header_size, size);
	crc = dlrm_crc32(0, (const char *)image + DLRM_CRC_FROM, size - DLRM_CRC_FROM);
	if (crc != header->crc)
		return dlrm_fail(error, -EBADMSG, "%s: corrupt: CRC is %08x, header says %08x",
				 name, crc, header->crc);
	return 0;
}

void dlrm_image_seal(void *image, size_t size, const char *magic, size_t header_size)
{
	struct dlrm_file_header *header = image;

	memcpy(header->magic, magic, sizeof(header->magic));
	header->version = DLRM_VERSION;
	header->header_size = (uint32_t)header_size;
	header->file_size = size;
	header->reserved = 0;
	header->crc = dlrm_crc32(0, (const char *)image + DLRM_CRC_FROM, size - DLRM_CRC_FROM);
}

const void *dlrm_section(struct dlrm_cursor *cursor, uint64_t count, uint64_t element)
{
	uint64_t start = (cursor->at + 7) & ~7ull;

	if (cursor->bad || count > 1ull << 32 || element > 1u << 20 || start > cursor->size ||
	    count * element > cursor->size - start) {
		cursor->bad = true;
		return NULL;
	}
	cursor->at = start + count * element;
	return cursor->image + start;
}

bool dlrm_sections_end(const struct dlrm_cursor *cursor)
{
	return !cursor->bad && ((cursor->at + 7) & ~7ull) == cursor->size;
}

static bool terminated(const char *name)
{
	return name[0] && memchr(name, 0, DLRM_NAME_SIZE);
}

int dlrm_features_check(const char *name, const struct dlrm_feature *features, uint32_t tables,
			const struct dlrm_dense *dense, uint32_t dense_count,
			struct dlrm_error *error)
{
	for (uint32_t t = 0; t < tables; t++) {
		const struct dlrm_feature *f = &features[t];

		if (!terminated(f->name))
			return dlrm_fail(error, -EBADMSG, "%s: feature %u has no valid name", name,
					 t);
		if (!f->rows || f->rows > DLRM_MAX_ROWS)
			return dlrm_fail(error, -EBADMSG, "%s: %s has %u rows, 1 to %u are allowed",
					 name, f->name, f->rows, DLRM_MAX_ROWS);
		if (f->kind != DLRM_ID && f->kind != DLRM_BAG)
			return dlrm_fail(error, -EBADMSG, "%s: %s is of unknown kind %u", name,
					 f->name, f->kind);
	}
	for (uint32_t i = 0; i < dense_count; i++) {
		if (!terminated(dense[i].name))
			return dlrm_fail(error, -EBADMSG, "%s: dense feature %u has no valid name",
					 name, i);
		if (!isfinite(dense[i].mean) || !isfinite(dense[i].deviation) ||
		    !(dense[i].deviation > 0))
			return dlrm_fail(error, -EBADMSG, "%s: %s: mean %g, deviation %g", name,
					 dense[i].name, dense[i].mean, dense[i].deviation);
	}
	return 0;
}

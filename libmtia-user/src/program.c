// SPDX-License-Identifier: MIT
/* PE programs: checking an image, placing it in device memory, the programs of the library. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "mtia/pe.h"

#define PROGRAM_MAX_BYTES (16u << 20)

/* CRC-32C (Castagnoli), reflected, bit by bit: images are a few KiB and loaded once. */
static uint32_t crc32c(uint32_t crc, const uint8_t *data, size_t bytes)
{
	crc = ~crc;
	while (bytes--) {
		crc ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

#define bad(...) fail(MTIA_EPROGRAM, "PE program", NULL, __VA_ARGS__)

static int check_header(const struct mtia_pe_image *h, size_t bytes)
{
	if (h->magic != MTIA_PE_MAGIC)
		return bad("magic 0x%08x instead of 0x%08x: not a PE program", h->magic,
			   MTIA_PE_MAGIC);
	if (h->abi != MTIA_PE_ABI)
		return bad("made for PE ABI %u, this library knows %u", h->abi, MTIA_PE_ABI);
	if (h->header_size != sizeof(*h))
		return bad("header of %u bytes instead of %zu", h->header_size, sizeof(*h));
	if (h->image_size > bytes)
		return bad("cut off: %zu bytes of an image of %u", bytes, h->image_size);
	if (h->image_size < bytes)
		return bad("%zu bytes behind the image of %u", bytes - h->image_size,
			   h->image_size);
	if (h->image_size < sizeof(*h) + 4 || h->image_size % 4)
		return bad("image of %u bytes: too short, or not a multiple of 4", h->image_size);
	for (int core = 0; core < MTIA_CORES_PER_PE; core++)
		if (h->entry[core] < sizeof(*h) || h->entry[core] > h->image_size - 2 ||
		    h->entry[core] % 2)
			return bad("entry of core %c at 0x%x is not inside the code", 'A' + core,
				   h->entry[core]);
	if (h->args_size > MTIA_PE_ARGS_SIZE)
		return bad("wants %u bytes of arguments, at most %u fit", h->args_size,
			   MTIA_PE_ARGS_SIZE);
	if (!memchr(h->name, 0, sizeof(h->name)))
		return bad("its name does not end");
	return 0;
}

static int check_image(const void *image, size_t bytes, struct mtia_pe_image *h)
{
	uint32_t crc, zero = 0;
	int ret;

	if (!image)
		return fail(-EINVAL, "PE program", NULL, "the image is NULL");
	if (bytes < sizeof(*h))
		return bad("cut off: %zu bytes are not even a header", bytes);
	if (bytes > PROGRAM_MAX_BYTES)
		return bad("%zu bytes; at most %u", bytes, PROGRAM_MAX_BYTES);
	memcpy(h, image, sizeof(*h));
	ret = check_header(h, bytes);
	if (ret)
		return ret;
	crc = crc32c(0, image, offsetof(struct mtia_pe_image, crc));
	crc = crc32c(crc, (const uint8_t *)&zero, sizeof(zero));
	crc = crc32c(crc, (const uint8_t *)image + offsetof(struct mtia_pe_image, name),
		     bytes - offsetof(struct mtia_pe_image, name));
	if (crc != h->crc)
		return bad("checksum 0x%08x, its header says 0x%08x: damaged", crc, h->crc);
	return 0;
}

int mtia_program_check(const void *image, size_t bytes)
{
	struct mtia_pe_image header;

	return check_image(image, bytes, &header);
}

int mtia_program_load(struct mtia_context *context, const void *image, size_t bytes,
		      struct mtia_program **out)
{
	struct mtia_buffer_desc desc = {
		.size = sizeof(desc), .flags = MTIA_BUFFER_EXEC | MTIA_BUFFER_READONLY,
		.bytes = bytes,
	};
	struct mtia_program *program;
	struct mtia_pe_image header;
	int ret;

	if (!context || !out)
		return fail(-EINVAL, "mtia_program_load", NULL, "an argument is NULL");
	*out = NULL;
	ret = check_image(image, bytes, &header);
	if (ret)
		return ret;
	program = calloc(1, sizeof(*program));
	if (!program)
		return fail(-ENOMEM, "mtia_program_load", NULL, "out of memory");
	atomic_init(&program->refs, 1);
	program->image_size = header.image_size;
	program->args_size = header.args_size;
	memcpy(program->name, header.name, sizeof(program->name));
	desc.label = program->name;
	ret = mtia_buffer_create(context, &desc, &program->buffer);
	if (!ret)
		ret = mtia_buffer_write(program->buffer, 0, image, bytes);
	if (ret) {
		mtia_buffer_free(program->buffer);
		free(program);
		return ret;
	}
	*out = program;
	return 0;
}

struct mtia_program *program_get(struct mtia_program *program)
{
	atomic_fetch_add(&program->refs, 1);
	return program;
}

void mtia_program_free(struct mtia_program *program)
{
	struct mtia_context *context;
	bool last;

	if (!program)
		return;
	context = context_get(program->buffer->context);
	/* Under the lock, so that mtia_program_builtin() cannot revive what is going away. */
	pthread_mutex_lock(&context->lock);
	last = atomic_fetch_sub(&program->refs, 1) == 1;
	if (last && program->builtin) {
		struct mtia_program **link = &context->programs;

		while (*link && *link != program)
			link = &(*link)->next;
		if (*link)
			*link = program->next;
	}
	pthread_mutex_unlock(&context->lock);
	if (last) {
		mtia_buffer_free(program->buffer);
		free(program);
	}
	mtia_context_free(context);
}

const char *mtia_program_name(const struct mtia_program *program)
{
	return program->name;
}

uint32_t mtia_program_args_size(const struct mtia_program *program)
{
	return program->args_size;
}

/* ---- The library's own ---------------------------------------------------------------------- */

/* programs.S; a list of { name, first byte, byte behind the last }, ended by a NULL name. */
struct embedded_program {
	const char *name;
	const uint8_t *start, *end;
};
extern const struct embedded_program embedded_programs[];

static int read_file(const char *path, void **data, size_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	struct stat st;
	ssize_t got = -1;

	if (fd < 0)
		return fail(-errno, "MTIA_KERNEL_DIR", "build it, or unset MTIA_KERNEL_DIR",
			    "%s: %s", path, strerror(errno));
	*data = NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size >= 0 &&
	    st.st_size <= PROGRAM_MAX_BYTES) {
		*bytes = st.st_size;
		*data = malloc(*bytes + 1);
		if (*data)
			got = read(fd, *data, *bytes);
	} else {
		errno = EFBIG;
	}
	error = got < 0 ? errno : 0;
	close(fd);
	if (!error && (size_t)got == *bytes)
		return 0;
	free(*data);
	return fail(error ? -error : -EIO, "MTIA_KERNEL_DIR", NULL, "%s: %s", path,
		    error ? strerror(error) : "changed while it was read");
}

static int load_named(struct mtia_context *context, const char *name, struct mtia_program **out)
{
	const char *dir = secure_getenv("MTIA_KERNEL_DIR");
	char path[4096];
	void *data = NULL;
	size_t bytes = 0;
	int ret;

	if (dir && *dir) {
		if (strchr(name, '/') ||
		    (size_t)snprintf(path, sizeof(path), "%s/%s.pe", dir, name) >= sizeof(path))
			return fail(-ENOENT, "MTIA_KERNEL_DIR", NULL, "no program '%s'", name);
		ret = read_file(path, &data, &bytes);
		if (ret)
			return ret;
		/* NOLINTNEXTLINE: read_file() frees it only when it fails */
		ret = mtia_program_load(context, data, bytes, out);
		free(data);
		return ret;
	}
	for (const struct embedded_program *p = embedded_programs; p->name; p++)
		if (!strcmp(p->name, name))
			return mtia_program_load(context, p->start, p->end - p->start, out);
	return fail(-ENOENT, "mtia_program_builtin", NULL, "this library has no program '%s'",
		    name);
}

static struct mtia_program *find_held(struct mtia_context *context, const char *name)
{
	struct mtia_program *program;

	for (program = context->programs; program; program = program->next)
		if (!strcmp(program->name, name))
			return program_get(program);
	return NULL;
}

int mtia_program_builtin(struct mtia_context *context, const char *name, struct mtia_program **out)
{
	struct mtia_program *program, *held;
	int ret;

	if (!context || !name || !out)
		return fail(-EINVAL, "mtia_program_builtin", NULL, "an argument is NULL");
	pthread_mutex_lock(&context->lock);
	held = find_held(context, name);
	pthread_mutex_unlock(&context->lock);
	*out = held;
	if (held)
		return 0;
	ret = load_named(context, name, &program);
	if (ret)
		return ret;
	if (strcmp(program->name, name)) {
		ret = fail(MTIA_EPROGRAM, "mtia_program_builtin", NULL,
			   "the program '%s' calls itself '%s'", name, program->name);
		mtia_program_free(program);
		return ret;
	}
	pthread_mutex_lock(&context->lock);
	held = find_held(context, name); /* another thread was first */
	if (!held) {
		program->builtin = true;
		program->next = context->programs;
		context->programs = program;
	}
	pthread_mutex_unlock(&context->lock);
	if (held)
		mtia_program_free(program);
	*out = held ? held : program;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* The parser of PE programs against real images: whole, cut anywhere, with every bit flipped. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib_fake.h"
#include "mtia/pe.h"
#include "tap.h"

static uint8_t *read_image(const char *path, size_t *bytes)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(1 << 20);

	*bytes = f && data ? fread(data, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	return data;
}

/* A copy of exactly that size, so that the sanitizer sees one byte too many. */
static int check_copy(const uint8_t *image, size_t bytes)
{
	uint8_t *copy = malloc(bytes ? bytes : 1);
	int ret;

	memcpy(copy, image, bytes);
	ret = mtia_program_check(copy, bytes);
	free(copy);
	return ret;
}

static uint32_t crc32c(const uint8_t *data, size_t bytes)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < bytes; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

/* With one field changed and the checksum right again: the field itself must be refused. */
static int check_field(const uint8_t *image, size_t bytes, size_t offset, uint32_t value,
		       size_t width)
{
	uint8_t *copy = malloc(bytes);
	uint32_t crc = 0;
	int ret;

	memcpy(copy, image, bytes);
	memcpy(copy + offset, &value, width);
	memcpy(copy + offsetof(struct mtia_pe_image, crc), &crc, 4);
	crc = crc32c(copy, bytes);
	memcpy(copy + offsetof(struct mtia_pe_image, crc), &crc, 4);
	ret = mtia_program_check(copy, bytes);
	free(copy);
	return ret;
}

#define FIELD(member) offsetof(struct mtia_pe_image, member)

static void one_image(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	unsigned int accepted = 0;
	uint32_t entry;
	size_t bytes;
	uint8_t *image = read_image(path, &bytes);

	tap_ok(bytes && check_copy(image, bytes) == 0, "%s: accepted as built", name);
	for (size_t cut = 0; cut < bytes; cut++)
		accepted += check_copy(image, cut) != MTIA_EPROGRAM;
	tap_u64(accepted, 0, "%s: refused when cut at any of %zu places", name, bytes);
	accepted = 0;
	for (size_t bit = 0; bit < bytes * 8; bit += bit < 512 ? 1 : 37) {
		image[bit / 8] ^= 1u << bit % 8;
		accepted += check_copy(image, bytes) != MTIA_EPROGRAM;
		image[bit / 8] ^= 1u << bit % 8;
	}
	tap_u64(accepted, 0, "%s: refused with any header bit, or one of 37 others, flipped", name);

	tap_ok(check_field(image, bytes, FIELD(abi), MTIA_PE_ABI + 1, 2) == MTIA_EPROGRAM,
	       "%s: another ABI", name);
	tap_ok(check_field(image, bytes, FIELD(header_size), 60, 2) == MTIA_EPROGRAM,
	       "%s: another header size", name);
	tap_ok(check_field(image, bytes, FIELD(image_size), bytes + 4, 4) == MTIA_EPROGRAM,
	       "%s: larger than its file", name);
	tap_ok(check_field(image, bytes, FIELD(entry), 60, 4) == MTIA_EPROGRAM,
	       "%s: entry inside the header", name);
	tap_ok(check_field(image, bytes, FIELD(entry), bytes, 4) == MTIA_EPROGRAM,
	       "%s: entry behind the image", name);
	tap_ok(check_field(image, bytes, FIELD(entry) + 4, UINT32_MAX, 4) == MTIA_EPROGRAM,
	       "%s: entry of core B at the end of the address space", name);
	memcpy(&entry, image + FIELD(entry), 4);
	tap_ok(check_field(image, bytes, FIELD(entry), entry + 1, 4) == MTIA_EPROGRAM,
	       "%s: odd entry", name);
	tap_ok(check_field(image, bytes, FIELD(args_size), MTIA_PE_ARGS_SIZE + 1, 4) ==
		       MTIA_EPROGRAM,
	       "%s: more arguments than fit", name);
	memset(image + FIELD(name), 'x', 36);
	tap_ok(check_field(image, bytes, FIELD(args_size), 0, 4) == MTIA_EPROGRAM,
	       "%s: name without an end", name);
	free(image);
}

static void loading(const char *dir)
{
	struct mtia_program *a, *b, *c;
	struct mtia_context *context;
	struct fake *f = fake_new();
	char folder[] = P_tmpdir "/mtia-lib-program-XXXXXX", path[64];
	FILE *file;

	mtia_context_create(&f->base, &context);
	tap_ok(mtia_program_builtin(context, "fc_int8", &a) == 0 &&
		       mtia_program_builtin(context, "fc_int8", &b) == 0 && a == b,
	       "a built-in program is loaded once a context");
	tap_u64(f->live_buffers, 1, "and takes one buffer");
	mtia_program_free(a);
	mtia_program_free(b);
	tap_u64(f->live_buffers, 0, "which goes with the last holder");
	tap_ok(mtia_program_builtin(context, "nonesuch", &a) == -ENOENT && !a, "unknown name");
	f->fail_buffer = -ENOSPC;
	tap_ok(mtia_program_builtin(context, "fc_int8", &a) == -ENOSPC && !a,
	       "no device memory is passed on");
	f->fail_buffer = 0;

	setenv("MTIA_KERNEL_DIR", dir, 1);
	tap_ok(mtia_program_builtin(context, "tbe", &a) == 0 &&
		       !strcmp(mtia_program_name(a), "tbe"),
	       "MTIA_KERNEL_DIR takes the file");
	tap_ok(mtia_program_builtin(context, "../tbe", &c) == -ENOENT,
	       "a name cannot leave that folder");
	mtia_program_free(a);
	if (mkdtemp(folder)) {
		setenv("MTIA_KERNEL_DIR", folder, 1);
		tap_ok(mtia_program_builtin(context, "fc_int8", &a) == -ENOENT,
		       "file missing there");
		snprintf(path, sizeof(path), "%s/fc_int8.pe", folder);
		file = fopen(path, "w");
		fputs("not a program, but more than sixty-four bytes of text that no core can run "
		      "at all",
		      file);
		fclose(file);
		tap_ok(mtia_program_builtin(context, "fc_int8", &a) == MTIA_EPROGRAM && !a,
		       "text instead of a program");
		unlink(path);
		rmdir(folder);
	}
	unsetenv("MTIA_KERNEL_DIR");
	mtia_context_free(context);
	tap_u64(f->live_vms + f->live_buffers, 0, "nothing is left");
	free(f);
}

int main(int argc, char **argv)
{
	char path[512];

	if (argc != 2)
		return 2;
	tap_ok(mtia_program_check(NULL, 64) == -EINVAL, "no image");
	snprintf(path, sizeof(path), "%s/fc_int8.pe", argv[1]);
	one_image(path);
	snprintf(path, sizeof(path), "%s/tbe.pe", argv[1]);
	one_image(path);
	loading(argv[1]);
	return tap_done();
}

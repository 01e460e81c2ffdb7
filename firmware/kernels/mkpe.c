// SPDX-License-Identifier: MIT
/*
 * mkpe: finish a PE program image.
 *
 * usage: mkpe NAME ARGS_SIZE IMAGE IMAGE_AT_OTHER_BASE OUT
 *
 * Both inputs are the same program linked at two addresses; they must be equal byte for byte, or
 * the program is not position independent and is refused. Fills in size, argument size, name, CRC.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mtia/pe.h"
#include "mtia/regs.h"

static uint32_t crc32c(const unsigned char *data, size_t size)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static size_t read_file(const char *path, unsigned char *data, size_t room)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file) {
		fprintf(stderr, "mkpe: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	size = fread(data, 1, room, file);
	if (ferror(file) || !feof(file)) {
		fprintf(stderr, "mkpe: %s: cannot read, or longer than %zu bytes\n", path, room);
		exit(1);
	}
	fclose(file);
	return size;
}

int main(int argc, char **argv)
{
	static unsigned char image[1 << 20], other[1 << 20];
	struct mtia_pe_image header;
	size_t size;
	FILE *out;

	if (argc != 6) {
		fprintf(stderr, "usage: mkpe NAME ARGS_SIZE IMAGE IMAGE_AT_OTHER_BASE OUT\n");
		return 2;
	}
	size = read_file(argv[3], image, sizeof(image) - 4);
	if (size != read_file(argv[4], other, sizeof(other)) || memcmp(image, other, size)) {
		fprintf(stderr, "mkpe: %s is not position independent\n", argv[1]);
		return 1;
	}
	size = (size + 3) & ~(size_t)3;
	if (size <= sizeof(header) || strlen(argv[1]) >= sizeof(header.name)) {
		fprintf(stderr, "mkpe: %s: no code, or its name is too long\n", argv[1]);
		return 1;
	}
	memcpy(&header, image, sizeof(header));
	header.image_size = size;
	header.args_size = strtoul(argv[2], NULL, 0);
	header.crc = 0;
	memset(header.name, 0, sizeof(header.name));
	memcpy(header.name, argv[1], strlen(argv[1]));
	if (header.magic != MTIA_PE_MAGIC || header.args_size > MTIA_PE_ARGS_SIZE) {
		fprintf(stderr, "mkpe: %s: no image header, or too many arguments\n", argv[1]);
		return 1;
	}
	memcpy(image, &header, sizeof(header));
	header.crc = crc32c(image, size);
	memcpy(image, &header, sizeof(header));

	out = fopen(argv[5], "wb");
	if (!out || fwrite(image, 1, size, out) != size || fclose(out)) {
		fprintf(stderr, "mkpe: %s: %s\n", argv[5], strerror(errno));
		remove(argv[5]);
		return 1;
	}
	return 0;
}

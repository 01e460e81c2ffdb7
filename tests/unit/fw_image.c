// SPDX-License-Identifier: GPL-2.0
/*
 * The image checker on the image that was really built: every byte flipped, cut at every length of
 * its header and at many of its payload, and each field wrong in an otherwise consistent image.
 *
 *	fw_image mtia_ctrl.bin again.bin	(the second one built from the same ELF)
 */
#include <stdlib.h>

#include "fwimage.h"
#include "tap.h"

static uint8_t *image;
static size_t image_size;

static uint8_t *load(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(MTIA_FW_MAX_SIZE);

	*size = file && bytes ? fread(bytes, 1, MTIA_FW_MAX_SIZE, file) : 0;
	if (file)
		fclose(file);
	return bytes;
}

/* In a buffer of exactly that size, so that ASan sees a read too far. */
static enum fwimage_defect check_exact(const uint8_t *bytes, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);
	enum fwimage_defect defect;

	memcpy(exact, bytes, size);
	defect = fwimage_check(exact, size, NULL);
	free(exact);
	return defect;
}

static enum fwimage_defect with_header(const struct mtia_fw_header *header)
{
	struct mtia_fw_header sealed = *header;
	uint8_t *copy = malloc(image_size);
	enum fwimage_defect defect;

	memcpy(copy, image, image_size);
	sealed.header_crc = fwimage_header_crc(&sealed);
	memcpy(copy, &sealed, sizeof(sealed));
	defect = fwimage_check(copy, image_size, NULL);
	free(copy);
	return defect;
}

static void check_fields(const struct mtia_fw_header *good)
{
	struct mtia_fw_header bad;

#define WRONG(change, want, text)                            \
	do {                                                 \
		bad = *good;                                 \
		change;                                      \
		tap_ok(with_header(&bad) == (want), text);   \
	} while (0)
	tap_ok(with_header(good) == FWIMAGE_OK, "the image itself");
	WRONG(bad.magic ^= 1, FWIMAGE_MAGIC, "magic");
	WRONG(bad.header_size = 216, FWIMAGE_HEADER_SIZE, "header size");
	WRONG(bad.abi_major++, FWIMAGE_ABI, "ABI major");
	WRONG(bad.abi_minor++, FWIMAGE_OK, "a newer minor is fine");
	WRONG(bad.image_size = MTIA_FW_MAX_SIZE + 1, FWIMAGE_TOO_LARGE, "image size beyond 4 MiB");
	WRONG(bad.image_size = (uint32_t)image_size + 1, FWIMAGE_TRUNCATED, "image size beyond file");
	WRONG(bad.image_size = 8, FWIMAGE_TRUNCATED, "image size within the header");
	WRONG(bad.payload_crc ^= 1, FWIMAGE_PAYLOAD_CRC, "payload CRC");
	WRONG(bad.section_count = 0, FWIMAGE_SECTION_COUNT, "no sections");
	WRONG(bad.section_count = 9, FWIMAGE_SECTION_COUNT, "nine sections");
	WRONG(bad.section_count = ~0u, FWIMAGE_SECTION_COUNT, "2^32 - 1 sections");
	WRONG(bad.sections[0].file_offset = (uint32_t)image_size & ~7u, FWIMAGE_SECTION,
	      "section behind the file");
	WRONG(bad.sections[0].file_offset = ~7u, FWIMAGE_SECTION, "section offset 2^32 - 8");
	WRONG(bad.sections[0].file_offset = 0, FWIMAGE_SECTION, "section over the header");
	WRONG(bad.sections[0].file_offset += 4, FWIMAGE_SECTION, "section offset misaligned");
	WRONG(bad.sections[0].file_size = ~0u, FWIMAGE_SECTION, "section size 2^32 - 1");
	WRONG(bad.sections[0].mem_size = bad.sections[0].file_size - 8, FWIMAGE_SECTION,
	      "memory smaller than file");
	WRONG(bad.sections[0].mem_size = 0, FWIMAGE_SECTION, "empty section");
	WRONG(bad.sections[0].mem_size = MTIA_FW_IMAGE_LIMIT + 8, FWIMAGE_SECTION,
	      "section larger than the region");
	WRONG(bad.sections[0].load_offset = ~7u, FWIMAGE_SECTION, "load offset 2^32 - 8");
	WRONG(bad.sections[0].load_offset = MTIA_FW_BOOT_OFFSET, FWIMAGE_SECTION,
	      "section over the boot parameters");
	WRONG(bad.sections[1] = bad.sections[0], FWIMAGE_SECTION, "sections overlap");
	WRONG(bad.entry_offset = MTIA_FW_IMAGE_LIMIT, FWIMAGE_ENTRY, "entry outside");
	WRONG(bad.entry_offset |= 1, FWIMAGE_ENTRY, "odd entry");
	WRONG(bad.entry_offset = bad.sections[0].load_offset + bad.sections[0].file_size,
	      FWIMAGE_ENTRY, "entry behind the code");
	WRONG(memset(bad.version, 'x', sizeof(bad.version)), FWIMAGE_VERSION,
	      "version not terminated");
#undef WRONG
	bad = *good;
	bad.features ^= 1;
	memcpy(image, &bad, sizeof(bad));
	tap_ok(fwimage_check(image, image_size, NULL) == FWIMAGE_HEADER_CRC, "header CRC");
	memcpy(image, good, sizeof(*good));
}

int main(int argc, char **argv)
{
	struct mtia_fw_header header = { 0 };
	size_t again_size, cut = 0, flipped = 0;
	uint8_t *again;

	if (argc != 3)
		return 2;
	image = load(argv[1], &image_size);
	again = load(argv[2], &again_size);
	tap_ok(fwimage_crc32c(0, "123456789", 9) == 0xe3069283, "CRC-32C check value");
	tap_ok(fwimage_check(image, image_size, &header) == FWIMAGE_OK, "built image");
	tap_ok(image_size == again_size && !memcmp(image, again, image_size),
	       "built twice, the same bytes");
	tap_ok(header.build_id[0] | header.build_id[7] | header.build_id[19], "has a build id");
	check_fields(&header);
	for (size_t size = 0; size < image_size; size += size < 512 ? 1 : 97)
		cut += check_exact(image, size) == FWIMAGE_OK;
	tap_u64(cut, 0, "no truncated image passes");
	for (size_t i = 0; i < image_size; i++) {
		if (i > 512 && i % 13)
			continue;
		image[i] ^= (uint8_t)(1u << i % 8);
		flipped += fwimage_check(image, image_size, NULL) == FWIMAGE_OK;
		image[i] ^= (uint8_t)(1u << i % 8);
	}
	tap_u64(flipped, 0, "no image with a flipped bit passes");
	free(image);
	free(again);
	return tap_done();
}

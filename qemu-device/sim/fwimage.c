// SPDX-License-Identifier: MIT
#include "fwimage.h"

#include <stdbool.h>
#include <string.h>

#define CRC32C_REFLECTED 0x82f63b78u

uint32_t fwimage_crc32c(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32C_REFLECTED : 0);
	}
	return ~crc;
}

uint32_t fwimage_header_crc(const struct mtia_fw_header *header)
{
	struct mtia_fw_header copy = *header;

	copy.header_crc = 0;
	return fwimage_crc32c(0, &copy, sizeof(copy));
}

static bool section_ok(const struct mtia_fw_header *header, const struct mtia_fw_section *s)
{
	/* 32-bit sums taken in 64 bits cannot wrap */
	uint64_t file_end = (uint64_t)s->file_offset + s->file_size;
	uint64_t load_end = (uint64_t)s->load_offset + s->mem_size;

	return s->file_offset % 8 == 0 && s->load_offset % 8 == 0 && s->mem_size &&
	       s->mem_size >= s->file_size && load_end <= MTIA_FW_IMAGE_LIMIT &&
	       (!s->file_size ||
		(s->file_offset >= header->header_size && file_end <= header->image_size));
}

static enum fwimage_defect check_sections(const struct mtia_fw_header *header)
{
	bool entry_inside = false;

	if (!header->section_count || header->section_count > MTIA_FW_MAX_SECTIONS)
		return FWIMAGE_SECTION_COUNT;
	for (uint32_t i = 0; i < header->section_count; i++) {
		const struct mtia_fw_section *s = &header->sections[i];

		if (!section_ok(header, s))
			return FWIMAGE_SECTION;
		for (uint32_t j = 0; j < i; j++) {
			const struct mtia_fw_section *t = &header->sections[j];

			if (s->load_offset < t->load_offset + t->mem_size &&
			    t->load_offset < s->load_offset + s->mem_size)
				return FWIMAGE_SECTION;
		}
		if (header->entry_offset >= s->load_offset &&
		    header->entry_offset - s->load_offset < s->file_size)
			entry_inside = true;
	}
	return entry_inside && header->entry_offset % 2 == 0 ? FWIMAGE_OK : FWIMAGE_ENTRY;
}

enum fwimage_defect fwimage_check(const void *image, size_t size, struct mtia_fw_header *out)
{
	struct mtia_fw_header header;
	enum fwimage_defect defect;

	if (size < sizeof(header))
		return FWIMAGE_TRUNCATED;
	memcpy(&header, image, sizeof(header));
	if (header.magic != MTIA_FW_MAGIC)
		return FWIMAGE_MAGIC;
	if (header.header_size != sizeof(header))
		return FWIMAGE_HEADER_SIZE;
	if (header.header_crc != fwimage_header_crc(&header))
		return FWIMAGE_HEADER_CRC;
	if (header.abi_major != MTIA_FW_ABI_MAJOR)
		return FWIMAGE_ABI;
	if (header.image_size > MTIA_FW_MAX_SIZE)
		return FWIMAGE_TOO_LARGE;
	if (header.image_size > size || header.image_size < sizeof(header))
		return FWIMAGE_TRUNCATED;
	if (header.payload_crc != fwimage_crc32c(0, (const uint8_t *)image + sizeof(header),
						 header.image_size - sizeof(header)))
		return FWIMAGE_PAYLOAD_CRC;
	if (!memchr(header.version, 0, sizeof(header.version)))
		return FWIMAGE_VERSION;
	defect = check_sections(&header);
	if (defect == FWIMAGE_OK && out)
		*out = header;
	return defect;
}

const char *fwimage_defect_text(enum fwimage_defect defect)
{
	switch (defect) {
	case FWIMAGE_OK:
		return "no defect";
	case FWIMAGE_TRUNCATED:
		return "file is truncated";
	case FWIMAGE_TOO_LARGE:
		return "image is larger than the format allows";
	case FWIMAGE_MAGIC:
		return "not an MTIA firmware image (magic)";
	case FWIMAGE_HEADER_SIZE:
		return "header has an unknown size";
	case FWIMAGE_HEADER_CRC:
		return "header is damaged (CRC)";
	case FWIMAGE_ABI:
		return "made for another major version of the firmware ABI";
	case FWIMAGE_PAYLOAD_CRC:
		return "payload is damaged (CRC)";
	case FWIMAGE_SECTION_COUNT:
		return "section count is out of range";
	case FWIMAGE_SECTION:
		return "a section does not fit file or firmware region, or overlaps another";
	case FWIMAGE_ENTRY:
		return "entry point is outside the loaded sections";
	case FWIMAGE_VERSION:
		return "version text is not terminated";
	}
	return "unknown defect";
}

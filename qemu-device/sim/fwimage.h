/* SPDX-License-Identifier: MIT */
/*
 * The firmware image as its loaders see it: find out what, if anything, is wrong with the bytes,
 * before any of them is believed. Reads nothing outside [image, image + size).
 */
#ifndef MTIA_FWIMAGE_H
#define MTIA_FWIMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "mtia/fw_abi.h"

enum fwimage_defect {
	FWIMAGE_OK = 0,
	FWIMAGE_TRUNCATED,   /* shorter than the header, or than the header says */
	FWIMAGE_TOO_LARGE,   /* beyond MTIA_FW_MAX_SIZE */
	FWIMAGE_MAGIC,
	FWIMAGE_HEADER_SIZE,
	FWIMAGE_HEADER_CRC,
	FWIMAGE_ABI,	     /* major is not ours */
	FWIMAGE_PAYLOAD_CRC,
	FWIMAGE_SECTION_COUNT,
	FWIMAGE_SECTION,     /* a section leaves the image or its place in LPDDR, or overlaps */
	FWIMAGE_ENTRY,	     /* entry point outside all sections */
	FWIMAGE_VERSION,     /* version text not terminated */
};

/* Checks everything; on FWIMAGE_OK *header (may be NULL) is a copy of the header. */
enum fwimage_defect fwimage_check(const void *image, size_t size, struct mtia_fw_header *header);
const char *fwimage_defect_text(enum fwimage_defect defect);

/* CRC-32C (Castagnoli) of a buffer; start with crc = 0, feed the result back to continue. */
uint32_t fwimage_crc32c(uint32_t crc, const void *data, size_t size);
/* What the header's header_crc must be. */
uint32_t fwimage_header_crc(const struct mtia_fw_header *header);

#endif /* MTIA_FWIMAGE_H */

// SPDX-License-Identifier: GPL-2.0 OR MIT
/* KUnit: the firmware image's checks. One thing wrong at a time, sums made right again. */
#include <kunit/test.h>
#include <linux/crc32.h>
#include <linux/prandom.h>

#include "../mtia_compat.h"
#include "mtia_test.h"

#define PAYLOAD 0x400
#define IMAGE_SIZE (sizeof(struct mtia_fw_header) + PAYLOAD)

struct image {
	struct mtia_fw_header h;
	u8 payload[PAYLOAD];
};

static void seal(struct image *image)
{
	image->h.payload_crc = ~crc32c(~0, image->payload, PAYLOAD);
	image->h.header_crc = 0;
	image->h.header_crc = ~crc32c(~0, (const u8 *)&image->h, sizeof(image->h));
}

static struct image *good_image(struct kunit *test)
{
	struct image *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	image->h = (struct mtia_fw_header){
		.magic = MTIA_FW_MAGIC,
		.header_size = sizeof(image->h),
		.image_size = IMAGE_SIZE,
		.abi_major = MTIA_FW_ABI_MAJOR,
		.section_count = 2,
		.entry_offset = 0x10,
		.version = "test",
		.sections = {
			{ sizeof(image->h), 0x200, 0, 0x200 },
			{ sizeof(image->h) + 0x200, 0x200, 0x1000, 0x3000 },
		},
	};
	seal(image);

	return image;
}

static const char *check(struct image *image, size_t size)
{
	struct mtia_fw_header h;

	return mtia_fw_check_image((const u8 *)image, size, &h);
}

static void mtia_fw_test_good(struct kunit *test)
{
	struct image *image = good_image(test);
	struct mtia_fw_header h;

	KUNIT_EXPECT_NULL(test, mtia_fw_check_image((const u8 *)image, IMAGE_SIZE, &h));
	KUNIT_EXPECT_MEMEQ(test, &h, &image->h, sizeof(h));
	/* More bytes than the header says are nobody's business. */
	image->h.image_size -= 8;
	image->h.sections[1].file_size -= 8;
	image->h.payload_crc = ~crc32c(~0, image->payload, PAYLOAD - 8);
	image->h.header_crc = 0;
	image->h.header_crc = ~crc32c(~0, (const u8 *)&image->h, sizeof(image->h));
	KUNIT_EXPECT_NULL(test, check(image, IMAGE_SIZE));
}

static void mtia_fw_test_sizes(struct kunit *test)
{
	struct image *image = good_image(test);
	size_t size;

	for (size = 0; size < IMAGE_SIZE; size++)
		KUNIT_EXPECT_NOT_NULL(test, check(image, size));
	KUNIT_EXPECT_NOT_NULL(test, check(image, MTIA_FW_MAX_SIZE + 1));
}

#define EXPECT_REFUSED(change)                                          \
	do {                                                            \
		struct image *image = good_image(test);                 \
									\
		change;                                                 \
		seal(image);                                            \
		KUNIT_EXPECT_NOT_NULL_MSG(test, check(image, IMAGE_SIZE), #change); \
	} while (0)

static void mtia_fw_test_header(struct kunit *test)
{
	EXPECT_REFUSED(image->h.magic++);
	EXPECT_REFUSED(image->h.header_size += 8);
	EXPECT_REFUSED(image->h.abi_major++);
	EXPECT_REFUSED(image->h.image_size = sizeof(image->h) - 1);
	EXPECT_REFUSED(image->h.image_size = IMAGE_SIZE + 1);
	EXPECT_REFUSED(memset(image->h.version, 'v', sizeof(image->h.version)));
	EXPECT_REFUSED(image->h.section_count = 0);
	EXPECT_REFUSED(image->h.section_count = MTIA_FW_MAX_SECTIONS + 1);
	EXPECT_REFUSED(image->h.section_count = U32_MAX);
	EXPECT_REFUSED(image->h.entry_offset = 0x200);
	EXPECT_REFUSED(image->h.entry_offset = 0x1200);
	EXPECT_REFUSED(image->h.entry_offset = U32_MAX);
}

static void mtia_fw_test_sections(struct kunit *test)
{
	EXPECT_REFUSED(image->h.sections[1].file_offset += 4);
	EXPECT_REFUSED(image->h.sections[1].load_offset += 4);
	EXPECT_REFUSED(image->h.sections[1].file_offset = 0);
	EXPECT_REFUSED(image->h.sections[1].file_offset = sizeof(image->h) - 8);
	EXPECT_REFUSED(image->h.sections[1].file_offset += 8);
	EXPECT_REFUSED(image->h.sections[1].file_offset = U32_MAX & ~7u);
	EXPECT_REFUSED(image->h.sections[1].file_size += 1);
	EXPECT_REFUSED(image->h.sections[1].mem_size = 0x1ff);
	EXPECT_REFUSED(image->h.sections[1].mem_size = MTIA_FW_IMAGE_LIMIT);
	EXPECT_REFUSED(image->h.sections[1].mem_size = U32_MAX);
	EXPECT_REFUSED(image->h.sections[1].load_offset = MTIA_FW_IMAGE_LIMIT - 0x1000);
	EXPECT_REFUSED(image->h.sections[1].load_offset = U32_MAX & ~7u);
	EXPECT_REFUSED(image->h.sections[1] = (struct mtia_fw_section){});
}

static void mtia_fw_test_sums(struct kunit *test)
{
	struct image *image = good_image(test);
	u32 bit;

	for (bit = 0; bit < IMAGE_SIZE * 8; bit += 37) {
		((u8 *)image)[bit / 8] ^= BIT(bit % 8);
		KUNIT_EXPECT_NOT_NULL_MSG(test, check(image, IMAGE_SIZE), "bit %u", bit);
		((u8 *)image)[bit / 8] ^= BIT(bit % 8);
	}
	KUNIT_EXPECT_NULL(test, check(image, IMAGE_SIZE));
}

/* Sums right, anything else in the header: what passes fits both the image and the region. */
static void mtia_fw_test_random(struct kunit *test)
{
	struct rnd_state rnd;
	u32 round, i, passed = 0;

	prandom_seed_state(&rnd, 0x6d746961);
	for (round = 0; round < 1000; round++) {
		struct image *image = good_image(test);
		u32 *word = (u32 *)&image->h.section_count;
		u32 words = (sizeof(image->h) - offsetof(struct mtia_fw_header, section_count)) / 4;

		for (i = prandom_u32_state(&rnd) % 4 + 1; i; i--) {
			u32 at = prandom_u32_state(&rnd) % words;

			word[at] = prandom_u32_state(&rnd) >> prandom_u32_state(&rnd) % 32;
		}
		seal(image);
		if (!check(image, IMAGE_SIZE)) {
			passed++;
			KUNIT_ASSERT_LE(test, image->h.section_count, MTIA_FW_MAX_SECTIONS);
			for (i = 0; i < image->h.section_count; i++) {
				const struct mtia_fw_section *s = &image->h.sections[i];

				KUNIT_EXPECT_LE(test, (u64)s->file_offset + s->file_size,
						IMAGE_SIZE);
				KUNIT_EXPECT_LE(test, (u64)s->load_offset + s->mem_size,
						MTIA_FW_IMAGE_LIMIT);
				KUNIT_EXPECT_LE(test, s->file_size, s->mem_size);
			}
		}
		kunit_kfree(test, image);
	}
	KUNIT_EXPECT_GT(test, passed, 20);
	KUNIT_EXPECT_LT(test, passed, 980);
}

static struct kunit_case mtia_fw_test_cases[] = {
	KUNIT_CASE(mtia_fw_test_good),
	KUNIT_CASE(mtia_fw_test_sizes),
	KUNIT_CASE(mtia_fw_test_header),
	KUNIT_CASE(mtia_fw_test_sections),
	KUNIT_CASE(mtia_fw_test_sums),
	KUNIT_CASE_SLOW(mtia_fw_test_random),
	{}
};

static struct kunit_suite mtia_fw_test_suite = {
	.name = "mtia_fw",
	.test_cases = mtia_fw_test_cases,
};

kunit_test_suite(mtia_fw_test_suite);

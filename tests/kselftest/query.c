// SPDX-License-Identifier: GPL-2.0
/* DEV_QUERY: every kind of answer with buffers of every length. */
#include "mtia_test.h"

#define CANARY 0xa5

FIXTURE(query)
{
	int fd;
	__u8 *page; /* two pages; the second one cannot be written */
};

FIXTURE_VARIANT(query)
{
	__u32 type;
	__u32 size;
};

#define VARIANT(name, number, bytes)                                      \
	FIXTURE_VARIANT_ADD(query, name)                                  \
	{                                                                 \
		.type = number, .size = bytes,                            \
	}
VARIANT(device_info, DRM_MTIA_QUERY_DEVICE_INFO, 96);
VARIANT(mem_regions, DRM_MTIA_QUERY_MEM_REGIONS, 72);
VARIANT(fw_info, DRM_MTIA_QUERY_FW_INFO, 72);
VARIANT(queue_info, DRM_MTIA_QUERY_QUEUE_INFO, 16);
VARIANT(timestamp, DRM_MTIA_QUERY_TIMESTAMP, 16);
VARIANT(counters, DRM_MTIA_QUERY_COUNTERS, 8 * MTIA_NUM_COUNTERS);

FIXTURE_SETUP(query)
{
	self->fd = device_open();
	ASSERT_LE(0, self->fd);
	self->page =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
	memset(self->page, CANARY, PAGE);
	ASSERT_EQ(0, mprotect(self->page + PAGE, PAGE, PROT_NONE));
}

FIXTURE_TEARDOWN(query)
{
	munmap(self->page, 2 * PAGE);
	close(self->fd);
}

static bool is_filled(const __u8 *bytes, size_t count, __u8 value)
{
	while (count--)
		if (*bytes++ != value)
			return false;
	return true;
}

TEST_F(query, size_only)
{
	struct drm_mtia_dev_query args = { .type = variant->type };

	EXPECT_EQ(0, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_DEV_QUERY, &args));
	EXPECT_EQ(variant->size, args.size);
	EXPECT_EQ(0, args.pointer);
}

TEST_F(query, exact)
{
	struct drm_mtia_dev_query args = {
		.type = variant->type,
		.size = variant->size,
		.pointer = (uintptr_t)self->page,
	};

	EXPECT_EQ(0, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_DEV_QUERY, &args));
	EXPECT_EQ(variant->size, args.size);
	EXPECT_FALSE(is_filled(self->page, variant->size, CANARY));
	EXPECT_TRUE(is_filled(self->page + variant->size, PAGE - variant->size, CANARY));
}

TEST_F(query, shorter_buffer_gets_a_prefix)
{
	__u32 lengths[] = { 0, 1, 4, variant->size - 1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct drm_mtia_dev_query args = {
			.type = variant->type,
			.size = lengths[i],
			.pointer = (uintptr_t)self->page,
		};

		memset(self->page, CANARY, PAGE);
		EXPECT_EQ(0, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_DEV_QUERY, &args));
		EXPECT_EQ(variant->size, args.size);
		EXPECT_TRUE(is_filled(self->page + lengths[i], PAGE - lengths[i], CANARY));
	}
}

TEST_F(query, longer_buffer_is_zeroed)
{
	struct drm_mtia_dev_query args = {
		.type = variant->type,
		.size = variant->size + 40,
		.pointer = (uintptr_t)self->page,
	};

	EXPECT_EQ(0, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_DEV_QUERY, &args));
	EXPECT_EQ(variant->size, args.size);
	EXPECT_TRUE(is_filled(self->page + variant->size, 40, 0));
	EXPECT_TRUE(is_filled(self->page + variant->size + 40, PAGE - variant->size - 40, CANARY));
}

TEST_F(query, buffer_that_cannot_be_written)
{
	EXPECT_EQ(-EFAULT, query(self->fd, variant->type, self->page + PAGE, variant->size));
	/* Its last byte. */
	EXPECT_EQ(-EFAULT, query(self->fd, variant->type, self->page + PAGE - variant->size + 1,
				 variant->size));
	/* Only the part that would be zeroed. */
	EXPECT_EQ(-EFAULT, query(self->fd, variant->type, self->page + PAGE - variant->size,
				 variant->size + 8));
	EXPECT_EQ(-EFAULT, query(self->fd, variant->type, (void *)~0ull, variant->size));
}

/* ---- What the answers say -------------------------------------------------------------------- */

FIXTURE(answer)
{
	int fd;
};

FIXTURE_SETUP(answer)
{
	self->fd = device_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(answer)
{
	close(self->fd);
}

TEST_F(answer, unknown_type)
{
	__u8 data[256];

	EXPECT_EQ(-EINVAL, query(self->fd, DRM_MTIA_QUERY_COUNTERS + 1, data, sizeof(data)));
	EXPECT_EQ(-EINVAL, query(self->fd, ~0u, data, sizeof(data)));
	EXPECT_EQ(-EINVAL, query(self->fd, ~0u, NULL, 0));
}

TEST_F(answer, device)
{
	struct drm_mtia_device_info info;

	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_DEVICE_INFO, &info, sizeof(info)));
	EXPECT_EQ(MTIA_REGS_MAJOR, info.hw_version >> 16);
	EXPECT_EQ(0x0100, info.hw_revision);
	EXPECT_EQ(8, info.grid_rows);
	EXPECT_EQ(8, info.grid_cols);
	EXPECT_EQ(~0ull, info.pe_enabled[0]);
	EXPECT_EQ(0, info.pe_enabled[1]);
	EXPECT_EQ(MTIA_VA_USER_MIN, info.va_start);
	EXPECT_EQ(MTIA_VA_USER_MAX, info.va_end);
	EXPECT_EQ(1 << 12 | 1 << 21, info.page_sizes);
	EXPECT_EQ(128 * MIB, info.sram_size);
	EXPECT_EQ(128 * 1024, info.pe_local_size);
	EXPECT_EQ(800000000, info.timestamp_freq_hz);
	EXPECT_LT(0, info.max_queues);
	EXPECT_LT(0, info.max_vms);
	EXPECT_TRUE(info.features & MTIA_CAP_INT8);
}

TEST_F(answer, memory_in_use_follows_objects)
{
	struct drm_mtia_mem_region before[3], with[3], after[3];
	__u32 vram, system;

	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_MEM_REGIONS, before, sizeof(before)));
	ASSERT_EQ(VRAM, before[0].type);
	ASSERT_EQ(SYSTEM, before[1].type);
	EXPECT_LT(32 * MIB, before[0].size);
	ASSERT_EQ(0, bo_create(self->fd, 4 * MIB, VRAM, 0, &vram));
	ASSERT_EQ(0, bo_create(self->fd, 2 * MIB, SYSTEM, 0, &system));
	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_MEM_REGIONS, with, sizeof(with)));
	EXPECT_EQ(before[0].used + 4 * MIB, with[0].used);
	EXPECT_EQ(before[1].used + 2 * MIB, with[1].used);
	EXPECT_EQ(before[0].size, with[0].size);
	bo_close(self->fd, vram);
	bo_close(self->fd, system);
	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_MEM_REGIONS, after, sizeof(after)));
	EXPECT_EQ(before[0].used, after[0].used);
	EXPECT_EQ(before[1].used, after[1].used);
}

TEST_F(answer, firmware)
{
	struct drm_mtia_fw_info info;
	static const __u8 zeroes[20];

	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_FW_INFO, &info, sizeof(info)));
	EXPECT_EQ(MTIA_FW_ABI_MAJOR, info.abi_major);
	EXPECT_EQ(MTIA_FW_READY, info.state);
	EXPECT_NE(0, memcmp(info.build_id, zeroes, sizeof(zeroes)));
	EXPECT_NE(NULL, memchr(info.version, 0, sizeof(info.version)));
	EXPECT_NE(0, info.version[0]);
}

TEST_F(answer, queues)
{
	struct drm_mtia_queue_info info;

	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_QUEUE_INFO, &info, sizeof(info)));
	EXPECT_EQ(1024, info.max_jobs);
	EXPECT_EQ(MTIA_CMD_MAX_SIZE, info.max_cmd_size);
	EXPECT_LT(0, info.default_timeout_ms);
	EXPECT_LE(info.default_timeout_ms, info.max_timeout_ms);
	/* Fences end in bounded time: no queue may ask for more than 10 s. */
	EXPECT_GT(10000, info.max_timeout_ms);
}

TEST_F(answer, time_goes_on)
{
	struct drm_mtia_timestamp first, second;
	__s64 begin = after_ms(0);

	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_TIMESTAMP, &first, sizeof(first)));
	nap_ms(20);
	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_TIMESTAMP, &second, sizeof(second)));
	EXPECT_LE(begin, first.host_ns);
	EXPECT_LT(first.host_ns + 19000000, second.host_ns);
	EXPECT_GE(after_ms(0), second.host_ns);
	EXPECT_LE(first.device_cycles, second.device_cycles);
}

TEST_F(answer, counters_only_grow)
{
	__u64 first[MTIA_NUM_COUNTERS], second[MTIA_NUM_COUNTERS];
	struct client c;
	int i;

	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_COUNTERS, first, sizeof(first)));
	client_open(_metadata, &c, 0);
	EXPECT_EQ(0, client_fill(_metadata, &c, VA_CMDS + PAGE, PAGE, 0));
	client_close(&c);
	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_COUNTERS, second, sizeof(second)));
	for (i = 0; i < MTIA_NUM_COUNTERS; i++)
		EXPECT_LE(first[i], second[i]);
	EXPECT_LT(first[MTIA_CNT_CTRL_INSTRS], second[MTIA_CNT_CTRL_INSTRS]);
	EXPECT_LE(first[MTIA_CNT_DMA_BYTES] + PAGE, second[MTIA_CNT_DMA_BYTES]);
	EXPECT_LT(first[MTIA_CNT_HOST_WRITES], second[MTIA_CNT_HOST_WRITES]);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit: page tables of a device whose LPDDR is a buffer. What an address translates to is read
 * from that buffer as the chip would. There is no firmware: as long as no job uses the tables, they
 * have no ASID, and nobody is told of a change.
 */
#include <drm/ttm/ttm_tt.h>
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "../mtia_bo.h"
#include "../mtia_device.h"
#include "../mtia_mmu.h"

#define SIZE SZ_8M
#define PAGES 1024
#define VA (BIT_ULL(32) + SZ_1G)
#define PROT (MTIA_PTE_READ | MTIA_PTE_WRITE)

struct fake {
	struct mtia_device mdev;
	struct mtia_mmu mmu;
	u8 *lpddr;
	u64 root_only;

	/* An object in system memory: its page i is at (i + 1) * 64 KiB. */
	struct mtia_bo system;
	struct ttm_tt tt;
	dma_addr_t pages[PAGES];
	/* One in LPDDR, a huge page of it in one piece. */
	struct mtia_bo vram;
	struct mtia_vram_resource resource;
};

static void mmu_fake_exit(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct mtia_device *mdev;

	if (!fake)
		return;
	mdev = &fake->mdev;
	if (fake->mmu.root) {
		mtia_mmu_fini(&fake->mmu);
		gpu_buddy_free_list(&mdev->vram.mm, &fake->resource.blocks, 0);
		KUNIT_EXPECT_EQ(test, mtia_vram_used(&mdev->vram), 0);
		KUNIT_EXPECT_TRUE(test, list_empty(&mdev->tables));
	}
	if (mdev->vram.size)
		gpu_buddy_fini(&mdev->vram.mm);
	vfree(fake->lpddr);
	kvfree(fake);
}

static int mmu_fake_init(struct kunit *test)
{
	struct fake *fake = kvzalloc(sizeof(*fake), GFP_KERNEL);
	struct mtia_device *mdev;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	test->priv = fake;
	mdev = &fake->mdev;
	fake->lpddr = vzalloc(SIZE);
	KUNIT_ASSERT_NOT_NULL(test, fake->lpddr);
	mutex_init(&mdev->vram.lock);
	mdev->vram.base = MTIA_FW_REGION_SIZE;
	mdev->mem = (void __iomem *)(fake->lpddr - mdev->vram.base);
	KUNIT_ASSERT_EQ(test, gpu_buddy_init(&mdev->vram.mm, SIZE, SZ_4K), 0);
	mdev->vram.size = SIZE;
	spin_lock_init(&mdev->tables_lock);
	INIT_LIST_HEAD(&mdev->tables);
	init_rwsem(&mdev->reset.rwsem);
	init_waitqueue_head(&mdev->reset.done);
	mutex_init(&mdev->slots.lock);

	for (i = 0; i < PAGES; i++)
		fake->pages[i] = (i + 1) * SZ_64K;
	fake->tt.dma_address = fake->pages;
	fake->system.ttm.ttm = &fake->tt;
	fake->system.mem_type = MTIA_PL_TT;
	fake->vram.mem_type = MTIA_PL_VRAM;
	fake->vram.ttm.resource = &fake->resource.base;
	fake->resource.base.mem_type = MTIA_PL_VRAM;
	INIT_LIST_HEAD(&fake->resource.blocks);
	KUNIT_ASSERT_EQ(test, gpu_buddy_alloc_blocks(&mdev->vram.mm, 0, SIZE, SZ_2M, SZ_2M,
						     &fake->resource.blocks, 0), 0);

	mutex_init(&fake->mmu.lock);
	KUNIT_ASSERT_EQ(test, mtia_mmu_init(&fake->mmu, mdev), 0);
	fake->root_only = mtia_vram_used(&mdev->vram);

	return 0;
}

/* As the chip walks. Return: address and flags of the page, 0 if there is none. */
static u64 walk(struct fake *fake, u64 va)
{
	u64 table = fake->mmu.root->range.offset, entry;
	u32 level;

	for (level = 0; level < MTIA_PT_LEVELS; level++) {
		u64 span = BIT_ULL(39 - 9 * level);

		entry = *(u64 *)(fake->lpddr + table - fake->mdev.vram.base +
				 MTIA_PT_INDEX(va, level) * sizeof(entry));
		if (!(entry & MTIA_PTE_VALID))
			return 0;
		if (entry & MTIA_PTE_LEAF)
			return entry + ALIGN_DOWN(va & (span - 1), MTIA_PAGE_SIZE);
		table = entry & MTIA_PTE_ADDR_MASK;
	}

	return U64_MAX;
}

static u64 system_page(struct fake *fake, u32 page)
{
	return fake->pages[page] | PROT | MTIA_PTE_VALID | MTIA_PTE_LEAF |
	       (u64)MTIA_PTE_TARGET_HOST << MTIA_PTE_TARGET_SHIFT;
}

static u64 vram_page(struct fake *fake, u64 offset)
{
	struct gpu_buddy_block *block = list_first_entry(&fake->resource.blocks,
							 struct gpu_buddy_block, link);

	return (fake->mdev.vram.base + gpu_buddy_block_offset(block) + offset) | PROT |
	       MTIA_PTE_VALID | MTIA_PTE_LEAF | (u64)MTIA_PTE_TARGET_LPDDR << MTIA_PTE_TARGET_SHIFT;
}

static void map(struct kunit *test, struct mtia_bo *bo, u64 va, u64 size, u64 offset)
{
	struct fake *fake = test->priv;
	struct mtia_mmu_change change;

	mtia_mmu_begin(&fake->mmu, &change);
	KUNIT_ASSERT_EQ(test, mtia_mmu_prepare_map(&fake->mmu, &change, va, size, bo, offset), 0);
	mutex_lock(&fake->mmu.lock);
	mtia_mmu_map(&fake->mmu, &change, va, size, bo, offset, PROT);
	mutex_unlock(&fake->mmu.lock);
	KUNIT_EXPECT_EQ(test, mtia_mmu_finish(&fake->mmu, &change), 0);
}

static void unmap(struct kunit *test, u64 va, u64 size)
{
	struct fake *fake = test->priv;
	struct mtia_mmu_change change;

	mtia_mmu_begin(&fake->mmu, &change);
	KUNIT_ASSERT_EQ(test, mtia_mmu_prepare_unmap(&fake->mmu, &change, va, size), 0);
	mutex_lock(&fake->mmu.lock);
	mtia_mmu_unmap(&fake->mmu, &change, va, size);
	mutex_unlock(&fake->mmu.lock);
	/* The TLB has to forget just what was there. */
	KUNIT_EXPECT_LE(test, change.flush_start, change.flush_end);
	KUNIT_EXPECT_EQ(test, mtia_mmu_finish(&fake->mmu, &change), 0);
}

static void expect_no_tables(struct kunit *test)
{
	struct fake *fake = test->priv;

	KUNIT_EXPECT_EQ(test, mtia_vram_used(&fake->mdev.vram), fake->root_only);
	KUNIT_EXPECT_TRUE(test, list_empty(&fake->mmu.empty));
	KUNIT_EXPECT_EQ(test, fake->mmu.root->used, 0);
}

static void mtia_mmu_test_map_and_unmap(struct kunit *test)
{
	struct fake *fake = test->priv;
	u32 i;

	map(test, &fake->system, VA, 8 * MTIA_PAGE_SIZE, 3 * MTIA_PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, walk(fake, VA - 1), 0);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, walk(fake, VA + i * MTIA_PAGE_SIZE),
				system_page(fake, i + 3));
	KUNIT_EXPECT_EQ(test, walk(fake, VA + 8 * MTIA_PAGE_SIZE), 0);
	/* Three tables more than the root. */
	KUNIT_EXPECT_EQ(test, mtia_vram_used(&fake->mdev.vram),
			fake->root_only + (MTIA_PT_LEVELS - 1) * MTIA_PAGE_SIZE);
	unmap(test, VA, 8 * MTIA_PAGE_SIZE);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, walk(fake, VA + i * MTIA_PAGE_SIZE), 0);
	expect_no_tables(test);
	/* What is not mapped can be unmapped. */
	unmap(test, VA, SZ_1G);
	expect_no_tables(test);
}

static void mtia_mmu_test_parts(struct kunit *test)
{
	struct fake *fake = test->priv;
	u32 i;

	/* Over the border of two last tables. */
	map(test, &fake->system, VA + SZ_2M - 4 * MTIA_PAGE_SIZE, 8 * MTIA_PAGE_SIZE, 0);
	unmap(test, VA + SZ_2M - MTIA_PAGE_SIZE, 2 * MTIA_PAGE_SIZE);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, walk(fake, VA + SZ_2M + (i - 4ll) * MTIA_PAGE_SIZE),
				i == 3 || i == 4 ? 0 : system_page(fake, i));
	/* A map in place of what is there. */
	map(test, &fake->system, VA + SZ_2M - 4 * MTIA_PAGE_SIZE, 8 * MTIA_PAGE_SIZE,
	    100 * MTIA_PAGE_SIZE);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, walk(fake, VA + SZ_2M + (i - 4ll) * MTIA_PAGE_SIZE),
				system_page(fake, i + 100));
	unmap(test, VA, 2 * SZ_2M);
	expect_no_tables(test);
}

static void mtia_mmu_test_huge(struct kunit *test)
{
	struct fake *fake = test->priv;
	u64 offset;

	map(test, &fake->vram, VA, SZ_2M, 0);
	/* One entry does: there is no table for small pages. */
	KUNIT_EXPECT_EQ(test, mtia_vram_used(&fake->mdev.vram),
			fake->root_only + (MTIA_PT_LEVELS - 2) * MTIA_PAGE_SIZE);
	for (offset = 0; offset < SZ_2M; offset += MTIA_PAGE_SIZE)
		KUNIT_EXPECT_EQ(test, walk(fake, VA + offset), vram_page(fake, offset));
	/* Cut: what is left stays where it was. */
	unmap(test, VA + SZ_1M, 2 * MTIA_PAGE_SIZE);
	for (offset = 0; offset < SZ_2M; offset += MTIA_PAGE_SIZE)
		KUNIT_EXPECT_EQ(test, walk(fake, VA + offset),
				offset - SZ_1M < 2 * MTIA_PAGE_SIZE ? 0 : vram_page(fake, offset));
	unmap(test, VA, SZ_2M);
	expect_no_tables(test);
}

static void mtia_mmu_test_cancel(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct mtia_mmu_change change;

	mtia_mmu_begin(&fake->mmu, &change);
	KUNIT_ASSERT_EQ(test, mtia_mmu_prepare_map(&fake->mmu, &change, VA, 2 * SZ_2M,
						   &fake->system, 0), 0);
	KUNIT_EXPECT_GT(test, mtia_vram_used(&fake->mdev.vram), fake->root_only);
	mtia_mmu_cancel(&fake->mmu, &change);
	expect_no_tables(test);

	/* The split of a huge page that is then not cut changes nothing. */
	map(test, &fake->vram, VA, SZ_2M, 0);
	mtia_mmu_begin(&fake->mmu, &change);
	KUNIT_ASSERT_EQ(test, mtia_mmu_prepare_unmap(&fake->mmu, &change, VA, SZ_1M), 0);
	mtia_mmu_cancel(&fake->mmu, &change);
	KUNIT_EXPECT_EQ(test, walk(fake, VA), vram_page(fake, 0));
	KUNIT_EXPECT_EQ(test, walk(fake, VA + SZ_2M - 1), vram_page(fake, SZ_2M - SZ_4K));
	unmap(test, VA, SZ_2M);
	expect_no_tables(test);
}

/* Many changes, one over the other, against an array. */
static void mtia_mmu_test_random(struct kunit *test)
{
	struct fake *fake = test->priv;
	static u32 is[PAGES]; /* page of the object + 1, 0: none */
	struct rnd_state rnd;
	u32 round, i, wrong;

	memset(is, 0, sizeof(is));
	prandom_seed_state(&rnd, 7);
	for (round = 0; round < 200; round++) {
		u32 first = prandom_u32_state(&rnd) % PAGES;
		u32 count = prandom_u32_state(&rnd) % min(PAGES - first, 200u) + 1;
		u32 page = prandom_u32_state(&rnd) % (PAGES - count + 1);
		bool mapped = prandom_u32_state(&rnd) % 2;
		u64 va = VA + SZ_1M + (u64)first * MTIA_PAGE_SIZE;

		if (mapped)
			map(test, &fake->system, va, (u64)count * MTIA_PAGE_SIZE,
			    (u64)page * MTIA_PAGE_SIZE);
		else
			unmap(test, va, (u64)count * MTIA_PAGE_SIZE);
		for (i = 0; i < count; i++)
			is[first + i] = mapped ? page + i + 1 : 0;
		if (round % 10)
			continue;
		for (i = wrong = 0; i < PAGES; i++)
			wrong += walk(fake, VA + SZ_1M + (u64)i * MTIA_PAGE_SIZE) !=
				 (is[i] ? system_page(fake, is[i] - 1) : 0);
		KUNIT_ASSERT_EQ_MSG(test, wrong, 0, "round %u", round);
	}
	unmap(test, VA + SZ_1M, (u64)PAGES * MTIA_PAGE_SIZE);
	expect_no_tables(test);
}

static struct kunit_case mtia_mmu_test_cases[] = {
	KUNIT_CASE(mtia_mmu_test_map_and_unmap),
	KUNIT_CASE(mtia_mmu_test_parts),
	KUNIT_CASE(mtia_mmu_test_huge),
	KUNIT_CASE(mtia_mmu_test_cancel),
	KUNIT_CASE(mtia_mmu_test_random),
	{}
};

static struct kunit_suite mtia_mmu_test_suite = {
	.name = "mtia_mmu",
	.init = mmu_fake_init,
	.exit = mmu_fake_exit,
	.test_cases = mtia_mmu_test_cases,
};

kunit_test_suite(mtia_mmu_test_suite);

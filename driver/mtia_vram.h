/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_VRAM_H
#define MTIA_VRAM_H

#include <drm/ttm/ttm_resource.h>
#include <linux/mutex.h>

#include "mtia_compat.h"

struct mtia_device;

/**
 * struct mtia_vram - Manager of LPDDR behind the firmware's region, or of SRAM.
 *
 * Offsets are BAR2's: LPDDR begins at 0, SRAM behind LPDDR.
 */
struct mtia_vram {
	/** @man: TTM's view. */
	struct ttm_resource_manager man;
	/** @lock: Guards @mm. */
	struct mutex lock;
	/** @mm: Buddy allocator; its offset 0 is BAR2 offset @base. */
	struct gpu_buddy mm;
	/** @base: First byte handed out, as an offset into BAR2; aligned to a huge page. */
	u64 base;
	/** @size: Bytes handed out in all. */
	u64 size;
	/** @mem_type: MTIA_PL_VRAM or MTIA_PL_SRAM. */
	u32 mem_type;
};

/**
 * struct mtia_vram_resource - LPDDR or SRAM of a buffer object.
 */
struct mtia_vram_resource {
	/** @base: TTM's part. */
	struct ttm_resource base;
	/** @blocks: Buddy blocks in the order of the object's bytes. */
	struct list_head blocks;
};

/**
 * struct mtia_vram_range - LPDDR of the kernel: never moved, never mapped by a client.
 */
struct mtia_vram_range {
	/** @blocks: Buddy blocks; empty when nothing is allocated. */
	struct list_head blocks;
	/** @offset: First byte, as an offset into LPDDR. */
	u64 offset;
};

/**
 * struct mtia_vram_cursor - A place in the LPDDR or SRAM of a buffer object.
 */
struct mtia_vram_cursor {
	/** @mm: Allocator of the blocks. */
	struct gpu_buddy *mm;
	/** @block: Block of the place. */
	struct gpu_buddy_block *block;
	/** @base: What turns offsets of @mm into BAR2 offsets. */
	u64 base;
	/** @offset: The place, as an offset into BAR2. */
	u64 offset;
	/** @left: Bytes from here to the end of the block. */
	u64 left;
};

int mtia_vram_init(struct mtia_device *mdev);
u64 mtia_vram_used(struct mtia_vram *vram);
int mtia_vram_alloc_range(struct mtia_device *mdev, u64 size, struct mtia_vram_range *range);
void mtia_vram_free_range(struct mtia_device *mdev, struct mtia_vram_range *range);
void mtia_vram_clear(struct mtia_device *mdev, struct ttm_resource *res);
void mtia_vram_cursor_init(struct mtia_device *mdev, struct ttm_resource *res, u64 start,
			   struct mtia_vram_cursor *cursor);
void mtia_vram_cursor_advance(struct mtia_vram_cursor *cursor, u64 bytes);

#endif /* MTIA_VRAM_H */

/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_MMU_H
#define MTIA_MMU_H

#include <linux/mutex.h>
#include <linux/types.h>

#include "mtia/regs.h"
#include "mtia_vram.h"

struct mtia_bo;
struct mtia_device;

/**
 * struct mtia_pt - A page table: 4 KiB in LPDDR and what it holds in system memory.
 */
struct mtia_pt {
	/** @range: Place in LPDDR. */
	struct mtia_vram_range range;
	/** @entries: The entries as written; they are never read back from LPDDR. */
	u64 *entries;
	/** @children: Tables of the next level by index; NULL in the last level. */
	struct mtia_pt **children;
	/** @parent: Table that points here; NULL in the root. */
	struct mtia_pt *parent;
	/** @va: First address covered. */
	u64 va;
	/** @level: 0 for the root. */
	u32 level;
	/** @used: Valid entries. */
	u32 used;
	/** @needed_by: Number of the last change that was prepared with it. */
	u64 needed_by;
	/** @all: Among the device's tables. */
	struct list_head all;
	/** @node: Among the empty tables, or on its way to be freed. */
	struct list_head node;
};

/**
 * struct mtia_mmu_change - A change of page tables that takes effect as a whole.
 */
struct mtia_mmu_change {
	/** @number: Its place in the order of changes, from 1. */
	u64 number;
	/** @flush_start: First address of which the TLB may know more than the tables. */
	u64 flush_start;
	/** @flush_end: First address beyond; 0 if there is none. */
	u64 flush_end;
	/** @unlinked: Tables to be freed when the TLB has forgotten them. */
	struct list_head unlinked;
};

/**
 * struct mtia_mmu - Page tables of one address space.
 *
 * One change at a time is prepared, under the VM's lock.
 */
struct mtia_mmu {
	/** @mdev: Device. */
	struct mtia_device *mdev;
	/**
	 * @lock: Guards all tables, @empty and @done; held while a change is written and the TLB
	 * invalidated, on the way to a fence.
	 */
	struct mutex lock;
	/** @root: Table of level 0. */
	struct mtia_pt *root;
	/** @empty: Tables without a valid entry, the root excepted. */
	struct list_head empty;
	/** @last_number: Number of the last change that was begun; guarded by the VM's lock. */
	u64 last_number;
	/** @done: Number of the last change that was committed. */
	u64 done;
	/** @asid: Address space in hardware, 0 for none; this and what follows: mtia_slots.lock. */
	u32 asid;
	/** @num_slots: Queues in slots that use it. */
	u32 num_slots;
	/** @idle_node: Among those that have an ASID and no queue in a slot. */
	struct list_head idle_node;
};

int mtia_mmu_init(struct mtia_mmu *mmu, struct mtia_device *mdev);
void mtia_mmu_rewrite_all(struct mtia_device *mdev);
int mtia_mmu_recreate(struct mtia_mmu *mmu);
void mtia_mmu_stop(struct mtia_mmu *mmu);
void mtia_mmu_fini(struct mtia_mmu *mmu);

void mtia_mmu_begin(struct mtia_mmu *mmu, struct mtia_mmu_change *change);
int mtia_mmu_prepare_map(struct mtia_mmu *mmu, struct mtia_mmu_change *change, u64 va, u64 size,
			 struct mtia_bo *bo, u64 bo_offset);
int mtia_mmu_prepare_unmap(struct mtia_mmu *mmu, struct mtia_mmu_change *change, u64 va, u64 size);
void mtia_mmu_map(struct mtia_mmu *mmu, struct mtia_mmu_change *change, u64 va, u64 size,
		  struct mtia_bo *bo, u64 bo_offset, u64 prot);
void mtia_mmu_unmap(struct mtia_mmu *mmu, struct mtia_mmu_change *change, u64 va, u64 size);
int mtia_mmu_commit(struct mtia_mmu *mmu, struct mtia_mmu_change *change);
void mtia_mmu_release(struct mtia_mmu *mmu, struct mtia_mmu_change *change);
int mtia_mmu_finish(struct mtia_mmu *mmu, struct mtia_mmu_change *change);
void mtia_mmu_cancel(struct mtia_mmu *mmu, struct mtia_mmu_change *change);

#endif /* MTIA_MMU_H */

/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_VM_H
#define MTIA_VM_H

#include <drm/drm_gpuvm.h>
#include <drm/gpu_scheduler.h>
#include <drm/mtia_accel.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "mtia_mmu.h"

struct drm_file;
struct mtia_device;
struct mtia_timeline;
struct mtia_vm_restore;

/**
 * struct mtia_vma - A mapping.
 */
struct mtia_vma {
	/** @base: GPUVM's part. */
	struct drm_gpuva base;
	/** @flags: enum drm_mtia_vm_bind_op_flags. */
	u32 flags;
	/** @vm_bo: Of a removed mapping: its object's relation to the VM (referenced). */
	struct drm_gpuvm_bo *vm_bo;
	/** @node: Among a bind's spare or removed mappings. */
	struct list_head node;
};

/**
 * struct mtia_vm - Address space.
 *
 * References are held by the file, queues, binds, mappings and lookups.
 */
struct mtia_vm {
	/** @base: Mappings; guarded by @lock and the reservation lock. */
	struct drm_gpuvm base;
	/** @mdev: Device. */
	struct mtia_device *mdev;
	/** @lock: One change is made at a time; guards @restore and @last_bind. */
	struct mutex lock;
	/** @mmu: Page tables. */
	struct mtia_mmu mmu;
	/** @restore: Of who is restoring evicted objects, for vm_bo_validate(). */
	struct mtia_vm_restore *restore;

	/** @timeline: Scheduler and fences of asynchronous binds (referenced). */
	struct mtia_timeline *timeline;
	/** @entity: The only entity of that scheduler. */
	struct drm_sched_entity entity;
	/** @last_bind: Fence of the last asynchronous bind (referenced), or NULL. */
	struct dma_fence *last_bind;
	/** @release_work: Frees it. */
	struct work_struct release_work;

	/** @state_lock: Guards what follows; taken from hard interrupts. */
	spinlock_t state_lock;
	/** @num_queues: Queues of files that use it. */
	u32 num_queues;
	/** @closed: Destroyed by its file. */
	bool closed;
	/** @reason: enum drm_mtia_queue_reason; not NONE: banned. */
	u32 reason;
	/** @losses: &struct mtia_reset.losses that @reason takes into account. */
	int losses;
	/** @num_local: Mappings of objects that may be in device memory. */
	atomic_t num_local;
	/** @fault_va: Address of the newest fault. */
	u64 fault_va;
	/** @fault_count: Faults so far. */
	u32 fault_count;
	/** @fault_status: enum mtia_fault_reason | access << 8. */
	u32 fault_status;
};

/* Bytes of an object's label that a snapshot keeps, NUL included. */
#define MTIA_VM_SNAPSHOT_LABEL 32

/**
 * struct mtia_vm_mapping - A mapping as a core dump shows it.
 */
struct mtia_vm_mapping {
	/** @va: First address. */
	u64 va;
	/** @size: Bytes. */
	u64 size;
	/** @offset: First byte in the object. */
	u64 offset;
	/** @bo_size: Bytes of the object. */
	u64 bo_size;
	/** @flags: enum drm_mtia_vm_bind_op_flags. */
	u32 flags;
	/** @placement: enum drm_mtia_placement, where the object may be. */
	u32 placement;
	/** @label: Its label, or empty. */
	char label[MTIA_VM_SNAPSHOT_LABEL];
};

struct mtia_vm *mtia_vm_lookup(struct drm_file *file, u32 id);
struct mtia_vm *mtia_vm_get(struct mtia_vm *vm);
void mtia_vm_put(struct mtia_vm *vm);
int mtia_vm_close(struct mtia_vm *vm, bool check_queues);
int mtia_vm_add_queue(struct mtia_vm *vm);
void mtia_vm_remove_queue(struct mtia_vm *vm);
int mtia_vm_lock_for_jobs(struct mtia_vm *vm, struct drm_gpuvm_exec *exec);
int mtia_vm_add_implicit_deps(struct mtia_vm *vm, struct drm_sched_job *job);
void mtia_vm_record_fault(struct mtia_vm *vm, u64 va, u32 status);
int mtia_vm_snapshot(struct mtia_vm *vm, struct mtia_vm_mapping *to, u32 max);
int mtia_vm_status(struct mtia_vm *vm);
bool mtia_vm_is_lost(struct mtia_vm *vm);
void mtia_vm_ban(struct mtia_vm *vm, u32 reason);
void mtia_vm_count(struct mtia_vm *vm, struct drm_gem_object *gem, int change);
int mtia_vm_drain(struct mtia_vm *vm);
void mtia_vm_put_bo(struct drm_gpuvm_bo *vm_bo);
u64 mtia_vm_prot(u32 flags);

/**
 * gpuva_to_mtia_vma() - GPUVM's mapping to ours.
 * @va: Mapping.
 *
 * Return: the mapping that embeds @va.
 */
static inline struct mtia_vma *gpuva_to_mtia_vma(struct drm_gpuva *va)
{
	return container_of(va, struct mtia_vma, base);
}

/**
 * mtia_vm_asid() - ASID of an address space.
 * @vm: Address space.
 *
 * Return: the ASID.
 */
static inline u32 mtia_vm_asid(const struct mtia_vm *vm)
{
	return vm->mmu.asid;
}

int mtia_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int mtia_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int mtia_vm_get_state_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* MTIA_VM_H */

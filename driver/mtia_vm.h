/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_VM_H
#define MTIA_VM_H

#include <drm/drm_gpuvm.h>
#include <drm/mtia_accel.h>
#include <linux/mutex.h>

#include "mtia_mmu.h"

struct drm_file;
struct drm_sched_job;
struct mtia_device;
struct mtia_room_wait;

/**
 * struct mtia_vm - Address space.
 *
 * References are held by the file, queues, mappings and lookups.
 */
struct mtia_vm {
	/** @base: Mappings; guarded by @lock and the reservation lock. */
	struct drm_gpuvm base;
	/** @mdev: Device. */
	struct mtia_device *mdev;
	/** @lock: One change at a time; guards @mmu, @room, @num_queues and @closed. */
	struct mutex lock;
	/** @mmu: Page tables. */
	struct mtia_mmu mmu;
	/** @room: Of who is restoring evicted objects, for vm_bo_validate(). */
	struct mtia_room_wait *room;
	/** @num_queues: Queues in hardware slots that use it. */
	u32 num_queues;
	/** @closed: Destroyed by its file. */
	bool closed;

	/** @fault_lock: Guards what follows; taken from hard interrupts. */
	spinlock_t fault_lock;
	/** @fault_va: Address of the newest fault. */
	u64 fault_va;
	/** @fault_count: Faults so far. */
	u32 fault_count;
	/** @fault_status: enum mtia_fault_reason | access << 8. */
	u32 fault_status;
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
int mtia_vm_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* MTIA_VM_H */

// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Address spaces
 *
 * drm_gpuvm keeps what is mapped where, mtia_mmu.c turns it into page tables, mtia_bind.c changes
 * both. The list of an object's mappings is guarded by the object's reservation lock.
 *
 * An object that was moved is written anew into the tables of a VM before the VM's next job. For
 * that, drm_gpuvm has to say what the tables say: binds that are not executed yet are waited for
 * first. They cannot wait in turn: what they wait for are fences.
 *
 * A VM is banned when a bind was accepted and then not executed, because nobody knows any more
 * what its addresses mean. Its queues are banned with it.
 */
#include <drm/drm_drv.h>
#include <drm/drm_exec.h>
#include <drm/gpu_scheduler.h>
#include <linux/ctype.h>
#include <linux/overflow.h>

#include "mtia_bind.h"
#include "mtia_bo.h"
#include "mtia_compat.h"
#include "mtia_device.h"
#include "mtia_job.h"
#include "mtia_queue.h"
#include "mtia_vm.h"

static struct mtia_vm *gpuvm_to_mtia_vm(struct drm_gpuvm *gpuvm)
{
	return container_of(gpuvm, struct mtia_vm, base);
}

/**
 * struct mtia_vm_restore - Bringing moved objects back.
 */
struct mtia_vm_restore {
	/** @room: Attempts to get memory. */
	struct mtia_room_wait room;
	/** @change: What it changes in the tables. */
	struct mtia_mmu_change change;
};

static void mtia_vm_release_work(struct work_struct *work)
{
	struct mtia_vm *vm = container_of(work, struct mtia_vm, release_work);
	struct mtia_timeline *timeline = vm->timeline;
	struct mtia_device *mdev = vm->mdev;

	mtia_bind_fini(vm);
	mutex_destroy(&vm->mmu.lock);
	mutex_destroy(&vm->lock);
	kfree(vm);
	drm_dev_put(&mdev->drm);
	/* Last: it pins the module. */
	if (timeline)
		mtia_timeline_put(timeline);
}

/* The last reference can go in a work of the scheduler that is freed here. */
static void mtia_vm_free(struct drm_gpuvm *gpuvm)
{
	mtia_queue_release_later(&gpuvm_to_mtia_vm(gpuvm)->release_work);
}

/**
 * mtia_vm_prot() - What the device may do with a mapping.
 * @flags: enum drm_mtia_vm_bind_op_flags.
 *
 * Return: bits of page table entries.
 */
u64 mtia_vm_prot(u32 flags)
{
	u64 prot = MTIA_PTE_READ;

	if (!(flags & DRM_MTIA_VM_BIND_READONLY))
		prot |= MTIA_PTE_WRITE;
	if (!(flags & DRM_MTIA_VM_BIND_NOEXEC))
		prot |= MTIA_PTE_EXEC;

	return prot;
}

/* Called by drm_gpuvm_validate() for an object that moved since the last job of the VM. */
static int mtia_vm_bo_validate(struct drm_gpuvm_bo *vm_bo, struct drm_exec *exec)
{
	struct mtia_vm *vm = gpuvm_to_mtia_vm(vm_bo->vm);
	struct mtia_vm_restore *restore = vm->restore;
	struct mtia_bo *bo = gem_to_mtia_bo(vm_bo->obj);
	struct drm_gpuva *va;
	int err;

	/* Without mappings it only waits for a bind to be freed. */
	if (!list_empty(&vm_bo->list.gpuva)) {
		err = mtia_bo_restore(bo, &restore->room);
		if (err)
			return err;
	}

	drm_gpuvm_bo_for_each_va(va, vm_bo) {
		err = mtia_mmu_prepare_map(&vm->mmu, &restore->change, va->va.addr, va->va.range,
					   bo, va->gem.offset);
		if (err)
			return err;
	}

	mutex_lock(&vm->mmu.lock);
	drm_gpuvm_bo_for_each_va(va, vm_bo)
		mtia_mmu_map(&vm->mmu, &restore->change, va->va.addr, va->va.range, bo,
			     va->gem.offset, mtia_vm_prot(gpuva_to_mtia_vma(va)->flags));
	mutex_unlock(&vm->mmu.lock);
	vm_bo->evicted = false;

	return 0;
}

static const struct drm_gpuvm_ops mtia_vm_ops = {
	.vm_free = mtia_vm_free,
	.vm_bo_validate = mtia_vm_bo_validate,
	.sm_step_map = mtia_bind_step_map,
	.sm_step_remap = mtia_bind_step_remap,
	.sm_step_unmap = mtia_bind_step_unmap,
};

/**
 * mtia_vm_get() - Take a reference.
 * @vm: Address space.
 *
 * Return: @vm.
 */
struct mtia_vm *mtia_vm_get(struct mtia_vm *vm)
{
	drm_gpuvm_get(&vm->base);

	return vm;
}

/**
 * mtia_vm_put() - Drop a reference.
 * @vm: Address space, or NULL.
 */
void mtia_vm_put(struct mtia_vm *vm)
{
	drm_gpuvm_put(vm ? &vm->base : NULL);
}

/**
 * mtia_vm_lookup() - Find an address space of a file.
 * @file: Open file.
 * @id: Id.
 *
 * Return: the address space with a reference, or NULL.
 */
struct mtia_vm *mtia_vm_lookup(struct drm_file *file, u32 id)
{
	struct mtia_file *mfile = file->driver_priv;
	struct mtia_vm *vm;

	xa_lock(&mfile->vms);
	vm = xa_load(&mfile->vms, id);
	if (vm)
		mtia_vm_get(vm);
	xa_unlock(&mfile->vms);

	return vm;
}

/**
 * mtia_vm_add_queue() - Count a queue that will use the address space.
 * @vm: Address space.
 *
 * Return: 0, or -ENOENT if it was destroyed meanwhile.
 */
int mtia_vm_add_queue(struct mtia_vm *vm)
{
	unsigned long flags;
	int err = -ENOENT;

	spin_lock_irqsave(&vm->state_lock, flags);
	if (!vm->closed) {
		vm->num_queues++;
		err = 0;
	}
	spin_unlock_irqrestore(&vm->state_lock, flags);

	return err;
}

/**
 * mtia_vm_remove_queue() - Undo mtia_vm_add_queue().
 * @vm: Address space.
 */
void mtia_vm_remove_queue(struct mtia_vm *vm)
{
	unsigned long flags;

	spin_lock_irqsave(&vm->state_lock, flags);
	vm->num_queues--;
	spin_unlock_irqrestore(&vm->state_lock, flags);
}

/**
 * mtia_vm_count() - Note mappings that come or go.
 * @vm: Address space.
 * @gem: Their object.
 * @change: How many.
 *
 * Those of objects that may be in device memory count, see mtia_vm_is_lost().
 */
void mtia_vm_count(struct mtia_vm *vm, struct drm_gem_object *gem, int change)
{
	if (gem_to_mtia_bo(gem)->placement & (DRM_MTIA_PLACE_VRAM | DRM_MTIA_PLACE_SRAM))
		atomic_add(change, &vm->num_local);
}

/* Each loss of device memory is looked at once; who changes mappings looks before. */
static void mtia_vm_look_locked(struct mtia_vm *vm)
{
	int losses = atomic_read(&vm->mdev->reset.losses);

	lockdep_assert_held(&vm->state_lock);

	if (vm->losses != losses && atomic_read(&vm->num_local) &&
	    vm->reason == DRM_MTIA_REASON_NONE)
		vm->reason = DRM_MTIA_REASON_VRAM_LOST;
	vm->losses = losses;
}

/**
 * mtia_vm_is_lost() - Whether an address space is banned because memory of it lost its contents.
 * @vm: Address space.
 *
 * Context: any.
 * Return: true if so.
 */
bool mtia_vm_is_lost(struct mtia_vm *vm)
{
	unsigned long flags;
	bool lost;

	spin_lock_irqsave(&vm->state_lock, flags);
	mtia_vm_look_locked(vm);
	lost = vm->reason == DRM_MTIA_REASON_VRAM_LOST;
	spin_unlock_irqrestore(&vm->state_lock, flags);

	return lost;
}

/**
 * mtia_vm_status() - Whether an address space takes binds and its queues jobs.
 * @vm: Address space.
 *
 * Return: 0, -ENOENT when it was destroyed, -ECANCELED when it is banned.
 */
int mtia_vm_status(struct mtia_vm *vm)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&vm->state_lock, flags);
	mtia_vm_look_locked(vm);
	if (vm->closed)
		err = -ENOENT;
	else if (vm->reason != DRM_MTIA_REASON_NONE)
		err = -ECANCELED;
	spin_unlock_irqrestore(&vm->state_lock, flags);

	return err;
}

/**
 * mtia_vm_ban() - Refuse all further work of an address space.
 * @vm: Address space.
 * @reason: enum drm_mtia_queue_reason; the first one stays.
 *
 * Context: may sleep. Legal in the fence-signalling path.
 */
void mtia_vm_ban(struct mtia_vm *vm, u32 reason)
{
	unsigned long flags;

	spin_lock_irqsave(&vm->state_lock, flags);
	if (vm->reason == DRM_MTIA_REASON_NONE)
		vm->reason = reason;
	spin_unlock_irqrestore(&vm->state_lock, flags);
	mtia_job_ban_vm(vm, reason);
}

/**
 * mtia_vm_record_fault() - Remember a fault.
 * @vm: Address space.
 * @va: Faulting address.
 * @status: enum mtia_fault_reason | access << 8.
 *
 * Context: any, also hard interrupt.
 */
void mtia_vm_record_fault(struct mtia_vm *vm, u64 va, u32 status)
{
	unsigned long flags;

	spin_lock_irqsave(&vm->state_lock, flags);
	vm->fault_va = va;
	vm->fault_status = status;
	vm->fault_count++;
	spin_unlock_irqrestore(&vm->state_lock, flags);
}

/**
 * mtia_vm_drain() - Wait until all binds so far are executed.
 * @vm: Address space; its lock is held, so there is no further one.
 *
 * Context: may sleep; no reservation lock held. Not in the fence-signalling path.
 * Return: 0 or -ERESTARTSYS.
 */
int mtia_vm_drain(struct mtia_vm *vm)
{
	int err;

	lockdep_assert_held(&vm->lock);

	if (!vm->last_bind)
		return 0;

	err = dma_fence_wait(vm->last_bind, true);
	if (err)
		return err;
	dma_fence_put(vm->last_bind);
	vm->last_bind = NULL;

	return 0;
}

/* Labels are clients' text. */
static void mtia_vm_copy_label(struct mtia_bo *bo, char to[MTIA_VM_SNAPSHOT_LABEL])
{
	const char *label;
	size_t i = 0;

	rcu_read_lock();
	label = rcu_dereference(bo->label);
	for (; label && label[i] && i < MTIA_VM_SNAPSHOT_LABEL - 1; i++)
		to[i] = isgraph(label[i]) ? label[i] : '.';
	rcu_read_unlock();
	to[i] = '\0';
}

/**
 * mtia_vm_snapshot() - List the mappings, as long as nobody is changing them.
 * @vm: Address space.
 * @to: Out: the first ones, in order of addresses.
 * @max: Elements of @to.
 *
 * Context: in the fence-signalling path, so it waits for nobody.
 * Return: the number of mappings, which can be more than @max, or -EBUSY.
 */
int mtia_vm_snapshot(struct mtia_vm *vm, struct mtia_vm_mapping *to, u32 max)
{
	struct drm_gpuva *va;
	u32 count = 0;

	if (!mutex_trylock(&vm->lock))
		return -EBUSY;
	drm_gpuvm_for_each_va(va, &vm->base) {
		struct mtia_vm_mapping *m = &to[count];

		if (!va->gem.obj || count++ >= max)
			continue;
		*m = (struct mtia_vm_mapping){
			.va = va->va.addr,
			.size = va->va.range,
			.offset = va->gem.offset,
			.bo_size = va->gem.obj->size,
			.flags = gpuva_to_mtia_vma(va)->flags,
			.placement = gem_to_mtia_bo(va->gem.obj)->placement,
		};
		mtia_vm_copy_label(gem_to_mtia_bo(va->gem.obj), m->label);
	}
	mutex_unlock(&vm->lock);

	return count;
}

/* Under the VM's lock, which comes before those of objects; without binds to be executed. */
static int mtia_vm_restore(struct mtia_vm *vm, struct drm_gpuvm_exec *exec)
{
	struct mtia_mmu_change *change = &vm->restore->change;
	int err, flush_err;

	err = drm_gpuvm_exec_lock(exec);
	if (err)
		return err;
	mtia_mmu_begin(&vm->mmu, change);
	err = drm_gpuvm_exec_validate(exec);
	/* Also after an error: what was written so far is in use from now on. */
	flush_err = mtia_mmu_finish(&vm->mmu, change);
	if (err || flush_err)
		drm_gpuvm_exec_unlock(exec);

	return err ?: flush_err;
}

/**
 * mtia_vm_lock_for_jobs() - Lock what a VM maps, all of it where the page tables say.
 * @vm: Address space.
 * @exec: For drm_gpuvm_exec_lock(), filled in.
 *
 * Nothing moves until drm_gpuvm_exec_unlock(), nor until the fences that are added before it. If
 * something has moved, this waits for binds that are not executed yet.
 *
 * Context: may sleep, may evict others; inside drm_dev_enter(). Not in the fence-signalling path.
 * Return: 0 with everything locked, -ENOSPC if not all of it fits into device memory at a time, or
 * another negative error code.
 */
int mtia_vm_lock_for_jobs(struct mtia_vm *vm, struct drm_gpuvm_exec *exec)
{
	struct mtia_vm_restore restore;
	int err;

	err = drm_gpuvm_exec_lock(exec);
	if (err || list_empty(&vm->base.evict.list))
		return err;
	drm_gpuvm_exec_unlock(exec);

	err = mutex_lock_interruptible(&vm->lock);
	if (err)
		return err;
	err = mtia_vm_drain(vm);
	if (!err) {
		mtia_room_begin(vm->mdev, &restore.room);
		vm->restore = &restore;
		do {
			err = mtia_vm_restore(vm, exec);
		} while (mtia_room_retry(vm->mdev, &restore.room, &err));
		vm->restore = NULL;
	}
	mutex_unlock(&vm->lock);

	return err;
}

/**
 * mtia_vm_add_implicit_deps() - Make a job wait for what other drivers do with shared objects.
 * @vm: Address space, locked by mtia_vm_lock_for_jobs().
 * @job: Job, not armed.
 *
 * A job may write whatever is mapped, so it waits for readers and writers.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_vm_add_implicit_deps(struct mtia_vm *vm, struct drm_sched_job *job)
{
	struct drm_gpuvm_bo *vm_bo;
	int err;

	list_for_each_entry(vm_bo, &vm->base.extobj.list, list.entry.extobj) {
		struct drm_gem_object *gem = vm_bo->obj;

		if (!gem->import_attach && !atomic_read(&gem_to_mtia_bo(gem)->exports))
			continue;
		err = drm_sched_job_add_implicit_dependencies(job, gem, true);
		if (err)
			return err;
	}

	return 0;
}

/**
 * mtia_vm_put_bo() - Drop a reference that an address space has to an object.
 * @vm_bo: Their relation.
 *
 * Context: may sleep; no reservation lock held.
 */
void mtia_vm_put_bo(struct drm_gpuvm_bo *vm_bo)
{
	struct drm_gem_object *gem = vm_bo->obj;
	struct drm_gpuvm *gpuvm = vm_bo->vm;
	struct drm_exec exec;
	int err = 0;

	/* Both outlive the locks. */
	drm_gem_object_get(gem);
	drm_gpuvm_get(gpuvm);
	drm_exec_init(&exec, DRM_EXEC_IGNORE_DUPLICATES, 2);
	drm_exec_until_all_locked(&exec) {
		err = drm_exec_lock_obj(&exec, drm_gpuvm_resv_obj(gpuvm));
		drm_exec_retry_on_contention(&exec);
		if (!err)
			err = drm_exec_lock_obj(&exec, gem);
		drm_exec_retry_on_contention(&exec);
		if (err)
			break;
	}
	/* Two locks, no interruption, no third object: there is no way to fail. */
	drm_WARN_ON_ONCE(gpuvm->drm, err);
	drm_gpuvm_bo_put(vm_bo);
	drm_exec_fini(&exec);
	drm_gpuvm_put(gpuvm);
	drm_gem_object_put(gem);
}

/* Removes one mapping of an address space that the hardware does not use any more. */
static void mtia_vm_drop(struct drm_gpuva *va)
{
	struct drm_gpuvm_bo *vm_bo = va->vm_bo;
	struct drm_gem_object *gem = va->gem.obj;

	/* The list of the object's mappings is guarded by its lock, the reference by both locks. */
	dma_resv_lock(gem->resv, NULL);
	drm_gpuvm_bo_get(vm_bo);
	mtia_vm_count(gpuvm_to_mtia_vm(va->vm), gem, -1);
	drm_gpuva_remove(va);
	drm_gpuva_unlink(va);
	dma_resv_unlock(gem->resv);
	mtia_vm_put_bo(vm_bo);
	kfree(gpuva_to_mtia_vma(va));
}

/* Makes the address space refuse everything. Return: 0, -EBUSY, or -ENOENT if it did already. */
static int mtia_vm_mark_closed(struct mtia_vm *vm, bool check_queues)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&vm->state_lock, flags);
	if (vm->closed)
		err = -ENOENT;
	else if (check_queues && vm->num_queues)
		err = -EBUSY;
	else
		vm->closed = true;
	spin_unlock_irqrestore(&vm->state_lock, flags);

	return err;
}

/**
 * mtia_vm_close() - End an address space that its file gives up.
 * @vm: Address space.
 * @check_queues: Refuse if queues use it, let signals interrupt; without, there is none.
 *
 * Binds that are not executed yet will not be: they end with -ECANCELED when their time comes.
 *
 * Return: 0 with the file's reference dropped, -EBUSY, -ENOENT if somebody else was faster, -EINTR.
 */
int mtia_vm_close(struct mtia_vm *vm, bool check_queues)
{
	struct mtia_device *mdev = vm->mdev;
	struct drm_gpuva *va, *next;
	bool in_device;
	int idx, err = 0;

	in_device = mtia_pm_enter(mdev, &idx);
	if (check_queues)
		err = mutex_lock_interruptible(&vm->lock);
	else
		mutex_lock(&vm->lock);
	if (err)
		goto out;

	err = mtia_vm_mark_closed(vm, check_queues);
	if (err) {
		mutex_unlock(&vm->lock);
		goto out;
	}
	/* A bind that is under way goes on to its end, later ones see that it is closed. */
	mutex_lock(&vm->mmu.lock);
	mutex_unlock(&vm->mmu.lock);
	mtia_mmu_stop(&vm->mmu);
	drm_gpuvm_for_each_va_safe(va, next, &vm->base)
		mtia_vm_drop(va);
	mtia_mmu_fini(&vm->mmu);
	dma_fence_put(vm->last_bind);
	vm->last_bind = NULL;
	mutex_unlock(&vm->lock);
	mtia_vm_put(vm);
out:
	if (in_device)
		mtia_pm_exit(mdev, idx);

	return err;
}

/* Return: the address space with one reference, or an error pointer. */
static struct mtia_vm *mtia_vm_create(struct mtia_device *mdev, struct drm_file *file, u64 start,
				      u64 size)
{
	struct drm_gem_object *root;
	struct mtia_vm *vm;
	int err;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);

	root = drm_gpuvm_resv_object_alloc(&mdev->drm);
	if (!root) {
		kfree(vm);
		return ERR_PTR(-ENOMEM);
	}

	vm->mdev = mdev;
	vm->losses = atomic_read(&mdev->reset.losses);
	drm_dev_get(&mdev->drm);
	mutex_init(&vm->lock);
	mutex_init(&vm->mmu.lock);
	spin_lock_init(&vm->state_lock);
	INIT_WORK(&vm->release_work, mtia_vm_release_work);
	drm_gpuvm_init(&vm->base, "mtia", DRM_GPUVM_RESV_PROTECTED, &mdev->drm, root, start, size,
		       0, 0, &mtia_vm_ops);
	drm_gem_object_put(root);

	err = mtia_bind_init(vm, file);
	if (!err)
		err = mtia_mmu_init(&vm->mmu, mdev);
	if (err) {
		mtia_vm_put(vm);
		return ERR_PTR(err);
	}

	return vm;
}

/**
 * mtia_vm_create_ioctl() - DRM_IOCTL_MTIA_VM_CREATE.
 * @drm: DRM device.
 * @data: &struct drm_mtia_vm_create.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct mtia_device *mdev = to_mtia_device(drm);
	struct mtia_file *mfile = file->driver_priv;
	struct drm_mtia_vm_create *args = data;
	u64 start = args->user_va_start;
	u64 size = args->user_va_size;
	struct mtia_vm *vm;
	int idx, err;
	u64 end;

	if (args->flags)
		return -EINVAL;
	if (!start && !size) {
		start = MTIA_VA_USER_MIN;
		size = MTIA_VA_USER_MAX - MTIA_VA_USER_MIN;
	}
	if (!size || !IS_ALIGNED(start | size, MTIA_PAGE_SIZE) || start < MTIA_VA_USER_MIN ||
	    check_add_overflow(start, size, &end) || end > MTIA_VA_USER_MAX)
		return -EINVAL;

	err = mtia_device_status(mdev);
	if (err)
		return err;

	if (!mtia_pm_enter(mdev, &idx))
		return -ENODEV;
	vm = mtia_vm_create(mdev, file, start, size);
	mtia_pm_exit(mdev, idx);
	if (IS_ERR(vm))
		return PTR_ERR(vm);

	err = xa_alloc(&mfile->vms, &args->vm_id, vm, XA_LIMIT(1, MTIA_MAX_IDS),
		       GFP_KERNEL_ACCOUNT);
	if (err)
		mtia_vm_close(vm, false);

	return err == -EBUSY ? -ENOSPC : err;
}

/**
 * mtia_vm_destroy_ioctl() - DRM_IOCTL_MTIA_VM_DESTROY.
 * @drm: DRM device.
 * @data: &struct drm_mtia_vm_destroy.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct mtia_file *mfile = file->driver_priv;
	struct drm_mtia_vm_destroy *args = data;
	struct mtia_vm *vm;
	int err;

	if (args->pad)
		return -EINVAL;

	vm = mtia_vm_lookup(file, args->vm_id);
	if (!vm)
		return -ENOENT;

	err = mtia_vm_close(vm, true);
	/* The id can be used again only now, so it is this one's. */
	if (!err)
		xa_erase(&mfile->vms, args->vm_id);
	mtia_vm_put(vm);

	return err;
}

/**
 * mtia_vm_get_state_ioctl() - DRM_IOCTL_MTIA_VM_GET_STATE.
 * @drm: DRM device.
 * @data: &struct drm_mtia_vm_get_state.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_vm_get_state_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct mtia_device *mdev = to_mtia_device(drm);
	struct drm_mtia_vm_get_state *args = data;
	unsigned long flags;
	struct mtia_vm *vm;
	int idx;

	vm = mtia_vm_lookup(file, args->vm_id);
	if (!vm)
		return -ENOENT;

	/* The fault message was sent before the completion but may wait for another vector. */
	if (mtia_pm_enter_if_awake(mdev, &idx)) {
		mtia_mbox_drain(mdev);
		mtia_pm_exit_if_awake(mdev, idx);
	}

	spin_lock_irqsave(&vm->state_lock, flags);
	mtia_vm_look_locked(vm);
	args->reason = vm->reason;
	if (args->reason == DRM_MTIA_REASON_NONE && mtia_device_status(mdev))
		args->reason = DRM_MTIA_REASON_DEVICE_RESET;
	args->state = args->reason == DRM_MTIA_REASON_NONE ? DRM_MTIA_STATE_OK :
							     DRM_MTIA_STATE_BANNED;
	args->pad = 0;
	args->fault_va = vm->fault_va;
	args->fault_count = vm->fault_count;
	args->fault_status = vm->fault_status;
	spin_unlock_irqrestore(&vm->state_lock, flags);
	mtia_vm_put(vm);

	return 0;
}

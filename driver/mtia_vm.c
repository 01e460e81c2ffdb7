// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Address spaces
 *
 * drm_gpuvm keeps what is mapped where, mtia_mmu.c turns it into page tables. VM_BIND is
 * synchronous: it locks the objects of all its operations, then allocates whatever any of them can
 * need, then applies them, which cannot fail, and last waits for the TLB. Objects that lost their
 * last mapping are held until then, so that no job reaches memory which has another owner.
 *
 * The list of an object's mappings is guarded by the object's reservation lock.
 */
#include <drm/drm_drv.h>
#include <drm/drm_exec.h>
#include <drm/gpu_scheduler.h>
#include <linux/overflow.h>

#include "mtia_bo.h"
#include "mtia_compat.h"
#include "mtia_device.h"
#include "mtia_trace.h"
#include "mtia_uobj.h"
#include "mtia_vm.h"

/**
 * struct mtia_vma - A mapping.
 */
struct mtia_vma {
	/** @base: GPUVM's part. */
	struct drm_gpuva base;
	/** @flags: enum drm_mtia_vm_bind_op_flags. */
	u32 flags;
	/** @node: Among a call's spare or removed mappings. */
	struct list_head node;
};

/**
 * struct mtia_bind_op - Operation of VM_BIND with what it refers to.
 */
struct mtia_bind_op {
	/** @args: As user space gave it. */
	const struct drm_mtia_vm_bind_op *args;
	/** @gem: Object (referenced), or NULL. */
	struct drm_gem_object *gem;
	/** @vm_bo: Relation of object and address space for MAP (referenced). */
	struct drm_gpuvm_bo *vm_bo;
};

/**
 * struct mtia_bind - A call of VM_BIND.
 */
struct mtia_bind {
	/** @vm: Address space. */
	struct mtia_vm *vm;
	/** @ops: Operations. */
	struct mtia_bind_op *ops;
	/** @num_ops: Elements of @ops. */
	u32 num_ops;
	/** @op: The one being applied. */
	struct mtia_bind_op *op;
	/** @spare: Allocated mappings, enough for the worst case. */
	struct list_head spare;
	/** @removed: Mappings that were removed, each with a reference of its object. */
	struct list_head removed;
	/** @room: Attempts to get memory. */
	struct mtia_room_wait *room;
};

static struct mtia_vm *gpuvm_to_mtia_vm(struct drm_gpuvm *gpuvm)
{
	return container_of(gpuvm, struct mtia_vm, base);
}

static struct mtia_vma *gpuva_to_mtia_vma(struct drm_gpuva *va)
{
	return container_of(va, struct mtia_vma, base);
}

static void mtia_vm_free(struct drm_gpuvm *gpuvm)
{
	struct mtia_vm *vm = gpuvm_to_mtia_vm(gpuvm);

	mutex_destroy(&vm->lock);
	kfree(vm);
}

static struct mtia_vma *mtia_bind_take_spare(struct mtia_bind *bind, u32 flags)
{
	struct mtia_vma *vma = list_first_entry(&bind->spare, struct mtia_vma, node);

	list_del_init(&vma->node);
	vma->flags = flags;

	return vma;
}

/* After the mapping has left the tree. */
static void mtia_bind_remove(struct mtia_bind *bind, struct drm_gpuva *va)
{
	drm_gem_object_get(va->gem.obj);
	drm_gpuva_unlink(va);
	list_add(&gpuva_to_mtia_vma(va)->node, &bind->removed);
}

/* Writes the leaves of a mapping; its tables are there. */
static void mtia_vm_write_leaves(struct mtia_vm *vm, const struct mtia_vma *vma)
{
	const struct drm_gpuva *va = &vma->base;
	u64 prot = MTIA_PTE_READ;

	if (!(vma->flags & DRM_MTIA_VM_BIND_READONLY))
		prot |= MTIA_PTE_WRITE;
	if (!(vma->flags & DRM_MTIA_VM_BIND_NOEXEC))
		prot |= MTIA_PTE_EXEC;
	mtia_mmu_map(&vm->mmu, va->va.addr, va->va.range, gem_to_mtia_bo(va->gem.obj),
		     va->gem.offset, prot);
}

static int mtia_vm_step_map(struct drm_gpuva_op *op, void *priv)
{
	struct mtia_bind *bind = priv;
	struct mtia_vma *vma = mtia_bind_take_spare(bind, bind->op->args->flags);

	drm_gpuva_map(&bind->vm->base, &vma->base, &op->map);
	drm_gpuva_link(&vma->base, bind->op->vm_bo);
	mtia_vm_write_leaves(bind->vm, vma);

	return 0;
}

/* Leaves are removed by the caller, for its whole range, or replaced by the map that follows. */
static int mtia_vm_step_remap(struct drm_gpuva_op *op, void *priv)
{
	struct drm_gpuva *va = op->remap.unmap->va;
	struct drm_gpuvm_bo *vm_bo = va->vm_bo;
	struct mtia_vma *prev = NULL, *next = NULL;
	u32 flags = gpuva_to_mtia_vma(va)->flags;
	struct mtia_bind *bind = priv;

	if (op->remap.prev)
		prev = mtia_bind_take_spare(bind, flags);
	if (op->remap.next)
		next = mtia_bind_take_spare(bind, flags);

	drm_gpuva_remap(prev ? &prev->base : NULL, next ? &next->base : NULL, &op->remap);
	if (prev)
		drm_gpuva_link(&prev->base, vm_bo);
	if (next)
		drm_gpuva_link(&next->base, vm_bo);
	mtia_bind_remove(bind, va);

	return 0;
}

static int mtia_vm_step_unmap(struct drm_gpuva_op *op, void *priv)
{
	struct drm_gpuva *va = op->unmap.va;

	drm_gpuva_unmap(&op->unmap);
	mtia_bind_remove(priv, va);

	return 0;
}

/* Called by drm_gpuvm_validate() for an object that moved since the last job of the VM. */
static int mtia_vm_bo_validate(struct drm_gpuvm_bo *vm_bo, struct drm_exec *exec)
{
	struct mtia_vm *vm = gpuvm_to_mtia_vm(vm_bo->vm);
	struct mtia_bo *bo = gem_to_mtia_bo(vm_bo->obj);
	struct drm_gpuva *va;
	int err;

	err = mtia_bo_restore(bo, vm->room);
	if (err)
		return err;

	drm_gpuvm_bo_for_each_va(va, vm_bo) {
		err = mtia_mmu_prepare_map(&vm->mmu, va->va.addr, va->va.range, bo, va->gem.offset);
		if (err)
			return err;
	}
	drm_gpuvm_bo_for_each_va(va, vm_bo)
		mtia_vm_write_leaves(vm, gpuva_to_mtia_vma(va));
	vm_bo->evicted = false;

	return 0;
}

static const struct drm_gpuvm_ops mtia_vm_ops = {
	.vm_free = mtia_vm_free,
	.vm_bo_validate = mtia_vm_bo_validate,
	.sm_step_map = mtia_vm_step_map,
	.sm_step_remap = mtia_vm_step_remap,
	.sm_step_unmap = mtia_vm_step_unmap,
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
	int err = -ENOENT;

	mutex_lock(&vm->lock);
	if (!vm->closed) {
		vm->num_queues++;
		err = 0;
	}
	mutex_unlock(&vm->lock);

	return err;
}

/**
 * mtia_vm_remove_queue() - Undo mtia_vm_add_queue().
 * @vm: Address space.
 */
void mtia_vm_remove_queue(struct mtia_vm *vm)
{
	mutex_lock(&vm->lock);
	vm->num_queues--;
	mutex_unlock(&vm->lock);
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

	spin_lock_irqsave(&vm->fault_lock, flags);
	vm->fault_va = va;
	vm->fault_status = status;
	vm->fault_count++;
	spin_unlock_irqrestore(&vm->fault_lock, flags);
}

/* Under the VM's lock, which comes before those of objects. */
static int mtia_vm_restore(struct mtia_vm *vm, struct drm_gpuvm_exec *exec)
{
	int err, flush_err;

	err = drm_gpuvm_exec_lock(exec);
	if (err)
		return err;
	err = drm_gpuvm_exec_validate(exec);
	/* Also after an error: what was written so far is in use from now on. */
	flush_err = mtia_mmu_finish(&vm->mmu);
	if (err || flush_err)
		drm_gpuvm_exec_unlock(exec);

	return err ?: flush_err;
}

/**
 * mtia_vm_lock_for_jobs() - Lock what a VM maps, all of it where the page tables say.
 * @vm: Address space.
 * @exec: For drm_gpuvm_exec_lock(), filled in.
 *
 * Nothing moves until drm_gpuvm_exec_unlock(), nor until the fences that are added before it.
 *
 * Context: may sleep, may evict others; inside drm_dev_enter(). Not in the fence-signalling path.
 * Return: 0 with everything locked, -ENOSPC if not all of it fits into device memory at a time, or
 * another negative error code.
 */
int mtia_vm_lock_for_jobs(struct mtia_vm *vm, struct drm_gpuvm_exec *exec)
{
	struct mtia_room_wait wait;
	int err;

	err = drm_gpuvm_exec_lock(exec);
	if (err || list_empty(&vm->base.evict.list))
		return err;
	drm_gpuvm_exec_unlock(exec);

	err = mutex_lock_interruptible(&vm->lock);
	if (err)
		return err;
	mtia_room_begin(vm->mdev, &wait);
	do {
		vm->room = &wait;
		err = mtia_vm_restore(vm, exec);
		vm->room = NULL;
	} while (mtia_room_retry(vm->mdev, &wait, &err));
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

		if (!gem->dma_buf && !gem->import_attach)
			continue;
		err = drm_sched_job_add_implicit_dependencies(job, gem, true);
		if (err)
			return err;
	}

	return 0;
}

/* Removes one mapping of an address space that the hardware does not use any more. */
static void mtia_vm_drop(struct mtia_vm *vm, struct drm_gpuva *va)
{
	struct drm_gem_object *gem = va->gem.obj;
	struct drm_exec exec;
	int err = 0;

	/* Outlives the locks: drm_exec would free it while it still holds the other one. */
	drm_gem_object_get(gem);
	drm_exec_init(&exec, DRM_EXEC_IGNORE_DUPLICATES, 2);
	drm_exec_until_all_locked(&exec) {
		err = drm_exec_lock_obj(&exec, drm_gpuvm_resv_obj(&vm->base));
		drm_exec_retry_on_contention(&exec);
		if (!err)
			err = drm_exec_lock_obj(&exec, gem);
		drm_exec_retry_on_contention(&exec);
		if (err)
			break;
	}
	/* Two locks, no interruption, no third object: there is no way to fail. */
	drm_WARN_ON_ONCE(vm->base.drm, err);
	drm_gpuva_remove(va);
	drm_gpuva_unlink(va);
	drm_exec_fini(&exec);
	drm_gem_object_put(gem);
	kfree(gpuva_to_mtia_vma(va));
}

/**
 * mtia_vm_close() - End an address space that its file gives up.
 * @vm: Address space.
 * @check_queues: Refuse if queues use it; without, there is none.
 *
 * Return: 0 with the file's reference dropped, -EBUSY, or -ENOENT if somebody else was faster.
 */
int mtia_vm_close(struct mtia_vm *vm, bool check_queues)
{
	struct drm_gpuva *va, *next;

	mutex_lock(&vm->lock);
	if (vm->closed || (check_queues && vm->num_queues)) {
		int err = vm->closed ? -ENOENT : -EBUSY;

		mutex_unlock(&vm->lock);
		return err;
	}
	vm->closed = true;
	mtia_mmu_stop(&vm->mmu);
	drm_gpuvm_for_each_va_safe(va, next, &vm->base)
		mtia_vm_drop(vm, va);
	mtia_mmu_fini(&vm->mmu);
	mutex_unlock(&vm->lock);
	mtia_vm_put(vm);

	return 0;
}

/* Return: the address space with one reference, or an error pointer. */
static struct mtia_vm *mtia_vm_create(struct mtia_device *mdev, u64 start, u64 size)
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
	mutex_init(&vm->lock);
	spin_lock_init(&vm->fault_lock);
	drm_gpuvm_init(&vm->base, "mtia", DRM_GPUVM_RESV_PROTECTED, &mdev->drm, root, start, size,
		       0, 0, &mtia_vm_ops);
	drm_gem_object_put(root);

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

	if (!drm_dev_enter(drm, &idx))
		return -ENODEV;
	vm = mtia_vm_create(mdev, start, size);
	drm_dev_exit(idx);
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
	if (drm_dev_enter(drm, &idx)) {
		mtia_mbox_drain(mdev);
		drm_dev_exit(idx);
	}

	args->state = mtia_device_status(mdev) ? DRM_MTIA_STATE_BANNED : DRM_MTIA_STATE_OK;
	spin_lock_irqsave(&vm->fault_lock, flags);
	args->fault_va = vm->fault_va;
	args->fault_count = vm->fault_count;
	args->fault_status = vm->fault_status;
	spin_unlock_irqrestore(&vm->fault_lock, flags);
	mtia_vm_put(vm);

	return 0;
}

static bool mtia_bind_op_is_zero(const struct drm_mtia_vm_bind_op *op)
{
	return !op->flags && !op->bo_offset && !op->va && !op->size;
}

static int mtia_bind_check_range(struct mtia_vm *vm, const struct drm_mtia_vm_bind_op *op)
{
	u64 end;

	if (!op->size || !IS_ALIGNED(op->va | op->size, MTIA_PAGE_SIZE) ||
	    check_add_overflow(op->va, op->size, &end) ||
	    !drm_gpuvm_range_valid(&vm->base, op->va, op->size))
		return -EINVAL;

	return 0;
}

static int mtia_bind_check_map(struct mtia_vm *vm, const struct drm_mtia_vm_bind_op *op,
			       struct drm_gem_object *gem)
{
	struct drm_gem_object *vm_root = gem_to_mtia_bo(gem)->vm_root;
	u64 end;

	if (!IS_ALIGNED(op->bo_offset, MTIA_PAGE_SIZE) ||
	    check_add_overflow(op->bo_offset, op->size, &end) || end > gem->size)
		return -EINVAL;
	if (vm_root && vm_root != drm_gpuvm_resv_obj(&vm->base))
		return -EINVAL;

	return 0;
}

/* Checks an operation and looks up its object. */
static int mtia_bind_init_op(struct mtia_bind *bind, struct drm_file *file,
			     const struct drm_mtia_vm_bind_op *args, struct mtia_bind_op *op)
{
	struct mtia_vm *vm = bind->vm;
	int err = 0;

	op->args = args;
	if (args->pad)
		return -EINVAL;

	switch (args->op) {
	case DRM_MTIA_VM_BIND_MAP:
		if (args->flags & ~(DRM_MTIA_VM_BIND_READONLY | DRM_MTIA_VM_BIND_NOEXEC))
			return -EINVAL;
		err = mtia_bind_check_range(vm, args);
		break;
	case DRM_MTIA_VM_BIND_UNMAP:
		if (args->flags || args->bo_handle || args->bo_offset)
			return -EINVAL;
		return mtia_bind_check_range(vm, args);
	case DRM_MTIA_VM_BIND_UNMAP_ALL_BO:
		if (!mtia_bind_op_is_zero(args))
			return -EINVAL;
		break;
	case DRM_MTIA_VM_BIND_SYNC_ONLY:
		return !mtia_bind_op_is_zero(args) || args->bo_handle ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
	if (err)
		return err;

	op->gem = drm_gem_object_lookup(file, args->bo_handle);
	if (!op->gem)
		return -ENOENT;

	return args->op == DRM_MTIA_VM_BIND_MAP ? mtia_bind_check_map(vm, args, op->gem) : 0;
}

/* Locks all objects that the operations name or that are mapped where they map or unmap. */
static int mtia_bind_lock_ops(struct mtia_bind *bind, struct drm_exec *exec)
{
	u32 i;
	int err;

	for (i = 0; i < bind->num_ops; i++) {
		const struct mtia_bind_op *op = &bind->ops[i];

		if (op->gem) {
			err = drm_exec_lock_obj(exec, op->gem);
			if (err)
				return err;
		}
		if (op->args->size) {
			err = drm_gpuvm_prepare_range(&bind->vm->base, exec, op->args->va,
						      op->args->size, 0);
			if (err)
				return err;
		}
	}

	return 0;
}

static int mtia_bind_add_spare(struct mtia_bind *bind, u32 count)
{
	while (count--) {
		struct mtia_vma *vma = kzalloc(sizeof(*vma), GFP_KERNEL_ACCOUNT);

		if (!vma)
			return -ENOMEM;
		list_add(&vma->node, &bind->spare);
	}

	return 0;
}

/* Gets whatever an operation can need; what it leaves behind on error goes with the others. */
static int mtia_bind_prepare_op(struct mtia_bind *bind, struct mtia_bind_op *op)
{
	const struct drm_mtia_vm_bind_op *args = op->args;
	struct mtia_vm *vm = bind->vm;
	struct drm_gpuvm_bo *vm_bo;
	int err;

	switch (args->op) {
	case DRM_MTIA_VM_BIND_MAP:
		/* The new one, and both ends of one it is put into. */
		err = mtia_bind_add_spare(bind, 3);
		if (!err)
			err = mtia_bo_restore(gem_to_mtia_bo(op->gem), bind->room);
		if (err)
			return err;
		vm_bo = drm_gpuvm_bo_obtain_locked(&vm->base, op->gem);
		if (IS_ERR(vm_bo))
			return PTR_ERR(vm_bo);
		op->vm_bo = vm_bo;
		drm_gpuvm_bo_extobj_add(op->vm_bo);
		return mtia_mmu_prepare_map(&vm->mmu, args->va, args->size, gem_to_mtia_bo(op->gem),
					    args->bo_offset);
	case DRM_MTIA_VM_BIND_UNMAP:
		err = mtia_bind_add_spare(bind, 2);
		if (err)
			return err;
		return mtia_mmu_prepare_unmap(&vm->mmu, args->va, args->size);
	default:
		return 0;
	}
}

static void mtia_bind_unmap_bo(struct mtia_bind *bind, struct drm_gem_object *gem)
{
	struct mtia_vm *vm = bind->vm;
	struct drm_gpuvm_bo *vm_bo = drm_gpuvm_bo_find(&vm->base, gem);
	struct drm_gpuva *va, *next;

	if (!vm_bo)
		return;

	drm_gpuvm_bo_for_each_va_safe(va, next, vm_bo) {
		mtia_mmu_unmap(&vm->mmu, va->va.addr, va->va.range);
		drm_gpuva_remove(va);
		mtia_bind_remove(bind, va);
	}
	drm_gpuvm_bo_put(vm_bo);
}

/* Cannot fail: ranges were checked and everything is allocated. */
static void mtia_bind_apply_op(struct mtia_bind *bind, struct mtia_bind_op *op)
{
	const struct drm_mtia_vm_bind_op *args = op->args;
	struct mtia_vm *vm = bind->vm;
	struct drm_gpuvm_map_req req = {};
	int err = 0;

	bind->op = op;
	trace_mtia_vm_bind(vm, args);
	switch (args->op) {
	case DRM_MTIA_VM_BIND_MAP:
		req.map.va.addr = args->va;
		req.map.va.range = args->size;
		req.map.gem.obj = op->gem;
		req.map.gem.offset = args->bo_offset;
		err = drm_gpuvm_sm_map(&vm->base, bind, &req);
		break;
	case DRM_MTIA_VM_BIND_UNMAP:
		err = drm_gpuvm_sm_unmap(&vm->base, bind, args->va, args->size);
		mtia_mmu_unmap(&vm->mmu, args->va, args->size);
		break;
	case DRM_MTIA_VM_BIND_UNMAP_ALL_BO:
		mtia_bind_unmap_bo(bind, op->gem);
		break;
	}
	drm_WARN_ON_ONCE(vm->base.drm, err);
}

static int mtia_bind_locked(struct mtia_bind *bind)
{
	int err = 0;
	u32 i;

	for (i = 0; i < bind->num_ops && !err; i++)
		err = mtia_bind_prepare_op(bind, &bind->ops[i]);
	for (i = 0; i < bind->num_ops && !err; i++)
		mtia_bind_apply_op(bind, &bind->ops[i]);
	for (i = 0; i < bind->num_ops; i++) {
		drm_gpuvm_bo_put(bind->ops[i].vm_bo);
		bind->ops[i].vm_bo = NULL;
	}

	return err;
}

/* Under the VM's lock and inside drm_dev_enter(). */
static int mtia_bind_run(struct mtia_bind *bind)
{
	struct mtia_vma *vma, *next;
	struct drm_exec exec;
	int err = 0, flush_err;

	drm_exec_init(&exec, DRM_EXEC_INTERRUPTIBLE_WAIT | DRM_EXEC_IGNORE_DUPLICATES, 0);
	drm_exec_until_all_locked(&exec) {
		err = drm_gpuvm_prepare_vm(&bind->vm->base, &exec, 0);
		drm_exec_retry_on_contention(&exec);
		if (!err)
			err = mtia_bind_lock_ops(bind, &exec);
		drm_exec_retry_on_contention(&exec);
		if (err)
			break;
	}
	if (!err)
		err = mtia_bind_locked(bind);
	drm_exec_fini(&exec);

	/* Also after an error: tables that were added go away. */
	flush_err = mtia_mmu_finish(&bind->vm->mmu);

	list_for_each_entry_safe(vma, next, &bind->removed, node) {
		drm_gem_object_put(vma->base.gem.obj);
		kfree(vma);
	}
	list_for_each_entry_safe(vma, next, &bind->spare, node)
		kfree(vma);
	INIT_LIST_HEAD(&bind->removed);
	INIT_LIST_HEAD(&bind->spare);

	return err ?: flush_err;
}

static int mtia_vm_bind(struct mtia_bind *bind, struct drm_file *file,
			const struct drm_mtia_vm_bind_op *args)
{
	struct mtia_device *mdev = bind->vm->mdev;
	struct mtia_room_wait wait;
	u32 i;
	int idx, err = 0;

	bind->ops = kvcalloc(bind->num_ops, sizeof(*bind->ops), GFP_KERNEL_ACCOUNT);
	if (!bind->ops)
		return -ENOMEM;

	for (i = 0; i < bind->num_ops && !err; i++)
		err = mtia_bind_init_op(bind, file, &args[i], &bind->ops[i]);
	if (err)
		goto out;

	err = mutex_lock_interruptible(&bind->vm->lock);
	if (err)
		goto out;
	if (bind->vm->closed) {
		err = -ENOENT;
	} else if (drm_dev_enter(&mdev->drm, &idx)) {
		bind->room = &wait;
		mtia_room_begin(mdev, &wait);
		/* It fails for lack of memory before anything is changed. */
		do {
			err = mtia_bind_run(bind);
		} while (mtia_room_retry(mdev, &wait, &err));
		drm_dev_exit(idx);
	} else {
		err = -ENODEV;
	}
	mutex_unlock(&bind->vm->lock);

out:
	for (i = 0; i < bind->num_ops; i++) {
		if (bind->ops[i].gem)
			drm_gem_object_put(bind->ops[i].gem);
	}
	kvfree(bind->ops);
	return err;
}

/**
 * mtia_vm_bind_ioctl() - DRM_IOCTL_MTIA_VM_BIND.
 * @drm: DRM device.
 * @data: &struct drm_mtia_vm_bind.
 * @file: Open file.
 *
 * Return: 0 or a negative error code; on error nothing was changed, unless the device died.
 */
int mtia_vm_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_mtia_vm_bind *args = data;
	struct drm_mtia_vm_bind_op *ops;
	struct mtia_bind bind = {
		.num_ops = args->ops.count,
		.spare = LIST_HEAD_INIT(bind.spare),
		.removed = LIST_HEAD_INIT(bind.removed),
	};
	int err;

	if (args->flags & ~DRM_MTIA_VM_BIND_ASYNC)
		return -EINVAL;
	if (args->flags & DRM_MTIA_VM_BIND_ASYNC)
		return -EOPNOTSUPP;
	if (args->syncs.count)
		return -EINVAL;

	err = mtia_device_status(to_mtia_device(drm));
	if (err)
		return err;

	bind.vm = mtia_vm_lookup(file, args->vm_id);
	if (!bind.vm)
		return -ENOENT;

	ops = MTIA_UOBJ_GET_ARRAY(&args->ops, struct drm_mtia_vm_bind_op, size);
	if (IS_ERR(ops)) {
		err = PTR_ERR(ops);
	} else if (ops) {
		err = mtia_vm_bind(&bind, file, ops);
		kvfree(ops);
	}
	mtia_vm_put(bind.vm);

	return err;
}

// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Binds
 *
 * A call of VM_BIND has two halves. The first one runs in the ioctl: it locks the objects of all
 * operations, allocates whatever any of them can need, and changes what drm_gpuvm knows. All that
 * can fail, for a wrong argument or for lack of memory, fails here, before anything is changed. The
 * second half writes the page tables and invalidates the TLB. It allocates nothing and takes no
 * lock that is held over an allocation.
 *
 * A synchronous call does both, after it has waited for the binds before it. An asynchronous one
 * leaves the second half to a scheduler, one for each VM, which runs the binds of a VM in the order
 * of their calls, each when what it waits for is done. So drm_gpuvm knows the mappings as they will
 * be, the page tables those that are.
 *
 * Until a bind is executed its fence is in every object that it maps or unmaps, so none of them
 * moves: what was found in the first half is still true in the second one. Each object that loses a
 * mapping keeps its relation to the VM until the TLB has forgotten it. So its memory is not given
 * away, and if it was moved before that, the VM's next job still has to wait, see
 * mtia_vm_lock_for_jobs().
 *
 * Rejected: to change drm_gpuvm in the second half, too. Lists of objects and mappings would need
 * locks of their own beside those of reservation, and whether a call fits the mappings it meets
 * would be known only when it is too late to say no.
 */
#include <drm/drm_drv.h>
#include <drm/drm_exec.h>
#include <linux/overflow.h>

#include "mtia_bind.h"
#include "mtia_bo.h"
#include "mtia_compat.h"
#include "mtia_device.h"
#include "mtia_fence.h"
#include "mtia_queue.h"
#include "mtia_sync.h"
#include "mtia_trace.h"
#include "mtia_uobj.h"
#include "mtia_vm.h"

/**
 * struct mtia_bind_op - Operation of VM_BIND with what it refers to.
 */
struct mtia_bind_op {
	/** @args: As user space gave it. */
	struct drm_mtia_vm_bind_op args;
	/** @gem: Object (referenced), or NULL. */
	struct drm_gem_object *gem;
	/** @vm_bo: MAP: relation of object and address space (referenced), until it is applied. */
	struct drm_gpuvm_bo *vm_bo;
	/** @removed: Mappings that it removed, each with a reference of @vm_bo. */
	struct list_head removed;
};

/**
 * struct mtia_bind - A call of VM_BIND.
 */
struct mtia_bind {
	/** @base: Scheduler's part, of an asynchronous one. */
	struct drm_sched_job base;
	/** @vm: Address space (referenced). */
	struct mtia_vm *vm;
	/** @ops: Operations. */
	struct mtia_bind_op *ops;
	/** @num_ops: Elements of @ops. */
	u32 num_ops;
	/** @op: The one being applied. */
	struct mtia_bind_op *op;
	/** @spare: Allocated mappings, enough for the worst case. */
	struct list_head spare;
	/** @change: What it does to the page tables. */
	struct mtia_mmu_change change;
	/** @syncs: Of an asynchronous one, until it is pushed. */
	struct mtia_syncs syncs;
	/** @fence: Of an asynchronous one; NULL for a synchronous one. */
	struct mtia_fence *fence;
	/** @executed: @fence is initialised. */
	bool executed;
	/** @free_work: Frees it; free_job must not wait for locks. */
	struct work_struct free_work;
};

static struct mtia_bind *job_to_mtia_bind(struct drm_sched_job *job)
{
	return container_of(job, struct mtia_bind, base);
}

/* ---- First half: what drm_gpuvm knows ------------------------------------------------------- */

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
	struct mtia_vma *vma = gpuva_to_mtia_vma(va);

	vma->vm_bo = drm_gpuvm_bo_get(va->vm_bo);
	mtia_vm_count(bind->vm, va->gem.obj, -1);
	drm_gpuva_unlink(va);
	list_add(&vma->node, &bind->op->removed);
}

/**
 * mtia_bind_step_map() - &struct drm_gpuvm_ops.sm_step_map
 * @op: What to do.
 * @priv: Bind.
 *
 * Return: 0.
 */
int mtia_bind_step_map(struct drm_gpuva_op *op, void *priv)
{
	struct mtia_bind *bind = priv;
	struct mtia_vma *vma = mtia_bind_take_spare(bind, bind->op->args.flags);

	drm_gpuva_map(&bind->vm->base, &vma->base, &op->map);
	drm_gpuva_link(&vma->base, bind->op->vm_bo);
	mtia_vm_count(bind->vm, vma->base.gem.obj, 1);

	return 0;
}

/**
 * mtia_bind_step_remap() - &struct drm_gpuvm_ops.sm_step_remap
 * @op: What to do.
 * @priv: Bind.
 *
 * Return: 0.
 */
int mtia_bind_step_remap(struct drm_gpuva_op *op, void *priv)
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
	mtia_vm_count(bind->vm, vm_bo->obj, !!prev + !!next);
	mtia_bind_remove(bind, va);

	return 0;
}

/**
 * mtia_bind_step_unmap() - &struct drm_gpuvm_ops.sm_step_unmap
 * @op: What to do.
 * @priv: Bind.
 *
 * Return: 0.
 */
int mtia_bind_step_unmap(struct drm_gpuva_op *op, void *priv)
{
	struct drm_gpuva *va = op->unmap.va;

	drm_gpuva_unmap(&op->unmap);
	mtia_bind_remove(priv, va);

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
			     struct mtia_bind_op *op)
{
	const struct drm_mtia_vm_bind_op *args = &op->args;
	struct mtia_vm *vm = bind->vm;
	int err = 0;

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
			err = drm_exec_prepare_obj(exec, op->gem, 1);
			if (err)
				return err;
		}
		if (op->args.size) {
			err = drm_gpuvm_prepare_range(&bind->vm->base, exec, op->args.va,
						      op->args.size, 1);
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

static void mtia_bind_free_spare(struct mtia_bind *bind)
{
	struct mtia_vma *vma, *next;

	list_for_each_entry_safe(vma, next, &bind->spare, node)
		kfree(vma);
	INIT_LIST_HEAD(&bind->spare);
}

/* Gets whatever an operation can need; what it leaves behind on error goes with the others. */
static int mtia_bind_prepare_op(struct mtia_bind *bind, struct mtia_bind_op *op,
				const struct mtia_room_wait *room)
{
	const struct drm_mtia_vm_bind_op *args = &op->args;
	struct mtia_vm *vm = bind->vm;
	struct drm_gpuvm_bo *vm_bo;
	int err;

	switch (args->op) {
	case DRM_MTIA_VM_BIND_MAP:
		/* The new one, and both ends of one it is put into. */
		err = mtia_bind_add_spare(bind, 3);
		if (!err)
			err = mtia_bo_restore(gem_to_mtia_bo(op->gem), room);
		if (err)
			return err;
		vm_bo = drm_gpuvm_bo_obtain_locked(&vm->base, op->gem);
		if (IS_ERR(vm_bo))
			return PTR_ERR(vm_bo);
		op->vm_bo = vm_bo;
		drm_gpuvm_bo_extobj_add(op->vm_bo);
		return mtia_mmu_prepare_map(&vm->mmu, &bind->change, args->va, args->size,
					    gem_to_mtia_bo(op->gem), args->bo_offset);
	case DRM_MTIA_VM_BIND_UNMAP:
		err = mtia_bind_add_spare(bind, 2);
		if (err)
			return err;
		return mtia_mmu_prepare_unmap(&vm->mmu, &bind->change, args->va, args->size);
	default:
		return 0;
	}
}

static void mtia_bind_unmap_bo(struct mtia_bind *bind, struct drm_gem_object *gem)
{
	struct drm_gpuvm_bo *vm_bo = drm_gpuvm_bo_find(&bind->vm->base, gem);
	struct drm_gpuva *va, *next;

	if (!vm_bo)
		return;

	drm_gpuvm_bo_for_each_va_safe(va, next, vm_bo) {
		drm_gpuva_remove(va);
		mtia_bind_remove(bind, va);
	}
	drm_gpuvm_bo_put(vm_bo);
}

/* Cannot fail: ranges were checked and everything is allocated. */
static void mtia_bind_apply_op(struct mtia_bind *bind, struct mtia_bind_op *op)
{
	const struct drm_mtia_vm_bind_op *args = &op->args;
	struct mtia_vm *vm = bind->vm;
	struct drm_gpuvm_map_req req = {};
	int err = 0;

	bind->op = op;
	trace_mtia_vm_bind(vm, args, bind->change.number);
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
		break;
	case DRM_MTIA_VM_BIND_UNMAP_ALL_BO:
		mtia_bind_unmap_bo(bind, op->gem);
		break;
	}
	drm_WARN_ON_ONCE(vm->base.drm, err);
}

/* With all objects locked. All or nothing. */
static int mtia_bind_apply(struct mtia_bind *bind, const struct mtia_room_wait *room)
{
	int err = 0;
	u32 i;

	for (i = 0; i < bind->num_ops && !err; i++)
		err = mtia_bind_prepare_op(bind, &bind->ops[i], room);
	for (i = 0; i < bind->num_ops && !err; i++)
		mtia_bind_apply_op(bind, &bind->ops[i]);
	for (i = 0; i < bind->num_ops; i++) {
		drm_gpuvm_bo_put(bind->ops[i].vm_bo);
		bind->ops[i].vm_bo = NULL;
	}

	return err;
}

/* ---- Second half: what the device sees ------------------------------------------------------ */

/* Writes the page tables, whose lock is held. In the fence-signalling path. */
static void mtia_bind_write(struct mtia_bind *bind)
{
	struct mtia_mmu *mmu = &bind->vm->mmu;
	struct mtia_vma *vma;
	u32 i;

	for (i = 0; i < bind->num_ops; i++) {
		const struct mtia_bind_op *op = &bind->ops[i];
		const struct drm_mtia_vm_bind_op *args = &op->args;

		switch (args->op) {
		case DRM_MTIA_VM_BIND_MAP:
			mtia_mmu_map(mmu, &bind->change, args->va, args->size,
				     gem_to_mtia_bo(op->gem), args->bo_offset,
				     mtia_vm_prot(args->flags));
			break;
		case DRM_MTIA_VM_BIND_UNMAP:
			mtia_mmu_unmap(mmu, &bind->change, args->va, args->size);
			break;
		case DRM_MTIA_VM_BIND_UNMAP_ALL_BO:
			list_for_each_entry(vma, &op->removed, node)
				mtia_mmu_unmap(mmu, &bind->change, vma->base.va.addr,
					       vma->base.va.range);
			break;
		}
	}
}

/* Return: 0, -ECANCELED if nothing was done, or why the chip does not do it. */
static int mtia_bind_execute(struct mtia_bind *bind)
{
	struct mtia_vm *vm = bind->vm;
	int idx, err;

	/* Whoever closes the VM takes this lock after it has said so. */
	mutex_lock(&vm->mmu.lock);
	if (mtia_vm_status(vm)) {
		err = -ECANCELED;
	} else if (drm_dev_enter(&vm->mdev->drm, &idx)) {
		mtia_bind_write(bind);
		err = mtia_mmu_commit(&vm->mmu, &bind->change);
		drm_dev_exit(idx);
	} else {
		err = -ENODEV;
	}
	mutex_unlock(&vm->mmu.lock);

	return err;
}

static struct dma_fence *mtia_bind_run_job(struct drm_sched_job *sched_job)
{
	struct mtia_bind *bind = job_to_mtia_bind(sched_job);
	bool cookie = dma_fence_begin_signalling();
	struct dma_fence *fence = &bind->fence->base;
	struct mtia_vm *vm = bind->vm;
	int err;

	err = mtia_bind_execute(bind);
	mtia_fence_init(bind->fence, bind->change.number);
	bind->executed = true;
	trace_mtia_vm_bind_done(vm, bind->change.number, err);
	dma_fence_end_signalling(cookie);

	if (err && err != -ECANCELED) {
		/*
		 * Memory that was unmapped is free when the fence signals, so the chip has to have
		 * been stopped. That is on the way to fences as well, and waits for no bind.
		 */
		err = mtia_reset_after(vm->mdev, err, "firmware did not invalidate a TLB");
		if (err)
			mtia_vm_ban(vm, DRM_MTIA_REASON_DEVICE_RESET);
	}
	if (err)
		dma_fence_set_error(fence, err);
	dma_fence_signal(fence);

	/* One reference for the scheduler, one for the bind. */
	return dma_fence_get(fence);
}

/* Nothing of what it needs is in use any more: it was executed, or never pushed. */
static void mtia_bind_free(struct mtia_bind *bind)
{
	struct mtia_vma *vma, *next;
	u32 i;

	mtia_mmu_release(&bind->vm->mmu, &bind->change);
	for (i = 0; i < bind->num_ops; i++) {
		struct mtia_bind_op *op = &bind->ops[i];

		list_for_each_entry_safe(vma, next, &op->removed, node) {
			mtia_vm_put_bo(vma->vm_bo);
			kfree(vma);
		}
		if (op->gem)
			drm_gem_object_put(op->gem);
	}
	if (bind->executed)
		dma_fence_put(&bind->fence->base);
	else if (bind->fence)
		mtia_fence_free_unused(bind->fence);
	mtia_bind_free_spare(bind);
	mtia_sync_fini(&bind->syncs);
	mtia_vm_put(bind->vm);
	kvfree(bind->ops);
	kfree(bind);
}

static void mtia_bind_free_work(struct work_struct *work)
{
	struct mtia_bind *bind = container_of(work, struct mtia_bind, free_work);
	struct mtia_device *mdev = bind->vm->mdev;

	/* The VM can go with the bind, and the device with it. */
	drm_dev_get(&mdev->drm);
	mtia_bind_free(bind);
	/* Those who wait for memory get what this was holding. */
	mtia_room_release(mdev);
	mtia_pm_release(mdev);
	drm_dev_put(&mdev->drm);
}

static void mtia_bind_free_job(struct drm_sched_job *sched_job)
{
	struct mtia_bind *bind = job_to_mtia_bind(sched_job);

	drm_sched_job_cleanup(sched_job);
	mtia_queue_release_later(&bind->free_work);
}

static enum drm_gpu_sched_stat mtia_bind_timedout_job(struct drm_sched_job *sched_job)
{
	/* run_job comes back with a fence that has signalled. */
	drm_WARN_ON_ONCE(&job_to_mtia_bind(sched_job)->vm->mdev->drm, 1);

	return DRM_GPU_SCHED_STAT_NO_HANG;
}

static const struct drm_sched_backend_ops mtia_bind_sched_ops = {
	.run_job = mtia_bind_run_job,
	.timedout_job = mtia_bind_timedout_job,
	.free_job = mtia_bind_free_job,
};

/**
 * mtia_bind_init() - Set up what asynchronous binds of an address space need.
 * @vm: Address space.
 * @file: Open file.
 *
 * Return: 0, or a negative error code with nothing to undo.
 */
int mtia_bind_init(struct mtia_vm *vm, struct drm_file *file)
{
	struct mtia_timeline *timeline;
	struct drm_gpu_scheduler *sched;
	struct drm_sched_init_args args = {
		.ops = &mtia_bind_sched_ops,
		.submit_wq = vm->mdev->bind_wq,
		.num_rqs = 1,
		.credit_limit = 1,
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.dev = vm->mdev->drm.dev,
	};
	int err;

	timeline = mtia_timeline_create("mtia-client%llu-vm", file->client_id);
	if (!timeline)
		return -ENOMEM;

	sched = &timeline->sched;
	args.name = timeline->name;
	err = drm_sched_init(sched, &args);
	if (err)
		goto err_put_timeline;

	/* The highest level is the only run queue there is. */
	err = drm_sched_entity_init(&vm->entity, DRM_SCHED_PRIORITY_KERNEL, &sched, 1, NULL);
	if (err)
		goto err_fini_sched;
	vm->timeline = timeline;

	return 0;

err_fini_sched:
	drm_sched_fini(sched);
err_put_timeline:
	mtia_timeline_put(timeline);
	return err;
}

/**
 * mtia_bind_fini() - Undo mtia_bind_init(); there is no bind left.
 * @vm: Address space; its timeline stays.
 *
 * Context: may sleep. Not from a work of the scheduler.
 */
void mtia_bind_fini(struct mtia_vm *vm)
{
	if (!vm->timeline)
		return;

	drm_sched_entity_destroy(&vm->entity);
	drm_sched_fini(&vm->timeline->sched);
}

/* ---- The call ------------------------------------------------------------------------------- */

/* The point of no return of an asynchronous bind; all its objects are locked. */
static void mtia_bind_push(struct mtia_bind *bind, struct drm_exec *exec)
{
	struct mtia_vm *vm = bind->vm;
	struct dma_fence *fence;

	mtia_room_hold(vm->mdev);
	mtia_pm_hold(vm->mdev);
	drm_sched_job_arm(&bind->base);
	fence = dma_fence_get(&bind->base.s_fence->finished);
	drm_gpuvm_resv_add_fence(&vm->base, exec, fence, DMA_RESV_USAGE_BOOKKEEP,
				 DMA_RESV_USAGE_BOOKKEEP);
	mtia_sync_publish(&bind->syncs, fence);
	dma_fence_put(vm->last_bind);
	vm->last_bind = fence;
	/* From here on the scheduler can free it at any time. */
	drm_sched_entity_push_job(&bind->base);
}

/* Under the VM's lock and inside drm_dev_enter(). @bind is gone if 0 is returned for async. */
static int mtia_bind_try(struct mtia_bind *bind, const struct mtia_room_wait *room)
{
	struct mtia_mmu *mmu = &bind->vm->mmu;
	struct drm_exec exec;
	int err = 0;

	mtia_mmu_begin(mmu, &bind->change);
	drm_exec_init(&exec, DRM_EXEC_INTERRUPTIBLE_WAIT | DRM_EXEC_IGNORE_DUPLICATES, 0);
	drm_exec_until_all_locked(&exec) {
		err = drm_gpuvm_prepare_vm(&bind->vm->base, &exec, 1);
		drm_exec_retry_on_contention(&exec);
		if (!err)
			err = mtia_bind_lock_ops(bind, &exec);
		drm_exec_retry_on_contention(&exec);
		if (err)
			break;
	}
	if (!err)
		err = mtia_bind_apply(bind, room);
	mtia_bind_free_spare(bind);
	if (err) {
		drm_exec_fini(&exec);
		mtia_mmu_cancel(mmu, &bind->change);
		return err;
	}
	if (bind->fence) {
		mtia_bind_push(bind, &exec);
		drm_exec_fini(&exec);
		return 0;
	}

	mutex_lock(&mmu->lock);
	mtia_bind_write(bind);
	mutex_unlock(&mmu->lock);
	drm_exec_fini(&exec);

	err = mtia_mmu_finish(mmu, &bind->change);
	trace_mtia_vm_bind_done(bind->vm, bind->change.number, err);
	if (err)
		mtia_vm_ban(bind->vm, DRM_MTIA_REASON_DEVICE_RESET);

	return err;
}

static int mtia_bind_run(struct mtia_bind *bind)
{
	bool async = bind->fence;
	struct mtia_vm *vm = bind->vm;
	struct mtia_device *mdev = vm->mdev;
	struct mtia_room_wait room;
	int idx, err;

	if (!mtia_pm_enter(mdev, &idx))
		return -ENODEV;
	err = mutex_lock_interruptible(&vm->lock);
	if (err)
		goto out;

	err = mtia_vm_status(vm);
	if (!err && !async)
		err = mtia_vm_drain(vm);
	/* What it waited for can have had it banned. */
	if (!err)
		err = mtia_vm_status(vm);
	if (!err) {
		mtia_room_begin(mdev, &room);
		/* It fails for lack of memory before anything is changed. */
		do {
			err = mtia_bind_try(bind, &room);
		} while (mtia_room_retry(mdev, &room, &err));
	}
	mutex_unlock(&vm->lock);
out:
	mtia_pm_exit(mdev, idx);

	return err;
}

/* Makes it a job. Return: 0, or an error with nothing to undo but mtia_bind_free(). */
static int mtia_bind_init_job(struct mtia_bind *bind, struct drm_file *file,
			      const struct drm_mtia_obj_array *syncs)
{
	struct mtia_vm *vm = bind->vm;
	int err;

	err = mtia_sync_init(file, syncs, NULL, &bind->syncs);
	if (err)
		return err;

	bind->fence = mtia_fence_alloc(vm->timeline);
	if (!bind->fence)
		return -ENOMEM;

	err = drm_sched_job_init(&bind->base, &vm->entity, 1, file, file->client_id);
	if (err)
		return err;

	err = mtia_sync_add_deps(file, &bind->syncs, &bind->base);
	if (err)
		drm_sched_job_cleanup(&bind->base);

	return err;
}

/* Return: the call with all that does not depend on what is mapped, or an error pointer. */
static struct mtia_bind *mtia_bind_create(struct mtia_vm *vm, struct drm_file *file,
					  const struct drm_mtia_vm_bind *args)
{
	struct mtia_bind *bind;
	u32 i;
	int err;

	bind = kzalloc(sizeof(*bind), GFP_KERNEL_ACCOUNT);
	if (!bind)
		return ERR_PTR(-ENOMEM);

	bind->vm = mtia_vm_get(vm);
	INIT_LIST_HEAD(&bind->spare);
	INIT_LIST_HEAD(&bind->change.unlinked);
	INIT_WORK(&bind->free_work, mtia_bind_free_work);

	err = MTIA_UOBJ_CHECK(&args->ops, struct drm_mtia_vm_bind_op, size);
	if (err)
		goto err_free;
	if (args->ops.count) {
		bind->ops = kvcalloc(args->ops.count, sizeof(*bind->ops), GFP_KERNEL_ACCOUNT);
		if (!bind->ops) {
			err = -ENOMEM;
			goto err_free;
		}
		bind->num_ops = args->ops.count;
	}
	for (i = 0; i < bind->num_ops; i++)
		INIT_LIST_HEAD(&bind->ops[i].removed);
	for (i = 0; i < bind->num_ops; i++) {
		err = mtia_uobj_get(&args->ops, i, &bind->ops[i].args, sizeof(bind->ops[i].args));
		if (!err)
			err = mtia_bind_init_op(bind, file, &bind->ops[i]);
		if (err)
			goto err_free;
	}
	if (args->flags & DRM_MTIA_VM_BIND_ASYNC) {
		err = mtia_bind_init_job(bind, file, &args->syncs);
		if (err)
			goto err_free;
	}

	return bind;

err_free:
	mtia_bind_free(bind);
	return ERR_PTR(err);
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
	bool async = args->flags & DRM_MTIA_VM_BIND_ASYNC;
	struct mtia_bind *bind;
	struct mtia_vm *vm;
	int err;

	if (args->flags & ~DRM_MTIA_VM_BIND_ASYNC)
		return -EINVAL;
	if (args->syncs.count && !async)
		return -EINVAL;

	err = mtia_device_status(to_mtia_device(drm));
	if (err)
		return err;

	vm = mtia_vm_lookup(file, args->vm_id);
	if (!vm)
		return -ENOENT;

	bind = mtia_bind_create(vm, file, args);
	if (IS_ERR(bind)) {
		err = PTR_ERR(bind);
	} else {
		err = mtia_bind_run(bind);
		if (err && async)
			drm_sched_job_cleanup(&bind->base);
		if (err || !async)
			mtia_bind_free(bind);
	}
	mtia_vm_put(vm);

	return err;
}

// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Buffer objects.
 */
#include <drm/drm_drv.h>
#include <drm/drm_exec.h>
#include <drm/drm_gem.h>
#include <drm/drm_utils.h>
#include <linux/dma-buf.h>
#include <linux/uaccess.h>

#include "mtia_bo.h"
#include "mtia_device.h"
#include "mtia_dmabuf.h"
#include "mtia_peer.h"
#include "mtia_trace.h"
#include "mtia_ttm.h"
#include "mtia_vm.h"

/**
 * mtia_bo_current_placement() - Where a buffer object is.
 * @bo: Object; without its reservation lock the answer may be old already.
 *
 * Return: one of enum drm_mtia_placement.
 */
u32 mtia_bo_current_placement(struct mtia_bo *bo)
{
	switch (READ_ONCE(bo->mem_type)) {
	case MTIA_PL_VRAM:
		return DRM_MTIA_PLACE_VRAM;
	case MTIA_PL_SRAM:
		return DRM_MTIA_PLACE_SRAM;
	default:
		return DRM_MTIA_PLACE_SYSTEM;
	}
}

/* End of the TTM object's life: nobody has a reference and all fences have signalled. */
static void mtia_bo_destroy(struct ttm_buffer_object *tbo)
{
	struct mtia_bo *bo = ttm_to_mtia_bo(tbo);

	if (tbo->base.import_attach)
		drm_prime_gem_destroy(&tbo->base, tbo->sg);
	drm_gem_object_release(&tbo->base);
	if (bo->vm_root)
		drm_gem_object_put(bo->vm_root);
	kfree(rcu_access_pointer(bo->label));
	kfree(bo);
}

static void mtia_bo_gem_free(struct drm_gem_object *gem)
{
	mtia_peer_forget(gem_to_mtia_bo(gem));
	mtia_pm_forget_mapped(gem_to_mtia_bo(gem));
	ttm_bo_fini(&gem_to_mtia_bo(gem)->ttm);
}

static int mtia_bo_gem_mmap(struct drm_gem_object *gem, struct vm_area_struct *vma)
{
	struct mtia_bo *bo = gem_to_mtia_bo(gem);
	int err;

	if (bo->flags & DRM_MTIA_BO_NO_MMAP)
		return -EINVAL;

	if (gem->import_attach) {
		/* All of it is the exporter's. */
		vma->vm_private_data = NULL;
		vma->vm_ops = NULL;
		err = dma_buf_mmap(gem->import_attach->dmabuf, vma, 0);
	} else {
		err = ttm_bo_mmap_obj(vma, &bo->ttm);
	}
	if (err)
		return err;

	/* The mapping has its own reference now, in place of the GEM core's. */
	drm_gem_object_put(gem);

	return 0;
}

static enum drm_gem_object_status mtia_bo_gem_status(struct drm_gem_object *gem)
{
	return READ_ONCE(gem_to_mtia_bo(gem)->ttm.resource) ? DRM_GEM_OBJECT_RESIDENT : 0;
}

static bool mtia_bo_is_local(struct mtia_bo *bo)
{
	return mtia_bo_current_placement(bo) != DRM_MTIA_PLACE_SYSTEM;
}

/* With the object locked; inside drm_dev_enter(), and with the chip awake if @awake. */
static vm_fault_t mtia_bo_fault_locked(struct vm_fault *vmf, struct mtia_bo *bo, bool awake)
{
	struct mtia_device *mdev = to_mtia_device(bo->ttm.base.dev);
	pgprot_t prot = vmf->vma->vm_page_prot;

	if (mtia_bo_is_local(bo)) {
		/* A wedged device has no memory that can be reached. */
		if (mtia_device_status(mdev))
			return ttm_bo_vm_dummy_page(vmf, prot);
		/* It moved there a moment ago: it is touched again, and found there. */
		if (!awake)
			return VM_FAULT_NOPAGE;
		mtia_pm_note_mapped(bo);
	}

	return ttm_bo_vm_fault_reserved(vmf, prot, TTM_BO_VM_NUM_PREFAULT);
}

static vm_fault_t mtia_bo_vm_fault(struct vm_fault *vmf)
{
	struct ttm_buffer_object *tbo = vmf->vma->vm_private_data;
	struct mtia_device *mdev = to_mtia_device(tbo->base.dev);
	struct mtia_bo *bo = ttm_to_mtia_bo(tbo);
	bool awake, in_device;
	vm_fault_t ret;
	int idx;

	/* Before the lock, see mtia_pm_enter(). */
	awake = mtia_bo_is_local(bo) && mtia_pm_enter(mdev, &idx);
	in_device = awake || drm_dev_enter(&mdev->drm, &idx);
	ret = ttm_bo_vm_reserve(tbo, vmf);
	if (ret)
		goto out;

	if (in_device)
		ret = mtia_bo_fault_locked(vmf, bo, awake);
	else
		ret = ttm_bo_vm_dummy_page(vmf, vmf->vma->vm_page_prot);
	/* Else it has been unlocked. */
	if (ret != VM_FAULT_RETRY || vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		dma_resv_unlock(tbo->base.resv);
out:
	if (awake)
		mtia_pm_exit(mdev, idx);
	else if (in_device)
		drm_dev_exit(idx);

	return ret;
}

/* ptrace and /proc/<pid>/mem; what can be reached without the device is TTM's to know. */
static int mtia_bo_vm_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
			     int write)
{
	struct ttm_buffer_object *tbo = vma->vm_private_data;
	struct mtia_device *mdev = to_mtia_device(tbo->base.dev);
	bool awake;
	int idx, done;

	awake = mtia_pm_enter(mdev, &idx);
	done = ttm_bo_vm_access(vma, addr, buf, len, write);
	if (awake)
		mtia_pm_exit(mdev, idx);

	return done;
}

static const struct vm_operations_struct mtia_bo_vm_ops = {
	.fault = mtia_bo_vm_fault,
	.open = ttm_bo_vm_open,
	.close = ttm_bo_vm_close,
	.access = mtia_bo_vm_access,
};

static const struct drm_gem_object_funcs mtia_bo_gem_funcs = {
	.free = mtia_bo_gem_free,
	.mmap = mtia_bo_gem_mmap,
	.status = mtia_bo_gem_status,
	.export = mtia_dmabuf_export,
	.vm_ops = &mtia_bo_vm_ops,
};

/*
 * Where an object may be, best first. What can never fit must not make others go.
 * @places: room for two. Return: how many there are.
 */
static u32 mtia_bo_fill_places(struct mtia_device *mdev, u64 size, u32 placement, u32 flags,
			       struct ttm_place *places)
{
	u32 n = 0;

	memset(places, 0, 2 * sizeof(*places));
	if (placement & DRM_MTIA_PLACE_VRAM && size <= mdev->vram.size) {
		places[n].mem_type = MTIA_PL_VRAM;
		if (flags & DRM_MTIA_BO_CONTIGUOUS)
			places[n].flags = TTM_PL_FLAG_CONTIGUOUS;
		n++;
	}
	if (placement & DRM_MTIA_PLACE_SYSTEM && size <= mdev->tt_man.size)
		places[n++].mem_type = MTIA_PL_TT;
	if (placement == DRM_MTIA_PLACE_SRAM && size <= mdev->sram.size)
		places[n++].mem_type = MTIA_PL_SRAM;

	return n;
}

/* TTM tells neither which memory is full, nor memory from the space of mmap offsets. */
static int mtia_bo_fix_error(struct mtia_device *mdev, u64 size, u32 placement, u32 flags, int err)
{
	if (err != -ENOMEM && err != -ENOSPC)
		return err;
	if (placement & DRM_MTIA_PLACE_SYSTEM)
		return -ENOMEM;
	if (flags & DRM_MTIA_BO_CONTIGUOUS || placement == DRM_MTIA_PLACE_SRAM)
		return -ENOSPC;

	return size > mdev->vram.size - mtia_vram_used(&mdev->vram) ? -ENOSPC : err;
}

/**
 * mtia_bo_restore() - Bring an object to where it may be, if it is not there.
 * @bo: Object; reservation lock held, with a ticket.
 * @wait: For the attempt; with nobody else at work, locks of what can be evicted are waited for.
 *
 * Context: may sleep, may evict idle objects.
 * Return: 0, -ENOSPC or -ENOMEM, -EBUSY if the object itself is in use, -ERESTARTSYS.
 */
int mtia_bo_restore(struct mtia_bo *bo, const struct mtia_room_wait *wait)
{
	struct ttm_operation_ctx ctx = { .interruptible = true, .no_wait_gpu = !wait->alone };
	struct mtia_device *mdev = to_mtia_device(bo->ttm.base.dev);
	u64 size = bo->ttm.base.size;
	struct ttm_place places[2];
	struct ttm_placement where = {
		.placement = places,
		.num_placement = mtia_bo_fill_places(mdev, size, bo->placement, bo->flags, places),
	};
	int err;

	/* Other devices use it where it is. */
	if (bo->ttm.pin_count)
		return 0;
	/* TTM would take an object without places for one that nobody needs. */
	if (!where.num_placement)
		return -ENOMEM;

	err = mtia_dmabuf_forget(bo, &ctx);
	if (!err)
		err = ttm_bo_validate(&bo->ttm, &where, &ctx);

	return mtia_bo_fix_error(mdev, size, bo->placement, bo->flags, err);
}

/* Gives a new object its memory. */
static int mtia_bo_place(struct mtia_bo *bo)
{
	struct mtia_device *mdev = to_mtia_device(bo->ttm.base.dev);
	struct mtia_room_wait wait;
	struct drm_exec exec;
	int err;

	mtia_room_begin(mdev, &wait);
	do {
		drm_exec_init(&exec, DRM_EXEC_INTERRUPTIBLE_WAIT, 1);
		drm_exec_until_all_locked(&exec) {
			err = drm_exec_lock_obj(&exec, &bo->ttm.base);
			drm_exec_retry_on_contention(&exec);
		}
		if (!err && !wait.my_turn && mutex_is_locked(&mdev->room.turn))
			err = -EBUSY;
		if (!err)
			err = mtia_bo_restore(bo, &wait);
		drm_exec_fini(&exec);
	} while (mtia_room_retry(mdev, &wait, &err));

	return err;
}

static struct mtia_bo *mtia_bo_alloc_gem(struct mtia_device *mdev, u64 size, u32 placement,
					 u32 flags)
{
	struct mtia_bo *bo;

	bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);
	if (!bo)
		return NULL;

	bo->flags = flags;
	bo->placement = placement;
	INIT_LIST_HEAD(&bo->peer_link);
	INIT_LIST_HEAD(&bo->mapped_link);
	bo->ttm.base.funcs = &mtia_bo_gem_funcs;
	drm_gem_private_object_init(&mdev->drm, &bo->ttm.base, size);

	return bo;
}

/**
 * mtia_bo_alloc_import() - Make an object for what another device exports.
 * @mdev: Device.
 * @size: Bytes, page aligned.
 * @resv: The exporter's reservation object.
 *
 * It has no addresses yet.
 *
 * Return: the object with one GEM reference, or an error pointer.
 */
struct mtia_bo *mtia_bo_alloc_import(struct mtia_device *mdev, u64 size, struct dma_resv *resv)
{
	struct ttm_operation_ctx ctx = { .interruptible = true };
	struct ttm_place nowhere = { .mem_type = TTM_PL_SYSTEM };
	struct ttm_placement where = { .placement = &nowhere, .num_placement = 1 };
	struct mtia_bo *bo;
	int err;

	bo = mtia_bo_alloc_gem(mdev, size, DRM_MTIA_PLACE_SYSTEM, 0);
	if (!bo)
		return ERR_PTR(-ENOMEM);

	bo->ttm.base.resv = resv;
	dma_resv_lock(resv, NULL);
	err = ttm_bo_init_reserved(&mdev->ttm, &bo->ttm, ttm_bo_type_sg, &where, 0, &ctx, NULL,
				   resv, mtia_bo_destroy);
	dma_resv_unlock(resv);

	return err ? ERR_PTR(err) : bo;
}

/**
 * mtia_bo_alloc() - Make an object.
 * @mdev: Device.
 * @size: Bytes, page aligned.
 * @placement: enum drm_mtia_placement.
 * @flags: enum drm_mtia_bo_flags.
 * @vm: The only VM that may map it, or NULL.
 * @where: Where it is to be at first.
 *
 * Return: the object with one GEM reference, or an error pointer.
 */
static struct mtia_bo *mtia_bo_alloc(struct mtia_device *mdev, u64 size, u32 placement, u32 flags,
				     struct mtia_vm *vm, struct ttm_placement *where)
{
	struct ttm_operation_ctx ctx = { .interruptible = true, .no_wait_gpu = true };
	struct dma_resv *resv = NULL;
	struct mtia_bo *bo;
	int err;

	bo = mtia_bo_alloc_gem(mdev, size, placement, flags);
	if (!bo)
		return ERR_PTR(-ENOMEM);

	if (vm) {
		bo->vm_root = drm_gpuvm_resv_obj(&vm->base);
		drm_gem_object_get(bo->vm_root);
		resv = bo->vm_root->resv;
		err = dma_resv_lock_interruptible(resv, NULL);
		if (err) {
			drm_gem_object_release(&bo->ttm.base);
			drm_gem_object_put(bo->vm_root);
			kfree(bo);
			return ERR_PTR(err);
		}
	}

	/* On error this has destroyed the object. */
	err = ttm_bo_init_reserved(&mdev->ttm, &bo->ttm, ttm_bo_type_device, where, 0, &ctx, NULL,
				   resv, mtia_bo_destroy);
	if (err) {
		if (resv)
			dma_resv_unlock(resv);
		return ERR_PTR(err);
	}
	ttm_bo_unreserve(&bo->ttm);

	return bo;
}

/* Return: an object, zeroed, with one GEM reference, or an error pointer. */
static struct mtia_bo *mtia_bo_create(struct mtia_device *mdev,
				      const struct drm_mtia_bo_create *args, struct mtia_vm *vm)
{
	struct ttm_place nowhere = { .mem_type = TTM_PL_SYSTEM };
	struct ttm_place places[2];
	struct ttm_placement where = {
		.placement = places,
		.num_placement = mtia_bo_fill_places(mdev, args->size, args->placement,
						     args->flags, places),
	};
	struct mtia_bo *bo;
	int err = -ENOMEM;

	if (!where.num_placement)
		goto out_error;
	/* Nothing that waits for memory could go there, and nothing will go from there. */
	if (args->placement == DRM_MTIA_PLACE_SRAM) {
		bo = mtia_bo_alloc(mdev, args->size, args->placement, args->flags, vm, &where);
		err = PTR_ERR_OR_ZERO(bo);
		if (err)
			goto out_error;
		return bo;
	}
	/* Not before those who wait for memory. */
	bo = ERR_PTR(-EBUSY);
	if (!mutex_is_locked(&mdev->room.turn))
		bo = mtia_bo_alloc(mdev, args->size, args->placement, args->flags, vm, &where);
	if (!IS_ERR(bo))
		return bo;
	err = PTR_ERR(bo);
	if (err != -ENOSPC && err != -ENOMEM && err != -EBUSY)
		return bo;

	/* Not without waiting. For that the object has to be there and locked, without pages. */
	where.placement = &nowhere;
	where.num_placement = 1;
	bo = mtia_bo_alloc(mdev, args->size, args->placement, args->flags, vm, &where);
	if (IS_ERR(bo)) {
		err = PTR_ERR(bo);
		goto out_error;
	}
	err = mtia_bo_place(bo);
	if (!err)
		return bo;
	drm_gem_object_put(&bo->ttm.base);

out_error:
	return ERR_PTR(mtia_bo_fix_error(mdev, args->size, args->placement, args->flags, err));
}

/**
 * mtia_bo_make_room() - Evict idle objects for a piece of LPDDR.
 * @mdev: Device.
 * @size: Bytes of the piece, contiguous.
 *
 * What this leaves free somebody else may get first.
 *
 * Context: may sleep; any reservation locks may be held: their objects stay.
 * Return: 0 or a negative error code.
 */
int mtia_bo_make_room(struct mtia_device *mdev, u64 size)
{
	struct ttm_place place = { .mem_type = MTIA_PL_VRAM, .flags = TTM_PL_FLAG_CONTIGUOUS };
	struct ttm_placement where = { .placement = &place, .num_placement = 1 };
	struct mtia_bo *bo;

	/* An object that nobody keeps; without a ticket, TTM only tries locks. */
	bo = mtia_bo_alloc(mdev, size, DRM_MTIA_PLACE_VRAM, DRM_MTIA_BO_NO_MMAP, NULL, &where);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	drm_gem_object_put(&bo->ttm.base);

	return 0;
}

/**
 * mtia_bo_create_ioctl() - DRM_IOCTL_MTIA_BO_CREATE.
 * @drm: DRM device.
 * @data: &struct drm_mtia_bo_create.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_bo_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct mtia_device *mdev = to_mtia_device(drm);
	struct drm_mtia_bo_create *args = data;
	struct mtia_vm *vm = NULL;
	struct mtia_bo *bo;
	int idx, err;

	if (args->flags & ~(DRM_MTIA_BO_NO_MMAP | DRM_MTIA_BO_CONTIGUOUS | DRM_MTIA_BO_CACHE_WC) ||
	    !args->placement ||
	    (args->placement != DRM_MTIA_PLACE_SRAM &&
	     args->placement & ~(DRM_MTIA_PLACE_VRAM | DRM_MTIA_PLACE_SYSTEM)) ||
	    args->reserved[0] || args->reserved[1])
		return -EINVAL;
	if (!args->size || !IS_ALIGNED(args->size, MTIA_PAGE_SIZE))
		return -EINVAL;
	if (args->flags & DRM_MTIA_BO_CACHE_WC && args->placement != DRM_MTIA_PLACE_SYSTEM)
		return -EINVAL;
	if (args->flags & DRM_MTIA_BO_CONTIGUOUS && args->placement != DRM_MTIA_PLACE_VRAM)
		return -EINVAL;
	if (args->size > MTIA_VA_USER_MAX - MTIA_VA_USER_MIN)
		return -E2BIG;

	err = mtia_device_status(mdev);
	if (err)
		return err;

	if (args->exclusive_vm_id) {
		vm = mtia_vm_lookup(file, args->exclusive_vm_id);
		if (!vm)
			return -ENOENT;
	}

	if (mtia_pm_enter(mdev, &idx)) {
		bo = mtia_bo_create(mdev, args, vm);
		mtia_pm_exit(mdev, idx);
	} else {
		bo = ERR_PTR(-ENODEV);
	}
	mtia_vm_put(vm);
	if (IS_ERR(bo))
		return PTR_ERR(bo);

	trace_mtia_bo_create(mdev, args->size, args->placement, args->flags);
	err = drm_gem_handle_create(file, &bo->ttm.base, &args->handle);
	drm_gem_object_put(&bo->ttm.base);

	return err;
}

/**
 * mtia_bo_mmap_offset_ioctl() - DRM_IOCTL_MTIA_BO_MMAP_OFFSET.
 * @drm: DRM device.
 * @data: &struct drm_mtia_bo_mmap_offset.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_bo_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_mtia_bo_mmap_offset *args = data;
	struct drm_gem_object *gem;
	int err = 0;

	if (args->pad)
		return -EINVAL;

	gem = drm_gem_object_lookup(file, args->handle);
	if (!gem)
		return -ENOENT;

	if (gem_to_mtia_bo(gem)->flags & DRM_MTIA_BO_NO_MMAP)
		err = -EINVAL;
	else
		args->offset = drm_vma_node_offset_addr(&gem->vma_node);
	drm_gem_object_put(gem);

	return err;
}

/**
 * mtia_bo_info_ioctl() - DRM_IOCTL_MTIA_BO_INFO.
 * @drm: DRM device.
 * @data: &struct drm_mtia_bo_info.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_bo_info_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_mtia_bo_info *args = data;
	struct drm_gem_object *gem;
	struct mtia_bo *bo;

	if (args->pad)
		return -EINVAL;

	gem = drm_gem_object_lookup(file, args->handle);
	if (!gem)
		return -ENOENT;

	bo = gem_to_mtia_bo(gem);
	args->flags = bo->flags;
	args->size = gem->size;
	args->placement = bo->placement;
	args->current_placement = mtia_bo_current_placement(bo);
	args->imported = !!gem->import_attach;
	drm_gem_object_put(gem);

	return 0;
}

/**
 * mtia_bo_wait_ioctl() - DRM_IOCTL_MTIA_BO_WAIT.
 * @drm: DRM device.
 * @data: &struct drm_mtia_bo_wait.
 * @file: Open file.
 *
 * A job may write whatever its VM maps, so every job counts as a writer of the object.
 *
 * Return: 0 when idle, -ETIME, or a negative error code.
 */
int mtia_bo_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_mtia_bo_wait *args = data;
	struct drm_gem_object *gem;
	long left;

	if (args->flags & ~DRM_MTIA_BO_WAIT_WRITE_ONLY)
		return -EINVAL;

	gem = drm_gem_object_lookup(file, args->handle);
	if (!gem)
		return -ENOENT;

	/* Jiffies may lag and then jump; the caller's clock must have got there. */
	do {
		left = dma_resv_wait_timeout(gem->resv, DMA_RESV_USAGE_BOOKKEEP, true,
					     drm_timeout_abs_to_jiffies(args->timeout_ns));
	} while (!left && ktime_get() < args->timeout_ns);
	drm_gem_object_put(gem);
	if (!left)
		return -ETIME;

	return left < 0 ? left : 0;
}

/**
 * mtia_bo_set_label_ioctl() - DRM_IOCTL_MTIA_BO_SET_LABEL.
 * @drm: DRM device.
 * @data: &struct drm_mtia_bo_set_label.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_bo_set_label_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_mtia_bo_set_label *args = data;
	struct drm_gem_object *gem;
	char *label = NULL;
	struct mtia_bo *bo;
	int err;

	if (args->length > MTIA_BO_MAX_LABEL)
		return -E2BIG;

	gem = drm_gem_object_lookup(file, args->handle);
	if (!gem)
		return -ENOENT;

	if (args->length) {
		label = memdup_user_nul(u64_to_user_ptr(args->label), args->length);
		if (IS_ERR(label)) {
			err = PTR_ERR(label);
			label = NULL;
			goto out;
		}
		if (strlen(label) != args->length) {
			err = -EINVAL;
			goto out;
		}
	}

	bo = gem_to_mtia_bo(gem);
	err = dma_resv_lock_interruptible(gem->resv, NULL);
	if (err)
		goto out;
	label = rcu_replace_pointer(bo->label, label, dma_resv_is_locked(gem->resv));
	dma_resv_unlock(gem->resv);

out:
	kfree_rcu_mightsleep(label);
	drm_gem_object_put(gem);
	return err;
}

static const char *mtia_bo_place_name(struct mtia_bo *bo)
{
	switch (mtia_bo_current_placement(bo)) {
	case DRM_MTIA_PLACE_VRAM:
		return "vram";
	case DRM_MTIA_PLACE_SRAM:
		return "sram";
	default:
		return "system";
	}
}

/**
 * mtia_bo_print_all() - Print all buffer objects that have a handle.
 * @drm: DRM device.
 * @p: Printer.
 */
void mtia_bo_print_all(struct drm_device *drm, struct drm_printer *p)
{
	struct drm_gem_object *gem;
	struct drm_file *file;
	int id;

	drm_printf(p, "client handle size place flags label\n");
	mutex_lock(&drm->filelist_mutex);
	list_for_each_entry(file, &drm->filelist, lhead) {
		spin_lock(&file->table_lock);
		rcu_read_lock();
		idr_for_each_entry(&file->object_idr, gem, id) {
			struct mtia_bo *bo = gem_to_mtia_bo(gem);

			drm_printf(p, "%6llu %6d 0x%zx %s 0x%x %s\n", file->client_id, id,
				   gem->size, mtia_bo_place_name(bo),
				   bo->flags, rcu_dereference(bo->label) ?: "-");
		}
		rcu_read_unlock();
		spin_unlock(&file->table_lock);
	}
	mutex_unlock(&drm->filelist_mutex);
}

/**
 * mtia_bo_show_fdinfo() - Memory part of a file's fdinfo.
 * @p: Printer.
 * @file: Open file.
 */
void mtia_bo_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	const enum drm_gem_object_status shown = DRM_GEM_OBJECT_RESIDENT | DRM_GEM_OBJECT_ACTIVE;
	struct drm_memory_stats vram = {}, system = {}, sram = {};
	struct drm_gem_object *gem;
	int id;

	spin_lock(&file->table_lock);
	idr_for_each_entry(&file->object_idr, gem, id) {
		u32 place = mtia_bo_current_placement(gem_to_mtia_bo(gem));
		struct drm_memory_stats *stats = place == DRM_MTIA_PLACE_VRAM ? &vram :
						 place == DRM_MTIA_PLACE_SRAM ? &sram :
										&system;

		if (gem->handle_count > 1)
			stats->shared += gem->size;
		else
			stats->private += gem->size;
		if (mtia_bo_gem_status(gem) & DRM_GEM_OBJECT_RESIDENT)
			stats->resident += gem->size;
		if (!dma_resv_test_signaled(gem->resv, DMA_RESV_USAGE_BOOKKEEP))
			stats->active += gem->size;
	}
	spin_unlock(&file->table_lock);

	drm_print_memory_stats(p, &vram, shown, "vram");
	drm_print_memory_stats(p, &system, shown, "memory");
	drm_print_memory_stats(p, &sram, shown, "sram");
}

/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the newest kernel offers and older supported ones do not, in the newest one's shape.
 * Without this file and the probes in Kbuild the sources are what a kernel tree would take.
 */
#ifndef MTIA_COMPAT_H
#define MTIA_COMPAT_H

#include <drm/drm_drv.h>
#include <drm/drm_gpuvm.h>
#include <drm/gpu_scheduler.h>
#include <drm/ttm/ttm_bo.h>
#include <drm/ttm/ttm_device.h>
#include <linux/crc32.h>
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/workqueue.h>

/* CRC-32C beside CRC-32: 6.14. Before, it had a module of its own or this name. */
#ifndef MTIA_HAVE_CRC32C
#define crc32c __crc32c_le
#endif

/* Buddy allocator: moved out of DRM in 6.12.101. */
#ifdef MTIA_HAVE_GPU_BUDDY
#include <linux/gpu_buddy.h>
#else
#include <drm/drm_buddy.h>
#define gpu_buddy drm_buddy
#define gpu_buddy_block drm_buddy_block
#define gpu_buddy_init drm_buddy_init
#define gpu_buddy_fini drm_buddy_fini
#define gpu_buddy_alloc_blocks drm_buddy_alloc_blocks
#define gpu_buddy_free_list drm_buddy_free_list
#define gpu_buddy_block_offset drm_buddy_block_offset
#define gpu_buddy_block_size drm_buddy_block_size
#define GPU_BUDDY_CONTIGUOUS_ALLOCATION DRM_BUDDY_CONTIGUOUS_ALLOCATION
#define GPU_BUDDY_TOPDOWN_ALLOCATION DRM_BUDDY_TOPDOWN_ALLOCATION
#endif

/* Scheduler creation by structure: 6.12.114. */
#ifndef MTIA_HAVE_SCHED_INIT_ARGS
struct drm_sched_init_args {
	const struct drm_sched_backend_ops *ops;
	struct workqueue_struct *submit_wq;
	struct workqueue_struct *timeout_wq;
	u32 num_rqs;
	u32 credit_limit;
	unsigned int hang_limit;
	long timeout;
	atomic_t *score;
	const char *name;
	struct device *dev;
};

static inline int mtia_sched_init(struct drm_gpu_scheduler *sched,
				  const struct drm_sched_init_args *args)
{
	return drm_sched_init(sched, args->ops, args->submit_wq, args->num_rqs,
			      args->credit_limit, args->hang_limit, args->timeout,
			      args->timeout_wq, args->score, args->name, args->dev);
}

#define drm_sched_init mtia_sched_init
#endif

/* Client id for the scheduler's trace events: 6.12.103. */
#ifndef MTIA_HAVE_SCHED_CLIENT_ID
static inline int mtia_sched_job_init(struct drm_sched_job *job, struct drm_sched_entity *entity,
				      u32 credits, void *owner, u64 client_id)
{
	return drm_sched_job_init(job, entity, credits, owner);
}

#define drm_sched_job_init mtia_sched_job_init
#endif

/*
 * "The job did not hang, watch it again": older schedulers have taken the job off their list by the
 * time they call timedout_job() and rely on the driver to put it back. The workers are stopped
 * meanwhile because they expect a job on the list to be theirs; restarting them also looks at jobs
 * that were signalled in between.
 */
#ifndef MTIA_HAVE_SCHED_STAT_NO_HANG
#define DRM_GPU_SCHED_STAT_NO_HANG DRM_GPU_SCHED_STAT_NOMINAL
static inline void mtia_sched_reinsert(struct drm_sched_job *job)
{
	struct drm_gpu_scheduler *sched = job->sched;
	/* By a reset that is not over; it will start them. */
	bool stopped = READ_ONCE(sched->pause_submit);

	if (!stopped)
		drm_sched_wqueue_stop(sched);
	spin_lock(&sched->job_list_lock);
	list_add(&job->list, &sched->pending_list);
	spin_unlock(&sched->job_list_lock);
	if (!stopped)
		drm_sched_wqueue_start(sched);
}
#else
static inline void mtia_sched_reinsert(struct drm_sched_job *job)
{
}
#endif

/* Split and merge requests as a structure: 7.x. */
#ifndef MTIA_HAVE_GPUVM_MAP_REQ
struct drm_gpuvm_map_req {
	struct drm_gpuva_op_map map;
};

static inline int mtia_gpuvm_sm_map(struct drm_gpuvm *gpuvm, void *priv,
				    const struct drm_gpuvm_map_req *req)
{
	return drm_gpuvm_sm_map(gpuvm, priv, req->map.va.addr, req->map.va.range,
				req->map.gem.obj, req->map.gem.offset);
}

#define drm_gpuvm_sm_map mtia_gpuvm_sm_map
#endif

/* Memory in use by jobs is printed when asked for in 7.x, always before. */
#ifndef MTIA_HAVE_GEM_OBJECT_ACTIVE
#define DRM_GEM_OBJECT_ACTIVE 0
#endif

/* Importers of a dma-buf learn that it moves under another name: 7.x. */
#ifndef MTIA_HAVE_DMA_BUF_INVALIDATE
#define invalidate_mappings move_notify
#define dma_buf_invalidate_mappings dma_buf_move_notify
#endif

/* Device memory as the target of another device's DMA, without pages: 7.x. */
#ifdef MTIA_HAVE_DMA_BUF_PHYS_VEC
#include <linux/dma-buf-mapping.h>
#include <linux/pci-p2pdma.h>
#else
struct p2pdma_provider;

struct phys_vec {
	phys_addr_t paddr;
	size_t len;
};

static inline int pcim_p2pdma_init(struct pci_dev *pdev)
{
	return -EOPNOTSUPP;
}

static inline struct p2pdma_provider *pcim_p2pdma_provider(struct pci_dev *pdev, int bar)
{
	return NULL;
}

static inline int pci_p2pdma_distance(struct pci_dev *pdev, struct device *client, bool verbose)
{
	return -1;
}

static inline struct sg_table *dma_buf_phys_vec_to_sgt(struct dma_buf_attachment *attach,
						       struct p2pdma_provider *provider,
						       struct phys_vec *vec, size_t num,
						       size_t size, enum dma_data_direction dir)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline void dma_buf_free_sgt(struct dma_buf_attachment *attach, struct sg_table *sgt,
				    enum dma_data_direction dir)
{
}
#endif

/* Its lock is named by what it needs: 7.x. */
#ifndef MTIA_HAVE_GPUVM_BO_OBTAIN_LOCKED
#define drm_gpuvm_bo_obtain_locked drm_gpuvm_bo_obtain
#endif

/* The GEM object's mapping list needed a driver flag before 7.3. */
#ifdef MTIA_HAVE_DRIVER_GEM_GPUVA
#define MTIA_DRIVER_GEM_GPUVA DRIVER_GEM_GPUVA
#else
#define MTIA_DRIVER_GEM_GPUVA 0
#endif

/* Pool flags instead of two booleans: 7.x. */
#ifndef MTIA_HAVE_TTM_ALLOC_FLAGS
static inline int mtia_ttm_device_init(struct ttm_device *ttm, const struct ttm_device_funcs *funcs,
				       struct device *dev, struct address_space *mapping,
				       struct drm_vma_offset_manager *vma_manager,
				       unsigned int alloc_flags)
{
	return ttm_device_init(ttm, funcs, dev, mapping, vma_manager, false, false);
}

#define ttm_device_init mtia_ttm_device_init
#endif

/* End of a TTM object's life: called by the driver's GEM free in 7.x. */
#ifndef MTIA_HAVE_TTM_BO_FINI
#define ttm_bo_fini ttm_bo_put
#endif

/* The end of a use is one to count from: 6.17. Before, that was to be said in a call of its own. */
#ifndef MTIA_HAVE_PM_PUT_MARKS
static inline void mtia_pm_runtime_put_autosuspend(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	pm_runtime_put_autosuspend(dev);
}

#define pm_runtime_put_autosuspend mtia_pm_runtime_put_autosuspend
#endif

/* Queues of work that stay on their CPU say so: 6.18, and stable kernels since. */
#ifndef MTIA_HAVE_WQ_PERCPU
#define WQ_PERCPU 0
#endif

/* 64-bit sequence numbers: told by the fence's operations before 7.x, see mtia_fence.c. */
#ifndef MTIA_HAVE_FENCE_INIT64
#define dma_fence_init64 dma_fence_init
#endif

#endif /* MTIA_COMPAT_H */

/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_PEER_H
#define MTIA_PEER_H

#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct device;
struct dma_buf_attachment;
struct mtia_bo;
struct mtia_device;
struct p2pdma_provider;
struct sg_table;

/**
 * struct mtia_peers - What other devices reach through BAR2.
 */
struct mtia_peers {
	/** @provider: BAR2, or NULL if the kernel has no peer-to-peer DMA. */
	struct p2pdma_provider *provider;
	/** @lock: Guards @bos. */
	spinlock_t lock;
	/** @bos: Objects that others may reach in LPDDR or SRAM. */
	struct list_head bos;
};

int mtia_peer_init(struct mtia_device *mdev);
bool mtia_peer_reaches(struct mtia_device *mdev, struct device *dev);
struct sg_table *mtia_peer_map(struct mtia_bo *bo, struct dma_buf_attachment *attach,
			       enum dma_data_direction dir);
bool mtia_peer_mapped(struct sg_table *sgt);
void mtia_peer_forget(struct mtia_bo *bo);
void mtia_peer_end_all(struct mtia_device *mdev);

#endif /* MTIA_PEER_H */

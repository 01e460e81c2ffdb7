/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_DEVICE_H
#define MTIA_DEVICE_H

#include <linux/io.h>
#include <linux/kref.h>
#include <linux/pci.h>
#include <linux/xarray.h>

#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <drm/drm_print.h>
#include <drm/ttm/ttm_device.h>

#include "mtia/fw_abi.h"
#include "mtia/regs.h"

#include "mtia_cq.h"
#include "mtia_fw.h"
#include "mtia_irq.h"
#include "mtia_log.h"
#include "mtia_mbox.h"
#include "mtia_peer.h"
#include "mtia_pm.h"
#include "mtia_reset.h"
#include "mtia_slot.h"
#include "mtia_ttm.h"
#include "mtia_vram.h"

struct mtia_coredump;
struct mtia_mmu;
struct mtia_queue;

/**
 * enum mtia_state - Life of the device as the driver sees it.
 */
enum mtia_state {
	/** @MTIA_STATE_BOOTING: Probe has not finished. */
	MTIA_STATE_BOOTING = 0,
	/** @MTIA_STATE_READY: In service. */
	MTIA_STATE_READY,
	/** @MTIA_STATE_RESETTING: A reset is wanted or under way; work is accepted and waits. */
	MTIA_STATE_RESETTING,
	/** @MTIA_STATE_WEDGED: Resets failed; nothing is accepted until it is rebound. */
	MTIA_STATE_WEDGED,
	/** @MTIA_STATE_GONE: Unbound or unplugged. */
	MTIA_STATE_GONE,
};

/**
 * struct mtia_hw - Shape of the chip, read once at probe and checked there.
 */
struct mtia_hw {
	/** @version: Register interface, major << 16 | minor. */
	u32 version;
	/** @revision: Chip revision. */
	u32 revision;
	/** @rows: Rows of the PE grid. */
	u32 rows;
	/** @cols: Columns of the PE grid. */
	u32 cols;
	/** @pe_enabled: Usable PEs, bit row * 8 + col. */
	u64 pe_enabled;
	/** @lpddr_size: Device memory in bytes. */
	u64 lpddr_size;
	/** @sram_size: On-chip memory in bytes. */
	u64 sram_size;
	/** @pe_local_size: Local memory of a PE in bytes. */
	u32 pe_local_size;
	/** @clock_hz: Rate of device time. */
	u32 clock_hz;
	/** @num_queues: Queue slots, slot 0 included. */
	u32 num_queues;
	/** @num_asids: Address spaces, ASID 0 included. */
	u32 num_asids;
	/** @num_cqs: Completion rings. */
	u32 num_cqs;
	/** @num_vectors: Logical interrupt vectors. */
	u32 num_vectors;
	/** @time_scale: Worst ratio of wall time to device time, at least 1. */
	u32 time_scale;
	/** @caps: MTIA_CAP_*. */
	u64 caps;
};

/**
 * struct mtia_device - One chip.
 */
struct mtia_device {
	/** @drm: DRM device. */
	struct drm_device drm;
	/** @pdev: PCI function. */
	struct pci_dev *pdev;
	/** @regs: BAR0; use inside drm_dev_enter() only. */
	void __iomem *regs;
	/** @mem: BAR2, write-combined: LPDDR, then SRAM; use inside drm_dev_enter() only. */
	void __iomem *mem;
	/** @config: Configuration space as it is after probe, for resets of the function. */
	struct pci_saved_state *config;
	/** @link_errors: Errors of the link that it corrected itself. */
	atomic_t link_errors;
	/** @mem_phys: CPU physical address of BAR2, for user mappings. */
	phys_addr_t mem_phys;
	/** @hw: Shape of the chip. */
	struct mtia_hw hw;
	/** @state: enum mtia_state. */
	atomic_t state;

	/** @ttm: Memory manager. */
	struct ttm_device ttm;
	/** @tt_man: Manager of DMA-mapped system memory. */
	struct ttm_resource_manager tt_man;
	/** @vram: Manager of LPDDR. */
	struct mtia_vram vram;
	/** @sram: Manager of SRAM; size 0 if there is none. */
	struct mtia_vram sram;
	/** @peers: What other devices reach through BAR2. */
	struct mtia_peers peers;
	/** @room: Who waits for objects to become idle, so that they can be evicted. */
	struct mtia_room room;

	/** @irq: Interrupt vectors. */
	struct mtia_irq irq;
	/** @mbox: Messages to and from the control firmware. */
	struct mtia_mbox mbox;
	/** @fw: The control firmware. */
	struct mtia_fw fw;
	/** @log: The firmware's log. */
	struct mtia_log log;
	/** @cqs: Completion rings, @num_cqs of them in use. */
	struct mtia_cq cqs[MTIA_MAX_CQS];
	/** @num_cqs: Completion rings the driver set up. */
	u32 num_cqs;
	/** @pm: Runtime power management. */
	struct mtia_pm pm;
	/** @reset: Recovery. */
	struct mtia_reset reset;
	/** @coredump: Room for what a core dump captures. */
	struct mtia_coredump *coredump;

	/** @slots: Who has a queue slot, and who an ASID. */
	struct mtia_slots slots;
	/**
	 * @queues_lock: Guards @queues and @all_queues; read-locked from hard interrupts, over each
	 * completion.
	 */
	rwlock_t queues_lock;
	/** @queues: Queue in each hardware slot, for completions and faults. */
	struct mtia_queue *queues[MTIA_MAX_QUEUES];
	/** @all_queues: All queues, in slots or not. */
	struct list_head all_queues;
	/** @last_queue: Number of the queue that was made last. */
	atomic64_t last_queue;
	/** @tables_lock: Guards @tables. */
	spinlock_t tables_lock;
	/** @tables: All page tables; changed with @reset.rwsem held for reading too. */
	struct list_head tables;
	/** @contexts: Address space that each ASID has in the firmware; under @reset.rwsem. */
	struct mtia_mmu *contexts[MTIA_MAX_ASIDS];
	/** @submit_wq: Runs the schedulers of all queues, in the fence-signalling path. */
	struct workqueue_struct *submit_wq;
	/** @bind_wq: Runs the schedulers of asynchronous binds, in the fence-signalling path. */
	struct workqueue_struct *bind_wq;
};

/**
 * struct mtia_client - Statistics of one open file; queues keep it alive as well.
 */
struct mtia_client {
	/** @ref: References of the file and its queues. */
	struct kref ref;
	/** @busy_ns: Device time that the file's jobs took, in nanoseconds. */
	atomic64_t busy_ns;
};

/**
 * struct mtia_file - State of one open file.
 */
struct mtia_file {
	/** @vms: Address spaces by id. */
	struct xarray vms;
	/** @queues: Queues by id. */
	struct xarray queues;
	/** @client: Statistics. */
	struct mtia_client *client;
};

/* Ids of VMs and of queues a file can have at once. */
#define MTIA_MAX_IDS 1024

/**
 * to_mtia_device() - DRM device to ours.
 * @drm: DRM device.
 *
 * Return: the device that embeds @drm.
 */
static inline struct mtia_device *to_mtia_device(struct drm_device *drm)
{
	return container_of(drm, struct mtia_device, drm);
}

/**
 * mtia_assert_awake() - Complain about a use of the chip in its sleep.
 * @mdev: Device.
 */
static inline void mtia_assert_awake(struct mtia_device *mdev)
{
	drm_WARN_ON_ONCE(&mdev->drm, READ_ONCE(mdev->pm.asleep));
}

/**
 * mtia_read32() - Read a register; never used on the submission path.
 * @mdev: Device.
 * @reg: Offset in BAR0.
 *
 * Return: the value, all ones when the device is gone.
 */
static inline u32 mtia_read32(struct mtia_device *mdev, u32 reg)
{
	mtia_assert_awake(mdev);

	return readl(mdev->regs + reg);
}

/**
 * mtia_read64() - Read a 64-bit register; never used on the submission path.
 * @mdev: Device.
 * @reg: Offset in BAR0.
 *
 * Return: the value, all ones when the device is gone.
 */
static inline u64 mtia_read64(struct mtia_device *mdev, u32 reg)
{
	mtia_assert_awake(mdev);

	return readq(mdev->regs + reg);
}

/**
 * mtia_write32() - Write a register (posted).
 * @mdev: Device.
 * @reg: Offset in BAR0.
 * @value: Value.
 */
static inline void mtia_write32(struct mtia_device *mdev, u32 reg, u32 value)
{
	writel(value, mdev->regs + reg);
}

/**
 * mtia_write64() - Write a 64-bit register (posted).
 * @mdev: Device.
 * @reg: Offset in BAR0.
 * @value: Value.
 */
static inline void mtia_write64(struct mtia_device *mdev, u32 reg, u64 value)
{
	writeq(value, mdev->regs + reg);
}

/**
 * mtia_device_has_sensors() - Whether the chip has sensors and counts of errors by block.
 * @mdev: Device.
 *
 * Return: true if its register interface is 1.1 or later.
 */
static inline bool mtia_device_has_sensors(const struct mtia_device *mdev)
{
	return (mdev->hw.version & 0xffff) >= 1;
}

int mtia_device_init(struct mtia_device *mdev);
int mtia_device_boot(struct mtia_device *mdev);
void mtia_device_stop(struct mtia_device *mdev);
void mtia_device_unplug(struct mtia_device *mdev);
int mtia_device_status(struct mtia_device *mdev);
unsigned int mtia_device_scaled_ms(struct mtia_device *mdev, unsigned int ms);
u64 mtia_device_cycles_to_ns(struct mtia_device *mdev, u64 cycles);

int mtia_pci_init(struct mtia_device *mdev);
int mtia_pci_save(struct mtia_device *mdev);
int mtia_pci_flr(struct mtia_device *mdev);
extern const struct pci_error_handlers mtia_pci_error_handlers;

void mtia_client_put(struct mtia_client *client);

/* Registers of mtia_regs_read(). */
#define MTIA_NUM_SHOWN_REGS 17

void mtia_regs_read(struct mtia_device *mdev, u64 values[MTIA_NUM_SHOWN_REGS]);
void mtia_regs_print(const u64 values[MTIA_NUM_SHOWN_REGS], struct drm_printer *p);

void mtia_debugfs_init(struct mtia_device *mdev);
int mtia_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

int mtia_ras_init(struct mtia_device *mdev);
extern const struct attribute_group *mtia_dev_groups[];

#endif /* MTIA_DEVICE_H */

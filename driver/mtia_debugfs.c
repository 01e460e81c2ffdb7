// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * debugfs: what a person debugging the device looks at. No interface.
 */
#include <drm/drm_drv.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "mtia_bo.h"
#include "mtia_device.h"
#include "mtia_queue.h"
#include "mtia_vm.h"

#ifdef CONFIG_DEBUG_FS

static int mtia_debugfs_log_show(struct seq_file *m, void *data)
{
	struct drm_printer p = drm_seq_file_printer(m);
	struct mtia_device *mdev = m->private;
	int idx;

	if (!drm_dev_enter(&mdev->drm, &idx))
		return -ENODEV;
	mtia_log_print_all(mdev, &p);
	drm_dev_exit(idx);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mtia_debugfs_log);

static int mtia_debugfs_log_level_get(void *data, u64 *level)
{
	struct mtia_device *mdev = data;

	*level = READ_ONCE(mdev->log.level);

	return 0;
}

static int mtia_debugfs_log_level_set(void *data, u64 level)
{
	return mtia_log_set_level(data, level);
}
DEFINE_DEBUGFS_ATTRIBUTE(mtia_debugfs_log_level_fops, mtia_debugfs_log_level_get,
			 mtia_debugfs_log_level_set, "%llu\n");

static int mtia_debugfs_crash_show(struct seq_file *m, void *data)
{
	struct drm_printer p = drm_seq_file_printer(m);
	struct mtia_device *mdev = m->private;
	struct mtia_fw_crash crash;
	int idx;

	if (!mtia_pm_enter(mdev, &idx))
		return -ENODEV;
	mtia_fw_read_crash(mdev, &crash);
	mtia_pm_exit(mdev, idx);
	mtia_fw_print_crash(&crash, &p);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mtia_debugfs_crash);

static int mtia_debugfs_regs_show(struct seq_file *m, void *data)
{
	struct drm_printer p = drm_seq_file_printer(m);
	struct mtia_device *mdev = m->private;
	u64 values[MTIA_NUM_SHOWN_REGS];
	int idx;

	if (!mtia_pm_enter(mdev, &idx))
		return -ENODEV;
	mtia_regs_read(mdev, values);
	mtia_pm_exit(mdev, idx);
	mtia_regs_print(values, &p);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mtia_debugfs_regs);

static int mtia_debugfs_queues_show(struct seq_file *m, void *data)
{
	struct mtia_device *mdev = m->private;
	struct mtia_queue *queue = NULL;
	unsigned long flags;

	/* Without a slot, or an ASID: 0. */
	seq_puts(m, "queue slot asid jobs emitted completed reason name\n");
	while ((queue = mtia_queue_get_next(mdev, queue))) {
		spin_lock_irqsave(&queue->timeline->lock, flags);
		seq_printf(m, "%5llu %4u %4u %4u %7llu %9llu %6u %s\n", queue->number,
			   queue->slot, mtia_vm_asid(queue->vm), queue->num_jobs, queue->emitted,
			   queue->completed, queue->reason, queue->timeline->name);
		spin_unlock_irqrestore(&queue->timeline->lock, flags);
	}

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mtia_debugfs_queues);

static int mtia_debugfs_vram_show(struct seq_file *m, void *data)
{
	struct mtia_device *mdev = m->private;

	seq_printf(m, "base 0x%llx\nsize 0x%llx\nused 0x%llx\n", mdev->vram.base, mdev->vram.size,
		   mtia_vram_used(&mdev->vram));

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mtia_debugfs_vram);

static int mtia_debugfs_bos_show(struct seq_file *m, void *data)
{
	struct drm_printer p = drm_seq_file_printer(m);
	struct mtia_device *mdev = m->private;

	mtia_bo_print_all(&mdev->drm, &p);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mtia_debugfs_bos);

static int mtia_debugfs_reset_show(struct seq_file *m, void *data)
{
	static const char * const states[] = {
		[MTIA_STATE_BOOTING] = "booting",
		[MTIA_STATE_READY] = "ready",
		[MTIA_STATE_RESETTING] = "resetting",
		[MTIA_STATE_WEDGED] = "wedged",
		[MTIA_STATE_GONE] = "gone",
	};
	struct mtia_device *mdev = m->private;

	seq_printf(m, "state %s\nepoch %lld\nmemory_lost %d\nlink_errors %d\n",
		   states[atomic_read(&mdev->state)], atomic64_read(&mdev->reset.epoch),
		   atomic_read(&mdev->reset.losses), atomic_read(&mdev->link_errors));

	return 0;
}

static int mtia_debugfs_reset_open(struct inode *inode, struct file *file)
{
	return single_open(file, mtia_debugfs_reset_show, inode->i_private);
}

/* Returns when it is over. "firmware" reads the image from the file system again. */
static ssize_t mtia_debugfs_reset_write(struct file *file, const char __user *data, size_t size,
					loff_t *pos)
{
	static const char * const names[] = { "core", "device", "wedge", "firmware" };
	struct mtia_device *mdev = ((struct seq_file *)file->private_data)->private;
	char text[16] = "";
	int idx, what, err = 0;

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, data, size))
		return -EFAULT;
	what = sysfs_match_string(names, strim(text));
	if (what < 0)
		return what;
	if (!mtia_pm_enter(mdev, &idx))
		return -ENODEV;

	if (what == 3) {
		err = mtia_fw_reload(mdev);
	} else {
		mtia_reset_request(mdev, MTIA_RESET_CORE + what, "asked for in debugfs");
		mtia_reset_wait(mdev);
		err = mtia_device_status(mdev);
	}
	mtia_pm_exit(mdev, idx);

	return err ?: size;
}

static const struct file_operations mtia_debugfs_reset_fops = {
	.owner = THIS_MODULE,
	.open = mtia_debugfs_reset_open,
	.read = seq_read,
	.write = mtia_debugfs_reset_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/**
 * mtia_debugfs_init() - Add our files; the DRM core removes them.
 * @mdev: Device, registered.
 */
void mtia_debugfs_init(struct mtia_device *mdev)
{
	struct dentry *root = mdev->drm.debugfs_root;

	/* drm_driver.debugfs_init() is not called for accel devices. */
	debugfs_create_file("bos", 0400, root, mdev, &mtia_debugfs_bos_fops);
	debugfs_create_file("fw_crash", 0400, root, mdev, &mtia_debugfs_crash_fops);
	debugfs_create_file("fw_log", 0400, root, mdev, &mtia_debugfs_log_fops);
	debugfs_create_file("fw_log_level", 0600, root, mdev, &mtia_debugfs_log_level_fops);
	debugfs_create_file("fw_log_stream", 0400, root, mdev, &mtia_log_stream_fops);
	debugfs_create_file("regs", 0400, root, mdev, &mtia_debugfs_regs_fops);
	debugfs_create_file("reset", 0600, root, mdev, &mtia_debugfs_reset_fops);
	debugfs_create_file("queues", 0400, root, mdev, &mtia_debugfs_queues_fops);
	debugfs_create_file("vram", 0400, root, mdev, &mtia_debugfs_vram_fops);
}

#else

void mtia_debugfs_init(struct mtia_device *mdev)
{
}

#endif

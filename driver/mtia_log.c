// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: The firmware's log
 *
 * The firmware writes its log into a ring in host memory. In debugfs, fw_log is what is still
 * there, fw_log_level what is worth a line, and fw_log_stream the text as it comes: read() waits
 * for more, poll() works, each reader has a position of its own. As long as nobody streams, new
 * text interrupts nobody.
 *
 * A reset of the firmware begins a second ring, so that a stream gets to see the last words of the
 * one before. Level and readers are told to each new firmware, see mtia_reset.c for the rule.
 *
 * A reader that was too slow loses the oldest lines, and is told how many bytes they had: the lines
 * cannot be counted any more. It goes on at the beginning of a line.
 */
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "mtia_device.h"

#define MTIA_LOG_LEVEL_MAX 3
/* What a firmware begins with. */
#define MTIA_LOG_LEVEL_START 2
/* First ABI where the firmware can be asked for interrupts. */
#define MTIA_LOG_ANNOUNCE_MINOR 3
/* No start writes more: at this bound a count of the device's is taken for broken. */
#define MTIA_LOG_WRITTEN_MAX BIT_ULL(48)
/* Text that is not written over while it is read. */
#define MTIA_LOG_KEPT (MTIA_LOG_SIZE - MTIA_FW_LOG_AHEAD)

/**
 * struct mtia_log_reader - One open stream.
 */
struct mtia_log_reader {
	/** @mdev: Device. */
	struct mtia_device *mdev;
	/** @lock: One read at a time; guards all that follows. */
	struct mutex lock;
	/** @pos: Text before this was taken or missed. */
	u64 pos;
	/** @at: Bytes of @part that user space has. */
	u32 at;
	/** @length: Bytes of @part. */
	u32 length;
	/** @part: What was taken last. */
	char part[256];
};

static char mtia_log_char(const struct mtia_fw_log *ring, u64 index)
{
	const char *text = (const char *)(ring + 1);
	char c = READ_ONCE(text[index % MTIA_LOG_SIZE]);

	return isprint(c) || c == '\n' ? c : '.';
}

/* Return: bytes that the device says it has written; text up to there can be read. */
static u64 mtia_log_written(const struct mtia_fw_log *ring)
{
	u64 written = READ_ONCE(ring->written);

	/* Text up to "written" was there before it. */
	dma_rmb();

	return min(written, MTIA_LOG_WRITTEN_MAX);
}

/**
 * mtia_log_print() - Print the text that a ring still has.
 * @ring: The ring, or a copy; its text follows it.
 * @p: Printer.
 *
 * The firmware may write meanwhile; the oldest lines can be torn then.
 */
void mtia_log_print(const struct mtia_fw_log *ring, struct drm_printer *p)
{
	u64 written = mtia_log_written(ring);
	u64 pos = written > MTIA_LOG_SIZE ? written - MTIA_LOG_SIZE : 0;
	char line[128];
	size_t len = 0;

	for (; pos < written; pos++) {
		char c = mtia_log_char(ring, pos);

		if (c != '\n')
			line[len++] = c;
		if (c == '\n' || len == sizeof(line) - 1) {
			line[len] = '\0';
			drm_printf(p, "%s\n", line);
			len = 0;
		}
	}
}

/**
 * mtia_log_print_all() - Print what there is of this start of the firmware and the one before.
 * @mdev: Device.
 * @p: Printer.
 *
 * Context: may sleep; inside drm_dev_enter().
 */
void mtia_log_print_all(struct mtia_device *mdev, struct drm_printer *p)
{
	struct mtia_log *log = &mdev->log;

	down_read(&mdev->reset.rwsem);
	mtia_log_print(log->rings[!log->cur].text, p);
	mtia_log_print(log->rings[log->cur].text, p);
	up_read(&mdev->reset.rwsem);
}

/**
 * mtia_log_wake() - Let those look who wait for text or for the end.
 * @log: Log.
 *
 * Context: any, also hard interrupt.
 */
void mtia_log_wake(struct mtia_log *log)
{
	if (wq_has_sleeper(&log->wq))
		wake_up_all(&log->wq);
}

/**
 * mtia_log_begin() - Begin a ring for a firmware that will be started.
 * @mdev: Device, its chip in reset.
 *
 * Context: in probe, or with @reset.rwsem held for writing; never allocates.
 * Return: bus address of the ring.
 */
dma_addr_t mtia_log_begin(struct mtia_device *mdev)
{
	struct mtia_log *log = &mdev->log;
	struct mtia_log_ring *old = &log->rings[log->cur], *new = &log->rings[!log->cur];

	new->start = old->start + mtia_log_written(old->text);
	new->text->written = 0;
	WRITE_ONCE(log->cur, !log->cur);

	return new->dma;
}

/* Tells the firmware what the driver has noted down. */
static int mtia_log_tell(struct mtia_device *mdev)
{
	const u64 args[] = { mdev->log.level, mdev->log.readers != 0 };

	return mtia_mbox_call(mdev, MTIA_H2D_LOG_LEVEL, args, ARRAY_SIZE(args), NULL);
}

/**
 * mtia_log_restore() - Tell a firmware that has started anew what the last one knew.
 * @mdev: Device; its mailbox works.
 *
 * Context: may sleep, never allocates; in probe, or with @reset.rwsem held for writing.
 * Return: 0, or a negative error code with a message in the log.
 */
int mtia_log_restore(struct mtia_device *mdev)
{
	int err;

	if (mdev->log.level == MTIA_LOG_LEVEL_START && !mdev->log.readers)
		return 0;

	err = mtia_log_tell(mdev);
	if (err)
		drm_err(&mdev->drm, "firmware refused the level of its log: %pe\n", ERR_PTR(err));

	return err;
}

/* Notes down and tells; under the log's lock. */
static int mtia_log_change(struct mtia_device *mdev, u32 level, u32 readers)
{
	struct mtia_log *log = &mdev->log;
	int idx, err;

	lockdep_assert_held(&log->lock);

	if (!mtia_pm_enter(mdev, &idx))
		return -ENODEV;
	down_read(&mdev->reset.rwsem);
	log->level = level;
	log->readers = readers;
	err = mtia_log_tell(mdev);
	up_read(&mdev->reset.rwsem);
	if (err)
		err = mtia_reset_after(mdev, err, "firmware refused the level of its log");
	mtia_pm_exit(mdev, idx);

	return err;
}

/**
 * mtia_log_set_level() - Change what is worth a line.
 * @mdev: Device.
 * @level: 0 error .. 3 debug.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL for a level that there is not, with a message in the log; -ENODEV; or -EIO
 * when the device is out of service.
 */
int mtia_log_set_level(struct mtia_device *mdev, u64 level)
{
	struct mtia_log *log = &mdev->log;
	int err;

	if (level > MTIA_LOG_LEVEL_MAX) {
		drm_notice(&mdev->drm,
			   "fw_log_level %llu: there are 0 (errors) to 3 (all that helps debugging)\n",
			   level);
		return -EINVAL;
	}

	mutex_lock(&log->lock);
	err = mtia_log_change(mdev, level, log->readers);
	mutex_unlock(&log->lock);

	return err;
}

/* ---- Streams ---- */

/* Return: position of the oldest text in a ring that ends at @end. */
static u64 mtia_log_oldest(const struct mtia_log_ring *ring, u64 end)
{
	u64 oldest = ring->start;

	if (end - ring->start <= MTIA_LOG_KEPT)
		return oldest;

	/* The rest of its first line belongs to what was lost. */
	oldest = end - MTIA_LOG_KEPT;
	while (oldest < end && mtia_log_char(ring->text, oldest - ring->start - 1) != '\n')
		oldest++;

	return oldest;
}

/* Under the reader's lock and @reset.rwsem. Fills @part, if there is something. */
static void mtia_log_take(struct mtia_log_reader *reader)
{
	struct mtia_log *log = &reader->mdev->log;
	const struct mtia_log_ring *ring = &log->rings[log->cur];
	u64 end, oldest;
	u32 i, length;

	if (reader->pos >= ring->start) {
		end = ring->start + mtia_log_written(ring->text);
	} else {
		end = ring->start;
		ring = &log->rings[!log->cur];
	}
	/* A count that has become smaller brings nothing new. */
	if (reader->pos >= end)
		return;

	length = min_t(u64, end - reader->pos, sizeof(reader->part));
	for (i = 0; i < length; i++)
		reader->part[i] = mtia_log_char(ring->text, reader->pos - ring->start + i);
	/* It may have been written over meanwhile. */
	if (ring == &log->rings[log->cur])
		end = max(end, ring->start + mtia_log_written(ring->text));
	oldest = mtia_log_oldest(ring, end);
	if (reader->pos < oldest) {
		length = scnprintf(reader->part, sizeof(reader->part), "[%llu bytes missed]\n",
				   oldest - reader->pos);
		reader->pos = oldest;
	} else {
		reader->pos += length;
	}
	reader->at = 0;
	reader->length = length;
}

/* Return: whether a read would not wait. */
static bool mtia_log_ready(struct mtia_log_reader *reader)
{
	struct mtia_device *mdev = reader->mdev;
	const struct mtia_log_ring *ring;
	bool ready = true;
	int idx;

	if (mtia_device_status(mdev) || !drm_dev_enter(&mdev->drm, &idx))
		return true;
	/* A ring that was just begun wakes again. */
	ring = &mdev->log.rings[READ_ONCE(mdev->log.cur)];
	if (READ_ONCE(reader->at) == READ_ONCE(reader->length))
		ready = READ_ONCE(reader->pos) <
			READ_ONCE(ring->start) + mtia_log_written(ring->text);
	drm_dev_exit(idx);

	return ready;
}

/* Under the reader's lock. Return: bytes copied, 0 if there is nothing, or an error. */
static ssize_t mtia_log_give(struct mtia_log_reader *reader, char __user *buf, size_t size)
{
	struct mtia_device *mdev = reader->mdev;
	int idx;

	if (reader->at == reader->length) {
		if (!drm_dev_enter(&mdev->drm, &idx))
			return -ENODEV;
		down_read(&mdev->reset.rwsem);
		mtia_log_take(reader);
		up_read(&mdev->reset.rwsem);
		drm_dev_exit(idx);
	}

	size = min_t(size_t, size, reader->length - reader->at);
	/* Nothing more will come. */
	if (!size)
		return mtia_device_status(mdev);
	if (copy_to_user(buf, reader->part + reader->at, size))
		return -EFAULT;
	reader->at += size;

	return size;
}

static ssize_t mtia_log_read(struct file *file, char __user *buf, size_t size, loff_t *ppos)
{
	struct mtia_log_reader *reader = file->private_data;
	ssize_t given;
	int err;

	if (!size)
		return 0;

	for (;;) {
		err = mutex_lock_interruptible(&reader->lock);
		if (err)
			return err;
		given = mtia_log_give(reader, buf, size);
		mutex_unlock(&reader->lock);
		if (given)
			return given;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(reader->mdev->log.wq, mtia_log_ready(reader));
		if (err)
			return err;
	}
}

static __poll_t mtia_log_poll(struct file *file, poll_table *wait)
{
	struct mtia_log_reader *reader = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &reader->mdev->log.wq, wait);
	if (mtia_device_status(reader->mdev))
		events = EPOLLERR | EPOLLHUP;
	if (mtia_log_ready(reader))
		events |= EPOLLIN | EPOLLRDNORM;

	return events;
}

static int mtia_log_open(struct inode *inode, struct file *file)
{
	struct mtia_device *mdev = inode->i_private;
	struct mtia_log *log = &mdev->log;
	struct mtia_log_reader *reader;
	u32 readers;
	int err;

	if (mdev->fw.abi_minor < MTIA_LOG_ANNOUNCE_MINOR) {
		drm_notice(&mdev->drm,
			   "firmware speaks ABI %u.%u, its log can be a stream from %u.%u on\n",
			   MTIA_FW_ABI_MAJOR, mdev->fw.abi_minor, MTIA_FW_ABI_MAJOR,
			   MTIA_LOG_ANNOUNCE_MINOR);
		return -EOPNOTSUPP;
	}

	reader = kzalloc(sizeof(*reader), GFP_KERNEL);
	if (!reader)
		return -ENOMEM;

	mutex_lock(&log->lock);
	readers = log->readers;
	err = mtia_log_change(mdev, log->level, readers + 1);
	if (err)
		log->readers = readers;
	else
		reader->pos = log->rings[log->cur].start;
	mutex_unlock(&log->lock);
	if (err) {
		kfree(reader);
		return err;
	}

	reader->mdev = mdev;
	mutex_init(&reader->lock);
	file->private_data = reader;
	/* It is used until the file is closed, which may be after the device has gone. */
	drm_dev_get(&mdev->drm);

	return stream_open(inode, file);
}

static int mtia_log_release(struct inode *inode, struct file *file)
{
	struct mtia_log_reader *reader = file->private_data;
	struct mtia_device *mdev = reader->mdev;

	mutex_lock(&mdev->log.lock);
	mtia_log_change(mdev, mdev->log.level, mdev->log.readers - 1);
	mutex_unlock(&mdev->log.lock);
	mutex_destroy(&reader->lock);
	kfree(reader);
	drm_dev_put(&mdev->drm);

	return 0;
}

/* Operations of fw_log_stream. */
const struct file_operations mtia_log_stream_fops = {
	.owner = THIS_MODULE,
	.open = mtia_log_open,
	.release = mtia_log_release,
	.read = mtia_log_read,
	.poll = mtia_log_poll,
};

/**
 * mtia_log_init() - Allocate the rings; they are managed by the PCI device.
 * @mdev: Device; no interrupt comes before.
 *
 * Return: 0 or a negative error code.
 */
int mtia_log_init(struct mtia_device *mdev)
{
	struct mtia_log *log = &mdev->log;
	u32 i;

	init_waitqueue_head(&log->wq);
	log->level = MTIA_LOG_LEVEL_START;
	for (i = 0; i < ARRAY_SIZE(log->rings); i++) {
		log->rings[i].text = dmam_alloc_coherent(mdev->drm.dev,
							 sizeof(struct mtia_fw_log) + MTIA_LOG_SIZE,
							 &log->rings[i].dma, GFP_KERNEL);
		if (!log->rings[i].text)
			return -ENOMEM;
	}

	return drmm_mutex_init(&mdev->drm, &log->lock);
}

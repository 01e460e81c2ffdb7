// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Driver of the emulated MTIA v1 accelerator: module, files, ioctl table.
 */
#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>
#include <drm/mtia_accel.h>
#include <linux/module.h>

#include "mtia_bind.h"
#include "mtia_bo.h"
#include "mtia_compat.h"
#include "mtia_device.h"
#include "mtia_dmabuf.h"
#include "mtia_hwmon.h"
#include "mtia_pm.h"
#include "mtia_queue.h"
#include "mtia_vm.h"

static void mtia_client_release(struct kref *ref)
{
	kfree(container_of(ref, struct mtia_client, ref));
}

/**
 * mtia_client_put() - Drop a reference.
 * @client: Statistics of a file.
 */
void mtia_client_put(struct mtia_client *client)
{
	kref_put(&client->ref, mtia_client_release);
}

static int mtia_open(struct drm_device *drm, struct drm_file *file)
{
	struct mtia_file *mfile;

	mfile = kzalloc(sizeof(*mfile), GFP_KERNEL_ACCOUNT);
	if (!mfile)
		return -ENOMEM;

	mfile->client = kzalloc(sizeof(*mfile->client), GFP_KERNEL_ACCOUNT);
	if (!mfile->client) {
		kfree(mfile);
		return -ENOMEM;
	}

	kref_init(&mfile->client->ref);
	xa_init_flags(&mfile->vms, XA_FLAGS_ALLOC1);
	xa_init_flags(&mfile->queues, XA_FLAGS_ALLOC1);
	file->driver_priv = mfile;

	return 0;
}

static void mtia_postclose(struct drm_device *drm, struct drm_file *file)
{
	struct mtia_file *mfile = file->driver_priv;
	struct mtia_queue *queue;
	struct mtia_vm *vm;
	unsigned long id;

	/* Queues first: an address space stays while queues use it. */
	xa_for_each(&mfile->queues, id, queue)
		mtia_queue_close(queue);
	xa_destroy(&mfile->queues);
	xa_for_each(&mfile->vms, id, vm)
		mtia_vm_close(vm, false);
	xa_destroy(&mfile->vms);
	mtia_queue_flush(to_mtia_device(drm));
	mtia_client_put(mfile->client);
	kfree(mfile);
}

static void mtia_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct mtia_file *mfile = file->driver_priv;

	drm_printf(p, "drm-engine-pe:\t%lld ns\n", atomic64_read(&mfile->client->busy_ns));
	mtia_bo_show_fdinfo(p, file);
}

/**
 * DOC: fdinfo
 *
 * Beside what all DRM drivers have, an open file tells:
 *
 * - drm-engine-pe: nanoseconds of device time between the start and the end of the file's jobs;
 *   jobs that ran at the same time count each.
 * - drm-total-vram, drm-resident-vram and so on: buffer objects in LPDDR; -sram: in SRAM.
 * - drm-total-memory, drm-resident-memory and so on: buffer objects in system memory.
 */

#define MTIA_IOCTL(name, function) DRM_IOCTL_DEF_DRV(MTIA_##name, function, 0)

static const struct drm_ioctl_desc mtia_ioctls[] = {
	MTIA_IOCTL(DEV_QUERY, mtia_query_ioctl),
	MTIA_IOCTL(BO_CREATE, mtia_bo_create_ioctl),
	MTIA_IOCTL(BO_MMAP_OFFSET, mtia_bo_mmap_offset_ioctl),
	MTIA_IOCTL(BO_INFO, mtia_bo_info_ioctl),
	MTIA_IOCTL(BO_WAIT, mtia_bo_wait_ioctl),
	MTIA_IOCTL(VM_CREATE, mtia_vm_create_ioctl),
	MTIA_IOCTL(VM_DESTROY, mtia_vm_destroy_ioctl),
	MTIA_IOCTL(VM_BIND, mtia_vm_bind_ioctl),
	MTIA_IOCTL(VM_GET_STATE, mtia_vm_get_state_ioctl),
	MTIA_IOCTL(QUEUE_CREATE, mtia_queue_create_ioctl),
	MTIA_IOCTL(QUEUE_DESTROY, mtia_queue_destroy_ioctl),
	MTIA_IOCTL(QUEUE_SUBMIT, mtia_queue_submit_ioctl),
	MTIA_IOCTL(QUEUE_GET_STATE, mtia_queue_get_state_ioctl),
	MTIA_IOCTL(BO_SET_LABEL, mtia_bo_set_label_ioctl),
};

/* DEFINE_DRM_ACCEL_FOPS() has no fdinfo. */
static const struct file_operations mtia_fops = {
	.owner = THIS_MODULE,
	DRM_ACCEL_FOPS,
	.show_fdinfo = drm_show_fdinfo,
};

static const struct drm_driver mtia_driver = {
	.driver_features = DRIVER_COMPUTE_ACCEL | DRIVER_GEM | DRIVER_SYNCOBJ |
			   DRIVER_SYNCOBJ_TIMELINE | MTIA_DRIVER_GEM_GPUVA,
	.open = mtia_open,
	.postclose = mtia_postclose,
	.show_fdinfo = mtia_show_fdinfo,
	.gem_prime_import = mtia_dmabuf_import,
	.ioctls = mtia_ioctls,
	.num_ioctls = ARRAY_SIZE(mtia_ioctls),
	.fops = &mtia_fops,
	.name = "mtia",
	.desc = "MTIA v1 accelerator",
	.major = 1,
	.minor = 1,
};

static int mtia_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct mtia_device *mdev;
	int err;

	mdev = devm_drm_dev_alloc(&pdev->dev, &mtia_driver, struct mtia_device, drm);
	if (IS_ERR(mdev))
		return PTR_ERR(mdev);

	mdev->pdev = pdev;
	pci_set_drvdata(pdev, mdev);

	err = mtia_device_init(mdev);
	if (err)
		return err;

	err = drm_dev_register(&mdev->drm, 0);
	if (err) {
		mtia_device_unplug(mdev);
		return err;
	}
	mtia_debugfs_init(mdev);
	/* The device works without. */
	err = mtia_hwmon_init(mdev);
	if (err)
		drm_warn(&mdev->drm, "sensors cannot be shown: %pe\n", ERR_PTR(err));
	err = mtia_ras_init(mdev);
	if (err)
		drm_warn(&mdev->drm, "counts of errors cannot be shown: %pe\n", ERR_PTR(err));
	mtia_pm_start(mdev);

	return 0;
}

static void mtia_remove(struct pci_dev *pdev)
{
	struct mtia_device *mdev = pci_get_drvdata(pdev);

	mtia_pm_stop(mdev);
	mtia_device_unplug(mdev);
}

static void mtia_shutdown(struct pci_dev *pdev)
{
	/* The next kernel must not find the chip writing to what was this one's memory. */
	mtia_device_stop(pci_get_drvdata(pdev));
}

static const struct pci_device_id mtia_pci_ids[] = {
	{ PCI_DEVICE(MTIA_PCI_VENDOR_ID, MTIA_PCI_DEVICE_ID) },
	{}
};
MODULE_DEVICE_TABLE(pci, mtia_pci_ids);

static struct pci_driver mtia_pci_driver = {
	.name = "mtia",
	.id_table = mtia_pci_ids,
	.probe = mtia_probe,
	.remove = mtia_remove,
	.shutdown = mtia_shutdown,
	.err_handler = &mtia_pci_error_handlers,
	.driver.pm = pm_ptr(&mtia_pm_ops),
	.dev_groups = mtia_dev_groups,
};

static int __init mtia_module_init(void)
{
	int err = mtia_queue_module_init();

	if (err)
		return err;

	err = pci_register_driver(&mtia_pci_driver);
	if (err)
		mtia_queue_module_exit();

	return err;
}
module_init(mtia_module_init);

static void __exit mtia_module_exit(void)
{
	pci_unregister_driver(&mtia_pci_driver);
	mtia_queue_module_exit();
}
module_exit(mtia_module_exit);

MODULE_DESCRIPTION("Driver of the emulated MTIA v1 accelerator");
MODULE_AUTHOR("MTIA stack developers");
MODULE_LICENSE("Dual MIT/GPL");

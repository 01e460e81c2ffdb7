/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MTIA v1: what the files of this directory share.
 *
 *   mtia.c          the PCIe function: BARs, MSI-X, reset, vmstate
 *   mtia_thread.c   the thread on which the chip model runs
 *   mtia_library.c  finding the chip model (a shared library) at run time
 */

#ifndef HW_MTIA_SHIM_H
#define HW_MTIA_SHIM_H

#include "hw/pci/pci_device.h"
#include "qemu/thread.h"
#include "qom/object.h"
#include "system/runstate.h"

#include "mtia_model.h"
#include "mtia/regs.h"

#define TYPE_MTIA "mtia"
OBJECT_DECLARE_SIMPLE_TYPE(MtiaState, MTIA)

/* The library's entry points; mtia_model.h documents them. */
typedef struct MtiaLibrary {
    void *handle;
    typeof(mtia_model_abi_version) *abi_version;
    typeof(mtia_model_create) *create;
    typeof(mtia_model_destroy) *destroy;
    typeof(mtia_model_reset) *reset;
    typeof(mtia_model_mmio_read) *mmio_read;
    typeof(mtia_model_mmio_write) *mmio_write;
    typeof(mtia_model_step) *step;
    typeof(mtia_model_stop) *stop;
    typeof(mtia_model_inject) *inject;
    typeof(mtia_model_fault_info) *fault_info;
    typeof(mtia_model_save) *save;
    typeof(mtia_model_load) *load;
} MtiaLibrary;

struct MtiaState {
    PCIDevice parent_obj;

    /* Properties */
    uint64_t lpddr_size;
    uint32_t msix_vectors;
    uint32_t workers;
    bool v1plus;
    char *timing;       /* NULL: functional */
    uint32_t fi_outstanding;
    char *library_path;

    MemoryRegion regs;
    MemoryRegion mem;           /* container of lpddr and sram */
    MemoryRegion lpddr;
    MemoryRegion sram;
    MemoryRegion msix;

    MtiaLibrary lib;
    struct mtia_model *model;

    /*
     * Bit v: logical vector v was raised and not delivered yet. Set by any
     * thread, taken by irq_bh in the main thread when a guest access raised it.
     */
    uint32_t irq_pending;
    QEMUBH *irq_bh;
    QEMUBH *failed_bh;

    /* Set around the device reset that a function-level reset causes (BQL) */
    bool in_flr;

    /* The chip stands still because the function is not in D0 (BQL) */
    bool asleep;

    /* Model thread; see mtia_thread.c */
    QemuThread thread;
    bool thread_started;
    QemuMutex lock;             /* guards the members below */
    QemuCond wake;
    bool kicked;
    bool quit;
    unsigned int holds;         /* reasons to stand still; runs while 0 */
    bool parked;
    bool failed;                /* the model gave up: parked until a reset */
    QemuCond parked_cond;       /* waited for and signalled under the BQL */

    VMChangeStateEntry *vmstate_change;
    bool vm_running;

    /* Migration stream's copy of the model's own state */
    uint8_t *blob;
    uint32_t blob_size;
    Error *migration_blocker;
};

bool mtia_library_open(MtiaLibrary *lib, const char *path, Error **errp);
void mtia_library_close(MtiaLibrary *lib);

/* With the object: whoever holds a reference may still wait for the thread. */
void mtia_thread_init(MtiaState *s);
void mtia_thread_finalize(MtiaState *s);

/*
 * All of these are called with the BQL held. mtia_thread_hold() returns when
 * the thread is outside of the model and stays there until each hold has been
 * released; it may drop the BQL while it waits.
 */
void mtia_thread_start(MtiaState *s);
void mtia_thread_finish(MtiaState *s);
void mtia_thread_hold(MtiaState *s);
void mtia_thread_release(MtiaState *s);
/* From any thread: there may be work. */
void mtia_thread_kick(MtiaState *s);

#endif /* HW_MTIA_SHIM_H */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MTIA v1: PCIe function of the accelerator.
 *
 * The chip itself (control core, PEs, memories, MMU) is the model of
 * mtia_model.h and knows nothing of PCI; this file gives it a PCIe endpoint:
 *
 *   BAR0  registers, doorbells (64-bit): forwarded to the model
 *   BAR2  LPDDR, then SRAM (64-bit, prefetchable): RAM, no exit on access
 *   BAR4  MSI-X table and PBA (64-bit)
 *
 * with PM, MSI-X, FLR and AER by QEMU's own code. Identity, BAR numbers and
 * sizes come from the register header that driver and model use too.
 *
 * Limitations: no SR-IOV, ATS, PASID or Resizable BAR. Live migration sends
 * all device memory again after the VM has stopped, since the model's own
 * writes are not seen by dirty logging.
 */

#include "qemu/osdep.h"
#include "exec/cpu-common.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_aer.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/blocker.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "mtia_shim.h"
#include "trace.h"

#define MTIA_LPDDR_MIN      (64 * MiB)
#define MTIA_LPDDR_MAX      (64 * GiB)
#define MTIA_LPDDR_STEP     (2 * MiB)

#define MTIA_MSIX_SIZE      (4 * KiB)
#define MTIA_MSIX_PBA       (2 * KiB)

/* Capabilities, by their place in configuration space */
#define MTIA_CAP_PM         0x40
#define MTIA_CAP_MSIX       0x50
#define MTIA_CAP_EXPRESS    0x60
#define MTIA_CAP_AER        0x100

/* A bound on what a stream may claim; the default chip needs about 10 MiB */
#define MTIA_BLOB_MAX       (256 * MiB)

QEMU_BUILD_BUG_ON(MTIA_MAX_VECTORS > 32); /* irq_pending */
QEMU_BUILD_BUG_ON(MTIA_MAX_VECTORS * PCI_MSIX_ENTRY_SIZE > MTIA_MSIX_PBA);

static const char *mtia_id(MtiaState *s)
{
    return DEVICE(s)->id ?: TYPE_MTIA;
}

/* ---- What the model asks of its host ---- */

static int mtia_dma_read(void *opaque, uint64_t addr, void *buf, size_t len)
{
    MtiaState *s = opaque;
    MemTxResult result = pci_dma_read(&s->parent_obj, addr, buf, len);

    trace_mtia_dma_read(addr, len, result);
    return result == MEMTX_OK ? 0 : -EIO;
}

static int mtia_dma_write(void *opaque, uint64_t addr, const void *buf,
                          size_t len)
{
    MtiaState *s = opaque;
    MemTxResult result = pci_dma_write(&s->parent_obj, addr, buf, len);

    trace_mtia_dma_write(addr, len, result);
    return result == MEMTX_OK ? 0 : -EIO;
}

static void mtia_irq_deliver(MtiaState *s)
{
    uint32_t pending = qatomic_xchg(&s->irq_pending, 0);

    while (pending) {
        unsigned int vector = ctz32(pending);

        pending &= pending - 1;
        trace_mtia_irq_deliver(vector, msix_enabled(&s->parent_obj),
                               msix_is_masked(&s->parent_obj, vector));
        msix_notify(&s->parent_obj, vector);
    }
}

/*
 * From the model's thread, which holds no lock here and may therefore wait for
 * the BQL: a trip through the main thread would cost every completion one more
 * wake-up. Who waits for the thread gives the BQL up, see mtia_thread.c.
 */
static void mtia_raise_irq(void *opaque, unsigned int vector)
{
    MtiaState *s = opaque;

    trace_mtia_irq_raise(vector);
    if (vector >= s->msix_vectors) {
        qemu_log_mask(LOG_GUEST_ERROR, "mtia: vector %u raised, but the "
                      "MSI-X table has %u entries\n", vector,
                      s->msix_vectors);
        return;
    }
    /* Orders the DMA writes before it for whoever takes the bit. */
    qatomic_or(&s->irq_pending, 1u << vector);
    if (bql_locked()) {
        qemu_bh_schedule(s->irq_bh); /* inside an MMIO access of the guest */
    } else {
        bql_lock();
        mtia_irq_deliver(s);
        bql_unlock();
    }
}

static void mtia_log(void *opaque, enum mtia_model_log_level level,
                     enum mtia_model_err err, const char *text)
{
    MtiaState *s = opaque;

    trace_mtia_model_log(level, err, text);
    switch (err) {
    case MTIA_ERR_GUEST:
    case MTIA_ERR_UNPREDICTABLE:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: %s\n", mtia_id(s), text);
        break;
    case MTIA_ERR_UNIMPLEMENTED:
        qemu_log_mask(LOG_UNIMP, "%s: %s\n", mtia_id(s), text);
        break;
    case MTIA_ERR_MODEL:
        error_report("%s: error of the chip model: %s", mtia_id(s), text);
        break;
    default:
        break;
    }
}

static void mtia_kick(void *opaque)
{
    mtia_thread_kick(opaque);
}

static const struct mtia_model_host_ops mtia_host_ops = {
    .size = sizeof(mtia_host_ops),
    .dma_read = mtia_dma_read,
    .dma_write = mtia_dma_write,
    .raise_irq = mtia_raise_irq,
    .log = mtia_log,
    .kick = mtia_kick,
};

/* ---- Main thread: interrupts and errors ---- */

static void mtia_irq_bh(void *opaque)
{
    mtia_irq_deliver(opaque);
}

/* The model gave up: the guest hears of it as of a chip's internal error. */
static void mtia_failed_bh(void *opaque)
{
    MtiaState *s = opaque;
    PCIEAERErr err = {
        .status = PCI_ERR_UNC_INTN,
        .source_id = pci_requester_id(&s->parent_obj),
    };

    pcie_aer_inject_error(&s->parent_obj, &err);
}

/* ---- BAR0 ---- */

static uint64_t mtia_regs_read(void *opaque, hwaddr offset, unsigned size)
{
    MtiaState *s = opaque;
    uint64_t value = s->lib.mmio_read(s->model, offset, size);

    trace_mtia_mmio_read(mtia_id(s), offset, value, size);
    return value;
}

static void mtia_regs_write(void *opaque, hwaddr offset, uint64_t value,
                            unsigned size)
{
    MtiaState *s = opaque;

    trace_mtia_mmio_write(mtia_id(s), offset, value, size);
    s->lib.mmio_write(s->model, offset, value, size);
}

static const MemoryRegionOps mtia_regs_ops = {
    .read = mtia_regs_read,
    .write = mtia_regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/* ---- Reset and run state ---- */

/*
 * Nobody finds what was in device memory before a reset of the function, as
 * PCIe demands of a reset between two owners. The chip's own reset of its
 * control core keeps it.
 */
static void mtia_lose_ram(MemoryRegion *mr)
{
    uint64_t size = memory_region_size(mr);

    if (ram_block_discard_range(mr->ram_block, 0, size) < 0) {
        memset(memory_region_get_ram_ptr(mr), 0, size);
    }
    memory_region_set_dirty(mr, 0, size);
}

static void mtia_reset_chip(MtiaState *s, enum mtia_model_reset kind)
{
    /* Waiting gives up the BQL: another vCPU may unplug the card meanwhile. */
    object_ref(OBJECT(s));
    mtia_thread_hold(s);
    if (s->model) {
        mtia_lose_ram(&s->lpddr);
        mtia_lose_ram(&s->sram);
        s->lib.reset(s->model, kind);
        qatomic_set(&s->irq_pending, 0);
        s->failed = false;
    }
    mtia_thread_release(s);
    object_unref(OBJECT(s));
}

static void mtia_reset_hold(Object *obj, ResetType type)
{
    MtiaState *s = MTIA(obj);
    bool flr = s->in_flr;

    trace_mtia_reset(mtia_id(s), flr ? "function level" : "power-on");
    object_ref(obj);
    mtia_reset_chip(s, flr ? MTIA_RESET_FLR : MTIA_RESET_POWER_ON);
    if (s->model) {
        pcie_cap_deverr_reset(&s->parent_obj);
    }
    /* QEMU has cleared, or will clear, the power state. */
    if (s->asleep) {
        s->asleep = false;
        mtia_thread_release(s);
    }
    object_unref(obj);
}

/*
 * Out of D0 the chip stands still: no DMA, no interrupt, no time. That it keeps
 * all its state is what NO_SOFT_RESET promises. As in a reset, whoever waits
 * here gives the BQL up.
 */
static void mtia_power_changed(MtiaState *s)
{
    PCIDevice *pdev = &s->parent_obj;
    bool asleep = pci_get_word(pdev->config + MTIA_CAP_PM + PCI_PM_CTRL) &
                  PCI_PM_CTRL_STATE_MASK;

    if (asleep == s->asleep) {
        return;
    }
    s->asleep = asleep;
    trace_mtia_power(mtia_id(s), asleep ? "D3hot" : "D0");
    if (asleep) {
        object_ref(OBJECT(s));
        mtia_thread_hold(s);
        object_unref(OBJECT(s));
    } else {
        mtia_thread_release(s);
    }
}

static void mtia_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                              int len)
{
    MtiaState *s = MTIA(pdev);

    pci_default_write_config(pdev, addr, val, len);
    pcie_aer_write_config(pdev, addr, val, len);
    s->in_flr = true;
    pcie_cap_flr_write_config(pdev, addr, val, len);
    s->in_flr = false;
    mtia_power_changed(s);
}

static void mtia_vm_state_change(void *opaque, bool running, RunState state)
{
    MtiaState *s = opaque;

    if (running == s->vm_running) {
        return;
    }
    s->vm_running = running;
    if (running) {
        mtia_thread_release(s);
    } else {
        mtia_thread_hold(s);
        /* The model writes its memories behind dirty logging's back. */
        memory_region_set_dirty(&s->lpddr, 0, s->lpddr_size);
        memory_region_set_dirty(&s->sram, 0, MTIA_SRAM_SIZE);
    }
}

/* ---- Life ---- */

static bool mtia_check_properties(MtiaState *s, Error **errp)
{
    if (s->lpddr_size < MTIA_LPDDR_MIN || s->lpddr_size > MTIA_LPDDR_MAX ||
        !QEMU_IS_ALIGNED(s->lpddr_size, MTIA_LPDDR_STEP)) {
        error_setg(errp, "mtia: lpddr-size must be a multiple of 2M between "
                   "64M and 64G");
        return false;
    }
    if (s->msix_vectors < 1 || s->msix_vectors > MTIA_MAX_VECTORS) {
        error_setg(errp, "mtia: msix-vectors must be between 1 and %u",
                   MTIA_MAX_VECTORS);
        return false;
    }
    if (s->workers > 64) {
        error_setg(errp, "mtia: workers must be at most 64");
        return false;
    }
    if (s->fi_outstanding > MTIA_MODEL_FI_OUTSTANDING) {
        error_setg(errp, "mtia: fi-outstanding must be at most %u",
                   MTIA_MODEL_FI_OUTSTANDING);
        return false;
    }
    if (s->timing && strcmp(s->timing, "functional") &&
        strcmp(s->timing, "approx")) {
        error_setg(errp, "mtia: timing must be functional or approx, not '%s'",
                   s->timing);
        return false;
    }
    if (!s->library_path) {
        error_setg(errp, "mtia: model=PATH must name libmtia-model.so");
        return false;
    }
    return true;
}

/*
 * RAM that costs host memory only where it was written: no reservation either,
 * or 64 GiB could not be offered on a small host.
 */
static bool mtia_init_ram(MtiaState *s, MemoryRegion *mr, const char *name,
                          uint64_t size, Error **errp)
{
    if (!memory_region_init_ram_flags_nomigrate(mr, OBJECT(s), name, size,
                                                RAM_NORESERVE, errp)) {
        return false;
    }
    vmstate_register_ram(mr, DEVICE(s));
    return true;
}

/*
 * A subregion holds its owner, which here is the container's owner too: as long
 * as it is mapped the device would never be freed after an unplug.
 */
static void mtia_exit_ram(MtiaState *s, MemoryRegion *mr)
{
    if (memory_region_is_mapped(mr)) {
        memory_region_del_subregion(&s->mem, mr);
    }
    if (memory_region_is_ram(mr)) {
        vmstate_unregister_ram(mr, DEVICE(s));
    }
}

static bool mtia_init_bars(MtiaState *s, Error **errp)
{
    PCIDevice *pdev = &s->parent_obj;
    int i;

    memory_region_init_io(&s->regs, OBJECT(s), &mtia_regs_ops, s, "mtia.regs",
                          MTIA_BAR0_SIZE);
    pci_register_bar(pdev, MTIA_BAR_REGS, PCI_BASE_ADDRESS_MEM_TYPE_64,
                     &s->regs);

    if (!mtia_init_ram(s, &s->lpddr, "mtia.lpddr", s->lpddr_size, errp) ||
        !mtia_init_ram(s, &s->sram, "mtia.sram", MTIA_SRAM_SIZE, errp)) {
        return false;
    }
    memory_region_init(&s->mem, OBJECT(s), "mtia.mem",
                       pow2ceil(s->lpddr_size + MTIA_SRAM_SIZE));
    memory_region_add_subregion(&s->mem, 0, &s->lpddr);
    memory_region_add_subregion(&s->mem, s->lpddr_size, &s->sram);
    pci_register_bar(pdev, MTIA_BAR_MEM, PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, &s->mem);

    memory_region_init(&s->msix, OBJECT(s), "mtia.msix", MTIA_MSIX_SIZE);
    pci_register_bar(pdev, MTIA_BAR_MSIX, PCI_BASE_ADDRESS_MEM_TYPE_64,
                     &s->msix);
    if (msix_init(pdev, s->msix_vectors, &s->msix, MTIA_BAR_MSIX, 0, &s->msix,
                  MTIA_BAR_MSIX, MTIA_MSIX_PBA, MTIA_CAP_MSIX, errp) < 0) {
        return false;
    }
    for (i = 0; i < s->msix_vectors; i++) {
        msix_vector_use(pdev, i);
    }
    return true;
}

static bool mtia_init_express(MtiaState *s, Error **errp)
{
    PCIDevice *pdev = &s->parent_obj;

    if (pci_pm_init(pdev, MTIA_CAP_PM, errp) < 0) {
        return false;
    }
    pci_set_word(pdev->config + MTIA_CAP_PM + PCI_PM_PMC, 3); /* PM 1.2 */
    /* D3hot keeps all state: the chip has no power of its own to lose. */
    pci_set_word(pdev->config + MTIA_CAP_PM + PCI_PM_CTRL,
                 PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(pdev->wmask + MTIA_CAP_PM + PCI_PM_CTRL,
                 PCI_PM_CTRL_STATE_MASK);

    if (pcie_cap_init(pdev, MTIA_CAP_EXPRESS, PCI_EXP_TYPE_ENDPOINT, 0,
                      errp) < 0) {
        return false;
    }
    /* PCIe Gen4 x8, paper section 3 */
    pcie_cap_fill_link_ep_usp(pdev, QEMU_PCI_EXP_LNK_X8,
                              QEMU_PCI_EXP_LNK_16GT);
    pcie_cap_deverr_init(pdev);
    pcie_cap_flr_init(pdev);
    return pcie_aer_init(pdev, PCI_ERR_VER, MTIA_CAP_AER, PCI_ERR_SIZEOF,
                         errp) >= 0;
}

static bool mtia_create_model(MtiaState *s, Error **errp)
{
    struct mtia_model_config config = {
        .size = sizeof(config),
        .lpddr_size = s->lpddr_size,
        .lpddr = memory_region_get_ram_ptr(&s->lpddr),
        .sram = memory_region_get_ram_ptr(&s->sram),
        .workers = s->workers,
        .timing = !g_strcmp0(s->timing, "approx") ? MTIA_TIMING_APPROX :
                                                    MTIA_TIMING_FUNCTIONAL,
        .v1plus = s->v1plus,
        .fi_outstanding = s->fi_outstanding,
    };
    char why[256] = "";
    size_t blob_size = 0;
    int ret;

    if (!mtia_library_open(&s->lib, s->library_path, errp)) {
        return false;
    }
    ret = s->lib.create(&config, &mtia_host_ops, s, &s->model, why,
                        sizeof(why));
    if (ret < 0) {
        error_setg_errno(errp, -ret, "mtia: cannot create the chip model%s%s",
                         why[0] ? ": " : "", why);
        return false;
    }
    if (s->lib.save(s->model, NULL, &blob_size) < 0) {
        error_setg(&s->migration_blocker, "mtia: this chip model cannot save "
                   "its state");
        return migrate_add_blocker(&s->migration_blocker, errp) == 0;
    }
    return true;
}

static void mtia_cleanup(MtiaState *s)
{
    PCIDevice *pdev = &s->parent_obj;

    if (s->vmstate_change) {
        qemu_del_vm_change_state_handler(s->vmstate_change);
        s->vmstate_change = NULL;
    }
    if (s->thread_started) {
        mtia_thread_finish(s);
    }
    migrate_del_blocker(&s->migration_blocker);
    if (s->model) {
        s->lib.destroy(s->model);
        s->model = NULL;
    }
    mtia_library_close(&s->lib);
    if (s->irq_bh) {
        qemu_bh_delete(s->irq_bh);
        qemu_bh_delete(s->failed_bh);
        s->irq_bh = s->failed_bh = NULL;
    }
    if (pdev->exp.aer_cap) {
        pcie_aer_exit(pdev);
    }
    if (pdev->exp.exp_cap) {
        pcie_cap_exit(pdev);
    }
    if (msix_present(pdev)) {
        msix_unuse_all_vectors(pdev);
        msix_uninit(pdev, &s->msix, &s->msix);
    }
    mtia_exit_ram(s, &s->lpddr);
    mtia_exit_ram(s, &s->sram);
    g_clear_pointer(&s->blob, g_free);
}

static void mtia_realize(PCIDevice *pdev, Error **errp)
{
    MtiaState *s = MTIA(pdev);
    MemReentrancyGuard *guard = &DEVICE(s)->mem_reentrancy_guard;

    if (!mtia_check_properties(s, errp)) {
        return;
    }
    pci_config_set_interrupt_pin(pdev->config, 0); /* MSI-X only */
    s->irq_bh = qemu_bh_new_guarded(mtia_irq_bh, s, guard);
    s->failed_bh = qemu_bh_new_guarded(mtia_failed_bh, s, guard);
    if (!mtia_init_bars(s, errp) || !mtia_init_express(s, errp) ||
        !mtia_create_model(s, errp)) {
        mtia_cleanup(s);
        return;
    }
    s->vm_running = runstate_is_running();
    s->holds = s->vm_running ? 0 : 1;
    mtia_thread_start(s);
    s->vmstate_change = qemu_add_vm_change_state_handler(mtia_vm_state_change,
                                                         s);
}

static void mtia_exit(PCIDevice *pdev)
{
    mtia_cleanup(MTIA(pdev));
}

/* ---- Fault injection: qom-set PATH inject NAME[:ARG0[:ARG1]] ---- */

/* "clear" takes all faults back, "clear:NAME" one; names are the model's. */
static const struct mtia_model_fault_info *mtia_find_fault(MtiaState *s,
                                                           const char *name)
{
    const struct mtia_model_fault_info *info;
    unsigned int i;

    for (i = 0; (info = s->lib.fault_info(i)) != NULL; i++) {
        if (!strcmp(info->name, name)) {
            return info;
        }
    }
    return NULL;
}

static void mtia_unknown_fault(MtiaState *s, const char *name, Error **errp)
{
    g_autoptr(GString) names = g_string_new("clear, power-loss");
    const struct mtia_model_fault_info *info;
    unsigned int i;

    for (i = 0; (info = s->lib.fault_info(i)) != NULL; i++) {
        g_string_append_printf(names, ", %s%s%s%s%s", info->name,
                               info->arg0 ? ":" : "", info->arg0 ?: "",
                               info->arg1 ? ":" : "", info->arg1 ?: "");
    }
    error_setg(errp, "mtia: no fault '%s'; there are %s", name, names->str);
}

/*
 * The chip loses what it has, as a board would do to it that breaks the
 * promise of D3hot; configuration space has a supply of its own.
 */
static void mtia_lose_power(MtiaState *s, Error **errp)
{
    if (!s->asleep) {
        error_setg(errp, "mtia: power is lost in D3hot only");
        return;
    }
    trace_mtia_reset(mtia_id(s), "power loss");
    mtia_reset_chip(s, MTIA_RESET_POWER_ON);
}

static void mtia_set_inject(Object *obj, const char *text, Error **errp)
{
    g_auto(GStrv) part = g_strsplit(text, ":", 3);
    const struct mtia_model_fault_info *info = NULL;
    enum mtia_model_fault fault = MTIA_INJECT_CLEAR;
    unsigned int i, parts = g_strv_length(part);
    uint64_t arg[2] = { 0, 0 };
    MtiaState *s = MTIA(obj);
    bool clear = parts && !strcmp(part[0], "clear");
    int ret;

    if (!s->model) {
        error_setg(errp, "mtia: no fault before the device is realized");
        return;
    }
    if (parts && !strcmp(part[0], "power-loss")) {
        if (parts > 1) {
            error_setg(errp, "mtia: too many arguments in '%s'", text);
        } else {
            mtia_lose_power(s, errp);
        }
        return;
    }
    if (!clear || parts > 1) {
        const char *name = parts ? part[clear] : "";

        info = mtia_find_fault(s, name);
        if (!info) {
            mtia_unknown_fault(s, name, errp);
            return;
        }
    }
    if (clear) {
        if (parts > 2) {
            error_setg(errp, "mtia: clear takes one name, not '%s'", text);
            return;
        }
        arg[0] = info ? info->fault : 0;
    } else {
        fault = info->fault;
        if (parts - 1 > !!info->arg0 + !!info->arg1) {
            error_setg(errp, "mtia: too many arguments in '%s'", text);
            return;
        }
        for (i = 1; i < parts; i++) {
            if (qemu_strtou64(part[i], NULL, 0, &arg[i - 1]) < 0) {
                error_setg(errp, "mtia: '%s' is not a number", part[i]);
                return;
            }
        }
    }
    mtia_thread_hold(s);
    /* Waiting gave the BQL up: the device may be gone. */
    ret = !s->model ? -ENODEV :
          s->lib.inject(s->model, fault, arg[0], arg[1]);
    mtia_thread_release(s);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "mtia: %s refused", text);
    }
}

/* ---- Migration and snapshots ---- */

static int mtia_pre_save(void *opaque)
{
    MtiaState *s = opaque;
    size_t size = 0;
    int ret = s->lib.save(s->model, NULL, &size);

    if (ret < 0 || size > MTIA_BLOB_MAX) {
        return -EINVAL;
    }
    g_free(s->blob);
    s->blob = g_malloc(size);
    s->blob_size = size;
    ret = s->lib.save(s->model, s->blob, &size);
    trace_mtia_state_save(s->blob_size);
    return ret;
}

static int mtia_post_save(void *opaque)
{
    MtiaState *s = opaque;

    g_clear_pointer(&s->blob, g_free);
    return 0;
}

static bool mtia_blob_size_ok(void *opaque, int version_id)
{
    MtiaState *s = opaque;

    return s->blob_size <= MTIA_BLOB_MAX;
}

/* The stream is untrusted; the model checks every value of its own part. */
static int mtia_post_load(void *opaque, int version_id)
{
    MtiaState *s = opaque;
    int ret;

    if (!mtia_blob_size_ok(s, version_id) ||
        (s->irq_pending && s->irq_pending >> (s->msix_vectors - 1) > 1)) {
        return -EINVAL;
    }
    mtia_thread_hold(s);
    ret = s->lib.load(s->model, s->blob, s->blob_size);
    trace_mtia_state_load(s->blob_size, ret);
    g_clear_pointer(&s->blob, g_free);
    mtia_thread_release(s);
    mtia_power_changed(s);
    qemu_bh_schedule(s->irq_bh);
    return ret;
}

static const VMStateDescription mtia_vmstate = {
    .name = TYPE_MTIA,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = mtia_pre_save,
    .post_save = mtia_post_save,
    .post_load = mtia_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, MtiaState),
        VMSTATE_STRUCT(parent_obj.exp.aer_log, MtiaState, 0,
                       vmstate_pcie_aer_log, PCIEAERLog),
        VMSTATE_MSIX(parent_obj, MtiaState),
        VMSTATE_UINT64_EQUAL(lpddr_size, MtiaState, NULL),
        VMSTATE_UINT32_EQUAL(msix_vectors, MtiaState, NULL),
        VMSTATE_UINT32(irq_pending, MtiaState),
        VMSTATE_UINT32(blob_size, MtiaState),
        VMSTATE_VBUFFER_ALLOC_UINT32(blob, MtiaState, 0, mtia_blob_size_ok,
                                     blob_size),
        VMSTATE_END_OF_LIST()
    }
};

static const Property mtia_properties[] = {
    DEFINE_PROP_SIZE("lpddr-size", MtiaState, lpddr_size, 1 * GiB),
    DEFINE_PROP_UINT32("msix-vectors", MtiaState, msix_vectors,
                       MTIA_MAX_VECTORS),
    DEFINE_PROP_UINT32("workers", MtiaState, workers, 1),
    DEFINE_PROP_BOOL("v1plus", MtiaState, v1plus, false),
    DEFINE_PROP_STRING("timing", MtiaState, timing),
    DEFINE_PROP_UINT32("fi-outstanding", MtiaState, fi_outstanding, 0),
    DEFINE_PROP_STRING("model", MtiaState, library_path),
};

static void mtia_instance_init(Object *obj)
{
    mtia_thread_init(MTIA(obj));
}

static void mtia_instance_finalize(Object *obj)
{
    mtia_thread_finalize(MTIA(obj));
}

static void mtia_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    pc->realize = mtia_realize;
    pc->exit = mtia_exit;
    pc->config_write = mtia_config_write;
    pc->vendor_id = MTIA_PCI_VENDOR_ID;
    pc->device_id = MTIA_PCI_DEVICE_ID;
    pc->subsystem_vendor_id = MTIA_PCI_VENDOR_ID;
    pc->subsystem_id = MTIA_PCI_DEVICE_ID;
    pc->revision = 1;
    pc->class_id = MTIA_PCI_CLASS >> 8;

    rc->phases.hold = mtia_reset_hold;

    dc->desc = "MTIA v1 inference accelerator";
    dc->vmsd = &mtia_vmstate;
    device_class_set_props(dc, mtia_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);

    object_class_property_add_str(klass, "inject", NULL, mtia_set_inject);
    object_class_property_set_description(klass, "inject",
        "inject a fault, NAME[:ARG0[:ARG1]], or take faults back, "
        "clear[:NAME]; a wrong name lists the right ones");
}

static const TypeInfo mtia_info = {
    .name = TYPE_MTIA,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(MtiaState),
    .instance_init = mtia_instance_init,
    .instance_finalize = mtia_instance_finalize,
    .class_init = mtia_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void mtia_register_types(void)
{
    type_register_static(&mtia_info);
}

type_init(mtia_register_types)

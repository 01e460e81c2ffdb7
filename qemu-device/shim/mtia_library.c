/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MTIA v1: the chip model is a shared library with the C ABI of mtia_model.h,
 * so that it changes without QEMU being built again. Its path is a property
 * set on the host's command line; nothing in the guest can name a library.
 */

#include "qemu/osdep.h"
#include <dlfcn.h>
#include "qapi/error.h"
#include "mtia_shim.h"

static bool mtia_library_symbol(MtiaLibrary *lib, const char *path,
                                const char *name, void *slot, Error **errp)
{
    void *symbol = dlsym(lib->handle, name);

    if (!symbol) {
        error_setg(errp, "mtia: %s has no %s(): not an MTIA model library",
                   path, name);
        return false;
    }
    memcpy(slot, &symbol, sizeof(symbol));
    return true;
}

bool mtia_library_open(MtiaLibrary *lib, const char *path, Error **errp)
{
    const struct {
        const char *name;
        void *slot;
    } symbols[] = {
        { "mtia_model_abi_version", &lib->abi_version },
        { "mtia_model_create", &lib->create },
        { "mtia_model_destroy", &lib->destroy },
        { "mtia_model_reset", &lib->reset },
        { "mtia_model_mmio_read", &lib->mmio_read },
        { "mtia_model_mmio_write", &lib->mmio_write },
        { "mtia_model_step", &lib->step },
        { "mtia_model_stop", &lib->stop },
        { "mtia_model_inject", &lib->inject },
        { "mtia_model_fault_info", &lib->fault_info },
        { "mtia_model_save", &lib->save },
        { "mtia_model_load", &lib->load },
    };
    uint32_t version;
    int i;

    /* One library may serve several devices: the ABI has no globals. */
    lib->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!lib->handle) {
        error_setg(errp, "mtia: cannot load the chip model: %s", dlerror());
        return false;
    }
    for (i = 0; i < ARRAY_SIZE(symbols); i++) {
        if (!mtia_library_symbol(lib, path, symbols[i].name, symbols[i].slot,
                                 errp)) {
            mtia_library_close(lib);
            return false;
        }
    }
    version = lib->abi_version();
    if (version >> 16 != MTIA_MODEL_ABI_MAJOR ||
        version < (MTIA_MODEL_ABI_MAJOR << 16 | MTIA_MODEL_ABI_MINOR)) {
        error_setg(errp, "mtia: %s has model ABI %u.%u, this QEMU needs %u.%u"
                   " or a later minor", path, version >> 16, version & 0xffff,
                   MTIA_MODEL_ABI_MAJOR, MTIA_MODEL_ABI_MINOR);
        mtia_library_close(lib);
        return false;
    }
    return true;
}

void mtia_library_close(MtiaLibrary *lib)
{
    if (lib->handle) {
        dlclose(lib->handle);
    }
    memset(lib, 0, sizeof(*lib));
}

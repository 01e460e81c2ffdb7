// SPDX-License-Identifier: MIT
/* The chip model as a shared library. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simhost.h"

static bool resolve(void *library, const char *name, void *entry, char *err, size_t err_size)
{
	void *symbol = dlsym(library, name);

	if (!symbol) {
		snprintf(err, err_size, "the model library has no %s", name);
		return false;
	}
	/* POSIX's way from an object to a function pointer */
	memcpy(entry, &symbol, sizeof(symbol));
	return true;
}

int simhost_model_load(const char *path, struct simhost_model_ops *ops, char *err, size_t err_size)
{
	char unused[1];
	const struct {
		const char *name;
		void *entry;
	} symbols[] = {
		{ "mtia_model_abi_version", &ops->abi_version },
		{ "mtia_model_create", &ops->create },
		{ "mtia_model_destroy", &ops->destroy },
		{ "mtia_model_reset", &ops->reset },
		{ "mtia_model_mmio_read", &ops->mmio_read },
		{ "mtia_model_mmio_write", &ops->mmio_write },
		{ "mtia_model_step", &ops->step },
		{ "mtia_model_stop", &ops->stop },
		{ "mtia_model_inject", &ops->inject },
	};
	const uint32_t needed = MTIA_MODEL_ABI_MAJOR << 16 | MTIA_MODEL_ABI_MINOR;
	uint32_t version;

	if (!err) {
		err = unused;
		err_size = sizeof(unused);
	}
	memset(ops, 0, sizeof(*ops));
	ops->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!ops->library) {
		snprintf(err, err_size, "cannot load the chip model: %s", dlerror());
		return -ENOENT;
	}
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		if (!resolve(ops->library, symbols[i].name, symbols[i].entry, err, err_size)) {
			simhost_model_unload(ops);
			return -ENOEXEC;
		}
	}
	version = ops->abi_version();
	if (version >> 16 != needed >> 16 || version < needed) {
		snprintf(err, err_size, "%s has model ABI %u.%u, this program needs %u.%u", path,
			 version >> 16, version & 0xffff, MTIA_MODEL_ABI_MAJOR,
			 MTIA_MODEL_ABI_MINOR);
		simhost_model_unload(ops);
		return -EPROTO;
	}
	return 0;
}

void simhost_model_unload(struct simhost_model_ops *ops)
{
	if (ops->library)
		dlclose(ops->library);
	memset(ops, 0, sizeof(*ops));
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The chip model, with a note of its state's hash when it is destroyed: for MTIA_MODEL. Its other
 * functions are found in libmtia-model.so, which this library needs.
 *
 *	MTIA_TEST_HASH=FILE	where the hash is appended
 *	MTIA_TEST_ISA=N		MTIA_ISA_* for the model
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mtia_model.h"

static uint64_t lpddr_size; /* of the one model of the process */

static void *behind(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (!symbol) {
		fprintf(stderr, "hash_model: no %s: %s\n", name, dlerror());
		exit(1);
	}
	return symbol;
}

int mtia_model_create(const struct mtia_model_config *config,
		      const struct mtia_model_host_ops *ops, void *opaque,
		      struct mtia_model **out, char *err, size_t err_size)
{
	const char *isa = getenv("MTIA_TEST_ISA");
	__typeof__(&mtia_model_create) create;
	struct mtia_model_config c = *config;
	void *symbol = behind(__func__);

	memcpy(&create, &symbol, sizeof(create));
	if (isa)
		c.isa = (unsigned int)strtoul(isa, NULL, 0);
	lpddr_size = c.lpddr_size;
	return create(&c, ops, opaque, out, err, err_size);
}

void mtia_model_destroy(struct mtia_model *model)
{
	const char *path = getenv("MTIA_TEST_HASH");
	__typeof__(&mtia_model_destroy) destroy;
	void *symbol = behind(__func__);
	FILE *file;

	memcpy(&destroy, &symbol, sizeof(destroy));
	file = model && path ? fopen(path, "a") : NULL;
	if (file) {
		fprintf(file, "%016llx\n",
			(unsigned long long)mtia_model_state_hash(model, 0, lpddr_size));
		fclose(file);
	}
	destroy(model);
}

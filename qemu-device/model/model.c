// SPDX-License-Identifier: MIT
/*
 * A model's life: create, destroy, reset. And how the device reaches out: errors, interrupts, host
 * memory.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soc.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "registers and memories are little endian, and so must the host be"
#endif

#define LPDDR_MIN (UINT64_C(64) << 20)
#define LPDDR_MAX (UINT64_C(64) << 30)
#define LPDDR_STEP (UINT64_C(2) << 20)

uint32_t mtia_model_abi_version(void)
{
	return MTIA_MODEL_ABI_MAJOR << 16 | MTIA_MODEL_ABI_MINOR;
}

/* ---- Errors ---- */

void soc_count_error(struct mtia_model *m, enum mtia_model_err err, uint64_t addr)
{
	uint32_t count = atomic_load_explicit(&m->shadow.err_count, memory_order_relaxed);

	while (count != UINT32_MAX &&
	       !atomic_compare_exchange_weak(&m->shadow.err_count, &count, count + 1))
		;
	atomic_store(&m->shadow.err_class, err);
	atomic_store(&m->shadow.err_addr, addr);
}

static enum mtia_model_log_level level_of(enum mtia_model_err err)
{
	switch (err) {
	case MTIA_ERR_GUEST:
	case MTIA_ERR_UNPREDICTABLE:
		return MTIA_LOG_WARN;
	default:
		return MTIA_LOG_ERROR;
	}
}

void soc_error(struct mtia_model *m, enum mtia_model_err err, uint64_t addr, const char *fmt, ...)
{
	uint32_t nth;
	char text[160];
	va_list args;

	soc_count_error(m, err, addr);
	if (!m->ops.log)
		return;
	/* A guest can make errors by the million; what it can fill is bounded. */
	nth = atomic_load(&m->shadow.logged);
	if (nth >= SOC_LOG_LIMIT)
		return;
	nth = atomic_fetch_add(&m->shadow.logged, 1);
	if (nth >= SOC_LOG_LIMIT)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	m->ops.log(m->opaque, level_of(err), err, text);
	if (nth == SOC_LOG_LIMIT - 1)
		m->ops.log(m->opaque, MTIA_LOG_WARN, err,
			   "more errors until the next reset are counted, not reported");
}

/* ---- What the device does to its host ---- */

void soc_raise_irq(struct mtia_model *m, unsigned int vector)
{
	if (vector >= MTIA_MAX_VECTORS) {
		soc_error(m, MTIA_ERR_GUEST, vector, "no interrupt vector %u", vector);
		return;
	}
	/* Who is told that a job has ended may look at what it counted. */
	shadow_publish_counters(m);
	if (m->inject.drop_irqs) {
		m->inject.drop_irqs--;
		return;
	}
	m->ops.raise_irq(m->opaque, vector);
	if (m->inject.duplicate_irqs) {
		m->inject.duplicate_irqs--;
		m->ops.raise_irq(m->opaque, vector);
	}
}

enum mtia_fault_reason soc_host_read(struct mtia_model *m, uint64_t bus, void *buf, size_t len)
{
	m->host_reads++;
	m->host_read_bytes += len;
	if (len - 1 > UINT64_MAX - bus || m->ops.dma_read(m->opaque, bus, buf, len) < 0) {
		soc_error(m, MTIA_ERR_HOST, bus,
			  "read of %zu bytes of host memory at 0x%llx refused", len,
			  (unsigned long long)bus);
		memset(buf, 0, len); /* whatever a callback left there is not the device's to see */
		return MTIA_FAULT_HOST_BUS;
	}
	return MTIA_FAULT_NONE;
}

enum mtia_fault_reason soc_host_write(struct mtia_model *m, uint64_t bus, const void *buf,
				      size_t len)
{
	uint64_t corrupted[4];

	m->host_writes++;
	m->host_write_bytes += len;
	if (m->inject.corrupt && len == sizeof(corrupted)) {
		memcpy(corrupted, buf, sizeof(corrupted));
		corrupted[m->inject.corrupt_word] ^= m->inject.corrupt;
		m->inject.corrupt = 0;
		buf = corrupted;
	}
	if (len == sizeof(corrupted) && inject_hold_cqe(m, bus, buf))
		return MTIA_FAULT_NONE;
	if (len - 1 > UINT64_MAX - bus || m->ops.dma_write(m->opaque, bus, buf, len) < 0) {
		soc_error(m, MTIA_ERR_HOST, bus,
			  "write of %zu bytes to host memory at 0x%llx refused", len,
			  (unsigned long long)bus);
		return MTIA_FAULT_HOST_BUS;
	}
	if (len == sizeof(corrupted))
		inject_release_cqe(m);
	return MTIA_FAULT_NONE;
}

/* ---- Reset ---- */

void soc_core_reset(struct mtia_model *m)
{
	dma_reset(m);
	subgrid_reset(m);
	peblock_reset(m);
	memsys_reset(m);
	ecc_reset(m);
	mmu_reset(m);
	ctrl_reset(m);
	m->inject.hang_control = false;
}

/* All but the PEs. */
static void power_on(struct mtia_model *m, enum mtia_model_reset kind)
{
	if (kind == MTIA_RESET_POWER_ON)
		m->now = 0;
	inject_reset(m);
	memset(m->ecc.errors, 0, sizeof(m->ecc.errors));
	soc_core_reset(m);
	m->ctrl.hart.s.cycle = m->now;
	m->ctrl.hart.s.instret = 0;
	m->mmu.misses = 0;
	m->dma_bytes = 0;
	m->host_reads = m->host_read_bytes = 0;
	m->host_writes = m->host_write_bytes = 0;
	sensors_reset(m, kind == MTIA_RESET_POWER_ON);
	atomic_store(&m->stop, false);
	port_power_on(m);
	shadow_publish(m);
	shadow_publish_counters(m);
}

int mtia_model_reset(struct mtia_model *m, enum mtia_model_reset kind)
{
	if (kind != MTIA_RESET_POWER_ON && kind != MTIA_RESET_FLR)
		return -EINVAL;
	peblock_power_on(m);
	power_on(m, kind);
	return 0;
}

/* ---- Life ---- */

__attribute__((format(printf, 4, 5))) static int fail(char *err, size_t err_size, int code,
						      const char *fmt, ...)
{
	va_list args;

	if (err && err_size) {
		va_start(args, fmt);
		vsnprintf(err, err_size, fmt, args);
		va_end(args);
	}
	return code;
}

/* A structure of a caller built against another minor: take what it has, the rest is zero. */
static bool take_struct(void *to, size_t to_size, const void *from, size_t min_size)
{
	size_t size = from ? *(const size_t *)from : 0;

	if (size < min_size)
		return false;
	memset(to, 0, to_size);
	memcpy(to, from, size < to_size ? size : to_size);
	return true;
}

static int check_config(const struct mtia_model_config *c, char *err, size_t err_size)
{
	if (c->lpddr_size < LPDDR_MIN || c->lpddr_size > LPDDR_MAX || c->lpddr_size % LPDDR_STEP)
		return fail(err, err_size, -EINVAL,
			    "LPDDR size %llu is not a multiple of 2 MiB between 64 MiB and 64 GiB",
			    (unsigned long long)c->lpddr_size);
	if (!c->lpddr || !c->sram)
		return fail(err, err_size, -EINVAL, "memory for LPDDR or SRAM is missing");
	if ((uintptr_t)c->lpddr % 8 || (uintptr_t)c->sram % 8)
		return fail(err, err_size, -EINVAL,
			    "memory for LPDDR or SRAM is not aligned to 8 bytes");
	if (c->workers > 64)
		return fail(err, err_size, -EINVAL, "%u workers are more than 64", c->workers);
	if (c->timing != MTIA_TIMING_FUNCTIONAL && c->timing != MTIA_TIMING_APPROX)
		return fail(err, err_size, -EINVAL, "unknown timing model %d", (int)c->timing);
	if (c->fi_outstanding > MTIA_MODEL_FI_OUTSTANDING)
		return fail(err, err_size, -EINVAL,
			    "%u DMA transfers in flight a PE are more than %u", c->fi_outstanding,
			    MTIA_MODEL_FI_OUTSTANDING);
	if (c->isa > MTIA_ISA_AVX512)
		return fail(err, err_size, -EINVAL, "unknown ISA level %u", c->isa);
	return 0;
}

int mtia_model_create(const struct mtia_model_config *config,
		      const struct mtia_model_host_ops *ops, void *opaque, struct mtia_model **out,
		      char *err, size_t err_size)
{
	struct mtia_model_config c;
	struct mtia_model *m;
	int ret;

	if (!out)
		return fail(err, err_size, -EINVAL, "nowhere to put the model");
	*out = NULL;
	if (!take_struct(&c, sizeof(c), config, offsetof(struct mtia_model_config, v1plus)))
		return fail(err, err_size, -EINVAL, "configuration is too short");
	ret = check_config(&c, err, err_size);
	if (ret)
		return ret;
	m = calloc(1, sizeof(*m));
	if (!m)
		return fail(err, err_size, -ENOMEM, "out of memory");
	if (!take_struct(&m->ops, sizeof(m->ops), ops,
			 offsetof(struct mtia_model_host_ops, kick)) ||
	    !m->ops.dma_read || !m->ops.dma_write || !m->ops.raise_irq) {
		free(m);
		return fail(err, err_size, -EINVAL,
			    "host operations are too short, or dma_read, dma_write or raise_irq is "
			    "missing");
	}
	m->opaque = opaque;
	m->lpddr = c.lpddr;
	m->lpddr_size = c.lpddr_size;
	m->sram = c.sram;
	m->isa = c.isa;
	_Static_assert(MTIA_MODEL_FI_OUTSTANDING == MTIA_FI_OUTSTANDING, "the PE's own limit");
	m->fi_outstanding = c.fi_outstanding ? c.fi_outstanding : MTIA_MODEL_FI_OUTSTANDING;
	m->caps = SOC_CAPS | (c.v1plus ? SOC_CAPS_V1PLUS : 0);

	ret = port_init(m);
	if (ret)
		goto free_model;
	ret = ctrl_init(m);
	if (ret)
		goto fini_port;
	ret = workers_init(m, c.workers ? c.workers : 1);
	if (ret)
		goto fini_ctrl;
	ret = memsys_init(m, c.timing == MTIA_TIMING_APPROX);
	if (ret)
		goto fini_workers;
	ret = peblock_init(m);
	if (ret)
		goto fini_memsys;
	power_on(m, MTIA_RESET_POWER_ON); /* PEs are made so */
	*out = m;
	return 0;

fini_memsys:
	memsys_fini(m);
fini_workers:
	workers_fini(m);
fini_ctrl:
	ctrl_fini(m);
fini_port:
	port_fini(m);
free_model:
	free(m);
	return fail(err, err_size, ret, "cannot set up the model: %s", strerror(-ret));
}

void mtia_model_destroy(struct mtia_model *m)
{
	if (!m)
		return;
	peblock_fini(m);
	memsys_fini(m);
	workers_fini(m); /* their instruction caches outlive the PEs */
	ctrl_fini(m);
	port_fini(m);
	free(m);
}

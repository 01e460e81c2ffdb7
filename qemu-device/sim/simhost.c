// SPDX-License-Identifier: MIT
/* Life of a simulated device: memory, model, firmware, time. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simhost_internal.h"

#define DEFAULT_LPDDR (1ull << 30)
#define DEFAULT_HOST  (1ull << 30)
/* Boot is watched in steps of this many cycles. */
#define BOOT_SLICE 100000ull

int simhost_fail(struct simhost *sh, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(sh->error, sizeof(sh->error), format, args);
	va_end(args);
	return err;
}

const char *simhost_error(const struct simhost *sh)
{
	return sh->error;
}

enum simhost_state simhost_state(const struct simhost *sh)
{
	return sh->state;
}

/* ---- What the model asks of its host --------------------------------------------------------- */

static bool host_range(struct simhost *sh, uint64_t addr, size_t len)
{
	const struct arena *host = &sh->arenas[SIMHOST_MEM_HOST];

	return addr >= host->base && len <= host->bytes && addr - host->base <= host->bytes - len;
}

static int on_dma_read(void *opaque, uint64_t addr, void *buf, size_t len)
{
	struct simhost *sh = opaque;

	if (!host_range(sh, addr, len))
		return -EFAULT;
	memcpy(buf, arena_cpu(&sh->arenas[SIMHOST_MEM_HOST], addr), len);
	return 0;
}

static int on_dma_write(void *opaque, uint64_t addr, const void *buf, size_t len)
{
	struct simhost *sh = opaque;

	if (!host_range(sh, addr, len))
		return -EFAULT;
	memcpy(arena_cpu(&sh->arenas[SIMHOST_MEM_HOST], addr), buf, len);
	return 0;
}

static void on_irq(void *opaque, unsigned int vector)
{
	struct simhost *sh = opaque;

	(void)vector;
	/* Whoever waits looks at the rings as soon as the running step returns. */
	sh->ops.stop(sh->model);
}

static void on_log(void *opaque, enum mtia_model_log_level level, enum mtia_model_err err,
		   const char *text)
{
	struct simhost *sh = opaque;

	if (sh->log)
		sh->log(sh->opaque, level, err, text);
}

static void on_kick(void *opaque)
{
	struct simhost *sh = opaque;

	sh->asleep = false;
}

/* ---- Time ------------------------------------------------------------------------------------ */

/* Room for the event itself when a step is asked to reach one. */
#define EVENT_CYCLES 256

static int step(struct simhost *sh, uint64_t budget, uint64_t *cycles)
{
	struct mtia_model_step result = { .size = sizeof(result) };
	bool waking = sh->asleep;
	int err;

	if (waking) {
		if (sh->wake_in == UINT64_MAX || budget < sh->wake_in - sh->slept) {
			sh->slept += budget;
			*cycles = budget;
			return 0;
		}
		budget = sh->wake_in + EVENT_CYCLES;
		sh->asleep = false;
	}
	err = sh->ops.step(sh->model, budget, &result);
	if (err) {
		sh->state = SIMHOST_MODEL_FAILED;
		return simhost_fail(sh, -EIO, "the chip model failed: %s", strerror(-err));
	}
	*cycles = result.cycles;
	if (waking)
		*cycles -= sh->slept < result.cycles ? sh->slept : result.cycles;
	sh->slept = 0;
	if (result.why == MTIA_STEP_IDLE) {
		sh->asleep = true;
		sh->wake_in = result.next_event == UINT64_MAX ? UINT64_MAX :
								result.next_event - result.now;
		if (!waking && result.cycles < budget) {
			sh->slept = budget - result.cycles;
			*cycles = budget;
		}
	}
	return 0;
}

/* A firmware that panics tells so before the last line of its log has left; then it halts. */
static void let_panic_end(struct simhost *sh)
{
	uint64_t waited = 0, cycles = 0;

	while (waited < sh->call_cycles &&
	       sh->ops.mmio_read(sh->model, MTIA_REG_CORE_STATE, 4) == MTIA_CORE_RUNNING &&
	       !step(sh, STEP_SLICE, &cycles))
		waited += cycles ? cycles : 1;
}

int simhost_run(struct simhost *sh, uint64_t budget, uint64_t *cycles)
{
	uint64_t seen = sh->events, passed = 0;
	unsigned int stuck = 0;
	int err = 0;

	if (sh->state == SIMHOST_MODEL_FAILED || sh->state == SIMHOST_FW_PANIC)
		return -EIO;
	rings_poll(sh);
	while (!err && passed < budget && sh->events == seen) {
		uint64_t left = budget - passed, one;

		err = step(sh, left < STEP_SLICE ? left : STEP_SLICE, &one);
		if (err)
			break;
		passed += one;
		rings_poll(sh);
		/* Stops are one step each; a model that only ever stops makes no progress. */
		stuck = one ? 0 : stuck + 1;
		if (stuck > 10000) {
			sh->state = SIMHOST_MODEL_FAILED;
			err = simhost_fail(sh, -EIO, "the chip model makes no progress");
		}
	}
	if (cycles)
		*cycles = passed;
	if (!err && sh->state == SIMHOST_FW_PANIC) {
		let_panic_end(sh);
		err = -EIO;
	}
	return err;
}

uint64_t simhost_now(struct simhost *sh)
{
	return sh->ops.mmio_read(sh->model, MTIA_REG_TIMESTAMP, 8);
}

/* ---- Firmware -------------------------------------------------------------------------------- */

static int read_firmware(struct simhost *sh, const struct simhost_config *config)
{
	FILE *file;
	size_t size;

	/* One byte more than an image can have: too large is for the check to say. */
	sh->firmware = malloc(MTIA_FW_MAX_SIZE + 1);
	if (!sh->firmware)
		return simhost_fail(sh, -ENOMEM, "out of memory");
	if (config->firmware) {
		size = config->firmware_size;
		if (size > MTIA_FW_MAX_SIZE + 1)
			size = MTIA_FW_MAX_SIZE + 1;
		memcpy(sh->firmware, config->firmware, size);
		sh->firmware_size = size;
		return 0;
	}
	if (!config->firmware_path)
		return simhost_fail(sh, -EINVAL, "no firmware given");
	file = fopen(config->firmware_path, "rb");
	if (!file)
		return simhost_fail(sh, -ENOENT, "firmware %s: %s", config->firmware_path,
				    strerror(errno));
	sh->firmware_size = fread(sh->firmware, 1, MTIA_FW_MAX_SIZE + 1, file);
	fclose(file);
	return 0;
}

static int check_firmware(struct simhost *sh, const struct simhost_config *config)
{
	enum fwimage_defect defect = fwimage_check(sh->firmware, sh->firmware_size, &sh->header);

	if (defect == FWIMAGE_OK)
		return 0;
	return simhost_fail(sh, defect == FWIMAGE_ABI ? -EPROTO : -ENOEXEC, "firmware %s: %s",
			    config->firmware ? "image" : config->firmware_path,
			    fwimage_defect_text(defect));
}

static void load_sections(struct simhost *sh)
{
	uint8_t *lpddr = simhost_lpddr(sh);

	for (uint32_t i = 0; i < sh->header.section_count; i++) {
		const struct mtia_fw_section *s = &sh->header.sections[i];

		memcpy(lpddr + s->load_offset, sh->firmware + s->file_offset, s->file_size);
		memset(lpddr + s->load_offset + s->file_size, 0, s->mem_size - s->file_size);
	}
}

static int boot_failed(struct simhost *sh, uint32_t status)
{
	static const char *const reasons[] = {
		[MTIA_FW_FAIL_BOOT_MAGIC] = "boot parameters missing",
		[MTIA_FW_FAIL_ABI] = "ABI mismatch",
		[MTIA_FW_FAIL_RING] = "a ring is not usable",
		[MTIA_FW_FAIL_HW] = "hardware not supported",
	};
	uint32_t reason = status >> 8;

	return simhost_fail(sh, reason == MTIA_FW_FAIL_ABI ? -EPROTO : -EIO,
			    "firmware refused to start: %s",
			    reason && reason < sizeof(reasons) / sizeof(reasons[0]) ?
				    reasons[reason] : "unknown reason");
}

static int wait_ready(struct simhost *sh)
{
	uint64_t waited = 0;

	while (waited < sh->call_cycles) {
		uint32_t status = (uint32_t)sh->ops.mmio_read(sh->model, MTIA_REG_FW_STATUS, 4);
		uint32_t core = (uint32_t)sh->ops.mmio_read(sh->model, MTIA_REG_CORE_STATE, 4);
		uint64_t cycles = 0;
		int err;

		if ((status & 0xff) == MTIA_FW_READY)
			return 0;
		if ((status & 0xff) == MTIA_FW_FAILED)
			return boot_failed(sh, status);
		if ((status & 0xff) == MTIA_FW_PANIC || core == MTIA_CORE_HALTED) {
			sh->state = SIMHOST_FW_PANIC;
			return simhost_fail(
				sh, -EIO, "control core stopped during boot: cause %llu at 0x%llx",
				(unsigned long long)sh->ops.mmio_read(sh->model,
								      MTIA_REG_CORE_CAUSE, 8),
				(unsigned long long)sh->ops.mmio_read(sh->model, MTIA_REG_CORE_PC,
								      8));
		}
		err = step(sh, BOOT_SLICE, &cycles);
		if (err)
			return err;
		waited += cycles ? cycles : 1;
	}
	sh->state = SIMHOST_FW_HUNG;
	return simhost_fail(sh, -ETIME, "firmware did not become ready");
}

static int boot(struct simhost *sh)
{
	struct mtia_fw_boot params = {
		.magic = MTIA_FW_BOOT_MAGIC,
		.abi_major = MTIA_FW_ABI_MAJOR,
		.abi_minor = MTIA_FW_ABI_MINOR,
		.d2h_addr = sh->d2h.offset,
		.log_addr = sh->log_ring.offset,
		.log_size = LOG_SIZE,
		.mbox_vector = 0,
		.features = MTIA_FW_FEAT_REDUCTION,
	};
	uint64_t cq[7] = { CQ_ID, sh->cq.offset, CQ_ENTRIES, CQ_VECTOR };
	uint64_t level[7] = { sh->log_level };
	int err;

	sh->ops.mmio_write(sh->model, MTIA_REG_CTRL, 0, 4);
	load_sections(sh);
	memcpy((uint8_t *)simhost_lpddr(sh) + MTIA_FW_BOOT_OFFSET, &params, sizeof(params));
	memset(sh->d2h.cpu, 0, sh->d2h.size);
	memset(sh->log_ring.cpu, 0, sh->log_ring.size);
	memset(sh->cq.cpu, 0, sh->cq.size);
	sh->h2d_tail = 0;
	sh->d2h_head = 0;
	sh->cq_head = 0;
	sh->log_read = 0;
	sh->ops.mmio_write(sh->model, MTIA_REG_MBOX_H2D_TAIL, 0, 4);
	sh->ops.mmio_write(sh->model, MTIA_REG_MBOX_D2H_HEAD, 0, 4);
	sh->ops.mmio_write(sh->model, MTIA_REG_CQ_HEAD(CQ_ID), 0, 4);
	sh->ops.mmio_write(sh->model, MTIA_REG_BOOT_PC, MTIA_PA_LPDDR + sh->header.entry_offset, 8);
	sh->ops.mmio_write(sh->model, MTIA_REG_CTRL, MTIA_CTRL_CORE_RUN, 4);
	err = wait_ready(sh);
	if (err)
		return err;
	sh->state = SIMHOST_READY;
	err = simhost_call(sh, MTIA_H2D_LOG_LEVEL, level, NULL);
	if (!err)
		err = simhost_call(sh, MTIA_H2D_CQ_CREATE, cq, NULL);
	return err;
}

int simhost_restart(struct simhost *sh)
{
	struct simhost_queue_config kernel = { .size = sizeof(kernel) };
	struct simhost_queue *q;
	int err;

	if (sh->state == SIMHOST_MODEL_FAILED)
		return -EIO;
	for (unsigned int slot = 1; slot < MTIA_MAX_QUEUES; slot++)
		if (sh->queues[slot])
			queue_abandon(sh->queues[slot]);
	if (sh->queues[0]) {
		queue_free(sh->queues[0]);
		sh->queues[0] = NULL;
	}
	err = boot(sh);
	for (struct simhost_vm *vm = sh->vms; vm && !err; vm = vm->next)
		err = vm_attach(vm);
	if (!err)
		err = queue_open(sh, NULL, 0, &kernel, &q);
	return err;
}

/* ---- Open and close -------------------------------------------------------------------------- */

static int make_model(struct simhost *sh, const struct simhost_config *config)
{
	struct mtia_model_config mc = {
		.size = sizeof(mc),
		.lpddr_size = config->lpddr_size ? config->lpddr_size : DEFAULT_LPDDR,
		.workers = config->workers,
		.timing = config->timing,
		.isa = config->isa,
		.v1plus = config->v1plus,
		.fi_outstanding = config->fi_outstanding,
	};
	const struct mtia_model_host_ops ops = {
		.size = sizeof(ops),
		.dma_read = on_dma_read,
		.dma_write = on_dma_write,
		.raise_irq = on_irq,
		.log = on_log,
		.kick = on_kick,
	};
	uint64_t host = config->host_size ? config->host_size : DEFAULT_HOST;
	uint32_t version, grid;
	int err;

	if (mc.lpddr_size < 64ull << 20 || mc.lpddr_size > 64ull << 30 ||
	    mc.lpddr_size % (2ull << 20) || host < 4ull << 20 || host % (2ull << 20))
		return simhost_fail(sh, -EINVAL, "memory sizes are multiples of 2 MiB: LPDDR "
					 "64 MiB to 64 GiB, host at least 4 MiB");
	if (arena_init(&sh->arenas[SIMHOST_MEM_LPDDR], mc.lpddr_size, 0, MTIA_FW_REGION_SIZE) ||
	    arena_init(&sh->arenas[SIMHOST_MEM_SRAM], MTIA_SRAM_SIZE, 0, 0) ||
	    arena_init(&sh->arenas[SIMHOST_MEM_HOST], host, HOST_BUS_BASE, 0))
		return simhost_fail(sh, -ENOMEM, "no address space for the device's memory");
	mc.lpddr = sh->arenas[SIMHOST_MEM_LPDDR].cpu;
	mc.sram = sh->arenas[SIMHOST_MEM_SRAM].cpu;
	err = sh->ops.create(&mc, &ops, sh, &sh->model, sh->error, sizeof(sh->error));
	if (err)
		return err;
	version = (uint32_t)sh->ops.mmio_read(sh->model, MTIA_REG_VERSION, 4);
	if (sh->ops.mmio_read(sh->model, MTIA_REG_ID, 4) != MTIA_ID_MAGIC ||
	    version >> 16 != MTIA_REGS_MAJOR)
		return simhost_fail(sh, -EPROTO, "the model's register interface is not version %u",
				    MTIA_REGS_MAJOR);
	grid = (uint32_t)sh->ops.mmio_read(sh->model, MTIA_REG_GRID, 4);
	sh->rows = grid & 0xff;
	sh->cols = grid >> 8 & 0xff;
	return 0;
}

static int open_rings(struct simhost *sh)
{
	int err = simhost_buffer_alloc(sh, SIMHOST_MEM_HOST,
				       MTIA_D2H_SLOTS * sizeof(struct mtia_d2h_msg), &sh->d2h);

	if (!err)
		err = simhost_buffer_alloc(sh, SIMHOST_MEM_HOST,
					   sizeof(struct mtia_fw_log) + LOG_SIZE, &sh->log_ring);
	if (!err)
		err = simhost_buffer_alloc(sh, SIMHOST_MEM_HOST,
					   CQ_ENTRIES * sizeof(struct mtia_cqe), &sh->cq);
	return err;
}

int simhost_open(const struct simhost_config *config, struct simhost **out, char *err_text,
		 size_t err_size)
{
	struct simhost *sh;
	int err;

	if (!config || config->size < sizeof(*config) || !config->model || !out)
		return -EINVAL;
	sh = calloc(1, sizeof(*sh));
	if (!sh)
		return -ENOMEM;
	sh->ops = *config->model;
	sh->call_cycles = config->call_cycles ? config->call_cycles : SIMHOST_CALL_CYCLES;
	sh->log_level = config->log_level > 3 ? 3 : config->log_level;
	sh->log = config->log;
	sh->opaque = config->opaque;
	sh->asids = 1; /* ASID 0 is the firmware's */

	err = read_firmware(sh, config);
	if (!err)
		err = check_firmware(sh, config);
	if (!err)
		err = make_model(sh, config);
	if (!err)
		err = open_rings(sh);
	if (!err)
		err = simhost_restart(sh);
	if (err) {
		if (err_text && err_size)
			snprintf(err_text, err_size, "%s", sh->error);
		simhost_close(sh);
		return err;
	}
	*out = sh;
	return 0;
}

void simhost_close(struct simhost *sh)
{
	if (!sh)
		return;
	if (sh->model)
		sh->ops.destroy(sh->model);
	for (unsigned int slot = 0; slot < MTIA_MAX_QUEUES; slot++)
		if (sh->queues[slot])
			queue_free(sh->queues[slot]);
	while (sh->vms) {
		struct simhost_vm *next = sh->vms->next;

		/* Buffers are their owners' and may be gone: only forget the mappings. */
		while (sh->vms->mappings) {
			struct mapping *m = sh->vms->mappings->next;

			free(sh->vms->mappings);
			sh->vms->mappings = m;
		}
		vm_free(sh->vms);
		sh->vms = next;
	}
	for (unsigned int i = 0; i < 3; i++)
		arena_destroy(&sh->arenas[i]);
	free(sh->firmware);
	free(sh);
}

/* ---- Looking --------------------------------------------------------------------------------- */

uint64_t simhost_counter(struct simhost *sh, enum mtia_counter counter)
{
	if ((unsigned int)counter >= MTIA_NUM_COUNTERS)
		return 0;
	return sh->ops.mmio_read(sh->model, MTIA_REG_COUNTER(counter), 8);
}

size_t simhost_log_read(struct simhost *sh, char *buf, size_t size)
{
	const struct mtia_fw_log *log = sh->log_ring.cpu;
	const char *text = (const char *)(log + 1);
	uint64_t written = log->written, n;

	if (written < sh->log_read)
		sh->log_read = written; /* the device's count is not to be believed */
	if (written - sh->log_read > LOG_SIZE) {
		sh->log_read = written - LOG_SIZE;
		while (sh->log_read < written && text[sh->log_read++ % LOG_SIZE] != '\n')
			;
	}
	for (n = 0; n < size && sh->log_read < written; n++)
		buf[n] = text[sh->log_read++ % LOG_SIZE];
	return n;
}

const char *simhost_firmware_version(const struct simhost *sh)
{
	return sh->header.version;
}

unsigned int simhost_grid_rows(const struct simhost *sh)
{
	return sh->rows;
}

unsigned int simhost_grid_cols(const struct simhost *sh)
{
	return sh->cols;
}

uint64_t simhost_lpddr_size(const struct simhost *sh)
{
	return sh->arenas[SIMHOST_MEM_LPDDR].bytes;
}

void *simhost_lpddr(struct simhost *sh)
{
	return sh->arenas[SIMHOST_MEM_LPDDR].cpu;
}

struct mtia_model *simhost_model(struct simhost *sh)
{
	return sh->model;
}

const struct simhost_model_ops *simhost_model_table(const struct simhost *sh)
{
	return &sh->ops;
}

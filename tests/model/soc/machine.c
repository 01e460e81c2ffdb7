// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "machine.h"

extern const uint8_t guest_image[], guest_image_end[];

static int dma_read(void *opaque, uint64_t addr, void *buf, size_t len)
{
	struct machine *mc = opaque;

	if (mc->host_refuses) {
		mc->host_refuses--;
		return -EIO;
	}
	if (addr - HOST_BASE >= HOST_SIZE || len > HOST_SIZE - (addr - HOST_BASE))
		return -EFAULT;
	memcpy(buf, mc->host + (addr - HOST_BASE), len);
	return 0;
}

static int dma_write(void *opaque, uint64_t addr, const void *buf, size_t len)
{
	struct machine *mc = opaque;

	if (mc->host_refuses) {
		mc->host_refuses--;
		return -EIO;
	}
	if (addr - HOST_BASE >= HOST_SIZE || len > HOST_SIZE - (addr - HOST_BASE))
		return -EFAULT;
	memcpy(mc->host + (addr - HOST_BASE), buf, len);
	return 0;
}

static void raise_irq(void *opaque, unsigned int vector)
{
	struct machine *mc = opaque;

	if (vector >= MTIA_MAX_VECTORS)
		abort();
	mc->irqs[vector]++;
	memcpy(&mc->last_irq_seen, mc->host, 8);
	if (mc->stop_on_irq)
		mtia_model_stop(mc->model);
}

static void log_line(void *opaque, enum mtia_model_log_level level, enum mtia_model_err err,
		     const char *text)
{
	struct machine *mc = opaque;

	(void)level;
	mc->logs++;
	mc->errors[err]++;
	if (getenv("SOC_VERBOSE"))
		fprintf(stderr, "# model: %s\n", text);
}

static void kick(void *opaque)
{
	struct machine *mc = opaque;

	mc->kicks++;
}

static void *lazy_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return p;
}

static void open_chip(struct machine *mc, struct mtia_model_config config)
{
	struct mtia_model_host_ops ops = {
		.size = sizeof(ops),
		.dma_read = dma_read,
		.dma_write = dma_write,
		.raise_irq = raise_irq,
		.log = log_line,
		.kick = kick,
	};
	char err[200] = "";

	memset(mc, 0, sizeof(*mc));
	mc->lpddr_size = config.lpddr_size;
	mc->lpddr = lazy_memory(config.lpddr_size);
	mc->sram = lazy_memory(MTIA_SRAM_SIZE);
	mc->host = lazy_memory(HOST_SIZE);
	config.size = sizeof(config);
	config.lpddr = mc->lpddr;
	config.sram = mc->sram;
	if (mtia_model_create(&config, &ops, mc, &mc->model, err, sizeof(err))) {
		fprintf(stderr, "# cannot create the model: %s\n", err);
		exit(2);
	}
	mc->page = (struct guest_page *)(mc->lpddr + GUEST_PAGE);
}

void machine_open(struct machine *mc, unsigned int workers, uint64_t lpddr_size)
{
	machine_open_timing(mc, workers, lpddr_size, MTIA_TIMING_FUNCTIONAL);
}

void machine_open_timing(struct machine *mc, unsigned int workers, uint64_t lpddr_size,
			 enum mtia_model_timing timing)
{
	open_chip(mc, (struct mtia_model_config){
			      .workers = workers, .lpddr_size = lpddr_size, .timing = timing });
}

void machine_open_v1plus(struct machine *mc, unsigned int workers, uint64_t lpddr_size,
			 enum mtia_model_timing timing)
{
	open_chip(mc, (struct mtia_model_config){ .workers = workers, .lpddr_size = lpddr_size,
						  .timing = timing, .v1plus = 1 });
}

void machine_close(struct machine *mc)
{
	mtia_model_destroy(mc->model);
	munmap(mc->lpddr, mc->lpddr_size);
	munmap(mc->sram, MTIA_SRAM_SIZE);
	munmap(mc->host, HOST_SIZE);
}

void machine_boot(struct machine *mc, enum guest_program program)
{
	uint64_t period = mc->page->period;

	memcpy(mc->lpddr, guest_image, guest_image_end - guest_image);
	memset(mc->page, 0, sizeof(*mc->page));
	mc->page->period = period;
	mc->page->program = program;
	mc->batches = 0;
	mc->next = mc->page->access;
	reg_write64(mc, MTIA_REG_BOOT_PC, MTIA_PA_LPDDR);
	reg_write64(mc, MTIA_REG_BOOT_ARG, MTIA_PA_LPDDR + GUEST_PAGE);
	reg_write(mc, MTIA_REG_CTRL, MTIA_CTRL_CORE_RUN);
	if (program != GUEST_SPIN && program != GUEST_MIX)
		machine_run(mc, 100000);
}

void machine_stop(struct machine *mc)
{
	reg_write(mc, MTIA_REG_CTRL, 0);
	machine_run(mc, 1);
}

uint64_t reg_read(struct machine *mc, uint64_t offset)
{
	return mtia_model_mmio_read(mc->model, offset, 4);
}

uint64_t reg_read64(struct machine *mc, uint64_t offset)
{
	return mtia_model_mmio_read(mc->model, offset, 8);
}

void reg_write(struct machine *mc, uint64_t offset, uint64_t value)
{
	mtia_model_mmio_write(mc->model, offset, value, 4);
}

void reg_write64(struct machine *mc, uint64_t offset, uint64_t value)
{
	mtia_model_mmio_write(mc->model, offset, value, 8);
}

struct mtia_model_step machine_run(struct machine *mc, uint64_t budget)
{
	struct mtia_model_step r = { .size = sizeof(r) };
	uint64_t passed = 0;

	do {
		if (mtia_model_step(mc->model, budget - passed, &r)) {
			fprintf(stderr, "# step failed\n");
			exit(2);
		}
		passed += r.cycles;
	} while (passed < budget && r.why == MTIA_STEP_BUDGET);
	return r;
}

struct guest_access *monitor_add(struct machine *mc, uint64_t op, uint64_t addr, uint64_t value)
{
	struct guest_access *a = mc->next++;

	*a = (struct guest_access){ .op = op, .addr = addr, .value = value };
	return a;
}

bool monitor_run(struct machine *mc)
{
	mc->page->count = mc->next - mc->page->access;
	mc->next = mc->page->access;
	reg_write(mc, MTIA_REG_MBOX_H2D_TAIL, ++mc->batches);
	for (unsigned int i = 0; i < 10000 && mc->page->done != mc->batches; i++)
		machine_run(mc, 1024);
	if (mc->page->done != mc->batches)
		fprintf(stderr, "# the monitor does not answer\n");
	return mc->page->done == mc->batches;
}

uint64_t monitor_read(struct machine *mc, unsigned int size, uint64_t addr, uint64_t *trap)
{
	struct guest_access *a = monitor_add(mc, size, addr, 0);

	if (!monitor_run(mc))
		exit(2);
	if (trap)
		*trap = a->trap;
	return a->value;
}

void monitor_write(struct machine *mc, unsigned int size, uint64_t addr, uint64_t value,
		   uint64_t *trap)
{
	struct guest_access *a = monitor_add(mc, size | GUEST_WRITE, addr, value);

	if (!monitor_run(mc))
		exit(2);
	if (trap)
		*trap = a->trap;
}

uint32_t machine_dma_start(struct machine *mc, unsigned int channel, const struct dma_case *dma)
{
	uint64_t at = MTIA_PA_CTRL + MTIA_CC_DMA(channel);
	struct guest_access *status;

	monitor_add(mc, 8 | GUEST_WRITE, at + MTIA_DMA_SRC, dma->src);
	monitor_add(mc, 8 | GUEST_WRITE, at + MTIA_DMA_DST, dma->dst);
	monitor_add(mc, 8 | GUEST_WRITE, at + MTIA_DMA_LEN, dma->len);
	monitor_add(mc, 8 | GUEST_WRITE, at + MTIA_DMA_PATTERN, dma->pattern);
	monitor_add(mc, 4 | GUEST_WRITE, at + MTIA_DMA_SRC_SPACE, dma->src_space);
	monitor_add(mc, 4 | GUEST_WRITE, at + MTIA_DMA_DST_SPACE, dma->dst_space);
	monitor_add(mc, 4 | GUEST_WRITE, at + MTIA_DMA_CTRL,
		    MTIA_DMA_START | (dma->fill ? MTIA_DMA_FILL : 0));
	status = monitor_add(mc, 4, at + MTIA_DMA_STATUS, 0);
	if (!monitor_run(mc))
		exit(2);
	return status->value;
}

uint32_t machine_dma(struct machine *mc, unsigned int channel, const struct dma_case *dma)
{
	machine_dma_start(mc, channel, dma);
	for (unsigned int i = 0; i < 100000; i++) {
		uint32_t status = cc_read(mc, MTIA_CC_DMA(channel) + MTIA_DMA_STATUS);

		if (status != MTIA_DMA_ST_BUSY)
			return status;
		machine_run(mc, 4096);
	}
	return MTIA_DMA_ST_BUSY;
}

void pt_set(struct machine *mc, uint64_t table, uint64_t va, unsigned int level, uint64_t pte)
{
	memcpy(mc->lpddr + table + 8 * MTIA_PT_INDEX(va, level), &pte, 8);
}

void pt_map(struct machine *mc, uint64_t root, uint64_t *next_table, uint64_t va, uint64_t leaf,
	    bool huge)
{
	unsigned int last = huge ? 2 : 3;
	uint64_t table = root;

	for (unsigned int level = 0; level < last; level++) {
		uint64_t pte;

		memcpy(&pte, mc->lpddr + table + 8 * MTIA_PT_INDEX(va, level), 8);
		if (!(pte & MTIA_PTE_VALID)) {
			pte = *next_table | MTIA_PTE_VALID;
			*next_table += MTIA_PAGE_SIZE;
			pt_set(mc, table, va, level, pte);
		}
		table = pte & MTIA_PTE_ADDR_MASK;
	}
	pt_set(mc, table, va, last, leaf);
}

void pattern_fill(uint8_t *p, size_t n, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = x >> 24;
	}
}

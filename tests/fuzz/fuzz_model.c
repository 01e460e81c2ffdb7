// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: the chip model through its ABI. An input is a list of calls in a few bytes each:
 * register accesses, control-core code and host memory of the input's choice, steps, resets, faults
 * to inject, save and load. Whatever they are, the process must live, time must not run backwards,
 * and a stream that save gave must load.
 *
 * Built for libFuzzer, or with fuzz_replay.c for a bounded run of made-up inputs.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mtia/pe.h"
#include "mtia/regs.h"
#include "mtia_model.h"

#define LPDDR_SIZE (UINT64_C(64) << 20)
#define HOST_SIZE (UINT64_C(1) << 16)
#define CODE_OFFSET 0x10000u /* into LPDDR: where control-core code goes */
#define REQUEST_OFFSET 0x20000u /* what work queues are given */
#define TABLE_OFFSET 0x40000u
#define MAX_CALLS 200
#define STEP_CYCLES 4096

struct input {
	const uint8_t *p;
	size_t left;
};

static struct {
	uint8_t *lpddr, *sram, *host;
	struct mtia_model *model; /* one of these, on the same memory */
	struct mtia_model *chip[2]; /* v1, v1+ */
	struct mtia_model_step last;
	unsigned int refuse;
} fz;

static void check(int good)
{
	if (!good)
		abort();
}

static uint64_t take(struct input *in, unsigned int n)
{
	uint64_t v = 0;

	if (n > in->left)
		n = in->left;
	memcpy(&v, in->p, n);
	in->p += n;
	in->left -= n;
	return v;
}

static int dma_read(void *opaque, uint64_t addr, void *buf, size_t len)
{
	(void)opaque;
	if (addr >= HOST_SIZE || len > HOST_SIZE - addr || (fz.refuse && !--fz.refuse))
		return -EIO;
	memcpy(buf, fz.host + addr, len);
	return 0;
}

static int dma_write(void *opaque, uint64_t addr, const void *buf, size_t len)
{
	(void)opaque;
	if (addr >= HOST_SIZE || len > HOST_SIZE - addr || (fz.refuse && !--fz.refuse))
		return -EIO;
	memcpy(fz.host + addr, buf, len);
	return 0;
}

static void raise_irq(void *opaque, unsigned int vector)
{
	(void)opaque;
	check(vector < MTIA_MAX_VECTORS);
}

static void log_line(void *opaque, enum mtia_model_log_level level, enum mtia_model_err err,
		     const char *text)
{
	(void)opaque, (void)level;
	check(err != MTIA_ERR_MODEL && strlen(text) < 4096);
}

static void *memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check(p != MAP_FAILED);
	return p;
}

static void set_up(void)
{
	struct mtia_model_host_ops ops = {
		.size = sizeof(ops),
		.dma_read = dma_read,
		.dma_write = dma_write,
		.raise_irq = raise_irq,
		.log = log_line,
	};
	struct mtia_model_config config = { .size = sizeof(config), .lpddr_size = LPDDR_SIZE };

	fz.lpddr = memory(LPDDR_SIZE);
	fz.sram = memory(MTIA_SRAM_SIZE);
	fz.host = memory(HOST_SIZE);
	config.lpddr = fz.lpddr;
	config.sram = fz.sram;
	check(!mtia_model_create(&config, &ops, NULL, &fz.chip[0], NULL, 0));
	config.v1plus = 1;
	check(!mtia_model_create(&config, &ops, NULL, &fz.chip[1], NULL, 0));
}

static void step(uint64_t budget)
{
	uint64_t before = fz.last.now;

	fz.last.size = sizeof(fz.last);
	check(!mtia_model_step(fz.model, budget, &fz.last));
	check(fz.last.now >= before && fz.last.cycles == fz.last.now - before);
	check(fz.last.cycles < budget + 128);
}

/*
 * Control-core code that does not get lost at once: stores of values to registers, as `li, li, sd`
 * triples made of the input, then a wait for interrupts.
 */
static uint32_t *emit_li(uint32_t *code, unsigned int rd, uint32_t value)
{
	*code++ = (value + 0x800) >> 12 << 12 | rd << 7 | 0x37;			/* lui */
	*code++ = (value & 0xfff) << 20 | rd << 15 | rd << 7 | 0x1b;		/* addiw */
	return code;
}

/* sd of a descriptor: tag 0 .. 15, one of 32 requests at REQUEST_OFFSET, now and then not. */
static uint32_t *emit_push(uint32_t *code, uint32_t addr, uint32_t value)
{
	code = emit_li(code, 5, addr);
	code = emit_li(code, 6, value >> 2 & 15);
	code = emit_li(code, 7, (uint32_t)(MTIA_PA_LPDDR >> 16));
	*code++ = 0x03031313; /* slli x6, x6, 48 */
	*code++ = 0x01039393; /* slli x7, x7, 16 */
	*code++ = 0x00736333; /* or x6, x6, x7 */
	code = emit_li(code, 7, REQUEST_OFFSET + (value >> 6 & (value >> 31 ? 0x7fff : 0x7c0)));
	*code++ = 0x00736333; /* or x6, x6, x7 */
	*code++ = 0x0062b023; /* sd x6, (x5) */
	return code;
}

static uint32_t *emit_sw(uint32_t *code, uint32_t addr, uint32_t value)
{
	code = emit_li(code, 5, addr);
	code = emit_li(code, 6, value);
	*code++ = 0x0062a023; /* sw x6, (x5) */
	return code;
}

/* The first four work queues: mostly launches; reports, once there can be some; any register. */
static uint32_t *emit_queue(uint32_t *code, uint32_t what, uint32_t offset, uint32_t value)
{
	uint32_t at = (uint32_t)(MTIA_PA_CTRL + MTIA_CC_WQ(value & 3));

	if (what > 1)
		return emit_push(code, at + MTIA_WQ_PUSH, value);
	if (!what) {
		code = emit_li(code, 5, at + (offset & 0x78));
		*code++ = 0x0002b303; /* ld x6, (x5) */
		return code;
	}
	code = emit_li(code, 6, 1500);
	*code++ = 0xfff30313; /* addi x6, x6, -1 */
	*code++ = 0xfe031ee3; /* bnez x6, -4 */
	return emit_sw(code, at + MTIA_WQ_POP, value);
}

/* The first four sub-grids, two rows of PEs each. */
static uint32_t *emit_claims(uint32_t *code)
{
	for (unsigned int n = 0; n < 4; n++) {
		uint32_t at = (uint32_t)(MTIA_PA_CTRL + MTIA_CC_SG(n));

		code = emit_sw(code, at + MTIA_SG_RECT, 2 * n | 2 << 16 | 8 << 24);
		code = emit_sw(code, at + MTIA_SG_ASID, n);
		code = emit_sw(code, at + MTIA_SG_CTRL, MTIA_SG_CLAIM);
	}
	return code;
}

static void store_program(struct input *in)
{
	uint32_t code[4 * 15 + 24 * 13 + 2], *p = code;
	unsigned int stores = take(in, 1) % 24;

	if (take(in, 1) & 1)
		p = emit_claims(p);
	while (stores--) {
		uint32_t where = take(in, 1), value = take(in, 4);
		uint32_t addr = MTIA_PA_CTRL + (uint32_t)(take(in, 2) % 0xc00 & ~7u);

		if ((where & 3) == 2 && where & 4) /* sub-grids, memory system, ECC */
			addr = MTIA_PA_CTRL + 0x2000 + (addr & 0x1f8) + ((addr & 0x200) << 4);
		if (where & 1)
			addr = MTIA_PA_PE_CTRL + (where >> 2) * 4096 +
			       (uint32_t)(value % 0xa0 & ~7u);
		if (where & 2)
			value &= 0x1f;
		if ((where & 7) == 4) {
			p = emit_queue(p, where >> 3 & 3, addr, value);
			continue;
		}
		p = emit_li(p, 5, addr);
		p = emit_li(p, 6, value);
		*p++ = where & 0x80 ? 0x0062b023 : 0x0062a023; /* sd, sw x6, (x5) */
	}
	*p++ = 0x10500073; /* wfi */
	*p++ = 0xffdff06f; /* j -4 */
	memcpy(fz.lpddr + CODE_OFFSET, code, (p - code) * sizeof(*code));
	mtia_model_mmio_write(fz.model, MTIA_REG_CTRL, 0, 4);
	mtia_model_mmio_write(fz.model, MTIA_REG_BOOT_PC, MTIA_PA_LPDDR + CODE_OFFSET, 8);
	mtia_model_mmio_write(fz.model, MTIA_REG_CTRL, MTIA_CTRL_CORE_RUN, 4);
}

static void save_and_load(struct input *in)
{
	size_t size = 0;
	uint8_t *buf;
	uint32_t flips = take(in, 1) % 4;

	check(!mtia_model_save(fz.model, NULL, &size));
	buf = malloc(size);
	check(buf && !mtia_model_save(fz.model, buf, &size));
	if (flips) {
		uint64_t hash = 0xcbf29ce484222325;

		while (flips--) {
			uint64_t at = take(in, 3) % (size - 8);

			buf[at] = take(in, 1);
		}
		for (size_t i = 0; i < size - 8; i++)
			hash = (hash ^ buf[i]) * 0x100000001b3;
		memcpy(buf + size - 8, &hash, 8);
		mtia_model_load(fz.model, buf, size);
	} else {
		check(!mtia_model_load(fz.model, buf, size));
	}
	fz.last.now = mtia_model_mmio_read(fz.model, MTIA_REG_TIMESTAMP, 8);
	free(buf);
}

static void one_call(struct input *in)
{
	uint64_t offset, value;

	switch (take(in, 1) % 17) {
	case 0:
	case 1:
		mtia_model_mmio_read(fz.model, take(in, 3), 1u << take(in, 1) % 5);
		break;
	case 2:
		offset = take(in, 3);
		value = take(in, 8);
		mtia_model_mmio_write(fz.model, offset, value, 1u << take(in, 1) % 5);
		break;
	case 3:
		mtia_model_mmio_write(fz.model, MTIA_DOORBELL(take(in, 1) % 64), take(in, 4), 4);
		break;
	case 4:
		mtia_model_mmio_write(fz.model, MTIA_REG_CTRL, take(in, 1), 4);
		break;
	case 5:
	case 6:
	case 7:
		step(take(in, 2) % STEP_CYCLES);
		break;
	case 8: /* raw code */
		for (unsigned int i = 0, n = take(in, 1) % 64; i < n; i++)
			fz.lpddr[CODE_OFFSET + i] = take(in, 1);
		break;
	case 9:
	case 10:
		store_program(in);
		break;
	case 11: /* a page-table entry */
		offset = TABLE_OFFSET + take(in, 2) % 0x8000 * 8;
		value = take(in, 8);
		memcpy(fz.lpddr + offset, &value, 8);
		break;
	case 12:
		value = take(in, 1) % 14;
		offset = take(in, 1);
		if (value == MTIA_INJECT_ECC_CE || value == MTIA_INJECT_ECC_UE)
			offset = MTIA_PA_LPDDR + offset * 0x4008;
		mtia_model_inject(fz.model, (enum mtia_model_fault)value, offset, take(in, 1));
		fz.refuse = take(in, 1) % 8;
		break;
	case 13:
		if (!mtia_model_reset(fz.model, (enum mtia_model_reset)(take(in, 1) % 3)))
			fz.last.now = mtia_model_mmio_read(fz.model, MTIA_REG_TIMESTAMP, 8);
		break;
	case 14:
		if (take(in, 1) % 64 == 0)
			save_and_load(in);
		break;
	case 15:
		mtia_model_stop(fz.model);
		break;
	case 16: /* a word of a request */
		offset = REQUEST_OFFSET + take(in, 1) * 8;
		value = take(in, 8);
		memcpy(fz.lpddr + offset, &value, 8);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	if (!fz.model)
		set_up();
	fz.model = fz.chip[size % 2];
	mtia_model_reset(fz.model, MTIA_RESET_POWER_ON);
	memset(fz.lpddr + CODE_OFFSET, 0, 4096);
	memset(fz.lpddr + REQUEST_OFFSET, 0, 4096);
	memset(fz.lpddr + TABLE_OFFSET, 0, 0x40000);
	fz.last.now = 0;
	fz.refuse = 0;
	for (unsigned int i = 0; i < MAX_CALLS && in.left; i++)
		one_call(&in);
	return 0;
}

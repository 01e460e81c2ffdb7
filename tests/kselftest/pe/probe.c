// SPDX-License-Identifier: GPL-2.0
/* Does one thing, most of them forbidden, as an argument says. */
#include "args.h"
#include "mtia/pe_program.h"

#define CB	   0
#define CB_BASE	   0x1000
#define CB_SIZE	   64
/* Local memory that only these programs use: behind the arguments, below both stacks. */
#define FREE_BEGIN 0x1000
#define FREE_END   0x1c000

static uint32_t dma(unsigned int in, uint64_t va, uint64_t other)
{
	pe_cb_init(CB, CB_BASE, CB_SIZE);
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, 32);
	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	if (in) {
		pe_issue(MTIA_OP_DMA_IN, va, CB);
		pe_issue(MTIA_OP_DMA_OUT, other, CB);
	} else {
		volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)pe_sync(
			MTIA_SYNC_CB_SPACE, CB, 32);

		for (unsigned int i = 0; i < 4; i++)
			word[i] = other;
		pe_cb_push(CB, 32);
		pe_issue(MTIA_OP_DMA_OUT, va, CB);
	}
	pe_fence();
	return 0;
}

static uint64_t scan(void)
{
	const volatile uint64_t *word = (const volatile uint64_t *)(uintptr_t)FREE_BEGIN;
	uint64_t dirty = 0;

	for (unsigned int i = 0; i < (FREE_END - FREE_BEGIN) / 8; i++)
		dirty += word[i] != 0;
	return dirty;
}

static void stain(uint64_t value)
{
	volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)FREE_BEGIN;

	for (unsigned int i = 0; i < (FREE_END - FREE_BEGIN) / 8; i++)
		word[i] = value;
}

uint32_t core_a(const void *raw, uint32_t pos, uint32_t grid)
{
	const struct probe_args *args = raw;
	uint32_t pe = pe_row(pos) * pe_col(grid) + pe_col(pos);
	volatile uint64_t *out = (volatile uint64_t *)(uintptr_t)args->out;
	volatile uint64_t *at = (volatile uint64_t *)(uintptr_t)args->va;

	switch ((enum probe_op)args->op) {
	case PROBE_EXIT:
		return args->value;
	case PROBE_LOAD:
		*out = *at;
		return 0;
	case PROBE_STORE:
		*at = args->value;
		return 0;
	case PROBE_DMA_IN:
		return dma(1, args->va, args->out);
	case PROBE_DMA_OUT:
		return dma(0, args->va, args->value);
	case PROBE_JUMP:
		((void (*)(void))(uintptr_t)args->va)();
		return 0;
	case PROBE_SPIN:
		for (;;)
			__asm__ volatile("");
	case PROBE_HOLD:
		if (!pe) {
			*out = 1;
			while (!*at)
				;
		}
		return 0;
	case PROBE_ILLEGAL:
		__asm__ volatile(".word 0");
		return 0;
	case PROBE_FIELD:
		pe_cb_init(MTIA_PE_CBS, CB_BASE, CB_SIZE);
		pe_fence();
		return 0;
	case PROBE_STARVE:
		pe_cb_init(CB, CB_BASE, CB_SIZE);
		pe_cb_wait(CB, 32);
		return 0;
	case PROBE_SEND:
		pe_issue(MTIA_OP_RE_SEND, 1, MTIA_DIR_EAST);
		return 0;
	case PROBE_OVERRUN:
		pe_cb_init(CB, CB_BASE, CB_SIZE);
		pe_cb_pop(CB, CB_SIZE + 1);
		pe_fence();
		return 0;
	case PROBE_STAIN:
		stain(args->value);
		return 0;
	case PROBE_SCAN:
		out[pe] = scan();
		return 0;
	}
	return 0xbad;
}

uint32_t core_b(const void *raw, uint32_t pos, uint32_t grid)
{
	(void)raw;
	(void)pos;
	(void)grid;
	return 0;
}

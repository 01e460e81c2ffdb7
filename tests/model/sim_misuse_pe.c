// SPDX-License-Identifier: GPL-2.0
/* PE program that misbehaves as its arguments say. */
#include "mtia/pe_program.h"

#include "sim_misuse.h"

#define CB_BASE 0x2000u

static void dma(unsigned int op, uint64_t va, uint32_t bytes)
{
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, bytes);
	if (op == MTIA_OP_DMA_IN)
		pe_issue(MTIA_OP_DMA_IN, va, MISUSE_CB);
	else
		pe_issue(MTIA_OP_DMA_OUT, va, MISUSE_CB);
	pe_fence();
}

static void misuse(const struct misuse_args *args)
{
	volatile uint32_t *far = (volatile uint32_t *)(uintptr_t)args->addr;

	switch ((enum misuse)args->mode) {
	case MISUSE_ILLEGAL:
		__asm__ volatile(".word 0");
		break;
	case MISUSE_VECTOR:
		__asm__ volatile(".word 0x0d0072d7");
		break;
	case MISUSE_BREAK:
		__asm__ volatile("ebreak");
		break;
	case MISUSE_LOAD:
		(void)*far;
		break;
	case MISUSE_STORE:
		*far = 1;
		break;
	case MISUSE_JUMP:
		((void (*)(void))(uintptr_t)args->addr)();
		break;
	case MISUSE_DMA_IN:
		dma(MTIA_OP_DMA_IN, args->addr, 64);
		break;
	case MISUSE_DMA_OUT:
		pe_cb_push(MISUSE_CB, 64);
		dma(MTIA_OP_DMA_OUT, args->addr, 64);
		break;
	case MISUSE_DMA_LONG:
		dma(MTIA_OP_DMA_IN, args->addr, MISUSE_CB_SIZE + 32);
		break;
	case MISUSE_CB_NUMBER:
		pe_cb_push(MTIA_PE_CBS, 64);
		break;
	case MISUSE_POP:
		pe_cb_pop(MISUSE_CB, MISUSE_CB_SIZE + 1);
		pe_fence();
		break;
	case MISUSE_PUSH:
		pe_cb_push(MISUSE_CB, MISUSE_CB_SIZE + 1);
		pe_fence();
		break;
	case MISUSE_AWAIT_LONG:
		pe_cb_wait(MISUSE_CB, MISUSE_CB_SIZE + 1);
		break;
	case MISUSE_SPACE_LONG:
		pe_sync(MTIA_SYNC_CB_SPACE, MISUSE_CB, MISUSE_CB_SIZE + 1);
		break;
	case MISUSE_SEND_EAST:
		pe_issue(MTIA_OP_RE_SEND, 1, MTIA_DIR_EAST);
		break;
	case MISUSE_SEND_SOUTH:
		pe_issue(MTIA_OP_RE_SEND, 1, MTIA_DIR_SOUTH);
		break;
	case MISUSE_RECV_EAST:
		pe_issue(MTIA_OP_RE_RECV, 1, MTIA_DIR_EAST);
		break;
	case MISUSE_RECV_SOUTH:
		pe_issue(MTIA_OP_RE_RECV, 1, MTIA_DIR_SOUTH);
		break;
	case MISUSE_AWAIT_DATA:
		pe_cb_wait(MISUSE_CB, 64);
		break;
	case MISUSE_AWAIT_SPACE:
		pe_cb_push(MISUSE_CB, MISUSE_CB_SIZE);
		pe_sync(MTIA_SYNC_CB_SPACE, MISUSE_CB, 64);
		break;
	case MISUSE_AWAIT_CB:
		pe_cb_wait(MISUSE_CB + 1, 64);
		break;
	case MISUSE_AWAIT_COMMAND:
		dma(MTIA_OP_DMA_OUT, args->addr, 64);
		break;
	case MISUSE_AWAIT_IRQ:
		__asm__ volatile("wfi");
		break;
	case MISUSE_SPIN:
		while (!*far)
			;
		break;
	}
}

static uint32_t run(const struct misuse_args *args, uint32_t pos, uint32_t core)
{
	uint64_t start = pe_reg64(MTIA_PE_TIME);

	if (pe_row(pos) != args->row || pe_col(pos) != args->col || core != args->core) {
		while (args->spin)
			;
		return 0;
	}
	pe_cb_init(MISUSE_CB, CB_BASE, MISUSE_CB_SIZE);
	while (pe_reg64(MTIA_PE_TIME) - start < args->delay)
		;
	*(volatile uint64_t *)(uintptr_t)args->stamp = pe_reg64(MTIA_PE_TIME);
	misuse(args);
	return 99;
}

uint32_t core_a(const void *args, uint32_t pos, uint32_t grid)
{
	(void)grid;
	return run(args, pos, 0);
}

uint32_t core_b(const void *args, uint32_t pos, uint32_t grid)
{
	(void)grid;
	return run(args, pos, 1);
}

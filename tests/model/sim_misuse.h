/* SPDX-License-Identifier: GPL-2.0 */
/* Arguments of sim_misuse_pe.c: one core of one PE does one thing that it must not. */
#ifndef MTIA_SIM_MISUSE_H
#define MTIA_SIM_MISUSE_H

#include "mtia/types.h"

enum misuse {
	MISUSE_ILLEGAL,	      /* an instruction that is none */
	MISUSE_VECTOR,	      /* vsetvli t0, x0, e32, m1 */
	MISUSE_BREAK,	      /* ebreak */
	MISUSE_LOAD,	      /* from addr */
	MISUSE_STORE,	      /* to addr */
	MISUSE_JUMP,	      /* to addr */
	MISUSE_DMA_IN,	      /* from addr, 64 bytes */
	MISUSE_DMA_OUT,	      /* to addr, 64 bytes */
	MISUSE_DMA_LONG,      /* from addr, more than the CB */
	MISUSE_CB_NUMBER,     /* a CB that is none */
	MISUSE_POP,	      /* more than the CB */
	MISUSE_PUSH,	      /* more than the CB */
	MISUSE_AWAIT_LONG,    /* data, more than the CB */
	MISUSE_SPACE_LONG,    /* space, more than the CB */
	MISUSE_SEND_EAST,
	MISUSE_SEND_SOUTH,
	MISUSE_RECV_EAST,
	MISUSE_RECV_SOUTH,
	MISUSE_AWAIT_DATA,    /* that nobody sends */
	MISUSE_AWAIT_SPACE,   /* in a CB that stays full */
	MISUSE_AWAIT_CB,      /* data of a CB that nobody sets up */
	MISUSE_AWAIT_COMMAND, /* a DMA_OUT of data that nobody sends */
	MISUSE_AWAIT_IRQ,     /* wfi, all interrupts off */
	MISUSE_SPIN,	      /* until the word at addr is not 0 */
};

struct misuse_args {
	__u64 stamp; /* where the PE writes TIME, right before */
	__u64 addr;
	__u32 mode;	/* enum misuse */
	__u32 row, col; /* whose turn it is, in the sub-grid */
	__u32 core;
	__u32 delay; /* cycles from its start to the deed */
	__u32 spin;  /* the others go on for ever; 0: they leave at once */
};
MTIA_ASSERT_SIZE(struct misuse_args, 40);

#define MISUSE_CB      5
#define MISUSE_CB_SIZE 4096

#endif /* MTIA_SIM_MISUSE_H */

/* SPDX-License-Identifier: MIT */
/*
 * Latencies of a PE in core cycles (800 MHz), the closed-form minimum: no contention.
 *
 * Found in print: a full 32x32x32 INT8 MML takes 32 cycles and is pipelined; FI moves what feeds
 * it (32 bytes a cycle and operand with 2x2 blocking); the network carries 64 bytes a cycle.
 * Invented: every other number. They are round and of the order of an 800 MHz chip with 150 GB/s
 * LPDDR5, so that a program that overlaps well runs well; don't read silicon into them.
 */
#ifndef MTIA_MODEL_PE_TIMING_H
#define MTIA_MODEL_PE_TIMING_H

/*
 * DPE streams one row a cycle. The kept block comes in at the same rate while the one before is
 * still in use, so an MML takes the longer of the two; one that DPE still holds costs nothing. The
 * last result reaches the bank DPE_PIPELINE later.
 */
#define DPE_PIPELINE		8

/* FI: one command a direction at a time on the port, then the memory's latency (the SoC knows it) on top. */
#define FI_SETUP		2
#define FI_BYTES_PER_CYCLE	64
/* To and from another PE's local memory; then, as all that one PE does to another, the barrier. */
#define FI_PEER_LATENCY		32

/* MLU: one row of up to so many bytes a cycle, read or written, behind a short pipeline. */
#define MLU_SETUP		4
#define MLU_BYTES_PER_CYCLE	64

/* RE, a bank: one row of 32 results a cycle. */
#define RE_INIT_CYCLES		32
#define RE_SEND_CYCLES		32
#define RE_RECV_CYCLES		32
#define RE_STORE_SETUP		4 /* then one cycle a row */

/* SE: 64 elements (of a table: 64 words) a cycle behind a short pipeline. */
#define SE_SETUP		4
#define SE_PER_CYCLE		64

/* A core's access to the PE's own registers. */
#define PE_REG_CYCLES		4

#endif /* MTIA_MODEL_PE_TIMING_H */

/* SPDX-License-Identifier: MIT */
/*
 * What a PE program sees: address map, custom CSRs and instructions of the Command Processor (CP),
 * circular buffers (CB), the operations of FI, MLU, DPE, RE and SE, traps, the program image.
 *
 * From the ISCA 2023 paper: two RV64 cores (A, B); custom registers hold a command's fields and a
 * custom instruction issues it; illegal values raise a custom exception; CBs have an ID, a size, a
 * start address and hardware read/write pointers; units name CBs as operands; an operation starts
 * only when its inputs hold enough and its output has space; DMA moves pointers, compute does not,
 * POP and PUSH do; same-CB operations keep program order, others run in parallel; DPE keeps one
 * operand block and streams the other past it, 32x32 INT8 a cycle; RE has four 32x32 banks and a
 * one-way reduction network (north to south, west to east); SE accumulates at most 32 rows an
 * instruction. Encodings, numbers, queue depths and everything else here are our invention.
 */
#ifndef MTIA_PE_H
#define MTIA_PE_H

#include "types.h"

/* ---- Address map of a PE core ------------------------------------------------------------------- */

#define MTIA_PE_LS_BASE		0x0 /* its own local memory, MTIA_PE_LOCAL_SIZE bytes */
/*
 * Local memories of the other PEs of the launch (and the own one, the long way), through FI: loads
 * and stores of the cores, and the VA of DMA_IN, DMA_OUT and DMA_GATHER. Each takes place at the
 * next exchange among the PEs; a DMA there moves no pointer of the other PE's CBs. A position outside
 * the sub-grid is not mapped: a core's access traps, a DMA that begins there too (MTIA_FIELD_PEER).
 * No atomics (RISC-V's; see SYNC), no fetch. The window and its layout are invented.
 */
#define MTIA_PE_PEER_BASE	0x40000000u
#define MTIA_PE_PEER_STRIDE	0x100000u /* MTIA_PE_LOCAL_SIZE bytes of it are mapped */
#define MTIA_PE_PEER(row, col)	(MTIA_PE_PEER_BASE + ((row) * 16 + (col)) * MTIA_PE_PEER_STRIDE)
/*
 * Registers of the own PE: timers, software interrupts, interrupt controller (IC). The paper says
 * that a PE has a machine timer and a PLIC; the registers, the sources and their numbers are
 * invented. Loads and stores of 4 bytes, of 8 for (64) registers too (which 4 bytes may halve); all
 * read 0 at launch unless noted. Both cores may use all of them. No atomics, no fetch.
 */
#define MTIA_PE_REGS_BASE	0x02000000u
#define MTIA_PE_REGS_SIZE	0x1000u
#define MTIA_PE_SOFT(core)	(0x000 + 4 * (core)) /* RW bit 0: mip.MSIP of that core */
#define MTIA_PE_TIMECMP(core)	(0x010 + 8 * (core)) /* RW (64) mip.MTIP = TIME >= it; ~0 at launch */
#define MTIA_PE_TIME		0x020 /* RO (64) core-clock cycles; the time CSR reads the same */
/*
 * IC: a source that fires is pending until a core claims it. mip.MEIP of a core: a source is
 * pending, enabled for it, not claimed, and its priority is above the core's threshold. Reading CLAIM
 * gives the source of the highest priority (of equal ones the lowest number; 0: none), which is then
 * no more pending, and claimed until its number is written to a CLAIM. Firing again meanwhile makes
 * it pending, for after that. A core that waits is woken at once; a running one is interrupted by its
 * own timer at once, by the rest at its next custom instruction or access to these registers, or
 * within an exchange among the PEs (128 cycles).
 */
#define MTIA_PE_IC_PRIORITY(source)	(0x100 + 4 * (source)) /* RW 0 (never) .. 7 */
#define MTIA_PE_IC_PRIORITIES	7
#define MTIA_PE_IC_PENDING	0x140 /* RO bit n: source n */
#define MTIA_PE_IC_ENABLE(core)	(0x150 + 4 * (core)) /* RW bit n: source n */
#define MTIA_PE_IC_THRESHOLD(core)	(0x160 + 4 * (core)) /* RW 0 .. 7 */
#define MTIA_PE_IC_CLAIM(core)	(0x170 + 4 * (core)) /* R: claim, W: complete */
#define MTIA_PE_IRQ_CMD(core)	(1 + (core)) /* a command of this core ended in FI, MLU, DPE, RE or SE */
#define MTIA_PE_IRQ_CTRL	3 /* the control core wrote MTIA_PC_IRQ */
#define MTIA_PE_IRQS		4 /* source numbers, 0 is none */
/*
 * Addresses from MTIA_VA_USER_MIN up are virtual, translated in the launch's ASID and carried by
 * FI: uncached, a long stall each; instruction fetch goes through the core's I-cache. Nothing else
 * is mapped: an access there traps.
 */

/* Launch arguments are copied here before the cores start; the rest of local memory is zero. */
#define MTIA_PE_ARGS_BASE	0x0
#define MTIA_PE_ARGS_SIZE	0x800

/* ---- Circular buffers ------------------------------------------------------------------------------ */

#define MTIA_PE_CBS		32
#define MTIA_CB_ALIGN		32 /* of base, size, offsets of DPE operands; the paper's element */
/*
 * A CB is a ring of `size` bytes at `base` in local memory. The read and write pointers count
 * bytes and never wrap in the architecture; position = base + pointer % size.
 *   level = wptr - rptr           bytes a consumer may name (offset + size <= level)
 *   space = size - level          bytes a producer may name (offset + size <= space)
 * A CB is initialised by CB_INIT; what names it before waits for that, whichever core does it.
 */

/* ---- Custom CSRs: fields of the next command, one set a core; reset to 0 at launch --------------- */

#define MTIA_CSR_CB0		0x800 /* first source CB */
#define MTIA_CSR_CB1		0x801 /* second source CB */
#define MTIA_CSR_OFF0		0x802 /* bytes from CB0's read pointer */
#define MTIA_CSR_OFF1		0x803 /* bytes from CB1's read pointer */
#define MTIA_CSR_OFFD		0x804 /* bytes from the destination CB's write pointer */
#define MTIA_CSR_ROWS		0x805 /* DMA: rows; 1 .. 65535 */
#define MTIA_CSR_COLS		0x806 /* DMA: bytes a row; 1 .. local memory size */
#define MTIA_CSR_STRIDE_MEM	0x807 /* DMA: bytes from row to row in memory (any, signed) */
#define MTIA_CSR_STRIDE_CB	0x808 /* bytes from row to row in the CB; 0 = tight (COLS, or N elements) */
#define MTIA_CSR_M		0x809 /* rows of the result tile, 1 .. 32 */
#define MTIA_CSR_N		0x80a /* columns of the result tile, 1 .. 32 */
#define MTIA_CSR_K		0x80b /* MML depth in bytes, 1 .. 32 */
#define MTIA_CSR_FLAGS		0x80c /* MTIA_F_* of the operation */
#define MTIA_CSR_IMM0		0x80d /* scalars of SE operations, see there */
#define MTIA_CSR_IMM1		0x80e
#define MTIA_CSR_IMM2		0x80f
#define MTIA_CSR_STRIDE0	0x810 /* bytes from row to row of operand CB0; 0 = tight */
#define MTIA_CSR_STRIDE1	0x811 /* the same of operand CB1 */
#define MTIA_CSR_GROUP		0x812 /* multicast group of DMA_IN_MC */
#define MTIA_CSR_AUTO0		0x813 /* v1+: MML adds it to OFF0 once issued, see MTIA_F_AUTO */
#define MTIA_CSR_AUTO1		0x814 /* v1+: the same of OFF1 */
#define MTIA_CSR_COUNT		32    /* 0x800 .. 0x81f; the ones without a name read and write */

#define MTIA_CSR_PE_POS		0xcc0 /* RO row | col << 16 in the sub-grid */
#define MTIA_CSR_PE_GRID	0xcc1 /* RO rows | cols << 16 of the sub-grid */
#define MTIA_CSR_CORE		0xcc2 /* RO 0 = core A, 1 = core B */
#define MTIA_CSR_PENDING	0xcc3 /* RO commands this core issued that have not finished */

/* ---- Instructions: opcode CUSTOM_0 (0x0b), R-type -------------------------------------------------- */

#define MTIA_CUSTOM0		0x0b
#define MTIA_F3_ISSUE		0 /* funct7 = enum mtia_pe_op; asynchronous; stalls while the queue is full */
#define MTIA_F3_SYNC		1 /* funct7 = enum mtia_pe_sync; rd = result */
#define MTIA_F3_EXIT		2 /* rs1 = exit code; the core stops once its commands are done */

#define MTIA_CP_QUEUE_DEPTH	16 /* commands a core can have waiting in the CP */

enum mtia_pe_sync {
	MTIA_SYNC_FENCE = 0,	/* wait until all commands of this core have finished; rd = 0 */
	MTIA_SYNC_CB_DATA = 1,	/* wait until level(CB rs1) >= rs2; rd = LS address of the read pointer */
	MTIA_SYNC_CB_SPACE = 2, /* wait until space(CB rs1) >= rs2; rd = LS address of the write pointer */
	MTIA_SYNC_CB_LEVEL = 3, /* rd = level(CB rs1), no wait */

	/*
	 * Atomic registers of a CP: rs1 = MTIA_ATOM(...) or MTIA_ATOM_AT(...), rs2 = operand. rd = old
	 * value, sign-extended; the read and the write are one step, also among PEs.
	 */
	MTIA_SYNC_ATOM_ADD = 0x10,  /* new = old + rs2, wraps */
	MTIA_SYNC_ATOM_SWAP = 0x11, /* new = rs2 */
	MTIA_SYNC_ATOM_AND = 0x12,
	MTIA_SYNC_ATOM_OR = 0x13,
	MTIA_SYNC_ATOM_CAS = 0x14, /* new = old == (u32)IMM0 ? rs2 : old */
	/* The core stalls until the condition holds; rd = the value that satisfied it. */
	MTIA_SYNC_ATOM_WAIT_EQ = 0x18, /* value == (u32)rs2 */
	MTIA_SYNC_ATOM_WAIT_GE = 0x19, /* (s32)(value - (u32)rs2) >= 0: counters that wrap */
};
/*
 * CB_DATA, CB_SPACE and CB_LEVEL look at the CB after this core's earlier PUSH, POP and INIT of it.
 *
 * Every PE has MTIA_PE_ATOMS 32-bit registers, zero at launch, for locks, tickets and barriers
 * inside a PE and between the PEs of a launch (the paper's "predefined registers" of the CP; their
 * number and these operations are invented). They stay when the program ends on their PE, for the
 * others. An operation on another PE's register takes place at the next exchange among the PEs (128
 * cycles), in the order of the PEs' indices when several meet there, so it is fair to nobody; use
 * tickets where that matters. A wait for another PE's register sees what it holds at exchanges, and
 * may miss a value in between. None of them waits for commands (FENCE does). An interrupt waits for an
 * operation on another PE's register that is under way, but not for a WAIT whose value is yet to
 * come. An index that is none traps (MTIA_FIELD_ATOM), as does a position outside the sub-grid
 * (MTIA_FIELD_PEER).
 */
#define MTIA_PE_ATOMS		16
#define MTIA_ATOM(index)	(index) /* of the own PE */
#define MTIA_ATOM_REMOTE	(1u << 31)
#define MTIA_ATOM_AT(row, col, index) \
	(MTIA_ATOM_REMOTE | (row) << 16 | (col) << 8 | (index)) /* position in the sub-grid */

/*
 * Commands. "src" reads at the read pointer, "dst" writes at the write pointer. A command copies
 * the CSRs when it is issued. Unless said otherwise a command moves no pointer.
 */
enum mtia_pe_op {
	/* CB bookkeeping; rs1 = CB, rs2 = bytes */
	MTIA_OP_CB_INIT = 0x00, /* rs2 = base | size << 32; pointers to 0, old content dropped */
	MTIA_OP_CB_POP = 0x01,	/* read pointer += rs2; waits for level >= rs2 */
	MTIA_OP_CB_PUSH = 0x02, /* write pointer += rs2; waits for space >= rs2 */

	/*
	 * FI, 2-D DMA of ROWS x COLS bytes. rs1 = VA, rs2 = CB. In CB each row starts STRIDE_CB
	 * after the one before; the transfer occupies ROWS * STRIDE_CB bytes (gaps keep what they
	 * held) and moves the pointer by that much when it is complete.
	 * DMA_IN: memory -> dst. VA and STRIDE_MEM multiples of MTIA_FI_ALIGN_IN.
	 * DMA_OUT: src -> memory. Multiples of MTIA_FI_ALIGN_OUT. Writes of a PE complete in order.
	 */
	MTIA_OP_DMA_IN = 0x10,
	MTIA_OP_DMA_OUT = 0x11,
	/*
	 * DMA_IN_MC: DMA_IN that the members of multicast group GROUP share: memory is read once, each
	 * member gets the bytes in its own CB. The n-th DMA_IN_MC of a group on each of its members
	 * belong together; they must agree in VA, ROWS, COLS and STRIDE_MEM (else MTIA_CAUSE_GROUP, on
	 * all of them), and transfer when the last member has issued its own and all CBs have space.
	 * MC_JOIN: rs1 = group (0 .. MTIA_FI_GROUPS - 1), rs2 = MTIA_MC_ROW or MTIA_MC_COL | mask << 8:
	 * the members are the PEs of this PE's row (column) of the sub-grid whose column (row) is in
	 * the mask; it must contain the own. All members join with the same mask before they use it
	 * (else MTIA_CAUSE_GROUP as well). Joining again waits for the group's transfers and counts
	 * from 0; the members must not use it until all have.
	 * A core's DMA_IN_MCs begin in program order, over all groups: PEs that share several groups
	 * must issue theirs in one order. Transfers into one CB that are under way are all of one group or
	 * all DMA_INs. That members wait for each other, and how many groups there are, is invented.
	 */
	MTIA_OP_DMA_IN_MC = 0x12,
	MTIA_OP_MC_JOIN = 0x13,
	/*
	 * v1+ (MTIA_CAP_GATHER): ROWS rows of COLS bytes at rs1 + index * STRIDE_MEM, index = the u32 at
	 * CB0 + OFF0 + 4 * row, into CB rs2 as DMA_IN does. All rows together are one command.
	 */
	MTIA_OP_DMA_GATHER = 0x14,

	/*
	 * DPE, result into RE. rs1 = bank, CB0 at OFF0 = kept block, N rows of 32 bytes (row n =
	 * column n of the result); CB1 at OFF1 = streamed block, M rows of 32 bytes.
	 *   bank[m][n] += sum over k < K of stream[m][k] * kept[n][k]     INT32, wraps
	 * FLAGS: MTIA_F_SIGNED0 / MTIA_F_SIGNED1, else the block's bytes are unsigned. Bytes at or
	 * beyond K, rows beyond M, N are not used. Rows lie STRIDE0 and STRIDE1 apart: multiples of
	 * 32, 0 = 32. rs2 is added to OFF0 (low 32 bits) and OFF1
	 * (high 32 bits), so a blocked loop needs no CSR writes.
	 * FLAGS MTIA_F_TYPE0 and _TYPE1 both F16 or both BF16 (else MTIA_FIELD_TYPE): a row of 32 bytes
	 * is 16 elements, K (bytes) is even, the bank holds FP32:
	 *   for k = 0 .. K / 2 - 1:  bank[m][n] = fma(stream[m][k], kept[n][k], bank[m][n])
	 * one rounding a step, operands exact in FP32, subnormal numbers kept, a NaN is the canonical
	 * one. MMLs on one bank run in program order, so k ascends through all of them.
	 * DPE holds on to the last block of either operand: an MML that names the same one again (CB,
	 * place, rows, stride) does not read it, which shows in time and in a counter only.
	 * v1+ (MTIA_CAP_MML_AUTO), MTIA_F_AUTO: once the MML is issued, OFF0 += AUTO0 and OFF1 += AUTO1
	 * in the CSRs (32 bits, wrap), so that an unrolled loop over k needs no instruction but MML.
	 */
	MTIA_OP_MML = 0x20,

	/*
	 * RE. INIT: rs1 = bank mask; FLAGS MTIA_F_BIAS: every row of the banks = N INT32 at CB0 +
	 * OFF0, else zero. SEND / RECV: rs1 = bank mask, rs2 = MTIA_DIR_*; SEND passes the banks to
	 * the neighbour in that direction (east or south), RECV adds what came from west (EAST) or
	 * north (SOUTH), bank by bank in mask order, and waits for it; one message holds one bank, and
	 * a link holds MTIA_RE_LINK_TILES. STORE: rs1 = bank, rs2 = dst CB: M x N INT32, row-major,
	 * rows STRIDE_CB apart (multiple of 4), first at OFFD. INIT and STORE move the 32 bits of FP32
	 * as they are.
	 */
	MTIA_OP_RE_INIT = 0x28,
	MTIA_OP_RE_SEND = 0x29,
	MTIA_OP_RE_RECV = 0x2a,
	MTIA_OP_RE_STORE = 0x2b,
	MTIA_OP_RE_RECVF = 0x2c, /* RECV of FP32 banks: bank = f32(bank + received); NaN canonical */

	/*
	 * SE on an accumulator bank. rs1 = bank, rs2 = dst CB at OFFD, M x N, rows STRIDE_CB apart.
	 * Column n uses struct mtia_se_col at CB0 + OFF0 + 16 * n; with MTIA_F_ROWSUM row m uses the
	 * INT32 at CB1 + OFF1 + 4 * m as rowsum, else rowsum = 0.
	 *   raw = bank[m][n] + col.offset - col.zero_point * rowsum        INT32, wraps
	 * REQUANT: u8 = clamp(rne(f32((f32)raw * col.scale)) + IMM0, IMM1, IMM2)   all s32
	 *   rne() saturates to s32 and gives 0 for NaN; -128 <= IMM1 <= IMM2 <= 255 (the low byte
	 *   is stored); IMM0 within +-MTIA_SE_MAX_ZERO_POINT. The upper half of IMM CSRs is ignored.
	 * DEQUANT: f32 = f32((f32)raw * col.scale), with MTIA_F_RELU max(., +0), NaN stays NaN
	 * FLAGS MTIA_F_PER_ROW: row m uses the mtia_se_col at CB0 + OFF0 + 16 * m for all its columns;
	 * MTIA_F_PER_TENSOR: all use the one at CB0 + OFF0.
	 * DEQUANT: FLAGS MTIA_F_TYPED(MTIA_TYPE_F16 or _BF16) stores the FP32 result rounded to that.
	 * Every NaN that SE writes is the canonical quiet one: 0x7fc00000, 0x7e00, BF16 0x7fc0.
	 */
	MTIA_OP_SE_REQUANT = 0x30,
	MTIA_OP_SE_DEQUANT = 0x31,
	/*
	 * The same of a bank that holds FP32: x = bank[m][n], with MTIA_F_RELU max(x, +0), stored as
	 * MTIA_F_TYPED: F32 (code 0 means F32 here), F16, BF16; or with MTIA_F_QUANT as SE_QUANT does,
	 * to 8 bits. No CB is read.
	 */
	MTIA_OP_SE_BANK = 0x32,

	/*
	 * SE row accumulate, in index order, one fused multiply-add an element as FBGEMM's CPU
	 * reference: rs1 = rows (1 .. MTIA_SE_MAX_ROWS) | D << 32 (1 .. 1024), rs2 = dst CB at OFFD
	 * holding D FP32 accumulators, CB0 at OFF0 = rows STRIDE_CB apart: D bytes q, then FP32
	 * scale, FP32 bias right behind them. With MTIA_F_WEIGHTED row l has FP32 weight w at CB1 +
	 * OFF1 + 4 * l, else w = 1.
	 *   S = f32(w * scale), T = f32(w * bias); acc[d] = fma(S, (f32)q[d], f32(acc[d] + T))
	 * MTIA_F_INIT: start from +0 instead of what the accumulators hold. rows = 0 is allowed with
	 * MTIA_F_INIT only (an empty bag).
	 * FLAGS MTIA_F_ROW(enum mtia_se_row): other layouts. Quantised ones as above with scale and
	 * bias converted exactly to FP32; floating-point ones: acc[d] = fma(w, x[d], acc[d]).
	 * rows is at most MTIA_SE_MAX_ROWS, or MTIA_SE_MAX_ROWS_V1PLUS with MTIA_CAP_SE_ROWS128.
	 */
	MTIA_OP_SE_ROWS = 0x34,
	/*
	 * SE scale: rs1 = D (1 .. 1024), rs2 = dst CB at OFFD holding D FP32, each x = f32(x * s).
	 * s = FP32 bits in IMM0, or with MTIA_F_RECIP f32(1.0f / (f32)(u32)IMM0).
	 */
	MTIA_OP_SE_SCALE = 0x35,
	/*
	 * SE row sums: rs1 = rows (1 .. 64) | bytes << 32 (1 .. 4096), CB0 at OFF0, rows STRIDE_CB
	 * apart; rs2 = dst CB at OFFD: rows INT32, each += (MTIA_F_INIT: =) the sum of its unsigned
	 * (MTIA_F_SIGNED0: signed) bytes.
	 */
	MTIA_OP_SE_ROWSUM = 0x36,

	/*
	 * SE element-wise. rs1 = rows (1 .. 64) | elements a row << 32 (1 .. MTIA_SE_MAX_D), rs2 = dst
	 * CB at OFFD, rows STRIDE_CB apart; source 0 = CB0 at OFF0, rows STRIDE0 apart, of MTIA_F_TYPE0;
	 * source 1 = CB1 at OFF1, STRIDE1, MTIA_F_TYPE1; result of MTIA_F_TYPED. Strides in bytes, 0 =
	 * tight. MTIA_F_SIGNED0, _SIGNED1, _SIGNEDD make 8-bit elements signed. A source row may be
	 * used for all rows: MTIA_F_BCAST1 reads source 1's row 0 for every row.
	 * CONVERT: F32, F16, BF16, S32, I8 to F32, F16, BF16 (one rounding), S32 (from floats: rne,
	 *   saturating, NaN to 0) or I8 (from S32 and I8 only: saturating).
	 * QUANT: float to 8 bits: q = clamp(rne(f32(f32(x) * inv)) + zp, lo, hi), rne saturates to s32
	 *   and NaN gives 0. inv = FP32 bits in IMM0, zp = (s32)IMM1, lo = (s16)IMM2, hi = (s16)(IMM2 >>
	 *   16), limits of zp, lo, hi as of REQUANT; MTIA_F_PER_ROW: row r uses inv and zp of the struct
	 *   mtia_se_quant at CB1 + OFF1 + 8 * r, MTIA_F_PER_COL: column c that at CB1 + OFF1 + 8 * c.
	 * DEQUANT8: 8 bits to float: x = f32(scale * (f32)(q - zp)), q - zp wraps, then to the result's
	 *   type. scale = IMM0, zp = IMM1; PER_ROW, PER_COL as above (the member inv holds the scale).
	 * ADD, MUL: both sources and the result of one type: F32, F16, BF16 (one rounding of the exact
	 *   result) or S32 (wraps); MTIA_F_RELU: max(., +0) of a float result. MAX likewise (a NaN
	 *   operand gives NaN; -0 < +0).
	 * RELU: floats, max(x, +0), NaN stays NaN.
	 */
	MTIA_OP_SE_CONVERT = 0x38,
	MTIA_OP_SE_QUANT = 0x39,
	MTIA_OP_SE_DEQUANT8 = 0x3a,
	MTIA_OP_SE_ADD = 0x3b,
	MTIA_OP_SE_MUL = 0x3c,
	MTIA_OP_SE_MAX = 0x3d,
	MTIA_OP_SE_RELU = 0x3e,
	/*
	 * SE lookup: non-linear functions by table. LUT_LOAD: rs1 = slot (0 .. MTIA_SE_LUTS - 1), CB0 at
	 * OFF0 = struct mtia_se_lut and its segments. LOOKUP: element-wise as above with rs1 bits 24..31
	 * = slot; source F16 or I8, result F32 or I8, see struct mtia_se_lut. I8 in: x = f32((f32)(q - zp)
	 * * scale) with scale = FP32 in IMM0, zp = (s32)IMM1 & 0xffff sign-extended; I8 out: clamp(rne(f32(
	 * y * inv)) + zp, 8-bit range) with inv = FP32 in IMM2, zp = (s16)(IMM1 >> 16).
	 * LUT_LOAD waits for all of the table. A slot that this launch has not loaded: MTIA_FIELD_SLOT.
	 */
	MTIA_OP_SE_LOOKUP = 0x40,
	MTIA_OP_SE_LUT_LOAD = 0x41,

	/*
	 * MLU: layout of elements of 4, 8, 16 or 32 bits (IMM0 = log2 of the bits, 2 .. 5). rs1 = rows
	 * (1 .. MTIA_MLU_MAX_ROWS) | elements a row << 32 (1 .. MTIA_MLU_MAX_COLS), rs2 = dst CB at
	 * OFFD; source CB0 at OFF0, rows STRIDE0 apart; destination rows STRIDE_CB apart; bytes, 0 =
	 * tight. With 4-bit elements IMM1 is the first element within the source row's first byte (0 or
	 * 1), IMM2 that within the destination row's; the low nibble is element 0, other nibbles of the destination stay.
	 * COPY: rows as they are: concatenate, slice, reshape, by offsets and strides.
	 * TRANSPOSE: dst[c][r] = src[r][c].
	 */
	MTIA_OP_MLU_COPY = 0x50,
	MTIA_OP_MLU_TRANSPOSE = 0x51,
};

/* Element types in FLAGS. Code 0 is 8 bits, whose sign is told by MTIA_F_SIGNED*. */
enum mtia_type {
	MTIA_TYPE_I8 = 0,
	MTIA_TYPE_F16 = 1,
	MTIA_TYPE_BF16 = 2,
	MTIA_TYPE_F32 = 3,
	MTIA_TYPE_S32 = 4,
};

/* Rows of SE_ROWS: D elements and their header; INT4 needs an even D, low nibble first. */
enum mtia_se_row {
	MTIA_ROW_I8_F32_LAST = 0,  /* D bytes | FP32 scale | FP32 bias */
	MTIA_ROW_I8_F16_FIRST = 1, /* FP16 scale | FP16 bias | D bytes */
	MTIA_ROW_I4_F16_LAST = 2,  /* D / 2 bytes | FP16 scale | FP16 bias */
	MTIA_ROW_I4_F16_FIRST = 3, /* FP16 scale | FP16 bias | D / 2 bytes */
	MTIA_ROW_F16 = 4,	   /* D FP16 */
	MTIA_ROW_F32 = 5,	   /* D FP32 */
};

/* An operation with flags refuses those of others; one without does not look at FLAGS. */
#define MTIA_F_SIGNED0		(1u << 0)
#define MTIA_F_SIGNED1		(1u << 1)
#define MTIA_F_BIAS		(1u << 2)
#define MTIA_F_ROWSUM		(1u << 3)
#define MTIA_F_RELU		(1u << 4)
#define MTIA_F_WEIGHTED		(1u << 5)
#define MTIA_F_INIT		(1u << 6)
#define MTIA_F_RECIP		(1u << 7)
#define MTIA_F_TYPE0(t)		((t) << 8)  /* 3 bits, enum mtia_type */
#define MTIA_F_TYPE1(t)		((t) << 11)
#define MTIA_F_TYPED(t)		((t) << 14)
#define MTIA_F_ROW(layout)	((layout) << 17) /* 3 bits, enum mtia_se_row */
#define MTIA_F_PER_ROW		(1u << 20)
#define MTIA_F_PER_COL		(1u << 21)
#define MTIA_F_PER_TENSOR	(1u << 22)
#define MTIA_F_QUANT		(1u << 23)
#define MTIA_F_SIGNEDD		(1u << 24)
#define MTIA_F_BCAST1		(1u << 25)
#define MTIA_F_AUTO		(1u << 26)

#define MTIA_DIR_EAST		0
#define MTIA_DIR_SOUTH		1

#define MTIA_MC_ROW		0
#define MTIA_MC_COL		1
#define MTIA_FI_GROUPS		8 /* a PE */

#define MTIA_DPE_TILE		32
#define MTIA_RE_BANKS		4
#define MTIA_RE_LINK_TILES	4  /* tiles a link holds before SEND waits */
#define MTIA_SE_MAX_ROWS	32 /* v1's limit */
#define MTIA_SE_MAX_ROWS_V1PLUS	128
#define MTIA_SE_MAX_D		1024
#define MTIA_SE_MAX_SUMS	64   /* rows of a ROWSUM */
#define MTIA_SE_MAX_SUM_BYTES	4096 /* bytes of a row of it */
#define MTIA_MLU_MAX_ROWS	4096
#define MTIA_MLU_MAX_COLS	32768
#define MTIA_SE_MAX_ZERO_POINT	(1 << 30) /* REQUANT's IMM0, either sign */
#define MTIA_FI_ALIGN_IN	32 /* v1 has no unaligned DMA */
#define MTIA_FI_ALIGN_OUT	4  /* byte-enabled writes */
#define MTIA_FI_OUTSTANDING	16 /* transfers in flight a PE; a model can be made with fewer */

struct mtia_se_col {
	float scale;
	__s32 offset;	  /* bias - a_zp * (sum_k B - b_zp * K), from the host */
	__s32 zero_point; /* b_zp of the column, 0 for symmetric weights */
	__u32 reserved;	  /* 0 */
};
MTIA_ASSERT_SIZE(struct mtia_se_col, 16);

struct mtia_se_quant {
	float inv; /* QUANT: 1 / scale; DEQUANT8: scale */
	__s32 zero_point;
};
MTIA_ASSERT_SIZE(struct mtia_se_quant, 8);

/*
 * SE lookup: a table of a function of one variable (paper: tables and floating-point units compute
 * a linear or cubic approximation; sizes, addressing and the steps below are invented). Behind this
 * header `segments` entries follow: FP32 c0, c1 (linear) or c0, c1, c2, c3 (cubic).
 *
 * For an input x (FP32, exact):
 *	NaN: y = NaN.
 *	MTIA_LUT_ODD or MTIA_LUT_EVEN: a = |x|, else a = x.
 *	MTIA_LUT_LOG: a < 0: y = negative. Else b = bits of a (of -0: 0), k = (s64)(b >> shift) - base,
 *		u = (b & (2^shift - 1)) * 2^-shift, exact in FP32: 1 <= shift <= 23.
 *	else (lo finite, inv_step finite and > 0): t = f32(f32(a - lo) * inv_step), k = floor(t), u = f32(t - k); t < 0 counts as k < 0, also
 *		-inf, and t >= segments as k >= segments.
 *	k < 0: y = slope_below == 0 ? below : fma(a, slope_below, below);
 *	k >= segments: y = slope_above == 0 ? above : fma(a, slope_above, above);
 *	else linear y = fma(c1, u, c0), cubic y = fma(fma(fma(c3, u, c2), u, c1), u, c0) of entry k.
 *	MTIA_LUT_ODD and sign bit of x: y = -y. A NaN y is the canonical one.
 */
struct mtia_se_lut {
	__u32 flags;	/* MTIA_LUT_* */
	__u32 segments; /* 1 .. MTIA_SE_LUT_SEGMENTS */
	float lo, inv_step;
	__u32 shift, base; /* MTIA_LUT_LOG; else 0 */
	float negative;
	float below, slope_below, above, slope_above;
	__u32 reserved[5]; /* 0 */
};
MTIA_ASSERT_SIZE(struct mtia_se_lut, 64);

#define MTIA_LUT_CUBIC		(1u << 0)
#define MTIA_LUT_LOG		(1u << 1)
#define MTIA_LUT_ODD		(1u << 2)
#define MTIA_LUT_EVEN		(1u << 3) /* not with MTIA_LUT_ODD */
#define MTIA_SE_LUTS		2	  /* slots, empty at launch */
#define MTIA_SE_LUT_SEGMENTS	512	  /* 8 KiB of coefficients a slot */

/* ---- Exceptions ---------------------------------------------------------------------------------------- */

/*
 * mcause of the custom exceptions. A trap with mtvec = 0 (as at launch) stops the PE and is reported;
 * else it goes to the program's handler, but for MMU faults, deadlocks and what is found when a
 * command runs, which no program survives. An interrupt is taken before the instruction that a
 * blocked core waits at, but not while that waits for memory; it is repeated after mret. A command
 * is checked when it is issued (precise, core stops at the instruction) and, where memory decides,
 * when it runs (MTIA_PE_FAULT_CP, pc of the issuing instruction).
 */
enum mtia_pe_cause {
	MTIA_CAUSE_FIELD = 24,	 /* illegal field; tval = enum mtia_pe_field | op << 8 */
	MTIA_CAUSE_CB_RULE = 25, /* can never start: asks more than the CB's size; tval = CB | op << 8 */
	MTIA_CAUSE_FI_FAULT = 26, /* DMA hit an MMU fault; tval = VA; a fault record exists */
	MTIA_CAUSE_LINK = 27,	 /* SEND or RECV over the edge of the sub-grid; tval = dir | op << 8 */
	/*
	 * Nothing in the sub-grid can ever go on; tval = waiting op << 8 | CB; of an atomic operation
	 * | its register, and row << 16 | col << 24 of the PE that has it.
	 */
	MTIA_CAUSE_DEADLOCK = 28,
	MTIA_CAUSE_GROUP = 29,	 /* members of a multicast group disagree; tval = group | op << 8 */
};
/* In tval, "op" is MTIA_PE_OP_SYNC | enum mtia_pe_sync for a SYNC, and 0xff stands for no CB. */
#define MTIA_PE_OP_SYNC		0x80
#define MTIA_PE_OP_WFI		0x7f

enum mtia_pe_field {
	MTIA_FIELD_OP = 1, /* unknown operation */
	MTIA_FIELD_CB0, MTIA_FIELD_CB1, MTIA_FIELD_CBD,
	MTIA_FIELD_OFF0, MTIA_FIELD_OFF1, MTIA_FIELD_OFFD,
	MTIA_FIELD_ROWS, MTIA_FIELD_COLS, MTIA_FIELD_STRIDE_MEM, MTIA_FIELD_STRIDE_CB,
	MTIA_FIELD_M, MTIA_FIELD_N, MTIA_FIELD_K, MTIA_FIELD_FLAGS,
	MTIA_FIELD_BANK, MTIA_FIELD_DIR, MTIA_FIELD_SIZE, MTIA_FIELD_BASE, MTIA_FIELD_ADDR,
	MTIA_FIELD_D, MTIA_FIELD_IMM,
	MTIA_FIELD_TYPE, MTIA_FIELD_STRIDE0, MTIA_FIELD_STRIDE1,
	MTIA_FIELD_GROUP, MTIA_FIELD_MASK, MTIA_FIELD_ATOM, MTIA_FIELD_PEER, /* of SYNC: rs1 */
	MTIA_FIELD_SLOT, MTIA_FIELD_LUT, /* LUT: the table in memory, found when the command runs */
};

/* ---- Program image ---------------------------------------------------------------------------------------- */

/*
 * A program is position independent code (PC-relative addressing only, no writable data section;
 * state lives in local memory) that starts with this header and is mapped read + exec. Checked by
 * the library when it loads the file and by the firmware at every launch.
 */
#define MTIA_PE_MAGIC		0x4550544du /* "MTPE" */
#define MTIA_PE_ABI		1

struct mtia_pe_image {
	__u32 magic;
	__u16 abi;	   /* MTIA_PE_ABI */
	__u16 header_size; /* sizeof(struct mtia_pe_image) */
	__u32 image_size;  /* header, code and constants; multiple of 4 */
	__u32 entry[2];	   /* offsets of core A's and core B's entry; even, inside, behind the header */
	__u32 args_size;   /* bytes of arguments it expects, 0 .. MTIA_PE_ARGS_SIZE */
	__u32 crc;	   /* CRC-32C of the image with this field as 0 */
	char name[36];	   /* NUL-terminated, for people and traces */
};
MTIA_ASSERT_SIZE(struct mtia_pe_image, 64);

#endif /* MTIA_PE_H */

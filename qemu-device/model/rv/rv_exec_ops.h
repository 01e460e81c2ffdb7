/* SPDX-License-Identifier: MIT */
/*
 * What each instruction does. Included twice by rv_run(), with LEN 4 and 2, so that the step to the
 * next record is a constant. OP() opens a handler; NEXT() goes to the following instruction of the
 * block; ENTER() starts a block at r.
 *
 * No include guard: see above.
 */

#define OP_ALU(name, expr) \
	OP(name) { \
		uint64_t a = x[r->rs1], b = x[r->rs2]; \
		(void)a, (void)b; \
		x[r->rd] = (expr); \
		NEXT(); \
	}

#define OP_IMM(name, expr) \
	OP(name) { \
		uint64_t a = x[r->rs1]; \
		int64_t imm = r->imm; \
		x[r->rd] = (expr); \
		NEXT(); \
	}

/* 32-bit results are sign-extended */
#define W(expr)	((uint64_t)(int64_t)(int32_t)(uint32_t)(expr))

OP(LUI) {
	x[r->rd_u] = (uint64_t)(int64_t)r->imm_u << 12;
	NEXT();
}
OP(AUIPC) {
	x[r->rd_u] = PC() + ((uint64_t)(int64_t)r->imm_u << 12);
	NEXT();
}

OP_IMM(ADDI, a + imm)
OP_IMM(SLTI, (int64_t)a < imm)
OP_IMM(SLTIU, a < (uint64_t)imm)
OP_IMM(XORI, a ^ imm)
OP_IMM(ORI, a | imm)
OP_IMM(ANDI, a & imm)
OP_IMM(SLLI, a << imm)
OP_IMM(SRLI, a >> imm)
OP_IMM(SRAI, (int64_t)a >> imm)
OP_IMM(ADDIW, W(a + imm))
OP_IMM(SLLIW, W((uint32_t)a << imm))
OP_IMM(SRLIW, W((uint32_t)a >> imm))
OP_IMM(SRAIW, W((int32_t)a >> imm))

OP_ALU(ADD, a + b)
OP_ALU(SUB, a - b)
OP_ALU(SLL, a << (b & 63))
OP_ALU(SLT, (int64_t)a < (int64_t)b)
OP_ALU(SLTU, a < b)
OP_ALU(XOR, a ^ b)
OP_ALU(SRL, a >> (b & 63))
OP_ALU(SRA, (int64_t)a >> (b & 63))
OP_ALU(OR, a | b)
OP_ALU(AND, a & b)
OP_ALU(ADDW, W(a + b))
OP_ALU(SUBW, W(a - b))
OP_ALU(SLLW, W((uint32_t)a << (b & 31)))
OP_ALU(SRLW, W((uint32_t)a >> (b & 31)))
OP_ALU(SRAW, W((int32_t)a >> (b & 31)))

OP_ALU(MUL, a * b)
OP_ALU(MULH, (unsigned __int128)((__int128)(int64_t)a * (int64_t)b) >> 64)
OP_ALU(MULHSU, (unsigned __int128)((__int128)(int64_t)a * (__int128)b) >> 64)
OP_ALU(MULHU, ((unsigned __int128)a * b) >> 64)
OP_ALU(DIV, div64(a, b))
OP_ALU(DIVU, b ? a / b : UINT64_MAX)
OP_ALU(REM, rem64(a, b))
OP_ALU(REMU, b ? a % b : a)
OP_ALU(MULW, W((uint32_t)a * (uint32_t)b))
OP_ALU(DIVW, W(div64((int32_t)a, (int32_t)b)))
OP_ALU(DIVUW, W((uint32_t)b ? (uint32_t)a / (uint32_t)b : UINT32_MAX))
OP_ALU(REMW, W(rem64((int32_t)a, (int32_t)b)))
OP_ALU(REMUW, W((uint32_t)b ? (uint32_t)a % (uint32_t)b : (uint32_t)a))

/* Memory: one compare for the first window, everything else at slow_load and slow_store. */
#define OP_LOAD(name, type) \
	OP(name) { \
		uint64_t a = x[r->rs1] + r->imm, off = a - h->fast.base; \
		type v; \
		if (unlikely(off >= h->fast.rlim)) { \
			addr = a; \
			op = RV_OP_##name; \
			len = LEN; \
			goto slow_load; \
		} \
		memcpy(&v, h->fast.host + off, sizeof(v)); \
		x[r->rd] = (uint64_t)(int64_t)v; \
		NEXT(); \
	}

#define OP_STORE(name, type) \
	OP(name) { \
		uint64_t a = x[r->rs1] + r->imm, off = a - h->fast.base; \
		type v = (type)x[r->rd]; \
		if (unlikely(off >= h->fast.wlim)) { \
			addr = a; \
			value = x[r->rd]; \
			size = sizeof(v); \
			op = RV_OP_##name; \
			len = LEN; \
			goto slow_store; \
		} \
		memcpy(h->fast.host + off, &v, sizeof(v)); \
		NEXT(); \
	}

OP_LOAD(LB, int8_t)
OP_LOAD(LH, int16_t)
OP_LOAD(LW, int32_t)
OP_LOAD(LD, int64_t)
OP_LOAD(LBU, uint8_t)
OP_LOAD(LHU, uint16_t)
OP_LOAD(LWU, uint32_t)
OP_STORE(SB, uint8_t)
OP_STORE(SH, uint16_t)
OP_STORE(SW, uint32_t)
OP_STORE(SD, uint64_t)

#define OP_FLOAD(name, type, box) \
	OP(name) { \
		uint64_t a = x[r->rs1] + r->imm, off = a - h->fast.base; \
		type v; \
		FP_ON(); \
		if (unlikely(off >= h->fast.rlim)) { \
			addr = a; \
			op = RV_OP_##name; \
			len = LEN; \
			goto slow_fload; \
		} \
		memcpy(&v, h->fast.host + off, sizeof(v)); \
		h->s.f[r->rd] = box(v); \
		NEXT(); \
	}

#define OP_FSTORE(name, type) \
	OP(name) { \
		uint64_t a = x[r->rs1] + r->imm, off = a - h->fast.base; \
		type v = (type)h->s.f[r->rd]; \
		FP_ON(); \
		if (unlikely(off >= h->fast.wlim)) { \
			addr = a; \
			value = v; \
			size = sizeof(v); \
			op = RV_OP_##name; \
			len = LEN; \
			goto slow_store; \
		} \
		memcpy(h->fast.host + off, &v, sizeof(v)); \
		NEXT(); \
	}

OP_FLOAD(FLH, uint16_t, rv_box16)
OP_FLOAD(FLW, uint32_t, rv_box32)
OP_FLOAD(FLD, uint64_t, rv_box64)
OP_FSTORE(FSH, uint16_t)
OP_FSTORE(FSW, uint32_t)
OP_FSTORE(FSD, uint64_t)

#define OP_ATOMIC(name, amo_op, bytes) \
	OP(name) { \
		amo = amo_op; \
		size = bytes; \
		op = RV_OP_##name; \
		len = LEN; \
		goto atomic; \
	}

#define OP_ATOMICS(name, amo_op) OP_ATOMIC(name##_W, amo_op, 4) OP_ATOMIC(name##_D, amo_op, 8)

OP_ATOMICS(LR, RV_AMO_LR)
OP_ATOMICS(SC, RV_AMO_SC)
OP_ATOMICS(AMOSWAP, RV_AMO_SWAP)
OP_ATOMICS(AMOADD, RV_AMO_ADD)
OP_ATOMICS(AMOXOR, RV_AMO_XOR)
OP_ATOMICS(AMOAND, RV_AMO_AND)
OP_ATOMICS(AMOOR, RV_AMO_OR)
OP_ATOMICS(AMOMIN, RV_AMO_MIN)
OP_ATOMICS(AMOMAX, RV_AMO_MAX)
OP_ATOMICS(AMOMINU, RV_AMO_MINU)
OP_ATOMICS(AMOMAXU, RV_AMO_MAXU)

/* Branches: rs2 is in rd; the _P form stays on the page and has its displacement in slots. */
#define OP_BRANCH(name, cond) \
	OP(name##_P) { \
		uint64_t a = x[r->rs1], b = x[r->rd]; \
		if (cond) { \
			cyc += RV_COST_TAKEN; \
			r += r->imm; \
		} else { \
			r += LEN / 2; \
		} \
		ENTER(); \
	} \
	OP(name) { \
		uint64_t a = x[r->rs1], b = x[r->rd]; \
		if (cond) { \
			cyc += RV_COST_TAKEN; \
			target = PC() + r->imm; \
			goto other_page; \
		} \
		r += LEN / 2; \
		ENTER(); \
	}

OP_BRANCH(BEQ, a == b)
OP_BRANCH(BNE, a != b)
OP_BRANCH(BLT, (int64_t)a < (int64_t)b)
OP_BRANCH(BGE, (int64_t)a >= (int64_t)b)
OP_BRANCH(BLTU, a < b)
OP_BRANCH(BGEU, a >= b)

OP(JAL_P) {
	x[r->rd] = PC() + LEN;
	r += r->imm;
	ENTER();
}
OP(J_P) {
	r += r->imm;
	ENTER();
}
OP(JAL) {
	target = PC() + r->imm_u;
	x[r->rd_u] = PC() + LEN;
	goto other_page;
}
OP(JALR) {
	target = (x[r->rs1] + r->imm) & ~UINT64_C(1);
	x[r->rd] = PC() + LEN;
	goto jump;
}

OP(CCSR_R) {
	if (unlikely(h->custom_csr_hook >> r->imm & 1))
		goto csr;
	x[r->rd] = h->s.custom_csr[r->imm];
	NEXT();
}
OP(CCSR_W) {
	uint64_t old;

	if (unlikely(h->custom_csr_hook >> r->imm & 1))
		goto csr;
	old = h->s.custom_csr[r->imm];
	h->s.custom_csr[r->imm] = x[r->rs1];
	x[r->rd] = old;
	NEXT();
}
OP(CCSR_WI) {
	uint64_t old;

	if (unlikely(h->custom_csr_hook >> r->imm & 1))
		goto csr;
	old = h->s.custom_csr[r->imm];
	h->s.custom_csr[r->imm] = r->rs1;
	x[r->rd] = old;
	NEXT();
}

OP(FENCE) {
	NEXT();
}
OP(FENCE_I) {
	goto fence_i;
}
OP(CSRRW) {
	goto csr;
}
OP(CSRRS) {
	goto csr;
}
OP(CSRRC) {
	goto csr;
}
OP(CSRRWI) {
	goto csr;
}
OP(CSRRSI) {
	goto csr;
}
OP(CSRRCI) {
	goto csr;
}
OP(VECTOR) {
	goto vector;
}
OP(VECTOR_MEM) {
	goto vector_mem;
}
OP(CUSTOM0) {
	goto custom0;
}
OP(ECALL) {
	goto ecall;
}
OP(EBREAK) {
	goto ebreak;
}
OP(MRET) {
	goto mret;
}
OP(WFI) {
	goto wfi;
}

#undef OP_ALU
#undef OP_IMM
#undef OP_LOAD
#undef OP_STORE
#undef OP_FLOAD
#undef OP_FSTORE
#undef OP_ATOMIC
#undef OP_ATOMICS
#undef OP_BRANCH
#undef W

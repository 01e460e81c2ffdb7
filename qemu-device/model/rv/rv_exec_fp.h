/* SPDX-License-Identifier: MIT */
/*
 * What the instructions of F, D and Zfh do that exist in 4 bytes only. Included once by rv_run(),
 * with LEN 4. Loads and stores are in rv_exec_ops.h.
 *
 * No include guard: see above.
 */

/* The rounding mode; 5 and 6 in the instruction were sorted out by the decoder. */
#define FP_RM() do { \
	rm = r->rs3_rm >> 5; \
	if (rm == RV_RM_DYN) { \
		rm = h->s.frm; \
		if (unlikely(rm > RV_RM_RMM)) \
			goto illegal; \
	} \
} while (0)

#define FP_OP(name, stmt) \
	OP4(name) { \
		FP_ON(); \
		stmt; \
		NEXT(); \
	}

#define FP_OP_RM(name, stmt) \
	OP4(name) { \
		unsigned int rm; \
		FP_ON(); \
		FP_RM(); \
		stmt; \
		NEXT(); \
	}

#define FLAGS	(&h->s.fflags)
#define W(v)	((uint64_t)(int64_t)(int32_t)(uint32_t)(v))

/* S: suffix, N: width, M: suffix of moves */
#define FP_FORMAT(S, N, M) \
	FP_OP_RM(FMADD_##S, SET(N, rv_f##N##_fma(A(N), B(N), C(N), rm, FLAGS))) \
	FP_OP_RM(FMSUB_##S, SET(N, rv_f##N##_fma(A(N), B(N), C(N) ^ RV_F##N##_SIGN, rm, FLAGS))) \
	FP_OP_RM(FNMSUB_##S, SET(N, rv_f##N##_fma(A(N) ^ RV_F##N##_SIGN, B(N), C(N), rm, FLAGS))) \
	FP_OP_RM(FNMADD_##S, SET(N, rv_f##N##_fma(A(N) ^ RV_F##N##_SIGN, B(N), \
						  C(N) ^ RV_F##N##_SIGN, rm, FLAGS))) \
	FP_OP_RM(FADD_##S, SET(N, rv_f##N##_add(A(N), B(N), rm, FLAGS))) \
	FP_OP_RM(FSUB_##S, SET(N, rv_f##N##_sub(A(N), B(N), rm, FLAGS))) \
	FP_OP_RM(FMUL_##S, SET(N, rv_f##N##_mul(A(N), B(N), rm, FLAGS))) \
	FP_OP_RM(FDIV_##S, SET(N, rv_f##N##_div(A(N), B(N), rm, FLAGS))) \
	FP_OP_RM(FSQRT_##S, SET(N, rv_f##N##_sqrt(A(N), rm, FLAGS))) \
	FP_OP(FSGNJ_##S, SET(N, (A(N) & ~RV_F##N##_SIGN) | (B(N) & RV_F##N##_SIGN))) \
	FP_OP(FSGNJN_##S, SET(N, (A(N) & ~RV_F##N##_SIGN) | (~B(N) & RV_F##N##_SIGN))) \
	FP_OP(FSGNJX_##S, SET(N, A(N) ^ (B(N) & RV_F##N##_SIGN))) \
	FP_OP(FMIN_##S, SET(N, rv_f##N##_min(A(N), B(N), FLAGS))) \
	FP_OP(FMAX_##S, SET(N, rv_f##N##_max(A(N), B(N), FLAGS))) \
	FP_OP(FLE_##S, x[r->rd] = rv_f##N##_le(A(N), B(N), FLAGS)) \
	FP_OP(FLT_##S, x[r->rd] = rv_f##N##_lt(A(N), B(N), FLAGS)) \
	FP_OP(FEQ_##S, x[r->rd] = rv_f##N##_eq(A(N), B(N), FLAGS)) \
	FP_OP(FCLASS_##S, x[r->rd] = UINT64_C(1) << rv_f##N##_classify(A(N))) \
	FP_OP(FMV_X_##M, x[r->rd] = (int64_t)(int##N##_t)h->s.f[r->rs1]) \
	FP_OP(FMV_##M##_X, SET(N, x[r->rs1])) \
	FP_OP_RM(FCVT_W_##S, x[r->rd] = rv_f##N##_to_int(A(N), true, 32, rm, FLAGS)) \
	FP_OP_RM(FCVT_WU_##S, x[r->rd] = W(rv_f##N##_to_int(A(N), false, 32, rm, FLAGS))) \
	FP_OP_RM(FCVT_L_##S, x[r->rd] = rv_f##N##_to_int(A(N), true, 64, rm, FLAGS)) \
	FP_OP_RM(FCVT_LU_##S, x[r->rd] = rv_f##N##_to_int(A(N), false, 64, rm, FLAGS)) \
	FP_OP_RM(FCVT_##S##_W, SET(N, rv_f##N##_from_int(W(x[r->rs1]), true, rm, FLAGS))) \
	FP_OP_RM(FCVT_##S##_WU, SET(N, rv_f##N##_from_int((uint32_t)x[r->rs1], false, rm, FLAGS))) \
	FP_OP_RM(FCVT_##S##_L, SET(N, rv_f##N##_from_int(x[r->rs1], true, rm, FLAGS))) \
	FP_OP_RM(FCVT_##S##_LU, SET(N, rv_f##N##_from_int(x[r->rs1], false, rm, FLAGS)))

#define A(N)		rv_unbox##N(h->s.f[r->rs1])
#define B(N)		rv_unbox##N(h->s.f[r->rs2])
#define C(N)		rv_unbox##N(h->s.f[r->rs3_rm & 31])
#define SET(N, v)	(h->s.f[r->rd] = rv_box##N(v))

FP_FORMAT(S, 32, W)
FP_FORMAT(D, 64, D)
FP_FORMAT(H, 16, H)

FP_OP_RM(FCVT_S_D, SET(32, rv_f64_to_f32(A(64), rm, FLAGS)))
FP_OP_RM(FCVT_D_S, SET(64, rv_f32_to_f64(A(32), FLAGS)))
FP_OP_RM(FCVT_S_H, SET(32, rv_f16_to_f32(A(16), FLAGS)))
FP_OP_RM(FCVT_H_S, SET(16, rv_f32_to_f16(A(32), rm, FLAGS)))
FP_OP_RM(FCVT_D_H, SET(64, rv_f16_to_f64(A(16), FLAGS)))
FP_OP_RM(FCVT_H_D, SET(16, rv_f64_to_f16(A(64), rm, FLAGS)))

#undef FP_FORMAT
#undef FP_OP
#undef FP_OP_RM
#undef FP_RM
#undef FLAGS
#undef W
#undef A
#undef B
#undef C
#undef SET

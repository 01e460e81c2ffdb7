/* SPDX-License-Identifier: MIT */
/*
 * What the files of the vector unit share (rv_vec*.c).
 *
 * An elementwise instruction is a shape (how wide its operands are, where they may lie) and a
 * kernel (a loop over elements, one for each SEW). The kernel reads registers in place and writes a
 * buffer; only then do active elements go to the destination, so overlapping operands need no
 * thought and the loops have nothing in the way of the host's vector instructions.
 *
 * Tail and masked-off elements keep their value, whatever vta and vma say, which "agnostic" allows
 * and which makes results the same everywhere. Results that are masks likewise.
 */
#ifndef MTIA_RV_VEC_H
#define MTIA_RV_VEC_H

#include "rv_internal.h"

#define RV_VEC_GROUP	(8 * RV_VLENB)		/* bytes of the largest register group */

/* Elements are read from the register file, which is bytes. */
typedef uint8_t  __attribute__((may_alias)) rv_u8;
typedef uint16_t __attribute__((may_alias)) rv_u16;
typedef uint32_t __attribute__((may_alias)) rv_u32;
typedef uint64_t __attribute__((may_alias)) rv_u64;

/* What a kernel sees. Elements 0..n-1 of everything are readable, and d is writable. */
struct rv_vec_args {
	void *d;		/* results; of compares and carries one byte each, 0 or 1 */
	const void *va;		/* vs2 */
	const void *vb;		/* vs1, or the scalar n times */
	const void *vc;		/* old vd; of instructions with carry a byte each, 0 or 1 */
	unsigned int start, n;
	/*
	 * For kernels that raise flags: bit i says whether element i is active, NULL: all are.
	 * They compute elements from start on that are active and no others.
	 */
	const uint8_t *mask;
	uint32_t *vxsat;
	uint32_t *fflags;
	enum rv_rm rm;		/* of floating point */
	unsigned int vxrm;
};

typedef void rv_vec_kernel(struct rv_vec_args *args);

static inline bool rv_vec_bit(const uint8_t *mask, unsigned int i)
{
	return mask[i / 8] >> i % 8 & 1;
}

static inline bool rv_vec_active(const struct rv_vec_args *args, unsigned int i)
{
	return !args->mask || rv_vec_bit(args->mask, i);
}

/*
 * Shapes. S(name, d, a, b, flags): log2 of the ratio of the operand's element width to SEW.
 * Those from SETVL on are no elementwise operations: they have code of their own.
 */
#define RV_VEC_SHAPES(S)				\
	S(SAME,		0, 0, 0, 0)			\
	S(CARRY,	0, 0, 0, RV_VEC_CARRY)		\
	S(MCARRY,	0, 0, 0, RV_VEC_CARRY | RV_VEC_TO_MASK) \
	S(COMPARE,	0, 0, 0, RV_VEC_TO_MASK)	\
	S(MULADD,	0, 0, 0, RV_VEC_READS_VD)	\
	S(WIDE,		1, 0, 0, 0)			\
	S(WIDE_W,	1, 1, 0, 0)			\
	S(WIDE_ADD,	1, 0, 0, RV_VEC_READS_VD)	\
	S(NARROW,	0, 1, 0, 0)			\
	S(EXT2,		0, -1, 0, 0)			\
	S(EXT4,		0, -2, 0, 0)			\
	S(EXT8,		0, -3, 0, 0)			\
	S(FSAME,	0, 0, 0, RV_VEC_FLOAT)		\
	S(FMERGE,	0, 0, 0, RV_VEC_FLOAT | RV_VEC_CARRY) \
	S(FCOMPARE,	0, 0, 0, RV_VEC_FLOAT | RV_VEC_TO_MASK) \
	S(FMULADD,	0, 0, 0, RV_VEC_FLOAT | RV_VEC_READS_VD) \
	S(FWIDE,	1, 0, 0, RV_VEC_FLOAT)		\
	S(FWIDE_W,	1, 1, 0, RV_VEC_FLOAT)		\
	S(FWIDE_ADD,	1, 0, 0, RV_VEC_FLOAT | RV_VEC_READS_VD) \
	S(FNARROW,	0, 1, 0, RV_VEC_FLOAT)		\
	S(SETVL,	0, 0, 0, RV_VEC_OTHER)		\
	S(RED,		0, 0, 0, RV_VEC_OTHER)		\
	S(WRED,		1, 0, 1, RV_VEC_OTHER)		\
	S(FRED,		0, 0, 0, RV_VEC_OTHER | RV_VEC_FLOAT) \
	S(FWRED,	1, 0, 1, RV_VEC_OTHER | RV_VEC_FLOAT) \
	S(LOGIC,	0, 0, 0, RV_VEC_OTHER)		\
	S(CPOP,		0, 0, 0, RV_VEC_OTHER)		\
	S(FIRST,	0, 0, 0, RV_VEC_OTHER)		\
	S(SETFIRST,	0, 0, 0, RV_VEC_OTHER)		\
	S(IOTA,		0, 0, 0, RV_VEC_OTHER)		\
	S(ID,		0, 0, 0, RV_VEC_OTHER)		\
	S(TO_X,		0, 0, 0, RV_VEC_OTHER)		\
	S(FROM_X,	0, 0, 0, RV_VEC_OTHER)		\
	S(TO_F,		0, 0, 0, RV_VEC_OTHER)		\
	S(FROM_F,	0, 0, 0, RV_VEC_OTHER)		\
	S(SLIDEUP,	0, 0, 0, RV_VEC_OTHER)		\
	S(SLIDEDOWN,	0, 0, 0, RV_VEC_OTHER)		\
	S(SLIDE1UP,	0, 0, 0, RV_VEC_OTHER)		\
	S(SLIDE1DOWN,	0, 0, 0, RV_VEC_OTHER)		\
	S(FSLIDE1UP,	0, 0, 0, RV_VEC_OTHER)		\
	S(FSLIDE1DOWN,	0, 0, 0, RV_VEC_OTHER)		\
	S(GATHER,	0, 0, 0, RV_VEC_OTHER)		\
	S(GATHER16,	0, 0, 0, RV_VEC_OTHER)		\
	S(GATHER_ONE,	0, 0, 0, RV_VEC_OTHER)		\
	S(COMPRESS,	0, 0, 0, RV_VEC_OTHER)		\
	S(MOVE_WHOLE,	0, 0, 0, RV_VEC_OTHER)		\
	S(MEM_UNIT,	0, 0, 0, RV_VEC_MEMORY)		\
	S(MEM_FF,	0, 0, 0, RV_VEC_MEMORY)		\
	S(MEM_STRIDE,	0, 0, 0, RV_VEC_MEMORY)		\
	S(MEM_INDEX,	0, 0, 0, RV_VEC_MEMORY)		\
	S(MEM_WHOLE,	0, 0, 0, RV_VEC_MEMORY)		\
	S(MEM_MASK,	0, 0, 0, RV_VEC_MEMORY)

enum rv_vec_shape {
#define S(name, d, a, b, flags) RV_SHAPE_##name,
	RV_VEC_SHAPES(S)
#undef S
};

enum {
	RV_VEC_CARRY	= 1,	/* v0 holds carries unless vm; nothing is masked */
	RV_VEC_TO_MASK	= 2,	/* the destination is a mask */
	RV_VEC_READS_VD	= 4,
	RV_VEC_FLOAT	= 8,	/* needs mstatus.FS and a rounding mode */
	RV_VEC_OTHER	= 16,
	RV_VEC_MEMORY	= 32,
};

/* An instruction about to be executed: its fields and the configuration it meets. */
struct rv_vec {
	struct rv_hart *h;
	struct rv_state *s;
	uint32_t insn;
	unsigned int op;		/* RV_OP_V* */
	enum rv_vec_shape shape;
	unsigned int vd, vs1, vs2;
	bool vm;			/* not masked */
	unsigned int sew;		/* log2 of bytes, 0..3 */
	int lmul;			/* log2, -3..3 */
	unsigned int vl, start, vlmax;
};

static inline uint8_t *rv_vec_reg(const struct rv_vec *v, unsigned int reg)
{
	return v->s->v[reg];
}

/* The mask of the instruction, NULL if it has none. */
static inline const uint8_t *rv_vec_mask(const struct rv_vec *v)
{
	return v->vm ? NULL : v->s->v[0];
}

/* log2 of SEW in bytes, and of LMUL, in a vtype that is not vill. */
static inline unsigned int rv_vtype_sew(uint64_t vtype)
{
	return vtype >> 3 & 7;
}

static inline int rv_vtype_lmul(uint64_t vtype)
{
	return (int)(vtype & 7) - (vtype & 4 ? 8 : 0);
}

/* Elements that a register group holds. */
static inline unsigned int rv_vlmax(unsigned int sew, int lmul)
{
	unsigned int bytes = lmul < 0 ? RV_VLENB >> -lmul : RV_VLENB << lmul;

	return bytes >> sew;
}

/* Registers of a group. */
static inline unsigned int rv_vec_regs(int emul)
{
	return emul > 0 ? 1u << emul : 1;
}

/* Is EMUL possible, and may a group of it start at @reg? */
static inline bool rv_vec_group(unsigned int reg, int emul)
{
	return emul >= -3 && emul <= 3 && !(reg & (rv_vec_regs(emul) - 1));
}

/*
 * rv_vec_overlap_ok() - may destination and source lie like this (section 5.2)? They don't overlap,
 * or elements are equally wide, or the narrower ones are at the end that is read before it is
 * written.
 * @dw, @sw: log2 of element widths, the same unit for both; a mask's is less than any other.
 */
bool rv_vec_overlap_ok(unsigned int vd, int demul, int dw, unsigned int vs, int semul, int sw);

enum rv_vec_shape rv_vec_shape_of(unsigned int op);

/* rv_vec_commit() - results of active elements from the buffer to the destination. */
void rv_vec_commit(const struct rv_vec *v, unsigned int width, const void *results);

/* rv_vec_commit_mask() - the same for results that are bits, from a buffer of bytes. */
void rv_vec_commit_mask(const struct rv_vec *v, const uint8_t *results);

/*
 * rv_vec_float_on() - FP is on and frm is a mode: else every instruction of floating point is
 * illegal. It is dirty from now on, like FP_ON of the scalar instructions.
 */
static inline bool rv_vec_float_on(struct rv_state *s)
{
	if (!(s->mstatus & RV_MSTATUS_FS) || s->frm > RV_RM_RMM)
		return false;
	s->mstatus |= RV_MSTATUS_FS;
	return true;
}

/* f[rs1] as an element: what is not boxed is a NaN. */
static inline uint64_t rv_vec_scalar_f(const struct rv_vec *v)
{
	uint64_t f = v->s->f[v->vs1];

	return v->sew == 1 ? rv_unbox16(f) : v->sew == 2 ? rv_unbox32(f) : f;
}

/* Estimates of 1 / sqrt(a) and 1 / a to 7 bits (section 13.9 and 13.10), rv_vec_estimate.c. */
struct rv_vec_float {
	unsigned int exp_bits, frac_bits;
	uint64_t nan;
};
uint64_t rv_vec_rsqrt7(const struct rv_vec_float *format, uint64_t a, uint32_t *flags);
uint64_t rv_vec_rec7(const struct rv_vec_float *format, uint64_t a, enum rv_rm rm,
		     uint32_t *flags);

/*
 * Groups of instructions in files of their own. False: illegal. The caller has checked VS and vill,
 * and sets vstart to 0 and VS to dirty afterwards.
 */
bool rv_vec_mask_op(struct rv_vec *v, rv_vec_kernel *kernel);
bool rv_vec_reduce(struct rv_vec *v, rv_vec_kernel *kernel);
bool rv_vec_permute(struct rv_vec *v);

/*
 * rv_vec_cost() - cycles on top of the row's cost, for an instruction that went through.
 * @width: log2 of the widest operand's bytes
 * Depends on vl, not on values, mask or vstart: resuming costs nothing but what was not yet paid.
 */
unsigned int rv_vec_cost(unsigned int op, unsigned int vl, unsigned int width);

#endif /* MTIA_RV_VEC_H */

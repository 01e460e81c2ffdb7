// SPDX-License-Identifier: MIT
/* Control and status registers. A register not listed here is an illegal instruction. */
#include "rv_internal.h"

enum {
	CSR_FFLAGS	= 0x001,
	CSR_FRM		= 0x002,
	CSR_FCSR	= 0x003,
	CSR_VSTART	= 0x008,
	CSR_VXSAT	= 0x009,
	CSR_VXRM	= 0x00a,
	CSR_VCSR	= 0x00f,
	CSR_MSTATUS	= 0x300,
	CSR_MISA	= 0x301,
	CSR_MIE		= 0x304,
	CSR_MTVEC	= 0x305,
	CSR_MSCRATCH	= 0x340,
	CSR_MEPC	= 0x341,
	CSR_MCAUSE	= 0x342,
	CSR_MTVAL	= 0x343,
	CSR_MIP		= 0x344,
	CSR_MCYCLE	= 0xb00,
	CSR_MINSTRET	= 0xb02,
	CSR_CYCLE	= 0xc00,
	CSR_TIME	= 0xc01,
	CSR_INSTRET	= 0xc02,
	CSR_VL		= 0xc20,
	CSR_VTYPE	= 0xc21,
	CSR_VLENB	= 0xc22,
	CSR_MVENDORID	= 0xf11,
	CSR_MARCHID	= 0xf12,
	CSR_MIMPID	= 0xf13,
	CSR_MHARTID	= 0xf14,
};

#define MISA_RV64	(UINT64_C(2) << 62)
#define MISA_EXT(c)	(UINT64_C(1) << ((c) - 'A'))
#define MSTATUS_MPP	(UINT64_C(3) << 11)
#define MSTATUS_SD	(UINT64_C(1) << 63)	/* FS or VS is dirty */
#define MSTATUS_WRITABLE (RV_MSTATUS_MIE | RV_MSTATUS_MPIE | RV_MSTATUS_FS)
#define MIE_WRITABLE	(RV_MIP_MSIP | RV_MIP_MTIP | RV_MIP_MEIP | ~UINT64_C(0xffff))

/* csr[11:10] == 3: read only */
static bool read_only(unsigned int csr)
{
	return csr >> 10 == 3;
}

static bool is_custom(unsigned int csr)
{
	return (csr >= 0x7c0 && csr <= 0x8ff) || (csr >= 0xcc0 && csr <= 0xcff);
}

static enum rv_result custom_read(struct rv_hart *h, unsigned int csr, uint64_t *val,
				  struct rv_exc *exc)
{
	unsigned int i = csr - RV_CUSTOM_CSR_BASE;

	if (i < RV_NR_CUSTOM_CSR && !(h->custom_csr_hook >> i & 1)) {
		*val = h->s.custom_csr[i];
		return RV_OK;
	}
	return h->bus->csr_read(h->ctx, csr, val, exc);
}

static enum rv_result custom_write(struct rv_hart *h, unsigned int csr, uint64_t val,
				   struct rv_exc *exc)
{
	unsigned int i = csr - RV_CUSTOM_CSR_BASE;

	if (i < RV_NR_CUSTOM_CSR && !(h->custom_csr_hook >> i & 1)) {
		h->s.custom_csr[i] = val;
		return RV_OK;
	}
	return h->bus->csr_write(h->ctx, csr, val, exc);
}

static bool csr_read(const struct rv_hart *h, unsigned int csr, uint64_t *val)
{
	const struct rv_state *s = &h->s;

	switch (csr) {
	case CSR_FFLAGS:
		*val = s->fflags;
		return s->mstatus & RV_MSTATUS_FS;
	case CSR_FRM:
		*val = s->frm;
		return s->mstatus & RV_MSTATUS_FS;
	case CSR_FCSR:
		*val = s->frm << 5 | s->fflags;
		return s->mstatus & RV_MSTATUS_FS;
	case CSR_VSTART:
		*val = s->vstart;
		return s->mstatus & RV_MSTATUS_VS;
	case CSR_VXSAT:
		*val = s->vxsat;
		return s->mstatus & RV_MSTATUS_VS;
	case CSR_VXRM:
		*val = s->vxrm;
		return s->mstatus & RV_MSTATUS_VS;
	case CSR_VCSR:
		*val = s->vxrm << 1 | s->vxsat;
		return s->mstatus & RV_MSTATUS_VS;
	case CSR_VL:
		*val = s->vl;
		return s->mstatus & RV_MSTATUS_VS;
	case CSR_VTYPE:
		*val = s->vtype;
		return s->mstatus & RV_MSTATUS_VS;
	case CSR_VLENB:
		*val = RV_VLENB;
		return s->mstatus & RV_MSTATUS_VS;
	case CSR_MSTATUS:
		*val = s->mstatus | MSTATUS_MPP;
		if ((s->mstatus & RV_MSTATUS_FS) == RV_MSTATUS_FS ||
		    (s->mstatus & RV_MSTATUS_VS) == RV_MSTATUS_VS)
			*val |= MSTATUS_SD;
		return true;
	case CSR_MISA:
		*val = MISA_RV64 | MISA_EXT('I') | MISA_EXT('M') | MISA_EXT('A') | MISA_EXT('C') |
		       MISA_EXT('F') | MISA_EXT('D') | (h->vector ? MISA_EXT('V') : 0);
		return true;
	case CSR_MIE:
		*val = s->mie;
		return true;
	case CSR_MTVEC:
		*val = s->mtvec;
		return true;
	case CSR_MSCRATCH:
		*val = s->mscratch;
		return true;
	case CSR_MEPC:
		*val = s->mepc;
		return true;
	case CSR_MCAUSE:
		*val = s->mcause;
		return true;
	case CSR_MTVAL:
		*val = s->mtval;
		return true;
	case CSR_MIP:
		*val = s->mip;
		return true;
	case CSR_MCYCLE:
	case CSR_CYCLE:
		*val = s->cycle + s->mcycle_off;
		return true;
	case CSR_TIME:
		*val = s->cycle;	/* one clock for both, and guests can't set this one */
		return true;
	case CSR_MINSTRET:
	case CSR_INSTRET:
		*val = s->instret + s->minstret_off;
		return true;
	case CSR_MVENDORID:
		*val = h->mvendorid;
		return true;
	case CSR_MARCHID:
		*val = h->marchid;
		return true;
	case CSR_MIMPID:
		*val = h->mimpid;
		return true;
	case CSR_MHARTID:
		*val = h->hartid;
		return true;
	default:
		return false;
	}
}

/* Fields we don't have keep their value, as WARL allows. */
static void csr_write(struct rv_hart *h, unsigned int csr, uint64_t val)
{
	struct rv_state *s = &h->s;

	if (csr <= CSR_FCSR)
		s->mstatus |= RV_MSTATUS_FS;
	else if (csr <= CSR_VCSR)
		s->mstatus |= RV_MSTATUS_VS;
	switch (csr) {
	case CSR_FFLAGS:
		s->fflags = val & 0x1f;
		break;
	case CSR_FRM:
		s->frm = val & 7;
		break;
	case CSR_FCSR:
		s->fflags = val & 0x1f;
		s->frm = val >> 5 & 7;
		break;
	case CSR_VSTART:
		s->vstart = val & (RV_VLEN - 1);
		s->vfield = 0;
		break;
	case CSR_VXSAT:
		s->vxsat = val & 1;
		break;
	case CSR_VXRM:
		s->vxrm = val & 3;
		break;
	case CSR_VCSR:
		s->vxsat = val & 1;
		s->vxrm = val >> 1 & 3;
		break;
	case CSR_MSTATUS:
		s->mstatus = val & (MSTATUS_WRITABLE | (h->vector ? RV_MSTATUS_VS : 0));
		break;
	case CSR_MIE:
		s->mie = val & MIE_WRITABLE;
		break;
	case CSR_MTVEC:
		s->mtvec = val & ~UINT64_C(2);
		break;
	case CSR_MSCRATCH:
		s->mscratch = val;
		break;
	case CSR_MEPC:
		s->mepc = val & ~UINT64_C(1);
		break;
	case CSR_MCAUSE:
		s->mcause = val;
		break;
	case CSR_MTVAL:
		s->mtval = val;
		break;
	case CSR_MCYCLE:
		s->mcycle_off = val - s->cycle;
		break;
	case CSR_MINSTRET:
		/* this instruction's own retirement does not count on top of what it wrote */
		s->minstret_off = val - (s->instret + 1);
		break;
	default:
		break;	/* misa, mip: writes have no effect */
	}
}

enum rv_result rv_csr_insn(struct rv_hart *h, uint32_t insn, struct rv_exc *exc)
{
	unsigned int csr = insn >> 20, funct3 = rv_field(insn, 12, 3), rd = rv_rd(insn);
	uint64_t src = funct3 & 4 ? rv_rs1(insn) : h->s.x[rv_rs1(insn)];
	bool swap = (funct3 & 3) == 1;
	bool reads = !swap || rd, writes = swap || rv_rs1(insn);
	enum rv_result res;
	uint64_t old = 0, val;

	*exc = (struct rv_exc){ .cause = RV_CAUSE_ILLEGAL, .tval = insn };
	if (writes && read_only(csr))
		return RV_FAULT;
	if (is_custom(csr)) {
		if (reads) {
			res = custom_read(h, csr, &old, exc);
			if (res != RV_OK)
				return res;
		}
	} else if (!csr_read(h, csr, &old)) {
		return RV_FAULT;
	}

	if (writes) {
		val = swap ? src : (funct3 & 3) == 2 ? old | src : old & ~src;
		if (is_custom(csr)) {
			*exc = (struct rv_exc){ .cause = RV_CAUSE_ILLEGAL, .tval = insn };
			res = custom_write(h, csr, val, exc);
			if (res != RV_OK)
				return res;
		} else {
			csr_write(h, csr, val);
		}
	}
	if (rd)
		h->s.x[rd] = old;
	return RV_OK;
}

bool rv_csr_peek(const struct rv_hart *h, unsigned int csr, uint64_t *val)
{
	unsigned int i = csr - RV_CUSTOM_CSR_BASE;

	if (!is_custom(csr))
		return csr_read(h, csr, val);
	if (i >= RV_NR_CUSTOM_CSR || (h->custom_csr_hook >> i & 1))
		return false;
	*val = h->s.custom_csr[i];
	return true;
}

bool rv_csr_poke(struct rv_hart *h, unsigned int csr, uint64_t val)
{
	uint64_t old;

	if (read_only(csr) || !rv_csr_peek(h, csr, &old))
		return false;
	if (is_custom(csr))
		h->s.custom_csr[csr - RV_CUSTOM_CSR_BASE] = val;
	else
		csr_write(h, csr, val);
	return true;
}

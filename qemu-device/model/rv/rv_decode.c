// SPDX-License-Identifier: MIT
/* From instruction bytes to records. */
#include "rv_internal.h"

/* x0 as a destination is register 32, which nobody reads. */
static uint8_t dest(uint32_t insn)
{
	unsigned int rd = rv_rd(insn);

	return rd ? rd : 32;
}

static bool on_page(int offset, int32_t displacement)
{
	return offset >= 0 && offset + displacement >= 0 &&
	       offset + displacement < (int)RV_PAGE_SIZE;
}

/* Reads and writes of the CSRs that struct rv_state holds need no lookup. */
static unsigned int decode_csr(struct rv_rec *rec, uint32_t insn, enum rv_op op)
{
	unsigned int index = (insn >> 20) - RV_CUSTOM_CSR_BASE;

	if (index >= RV_NR_CUSTOM_CSR)
		return op;
	rec->rd = dest(insn);
	rec->rs1 = rv_rs1(insn);
	rec->imm = index;
	switch (op) {
	case RV_OP_CSRRW:
		return RV_OP_CCSR_W;
	case RV_OP_CSRRWI:
		return RV_OP_CCSR_WI;
	case RV_OP_CSRRS:
	case RV_OP_CSRRC:
	case RV_OP_CSRRSI:
	case RV_OP_CSRRCI:
		return rec->rs1 ? (unsigned int)op : RV_OP_CCSR_R;
	default:
		return op;
	}
}

static bool to_x(enum rv_format format)
{
	return format == RV_FMT_XF || format == RV_FMT_XF2 || format == RV_FMT_XFRM;
}

bool rv_decode_insn(struct rv_rec *rec, uint32_t insn, unsigned int len, int offset,
		    const void *const *labels)
{
	enum rv_op op = rv_lookup(insn);
	unsigned int exec = op;
	int32_t imm;

	*rec = (struct rv_rec){ .cost = RV_COST_BASE, .count = 1 };
	if (op == RV_OP_UNKNOWN) {
		rec->label = rv_handler(labels, RV_OP_ILLEGAL, len);
		return true;
	}
	rec->cost = rv_insns[op].cost;

	switch ((enum rv_format)rv_insns[op].format) {
	case RV_FMT_R:
	case RV_FMT_AMO:
	case RV_FMT_LR:
	case RV_FMT_CUST:
		rec->rd = dest(insn);
		rec->rs1 = rv_rs1(insn);
		rec->rs2 = rv_rs2(insn);
		break;
	case RV_FMT_I:
	case RV_FMT_L:
	case RV_FMT_JR:
		rec->rd = dest(insn);
		rec->rs1 = rv_rs1(insn);
		rec->imm = rv_imm_i(insn);
		break;
	case RV_FMT_SH6:
	case RV_FMT_SH5:
		rec->rd = dest(insn);
		rec->rs1 = rv_rs1(insn);
		rec->imm = rv_field(insn, 20, 6);
		break;
	case RV_FMT_S:
		rec->rd = rv_rs2(insn);
		rec->rs1 = rv_rs1(insn);
		rec->imm = rv_imm_s(insn);
		break;
	case RV_FMT_B:
		rec->rd = rv_rs2(insn);
		rec->rs1 = rv_rs1(insn);
		imm = rv_imm_b(insn);
		if (on_page(offset, imm)) {
			exec = op - RV_OP_BEQ + RV_OP_BEQ_P;
			imm /= 2;
		}
		rec->imm = imm;
		break;
	case RV_FMT_U:
		rec->rd_u = dest(insn);
		rec->imm_u = rv_sext(insn >> 12, 20);
		break;
	case RV_FMT_J:
		imm = rv_imm_j(insn);
		if (on_page(offset, imm)) {
			exec = rv_rd(insn) ? RV_OP_JAL_P : RV_OP_J_P;
			rec->rd = dest(insn);
			rec->imm = imm / 2;
		} else {
			rec->rd_u = dest(insn);
			rec->imm_u = imm;
		}
		break;
	case RV_FMT_CSR:
	case RV_FMT_CSRI:
		exec = decode_csr(rec, insn, op);
		break;
	case RV_FMT_NONE:
		break;
	case RV_FMT_FL:
		rec->rd = rv_rd(insn);
		rec->rs1 = rv_rs1(insn);
		rec->imm = rv_imm_i(insn);
		break;
	case RV_FMT_FS:
		rec->rd = rv_rs2(insn);
		rec->rs1 = rv_rs1(insn);
		rec->imm = rv_imm_s(insn);
		break;
	case RV_FMT_F4:
	case RV_FMT_F2RM:
	case RV_FMT_F1RM:
	case RV_FMT_FXRM:
	case RV_FMT_XFRM:
	case RV_FMT_F2:
	case RV_FMT_FX:
	case RV_FMT_XF2:
	case RV_FMT_XF:
		rec->rd = to_x(rv_insns[op].format) ? dest(insn) : rv_rd(insn);
		rec->rs1 = rv_rs1(insn);
		rec->rs2 = rv_rs2(insn);
		rec->rs3_rm = rv_rs3(insn) | rv_rm_field(insn) << 5;
		break;
	case RV_FMT_VL:
	case RV_FMT_VLS:
	case RV_FMT_VLX:
		exec = RV_OP_VECTOR_MEM;
		rec->imm = op;
		break;
	default:
		exec = RV_OP_VECTOR;
		rec->imm = op;
		break;
	}
	rec->label = rv_handler(labels, exec, len);
	return rv_insns[op].ends;
}

void rv_decode_block(struct rv_icache *ic, struct rv_page *page, unsigned int slot,
		     const void *const *labels)
{
	const void *blank = rv_handler(labels, RV_OP_DECODE, 4);
	uint16_t slots[RV_PAGE_SLOTS];
	unsigned int n = 0, cost, count;
	bool ends = false;

	while (!ends && slot < RV_PAGE_SLOTS && page->rec[slot].label == blank) {
		uint32_t insn = rv_page_insn(page, slot * 2);
		unsigned int len = rv_insn_len(insn);

		if (slot * 2 + len > RV_PAGE_SIZE) {
			page->rec[slot].label = rv_handler(labels, RV_OP_STRADDLE, 4);
			break;
		}
		ends = rv_decode_insn(&page->rec[slot], len == 2 ? rv_expand_c(insn) : insn, len,
				      slot * 2, labels);
		slots[n++] = slot;
		slot += len / 2;
	}
	ic->stats.insns_decoded += n;

	/* What follows was decoded before, or is worth nothing (page end, straddle, block end). */
	cost = ends ? 0 : page->rec[slot].cost;
	count = ends ? 0 : page->rec[slot].count;
	while (n--) {
		struct rv_rec *rec = &page->rec[slots[n]];

		cost += rec->cost;
		count += rec->count;
		rec->cost = cost;
		rec->count = count;
	}
}

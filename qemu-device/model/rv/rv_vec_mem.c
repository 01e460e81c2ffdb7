// SPDX-License-Identifier: MIT
/*
 * Vector loads and stores. Accesses are made in element order, the fields of a segment in theirs.
 * One that does not go through leaves its element in vstart and its field in vfield, with all
 * before it done; executed again, the instruction goes on from there.
 */
#include <string.h>

#include "rv_vec.h"

/* A memory instruction: elements of @width (log2), @n of them from @start, @fields each. */
struct access {
	struct rv_vec v;
	bool store;
	unsigned int width, fields, regs;
	unsigned int n;
	uint64_t base, stride;
	unsigned int index_width;	/* of MEM_INDEX */
	struct rv_exc *exc;
	bool *bus;
};

/* Width in funct3 as log2 of bytes. */
static unsigned int width_of(uint32_t insn)
{
	unsigned int funct3 = rv_field(insn, 12, 3);

	return funct3 ? funct3 - 4 : 0;
}

static uint64_t element_addr(const struct access *a, unsigned int i)
{
	const uint8_t *indices = rv_vec_reg(&a->v, a->v.vs2);
	uint64_t index = 0;

	if (a->v.shape != RV_SHAPE_MEM_INDEX)
		return a->base + i * a->stride;
	memcpy(&index, indices + (i << a->index_width), 1u << a->index_width);
	return a->base + index;
}

static enum rv_result load(const struct access *a, uint64_t addr, uint8_t *reg)
{
	const uint8_t *p = rv_window_ptr(a->v.h, addr, 1u << a->width, RV_R);
	enum rv_result res;
	uint64_t value = 0;

	if (p) {
		memcpy(reg, p, 1u << a->width);
		return RV_OK;
	}
	*a->bus = true;
	res = rv_bus_read(a->v.h, 1u << a->width, addr, &value, a->exc);
	if (res == RV_OK)
		memcpy(reg, &value, 1u << a->width);
	return res;
}

static enum rv_result store(const struct access *a, uint64_t addr, const uint8_t *reg)
{
	uint8_t *p = rv_window_ptr(a->v.h, addr, 1u << a->width, RV_W);
	uint64_t value = 0;

	if (p) {
		memcpy(p, reg, 1u << a->width);
		return RV_OK;
	}
	*a->bus = true;
	memcpy(&value, reg, 1u << a->width);
	return rv_bus_store(a->v.h, 1u << a->width, addr, value, a->exc);
}

/* All of it at once, if it is one piece of RAM that may be accessed like this. */
static bool in_one_piece(const struct access *a)
{
	unsigned int from = a->v.start << a->width, size = (a->n << a->width) - from;
	uint8_t *reg = rv_vec_reg(&a->v, a->v.vd) + from, *p;

	if (!a->v.vm || a->fields != 1 || a->stride != 1u << a->width ||
	    a->v.shape == RV_SHAPE_MEM_INDEX)
		return false;
	p = rv_window_ptr(a->v.h, a->base + from, size, a->store ? RV_W : RV_R);
	if (!p)
		return false;
	memcpy(a->store ? p : reg, a->store ? reg : p, size);
	return true;
}

static enum rv_result transfer(const struct access *a)
{
	struct rv_state *s = a->v.s;
	unsigned int i, field = s->vfield < a->fields ? s->vfield : 0;

	if (a->v.start >= a->n || in_one_piece(a))
		return RV_OK;
	for (i = a->v.start; i < a->n; i++, field = 0) {
		uint64_t addr;

		if (!a->v.vm && !rv_vec_bit(s->v[0], i))
			continue;
		addr = element_addr(a, i);
		for (; field < a->fields; field++) {
			uint64_t at = addr + ((uint64_t)field << a->width);
			uint8_t *reg = rv_vec_reg(&a->v, a->v.vd + field * a->regs) +
				       (i << a->width);
			enum rv_result res = a->store ? store(a, at, reg) : load(a, at, reg);

			if (res == RV_FAULT && a->v.shape == RV_SHAPE_MEM_FF && i) {
				s->vl = i;
				return RV_OK;
			}
			if (res != RV_OK) {
				s->vstart = i;
				s->vfield = res == RV_STALL ? field : 0;
				return res;
			}
		}
	}
	return RV_OK;
}

/* Registers of all fields: they exist, are aligned, and leave the mask alone. */
static bool fields_legal(const struct access *a, int emul)
{
	unsigned int all = a->fields * a->regs;

	return rv_vec_group(a->v.vd, emul) && all <= 8 && a->v.vd + all <= 32 &&
	       (a->store || a->v.vm || a->v.vd);
}

static bool indices_legal(const struct access *a)
{
	const struct rv_vec *v = &a->v;
	int emul = v->lmul + (int)a->index_width - (int)v->sew;
	unsigned int field, vd = v->vd;

	if (!rv_vec_group(v->vs2, emul))
		return false;
	for (field = 0; !a->store && field < a->fields; field++, vd += a->regs) {
		if (!rv_vec_overlap_ok(vd, v->lmul, v->sew, v->vs2, emul, a->index_width))
			return false;
		/* a segment that goes on in its middle reads all its indices again */
		if (a->fields > 1 && vd < v->vs2 + rv_vec_regs(emul) && v->vs2 < vd + a->regs)
			return false;
	}
	return true;
}

static bool prepare(struct access *a)
{
	struct rv_vec *v = &a->v;
	unsigned int width = width_of(v->insn);
	uint64_t vtype = v->s->vtype;
	int emul;

	a->store = (v->insn & 0x7f) == RV_VS;
	a->base = v->s->x[v->vs1];
	a->width = width;
	a->fields = 1;
	if (v->shape == RV_SHAPE_MEM_WHOLE) {
		a->regs = rv_nf(v->insn) + 1;
		a->n = a->regs * RV_VLENB >> width;
		a->stride = 1u << width;
		return !(v->vd & (a->regs - 1));
	}
	if (vtype == RV_VTYPE_VILL)
		return false;
	v->sew = rv_vtype_sew(vtype);
	v->lmul = rv_vtype_lmul(vtype);
	if (v->shape == RV_SHAPE_MEM_MASK) {
		a->regs = 1;
		a->n = (v->vl + 7) / 8;
		a->stride = 1;
		return true;
	}
	a->n = v->vl;
	a->fields = rv_nf(v->insn) + 1;
	if (v->shape == RV_SHAPE_MEM_INDEX) {
		a->width = v->sew;
		a->index_width = width;
	}
	emul = v->lmul + (int)a->width - (int)v->sew;
	a->regs = rv_vec_regs(emul);
	a->stride = v->shape == RV_SHAPE_MEM_STRIDE ? v->s->x[v->vs2] :
						    (uint64_t)a->fields << a->width;
	return fields_legal(a, emul) && (v->shape != RV_SHAPE_MEM_INDEX || indices_legal(a));
}

enum rv_result rv_vec_memory(struct rv_hart *h, unsigned int op, uint32_t insn,
			     struct rv_exc *exc, unsigned int *extra, bool *bus)
{
	struct rv_state *s = &h->s;
	struct access a = {
		.v = { .h = h, .s = s, .insn = insn, .op = op, .shape = rv_vec_shape_of(op),
		       .vd = rv_rd(insn), .vs1 = rv_rs1(insn), .vs2 = rv_rs2(insn),
		       .vm = rv_vm(insn), .vl = s->vl, .start = s->vstart },
		.exc = exc, .bus = bus,
	};
	enum rv_result res;

	*exc = (struct rv_exc){ .cause = RV_CAUSE_ILLEGAL, .tval = insn };
	if (!(s->mstatus & RV_MSTATUS_VS) || !prepare(&a))
		return RV_FAULT;
	s->mstatus |= RV_MSTATUS_VS;
	res = transfer(&a);
	if (res != RV_OK)
		return res;
	s->vstart = 0;
	s->vfield = 0;
	*extra = rv_vec_cost(op, a.n * a.fields, a.width);
	return RV_OK;
}

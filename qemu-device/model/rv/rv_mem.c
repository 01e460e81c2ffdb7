// SPDX-License-Identifier: MIT
/* Loads, stores and atomics that the inline window check did not settle. */
#include <string.h>

#include "rv_internal.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "windows are little-endian RAM");

static enum rv_result fault(struct rv_exc *exc, uint64_t cause, uint64_t tval)
{
	exc->cause = cause;
	exc->tval = tval;
	return RV_FAULT;
}

/* funct3 of a load: log2 of the size, bit 2 for zero extension */
static unsigned int load_funct3(enum rv_op op)
{
	return rv_field(rv_insns[op].match, 12, 3);
}

static uint64_t extend(enum rv_op op, uint64_t v)
{
	if (op == RV_OP_FLH)
		return rv_box16(v);
	if (op == RV_OP_FLW)
		return rv_box32(v);
	switch (load_funct3(op)) {
	case 0:
		return (int64_t)(int8_t)v;
	case 1:
		return (int64_t)(int16_t)v;
	case 2:
		return (int64_t)(int32_t)v;
	case 4:
		return (uint8_t)v;
	case 5:
		return (uint16_t)v;
	case 6:
		return (uint32_t)v;
	default:
		return v;
	}
}

bool rv_window_load(const struct rv_hart *h, enum rv_op op, uint64_t addr, uint64_t *val)
{
	unsigned int funct3 = load_funct3(op), size = 1u << (funct3 & 3);
	const uint8_t *p = rv_window_ptr(h, addr, size, RV_R);
	uint64_t v = 0;

	if (!p)
		return false;
	memcpy(&v, p, size);
	*val = extend(op, v);
	return true;
}

bool rv_window_store(const struct rv_hart *h, unsigned int size, uint64_t addr, uint64_t val)
{
	uint8_t *p = rv_window_ptr(h, addr, size, RV_W);

	if (!p)
		return false;
	switch (size) {
	case 1:
		*p = val;
		break;
	case 2:
		memcpy(p, &val, 2);
		break;
	case 4:
		memcpy(p, &val, 4);
		break;
	default:
		memcpy(p, &val, 8);
		break;
	}
	return true;
}

enum rv_result rv_bus_read(struct rv_hart *h, unsigned int size, uint64_t addr, uint64_t *val,
			   struct rv_exc *exc)
{
	if (addr & (size - 1))
		return fault(exc, RV_CAUSE_LOAD_MISALIGNED, addr);
	fault(exc, RV_CAUSE_LOAD_FAULT, addr);
	return h->bus->load(h->ctx, addr, size, val, exc);
}

enum rv_result rv_bus_load(struct rv_hart *h, enum rv_op op, uint64_t addr, uint64_t *val,
			   struct rv_exc *exc)
{
	uint64_t v = 0;
	enum rv_result res = rv_bus_read(h, 1u << (load_funct3(op) & 3), addr, &v, exc);

	if (res == RV_OK)
		*val = extend(op, v);
	return res;
}

enum rv_result rv_bus_store(struct rv_hart *h, unsigned int size, uint64_t addr, uint64_t val,
			    struct rv_exc *exc)
{
	if (addr & (size - 1))
		return fault(exc, RV_CAUSE_STORE_MISALIGNED, addr);
	fault(exc, RV_CAUSE_STORE_FAULT, addr);
	if (size < 8)
		val &= (UINT64_C(1) << size * 8) - 1;
	return h->bus->store(h->ctx, addr, size, val, exc);
}

uint64_t rv_amo_apply(enum rv_amo op, unsigned int size, uint64_t old, uint64_t operand)
{
	int64_t a = old, b = operand;

	if (size == 4) {
		a = (int32_t)old;
		b = (int32_t)operand;
		old = (uint32_t)old;
		operand = (uint32_t)operand;
	}
	switch (op) {
	case RV_AMO_ADD:
		return old + operand;
	case RV_AMO_XOR:
		return old ^ operand;
	case RV_AMO_OR:
		return old | operand;
	case RV_AMO_AND:
		return old & operand;
	case RV_AMO_MIN:
		return a < b ? old : operand;
	case RV_AMO_MAX:
		return a > b ? old : operand;
	case RV_AMO_MINU:
		return old < operand ? old : operand;
	case RV_AMO_MAXU:
		return old > operand ? old : operand;
	default:
		return operand;
	}
}

static uint64_t sext(uint64_t v, unsigned int size)
{
	return size == 4 ? (uint64_t)(int64_t)(int32_t)v : v;
}

/*
 * SC succeeds if the reservation stands and memory still holds what LR read. A value that changed
 * and changed back goes unnoticed, as with any emulator that builds SC from compare-and-swap.
 */
enum rv_result rv_atomic(struct rv_hart *h, enum rv_amo op, unsigned int size, uint64_t addr,
			 uint64_t operand, uint64_t *rd, struct rv_exc *exc)
{
	struct rv_state *s = &h->s;
	enum rv_result res = RV_OK;
	uint64_t old = 0;
	uint8_t *p;

	if (addr & (size - 1))
		return fault(exc, op == RV_AMO_LR ? RV_CAUSE_LOAD_MISALIGNED :
						    RV_CAUSE_STORE_MISALIGNED, addr);
	p = rv_window_ptr(h, addr, size, op == RV_AMO_LR ? RV_R : RV_R | RV_W);
	if (p)
		memcpy(&old, p, size);

	if (op == RV_AMO_SC) {
		bool live = s->resv_size == size && s->resv_addr == addr;

		if (p) {
			if (live && old == s->resv_val)
				memcpy(p, &operand, size);
			else
				live = false;
			*rd = !live;
		} else if (live) {
			old = s->resv_val;
			fault(exc, RV_CAUSE_STORE_FAULT, addr);
			res = h->bus->amo(h->ctx, addr, size, op, operand, &old, exc);
			*rd = old != 0;
		} else {
			*rd = 1;
		}
		if (res == RV_OK)
			s->resv_size = 0;
		return res;
	}

	if (!p) {
		fault(exc, op == RV_AMO_LR ? RV_CAUSE_LOAD_FAULT : RV_CAUSE_STORE_FAULT, addr);
		res = h->bus->amo(h->ctx, addr, size, op, operand, &old, exc);
		if (res != RV_OK)
			return res;
		if (size == 4)
			old = (uint32_t)old;
	} else if (op != RV_AMO_LR) {
		uint64_t new = rv_amo_apply(op, size, old, operand);

		memcpy(p, &new, size);
	}
	if (op == RV_AMO_LR) {
		s->resv_addr = addr;
		s->resv_val = old;
		s->resv_size = size;
	}
	*rd = sext(old, size);
	return RV_OK;
}

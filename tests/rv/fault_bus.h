/* SPDX-License-Identifier: GPL-2.0 */
/* A bus with nothing on it: every callback faults. For harts that live in their windows. */
#ifndef MTIA_TESTS_RV_FAULT_BUS_H
#define MTIA_TESTS_RV_FAULT_BUS_H

#include "rv.h"

static inline enum rv_result fault_load(void *ctx, uint64_t addr, unsigned int size, uint64_t *val,
					struct rv_exc *exc)
{
	(void)ctx, (void)addr, (void)size, (void)val, (void)exc;
	return RV_FAULT;
}

static inline enum rv_result fault_store(void *ctx, uint64_t addr, unsigned int size, uint64_t val,
					 struct rv_exc *exc)
{
	(void)ctx, (void)addr, (void)size, (void)val, (void)exc;
	return RV_FAULT;
}

static inline enum rv_result fault_amo(void *ctx, uint64_t addr, unsigned int size, enum rv_amo op,
				       uint64_t operand, uint64_t *old, struct rv_exc *exc)
{
	(void)ctx, (void)addr, (void)size, (void)op, (void)operand, (void)old, (void)exc;
	return RV_FAULT;
}

static inline enum rv_result fault_fetch(void *ctx, uint64_t vaddr, uint64_t *key,
					 const void **host,
					 struct rv_exc *exc)
{
	(void)ctx, (void)vaddr, (void)key, (void)host, (void)exc;
	return RV_FAULT;
}

static inline enum rv_result fault_csr_read(void *ctx, unsigned int csr, uint64_t *val,
					    struct rv_exc *exc)
{
	(void)ctx, (void)csr, (void)val, (void)exc;
	return RV_FAULT;
}

static inline enum rv_result fault_csr_write(void *ctx, unsigned int csr, uint64_t val,
					     struct rv_exc *exc)
{
	(void)ctx, (void)csr, (void)val, (void)exc;
	return RV_FAULT;
}

static inline enum rv_result fault_custom0(void *ctx, struct rv_hart *hart, unsigned int funct3,
					   unsigned int funct7, uint64_t rs1, uint64_t rs2,
					   uint64_t *rd,
					   struct rv_exc *exc)
{
	(void)ctx, (void)hart, (void)funct3, (void)funct7, (void)rs1, (void)rs2, (void)rd,
	(void)exc;
	return RV_FAULT;
}

static const struct rv_bus fault_bus = {
	fault_load, fault_store, fault_amo, fault_fetch, fault_csr_read, fault_csr_write,
	fault_custom0,
};

#endif /* MTIA_TESTS_RV_FAULT_BUS_H */

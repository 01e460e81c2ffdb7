// SPDX-License-Identifier: MIT
/* Faults that a test or an operator asks for; see enum mtia_model_fault. */
#include <errno.h>

#include "soc.h"

int mtia_model_inject(struct mtia_model *m, enum mtia_model_fault fault, uint64_t arg0,
		      uint64_t arg1)
{
	struct inject *inject = &m->inject;

	switch (fault) {
	case MTIA_INJECT_CLEAR:
		if (arg0 > MTIA_INJECT_CORRUPT_CQE)
			return -EINVAL;
		if (!arg0 || arg0 == MTIA_INJECT_HANG_PE)
			inject->hung_pes = 0;
		if (!arg0 || arg0 == MTIA_INJECT_HANG_CONTROL)
			inject->hang_control = false;
		if (!arg0 || arg0 == MTIA_INJECT_DROP_IRQ)
			inject->drop_irqs = 0;
		if (!arg0 || arg0 == MTIA_INJECT_CORRUPT_CQE)
			inject->corrupt = 0;
		return 0;
	case MTIA_INJECT_HANG_PE:
		if (arg0 >= SOC_NR_PES)
			return -EINVAL;
		inject->hung_pes |= UINT64_C(1) << arg0;
		return 0;
	case MTIA_INJECT_HANG_CONTROL:
		inject->hang_control = true;
		return 0;
	case MTIA_INJECT_DROP_IRQ:
		inject->drop_irqs = arg0;
		return 0;
	case MTIA_INJECT_CORRUPT_CQE:
		if (arg1 >= 4)
			return -EINVAL;
		inject->corrupt = arg0;
		inject->corrupt_word = arg1;
		return 0;
	}
	return -EINVAL;
}

// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "pe_machine.h"

extern const uint8_t pe_image[], pe_image_end[];

#define LEAF (MTIA_PTE_VALID | MTIA_PTE_LEAF | MTIA_PTE_READ)

void pe_machine_boot(struct machine *mc)
{
	uint64_t next = PE_ROOT + MTIA_PAGE_SIZE;

	machine_boot(mc, GUEST_MONITOR);
	memcpy(mc->lpddr + 2 * MiB, pe_image, pe_image_end - pe_image);
	pt_map(mc, PE_ROOT, &next, PE_CODE, LEAF | MTIA_PTE_EXEC | 2 * MiB, false);
	for (uint64_t off = 0; off < 16 * MiB; off += 2 * MiB)
		pt_map(mc, PE_ROOT, &next, PE_DATA + off,
		       LEAF | MTIA_PTE_WRITE | (PE_DATA_OFFSET + off), true);
	for (uint64_t off = 0; off < 2 * MiB; off += 4096)
		pt_map(mc, PE_ROOT, &next, PE_SRAM + off,
		       LEAF | MTIA_PTE_WRITE | MTIA_PTE_TARGET_SRAM << MTIA_PTE_TARGET_SHIFT | off,
		       false);
	for (uint64_t off = 0; off < HOST_SIZE; off += 4096)
		pt_map(mc, PE_ROOT, &next, PE_HOST + off,
		       LEAF | MTIA_PTE_WRITE | MTIA_PTE_TARGET_HOST << MTIA_PTE_TARGET_SHIFT |
			       (HOST_BASE + off),
		       false);
	cc_write64(mc, MTIA_CC_MMU_ROOT(PE_ASID), PE_ROOT | MTIA_MMU_ROOT_ENABLE);
}

uint64_t pe_entry(enum pe_program program)
{
	uint64_t offset;

	memcpy(&offset, pe_image + 8 * program, 8);
	return PE_CODE + offset;
}

void pe_launch_add(struct machine *mc, unsigned int pe, const struct pe_job *job)
{
	uint32_t subgrid = job->subgrid ? job->subgrid : PE_SUBGRID(pe / 8, pe % 8, 1, 1);

	monitor_add(mc, 4 | GUEST_WRITE, PE_REG(pe, MTIA_PC_ASID), job->asid ? job->asid : PE_ASID);
	monitor_add(mc, 4 | GUEST_WRITE, PE_REG(pe, MTIA_PC_SUBGRID), subgrid);
	for (unsigned int core = 0; core < 2; core++)
		monitor_add(mc, 8 | GUEST_WRITE, PE_REG(pe, MTIA_PC_ENTRY(core)),
			    pe_entry(job->core[core]));
	for (unsigned int n = 0; n < 4; n++)
		monitor_add(mc, 8 | GUEST_WRITE, PE_REG(pe, MTIA_PC_ARG(n)), job->arg[n]);
	monitor_add(mc, 4 | GUEST_WRITE, PE_REG(pe, MTIA_PC_CTRL), MTIA_PC_START);
}

void pe_launch(struct machine *mc, unsigned int pe, const struct pe_job *job)
{
	pe_launch_add(mc, pe, job);
	monitor_run(mc);
}

void pe_ctrl(struct machine *mc, unsigned int pe, uint32_t bits)
{
	monitor_write(mc, 4, PE_REG(pe, MTIA_PC_CTRL), bits, NULL);
}

uint32_t pe_status_of(struct machine *mc, unsigned int pe)
{
	return monitor_read(mc, 4, PE_REG(pe, MTIA_PC_STATUS), NULL);
}

bool pe_wait(struct machine *mc, uint64_t pes, uint64_t budget)
{
	for (uint64_t passed = 0; passed < budget; passed += 4096) {
		struct guest_access *done = monitor_add(mc, 8, MTIA_PA_CTRL + MTIA_CC_PE_DONE, 0);
		struct guest_access *fault = monitor_add(mc, 8, MTIA_PA_CTRL + MTIA_CC_PE_FAULT, 0);

		monitor_run(mc);
		if (((done->value | fault->value) & pes) == pes)
			return true;
		machine_run(mc, 4096);
	}
	return false;
}

uint64_t pe_events(struct machine *mc)
{
	uint64_t done = cc_read64(mc, MTIA_CC_PE_DONE), fault = cc_read64(mc, MTIA_CC_PE_FAULT);

	cc_write64(mc, MTIA_CC_PE_DONE, done);
	cc_write64(mc, MTIA_CC_PE_FAULT, fault);
	return done | fault;
}

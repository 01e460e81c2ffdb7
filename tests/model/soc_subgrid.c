// SPDX-License-Identifier: GPL-2.0
/* The sub-grid table: whose a PE is, launches by broadcast, hand-over, kill beside a neighbour. */
#include <string.h>

#include "soc/pe_machine.h"

#define OTHER_ASID 6
#define ARGS_OFFSET (3 * MiB) /* in LPDDR, of launch arguments */

static uint64_t sg(unsigned int n, uint32_t off)
{
	return MTIA_PA_CTRL + MTIA_CC_SG(n) + off;
}

static uint32_t sg_ctrl(struct machine *mc, unsigned int n, uint32_t bits)
{
	monitor_add(mc, 4 | GUEST_WRITE, sg(n, MTIA_SG_CTRL), bits);
	return monitor_read(mc, 4, sg(n, MTIA_SG_STATUS), NULL);
}

static uint64_t sg_read64(struct machine *mc, unsigned int n, uint32_t off)
{
	return monitor_read(mc, 8, sg(n, off), NULL);
}

static uint32_t sg_claim(struct machine *mc, unsigned int n, uint32_t rect, uint32_t asid)
{
	monitor_add(mc, 4 | GUEST_WRITE, sg(n, MTIA_SG_RECT), rect);
	monitor_add(mc, 4 | GUEST_WRITE, sg(n, MTIA_SG_ASID), asid);
	return sg_ctrl(mc, n, MTIA_SG_CLAIM);
}

static void sg_describe(struct machine *mc, unsigned int n, const struct pe_job *job,
			uint32_t arg_pos)
{
	for (unsigned int core = 0; core < 2; core++)
		monitor_add(mc, 8 | GUEST_WRITE, sg(n, MTIA_SG_ENTRY(core)),
			    pe_entry(job->core[core]));
	for (unsigned int i = 0; i < 4; i++)
		monitor_add(mc, 8 | GUEST_WRITE, sg(n, MTIA_SG_ARG(i)), job->arg[i]);
	monitor_add(mc, 4 | GUEST_WRITE, sg(n, MTIA_SG_ARG_POS), arg_pos);
}

static bool sg_wait(struct machine *mc, unsigned int n)
{
	for (unsigned int i = 0; i < 200; i++) {
		if (cc_read64(mc, MTIA_CC_SG_EVENT) >> n & 1)
			return true;
		machine_run(mc, 4096);
	}
	return false;
}

static void boot(struct machine *mc)
{
	machine_open(mc, 1, LPDDR_SIZE);
	pe_machine_boot(mc);
	cc_write64(mc, MTIA_CC_MMU_ROOT(OTHER_ASID), PE_ROOT | MTIA_MMU_ROOT_ENABLE);
}

static uint64_t local(unsigned int pe)
{
	return MTIA_PA_PE_LOCAL + pe * MTIA_PA_PE_STRIDE;
}

static void test_claim(struct machine *mc)
{
	struct pe_job spin = { .core = { PE_SPIN, PE_SPIN } };
	uint32_t errors;

	tap_u64(monitor_read(mc, 4, sg(3, MTIA_SG_STATUS), NULL), MTIA_SG_FREE, "free at first");
	tap_u64(sg_claim(mc, 3, PE_SUBGRID(1, 2, 2, 3), PE_ASID), MTIA_SG_CLAIMED, "claim 2 x 3");
	tap_u64(sg_read64(mc, 3, MTIA_SG_PES), 0x1c1c00, "its PEs");
	tap_u64(sg_claim(mc, 4, PE_SUBGRID(2, 4, 1, 1), PE_ASID), MTIA_SG_ERR_OVERLAP << 8,
		"a rectangle that overlaps it: refused, also for the same ASID");
	tap_u64(sg_read64(mc, 4, MTIA_SG_PES), 0, "and nothing was taken");
	tap_u64(sg_claim(mc, 4, PE_SUBGRID(3, 0, 5, 8), OTHER_ASID), MTIA_SG_CLAIMED,
		"a neighbour is not");
	tap_u64(sg_ctrl(mc, 3, MTIA_SG_CLAIM), MTIA_SG_CLAIMED | MTIA_SG_ERR_STATE << 8,
		"claimed twice");
	errors = reg_read(mc, MTIA_REG_ERR_COUNT);
	monitor_write(mc, 4, sg(3, MTIA_SG_RECT), PE_SUBGRID(0, 0, 8, 8), NULL);
	tap_ok(reg_read(mc, MTIA_REG_ERR_COUNT) == errors + 1 &&
		       monitor_read(mc, 4, sg(3, MTIA_SG_RECT), NULL) == PE_SUBGRID(1, 2, 2, 3),
	       "RECT of a claimed entry cannot be written");
	pe_launch(mc, 10, &spin);
	tap_u64(pe_status_of(mc, 10), MTIA_PE_IDLE, "nor can its PEs be started one by one");
	pe_launch(mc, 0, &spin);
	tap_u64(pe_status_of(mc, 0), MTIA_PE_RUNNING, "a PE of nobody can");
	tap_u64(sg_claim(mc, 5, PE_SUBGRID(0, 0, 1, 2), PE_ASID), MTIA_SG_ERR_BUSY << 8,
		"claim of a PE that runs");
	pe_ctrl(mc, 0, MTIA_PC_RESET);
	tap_u64(sg_claim(mc, 5, PE_SUBGRID(7, 7, 2, 1), PE_ASID), MTIA_SG_ERR_RECT << 8,
		"over the edge");
	tap_u64(sg_claim(mc, 5, PE_SUBGRID(7, 7, 0, 1), PE_ASID), MTIA_SG_ERR_RECT << 8, "empty");
	tap_u64(sg_claim(mc, 5, PE_SUBGRID(0, 0, 1, 1), MTIA_MAX_ASIDS), MTIA_SG_ERR_ASID << 8,
		"no such ASID");
	tap_u64(sg_ctrl(mc, 5, MTIA_SG_START), MTIA_SG_ERR_STATE << 8, "start of a free entry");
	tap_u64(sg_ctrl(mc, 3, MTIA_SG_RELEASE), MTIA_SG_FREE, "release");
	tap_u64(sg_claim(mc, 5, PE_SUBGRID(0, 0, 3, 8), PE_ASID), MTIA_SG_CLAIMED,
		"and the PEs are there for others");
	sg_ctrl(mc, 4, MTIA_SG_RELEASE);
	sg_ctrl(mc, 5, MTIA_SG_RELEASE);
}

static void test_launch(struct machine *mc)
{
	/* The exit code of core A is 0; core B stores its position. */
	struct pe_job job = { .core = { PE_LEAVE, PE_ECHO }, .arg = { 64, PE_DATA, PE_DATA + MiB } };
	uint64_t t0;

	sg_claim(mc, 1, PE_SUBGRID(2, 3, 2, 2), PE_ASID);
	pattern_fill(mc->lpddr + ARGS_OFFSET, 200, 9);
	monitor_write(mc, 8, local(19) + 200, 77, NULL);
	sg_describe(mc, 1, &job, 1 << 3);
	monitor_add(mc, 8 | GUEST_WRITE, sg(1, MTIA_SG_ARGS_ADDR), MTIA_PA_LPDDR + ARGS_OFFSET);
	monitor_add(mc, 4 | GUEST_WRITE, sg(1, MTIA_SG_ARGS_SIZE), 200);
	t0 = cc_read64(mc, MTIA_CC_TIME);
	tap_u64(sg_ctrl(mc, 1, MTIA_SG_SCRUB | MTIA_SG_START) & 0xff, MTIA_SG_RUNNING, "start");
	tap_ok(sg_read64(mc, 1, MTIA_SG_START_CYCLE) > t0 + 256 &&
		       sg_read64(mc, 1, MTIA_SG_START_CYCLE) < t0 + 1024,
	       "after scrub and arguments, %llu cycles",
	       (unsigned long long)(sg_read64(mc, 1, MTIA_SG_START_CYCLE) - t0));
	tap_ok(sg_wait(mc, 1), "ends with an event");
	tap_u64(cc_read(mc, MTIA_CC_IRQ_STATUS), MTIA_CC_IRQ_SUBGRID, "which is an interrupt");
	tap_u64(pe_events(mc), 0, "its PEs tell nobody else");
	/* Exit codes are a3: 0 + position; only the first PE's is 0. */
	tap_u64(sg_read64(mc, 1, MTIA_SG_EXITED), 0x18100000, "positions are told apart");
	tap_u64(monitor_read(mc, 4, PE_REG(28, MTIA_PC_EXIT_CODE), NULL), 0x10001,
		"row | col << 16 of the last one");
	tap_u64(monitor_read(mc, 4, sg(1, MTIA_SG_STATUS), NULL), MTIA_SG_FAILED,
		"an exit code that is not 0 is a failure");
	tap_u64(sg_read64(mc, 1, MTIA_SG_LEFT), 0, "nobody runs");
	tap_mem(mc->lpddr + PE_DATA_OFFSET + MiB, mc->lpddr + PE_DATA_OFFSET, 64, "work was done");
	tap_u64(monitor_read(mc, 8, local(19) + 192, NULL), *(uint64_t *)(mc->lpddr + ARGS_OFFSET + 192),
		"arguments are in local memory");
	tap_u64(monitor_read(mc, 8, local(19) + 200, NULL), 0, "behind zeroes");
	cc_write64(mc, MTIA_CC_SG_EVENT, ~0ull);
	tap_u64(cc_read(mc, MTIA_CC_IRQ_STATUS), 0, "the event is cleared by ones");

	sg_describe(mc, 1, &job, 0);
	monitor_add(mc, 4 | GUEST_WRITE, sg(1, MTIA_SG_CTRL), MTIA_SG_START);
	tap_u64(sg_ctrl(mc, 1, MTIA_SG_START), MTIA_SG_RUNNING | MTIA_SG_ERR_BUSY << 8,
		"again, and not while it runs");
	sg_wait(mc, 1);
	monitor_add(mc, 4 | GUEST_WRITE, sg(1, MTIA_SG_CTRL), MTIA_SG_START);
	tap_u64(sg_ctrl(mc, 1, MTIA_SG_SCRUB), MTIA_SG_RUNNING | MTIA_SG_ERR_BUSY << 8,
		"nor SCRUB");
	tap_ok(sg_wait(mc, 1) && (uint8_t)monitor_read(mc, 4, sg(1, MTIA_SG_STATUS), NULL) == MTIA_SG_DONE,
	       "DONE");

	monitor_write(mc, 4, sg(1, MTIA_SG_ARGS_SIZE), MTIA_PE_ARGS_SIZE + 1, NULL);
	tap_u64(sg_ctrl(mc, 1, MTIA_SG_START) >> 8, MTIA_SG_ERR_ARGS, "too many arguments");
	monitor_write(mc, 4, sg(1, MTIA_SG_ARGS_SIZE), 64, NULL);
	monitor_write(mc, 8, sg(1, MTIA_SG_ARGS_ADDR), MTIA_PA_LPDDR + LPDDR_SIZE - 32, NULL);
	tap_u64(sg_ctrl(mc, 1, MTIA_SG_START) >> 8, MTIA_SG_ERR_ARGS, "over the end of LPDDR");
	monitor_write(mc, 8, sg(1, MTIA_SG_ARGS_ADDR), local(0), NULL);
	tap_u64(sg_ctrl(mc, 1, MTIA_SG_START) >> 8, MTIA_SG_ERR_ARGS, "from a PE");
	monitor_write(mc, 8, sg(1, MTIA_SG_ARGS_ADDR), UINT64_MAX - 7, NULL);
	tap_u64(sg_ctrl(mc, 1, MTIA_SG_START) >> 8, MTIA_SG_ERR_ARGS, "from nowhere");
	tap_u64(sg_read64(mc, 1, MTIA_SG_LEFT), 0, "nothing started");
	sg_ctrl(mc, 1, MTIA_SG_RELEASE);
}

static void test_hand_over(struct machine *mc)
{
	sg_claim(mc, 1, PE_SUBGRID(0, 0, 1, 2), PE_ASID);
	monitor_write(mc, 8, local(1) + 0x8000, 77, NULL);
	sg_ctrl(mc, 1, MTIA_SG_RELEASE);
	sg_claim(mc, 2, PE_SUBGRID(0, 1, 1, 1), PE_ASID);
	tap_u64(monitor_read(mc, 8, local(1) + 0x8000, NULL), 77,
		"the same owner finds what it left");
	sg_ctrl(mc, 2, MTIA_SG_RELEASE);
	sg_claim(mc, 2, PE_SUBGRID(0, 1, 2, 1), OTHER_ASID);
	tap_u64(monitor_read(mc, 8, local(1) + 0x8000, NULL), 0, "another does not");
	sg_ctrl(mc, 2, MTIA_SG_RELEASE);
}

struct outcome {
	uint64_t busy[4], instrs[4], launched;
	uint8_t data[8192];
};

/* Four PEs at work, beside ones that spin, fault, or are killed after `kill` batches; 0: alone. */
static void neighbour(struct outcome *out, const enum pe_program other, unsigned int kill)
{
	struct pe_job work = { .core = { PE_ECHO, PE_COUNT },
			       .arg = { 4096, PE_DATA, PE_DATA + MiB, 0 } };
	struct pe_job bad = { .core = { other, PE_SPIN }, .arg = { 0, 0x500000000 } };
	struct machine mc;

	memset(out, 0, sizeof(*out));
	boot(&mc);
	pattern_fill(mc.lpddr + PE_DATA_OFFSET, 8192, 5);
	sg_claim(&mc, 1, PE_SUBGRID(0, 0, 2, 2), PE_ASID);
	sg_claim(&mc, 2, PE_SUBGRID(0, 2, 2, 2), OTHER_ASID);
	sg_describe(&mc, 1, &work, 0);
	sg_describe(&mc, 2, &bad, 0);
	if (kill)
		sg_ctrl(&mc, 2, MTIA_SG_START);
	sg_ctrl(&mc, 1, MTIA_SG_START);
	machine_run(&mc, 1000);
	if (kill) {
		sg_ctrl(&mc, 2, MTIA_SG_KILL);
		tap_u64(sg_read64(&mc, 2, MTIA_SG_LEFT), 0, "killed in one write");
		tap_ok(sg_read64(&mc, 1, MTIA_SG_LEFT) == 0x0303, "while its neighbour runs");
	}
	tap_ok(sg_wait(&mc, 1) && monitor_read(&mc, 4, sg(1, MTIA_SG_STATUS), NULL) == MTIA_SG_DONE,
	       "the work is done");
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int pe = i / 2 * 8 + i % 2;

		out->busy[i] = monitor_read(&mc, 8, PE_REG(pe, MTIA_PC_BUSY_CYCLES), NULL);
		out->instrs[i] = monitor_read(&mc, 8, PE_REG(pe, MTIA_PC_INSTRS(1)), NULL);
	}
	memcpy(out->data, mc.lpddr + PE_DATA_OFFSET + MiB, sizeof(out->data));
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
}

static void test_neighbour(void)
{
	static const struct {
		enum pe_program program;
		const char *name;
	} cases[] = {
		{ PE_SPIN, "spins" },
		{ PE_ILLEGAL, "has an illegal instruction" },
		{ PE_LOAD, "loads from nowhere" },
		{ PE_STARVE, "waits for ever" },
	};
	struct outcome alone, beside;

	neighbour(&alone, PE_SPIN, 0);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		neighbour(&beside, cases[i].program, 1);
		tap_mem(&beside, &alone, sizeof(alone),
			"beside one that %s and is killed: same cycles, instructions, bits",
			cases[i].name);
	}
}

int main(void)
{
	struct machine mc;

	boot(&mc);
	test_claim(&mc);
	test_launch(&mc);
	test_hand_over(&mc);
	machine_stop(&mc);
	machine_boot(&mc, GUEST_MONITOR);
	tap_u64(monitor_read(&mc, 4, sg(1, MTIA_SG_STATUS), NULL), MTIA_SG_FREE,
		"a core reset frees the table");
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
	test_neighbour();
	return tap_done();
}

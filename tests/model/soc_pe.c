// SPDX-License-Identifier: GPL-2.0
/* PEs through their control registers: launch, end, faults, deadlock, reset, any number of workers.
 */
#include <string.h>

#include "soc/pe_machine.h"

static uint64_t counter(struct machine *mc, enum mtia_counter c)
{
	return reg_read64(mc, MTIA_REG_COUNTER(c));
}

static uint64_t pe_reg64(struct machine *mc, unsigned int pe, uint32_t off)
{
	return monitor_read(mc, 8, PE_REG(pe, off), NULL);
}

static void test_launch(struct machine *mc)
{
	struct pe_job job = { .core = { PE_ECHO, PE_LEAVE },
			      .arg = { 4096, PE_DATA, PE_DATA + 8 * MiB, 0 } };

	pattern_fill(mc->lpddr + PE_DATA_OFFSET, 4096, 1);
	tap_u64(pe_status_of(mc, 0), MTIA_PE_IDLE, "PE is idle at first");
	pe_launch(mc, 0, &job);
	tap_ok(pe_wait(mc, 1, 100000), "program ends");
	tap_u64(cc_read64(mc, MTIA_CC_PE_DONE), 1, "PE_DONE is set");
	tap_u64(cc_read64(mc, MTIA_CC_PE_FAULT), 0, "PE_FAULT is not");
	tap_u64(cc_read(mc, MTIA_CC_IRQ_STATUS), MTIA_CC_IRQ_PE, "and it is an interrupt");
	tap_u64(pe_status_of(mc, 0), MTIA_PE_DONE, "STATUS");
	tap_mem(mc->lpddr + PE_DATA_OFFSET + 8 * MiB, mc->lpddr + PE_DATA_OFFSET, 4096,
		"memory was copied through local memory");
	tap_u64(pe_reg64(mc, 0, MTIA_PC_INSTRS(0)), 11, "instructions of core A");
	tap_u64(pe_reg64(mc, 0, MTIA_PC_INSTRS(1)), 0,
		"instructions of core B: EXIT stops it before it retires");
	tap_ok(pe_reg64(mc, 0, MTIA_PC_BUSY_CYCLES) > 100, "BUSY_CYCLES");
	tap_u64(counter(mc, MTIA_CNT_FI_READ_BYTES), 4096, "counter of bytes read");
	tap_u64(counter(mc, MTIA_CNT_FI_WRITE_BYTES), 4096, "counter of bytes written");
	tap_u64(counter(mc, MTIA_CNT_LAUNCHES), 1, "counter of launches");
	pe_events(mc);
	tap_u64(cc_read(mc, MTIA_CC_IRQ_STATUS), 0, "events are cleared by ones");
	job.arg[3] = 0x1234;
	pe_launch(mc, 0, &job);
	pe_wait(mc, 1, 100000);
	tap_u64(monitor_read(mc, 4, PE_REG(0, MTIA_PC_EXIT_CODE), NULL), 0x1234,
		"launched again: exit code");
	pe_events(mc);
}

static void test_targets(struct machine *mc)
{
	struct pe_job job = { .core = { PE_ECHO, PE_LEAVE },
			      .arg = { 8192, PE_DATA + 4096, PE_SRAM + 4096, 0 } };

	pattern_fill(mc->lpddr + PE_DATA_OFFSET + 4096, 8192, 2);
	pe_launch(mc, 63, &job);
	tap_ok(pe_wait(mc, 1ull << 63, 100000), "last PE of the grid runs");
	tap_mem(mc->sram + 4096, mc->lpddr + PE_DATA_OFFSET + 4096, 8192, "LPDDR to SRAM");
	pe_events(mc);
	job.arg[1] = PE_SRAM + 4096;
	job.arg[2] = PE_HOST + 0x1000;
	pe_launch(mc, 7, &job);
	pe_wait(mc, 1 << 7, 100000);
	tap_mem(mc->host + 0x1000, mc->sram + 4096, 8192, "SRAM to host memory");
	pe_events(mc);
	pattern_fill(mc->host + 0x8000, 8192, 3);
	job.arg[1] = PE_HOST + 0x8000;
	job.arg[2] = PE_DATA + 0x10000;
	pe_launch(mc, 7, &job);
	pe_wait(mc, 1 << 7, 100000);
	tap_mem(mc->lpddr + PE_DATA_OFFSET + 0x10000, mc->host + 0x8000, 8192,
		"host memory to LPDDR");
	pe_events(mc);
	job = (struct pe_job){ .core = { PE_STORE, PE_LEAVE }, .arg = { 0x55, PE_HOST + 64 } };
	pe_launch(mc, 8, &job);
	pe_wait(mc, 1 << 8, 100000);
	tap_u64(mc->host[64], 0x55, "a core's own store reaches host memory");
	job.core[0] = PE_LOAD;
	pe_events(mc);
	pe_launch(mc, 8, &job);
	pe_wait(mc, 1 << 8, 100000);
	tap_u64(monitor_read(mc, 4, PE_REG(8, MTIA_PC_EXIT_CODE), NULL), 0x55,
		"and its load brings it back");
	pe_events(mc);
}

static void test_rules(struct machine *mc)
{
	struct pe_job spin = { .core = { PE_SPIN, PE_SPIN } };
	uint64_t local = MTIA_PA_PE_LOCAL + 9 * MTIA_PA_PE_STRIDE, errors;

	pe_launch(mc, 9, &spin);
	machine_run(mc, 10000);
	tap_u64(pe_status_of(mc, 9), MTIA_PE_RUNNING, "endless program runs");
	errors = reg_read(mc, MTIA_REG_ERR_COUNT);
	pe_launch(mc, 9, &spin);
	tap_u64(reg_read(mc, MTIA_REG_ERR_COUNT), errors + 1, "START while running: guest error");
	pe_ctrl(mc, 9, MTIA_PC_SCRUB);
	tap_u64(reg_read(mc, MTIA_REG_ERR_COUNT), errors + 2, "SCRUB while running: guest error");
	monitor_write(mc, 8, local + 0x10000, 77, NULL);
	pe_ctrl(mc, 9, MTIA_PC_RESET);
	tap_u64(pe_status_of(mc, 9), MTIA_PE_IDLE, "RESET stops it");
	tap_u64(monitor_read(mc, 8, local + 0x10000, NULL), 77, "and keeps local memory");
	pe_ctrl(mc, 9, MTIA_PC_SCRUB);
	tap_u64(monitor_read(mc, 8, local + 0x10000, NULL), 0, "SCRUB zeroes it");
	tap_u64(pe_events(mc), 0, "none of this is an event");

	spin.subgrid = PE_SUBGRID(0, 0, 1, 1);
	errors = reg_read(mc, MTIA_REG_ERR_COUNT);
	pe_launch(mc, 9, &spin);
	spin.subgrid = PE_SUBGRID(1, 1, 8, 1);
	pe_launch(mc, 9, &spin);
	spin.subgrid = PE_SUBGRID(1, 1, 0, 1);
	pe_launch(mc, 9, &spin);
	spin.subgrid = PE_SUBGRID(1, 255, 1, 255);
	pe_launch(mc, 9, &spin);
	tap_ok(reg_read(mc, MTIA_REG_ERR_COUNT) == errors + 4 &&
		       pe_status_of(mc, 9) == MTIA_PE_IDLE,
	       "sub-grids without the PE, over the edge, empty: guest errors, no start");

	spin.subgrid = 0;
	pe_launch(mc, 9, &spin);
	machine_run(mc, 1000);
	machine_stop(mc);
	machine_boot(mc, GUEST_MONITOR);
	tap_u64(pe_status_of(mc, 9), MTIA_PE_IDLE, "a core reset resets the PEs");
	tap_u64(monitor_read(mc, 4, PE_REG(9, MTIA_PC_ASID), NULL), 0, "and their registers");
	pe_machine_boot(mc);
}

static void test_faults(struct machine *mc)
{
	struct pe_job job = { .core = { PE_ILLEGAL, PE_LEAVE } };
	uint32_t status;

	pe_launch(mc, 20, &job);
	tap_ok(pe_wait(mc, 1 << 20, 100000), "illegal instruction stops the PE");
	tap_u64(cc_read64(mc, MTIA_CC_PE_FAULT), 1 << 20, "PE_FAULT is set");
	tap_u64(pe_status_of(mc, 20), MTIA_PE_FAULTED, "STATUS");
	tap_u64(pe_reg64(mc, 20, MTIA_PC_FAULT_CAUSE), 2, "FAULT_CAUSE");
	tap_u64(pe_reg64(mc, 20, MTIA_PC_FAULT_PC) >> 12, PE_CODE >> 12, "FAULT_PC");
	tap_u64(monitor_read(mc, 4, PE_REG(20, MTIA_PC_FAULT_CORE), NULL), 0, "FAULT_CORE");
	tap_ok(pe_reg64(mc, 20, MTIA_PC_FAULT_CYCLE) > 0, "FAULT_CYCLE");
	tap_u64(cc_read(mc, MTIA_CC_FAULT_STATUS), 0, "no MMU record for it");
	pe_events(mc);

	job = (struct pe_job){ .core = { PE_LEAVE, PE_LOAD }, .arg = { 0, PE_DATA + 32 * MiB } };
	pe_launch(mc, 21, &job);
	pe_wait(mc, 1 << 21, 100000);
	tap_u64(pe_reg64(mc, 21, MTIA_PC_FAULT_TVAL), PE_DATA + 32 * MiB,
		"load of an unmapped page");
	status = cc_read(mc, MTIA_CC_FAULT_STATUS);
	tap_u64(status, MTIA_FAULT_VALID | MTIA_FAULT_UNMAPPED << 8 | PE_ASID << 24,
		"its record: reason, access, ASID");
	tap_u64(cc_read(mc, MTIA_CC_FAULT_SRC), 21 | 1 << 8, "its source: core B of that PE");
	cc_write(mc, MTIA_CC_FAULT_POP, 1);
	pe_events(mc);

	job = (struct pe_job){ .core = { PE_STORE, PE_LEAVE }, .arg = { 0, PE_CODE } };
	pe_launch(mc, 22, &job);
	pe_wait(mc, 1 << 22, 100000);
	tap_u64(cc_read(mc, MTIA_CC_FAULT_STATUS) & 0xffffff,
		MTIA_FAULT_VALID | MTIA_FAULT_PERM << 8 | MTIA_ACCESS_WRITE << 16,
		"store to code: no permission");
	cc_write(mc, MTIA_CC_FAULT_POP, 1);
	pe_events(mc);

	job = (struct pe_job){ .core = { PE_ECHO, PE_LEAVE },
			       .arg = { 4096, PE_DATA, PE_DATA + 16 * MiB - 2048, 0 } };
	pe_launch(mc, 23, &job);
	pe_wait(mc, 1 << 23, 100000);
	tap_u64(pe_reg64(mc, 23, MTIA_PC_FAULT_CAUSE), MTIA_CAUSE_FI_FAULT,
		"FI over the end of a mapping");
	tap_u64(cc_read(mc, MTIA_CC_FAULT_SRC), 23 | MTIA_FAULT_SRC_FI, "its record's source");
	tap_u64(cc_read64(mc, MTIA_CC_FAULT_VA), PE_DATA + 16 * MiB, "its record's address");
	cc_write(mc, MTIA_CC_FAULT_POP, 1);
	pe_events(mc);

	job = (struct pe_job){ .core = { PE_LEAVE, PE_LEAVE }, .asid = 9 };
	pe_launch(mc, 24, &job);
	pe_wait(mc, 1 << 24, 100000);
	tap_u64(cc_read(mc, MTIA_CC_FAULT_STATUS),
		(uint32_t)(MTIA_FAULT_VALID | MTIA_FAULT_NO_CONTEXT << 8 | MTIA_ACCESS_EXEC << 16 |
			   9u << 24),
		"start in an ASID without a root: fetch faults");
	cc_write(mc, MTIA_CC_FAULT_POP, 1);
	pe_events(mc);

	mc->host_refuses = 1;
	job = (struct pe_job){ .core = { PE_ECHO, PE_LEAVE }, .arg = { 64, PE_HOST, PE_DATA, 0 } };
	pe_launch(mc, 25, &job);
	pe_wait(mc, 1 << 25, 100000);
	tap_u64(cc_read(mc, MTIA_CC_FAULT_STATUS) >> 8 & 0xff, MTIA_FAULT_HOST_BUS,
		"refused host access");
	cc_write(mc, MTIA_CC_FAULT_POP, 1);
	pe_events(mc);
}

/* Translations are cached over launches, until the invalidation. */
static void test_stale(struct machine *mc)
{
	struct pe_job job = { .core = { PE_LOAD, PE_LEAVE }, .arg = { 0, PE_SRAM + 0x4000 } };
	uint64_t leaf = MTIA_PTE_VALID | MTIA_PTE_LEAF | MTIA_PTE_READ |
			MTIA_PTE_TARGET_SRAM << MTIA_PTE_TARGET_SHIFT;
	uint64_t next = 0;
	unsigned int pass;

	memset(mc->sram + 0x4000, 0, 8);
	memset(mc->sram + 0x100000, 0, 8);
	mc->sram[0x4000] = 1;
	mc->sram[0x100000] = 2;
	for (pass = 0; pass < 3; pass++) {
		if (pass == 1)
			pt_map(mc, PE_ROOT, &next, PE_SRAM + 0x4000, leaf | 0x100000, false);
		if (pass == 2) {
			cc_write(mc, MTIA_CC_TLB_ASID, PE_ASID);
			cc_write64(mc, MTIA_CC_TLB_VA, PE_SRAM + 0x4000);
			cc_write64(mc, MTIA_CC_TLB_SIZE, 4096);
		}
		pe_ctrl(mc, 30, MTIA_PC_RESET);
		pe_launch(mc, 30, &job);
		pe_wait(mc, 1 << 30, 100000);
		tap_u64(monitor_read(mc, 4, PE_REG(30, MTIA_PC_EXIT_CODE), NULL), pass == 2 ? 2 : 1,
			"load by a PE, %s",
			pass == 0 ? "first" :
			pass == 1 ? "page remapped, not invalidated: the old one" :
				    "invalidated: the new one");
		pe_events(mc);
	}
	pt_map(mc, PE_ROOT, &next, PE_SRAM + 0x4000, leaf | MTIA_PTE_WRITE | 0x4000, false);
	cc_write64(mc, MTIA_CC_TLB_SIZE, 0);
}

static void test_deadlock(struct machine *mc)
{
	struct pe_job wait = { .core = { PE_STARVE, PE_LEAVE },
			       .subgrid = PE_SUBGRID(4, 0, 1, 2) };
	struct pe_job receive = { .core = { PE_LEAVE, PE_RECEIVE },
				  .subgrid = PE_SUBGRID(4, 0, 1, 2) };
	struct pe_job spin = { .core = { PE_SPIN, PE_LEAVE } };
	struct pe_job half = { .core = { PE_COUNT, PE_RECEIVE }, .arg = { 500000 },
			       .subgrid = PE_SUBGRID(5, 0, 1, 2) };
	uint64_t t0;

	pe_launch(mc, 50, &spin);
	pe_launch(mc, 32, &wait);
	pe_launch(mc, 33, &receive);
	t0 = reg_read64(mc, MTIA_REG_TIMESTAMP);
	machine_run(mc, 200000);
	tap_u64(pe_events(mc), 0, "PEs that wait are given time");
	tap_ok(pe_wait(mc, UINT64_C(3) << 32, 400000), "then it is a deadlock");
	tap_ok(reg_read64(mc, MTIA_REG_TIMESTAMP) - t0 < 300000, "after 0.3 ms of device time");
	tap_u64(pe_reg64(mc, 32, MTIA_PC_FAULT_CAUSE), MTIA_CAUSE_DEADLOCK, "cause of the one");
	tap_u64(pe_reg64(mc, 33, MTIA_PC_FAULT_CAUSE), MTIA_CAUSE_DEADLOCK, "cause of the other");
	tap_u64(pe_reg64(mc, 33, MTIA_PC_FAULT_TVAL) >> 8, MTIA_OP_RE_RECV,
		"the record names the operation that waited");
	tap_u64(pe_status_of(mc, 50), MTIA_PE_RUNNING, "another launch goes on");
	pe_ctrl(mc, 50, MTIA_PC_RESET);
	pe_events(mc);

	/* one core waits, the other one works for long: no deadlock until that ends */
	pe_launch(mc, 41, &half);
	machine_run(mc, 700000);
	tap_u64(pe_status_of(mc, 41), MTIA_PE_RUNNING, "no deadlock while a core works");
	tap_ok(pe_wait(mc, UINT64_C(1) << 41, 5000000) &&
		       pe_reg64(mc, 41, MTIA_PC_FAULT_CAUSE) == MTIA_CAUSE_DEADLOCK,
	       "but when it is done");
	pe_events(mc);
}

static uint64_t debug_reg(struct machine *mc, unsigned int pe, uint32_t reg)
{
	monitor_write(mc, 4, PE_REG(pe, MTIA_PC_DBG_SELECT(0)), reg, NULL);
	return pe_reg64(mc, pe, MTIA_PC_DBG_DATA(0));
}

/* A core seen and held from the control core, and interrupted by it. */
static void test_debug(struct machine *mc)
{
	struct pe_job spin = { .core = { PE_COUNT, PE_LEAVE }, .arg = { UINT64_MAX } };
	struct pe_job starve = { .core = { PE_STARVE, PE_LEAVE } };
	struct pe_job sleep = { .core = { PE_SLEEP, PE_LEAVE } };
	uint64_t ctrl = PE_REG(10, MTIA_PC_DBG_CTRL(0)), pc, count, errors;

	pe_launch(mc, 10, &spin);
	monitor_write(mc, 4, ctrl, MTIA_DBG_HALT, NULL);
	tap_u64(monitor_read(mc, 4, PE_REG(10, MTIA_PC_DBG_STATUS(0)), NULL), MTIA_DBG_HALTED,
		"HALT holds a core");
	tap_u64(monitor_read(mc, 4, PE_REG(10, MTIA_PC_DBG_STATUS(1)), NULL), MTIA_DBG_OFF,
		"the other one has exited");
	pc = debug_reg(mc, 10, MTIA_DBG_REG_PC);
	count = debug_reg(mc, 10, MTIA_DBG_REG_X(10));
	pe_events(mc);
	machine_run(mc, 400000);
	tap_ok(pc >> 12 == PE_CODE >> 12 && count < UINT64_MAX &&
	       debug_reg(mc, 10, MTIA_DBG_REG_X(10)) == count, "its registers stand still");
	monitor_write(mc, 4, ctrl, MTIA_DBG_HALT | MTIA_DBG_STEP, NULL);
	tap_ok(!(monitor_read(mc, 4, ctrl, NULL) & MTIA_DBG_STEP) &&
	       debug_reg(mc, 10, MTIA_DBG_REG_PC) != pc, "a step");
	monitor_write(mc, 4, PE_REG(10, MTIA_PC_DBG_SELECT(0)), MTIA_DBG_REG_X(10), NULL);
	monitor_write(mc, 8, PE_REG(10, MTIA_PC_DBG_DATA(0)), 1, NULL);
	monitor_write(mc, 4, ctrl, 0, NULL);
	tap_ok(pe_wait(mc, 1 << 10, 100000), "let go with another count, it ends");
	pe_events(mc);

	errors = reg_read(mc, MTIA_REG_ERR_COUNT);
	monitor_write(mc, 8, PE_REG(10, MTIA_PC_DBG_DATA(0)), 1, NULL);
	monitor_write(mc, 4, PE_REG(10, MTIA_PC_DBG_DATA(0)), 1, NULL);
	monitor_write(mc, 4, PE_REG(10, MTIA_PC_DBG_SELECT(0)), 0x2000, NULL);
	monitor_read(mc, 8, PE_REG(10, MTIA_PC_DBG_DATA(0)), NULL);
	monitor_write(mc, 4, PE_REG(10, MTIA_PC_DBG_STATUS(0)), 1, NULL);
	tap_u64(reg_read(mc, MTIA_REG_ERR_COUNT), errors + 4,
		"DATA of a core that is not halted, by halves, of no register; STATUS: guest errors");

	pe_launch(mc, 11, &starve);
	monitor_write(mc, 4, PE_REG(11, MTIA_PC_DBG_CTRL(0)), MTIA_DBG_HALT, NULL);
	machine_run(mc, 1000000);
	tap_u64(pe_events(mc), 0, "a halted core is no deadlock");
	monitor_write(mc, 4, PE_REG(11, MTIA_PC_DBG_CTRL(0)), 0, NULL);
	tap_ok(pe_wait(mc, 1 << 11, 1000000) &&
	       pe_reg64(mc, 11, MTIA_PC_FAULT_CAUSE) == MTIA_CAUSE_DEADLOCK, "let go, it is one");

	pe_launch(mc, 12, &sleep);
	machine_run(mc, 10000);
	tap_u64(pe_status_of(mc, 12), MTIA_PE_RUNNING, "a core sleeps");
	monitor_write(mc, 4, PE_REG(12, MTIA_PC_IRQ), 1, NULL);
	tap_ok(pe_wait(mc, 1 << 12, 100000), "MTIA_PC_IRQ wakes it");
	tap_u64(monitor_read(mc, 4, PE_REG(12, MTIA_PC_EXIT_CODE), NULL), MTIA_PE_IRQ_CTRL,
		"and is what it claims");
	pe_events(mc);
}

static void test_hang(struct machine *mc)
{
	struct pe_job job = {.core = {PE_ECHO, PE_LEAVE}, .arg = {64, PE_DATA, PE_DATA + 64, 0}};
	struct pe_job receive = { .core = { PE_LEAVE, PE_RECEIVE },
				  .subgrid = PE_SUBGRID(6, 0, 1, 2) };

	mtia_model_inject(mc->model, MTIA_INJECT_HANG_PE, 48, 0);
	job.subgrid = PE_SUBGRID(6, 0, 1, 2);
	pe_launch(mc, 48, &job);
	pe_launch(mc, 49, &receive);
	machine_run(mc, 2000000);
	tap_u64(pe_events(mc), 0, "a hung PE ends neither by itself nor as a deadlock");
	tap_u64(pe_status_of(mc, 48), MTIA_PE_RUNNING, "it looks as if it ran");
	pe_ctrl(mc, 48, MTIA_PC_RESET | MTIA_PC_SCRUB);
	pe_ctrl(mc, 49, MTIA_PC_RESET | MTIA_PC_SCRUB);
	job.subgrid = 0;
	pe_launch(mc, 48, &job);
	machine_run(mc, 100000);
	tap_u64(pe_status_of(mc, 48), MTIA_PE_RUNNING, "a reset does not cure it");
	mtia_model_inject(mc->model, MTIA_INJECT_CLEAR, MTIA_INJECT_HANG_PE, 0);
	tap_ok(pe_wait(mc, UINT64_C(1) << 48, 100000), "taking the fault back does");
	pe_events(mc);
}

/* 64 PEs with work of different lengths, launched in several batches. */
static uint64_t crowd(unsigned int workers, uint64_t *end, uint64_t *counters)
{
	struct machine mc;
	uint64_t hash;

	machine_open(&mc, workers, LPDDR_SIZE);
	pe_machine_boot(&mc);
	pattern_fill(mc.lpddr + PE_DATA_OFFSET, 8 * MiB, 4);
	for (unsigned int pe = 0; pe < 64; pe++) {
		struct pe_job job = {
			.core = { PE_ECHO, PE_COUNT },
			.arg = { 512 + 32 * (pe * 7 % 61), PE_DATA + pe * 0x10000,
				 pe % 3 ? PE_DATA + 8 * MiB + pe * 0x10000 :
					  PE_HOST + pe * 0x2000, pe },
		};

		pe_launch_add(&mc, pe, &job);
		if (pe % 16 == 15)
			monitor_run(&mc);
	}
	tap_ok(pe_wait(&mc, UINT64_MAX, 1000000), "64 PEs with %u workers", workers);
	*end = reg_read64(&mc, MTIA_REG_TIMESTAMP);
	for (unsigned int i = 0; i < MTIA_NUM_COUNTERS; i++)
		counters[i] = counter(&mc, i);
	hash = mtia_model_state_hash(mc.model, 0, LPDDR_SIZE);
	for (size_t i = 0; i < HOST_SIZE; i++)
		hash = (hash ^ mc.host[i]) * 0x100000001b3ull;
	machine_close(&mc);
	return hash;
}

static void test_workers(void)
{
	static const unsigned int workers[] = { 1, 2, 3, 4, 64 };
	uint64_t hash[5], end[5], counters[5][MTIA_NUM_COUNTERS];

	for (unsigned int i = 0; i < 5; i++) {
		hash[i] = crowd(workers[i], &end[i], counters[i]);
		if (!i)
			continue;
		tap_u64(hash[i], hash[0], "state with %u workers is that with one", workers[i]);
		tap_u64(end[i], end[0], "so are the cycles");
		tap_mem(counters[i], counters[0], sizeof(counters[0]), "and the counters");
	}
}

int main(void)
{
	struct machine mc;

	machine_open(&mc, 1, LPDDR_SIZE);
	pe_machine_boot(&mc);
	test_launch(&mc);
	test_targets(&mc);
	test_rules(&mc);
	test_faults(&mc);
	test_stale(&mc);
	test_deadlock(&mc);
	test_debug(&mc);
	test_hang(&mc);
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
	test_workers();
	return tap_done();
}

// SPDX-License-Identifier: GPL-2.0
/* Control core: boot, what it reaches, interrupts, timer, MSI, traps; time, budgets, injection. */
#include <errno.h>

#include "soc/machine.h"

static void test_boot(void)
{
	struct machine mc;

	machine_open(&mc, 1, LPDDR_SIZE);
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_RESET, "core is in reset at first");
	machine_boot(&mc, GUEST_MONITOR);
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_WAITING, "core boots and waits");
	tap_ok(reg_read64(&mc, MTIA_REG_COUNTER(MTIA_CNT_CTRL_INSTRS)) > 5,
	       "instructions are counted");
	cc_write(&mc, MTIA_CC_FW_STATUS, 0x1234);
	cc_write(&mc, MTIA_CC_HEARTBEAT, 7);
	cc_write(&mc, MTIA_CC_FW_VERSION, 0x10002);
	tap_u64(reg_read(&mc, MTIA_REG_FW_STATUS), 0x1234, "FW_STATUS shows");
	tap_u64(reg_read(&mc, MTIA_REG_HEARTBEAT), 7, "HEARTBEAT shows");
	tap_u64(reg_read(&mc, MTIA_REG_FW_VERSION), 0x10002, "FW_VERSION shows");
	reg_write(&mc, MTIA_REG_CTRL, 0);
	tap_u64(reg_read(&mc, MTIA_REG_FW_STATUS), 0,
		"FW_STATUS is void as soon as the reset is written");
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_WAITING,
		"CORE_STATE tells when the reset is done");
	machine_run(&mc, 1);
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_RESET, "and then says reset");
	machine_boot(&mc, GUEST_MONITOR);
	tap_u64(cc_read(&mc, MTIA_CC_GRID), 0x20808, "second boot works");
	tap_u64(cc_read(&mc, MTIA_CC_FW_STATUS), 0, "firmware's registers were reset");
	/* reset and start without a step between them */
	cc_write(&mc, MTIA_CC_FW_STATUS, 99);
	reg_write(&mc, MTIA_REG_CTRL, 0);
	machine_boot(&mc, GUEST_MONITOR);
	tap_u64(reg_read(&mc, MTIA_REG_FW_STATUS), 0, "stop and start at once is a reset too");
	tap_u64(cc_read64(&mc, MTIA_CC_LPDDR_SIZE), LPDDR_SIZE, "and the core runs again");
	machine_close(&mc);
}

/* ---- What the core reaches ---- */

static void test_reach(struct machine *mc)
{
	uint64_t local = MTIA_PA_PE_LOCAL + 63 * MTIA_PA_PE_STRIDE, trap, v;

	tap_u64(cc_read64(mc, MTIA_CC_PE_ENABLED), UINT64_MAX, "PE_ENABLED");
	tap_u64(cc_read(mc, MTIA_CC_PE_ENABLED + 4), UINT32_MAX, "its high half alone");
	tap_u64(cc_read(mc, MTIA_CC_CLOCK_HZ), MTIA_CLOCK_HZ, "CLOCK_HZ");
	monitor_write(mc, 8, MTIA_PA_SRAM + MTIA_SRAM_SIZE - 8, 0x1122334455667788, NULL);
	tap_u64(mc->sram[MTIA_SRAM_SIZE - 1], 0x11, "SRAM is written to its last byte");
	monitor_write(mc, 1, MTIA_PA_LPDDR + LPDDR_SIZE - 1, 0x5a, NULL);
	tap_u64(mc->lpddr[LPDDR_SIZE - 1], 0x5a, "LPDDR is written to its last byte");
	for (unsigned int size = 1; size <= 8; size *= 2) {
		monitor_write(mc, size, local + 0x1fff8, 0x8899aabbccddeeff, NULL);
		v = monitor_read(mc, size, local + 0x1fff8, &trap);
		tap_ok(!trap && v == (0x8899aabbccddeeff &
				      (size == 8 ? ~0ull : (1ull << 8 * size) - 1)),
		       "PE local memory, %u bytes", size);
	}
	monitor_write(mc, 8, local, 40, NULL);
	monitor_add(mc, 8 | GUEST_AMOADD, local, 2);
	monitor_run(mc);
	tap_u64(mc->page->access[0].value, 40, "atomic on PE local memory gives the old value");
	tap_u64(monitor_read(mc, 8, local, NULL), 42, "and leaves the new one");
}

static void test_no_reach(struct machine *mc)
{
	static const struct {
		const char *what;
		uint64_t op, addr, cause;
	} cases[] = {
		{"load at 0", 4, 0, 5},
		{"load behind LPDDR", 8, MTIA_PA_LPDDR + LPDDR_SIZE, 5},
		{"load behind SRAM", 8, MTIA_PA_SRAM + MTIA_SRAM_SIZE, 5},
		{"load before SRAM", 8, MTIA_PA_SRAM - 8, 5},
		{"load behind a PE's local memory", 4, MTIA_PA_PE_LOCAL + 0x20000, 5},
		{"load behind the last PE", 4, MTIA_PA_PE_LOCAL + 64 * MTIA_PA_PE_STRIDE, 5},
		{"store behind the PE registers", 4 | GUEST_WRITE, MTIA_PA_PE_CTRL + 64 * 4096, 7},
		{"store behind the registers", 4 | GUEST_WRITE, MTIA_PA_CTRL + 0x10000, 7},
		{"store at the top", 8 | GUEST_WRITE, UINT64_MAX - 7, 7},
		{"atomic on a register", 8 | GUEST_AMOADD, MTIA_PA_CTRL + MTIA_CC_TIMECMP, 7},
		{"jump into SRAM", GUEST_EXEC, MTIA_PA_SRAM, 1},
		{"jump into the registers", GUEST_EXEC, MTIA_PA_CTRL, 1},
		{"jump to nowhere", GUEST_EXEC, 0x5000, 1},
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest_access *a = monitor_add(mc, cases[i].op, cases[i].addr, 0);

		monitor_run(mc);
		tap_u64(a->trap, cases[i].cause + 1, "%s traps with cause %d", cases[i].what,
			(int)cases[i].cause);
	}
}

static void test_bad_registers(struct machine *mc)
{
	static const struct {
		const char *what;
		uint64_t op, addr;
	} cases[] = {
		{"unknown register read", 4, MTIA_PA_CTRL + 0xffc},
		{"unknown register written", 4 | GUEST_WRITE, MTIA_PA_CTRL + 0xffc},
		{"register read with 2 bytes", 2, MTIA_PA_CTRL},
		{"register written with 1 byte", 1 | GUEST_WRITE, MTIA_PA_CTRL},
		{"4-byte register read with 8", 8, MTIA_PA_CTRL + MTIA_CC_FW_VERSION},
		{"read-only register written", 8 | GUEST_WRITE, MTIA_PA_CTRL + MTIA_CC_TIME},
		{"unknown PE register read", 8, MTIA_PA_PE_CTRL + 0x800},
		{"unknown PE register written", 4 | GUEST_WRITE,
		 MTIA_PA_PE_CTRL + 63 * 4096 + 0xffc},
		{"PE register read with 1 byte", 1, MTIA_PA_PE_CTRL + MTIA_PC_STATUS},
		{"PE status written", 4 | GUEST_WRITE, MTIA_PA_PE_CTRL + MTIA_PC_STATUS},
		{"unknown DMA register read", 8, MTIA_PA_CTRL + MTIA_CC_DMA(7) + 0x38},
		{"DMA status written", 4 | GUEST_WRITE,
		 MTIA_PA_CTRL + MTIA_CC_DMA(0) + MTIA_DMA_STATUS},
		{"MSI vector out of range", 4 | GUEST_WRITE, MTIA_PA_CTRL + MTIA_CC_MSI},
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t before = reg_read(mc, MTIA_REG_ERR_COUNT);
		struct guest_access *a = monitor_add(mc, cases[i].op, cases[i].addr, 0xffffffff);

		monitor_run(mc);
		tap_ok(!a->trap && (a->op & GUEST_WRITE || !a->value) &&
			       reg_read(mc, MTIA_REG_ERR_COUNT) == before + 1 &&
			       reg_read(mc, MTIA_REG_ERR_CLASS) == MTIA_ERR_GUEST,
		       "%s: no trap, a guest error", cases[i].what);
	}
}

/* ---- Interrupts ---- */

static void test_doorbells(void)
{
	struct machine mc;

	machine_open(&mc, 1, LPDDR_SIZE);
	reg_write(&mc, MTIA_DOORBELL(9), 4);
	machine_boot(&mc, GUEST_IRQ);
	tap_u64(mc.page->doorbell_irqs, 0, "a doorbell rung in reset is lost");
	reg_write(&mc, MTIA_DOORBELL(9), 0x80000001);
	machine_run(&mc, 100000);
	tap_u64(mc.page->doorbell_irqs, 1, "doorbell interrupts");
	tap_u64(mc.page->doorbells, 1ull << 9, "the right one is set");
	tap_u64(mc.page->tail, 0x80000001, "with the tail that was written");
	tap_u64(mc.irqs[2], 1, "and is answered by an MSI");
	reg_write(&mc, MTIA_DOORBELL(63), 1);
	reg_write(&mc, MTIA_DOORBELL(63), 2);
	reg_write(&mc, MTIA_DOORBELL(63), 3);
	machine_run(&mc, 100000);
	tap_u64(mc.page->doorbell_irqs, 2, "three writes at once are one interrupt");
	tap_u64(mc.page->tail, 3, "with the newest tail");
	reg_write(&mc, MTIA_DOORBELL(1), 5);
	reg_write(&mc, MTIA_DOORBELL(2), 6);
	machine_run(&mc, 100000);
	tap_u64(mc.page->doorbells, 6, "two queues show in one set");
	reg_write(&mc, MTIA_DOORBELL(1), 7);
	reg_write(&mc, MTIA_REG_CTRL, 0);
	machine_boot(&mc, GUEST_IRQ);
	tap_u64(mc.page->doorbell_irqs, 0, "a reset takes what was rung before it");
	machine_close(&mc);
}

static void test_mailbox(struct machine *mc)
{
	uint64_t tail;

	reg_write(mc, MTIA_REG_MBOX_D2H_HEAD, 0x1234);
	reg_write(mc, MTIA_REG_CQ_HEAD(15), 0x77);
	tap_u64(cc_read(mc, MTIA_CC_MBOX_D2H_HEAD), 0x1234, "D2H head arrives");
	tap_u64(cc_read(mc, MTIA_CC_CQ_HEAD(15)), 0x77, "CQ head arrives");
	tail = cc_read(mc, MTIA_CC_MBOX_H2D_TAIL);
	tap_u64(tail, mc->batches, "H2D tail arrives");
	tap_u64(reg_read(mc, MTIA_REG_MBOX_H2D_TAIL), 0, "and is write only for the host");
}

static void test_timer(void)
{
	struct mtia_model_step r;
	struct machine mc;
	uint64_t t0;

	machine_open(&mc, 1, LPDDR_SIZE);
	mc.page->period = 1000000;
	machine_boot(&mc, GUEST_IRQ);
	r = machine_run(&mc, 1000);
	t0 = r.next_event - 1000000;
	tap_ok(r.why == MTIA_STEP_IDLE && r.next_event > r.now && r.next_event < r.now + 1001000,
	       "idle until the timer, and the step says when");
	tap_u64(r.cycles, 0, "time stands while the next event lies beyond the budget");
	r = machine_run(&mc, r.next_event - r.now + 10000);
	tap_u64(mc.page->timer_irqs, 1, "timer interrupts");
	tap_ok(mc.page->first_timer >= t0 + 1000000 && mc.page->first_timer < t0 + 1000100,
	       "on time (%llu cycles late)",
	       (unsigned long long)(mc.page->first_timer - t0 - 1000000));
	tap_u64(mc.irqs[3], 1, "and its handler raises an MSI");
	machine_run(&mc, 100000000);
	tap_u64(mc.page->timer_irqs, 101, "a hundred more in a hundred periods");
	tap_ok(reg_read64(&mc, MTIA_REG_COUNTER(MTIA_CNT_CTRL_INSTRS)) < 10000,
	       "waiting executes nothing");
	machine_close(&mc);
}

/* ---- Traps ---- */

static void test_halt(void)
{
	struct mtia_model_step r;
	struct machine mc;

	machine_open(&mc, 1, LPDDR_SIZE);
	machine_boot(&mc, GUEST_TRAP);
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_HALTED, "trap without handler halts");
	tap_u64(reg_read64(&mc, MTIA_REG_CORE_CAUSE), 5, "CORE_CAUSE");
	tap_u64(reg_read64(&mc, MTIA_REG_CORE_TVAL), 0x50000000, "CORE_TVAL");
	tap_ok(reg_read64(&mc, MTIA_REG_CORE_PC) - MTIA_PA_LPDDR < 0x10000, "CORE_PC");
	r = machine_run(&mc, 1000000);
	tap_ok(r.why == MTIA_STEP_IDLE && r.next_event == UINT64_MAX, "a halted chip is idle");
	machine_stop(&mc);
	tap_u64(reg_read64(&mc, MTIA_REG_CORE_CAUSE), 0, "reset clears the record");
	machine_boot(&mc, GUEST_MONITOR);
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_WAITING, "and the core runs again");
	machine_stop(&mc);
	reg_write64(&mc, MTIA_REG_BOOT_PC, 0x666);
	reg_write(&mc, MTIA_REG_CTRL, MTIA_CTRL_CORE_RUN);
	machine_run(&mc, 1000);
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_HALTED, "start at nowhere halts");
	tap_u64(reg_read64(&mc, MTIA_REG_CORE_CAUSE), 1, "by a fetch fault");
	machine_close(&mc);
}

/* ---- Time ---- */

static void test_steps(void)
{
	struct mtia_model_step r = { .size = sizeof(r) }, small = { .size = 16, .cycles = 99 };
	struct machine mc;
	uint64_t spins, now;

	machine_open(&mc, 1, LPDDR_SIZE);
	r = machine_run(&mc, 1000);
	tap_ok(r.why == MTIA_STEP_IDLE && r.now == 0 && r.next_event == UINT64_MAX,
	       "nothing to do in reset");
	machine_boot(&mc, GUEST_SPIN);
	r = machine_run(&mc, 12800);
	tap_ok(r.why == MTIA_STEP_BUDGET && r.now == 12800, "a busy core uses its budget");
	r = machine_run(&mc, 1);
	tap_u64(r.cycles, 128, "a budget is rounded up to a quantum");
	tap_u64(reg_read64(&mc, MTIA_REG_TIMESTAMP), r.now, "TIMESTAMP is now");
	now = r.now;
	spins = mc.page->spins;
	mtia_model_stop(mc.model);
	r.size = sizeof(r);
	mtia_model_step(mc.model, 1000000, &r);
	tap_ok(r.why == MTIA_STEP_STOPPED && r.now == now && mc.page->spins == spins,
	       "stop() ends the next step");
	mtia_model_step(mc.model, 1000, &r);
	tap_ok(r.why == MTIA_STEP_BUDGET, "and only that");
	tap_ok(!mtia_model_step(mc.model, 128, &small) && small.cycles == 99 && small.size == 16,
	       "a shorter result structure is respected");
	tap_ok(mtia_model_step(mc.model, 128, NULL) == -EINVAL, "no result structure is refused");
	mtia_model_reset(mc.model, MTIA_RESET_FLR);
	now = reg_read64(&mc, MTIA_REG_TIMESTAMP);
	tap_ok(now >= r.now, "FLR: time goes on");
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_RESET, "FLR: core in reset");
	tap_u64(reg_read64(&mc, MTIA_REG_COUNTER(0)), 0, "FLR: counters cleared");
	tap_u64(reg_read64(&mc, MTIA_REG_BOOT_PC), 0, "FLR: BOOT_PC cleared");
	tap_ok(mc.page->spins > 0, "FLR: LPDDR kept");
	machine_boot(&mc, GUEST_SPIN);
	machine_run(&mc, 1280);
	tap_u64(reg_read64(&mc, MTIA_REG_TIMESTAMP), now + 1280, "FLR: and runs from there");
	mtia_model_reset(mc.model, MTIA_RESET_POWER_ON);
	tap_u64(reg_read64(&mc, MTIA_REG_TIMESTAMP), 0, "power-on: time starts over");
	tap_ok(mtia_model_reset(mc.model, (enum mtia_model_reset)7) == -EINVAL,
	       "unknown reset is refused");
	machine_close(&mc);
}

/* The same work cut into steps of any length takes the same time and gives the same state. */
static void test_slices(void)
{
	static const uint64_t slice[] = { 1000000, 128, 1000, 5000 };
	uint64_t hash[4];

	for (unsigned int i = 0; i < 4; i++) {
		struct machine mc;

		machine_open(&mc, 1, LPDDR_SIZE);
		pattern_fill(mc.sram, MiB, 1);
		machine_boot(&mc, GUEST_MIX);
		for (uint64_t t = 0; t < 1000064; ) {
			uint64_t left = 1000064 - t;

			t += machine_run(&mc, left < slice[i] ? left : slice[i]).cycles;
		}
		hash[i] = mtia_model_state_hash(mc.model, 0, LPDDR_SIZE);
		machine_close(&mc);
		if (i)
			tap_u64(hash[i], hash[0], "steps of %llu cycles give the same state",
				(unsigned long long)slice[i]);
	}
}

/* ---- Injection ---- */

static void test_inject(void)
{
	struct mtia_model_step r;
	struct machine mc;
	uint64_t spins;

	machine_open(&mc, 1, LPDDR_SIZE);
	machine_boot(&mc, GUEST_SPIN);
	machine_run(&mc, 10000);
	spins = mc.page->spins;
	tap_ok(!mtia_model_inject(mc.model, MTIA_INJECT_HANG_CONTROL, 0, 0) && spins,
	       "HANG_CONTROL is accepted");
	r = machine_run(&mc, 10000);
	tap_ok(mc.page->spins == spins && r.why == MTIA_STEP_IDLE, "the core stands");
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_RUNNING, "and does not show it");
	machine_stop(&mc);
	machine_boot(&mc, GUEST_IRQ);
	reg_write(&mc, MTIA_DOORBELL(0), 1);
	machine_run(&mc, 10000);
	tap_u64(mc.irqs[2], 1, "a reset of the core cures it");
	mtia_model_inject(mc.model, MTIA_INJECT_DROP_IRQ, 2, 0);
	for (unsigned int i = 0; i < 3; i++) {
		reg_write(&mc, MTIA_DOORBELL(0), 1);
		machine_run(&mc, 10000);
	}
	tap_u64(mc.page->doorbell_irqs, 4, "DROP_IRQ: firmware raised all");
	tap_u64(mc.irqs[2], 2, "DROP_IRQ: two were lost");
	tap_ok(mtia_model_inject(mc.model, MTIA_INJECT_HANG_PE, 64, 0) == -EINVAL,
	       "PE out of range is refused");
	tap_ok(mtia_model_inject(mc.model, (enum mtia_model_fault)99, 0, 0) == -EINVAL,
	       "unknown fault is refused");
	tap_ok(mtia_model_inject(mc.model, MTIA_INJECT_CORRUPT_CQE, 1, 4) == -EINVAL,
	       "word out of range is refused");
	machine_close(&mc);
}

int main(void)
{
	struct machine mc;

	test_boot();
	machine_open(&mc, 1, LPDDR_SIZE);
	machine_boot(&mc, GUEST_MONITOR);
	test_reach(&mc);
	test_no_reach(&mc);
	test_bad_registers(&mc);
	test_mailbox(&mc);
	machine_close(&mc);
	test_doorbells();
	test_timer();
	test_halt();
	test_steps();
	test_slices();
	test_inject();
	return tap_done();
}

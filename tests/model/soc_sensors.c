// SPDX-License-Identifier: GPL-2.0
/* Temperature, power, energy, clock: what an idle chip and a busy one show, to the unit. */
#include <stdlib.h>

#include "soc/pe_machine.h"

#define WINDOW ((uint64_t)MTIA_SENSOR_WINDOW)
/* 5 W for 2^20 cycles of 800 MHz, in nanojoules, and a PE that runs all the time. */
#define IDLE_NJ UINT64_C(6553600)
#define PE_NJ (WINDOW * 60 / 1000)

struct sensors {
	uint64_t temp, power, clock, energy;
};

static struct sensors sensors(struct machine *mc)
{
	return (struct sensors){
		.temp = reg_read(mc, MTIA_REG_TEMP),
		.power = reg_read(mc, MTIA_REG_POWER),
		.clock = reg_read(mc, MTIA_REG_PE_CLOCK),
		.energy = reg_read64(mc, MTIA_REG_ENERGY),
	};
}

/* To the end of so many windows, whatever happens meanwhile. */
static void run_windows(struct machine *mc, unsigned int windows)
{
	uint64_t now = reg_read64(mc, MTIA_REG_TIMESTAMP);
	uint64_t end = (now / WINDOW + windows) * WINDOW;

	while (now < end) {
		struct mtia_model_step r = { .size = sizeof(r) };

		mtia_model_step(mc->model, end - now, &r);
		if (r.why == MTIA_STEP_IDLE && r.now == now)
			break; /* no timer: time stands still */
		now = r.now;
	}
}

static void spin(struct machine *mc, unsigned int pes)
{
	struct pe_job job = { .core = { PE_SPIN, PE_LEAVE } };

	for (unsigned int pe = 0; pe < pes; pe++)
		pe_launch(mc, pe, &job);
}

/* All but the first, without which time would stand still. */
static void stop(struct machine *mc, unsigned int pes)
{
	for (unsigned int pe = 1; pe < pes; pe++)
		pe_ctrl(mc, pe, MTIA_PC_RESET);
}

static void test_power_on(struct machine *mc)
{
	struct sensors s = sensors(mc);

	tap_u64(s.temp, 48000, "power-on: 48 degrees");
	tap_u64(s.power, 5000, "5 W");
	tap_u64(s.clock, 0, "no PE is clocked");
	tap_u64(s.energy, 0, "nothing was used");
}

/* Time jumps from one timer to the next, over windows in which nothing happens. */
static void test_idle(void)
{
	struct machine mc;
	uint64_t now;

	machine_open(&mc, 1, LPDDR_SIZE);
	mc.page->period = 100 * WINDOW + 12345;
	machine_boot(&mc, GUEST_IRQ);
	machine_run(&mc, 1000 * WINDOW);
	now = reg_read64(&mc, MTIA_REG_TIMESTAMP);
	tap_ok(now >= 900 * WINDOW, "a thousand windows");
	tap_u64(reg_read64(&mc, MTIA_REG_ENERGY), now / WINDOW * IDLE_NJ / 1000, "5 W all the time");
	tap_u64(reg_read(&mc, MTIA_REG_TEMP), 48000, "no warmer");
	tap_u64(reg_read(&mc, MTIA_REG_POWER), 5000, "nor colder");
	machine_close(&mc);
}

static void test_busy(struct machine *mc)
{
	struct sensors idle, busy, later;
	uint64_t last;
	bool rising = true;

	spin(mc, 16);
	run_windows(mc, 2);
	idle = sensors(mc);
	run_windows(mc, 1);
	busy = sensors(mc);
	tap_u64(busy.clock, 200000000, "16 of 64 PEs run: a quarter of the clock");
	/* 16 PEs, 60 pJ a cycle: 0.768 W, rounded down */
	tap_u64(busy.power, 5767, "power of 16 PEs that spin");
	tap_u64((busy.energy - idle.energy) / 2, (IDLE_NJ + 16 * PE_NJ) / 1000 / 2,
		"energy of a window");
	for (unsigned int i = 0; i < 60; i++) {
		last = sensors(mc).temp;
		run_windows(mc, 1);
		rising &= sensors(mc).temp >= last;
	}
	later = sensors(mc);
	tap_ok(rising && later.temp > busy.temp, "it gets warmer");
	tap_u64(later.temp, 40000 + 5767 * 16 / 10, "up to where power has it");
	stop(mc, 16);
	run_windows(mc, 3);
	idle = sensors(mc);
	tap_ok(idle.clock == 12500000 && idle.power == 5047 && idle.temp < later.temp,
	       "and cooler again when all but one have stopped");
}

static void test_bytes(struct machine *mc)
{
	struct dma_case dma = { .src = MTIA_PA_LPDDR + PE_DATA_OFFSET, .len = 1 * MiB,
				.dst = MTIA_PA_SRAM };
	uint64_t start, energy, windows;

	run_windows(mc, 1);
	energy = sensors(mc).energy;
	start = reg_read64(mc, MTIA_REG_TIMESTAMP) / WINDOW;
	for (unsigned int i = 0; i < 4; i++)
		machine_dma(mc, 1, &dma);
	run_windows(mc, 1);
	energy = sensors(mc).energy - energy;
	windows = reg_read64(mc, MTIA_REG_TIMESTAMP) / WINDOW - start;
	/* 30 pJ a byte: 126 uJ */
	energy -= windows * (IDLE_NJ + PE_NJ) / 1000;
	tap_ok(energy >= 125 && energy <= 127, "bytes moved cost energy: %llu uJ",
	       (unsigned long long)energy);
}

/* The same work, cut into steps of one quantum or of many, and saved and loaded in between. */
static void run_work(struct machine *mc, uint64_t step, bool reload)
{
	unsigned int phase = 0;

	spin(mc, 5);
	while (phase < 2) {
		struct mtia_model_step r = { .size = sizeof(r) };

		mtia_model_step(mc->model, step, &r);
		if (r.now >= 3 * WINDOW + 70000 && phase == 0) {
			phase = 1;
			if (reload) {
				size_t size;
				void *state;

				mtia_model_save(mc->model, NULL, &size);
				state = malloc(size);
				tap_ok(!mtia_model_save(mc->model, state, &size) &&
					       !mtia_model_load(mc->model, state, size),
				       "saved and loaded");
				free(state);
			}
		}
		if (r.now >= 5 * WINDOW)
			phase = 2;
	}
}

static bool same(struct sensors a, struct sensors b)
{
	return a.temp == b.temp && a.power == b.power && a.clock == b.clock &&
	       a.energy == b.energy;
}

static void test_cuts(void)
{
	struct machine mc;
	struct sensors coarse;

	machine_open(&mc, 1, LPDDR_SIZE);
	pe_machine_boot(&mc);
	run_work(&mc, WINDOW / 2, false);
	coarse = sensors(&mc);
	machine_close(&mc);
	tap_ok(coarse.power > 5000 && coarse.energy > 5 * IDLE_NJ / 1000, "some work");

	machine_open(&mc, 2, LPDDR_SIZE);
	pe_machine_boot(&mc);
	run_work(&mc, 4096, false);
	tap_ok(same(coarse, sensors(&mc)), "in small steps, with two workers: the same");
	machine_close(&mc);

	machine_open(&mc, 1, LPDDR_SIZE);
	pe_machine_boot(&mc);
	run_work(&mc, WINDOW / 2, true);
	tap_ok(same(coarse, sensors(&mc)), "over a snapshot: the same");
	machine_close(&mc);
}

static void test_reset(struct machine *mc)
{
	struct sensors before, after;

	spin(mc, 64);
	run_windows(mc, 5);
	before = sensors(mc);
	tap_u64(before.clock, 800000000, "all PEs run: the whole clock");
	tap_ok(before.power == 8072 - 1 || before.power == 8072, "and 64 times what one draws");
	mtia_model_reset(mc->model, MTIA_RESET_FLR);
	after = sensors(mc);
	tap_ok(after.energy == before.energy && after.temp == before.temp,
	       "FLR changes neither energy nor temperature");
	run_windows(mc, 3);
	mtia_model_reset(mc->model, MTIA_RESET_POWER_ON);
	test_power_on(mc);
}

int main(void)
{
	struct machine mc;

	machine_open(&mc, 1, LPDDR_SIZE);
	test_power_on(&mc);
	pe_machine_boot(&mc);
	test_busy(&mc);
	test_bytes(&mc);
	test_reset(&mc);
	machine_close(&mc);
	test_idle();
	test_cuts();
	return tap_done();
}

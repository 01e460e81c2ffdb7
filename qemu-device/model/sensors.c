// SPDX-License-Identifier: MIT
/*
 * Temperature, power, energy and clock, worked out from what the chip has done in a window of time.
 * Constants and rules are in regs.h, all invented.
 *
 * A window ends at a multiple of its length, whatever the host asks for and whoever cuts time into
 * steps: no quantum goes over its end. Where time jumps over several windows, nothing happened in them.
 */
#include "soc.h"

#define CYCLES_PER_US (MTIA_CLOCK_HZ / 1000000)
#define STATIC_NJ ((uint64_t)MTIA_POWER_STATIC_MW * MTIA_SENSOR_WINDOW / CYCLES_PER_US)

/* Far more than a window can have of anything, far less than what overflows. */
#define MOST (UINT64_C(1) << 40)

static uint32_t target(uint32_t power)
{
	return MTIA_TEMP_AMBIENT_MC + (uint32_t)((uint64_t)power * MTIA_TEMP_MC_A_WATT / 1000);
}

static void count(const struct mtia_model *m, uint64_t *busy_cycles, uint64_t *macs,
		  uint64_t *bytes)
{
	*busy_cycles = *macs = 0;
	*bytes = m->dma_bytes;
	for (unsigned int i = 0; i < SOC_NR_PES; i++) {
		struct pe_counters c;

		pe_get_counters(m->pe[i].pe, &c);
		*busy_cycles += c.busy_cycles;
		*macs += c.dpe_macs;
		*bytes += c.fi_read_bytes + c.fi_write_bytes;
	}
}

/* Also after a snapshot that was made up. */
static uint64_t since(uint64_t now, uint64_t before, uint64_t most)
{
	uint64_t done = now > before ? now - before : 0;

	return done < most ? done : most;
}

/* A window in which so much was done. */
static void end_window(struct sensors *s, uint64_t busy_cycles, uint64_t macs, uint64_t bytes)
{
	uint64_t energy = STATIC_NJ + busy_cycles * MTIA_ENERGY_PE_CYCLE_PJ / 1000 +
			  macs * MTIA_ENERGY_MAC_FJ / 1000000 + bytes * MTIA_ENERGY_BYTE_PJ / 1000;
	int64_t difference, step;

	s->energy += energy;
	s->power = (uint32_t)(energy * CYCLES_PER_US / MTIA_SENSOR_WINDOW);
	s->pe_clock = (uint32_t)(busy_cycles * MTIA_CLOCK_HZ / SOC_NR_PES / MTIA_SENSOR_WINDOW);
	difference = (int64_t)target(s->power) - s->temp;
	step = difference / (int64_t)MTIA_TEMP_INERTIA;
	if (!step)
		step = (difference > 0) - (difference < 0);
	s->temp = (uint32_t)(s->temp + step);
	s->due += MTIA_SENSOR_WINDOW;
}

void sensors_advance(struct mtia_model *m)
{
	struct sensors *s = &m->sensors;
	uint64_t busy_cycles, macs, bytes, left;

	if (m->now < s->due)
		return;
	count(m, &busy_cycles, &macs, &bytes);
	/* What waits is not looked at and counted late: no more than a window has room for. */
	end_window(s, since(busy_cycles, s->busy_cycles, (uint64_t)SOC_NR_PES * MTIA_SENSOR_WINDOW),
		   since(macs, s->macs, MOST), since(bytes, s->bytes, MOST));
	s->busy_cycles = busy_cycles;
	s->macs = macs;
	s->bytes = bytes;
	/* Idle ones; from where the temperature stands still they differ by their energy only. */
	while (m->now >= s->due) {
		uint32_t temp = s->temp;

		end_window(s, 0, 0, 0);
		if (s->temp != temp || m->now < s->due)
			continue;
		left = (m->now - s->due) / MTIA_SENSOR_WINDOW + 1;
		s->energy += left * STATIC_NJ;
		s->due += left * MTIA_SENSOR_WINDOW;
	}
}

void sensors_publish(struct mtia_model *m)
{
	struct shadow *shadow = &m->shadow;
	const struct sensors *s = &m->sensors;

	atomic_store_explicit(&shadow->temp, s->temp, memory_order_relaxed);
	atomic_store_explicit(&shadow->power, s->power, memory_order_relaxed);
	atomic_store_explicit(&shadow->pe_clock, s->pe_clock, memory_order_relaxed);
	atomic_store_explicit(&shadow->energy, s->energy / 1000, memory_order_relaxed);
}

void sensors_reset(struct mtia_model *m, bool power_on)
{
	struct sensors *s = &m->sensors;

	if (power_on) {
		*s = (struct sensors){ .due = MTIA_SENSOR_WINDOW };
		s->power = MTIA_POWER_STATIC_MW;
		s->temp = target(s->power);
	}
	/* Counters begin anew, and what was done since the window began is nobody's. */
	s->busy_cycles = s->macs = s->bytes = 0;
}

bool sensors_state_valid(const struct mtia_model *m)
{
	const struct sensors *s = &m->sensors;

	return s->due > m->now && s->due - m->now <= MTIA_SENSOR_WINDOW &&
	       s->due % MTIA_SENSOR_WINDOW == 0 && s->temp <= MTIA_TEMP_CRIT_MC;
}

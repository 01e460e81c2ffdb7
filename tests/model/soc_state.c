// SPDX-License-Identifier: GPL-2.0
/* Snapshots and hashes, damaged streams, several models at once, storms of register accesses. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "soc/pe_machine.h"

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

struct blob {
	uint8_t *data;
	size_t size;
};

static struct blob save(struct machine *mc)
{
	struct blob b = { 0 };

	if (mtia_model_save(mc->model, NULL, &b.size))
		exit(2);
	b.data = malloc(b.size);
	if (!b.data || mtia_model_save(mc->model, b.data, &b.size))
		exit(2);
	return b;
}

static int load(struct machine *mc, const struct blob *b)
{
	return mtia_model_load(mc->model, b->data, b->size);
}

/* Correct the sum over a stream whose content was changed. */
static void sum(struct blob *b)
{
	uint64_t hash = FNV_OFFSET;

	for (size_t i = 0; i < b->size - 8; i++)
		hash = (hash ^ b->data[i]) * FNV_PRIME;
	memcpy(b->data + b->size - 8, &hash, 8);
}

static void copy_memory(struct machine *to, const struct machine *from)
{
	memcpy(to->lpddr, from->lpddr, LPDDR_SIZE);
	memcpy(to->sram, from->sram, 16 * MiB);
	memcpy(to->host, from->host, HOST_SIZE);
	to->batches = from->batches;
	to->next = to->page->access;
}

/* A chip in the middle of everything: PEs, DMA, a fault record, a doorbell not taken yet. */
static void make_busy(struct machine *mc)
{
	struct dma_case dma = { MTIA_PA_LPDDR + 16 * MiB, MTIA_PA_SRAM + 4 * MiB, 8 * MiB, 0, 0, 0,
				false };
	struct dma_case bad = { .src = PE_DATA + 100 * MiB, .dst = MTIA_PA_SRAM, .len = 8,
				.src_space = MTIA_SPACE_VIRT | PE_ASID << 8 };

	pe_machine_boot(mc);
	pattern_fill(mc->lpddr + PE_DATA_OFFSET, 8 * MiB, 9);
	machine_dma(mc, 1, &bad);
	for (unsigned int pe = 0; pe < 16; pe++) {
		struct pe_job job = {
			.core = {pe % 2 ? PE_ECHO : PE_COUNT, pe % 3 ? PE_COUNT : PE_STARVE},
			.arg = {40000, PE_DATA + pe * 0x20000, PE_DATA + 8 * MiB + pe * 0x20000, 0},
		};

		pe_launch_add(mc, pe, &job);
	}
	monitor_run(mc);
	machine_dma_start(mc, 0, &dma);
	machine_run(mc, 5000);
	reg_write(mc, MTIA_DOORBELL(17), 3);
}

static uint64_t hash_of(struct machine *mc)
{
	return mtia_model_state_hash(mc->model, 0, LPDDR_SIZE);
}

static void test_same_future(void)
{
	struct machine a, b;
	struct blob blob;
	unsigned int steps = 0;
	size_t small = 10;
	bool same = true;

	machine_open(&a, 1, LPDDR_SIZE);
	machine_open(&b, 2, LPDDR_SIZE);
	make_busy(&a);
	blob = save(&a);
	fprintf(stderr, "# stream of %zu bytes\n", blob.size);
	tap_u64(mtia_model_save(a.model, blob.data, &small), (uint64_t)-ENOSPC,
		"too little room is refused");
	tap_u64(small, blob.size, "and the size told");
	copy_memory(&b, &a);
	tap_u64(load(&b, &blob), 0, "stream loads into another model");
	tap_u64(hash_of(&b), hash_of(&a), "with the same state");
	tap_u64(reg_read64(&b, MTIA_REG_TIMESTAMP), reg_read64(&a, MTIA_REG_TIMESTAMP),
		"and time");
	for (; steps < 15 && same; steps++) {
		machine_run(&a, 25000);
		machine_run(&b, 25000);
		same = hash_of(&a) == hash_of(&b);
	}
	tap_ok(same, "and the same future (%u looks)", steps);
	tap_u64(pe_events(&b), pe_events(&a), "PEs ended the same way");
	tap_ok(cc_read(&b, MTIA_CC_FAULT_STATUS) & MTIA_FAULT_VALID, "the fault record came along");
	tap_u64(cc_read64(&b, MTIA_CC_DOORBELLS), 1 << 17, "and the doorbell");
	tap_u64(cc_read(&b, MTIA_CC_DMA(0) + MTIA_DMA_STATUS), MTIA_DMA_ST_DONE,
		"and the copy, to its end");
	tap_mem(b.sram, a.sram, 16 * MiB, "with its bytes");
	free(blob.data);
	machine_close(&a);
	machine_close(&b);
}

static bool is_power_on(struct machine *mc)
{
	return reg_read(mc, MTIA_REG_CORE_STATE) == MTIA_CORE_RESET &&
	       reg_read64(mc, MTIA_REG_TIMESTAMP) == 0 && reg_read(mc, MTIA_REG_CTRL) == 0;
}

static void test_damage(unsigned int rounds)
{
	unsigned int refused = 0, accepted = 0, clean = 0;
	struct machine a, b;
	struct blob blob, bad;
	uint32_t x = 12345;

	machine_open(&a, 1, LPDDR_SIZE);
	machine_open(&b, 1, LPDDR_SIZE);
	make_busy(&a);
	blob = save(&a);
	bad = (struct blob){ malloc(blob.size + 8), 0 };
	copy_memory(&b, &a);
	for (unsigned int i = 0; i < 200; i++) {
		memcpy(bad.data, blob.data, blob.size);
		bad.size = i < 100 ? i * 8 : blob.size - (i - 99);
		refused += load(&b, &bad) == -EINVAL;
		clean += is_power_on(&b);
	}
	bad.size = blob.size + 8;
	refused += load(&b, &bad) == -EINVAL;
	refused += mtia_model_load(b.model, NULL, 0) == -EINVAL;
	tap_u64(refused, 202, "streams too short or too long are refused");
	tap_u64(clean, 200, "and leave the model as after power-on");
	refused = 0;
	bad.size = blob.size;
	for (unsigned int i = 0; i < 16; i++) {
		memcpy(bad.data, blob.data, blob.size);
		x = x * 1664525u + 1013904223u;
		bad.data[x % blob.size] ^= 1 << (x >> 29);
		refused += load(&b, &bad) == -EINVAL;
	}
	tap_u64(refused, 16, "one flipped bit is found");
	/* With a right sum it is up to the checks of values; what passes must run without harm. */
	refused = 0;
	for (unsigned int i = 0; i < rounds; i++) {
		unsigned int flips = 1 + i % 4;

		memcpy(bad.data, blob.data, blob.size);
		while (flips--) {
			size_t at;

			x = x * 1664525u + 1013904223u;
			/* half of them where the SoC's own state lies, or at a PE's begin */
			at = i % 2 ? x % blob.size : x % 40000;
			x = x * 1664525u + 1013904223u;
			bad.data[at] = x >> 24;
		}
		sum(&bad);
		if (load(&b, &bad)) {
			refused++;
			if (!is_power_on(&b))
				tap_ok(false, "refused stream left the model as after power-on");
			continue;
		}
		accepted++;
		machine_run(&b, 20000);
	}
	tap_ok(refused && accepted, "%u forged streams: %u refused, %u ran", rounds, refused,
	       accepted);
	tap_u64(load(&b, &blob), 0, "the true stream still loads");
	free(bad.data);
	free(blob.data);
	machine_close(&a);
	machine_close(&b);

	machine_open(&a, 1, LPDDR_SIZE);
	machine_open(&b, 1, 2 * LPDDR_SIZE);
	blob = save(&a);
	tap_u64(load(&b, &blob), (uint64_t)-EINVAL,
		"a stream of a chip with other LPDDR is refused");
	free(blob.data);
	machine_close(&a);
	machine_close(&b);
}

/* ---- Several at once ---- */

static void *run_one(void *arg)
{
	uint64_t *hash = arg;
	struct machine mc;

	machine_open(&mc, 2, LPDDR_SIZE);
	make_busy(&mc);
	machine_run(&mc, 400000);
	*hash = hash_of(&mc);
	machine_close(&mc);
	return NULL;
}

static void test_two(void)
{
	pthread_t thread[2];
	uint64_t hash[3];

	run_one(&hash[2]);
	for (unsigned int i = 0; i < 2; i++)
		if (pthread_create(&thread[i], NULL, run_one, &hash[i]))
			exit(2);
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	tap_ok(hash[0] == hash[2] && hash[1] == hash[2],
	       "two models in two threads don't know of each other");
}

/* ---- Storms ---- */

struct storm {
	struct machine *mc;
	uint32_t seed;
	atomic_bool end;
};

static void *storm_main(void *arg)
{
	struct storm *s = arg;
	uint32_t x = s->seed;

	while (!atomic_load(&s->end)) {
		uint64_t offset, value;

		x = x * 1664525u + 1013904223u;
		value = (uint64_t)x << 16 | x >> 7;
		x = x * 1664525u + 1013904223u;
		offset = x >> 31 ? (x >> 8) % MTIA_BAR0_SIZE : (x >> 8) % 0x1000;
		if (x & 8)
			offset &= ~7ull;
		if (x & 4)
			mtia_model_mmio_read(s->mc->model, offset, 1u << (x & 3));
		else
			mtia_model_mmio_write(s->mc->model, offset, value, 1u << (x & 3));
		if (x % 64 == 0)
			mtia_model_mmio_write(s->mc->model, MTIA_REG_CTRL, x >> 20 & 1, 4);
		if (x % 1024 == 0)
			mtia_model_stop(s->mc->model);
	}
	return NULL;
}

static void test_storm(unsigned int steps)
{
	struct mtia_model_step r = { .size = sizeof(r) };
	struct storm storm[2];
	pthread_t thread[2];
	struct machine mc;
	unsigned int bad = 0;
	uint64_t now = 0;

	machine_open(&mc, 2, LPDDR_SIZE);
	machine_boot(&mc, GUEST_MIX);
	for (unsigned int i = 0; i < 2; i++) {
		storm[i] = (struct storm){ .mc = &mc, .seed = 77 + i };
		if (pthread_create(&thread[i], NULL, storm_main, &storm[i]))
			exit(2);
	}
	for (unsigned int i = 0; i < steps; i++) {
		if (mtia_model_step(mc.model, 5000, &r) || r.now < now)
			bad++;
		now = r.now;
		if (i % 100 == 99)
			mtia_model_reset(mc.model, MTIA_RESET_FLR);
	}
	for (unsigned int i = 0; i < 2; i++) {
		atomic_store(&storm[i].end, true);
		pthread_join(thread[i], NULL);
	}
	tap_u64(bad, 0, "random accesses from two threads while the chip runs");
	machine_stop(&mc);
	pe_machine_boot(&mc);
	tap_u64(cc_read(&mc, MTIA_CC_GRID), 0x20808, "and it boots after them");
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
}

/* The control core writes random values to random registers: all it can do to the chip. */
static void test_register_storm(unsigned int rounds)
{
	struct machine mc;
	uint32_t x = 4242;

	machine_open(&mc, 1, LPDDR_SIZE);
	pe_machine_boot(&mc);
	for (unsigned int i = 0; i < rounds; i++) {
		for (unsigned int k = 0; k < 100; k++) {
			uint64_t addr, value;

			x = x * 1664525u + 1013904223u;
			addr = x >> 30 == 0 ? MTIA_PA_PE_CTRL + (x >> 4) % 0x40000 :
			       x >> 30 == 1 ? MTIA_PA_CTRL + (x >> 4) % 0x10000 :
					      MTIA_PA_CTRL + (x >> 4) % 0xc00;
			addr &= ~7ull;
			x = x * 1664525u + 1013904223u;
			value = x >> 30 == 0 ? x : x >> 30 == 1 ? x % 16 :
				x >> 30 == 2 ? MTIA_PA_SRAM + x % MiB : PE_DATA + x % MiB;
			/* not the interrupt that the monitor lives on */
			if (addr == MTIA_PA_CTRL + MTIA_CC_IRQ_STATUS ||
			    addr == MTIA_PA_CTRL + MTIA_CC_MBOX_EVENT)
				continue;
			if (x & 1)
				monitor_add(&mc, (x & 2 ? 8 : 4) | GUEST_WRITE,
					    addr + (x & 2 ? 0 : x & 4), value);
			else
				monitor_add(&mc, x & 2 ? 8 : 4, addr + (x & 2 ? 0 : x & 4), 0);
		}
		/* a transfer that reaches anywhere may end the program: then start it again */
		mc.page->count = mc.next - mc.page->access;
		mc.next = mc.page->access;
		reg_write(&mc, MTIA_REG_MBOX_H2D_TAIL, ++mc.batches);
		machine_run(&mc, 50000);
		if (mc.page->done != mc.batches) {
			machine_stop(&mc);
			pe_machine_boot(&mc);
		}
	}
	machine_stop(&mc);
	pe_machine_boot(&mc);
	tap_u64(cc_read(&mc, MTIA_CC_GRID), 0x20808, "%u random register accesses by the core",
		rounds * 100);
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
}

int main(void)
{
#ifdef __SANITIZE_ADDRESS__
	unsigned int scale = 1;
#else
	unsigned int scale = 2;
#endif

	test_same_future();
	test_damage(40 * scale);
	test_two();
	test_storm(400 * scale);
	test_register_storm(150 * scale);
	return tap_done();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: command buffers through the whole firmware core on a fake chip. The input is the
 * buffer, as a client would write it; the last bytes also choose how PEs end. Whatever it holds,
 * the job must end (at the latest by a kill) with one completion, everything must be given back,
 * no physical address may be touched, and the next job must work.
 *
 * With -DSTANDALONE: a driver of its own for machines without libFuzzer,
 *	fuzz_fw_cmdbuf RUNS [SEED]    mutated valid buffers and random bytes, prints TAP
 *	fuzz_fw_cmdbuf FILE...        replay
 */
#include <stdlib.h>
#include <string.h>

#include "fw_fake.h"

#define BUFFER	(FAKE_VA + 0x10000)
#define PROGRAM (FAKE_VA + 0x40000)

static void boot_once(void)
{
	if (fake.fw)
		return;
	fake_power_on();
	fake_boot(2);
	if (fake_queue(1, 1) || fake_queue(2, 2))
		abort();
}

static void must(bool condition)
{
	if (!condition)
		abort();
}

static bool all_released(void)
{
	const struct fw *fw = fake.fw;

	return !fake_running_pes() && !fw->grid.used && !fw->grid_waiters.count &&
	       !fw->small_waiters.count && !fw->bulk_waiters.count && !fw->sleeping &&
	       !fake.dma_bytes_to_fw_region;
}

static void end_pes(uint64_t how)
{
	uint64_t pes = fake_running_pes();

	while (pes) {
		unsigned int pe = lowest_bit(pes);

		pes &= pes - 1;
		if (how >> pe % 32 & 1 && pe % 5 == how % 5)
			fake_pe_raise(pe, pe & 1, how >> 8 & 31, how, pe);
		else
			fake_pe_exit(pe, how % 7 == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mtia_d2h_msg msg;
	struct mtia_cqe cqe;
	uint64_t how = 0;

	boot_once();
	if (size > MTIA_CMD_MAX_SIZE)
		size = MTIA_CMD_MAX_SIZE;
	if (size > 8)
		memcpy(&how, data + size - 8, 8);
	fake_depth = size / 8 % 2 ? 1 + how % MTIA_WQ_MAX_DEPTH : 0;
	fake_program(1, PROGRAM, 16);
	memcpy(fake_at(1, BUFFER), data, size);
	memset(fake_at(2, FAKE_VA), 0x5a, 4096);

	fake_exec(1, BUFFER, size);
	for (unsigned int i = 0; i < 64 && !fake_cqe(0, &cqe); i++) {
		fake_settle();
		end_pes(how);
		fake.time = fake.timer;
		cqe.queue = 0;
	}
	if (cqe.queue != 1) {
		/* waits for a value that never comes */
		must(fake_call(MTIA_H2D_QUEUE_KILL, 1, MTIA_JOB_TIMEOUT, 0, 0, 0, 0) == 0);
		must(fake_cqe(0, &cqe) && cqe.status == MTIA_JOB_TIMEOUT);
	}
	must(cqe.queue == 1 && cqe.status <= MTIA_JOB_INTERNAL);
	must(cqe.status != MTIA_JOB_INTERNAL);
	fake_settle();
	must(!fake_cqe(0, &cqe));
	must(all_released());
	for (unsigned int i = 0; i < 4096; i++)
		must(*(uint8_t *)fake_at(2, FAKE_VA + i) == 0x5a);
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	fake_settle();
	must(fake_cqe(0, &cqe) && cqe.queue == 1 && !cqe.status);
	while (fake_message(MTIA_D2H_FAULT, &msg))
		;
	return 0;
}

#ifdef STANDALONE
#include <stdio.h>

static uint64_t state;

static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* Mostly mapped, sometimes not, at times absurd. */
static uint64_t some_va(void)
{
	switch (rnd() % 8) {
	case 0:
		return rnd();
	case 1:
		return FAKE_VA + FAKE_VA_SIZE - 16 + rnd() % 32;
	case 2:
		return MTIA_PA_LPDDR + rnd() % (1 << 20);
	default:
		return FAKE_VA + 0x50000 + (rnd() % 0x1000) * 8;
	}
}

static uint64_t some_size(void)
{
	return rnd() % 16 ? rnd() % 4096 + 1 : rnd() >> rnd() % 64;
}

static void generate(struct fake_cmds *c)
{
	unsigned int packets = rnd() % 8;

	fake_cmds_begin(c);
	while (packets--) {
		uint32_t args = rnd() % 8 ? 16 : rnd() % 64;
		unsigned int rows = rnd() % 9, cols = rnd() % 9;

		switch (rnd() % 8) {
		case 0:
			fake_cmds_add(c, MTIA_PKT_NOP, 8);
			break;
		case 1:
		case 2:
			do
				fake_launch(c, rnd() % 8 ? PROGRAM : some_va() & ~4095ull,
					    rows, cols, args);
			while (rnd() % 2 && c->size < 512);
			break;
		case 3: {
			struct mtia_pkt_copy *p = fake_cmds_add(c, MTIA_PKT_COPY, sizeof(*p));

			p->src = some_va();
			p->dst = some_va();
			p->size = some_size();
			break;
		}
		case 4: {
			struct mtia_pkt_fill *p = fake_cmds_add(c, MTIA_PKT_FILL, sizeof(*p));

			p->dst = some_va();
			p->size = some_size();
			p->pattern = rnd();
			break;
		}
		case 5: {
			struct mtia_pkt_signal *p = fake_cmds_add(c, MTIA_PKT_SIGNAL, sizeof(*p));

			p->va = some_va() & ~7ull;
			p->value = rnd();
			break;
		}
		case 6: {
			struct mtia_pkt_wait *p = fake_cmds_add(c, MTIA_PKT_WAIT, sizeof(*p));

			p->va = some_va() & ~7ull;
			p->value = rnd() % 4;
			break;
		}
		default: {
			struct mtia_pkt_timestamp *p =
				fake_cmds_add(c, MTIA_PKT_TIMESTAMP, sizeof(*p));

			p->va = some_va() & ~7ull;
			break;
		}
		}
	}
	fake_cmds_seal(c);
	for (unsigned int flips = rnd() % 4; flips; flips--)
		c->bytes[rnd() % c->size] ^= (uint8_t)(1u << rnd() % 8);
}

static int replay(const char *path)
{
	static uint8_t data[MTIA_CMD_MAX_SIZE];
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		return 1;
	}
	LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
	fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	static struct fake_cmds c;
	unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;

	if (!runs) {
		int failed = argc < 2;

		for (int i = 1; i < argc; i++)
			failed |= replay(argv[i]);
		return failed;
	}
	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15ull;
	for (unsigned long n = 0; n < runs; n++) {
		generate(&c);
		LLVMFuzzerTestOneInput(c.bytes, c.size);
	}
	printf("ok 1 - %lu generated command buffers\n", runs);
	for (unsigned long n = 0; n < runs; n++) {
		uint32_t size = rnd() % 512 & ~7u;

		for (uint32_t i = 0; i < size; i++)
			c.bytes[i] = (uint8_t)rnd();
		LLVMFuzzerTestOneInput(c.bytes, size);
	}
	printf("ok 2 - %lu buffers of random bytes\n1..2\n", runs);
	fake_shutdown();
	return 0;
}
#endif

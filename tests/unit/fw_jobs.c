// SPDX-License-Identifier: GPL-2.0
/* Firmware core on a fake chip: boot, mailbox, descriptors, memory packets, completions. */
#include "fw_fake.h"
#include "tap.h"

static void expect(uint64_t seqno, enum mtia_job_status status, uint32_t detail, const char *name)
{
	struct mtia_cqe cqe;
	bool have = fake_cqe(0, &cqe);

	tap_ok(have && cqe.seqno == seqno && cqe.status == status && cqe.detail == detail, "%s",
	       name);
	if (!have)
		fprintf(stderr, "#   no completion\n");
	else if (cqe.seqno != seqno || cqe.status != status || cqe.detail != detail)
		fprintf(stderr, "#   seqno %llu status %u detail %u\n",
			(unsigned long long)cqe.seqno, cqe.status, cqe.detail);
}

static void check_boot(void)
{
	struct mtia_fw_boot boot;

#define REFUSED(change, reason, text)                                               \
	do {                                                                        \
		fake_power_on();                                                    \
		boot = fake_boot_params();                                          \
		change;                                                             \
		tap_ok(fake_boot_with(&boot) == (reason), "boot refused: " text);   \
	} while (0)
	REFUSED(boot.magic = 0, MTIA_FW_FAIL_BOOT_MAGIC, "magic");
	REFUSED(boot.abi_major = 2, MTIA_FW_FAIL_ABI, "ABI major");
	REFUSED(boot.d2h_addr = 0, MTIA_FW_FAIL_RING, "no D2H ring");
	REFUSED(boot.d2h_addr += 32, MTIA_FW_FAIL_RING, "D2H misaligned");
	REFUSED(boot.mbox_vector = MTIA_MAX_VECTORS, MTIA_FW_FAIL_RING, "vector");
	REFUSED(boot.log_size = 5000, MTIA_FW_FAIL_RING, "log size not a power of two");
	REFUSED(boot.log_size = 2048, MTIA_FW_FAIL_RING, "log too small");
	REFUSED(boot.log_size = 2u << 20, MTIA_FW_FAIL_RING, "log too large");
	REFUSED(fake.h2d_tail = 3, MTIA_FW_FAIL_RING, "stale H2D tail");
	REFUSED(fake.d2h_head = 3, MTIA_FW_FAIL_RING, "stale D2H head");
	REFUSED(fake.grid = 9 | 8 << 8 | 2 << 16, MTIA_FW_FAIL_HW, "9 rows");
	REFUSED(fake.grid = 8 | 8 << 8 | 1 << 16, MTIA_FW_FAIL_HW, "one core a PE");
	REFUSED(fake.grid = 0, MTIA_FW_FAIL_HW, "no grid");
#undef REFUSED
	fake_power_on();
	boot = fake_boot_params();
	boot.abi_minor = 99;
	tap_ok(fake_boot_with(&boot) == MTIA_FW_FAIL_NONE, "newer minor is fine");
	fake_power_on();
	boot = fake_boot_params();
	boot.log_addr = 0;
	boot.log_size = 0;
	tap_ok(fake_boot_with(&boot) == MTIA_FW_FAIL_NONE &&
		       fake_call(MTIA_H2D_PING, 0, 0, 0, 0, 0, 0) == 0,
	       "runs without a log");
}

static void check_mailbox(void)
{
	const uint64_t ring = FAKE_RING(1), shape = 8 << 8 | 8 << 16;
	unsigned int invalidations;

	fake_power_on();
	fake_boot(2);
	tap_ok(fake_call(MTIA_H2D_PING, 0, 0, 0, 0, 0, 0) == 0, "ping");
	tap_ok(fake_call(0, 0, 0, 0, 0, 0, 0) == -FW_EINVAL, "message type 0");
	tap_ok(fake_call(99, 0, 0, 0, 0, 0, 0) == -FW_EINVAL, "message type 99");
	tap_ok(fake_call(MTIA_H2D_LOG_LEVEL, 4, 0, 0, 0, 0, 0) == -FW_EINVAL, "log level 4");
	tap_ok(fake_call(MTIA_H2D_LOG_LEVEL, 2, 2, 0, 0, 0, 0) == -FW_EINVAL, "log announced twice");

#define CQ(err, text, ...) \
	tap_ok(fake_call(MTIA_H2D_CQ_CREATE, __VA_ARGS__, 0, 0) == (err), "CQ: " text)
	CQ(-FW_EINVAL, "id out of range", MTIA_MAX_CQS, FAKE_CQ(1), 64, 2);
	CQ(-FW_EINVAL, "id 2^63", 1ull << 63, FAKE_CQ(1), 64, 2);
	CQ(-FW_EINVAL, "address 0", 1, 0, 64, 2);
	CQ(-FW_EINVAL, "address misaligned", 1, FAKE_CQ(1) + 16, 64, 2);
	CQ(-FW_EINVAL, "ring wraps the bus", 1, ~0ull << 5, 64, 2);
	CQ(-FW_EINVAL, "8 entries", 1, FAKE_CQ(1), 8, 2);
	CQ(-FW_EINVAL, "48 entries", 1, FAKE_CQ(1), 48, 2);
	CQ(-FW_EINVAL, "65536 entries", 1, FAKE_CQ(1), 65536, 2);
	CQ(-FW_EINVAL, "vector out of range", 1, FAKE_CQ(1), 64, MTIA_MAX_VECTORS);
	CQ(-FW_EEXIST, "exists", 0, FAKE_CQ(1), 64, 2);
	fake.cq_head[1] = 5;
	CQ(-FW_EINVAL, "stale head", 1, FAKE_CQ(1), 64, 2);
	fake.cq_head[1] = 0;
	CQ(0, "created", 1, FAKE_CQ(1), 64, 3);
	tap_ok(fake_call(MTIA_H2D_CQ_DESTROY, 1, 0, 0, 0, 0, 0) == 0, "CQ: destroyed");
	tap_ok(fake_call(MTIA_H2D_CQ_DESTROY, 1, 0, 0, 0, 0, 0) == -FW_ENOENT, "CQ: gone");
	tap_ok(fake_call(MTIA_H2D_CQ_DESTROY, 16, 0, 0, 0, 0, 0) == -FW_EINVAL, "CQ: no such id");
#undef CQ

#define CTX(err, text, asid, root) \
	tap_ok(fake_call(MTIA_H2D_CTX_CREATE, asid, root, 0, 0, 0, 0) == (err), "context: " text)
	CTX(-FW_EINVAL, "ASID 0", 0, ring);
	CTX(-FW_EINVAL, "ASID 64", 64, ring);
	CTX(-FW_EINVAL, "root misaligned", 3, ring + 8);
	CTX(-FW_EINVAL, "root in the firmware region", 3, MTIA_FW_REGION_SIZE - 4096);
	CTX(-FW_EINVAL, "root beyond LPDDR", 3, FAKE_LPDDR_SIZE);
	CTX(-FW_EEXIST, "exists", 2, ring);
#undef CTX
	invalidations = fake.tlb_invalidations;
	tap_ok(fake_call(MTIA_H2D_TLB_INV, 1, FAKE_VA, 4096, 0, 0, 0) == 0 &&
		       fake.tlb_invalidations == invalidations + 1,
	       "TLB invalidation reaches the MMU");
	tap_ok(fake_call(MTIA_H2D_TLB_INV, 3, 0, 0, 0, 0, 0) == -FW_ENOENT, "TLB: no context");
	tap_ok(fake_call(MTIA_H2D_TLB_INV, 64, 0, 0, 0, 0, 0) == -FW_EINVAL, "TLB: ASID");
	tap_ok(fake_call(MTIA_H2D_TLB_INV, 1, ~0ull, 4096, 0, 0, 0) == -FW_EINVAL, "TLB: range");

#define QUEUE(err, text, ...) \
	tap_ok(fake_call(MTIA_H2D_QUEUE_CREATE, __VA_ARGS__) == (err), "queue: " text)
	QUEUE(-FW_EINVAL, "slot 64", 64, 1, ring, 16, 0, shape);
	QUEUE(-FW_EINVAL, "slot 1 with ASID 0", 1, 0, ring, 16, 0, shape);
	QUEUE(-FW_EINVAL, "slot 0 with ASID 1", 0, 1, ring, 16, 0, shape);
	QUEUE(-FW_EINVAL, "ASID 64", 1, 64, ring, 16, 0, shape);
	QUEUE(-FW_ENOENT, "no context", 1, 3, ring, 16, 0, shape);
	QUEUE(-FW_EINVAL, "ring misaligned", 1, 1, ring + 32, 16, 0, shape);
	QUEUE(-FW_EINVAL, "ring in the firmware region", 1, 1, 0, 16, 0, shape);
	QUEUE(-FW_EINVAL, "ring beyond LPDDR", 1, 1, FAKE_LPDDR_SIZE - 512, 16, 0, shape);
	QUEUE(-FW_EINVAL, "ring at 2^64", 1, 1, ~63ull, 16, 0, shape);
	QUEUE(-FW_EINVAL, "1 entry", 1, 1, ring, 1, 0, shape);
	QUEUE(-FW_EINVAL, "12 entries", 1, 1, ring, 12, 0, shape);
	QUEUE(-FW_EINVAL, "2048 entries", 1, 1, ring, 2048, 0, shape);
	QUEUE(-FW_EINVAL, "CQ 16", 1, 1, ring, 16, 16, shape);
	QUEUE(-FW_ENOENT, "CQ not created", 1, 1, ring, 16, 5, shape);
	QUEUE(-FW_EINVAL, "priority 4", 1, 1, ring, 16, 0, shape | 4);
	QUEUE(-FW_EINVAL, "no rows", 1, 1, ring, 16, 0, 8 << 16);
	QUEUE(-FW_EINVAL, "9 columns", 1, 1, ring, 16, 0, 8 << 8 | 9 << 16);
	QUEUE(-FW_EINVAL, "reserved bits", 1, 1, ring, 16, 0, shape | 1 << 24);
	QUEUE(0, "created", 1, 1, ring, 16, 0, shape | 3);
	QUEUE(-FW_EEXIST, "exists", 1, 1, ring, 16, 0, shape);
#undef QUEUE
	tap_ok(fake_call(MTIA_H2D_CTX_DESTROY, 1, 0, 0, 0, 0, 0) == -FW_EBUSY, "context in use");
	tap_ok(fake_call(MTIA_H2D_CQ_DESTROY, 0, 0, 0, 0, 0, 0) == -FW_EBUSY, "CQ in use");
	tap_ok(fake_call(MTIA_H2D_QUEUE_KILL, 1, MTIA_JOB_OK, 0, 0, 0, 0) == -FW_EINVAL,
	       "kill with status OK");
	tap_ok(fake_call(MTIA_H2D_QUEUE_KILL, 1, 14, 0, 0, 0, 0) == -FW_EINVAL,
	       "kill with an unknown status");
	tap_ok(fake_call(MTIA_H2D_QUEUE_KILL, 2, MTIA_JOB_KILLED, 0, 0, 0, 0) == -FW_ENOENT,
	       "kill of no queue");
	tap_ok(fake_call(MTIA_H2D_QUEUE_KILL, 64, MTIA_JOB_KILLED, 0, 0, 0, 0) == -FW_EINVAL,
	       "kill of slot 64");
	tap_ok(fake_call(MTIA_H2D_QUEUE_KILL, 1, MTIA_JOB_KILLED, 0, 0, 0, 0) == 0,
	       "kill of an idle queue");
	tap_ok(fake_call(MTIA_H2D_QUEUE_DESTROY, 1, 0, 0, 0, 0, 0) == 0, "queue destroyed");
	tap_ok(fake_call(MTIA_H2D_QUEUE_DESTROY, 1, 0, 0, 0, 0, 0) == -FW_ENOENT, "queue gone");
	tap_ok(fake_call(MTIA_H2D_CTX_DESTROY, 1, 0, 0, 0, 0, 0) == 0 && !fake.root[1],
	       "context destroyed, root cleared");
	tap_ok(fake_call(MTIA_H2D_CTX_DESTROY, 1, 0, 0, 0, 0, 0) == -FW_ENOENT, "context gone");
}

static void check_mailbox_flood(void)
{
	struct mtia_d2h_msg msg;
	unsigned int replies = 0;
	bool ordered = true;
	uint32_t first;

	fake_power_on();
	fake_boot(0);
	first = fake.seq + 1;
	/* The host fills its ring and reads nothing for a while. */
	for (unsigned int i = 0; i < MTIA_H2D_SLOTS; i++)
		fake_send(MTIA_H2D_PING, 0, 0, 0, 0, 0, 0);
	fake_settle();
	tap_ok(fake.fw->d2h_tail - fake.d2h_head <= MTIA_D2H_SLOTS, "D2H ring never overrun");
	for (unsigned int round = 0; round < 10; round++) {
		while (fake_message(MTIA_D2H_REPLY, &msg)) {
			ordered &= msg.seq == first + replies;
			replies++;
		}
		fake_settle();
	}
	tap_ok(replies == MTIA_H2D_SLOTS && ordered, "64 requests, 64 replies in order");
	fake.h2d_tail += MTIA_H2D_SLOTS + 1;
	fake.mbox = true;
	fake_settle();
	fake.h2d_tail -= MTIA_H2D_SLOTS + 1;
	tap_ok(fake_call(MTIA_H2D_PING, 0, 0, 0, 0, 0, 0) == 0, "impossible H2D tail is ignored");
}

static void check_descriptors(void)
{
	struct mtia_cqe cqe;

	fake_power_on();
	fake_boot(1);
	tap_ok(fake_queue(1, 1) == 0 && fake_queue(0, 0) == 0, "queues 0 and 1");
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	fake.time += 100;
	fake_settle();
	tap_ok(fake_cqe(0, &cqe) && cqe.seqno == 1 && cqe.queue == 1 && !cqe.status &&
		       cqe.t_start >= 1100 && cqe.t_end >= cqe.t_start && fake.msi[2] == 1,
	       "NOP: completion and interrupt");
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP, .seqno = 7 });
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP, .flags = 1u << 31 });
	fake_desc(1, (struct mtia_desc){ .type = 0 });
	fake_desc(1, (struct mtia_desc){ .type = 77 });
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_COPY,
					 .arg = { FAKE_HOST_BASE, FAKE_HOST_BASE, 64, 0x202 } });
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	fake_settle();
	expect(2, MTIA_JOB_BAD_PACKET, MTIA_NO_PACKET, "seqno gap");
	expect(3, MTIA_JOB_BAD_PACKET, MTIA_NO_PACKET, "descriptor flags");
	expect(4, MTIA_JOB_BAD_PACKET, MTIA_NO_PACKET, "descriptor type 0");
	expect(5, MTIA_JOB_BAD_PACKET, MTIA_NO_PACKET, "descriptor type 77");
	expect(6, MTIA_JOB_BAD_PACKET, MTIA_NO_PACKET, "COPY outside slot 0");
	expect(7, MTIA_JOB_OK, 0, "the queue goes on");

	fake_exec(1, FAKE_VA + 4, 64);
	fake_exec(1, FAKE_VA, 60);
	fake_exec(1, FAKE_VA, 8);
	fake_exec(1, FAKE_VA, MTIA_CMD_MAX_SIZE + 8);
	fake_exec(1, ~7ull, 64);
	fake_exec(1, FAKE_VA, 1ull << 32 | 64);
	fake_exec(1, FAKE_VA + 4096, 64); /* zeroes: no magic */
	fake_exec(1, 0x1000, 64);
	fake_settle();
	expect(8, MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET, "EXEC: VA misaligned");
	expect(9, MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET, "EXEC: size not a multiple of 8");
	expect(10, MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET, "EXEC: shorter than a header");
	expect(11, MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET, "EXEC: too large");
	expect(12, MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET, "EXEC: VA wraps");
	expect(13, MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET, "EXEC: size beyond 32 bits");
	expect(14, MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET, "EXEC: no magic");
	expect(15, MTIA_JOB_MMU_FAULT, MTIA_NO_PACKET, "EXEC: unmapped");

	fake_exec(0, FAKE_VA, 64);
	fake_settle();
	expect(1, MTIA_JOB_BAD_PACKET, MTIA_NO_PACKET, "EXEC on slot 0");
	fake.doorbell_tail[1] += 1000;
	fake.doorbells |= 2;
	fake_settle();
	tap_ok(!fake_cqe(0, &cqe), "a tail beyond the ring is ignored");
	fake.doorbell_tail[1] = 3;
	fake.doorbells = ~0ull;
	fake_settle();
	tap_ok(!fake_cqe(0, &cqe), "a tail that goes back, and doorbells of no queue, are ignored");
}

static void check_driver_dma(void)
{
	const uint64_t vram = MTIA_PA_LPDDR + MTIA_FW_REGION_SIZE;
	const struct {
		const char *name;
		uint32_t type;
		uint64_t src, dst, size, spaces;
		enum mtia_job_status status;
	} cases[] = {
		{ "host to LPDDR", MTIA_DESC_COPY, FAKE_HOST_BASE + 0x1f0000, vram + 0x300000, 4096,
		  MTIA_SPACE_HOST, MTIA_JOB_OK },
		{ "LPDDR to host", MTIA_DESC_COPY, vram + 0x300000, FAKE_HOST_BASE + 0x1e0000, 4096,
		  MTIA_SPACE_HOST << 8, MTIA_JOB_OK },
		{ "fill SRAM", MTIA_DESC_FILL, 0x55, MTIA_PA_SRAM + MTIA_SRAM_SIZE - 8, 8, 0,
		  MTIA_JOB_OK },
		{ "size 0", MTIA_DESC_COPY, vram, vram + 64, 0, 0, MTIA_JOB_BAD_PACKET },
		{ "from the firmware region", MTIA_DESC_COPY, MTIA_PA_LPDDR, vram, 64, 0,
		  MTIA_JOB_BAD_PACKET },
		{ "to the firmware region", MTIA_DESC_COPY, vram, vram - 8, 64, 0,
		  MTIA_JOB_BAD_PACKET },
		{ "fill of the firmware region", MTIA_DESC_FILL, 0, MTIA_PA_LPDDR + 64, 64, 0,
		  MTIA_JOB_BAD_PACKET },
		{ "over the end of LPDDR", MTIA_DESC_FILL, 0, MTIA_PA_LPDDR + FAKE_LPDDR_SIZE - 8,
		  16, 0, MTIA_JOB_BAD_PACKET },
		{ "over the end of SRAM", MTIA_DESC_FILL, 0, MTIA_PA_SRAM + MTIA_SRAM_SIZE - 8, 16,
		  0, MTIA_JOB_BAD_PACKET },
		{ "to PE local memory", MTIA_DESC_FILL, 0, MTIA_PA_PE_LOCAL, 16, 0,
		  MTIA_JOB_BAD_PACKET },
		{ "to control registers", MTIA_DESC_FILL, 0, MTIA_PA_CTRL, 16, 0,
		  MTIA_JOB_BAD_PACKET },
		{ "size wraps", MTIA_DESC_FILL, 0, vram, ~0ull, 0, MTIA_JOB_BAD_PACKET },
		{ "virtual space", MTIA_DESC_FILL, 0, FAKE_VA, 16, MTIA_SPACE_VIRT << 8,
		  MTIA_JOB_BAD_PACKET },
		{ "virtual space of a client", MTIA_DESC_FILL, 0, FAKE_VA, 16,
		  (MTIA_SPACE_VIRT | 1 << 8) << 8, MTIA_JOB_BAD_PACKET },
		{ "unknown space", MTIA_DESC_COPY, vram, vram + 64, 16, 3, MTIA_JOB_BAD_PACKET },
		{ "fill with a source space", MTIA_DESC_FILL, 0, vram, 16, 2, MTIA_JOB_BAD_PACKET },
		{ "refused by the bus", MTIA_DESC_COPY, 0x1000, vram, 16, MTIA_SPACE_HOST,
		  MTIA_JOB_DMA_ERROR },
	};
	struct mtia_d2h_msg msg;

	fake_power_on();
	fake_boot(1);
	fake_queue(0, 0);
	memset(fake.host + 0x1f0000, 0xa5, 4096);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mtia_cqe cqe;

		fake_desc(0, (struct mtia_desc){
				     .type = cases[i].type,
				     .arg = { cases[i].src, cases[i].dst, cases[i].size,
					      cases[i].spaces } });
		fake_settle();
		tap_ok(fake_cqe(0, &cqe) && cqe.status == cases[i].status, "driver DMA: %s",
		       cases[i].name);
	}
	tap_ok(fake.host[0x1e0000] == 0xa5 && fake.host[0x1e0fff] == 0xa5, "the bytes arrived");
	tap_ok(fake.sram_word[0] == 0x55 && !fake.sram_word[1], "the pattern arrived");
	tap_ok(fake_message(MTIA_D2H_FAULT, &msg) &&
		       (msg.arg[MTIA_FAULT_ARG_CAUSE] & 0xff) == MTIA_FAULT_HOST_BUS &&
		       msg.arg[MTIA_FAULT_ARG_ADDR] == 0x1000,
	       "a bus error has a fault record");
	tap_ok(!fake.dma_bytes_to_fw_region, "the firmware region was never touched");
}

static void check_packets(void)
{
	struct mtia_pkt_timestamp *stamp;
	struct mtia_pkt_signal *signal;
	struct mtia_pkt_copy *copy;
	struct mtia_pkt_fill *fill;
	struct mtia_d2h_msg msg;
	struct fake_cmds c;
	uint64_t got;

	fake_power_on();
	fake_boot(2);
	fake_queue(1, 1);
	fake_cmds_begin(&c);
	fill = fake_cmds_add(&c, MTIA_PKT_FILL, sizeof(*fill));
	fill->dst = FAKE_VA + 0x1003;
	fill->size = 11;
	fill->pattern = 0x8877665544332211ull;
	copy = fake_cmds_add(&c, MTIA_PKT_COPY, sizeof(*copy));
	copy->src = FAKE_VA + 0x1003;
	copy->dst = FAKE_VA + 0x2001;
	copy->size = 11;
	signal = fake_cmds_add(&c, MTIA_PKT_SIGNAL, sizeof(*signal));
	signal->va = FAKE_VA + 0x3000;
	signal->value = 42;
	stamp = fake_cmds_add(&c, MTIA_PKT_TIMESTAMP, sizeof(*stamp));
	stamp->va = FAKE_VA + 0x3008;
	fake_cmds_submit(&c, 1, 1, FAKE_VA);
	fake_settle();
	expect(1, MTIA_JOB_OK, 0, "fill, copy, signal, timestamp");
	tap_ok(!memcmp(fake_at(1, FAKE_VA + 0x2001), "\x11\x22\x33\x44\x55\x66\x77\x88\x11\x22\x33",
		       12),
	       "fill and copy at odd addresses");
	memcpy(&got, fake_at(1, FAKE_VA + 0x3000), 8);
	tap_u64(got, 42, "signal value");
	memcpy(&got, fake_at(1, FAKE_VA + 0x3008), 8);
	tap_u64(got, fake.time, "timestamp value");
	memcpy(&got, fake_at(2, FAKE_VA + 0x3000), 8);
	tap_u64(got, 0, "the other address space saw nothing");

	/* A packet in the middle faults: what came before has run, the rest has not. */
	fake_cmds_begin(&c);
	signal = fake_cmds_add(&c, MTIA_PKT_SIGNAL, sizeof(*signal));
	signal->va = FAKE_VA + 0x3000;
	signal->value = 43;
	copy = fake_cmds_add(&c, MTIA_PKT_COPY, sizeof(*copy));
	copy->src = FAKE_VA + FAKE_VA_SIZE - 4;
	copy->dst = FAKE_VA + 0x1000;
	copy->size = 8;
	signal = fake_cmds_add(&c, MTIA_PKT_SIGNAL, sizeof(*signal));
	signal->va = FAKE_VA + 0x3000;
	signal->value = 44;
	fake_cmds_submit(&c, 1, 1, FAKE_VA);
	fake_settle();
	expect(2, MTIA_JOB_MMU_FAULT, 1, "copy from an unmapped page");
	memcpy(&got, fake_at(1, FAKE_VA + 0x3000), 8);
	tap_u64(got, 43, "packets before it have run, later ones have not");
	tap_ok(fake_message(MTIA_D2H_FAULT, &msg) &&
		       msg.arg[MTIA_FAULT_ARG_QUEUE] ==
			       (1 | 1 << 16 | (uint64_t)MTIA_JOB_MMU_FAULT << 32) &&
		       msg.arg[MTIA_FAULT_ARG_SEQNO] == 2 &&
		       msg.arg[MTIA_FAULT_ARG_ADDR] == FAKE_VA + FAKE_VA_SIZE &&
		       msg.arg[MTIA_FAULT_ARG_WHERE] == (1ull << 32 | 0xff) &&
		       msg.arg[MTIA_FAULT_ARG_CAUSE] ==
			       (MTIA_FAULT_UNMAPPED | MTIA_ACCESS_READ << 8),
	       "fault record names queue, job, packet, address, reason");
	fake_cmds_begin(&c);
	signal = fake_cmds_add(&c, MTIA_PKT_SIGNAL, sizeof(*signal));
	signal->va = 0x100000000ull;
	fake_cmds_submit(&c, 1, 1, FAKE_VA);
	fake_settle();
	expect(3, MTIA_JOB_MMU_FAULT, 0, "signal to an unmapped page");
	tap_ok(fake_message(MTIA_D2H_FAULT, &msg) &&
		       msg.arg[MTIA_FAULT_ARG_CAUSE] ==
			       (MTIA_FAULT_UNMAPPED | MTIA_ACCESS_WRITE << 8),
	       "its record says write");
	fake_cmds_begin(&c);
	fake_cmds_add(&c, MTIA_PKT_NOP, 8);
	fake_cmds_add(&c, MTIA_PKT_NOP, 8);
	fake_cmds_add(&c, 99, 8);
	fake_cmds_submit(&c, 1, 1, FAKE_VA);
	fake_settle();
	expect(4, MTIA_JOB_BAD_PACKET, 2, "unknown packet");
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	fake_settle();
	expect(5, MTIA_JOB_OK, 0, "the next job works");
}

static void check_wait(void)
{
	struct mtia_pkt_signal *signal;
	struct mtia_pkt_wait *wait;
	struct mtia_cqe cqe;
	struct fake_cmds c;
	uint64_t value = 10;

	fake_power_on();
	fake_boot(1);
	fake_queue(1, 1);
	fake_queue(2, 1);
	fake_cmds_begin(&c);
	wait = fake_cmds_add(&c, MTIA_PKT_WAIT, sizeof(*wait));
	wait->va = FAKE_VA + 0x8000;
	wait->value = 10;
	fake_cmds_submit(&c, 1, 1, FAKE_VA);
	fake_settle();
	tap_ok(!fake_cqe(0, &cqe), "WAIT waits");
	tap_ok(fake.timer > fake.time && fake.timer <= fake.time + 8000, "and is looked at in 10 us");
	fake_desc(2, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	fake_settle();
	tap_ok(fake_cqe(0, &cqe) && cqe.queue == 2, "another queue passes it");
	for (unsigned int i = 0; i < 20; i++) {
		fake.time = fake.timer;
		fake_settle();
	}
	tap_ok(!fake_cqe(0, &cqe) && fake.timer - fake.time == 800000,
	       "looks grow rarer, up to 1 ms");
	memcpy(fake_at(1, FAKE_VA + 0x8000), &value, 8);
	fake.time = fake.timer;
	fake_settle();
	expect(1, MTIA_JOB_OK, 0, "memory changed by someone else is noticed");

	wait->value = 11;
	fake_cmds_submit(&c, 1, 1, FAKE_VA);
	fake_settle();
	tap_ok(!fake_cqe(0, &cqe), "waits for 11");
	fake_cmds_begin(&c);
	signal = fake_cmds_add(&c, MTIA_PKT_SIGNAL, sizeof(*signal));
	signal->va = FAKE_VA + 0x8000;
	signal->value = 12;
	fake_cmds_submit(&c, 2, 1, FAKE_VA + 0x1000);
	fake_settle();
	tap_ok(fake_cqe(0, &cqe) && cqe.queue == 2 && fake_cqe(0, &cqe) && cqe.queue == 1,
	       "a SIGNAL wakes it without a timer");
}

/* Completion rings of single jobs: ring 1, then none with that number, then one that goes. */
static void check_rings_of_jobs(void)
{
	struct mtia_pkt_wait *wait;
	struct mtia_cqe cqe;
	struct fake_cmds c;
	uint64_t value = 1;

	fake_power_on();
	fake_boot(1);
	fake_queue(1, 1);
	fake_call(MTIA_H2D_CQ_CREATE, 1, FAKE_CQ(1), FAKE_CQ_ENTRIES, 3, 0, 0);
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP, .flags = MTIA_DESC_CQ(1) });
	fake_settle();
	tap_ok(fake_cqe(1, &cqe) && cqe.seqno == 1 && cqe.status == MTIA_JOB_OK && fake.msi[3] == 1 &&
		       !fake_cqe(0, &cqe) && !fake.msi[2],
	       "the job's ring and its vector");
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	fake_settle();
	expect(2, MTIA_JOB_OK, 0, "the next job has the queue's again");
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP, .flags = MTIA_DESC_CQ(2) });
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP,
					 .flags = MTIA_DESC_CQ(MTIA_MAX_CQS) });
	fake_settle();
	expect(3, MTIA_JOB_BAD_PACKET, MTIA_NO_PACKET, "a ring that does not exist");
	expect(4, MTIA_JOB_BAD_PACKET, MTIA_NO_PACKET, "one that cannot exist");

	fake_cmds_begin(&c);
	wait = fake_cmds_add(&c, MTIA_PKT_WAIT, sizeof(*wait));
	wait->va = FAKE_VA + 0x8000;
	wait->value = 1;
	fake_cmds_submit(&c, 1, 1, FAKE_VA);
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_EXEC,
					 .flags = MTIA_DESC_CQ(1),
					 .arg = { FAKE_VA, c.size } });
	fake_settle();
	memcpy(fake_at(1, FAKE_VA + 0x8000), &value, 8);
	value = 0;
	fake.time = fake.timer;
	fake_settle();
	expect(5, MTIA_JOB_OK, 0, "one job ends in the queue's ring");
	tap_ok(fake_cqe(1, &cqe) && cqe.seqno == 6, "the one behind it in its own");

	memcpy(fake_at(1, FAKE_VA + 0x8000), &value, 8);
	value = 1;
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_EXEC,
					 .flags = MTIA_DESC_CQ(1),
					 .arg = { FAKE_VA, c.size } });
	fake_settle();
	tap_ok(fake_call(MTIA_H2D_CQ_DESTROY, 1, 0, 0, 0, 0, 0) == 0, "a job does not keep its ring");
	memcpy(fake_at(1, FAKE_VA + 0x8000), &value, 8);
	fake.time = fake.timer;
	fake_settle();
	expect(7, MTIA_JOB_OK, 0, "and ends in the queue's when it is gone");
}

static void check_cq_full(void)
{
	struct mtia_cqe cqe;
	unsigned int n = 0, total = 0;
	bool ordered = true;
	uint64_t last[3] = { 0 };

	fake_power_on();
	fake_boot(1);
	for (unsigned int slot = 1; slot <= 12; slot++)
		fake_queue(slot, 1);
	/* 12 x 16 jobs, room for 64 */
	for (unsigned int slot = 1; slot <= 12; slot++)
		for (unsigned int i = 0; i < FAKE_ENTRIES; i++)
			fake_desc(slot, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	fake_settle();
	tap_u64(fake.fw->cqs[0].tail, FAKE_CQ_ENTRIES, "the ring is full and not overrun");
	tap_ok(fake.timer - fake.time <= 40000, "the host's head is looked at again soon");
	tap_ok(fake_call(MTIA_H2D_PING, 0, 0, 0, 0, 0, 0) == 0, "the mailbox still answers");
	for (unsigned int round = 0; round < 20; round++) {
		for (n = 0; n < 13 && fake_cqe(0, &cqe); n++) {
			total++;
			if (cqe.queue < 3) {
				ordered &= cqe.seqno == last[cqe.queue] + 1;
				last[cqe.queue] = cqe.seqno;
			}
		}
		fake.time = fake.timer;
		fake_settle();
	}
	tap_u64(total, 12 * FAKE_ENTRIES, "every job completes once the host reads");
	tap_ok(ordered, "each queue in order");
	fake.cq_head[0] += 1000;
	fake_desc(1, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	fake_settle();
	tap_ok(!fake.channel[0].busy && fake.fw->cqe_blocked == 2,
	       "an impossible head counts as full");
}

static void check_copies_share(void)
{
	struct mtia_pkt_copy *copy;
	struct mtia_cqe cqe;
	struct fake_cmds c;
	unsigned int bulk = 0;

	fake_power_on();
	fake_boot(1);
	for (unsigned int slot = 1; slot <= 11; slot++)
		fake_queue(slot, 1);
	for (unsigned int slot = 1; slot <= 10; slot++) {
		fake_cmds_begin(&c);
		copy = fake_cmds_add(&c, MTIA_PKT_COPY, sizeof(*copy));
		copy->src = FAKE_VA + 0x10000;
		copy->dst = FAKE_VA + 0x20000 + slot * 0x1000;
		copy->size = 0x1000;
		fake_cmds_submit(&c, slot, 1, FAKE_VA + slot * 0x100);
	}
	/* Only command fetches are finished; the copies stay under way. */
	for (unsigned int i = 0; i < 40; i++) {
		fake_run();
		for (unsigned int ch = 0; ch < FW_CH_BULK; ch++)
			fake_dma_finish(ch);
	}
	for (unsigned int ch = FW_CH_BULK; ch < MTIA_DMA_CHANNELS; ch++)
		bulk += fake.channel[ch].busy;
	tap_u64(bulk, 5, "copies have a channel each");
	fake_desc(11, (struct mtia_desc){ .type = MTIA_DESC_NOP });
	fake_cmds_begin(&c);
	fake_cmds_add(&c, MTIA_PKT_NOP, 8);
	fake_cmds_submit(&c, 11, 1, FAKE_VA + 0x5000);
	for (unsigned int i = 0; i < 10; i++) {
		fake_run();
		for (unsigned int ch = 0; ch < FW_CH_BULK; ch++)
			fake_dma_finish(ch);
	}
	tap_ok(fake_cqe(0, &cqe) && cqe.queue == 11 && fake_cqe(0, &cqe) && cqe.queue == 11,
	       "a queue passes ten copies under way");
	fake_settle();
	for (unsigned int i = 0; i < 10; i++)
		bulk += fake_cqe(0, &cqe) && !cqe.status;
	tap_u64(bulk, 15, "all copies complete");
}

static void check_heartbeat_and_log(void)
{
	const struct mtia_fw_log *log;
	unsigned int before;
	const char *text;

	fake_power_on();
	fake_boot(0);
	fake.time += 79999999;
	fake_settle();
	tap_u64(fake.heartbeats, 0, "no heartbeat before 100 ms");
	fake.time = fake.timer;
	fake_settle();
	tap_u64(fake.heartbeats, 1, "heartbeat at 100 ms");
	fake_call(MTIA_H2D_CTX_CREATE, 0, 0, 0, 0, 0, 0);
	log = (void *)(fake.host + (FAKE_LOG - FAKE_HOST_BASE));
	text = (const char *)(log + 1);
	tap_ok(log->written > 0 && strstr(text, "W request 4 (0 0 0 0 0 0): -22\n"),
	       "a refused request is logged");
	before = fake.msi[0];
	fake_call(MTIA_H2D_CTX_CREATE, 0, 0, 0, 0, 0, 0);
	tap_u64(fake.msi[0] - before, 1, "an interrupt for the reply, none for the log");
	fake_call(MTIA_H2D_LOG_LEVEL, FW_LOG_WARN, 1, 0, 0, 0, 0);
	before = fake.msi[0];
	fake_call(MTIA_H2D_CTX_CREATE, 0, 0, 0, 0, 0, 0);
	tap_u64(fake.msi[0] - before, 2, "and one for the log, if the host wants to know");
	before = fake.msi[0];
	fake_call(MTIA_H2D_PING, 0, 0, 0, 0, 0, 0);
	tap_u64(fake.msi[0] - before, 1, "none where no line was worth it");
	for (unsigned int i = 0; i < 4000; i++)
		fake_call(MTIA_H2D_CTX_CREATE, 0, i, 0, 0, 0, 0);
	tap_ok(log->written > FAKE_LOG_BYTES && text[log->written % FAKE_LOG_BYTES - 1] == '\n',
	       "the log wraps");
	tap_ok(fake.host[FAKE_LOG - FAKE_HOST_BASE + sizeof(*log) + FAKE_LOG_BYTES] == 0,
	       "and stays inside");
}

int main(void)
{
	check_boot();
	check_mailbox();
	check_mailbox_flood();
	check_descriptors();
	check_driver_dma();
	check_packets();
	check_wait();
	check_rings_of_jobs();
	check_cq_full();
	check_copies_share();
	check_heartbeat_and_log();
	fake_shutdown();
	return tap_done();
}
